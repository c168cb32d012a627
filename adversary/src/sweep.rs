//! Every frame a coalition sends or a puppet receives, with every mutation, one at a time, on small named computations;
//! each run is judged by the oracle. A point of a sweep is replayed from (case, seed, direction, frame, mutation).

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use spec::{Bound, Instance};
use transport::sim::{Adversary, Envelope};
use transport::{Kind, PartyId};

use crate::cases::Case;
use crate::fields::FieldId;
use crate::items::{self, Layout, PointChange};
use crate::oracle::{Judgement, Win};
pub use crate::strategy::language::Direction;
use crate::verdict::{ALPHA, Swept, Verdict, swept};

/// What can be swept: a computation with a coalition and an oracle.
pub trait Target: Sync {
    /// The number of parties.
    fn n(&self) -> usize;
    /// The field of the elements in requests to ideal functionalities.
    fn field(&self) -> &'static str;
    /// Items of one frame that are changed, from the first.
    fn items(&self) -> usize {
        2
    }
    /// Runs it once under an adversary and judges it.
    fn run(&self, seed: u64, adversary: &mut dyn Adversary) -> Judgement;
}

/// What happens to one frame.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mutation {
    /// The lowest bit of the first byte flips.
    FlipFirst,
    /// The highest bit of the last byte flips.
    FlipLast,
    /// A bit of this byte flips.
    Flip(usize),
    /// The last byte is missing.
    Truncate,
    /// A zero byte more.
    Extend,
    /// It disappears.
    Drop,
    /// It comes twice.
    Duplicate,
    /// The frame before it, of the same sender, comes instead.
    Replay,
    /// Another party gets it.
    SwapReceiver,
    /// Its tag is another one.
    Retag,
    /// One item of the payload is changed as its type allows.
    Item(usize, ItemChange),
}

/// A change of one item, by its type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemChange {
    /// An element plus one.
    AddOne,
    /// Zero, or the identity for a point.
    Zero,
    /// The negated element.
    Negate,
    /// Another element, fixed and random-looking.
    Other,
    /// The order of the field: not canonical.
    NotCanonical,
    /// All bits flipped.
    Invert,
    /// The generator: another point of the group, in its canonical encoding.
    Generator,
}

impl ItemChange {
    fn of(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Elements | Kind::Ideal => &[Self::AddOne, Self::Zero, Self::Negate, Self::Other, Self::NotCanonical],
            Kind::Points => &[Self::Zero, Self::Generator, Self::Other, Self::Invert],
            _ => &[Self::Zero, Self::Other, Self::Invert],
        }
    }
}

/// One place and one way to tamper.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Point {
    /// Sends or receives.
    pub direction: Direction,
    /// The k-th frame of that direction.
    pub frame: usize,
    /// What is done.
    pub mutation: Mutation,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} frame {} {:?}", self.direction, self.frame, self.mutation)
    }
}

/// Changes one item. Where its type has no such change, its bits change all the same.
fn change_item(item: &mut [u8], change: ItemChange, field: Option<FieldId>) {
    let done = match (change, field) {
        (ItemChange::Zero, _) => {
            item.fill(0);
            true
        }
        (ItemChange::Invert, _) => {
            items::complement(item);
            true
        }
        (ItemChange::Generator, _) => items::point(PointChange::Generator, item),
        (ItemChange::AddOne, Some(f)) => items::add_one(f, item),
        (ItemChange::Negate, Some(f)) => items::negate(f, item),
        (ItemChange::Other, Some(f)) => items::other(f, item),
        (ItemChange::NotCanonical, Some(_)) => items::not_canonical(field, item),
        _ => false,
    };
    if !done {
        items::scramble(item);
    }
}

/// The adversary of one run: records the frames it could have changed, changes one of them.
struct Tamper<'a> {
    case: &'a dyn Target,
    /// The field of the elements that travel through ideal functionalities.
    field: FieldId,
    point: Option<Point>,
    /// Of every frame in either direction: how many bytes, how many items, of which kind.
    recorded: [Vec<(usize, usize, Kind)>; 2],
    previous: [Vec<Envelope>; 2],
    fired: bool,
}

impl<'a> Tamper<'a> {
    fn new(case: &'a dyn Target, point: Option<Point>) -> Self {
        let field = FieldId::of_name(case.field()).unwrap_or(FieldId::Fr);
        Self { case, field, point, recorded: Default::default(), previous: Default::default(), fired: false }
    }
    fn pass(&mut self, direction: Direction, mut e: Envelope, deliver: &mut Vec<Envelope>) {
        let side = direction as usize;
        let at = self.recorded[side].len();
        let layout = Layout::of(&e, self.field);
        self.recorded[side].push((e.frame.body.len(), layout.count(&e.frame.body), e.frame.meta.kind));
        let before = self.previous[side].iter().rev().find(|o| o.from == e.from && o.to == e.to).cloned();
        self.previous[side].push(e.clone());
        let Some(point) = self.point.filter(|p| p.direction == direction && p.frame == at) else {
            deliver.push(e);
            return;
        };
        let old = (e.frame.body.clone(), e.frame.tag);
        match point.mutation {
            Mutation::Drop => {
                self.fired = true;
                return;
            }
            Mutation::Duplicate => {
                self.fired = true;
                deliver.push(e.clone());
            }
            Mutation::Replay => {
                if let Some(b) = before {
                    (e.frame.body, e.frame.tag) = (b.frame.body, b.frame.tag);
                }
            }
            Mutation::SwapReceiver => {
                let other = (0..self.case.n()).map(PartyId::new).find(|p| *p != e.to && *p != e.from);
                if let (Some(other), true) = (other, direction == Direction::Sent && e.to != PartyId::IDEAL) {
                    self.fired = true;
                    e.to = other;
                }
            }
            Mutation::Retag => e.frame.tag ^= 1 << 17,
            Mutation::Flip(at) => self.edit(&mut e, |b| {
                if let Some(byte) = b.get_mut(at) {
                    *byte ^= 1 << (at % 8);
                }
            }),
            Mutation::FlipFirst => self.edit(&mut e, |b| b.iter_mut().take(1).for_each(|b| *b ^= 1)),
            Mutation::FlipLast => self.edit(&mut e, |b| b.iter_mut().rev().take(1).for_each(|b| *b ^= 0x80)),
            Mutation::Truncate => self.edit(&mut e, |b| b.truncate(b.len().saturating_sub(1))),
            Mutation::Extend => self.edit(&mut e, |b| b.push(0)),
            Mutation::Item(k, change) => self.edit(&mut e, |b| {
                if let Some(item) = layout.item_mut(b, k) {
                    change_item(item, change, layout.field);
                }
            }),
        }
        self.fired |= old != (e.frame.body.clone(), e.frame.tag);
        deliver.push(e);
    }
    fn edit(&self, e: &mut Envelope, f: impl FnOnce(&mut Vec<u8>)) {
        let mut body = e.frame.body.to_vec();
        f(&mut body);
        e.frame.body = Bytes::from(body);
    }
}

impl Adversary for Tamper<'_> {
    fn outgoing(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        self.pass(Direction::Sent, e, deliver);
    }
    fn incoming(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        self.pass(Direction::Received, e, deliver);
    }
}

/// How much of a case is swept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effort {
    /// About so many points, spread over all frames and mutations; other ones for every seed.
    Sample(usize),
    /// Every frame with every mutation, items from the front.
    Every,
    /// The same, and bits and items all over large frames.
    Deep,
}

/// Places in a frame that a deep sweep tries beside its ends.
const DEEP_PLACES: usize = 6;

/// Points of a case: frames of an untampered run, mutations that make sense there.
#[must_use]
pub fn points(case: &dyn Target, seed: u64, effort: Effort) -> Vec<Point> {
    let all = every_point(case, seed, effort == Effort::Deep);
    match effort {
        Effort::Sample(wanted) if wanted < all.len() => {
            // A stride without a common factor with the number of mutations of a frame meets all of them in turn.
            let stride = (all.len() / wanted.max(1)) | 1;
            all.into_iter().skip(seed as usize % stride).step_by(stride).collect()
        }
        _ => all,
    }
}

fn every_point(case: &dyn Target, seed: u64, deep: bool) -> Vec<Point> {
    let mut record = Tamper::new(case, None);
    case.run(seed, &mut record);
    let mut points = Vec::new();
    for direction in [Direction::Sent, Direction::Received] {
        for (frame, (bytes, items, kind)) in record.recorded[direction as usize].iter().enumerate() {
            use Mutation::{Drop, Duplicate, Extend, FlipFirst, FlipLast, Replay, Retag, SwapReceiver, Truncate};
            let mut all = vec![FlipFirst, FlipLast, Truncate, Extend, Drop, Duplicate, Replay, SwapReceiver, Retag];
            let inside = |len: usize| (1..=DEEP_PLACES).map(move |k| k * len / (DEEP_PLACES + 1)).filter(|_| deep);
            all.extend(inside(*bytes).map(Mutation::Flip));
            let places: std::collections::BTreeSet<_> = (0..*items).take(case.items()).chain(inside(*items)).collect();
            for item in places {
                all.extend(ItemChange::of(*kind).iter().map(|c| Mutation::Item(item, *c)));
            }
            points.extend(all.into_iter().map(|mutation| Point { direction, frame, mutation }));
        }
    }
    points
}

/// Replays one point: how it was judged, and whether it changed anything.
#[must_use]
pub fn replay(case: &dyn Target, seed: u64, point: Point) -> (Judgement, bool) {
    let mut tamper = Tamper::new(case, Some(point));
    let judgement = crate::oracle::catching(|| case.run(seed, &mut tamper));
    (judgement, tamper.fired)
}

/// Replays points on all processors; the answers are in their order.
#[must_use]
pub fn replay_all(case: &dyn Target, seed: u64, points: &[Point]) -> Vec<(Judgement, bool)> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|s| {
        let each = |share: &'_ [Point]| share.iter().map(|p| replay(case, seed, *p)).collect::<Vec<_>>();
        let shares = points.chunks(points.len().div_ceil(threads).max(1));
        let running: Vec<_> = shares.map(|share| s.spawn(move || each(share))).collect();
        // A panic in a run is caught and judged there.
        running.into_iter().flat_map(|t| t.join().expect("a panic of a run is caught in it")).collect()
    })
}

/// What a sweep found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Runs whose mutation changed something.
    pub runs: u64,
    /// Mutations that changed nothing: an item that was zero set to zero, no earlier frame to replay.
    pub idle: u64,
    /// Frames of the untampered run, sent and received, that were to be changed: all, unless only a sample was.
    pub frames: u64,
    /// Frames that some mutation changed.
    pub frames_hit: u64,
    /// Runs that ended with the right output.
    pub right: u64,
    /// Runs that waited for the coalition.
    pub gave_up: u64,
    /// Runs that stopped, by check.
    pub stopped: BTreeMap<&'static str, u64>,
    /// Wrong outputs, which a tiny field allows with the bound of its checks.
    pub wrong: Vec<(u64, Point)>,
    /// Everything else no ideal functionality explains: never allowed.
    pub broken: Vec<(u64, Point, Win)>,
}

impl Report {
    /// What came of it, in numbers. Wrong outputs over a tiny field are allowed as often as one lie passes the MAC check.
    #[must_use]
    pub fn counts(&self, case: &Case) -> Swept {
        Swept {
            runs: self.runs,
            frames: self.frames,
            frames_changed: self.frames_hit,
            wrong: self.wrong.len() as u64,
            unexplained: self.broken.len() as u64,
            allowed: case.tiny.map(|p| Bound::MacCheck.at(&Instance::field(p))),
        }
    }
    /// The verdict on this sweep alone.
    #[must_use]
    pub fn verdict(&self, case: &Case) -> Verdict {
        swept(&self.counts(case), ALPHA)
    }
}

/// Sweeps a case with these seeds.
#[must_use]
pub fn sweep(case: &dyn Target, seeds: std::ops::Range<u64>, effort: Effort) -> Report {
    let mut report = Report::default();
    for seed in seeds {
        let mut hit = std::collections::BTreeSet::new();
        let points = points(case, seed, effort);
        let frames: std::collections::BTreeSet<_> = points.iter().map(|p| (p.direction, p.frame)).collect();
        for (point, (judgement, fired)) in points.iter().copied().zip(replay_all(case, seed, &points)) {
            if !fired {
                report.idle += 1;
                continue;
            }
            report.runs += 1;
            hit.insert((point.direction, point.frame));
            match judgement {
                Judgement::Right => report.right += 1,
                Judgement::GaveUp => report.gave_up += 1,
                Judgement::Stopped(a) => *report.stopped.entry(a.check.id).or_default() += 1,
                Judgement::Won(Win::WrongOutput(_) | Win::Disagreement(..)) => report.wrong.push((seed, point)),
                Judgement::Won(win) => report.broken.push((seed, point, win)),
            }
        }
        // A sample may hit a frame with a mutation that changes nothing there.
        report.frames += if matches!(effort, Effort::Sample(_)) { hit.len() } else { frames.len() } as u64;
        report.frames_hit += hit.len() as u64;
    }
    report
}

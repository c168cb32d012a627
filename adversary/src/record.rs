//! Writes runs down for people: every frame with what the coalition made of it, and how every party ended. Off unless
//! somebody asks, on the thread that asks; nothing of it changes a run.

use std::cell::RefCell;

use bytes::Bytes;
use protocols::{Error, Result};
use transport::sim::{Adversary, End, Envelope, Move, Run};
use transport::{PartyId, PartySet};

use crate::run::World;

/// One run.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The number of parties.
    pub n: usize,
    /// The coalition.
    pub corrupt: PartySet,
    /// Frames in the order in which they were delivered or lost.
    pub frames: Vec<Record>,
    /// How every party ended.
    pub ends: Vec<Close>,
}

/// One frame.
#[derive(Clone, Debug)]
pub struct Record {
    /// The frame as it arrived, or as it was meant to.
    pub e: Envelope,
    /// What the coalition did to it.
    pub change: Change,
}

/// What the coalition did to a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Nothing.
    None,
    /// It was another one: this was its payload, its tag, its receiver.
    Replaced(Bytes, u64, PartyId),
    /// It never arrived.
    Dropped,
    /// It came once more than it was sent.
    Added,
}

/// How a party ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Close {
    /// With an output.
    Output,
    /// A check of its own failed: which, and at which step.
    Stopped(&'static str, String),
    /// It was told of an abort.
    Told,
    /// It waits for ever.
    Waits,
    /// An error of its own.
    Broken(String),
    /// The run ended in a panic, of this party or of another one.
    Panicked,
}

thread_local! {
    static RUNS: RefCell<Option<Vec<Recorded>>> = const { RefCell::new(None) };
}

/// Does something, and writes down every run of a [`World`] on this thread meanwhile.
pub fn recording<T>(work: impl FnOnce() -> T) -> (T, Vec<Recorded>) {
    let before = RUNS.replace(Some(Vec::new()));
    let result = work();
    (result, RUNS.replace(before).unwrap_or_default())
}

/// Does something that is no part of what is told: runs that only prepare one, or explain it.
pub(crate) fn unrecorded<T>(work: impl FnOnce() -> T) -> T {
    let kept = RUNS.take();
    let result = work();
    RUNS.set(kept);
    result
}

/// Whether somebody asked.
pub(crate) fn on() -> bool {
    RUNS.with_borrow(Option::is_some)
}

/// An adversary, watched.
pub(crate) struct Watched<'a> {
    adversary: &'a mut dyn Adversary,
    /// Frames that passed the coalition, as they were, and what was delivered for each.
    touched: Vec<(Envelope, Vec<Envelope>)>,
}

impl<'a> Watched<'a> {
    pub(crate) fn new(adversary: &'a mut dyn Adversary) -> Self {
        Self { adversary, touched: Vec::new() }
    }
    /// Keeps a finished run.
    pub(crate) fn keep<T>(self, world: &World, run: &Run<Result<T>>) {
        let n = world.parties.n();
        let mut frames: Vec<Record> = Vec::with_capacity(run.trace.len());
        for e in &run.trace {
            let before = self.touched.iter().find(|(t, _)| t.seq == e.seq).map(|(t, _)| t);
            let again = frames.iter().any(|r| r.e.seq == e.seq && r.e.to == e.to);
            let change = match before {
                Some(_) if again => Change::Added,
                Some(was) => changed(was, e),
                None => Change::None,
            };
            frames.push(Record { e: e.clone(), change });
        }
        for (e, _) in self.touched.into_iter().filter(|(_, delivered)| delivered.is_empty()) {
            let at = frames.iter().position(|r| r.e.seq > e.seq).unwrap_or(frames.len());
            frames.insert(at, Record { e, change: Change::Dropped });
        }
        add(Recorded { n, corrupt: world.corrupt, frames, ends: run.ends.iter().map(close).collect() });
    }
    /// Keeps what passed the coalition in a run that ended in a panic: more is not left of it.
    pub(crate) fn keep_panicked(self, world: &World) {
        let mut frames = Vec::new();
        for (was, delivered) in self.touched {
            if delivered.is_empty() {
                frames.push(Record { e: was, change: Change::Dropped });
                continue;
            }
            for (k, e) in delivered.into_iter().enumerate() {
                let change = if k == 0 { changed(&was, &e) } else { Change::Added };
                frames.push(Record { e, change });
            }
        }
        let n = world.parties.n();
        add(Recorded { n, corrupt: world.corrupt, frames, ends: vec![Close::Panicked; n] });
    }
    fn pass(
        &mut self,
        e: Envelope,
        deliver: &mut Vec<Envelope>,
        f: impl FnOnce(&mut dyn Adversary, Envelope, &mut Vec<Envelope>),
    ) {
        let (before, waiting) = (e.clone(), deliver.len());
        f(self.adversary, e, deliver);
        self.touched.push((before, deliver[waiting..].to_vec()));
    }
}

impl Adversary for Watched<'_> {
    fn release(&mut self, held: &[Envelope]) -> Option<usize> {
        self.adversary.release(held)
    }
    fn outgoing(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        self.pass(e, deliver, |a, e, d| a.outgoing(e, d));
    }
    fn incoming(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        self.pass(e, deliver, |a, e, d| a.incoming(e, d));
    }
    fn aborts(&mut self, who: PartyId) -> bool {
        self.adversary.aborts(who)
    }
    fn abort(&mut self) -> Option<PartyId> {
        self.adversary.abort()
    }
    fn ended(&mut self, who: PartyId) {
        self.adversary.ended(who);
    }
    fn network(&self) -> bool {
        self.adversary.network()
    }
    fn next(&mut self, awake: PartySet, held: &[Envelope]) -> Option<Move> {
        self.adversary.next(awake, held)
    }
}

/// Adds a run to those that somebody asked for.
fn add(run: Recorded) {
    RUNS.with_borrow_mut(|runs| runs.as_mut().map_or((), |runs| runs.push(run)));
}

/// What was made of a frame that was delivered once.
fn changed(was: &Envelope, e: &Envelope) -> Change {
    if (&was.frame.body, was.frame.tag, was.to) == (&e.frame.body, e.frame.tag, e.to) {
        return Change::None;
    }
    Change::Replaced(was.frame.body.clone(), was.frame.tag, was.to)
}

fn close<T>(end: &End<Result<T>>) -> Close {
    match end {
        End::Done(Ok(_)) => Close::Output,
        End::Done(Err(Error::Abort(a))) => Close::Stopped(a.check.id, a.at.to_string()),
        End::Done(Err(Error::Net { kind: transport::NetErrorKind::Aborted, .. })) => Close::Told,
        End::Done(Err(e)) => Close::Broken(e.to_string()),
        End::Stuck => Close::Waits,
        End::Exhausted => Close::Broken("it went on sending past every limit".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::Conditions;
    use crate::attacks;
    use crate::computation::{self, Scene};
    use crate::fields::FieldId;
    use crate::strategy::builder::sends;
    use crate::strategy::language::{Act, Replay, WhichSession};
    use crate::strategy::{Stage, Strategy};

    /// Who watches hears of everything that the one who is watched hears of: a strategy that tells of an abort, and one
    /// whose second rule comes too late, end the same whether they are written down or not.
    #[test]
    fn strategies_that_depend_on_ends_are_not_changed_either() {
        let abort = Strategy::new("abort", 2, &[1]).rule(sends("beaver", "share").act(Act::Abort));
        let late = Strategy::new("late", 2, &[1]).rule(sends("beaver", "share").adds("1"));
        let late = late.rule(sends("output", "share").adds("1")).stopped_by("mac.check");
        for strategy in [abort.no_output("it says so"), late] {
            let world = World::new(2, strategy.coalition()).real();
            let scene = Scene::new(computation::find("multiply").unwrap(), FieldId::F31, world);
            let plan = scene.compile(&strategy).unwrap();
            let plain = scene.play(&plan, 3);
            assert_eq!(recording(|| scene.play(&plan, 3)).0, plain, "{}", strategy.id);
        }
    }

    /// What a strategy is checked against, what it replays from an older session and what its parts contribute are runs too,
    /// and none of them is the one that is told.
    #[test]
    fn only_the_attacked_run_is_told() {
        let replay = Act::Replay(Replay { session: WhichSession::Older, ..Replay::default() });
        let strategy = Strategy::new("older", 2, &[1]).rule(sends("beaver", "share").act(replay));
        let strategy = strategy.draws(1, 0, 0).stopped_by("frame.shape");
        let scene = Scene::new(
            computation::find("multiply").unwrap(),
            FieldId::F31,
            World::new(2, strategy.coalition()).real(),
        );
        let (outcome, runs) = recording(|| scene.play(&scene.compile(&strategy).unwrap(), 3));
        assert_eq!(outcome.judgement.check().map(|c| c.id), Some("frame.shape"));
        let [run] = &runs[..] else { panic!("{} runs", runs.len()) };
        assert!(run.ends.iter().any(|e| matches!(e, Close::Stopped("frame.shape", _))));
        assert!(!on());
    }

    #[test]
    fn a_run_is_written_down_and_not_changed() {
        let a = attacks::find("mac.sigma.lie").unwrap();
        let conditions = Conditions { control: false, seed: 5 };
        let plain = a.once(&conditions);
        let (outcome, runs) = recording(|| a.once(&conditions));
        assert_eq!(outcome, plain);
        let [run] = &runs[..] else { panic!("{} runs", runs.len()) };
        assert_eq!((run.n, run.ends.len()), (2, 2));
        assert!(run.ends.iter().any(|e| matches!(e, Close::Stopped("mac.check", _))));
        let changed = run.frames.iter().filter(|r| matches!(r.change, Change::Replaced(..))).count();
        assert!((2..run.frames.len()).contains(&changed), "{changed}");
        assert!(
            run.frames
                .iter()
                .filter(|r| r.change != Change::None)
                .all(|r| { run.corrupt.contains(r.e.from) || run.corrupt.contains(r.e.to) })
        );
        assert!(recording(|| ()).1.is_empty() && !on());
    }
}

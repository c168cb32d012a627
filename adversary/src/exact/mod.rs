//! What a cheat achieves against the shipped protocol text, counted over every coin and compared with the formulas of
//! `spec` as rational numbers: equal, not close.
//!
//! | file | what it counts |
//! |---|---|
//! | [`claims`] | the claims, by the names that certificates use |
//! | `openings` | any number of openings under one MAC check, with good and with bad coefficients |
//! | `multiplication` | a whole multiplication |
//! | `keys` | one opening under several keys |
//! | [`sacrifice`] | spoiled triples |
//! | `authentication` | lies about what is authenticated |
//! | `coin` | a coin that a coalition wants to be zero |
//! | `commitments` | commitments without an owner, and short ones |
//! | `transfer` | wrong rows and wrong trees of an OT extension |
//! | `privacy` | what a coalition sees |
//! | `decisions` | the best of all that a coalition can decide by what it has seen |

mod authentication;
pub mod claims;
mod coin;
mod commitments;
mod decisions;
pub(crate) mod keys;
pub mod multiplication;
pub(crate) mod openings;
mod privacy;
pub mod sacrifice;
mod transfer;

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

use num_rational::BigRational;
use protocols::{Error, Result, Tape};
use rayon::prelude::*;
use spec::{Bound, Instance};
use transport::{PartyId, PartySet};

use crate::enumerate::{Probability, divide, enumerate, enumerate_beside, enumerate_branch, is_complete};
use crate::run::World;
use crate::verdict::{Counted, SIZES, Verdict, counted};

/// Where a claim is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    /// Over the field of this order.
    Field(u64),
    /// Over the field of the first order, with so many items under one check.
    Batch(u64, u64),
    /// So many items under one check, over the only field that the claim is about, F_2.
    Items(u64),
    /// In trees and blocks of so many bits.
    Depth(u32),
    /// With so many bits of a hash.
    Bits(u32),
}

impl At {
    /// The size: what has to differ between the points of a claim.
    #[must_use]
    pub fn size(self) -> u64 {
        match self {
            Self::Field(p) | Self::Batch(p, _) => p,
            Self::Items(t) => t,
            Self::Depth(bits) | Self::Bits(bits) => bits.into(),
        }
    }
    /// Where the formula is evaluated. Formulas for transfers and hashes carry their own parameters.
    #[must_use]
    pub fn instance(self) -> Instance {
        match self {
            Self::Field(p) => Instance::field(p),
            Self::Batch(p, t) => Instance::field(p).with_batch(t),
            Self::Items(t) => Instance::field(2u32).with_batch(t),
            Self::Depth(_) | Self::Bits(_) => Instance::field(2u32),
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(p) => write!(f, "p={p}"),
            Self::Batch(p, t) => write!(f, "p={p} t={t}"),
            Self::Items(t) => write!(f, "t={t}"),
            Self::Depth(k) => write!(f, "k={k}"),
            Self::Bits(bits) => write!(f, "{bits} bits"),
        }
    }
}

/// A counted probability beside the formula it must equal.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Dotted name.
    pub id: &'static str,
    /// The claim it is about: a name of [`claims::ALL`].
    pub claim: &'static str,
    /// What was counted.
    pub what: &'static str,
    /// Where.
    pub at: At,
    /// The counted probability.
    pub measured: BigRational,
    /// The formula.
    pub bound: Bound,
    /// Its value.
    pub expected: BigRational,
    /// Runs of the protocol.
    pub runs: u64,
    /// Time for all of them, on one processor.
    pub took: Duration,
}

impl Figure {
    /// Whether measurement and formula are the same rational number.
    #[must_use]
    pub fn equal(&self) -> bool {
        self.measured == self.expected
    }
    /// What a verdict needs of it.
    #[must_use]
    pub fn counts(&self) -> Counted {
        let Self { measured, expected, .. } = self.clone();
        Counted { size: self.at.size(), runs: self.runs, measured, expected }
    }
    /// Time of one run.
    #[must_use]
    pub fn per_run(&self) -> Duration {
        self.took / u32::try_from(self.runs.max(1)).unwrap_or(u32::MAX)
    }
}

/// How often something happened, over every coin.
#[derive(Clone, Debug)]
pub struct Count {
    /// Its exact probability.
    pub probability: BigRational,
    /// Runs of the protocol.
    pub runs: u64,
    /// Time for all of them, added up over processors.
    pub took: Duration,
}

/// Refuses an enumeration that left something out: its fractions would be of something else.
fn complete(all: &Probability) -> Result<()> {
    let left_out = || Error::Local("the outcomes of an enumeration do not add up to one".into());
    if is_complete(all) { Ok(()) } else { Err(left_out()) }
}

/// What was counted so far.
#[derive(Default)]
struct Tally {
    hit: Probability,
    all: Probability,
    runs: u64,
    took: Duration,
    failed: Option<Error>,
}

impl Tally {
    fn add(&mut self, outcome: Result<bool>, weight: &mut dyn FnMut() -> u128) {
        match outcome {
            Ok(yes) => {
                let weight = weight();
                self.all.add(weight);
                if yes {
                    self.hit.add(weight);
                }
            }
            Err(e) => self.failed = Some(e),
        }
    }
    fn merge(mut self, other: Self) -> Self {
        self.hit.merge(&other.hit);
        self.all.merge(&other.all);
        self.runs += other.runs;
        self.took += other.took;
        self.failed = self.failed.or(other.failed);
        self
    }
    fn count(self) -> Result<Count> {
        if let Some(e) = self.failed {
            return Err(e);
        }
        complete(&self.all)?;
        Ok(Count { probability: self.hit.value(), runs: self.runs, took: self.took })
    }
}

impl Count {
    /// Runs `run` on every outcome of its tape: the probability that it answers yes.
    pub fn over(run: impl FnMut(&Tape) -> Result<bool>) -> Result<Self> {
        Self::by(None, run)
    }
    /// The same for programs that draw raw bytes besides: those are the bytes of `seed`.
    pub fn beside(seed: u64, run: impl FnMut(&Tape) -> Result<bool>) -> Result<Self> {
        Self::by(Some(seed), run)
    }
    fn by(bytes: Option<u64>, mut run: impl FnMut(&Tape) -> Result<bool>) -> Result<Self> {
        let mut tally = Tally::default();
        let start = Instant::now();
        let count = |tape: &Tape, weight: &mut dyn FnMut() -> u128| tally.add(run(tape), weight);
        tally.runs = match bytes {
            None => enumerate(count),
            Some(seed) => enumerate_beside(seed, count),
        };
        tally.took = start.elapsed();
        tally.count()
    }

    /// [`over`](Self::over) on all processors: each takes branches of the first coins. What a run needs is made by
    /// `scene`, now and then.
    pub fn on_all_processors<S>(
        scene: impl Fn() -> S + Sync + Send,
        run: impl Fn(&S, &Tape) -> Result<bool> + Sync + Send,
    ) -> Result<Self> {
        let mut failed = None;
        // Enough for the last ones to end at about the same time.
        let parts = 16 * rayon::current_num_threads() as u64;
        let branches = divide(parts, |tape| failed = run(&scene(), tape).err());
        if let Some(e) = failed {
            return Err(e);
        }
        let part = |scene: &mut S, branch| {
            let (mut tally, start) = (Tally::default(), Instant::now());
            tally.runs = enumerate_branch(branch, |tape, weight| tally.add(run(scene, tape), weight));
            tally.took = start.elapsed();
            tally
        };
        branches.par_iter().map_init(scene, part).reduce(Tally::default, Tally::merge).count()
    }

    /// The largest probability that any of these strategies has, with the work of all. They are tried on all processors.
    pub fn best<T: Send + Sync>(
        strategies: impl IntoIterator<Item = T>,
        count: impl Fn(&T) -> Result<Self> + Sync + Send,
    ) -> Result<Self> {
        let strategies: Vec<T> = strategies.into_iter().collect();
        let counts: Vec<_> = strategies.par_iter().map(count).collect();
        let none = Self { probability: BigRational::from_integer(0.into()), runs: 0, took: Duration::ZERO };
        counts.into_iter().try_fold(none, |top, c| {
            let c = c?;
            let probability = top.probability.max(c.probability);
            Ok(Self { probability, runs: top.runs + c.runs, took: top.took + c.took })
        })
    }
}

pub(crate) const CORRUPT: PartyId = PartyId::new(1);
pub(crate) const HONEST: PartyId = PartyId::new(0);

pub(crate) fn coalition() -> PartySet {
    PartySet::of(&[CORRUPT.index()])
}

/// A two-party world on ideal foundations whose second party is corrupt.
#[must_use]
pub fn pair() -> World {
    World::new(2, coalition())
}

/// A count at one point.
pub type Counter = fn() -> Result<Count>;

/// One point of a measurement.
pub struct Point {
    /// Where.
    pub at: At,
    /// The formula it must equal.
    pub bound: Bound,
    /// Counts it.
    pub count: Counter,
    /// Whether that takes more than a second or two.
    pub slow: bool,
}

/// A figure that can be counted.
pub struct Measurement {
    /// Dotted name.
    pub id: &'static str,
    /// The claim it is about: a name of [`claims::ALL`].
    pub claim: &'static str,
    /// What is counted.
    pub what: &'static str,
    /// Where it is counted: at three sizes at least.
    pub points: &'static [Point],
}

impl Measurement {
    /// The point of these names.
    #[must_use]
    pub fn point(&self, at: &str, formula: &str) -> Option<&'static Point> {
        self.points.iter().find(|p| p.at.to_string() == at && p.bound.to_string() == formula)
    }
    /// Whether nothing is counted at a smaller size.
    #[must_use]
    pub fn is_smallest(&self, point: &Point) -> bool {
        self.points.iter().all(|p| p.at.size() >= point.at.size())
    }
    /// Whether three sizes are left without the slow points.
    #[must_use]
    pub fn has_quick_sizes(&self) -> bool {
        let sizes: BTreeSet<u64> = self.points.iter().filter(|p| !p.slow).map(|p| p.at.size()).collect();
        sizes.len() >= SIZES
    }
    /// The figures, point by point, with the slow ones or without.
    pub fn figures(&self, slow: bool) -> impl Iterator<Item = Result<Figure>> + '_ {
        self.points.iter().filter(move |p| slow || !p.slow).map(|Point { at, bound, count, .. }| {
            let Count { probability, runs, took } = count()?;
            let expected = bound.at(&at.instance());
            let Self { id, claim, what, .. } = *self;
            Ok(Figure { id, claim, what, at: *at, measured: probability, bound: *bound, expected, runs, took })
        })
    }
}

/// The verdict on all figures of one measurement.
#[must_use]
pub fn verdict<'a>(figures: impl IntoIterator<Item = &'a Figure>) -> Verdict {
    counted(&figures.into_iter().map(Figure::counts).collect::<Vec<_>>())
}

/// One point.
const fn at(at: At, bound: Bound, count: Counter) -> Point {
    Point { at, bound, count, slow: false }
}

/// One that takes its time.
const fn slow(point: Point) -> Point {
    Point { slow: true, ..point }
}

/// The points of a figure over fields, from generic counters: `over!(bound; F2 => f::<F2>, …)`, the slow ones at the end
/// after a semicolon.
macro_rules! over {
    ($f:ident, $bound:expr) => {
        over!($bound; F2 => $f::<F2>, F3 => $f::<F3>, F5 => $f::<F5>)
    };
    ($bound:expr; $($field:ident => $count:expr),+ $(; $slow:ident => $long:expr)?) => {
        &[
            $($crate::exact::at($crate::exact::At::Field($crate::exact::order_of::<$field>()), $bound, $count),)+
            $($crate::exact::slow($crate::exact::at(
                $crate::exact::At::Field($crate::exact::order_of::<$slow>()), $bound, $long,
            )),)?
        ]
    };
}
pub(crate) use over;

/// The order of a tiny field.
const fn order_of<F: field::Field>() -> u64 {
    match F::SMALL_ORDER {
        Some(p) => p,
        None => panic!("only fields that can be enumerated"),
    }
}

/// Every vector of `len` elements of a tiny field but the zero vector.
fn nonzero_vectors<F: field::Field>(len: usize) -> impl Iterator<Item = Vec<F>> {
    let p = const { order_of::<F>() };
    (1..p.pow(len as u32)).map(move |code| (0..len).map(|k| F::from_u64(code / p.pow(k as u32) % p)).collect())
}

/// The same up to a factor: those whose first element that is not zero is one. Errors that differ by a factor have the same
/// chances, because the answers that fit them differ by it too; where there is time, all are tried.
fn directions<F: field::Field>(len: usize) -> impl Iterator<Item = Vec<F>> {
    nonzero_vectors(len).filter(|v: &Vec<F>| v.iter().find(|x| **x != F::ZERO) == Some(&F::ONE))
}

/// Every exact figure.
pub fn all() -> impl Iterator<Item = &'static Measurement> {
    let files = [
        openings::ALL,
        multiplication::ALL,
        keys::ALL,
        sacrifice::ALL,
        authentication::ALL,
        coin::ALL,
        commitments::ALL,
        transfer::ALL,
        privacy::ALL,
    ];
    files.into_iter().flatten()
}

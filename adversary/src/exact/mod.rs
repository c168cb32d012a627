//! What a cheat achieves against the shipped protocol text, counted over every coin and compared with the formulas of
//! `spec` as rational numbers: equal, not close.

mod decisions;
pub mod multiplication;
mod privacy;
pub mod sacrifice;

use std::time::{Duration, Instant};

use num_rational::BigRational;
use protocols::{Result, Tape};
use spec::{Bound, Instance};
use transport::{PartyId, PartySet};

use crate::enumerate::{Probability, enumerate, is_complete};
use crate::run::World;

/// A counted probability beside the formula it must equal.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Dotted name.
    pub id: &'static str,
    /// What was counted.
    pub what: &'static str,
    /// The order of the field.
    pub p: u64,
    /// The counted probability.
    pub measured: BigRational,
    /// The formula.
    pub bound: Bound,
    /// Its value.
    pub expected: BigRational,
    /// Runs of the protocol.
    pub runs: u64,
    /// Time for all of them.
    pub took: Duration,
}

impl Figure {
    /// Whether measurement and formula are the same rational number.
    #[must_use]
    pub fn equal(&self) -> bool {
        self.measured == self.expected
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
    /// Time for all of them.
    pub took: Duration,
}

impl Count {
    /// Runs `run` on every outcome of its tape: the probability that it answers yes.
    pub fn over(mut run: impl FnMut(&Tape) -> Result<bool>) -> Result<Self> {
        let (mut hit, mut all) = (Probability::default(), Probability::default());
        let mut failed = None;
        let start = Instant::now();
        let runs = enumerate(|tape, weight| match run(tape) {
            Ok(yes) => {
                let weight = weight();
                all.add(weight);
                if yes {
                    hit.add(weight);
                }
            }
            Err(e) => failed = Some(e),
        });
        if let Some(e) = failed {
            return Err(e);
        }
        debug_assert!(is_complete(&all));
        Ok(Self { probability: hit.value(), runs, took: start.elapsed() })
    }

    /// The largest probability of several counts, with the work of all.
    pub fn best(counts: impl IntoIterator<Item = Result<Self>>) -> Result<Self> {
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

/// A count over one field.
pub type Counter = fn() -> Result<Count>;

/// A figure that can be counted.
pub struct Measurement {
    /// Dotted name.
    pub id: &'static str,
    /// What is counted.
    pub what: &'static str,
    /// The formula it must equal.
    pub bound: Bound,
    /// Whether it takes more than a second or two.
    pub long: bool,
    /// Counts it over the fields of order 2, 3 and 5, where that makes sense.
    pub count: [Option<Counter>; 3],
}

impl Measurement {
    /// The figures, field by field.
    pub fn figures(&self) -> impl Iterator<Item = Result<Figure>> + '_ {
        let fields = [2, 3, 5].into_iter().zip(self.count);
        fields.filter_map(|(p, count)| Some((p, count?))).map(|(p, count)| {
            let Count { probability, runs, took } = count()?;
            let expected = self.bound.at(&Instance::field(p));
            let Self { id, what, bound, .. } = *self;
            Ok(Figure { id, what, p, measured: probability, bound, expected, runs, took })
        })
    }
}

/// One counter for each of the fields of order 2, 3 and 5.
macro_rules! over {
    ($f:ident) => {
        [Some($f::<F2>), Some($f::<F3>), Some($f::<F5>)]
    };
}
pub(crate) use over;

/// Every exact figure.
pub fn all() -> impl Iterator<Item = &'static Measurement> {
    multiplication::ALL.iter().chain(sacrifice::ALL).chain(privacy::ALL)
}

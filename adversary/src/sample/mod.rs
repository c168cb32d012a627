//! Figures over fields too large to count: sampled on the shipped protocol text, with as many runs as a protocol a quarter
//! weaker needs to be noticed. How many is fixed before the first run, and any single run is replayed from the seed, the
//! name of the experiment and the run's number.

mod figures;
mod tapes;

use std::time::{Duration, Instant};

use num_traits::ToPrimitive;
use protocols::{Error, Result, Tape};
use spec::Bound;

pub use figures::ALL;
pub use tapes::Sampler;

use crate::cases;
use crate::exact::At;
use crate::stats;
use crate::verdict::{ALPHA, POWER, Sampled, WEAKER};

/// What one run tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trial {
    /// The attack changed something that was delivered.
    pub acted: bool,
    /// It succeeded.
    pub hit: bool,
}

/// A probability that can be sampled.
pub struct Experiment {
    /// Dotted name, unique with `at`.
    pub id: &'static str,
    /// The claim it is about: a name of [`crate::exact::claims::ALL`].
    pub claim: &'static str,
    /// What is sampled.
    pub what: &'static str,
    /// Over which field, or with which depth.
    pub at: At,
    /// The formula it must agree with.
    pub bound: Bound,
    /// Whether all runs take more than some seconds.
    pub slow: bool,
    /// One run.
    pub run: fn(&Tape) -> Result<Trial>,
}

/// A sampled probability beside the formula it must agree with.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Dotted name.
    pub id: &'static str,
    /// The claim it is about.
    pub claim: &'static str,
    /// What was sampled.
    pub what: &'static str,
    /// Where.
    pub at: At,
    /// The formula.
    pub bound: Bound,
    /// The seed of all runs.
    pub seed: u64,
    /// The raw counts, beside the value of the formula.
    pub counts: Sampled,
    /// How many times weaker a protocol would have been noticed with [`POWER`]; `None`: none would.
    pub detectable: Option<f64>,
    /// Time for all runs, on all processors.
    pub took: Duration,
}

/// The level of each one-sided test, so that all of them and the sweeps over tiny fields together keep to [`ALPHA`]:
/// what plans are made for. Verdicts on fewer of them are a little less strict, and Holm's procedure is never stricter.
#[must_use]
pub fn tail() -> f64 {
    let sweeps = cases::ALL.iter().filter(|c| c.tiny.is_some()).count();
    ALPHA / (2 * ALL.len() + sweeps) as f64
}

impl Experiment {
    fn expected(&self) -> num_rational::BigRational {
        self.bound.at(&self.at.instance())
    }
    /// How many runs it will have.
    #[must_use]
    pub fn planned(&self) -> u64 {
        stats::runs(self.expected().to_f64().unwrap_or(f64::NAN), WEAKER, 2.0 * tail(), POWER)
    }
    /// All its tapes.
    #[must_use]
    pub fn tapes(&self, seed: u64) -> Sampler {
        Sampler::new(seed).named(self.id).named(&self.at.to_string())
    }
    /// One run.
    pub fn once(&self, seed: u64, run: u64) -> Result<Trial> {
        (self.run)(&self.tapes(seed).tape(run))
    }
    /// The first `runs` runs, on all processors: how many acted, how many hit.
    pub fn first(&self, seed: u64, runs: u64) -> Result<(u64, u64)> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
        let share = runs.div_ceil(threads).max(1);
        std::thread::scope(|s| {
            let part = move |from: u64| {
                (from..runs.min(from + share)).try_fold((0, 0), |(acted, hits), run| {
                    let trial = self.once(seed, run)?;
                    Ok((acted + u64::from(trial.acted), hits + u64::from(trial.hit)))
                })
            };
            let running: Vec<_> = (0..threads).map(|t| s.spawn(move || part(t * share))).collect();
            running.into_iter().try_fold((0, 0), |(acted, hits), t| {
                let of = t.join().unwrap_or_else(|_| Err(Error::Local(format!("a run of {} panicked", self.id))))?;
                Ok((acted + of.0, hits + of.1))
            })
        })
    }
    /// All planned runs.
    pub fn take(&self, seed: u64) -> Result<Figure> {
        let (start, planned, expected) = (Instant::now(), self.planned(), self.expected());
        let (acted, hits) = self.first(seed, planned)?;
        let detectable = stats::detectable(expected.to_f64().unwrap_or(f64::NAN), planned, tail(), POWER);
        let counts = Sampled { planned, runs: planned, acted, hits, expected };
        let &Self { id, claim, what, at, bound, .. } = self;
        Ok(Figure { id, claim, what, at, bound, seed, counts, detectable, took: start.elapsed() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::claims;

    #[test]
    fn experiments_have_names_and_coins_of_their_own() {
        for (i, e) in ALL.iter().enumerate() {
            assert!(claims::ALL.iter().any(|c| c.id == e.claim), "{} is about {}", e.id, e.claim);
            for other in &ALL[i + 1..] {
                assert_ne!((e.id, e.at), (other.id, other.at));
                assert_ne!(e.tapes(7), other.tapes(7), "{} and {}", e.id, other.id);
            }
            assert_ne!(e.tapes(7), e.tapes(8));
        }
    }

    #[test]
    fn a_sample_is_the_sum_of_its_runs() {
        let e = &ALL[0];
        let trials: Vec<_> = (0..101).map(|run| e.once(3, run).unwrap()).collect();
        let hits = trials.iter().filter(|t| t.hit).count() as u64;
        assert!(hits > 0 && trials.iter().all(|t| t.acted));
        assert_eq!(e.first(3, 101), Ok((101, hits)));
    }

    #[test]
    fn plans_are_those_of_the_budget() {
        for e in ALL {
            let alone = stats::runs(e.expected().to_f64().unwrap(), WEAKER, ALPHA, POWER);
            assert!((alone..2 * alone).contains(&e.planned()), "{} {}", e.id, e.at);
        }
    }
}

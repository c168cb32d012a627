//! The figure with its proof, and the verifier that checks it without solving anything.

use num_rational::BigRational;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::evidence::{Distinguisher, Simulator};
use super::fraction::{Bytes, Fraction};
use super::lp::SimulatorProgram;
use super::problem::Problem;
use super::propose::propose;
use super::simplex::solve;

/// A limit for [`best`] that a small problem does not reach: coefficients that the exact arithmetic may compute, at up to a
/// microsecond each.
pub const WORK: u64 = 100_000_000;

/// Why a certificate does not prove its figure.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Rejected {
    /// The simulator is none.
    #[error("the certificate's simulator is none: {0}")]
    Simulator(&'static str),
    /// The distinguisher is none.
    #[error("the certificate's distinguisher is none: {0}")]
    Distinguisher(&'static str),
    /// The simulator does not reach the figure.
    #[error("the certificate says {said}, its simulator is at distance {is}")]
    AtMost {
        /// The figure.
        said: Box<BigRational>,
        /// What the simulator reaches.
        is: Box<BigRational>,
    },
    /// The distinguisher does not reach the figure.
    #[error("the certificate says {said}, its distinguisher has advantage {is}")]
    AtLeast {
        /// The figure.
        said: Box<BigRational>,
        /// What the distinguisher reaches.
        is: Box<BigRational>,
    },
    /// Something was changed that the figure does not depend on, or the certificate belongs to another problem.
    #[error("the certificate or its tables were changed after it was made: the digest differs")]
    Digest,
}

/// A figure and its proof.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The statistical distance that the best simulator leaves.
    pub value: Fraction,
    /// A simulator that leaves no more.
    pub simulator: Simulator,
    /// A distinguisher to which every simulator leaves as much.
    pub distinguisher: Distinguisher,
    /// BLAKE3 of the problem and of everything above, against changes that leave the proof a proof.
    pub digest: Bytes,
}

/// What is known of the best simulator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Best {
    /// The figure, proved.
    Exact(Certificate),
    /// Nothing was proved within the work that was allowed.
    Inconclusive,
}

/// The statistical distance that the best of all simulators leaves between the real and the ideal world, at the honest
/// input where it is largest. A floating-point solver proposes where to start, integer arithmetic goes on from there until
/// simulator and distinguisher prove the same figure, or until `work` coefficients have been computed (see [`WORK`]).
#[must_use]
pub fn best(problem: &Problem, work: u64) -> Best {
    let program = SimulatorProgram::new(problem);
    let proposed = propose(&program.program);
    Certificate::of(problem, &program, proposed.as_deref(), work).map_or(Best::Inconclusive, Best::Exact)
}

impl Certificate {
    /// Solves exactly and keeps the result only if it proves itself.
    fn of(problem: &Problem, program: &SimulatorProgram, proposed: Option<&[usize]>, work: u64) -> Option<Self> {
        let solved = solve(&program.program, proposed, work).ok()?;
        let (simulator, distinguisher) = (program.simulator(&solved.values)?, program.distinguisher(&solved)?);
        let value = Fraction::new(simulator.distance(problem).ok()?)?;
        let digest = digest(problem, &value, &simulator, &distinguisher)?;
        let certificate = Self { value, simulator, distinguisher, digest };
        certificate.verify(problem).is_ok().then_some(certificate)
    }

    /// Checks the proof against the tables: that the simulator is one and leaves no more than the figure, that the
    /// distinguisher is one and every simulator leaves it no less, and that nothing else was changed either.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn verify(&self, problem: &Problem) -> Result<(), Rejected> {
        let said = || Box::new(self.value.value().clone());
        let distance = self.simulator.distance(problem)?;
        if distance != *self.value.value() {
            return Err(Rejected::AtMost { said: said(), is: Box::new(distance) });
        }
        let advantage = self.distinguisher.advantage(problem)?;
        if advantage != *self.value.value() {
            return Err(Rejected::AtLeast { said: said(), is: Box::new(advantage) });
        }
        let digest = digest(problem, &self.value, &self.simulator, &self.distinguisher);
        if digest.as_ref() != Some(&self.digest) { Err(Rejected::Digest) } else { Ok(()) }
    }
}

/// Domain of the digests of this file.
const CONTEXT: &str = "Quorate 2026 best simulator certificate v1";

/// BLAKE3 of the canonical text of a problem and its proof.
fn digest(problem: &Problem, value: &Fraction, by: &Simulator, against: &Distinguisher) -> Option<Bytes> {
    let text = serde_json::to_vec(&(problem, value, by, against)).ok()?;
    Some(Bytes(blake3::derive_key(CONTEXT, &text).to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::{Abort, Functionality, Real, Runs, TableError};
    use num_traits::One;

    /// Two honest parties have a bit and get it; the coalition sees a third of the time what it is, chooses a bit itself,
    /// and the second honest party loses its output on some coins.
    fn problem() -> Result<Problem, TableError> {
        let mut runs = Runs::new(4, 2);
        for input in 0..4u8 {
            for coin in 0..6 {
                let sum = vec![(input >> 1) ^ (input & 1)];
                let view = vec![coin % 2, if coin < 2 { input } else { sum[0] }];
                let second = (coin != 3 || input < 2).then(|| sum.clone());
                runs.add(usize::from(input), view, vec![Some(sum), second], 6)?;
            }
        }
        let real: Real = runs.finish()?;
        let sum = |x: usize, h: usize| vec![(x ^ (h >> 1) ^ (h & 1)) as u8];
        let ideal = Functionality::deterministic(2, 4, |x, h| (sum(x, h), vec![sum(x, h), sum(x, h)]))?;
        Problem::new(real, ideal, Abort::Unanimous)
    }

    #[test]
    fn the_figure_does_not_depend_on_what_was_proposed() -> Result<(), TableError> {
        let problem = problem()?;
        let program = SimulatorProgram::new(&problem);
        let columns = program.program.columns.len();
        let found = propose(&program.program);
        assert!(found.is_some());
        let every = |k: usize| (0..columns).filter(|c| c % k == 1).collect::<Vec<_>>();
        let proposals =
            [None, Some(Vec::new()), Some((0..columns).collect()), Some(every(2)), Some(every(3)), Some(vec![0])];
        let figure = |proposed: Option<Vec<usize>>| {
            Certificate::of(&problem, &program, proposed.as_deref(), WORK).map(|c| c.value.to_string())
        };
        let proved = figure(found);
        assert!(proved.is_some());
        for proposed in proposals {
            assert_eq!(figure(proposed.clone()), proved, "{proposed:?}");
        }
        Ok(())
    }

    #[test]
    fn a_new_digest_does_not_help_a_changed_proof() -> Result<(), TableError> {
        let problem = problem()?;
        let Best::Exact(proof) = best(&problem, WORK) else { panic!("not proved") };
        let rejected = |change: &dyn Fn(&mut Certificate)| {
            let mut changed = proof.clone();
            change(&mut changed);
            assert_ne!(changed, proof);
            let digest = digest(&problem, &changed.value, &changed.simulator, &changed.distinguisher);
            changed.digest = digest.unwrap_or_else(|| panic!("no digest"));
            changed.verify(&problem)
        };
        let more = |f: &mut Fraction| {
            *f = Fraction::new(f.value() + BigRational::new(1.into(), 1000.into()))
                .unwrap_or_else(|| panic!("negative"));
        };
        let simulator = |r: Result<(), Rejected>| assert!(matches!(r, Err(Rejected::Simulator(_))), "{r:?}");
        let distinguisher = |r: Result<(), Rejected>| assert!(matches!(r, Err(Rejected::Distinguisher(_))), "{r:?}");
        assert!(matches!(rejected(&|c| more(&mut c.value)), Err(Rejected::AtMost { .. })));
        for k in 0..proof.simulator.sends.len() {
            simulator(rejected(&|c| more(&mut c.simulator.sends[k])));
        }
        for k in 0..proof.simulator.shows.len() {
            simulator(rejected(&|c| more(&mut c.simulator.shows[k].chance)));
            simulator(rejected(&|c| c.simulator.shows[k].sends = 2));
            simulator(rejected(&|c| c.simulator.shows[k].told = Bytes(vec![2])));
            simulator(rejected(&|c| c.simulator.shows[k].class = 99));
            simulator(rejected(&|c| c.simulator.shows[k].delivered = 1));
        }
        // An action that nothing calls for, with a chance of its own.
        simulator(rejected(&|c| {
            c.simulator.shows.push(super::super::evidence::Shown {
                sends: 1,
                told: Bytes(vec![9]),
                class: 0,
                delivered: 0,
                chance: c.value.clone(),
            })
        }));
        simulator(rejected(&|c| {
            c.simulator.sends.push(Fraction::new(BigRational::default()).unwrap_or(c.value.clone()))
        }));
        // The same halves in another order.
        simulator(rejected(&|c| c.simulator.shows.reverse()));
        distinguisher(rejected(&|c| c.distinguisher.accepts.reverse()));
        // The same simulator with probability two.
        simulator(rejected(&|c| {
            let chances = c.simulator.shows.iter_mut().map(|s| &mut s.chance).chain(&mut c.simulator.sends);
            chances.for_each(|f| *f = Fraction::new(f.value() + f.value()).unwrap_or_else(|| panic!("negative")));
        }));
        for k in 0..proof.distinguisher.prior.len() {
            distinguisher(rejected(&|c| more(&mut c.distinguisher.prior[k])));
        }
        let one = || Fraction::new(BigRational::one()).unwrap_or_else(|| panic!("negative"));
        for k in 0..proof.distinguisher.accepts.len() {
            distinguisher(rejected(&|c| c.distinguisher.accepts[k].chance = one()));
            distinguisher(rejected(&|c| c.distinguisher.accepts[k].output = 99));
            distinguisher(rejected(&|c| c.distinguisher.accepts[k].input = 99));
        }
        Ok(())
    }
}

//! The best a coalition can do that decides more than once, each time by everything it has seen.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Instant;

use num_rational::BigRational;
use protocols::{Result, Tape};

use super::{Count, complete};
use crate::enumerate::{Probability, enumerate, enumerate_beside};
use crate::strategy::Seen;

/// What a coalition had seen at each of its decisions.
#[derive(Clone)]
pub(crate) struct Views<const D: usize>(Rc<RefCell<[Vec<u8>; D]>>);

impl<const D: usize> Views<D> {
    /// Notes what the coalition has seen when it makes its `k`-th decision. Frames of one run have the same lengths as
    /// those of another, so their bytes one after the other tell what they were.
    pub(crate) fn note(&self, k: usize, seen: &Seen) {
        self.note_without(k, seen, "");
    }
    /// The same without messages of this name: what hides them is not drawn, and they would tell what they do not.
    pub(crate) fn note_without(&self, k: usize, seen: &Seen, hidden: &str) {
        let told = seen.all().iter().filter(|e| e.frame.meta.name != hidden);
        self.0.borrow_mut()[k] = told.flat_map(|e| e.frame.body.iter().copied()).collect();
    }
}

/// How often it succeeded after what it saw and decided so far.
#[derive(Default)]
struct Tried {
    succeeded: Probability,
    /// By what it sees next, then by what it decides.
    later: BTreeMap<Vec<u8>, BTreeMap<u64, Tried>>,
}

impl Tried {
    fn after(&mut self, view: Vec<u8>, decision: u64) -> &mut Self {
        self.later.entry(view).or_default().entry(decision).or_default()
    }
    /// The chance with the best decision for every view.
    fn best(&self) -> BigRational {
        let later = self.later.values().filter_map(|decisions| decisions.values().map(Self::best).max());
        later.fold(self.succeeded.value(), |sum, chance| sum + chance)
    }
}

/// Runs `run` on every outcome of its tape and for every list of `D` decisions out of `choices` each. It notes the views
/// and tells whether the coalition succeeded. The probability is that of the best function from views to decisions.
pub(crate) fn best_play<const D: usize>(
    choices: u64,
    run: impl FnMut(&Tape, [u64; D], &Views<D>) -> Result<bool>,
) -> Result<Count> {
    best_play_by(None, choices, run)
}

/// The same for programs that draw raw bytes besides: those are the bytes of `seed`.
pub(crate) fn best_play_beside<const D: usize>(
    seed: u64,
    choices: u64,
    run: impl FnMut(&Tape, [u64; D], &Views<D>) -> Result<bool>,
) -> Result<Count> {
    best_play_by(Some(seed), choices, run)
}

fn best_play_by<const D: usize>(
    bytes: Option<u64>,
    choices: u64,
    mut run: impl FnMut(&Tape, [u64; D], &Views<D>) -> Result<bool>,
) -> Result<Count> {
    let mut tried = Tried::default();
    let mut runs = 0;
    let start = Instant::now();
    for code in 0..choices.pow(D as u32) {
        let decisions = std::array::from_fn(|k| code / choices.pow(k as u32) % choices);
        let (mut all, mut failed) = (Probability::default(), None);
        let play = |tape: &Tape, weight: &mut dyn FnMut() -> u128| {
            let views = Views(Rc::new(RefCell::new(std::array::from_fn(|_| Vec::new()))));
            match run(tape, decisions, &views) {
                Ok(success) => {
                    all.add(weight());
                    if success {
                        let seen = views.0.borrow().clone().into_iter().zip(decisions);
                        let end = seen.fold(&mut tried, |tried, (view, decision)| tried.after(view, decision));
                        end.succeeded.add(weight());
                    }
                }
                Err(e) => failed = Some(e),
            }
        };
        runs += match bytes {
            None => enumerate(play),
            Some(seed) => enumerate_beside(seed, play),
        };
        if let Some(e) = failed {
            return Err(e);
        }
        complete(&all)?;
    }
    Ok(Count { probability: tried.best(), runs, took: start.elapsed() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_may_use_what_was_seen_before_it_and_nothing_else() {
        // Three coins: the first is seen before the first decision, the second before the second, the third never.
        let play = |goal: fn([u64; 3], [u64; 2]) -> bool| {
            let count = best_play(2, |tape, decisions, views| {
                let coins = [(); 3].map(|()| tape.uniform(2));
                *views.0.borrow_mut() = [vec![coins[0] as u8], vec![coins[0] as u8, coins[1] as u8]];
                Ok(goal(coins, decisions))
            });
            count.map(|c| c.probability)
        };
        let chance = |a: i64, b: i64| Ok(BigRational::new(a.into(), b.into()));
        assert_eq!(play(|c, d| c[0] == d[0] && c[1] == d[1]), chance(1, 1));
        assert_eq!(play(|c, d| c[1] == d[0]), chance(1, 2));
        assert_eq!(play(|c, d| c[2] == d[1]), chance(1, 2));
        assert_eq!(play(|c, d| c[1] == d[0] && c[2] == d[1]), chance(1, 4));
        assert_eq!(play(|c, d| c[0] == 1 && c[1] == d[1]), chance(1, 2));
        let nothing = best_play::<0>(2, |tape, [], _| Ok(tape.uniform(3) == 1)).map(|c| (c.probability, c.runs));
        assert_eq!(nothing, Ok((BigRational::new(1.into(), 3.into()), 3)));
    }
}

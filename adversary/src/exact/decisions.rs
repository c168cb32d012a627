//! The best a coalition can do that decides more than once, each time by everything it has seen.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Instant;

use num_rational::BigRational;
use protocols::{Result, Tape};

use super::Count;
use crate::enumerate::{Probability, enumerate, is_complete};
use crate::strategy::Seen;

/// What a coalition had seen at its first and at its second decision.
#[derive(Clone, Default)]
pub(crate) struct Views(Rc<RefCell<[Vec<u8>; 2]>>);

impl Views {
    /// Notes what the coalition has seen when it makes its `k`-th decision. Frames of one run have the same lengths as
    /// those of another, so their bytes one after the other tell what they were.
    pub(crate) fn note(&self, k: usize, seen: &Seen) {
        self.0.borrow_mut()[k] = seen.all().iter().flat_map(|e| e.frame.body.iter().copied()).collect();
    }
}

/// How often something happened: by view, then by what was decided.
type Tried<T> = BTreeMap<Vec<u8>, BTreeMap<u64, T>>;

/// The chance of the best decision for every view.
fn best<T>(tried: &Tried<T>, chance: impl Fn(&T) -> BigRational) -> BigRational {
    tried.values().filter_map(|decisions| decisions.values().map(&chance).max()).sum()
}

/// Runs `run` on every outcome of its tape and for every pair of decisions out of `choices` each. It notes the views and
/// tells whether the coalition succeeded. The probability is that of the best function from views to decisions.
pub(crate) fn best_play(choices: u64, mut run: impl FnMut(&Tape, [u64; 2], &Views) -> Result<bool>) -> Result<Count> {
    let mut tried: Tried<Tried<Probability>> = BTreeMap::new();
    let mut runs = 0;
    let start = Instant::now();
    for decisions in (0..choices * choices).map(|k| [k / choices, k % choices]) {
        let (mut all, mut failed) = (Probability::default(), None);
        runs += enumerate(|tape, weight| {
            let views = Views::default();
            match run(tape, decisions, &views) {
                Ok(success) => {
                    all.add(weight());
                    if success {
                        let [first, second] = views.0.take();
                        let later = tried.entry(first).or_default().entry(decisions[0]).or_default();
                        later.entry(second).or_default().entry(decisions[1]).or_default().add(weight());
                    }
                }
                Err(e) => failed = Some(e),
            }
        });
        if let Some(e) = failed {
            return Err(e);
        }
        debug_assert!(is_complete(&all));
    }
    let probability = best(&tried, |later| best(later, Probability::value));
    Ok(Count { probability, runs, took: start.elapsed() })
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
    }
}

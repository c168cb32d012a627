//! Exact probabilities: one run for every value of every coin, depth first. A coin that is never tossed costs nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};
use protocols::{Source, Tape};

/// The coins of the current run: (value, number of values).
#[derive(Default)]
struct Path {
    draws: Vec<(u64, u64)>,
    at: usize,
}

struct Enumerated(Rc<RefCell<Path>>);

impl Source for Enumerated {
    fn uniform(&mut self, bound: u64) -> u64 {
        let mut path = self.0.borrow_mut();
        let at = path.at;
        path.at += 1;
        if let Some((v, b)) = path.draws.get(at) {
            assert_eq!(*b, bound, "a program drew other coins when it was run again with the same ones");
            return *v;
        }
        path.draws.push((0, bound));
        0
    }
    fn fill(&mut self, _: &mut [u8]) -> bool {
        false
    }
    fn fork(&mut self, _: u64) -> Option<Box<dyn Source>> {
        None
    }
}

/// A sum of run weights, exact. Runs whose coins multiply to the same number are counted together.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Probability(BTreeMap<u128, u128>);

impl Probability {
    /// Adds one run whose coins had `1/weight` probability.
    pub fn add(&mut self, weight: u128) {
        *self.0.entry(weight).or_default() += 1;
    }
    /// The exact value.
    #[must_use]
    pub fn value(&self) -> BigRational {
        self.0
            .iter()
            .fold(BigRational::zero(), |sum, (w, k)| sum + BigRational::new(BigInt::from(*k), BigInt::from(*w)))
    }
    /// How many runs were counted.
    #[must_use]
    pub fn runs(&self) -> u128 {
        self.0.values().sum()
    }
}

/// Calls `run` once for every outcome of its tape, with the inverse probability of that outcome. Returns the number of
/// runs.
pub fn enumerate(mut run: impl FnMut(&Tape, &mut dyn FnMut() -> u128)) -> u64 {
    let path = Rc::new(RefCell::new(Path::default()));
    let mut runs = 0;
    loop {
        path.borrow_mut().at = 0;
        let tape = Tape::new(Box::new(Enumerated(path.clone())));
        let reader = path.clone();
        run(&tape, &mut || {
            let p = reader.borrow();
            p.draws.iter().map(|(_, b)| u128::from(*b)).product()
        });
        runs += 1;
        let mut p = path.borrow_mut();
        loop {
            let Some((v, b)) = p.draws.pop() else { return runs };
            if v + 1 < b {
                p.draws.push((v + 1, b));
                break;
            }
        }
    }
}

/// Whether the weights of a complete enumeration add up to one.
#[must_use]
pub fn is_complete(total: &Probability) -> bool {
    total.value().is_one()
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::F3;

    #[test]
    fn every_outcome_once_and_lazily() {
        let (mut all, mut zero) = (Probability::default(), Probability::default());
        let runs = enumerate(|tape, weight| {
            let first: F3 = tape.element().unwrap();
            // A second coin only on one branch.
            let second: F3 = if first == <F3 as field::Field>::ONE { tape.element().unwrap() } else { first };
            all.add(weight());
            if second == <F3 as field::Field>::ZERO {
                zero.add(weight());
            }
        });
        assert_eq!(runs, 5);
        assert!(is_complete(&all));
        assert_eq!(zero.value(), BigRational::new(4.into(), 9.into()));
    }
}

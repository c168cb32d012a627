//! Exact probabilities: one run for every value of every coin, depth first. A coin that is never tossed costs nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use chacha20::ChaCha8Rng;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};
use protocols::{Source, Tape};
use rand_core::{Rng, SeedableRng};

/// One branching of a run.
struct Draw {
    value: u64,
    /// How many values there are.
    bound: u64,
    /// Whether nature chose, not a player.
    coin: bool,
}

/// The branchings of the current run.
#[derive(Default)]
struct Path {
    draws: Vec<Draw>,
    at: usize,
    /// So many of the first draws stay as they are.
    fixed: usize,
}

impl Path {
    fn next(&mut self, bound: u64, coin: bool) -> u64 {
        let at = self.at;
        self.at += 1;
        if let Some(d) = self.draws.get(at) {
            assert!(
                d.bound == bound && d.coin == coin,
                "a program drew other coins when it was run again with the same ones"
            );
            return d.value;
        }
        self.draws.push(Draw { value: 0, bound, coin });
        0
    }
    fn weight(&self) -> u128 {
        assert!(self.at >= self.fixed, "a run tossed fewer coins than the one that the work was divided by");
        self.draws.iter().filter(|d| d.coin).map(|d| u128::from(d.bound)).product()
    }
    /// Moves on to the next run; `false` after the last.
    fn advance(&mut self) -> bool {
        self.at = 0;
        while self.draws.len() > self.fixed {
            let last = self.draws.last_mut().expect("there are more draws than fixed ones");
            last.value += 1;
            if last.value < last.bound {
                return true;
            }
            self.draws.pop();
        }
        false
    }
}

struct Enumerated {
    path: Rc<RefCell<Path>>,
    /// What raw bytes come from.
    bytes: Option<ChaCha8Rng>,
}

impl Source for Enumerated {
    fn uniform(&mut self, bound: u64) -> u64 {
        self.path.borrow_mut().next(bound, true)
    }
    fn fill(&mut self, out: &mut [u8]) -> bool {
        self.bytes.as_mut().map(|rng| rng.fill_bytes(out)).is_some()
    }
    fn fork(&mut self, _: u64) -> Option<Tape> {
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
    /// Adds all runs of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (weight, runs) in &other.0 {
            *self.0.entry(*weight).or_default() += runs;
        }
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

/// The choices of a player, enumerated like coins but without a probability of their own.
pub struct Choices(Rc<RefCell<Path>>);

impl Choices {
    /// One of `options`, every one of them in some run.
    #[must_use]
    pub fn choose(&self, options: u64) -> u64 {
        self.0.borrow_mut().next(options, false)
    }
}

/// Calls `run` once for every outcome of its tape, with the inverse probability of that outcome. Returns the number of
/// runs.
pub fn enumerate(mut run: impl FnMut(&Tape, &mut dyn FnMut() -> u128)) -> u64 {
    all_outcomes(Path::default(), None, |tape, _, weight| run(tape, weight))
}

/// The outcomes in which the first coins are these, each with its number of values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Branch(Vec<(u64, u64)>);

/// Divides the outcomes of `run` by its first coins into `parts` branches or a few more, or as many as there are outcomes.
/// Enumerates nothing: it runs once, to learn what those coins are.
pub fn divide(parts: u64, run: impl FnOnce(&Tape)) -> Vec<Branch> {
    let path = Rc::new(RefCell::new(Path::default()));
    run(&Tape::new(Enumerated { path: path.clone(), bytes: None }));
    let mut branches = vec![Branch(Vec::new())];
    for bound in path.borrow().draws.iter().map(|d| d.bound) {
        if branches.len() as u64 >= parts {
            break;
        }
        let further = |b: &Branch, value| Branch(b.0.iter().copied().chain([(value, bound)]).collect());
        branches = branches.iter().flat_map(|b| (0..bound).map(move |value| further(b, value))).collect();
    }
    branches
}

/// [`enumerate`] on one branch.
///
/// # Panics
/// If the first coins of `run` have other numbers of values than those of the run that it was divided by, or if a run asks
/// for its weight before it has tossed them.
pub fn enumerate_branch(branch: &Branch, mut run: impl FnMut(&Tape, &mut dyn FnMut() -> u128)) -> u64 {
    let draws: Vec<_> = branch.0.iter().map(|&(value, bound)| Draw { value, bound, coin: true }).collect();
    let path = Path { fixed: draws.len(), draws, at: 0 };
    all_outcomes(path, None, |tape, _, weight| run(tape, weight))
}

/// The same for programs that draw raw bytes besides: those are the bytes of `seed`, the same in every run. What is
/// counted is then exact for these bytes, which are nonces, seeds and masks of hashes and not coins of the claim.
pub fn enumerate_beside(seed: u64, mut run: impl FnMut(&Tape, &mut dyn FnMut() -> u128)) -> u64 {
    all_outcomes(Path::default(), Some(seed), |tape, _, weight| run(tape, weight))
}

/// The same as [`enumerate`] with a player: once for every outcome of the tape and every choice.
pub fn enumerate_game(run: impl FnMut(&Tape, &Choices, &mut dyn FnMut() -> u128)) -> u64 {
    all_outcomes(Path::default(), None, run)
}

fn all_outcomes(path: Path, seed: Option<u64>, mut run: impl FnMut(&Tape, &Choices, &mut dyn FnMut() -> u128)) -> u64 {
    let path = Rc::new(RefCell::new(path));
    let choices = Choices(path.clone());
    let mut runs = 0;
    loop {
        let bytes = seed.map(ChaCha8Rng::seed_from_u64);
        let tape = Tape::new(Enumerated { path: path.clone(), bytes });
        let reader = path.clone();
        run(&tape, &choices, &mut || reader.borrow().weight());
        runs += 1;
        if !path.borrow_mut().advance() {
            return runs;
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

    #[test]
    fn branches_have_every_outcome_once() {
        // Two coins always, a third on some branches.
        let draw = |tape: &Tape| {
            let first = [tape.uniform(3), tape.uniform(2)];
            (first, (first[0] == 1).then(|| tape.uniform(5)))
        };
        let mut whole = Vec::new();
        enumerate(|tape, weight| whole.push((draw(tape), weight())));
        for (parts, branches) in [(1, 1), (2, 3), (4, 6), (100, 6)] {
            let divided = divide(parts, |tape| assert!(draw(tape).0[0] < 3));
            assert_eq!(divided.len(), branches, "in {parts} parts");
            let mut all = Vec::new();
            for branch in &divided {
                enumerate_branch(branch, |tape, weight| all.push((draw(tape), weight())));
            }
            assert_eq!(all, whole, "in {parts} parts");
        }
    }

    #[test]
    #[should_panic = "other coins"]
    fn a_branch_of_another_program_is_refused() {
        let branches = divide(3, |tape| assert!(tape.uniform(3) < 3));
        enumerate_branch(&branches[2], |tape, _| assert!(tape.uniform(2) < 2));
    }

    #[test]
    #[should_panic = "fewer coins"]
    fn a_branch_of_a_program_without_its_coins_is_refused() {
        let branches = divide(3, |tape| assert!(tape.uniform(3) < 3));
        enumerate_branch(&branches[2], |_, weight| assert!(weight() > 0));
    }

    #[test]
    fn bytes_are_the_same_in_every_run_or_refused() {
        let mut seen = std::collections::BTreeSet::new();
        let runs = enumerate_beside(5, |tape, _| {
            let before = tape.nonce().unwrap();
            let coin = tape.uniform(3);
            seen.insert((before, coin, tape.nonce().unwrap()));
        });
        assert_eq!((runs, seen.len()), (3, 3));
        assert_eq!(seen.iter().map(|s| (s.0, s.2)).collect::<std::collections::BTreeSet<_>>().len(), 1);
        enumerate(|tape, _| assert!(tape.nonce().is_err()));
    }
}

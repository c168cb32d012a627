//! How often guesses of the extension's secret pass: exactly when they are right, at the rate of the specification.

use protocols::{OT_CONSISTENCY, OT_PPRF};
use quorate_adversary::Ending;
use quorate_adversary::attack::tape;
use quorate_adversary::attacks::ot::{Guess, wrong_block, wrong_tree};
use spec::Check;
use transport::PartyId;

const RUNS: u64 = 400;

/// Every run must pass exactly when the block of the secret is one of those the cheat is prepared for, and the share
/// of passing runs must be theirs of all, to within five standard deviations on both sides.
fn passes_at_rate(k: usize, check: &Check, prepared: impl Fn(u8) -> bool, run: impl Fn(u64) -> Guess) {
    let rate = (0..1u16 << k).filter(|d| prepared(*d as u8)).count() as f64 / f64::from(1u16 << k);
    let passed = (0..RUNS)
        .filter(|seed| {
            let Guess { block, ending } = run(*seed);
            let passed = match ending {
                Ending::Output(()) => true,
                Ending::Aborted(a) => {
                    assert_eq!((a.check, a.blame), (check, protocols::Blame::Accused(PartyId::new(1))));
                    false
                }
                other => panic!("neither passed nor stopped: {other:?}"),
            };
            assert_eq!(passed, prepared(block), "k = {k}, block {block}");
            passed
        })
        .count() as f64;
    let (mean, deviation) = (RUNS as f64 * rate, (RUNS as f64 * rate * (1.0 - rate)).sqrt());
    assert!((passed - mean).abs() <= 5.0 * deviation, "{passed} of {RUNS} passed, expected {mean}");
}

#[test]
fn a_wrong_block_passes_if_its_secret_is_guessed() {
    passes_at_rate(1, &OT_CONSISTENCY, |d| d == 0, |seed| wrong_block::<1>(&tape(seed), 0));
    passes_at_rate(2, &OT_CONSISTENCY, |d| d == 2, |seed| wrong_block::<2>(&tape(seed), 2));
    passes_at_rate(4, &OT_CONSISTENCY, |d| d == 11, |seed| wrong_block::<4>(&tape(seed), 11));
}

#[test]
fn a_wrong_tree_passes_if_the_missing_leaf_was_prepared_for() {
    // A wrong side of one level is seen by half of all secrets.
    let first = |level| (level == 0).then_some(0);
    passes_at_rate(2, &OT_PPRF, |d| d < 2, |seed| wrong_tree::<2>(&tape(seed), first));
    passes_at_rate(4, &OT_PPRF, |d| d < 8, |seed| wrong_tree::<4>(&tape(seed), first));
    // Wrong on the path to one leaf: only who misses that leaf needs none of these sums.
    let path = |leaf: usize, k: usize| move |level: usize| Some(leaf >> (k - 1 - level) & 1);
    passes_at_rate(2, &OT_PPRF, |d| d == 1, |seed| wrong_tree::<2>(&tape(seed), path(1, 2)));
    passes_at_rate(4, &OT_PPRF, |d| d == 6, |seed| wrong_tree::<4>(&tape(seed), path(6, 4)));
}

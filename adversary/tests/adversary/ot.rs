//! Guesses of the extension's secret pass exactly when they are right, and otherwise accuse who guessed. The rates are
//! figures of `exact`.

use protocols::{OT_CONSISTENCY, OT_PPRF};
use quorate_adversary::Ending;
use quorate_adversary::attack::tape;
use quorate_adversary::attacks::ot::{wrong_blocks, wrong_tree};
use spec::Check;
use transport::PartyId;

/// Runs against every value of the first `bits` bits of the secret: it must pass exactly when the cheat is prepared for
/// that value, and otherwise be stopped by this check.
fn passes_when_prepared(
    bits: usize,
    check: &Check,
    prepared: impl Fn(u128) -> bool,
    run: impl Fn(u64, u128) -> Ending<()>,
) {
    for block in 0..1u128 << bits {
        let rest = 0x6a09_e667_f3bc_c908_b2fb_1366_ea95_7d3e << bits;
        let passed = match run(block as u64, rest | block) {
            Ending::Output(()) => true,
            Ending::Aborted(a) => {
                assert_eq!((a.check, a.blame), (check, protocols::Blame::Accused(PartyId::new(1))));
                false
            }
            other => panic!("neither passed nor stopped: {other:?}"),
        };
        assert_eq!(passed, prepared(block), "{bits} bits, {block}");
    }
}

#[test]
fn a_wrong_block_passes_if_its_secret_is_guessed() {
    passes_when_prepared(1, &OT_CONSISTENCY, |d| d == 0, |seed, delta| wrong_blocks::<1>(&tape(seed), delta, 1, 0));
    passes_when_prepared(2, &OT_CONSISTENCY, |d| d == 2, |seed, delta| wrong_blocks::<2>(&tape(seed), delta, 1, 2));
    passes_when_prepared(4, &OT_CONSISTENCY, |d| d == 9, |seed, delta| wrong_blocks::<2>(&tape(seed), delta, 2, 9));
    passes_when_prepared(4, &OT_CONSISTENCY, |d| d == 11, |seed, delta| wrong_blocks::<4>(&tape(seed), delta, 1, 11));
}

#[test]
fn a_wrong_tree_passes_if_the_missing_leaf_was_prepared_for() {
    // A wrong side of one level is seen by half of all secrets.
    let first = |level| (level == 0).then_some(0);
    passes_when_prepared(2, &OT_PPRF, |d| d < 2, |seed, delta| wrong_tree::<2>(&tape(seed), delta, first));
    passes_when_prepared(4, &OT_PPRF, |d| d < 8, |seed, delta| wrong_tree::<4>(&tape(seed), delta, first));
    // Wrong on the path to one leaf: only who misses that leaf needs none of these sums.
    let path = |leaf: usize, k: usize| move |level: usize| Some(leaf >> (k - 1 - level) & 1);
    passes_when_prepared(2, &OT_PPRF, |d| d == 1, |seed, delta| wrong_tree::<2>(&tape(seed), delta, path(1, 2)));
    passes_when_prepared(4, &OT_PPRF, |d| d == 6, |seed, delta| wrong_tree::<4>(&tape(seed), delta, path(6, 4)));
}

//! Wrong rows and wrong trees of the shipped OT extension, counted over the bits of the sender's secret that decide: they
//! are enumerated, everything else that a run draws is fixed bytes.

use protocols::{Result, Tape};
use spec::Bound;

use super::{At, Count, Measurement, at};
use crate::attacks::ot::{wrong_blocks, wrong_tree};
use crate::run::Ending;

/// The seed of everything but the secret's first blocks.
const SEED: u64 = 13;

/// A secret of the sender whose first `bits` bits are enumerated.
fn secret(tape: &Tape, bits: usize) -> Result<u128> {
    let mut bytes = [0; 16];
    tape.bytes(&mut bytes)?;
    let mask = (1u128 << bits) - 1;
    Ok(u128::from_le_bytes(bytes) & !mask | u128::from(tape.uniform(1 << bits)))
}

/// The best of these guesses of the first `S` blocks, each with wrong corrections there and an answer that fits it.
fn rows<const K: usize, const S: usize>(guesses: impl IntoIterator<Item = u64>) -> Result<Count> {
    Count::best(guesses, |guess| {
        Count::beside(SEED, |tape| {
            let delta = secret(tape, K * S)?;
            Ok(matches!(wrong_blocks::<K>(tape, delta, S, *guess), Ending::Output(())))
        })
    })
}

/// A tree whose level sums are wrong on one side of the first `L` levels.
fn tree<const K: usize, const L: usize>() -> Result<Count> {
    // Every choice of sides: the chance is the same, the best is any.
    Count::best(0..1u32 << L, |sides| {
        Count::beside(SEED, |tape| {
            let delta = secret(tape, K)?;
            let wrong = |level: usize| (level < L).then_some((sides >> level & 1) as usize);
            Ok(matches!(wrong_tree::<K>(tape, delta, wrong), Ending::Output(())))
        })
    })
}

const fn consistency(k: u32, blocks: u32) -> Bound {
    Bound::OtConsistency { k, blocks }
}
const fn prepared(k: u32, guessed: u32) -> Bound {
    Bound::PprfGuess { k, guessed }
}

/// The figures of the extension.
pub const ALL: &[Measurement] = &[
    Measurement {
        id: "ot.rows.one",
        claim: "B13",
        what: "wrong rows in one block of k bits pass, best of all guesses of the block (k=8: one guess)",
        points: &[
            at(At::Depth(1), consistency(1, 1), || rows::<1, 1>(0..2)),
            at(At::Depth(2), consistency(2, 1), || rows::<2, 1>(0..4)),
            at(At::Depth(4), consistency(4, 1), || rows::<4, 1>(0..16)),
            at(At::Depth(8), consistency(8, 1), || rows::<8, 1>([0xa5])),
        ],
    },
    Measurement {
        id: "ot.rows.two",
        claim: "B13",
        what: "wrong rows in two blocks of k bits pass, best of all guesses of both (k=4: one guess)",
        points: &[
            at(At::Depth(1), consistency(1, 2), || rows::<1, 2>(0..4)),
            at(At::Depth(2), consistency(2, 2), || rows::<2, 2>(0..16)),
            at(At::Depth(4), consistency(4, 2), || rows::<4, 2>([0x5a])),
        ],
    },
    Measurement {
        id: "ot.tree.level",
        claim: "B13",
        what: "a wrong sum of one level of a tree of depth k passes: half of all leaves do not need it",
        points: &[
            at(At::Depth(1), prepared(1, 1), tree::<1, 1>),
            at(At::Depth(2), prepared(2, 2), tree::<2, 1>),
            at(At::Depth(4), prepared(4, 8), tree::<4, 1>),
        ],
    },
    Measurement {
        id: "ot.tree.path",
        claim: "B13",
        what: "wrong sums on all levels of a tree of depth k pass: one leaf needs none of them",
        points: &[
            at(At::Depth(1), prepared(1, 1), tree::<1, 1>),
            at(At::Depth(2), prepared(2, 1), tree::<2, 2>),
            at(At::Depth(4), prepared(4, 1), tree::<4, 4>),
        ],
    },
];

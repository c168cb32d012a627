//! Small named computations that attacks, strategies and sweeps run against, each with its oracle: the shipped protocol
//! text, run once in given circumstances, and what it amounts to.

mod foundation;
mod online;
mod prepared;
mod scene;
mod transfer;

use protocols::Tape;
use protocols::ot::SoftSpoken;
use transport::sim::Adversary;

use crate::fields::FieldId;
use crate::ideal::ot::IdealOt;
use crate::oracle::Judgement;
use crate::strategy::language::Input;
use crate::subject::Instance;
use crate::with_field;

pub use scene::Scene;

/// A computation under attack.
pub struct Computation {
    /// Its name.
    pub name: &'static str,
    /// What everyone computes, and what counts as right.
    pub does: &'static str,
    /// The fields it runs over.
    pub fields: &'static [FieldId],
    /// The fewest and the most parties.
    pub parties: (usize, usize),
    /// How many values every party puts in.
    pub inputs: usize,
    /// Runs it once and judges it. The inputs are those that corrupt parties put in instead of theirs.
    pub run: fn(&Instance, &[Input], &Tape, &mut dyn Adversary) -> Judgement,
}

/// Fields of 128 bits or more, as preprocessing from oblivious transfer needs them.
const LARGE: &[FieldId] = &[FieldId::F128, FieldId::Fr];
/// The field whose elements the cases of oblivious transfer carry.
const STRINGS: &[FieldId] = &[FieldId::F128];
/// The field of what the foundations carry.
const CARRIED: &[FieldId] = &[FieldId::Fr];

/// A computation without inputs of its parties.
const fn computation(
    name: &'static str,
    does: &'static str,
    fields: &'static [FieldId],
    run: fn(&Instance, &[Input], &Tape, &mut dyn Adversary) -> Judgement,
) -> Computation {
    Computation { name, does, fields, parties: (2, 5), inputs: 0, run }
}

/// All computations, from the lowest layer up.
pub const ALL: &[Computation] = &[
    computation("coin", "a public coin, the same for everyone", CARRIED, |at, _, tape, a| {
        foundation::toss(&at.world, tape, a)
    }),
    computation(
        "commit",
        "everyone commits to a value and opens it; a value that repeats an honest party's is a win",
        CARRIED,
        |at, _, tape, a| foundation::tell(&at.world, true, tape, a),
    ),
    computation("broadcast", "everyone tells everyone a value; a value heard differently is a win", CARRIED, {
        |at, _, tape, a| foundation::tell(&at.world, false, tape, a)
    }),
    computation(
        "multiply",
        "two shared values multiplied and shown to all",
        &FieldId::ALL,
        |at, _, tape, a| with_field!(at.field, F => online::multiply::<F>(at, tape, a)),
    ),
    computation(
        "chain",
        "two shared values multiplied, the product multiplied by the second, shown to all",
        &FieldId::ALL,
        |at, _, tape, a| with_field!(at.field, F => online::chain::<F>(at, tape, a)),
    ),
    computation(
        "twice",
        "two shared values multiplied and shown to all, and once more",
        &FieldId::ALL,
        |at, _, tape, a| with_field!(at.field, F => online::twice::<F>(at, tape, a)),
    ),
    computation(
        "show",
        "a shared value shown to all",
        &FieldId::ALL,
        |at, _, tape, a| with_field!(at.field, F => online::show::<F>(at, tape, a)),
    ),
    computation(
        "show_to",
        "a shared value shown to the first party only",
        &FieldId::ALL,
        |at, _, tape, a| with_field!(at.field, F => online::show_to::<F>(at, tape, a)),
    ),
    Computation {
        name: "product",
        does: "everyone's input, the first two multiplied, the others added, shown to all",
        fields: &FieldId::ALL,
        parties: (2, 5),
        inputs: 1,
        run: |at, inputs, tape, a| with_field!(at.field, F => online::product::<F>(at, inputs, tape, a)),
    },
    computation("base_ot", "base transfers with everyone", STRINGS, |at, _, tape, a| {
        transfer::base(&at.world, tape, a)
    }),
    computation("ot_extension", "extended transfers with everyone, two calls, on ideal base transfers", STRINGS, {
        |at, _, tape, a| transfer::extended(&at.world, false, tape, a)
    }),
    computation("ot_extension.real", "extended transfers with everyone, two calls, on real base transfers", STRINGS, {
        |at, _, tape, a| transfer::extended(&at.world, true, tape, a)
    }),
    computation(
        "masks",
        "everyone's input mask from ideal transfers; right if one key is behind all MACs of the honest",
        LARGE,
        {
            |at, _, tape, a| match at.field {
                FieldId::Fr => prepared::masks::<field::Fr>(at, tape, a),
                _ => prepared::masks::<field::F128>(at, tape, a),
            }
        },
    ),
    computation("triple", "a triple from ideal transfers; right if it multiplies", LARGE, |at, _, tape, a| {
        match at.field {
            FieldId::Fr => prepared::triple::<field::Fr>(at, tape, a),
            _ => prepared::triple::<field::F128>(at, tape, a),
        }
    }),
    computation("mascot", "an input on real transfers, shown to all", STRINGS, |at, _, tape, a| {
        transfer::preprocessed::<SoftSpoken>(&at.world, 0, tape, a)
    }),
    computation(
        "mascot.ideal",
        "two inputs multiplied on preprocessing from ideal transfers, shown to all",
        STRINGS,
        |at, _, tape, a| transfer::preprocessed::<IdealOt>(&at.world, 1, tape, a),
    ),
];

/// The computation of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Computation> {
    ALL.iter().find(|t| t.name == name)
}

/// What sweeps run.
pub(crate) mod parts {
    pub(crate) use super::foundation::{tell, toss};
    pub(crate) use super::online::product;
    pub(crate) use super::transfer::{base, extended, preprocessed};
}

//! What the coalition sees: equal views for equal outputs.

use std::time::Instant;

use field::{F2, F3, Field};
use protocols::Result;
use spec::Bound;

use super::{Count, Measurement};
use crate::scratch::Flaw;
use crate::view;

fn views<F: Field>(flaw: Option<Flaw>) -> Result<Count> {
    let start = Instant::now();
    let a = view::of_sum::<F>([Some(0), Some(1), None], flaw)?;
    let b = view::of_sum::<F>([Some(1), Some(0), None], flaw)?;
    let runs = a.runs() + b.runs();
    Ok(Count { probability: a.distance(&b), runs, took: start.elapsed() })
}

/// The figures of privacy.
pub const ALL: &[Measurement] = &[
    Measurement {
        id: "view.zero_shares",
        what: "three parties add two inputs: distance of the third's views for equal sums",
        bound: Bound::Zero,
        long: false,
        count: [Some(|| views::<F2>(None)), Some(|| views::<F3>(None)), None],
    },
    Measurement {
        id: "view.no_zero_shares",
        what: "control: the same without zero shares",
        bound: Bound::One,
        long: false,
        count: [Some(|| views::<F2>(Some(Flaw::NoZeroShares))), Some(|| views::<F3>(Some(Flaw::NoZeroShares))), None],
    },
];

//! What the coalition sees: equal views for equal outputs.

use std::time::Instant;

use protocols::Result;
use spec::Bound;
use transport::PartySet;

use super::{Count, Measurement};
use crate::fields::FieldId;
use crate::ideal::supply::CorruptShares;
use crate::run::World;
use crate::scratch::Flaw;
use crate::subject::{Given, Instance};
use crate::subjects::Sum;
use crate::view;

/// The distance of the third party's views of `0 + 1` and `1 + 0`.
fn views(field: FieldId, flaw: Option<Flaw>) -> Result<Count> {
    let start = Instant::now();
    let world = World::new(3, PartySet::of(&[2])).flawed(flaw);
    let at = Instance { field, world, shares: CorruptShares::Zero };
    let of = |x, y| view::passive(&Sum, &at, &Given { parties: vec![vec![x], vec![y], vec![]], shared: vec![] });
    let (a, b) = (of(0, 1)?, of(1, 0)?);
    Ok(Count { probability: a.distance(&b), runs: a.runs() + b.runs(), took: start.elapsed() })
}

/// The figures of privacy.
pub const ALL: &[Measurement] = &[
    Measurement {
        id: "view.zero_shares",
        what: "three parties add two inputs: distance of the third's views for equal sums",
        bound: Bound::Zero,
        long: false,
        count: [Some(|| views(FieldId::F2, None)), Some(|| views(FieldId::F3, None)), None],
    },
    Measurement {
        id: "view.no_zero_shares",
        what: "control: the same without zero shares",
        bound: Bound::One,
        long: false,
        count: [
            Some(|| views(FieldId::F2, Some(Flaw::NoZeroShares))),
            Some(|| views(FieldId::F3, Some(Flaw::NoZeroShares))),
            None,
        ],
    },
];

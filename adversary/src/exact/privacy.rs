//! What the coalition sees: equal views for equal outputs.

use std::time::Instant;

use field::{F2, F3, F5};
use protocols::{Error, Result};
use spec::Bound;
use transport::PartySet;

use super::{Count, Measurement, over};
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
    let of = |x, y| {
        let world = World::new(3, PartySet::of(&[2])).flawed(flaw);
        let at = Instance { field, world, shares: CorruptShares::Zero };
        view::passive(&Sum, &at, &[Given { parties: vec![vec![x], vec![y], vec![]], shared: vec![] }])
    };
    let [a, b] = std::thread::scope(|s| {
        let views = [(0, 1), (1, 0)].map(|(x, y)| s.spawn(move || of(x, y)));
        views.map(|v| v.join().unwrap_or_else(|_| Err(Error::Local("a run panicked".into()))))
    });
    let (a, b) = (a?, b?);
    Ok(Count { probability: a.distance(&b), runs: a.runs() + b.runs(), took: start.elapsed() })
}

const WITHOUT: Option<Flaw> = Some(Flaw::NoZeroShares);

/// The figures of privacy.
pub const ALL: &[Measurement] = &[
    Measurement {
        id: "view.zero_shares",
        claim: "privacy",
        what: "three parties add two inputs: distance of the third's views for equal sums",
        points: over!(Bound::Zero;
            F2 => || views(FieldId::F2, None),
            F3 => || views(FieldId::F3, None);
            F5 => || views(FieldId::F5, None)),
    },
    Measurement {
        id: "view.no_zero_shares",
        claim: "privacy",
        what: "control: the same without zero shares",
        points: over!(Bound::One;
            F2 => || views(FieldId::F2, WITHOUT),
            F3 => || views(FieldId::F3, WITHOUT);
            F5 => || views(FieldId::F5, WITHOUT)),
    },
];

//! Where the best attack of all can be found by counting, and what it must not exceed. Everywhere else strategies are
//! drawn at random ([`hunt`]). What wins is shrunk ([`smallest`](mod@smallest)).

pub mod hunt;
pub mod smallest;

use adversary::fields::FieldId;
use adversary::ideal::supply::CorruptShares;
use adversary::play::{BestAttack, best_attack};
use adversary::subject::positions;
use adversary::{DynSubject, Instance, World};
use protocols::{Error, Result};
use spec::Bound;
use transport::{PartyId, PartySet};

use crate::arguments::Tier;
use crate::registry::weakest;

/// The corrupt party of a searched run of two.
const CORRUPT: usize = 1;

/// The formula and the fields of a subject that can be played through; none if the coalition has inputs of its own or
/// honest parties accept nothing.
#[must_use]
pub fn playable(subject: &dyn DynSubject, tier: Tier) -> Option<(String, &'static [FieldId])> {
    let shape = subject.shape(2);
    let [mine, _] = positions(&shape, PartySet::of(&[CORRUPT]));
    let output = subject.ideal(FieldId::F2, &shape.map(|()| 1)).ok()?;
    if !mine.is_empty() || output[PartyId::new(0)].is_empty() {
        return None;
    }
    Some((largest(subject).to_string(), counted_over(subject, tier)))
}

/// The fields over which the best attack is counted while somebody waits.
fn counted_over(subject: &dyn DynSubject, tier: Tier) -> &'static [FieldId] {
    match (subject.preprocessed_triples(), tier) {
        (0, _) => &[FieldId::F2, FieldId::F3, FieldId::F5],
        (_, Tier::Quick) => &[FieldId::F2],
        _ => &[FieldId::F2, FieldId::F3],
    }
}

/// The largest of the claimed bounds that depend on the field alone; zero if there is none.
#[must_use]
pub fn largest(subject: &dyn DynSubject) -> Bound {
    weakest(subject.claim(), &spec::Instance::field(5u64)).unwrap_or(Bound::Zero)
}

/// The best attack on a run of two parties whose inputs are all one. A field for which that would never end is refused.
pub fn best(subject: &dyn DynSubject, field: FieldId) -> Result<BestAttack> {
    let fields = counted_over(subject, Tier::Deep);
    if !fields.contains(&field) {
        let known: Vec<_> = fields.iter().map(|f| f.name()).collect();
        return Err(Error::Local(format!(
            "the best attack on `{}` is not counted over {field}, which would take too long, but over {}; over fields \
             of more than seven elements strategies only are tried",
            subject.name(),
            known.join(" and ")
        )));
    }
    let world = World::new(2, PartySet::of(&[CORRUPT]));
    let at = Instance { field, world, shares: CorruptShares::Zero };
    best_attack(subject, &at, &subject.shape(2).map(|()| 1))
}

//! Semi-honest privacy, exactly: whatever the honest parties' inputs are, a coalition that follows the protocol sees the
//! same distribution of views as long as its own inputs and outputs are the same.

use std::collections::{BTreeMap, BTreeSet};

use num_rational::BigRational;
use num_traits::Zero;
use protocols::{Error, Result};

use crate::subject::{DynSubject, Given, Instance, every, filled, positions};
use crate::view::{self, Views};

/// What comparing all views found.
#[derive(Clone, Debug)]
pub struct Privacy {
    /// Inputs of everyone, in all sessions, that were run on every outcome of every coin.
    pub inputs: u64,
    /// Pairs of inputs with the same coalition's inputs and outputs whose views were compared.
    pub pairs: u64,
    /// Runs.
    pub runs: u64,
    /// Different views of the input with the most.
    pub views: usize,
    /// The largest statistical distance: 0 is perfect privacy.
    pub distance: BigRational,
    /// The inputs with that distance, if there is one, those of every session.
    pub between: Option<[Vec<Given<u64>>; 2]>,
}

/// Compares the coalition's views for all inputs that it cannot tell apart by what it may know. Needs a tiny field.
pub fn semi_honest(subject: &dyn DynSubject, at: &Instance) -> Result<Privacy> {
    compare(subject, at, 1)
}

/// The same for what it sees in two sessions together, with the same inputs or with others: it finds what a program keeps
/// from one session to the next. Keys and preprocessing are dealt anew for each.
pub fn of_two_sessions(subject: &dyn DynSubject, at: &Instance) -> Result<Privacy> {
    compare(subject, at, 2)
}

/// Whether there are inputs that the coalition may not tell apart. Where its own inputs and outputs tell all, there is
/// nothing to compare.
pub fn comparable(subject: &dyn DynSubject, at: &Instance) -> Result<bool> {
    let order = at.field.small_order().ok_or_else(|| too_large(at))?;
    let shape = subject.shape(at.world.parties.n());
    let places = positions(&shape, at.world.corrupt);
    let [coalition, others] = places.each_ref().map(Vec::len);
    for mine in every(order, coalition) {
        let mut seen = BTreeSet::new();
        for theirs in every(order, others) {
            let given = filled(&shape, &places, &mine, &theirs);
            let outputs = subject.ideal(at.field, &given)?;
            if !seen.insert(at.world.corrupt.iter().map(|p| outputs[p].clone()).collect::<Vec<_>>()) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn compare(subject: &dyn DynSubject, at: &Instance, sessions: usize) -> Result<Privacy> {
    let (n, corrupt) = (at.world.parties.n(), at.world.corrupt);
    let order = at.field.small_order().ok_or_else(|| too_large(at))?;
    let shape = subject.shape(n);
    let places = positions(&shape, corrupt);
    let [coalition, others] = places.each_ref().map(Vec::len);
    let mut found = Privacy { inputs: 0, pairs: 0, runs: 0, views: 0, distance: BigRational::zero(), between: None };
    for mine in every(order, sessions * coalition) {
        // The first input of every output of the coalition stands for all: equality is transitive.
        let mut first = BTreeMap::<Vec<Vec<u8>>, (Vec<Given<u64>>, Views)>::new();
        for theirs in every(order, sessions * others) {
            let (mut given, mut learned) = (Vec::new(), Vec::new());
            for k in 0..sessions {
                let now = filled(&shape, &places, &mine[k * coalition..], &theirs[k * others..]);
                let outputs = subject.ideal(at.field, &now)?;
                learned.extend(corrupt.iter().map(|p| outputs[p].clone()));
                given.push(now);
            }
            let views = view::passive(subject, at, &given)?;
            found.inputs += 1;
            found.runs += views.runs();
            found.views = found.views.max(views.distinct());
            let Some((other, reference)) = first.get(&learned) else {
                first.insert(learned, (given, views));
                continue;
            };
            found.pairs += 1;
            let distance = reference.distance(&views);
            if distance > found.distance {
                found.distance = distance;
                found.between = Some([other.clone(), given]);
            }
        }
    }
    Ok(found)
}

fn too_large(at: &Instance) -> Error {
    Error::Local(format!("{} is too large to count: choose F2, F3, F5 or F7", at.field))
}

#[cfg(test)]
mod tests {
    use transport::PartySet;

    use super::*;
    use crate::fields::FieldId;
    use crate::ideal::supply::CorruptShares;
    use crate::run::World;
    use crate::subjects::{Product, Sum};

    /// Of a sum of two, the own input and the output tell the other input; a product with zero tells nothing, nor does a sum
    /// of three.
    #[test]
    fn there_is_something_to_compare_where_outputs_do_not_tell_inputs() {
        let of = |subject: &dyn DynSubject, n: usize| {
            let world = World::new(n, PartySet::of(&[n - 1]));
            comparable(subject, &Instance { field: FieldId::F3, world, shares: CorruptShares::Zero })
        };
        assert_eq!([of(&Sum, 2), of(&Product, 2), of(&Sum, 3)], [Ok(false), Ok(true), Ok(true)]);
    }
}

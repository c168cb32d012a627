//! What an active coalition learns at least. Take honest inputs between which the ideal functionality makes no difference
//! to the coalition, whatever it puts in itself, and choose one of them at random: in the ideal world nobody guesses it
//! better than by chance. So the advantage of the best guess from real views is a lower bound for the error of every
//! simulator, by counting alone. It is no upper bound; that is what the best simulator is for.

use std::collections::BTreeMap;

use num_rational::BigRational;
use num_traits::Zero;
use protocols::Result;
use transport::{PartyId, PartySet};

use super::strategies::Additive;
use super::{Row, Value, named};
use crate::enumerate::enumerate;
use crate::strategy::Script;
use crate::subject::{DynSubject, Given, Instance, every, filled, positions};
use crate::view::{self, Views};

/// Sets of inputs that differ only in what honest parties put in and give the coalition the same outputs whatever it
/// puts in. The coalition's own inputs are zero.
fn alike(subject: &dyn DynSubject, at: &Instance) -> Result<Vec<Vec<Given<u64>>>> {
    let shape = subject.shape(at.world.parties.n());
    let places = positions(&shape, at.world.corrupt);
    let [coalition, others] = places.each_ref().map(Vec::len);
    let order = at.field.small_order().unwrap_or(0);
    let mut sets: BTreeMap<Vec<Vec<u8>>, Vec<Given<u64>>> = BTreeMap::new();
    for theirs in every(order, others) {
        let mut learned = Vec::new();
        for mine in every(order, coalition) {
            let outputs = subject.ideal(at.field, &filled(&shape, &places, &mine, &theirs))?;
            learned.extend(at.world.corrupt.iter().map(|p| outputs[p].clone()));
        }
        sets.entry(learned).or_default().push(filled(&shape, &places, &[], &theirs));
    }
    Ok(sets.into_values().filter(|set| set.len() > 1).collect())
}

/// The exact distribution of a coalition's views under a strategy.
pub fn views(
    subject: &dyn DynSubject,
    at: &Instance,
    given: &Given<u64>,
    script: &dyn Fn() -> Script<'static>,
) -> Result<Views> {
    let (mut views, mut failed) = (Views::default(), None);
    enumerate(|tape, weight| {
        let mut script = script();
        match subject.run(at, given, tape, &mut script) {
            Ok(played) => views.add(view::of_run(&played, script.seen(), at.world.corrupt), weight()),
            Err(e) => failed = Some(e),
        }
    });
    failed.map_or(Ok(views), Err)
}

/// The most inputs whose subsets are all tried.
const SUBSETS: usize = 8;

/// The subsets of `len` inputs that one of them is drawn from: all with two members or more, or only the whole.
fn subsets(len: usize) -> Vec<Vec<usize>> {
    if len > SUBSETS {
        return vec![(0..len).collect()];
    }
    let members = |set: u32| (0..len).filter(|k| set >> k & 1 == 1).collect::<Vec<_>>();
    (0..1u32 << len).map(members).filter(|set| set.len() > 1).collect()
}

/// The largest advantage over all sets of inputs and these strategies, and whether it is within `bound`.
pub fn advantage(
    subject: &dyn DynSubject,
    at: &Instance,
    strategies: impl IntoIterator<Item = Additive>,
    bound: &BigRational,
) -> Result<Row> {
    let honest = PartySet::all(at.world.parties.n()).without(at.world.corrupt);
    let victim = honest.iter().next().unwrap_or(PartyId::new(0));
    let mut row = Row::new("guessing.advantage", named(subject, at));
    let mut worst = BigRational::zero();
    let sets = alike(subject, at)?;
    for strategy in strategies {
        for set in &sets {
            let script = || strategy.script(at.field, at.world.corrupt, victim);
            let all = set.iter().map(|given| views(subject, at, given, &script)).collect::<Result<Vec<_>>>()?;
            for some in subsets(all.len()) {
                let gained = Views::advantage(&some.iter().map(|k| &all[*k]).collect::<Vec<_>>());
                let among = || some.iter().map(|k| format!("{:?}", set[*k])).collect::<Vec<_>>().join(" ");
                row.case((gained > *bound).then(|| format!("{strategy:?}: {gained} among {}", among())));
                worst = worst.max(gained);
            }
        }
    }
    Ok(row.with("advantage", Value::Exact(worst)))
}

//! Abort privacy: whether a run stops, at which check, in which step and after how many rounds must not depend on the
//! honest inputs beyond what the coalition's own outputs tell. Otherwise a coalition that lies and watches learns a bit
//! each time (selective failure).

use std::collections::BTreeMap;

use num_rational::BigRational;
use num_traits::{Signed, Zero};
use protocols::Result;
use transport::{PartyId, PartySet};

use super::strategies::Additive;
use super::{Row, Value, named};
use crate::enumerate::{Probability, enumerate};
use crate::run::Ending;
use crate::strategy::Script;
use crate::subject::{DynSubject, Given, Instance, Played, every, filled, positions};

/// How the honest parties of a run ended, and after how many rounds, as far as others notice.
fn noticed(played: &Played, corrupt: PartySet) -> (Vec<String>, u32) {
    let honest = played.endings.iter().enumerate().filter(|(p, _)| !corrupt.contains(PartyId::new(*p)));
    let ends = honest
        .map(|(_, end)| match end {
            Ending::Output(_) => "output".into(),
            Ending::Aborted(a) => format!("{} at {}", a.check.id, a.at),
            Ending::Told => "told".into(),
            Ending::Stuck => "waits".into(),
            Ending::Broken(e) => e.to_string(),
        })
        .collect();
    (ends, played.rounds)
}

type Ends = BTreeMap<(Vec<String>, u32), Probability>;

fn ends(
    subject: &dyn DynSubject,
    at: &Instance,
    given: &Given<u64>,
    script: &dyn Fn() -> Script<'static>,
) -> Result<(Ends, bool)> {
    let (mut ends, mut failed, mut acted) = (Ends::new(), None, false);
    enumerate(|tape, weight| {
        let mut script = script();
        match subject.run(at, given, tape, &mut script) {
            Ok(played) => {
                acted |= script.effective();
                ends.entry(noticed(&played, at.world.corrupt)).or_default().add(weight());
            }
            Err(e) => failed = Some(e),
        }
    });
    failed.map_or(Ok((ends, acted)), Err)
}

fn distance(a: &Ends, b: &Ends) -> BigRational {
    let of = |ends: &Ends, k: &(Vec<String>, u32)| ends.get(k).map_or_else(BigRational::zero, Probability::value);
    let keys = a.keys().chain(b.keys().filter(|k| !a.contains_key(*k)));
    keys.fold(BigRational::zero(), |sum, k| sum + (of(a, k) - of(b, k)).abs()) / BigRational::from_integer(2.into())
}

/// Compares how runs end for all honest inputs that the coalition's inputs and outputs do not tell apart, under each of
/// these strategies. Needs a field that can be counted.
pub fn tell_nothing(
    subject: &dyn DynSubject,
    at: &Instance,
    strategies: impl IntoIterator<Item = Additive>,
) -> Result<Row> {
    let honest = PartySet::all(at.world.parties.n()).without(at.world.corrupt);
    let victim = honest.iter().next().unwrap_or(PartyId::new(0));
    let all = strategies.into_iter().map(|s| (format!("{s:?}"), move || s.script(at.field, at.world.corrupt, victim)));
    tell_nothing_under(subject, at, all)
}

/// The same under any strategies, each with its name. One that never acts is left out.
pub fn tell_nothing_under<S: Fn() -> Script<'static>>(
    subject: &dyn DynSubject,
    at: &Instance,
    strategies: impl IntoIterator<Item = (String, S)>,
) -> Result<Row> {
    let mut row = Row::new("abort.privacy", named(subject, at));
    let mut worst = BigRational::zero();
    let shape = subject.shape(at.world.parties.n());
    let places = positions(&shape, at.world.corrupt);
    let [coalition, others] = places.each_ref().map(Vec::len);
    let order = at.field.small_order().unwrap_or(0);
    for (name, script) in strategies {
        for mine in every(order, coalition) {
            let mut first: BTreeMap<Vec<Vec<u8>>, (Given<u64>, Ends, bool)> = BTreeMap::new();
            for theirs in every(order, others) {
                let given = filled(&shape, &places, &mine, &theirs);
                let outputs = subject.ideal(at.field, &given)?;
                let learned = at.world.corrupt.iter().map(|p| outputs[p].clone()).collect();
                let (ends, acted) = ends(subject, at, &given, &script)?;
                let Some((other, reference, acted_there)) = first.get(&learned) else {
                    first.insert(learned, (given, ends, acted));
                    continue;
                };
                // Acting on some inputs only may be how it selects.
                if !acted && !acted_there {
                    continue;
                }
                let d = distance(reference, &ends);
                row.case(
                    (!d.is_zero()).then(|| format!("{name}: inputs {given:?} and {other:?} end differently by {d}")),
                );
                worst = worst.max(d);
            }
        }
    }
    Ok(row.with("distance of endings", Value::Exact(worst)))
}

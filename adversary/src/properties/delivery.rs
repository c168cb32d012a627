//! Delivery: runs in which nobody deviates end with the right output at every party, in any order of delivery and within
//! the same rounds; when parties stop, the others end too, with a transport error or the right output and without
//! accusing anyone.

use protocols::{Error, Result, Tape};
use transport::{NetErrorKind, PartyId, PartySet, PerParty};

use super::network::{Fault, Freedom, Network};
use super::{Row, Value, instance, named};
use crate::attack::tape;
use crate::enumerate::enumerate;
use crate::fields::FieldId;
use crate::run::Ending;
use crate::sample::Sampler;
use crate::strategy::Script;
use crate::subject::{DynSubject, Given, Instance, Played};

/// Which orders of delivery are run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Orders {
    /// So many random ones, of everything.
    Random(u64),
    /// Every order in which frames can arrive.
    EveryArrival,
    /// Every order in which parties run and frames arrive.
    Every,
}

/// Whether every party has the right output, in no more rounds than in the usual order.
fn ended_right(played: &Played, ideal: &PerParty<Vec<u8>>, rounds: u32) -> Option<String> {
    let wrong = ideal.values().zip(&played.endings).position(|(y, e)| *e != Ending::Output(y.clone()));
    let late = (played.rounds > rounds).then(|| format!("{} rounds instead of {rounds}", played.rounds));
    wrong.map(|p| format!("P{p} ended with {:?}", played.endings[p])).or(late)
}

/// Honest runs on these inputs in other orders of delivery.
pub fn honest(
    subject: &dyn DynSubject,
    field: FieldId,
    n: usize,
    given: &Given<u64>,
    seed: u64,
    orders: Orders,
) -> Result<Row> {
    let at = instance(field, n, PartySet::EMPTY);
    let ideal = subject.ideal(field, given)?;
    let usual = subject.run(&at, given, &tape(seed), &mut Script::new(PartySet::EMPTY))?;
    let mut row = Row::new("delivery.honest", named(subject, &at));
    let mut in_order = |choices: &Tape, freedom, order: String| -> Result<()> {
        let played = subject.run(&at, given, &tape(seed), &mut Network::new(n, choices.clone(), freedom))?;
        let violation = ended_right(&played, &ideal, usual.rounds);
        row.case(violation.map(|v| format!("inputs {given:?}, seed {seed}, {order}: {v}")));
        Ok(())
    };
    if let Orders::Random(count) = orders {
        for k in 0..count {
            in_order(&Sampler::new(seed).tape(k), Freedom::Everything, format!("random order {k}"))?;
        }
    } else {
        let freedom = if orders == Orders::Every { Freedom::Everything } else { Freedom::Arrivals };
        let (mut failed, mut k) = (None, 0);
        enumerate(|choices, _| {
            k += 1;
            let ended = in_order(choices, freedom, format!("order {k} of all"));
            failed = failed.take().or(ended.err());
        });
        if let Some(e) = failed {
            return Err(e);
        }
    }
    Ok(row.with("rounds", Value::Count(usual.rounds.into())))
}

/// What is wrong with how this party ended in a run in which nobody deviated but the network or a machine failed.
fn acceptable(p: usize, end: &Ending<Vec<u8>>, ideal: &[u8]) -> Option<String> {
    match end {
        Ending::Output(y) if y == ideal => None,
        Ending::Told | Ending::Broken(Error::Net { .. }) => None,
        Ending::Output(_) => Some(format!("P{p} has a wrong output")),
        Ending::Aborted(a) => Some(format!("P{p} takes a failure for a deviation: {a}")),
        Ending::Stuck => Some(format!("P{p} never ends")),
        other => Some(format!("P{p} ended with {other:?}")),
    }
}

/// One run on a network with this fault.
pub fn faulty(
    subject: &dyn DynSubject,
    at: &Instance,
    given: &Given<u64>,
    seed: u64,
    order: u64,
    fault: Fault,
) -> Result<Option<String>> {
    let n = at.world.parties.n();
    let ideal = subject.ideal(at.field, given)?;
    let mut network = Network::new(n, Sampler::new(seed).tape(order), Freedom::Everything).with(fault);
    let played = subject.run(at, given, &tape(seed), &mut network)?;
    let stopped = if let Fault::Stop { who, .. } = fault { who } else { PartySet::EMPTY };
    let others = played.endings.iter().enumerate().filter(|(p, _)| !stopped.contains(PartyId::new(*p)));
    let mut wrong = others.filter_map(|(p, end)| acceptable(p, end, &ideal[PartyId::new(p)]));
    Ok(wrong.next().map(|w| format!("inputs {given:?}, seed {seed}, order {order}, {fault:?}: {w}")))
}

/// Every set of up to n − 1 parties stops after every number of its frames, told to the others or not.
pub fn fail_stop(subject: &dyn DynSubject, field: FieldId, n: usize, given: &Given<u64>, seed: u64) -> Result<Row> {
    let mut at = instance(field, n, PartySet::EMPTY);
    at.world = at.world.traced();
    let trace = subject.run(&at, given, &tape(seed), &mut Script::new(PartySet::EMPTY))?.trace;
    at.world.trace = false;
    let mut row = Row::new("delivery.fail_stop", named(subject, &at));
    for who in PartySet::up_to(n - 1, n).into_iter().filter(|c| !c.is_empty()) {
        let frames = trace.iter().filter(|e| who.contains(e.from)).count();
        for after in 0..=frames {
            let kinds = [Some(NetErrorKind::Closed), Some(NetErrorKind::Idle), None];
            for (order, kind) in kinds.into_iter().enumerate() {
                row.case(faulty(subject, &at, given, seed, order as u64, Fault::Stop { who, after, kind })?);
            }
        }
    }
    Ok(row)
}

/// Random faults of every kind at random moments in random orders.
pub fn faults(
    subject: &dyn DynSubject,
    field: FieldId,
    n: usize,
    given: &Given<u64>,
    seed: u64,
    runs: u64,
) -> Result<Row> {
    let at = instance(field, n, PartySet::EMPTY);
    let mut row = Row::new("blame.network", named(subject, &at));
    let choose = Sampler::new(seed).tape(u64::MAX);
    let pick = |k: usize| choose.uniform(k as u64) as usize;
    let kinds = [NetErrorKind::Closed, NetErrorKind::Idle, NetErrorKind::Stalled, NetErrorKind::Malformed];
    for order in 0..runs {
        let (after, kind) = (pick(12 * n), kinds[pick(kinds.len())]);
        let some = PartySet::up_to(n - 1, n);
        let some = some[1 + pick(some.len() - 1)];
        let from = pick(n);
        let to = (from + 1 + pick(n - 1)) % n;
        let fault = match order % 3 {
            0 => Fault::Stop { who: some, after, kind: Some(kind) },
            1 => Fault::Break { from: PartyId::new(from), to: PartyId::new(to), after: after / n, kind },
            _ => Fault::Split { side: some, after },
        };
        row.case(faulty(subject, &at, given, seed, order, fault)?);
    }
    Ok(row)
}

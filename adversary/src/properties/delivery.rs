//! Delivery: runs in which nobody deviates end with the right output at every party, in any order of delivery and within
//! the same rounds.

use protocols::{Result, Tape};
use transport::{PartySet, PerParty};

use super::network::{Freedom, Network};
use super::{Row, Value, instance, named};
use crate::attack::tape;
use crate::enumerate::enumerate;
use crate::fields::FieldId;
use crate::run::Ending;
use crate::sample::Sampler;
use crate::strategy::Script;
use crate::subject::{DynSubject, Given, Played};

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

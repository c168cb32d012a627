//! Who has the output when a coalition stops: no protocol without an honest majority can make that all or nobody (Cleve
//! 1986), so these are figures, and violations only of a claim of unanimous abort.

use protocols::Result;
use spec::AbortKind;
use transport::sim::{Adversary, Envelope};
use transport::{PartyId, PartySet};

use super::{Row, Value, instance, named};
use crate::attack::tape;
use crate::fields::FieldId;
use crate::run::Ending;
use crate::subject::{DynSubject, Given};

/// A coalition that follows the protocol and stops speaking, to some parties earlier than to others.
struct Stops {
    /// Frames to honest parties or the trusted program that still leave.
    after: usize,
    /// Who hears the rest as well.
    spared: PartySet,
    left: usize,
}

impl Adversary for Stops {
    fn outgoing(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        self.left += 1;
        if self.left <= self.after || self.spared.contains(e.to) {
            deliver.push(e);
        }
    }
}

/// Of the runs that stop at one point: how often the coalition has its output and some honest party has none, and how
/// often some honest party has an output and another has none.
#[derive(Clone, Copy, Default)]
struct Point {
    unfair: u64,
    split: u64,
}

/// Stops a coalition after every number of its frames, towards every proper subset of the honest parties, with so many
/// tapes each.
pub fn stops(
    subject: &dyn DynSubject,
    field: FieldId,
    n: usize,
    corrupt: PartySet,
    given: &Given<u64>,
    seeds: u64,
) -> Result<Row> {
    let at = instance(field, n, corrupt);
    let ideal = subject.ideal(field, given)?;
    let mut passive = Stops { after: usize::MAX, spared: PartySet::EMPTY, left: 0 };
    subject.run(&at, given, &tape(0), &mut passive)?;
    let unanimous = subject.claim().abort == AbortKind::Unanimous;
    let honest = PartySet::all(n).without(corrupt);
    let mut row = Row::new("fairness.stop", named(subject, &at));
    let mut worst = Point::default();
    for after in 0..=passive.left {
        for spared in PartySet::up_to(honest.len() - 1, n).into_iter().filter(|s| s.without(honest).is_empty()) {
            let mut point = Point::default();
            for seed in 0..seeds {
                let played = subject.run(&at, given, &tape(seed), &mut Stops { after, spared, left: 0 })?;
                let has = |p: PartyId| played.endings[p.index()] == Ending::Output(ideal[p].clone());
                let wrong = honest.iter().find(|p| matches!(played.endings[p.index()], Ending::Output(_)) && !has(*p));
                let (some, all) = (honest.iter().any(has), honest.iter().all(has));
                point.split += u64::from(some && !all);
                point.unfair += u64::from(corrupt.iter().any(has) && !all);
                let broken = wrong.map(|p| format!("{p} has a wrong output"));
                let broken = broken.or((unanimous && some && !all).then(|| "some abort and others do not".into()));
                row.case(broken.map(|b| format!("seed {seed}, silent after {after} frames except to {spared}: {b}")));
            }
            worst.unfair = worst.unfair.max(point.unfair);
            worst.split = worst.split.max(point.split);
        }
    }
    let row =
        row.with("the coalition has the output and an honest party none, at most", Value::Of(worst.unfair, seeds));
    Ok(row.with("an honest party has the output and another none, at most", Value::Of(worst.split, seeds)))
}

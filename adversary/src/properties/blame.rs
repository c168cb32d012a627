//! Non-defamation: no honest party is ever accused, whatever the coalition does; what the network does is in
//! [`faults`](super::faults).

use super::{Row, Value};
use crate::attacks;
use crate::cases::Case;
use crate::oracle::{Judgement, Win};
use crate::stats::interval;
use crate::sweep::{self, Effort};
use crate::verdict::ALPHA;

/// The figure of a row without violations: whatever the true rate is, with this confidence it is lower.
#[must_use]
pub fn bounded(row: Row) -> Row {
    let (_, upper) = interval(row.violations.len() as u64, row.cases, ALPHA);
    row.with("rate", Value::Below(upper))
}

fn accused(judgement: &Judgement) -> Option<String> {
    matches!(judgement, Judgement::Won(Win::Defamed(_))).then(|| judgement.to_string())
}

/// Under every named attack, against the shipped code and in its control: nobody has to be stopped to be blamed.
#[must_use]
pub fn under_attacks(seeds: std::ops::Range<u64>) -> Row {
    let mut row = Row::new("blame.attacks", "every named attack");
    for attack in attacks::all() {
        let trial = attack.trial(seeds.clone());
        for (outcomes, control) in [(&trial.shipped, false), (&trial.control, true)] {
            for (seed, outcome) in seeds.clone().zip(outcomes) {
                row.case(
                    accused(&outcome.judgement).map(|w| format!("{} seed {seed}, control {control}: {w}", attack.id)),
                );
            }
        }
    }
    bounded(row)
}

/// Under every mutation of every frame of these cases.
#[must_use]
pub fn under_sweeps<'a>(cases: impl IntoIterator<Item = &'a Case>, seed: u64, effort: Effort) -> Row {
    let mut row = Row::new("blame.sweeps", "every mutation of every frame");
    for case in cases {
        let report = sweep::sweep(case, seed..seed + 1, effort);
        row.cases += report.runs;
        let defamed = report.broken.iter().filter(|(_, _, win)| matches!(win, Win::Defamed(_)));
        row.violations.extend(defamed.map(|(seed, point, win)| format!("{} seed {seed}, {point}: {win}", case.name)));
    }
    bounded(row)
}

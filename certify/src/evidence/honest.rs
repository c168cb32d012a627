//! Runs in which everyone follows the protocol: all must end with the right output. Delivery and correctness of A1.

use adversary::{Judgement, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Mismatch;
use crate::log::{Entry, Found, Unit};

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name.
    pub id: String,
    /// The number of parties.
    pub parties: u64,
    /// Every field.
    pub points: Vec<Point>,
    /// Runs that did not end with the right output, with what they ended with.
    pub otherwise: Vec<String>,
}

/// One field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The field.
    pub field: String,
    /// Runs on inputs drawn for each.
    pub runs: u64,
    /// Of these, those that gave every party the output of the functionality.
    pub right: u64,
}

impl Row {
    /// Counted anew.
    pub fn recounted(&self, entries: &[&Entry]) -> Result<Self, Mismatch> {
        let mut row = Self { points: Vec::new(), otherwise: Vec::new(), ..self.clone() };
        for e in entries {
            let Unit::Honest { field, run } = e.unit else { return Err(format!("{}: no run", self.id)) };
            let name = field.name();
            if row.points.last().is_none_or(|p| p.field != name) {
                row.points.push(Point { field: name.into(), runs: 0, right: 0 });
            }
            let Some(point) = row.points.last_mut() else { continue };
            point.runs += 1;
            match &e.found {
                Found::Right => point.right += 1,
                Found::Unexplained(what) => row.otherwise.push(format!("{name} run {run}: {what}")),
                other => return Err(format!("{}: no honest run ends as {other:?}", self.id)),
            }
        }
        Ok(row)
    }
    /// The verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if self.points.iter().any(|p| p.right != p.runs) || !self.otherwise.is_empty() {
            Verdict::Fail
        } else if self.points.is_empty() || self.points.iter().any(|p| p.runs == 0) {
            Verdict::Vacuous
        } else {
            Verdict::Pass
        }
    }
}

/// A run as the log tells it.
#[must_use]
pub fn found(judgement: &Judgement) -> Found {
    match judgement {
        Judgement::Right => Found::Right,
        Judgement::GaveUp => Found::Unexplained("parties wait for each other for ever".into()),
        Judgement::Stopped(abort) => {
            Found::Unexplained(format!("stopped by {} although nobody cheated", abort.check.id))
        }
        Judgement::Won(win) => Found::Unexplained(win.to_string()),
    }
}

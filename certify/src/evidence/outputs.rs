//! Whether the ideal functionality says anything: against a constant, every output is right and nothing is private.

use adversary::Verdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Mismatch;
use crate::log::{Entry, Found, Unit};

/// How many outputs there are.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name.
    pub id: String,
    /// The number of parties.
    pub parties: u64,
    /// Every field.
    pub points: Vec<Point>,
    /// Fields over which it ended as no function may end.
    pub broken: Vec<String>,
}

/// One field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The field.
    pub field: String,
    /// Inputs of everyone.
    pub inputs: u64,
    /// Different outputs of everyone.
    pub distinct: u64,
}

impl Row {
    /// Counted anew.
    pub fn recounted(&self, entries: &[&Entry]) -> Result<Self, Mismatch> {
        let point = |e: &&Entry| match (&e.unit, &e.found) {
            (Unit::Outputs { field }, Found::Outputs { inputs, distinct }) => {
                Ok(Point { field: field.name().into(), inputs: *inputs, distinct: *distinct })
            }
            _ => Err(format!("{}: no list of outputs", self.id)),
        };
        let (points, broken) = super::points(entries, point)?;
        Ok(Self { points, broken, ..self.clone() })
    }
    /// The verdict: a constant function demonstrates nothing.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if !self.broken.is_empty() || self.points.iter().any(|p| p.distinct > p.inputs) {
            Verdict::Fail
        } else if self.points.is_empty() {
            Verdict::Vacuous
        } else if self.points.iter().any(|p| p.distinct < 2) {
            Verdict::Inconclusive
        } else {
            Verdict::Pass
        }
    }
}

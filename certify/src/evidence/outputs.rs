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
        Ok(Self { points: entries.iter().map(point).collect::<Result<_, Mismatch>>()?, ..self.clone() })
    }
    /// The verdict: a constant function demonstrates nothing.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if self.points.iter().any(|p| p.distinct > p.inputs) {
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

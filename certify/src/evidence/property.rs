//! A property beside privacy and correctness: in how many cases it was looked at, and where it does not hold.

use std::collections::BTreeMap;

use adversary::Verdict;
use adversary::stats::interval;
use adversary::verdict::ALPHA;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Mismatch, total};
use crate::log::{Entry, Found, Unit};
use crate::properties::TOO_MANY;

/// What looking at a property found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name.
    pub id: String,
    /// The number of parties.
    pub parties: u64,
    /// The property.
    pub property: String,
    /// What must hold.
    pub holds: String,
    /// In how many instances it is looked at.
    pub planned: u64,
    /// Every instance.
    pub points: Vec<Point>,
    /// Where it does not hold, each with what it takes to see that case again.
    pub violations: Vec<String>,
}

/// One instance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Subject, parties, field, coalition.
    pub of: String,
    /// Cases that were run.
    pub cases: u64,
    /// Of these, those in which it does not hold.
    pub violated: u64,
    /// What was measured beside.
    pub figures: BTreeMap<String, String>,
}

impl Row {
    /// Counted anew.
    pub fn recounted(&self, entries: &[&Entry]) -> Result<Self, Mismatch> {
        let mut row = Self { points: Vec::new(), violations: Vec::new(), ..self.clone() };
        for e in entries {
            let Unit::Property { subject, field, corrupt } = &e.unit else {
                return Err(format!("{}: no property", self.id));
            };
            let (point, violations) = match e.found.clone() {
                Found::Looked { of, cases, violated, violations, figures } => {
                    (Point { of, cases, violated, figures }, violations)
                }
                // What ends otherwise than by a case is one that went wrong.
                Found::Unexplained(what) => {
                    let of = format!("{subject} over {field}, {corrupt:?} corrupt");
                    let violations = vec![format!("{of}: {what}")];
                    (Point { of, cases: 1, violated: 1, figures: BTreeMap::new() }, violations)
                }
                other => return Err(format!("{}: no property is found to be {other:?}", self.id)),
            };
            row.points.push(point);
            row.violations.extend(violations);
        }
        Ok(row)
    }
    /// Whether no instance is missing, and what is violated is told.
    pub fn check(&self) -> Result<(), Mismatch> {
        if self.points.len() as u64 != self.planned {
            return Err(format!("{} instances where {} were planned", self.points.len(), self.planned));
        }
        let violated = self.points.iter().any(|p| p.violated > 0);
        if violated == self.violations.is_empty() || self.points.iter().any(|p| p.violated > p.cases) {
            return Err("its violations are not those that were counted".into());
        }
        Ok(())
    }
    /// All cases.
    #[must_use]
    pub fn cases(&self) -> u64 {
        total(self.points.iter().map(|p| p.cases))
    }
    /// Its instances that would have taken too long.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.points.iter().filter(|p| p.figures.contains_key(TOO_MANY)).count()
    }
    /// Cases in which it does not hold.
    #[must_use]
    pub fn violated(&self) -> u64 {
        total(self.points.iter().map(|p| p.violated))
    }
    /// Whether it speaks of runs in which nobody deviates.
    #[must_use]
    pub fn passive(&self) -> bool {
        self.property.starts_with("traffic.") || self.property == "delivery.honest"
    }
    /// Whether it is counted over every coin.
    #[must_use]
    pub fn exact(&self) -> bool {
        matches!(self.property.as_str(), "abort.privacy" | "independence.inputs")
    }
    /// Whether it speaks of the independence of inputs.
    #[must_use]
    pub fn independence(&self) -> bool {
        self.property.starts_with("independence.")
    }
    /// Whether it speaks of who has an output when a coalition stops.
    #[must_use]
    pub fn fairness(&self) -> bool {
        self.property == "fairness.stop"
    }
    /// What the rate of violations is below, with the confidence of the certificate, where cases are drawn from more
    /// than can be run.
    #[must_use]
    pub fn rate_below(&self) -> Option<f64> {
        (self.property == "blame.network").then(|| interval(self.violated(), self.cases(), ALPHA).1)
    }
    /// Whether an instance may be without cases: where the output tells every input, no abort can tell more, and what
    /// would take too long is left out and says so. Every other property has cases wherever it is looked at.
    #[must_use]
    pub fn may_lack_cases(&self) -> bool {
        self.property == "abort.privacy"
    }
    /// The verdict: it holds in every case; without a case in some instance nothing is shown there.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let lacking = !self.may_lack_cases() && self.points.iter().any(|p| p.cases == 0);
        match (self.cases(), self.violated()) {
            (_, 1..) => Verdict::Fail,
            (0, _) => Verdict::Vacuous,
            _ if lacking => Verdict::Vacuous,
            _ => Verdict::Pass,
        }
    }
}

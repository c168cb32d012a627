//! How much of a protocol was attacked, as counts with their denominators. Informative: no level rests on it, but for what
//! goes wrong on the way, and covering nothing is no pass.

use std::collections::BTreeMap;

use adversary::Verdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Mismatch;
use crate::log::{Entry, Found, Unit};

/// What was covered.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name.
    pub id: String,
    /// The number of parties.
    pub parties: u64,
    /// How many subjects are attacked.
    pub planned: u64,
    /// Every subject.
    pub points: Vec<Point>,
    /// Attacked runs that no ideal functionality explains.
    pub broken: Vec<String>,
}

/// One subject.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The subject.
    pub subject: String,
    /// Attacked runs that were judged.
    pub runs: u64,
    /// By figure.
    pub figures: BTreeMap<String, Figure>,
}

/// One figure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// What is counted.
    pub what: String,
    /// How much of it was met.
    pub hit: u64,
    /// All of it.
    pub all: u64,
}

impl Row {
    /// Counted anew.
    pub fn recounted(&self, entries: &[&Entry]) -> Result<Self, Mismatch> {
        let mut row = Self { points: Vec::new(), broken: Vec::new(), ..self.clone() };
        for e in entries {
            let Unit::Coverage { subject } = &e.unit else { return Err(format!("{}: no coverage", self.id)) };
            match e.found.clone() {
                Found::Covered { runs, figures, broken } => {
                    row.points.push(Point { subject: subject.clone(), runs, figures });
                    row.broken.extend(broken);
                }
                Found::Unexplained(what) => {
                    row.points.push(Point { subject: subject.clone(), runs: 0, figures: BTreeMap::new() });
                    row.broken.push(format!("{subject}: {what}"));
                }
                other => return Err(format!("{}: nothing is covered by {other:?}", self.id)),
            }
        }
        Ok(row)
    }
    /// Whether every figure is a part of its whole, and no subject is missing.
    pub fn check(&self) -> Result<(), Mismatch> {
        if self.points.len() as u64 != self.planned {
            return Err(format!("{} subjects where {} were planned", self.points.len(), self.planned));
        }
        match self.points.iter().flat_map(|p| p.figures.values()).find(|f| f.hit > f.all) {
            Some(f) => Err(format!("{}: {} of {}", f.what, f.hit, f.all)),
            None => Ok(()),
        }
    }
    /// The figures of all subjects added up.
    #[must_use]
    pub fn total(&self) -> BTreeMap<&str, Figure> {
        let mut total: BTreeMap<&str, Figure> = BTreeMap::new();
        for (id, f) in self.points.iter().flat_map(|p| &p.figures) {
            let sum = total.entry(id).or_insert_with(|| Figure { what: f.what.clone(), hit: 0, all: 0 });
            sum.hit += f.hit;
            sum.all += f.all;
        }
        total
    }
    /// The verdict: a run that nothing explains fails, and nothing that was changed is no pass.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let changed = self.total().get("AC1").is_some_and(|f| f.hit > 0);
        match () {
            () if !self.broken.is_empty() => Verdict::Fail,
            () if !changed => Verdict::Vacuous,
            () => Verdict::Pass,
        }
    }
}

//! How much of a protocol was attacked, as counts with their denominators. Informative: no level rests on it, but for
//! what goes wrong on the way, and covering nothing is no pass. Wrong outputs are tested together with those of sweeps.

use std::collections::BTreeMap;

use adversary::Verdict;
use adversary::exact::At;
use adversary::verdict::Swept;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::sweep::Allowed;
use super::{Mismatch, formula};
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
    /// How often one lie may be accepted, by subject; where there is none, never.
    pub allowed: BTreeMap<String, Allowed>,
}

/// One subject.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The subject.
    pub subject: String,
    /// Attacked runs that were judged.
    pub runs: u64,
    /// Of these, those in which a wrong output was accepted.
    pub wrong: u64,
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
                Found::Covered { runs, wrong, figures, broken } => {
                    row.points.push(Point { subject: subject.clone(), runs, wrong, figures });
                    row.broken.extend(broken);
                }
                Found::Unexplained(what) => {
                    let nothing = Point { subject: subject.clone(), runs: 0, wrong: 0, figures: BTreeMap::new() };
                    row.points.push(nothing);
                    row.broken.push(format!("{subject}: {what}"));
                }
                other => return Err(format!("{}: nothing is covered by {other:?}", self.id)),
            }
        }
        Ok(row)
    }
    /// Whether every figure is a part of its whole, and no subject is missing.
    pub fn check(&self) -> Result<(), Mismatch> {
        self.counts()?;
        if self.points.len() as u64 != self.planned {
            return Err(format!("{} subjects where {} were planned", self.points.len(), self.planned));
        }
        match self.points.iter().flat_map(|p| p.figures.values()).find(|f| f.hit > f.all) {
            Some(f) => Err(format!("{}: {} of {}", f.what, f.hit, f.all)),
            None => Ok(()),
        }
    }
    /// The runs of every subject, as a sweep that changed every frame it was to change: frames are told by the figures.
    pub fn counts(&self) -> Result<Vec<Swept>, Mismatch> {
        let of = |p: &Point| {
            let allowed =
                self.allowed.get(&p.subject).map(|a| formula::value(&a.formula, At::Field(a.p))).transpose()?;
            let (frames, frames_changed, unexplained) = (0, 0, 0);
            Ok(Swept { runs: p.runs, frames, frames_changed, wrong: p.wrong, unexplained, allowed })
        };
        self.points.iter().map(of).collect()
    }
    /// The figures of all subjects added up.
    #[must_use]
    pub fn total(&self) -> BTreeMap<&str, Figure> {
        let mut total: BTreeMap<&str, Figure> = BTreeMap::new();
        for (id, f) in self.points.iter().flat_map(|p| &p.figures) {
            let sum = total.entry(id).or_insert_with(|| Figure { what: f.what.clone(), hit: 0, all: 0 });
            sum.hit = sum.hit.saturating_add(f.hit);
            sum.all = sum.all.saturating_add(f.all);
        }
        total
    }
    /// The verdict, given those on the wrong outputs of its subjects: too many of them fail, and so does a run that
    /// nothing explains, or an honest one that does not end right; nothing that was changed is no pass.
    #[must_use]
    pub fn verdict(&self, of_subjects: &[Verdict]) -> Verdict {
        let total = self.total();
        let changed = total.get("AC1").is_some_and(|f| f.hit > 0);
        match () {
            () if !self.broken.is_empty() || of_subjects.contains(&Verdict::Fail) => Verdict::Fail,
            () if total.get("AC7").is_some_and(|f| f.hit < f.all) => Verdict::Fail,
            () if !changed => Verdict::Vacuous,
            () => Verdict::Pass,
        }
    }
}

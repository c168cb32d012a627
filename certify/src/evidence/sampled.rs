//! A probability over a field too large to count, sampled with runs that were fixed beforehand.

use adversary::sample::Experiment;
use adversary::verdict::Sampled;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Mismatch, formula};
use crate::log::{Entry, Found, Unit};

/// Runs of one line of the log.
pub const BLOCK: u64 = 1000;

/// What was sampled.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name, and where.
    pub id: String,
    /// The claim it is about.
    pub claim: String,
    /// What was sampled.
    pub what: String,
    /// Where: `p=31`, or with t items under one check `p=31 t=2`, or with blocks of so many bits.
    pub at: String,
    /// The formula.
    pub formula: String,
    /// Runs that were planned before the first.
    pub planned: u64,
    /// Runs that were made.
    pub runs: u64,
    /// Runs in which the attack changed something that was delivered.
    pub acted: u64,
    /// Runs in which it succeeded.
    pub hits: u64,
}

impl Row {
    /// The row of an experiment before its first run.
    #[must_use]
    pub fn of(e: &Experiment) -> Self {
        Self {
            id: format!("{} {}", e.id, e.at),
            claim: e.claim.into(),
            what: e.what.into(),
            at: e.at.to_string(),
            formula: e.bound.to_string(),
            planned: e.planned(),
            ..Self::default()
        }
    }
    /// Counted anew.
    pub fn recounted(&self, entries: &[&Entry]) -> Result<Self, Mismatch> {
        let mut row = Self { runs: 0, acted: 0, hits: 0, ..self.clone() };
        for e in entries {
            let (Unit::Sample { from, runs }, Found::Sampled { acted, hits }) = (&e.unit, &e.found) else {
                return Err(format!("{}: no sample", self.id));
            };
            // Every run once: a favourable block cannot be counted twice.
            if *from != row.runs || acted > runs || hits > runs {
                return Err(format!("{}: the runs of its log are not those that were planned", self.id));
            }
            row.runs += runs;
            row.acted += acted;
            row.hits += hits;
        }
        Ok(row)
    }
    /// The numbers that the verdict depends on.
    pub fn counts(&self) -> Result<Sampled, Mismatch> {
        let expected = formula::value(&self.formula, formula::place(&self.at)?)?;
        let Self { planned, runs, acted, hits, .. } = *self;
        Ok(Sampled { planned, runs, acted, hits, expected })
    }
}

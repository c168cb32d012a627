//! Semi-honest privacy: the views of a coalition for all inputs that it may not tell apart, as exact distributions.

use std::collections::{BTreeMap, BTreeSet};

use adversary::Verdict;
use adversary::verdict::SIZES;
use num_traits::Zero;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Mismatch, formula};
use crate::log::{Entry, Found, Unit};

/// What comparing views found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name.
    pub id: String,
    /// The number of parties.
    pub parties: u64,
    /// How many coalitions there are.
    pub coalitions: u64,
    /// Every coalition over every field.
    pub points: Vec<Point>,
    /// Where honest parties ended as no run may end.
    pub broken: Vec<String>,
    /// Fields that would have taken too many runs, with their number.
    pub skipped: BTreeMap<String, u64>,
}

/// One coalition over one field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The field.
    pub field: String,
    /// The coalition, by index.
    pub corrupt: Vec<u64>,
    /// Inputs of everyone that were run, on every outcome of every coin.
    pub inputs: u64,
    /// Pairs of inputs with the same inputs and outputs of the coalition, whose views were compared. None if what the
    /// coalition may know tells all inputs.
    pub pairs: u64,
    /// Runs of the protocol.
    pub runs: u64,
    /// Different views of the input with the most.
    pub views: u64,
    /// The largest statistical distance of a pair: 0 is perfect privacy.
    pub distance: String,
    /// The inputs with that distance.
    pub between: Option<String>,
}

impl Row {
    /// Counted anew.
    pub fn recounted(&self, entries: &[&Entry]) -> Result<Self, Mismatch> {
        let point = |e: &&Entry| match (&e.unit, e.found.clone()) {
            (Unit::Views { field, corrupt }, Found::Compared { inputs, pairs, runs, views, distance, between }) => {
                let corrupt = corrupt.iter().map(|p| *p as u64).collect();
                Ok(Point { field: field.name().into(), corrupt, inputs, pairs, runs, views, distance, between })
            }
            _ => Err(format!("{}: no comparison of views", self.id)),
        };
        let (points, broken) = super::points(entries, point)?;
        Ok(Self { points, broken, ..self.clone() })
    }
    /// Whether its fractions are fractions.
    pub fn check(&self) -> Result<(), Mismatch> {
        self.points.iter().try_for_each(|p| formula::probability(&p.distance).map(drop))
    }
    /// Over how many fields every coalition was compared.
    #[must_use]
    pub fn sizes(&self) -> usize {
        let mut fields: BTreeMap<&str, BTreeSet<&[u64]>> = BTreeMap::new();
        for p in self.points.iter().filter(|p| p.runs > 0) {
            fields.entry(&p.field).or_default().insert(&p.corrupt);
        }
        fields.values().filter(|c| c.len() as u64 == self.coalitions).count()
    }
    /// Whether there was anything to compare: some coalition may not tell some inputs apart.
    #[must_use]
    pub fn compared(&self) -> bool {
        self.sizes() > 0 && self.points.iter().any(|p| p.pairs > 0)
    }
    /// The verdict: some difference fails; nothing that was compared is no evidence; every coalition has to be compared
    /// over enough fields.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let differs = |p: &Point| formula::probability(&p.distance).map_or(true, |d| !d.is_zero());
        if !self.broken.is_empty() || self.points.iter().any(differs) {
            Verdict::Fail
        } else if !self.compared() || self.points.iter().any(|p| p.runs == 0) {
            Verdict::Vacuous
        } else if self.sizes() < SIZES {
            Verdict::Inconclusive
        } else {
            Verdict::Pass
        }
    }
}

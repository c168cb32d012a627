//! The best attack of all, found by backward induction: no strategy achieves more than the bound says.

use adversary::Verdict;
use adversary::exact::At;
use adversary::verdict::SIZES;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Mismatch, formula};
use crate::log::{Entry, Found, Unit};

/// What the best attack achieves.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name.
    pub id: String,
    /// The number of parties.
    pub parties: u64,
    /// The coalition, by index.
    pub corrupt: Vec<u64>,
    /// The formula of what must not be exceeded.
    pub formula: String,
    /// Every size.
    pub points: Vec<Point>,
    /// Where honest parties ended as no run may end.
    pub broken: Vec<String>,
}

/// One size.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The order of the field.
    pub p: u64,
    /// Runs of the protocol.
    pub runs: u64,
    /// The probability that an honest party accepts a wrong output, over the best of all strategies.
    pub best: String,
    /// The value of the formula.
    pub bound: String,
}

impl Row {
    /// Counted anew.
    pub fn recounted(&self, entries: &[&Entry]) -> Result<Self, Mismatch> {
        let point = |e: &&Entry| match (&e.unit, &e.found) {
            (Unit::Best { field }, Found::Counted { value, runs }) => {
                let p = field.small_order().ok_or("the field is too large to count")?;
                let bound = formula::value(&self.formula, At::Field(p))?.to_string();
                Ok(Point { p, runs: *runs, best: value.clone(), bound })
            }
            _ => Err(format!("{}: no best attack", self.id)),
        };
        let (points, broken) = super::points(entries, point)?;
        Ok(Self { points, broken, ..self.clone() })
    }
    /// Whether its fractions are fractions and its bounds are those of the formula.
    pub fn check(&self) -> Result<(), Mismatch> {
        self.points.iter().try_for_each(|p| {
            let bound = formula::value(&self.formula, At::Field(p.p))?.to_string();
            if bound != p.bound {
                return Err(format!("{} at p = {} is {bound}, not {}", self.formula, p.p, p.bound));
            }
            formula::counted(&p.best, p.runs).map(drop)
        })
    }
    /// How many sizes it was found at.
    #[must_use]
    pub fn sizes(&self) -> usize {
        self.points.iter().map(|p| p.p).collect::<std::collections::BTreeSet<_>>().len()
    }
    /// The verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let exceeded = |p: &Point| match (formula::probability(&p.best), formula::value(&self.formula, At::Field(p.p)))
        {
            (Ok(best), Ok(bound)) => best > bound,
            _ => true,
        };
        if !self.broken.is_empty() || self.points.iter().any(exceeded) {
            Verdict::Fail
        } else if self.points.is_empty() || self.points.iter().any(|p| p.runs == 0) {
            Verdict::Vacuous
        } else if self.sizes() < SIZES {
            Verdict::Inconclusive
        } else {
            Verdict::Pass
        }
    }
}

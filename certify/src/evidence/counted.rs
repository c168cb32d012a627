//! A probability counted over every coin, at several sizes.

use adversary::Verdict;
use adversary::exact::{At, Measurement};
use adversary::verdict::{Counted, counted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Mismatch, formula};
use crate::log::{Entry, Found, Unit};

/// What was counted, beside the formula it must equal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name.
    pub id: String,
    /// The claim it is about.
    pub claim: String,
    /// What was counted.
    pub what: String,
    /// Every size.
    pub points: Vec<Point>,
}

/// One size.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Where: `p=3`, or with t items under one check `p=3 t=2`, or with blocks or hashes of so many bits.
    pub at: String,
    /// The formula.
    pub formula: String,
    /// Runs of the protocol.
    pub runs: u64,
    /// The counted fraction.
    pub measured: String,
    /// The value of the formula there.
    pub expected: String,
}

impl Row {
    /// The row of a figure before it is counted.
    #[must_use]
    pub fn of(m: &Measurement) -> Self {
        Self { id: m.id.into(), claim: m.claim.into(), what: m.what.into(), points: Vec::new() }
    }
    /// Counted anew.
    pub fn recounted(&self, entries: &[&Entry]) -> Result<Self, Mismatch> {
        let point = |e: &&Entry| match (&e.unit, &e.found) {
            (Unit::Count { at, formula }, Found::Counted { value, runs }) => {
                let expected = formula::value(formula, formula::place(at)?)?.to_string();
                let (at, formula) = (at.clone(), formula.clone());
                Ok(Point { at, formula, runs: *runs, measured: value.clone(), expected })
            }
            _ => Err(format!("{}: no count", self.id)),
        };
        Ok(Self { points: entries.iter().map(point).collect::<Result<_, Mismatch>>()?, ..self.clone() })
    }
    fn read(&self) -> Result<Vec<Counted>, Mismatch> {
        let point = |p: &Point| {
            let at = formula::place(&p.at)?;
            let expected = formula::value(&p.formula, at)?;
            if expected.to_string() != p.expected {
                return Err(format!("{} at {} is {expected}, not {}", p.formula, p.at, p.expected));
            }
            Ok(Counted { size: at.size(), runs: p.runs, measured: formula::counted(&p.measured, p.runs)?, expected })
        };
        self.points.iter().map(point).collect()
    }
    /// Whether its fractions are fractions and its expectations are those of the formula.
    pub fn check(&self) -> Result<(), Mismatch> {
        self.read().map(drop)
    }
    /// How many sizes it was counted at.
    #[must_use]
    pub fn sizes(&self) -> usize {
        let sizes = self.points.iter().filter_map(|p| formula::place(&p.at).ok()).map(At::size);
        sizes.collect::<std::collections::BTreeSet<_>>().len()
    }
    /// Whether it is about a check: a coin that comes out as wanted has the formula of a guessed key and says nothing
    /// of it.
    #[must_use]
    pub fn of_a_check(&self) -> bool {
        self.claim != "coin"
    }
    /// Whether it is about this formula, everywhere.
    #[must_use]
    pub fn is_about(&self, formula: &str) -> bool {
        !self.points.is_empty() && self.points.iter().all(|p| p.formula == formula)
    }
    /// The verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.read().map_or(Verdict::Fail, |points| counted(&points))
    }
}

//! The best simulator: how well the ideal functionality explains what a coalition and the honest parties saw, as one
//! exact fraction for each strategy. The proof of every fraction is in the log and checked whenever the row is counted:
//! by adding and comparing, nothing is solved.

use std::collections::{BTreeMap, BTreeSet};

use adversary::Verdict;
use adversary::exact::At;
use adversary::verdict::SIZES;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Mismatch, formula, total};
use crate::log::{Entry, Found, Unit};
use crate::simulate::Family;

/// What the best simulators leave.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name.
    pub id: String,
    /// The number of parties.
    pub parties: u64,
    /// The coalition, by index.
    pub corrupt: Vec<u64>,
    /// What the coalition does.
    pub does: String,
    /// The check that honest parties skip: a control, in which over every field some figure has to be that of the
    /// formula.
    pub without: Option<String>,
    /// `selective` or `unanimous`: which honest parties a simulator may keep from their output.
    pub abort: String,
    /// The formula of what must not be exceeded.
    pub formula: String,
    /// How many strategies there are, with every choice of the coalition's own inputs, by field that was counted.
    pub planned: BTreeMap<String, u64>,
    /// Fields that would have taken too many runs, with their number.
    pub skipped: BTreeMap<String, u64>,
    /// Every strategy over every field.
    pub points: Vec<Point>,
    /// Strategies under which honest parties ended as no run may end.
    pub broken: Vec<String>,
}

/// One strategy over one field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The order of the field.
    pub p: u64,
    /// The strategy.
    pub strategy: String,
    /// What the coalition puts in.
    pub puts_in: Vec<u64>,
    /// Runs of the protocol.
    pub runs: u64,
    /// Different views of the coalition.
    pub views: u64,
    /// What is left of them when those that say the same are one.
    pub classes: u64,
    /// The statistical distance that the best simulator leaves; nothing if none was proved.
    pub distance: Option<String>,
    /// The value of the formula.
    pub bound: String,
    /// The digest of the proof, which is in the log.
    pub proof: Option<String>,
}

/// All strategies over one field.
pub struct Size {
    /// The order of the field.
    pub p: u64,
    /// Strategies, with every choice of the coalition's own inputs.
    pub strategies: usize,
    /// The largest distance; where one was not proved, that.
    pub largest: String,
    /// The value of the formula.
    pub bound: String,
    /// Runs of the protocol.
    pub runs: u64,
}

impl Row {
    /// Counted anew; every proof is checked.
    pub fn recounted(&self, entries: &[&Entry]) -> Result<Self, Mismatch> {
        let mut row = Self { points: Vec::new(), broken: Vec::new(), ..self.clone() };
        for e in entries {
            let (field, strategy, puts_in) = match (&e.unit, &e.found) {
                (Unit::Simulator { field, strategy, puts_in }, _) => (field, strategy, puts_in),
                (Unit::Plan { .. }, Found::Unexplained(what)) => {
                    row.broken.push(what.clone());
                    continue;
                }
                _ => return Err(format!("{}: no best simulator", self.id)),
            };
            match &e.found {
                Found::Unexplained(what) => row.broken.push(format!("{strategy} {puts_in:?} over {field}: {what}")),
                Found::Simulated { runs, views, proof } => {
                    let p = field.small_order().ok_or("the field is too large to count")?;
                    let proof = proof.as_ref();
                    proof.map_or(Ok(()), |proof| proof.check(&self.abort)).map_err(|e| format!("{}: {e}", self.id))?;
                    row.points.push(Point {
                        p,
                        strategy: strategy.clone(),
                        puts_in: puts_in.clone(),
                        runs: *runs,
                        views: *views,
                        classes: proof.map_or(0, |proof| proof.problem.real().classes() as u64),
                        distance: proof.map(|proof| proof.certificate.value.value().to_string()),
                        bound: formula::value(&self.formula, At::Field(p))?.to_string(),
                        proof: proof.map(|proof| proof.certificate.digest.clone().into()),
                    });
                }
                _ => return Err(format!("{}: no best simulator", self.id)),
            }
        }
        Ok(row)
    }
    /// Whether its fractions are fractions, its bounds are those of the formula, and no strategy is missing.
    pub fn check(&self) -> Result<(), Mismatch> {
        let strategies: BTreeSet<_> = self.points.iter().map(|p| (p.p, &p.strategy, &p.puts_in)).collect();
        // Where nothing could be planned, that is what is broken.
        let unplanned = if self.planned.is_empty() { self.broken.len() } else { 0 };
        let done = strategies.len() + self.broken.len() - unplanned;
        let planned = total(self.planned.values().copied());
        if done as u64 != planned || strategies.len() != self.points.len() {
            return Err(format!("{done} strategies where {planned} were planned"));
        }
        self.points.iter().try_for_each(|p| {
            let bound = formula::value(&self.formula, At::Field(p.p))?.to_string();
            if bound != p.bound {
                return Err(format!("{} at p = {} is {bound}, not {}", self.formula, p.p, p.bound));
            }
            p.distance.as_deref().map_or(Ok(()), |d| formula::probability(d).map(drop))
        })
    }
    /// Over how many fields every strategy was explained as well as it can be.
    #[must_use]
    pub fn sizes(&self) -> usize {
        let mut done: BTreeMap<u64, BTreeSet<(&str, &[u64])>> = BTreeMap::new();
        for p in self.points.iter().filter(|p| p.runs > 0 && p.distance.is_some()) {
            done.entry(p.p).or_default().insert((&p.strategy, &p.puts_in));
        }
        let planned = |p: u64| self.planned.get(&format!("F{p}")).copied();
        done.into_iter().filter(|(p, all)| planned(*p) == Some(all.len() as u64)).count()
    }
    /// Whether the coalition says something else than it should, against the protocol as it ships: to withhold what it
    /// should say is not enough.
    #[must_use]
    pub fn deviates(&self) -> bool {
        let family = Family::ALL.into_iter().find(|f| f.does() == self.does);
        self.without.is_none() && family.is_some_and(Family::changes)
    }
    /// Whether some coalition was seen to do so.
    #[must_use]
    pub fn active(&self) -> bool {
        self.deviates() && !self.points.is_empty()
    }
    /// The verdict: more than the bound fails, but in a control where the instrument has to see exactly that; what was
    /// not proved is no evidence.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if !self.broken.is_empty() || self.points.iter().any(|p| self.exceeds(p)) {
            Verdict::Fail
        } else if self.points.is_empty() || self.points.iter().any(|p| p.runs == 0) {
            Verdict::Vacuous
        } else if self.points.iter().any(|p| p.distance.is_none()) {
            Verdict::Inconclusive
        } else if self.without.is_some() {
            // A control shows that the instrument sees what it should, at whatever sizes.
            match (self.seen(), self.explained_away()) {
                (true, _) => Verdict::Pass,
                (false, true) => Verdict::Inconclusive,
                (false, false) => Verdict::Vacuous,
            }
        } else if self.sizes() < SIZES {
            Verdict::Inconclusive
        } else {
            Verdict::Pass
        }
    }
    /// Whether some lie reaches the bound over every field, as it must in a control.
    fn seen(&self) -> bool {
        let reaches = |p: &&Point| p.distance.as_ref() == Some(&p.bound);
        let all: BTreeSet<u64> = self.points.iter().map(|p| p.p).collect();
        let reached: BTreeSet<u64> = self.points.iter().filter(reaches).map(|p| p.p).collect();
        all == reached
    }
    /// Whether whatever the coalition of a control says is as good as other inputs of its own: then there is nothing to
    /// see. (It multiplies its own inputs, or adds one of its own to the product.)
    fn explained_away(&self) -> bool {
        self.without.is_some() && self.points.iter().all(|p| p.distance.as_deref() == Some("0"))
    }
    /// Whether the best simulator leaves more than the bound there.
    #[must_use]
    pub fn exceeds(&self, p: &Point) -> bool {
        let value = p.distance.as_deref().map(formula::probability);
        match (value, formula::value(&self.formula, At::Field(p.p))) {
            (None, Ok(_)) => false,
            (Some(Ok(value)), Ok(bound)) => value > bound,
            _ => true,
        }
    }
    /// All strategies over each field together.
    #[must_use]
    pub fn by_size(&self) -> Vec<Size> {
        let sizes: BTreeSet<u64> = self.points.iter().map(|p| p.p).collect();
        let size = |p: u64| {
            let here: Vec<_> = self.points.iter().filter(|x| x.p == p).collect();
            let values: Option<Vec<_>> =
                here.iter().map(|x| x.distance.as_deref().and_then(|d| formula::fraction(d).ok())).collect();
            let largest =
                values.and_then(|v| v.into_iter().max()).map_or_else(|| "not proved".into(), |v| v.to_string());
            let bound = here.first().map_or_else(String::new, |x| x.bound.clone());
            Size { p, strategies: here.len(), largest, bound, runs: total(here.iter().map(|x| x.runs)) }
        };
        sizes.into_iter().map(size).collect()
    }
    /// Whether it only supports other rows: fewer sizes than are compared with a formula, nothing to explain, or a
    /// control with nothing to see. What was counted and not proved is waited for.
    #[must_use]
    pub fn supports_only(&self) -> bool {
        let proved = self.points.iter().all(|p| p.runs > 0 && p.distance.is_some());
        let few = self.without.is_none() && self.sizes() < SIZES;
        proved && (few || self.points.is_empty() || self.explained_away())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A control with these distances over each of these fields.
    fn control(points: &[(u64, &str)]) -> Row {
        let point = |&(p, distance): &(u64, &str)| Point {
            p,
            strategy: distance.into(),
            puts_in: vec![],
            runs: 1,
            views: 1,
            classes: 1,
            distance: Some(distance.into()),
            bound: "1".into(),
            proof: None,
        };
        let without = Some("mac.check".into());
        Row { without, formula: "1".into(), points: points.iter().map(point).collect(), ..Row::default() }
    }

    #[test]
    fn a_control_sees_a_lie_over_every_field_or_has_nothing_to_see() {
        let judged = |points: &[(u64, &str)]| {
            let row = control(points);
            (row.verdict(), row.supports_only())
        };
        assert_eq!(judged(&[(2, "1"), (3, "1")]), (Verdict::Pass, false));
        assert_eq!(judged(&[(2, "0"), (2, "1"), (3, "1")]), (Verdict::Pass, false));
        assert_eq!(judged(&[(2, "1"), (3, "0")]), (Verdict::Vacuous, false));
        assert_eq!(judged(&[(2, "1/2")]), (Verdict::Vacuous, false));
        assert_eq!(judged(&[(2, "0"), (3, "0")]), (Verdict::Inconclusive, true));
        assert_eq!(judged(&[(2, "2")]).0, Verdict::Fail);
        assert_eq!(judged(&[]), (Verdict::Vacuous, true));
        // Without the check it is a control; with it nothing has been explained away.
        let mut shipped = control(&[(2, "0"), (3, "0"), (5, "0")]);
        shipped.without = None;
        assert!(!shipped.explained_away());
    }
}

//! What follows from raw data: a pure function, the same for whoever measures and whoever verifies. A level is granted if
//! everything that it asks for is there and passes; what is missing makes it inconclusive, never a pass.

use std::collections::{BTreeMap, BTreeSet};

use adversary::Verdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use spec::{Adversary, Bound, CLAUSES, Level, Levels, NOTES};

use super::Measured;
use super::clauses::{OfClause, of_clause};
use super::limits::not_covered;
use crate::evidence::coverage::Figure;
use crate::evidence::{self, Evidence, Grade, simulator};
use crate::plan::Question;

/// What follows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Derived {
    /// The verdict on every row, in order.
    pub rows: Vec<OfRow>,
    /// The verdict on every level that was asked for.
    pub levels: Vec<OfLevel>,
    /// AC4 of attack coverage: checks of the claim that are the only cause of a rejection.
    pub sole_causes: Figure,
    /// The clauses of standards.
    pub standards: Vec<OfClause>,
    /// What all of this does not show.
    pub not_covered: Vec<String>,
    /// How open questions of the standards are read.
    pub notes: Vec<String>,
    /// The verdict on everything: the worst level.
    pub verdict: String,
}

/// The verdict on one row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfRow {
    /// The row's name.
    pub id: String,
    /// `pass`, `inconclusive`, `vacuous` or `fail`.
    pub verdict: String,
    /// What kind of knowledge it is.
    pub tier: Grade,
}

/// The verdict on one level.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfLevel {
    /// The level.
    pub level: String,
    /// The verdict.
    pub verdict: String,
    /// Rows that speak against it, or say nothing.
    pub because: Vec<String>,
    /// What it asks for and what is not there.
    pub missing: Vec<String>,
}

impl Derived {
    /// From raw data. An error if the question of the certificate is none.
    pub fn from(m: &Measured) -> Result<Self, String> {
        let question = m.asked.question()?;
        let verdicts = evidence::verdicts(&m.rows);
        let of_row =
            |(row, v): (&Evidence, &Verdict)| OfRow { id: row.id().into(), verdict: v.to_string(), tier: row.grade() };
        let rows: Vec<_> = m.rows.iter().zip(&verdicts).map(of_row).collect();
        let ruled: Vec<_> = question.levels.iter().map(|l| (*l, level(*l, m, &question, &verdicts))).collect();
        let shown =
            ruled.iter().filter(|(_, l)| l.verdict == Verdict::Pass.to_string()).map(|(l, _)| *l).collect::<Vec<_>>();
        let shown = Levels::of(&shown);
        let standards = CLAUSES.iter().map(|c| of_clause(c, shown, &ruled, m)).collect();
        let levels: Vec<OfLevel> = ruled.into_iter().map(|(_, l)| l).collect();
        let worst = levels.iter().map(|l| named(&l.verdict)).chain([everything(m, &verdicts)]);
        Ok(Self {
            rows,
            sole_causes: sole_causes(m, &verdicts),
            standards,
            not_covered: not_covered(m, &levels, &verdicts),
            notes: NOTES.iter().map(|n| format!("{} ({}): {}", n.id, n.concerns.join(", "), n.text)).collect(),
            verdict: Verdict::of_all(worst).to_string(),
            levels,
        })
    }
    /// The verdict on everything.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        named(&self.verdict)
    }
}

/// The verdict of this name; what is no verdict fails.
pub(super) fn named(name: &str) -> Verdict {
    let all = [Verdict::Pass, Verdict::Inconclusive, Verdict::Vacuous, Verdict::Fail];
    all.into_iter().find(|v| v.to_string() == name).unwrap_or(Verdict::Fail)
}

/// A row that fails is a failure even if no level that was asked for needs it; a part is not the whole.
fn everything(m: &Measured, verdicts: &[Verdict]) -> Verdict {
    let mut ids = BTreeSet::new();
    let twice = m.rows.iter().any(|row| !ids.insert(row.key()));
    match () {
        () if twice || verdicts.contains(&Verdict::Fail) => Verdict::Fail,
        () if m.asked.only.is_some() => Verdict::Inconclusive,
        () => Verdict::Pass,
    }
}

/// Checks of which some attack shows that they alone stand between a coalition and success: it is stopped by the check
/// and, where only that is off, wins.
fn sole_causes(m: &Measured, verdicts: &[Verdict]) -> Figure {
    let shows = |row: &Evidence, check: &str| matches!(row, Evidence::Attack(a) if a.shows(check));
    let alone = m.protocol.checks.iter().filter(|check| {
        let mut rows = m.rows.iter().zip(verdicts);
        rows.any(|(row, v)| *v == Verdict::Pass && shows(row, &check.id))
    });
    let what = "checks that are the only cause of a rejection, in the named attacks".into();
    Figure { what, hit: alone.count() as u64, all: m.protocol.checks.len() as u64 }
}

/// Whether a row speaks of this adversary.
pub(crate) fn concerns(row: &Evidence, adversary: Adversary) -> bool {
    match row {
        Evidence::Outputs(_) | Evidence::Honest(_) | Evidence::Weakness(_) => true,
        Evidence::Views(_) => adversary == Adversary::A1,
        Evidence::Attack(_) | Evidence::Counted(_) | Evidence::Sampled(_) | Evidence::Best(_) => {
            adversary == Adversary::A3
        }
        Evidence::Property(r) => r.passive() || adversary == Adversary::A3,
        Evidence::Sweep(_) | Evidence::Simulator(_) | Evidence::Coverage(_) => adversary == Adversary::A3,
    }
}

/// What every level but a covert one asks for beside privacy and correctness.
const PROPERTY: (&str, &str) = ("property", "look at other properties");

fn level(level: Level, m: &Measured, q: &Question, verdicts: &[Verdict]) -> OfLevel {
    let concerned: Vec<_> = m.rows.iter().zip(verdicts).filter(|(row, _)| concerns(row, level.adversary)).collect();
    let mut missing = Vec::new();
    for n in &q.parties {
        let n = *n as u64;
        let has = |kind: &str| concerned.iter().any(|(row, _)| row.kind() == kind && row.parties() == Some(n));
        let needed: &[(&str, &str)] = match level.adversary {
            Adversary::A1 => &[("honest", "runs without deviation"), PROPERTY],
            Adversary::A2 => &[("covert", "measurement of deterrence")],
            Adversary::A3 => &[("honest", "runs without deviation"), ("sweep", "sweep"), PROPERTY],
        };
        let lacking = needed.iter().filter(|(kind, _)| !has(kind));
        missing.extend(lacking.map(|(_, what)| format!("no {what} with {n} parties")));
        let says = |(row, v): &&(&Evidence, &Verdict)| {
            matches!(row, Evidence::Outputs(_)) && row.parties() == Some(n) && **v == Verdict::Pass
        };
        if !concerned.iter().any(|r| says(&r)) {
            missing.push(format!("a function of {n} parties whose output is not always the same"));
        }
    }
    if level.adversary == Adversary::A1 {
        let views = |n: u64| {
            concerned.iter().any(|(row, _)| matches!(row, Evidence::Views(r) if r.parties == n && r.compared()))
        };
        let lacking = q.parties.iter().filter(|n| !views(**n as u64));
        missing.extend(lacking.map(|n| format!("no comparison of views with {n} parties")));
        // Over three fields with some number of parties: with more parties fewer fields can be counted.
        if !concerned.iter().any(|(row, v)| matches!(row, Evidence::Views(_)) && **v == Verdict::Pass) {
            missing.push("no comparison of views over three fields".into());
        }
    }
    if level.adversary == Adversary::A3 {
        missing.extend(unexplained(&concerned, q));
        missing.extend(m.protocol.checks.iter().flat_map(|check| {
            // What never lets anything pass is shown by every run that it stops; a chance needs an attack that wins
            // where only the check is off.
            let certain = check.bound == Bound::Zero.to_string();
            let attacked = concerned.iter().any(|(row, _)| match row {
                Evidence::Attack(a) => a.shows(&check.id),
                Evidence::Sweep(r) => certain && r.stopped.get(&check.id).is_some_and(|k| *k > 0),
                _ => false,
            });
            let counted = |row: &Evidence| {
                matches!(row, Evidence::Counted(c) if c.of_a_check() && c.is_about(&check.bound))
                    && !row.supports_only()
            };
            let counted = !check.counted || concerned.iter().any(|(row, _)| counted(row));
            let attack = (!attacked).then(|| format!("no attack shows what {} is for", check.id));
            attack.into_iter().chain((!counted).then(|| format!("the bound of {} is not counted", check.id)))
        }));
    }
    missing.extend(unnamed(&concerned, m));
    if q.only.is_some() {
        missing.push("everything that was not asked for".into());
    }
    let mut worst = if missing.is_empty() { Verdict::Pass } else { Verdict::Inconclusive };
    let mut because = Vec::new();
    for (row, v) in concerned {
        if *v == Verdict::Pass || (row.supports_only() && *v != Verdict::Fail) {
            continue;
        }
        worst = worst.max(*v);
        because.push(format!("{}: {v}", row.id()));
    }
    OfLevel { level: level.to_string(), verdict: worst.to_string(), because, missing }
}

/// Checks that stop runs and that the claim does not name: nothing says what they are for.
fn unnamed(concerned: &[(&Evidence, &Verdict)], m: &Measured) -> Vec<String> {
    let mut stopped = BTreeSet::new();
    for (row, _) in concerned {
        if let Evidence::Sweep(r) = row {
            stopped.extend(r.stopped.keys());
        }
    }
    let claimed = |check: &str| m.protocol.checks.iter().any(|c| c.id == check);
    let open = stopped.into_iter().filter(|check| !claimed(check));
    open.map(|check| format!("runs stop at {check}, which the claim does not name")).collect()
}

/// What is missing of best simulators: with every number of parties one of a coalition that changes what it says, and
/// over three fields with some number.
fn unexplained(concerned: &[(&Evidence, &Verdict)], q: &Question) -> Vec<String> {
    let explained = |n: u64| {
        let solved = |r: &simulator::Row| r.parties == n && r.active() && r.sizes() > 0;
        concerned.iter().any(|(row, _)| matches!(row, Evidence::Simulator(r) if solved(r)))
    };
    let lacking = q.parties.iter().filter(|n| !explained(**n as u64));
    // Where lies against products without MAC check could be counted, some have to have been seen: with every number of
    // parties, and of every subject with some number.
    let mut seen: BTreeMap<String, bool> = BTreeMap::new();
    for (row, v) in concerned {
        let Evidence::Simulator(r) = row else { continue };
        if r.without.is_some() && !r.planned.is_empty() {
            let subject = r.id.split('/').next().unwrap_or_default();
            for what in [format!("with {} parties", r.parties), format!("against {subject}")] {
                *seen.entry(what).or_default() |= **v == Verdict::Pass;
            }
        }
    }
    let unseen = seen.into_iter().filter(|(_, seen)| !seen);
    let mut missing: Vec<_> = lacking
        .map(|n| format!("no best simulator of a coalition that changes what it says with {n} parties"))
        .collect();
    let passes =
        |(row, v): &(&Evidence, &Verdict)| matches!(row, Evidence::Simulator(r) if r.active()) && **v == Verdict::Pass;
    missing.extend(unseen.map(|(what, _)| format!("no control shows that a lie {what} is seen")));
    if !concerned.iter().any(passes) {
        missing.push("no best simulator of a coalition that changes what it says over three fields".into());
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Tier;

    /// A control that was counted is asked for, whatever became of it: also one in which no lie does anything.
    #[test]
    fn a_control_that_saw_nothing_is_missing() {
        let q = Question { levels: vec![Level::A3C2], parties: vec![2], tier: Tier::Quick, only: None };
        let row = |planned: &[&str]| {
            Evidence::Simulator(simulator::Row {
                id: "a.product/2/simulator/0/lies.unchecked".into(),
                parties: 2,
                without: Some("mac.check".into()),
                planned: planned.iter().map(|f| ((*f).to_owned(), 0)).collect(),
                ..simulator::Row::default()
            })
        };
        let asked = |planned: &[&str], v: Verdict| {
            let missing = unexplained(&[(&row(planned), &v)], &q);
            missing.into_iter().filter(|m| m.contains("no control")).collect::<Vec<_>>()
        };
        let why = ["against a.product", "with 2 parties"].map(|w| format!("no control shows that a lie {w} is seen"));
        assert_eq!(asked(&["F2"], Verdict::Vacuous), why);
        assert_eq!(asked(&["F2"], Verdict::Inconclusive), why);
        assert!(asked(&["F2"], Verdict::Pass).is_empty() && asked(&[], Verdict::Vacuous).is_empty());
    }
}

//! What a certificate answers to the clauses of standards, and which rows each answer rests on.

use std::collections::{BTreeMap, BTreeSet};

use adversary::Verdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use spec::{Adversary, Clause, Level, Levels, Norm, Standard};

use super::Measured;
use super::derive::{OfLevel, concerns, named};
use crate::evidence::{self, Evidence};

/// The verdict on one clause.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfClause {
    /// The document.
    pub standard: String,
    /// The clause.
    pub clause: String,
    /// The requirement's name.
    pub id: String,
    /// `shall`, `should` or `may`.
    pub norm: String,
    /// What it asks.
    pub asks: String,
    /// The answer.
    pub answer: String,
    /// The rows that it rests on, by what the log calls them; `*` stands for anything.
    pub rests_on: Vec<String>,
    /// Whether the requirement was written from the clause's title alone.
    pub from_title: bool,
}

/// What a certificate says to a clause.
pub(super) fn of_clause(c: &Clause, shown: Levels, ruled: &[(Level, OfLevel)], m: &Measured) -> OfClause {
    let (rests, all): (BTreeSet<String>, Vec<_>) = (
        m.rows.iter().filter(|row| rests_on(c, ruled, row)).map(Evidence::key).collect(),
        m.rows.iter().map(Evidence::key).collect(),
    );
    OfClause {
        standard: match c.standard {
            Standard::X1770 => "ITU-T X.1770",
            Standard::Iso4922 => "ISO/IEC 4922-1",
            Standard::Ieee2842 => "IEEE 2842",
        }
        .into(),
        clause: c.number.into(),
        id: c.id.into(),
        norm: match c.norm {
            Norm::Shall => "shall",
            Norm::Should => "should",
            Norm::May => "may",
        }
        .into(),
        asks: c.asks.into(),
        answer: answer(c, shown, ruled, m),
        rests_on: summed_up(&rests, &all),
        from_title: c.from_title(),
    }
}

fn answer(clause: &Clause, shown: Levels, ruled: &[(Level, OfLevel)], m: &Measured) -> String {
    let of = |adversary: Adversary| {
        let all = ruled.iter().filter(|(l, _)| l.adversary == adversary).map(|(_, l)| named(&l.verdict));
        all.max().map_or_else(|| "not asked for".into(), |v| v.to_string())
    };
    if let Some(met) = clause.met_by(shown) {
        return match (met, clause.is_use()) {
            (false, _) => "not demonstrated".into(),
            (true, false) => "pass".into(),
            (true, true) => "its level: pass; the use itself is not part of this certificate".into(),
        };
    }
    match clause.id {
        "R-6.2a" => format!("semi-honest: {}; malicious: {}", of(Adversary::A1), of(Adversary::A3)),
        "R-6.2b" => independence(m),
        "R-6.2c" => {
            let unfair = unfairness(m);
            format!("not claimed: impossible in general when half of the parties or more may be corrupt; {unfair}")
        }
        "R-6.3" => "semi-honest and malicious parties are modelled".into(),
        "R-8.1.1" | "I-5.1" => of(Adversary::A1),
        "R-8.1.2" => of(Adversary::A2),
        "R-8.1.3" | "I-5.3.2" | "I-5.3.3" => of(Adversary::A3),
        "R-8.2.1" | "R-8.2.2" | "I-5.2" => {
            let all: Vec<String> = ruled.iter().map(|(l, r)| format!("{l}: {}", r.verdict)).collect();
            all.join("; ")
        }
        "I-5.3.5" => "not claimed".into(),
        "E-5.1" => format!("semi-honest: {}; malicious: {}", of(Adversary::A1), of(Adversary::A3)),
        _ => "about the whole system, not the protocol: outside this certificate".into(),
    }
}

/// What is known of the independence of inputs: copied and mauled inputs where they were tried, and best simulators of
/// coalitions that deviate. A simulator chooses the coalition's inputs before it is told anything.
fn independence(m: &Measured) -> String {
    let (mut tried, mut explained, mut wide) = (None, None, false);
    for (row, v) in m.rows.iter().zip(evidence::verdicts(&m.rows)) {
        match row {
            Evidence::Property(r) if r.independence() => tried = tried.max(Some(v)),
            Evidence::Simulator(r) if r.active() && (!row.supports_only() || v == Verdict::Fail) => {
                explained = explained.max(Some(v));
                wide |= v == Verdict::Pass;
            }
            _ => {}
        }
    }
    match (tried, explained) {
        (Some(a), Some(b)) => format!("copied inputs and commitments: {a}; best simulators over three fields: {b}"),
        (None, Some(b)) if wide || b == Verdict::Fail => format!("best simulators over three fields: {b}"),
        (Some(a), None) => format!("copied inputs and commitments: {a}; best simulators: not enough"),
        _ => "not measured".into(),
    }
}

/// How often some have an output and others do not where a coalition falls silent: of every figure the worst.
fn unfairness(m: &Measured) -> String {
    let mut worst: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for row in &m.rows {
        let Evidence::Property(r) = row else { continue };
        if !r.fairness() {
            continue;
        }
        for (name, value) in r.points.iter().flat_map(|p| &p.figures) {
            let Some((hits, runs)) = value.split_once(" of ") else { continue };
            let (Ok(hits), Ok(runs @ 1..)) = (hits.parse::<u64>(), runs.parse::<u64>()) else { continue };
            let most = worst.entry(name).or_insert((hits, runs));
            if u128::from(hits) * u128::from(most.1) > u128::from(most.0) * u128::from(runs) {
                *most = (hits, runs);
            }
        }
    }
    let all: Vec<_> = worst.into_iter().map(|(name, (hits, runs))| format!("{name} {hits} of {runs}")).collect();
    if all.is_empty() {
        "not measured".into()
    } else {
        format!("measured where a coalition falls silent: {}", all.join("; "))
    }
}

/// Whether the answer to a clause depends on this row.
fn rests_on(clause: &Clause, ruled: &[(Level, OfLevel)], row: &Evidence) -> bool {
    let of = |asked: &dyn Fn(Level) -> bool| ruled.iter().any(|(l, _)| asked(*l) && concerns(row, l.adversary));
    if let Some(required) = clause.level {
        return of(&|l| l.satisfies(required));
    }
    match clause.id {
        "R-6.2b" => {
            matches!(row, Evidence::Property(r) if r.independence())
                || matches!(row, Evidence::Simulator(r) if r.deviates())
        }
        "R-6.2c" => matches!(row, Evidence::Property(r) if r.fairness()),
        "R-8.1.1" | "I-5.1" => of(&|l| l.adversary == Adversary::A1),
        "R-8.1.2" => of(&|l| l.adversary == Adversary::A2),
        "R-8.1.3" | "I-5.3.2" | "I-5.3.3" => of(&|l| l.adversary == Adversary::A3),
        "R-6.2a" | "E-5.1" => of(&|l| l.adversary != Adversary::A2),
        "R-8.2.1" | "R-8.2.2" | "I-5.2" => of(&|_| true),
        _ => false,
    }
}

/// These rows of all, in few words: a kind of which all are there is one, and so are those of a kind whose names end or
/// begin alike.
fn summed_up(some: &BTreeSet<String>, all: &[String]) -> Vec<String> {
    type Name = fn(&str) -> Option<String>;
    const ALIKE: [Name; 3] = [
        |key| Some(format!("{} *", key.split_once(' ')?.0)),
        |key| Some(format!("{} */{}", key.split_once(' ')?.0, key.rsplit_once('/')?.1)),
        |key| Some(format!("{}/*", key.split_once('/')?.0)),
    ];
    let (mut left, mut out) = (some.clone(), BTreeSet::new());
    for name in ALIKE {
        let mut others: BTreeMap<String, bool> = BTreeMap::new();
        for key in all {
            if let Some(name) = name(key) {
                *others.entry(name).or_default() |= !some.contains(key);
            }
        }
        left.retain(|key| {
            let whole = name(key).filter(|name| others.get(name) == Some(&false));
            let kept = whole.is_none();
            out.extend(whole);
            kept
        });
    }
    out.extend(left);
    out.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_named_in_few_words_and_no_others_with_them() {
        let all = ["attack a", "attack b/2", "property x/2", "property x/3", "property y/2", "property y/3"];
        let more =
            ["simulator p/2/1/lies", "simulator p/2/1/follows", "simulator q/2/1/lies", "views p/2", "views q/2"];
        let all: Vec<String> = all.iter().chain(&more).map(ToString::to_string).collect();
        let of = |fits: &dyn Fn(&str) -> bool| summed_up(&all.iter().filter(|key| fits(key)).cloned().collect(), &all);
        assert_eq!(of(&|key| key.starts_with("attack")), ["attack *"]);
        assert_eq!(of(&|key| key.contains('x')), ["property x/*"]);
        assert_eq!(of(&|key| key.ends_with("lies")), ["simulator */lies"]);
        assert_eq!(of(&|key| key == "property y/3" || key == "views q/2"), ["property y/3", "views q/*"]);
        assert_eq!(of(&|_| true), ["attack *", "property *", "simulator *", "views *"]);
        assert!(of(&|_| false).is_empty());
    }
}

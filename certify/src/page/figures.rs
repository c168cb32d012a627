//! Probabilities: counted, sampled, and drawn beside their formulas.

use std::collections::BTreeMap;

use super::html::{Cell, code, fraction, judged, number, section, table, text};
use super::plot::{Mark, Series, plot};
use super::sections::rows;
use crate::certificate::Certificate;
use crate::evidence::{Evidence, tail};
use crate::text::detectable;

/// The part of the page.
pub fn figures(c: &Certificate) -> String {
    let mut series: BTreeMap<&str, Series> = BTreeMap::new();
    let mut lines = Vec::new();
    for (row, v) in rows(c) {
        let Evidence::Counted(r) = row else { continue };
        let (mut counted, mut formulas, mut runs) = (Vec::new(), Vec::new(), 0);
        for p in &r.points {
            if let Some(order) = p.at.strip_prefix("p=").and_then(|p| p.parse().ok()) {
                mark(
                    &mut series,
                    &p.formula,
                    Mark { p: order, value: p.measured.clone(), interval: None, what: r.id.clone() },
                );
            }
            let unequal = if p.measured == p.expected { String::new() } else { format!(" (formula: {})", p.expected) };
            counted.push(format!("{}{unequal} at {}", p.measured, p.at));
            if !formulas.contains(&p.formula) {
                formulas.push(p.formula.clone());
            }
            runs += p.runs;
        }
        let cells = [code(&r.id), text(&r.claim), text(&r.what), text(counted.join(", ")), text(formulas.join(", "))];
        lines.push(cells.into_iter().chain([number(runs), judged(v)]).collect());
    }
    let tail = tail(&c.measured.rows);
    let mut samples: Vec<Vec<Cell>> = Vec::new();
    for (row, v) in rows(c) {
        let Evidence::Sampled(s) = row else { continue };
        let Ok(counts) = s.counts() else { continue };
        let (low, high) = counts.interval(tail);
        if let Some(order) = s.at.strip_prefix("p=").and_then(|p| p.parse().ok()) {
            let value = format!("{}/{}", s.hits, s.runs);
            mark(&mut series, &s.formula, Mark { p: order, value, interval: Some((low, high)), what: s.id.clone() });
        }
        let interval = format!("{low:.5} to {high:.5}");
        let cells = [code(&s.id), text(&s.claim), text(&s.what), number(s.runs), number(s.hits), fraction(&interval)];
        let more = [text(format!("{} = {}", s.formula, counts.expected)), text(detectable(s, tail)), judged(v)];
        samples.push(cells.into_iter().chain(more).collect());
    }
    let series: Vec<Series> = series.into_values().collect();
    let head = ["figure", "claim", "what was counted", "counted", "formula", "runs", "verdict"];
    let caption = "Exact fractions over every coin, tier E2. A row needs three sizes; one with fewer supports others and is inconclusive alone.";
    let sampled = "Runs fixed beforehand; Clopper–Pearson intervals, all tests of this certificate together wrong at most once in a million. Tier E1.";
    let heads =
        ["figure", "claim", "what was sampled", "runs", "hits", "interval", "formula", "would notice", "verdict"];
    section("Probabilities", &(plot(&series) + &table(caption, &head, &lines) + &table(sampled, &heads, &samples)))
}

/// Puts a mark beside the formula it belongs to; certainties are not drawn.
fn mark<'a>(series: &mut BTreeMap<&'a str, Series>, formula: &'a str, mark: Mark) {
    if !matches!(formula, "0" | "1") {
        let new = || Series { formula: formula.to_owned(), marks: Vec::new() };
        series.entry(formula).or_insert_with(new).marks.push(mark);
    }
}

//! The parts of the page about what goes beyond single attacks.

use std::collections::BTreeMap;

use super::html::{Cell, code, fraction, judged, number, section, table, text};
use super::sections::rows;
use crate::certificate::Certificate;
use crate::evidence::{Evidence, weakness};

/// How much of attacked runs the functionality leaves unexplained.
pub fn simulators(c: &Certificate) -> String {
    let mut lines: Vec<Vec<Cell>> = Vec::new();
    for (row, v) in rows(c) {
        let Evidence::Simulator(r) = row else { continue };
        for s in r.by_size() {
            lines.push(vec![
                code(&r.id),
                text(&r.does),
                number(s.p),
                number(s.strategies as u64),
                fraction(&s.largest),
                fraction(&s.bound),
                text(&r.formula),
                number(s.runs),
                judged(v),
            ]);
        }
    }
    let head =
        ["computation", "the coalition", "p", "strategies", "largest distance", "bound", "formula", "runs", "row"];
    section(
        "The best simulator of all",
        &table(
            "How far the real run stays, at best, from what the ideal functionality explains: what the coalition sees and what honest parties output, \
             together, at the honest input where it is worst. Every fraction has a proof in the log that is checked without solving anything. \
             Where fewer than three fields could be counted, the row only supports others. Tier E2.",
            &head,
            &lines,
        ),
    )
}

/// Everything beside privacy and correctness.
pub fn properties(c: &Certificate) -> String {
    let mut lines = Vec::new();
    for (row, v) in rows(c) {
        let Evidence::Property(r) = row else { continue };
        let rate = r
            .rate_below()
            .map(|rate| format!("; in all instances together the rate of violations is below {rate:.1e}"));
        let (all, out) = (r.points.len(), r.left_out());
        let part = (out > 0).then(|| format!("; {out} of {all} instances would take too long and were left out"));
        let holds = [Some(r.holds.clone()), rate, part].into_iter().flatten().collect::<String>();
        for p in &r.points {
            let figures: Vec<_> = p.figures.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            let cells = [code(&r.id), text(&holds), text(&p.of), number(p.cases), number(p.violated)];
            let (measured, tier) = (text(figures.join("; ")), text(row.grade().to_string()));
            lines.push(cells.into_iter().chain([measured, tier, judged(v)]).collect());
        }
    }
    let head = ["property", "what must hold", "instance", "cases", "violated", "measured", "tier", "row"];
    section(
        "Properties beside privacy and correctness",
        &table(
            "One case is enough to fail. A rate is bounded with the confidence of the certificate. Who has an output when a coalition stops is a figure: no protocol without an honest majority is fair.",
            &head,
            &lines,
        ),
    )
}

/// The certifier on code that is wrong on purpose.
pub fn certifier(c: &Certificate) -> String {
    let (mut lines, mut totals): (Vec<Vec<Cell>>, Vec<String>) = (Vec::new(), Vec::new());
    for (row, v) in rows(c) {
        let Evidence::Weakness(r) = row else { continue };
        let ((right, all), (low, high)) = (r.right(), r.interval());
        let what =
            if r.sound { "sound variants not flagged (specificity)" } else { "weaknesses flagged (sensitivity)" };
        totals.push(format!("{what}: {right} of {all}, interval {low:.3} to {high:.3}, of {} that there are", r.all));
        for p in &r.points {
            let list = |all: &[String]| if all.is_empty() { "nothing".into() } else { all.join(", ") };
            lines.push(vec![
                code(&p.weakness),
                text(&p.weakens),
                text(list(&p.breaks)),
                text(list(&p.weakened)),
                text(list(&p.shipped)),
                number(p.measurements),
                text(if p.right() { "yes" } else { "NO" }),
                judged(v),
            ]);
        }
    }
    let head = [
        "name",
        "what is left out or done otherwise",
        "breaks",
        "found",
        "found without it",
        "measurements",
        "right",
        "row",
    ];
    let about = format!(
        "Protocols with one seeded weakness each, on which exactly what is broken has to be found, and variants that are as \
         good, on which nothing may be. {}. Where there is one measurement, it is an experiment made for this weakness, and \
         that nothing else is broken is known by construction only. Intervals are exact, with the confidence of the \
         certificate, as if the seeded ones were drawn from all there could be. Tier E1.",
        totals.join("; ")
    );
    let found = if lines.is_empty() { String::new() } else { table(&about, &head, &lines) + &measurements(c) };
    section("The certifier certified", &found)
}

/// Which measurements found which weakness: a column for each that found several, the others by name.
fn measurements(c: &Certificate) -> String {
    let mut all: Vec<&weakness::Point> = Vec::new();
    for (row, _) in rows(c) {
        let Evidence::Weakness(r) = row else { continue };
        all.extend(&r.points);
    }
    let mut finds: BTreeMap<&str, usize> = BTreeMap::new();
    for by in all.iter().flat_map(|p| &p.by) {
        *finds.entry(by).or_default() += 1;
    }
    let several = |by: &str| finds.get(by).is_some_and(|k| *k > 1);
    let columns: Vec<&str> = finds.keys().copied().filter(|by| several(by)).collect();
    let line = |p: &&weakness::Point| {
        let marks = columns.iter().map(|by| text(if p.by.iter().any(|b| b == by) { "●" } else { "" }));
        let others: Vec<&str> = p.by.iter().map(String::as_str).filter(|by| !several(by)).collect();
        [code(&p.weakness)].into_iter().chain(marks).chain([text(others.join(", "))]).collect()
    };
    let lines: Vec<Vec<Cell>> = all.iter().map(line).collect();
    let head: Vec<&str> =
        ["name"].into_iter().chain(columns.iter().copied()).chain(["what finds only this one"]).collect();
    table(
        "Which measurements find which of them (●), also what follows from something else that is lost; in the last \
         column, by name, those that find one only. Where there is no mark, a measurement finds nothing or does not apply.",
        &head,
        &lines,
    )
}

/// How much was attacked.
pub fn attacked(c: &Certificate) -> String {
    let mut lines: Vec<Vec<Cell>> = Vec::new();
    for (row, v) in rows(c) {
        let Evidence::Coverage(r) = row else { continue };
        for p in &r.points {
            for (id, f) in &p.figures {
                let numbers = [r.parties, f.hit, f.all].map(number);
                lines.push(
                    [code(&p.subject), code(id), text(&f.what)].into_iter().chain(numbers).chain([judged(v)]).collect(),
                );
            }
        }
    }
    let alone = &c.derived.sole_causes;
    if !lines.is_empty() && alone.all > 0 {
        let of = [code(&c.measured.protocol.name), code("AC4"), text(&alone.what), text("as each attack")];
        lines.push(of.into_iter().chain([number(alone.hit), number(alone.all), text("those of attacks")]).collect());
    }
    let head = ["computation", "figure", "what is counted", "parties", "met", "of", "row"];
    section(
        "How much was attacked",
        &table(
            "Only changes that made a difference count. No level asks for a figure of some size, but an attacked run that \
             nothing explains fails, and none that changed anything is no pass. Tier E1.",
            &head,
            &lines,
        ),
    )
}

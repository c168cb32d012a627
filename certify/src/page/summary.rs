//! The top of the page: the grid of levels and the key figures.

use adversary::verdict::SIZES;

use super::html::{escape, list, verdict};
use super::sections::rows;
use crate::certificate::Certificate;
use crate::evidence::{Evidence, total};

/// What everybody reads.
pub fn summary(c: &Certificate) -> String {
    let (m, d) = (&c.measured, &c.derived);
    let cell = |a: &str, t: &str| {
        let level = format!("{a}{t}");
        let ruled = d.levels.iter().find(|l| l.level == level);
        let vacuous = t == "C1" && m.asked.parties == [2];
        let shown = match ruled {
            Some(l) => verdict(&l.verdict),
            None if vacuous => "empty with two parties".into(),
            None if m.protocol.levels.contains(&level) => "not asked for".into(),
            None if t == "C1" && d.levels.iter().any(|l| l.level == format!("{a}C2") && l.verdict == "pass") => {
                "contained in C2".into()
            }
            None => "not claimed".into(),
        };
        format!("<td>{shown}</td>")
    };
    let names = [("A1", "A1 semi-honest"), ("A2", "A2 covert"), ("A3", "A3 malicious")];
    let grid: String = names
        .iter()
        .map(|(a, name)| format!("<tr><th scope=\"row\">{name}</th>{}{}</tr>\n", cell(a, "C1"), cell(a, "C2")))
        .collect();
    let of = |kind: &'static str| rows(c).filter(move |(r, _)| r.kind() == kind);
    let passed =
        |kind: &'static str| format!("{} of {}", of(kind).filter(|(_, v)| *v == "pass").count(), of(kind).count());
    let points = |pick: &dyn Fn(&Evidence) -> Vec<bool>| {
        let all: Vec<bool> = m.rows.iter().flat_map(pick).collect();
        format!("{} of {}", all.iter().filter(|x| **x).count(), all.len())
    };
    let equal = points(&|r| match r {
        Evidence::Counted(r) => r.points.iter().map(|p| p.measured == p.expected).collect(),
        _ => vec![],
    });
    let alike = points(&|r| match r {
        Evidence::Views(r) => r.points.iter().filter(|p| p.pairs > 0).map(|p| p.distance == "0").collect(),
        _ => vec![],
    });
    let mutated = total(m.rows.iter().map(|r| if let Evidence::Sweep(s) = r { s.runs } else { 0 }));
    let open = rows(c).filter(|(r, v)| *v != "pass" && (*v == "fail" || !r.supports_only())).count();
    let undecided = rows(c).filter(|(r, v)| *v != "pass" && *v != "fail" && r.supports_only()).count();
    let sizes = |pick: fn(usize) -> bool| {
        let there = of("simulator").filter(|(r, _)| matches!(r, Evidence::Simulator(r) if pick(r.sizes())));
        there.filter(|(r, v)| *v == "pass" || (*v != "fail" && r.supports_only())).count()
    };
    let [three, fewer, none] = [sizes(|k| k >= SIZES), sizes(|k| (1..SIZES).contains(&k)), sizes(|k| k == 0)];
    let explained = format!("{three} of {}; {fewer} over fewer, {none} not counted", of("simulator").count());
    let weaknesses = |sound: bool| {
        let examined = m.rows.iter().find_map(|r| match r {
            Evidence::Weakness(w) if w.sound == sound => Some(w.right()),
            _ => None,
        });
        examined.map_or_else(|| "not examined".into(), |(right, all)| format!("{right} of {all}"))
    };
    let facts = [
        ("attacks stopped where they must be", passed("attack")),
        ("checks that alone stop some attack (AC4)", format!("{} of {}", d.sole_causes.hit, d.sole_causes.all)),
        ("fractions equal to their formulas", equal),
        ("coalitions whose views are alike", alike),
        ("best simulators as they should be, over three fields", explained),
        ("mutated runs judged", mutated.to_string()),
        ("seeded weaknesses found", weaknesses(false)),
        ("sound variants left alone", weaknesses(true)),
        ("rows that stand against a pass", open.to_string()),
        ("rows without a verdict that only support others", undecided.to_string()),
        ("runs in the log", m.log.lines.to_string()),
    ];
    let facts: String =
        facts.iter().map(|(name, n)| format!("<div><dt>{name}</dt><dd>{}</dd></div>\n", escape(n))).collect();
    let mut why = Vec::new();
    for l in &d.levels {
        why.extend(l.because.iter().chain(&l.missing).map(|w| format!("{}: {w}", l.level)));
    }
    let why = if why.is_empty() {
        String::new()
    } else {
        format!("<p><strong>Why not a pass</strong></p>\n{}", list("", &why))
    };
    let absent: Vec<&str> = m.protocol.not_claimed.iter().map(String::as_str).collect();
    format!(
        "<p><strong>Not covered:</strong> {}. This certificate is evidence about the logic of this code, not a proof for every field, \
         machine and use; <a href=\"#limits\">all limits</a>.</p>\n<div class=\"top\">\n<table class=\"grid\"><caption>Levels of ITU-T X.1770: \
         who the enemy is, and whether fewer than half (C1) or all but one (C2) of the parties may be corrupt</caption>\n<thead><tr><td></td>\
         <th scope=\"col\">C1 honest majority</th><th scope=\"col\">C2 dishonest majority</th></tr></thead>\n<tbody>{grid}</tbody></table>\n\
         <dl class=\"facts\">\n{facts}</dl>\n</div>\n{why}",
        escape(&absent.join("; "))
    )
}

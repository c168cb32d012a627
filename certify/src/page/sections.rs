//! The parts of the page, from what everybody reads to what a reviewer looks up.

use super::html::{Cell, code, escape, fraction, hex, judged, list, number, section, table, text};
use crate::certificate::Certificate;
use crate::evidence::{Evidence, total};
use crate::text::{again, expected, findings, replay};

/// Each part of the page.
pub const ALL: &[fn(&Certificate) -> String] = &[
    super::summary::summary,
    found,
    super::figures::figures,
    attacks,
    controls,
    coverage,
    best,
    super::beyond::simulators,
    super::beyond::properties,
    super::beyond::attacked,
    super::beyond::certifier,
    views,
    sweeps,
    honest,
    standards,
    limits,
    notes,
    repeat,
    origin,
];

/// Every row with its verdict.
pub fn rows(c: &Certificate) -> impl Iterator<Item = (&Evidence, &str)> {
    c.measured.rows.iter().zip(c.derived.rows.iter().map(|r| r.verdict.as_str()))
}

fn found(c: &Certificate) -> String {
    let all = findings(c);
    section("What should not be", &if all.is_empty() { all } else { format!("<pre>{}</pre>\n", escape(&all)) })
}

fn attacks(c: &Certificate) -> String {
    let line = |(row, v): (&Evidence, &str)| {
        let Evidence::Attack(a) = row else { return None };
        let control = match a.controlled {
            true => format!("{} of {} won: {}", a.control_won, a.control_runs, a.control),
            false => a.control.clone(),
        };
        let does = format!("{}. {}", a.title, a.does);
        let cells = vec![code(&a.id), text(does), code(expected(a)), number(a.runs), number(a.as_expected())];
        Some(
            cells
                .into_iter()
                .chain([number(a.won.len() as u64), text(control), text(&a.reference), judged(v)])
                .collect(),
        )
    };
    let lines: Vec<Vec<Cell>> = rows(c).filter_map(line).collect();
    let head = [
        "attack",
        "what the coalition does",
        "must be stopped by",
        "runs",
        "as it must",
        "won",
        "control",
        "described in",
        "verdict",
    ];
    section(
        "Attacks",
        &table(
            "Each against the shipped code, and in a control where only what stops it is missing: there it has to win. Tier E1.",
            &head,
            &lines,
        ),
    )
}

fn controls(c: &Certificate) -> String {
    let all: Vec<_> = rows(c)
        .filter_map(|(r, _)| if let Evidence::Attack(a) = r { Some(a) } else { None })
        .filter(|a| a.controlled)
        .collect();
    let mut kinds: Vec<(String, &str)> = all.iter().map(|a| (expected(a), a.control.as_str())).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let line = |(check, control): &(String, &str)| {
        let mine: Vec<_> = all.iter().filter(|a| expected(a) == *check && a.control == *control).collect();
        let flagged = mine.iter().filter(|a| a.control_won > 0 && a.control_won == a.control_runs).count();
        let by: Vec<_> = mine.iter().map(|a| a.id.as_str()).collect();
        let sound = mine.iter().all(|a| a.won.is_empty());
        vec![
            text(*control),
            code(check),
            text(format!("{flagged} of {}", mine.len())),
            text(by.join(", ")),
            text(if sound { "no" } else { "YES" }),
        ]
    };
    let lines: Vec<Vec<Cell>> = kinds.iter().map(line).collect();
    let head = ["control", "check that is missing there", "attacks that win", "of these", "a win against shipped code"];
    section(
        "Controls of the attacks",
        &table(
            "Each attack where only what stops it is missing: there it has to win, against the shipped code never.",
            &head,
            &lines,
        ),
    )
}

fn coverage(c: &Certificate) -> String {
    let line = |check: &crate::certificate::CheckOf| {
        let (mut by, mut stops) = (Vec::new(), 0u64);
        for (row, v) in rows(c) {
            match row {
                Evidence::Attack(a) if a.shows(&check.id) => by.push(format!("{} ({v})", a.id)),
                Evidence::Sweep(s) => stops += s.stopped.get(&check.id).copied().unwrap_or(0),
                _ => {}
            }
        }
        let alone = if by.is_empty() { "none".into() } else { by.join(", ") };
        vec![code(&check.id), text(&check.tests), text(&check.bound), text(alone), number(stops)]
    };
    let lines: Vec<Vec<Cell>> = c.measured.protocol.checks.iter().map(line).collect();
    let head = ["check", "what holds when it passes", "bound", "sole cause of rejection in", "stops in sweeps"];
    section(
        "Checks",
        &table(
            "Every check that the claim stands on, and where it alone stands between the coalition and success.",
            &head,
            &lines,
        ),
    )
}

fn best(c: &Certificate) -> String {
    let mut lines = Vec::new();
    for (row, v) in rows(c) {
        let Evidence::Best(r) = row else { continue };
        for p in &r.points {
            lines.push(vec![
                code(&r.id),
                number(p.p),
                fraction(&p.best),
                fraction(&p.bound),
                text(&r.formula),
                number(p.runs),
                judged(v),
            ]);
        }
    }
    let head = ["computation", "p", "best attack", "bound", "formula", "runs", "row"];
    section(
        "The best attack of all",
        &table(
            "Whatever the coalition may say at every message, knowing all it has seen: backward induction over every coin and every choice. Tier E2.",
            &head,
            &lines,
        ),
    )
}

fn views(c: &Certificate) -> String {
    let mut lines = Vec::new();
    for (row, v) in rows(c) {
        let Evidence::Views(r) = row else { continue };
        for p in &r.points {
            let corrupt: Vec<_> = p.corrupt.iter().map(|p| format!("P{p}")).collect();
            let counts = [p.inputs, p.pairs, p.runs].map(number);
            let cells = [code(&r.id), text(&p.field), text(corrupt.join(" "))].into_iter().chain(counts);
            lines.push(cells.chain([fraction(&p.distance), judged(v)]).collect());
        }
    }
    let head = ["computation", "field", "coalition", "inputs", "pairs", "runs", "largest distance", "row"];
    section(
        "Privacy against semi-honest parties",
        &table(
            "Views of all inputs that a coalition may not tell apart, as exact distributions over every coin. No pair: what the coalition may know tells all inputs. Tier E2.",
            &head,
            &lines,
        ),
    )
}

fn sweeps(c: &Certificate) -> String {
    let line = |(row, v): (&Evidence, &str)| {
        let Evidence::Sweep(s) = row else { return None };
        let frames = format!("{} of {}{}", s.frames_changed, s.frames, if s.sample { ", a sample" } else { "" });
        let stopped = total(s.stopped.values().copied());
        let counts = [s.runs, s.right, stopped, s.gave_up, s.wrong, s.unexplained.len() as u64].map(number);
        let cells = [code(&s.id), text(&s.field), text(frames)].into_iter().chain(counts);
        Some(cells.chain([judged(v)]).collect())
    };
    let lines: Vec<Vec<Cell>> = rows(c).filter_map(line).collect();
    let head = [
        "computation",
        "field",
        "frames changed",
        "runs",
        "right",
        "stopped",
        "silent",
        "wrong",
        "unexplained",
        "verdict",
    ];
    section(
        "Every frame with every mutation",
        &table(
            "One frame changed in each run; wrong outputs are allowed over tiny fields only, and no oftener than the bound. Tier E1.",
            &head,
            &lines,
        ),
    )
}

fn honest(c: &Certificate) -> String {
    let mut lines = Vec::new();
    for (row, v) in rows(c) {
        let Evidence::Honest(r) = row else { continue };
        for p in &r.points {
            lines.push(vec![code(&r.id), text(&p.field), number(p.runs), number(p.right), judged(v)]);
        }
    }
    section(
        "Runs in which everyone follows the protocol",
        &table(
            "All must end with the output of the ideal functionality. Tier E1.",
            &["computation", "field", "runs", "right", "row"],
            &lines,
        ),
    )
}

fn standards(c: &Certificate) -> String {
    let line = |s: &crate::certificate::clauses::OfClause| {
        let asks = if s.from_title { format!("{} (from the clause's title alone)", s.asks) } else { s.asks.clone() };
        let cells = [text(format!("{} {}", s.standard, s.clause)), code(&s.id), text(&s.norm), text(asks)];
        cells.into_iter().chain([judged(&s.answer), text(s.rests_on.join(", "))]).collect()
    };
    let lines: Vec<Vec<Cell>> = c.derived.standards.iter().map(line).collect();
    section(
        "Standards",
        &table(
            "Requirements in our own words, what this certificate answers, and the rows that each answer rests on, as the log \
             calls them; * stands for anything.",
            &["clause", "requirement", "norm", "asks", "answer", "rests on"],
            &lines,
        ),
    )
}

fn limits(c: &Certificate) -> String {
    let m = &c.measured;
    let assumed = format!(
        "<p>Rests on: {}.</p>\n<p>Parties learn beside the output: {}.</p>\n",
        escape(&m.protocol.assumptions.join("; ")),
        escape(&m.protocol.leakage.join("; "))
    );
    format!(
        "<div id=\"limits\">{}</div>\n",
        section("What is not covered", &(assumed + &list("columns", &c.derived.not_covered)))
    )
}

fn notes(c: &Certificate) -> String {
    section("How open questions of the standards are read", &list("", &c.derived.notes))
}

fn repeat(c: &Certificate) -> String {
    let m = &c.measured;
    let again = format!("{} --out again", again(m, m.asked.clone()));
    let attack = m.rows.iter().find_map(|r| if let Evidence::Attack(a) = r { Some(a.id.as_str()) } else { None });
    let one = attack.map_or_else(String::new, |a| replay(&m.protocol.name, a, 0, &m.seed.root));
    let text = format!(
        "quorate-certify verify REPORT --key PUB    # recomputes form, signature, counts and verdicts, in seconds\nquorate-certify rerun REPORT --sample 1%    # runs a part of it again\n{again}\nquorate-certify diff REPORT again\n{one}"
    );
    let took = crate::progress::time(m.environment.milliseconds as f64 / 1000.0);
    section(
        "How to repeat it",
        &format!("<pre>{}</pre>\n<p>It took {took} on {} threads.</p>\n", escape(&text), m.environment.threads),
    )
}

fn origin(c: &Certificate) -> String {
    let (p, e, m) = (&c.measured.program, &c.measured.environment, &c.measured);
    let facts = [
        ("sources", &p.sources),
        ("list of dependencies", &p.lock),
        ("specification", &p.spec),
        ("running program", &p.binary),
        ("log of all runs (Merkle root)", &m.log.root),
        ("seed of all coins", &m.seed.root),
        ("the seed comes from", &m.seed.origin),
        ("version", &p.version),
        ("compiler", &p.rustc),
        ("profile", &p.profile),
        ("flags", &p.flags),
        ("target", &p.target),
        ("system", &e.system),
        ("processor", &e.processor),
    ];
    let mut lines: Vec<Vec<Cell>> = facts.iter().map(|(name, value)| vec![text(*name), hex(value.as_str())]).collect();
    lines.push(vec![text("instruction sets"), text(e.features.join(" "))]);
    section("Where it comes from", &table("Hashes are BLAKE3.", &["what", "value"], &lines))
}

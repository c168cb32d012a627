//! A certificate as tables.

mod findings;

use adversary::stats;
use adversary::text::is_shown;
use adversary::verdict::POWER;
use num_traits::ToPrimitive;

use crate::certificate::Certificate;
use crate::certificate::derive::OfRow;
use crate::evidence::{Evidence, attack, coverage, sampled, simulator, tail, total};
use crate::measure::Planned;

pub use findings::{again, findings, one_run, replay};

/// What would be run for every row.
#[must_use]
pub fn planned(rows: &[Planned]) -> String {
    let runs = |runs: u64, known: bool| match (runs, known) {
        (_, true) => runs.to_string(),
        (0, false) => "?".into(),
        (_, false) => format!("{runs} and more"),
    };
    let line = |p: &Planned| vec![p.row.clone(), p.units.to_string(), runs(p.runs, p.known), p.left_out.join(", ")];
    let units = rows.iter().map(|p| p.units).sum::<usize>();
    let all = rows.iter().fold(0, |sum: u64, p| sum.saturating_add(p.runs));
    format!(
        "{}\n{} rows, {units} lines of log, {} runs; `?`: only counting tells\n",
        table(&["row", "lines of log", "runs", "not over"], &rows.iter().map(line).collect::<Vec<_>>()),
        rows.len(),
        runs(all, rows.iter().all(|p| p.known)),
    )
}

/// The whole certificate.
#[must_use]
pub fn render(c: &Certificate) -> String {
    let (m, d) = (&c.measured, &c.derived);
    let mut out = String::new();
    let mut section = |title: &str, head: &[&str], rows: Vec<Vec<String>>| {
        if !rows.is_empty() {
            out += &format!("{title}\n\n{}\n", table(head, &rows));
        }
    };
    let judged: Vec<_> = m.rows.iter().zip(d.rows.iter().map(|r| r.verdict.clone())).collect();
    let of = |pick: &dyn Fn(&Evidence, &str) -> Vec<Vec<String>>| -> Vec<Vec<String>> {
        judged.iter().flat_map(|(r, v)| pick(r, v)).collect()
    };
    section(
        "Named attacks: what must come of them, what did, and what happens without what stops them",
        &["attack", "must be stopped by", "runs", "as it must", "won", "control", "won there", "verdict"],
        of(&|row, v| {
            let Evidence::Attack(a) = row else { return vec![] };
            let control = format!("{} of {}", a.control_won, a.control_runs);
            let [runs, there, won] = [a.runs, a.as_expected(), a.won.len() as u64].map(|n| n.to_string());
            vec![vec![a.id.clone(), expected(a), runs, there, won, a.control.clone(), control, v.into()]]
        }),
    );
    section(
        "Probabilities, counted over every coin",
        &["figure", "claim", "at", "counted", "formula", "is", "runs", "what"],
        of(&|row, _| {
            let Evidence::Counted(f) = row else { return vec![] };
            let point = |p: &crate::evidence::counted::Point| {
                let equal = if p.measured == p.expected { "equal".into() } else { format!("NOT {}", p.expected) };
                let [id, claim, what] = [&f.id, &f.claim, &f.what].map(Clone::clone);
                vec![id, claim, p.at.clone(), p.measured.clone(), p.formula.clone(), equal, p.runs.to_string(), what]
            };
            f.points.iter().map(point).collect()
        }),
    );
    let tail = tail(&m.rows);
    section(
        "Probabilities, sampled with runs fixed beforehand",
        &["figure", "claim", "formula", "is", "runs", "hits", "interval", "notices", "verdict", "what"],
        of(&|row, v| {
            let Evidence::Sampled(s) = row else { return vec![] };
            let Ok(counts) = s.counts() else { return vec![] };
            let (low, high) = counts.interval(tail);
            let [id, claim, formula, what] = [&s.id, &s.claim, &s.formula, &s.what].map(Clone::clone);
            let numbers = [counts.expected.to_string(), s.runs.to_string(), s.hits.to_string()];
            let shown = [format!("{low:.5} to {high:.5}"), detectable(s, tail), v.into(), what];
            vec![[id, claim, formula].into_iter().chain(numbers).chain(shown).collect()]
        }),
    );
    section(
        "The best attack of all, by backward induction over everything a coalition may say",
        &["computation", "p", "achieves", "bound", "runs", "verdict"],
        of(&|row, v| {
            let Evidence::Best(r) = row else { return vec![] };
            let point = |p: &crate::evidence::best::Point| {
                let (size, runs) = (p.p.to_string(), p.runs.to_string());
                vec![r.id.clone(), size, p.best.clone(), p.bound.clone(), runs, v.into()]
            };
            r.points.iter().map(point).collect()
        }),
    );
    section(
        "The best simulator of all: how much of an attacked run the ideal functionality leaves unexplained",
        &["computation", "p", "strategies", "largest distance", "bound", "runs", "verdict"],
        of(&|row, v| {
            let Evidence::Simulator(r) = row else { return vec![] };
            let line = |s: simulator::Size| {
                let numbers = [s.p.to_string(), s.strategies.to_string(), s.largest, s.bound, s.runs.to_string()];
                [r.id.clone()].into_iter().chain(numbers).chain([v.into()]).collect()
            };
            r.by_size().into_iter().map(line).collect()
        }),
    );
    section(
        "Properties beside privacy and correctness: in how many cases, and where they do not hold",
        &["property", "instances", "cases", "violated", "verdict", "what must hold"],
        of(&|row, v| {
            let Evidence::Property(r) = row else { return vec![] };
            let numbers = [r.points.len() as u64, r.cases(), r.violated()].map(|n| n.to_string());
            vec![[r.id.clone()].into_iter().chain(numbers).chain([v.into(), r.holds.clone()]).collect()]
        }),
    );
    section(
        "The certifier itself: seeded weaknesses that it must flag as what they break, sound variants that it must not flag",
        &["kind", "of all", "examined", "as they should be", "interval", "verdict"],
        of(&|row, v| {
            let Evidence::Weakness(r) = row else { return vec![] };
            let ((right, all), (low, high)) = (r.right(), r.interval());
            let cells = [r.all.to_string(), all.to_string(), right.to_string(), format!("{low:.3} to {high:.3}")];
            vec![[r.id.clone()].into_iter().chain(cells).chain([v.into()]).collect()]
        }),
    );
    let mut covered = of(&|row, v| {
        let Evidence::Coverage(r) = row else { return vec![] };
        let line = |(id, f): (&str, coverage::Figure)| {
            vec![r.parties.to_string(), id.into(), f.hit.to_string(), f.all.to_string(), v.into(), f.what]
        };
        r.total().into_iter().map(line).collect()
    });
    if !covered.is_empty() {
        let f = &d.sole_causes;
        let cells = ["any".into(), "AC4".into(), f.hit.to_string(), f.all.to_string(), "-".into(), f.what.clone()];
        covered.push(cells.into());
    }
    section(
        "How much was attacked, of how much: no level waits for a figure, but none at all is vacuous and a broken run fails",
        &["parties", "figure", "met", "of", "verdict", "what"],
        covered,
    );
    section(
        "Semi-honest views of all inputs that a coalition may not tell apart: their largest distance",
        &["computation", "field", "coalition", "inputs", "pairs", "runs", "distance", "verdict"],
        of(&|row, v| {
            let Evidence::Views(r) = row else { return vec![] };
            let point = |p: &crate::evidence::views::Point| {
                let corrupt: Vec<_> = p.corrupt.iter().map(ToString::to_string).collect();
                let [inputs, pairs, runs] = [p.inputs, p.pairs, p.runs].map(|n| n.to_string());
                vec![
                    r.id.clone(),
                    p.field.clone(),
                    corrupt.join("+"),
                    inputs,
                    pairs,
                    runs,
                    p.distance.clone(),
                    v.into(),
                ]
            };
            r.points.iter().map(point).collect()
        }),
    );
    section(
        "Runs in which everyone follows the protocol",
        &["computation", "field", "runs", "right", "verdict"],
        of(&|row, v| {
            let Evidence::Honest(r) = row else { return vec![] };
            let point = |p: &crate::evidence::honest::Point| {
                vec![r.id.clone(), p.field.clone(), p.runs.to_string(), p.right.to_string(), v.into()]
            };
            r.points.iter().map(point).collect()
        }),
    );
    section(
        "Every frame of the coalition with every mutation, or where said a sample of both",
        &["computation", "frames", "runs", "right", "stopped", "gave up", "wrong", "unexplained", "verdict"],
        of(&|row, v| {
            let Evidence::Sweep(s) = row else { return vec![] };
            let frames = match s.sample {
                true => format!("{} sampled", s.frames_changed),
                false => format!("{}/{}", s.frames_changed, s.frames),
            };
            let stopped = total(s.stopped.values().copied());
            let counts = [s.runs, s.right, stopped, s.gave_up, s.wrong, s.unexplained.len() as u64];
            let mut cells = vec![s.id.clone(), frames];
            cells.extend(counts.map(|n| n.to_string()));
            cells.push(v.into());
            vec![cells]
        }),
    );
    out += &findings(c);
    out += "This does not show\n";
    for line in &d.not_covered {
        out += &format!("  {line}\n");
    }
    out += "\nLevels\n";
    for l in &d.levels {
        out += &format!("  {}: {}\n", l.level, l.verdict);
        for line in l.because.iter().chain(&l.missing) {
            out += &format!("    {line}\n");
        }
    }
    let passed = d.rows.iter().filter(|r| r.verdict == "pass").count();
    let decides = |(row, of): &(&Evidence, &OfRow)| !row.supports_only() || ["pass", "fail"].contains(&&*of.verdict);
    let open = d.rows.len() - m.rows.iter().zip(&d.rows).filter(decides).count();
    if open > 0 {
        let all = d.rows.len();
        out += &format!("  {open} of {all} rows decide nothing by themselves: the levels rest on the others\n");
    }
    let levels: Vec<_> = d.levels.iter().map(|l| format!("{} {}", l.level, l.verdict)).collect();
    out += &format!(
        "\n{}: {} with {} parties ({}), {passed} of {} rows passed, {} runs in the log, seed {}\n",
        d.verdict,
        m.protocol.name,
        m.asked.parties.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "),
        levels.join(", "),
        d.rows.len(),
        m.log.lines,
        m.seed.root,
    );
    out
}

/// What must come of an attack.
#[must_use]
pub fn expected(a: &attack::Row) -> String {
    match (a.expected, &a.stopped_by) {
        (attack::Expected::Stopped, Some(check)) => check.clone(),
        (attack::Expected::Stopped, None) => "a check that is not named".into(),
        (attack::Expected::Harmless, _) => "nothing: harmless".into(),
        (attack::Expected::NoOutput, _) => "nothing: no output".into(),
    }
}

/// How many times weaker a protocol would have been noticed by a sample.
#[must_use]
pub fn detectable(s: &sampled::Row, tail: f64) -> String {
    let expected = s.counts().ok().and_then(|c| c.expected.to_f64());
    let factor = expected.and_then(|p| stats::detectable(p, s.runs, tail, POWER));
    factor.map_or_else(|| "nothing".into(), |f| format!("×{f:.2}"))
}

/// A word of a command line as a shell takes it for one.
#[must_use]
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '+' | ',');
    if !word.is_empty() && word.chars().all(plain) { word.into() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// A text of somebody else's as a terminal may show it: what would move the cursor, hide or turn around what is told,
/// or begin a line of its own, is written out.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_shown(c) { out.push(c) } else { out.extend(c.escape_debug()) }
    }
    out
}

/// Columns padded to their widest cell.
#[must_use]
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(ToString::to_string).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| shown(cell)).collect()).collect();
    let all = || std::iter::once(&head).chain(&rows);
    let width = |k: usize| all().filter_map(|row| row.get(k)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut out = String::new();
    for row in all() {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, w)| format!("{cell:w$}")).collect();
        out += &format!("  {}\n", cells.join("  ").trim_end());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [vec!["a".to_owned(), "long cell".to_owned()], vec!["µµµ".to_owned(), "x".to_owned()]];
        assert_eq!(table(&["h", "i"], &rows), "  h    i\n  a    long cell\n  µµµ  x\n");
    }

    #[test]
    fn nothing_that_is_told_steers_a_terminal() {
        for plain in ["", "it's `p = 3`: \"5/9\" \\ é 𝄞 × −"] {
            assert_eq!(shown(plain), plain);
        }
        let steers = "a\u{1b}[2J\n\r\u{9b}\u{7f}\u{202e}z";
        assert_eq!(shown(steers), "a\\u{1b}[2J\\n\\r\\u{9b}\\u{7f}\\u{202e}z");
        assert_eq!(table(&["h"], &[vec!["a\nb".to_owned()]]), "  h\n  a\\nb\n");
    }
}

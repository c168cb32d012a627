//! A certificate as tables.

use crate::certificate::Certificate;

/// The whole certificate.
pub fn render(c: &Certificate) -> String {
    let mut out = String::new();
    let mut section = |title: &str, head: &[&str], rows: Vec<Vec<String>>| {
        if !rows.is_empty() {
            out += &format!("{title}\n\n{}\n", table(head, &rows));
        }
    };
    section(
        "Named attacks: what must stop them, what did, and what happens without it",
        &["attack", "must be stopped by", "outcome", "control", "outcome in the control", "verdict"],
        c.attacks
            .iter()
            .map(|a| {
                [a.id, &a.stopped_by, &a.outcome, &a.control, &a.outcome_in_control, &a.verdict]
                    .map(String::from)
                    .into()
            })
            .collect(),
    );
    section(
        "Probabilities, counted over every coin",
        &["figure", "claim", "at", "counted", "formula", "equal", "runs", "µs a run", "verdict", "what"],
        c.figures
            .iter()
            .map(|f| {
                let time = format!("{:.1}", f.nanoseconds_per_run as f64 / 1000.0);
                let equal = if f.equal { "yes".to_owned() } else { format!("NO: {}", f.expected) };
                let runs = f.runs.to_string();
                let row = [f.id, f.claim, &f.at, &f.measured, &f.formula, &equal, &runs, &time, &f.verdict, f.what];
                row.map(String::from).into()
            })
            .collect(),
    );
    section(
        "Probabilities, sampled with runs fixed beforehand",
        &["figure", "claim", "at", "hits", "runs", "interval", "formula", "value", "detects", "verdict", "what"],
        c.samples
            .iter()
            .map(|f| {
                let interval = format!("{:.6}–{:.6}", f.interval.0, f.interval.1);
                let detects = f.detectable.map_or("nothing".to_owned(), |ratio| format!("{ratio:.2}×"));
                let (hits, runs) = (f.hits.to_string(), f.runs.to_string());
                let counts = [f.id, f.claim, &f.at, &hits, &runs, &interval];
                let rest = [&f.formula, &f.expected, &detects, &f.verdict, f.what];
                counts.into_iter().chain(rest).map(String::from).collect()
            })
            .collect(),
    );
    section(
        "Every frame of the coalition with every mutation, or where said a sample of both",
        &["computation", "frames", "runs", "right", "stopped", "gave up", "wrong", "unexplained", "verdict"],
        c.sweeps
            .iter()
            .map(|s| {
                let frames = match s.sample {
                    true => format!("{} sampled", s.frames_changed),
                    false => format!("{}/{}", s.frames_changed, s.frames),
                };
                let stopped: u64 = s.stopped.values().sum();
                let counts = [s.runs, s.right, stopped, s.gave_up, s.wrong, s.unexplained.len() as u64];
                let mut row = vec![s.case.to_owned(), frames];
                row.extend(counts.map(|n| n.to_string()));
                row.push(s.verdict.clone());
                row
            })
            .collect(),
    );
    for line in c.sweeps.iter().flat_map(|s| s.unexplained.iter().map(move |u| format!("{}: {u}\n", s.case))) {
        out += &line;
    }
    out += "This does not show\n";
    for line in c.not_shown {
        out += &format!("  {line}\n");
    }
    let passed = c.attacks.iter().filter(|a| a.verdict == "pass").count();
    let equal = c.figures.iter().filter(|f| f.equal).count();
    let agree = c.samples.iter().filter(|s| s.verdict == "pass").count();
    let mutations: u64 = c.sweeps.iter().map(|s| s.runs).sum();
    let partial = if c.partial { ", partial" } else { "" };
    out += &format!(
        "\n{}: {} at {}{partial}: {passed} of {} attacks stopped by the check that must stop them, {equal} of {} figures \
         equal to their formulas, {agree} of {} samples agree with theirs, {mutations} mutated runs judged\n",
        c.verdict,
        c.protocol,
        c.level,
        c.attacks.len(),
        c.figures.len(),
        c.samples.len(),
    );
    out
}

/// Columns padded to their widest cell.
fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(ToString::to_string).collect();
    let all = || std::iter::once(&head).chain(rows);
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
}

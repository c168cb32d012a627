//! One run as a sequence diagram: every frame, what the coalition made of it, which check fired, how everyone ended.

use adversary::record::{Change, Close, Record, Recorded};
use adversary::{Expected, Judgement};
use transport::PartyId;

use super::html::{self, Cell, code, escape, number, table, text, verdict};
use super::page;
use crate::seeds::hex;

/// Distance of two lifelines.
const LANE: f64 = 210.0;
/// Height of a frame.
const STEP: f64 = 30.0;
/// Where the first lifeline is: to its left are the steps.
const LEFT: f64 = 300.0;
/// More frames than these are not drawn: the first and the last tell most.
const MOST: usize = 400;

/// What is shown.
pub struct Shown<'a> {
    /// The name of the attack.
    pub id: &'a str,
    /// A few words.
    pub title: &'a str,
    /// What the coalition does.
    pub does: &'a str,
    /// What must come of it.
    pub expected: Expected,
    /// Number of the run.
    pub run: u64,
    /// What is missing in its control, if this is the control.
    pub control: Option<String>,
    /// What came of it.
    pub judgement: &'a Judgement,
    /// The run, and others that were needed for it.
    pub runs: &'a [Recorded],
    /// The command that shows it again.
    pub command: &'a str,
}

/// The page of a run.
#[must_use]
pub fn render(s: &Shown<'_>) -> String {
    let mode = s.control.as_ref().map_or_else(|| "against the shipped code".into(), |c| format!("in its control: {c}"));
    let ended = match (s.judgement.won(), s.control.is_some()) {
        (true, true) => verdict("won, as it must here"),
        (true, false) => verdict("fail"),
        (false, _) => verdict(&s.judgement.to_string()),
    };
    let head = format!(
        "<p>{ended}</p>\n<p>{}: the coalition {}.</p>\n<p>Run {} {}. It must be stopped by {}.</p>\n\
         <p><strong>What came of it:</strong> {}.</p>",
        escape(s.title),
        escape(s.does),
        s.run,
        escape(&mode),
        s.expected
            .check()
            .map_or_else(|| escape(&s.expected.to_string()), |c| format!("<code>{}</code>: {}", c.id, escape(c.tests))),
        escape(&s.judgement.to_string()),
    );
    drawn((s.id, &format!("{} run {}", s.id, s.run)), &head, s.runs, s.command)
}

/// The page of a line of a certificate's log: its row, what was done, and what came of it.
#[must_use]
pub fn line(row: &str, does: &str, came: &str, runs: &[Recorded], command: &str) -> String {
    let head = format!("<p>{}</p>\n<p><strong>What came of it:</strong> {}.</p>", escape(does), escape(came));
    drawn((row, row), &head, runs, command)
}

fn drawn((name, title): (&str, &str), head: &str, runs: &[Recorded], command: &str) -> String {
    let mut body = format!("<header><h1><code>{}</code></h1>\n{head}</header>\n<main>\n", escape(name));
    for run in runs {
        body += &diagram(run);
        body += &changes(run);
    }
    if runs.is_empty() {
        body += "<p>No protocol was run: there is nothing to draw.</p>\n";
    }
    body += &format!("<h2>How to repeat it</h2>\n<pre>{}</pre>\n</main>\n", escape(command));
    page(title, &body)
}

/// The lifelines: the trusted program first, if somebody talks to it.
fn lanes(run: &Recorded) -> Vec<PartyId> {
    let trusted = run.frames.iter().any(|r| r.e.to == PartyId::IDEAL || r.e.from == PartyId::IDEAL);
    trusted.then_some(PartyId::IDEAL).into_iter().chain((0..run.n).map(PartyId::new)).collect()
}

fn name(p: PartyId) -> String {
    if p == PartyId::IDEAL { "trusted program".into() } else { p.to_string() }
}

fn diagram(run: &Recorded) -> String {
    let lanes = lanes(run);
    let x = |p: PartyId| LEFT + LANE * lanes.iter().position(|l| *l == p).unwrap_or(0) as f64;
    let cut = run.frames.len().saturating_sub(MOST);
    let drawn: Vec<&Record> =
        run.frames.iter().enumerate().filter(|(k, _)| *k < MOST / 2 || *k >= cut + MOST / 2).map(|(_, r)| r).collect();
    let (width, height) = (LEFT + LANE * (lanes.len() - 1) as f64 + 130.0, 90.0 + STEP * (drawn.len() as f64 + 2.0));
    let mut out = format!(
        "<figure>\n<div class=\"scroll\"><svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" role=\"img\" aria-label=\"Sequence diagram of {} frames; the table below says the same\">\n",
        run.frames.len()
    );
    out += "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerUnits=\"userSpaceOnUse\" markerWidth=\"11\" markerHeight=\"11\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" fill=\"context-stroke\"/></marker></defs>\n";
    for p in &lanes {
        let corrupt = run.corrupt.contains(*p) && *p != PartyId::IDEAL;
        let (at, ink) = (x(*p), if corrupt { "var(--fail)" } else { "var(--ink)" });
        let role = if corrupt {
            "corrupt"
        } else if *p == PartyId::IDEAL {
            ""
        } else {
            "honest"
        };
        out += &format!(
            "<text x=\"{at}\" y=\"20\" text-anchor=\"middle\" style=\"font-weight:600;fill:{ink}\">{}</text><text class=\"soft\" x=\"{at}\" y=\"38\" text-anchor=\"middle\">{role}</text>\n\
             <line x1=\"{at}\" x2=\"{at}\" y1=\"46\" y2=\"{}\" stroke=\"{ink}\" stroke-width=\"1\" stroke-dasharray=\"{}\"/>\n",
            escape(&name(*p)),
            height - STEP * 1.6,
            if corrupt { "5 3" } else { "" }
        );
    }
    let mut step = String::new();
    for (k, r) in drawn.iter().enumerate() {
        let at = 70.0 + STEP * k as f64;
        let now = r.e.frame.step.to_string();
        if now != step {
            out +=
                &format!("<text class=\"soft\" x=\"0\" y=\"{}\">{}</text>\n", at + 4.0, escape(&shortened(&now, 44)));
            step = now;
        }
        out += &arrow(r, x(r.e.from), x(r.e.to), at);
    }
    if cut > 0 {
        out += &format!(
            "<text x=\"0\" y=\"{}\">{cut} frames in the middle are not drawn</text>\n",
            70.0 + STEP * (MOST / 2) as f64 - STEP / 2.0
        );
    }
    let foot = height - STEP * 0.8;
    for (p, close) in run.ends.iter().enumerate() {
        let (words, ink) = match close {
            Close::Output => ("output".into(), "var(--pass)"),
            Close::Stopped(check, _) => (format!("stops: {check}"), "var(--fail)"),
            Close::Told => ("told of an abort".into(), "var(--open)"),
            Close::Waits => ("waits".into(), "var(--open)"),
            Close::Broken(_) => ("error of its own".into(), "var(--fail)"),
            Close::Panicked => ("panic".into(), "var(--fail)"),
        };
        out += &format!(
            "<text x=\"{}\" y=\"{foot}\" text-anchor=\"middle\" style=\"font-weight:600;fill:{ink}\">{}</text>\n",
            x(PartyId::new(p)),
            escape(&words)
        );
    }
    out += "</svg></div>\n<figcaption class=\"soft\">Time runs downwards; steps are on the left. Thick lines in red are frames that the coalition changed, crosses frames that it swallowed.</figcaption>\n</figure>\n";
    out
}

fn arrow(r: &Record, from: f64, to: f64, at: f64) -> String {
    let touched = r.change != Change::None;
    let (ink, width) = if touched { ("var(--fail)", 2.5) } else { ("var(--soft)", 1.2) };
    let end = if r.change == Change::Dropped { (from + to) / 2.0 } else { to };
    let m = &r.e.frame.meta;
    let label = match r.change {
        Change::None => m.name.to_owned(),
        Change::Replaced(..) => format!("{} (changed)", m.name),
        Change::Dropped => format!("{} (swallowed)", m.name),
        Change::Added => format!("{} (once more)", m.name),
    };
    let cross = if r.change == Change::Dropped {
        format!(
            "<path d=\"M{:.0} {:.0} l10 10 m0 -10 l-10 10\" stroke=\"{ink}\" stroke-width=\"2.5\"/>",
            end - 5.0,
            at - 5.0
        )
    } else {
        String::new()
    };
    let tip = if cross.is_empty() { "marker-end=\"url(#tip)\"" } else { "" };
    let weight = if touched { "font-weight:600;fill:var(--fail)" } else { "" };
    format!(
        "<g><title>{}</title><line x1=\"{from}\" x2=\"{end}\" y1=\"{at}\" y2=\"{at}\" stroke=\"{ink}\" stroke-width=\"{width}\" {tip}/>{cross}\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\" style=\"{weight}\">{}</text></g>\n",
        escape(&told(r)),
        (from + to) / 2.0,
        at - 5.0,
        escape(&label)
    )
}

/// A frame in one line.
fn told(r: &Record) -> String {
    let m = &r.e.frame.meta;
    format!(
        "{} {}: {} {:?}{}, {} bytes",
        r.e.frame.step,
        m.name,
        m.len,
        m.kind,
        if m.field.is_empty() { String::new() } else { format!(" over {}", m.field) },
        r.e.frame.body.len()
    )
}

fn shortened(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        text.to_owned()
    } else {
        format!("…{}", text.chars().skip(count - most + 1).collect::<String>())
    }
}

fn bytes(b: &[u8]) -> String {
    if b.len() <= 32 { hex(b) } else { format!("{}… ({} bytes)", hex(&b[..32]), b.len()) }
}

/// What was changed, before and after.
fn changes(run: &Recorded) -> String {
    let line = |r: &Record| {
        let (before, what) = match &r.change {
            Change::None => return None,
            Change::Replaced(body, tag, to) => {
                let mut what = Vec::new();
                if *body != r.e.frame.body {
                    what.push("content".to_owned());
                }
                if *tag != r.e.frame.tag {
                    what.push("tag".into());
                }
                if *to != r.e.to {
                    what.push(format!("receiver, was {}", name(*to)));
                }
                (bytes(body), what.join(", "))
            }
            Change::Dropped => (bytes(&r.e.frame.body), "swallowed".into()),
            Change::Added => (String::new(), "once more".into()),
        };
        let after = if r.change == Change::Dropped { String::new() } else { bytes(&r.e.frame.body) };
        let way = format!("{} to {}", name(r.e.from), name(r.e.to));
        let cells = [
            number(r.e.seq as u64),
            code(r.e.frame.step.to_string()),
            code(r.e.frame.meta.name),
            text(way),
            text(what),
        ];
        Some(cells.into_iter().chain([html::hex(before), html::hex(after)]).collect::<Vec<Cell>>())
    };
    let lines: Vec<_> = run.frames.iter().filter_map(line).collect();
    let mut out = String::from("<h2>What the coalition changed</h2>\n");
    out += &table(
        "In the order of the frames.",
        &["frame", "step", "message", "way", "changed", "before", "after"],
        &lines,
    );
    if lines.is_empty() {
        out += "<p>Nothing.</p>\n";
    }
    let stops: Vec<Vec<Cell>> = run
        .ends
        .iter()
        .enumerate()
        .map(|(p, close)| {
            let words = match close {
                Close::Output => "has an output".into(),
                Close::Stopped(check, at) => format!("check {check} failed at {at}"),
                Close::Told => "was told that somebody aborted".into(),
                Close::Waits => "waits for a frame that never comes".into(),
                Close::Broken(e) => format!("ended in an error of its own: {e}"),
                Close::Panicked => "the run ended in a panic: what passed the coalition before is shown".into(),
            };
            let role = if run.corrupt.contains(PartyId::new(p)) { "corrupt" } else { "honest" };
            vec![text(name(PartyId::new(p))), text(role), text(words)]
        })
        .collect();
    out + "<h2>How everyone ended</h2>\n"
        + &table(
            "A corrupt party is the honest program as a puppet that never gives up.",
            &["party", "role", "end"],
            &stops,
        )
}

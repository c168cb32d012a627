//! Runs attacks, figures and sweeps.

use std::io::{IsTerminal, Write};

use adversary::{Outcome, Verdict, attacks, cases, exact, sweep::Effort, sweep::sweep};
use protocols::Result;
use spec::{ExitCode, Level};

use crate::arguments::Options;
use crate::certificate::{AttackRow, Certificate, FORMAT, FigureRow, SweepRow};

/// What no attack and no counting shows.
const NOT_SHOWN: &[&str] = &[
    "that hash commitments, the pseudo-random generator and the group behind the base transfers are hard to break",
    "anything by counting over the large fields: the same generic code is counted over F_2, F_3 and F_5",
    "that nothing leaks through time",
    "that all honest parties end alike: the abort is selective",
];

/// A line on standard error that tells what is being done.
struct Progress {
    shown: bool,
    terminal: bool,
}

impl Progress {
    fn new(options: &Options) -> Self {
        Self { shown: !options.silent, terminal: std::io::stderr().is_terminal() }
    }
    fn now(&self, what: &str) {
        if !self.shown {
            return;
        }
        let mut err = std::io::stderr();
        // Progress that cannot be shown is no reason to stop.
        let _ = if self.terminal { write!(err, "\r\x1b[K{what}") } else { writeln!(err, "{what}") };
        let _ = err.flush();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown && self.terminal {
            eprint!("\r\x1b[K");
        }
    }
}

/// The certificate of SPDZ.
pub fn spdz(options: &Options) -> Result<Certificate> {
    let progress = Progress::new(options);
    let mut codes = Vec::new();
    let attacks = attacks(options, &progress, &mut codes);
    let figures = figures(options, &progress, &mut codes)?;
    let sweeps = sweeps(options, &progress, &mut codes);
    let code = ExitCode::of_rows(codes);
    Ok(Certificate {
        format: FORMAT,
        protocol: "spdz",
        version: env!("CARGO_PKG_VERSION"),
        level: Level::A3C2.to_string(),
        seeds: options.seeds(),
        deep: options.deep,
        partial: options.quick || options.only.is_some(),
        attacks,
        figures,
        sweeps,
        not_shown: NOT_SHOWN,
        verdict: code.to_string(),
        exit_code: code.code(),
    })
}

fn attacks(options: &Options, progress: &Progress, codes: &mut Vec<ExitCode>) -> Vec<AttackRow> {
    let wanted: Vec<_> = attacks::all().filter(|a| options.wants(a.id)).collect();
    let total = wanted.len();
    let mut rows = Vec::with_capacity(total);
    for (k, a) in wanted.into_iter().enumerate() {
        progress.now(&format!("attack {} of {total}: {}", k + 1, a.id));
        let trial = a.trial(0..options.seeds());
        let verdict = a.verdict(&trial);
        codes.push(verdict.exit_code());
        rows.push(AttackRow {
            id: a.id,
            title: a.title,
            does: a.does,
            reference: a.reference,
            layer: a.layer,
            stopped_by: a.stopped_by.id,
            outcome: summary(&trial.shipped),
            control: a.control.to_string(),
            outcome_in_control: summary(&trial.control),
            verdict: verdict.exit_code().to_string(),
        });
    }
    rows
}

/// All outcomes if they differ, else the one.
fn summary(outcomes: &[Outcome]) -> String {
    let mut all: Vec<String> = Vec::new();
    for o in outcomes {
        let text = if o.effective { o.judgement.to_string() } else { format!("{} (never fired)", o.judgement) };
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all.join("; ")
}

fn figures(options: &Options, progress: &Progress, codes: &mut Vec<ExitCode>) -> Result<Vec<FigureRow>> {
    let mut rows = Vec::new();
    for m in exact::all().filter(|m| options.wants(m.id) && !(options.quick && m.long)) {
        progress.now(&format!("counting: {}", m.id));
        for figure in m.figures() {
            let f = figure?;
            codes.push(if f.equal() { ExitCode::Pass } else { ExitCode::Fail });
            rows.push(FigureRow {
                id: f.id,
                what: f.what,
                p: f.p,
                measured: f.measured.to_string(),
                formula: f.bound.to_string(),
                expected: f.expected.to_string(),
                equal: f.equal(),
                runs: f.runs,
                nanoseconds_per_run: u64::try_from(f.per_run().as_nanos()).unwrap_or(u64::MAX),
            });
        }
    }
    Ok(rows)
}

fn sweeps(options: &Options, progress: &Progress, codes: &mut Vec<ExitCode>) -> Vec<SweepRow> {
    let mut rows = Vec::new();
    for case in cases::ALL.iter().filter(|c| options.wants(c.name)) {
        let Some((seeds, effort)) = options.sweep(case) else { continue };
        progress.now(&format!("sweep: {}", case.name));
        let r = sweep(case, 0..seeds, effort);
        let verdict: Verdict = r.verdict(case);
        codes.push(verdict.exit_code());
        rows.push(SweepRow {
            case: case.name,
            sample: matches!(effort, Effort::Sample(_)),
            frames: r.frames,
            frames_changed: r.frames_hit,
            runs: r.runs,
            right: r.right,
            gave_up: r.gave_up,
            stopped: r.stopped.clone(),
            wrong: r.wrong.len() as u64,
            unexplained: r.broken.iter().map(|(seed, point, win)| format!("seed {seed}, {point}: {win}")).collect(),
            verdict: verdict.exit_code().to_string(),
        });
    }
    rows
}

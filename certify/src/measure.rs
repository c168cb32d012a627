//! Runs attacks, figures and sweeps.

use std::io::{IsTerminal, Write};

use adversary::sweep::{Effort, Report, sweep};
use adversary::verdict::{ALPHA, share, together};
use adversary::{Outcome, Verdict, attacks, cases, exact, sample};
use protocols::Result;
use spec::{ExitCode, Level};

use crate::arguments::Options;
use crate::certificate::{AttackRow, Certificate, FORMAT, FigureRow, SampleRow, SweepRow};

/// What no attack and no counting shows.
const NOT_SHOWN: &[&str] = &[
    "that hash commitments, the pseudo-random generator and the group behind the base transfers are hard to break",
    "anything by counting over the large fields: the same generic code is counted over F_2, F_3 and F_5, in part over F_7, \
     and sampled over F_31 and F_251",
    "anything about MAC checks modulo 2^k or under several keys: no protocol of these kinds exists yet",
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
    let samples = samples(options, &progress)?;
    let reports = sweeps(options, &progress);
    let (samples, sweeps) = judged(samples, reports, &mut codes);
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
        samples,
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
            stopped_by: a.expected.to_string(),
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
    for m in exact::all().filter(|m| options.wants(m.id) && (!options.quick || m.has_quick_sizes())) {
        progress.now(&format!("counting: {}", m.id));
        let figures = m.figures(!options.quick).collect::<Result<Vec<_>>>()?;
        let verdict = exact::verdict(&figures);
        codes.push(verdict.exit_code());
        rows.extend(figures.into_iter().map(|f| FigureRow {
            id: f.id,
            claim: f.claim,
            what: f.what,
            at: f.at.to_string(),
            size: f.at.size(),
            measured: f.measured.to_string(),
            formula: f.bound.to_string(),
            expected: f.expected.to_string(),
            equal: f.equal(),
            runs: f.runs,
            nanoseconds_per_run: u64::try_from(f.per_run().as_nanos()).unwrap_or(u64::MAX),
            verdict: verdict.to_string(),
        }));
    }
    Ok(rows)
}

/// The seed of all samples.
const SEED: u64 = 1;

fn samples(options: &Options, progress: &Progress) -> Result<Vec<sample::Figure>> {
    let wanted = sample::ALL.iter().filter(|e| options.wants(e.id) && !(options.quick && e.slow));
    let take = |e: &sample::Experiment| {
        progress.now(&format!("sampling: {} {}", e.id, e.at));
        e.take(SEED)
    };
    wanted.map(take).collect()
}

fn sweeps(options: &Options, progress: &Progress) -> Vec<(&'static cases::Case, Effort, Report)> {
    let mut reports = Vec::new();
    for case in cases::ALL.iter().filter(|c| options.wants(c.name)) {
        let Some((seeds, effort)) = options.sweep(case) else { continue };
        progress.now(&format!("sweep: {}", case.name));
        reports.push((case, effort, sweep(case, 0..seeds, effort)));
    }
    reports
}

/// Samples and sweeps are judged together: they share one chance of a false alarm.
fn judged(
    samples: Vec<sample::Figure>,
    sweeps: Vec<(&'static cases::Case, Effort, Report)>,
    codes: &mut Vec<ExitCode>,
) -> (Vec<SampleRow>, Vec<SweepRow>) {
    let sampled: Vec<_> = samples.iter().map(|f| f.counts.clone()).collect();
    let swept: Vec<_> = sweeps.iter().map(|(case, _, r)| r.counts(case)).collect();
    let tail = share(&sampled, &swept, ALPHA);
    let (of_samples, of_sweeps) = together(&sampled, &swept, ALPHA);
    codes.extend(of_samples.iter().chain(&of_sweeps).map(|v| v.exit_code()));
    let sample_row = |(f, verdict): (sample::Figure, Verdict)| SampleRow {
        id: f.id,
        claim: f.claim,
        what: f.what,
        at: f.at.to_string(),
        formula: f.bound.to_string(),
        expected: f.counts.expected.to_string(),
        seed: f.seed,
        planned: f.counts.planned,
        runs: f.counts.runs,
        acted: f.counts.acted,
        hits: f.counts.hits,
        interval: f.counts.interval(tail),
        detectable: f.detectable,
        verdict: verdict.to_string(),
    };
    let sweep_row = |((case, effort, r), verdict): ((&cases::Case, Effort, Report), Verdict)| SweepRow {
        case: case.name,
        sample: matches!(effort, Effort::Sample(_)),
        frames: r.frames,
        frames_changed: r.frames_hit,
        runs: r.runs,
        right: r.right,
        gave_up: r.gave_up,
        stopped: r.stopped,
        wrong: r.wrong.len() as u64,
        unexplained: r.broken.iter().map(|(seed, point, win)| format!("seed {seed}, {point}: {win}")).collect(),
        verdict: verdict.to_string(),
    };
    (
        samples.into_iter().zip(of_samples).map(sample_row).collect(),
        sweeps.into_iter().zip(of_sweeps).map(sweep_row).collect(),
    )
}

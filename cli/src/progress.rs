//! How far a long run is: a bar on a terminal, lines of JSON for a parent process, nothing otherwise.

use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// A report of progress, as a parent process reads it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// What the party is doing.
    pub phase: String,
    /// Items done.
    pub done: u64,
    /// Items in all, 0 if the phase has no count.
    pub total: u64,
    /// Bytes sent so far.
    pub bytes: u64,
    /// Items a second since the phase began.
    pub rate: f64,
    /// Seconds until the phase ends at this rate, if that can be told.
    pub left: Option<f64>,
}

impl Report {
    fn new(phase: &str, [done, total, bytes]: [u64; 3], since: Duration) -> Self {
        let rate = done as f64 / since.as_secs_f64().max(1e-3);
        let left = (done > 0 && total > 0).then(|| total.saturating_sub(done) as f64 / rate);
        Self { phase: phase.to_owned(), done, total, bytes, rate, left }
    }
}

/// The end of a run without a result, as a parent process reads it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ended {
    /// The message.
    pub failure: String,
    /// Whether the cause is at another party.
    pub follows: bool,
}

/// Where progress goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Style {
    /// A bar if standard error is a terminal, else nothing.
    #[default]
    Auto,
    /// One JSON object a line on standard error, the end of a failed run included.
    Json,
    /// Nothing.
    None,
}

/// The shortest time between two reports.
const EVERY: Duration = Duration::from_millis(100);

/// Progress of one party.
pub struct Progress {
    style: Style,
    bar: Option<ProgressBar>,
    last: RefCell<Last>,
}

/// The last report.
struct Last {
    phase: String,
    /// When the phase began.
    began: Instant,
    at: Instant,
}

/// The look of a bar: phase, bar, count, rate, bytes, time left.
pub fn bar(prefix: &str) -> ProgressBar {
    let bar = ProgressBar::new(1);
    let template = "{prefix:>12} {msg:<14} [{bar:24}] {human_pos}/{human_len} {per_sec} {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_prefix(prefix.to_owned());
    bar
}

/// Shows a report on a bar.
pub fn show(bar: &ProgressBar, r: &Report) {
    let message = format!("{} {:.1} MB", r.phase, r.bytes as f64 / 1e6);
    if bar.length() != Some(r.total.max(1)) {
        bar.reset_eta();
        bar.set_length(r.total.max(1));
    }
    bar.set_message(message);
    bar.set_position(r.done);
}

impl Progress {
    /// Progress of the party of this name.
    #[must_use]
    pub fn new(style: Style, name: &str) -> Self {
        let terminal = style == Style::Auto && std::io::stderr().is_terminal();
        let now = Instant::now();
        Self {
            style,
            bar: terminal.then(|| bar(name)),
            last: RefCell::new(Last { phase: String::new(), began: now, at: now }),
        }
    }
    /// `done` of `total` items of this phase are done.
    pub fn at(&self, phase: &str, done: u64, total: u64, bytes: u64) {
        let mut last = self.last.borrow_mut();
        let (same, now) = (last.phase == phase, Instant::now());
        if same && now - last.at < EVERY && done < total {
            return;
        }
        let began = if same { last.began } else { now };
        *last = Last { phase: phase.to_owned(), began, at: now };
        let report = Report::new(phase, [done, total, bytes], now - began);
        if let Some(bar) = &self.bar {
            show(bar, &report);
        }
        if self.style == Style::Json
            && let Ok(line) = serde_json::to_string(&report)
        {
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }
    /// Tells a parent process why the run ended, `false` if nobody reads it there.
    #[must_use]
    pub fn failed(&self, e: &Failure) -> bool {
        let ended = Ended { failure: e.to_string(), follows: e.follows };
        self.style == Style::Json
            && serde_json::to_string(&ended).is_ok_and(|line| writeln!(std::io::stderr(), "{line}").is_ok())
    }
    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

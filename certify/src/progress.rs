//! What is told on standard error: messages, and a line of what is being done, how fast, and how long it will take.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Says something to whoever runs the program, on standard error. That nobody can hear it is no reason to stop.
pub fn say(what: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{what}");
}

/// Progress of work whose parts have rough weights.
pub struct Progress {
    shown: bool,
    terminal: bool,
    start: Instant,
    last: Instant,
    total: u64,
    done: u64,
    runs: u64,
    /// Number of the part, and of all parts.
    part: (usize, usize),
    name: String,
}

impl Progress {
    /// Of parts with these weights; nothing is shown if `silent`.
    #[must_use]
    pub fn new(silent: bool, parts: usize, total: u64) -> Self {
        let now = Instant::now();
        Self {
            shown: !silent,
            terminal: std::io::stderr().is_terminal(),
            start: now,
            last: now,
            total: total.max(1),
            done: 0,
            runs: 0,
            part: (0, parts),
            name: String::new(),
        }
    }
    /// Of which some was done before, in this time.
    #[must_use]
    pub fn after(mut self, before: Duration) -> Self {
        self.start = self.start.checked_sub(before).unwrap_or(self.start);
        self
    }
    /// A part begins.
    pub fn begins(&mut self, name: &str) {
        self.part.0 += 1;
        self.name = name.to_owned();
        self.show(0.0);
    }
    /// A part of this weight is done with so many of its runs.
    pub fn runs(&mut self, weight: u64, done: usize, all: usize) {
        if self.terminal && self.last.elapsed() > Duration::from_millis(200) {
            self.show(weight as f64 * done as f64 / all.max(1) as f64);
        }
    }
    /// So many of all runs of the only part are done, and counted for the rate.
    pub fn played(&mut self, weight: u64, done: usize, all: usize) {
        self.runs = done as u64;
        self.runs(weight, done, all);
    }
    /// A part of this weight is done.
    pub fn ends(&mut self, weight: u64, runs: usize) {
        self.done += weight;
        self.runs += runs as u64;
    }
    fn show(&mut self, more: f64) {
        if !self.shown {
            return;
        }
        self.last = Instant::now();
        let (seconds, share) = (self.start.elapsed().as_secs_f64(), (self.done as f64 + more) / self.total as f64);
        let left =
            if share > 0.02 { format!(", about {} left", time(seconds / share - seconds)) } else { String::new() };
        let rate = if seconds > 1.0 { format!(", {:.0} runs/s", self.runs as f64 / seconds) } else { String::new() };
        let line = format!("[{}/{}] {}{rate}{left}", self.part.0, self.part.1, self.name);
        let mut err = std::io::stderr();
        // Progress that cannot be shown is no reason to stop.
        let _ = if self.terminal { write!(err, "\r\x1b[K{line}") } else { writeln!(err, "{line}") };
        let _ = err.flush();
    }
}

/// A duration for people.
#[must_use]
pub fn time(seconds: f64) -> String {
    let s = seconds.max(0.0).round() as u64;
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min {} s", s / 60, s % 60),
        _ => format!("{} h {} min", s / 3600, s / 60 % 60),
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown && self.terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

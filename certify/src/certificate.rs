//! What a certification found. Serialised as it stands; `format` changes whenever a field does.

use std::collections::BTreeMap;

use serde::Serialize;
use spec::ExitCode;

/// The name of the shape of [`Certificate`].
pub const FORMAT: &str = "quorate-certificate/3";

/// A whole certificate.
#[derive(Serialize)]
pub struct Certificate {
    /// [`FORMAT`].
    pub format: &'static str,
    /// The protocol.
    pub protocol: &'static str,
    /// Version of the program.
    pub version: &'static str,
    /// The level it was measured for.
    pub level: String,
    /// Seeds that every attack and sweep ran with.
    pub seeds: u64,
    /// Whether long measurements were left out, or only some names were asked for.
    pub partial: bool,
    /// Whether everything was swept wholly, with two parties bits and items inside large frames too.
    pub deep: bool,
    /// The named attacks.
    pub attacks: Vec<AttackRow>,
    /// The exact figures.
    pub figures: Vec<FigureRow>,
    /// The sampled figures.
    pub samples: Vec<SampleRow>,
    /// The sweeps.
    pub sweeps: Vec<SweepRow>,
    /// What all of it does not show.
    pub not_shown: &'static [&'static str],
    /// `pass`, `fail`, `inconclusive` or `vacuous`: the worst row.
    pub verdict: String,
    /// The same as a number.
    pub exit_code: u8,
}

/// One named attack.
#[derive(Serialize)]
pub struct AttackRow {
    /// Its name.
    pub id: &'static str,
    /// A few words.
    pub title: &'static str,
    /// What the coalition does.
    pub does: &'static str,
    /// Where it was described.
    pub reference: &'static str,
    /// The protocol page it attacks.
    pub layer: &'static str,
    /// The check that must stop it, or why none does.
    pub stopped_by: String,
    /// What came of it against the shipped code.
    pub outcome: String,
    /// What the control changes.
    pub control: String,
    /// What came of it there.
    pub outcome_in_control: String,
    /// `pass`, `fail` or `vacuous`.
    pub verdict: String,
}

/// One counted probability.
#[derive(Serialize)]
pub struct FigureRow {
    /// Its name.
    pub id: &'static str,
    /// The claim it is about.
    pub claim: &'static str,
    /// What was counted.
    pub what: &'static str,
    /// Where: `p=3`, or with t items under one check `p=3 t=2`, or with blocks or hashes of so many bits.
    pub at: String,
    /// The size that differs between the rows of one figure.
    pub size: u64,
    /// The counted fraction.
    pub measured: String,
    /// The formula.
    pub formula: String,
    /// Its value there.
    pub expected: String,
    /// Whether both are the same rational number.
    pub equal: bool,
    /// Runs of the protocol.
    pub runs: u64,
    /// Time of one run.
    pub nanoseconds_per_run: u64,
    /// The verdict on all rows of this name: `inconclusive` with fewer than three sizes.
    pub verdict: String,
}

/// One sampled probability.
#[derive(Serialize)]
pub struct SampleRow {
    /// Its name.
    pub id: &'static str,
    /// The claim it is about.
    pub claim: &'static str,
    /// What was sampled.
    pub what: &'static str,
    /// Where, as in [`FigureRow`].
    pub at: String,
    /// The formula.
    pub formula: String,
    /// Its value there.
    pub expected: String,
    /// The seed of its runs.
    pub seed: u64,
    /// Runs that were planned before the first.
    pub planned: u64,
    /// Runs that were made.
    pub runs: u64,
    /// Runs in which the attack changed something that was delivered.
    pub acted: u64,
    /// Runs in which it succeeded.
    pub hits: u64,
    /// The Clopper–Pearson interval of the probability.
    pub interval: (f64, f64),
    /// How many times weaker a protocol would have been noticed; `null`: none would.
    pub detectable: Option<f64>,
    /// `pass`, `fail`, `inconclusive` or `vacuous`.
    pub verdict: String,
}

/// One sweep.
#[derive(Serialize)]
pub struct SweepRow {
    /// The computation.
    pub case: &'static str,
    /// Whether only a sample of its frames and mutations was run.
    pub sample: bool,
    /// Frames that the coalition sends and receives; of a sample, those that were to be changed.
    pub frames: u64,
    /// Frames that some mutation changed.
    pub frames_changed: u64,
    /// Runs with a mutation that changed something.
    pub runs: u64,
    /// Ended with the right output.
    pub right: u64,
    /// Waited for the coalition.
    pub gave_up: u64,
    /// Stopped, by check.
    pub stopped: BTreeMap<&'static str, u64>,
    /// Wrong outputs accepted: allowed over tiny fields, at most as often as the bound of the MAC check.
    pub wrong: u64,
    /// Anything else that no ideal functionality explains, with its place.
    pub unexplained: Vec<String>,
    /// `pass`, `fail` or `vacuous`.
    pub verdict: String,
}

impl Certificate {
    /// How the program ends.
    #[must_use]
    pub fn code(&self) -> ExitCode {
        [ExitCode::Pass, ExitCode::Fail, ExitCode::Inconclusive]
            .into_iter()
            .find(|c| c.code() == self.exit_code)
            .unwrap_or(ExitCode::Vacuous)
    }
}

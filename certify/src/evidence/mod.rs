//! One row of a certificate: raw counts of one kind of evidence, and nothing that could not be counted again from the
//! log. Verdicts are derived from the rows, never stored in them.
//!
//! | kind | file | what was done |
//! |---|---|---|
//! | attack | [`attack`] | a named attack, against the shipped code and in its control |
//! | counted | [`counted`] | a probability over every coin, at several sizes |
//! | best | [`best`] | the best attack of all, by backward induction |
//! | simulator | [`simulator`] | the best simulator of a strategy, with its proof |
//! | property | [`property`] | a property beside privacy and correctness |
//! | weakness | [`weakness`] | the certifier on code that is wrong on purpose, and on sound variants |
//! | coverage | [`coverage`] | how much was attacked, of how much |
//! | sampled | [`sampled`] | a probability over larger fields, in runs fixed beforehand |
//! | sweep | [`sweep`] | every frame with every mutation |
//! | honest | [`honest`] | runs in which everyone follows the protocol |
//! | views | [`views`] | semi-honest views of all inputs, compared |
//! | outputs | [`outputs`] | whether the functionality says anything at all |

pub mod attack;
pub mod best;
pub mod counted;
pub mod coverage;
pub mod formula;
pub mod honest;
pub mod outputs;
pub mod property;
pub mod sampled;
pub mod simulator;
pub mod sweep;
pub mod views;
pub mod weakness;

use std::fmt;

use adversary::Verdict;
use adversary::verdict::{ALPHA, SIZES, Sampled, Swept, share, together};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::log::{Entry, Found};

/// The sum of counts that may be whoever's who made the certificate: as large as it can be where it would not fit.
pub(crate) fn total(counts: impl IntoIterator<Item = u64>) -> u64 {
    counts.into_iter().fold(0, u64::saturating_add)
}

/// A row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Evidence {
    /// A named attack.
    Attack(attack::Row),
    /// A counted probability.
    Counted(counted::Row),
    /// A sampled probability.
    Sampled(sampled::Row),
    /// The best attack of all.
    Best(best::Row),
    /// A sweep.
    Sweep(sweep::Row),
    /// Runs without deviation.
    Honest(honest::Row),
    /// Semi-honest privacy.
    Views(views::Row),
    /// The functionality itself.
    Outputs(outputs::Row),
    /// The best simulator.
    Simulator(simulator::Row),
    /// A property beside privacy and correctness.
    Property(property::Row),
    /// How much was attacked.
    Coverage(coverage::Row),
    /// The certifier on seeded weaknesses.
    Weakness(weakness::Row),
}

/// What kind of knowledge a row is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub enum Grade {
    /// Argued, not measured.
    E0,
    /// Sampled: some runs of very many.
    E1,
    /// Exact on tiny instances: every coin counted.
    E2,
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::E0 => "E0 argued",
            Self::E1 => "E1 sampled",
            Self::E2 => "E2 exact on tiny instances",
        })
    }
}

/// A row and the log disagree, or a row contradicts itself.
pub type Mismatch = String;

/// The points of a row, and what ended in none.
fn points<P>(
    entries: &[&Entry],
    point: impl Fn(&&Entry) -> Result<P, Mismatch>,
) -> Result<(Vec<P>, Vec<String>), Mismatch> {
    let (mut points, mut broken) = (Vec::new(), Vec::new());
    for e in entries {
        match &e.found {
            Found::Unexplained(what) => broken.push(format!("{:?}: {what}", e.unit)),
            _ => points.push(point(e)?),
        }
    }
    Ok((points, broken))
}

impl Evidence {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Attack(r) => &r.id,
            Self::Counted(r) => &r.id,
            Self::Sampled(r) => &r.id,
            Self::Best(r) => &r.id,
            Self::Sweep(r) => &r.id,
            Self::Honest(r) => &r.id,
            Self::Views(r) => &r.id,
            Self::Outputs(r) => &r.id,
            Self::Simulator(r) => &r.id,
            Self::Property(r) => &r.id,
            Self::Coverage(r) => &r.id,
            Self::Weakness(r) => &r.id,
        }
    }
    /// What kind of row it is.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Attack(_) => "attack",
            Self::Counted(_) => "counted",
            Self::Sampled(_) => "sampled",
            Self::Best(_) => "best",
            Self::Sweep(_) => "sweep",
            Self::Honest(_) => "honest",
            Self::Views(_) => "views",
            Self::Outputs(_) => "outputs",
            Self::Simulator(_) => "simulator",
            Self::Property(_) => "property",
            Self::Coverage(_) => "coverage",
            Self::Weakness(_) => "weakness",
        }
    }
    /// Its name among the rows of all kinds: what the log calls it.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{} {}", self.kind(), self.id())
    }
    /// The number of parties it speaks of, if it speaks of one.
    #[must_use]
    pub fn parties(&self) -> Option<u64> {
        match self {
            Self::Attack(_) | Self::Counted(_) | Self::Sampled(_) | Self::Weakness(_) => None,
            Self::Best(r) => Some(r.parties),
            Self::Sweep(r) => Some(r.parties),
            Self::Honest(r) => Some(r.parties),
            Self::Views(r) => Some(r.parties),
            Self::Outputs(r) => Some(r.parties),
            Self::Simulator(r) => Some(r.parties),
            Self::Property(r) => Some(r.parties),
            Self::Coverage(r) => Some(r.parties),
        }
    }
    /// What kind of knowledge it is.
    #[must_use]
    pub fn grade(&self) -> Grade {
        match self {
            Self::Counted(_) | Self::Best(_) | Self::Views(_) | Self::Outputs(_) | Self::Simulator(_) => Grade::E2,
            // Counted over every coin, where it is.
            Self::Property(r) if r.exact() => Grade::E2,
            Self::Attack(_)
            | Self::Sampled(_)
            | Self::Sweep(_)
            | Self::Honest(_)
            | Self::Property(_)
            | Self::Weakness(_)
            | Self::Coverage(_) => Grade::E1,
        }
    }
    /// Whether the row only supports others: it can fail a level, but no level waits for it.
    #[must_use]
    pub fn supports_only(&self) -> bool {
        match self {
            Self::Counted(r) => r.sizes() < SIZES,
            Self::Best(r) => r.sizes() < SIZES,
            // Where the output tells all inputs, or counting takes too long: other parts and numbers of parties show
            // it.
            Self::Views(r) => r.sizes() < SIZES || !r.compared(),
            // The parts of a larger protocol may be constant; some part has to say something.
            Self::Outputs(_) => true,
            Self::Simulator(r) => r.supports_only(),
            // Where every input is told by the output, there is nothing that an abort could tell beside.
            Self::Property(r) => r.may_lack_cases() && r.cases() == 0,
            _ => false,
        }
    }
    /// How many runs it says were made for it, or cases that took some.
    #[must_use]
    pub fn runs(&self) -> u64 {
        match self {
            Self::Attack(r) => total([r.runs, r.control_runs]),
            Self::Counted(r) => total(r.points.iter().map(|p| p.runs)),
            Self::Sampled(r) => r.runs,
            Self::Best(r) => total(r.points.iter().map(|p| p.runs)),
            Self::Sweep(r) => total([r.runs, r.idle]),
            Self::Honest(r) => total(r.points.iter().map(|p| p.runs)),
            Self::Views(r) => total(r.points.iter().map(|p| p.runs)),
            Self::Outputs(_) => 0,
            Self::Simulator(r) => total(r.points.iter().map(|p| p.runs)),
            Self::Property(r) => total(r.points.iter().map(|p| p.cases)),
            Self::Coverage(r) => total(r.points.iter().map(|p| p.runs)),
            Self::Weakness(r) => total(r.points.iter().map(|p| p.measurements)),
        }
    }
    /// The same row counted anew from its lines of the log.
    pub fn recounted(&self, entries: &[&Entry]) -> Result<Self, Mismatch> {
        if let Some(Entry { found: Found::Error(e), .. }) = entries.iter().find(|e| matches!(e.found, Found::Error(_)))
        {
            return Err(format!("{}: {e}", self.id()));
        }
        Ok(match self {
            Self::Attack(r) => Self::Attack(r.recounted(entries)?),
            Self::Counted(r) => Self::Counted(r.recounted(entries)?),
            Self::Sampled(r) => Self::Sampled(r.recounted(entries)?),
            Self::Best(r) => Self::Best(r.recounted(entries)?),
            Self::Sweep(r) => Self::Sweep(r.recounted(entries)?),
            Self::Honest(r) => Self::Honest(r.recounted(entries)?),
            Self::Views(r) => Self::Views(r.recounted(entries)?),
            Self::Outputs(r) => Self::Outputs(r.recounted(entries)?),
            Self::Simulator(r) => Self::Simulator(r.recounted(entries)?),
            Self::Property(r) => Self::Property(r.recounted(entries)?),
            Self::Coverage(r) => Self::Coverage(r.recounted(entries)?),
            Self::Weakness(r) => Self::Weakness(r.recounted(entries)?),
        })
    }
    /// Whether the row means anything: fractions that are fractions, formulas that are known and have the value they
    /// are said to have.
    pub fn check(&self) -> Result<(), Mismatch> {
        let at = |e: String| format!("{}: {e}", self.id());
        match self {
            Self::Counted(r) => r.check().map_err(at),
            Self::Sampled(r) => r.counts().map(drop).map_err(at),
            Self::Best(r) => r.check().map_err(at),
            Self::Sweep(r) => r.counts().map(drop).map_err(at),
            Self::Views(r) => r.check().map_err(at),
            Self::Simulator(r) => r.check().map_err(at),
            Self::Property(r) => r.check().map_err(at),
            Self::Coverage(r) => r.check().map_err(at),
            Self::Weakness(r) => r.check().map_err(at),
            Self::Attack(_) | Self::Honest(_) | Self::Outputs(_) => Ok(()),
        }
    }
}

/// The verdict on every row, in order. Rows that could fail by chance share one budget. A row that means nothing fails.
#[must_use]
pub fn verdicts(rows: &[Evidence]) -> Vec<Verdict> {
    let sample = |row: &Evidence| match row {
        Evidence::Sampled(r) => r.counts().ok(),
        _ => None,
    };
    let samples: Vec<Sampled> = rows.iter().filter_map(sample).collect();
    let sweeps: Vec<Swept> = rows.iter().flat_map(wrong_outputs).collect();
    let (of_samples, of_sweeps) = together(&samples, &sweeps, ALPHA);
    let (mut of_samples, mut of_sweeps) = (of_samples.into_iter(), of_sweeps.into_iter());
    let mut verdict = |row: &Evidence| match row {
        _ if row.check().is_err() => Verdict::Fail,
        Evidence::Attack(r) => r.verdict(),
        Evidence::Counted(r) => r.verdict(),
        Evidence::Sampled(_) => of_samples.next().unwrap_or(Verdict::Fail),
        Evidence::Best(r) => r.verdict(),
        Evidence::Sweep(_) => of_sweeps.next().unwrap_or(Verdict::Fail),
        Evidence::Honest(r) => r.verdict(),
        Evidence::Views(r) => r.verdict(),
        Evidence::Outputs(r) => r.verdict(),
        Evidence::Simulator(r) => r.verdict(),
        Evidence::Property(r) => r.verdict(),
        Evidence::Coverage(r) => {
            let of_subjects: Vec<Verdict> = of_sweeps.by_ref().take(r.points.len()).collect();
            r.verdict(&of_subjects)
        }
        Evidence::Weakness(r) => r.verdict(),
    };
    rows.iter().map(&mut verdict).collect()
}

/// What is tested for too many wrong outputs in a row: nothing if it means nothing.
fn wrong_outputs(row: &Evidence) -> Vec<Swept> {
    match row {
        Evidence::Sweep(r) => r.counts().map(|s| vec![s]),
        Evidence::Coverage(r) => r.check().and_then(|()| r.counts()),
        _ => Ok(Vec::new()),
    }
    .unwrap_or_default()
}

/// The level of each one-sided test of the rows that could fail by chance: what their intervals are for.
#[must_use]
pub fn tail(rows: &[Evidence]) -> f64 {
    let samples = rows.iter().filter_map(|r| if let Evidence::Sampled(r) = r { r.counts().ok() } else { None });
    let sweeps: Vec<Swept> = rows.iter().flat_map(wrong_outputs).collect();
    share(&samples.collect::<Vec<_>>(), &sweeps, ALPHA)
}

//! The certifier certified: protocols with one seeded weakness each, on which a measurement must fail, and sound variants,
//! on which none may. A measurement that never fails proves nothing, and one that fails on sound code is noise.
//!
//! | file | what it does |
//! |---|---|
//! | [`toy`] | the online phase written again, so that one idea can be left out or done otherwise |
//! | [`way`] | the ways in which it is done |
//! | [`battery`] | every measurement that a computation allows, on one specimen |
//! | [`authentication`] | authentication written again, with a mask that is sometimes none |
//! | [`coins`] | tapes that are biased or copied |
//! | [`extension`] | the shipped extension of transfers, without the masks of its check |
//! | [`own`] | weaknesses that need an experiment of their own |
//! | [`table`] | the weaknesses and the sound variants, row by row |
//!
//! Each specimen is measured as it ships, where nothing may be found, and with its weakness, where exactly what it breaks
//! must be found, by whatever measurement. A weakness that was not applied is not found, which counts as a failure of the
//! certifier. A sound variant that was not applied would pass, so a test compares what it sends with what its twin sends.

pub mod authentication;
pub mod battery;
pub mod coins;
pub mod extension;
pub mod own;
pub mod table;
pub mod toy;
pub mod way;

use std::collections::BTreeSet;
use std::fmt;

use protocols::Result;

pub use battery::{Battery, Change};
pub use table::{NOT_APPLICABLE, SOUND, WEAKNESSES};

/// What a weakness takes away.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Loss {
    /// Parties that follow the protocol learn more than their outputs.
    A1Privacy,
    /// Honest parties accept what is wrong, or differently, whatever the size of the field.
    A3Correctness,
    /// Honest parties accept what is wrong more often than claimed, though less and less in larger fields.
    Bound,
    /// A coalition that deviates learns more than claimed.
    A3Privacy,
    /// A coalition's inputs depend on the honest ones.
    Independence,
    /// Where a run stops tells about inputs.
    AbortPrivacy,
    /// The traffic tells about inputs.
    Shape,
    /// One message has several encodings.
    Malleability,
    /// A message makes an honest party crash or ask for any amount of memory.
    Service,
    /// An honest party is accused.
    Defamation,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A1Privacy => "A1 privacy",
            Self::A3Correctness => "A3 correctness",
            Self::Bound => "bound",
            Self::A3Privacy => "A3 privacy",
            Self::Independence => "independence of inputs",
            Self::AbortPrivacy => "abort privacy",
            Self::Shape => "traffic shape",
            Self::Malleability => "one encoding",
            Self::Service => "service",
            Self::Defamation => "non-defamation",
        })
    }
}

/// What one measurement says about a specimen.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The measurement.
    pub by: &'static str,
    /// What is lost, if something is.
    pub loss: Option<Loss>,
    /// The figure or the case that shows it.
    pub evidence: String,
}

/// What is weakened.
#[derive(Clone, Copy)]
pub enum Specimen {
    /// A computation, in a changed world or written in another way.
    Battery(Battery),
    /// A named attack, what its control gives away, and whatever else is measured of a computation with the same change.
    Attack(&'static str, Loss, Option<Battery>),
    /// An experiment of its own; `true`: with the weakness.
    Own(fn(bool) -> Result<Vec<Finding>>),
}

/// A seeded weakness, or a sound variant that breaks nothing.
pub struct Weakness {
    /// Its number in the design's list.
    pub row: u32,
    /// Dotted name.
    pub id: &'static str,
    /// What is left out or done otherwise.
    pub weakens: &'static str,
    /// What that breaks: exactly this must be found.
    pub breaks: &'static [Loss],
    /// What is measured.
    pub specimen: Specimen,
}

/// What was found on one weakness.
#[derive(Clone, Debug)]
pub struct Examined {
    /// On the specimen as it ships.
    pub shipped: Vec<Finding>,
    /// On the specimen with its weakness.
    pub weakened: Vec<Finding>,
}

impl Weakness {
    /// Measures it, as it ships and weakened.
    pub fn examine(&self) -> Result<Examined> {
        let measure = |weak| match self.specimen {
            Specimen::Battery(battery) => battery.findings(weak),
            Specimen::Attack(id, loss, besides) => {
                let mut findings = battery::attacked(id, loss, weak)?;
                if let Some(battery) = besides {
                    findings.extend(battery.findings(weak)?);
                }
                Ok(findings)
            }
            Specimen::Own(measure) => measure(weak),
        };
        Ok(Examined { shipped: measure(false)?, weakened: measure(true)? })
    }
    /// Whether exactly what it breaks was found, and nothing on the specimen as it ships.
    #[must_use]
    pub fn flagged(&self, found: &Examined) -> bool {
        losses(&found.shipped).is_empty()
            && !found.weakened.is_empty()
            && found.lost() == self.breaks.iter().copied().collect()
    }
}

impl Examined {
    /// What is lost with the weakness, but for what follows from something else that is.
    #[must_use]
    pub fn lost(&self) -> BTreeSet<Loss> {
        without_implied(losses(&self.weakened))
    }
}

/// Everything that is lost according to these findings.
#[must_use]
pub fn losses(findings: &[Finding]) -> BTreeSet<Loss> {
    findings.iter().filter_map(|f| f.loss).collect()
}

/// A wrong output that is accepted is not explained by the functionality and may tell inputs as well: where correctness
/// is lost, what an active coalition learns beside is no loss of its own.
fn without_implied(mut losses: BTreeSet<Loss>) -> BTreeSet<Loss> {
    if losses.contains(&Loss::A3Correctness) || losses.contains(&Loss::Bound) {
        losses.remove(&Loss::A3Privacy);
    }
    if losses.contains(&Loss::A3Correctness) {
        losses.remove(&Loss::Bound);
    }
    losses
}

/// Examines rows: how many are as they should be, of all. `each` is shown every one with whether it is.
pub fn examine(rows: &[Weakness], mut each: impl FnMut(&Weakness, &Examined, bool)) -> Result<(u64, u64)> {
    let mut right = 0;
    for weakness in rows {
        let found = weakness.examine()?;
        let flagged = weakness.flagged(&found);
        right += u64::from(flagged);
        each(weakness, &found, flagged);
    }
    Ok((right, rows.len() as u64))
}

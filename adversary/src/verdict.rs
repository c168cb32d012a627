//! From raw counts to a verdict: the same few pure functions for whoever measures and for whoever re-reads a certificate.
//! There is no override; what is not demonstrated is never rounded up to a pass.
//!
//! | evidence | fail | inconclusive | vacuous |
//! |---|---|---|---|
//! | counted | some fraction is not its formula | fewer than [`SIZES`] sizes | nothing was counted |
//! | sampled | too many hits, or too few, for its formula | the interval is too wide, or the plan was not kept | the attack did not act in every run |
//! | attacked | it won, or another check stopped it | | it had no effect, or does not win in its control |
//! | swept | something unexplained, or too many wrong outputs | | some frame was never changed |

use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};
use serde::{Deserialize, Serialize};
use spec::ExitCode;

use crate::stats::{at_least, at_most, interval};

/// What the evidence says about one statement, from good to bad.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Demonstrated.
    Pass,
    /// Not enough evidence.
    Inconclusive,
    /// The test did not test anything.
    Vacuous,
    /// Refuted.
    Fail,
}

impl Verdict {
    /// Its exit code.
    #[must_use]
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::Pass => ExitCode::Pass,
            Self::Inconclusive => ExitCode::Inconclusive,
            Self::Vacuous => ExitCode::Vacuous,
            Self::Fail => ExitCode::Fail,
        }
    }
    /// The verdict on all of these together: the worst, and vacuous if there is none.
    #[must_use]
    pub fn of_all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().max().unwrap_or(Self::Vacuous)
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.exit_code().fmt(f)
    }
}

/// The chance that a certificate of sound code says `fail` anywhere.
pub const ALPHA: f64 = 1e-6;
/// A sample must exclude a protocol this many times weaker.
pub const WEAKER: f64 = 1.25;
/// The chance that a sample notices one.
pub const POWER: f64 = 0.999;
/// Sizes that a claim is counted at: a wrong formula may agree with the right one at one size or two.
pub const SIZES: usize = 3;

/// One counted probability.
#[derive(Clone, Debug)]
pub struct Counted {
    /// The size it was counted at: the order of the field, or what else the claim varies.
    pub size: u64,
    /// Runs that were counted.
    pub runs: u64,
    /// The counted fraction.
    pub measured: BigRational,
    /// The value of the formula.
    pub expected: BigRational,
}

/// A claim counted at several sizes: equal as fractions, everywhere.
#[must_use]
pub fn counted(points: &[Counted]) -> Verdict {
    if points.iter().any(|c| c.runs > 0 && c.measured != c.expected) {
        return Verdict::Fail;
    }
    if points.is_empty() || points.iter().any(|c| c.runs == 0) {
        return Verdict::Vacuous;
    }
    let sizes: std::collections::BTreeSet<u64> = points.iter().map(|c| c.size).collect();
    if sizes.len() < SIZES { Verdict::Inconclusive } else { Verdict::Pass }
}

/// One sampled probability.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// Runs that were planned before the first.
    pub planned: u64,
    /// Runs that were made.
    pub runs: u64,
    /// Runs in which the attack changed something that was delivered.
    pub acted: u64,
    /// Runs in which it succeeded.
    pub hits: u64,
    /// The value of the formula.
    pub expected: BigRational,
}

impl Sampled {
    fn expected(&self) -> f64 {
        self.expected.to_f64().unwrap_or(f64::NAN)
    }
    /// How likely so many hits, and how likely so few, are if the formula is right.
    #[must_use]
    pub fn p_values(&self) -> [f64; 2] {
        let p = self.expected();
        [at_least(self.hits, self.runs, p), at_most(self.hits, self.runs, p)]
    }
    /// The Clopper–Pearson interval whose sides are the tests of [`sampled`] at the same level.
    #[must_use]
    pub fn interval(&self, tail: f64) -> (f64, f64) {
        interval(self.hits, self.runs, tail)
    }
}

/// Whether this can be a probability.
fn is_chance(p: &BigRational) -> bool {
    (BigRational::zero()..=BigRational::one()).contains(p)
}

/// A sample against its formula, each side tested at level `tail`. Too few hits are a failure as well: then the attack is
/// not the one that was described.
#[must_use]
pub fn sampled(s: &Sampled, tail: f64) -> Verdict {
    let p = s.expected();
    if s.hits > s.runs || s.acted > s.runs || !is_chance(&s.expected) {
        return Verdict::Fail; // no such sample
    }
    if s.acted < s.runs || s.runs == 0 {
        return Verdict::Vacuous;
    }
    if s.runs != s.planned {
        return Verdict::Inconclusive; // whoever may stop early or go on can get any tail
    }
    if s.p_values().into_iter().any(|chance| chance < tail) {
        return Verdict::Fail;
    }
    let (low, high) = s.interval(tail);
    // Where not even certainty is so much weaker, a probability so much smaller has to be excluded.
    let narrow = if WEAKER * p < 1.0 { high <= WEAKER * p } else { low >= p / WEAKER };
    if (low..=high).contains(&p) && narrow { Verdict::Pass } else { Verdict::Inconclusive }
}

/// What came of a named attack.
#[derive(Clone, Copy, Default, Debug)]
pub struct Attacked {
    /// Runs against the shipped code.
    pub runs: u64,
    /// Of these, those that the enemy won.
    pub won: u64,
    /// Those that ended as they must, at the check that must stop it, having changed something.
    pub stopped: u64,
    /// Those without effect: a rule that never fired or changed nothing, the right output, silence.
    pub idle: u64,
    /// Runs of the control.
    pub control_runs: u64,
    /// Of these, those that the enemy won with all of its rules.
    pub control_won: u64,
    /// Whether there is a control: some attacks succeed nowhere, and say why.
    pub controlled: bool,
}

/// It ended as it must, every time; and the control, if there is one, shows that nothing else stopped it.
#[must_use]
pub fn attacked(a: &Attacked) -> Verdict {
    let accounted = a.won.checked_add(a.stopped).and_then(|k| k.checked_add(a.idle));
    // Whatever is neither idle nor stopped as it must be was stopped by something else.
    if a.won > 0 || accounted != Some(a.runs) || a.control_won > a.control_runs {
        return Verdict::Fail;
    }
    let shown = if a.controlled { a.control_runs > 0 && a.control_won == a.control_runs } else { a.control_runs == 0 };
    if a.runs == 0 || a.idle > 0 || !shown { Verdict::Vacuous } else { Verdict::Pass }
}

/// What came of a sweep.
#[derive(Clone, Debug)]
pub struct Swept {
    /// Runs whose mutation changed something.
    pub runs: u64,
    /// Frames that were to be changed.
    pub frames: u64,
    /// Frames that some mutation changed.
    pub frames_changed: u64,
    /// Wrong outputs accepted.
    pub wrong: u64,
    /// Everything else that no ideal functionality explains.
    pub unexplained: u64,
    /// With what probability one lie may be accepted, over a tiny field; `None`: never.
    pub allowed: Option<BigRational>,
}

impl Swept {
    /// How likely so many wrong outputs are, if each run has the chance that is allowed.
    #[must_use]
    pub fn p_value(&self) -> Option<f64> {
        let p = self.allowed.as_ref()?.to_f64().unwrap_or(f64::NAN);
        Some(at_least(self.wrong, self.runs, p))
    }
}

/// Nothing but wrong outputs over a tiny field may be unexplained, those no oftener than allowed, and every frame must
/// have been changed by something. Few wrong outputs are fine: most mutations are clumsy.
#[must_use]
pub fn swept(s: &Swept, tail: f64) -> Verdict {
    let too_many = s.p_value().map_or(s.wrong > 0, |chance| chance < tail);
    let nonsense = s.wrong > s.runs || s.frames_changed > s.frames || s.allowed.as_ref().is_some_and(|p| !is_chance(p));
    if s.unexplained > 0 || too_many || nonsense {
        Verdict::Fail
    } else if s.runs == 0 || s.frames_changed < s.frames {
        Verdict::Vacuous
    } else {
        Verdict::Pass
    }
}

/// Holm's step-down test: which hypotheses are rejected so that the chance of any false rejection is at most `alpha`. What
/// is no number is rejected.
#[must_use]
pub fn holm(p_values: &[f64], alpha: f64) -> Vec<bool> {
    let p = |i: usize| if p_values[i].is_nan() { 0.0 } else { p_values[i] };
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p(*a).total_cmp(&p(*b)));
    let mut rejected = vec![false; p_values.len()];
    for (k, i) in order.into_iter().enumerate() {
        if p(i) > alpha / (p_values.len() - k) as f64 {
            break;
        }
        rejected[i] = true;
    }
    rejected
}

/// The level of each one-sided test when these are judged together: an equal share of `alpha`.
#[must_use]
pub fn share(samples: &[Sampled], sweeps: &[Swept], alpha: f64) -> f64 {
    let tests = 2 * samples.len() + sweeps.iter().filter(|s| s.allowed.is_some()).count();
    alpha / tests.max(1) as f64
}

/// The verdicts on everything of a certificate that could fail by chance, so that `alpha` is the chance that any of it
/// does although nothing is wrong.
#[must_use]
pub fn together(samples: &[Sampled], sweeps: &[Swept], alpha: f64) -> (Vec<Verdict>, Vec<Verdict>) {
    let sides = samples.iter().flat_map(Sampled::p_values);
    let p_values: Vec<f64> = sides.chain(sweeps.iter().filter_map(Swept::p_value)).collect();
    let tail = share(samples, sweeps, alpha);
    let rejected = holm(&p_values, alpha);
    let (sides, mut others) = (&rejected[..2 * samples.len()], rejected[2 * samples.len()..].iter());
    let of_sample = |(s, sides): (&Sampled, &[bool])| {
        // A sample that was not taken as planned is no test.
        if s.runs == s.planned && s.acted == s.runs && sides.contains(&true) { Verdict::Fail } else { sampled(s, tail) }
    };
    let mut of_sweep = |s: &Swept| {
        let rejected = s.allowed.is_some() && others.next() == Some(&true);
        if rejected { Verdict::Fail } else { swept(s, tail) }
    };
    (samples.iter().zip(sides.chunks(2)).map(of_sample).collect(), sweeps.iter().map(&mut of_sweep).collect())
}

#[cfg(test)]
mod tests;

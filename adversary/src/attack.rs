//! A named attack: what it does, which check must stop it, and the control in which the same attack succeeds because
//! only that check is off. Without the control, "the attack was stopped" could mean that it never threatened anything.

use std::fmt;

use protocols::Tape;
use spec::Check;
use transport::PartySet;

use crate::oracle::{Judgement, catching};
use crate::run::World;
use crate::scratch::Flaw;
use crate::strategy::compile::check_named;
use crate::strategy::{Script, Strategy, StrategyError};
use crate::verdict::{Attacked, Verdict, attacked};

/// What the control of an attack changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Control {
    /// The honest parties skip the check that stops the attack; everything else is the shipped code.
    CheckOff,
    /// The parties stand on foundations with this weakness; all checks are on.
    Flaw(Flaw),
    /// A scratch program without the idea that stops the attack, described here; all checks are on.
    Scratch(&'static str),
    /// There is nothing to switch off under which it would succeed, and why.
    None(&'static str),
}

/// What must come of an attack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// This check stops it, every time.
    Stopped(&'static Check),
    /// It does no harm: every honest party has the right output.
    Harmless,
    /// No honest party has an output, and nobody is accused.
    NoOutput,
}

impl Expected {
    /// What a strategy says must come of it, its check being one of these.
    pub fn of(strategy: &Strategy, checks: &[&'static Check]) -> Result<Self, StrategyError> {
        let expect = &strategy.expect;
        Ok(match (&expect.check, &expect.harmless) {
            (Some(check), _) => Self::Stopped(check_named(check, checks)?),
            (_, Some(_)) => Self::Harmless,
            _ => Self::NoOutput,
        })
    }
    /// The check that must stop it.
    #[must_use]
    pub fn check(self) -> Option<&'static Check> {
        match self {
            Self::Stopped(check) => Some(check),
            Self::Harmless | Self::NoOutput => None,
        }
    }
    /// Whether this is what came of a run.
    fn is(self, judgement: &Judgement) -> bool {
        match self {
            Self::Stopped(check) => judgement.check() == Some(check),
            Self::Harmless => *judgement == Judgement::Right,
            Self::NoOutput => *judgement == Judgement::GaveUp,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped(check) => check.fmt(f),
            Self::Harmless => f.write_str("nothing: harmless"),
            Self::NoOutput => f.write_str("nothing: no output"),
        }
    }
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CheckOff => f.write_str("only this check off"),
            Self::Flaw(flaw) => flaw.fmt(f),
            Self::Scratch(what) => f.write_str(what),
            Self::None(why) => write!(f, "none: {why}"),
        }
    }
}

/// The circumstances an attack runs in.
#[derive(Clone, Copy, Debug)]
pub struct Conditions {
    /// Whether this is the control.
    pub control: bool,
    /// Seed of all randomness.
    pub seed: u64,
}

/// An attack.
pub struct Attack {
    /// Dotted name, unique.
    pub id: &'static str,
    /// A few words.
    pub title: &'static str,
    /// What the coalition does and what it would gain.
    pub does: &'static str,
    /// Where it was described: a paper, an advisory, a bug.
    pub reference: &'static str,
    /// The protocol it attacks, as in `spec/protocols`.
    pub layer: &'static str,
    /// What must come of it.
    pub expected: Expected,
    /// What the control changes.
    pub control: Control,
    /// Runs it once.
    pub run: fn(&Attack, &Conditions) -> Outcome,
}

/// One run of an attack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What came of it.
    pub judgement: Judgement,
    /// Whether every rule of the strategy fired and changed something.
    pub effective: bool,
}

/// How a named attack ended, over several seeds, against the shipped code and in its control.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Against the shipped code.
    pub shipped: Vec<Outcome>,
    /// In the control.
    pub control: Vec<Outcome>,
}

impl Attack {
    /// One run, panics included.
    #[must_use]
    pub fn once(&self, conditions: &Conditions) -> Outcome {
        let mut effective = true;
        let judgement = catching(|| {
            let outcome = (self.run)(self, conditions);
            effective = outcome.effective;
            outcome.judgement
        });
        Outcome { judgement, effective }
    }
    /// Runs with these seeds, each against the shipped code and, if there is one, in the control.
    #[must_use]
    pub fn trial(&self, seeds: std::ops::Range<u64>) -> Trial {
        let all = |control| seeds.clone().map(|seed| self.once(&Conditions { control, seed })).collect();
        let none = matches!(self.control, Control::None(_));
        Trial { shipped: all(false), control: if none { Vec::new() } else { all(true) } }
    }
    /// The world of a run: `n` parties on real foundations, with the control's change if this is the control.
    #[must_use]
    pub fn world(&self, c: &Conditions, n: usize, corrupt: PartySet) -> World {
        let world = World::new(n, corrupt).real();
        match self.control {
            Control::CheckOff if c.control => world.without(self.expected.check()),
            Control::Flaw(flaw) if c.control => world.flawed(Some(flaw)),
            _ => world,
        }
    }
    /// What came of a trial, in numbers.
    #[must_use]
    pub fn counts(&self, trial: &Trial) -> Attacked {
        let shipped = |what: &dyn Fn(&Outcome) -> bool| trial.shipped.iter().filter(|o| what(o)).count() as u64;
        let won = |o: &Outcome| o.judgement.won();
        let expected = |o: &Outcome| self.expected.is(&o.judgement);
        // The right output and silence are evidence only where they are what must come of it.
        let quiet = |o: &Outcome| matches!(o.judgement, Judgement::GaveUp | Judgement::Right) && !expected(o);
        let idle = |o: &Outcome| !o.effective || quiet(o);
        Attacked {
            runs: trial.shipped.len() as u64,
            won: shipped(&won),
            stopped: shipped(&|o| !idle(o) && expected(o)),
            idle: shipped(&|o| !won(o) && idle(o)),
            control_runs: trial.control.len() as u64,
            control_won: trial.control.iter().filter(|o| o.effective && won(o)).count() as u64,
            controlled: !matches!(self.control, Control::None(_)),
        }
    }
    /// The verdict on a trial.
    #[must_use]
    pub fn verdict(&self, trial: &Trial) -> Verdict {
        attacked(&self.counts(trial))
    }
}

impl Conditions {
    /// The randomness of the run.
    #[must_use]
    pub fn tape(&self) -> Tape {
        tape(self.seed)
    }
}

impl Outcome {
    /// The outcome of a run under a script.
    #[must_use]
    pub fn of(judgement: Judgement, script: &Script<'_>) -> Self {
        Self { judgement, effective: script.effective() }
    }
}

/// Everyone's randomness from a short seed.
#[must_use]
pub fn tape(seed: u64) -> Tape {
    let mut bytes = [0x71; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    Tape::seeded(bytes)
}

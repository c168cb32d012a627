//! One question about every attacked run: could the ideal functionality explain it? The right output or an abort; no
//! honest party blamed; no panic, no error of our own; nobody shown something that the functionality keeps.
//!
//! "The attack was detected" is not the question: a check may fire and the secret be gone. And a run that ended because
//! the coalition fell silent tells nothing about a check, so it is kept apart from an abort.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use protocols::{Abort, Blame};
use spec::Check;
use transport::{PartyId, PartySet};

use crate::run::Ending;

/// What the enemy got that no ideal functionality gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Win {
    /// An honest party accepted a wrong output.
    WrongOutput(PartyId),
    /// Two honest parties accepted different public outputs.
    Disagreement(PartyId, PartyId),
    /// An honest party has an output and another has none, against a claim that all abort or nobody does.
    Divided(PartyId, PartyId),
    /// An honest party accuses an honest party.
    Defamed(PartyId),
    /// Honest code panicked.
    Panic(String),
    /// Honest code ended in an error of its own.
    Broken(String),
    /// The coalition chose what nobody may choose.
    Chosen(&'static str),
    /// The coalition computed a secret.
    Leak(&'static str),
    /// The coalition was shown what it must not see.
    Shown(String),
    /// Honest parties accepted what must be refused, whatever their output.
    Accepted(String),
}

/// What a run amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Every honest party has the right output.
    Right,
    /// Some honest party stopped at this check; all others stopped too, wait, or have the right output.
    Stopped(Abort),
    /// Honest parties wait for the coalition: in production, a time-out.
    GaveUp,
    /// The ideal functionality cannot explain it.
    Won(Win),
}

impl Judgement {
    /// The check at which an honest party stopped.
    #[must_use]
    pub fn check(&self) -> Option<&'static Check> {
        match self {
            Self::Stopped(a) => Some(a.check),
            _ => None,
        }
    }
    /// Whether the enemy won.
    #[must_use]
    pub fn won(&self) -> bool {
        matches!(self, Self::Won(_))
    }
}

impl fmt::Display for Win {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongOutput(p) => write!(f, "{p} accepted a wrong output"),
            Self::Disagreement(p, q) => write!(f, "{p} and {q} accepted different outputs"),
            Self::Divided(p, q) => write!(f, "{p} has an output and {q} has none"),
            Self::Defamed(p) => write!(f, "honest {p} was accused"),
            Self::Panic(m) => write!(f, "panic: {m}"),
            Self::Broken(m) => write!(f, "error of our own: {m}"),
            Self::Chosen(what) => write!(f, "the coalition chose {what}"),
            Self::Leak(what) => write!(f, "the coalition learned {what}"),
            Self::Shown(what) => write!(f, "the coalition was shown {what}"),
            Self::Accepted(what) => write!(f, "accepted: {what}"),
        }
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Right => f.write_str("no effect: the right output"),
            Self::Stopped(a) => write!(f, "stopped by {}", a.check.id),
            Self::GaveUp => f.write_str("the adversary gave up"),
            Self::Won(w) => w.fmt(f),
        }
    }
}

/// Judges the endings of a run. `right` tells whether an honest party's output is what the functionality would give it.
pub fn judge<T: PartialEq>(
    endings: &[Ending<T>],
    corrupt: PartySet,
    right: impl Fn(PartyId, &T) -> bool,
    public: bool,
) -> Judgement {
    let honest = || {
        let all = endings.iter().enumerate().map(|(i, e)| (PartyId::new(i), e));
        all.filter(|(p, _)| !corrupt.contains(*p))
    };
    let mut first: Option<(PartyId, &T)> = None;
    for (p, e) in honest() {
        match e {
            Ending::Broken(error) => return Judgement::Won(Win::Broken(error.to_string())),
            Ending::Aborted(Abort { blame: Blame::Accused(q), .. }) if !corrupt.contains(*q) => {
                return Judgement::Won(Win::Defamed(*q));
            }
            Ending::Output(t) => match first {
                Some((q, u)) if public && t != u => return Judgement::Won(Win::Disagreement(q, p)),
                _ if !right(p, t) => return Judgement::Won(Win::WrongOutput(p)),
                _ => first = Some((p, t)),
            },
            _ => {}
        }
    }
    let aborted = honest().find_map(|(_, e)| match e {
        Ending::Aborted(a) => Some(a.clone()),
        _ => None,
    });
    match aborted {
        Some(a) => Judgement::Stopped(a),
        None if honest().all(|(_, e)| matches!(e, Ending::Output(_))) => Judgement::Right,
        None => Judgement::GaveUp,
    }
}

/// What a claim of unanimous abort makes of a run judged so: one in which some honest parties have an output and others
/// none is a win as well.
pub fn judge_unanimity<T>(endings: &[Ending<T>], corrupt: PartySet, judged: Judgement) -> Judgement {
    let honest = |has: bool| {
        let mut all = endings.iter().enumerate().map(|(i, e)| (PartyId::new(i), matches!(e, Ending::Output(_))));
        all.find(|(p, output)| !corrupt.contains(*p) && *output == has).map(|(p, _)| p)
    };
    match (honest(true), honest(false)) {
        (Some(p), Some(q)) if !judged.won() => Judgement::Won(Win::Divided(p, q)),
        _ => judged,
    }
}

/// A panic of honest code is a win of the enemy, whatever else happened.
pub fn catching(run: impl FnOnce() -> Judgement) -> Judgement {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        Judgement::Won(Win::Panic(text.unwrap_or_default()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocols::MAC_CHECK;
    use transport::StepPath;

    fn abort(blame: Blame) -> Ending<u8> {
        Ending::Aborted(Abort { at: StepPath::ROOT.label(), check: &MAC_CHECK, blame })
    }
    fn of(endings: &[Ending<u8>]) -> Judgement {
        judge(endings, PartySet::of(&[2]), |_, v| *v == 7, true)
    }

    #[test]
    fn every_way_to_win_and_not_to_win() {
        use Ending::{Output, Stuck, Told};
        let two = PartyId::new(2);
        assert_eq!(of(&[Output(7), Output(7), Output(1)]), Judgement::Right);
        assert_eq!(of(&[Output(7), Stuck, Output(7)]), Judgement::GaveUp);
        assert_eq!(of(&[Output(7), abort(Blame::Accused(two)), Stuck]).check(), Some(&MAC_CHECK));
        assert_eq!(of(&[Told, abort(Blame::Unknown), Stuck]).check(), Some(&MAC_CHECK));
        assert!(of(&[Output(7), Output(6), Stuck]).won());
        assert!(of(&[Output(6), abort(Blame::Unknown), Stuck]).won());
        assert!(of(&[abort(Blame::Accused(PartyId::new(1))), Told, Stuck]).won());
        assert!(of(&[Ending::Broken(protocols::Error::Dead), Told, Stuck]).won());
        assert!(judge(&[Output(7), Output(8), Stuck], PartySet::of(&[2]), |_, _| true, true).won());
        assert!(!judge(&[Output(7), Output(8), Stuck], PartySet::of(&[2]), |_, _| true, false).won());
        let unanimous = |endings: &[Ending<u8>]| judge_unanimity(endings, PartySet::of(&[2]), of(endings));
        let divided = Judgement::Won(Win::Divided(PartyId::new(0), PartyId::new(1)));
        assert_eq!(unanimous(&[Output(7), abort(Blame::Unknown), Output(7)]), divided);
        assert_eq!(unanimous(&[Output(7), Stuck, Stuck]), divided);
        assert_eq!(unanimous(&[Output(7), Output(7), Stuck]), Judgement::Right);
        assert_eq!(unanimous(&[Told, abort(Blame::Unknown), Output(7)]).check(), Some(&MAC_CHECK));
        assert_eq!(unanimous(&[Output(6), Told, Stuck]), Judgement::Won(Win::WrongOutput(PartyId::new(0))));
        assert_eq!(catching(|| panic!("now")), Judgement::Won(Win::Panic("now".into())));
    }
}

//! What can go wrong, told apart by who can do something about it.

use std::fmt;

use spec::Check;
use transport::{NetErrorKind, PartyId, StepLabel};

/// The result of everything that talks.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a protocol ended without a result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A bad argument, missing preprocessing or a limit of this program: the caller can fix it.
    #[error("{0}")]
    Local(String),
    /// A file or directory of this party cannot be read or written: missing, no permission, in use, disk full.
    #[error("{0}")]
    Storage(String),
    /// The connection failed. Never evidence of cheating.
    #[error("step {at}: waiting for {peer}: {kind}")]
    Net {
        /// The other end.
        peer: PartyId,
        /// How it failed.
        kind: NetErrorKind,
        /// What this party was doing.
        at: StepLabel,
    },
    /// The parties run with different parameters: a matter for their operators, not an attack.
    #[error(
        "the parties' parameters differ (ours {ours}, theirs {theirs}): compare the task files and program versions"
    )]
    Config {
        /// Our digest.
        ours: String,
        /// The peer's digest.
        theirs: String,
    },
    /// A check failed: somebody deviated. The session is dead and its preprocessing discarded.
    #[error("{0}")]
    Abort(Abort),
    /// The session was used after it had ended in an abort.
    #[error("the session has already aborted; nothing of it can be used any more")]
    Dead,
}

/// A failed check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abort {
    /// The step.
    pub at: StepLabel,
    /// The check that failed.
    pub check: &'static Check,
    /// Who did it, as far as this party can tell.
    pub blame: Blame,
}

/// Whom a failed check points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// Somebody; the check does not tell who.
    Unknown,
    /// This party sent something no honest party sends. Convinces the accuser only: nothing is signed.
    Accused(PartyId),
}

impl fmt::Display for Abort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}: check {} failed", self.at, self.check.id)?;
        match self.blame {
            Blame::Unknown => f.write_str("; some party deviated from the protocol"),
            Blame::Accused(p) => write!(f, "; {p} deviated from the protocol"),
        }
    }
}

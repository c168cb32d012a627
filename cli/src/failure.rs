//! Why a command ended: one message for a person and one exit code for a program.

use std::fmt;

use functions::SpdzError;
use protocols::{Abort, Blame, Error};
use spec::ExitCode;
use transport::identity::IdentityError;
use transport::tcp::{ConnectError, PeerError};
use transport::{NetErrorKind, Parties};

use crate::data::DataError;
use crate::task::TaskError;

/// The end of a command that did not do what it was asked for.
#[derive(Debug)]
pub struct Failure {
    /// What to end the program with.
    pub code: ExitCode,
    /// Whether this party only tells that another one went away, which knows the cause.
    pub follows: bool,
    message: String,
}

impl Failure {
    /// A failure with this message.
    pub fn new(code: ExitCode, message: impl Into<String>) -> Self {
        Self { code, follows: false, message: message.into() }
    }
    /// A file that cannot be read or written.
    pub fn storage(path: &std::path::Path, e: &std::io::Error) -> Self {
        Self::new(ExitCode::Storage, format!("{}: {e}", path.display()))
    }
    /// An error of this program.
    pub fn internal(e: &dyn fmt::Display) -> Self {
        Self::new(ExitCode::Internal, e.to_string())
    }
    /// A protocol's error, with the parties' names instead of their numbers.
    #[must_use]
    pub fn protocol(e: &Error, parties: &Parties) -> Self {
        match e {
            Error::Abort(Abort { at, check, blame }) => {
                let who = match blame {
                    Blame::Unknown => "some party",
                    Blame::Accused(p) => parties.name(*p),
                };
                let message = format!("step {at}: check {} failed; {who} deviated from the protocol", check.id);
                Self::new(ExitCode::Fail, message)
            }
            Error::Net { peer, kind, at } => {
                let name = parties.name(*peer);
                // Neither says why: that is on the peer's own screen.
                let follows = matches!(kind, NetErrorKind::Aborted | NetErrorKind::Closed);
                let hint = if follows { format!("; if {name} is still there, it tells why") } else { String::new() };
                let message = format!("step {at}: waiting for {name}: {kind}{hint}");
                Self { code: ExitCode::Unavailable, follows, message }
            }
            Error::Dead => Self::new(ExitCode::Fail, e.to_string()),
            Error::Config { .. } => Self::new(ExitCode::Configuration, e.to_string()),
            Error::Storage(message) => Self::new(ExitCode::Storage, message),
            Error::Local(message) => Self::new(ExitCode::Data, with_names(message, parties)),
        }
    }
    /// The error of a function.
    #[must_use]
    pub fn function(e: SpdzError, parties: &Parties) -> Self {
        match e {
            SpdzError::Protocol(e) => Self::protocol(&e, parties),
            SpdzError::Refused(r) => Self::new(ExitCode::Data, r.to_string()),
        }
    }
}

/// The text with every word that is a party's number replaced by the party's name.
fn with_names(text: &str, parties: &Parties) -> String {
    let word = |word: &str| {
        let (bare, end) = word.split_at(word.trim_end_matches([' ', ',', ';', ':', '.']).len());
        let party = parties.iter().find(|p| p.to_string() == bare);
        party.map_or_else(|| word.to_owned(), |p| format!("{}{end}", parties.name(p)))
    };
    text.split_inclusive(' ').map(word).collect()
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

fn data_or_storage(unreadable: bool) -> ExitCode {
    if unreadable { ExitCode::Storage } else { ExitCode::Data }
}

impl From<TaskError> for Failure {
    fn from(e: TaskError) -> Self {
        Self::new(data_or_storage(e.unreadable), e.to_string())
    }
}
impl From<DataError> for Failure {
    fn from(e: DataError) -> Self {
        Self::new(data_or_storage(e.is_unreadable()), e.to_string())
    }
}
impl From<functions::Refusal> for Failure {
    fn from(e: functions::Refusal) -> Self {
        Self::new(ExitCode::Data, e.to_string())
    }
}
impl From<IdentityError> for Failure {
    fn from(e: IdentityError) -> Self {
        let code = match e {
            IdentityError::File { .. } => ExitCode::Storage,
            _ => ExitCode::Configuration,
        };
        Self::new(code, e.to_string())
    }
}
impl From<&ConnectError> for Failure {
    fn from(e: &ConnectError) -> Self {
        let code = match e {
            ConnectError::Missing { .. } | ConnectError::Listen { .. } => ExitCode::Unavailable,
            ConnectError::Peer { cause: PeerError::Restarted, .. } => ExitCode::Unavailable,
            ConnectError::Setup(_) => ExitCode::Internal,
            _ => ExitCode::Configuration,
        };
        let hint = match e {
            ConnectError::Peer { cause: PeerError::Config { .. }, .. } => {
                "; compare the task files and the program versions, and let all parties run the same command, \
                 `quorate party` or `quorate doctor`"
            }
            _ => "",
        };
        let refused = matches!(e, ConnectError::Peer { cause: PeerError::RefusedUs { .. }, .. });
        let follows = refused || matches!(e, ConnectError::Missing { .. });
        Self { code, follows, message: format!("{e}{hint}") }
    }
}
impl From<ConnectError> for Failure {
    fn from(e: ConnectError) -> Self {
        Self::from(&e)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_names_once_and_not_inside_paths() {
        let parties = Parties::named(vec!["A".into(), "P0".into()]);
        let text = with_names("P1 has used more than P0: see /data/P1/x, P17", &parties);
        assert_eq!(text, "P0 has used more than A: see /data/P1/x, P17");
    }
}

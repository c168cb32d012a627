//! Why a command ended: one message for a person and one exit code for a program.

use std::fmt;

use functions::SpdzError;
use protocols::Error;
use spec::ExitCode;
use transport::Parties;
use transport::identity::IdentityError;
use transport::tcp::{ConnectError, PeerError};

use crate::data::DataError;
use crate::task::TaskError;

/// The end of a command that did not do what it was asked for.
#[derive(Debug)]
pub struct Failure {
    /// What to end the program with.
    pub code: ExitCode,
    message: String,
}

impl Failure {
    /// A failure with this message.
    pub fn new(code: ExitCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
    /// A file that cannot be read or written.
    pub fn storage(path: &std::path::Path, e: &std::io::Error) -> Self {
        Self::new(ExitCode::Storage, format!("{}: {e}", path.display()))
    }
    /// A protocol's error, with the parties' names instead of their numbers.
    #[must_use]
    pub fn protocol(e: &Error, parties: &Parties) -> Self {
        let code = match e {
            Error::Abort(_) | Error::Dead => ExitCode::Fail,
            Error::Net { kind: transport::NetErrorKind::Aborted, .. } => ExitCode::Fail,
            Error::Net { .. } => ExitCode::Unavailable,
            Error::Config { .. } => ExitCode::Configuration,
            Error::Local(_) => ExitCode::Data,
        };
        let mut message = e.to_string();
        for p in parties.iter().rev() {
            message = message.replace(&p.to_string(), parties.name(p));
        }
        Self::new(code, message)
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

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<TaskError> for Failure {
    fn from(e: TaskError) -> Self {
        Self::new(ExitCode::Data, e.to_string())
    }
}
impl From<DataError> for Failure {
    fn from(e: DataError) -> Self {
        Self::new(ExitCode::Data, e.to_string())
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
impl From<ConnectError> for Failure {
    fn from(e: ConnectError) -> Self {
        let code = match &e {
            ConnectError::Missing { .. } | ConnectError::Listen { .. } => ExitCode::Unavailable,
            ConnectError::Peer { cause: PeerError::Restarted, .. } => ExitCode::Unavailable,
            ConnectError::Setup(_) => ExitCode::Internal,
            _ => ExitCode::Configuration,
        };
        Self::new(code, e.to_string())
    }
}

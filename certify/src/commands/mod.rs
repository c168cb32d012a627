//! One file per command, and one for what they write. Each ends with an exit code of [`spec::ExitCode`], or with a
//! [`Failure`].

pub mod attack;
mod beside;
pub mod certify;
pub mod compare;
pub mod controls;
pub mod list;
pub mod report;
pub mod search;
pub mod strategy;

use spec::ExitCode;

/// Why a command could not do its work: what to say, and how to end.
pub struct Failure {
    /// How the program ends.
    pub code: ExitCode,
    /// What went wrong and what to do about it.
    pub text: String,
}

/// A failure of this kind.
pub fn failed(code: ExitCode) -> impl Fn(String) -> Failure {
    move |text| Failure { code, text }
}

/// The end of a command.
pub type Done = Result<ExitCode, Failure>;

/// Prints to standard output.
pub fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write;
    let written = std::io::stdout().write_all(text.as_bytes());
    match written {
        // Whoever reads may have read enough.
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(failed(ExitCode::Storage)(format!("standard output cannot be written: {e}")))
        }
        _ => Ok(()),
    }
}

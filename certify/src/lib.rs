//! Measures which security level a protocol reaches, and says it in a certificate that others can verify in seconds.
//!
//! A crate with a protocol of its own gets the whole command line, this project's protocols included, from one line:
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     quorate_certify::main(&[])
//! }
//! ```
//! with its subjects in the list; see `examples/toy`.
//!
//! | file | what it does |
//! |---|---|
//! | [`arguments`] | the command line |
//! | [`commands`] | one file per command |
//! | [`registry`] | which protocols there are |
//! | [`plan`] | what a certification does, fixed before its first run |
//! | [`job`] | one row to be made: what is run for it |
//! | [`estimate`] | how many runs a count takes |
//! | [`measure`] | runs a plan on all processors |
//! | [`search`] | where the best attack of all can be found |
//! | [`trial`] | a strategy of somebody's own, played and counted |
//! | [`properties`] | which other properties are looked at, and where |
//! | [`simulate`] | what the best simulator is asked to explain |
//! | [`weaknesses`] | the certifier's own controls |
//! | [`covering`] | what is attacked for the figures of coverage |
//! | [`evidence`] | rows: raw counts, one file per kind |
//! | [`log`] | every run, one line each |
//! | [`certificate`] | rows, what follows from them, where they come from; signatures |
//! | [`verify`] | recomputes everything that can be recomputed |
//! | [`text`], [`page`] | for people: tables, a page, a run as a sequence diagram |
//! | [`unfinished`] | what an interrupted certification leaves, for the next process to go on with |
//! | [`seeds`], [`progress`], [`watchdog`] | coins, a line that tells what is going on, an end for protocols without one |

pub mod arguments;
pub mod certificate;
pub mod commands;
pub mod covering;
pub mod estimate;
pub mod evidence;
pub mod job;
pub mod log;
pub mod measure;
pub mod page;
pub mod plan;
pub mod progress;
pub mod properties;
pub mod registry;
pub mod search;
pub mod seeds;
pub mod simulate;
pub mod text;
pub mod trial;
pub mod unfinished;
pub mod verify;
pub mod watchdog;
pub mod weaknesses;

use std::ffi::OsString;
use std::sync::{Mutex, PoisonError};

use adversary::DynSubject;
use clap::Parser;
use clap::error::ErrorKind;
use spec::ExitCode;

use arguments::{Arguments, Command};
use commands::{Failure, attack, certify, compare, controls, failed, list, report, search as searching};
use progress::say;
use registry::Registry;

/// The program, for this project's protocols and these: parses the command line, does what it says, and ends with a
/// code of [`spec::ExitCode`].
pub fn main(subjects: &[&dyn DynSubject]) -> std::process::ExitCode {
    let interrupted = || {
        let end = END.lock().unwrap_or_else(PoisonError::into_inner);
        say(format_args!("\nquorate-certify: interrupted before its end: {}", end.told()));
        std::process::exit(ExitCode::Inconclusive.code().into());
    };
    let heard = if outlives_its_terminal() { Ok(()) } else { ctrlc::set_handler(interrupted) };
    if let Err(e) = heard {
        say(format_args!("quorate-certify: an interruption will end this without a word: {e}"));
    }
    run(subjects, std::env::args_os()).into()
}

/// What an interruption means. Held while a report is written: that is waited for.
static END: Mutex<End> = Mutex::new(End::Lost);

/// What is there when it is interrupted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing.
    Lost,
    /// All that was found.
    Kept,
    /// Some of it, for want of room.
    Partly,
    /// A certificate.
    Written,
}

impl End {
    fn told(self) -> &'static str {
        match self {
            Self::Lost => "nothing was decided",
            Self::Kept => "nothing was decided, but what was found is kept: the same command goes on from here",
            Self::Partly => "nothing was decided; the same command goes on from what could be kept",
            Self::Written => "its certificate is written",
        }
    }
}

/// Says what an interruption means from here on.
pub(crate) fn ends(end: End) {
    *END.lock().unwrap_or_else(PoisonError::into_inner) = end;
}

/// Whether something would be there.
pub(crate) fn is_kept() -> bool {
    matches!(*END.lock().unwrap_or_else(PoisonError::into_inner), End::Kept | End::Partly)
}

/// Writes a report whole, whatever comes meanwhile.
pub(crate) fn uninterrupted(write: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let mut end = END.lock().unwrap_or_else(PoisonError::into_inner);
    let done = write();
    if done.is_ok() {
        *end = End::Written;
    }
    done
}

/// Whether hang-ups are ignored, as under `nohup`. The handler is one for all signals, and would make an end of them.
fn outlives_its_terminal() -> bool {
    const HANG_UP: u64 = 1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|l| u64::from_str_radix(l.strip_prefix("SigIgn:")?.trim(), 16).ok());
    ignored.is_some_and(|signals| signals & HANG_UP != 0)
}

/// The same with arguments of the caller's choice, the first being the program's name.
pub fn run(subjects: &[&dyn DynSubject], arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(e) => {
            let asked = matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            // Nothing can be done about a closed terminal.
            let _ = e.print();
            return if asked { ExitCode::Pass } else { ExitCode::Usage };
        }
    };
    let work = || Registry::new(subjects).map_err(failed(ExitCode::Data)).and_then(|r| dispatch(&arguments, &r));
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    let panicked = "a panic ended it: what is measured is at fault, or this program; the place is told above";
    let done = done.unwrap_or_else(|_| Err(failed(ExitCode::Internal)(panicked.into())));
    done.unwrap_or_else(|Failure { code, text }| {
        // Names of files and what was typed may be in it.
        let text: Vec<String> = text.lines().map(text::shown).collect();
        say(format_args!("quorate-certify: {}", text.join("\n")));
        code
    })
}

fn dispatch(arguments: &Arguments, registry: &Registry<'_>) -> commands::Done {
    match (&arguments.command, &arguments.certify) {
        (None, Some(args)) => certify::run(args, registry),
        (None, None) => Err(failed(ExitCode::Usage)("name a protocol: `quorate-certify list` shows them".into())),
        (Some(command), _) => match command {
            Command::List(args) => list::list(args, registry),
            Command::Explain(args) => list::explain(args, registry),
            Command::Attack(args) => attack::run(args, registry),
            Command::Search(args) => searching::run(args, registry),
            Command::Controls(args) => controls::run(args, registry),
            Command::Key(args) => report::key(args),
            Command::Verify(args) => report::verify(args, registry),
            Command::Rerun(args) => report::rerun(args, registry),
            Command::Diff(args) => compare::run(args),
        },
    }
}

/// The page of the example crate: its code is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../examples/toy/README.md")]
mod guide {}

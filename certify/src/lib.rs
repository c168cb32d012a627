//! Measures which security level a protocol reaches: the named attacks with their controls, the exact and the
//! sampled figures and the sweeps of crate `adversary`, as one certificate for people or programs.
//!
//! | file | what it does |
//! |---|---|
//! | `arguments` | the command line |
//! | [`certificate`] | what was found, in a stable shape |
//! | `measure` | runs everything |
//! | `text` | the certificate as tables |

mod arguments;
pub mod certificate;
mod measure;
mod text;

use std::io::Write;

use clap::Parser;
use clap::error::ErrorKind;
use spec::ExitCode;

use arguments::{Arguments, Command};

/// The program: parses the command line, measures, prints, and ends with a code of [`spec::ExitCode`].
pub fn main() -> std::process::ExitCode {
    let Arguments { command: Command::Spdz(options) } = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(e) => {
            let asked = matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            // Nothing can be done about a closed terminal.
            let _ = e.print();
            return if asked { ExitCode::Pass } else { ExitCode::Usage }.into();
        }
    };
    let certificate = match measure::spdz(&options) {
        Ok(certificate) => certificate,
        Err(e) => {
            eprintln!("quorate-certify: {e}");
            return ExitCode::Internal.into();
        }
    };
    let out = if options.json {
        serde_json::to_string_pretty(&certificate).map(|mut text| {
            text.push('\n');
            text
        })
    } else {
        Ok(text::render(&certificate))
    };
    let written = out.map_err(|e| e.to_string()).and_then(|text| {
        std::io::stdout().write_all(text.as_bytes()).map_err(|e| format!("the certificate cannot be written: {e}"))
    });
    match written {
        Ok(()) => certificate.code().into(),
        Err(e) => {
            eprintln!("quorate-certify: {e}");
            ExitCode::Storage.into()
        }
    }
}

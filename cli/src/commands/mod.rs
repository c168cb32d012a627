//! The commands of `quorate`.

mod bench;
mod certify;
mod doctor;
mod keygen;
mod party;
mod run;

pub use bench::What;

use std::io::Write;
use std::path::Path;

use clap::{Parser, Subcommand};
use serde::Serialize;
use spec::ExitCode;

use crate::failure::Failure;

/// Compute together on data that nobody shows.
///
/// Several organisations each keep a CSV file of their own. A task file, the same at all of them, says which columns
/// enter, what is computed (sums, means, inner products, covariances, correlations, scores) and which party sees which
/// result. Each organisation runs `quorate party` on its own host; the programs talk over mutual TLS and compute on
/// shares. Nobody learns anything but the results meant for it, even if all other parties deviate from the protocol
/// together: then a run gives the right result or ends with an error.
///
/// Start with `quorate run examples/credit/task.toml`, which plays all parties of a task on this machine.
#[derive(Parser)]
#[command(name = "quorate", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  quorate run examples/credit/task.toml     all parties of a task on this machine, over TLS
  quorate keygen bank                       make bank.key, bank.crt; print the fingerprint to pin
  quorate doctor task.toml --me bank        check own data, and the connections of every pair
  quorate party task.toml --me bank         run one party on its own host
  quorate bench triples --field fr --json   measure on this machine
  quorate certify spdz                      attack the protocols and check their claims

Exit codes:
   0  done                          1  a check failed: somebody deviated from the protocol
  64  wrong command line           65  malformed task or data, or values out of range
  69  a peer is missing or gone    70  an error of this program
  74  files: missing, full, taken  78  parameters, versions or identities differ
`quorate certify` also ends with 2 (inconclusive) and 3 (vacuous: nothing was tested).";

#[derive(Subcommand)]
enum Command {
    Run(run::Run),
    Party(party::Party),
    Keygen(keygen::Keygen),
    Doctor(doctor::Doctor),
    Bench(bench::Bench),
    Certify(certify::Certify),
}

impl Cli {
    /// Runs the command.
    pub fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Command::Run(c) => c.run(),
            Command::Party(c) => c.run(),
            Command::Keygen(c) => c.run(),
            Command::Doctor(c) => c.run(),
            Command::Bench(c) => c.run(),
            Command::Certify(c) => c.run(),
        }
    }
}

/// Writes to standard output. A full disk or a reader that has gone is an error like any other.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|e| Failure::storage(Path::new("standard output"), &e))
}

/// A value as lines of JSON.
fn json<T: Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map(|text| text + "\n").map_err(|e| Failure::internal(&e))
}

/// Prints a failure as one message and returns the code to end with.
pub fn end_of(result: Result<ExitCode, Failure>) -> ExitCode {
    result.unwrap_or_else(|failure| {
        // Whoever closed standard error does not want to know.
        let _ = writeln!(std::io::stderr(), "quorate: {failure}");
        failure.code
    })
}

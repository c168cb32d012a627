//! `quorate`: compute together on data that nobody shows.

use std::process::ExitCode;

use clap::Parser;
use quorate_cli::commands::{Cli, end_of};

fn main() -> ExitCode {
    transport::keep_freed_memory();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            // Help and version are no errors; everything else is a usage error, which clap would end with 2.
            let _ = e.print();
            return if e.use_stderr() { spec::ExitCode::Usage.into() } else { ExitCode::SUCCESS };
        }
    };
    end_of(cli.run()).into()
}

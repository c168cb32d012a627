//! `quorate certify`: executes `quorate-certify`, as git and cargo do with their subcommands. The certifier is a program
//! of its own, so that nothing a data owner runs contains the adversary.

use std::ffi::OsString;
use std::process::Command;

use clap::Args;
use spec::ExitCode;

use crate::failure::Failure;

/// Attack the protocols and check the security level they claim (runs `quorate-certify`).
#[derive(Args)]
#[command(disable_help_flag = true)]
pub struct Certify {
    /// Arguments of `quorate-certify`; `--help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

impl Certify {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let name = format!("quorate-certify{}", std::env::consts::EXE_SUFFIX);
        let beside = std::env::current_exe().ok().map(|exe| exe.with_file_name(&name)).filter(|p| p.exists());
        let program = beside.map_or_else(|| OsString::from(&name), Into::into);
        let status = Command::new(&program).args(&self.args).status().map_err(|e| {
            let hint = "build it with `cargo build -p quorate-certify`, or install it beside `quorate`";
            Failure::new(ExitCode::Unavailable, format!("{name} is not to be found ({e}): {hint}"))
        })?;
        std::process::exit(status.code().unwrap_or(ExitCode::Internal as i32));
    }
}

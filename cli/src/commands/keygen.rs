//! `quorate keygen`.

use std::path::PathBuf;

use clap::Args;
use spec::ExitCode;
use transport::identity;

use crate::failure::Failure;

/// Make an identity for a party: NAME.key (keep it) and NAME.crt; prints the fingerprint that the task file pins.
#[derive(Args)]
#[command(after_help = "Example:\n  quorate keygen bank --days 365")]
pub struct Keygen {
    /// Path without ending: NAME.key and NAME.crt are written.
    name: PathBuf,
    /// How long the certificate is valid.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,
}

impl Keygen {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        super::print(&format!("{}\n", identity::keygen(&self.name, self.days)?))?;
        Ok(ExitCode::Pass)
    }
}

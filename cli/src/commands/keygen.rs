//! `quorate keygen`.

use std::path::PathBuf;

use clap::Args;
use spec::ExitCode;
use transport::identity;

use crate::failure::Failure;

/// Make an identity for a party: a key, a certificate, and the fingerprint that the task file pins.
///
/// Writes NAME.key (secret, readable by its owner only, never overwritten) and NAME.crt, and prints the fingerprint: 64
/// hexadecimal digits. Send that to the other parties over a channel you trust; it goes into the task file as this
/// party's `fingerprint`. There is no certificate authority: parties accept exactly the pinned keys.
#[derive(Args)]
#[command(after_help = "Examples:
  quorate keygen bank                      bank.key and bank.crt in this directory
  quorate keygen /etc/quorate/bank --days 90")]
pub struct Keygen {
    /// Path without ending: NAME.key and NAME.crt are written.
    name: PathBuf,
    /// How many days the certificate is valid, 1 to 3650.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,
}

impl Keygen {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        super::print(&format!("{}\n", identity::keygen(&self.name, self.days)?))?;
        Ok(ExitCode::Pass)
    }
}

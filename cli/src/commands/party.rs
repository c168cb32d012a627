//! `quorate party`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};
use spec::ExitCode;
use transport::identity::{Fingerprint, Identity};
use transport::{PartyId, PerParty};

use crate::failure::Failure;
use crate::progress::{Progress, Style};
use crate::session::{self, Place};
use crate::task::Task;

/// Run one party of a task on this host; the others run theirs, in any order.
#[derive(Args)]
#[command(after_help = "Example:\n  quorate party task.toml --me bank --identity /etc/quorate/bank")]
pub struct Party {
    #[command(flatten)]
    pub(super) at: At,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
    /// How progress is shown on standard error.
    #[arg(long, value_enum, default_value_t)]
    progress: Style,
}

/// Which party of which task, and what is local to it.
#[derive(Args)]
pub struct At {
    /// The task file that all parties share.
    pub task: PathBuf,
    /// Which party this is.
    #[arg(long, value_name = "NAME")]
    pub me: String,
    /// Identity: PATH.key and PATH.crt [default: the party's name beside the task file].
    #[arg(long, value_name = "PATH")]
    pub identity: Option<PathBuf>,
    /// Directory of this party's ledger [default: NAME.ledger beside the task file].
    #[arg(long, value_name = "DIR")]
    pub ledger: Option<PathBuf>,
    /// Directory of the ledger's fence; never restore it together with the ledger [default: the state directory].
    #[arg(long, value_name = "DIR", env = "QUORATE_STATE")]
    pub state: Option<PathBuf>,
    /// Addresses and fingerprints that replace those of the task file, for `quorate run`.
    #[arg(long, hide = true)]
    pub places: Option<PathBuf>,
}

/// Where all parties of a local run are.
#[derive(Serialize, Deserialize)]
pub struct Places {
    /// Addresses in party order.
    pub addresses: Vec<String>,
    /// Fingerprints in party order.
    pub fingerprints: Vec<String>,
}

impl At {
    /// Reads the task and everything local.
    pub fn load(&self) -> Result<(Task, Place), Failure> {
        let task = Task::load(&self.task)?;
        let me = task.find(&self.me)?;
        let beside = |name: String| self.task.with_file_name(name);
        let identity = Identity::load(&self.identity.clone().unwrap_or_else(|| beside(self.me.clone())))?;
        let (addresses, pins) = match &self.places {
            Some(file) => read_places(file, task.parties.len())?,
            None => {
                task.require_fingerprints()?;
                let pin = |p: PartyId| Fingerprint::from_bytes(task.party(p).fingerprint.unwrap_or_default());
                let n = task.parties.len();
                (PerParty::from_fn(n, |p| task.party(p).address.to_string()), PerParty::from_fn(n, pin))
            }
        };
        let ledger = self.ledger.clone().unwrap_or_else(|| beside(format!("{}.ledger", self.me)));
        let fence = self.state.clone().unwrap_or_else(state_directory);
        Ok((task, Place { me, identity, addresses, pins, ledger, fence }))
    }
}

fn state_directory() -> PathBuf {
    let home = |tail: &str| std::env::var_os("HOME").map(|h| Path::new(&h).join(tail));
    let base = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).or_else(|| home(".local/state"));
    base.unwrap_or_else(|| PathBuf::from("/var/lib")).join("quorate")
}

fn read_places(file: &Path, n: usize) -> Result<(PerParty<String>, PerParty<Fingerprint>), Failure> {
    let malformed = || Failure::new(ExitCode::Data, format!("{}: not a list of places", file.display()));
    let text = std::fs::read_to_string(file).map_err(|e| Failure::storage(file, &e))?;
    let places: Places = serde_json::from_str(&text).map_err(|_| malformed())?;
    let pins: Vec<Fingerprint> = places.fingerprints.iter().filter_map(|f| f.parse().ok()).collect();
    if places.addresses.len() != n || pins.len() != n {
        return Err(malformed());
    }
    Ok((PerParty::from_vec(places.addresses), PerParty::from_vec(pins)))
}

impl Party {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let progress = Progress::new(self.progress, &self.at.me);
        let _lifeline = self.at.places.as_deref().map(super::run::end_with_the_run);
        self.compute(&progress).or_else(|e| if progress.failed(&e) { Ok(e.code) } else { Err(e) })
    }
    fn compute(&self, progress: &Progress) -> Result<ExitCode, Failure> {
        let (task, place) = self.at.load()?;
        let result = session::run(&task, &place, progress)?;
        super::print(&if self.json { result.to_json().map_err(|e| Failure::internal(&e))? } else { result.to_text() })?;
        Ok(ExitCode::Pass)
    }
}

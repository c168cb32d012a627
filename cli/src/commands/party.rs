//! `quorate party`.

use std::net::TcpListener;
use std::os::fd::AsFd;
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
///
/// Reads this party's CSV file, waits until all parties are there (the task's connect_seconds), makes the preprocessing
/// that the task needs, computes, and prints the results that the task shows to this party. Data, keys and shares stay
/// on this host.
#[derive(Args)]
#[command(after_help = "Examples:
  quorate party task.toml --me bank --identity /etc/quorate/bank
  quorate party task.toml --me bank --json > result.json      progress goes to standard error

Before the first run: `quorate keygen`, exchange fingerprints, then `quorate doctor`.
`quorate --help` lists exit codes.")]
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
    /// Which party this is, by its name in the task file.
    #[arg(long, value_name = "NAME")]
    pub me: String,
    #[command(flatten)]
    pub local: Local,
}

/// What is local to a party.
#[derive(Args)]
pub struct Local {
    /// Identity: PATH.key and PATH.crt [default: the party's name beside the task file].
    #[arg(long, value_name = "PATH")]
    pub identity: Option<PathBuf>,
    /// Directory of this party's ledger, its preprocessing on disk [default: NAME.ledger beside the task file].
    #[arg(long, value_name = "DIR")]
    pub ledger: Option<PathBuf>,
    /// Directory of the ledger's fence; never restore it together with the ledger [default: $XDG_STATE_HOME/quorate or ~/.local/state/quorate].
    #[arg(long, value_name = "DIR", env = "QUORATE_STATE")]
    pub state: Option<PathBuf>,
    /// Addresses and fingerprints that replace those of the task file, for `quorate run`. Standard input is then the
    /// socket that this party listens on: bound before it started, so that nobody can take the port.
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
    /// The process that started them: its parties end when it is gone.
    pub run: u32,
}

/// Binds a free port of the loopback interface. The socket is passed on to the party that listens on it.
pub fn free_port() -> Result<(TcpListener, String), Failure> {
    let bound = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr().map(|a| (l, a.to_string())));
    bound.map_err(|e| Failure::new(ExitCode::Unavailable, format!("no free port: {e}")))
}

/// The socket that the process which started this one has bound for it.
pub fn inherited_listener() -> Result<TcpListener, Failure> {
    let socket = std::io::stdin().as_fd().try_clone_to_owned().map(TcpListener::from);
    socket.and_then(|l| l.local_addr().map(|_| l)).map_err(|e| {
        Failure::new(ExitCode::Internal, format!("standard input is not the socket that --places promises: {e}"))
    })
}

impl At {
    /// Reads the task and everything local.
    pub fn load(&self) -> Result<(Task, Place), Failure> {
        self.local.load(&self.task, &self.me)
    }
}

impl Local {
    /// Reads the task and everything local to party `me`.
    pub fn load(&self, file: &Path, me: &str) -> Result<(Task, Place), Failure> {
        let task = Task::load(file)?;
        let party = task.find(me)?;
        let beside = |name: String| file.with_file_name(name);
        let identity = Identity::load(&self.identity.clone().unwrap_or_else(|| beside(me.to_owned())))?;
        let listener = self.places.as_ref().map(|_| inherited_listener()).transpose()?;
        let (addresses, pins) = match &self.places {
            Some(file) => {
                let places = read_places(file)?;
                let pins: Vec<Fingerprint> = places.fingerprints.iter().filter_map(|f| f.parse().ok()).collect();
                if places.addresses.len() != task.parties.len() || pins.len() != task.parties.len() {
                    return Err(malformed(file));
                }
                (PerParty::from_vec(places.addresses), PerParty::from_vec(pins))
            }
            None => {
                task.require_fingerprints()?;
                let pin = |p: PartyId| Fingerprint::from_bytes(task.party(p).fingerprint.unwrap_or_default());
                let n = task.parties.len();
                (PerParty::from_fn(n, |p| task.party(p).address.to_string()), PerParty::from_fn(n, pin))
            }
        };
        let ledger = self.ledger.clone().unwrap_or_else(|| beside(format!("{me}.ledger")));
        let fence = self.state.clone().unwrap_or_else(state_directory);
        Ok((task, Place { me: party, identity, addresses, pins, listener, ledger, fence }))
    }
}

fn state_directory() -> PathBuf {
    // A variable that is empty or relative counts as not set: the fence must not depend on the current directory.
    let directory = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = directory("XDG_STATE_HOME").or_else(|| directory("HOME").map(|home| home.join(".local/state")));
    base.unwrap_or_else(|| PathBuf::from("/var/lib")).join("quorate")
}

fn malformed(file: &Path) -> Failure {
    Failure::new(ExitCode::Data, format!("{}: not a list of places", file.display()))
}

/// The places that another process has written.
pub fn read_places(file: &Path) -> Result<Places, Failure> {
    let text = std::fs::read_to_string(file).map_err(|e| Failure::storage(file, &e))?;
    serde_json::from_str(&text).map_err(|_| malformed(file))
}

/// Writes the places of all parties for the processes that this one starts.
pub fn write_places(places: &Places, file: &Path) -> Result<(), Failure> {
    let json = serde_json::to_string(places).map_err(|e| Failure::internal(&e))?;
    std::fs::write(file, json).map_err(|e| Failure::storage(file, &e))
}

impl Party {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let progress = Progress::new(self.progress, &self.at.me);
        let _lifeline = super::run::lifeline(self.at.local.places.as_deref())?;
        self.compute(&progress).or_else(|e| if progress.failed(&e) { Ok(e.code) } else { Err(e) })
    }
    fn compute(&self, progress: &Progress) -> Result<ExitCode, Failure> {
        let (task, place) = self.at.load()?;
        let result = session::run(&task, &place, progress)?;
        super::print(&if self.json { result.to_json().map_err(|e| Failure::internal(&e))? } else { result.to_text() })?;
        Ok(ExitCode::Pass)
    }
}

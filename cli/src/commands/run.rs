//! `quorate run`.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt, parent_id};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{MultiProgress, ProgressBar};
use spec::ExitCode;
use transport::identity;

use super::party::{Places, free_port, read_places, write_places};
use crate::failure::Failure;
use crate::progress::{self, Report};
use crate::report::TaskResult;
use crate::task::Task;

/// What the directory of a run is called by; parties that outlive the run remove it.
pub(super) const PREFIX: &str = "quorate-run-";
/// How long the other parties may take to end by themselves after one has failed: on one machine there is nobody who
/// could still start the failed one again.
const GRACE: Duration = Duration::from_secs(1);

/// How often a party looks whether its run is still there.
const LOOK_AFTER: Duration = Duration::from_millis(50);
/// How often a party that outlives the run tries to remove its files.
const CLEARING: u32 = 50;

/// Run all parties of a task on this machine, as separate processes over mutual TLS.
///
/// For trying a task out: everybody's data files are here. Each party gets a fresh identity and a port of its own on the
/// loopback interface; keys, ports and preprocessing are gone afterwards. Between organisations, each runs `quorate party`
/// on its own host instead, and nobody has anybody else's file.
#[derive(Args)]
#[command(after_help = "Examples:
  quorate run examples/credit/task.toml
  quorate run examples/credit/task.toml --json > result.json

The figures below a result are seconds of wall clock, megabytes (10^6 bytes) of payload at that
party, and rounds: the longest chain of messages that had to wait for each other.
`quorate --help` lists exit codes.")]
pub struct Run {
    /// The task file.
    task: PathBuf,
    /// Print the results as JSON, one object per demander in a list.
    #[arg(long)]
    json: bool,
    /// Do not show progress.
    #[arg(long, short)]
    quiet: bool,
}

impl Run {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let task = Task::load(&self.task)?;
        crate::program::plan(&task)?;
        let names: Vec<String> = task.parties.iter().map(|p| p.name.clone()).collect();
        // The parties' keys and shares lie there until the end.
        let mut dir = tempfile::Builder::new();
        let dir = dir.prefix(PREFIX).permissions(Permissions::from_mode(0o700)).tempdir();
        let dir = dir.map_err(|e| Failure::storage(&std::env::temp_dir(), &e))?;
        let (places, listeners) = prepare(&names, dir.path())?;

        let show = !self.quiet && !self.json && std::io::stderr().is_terminal();
        let bars = MultiProgress::new();
        let mut parties = Vec::new();
        for (name, listener) in names.iter().zip(listeners) {
            let bar = show.then(|| bars.add(progress::bar(name)));
            parties.push(Running::start(&self.task, name, &places, listener, bar)?);
        }
        supervise(&mut parties);
        let ends: Vec<Ended> = parties.into_iter().map(Running::end).collect();
        let _ = bars.clear();

        let code = tell(&ends);
        if code == ExitCode::Pass {
            let results = ends.iter().filter_map(|e| e.outcome.as_ref().ok());
            let results: Vec<&TaskResult> = results.filter(|r| !r.outputs.is_empty()).collect();
            let text = results.iter().map(|r| r.to_text() + "\n");
            super::print(&if self.json { super::json(&results)? } else { text.collect() })?;
        }
        Ok(code)
    }
}

/// Fresh identities in `dir`, and for every party a socket on the loopback interface that listens already.
pub(super) fn prepare(names: &[String], dir: &Path) -> Result<(PathBuf, Vec<TcpListener>), Failure> {
    let mut listeners = Vec::new();
    let mut places = Places { addresses: Vec::new(), fingerprints: Vec::new(), run: std::process::id() };
    for name in names {
        places.fingerprints.push(identity::keygen(&dir.join(name), 1)?.to_string());
        let (listener, address) = free_port()?;
        places.addresses.push(address);
        listeners.push(listener);
    }
    let file = dir.join("places.json");
    write_places(&places, &file)?;
    Ok((file, listeners))
}

/// Waits until all have ended. After the first failure the others get [`GRACE`].
fn supervise(parties: &mut [Running]) {
    let mut until: Option<Instant> = None;
    while parties.iter_mut().map(Running::has_ended).filter(|ended| !ended).count() > 0 {
        if until.is_none() && parties.iter().any(|p| p.status.is_some_and(|s| !s.success())) {
            until = Some(Instant::now() + GRACE);
        }
        if until.is_some_and(|until| Instant::now() >= until) {
            parties.iter_mut().for_each(Running::stop);
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Prints why the run failed, the cause and not what followed from it at other parties, and returns its code.
fn tell(ends: &[Ended]) -> ExitCode {
    let failures: Vec<(&str, &Failure)> =
        ends.iter().filter_map(|e| Some((e.name.as_str(), e.outcome.as_ref().err()?.as_ref()?))).collect();
    let known = failures.iter().any(|(_, f)| !f.follows);
    let mut code = ExitCode::Pass;
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for (name, failure) in failures.iter().filter(|(_, f)| !(known && f.follows)) {
        code = code.worse(failure.code);
        let message = failure.to_string();
        match told.iter_mut().find(|(m, _)| *m == message) {
            Some((_, names)) => names.push(name),
            None => told.push((message, vec![name])),
        }
    }
    for (message, names) in told {
        // Whoever closed standard error does not want to know.
        let _ = writeln!(std::io::stderr(), "quorate: {}: {message}", names.join(", "));
    }
    code
}

/// A party's process, and the threads that read what it prints.
struct Running {
    name: String,
    child: Child,
    status: Option<ExitStatus>,
    /// We have ended it because another one failed.
    stopped: bool,
    output: thread::JoinHandle<String>,
    errors: thread::JoinHandle<Told>,
}

/// What a party said on standard error, progress left out.
#[derive(Default)]
struct Told {
    failure: Option<progress::Ended>,
    /// What was none of our lines, such as the system's last words.
    stray: Vec<String>,
}

struct Ended {
    name: String,
    /// The error is `None` for a party that we have stopped: it has nothing to tell.
    outcome: Result<TaskResult, Option<Failure>>,
}

impl Running {
    /// Starts a party whose files lie beside `places`.
    fn start(
        task: &Path,
        name: &str,
        places: &Path,
        listener: TcpListener,
        bar: Option<ProgressBar>,
    ) -> Result<Self, Failure> {
        let beside = |name: &str| places.with_file_name(name);
        let internal = |e: std::io::Error| Failure::new(ExitCode::Internal, format!("cannot start {name}: {e}"));
        let mut child = Command::new(std::env::current_exe().map_err(internal)?)
            .arg("party")
            .arg(task)
            .args(["--me", name, "--json", "--progress", "json"])
            .arg("--identity")
            .arg(beside(name))
            .arg("--ledger")
            .arg(beside(&format!("{name}.ledger")))
            .arg("--state")
            .arg(beside(&format!("{name}.state")))
            .arg("--places")
            .arg(places)
            // Bound here, so that nobody takes the port before the party listens on it.
            .stdin(Stdio::from(OwnedFd::from(listener)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // An interrupt from the terminal ends this process, and the parties clear up.
            .process_group(0)
            .spawn()
            .map_err(internal)?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let output = thread::spawn(move || {
            let mut text = String::new();
            if let Some(mut out) = stdout {
                let _ = out.read_to_string(&mut text);
            }
            text
        });
        let errors = thread::spawn(move || {
            let mut told = Told::default();
            for line in stderr.into_iter().flat_map(|e| BufReader::new(e).lines()).map_while(Result::ok) {
                if let Ok(report) = serde_json::from_str::<Report>(&line) {
                    bar.iter().for_each(|bar| progress::show(bar, &report));
                } else if let Ok(ended) = serde_json::from_str(&line) {
                    told.failure = Some(ended);
                } else {
                    told.stray.push(line);
                }
            }
            told
        });
        Ok(Self { name: name.to_owned(), child, status: None, stopped: false, output, errors })
    }
    fn has_ended(&mut self) -> bool {
        if self.status.is_none() {
            self.status = self.child.try_wait().ok().flatten();
        }
        self.status.is_some()
    }
    fn stop(&mut self) {
        if !self.has_ended() {
            self.stopped = true;
            // It may have ended meanwhile.
            let _ = self.child.kill();
        }
    }
    fn end(self) -> Ended {
        let text = self.output.join().unwrap_or_default();
        let told = self.errors.join().unwrap_or_default();
        let name = self.name;
        let status = self.status.unwrap_or_default();
        if self.stopped {
            return Ended { name, outcome: Err(None) };
        }
        if status.success() {
            let unread = |e| Failure::new(ExitCode::Internal, format!("its result cannot be read: {e}"));
            return Ended { name, outcome: serde_json::from_str(&text).map_err(|e| Some(unread(e))) };
        }
        let code = ExitCode::BY_SEVERITY.into_iter().find(|c| status.code() == Some(i32::from(c.code())));
        let failure = match (told.failure, status.signal()) {
            (Some(ended), _) => {
                let mut failure = Failure::new(code.unwrap_or(ExitCode::Internal), ended.failure);
                failure.follows = ended.follows;
                failure
            }
            (None, Some(signal)) => {
                Failure::new(ExitCode::Unavailable, format!("its process was ended by signal {signal}"))
            }
            (None, None) => {
                let last = told.stray.first().map_or_else(|| status.to_string(), |l| l.replace("quorate: ", ""));
                Failure::new(code.unwrap_or(ExitCode::Internal), last)
            }
        };
        Ended { name, outcome: Err(Some(failure)) }
    }
}

/// In a party of a local run: ends this process when the run, process `parent`, is gone, however it went. What belongs to
/// the run, keys and shares of all parties, is removed: nothing of it is of use to anybody any more.
fn end_with_the_run(places: &Path, parent: u32) -> Lifeline {
    let run = places.parent().map(Path::to_owned);
    let clearing = Arc::new(Mutex::new(()));
    let lifeline = Lifeline(clearing.clone());
    thread::spawn(move || {
        // A process that has lost its parent is given another one.
        while parent_id() == parent {
            thread::sleep(LOOK_AFTER);
        }
        let _clearing = clearing.lock();
        let ours = |dir: &PathBuf| dir.file_name().is_some_and(|n| n.to_string_lossy().starts_with(PREFIX));
        if let Some(dir) = run.filter(ours) {
            // Parties that still write get in each other's way: whoever ends last removes the rest.
            for _ in 0..CLEARING {
                if std::fs::remove_dir_all(&dir).is_ok() || !dir.exists() {
                    break;
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        std::process::exit(i32::from(ExitCode::Unavailable.code()));
    });
    lifeline
}

/// [`end_with_the_run`] where `places` were given.
pub(super) fn lifeline(places: Option<&Path>) -> Result<Option<Lifeline>, Failure> {
    places.map(|file| Ok(end_with_the_run(file, read_places(file)?.run))).transpose()
}

/// Keeps a party from ending while it removes what belongs to a run that is gone.
pub(super) struct Lifeline(Arc<Mutex<()>>);

impl Drop for Lifeline {
    fn drop(&mut self) {
        drop(self.0.lock());
    }
}

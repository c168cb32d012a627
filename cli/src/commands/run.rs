//! `quorate run`.

use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use clap::Args;
use indicatif::{MultiProgress, ProgressBar};
use spec::ExitCode;
use transport::identity;

use super::party::Places;
use crate::failure::Failure;
use crate::progress::{self, Report};
use crate::report::TaskResult;
use crate::task::Task;

/// Run all parties of a task on this machine, as separate processes over mutual TLS.
#[derive(Args)]
#[command(after_help = "Example:\n  quorate run examples/credit/task.toml --json > result.json\n\n\
    Each party gets a fresh identity and a port of its own on the loopback interface; everything is deleted afterwards.\n\
    Between organisations, each runs `quorate party` on its own host instead.")]
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
        let dir = tempfile::Builder::new().prefix("quorate-run-").tempdir();
        let dir = dir.map_err(|e| Failure::storage(&std::env::temp_dir(), &e))?;
        let places = prepare(&names, dir.path())?;

        let show = !self.quiet && !self.json && std::io::stderr().is_terminal();
        let bars = MultiProgress::new();
        let mut parties = Vec::new();
        for name in &names {
            let bar = show.then(|| bars.add(progress::bar(name)));
            parties.push(Running::start(&self.task, name, dir.path(), &places, bar)?);
        }
        let ends: Vec<Ended> = parties.into_iter().map(Running::wait).collect();
        let _ = bars.clear();

        let mut code = ExitCode::Pass;
        for (name, end) in names.iter().zip(&ends) {
            for line in &end.errors {
                eprintln!("{name}: {line}");
            }
            code = code.worse(end.code);
        }
        if code == ExitCode::Pass {
            let results: Vec<&TaskResult> =
                ends.iter().filter_map(|e| e.result.as_ref()).filter(|r| !r.outputs.is_empty()).collect();
            if self.json {
                let json = serde_json::to_string_pretty(&results);
                println!("{}", json.map_err(|e| Failure::new(ExitCode::Internal, e.to_string()))?);
            } else {
                results.iter().for_each(|r| println!("{}", r.to_text()));
            }
        }
        Ok(code)
    }
}

/// Fresh identities, and addresses on the loopback interface that were free a moment ago.
fn prepare(names: &[String], dir: &Path) -> Result<PathBuf, Failure> {
    let mut listeners = Vec::new();
    let mut places = Places { addresses: Vec::new(), fingerprints: Vec::new() };
    for name in names {
        places.fingerprints.push(identity::keygen(&dir.join(name), 1)?.to_string());
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr().map(|a| (l, a)));
        let (listener, address) =
            port.map_err(|e| Failure::new(ExitCode::Unavailable, format!("no free port: {e}")))?;
        places.addresses.push(address.to_string());
        listeners.push(listener);
    }
    let file = dir.join("places.json");
    let json = serde_json::to_string(&places).map_err(|e| Failure::new(ExitCode::Internal, e.to_string()))?;
    std::fs::write(&file, json).map_err(|e| Failure::storage(&file, &e))?;
    Ok(file)
}

/// A party's process, and the threads that read what it prints.
struct Running {
    child: Child,
    output: thread::JoinHandle<String>,
    errors: thread::JoinHandle<Vec<String>>,
}

struct Ended {
    code: ExitCode,
    result: Option<TaskResult>,
    errors: Vec<String>,
}

impl Running {
    fn start(task: &Path, name: &str, dir: &Path, places: &Path, bar: Option<ProgressBar>) -> Result<Self, Failure> {
        let internal = |e: std::io::Error| Failure::new(ExitCode::Internal, format!("cannot start {name}: {e}"));
        let style = if bar.is_some() { "json" } else { "none" };
        let mut child = Command::new(std::env::current_exe().map_err(internal)?)
            .arg("party")
            .arg(task)
            .args(["--me", name, "--json", "--progress", style])
            .arg("--identity")
            .arg(dir.join(name))
            .arg("--ledger")
            .arg(dir.join(format!("{name}.ledger")))
            .arg("--state")
            .arg(dir.join(format!("{name}.state")))
            .arg("--places")
            .arg(places)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
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
            let mut lines = Vec::new();
            for line in stderr.into_iter().flat_map(|e| BufReader::new(e).lines()).map_while(Result::ok) {
                match (serde_json::from_str::<Report>(&line), &bar) {
                    (Ok(report), Some(bar)) => progress::show(bar, &report),
                    _ => lines.push(line.trim_start_matches("quorate: ").to_owned()),
                }
            }
            lines
        });
        Ok(Self { child, output, errors })
    }
    fn wait(mut self) -> Ended {
        let status = self.child.wait();
        let text = self.output.join().unwrap_or_default();
        let errors = self.errors.join().unwrap_or_default();
        let code = status.ok().and_then(|s| s.code()).unwrap_or(i32::from(ExitCode::Internal.code()));
        let known = ExitCode::BY_SEVERITY.into_iter().find(|c| i32::from(c.code()) == code);
        Ended { code: known.unwrap_or(ExitCode::Internal), result: serde_json::from_str(&text).ok(), errors }
    }
}

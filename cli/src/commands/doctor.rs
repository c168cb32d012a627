//! `quorate doctor`.

use std::fs::Permissions;
use std::net::{TcpListener, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use clap::Args;
use serde::{Deserialize, Serialize};
use spec::ExitCode;
use transport::tcp::{ConnectError, TcpNet};
use transport::{Parties, PartyId, PerParty};

use super::party::Local;
use super::run;
use crate::failure::Failure;
use crate::session::{self, Place};
use crate::survey::{Row, survey};
use crate::table::{Align, render};
use crate::task::Task;
use crate::{data, program};

/// Check everything a task needs before data is touched.
///
/// Own data, identity and plan; then addresses, ports, TLS, pinned fingerprints, program versions and parameters between
/// every pair of parties. All parties run it at the same time, in any order: it waits for the others as `quorate party`
/// does (the task's connect_seconds). Whoever is there tells the others what it found, so every party sees the table of
/// all pairs; a party that is missing does not keep the rest from being checked.
///
/// Without --me, all parties are checked on this machine: with their own identities and addresses if the task pins
/// fingerprints, otherwise with fresh ones on the loopback interface, as `quorate run` would.
#[derive(Args)]
#[command(after_help = "Examples:
  quorate doctor task.toml --me bank --identity /etc/quorate/bank
  quorate doctor examples/credit/task.toml           all parties on this machine
  quorate doctor task.toml --me bank --json          [{what, ok, detail, pair?, milliseconds?}, …]

Exit codes: 0 all is well, 65 own data or plan, 69 a party is missing or does not answer,
78 identities, versions or parameters differ.")]
pub struct Doctor {
    /// The task file that all parties share.
    task: PathBuf,
    /// Which party this is, by its name in the task file [default: all of them].
    #[arg(long, value_name = "NAME")]
    me: Option<String>,
    #[command(flatten)]
    local: Local,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
}

/// One finding.
#[derive(Serialize, Deserialize)]
struct Finding {
    what: String,
    ok: bool,
    detail: String,
    /// Who looked at its connection to whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pair: Option<[String; 2]>,
    /// The mean time of a round of a pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    milliseconds: Option<f64>,
}

impl Finding {
    fn new<E: std::fmt::Display>(what: &str, result: Result<String, E>) -> Self {
        let (ok, detail) = match result {
            Ok(detail) => (true, detail),
            Err(e) => (false, e.to_string()),
        };
        Self { what: what.into(), ok, detail, pair: None, milliseconds: None }
    }
}

impl Doctor {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let _lifeline = run::lifeline(self.local.places.as_deref())?;
        let (findings, code, names) = match &self.me {
            Some(me) => self.one(me)?,
            None if self.local.identity.is_some() => {
                return Err(Failure::new(ExitCode::Usage, "--identity is one party's: say which with --me"));
            }
            None => self.all()?,
        };
        self.print(&findings, &names)?;
        Ok(code)
    }

    /// This party, on its own host.
    fn one(&self, me: &str) -> Result<(Vec<Finding>, ExitCode, Vec<String>), Failure> {
        let (task, place) = self.local.load(&self.task, me)?;
        let parties = task.names();
        let mut findings = own(&task, &place, &parties);
        let mut code = if findings.iter().all(|f| f.ok) { ExitCode::Pass } else { ExitCode::Data };
        match connections(&task, &place) {
            Ok((rows, problems)) => {
                for e in problems.into_vec().into_iter().flatten() {
                    code = code.worse(Failure::from(&e).code);
                }
                let pairs = table(&rows, &parties);
                if pairs.iter().any(|f| !f.ok) && matches!(code, ExitCode::Pass | ExitCode::Data) {
                    code = ExitCode::Unavailable;
                }
                findings.extend(pairs);
            }
            Err(e) => {
                code = e.code;
                findings.push(Finding::new("connections", Err::<String, _>(e)));
            }
        }
        Ok((findings, code, parties.iter().map(|p| parties.name(p).to_owned()).collect()))
    }

    /// All parties on this machine, each in a process of its own.
    fn all(&self) -> Result<(Vec<Finding>, ExitCode, Vec<String>), Failure> {
        let task = Task::load(&self.task)?;
        let names: Vec<String> = task.parties.iter().map(|p| p.name.clone()).collect();
        let dir = tempfile::Builder::new().prefix(run::PREFIX).permissions(Permissions::from_mode(0o700)).tempdir();
        let dir = dir.map_err(|e| Failure::storage(&std::env::temp_dir(), &e))?;
        // A task that pins nobody is for `quorate run`.
        let (places, listeners) = match task.require_fingerprints() {
            Ok(()) => (None, names.iter().map(|_| None).collect::<Vec<_>>()),
            Err(_) => run::prepare(&names, dir.path()).map(|(p, l)| (Some(p), l.into_iter().map(Some).collect()))?,
        };
        let internal = |e: std::io::Error| Failure::internal(&e);
        let start = |(name, listener): (&String, Option<TcpListener>)| {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg("doctor").arg(&self.task).args(["--json", "--me", name]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.stdin(listener.map_or_else(Stdio::null, |l| Stdio::from(OwnedFd::from(l))));
            if let Some(places) = &places {
                command.arg("--places").arg(places).arg("--identity").arg(dir.path().join(name));
            }
            command.spawn()
        };
        let running: Result<Vec<_>, _> = names.iter().zip(listeners).map(start).collect();
        let (mut findings, mut pairs, mut code) = (Vec::new(), Vec::new(), ExitCode::Pass);
        for (name, child) in names.iter().zip(running.map_err(internal)?) {
            let out = child.wait_with_output().map_err(internal)?;
            let ended = ExitCode::BY_SEVERITY.into_iter().find(|c| out.status.code() == Some(i32::from(c.code())));
            code = code.worse(ended.unwrap_or(ExitCode::Internal));
            match serde_json::from_slice::<Vec<Finding>>(&out.stdout) {
                Ok(found) => {
                    for mut f in found {
                        match &f.pair {
                            // Each party speaks for itself here.
                            Some([from, _]) if from != name => {}
                            Some(_) => pairs.push(f),
                            None => {
                                f.what = format!("{name}: {}", f.what);
                                findings.push(f);
                            }
                        }
                    }
                }
                Err(_) => {
                    let why = String::from_utf8_lossy(&out.stderr).trim().replace("quorate: ", "");
                    findings.push(Finding::new(name, Err(why)));
                }
            }
        }
        findings.extend(pairs);
        Ok((findings, code, names))
    }

    fn print(&self, findings: &[Finding], names: &[String]) -> Result<(), Failure> {
        if self.json {
            return super::print(&super::json(&findings)?);
        }
        let word = |ok| if ok { "ok" } else { "PROBLEM" }.to_owned();
        // Pairs that are well are in the table below; the others need words.
        let listed = findings.iter().filter(|f| f.pair.is_none() || !f.ok);
        let rows: Vec<Vec<String>> = listed.map(|f| vec![f.what.clone(), word(f.ok), f.detail.clone()]).collect();
        let mut text = render(&[("check", Align::Left), ("", Align::Left), ("detail", Align::Left)], &rows);
        text.push('\n');
        let cell = |from: &String, to: &String| {
            let found = findings.iter().find(|f| f.pair.as_ref().is_some_and(|[a, b]| (a, b) == (from, to)));
            match found {
                _ if from == to => String::new(),
                None => "not known".to_owned(),
                Some(f) => f.milliseconds.map_or_else(|| word(f.ok), |ms| format!("{ms:.2} ms")),
            }
        };
        let rows: Vec<Vec<String>> = names
            .iter()
            .map(|from| std::iter::once(from.clone()).chain(names.iter().map(|to| cell(from, to))).collect())
            .collect();
        let mut heads = vec![("a round, seen by ↓ with →", Align::Left)];
        heads.extend(names.iter().map(|name| (name.as_str(), Align::Right)));
        text += &render(&heads, &rows);
        super::print(&text)
    }
}

/// What can be checked without anybody else.
fn own(task: &Task, place: &Place, parties: &Parties) -> Vec<Finding> {
    let mut findings =
        vec![Finding::new("identity", Ok::<_, String>(format!("valid, {}", place.identity.fingerprint())))];
    let hex = |digest: [u8; 32]| digest.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let digests = format!("{}, as doctors compare it {}", hex(session::parameters(task)), hex(compared(task)));
    findings.push(Finding::new("parameters", Ok::<String, String>(digests)));
    findings.push(Finding::new(
        "plan",
        program::plan(task).map(|p| format!("{} triples", p.products().items + p.squares().items)),
    ));
    if let Some(source) = &task.party(place.me).data {
        let read = data::read(task, source).map(|d| format!("{} rows, {} columns", d.ids.len(), d.columns.len()));
        findings.push(Finding::new(&format!("data {}", source.file.display()), read));
    }
    for (p, address) in place.addresses.iter() {
        let resolved = address.to_socket_addrs().map(|all| all.map(|a| a.to_string()).collect::<Vec<_>>().join(", "));
        findings.push(Finding::new(&format!("address of {}", parties.name(p)), resolved));
    }
    findings
}

/// The digest of the parameters that doctors tell each other: another than that of `quorate party`, so that the two do
/// not come together and say so.
fn compared(task: &Task) -> [u8; 32] {
    blake3::derive_key("quorate 2026 doctor v1", &session::parameters(task))
}

type Connections = (PerParty<Result<Row, String>>, PerParty<Option<ConnectError>>);

/// Meets whoever is there.
fn connections(task: &Task, place: &Place) -> Result<Connections, Failure> {
    let config = session::config(task, place, compared(task));
    let bound;
    let listener = match &place.listener {
        Some(listener) => listener,
        None => {
            let address = place.addresses[place.me].clone();
            let listening = TcpListener::bind(&address);
            bound = listening.map_err(|source| ConnectError::Listen { address, source })?;
            &bound
        }
    };
    let (net, problems) = TcpNet::connect_to_present(listener, config)?;
    // The hint of a failure is worth as much here.
    let words = PerParty::from_fn(problems.n(), |p| problems[p].as_ref().map(|e| Failure::from(e).to_string()));
    let rows = transport::drive(&net, survey(&net, &place.addresses, &words));
    Ok((rows, problems))
}

/// Every party's findings on its connections, and who did not tell.
fn table(rows: &PerParty<Result<Row, String>>, parties: &Parties) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (from, row) in rows.iter() {
        let name = |p| parties.name(p).to_owned();
        match row {
            Ok(row) => {
                for (to, seen) in row.iter().enumerate().filter_map(|(to, seen)| Some((to, seen.as_ref()?))) {
                    let to = name(PartyId::new(to));
                    let mut found =
                        Finding::new(&format!("{} → {to}", name(from)), Ok::<_, String>(seen.detail.clone()));
                    (found.ok, found.pair, found.milliseconds) = (seen.ok, Some([name(from), to]), seen.milliseconds);
                    findings.push(found);
                }
            }
            Err(why) => findings.push(Finding::new(&format!("report of {}", name(from)), Err::<String, _>(why))),
        }
    }
    findings
}

//! `quorate doctor`.

use std::net::ToSocketAddrs;
use std::rc::Rc;
use std::time::Instant;

use clap::Args;
use protocols::message::Nonce;
use protocols::{Error, SessionId};
use spec::ExitCode;
use transport::tcp::TcpNet;
use transport::{Net, Parties, PartyId};

use super::party::At;
use crate::failure::Failure;
use crate::session::{self, Place};
use crate::table::{Align, render};
use crate::task::Task;
use crate::{data, program};

/// Check everything a task needs before data is touched: own data and identity, addresses, ports, TLS, pinned
/// fingerprints, program versions and parameters between every pair of parties. All parties run it at the same time.
#[derive(Args)]
#[command(after_help = "Example:\n  quorate doctor task.toml --me bank --identity /etc/quorate/bank")]
pub struct Doctor {
    #[command(flatten)]
    at: At,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
}

/// Round trips measured per peer.
const PINGS: usize = 20;

/// One finding.
#[derive(serde::Serialize)]
struct Finding {
    what: String,
    ok: bool,
    detail: String,
}

impl Doctor {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let (task, place) = self.at.load()?;
        let parties = task.names();
        let mut findings =
            vec![finding("identity", Ok::<_, String>(format!("valid, {}", place.identity.fingerprint())))];
        findings.push(finding(
            "plan",
            program::plan(&task).map(|p| format!("{} triples", p.products().items + p.squares().items)),
        ));
        if let Some(source) = &task.party(place.me).data {
            let read = data::read(&task, source).map(|d| format!("{} rows, {} columns", d.ids.len(), d.columns.len()));
            findings.push(finding(&format!("data {}", source.file.display()), read));
        }
        for (p, address) in place.addresses.iter() {
            let resolved =
                address.to_socket_addrs().map(|all| all.map(|a| a.to_string()).collect::<Vec<_>>().join(", "));
            findings.push(finding(&format!("address of {}", parties.name(p)), resolved));
        }
        let mut failure = None;
        match session::connect(&task, &place).and_then(|net| ping(&task, &place, &parties, net)) {
            Ok(pinged) => findings.extend(pinged),
            Err(e) => {
                findings.push(finding("connections", Err::<String, _>(&e)));
                failure = Some(e.code);
            }
        }
        self.print(&findings)?;
        let bad = findings.iter().any(|f| !f.ok);
        Ok(failure.unwrap_or(if bad { ExitCode::Data } else { ExitCode::Pass }))
    }

    fn print(&self, findings: &[Finding]) -> Result<(), Failure> {
        if self.json {
            return super::print(&super::json(&findings)?);
        }
        let word = |ok| if ok { "ok" } else { "PROBLEM" }.to_owned();
        let rows: Vec<Vec<String>> =
            findings.iter().map(|f| vec![f.what.clone(), word(f.ok), f.detail.clone()]).collect();
        super::print(&render(&[("check", Align::Left), ("", Align::Left), ("detail", Align::Left)], &rows))
    }
}

fn finding<E: std::fmt::Display>(what: &str, result: Result<String, E>) -> Finding {
    let (ok, detail) = match result {
        Ok(detail) => (true, detail),
        Err(e) => (false, e.to_string()),
    };
    Finding { what: what.into(), ok, detail }
}

/// A connection stands only between parties whose pins, versions and parameters agree; what is left is how fast it is.
fn ping(task: &Task, place: &Place, parties: &Parties, net: TcpNet) -> Result<Vec<Finding>, Failure> {
    let net: Rc<dyn Net> = Rc::new(net);
    let times = transport::drive(&*net.clone(), async {
        let id = SessionId::derive(&session::parameters(task), &[], b"doctor", &[]);
        let told = |e: Error| Failure::protocol(&e, parties);
        let mut s = session::start(net.clone(), id).await?;
        let mut times: Vec<(PartyId, f64)> = Vec::new();
        for p in s.others() {
            let mut best = f64::INFINITY;
            for _ in 0..PINGS {
                let start = Instant::now();
                s.send(p, "ping", &[Nonce([0; 32])]).map_err(told)?;
                s.recv::<Nonce>(p, "ping", 1).await.map_err(told)?;
                best = best.min(start.elapsed().as_secs_f64());
            }
            times.push((p, best));
        }
        Ok::<_, Failure>(times)
    });
    Ok(times?
        .into_iter()
        .map(|(p, seconds)| {
            let detail = format!(
                "{}: TLS, pin, version and parameters agree, {:.2} ms a round",
                place.addresses[p],
                seconds * 1e3
            );
            finding(&format!("{} ↔ {}", parties.name(place.me), parties.name(p)), Ok::<_, String>(detail))
        })
        .collect())
}

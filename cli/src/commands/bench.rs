//! `quorate bench`: measures the shipped protocols between processes of this machine.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::Instant;

use clap::{Args, ValueEnum};
use field::{F128, Fr, PrimeField};
use protocols::{Session, SessionId};
use serde::{Deserialize, Serialize};
use spec::ExitCode;
use transport::identity::{self, Fingerprint, Identity};
use transport::tcp::{Security, TcpConfig, TcpNet};
use transport::{Limits, Parties, PartyId, PerParty};

use super::party::{Places, free_port, inherited_listener, read_places, write_places};
use crate::bench::{self, Measured};
use crate::failure::Failure;
use crate::table::{Align, render};

/// The most items or repetitions: what a measurement of a day can take.
const MOST: u64 = 1_000_000_000;

/// Measure a protocol between processes of this machine.
///
/// Every party is a process; they talk over mutual TLS on the loopback interface, or without TLS for --plain. Shown is
/// the best of some repetitions: items per second, wall-clock and processor microseconds an item, payload bytes sent per
/// item, rounds of one repetition (the longest chain of messages that had to wait for each other), and the largest
/// resident memory of the first party in MiB (2^20 bytes). Setup, such as base oblivious transfers, is not timed.
#[derive(Args)]
#[command(after_help = "Examples:
  quorate bench triples --field fr
  quorate bench online --field f128 --plain --json
  quorate bench triples --count 1000000 --ledger /var/tmp/triples --repeat 1 --plain
                                     a million triples onto disk: what counts is the peak memory

`online`, `open` and `latency` run on public preprocessing made for the measurement: nothing secret is computed.")]
pub struct Bench {
    /// What to measure.
    #[arg(value_enum)]
    what: What,
    /// The field.
    #[arg(long, value_enum, default_value_t)]
    field: Field,
    /// How many parties, 2 to 5.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=5))]
    parties: u8,
    /// Items per repetition [default: 10^4 triples or single products, 10^6 products or openings, 4·10^6 transfers].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=MOST))]
    count: Option<u64>,
    /// Repetitions; the best is the figure, all are in the JSON.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=MOST))]
    repeat: u64,
    /// Loopback without TLS.
    #[arg(long)]
    plain: bool,
    /// Write triples to ledgers in this directory as they are made, and wait until they are durable. Without it they
    /// are thrown away.
    #[arg(long, value_name = "DIR")]
    ledger: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// This process is one party of a measurement.
    #[arg(long, hide = true, requires = "places")]
    role: Option<usize>,
    #[arg(long, hide = true)]
    places: Option<PathBuf>,
}

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum What {
    /// MASCOT triples, everything included but the key setup.
    Triples,
    /// Multiplications with ready preprocessing, MAC check included.
    Online,
    /// Openings, MAC check included.
    Open,
    /// One multiplication at a time: the latency of a round.
    Latency,
    /// Random oblivious transfers, both directions.
    Ot,
}

/// The field of a measurement.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum Field {
    /// BLS12-381 scalars, 255 bits.
    Fr,
    /// A prime just below 2^128.
    #[default]
    F128,
}

/// What a measurement prints.
#[derive(Serialize, Deserialize)]
struct Figures {
    what: String,
    field: String,
    parties: u8,
    transport: String,
    count: usize,
    /// Where triples go: `ledger`, or nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    written_to: Option<String>,
    /// Items per second of every repetition.
    rates: Vec<f64>,
    /// The best of them.
    best: f64,
    /// Microseconds per item of the best.
    microseconds: f64,
    /// Processor microseconds per item at the first party, its network threads included, best repetition.
    cpu_microseconds: f64,
    /// Bytes the first party sends per item.
    bytes_per_item: f64,
    /// Rounds per repetition.
    rounds: u64,
    /// Peak memory of the first party in MiB.
    peak_mib: f64,
}

/// How a party ended: a code of its own, or an error of this program.
fn ended(status: std::process::ExitStatus) -> ExitCode {
    let known = ExitCode::BY_SEVERITY.into_iter().find(|c| status.code() == Some(i32::from(c.code())));
    known.unwrap_or(ExitCode::Internal)
}

impl Bench {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match (self.role, self.places.clone()) {
            (Some(role), Some(places)) => self.party(role, &places),
            _ => self.all(),
        }
    }

    /// Starts all parties and prints the first one's figures.
    fn all(self) -> Result<ExitCode, Failure> {
        let dir = tempfile::tempdir().map_err(|e| Failure::storage(&std::env::temp_dir(), &e))?;
        if self.ledger.is_some() && self.what != What::Triples {
            return Err(Failure::new(ExitCode::Usage, "--ledger is for `quorate bench triples`"));
        }
        if let Some(ledger) = &self.ledger {
            std::fs::create_dir_all(ledger).map_err(|e| Failure::storage(ledger, &e))?;
        }
        let mut places = Places { addresses: Vec::new(), fingerprints: Vec::new(), run: std::process::id() };
        let mut listeners = Vec::new();
        for i in 0..self.parties {
            places.fingerprints.push(identity::keygen(&dir.path().join(format!("P{i}")), 1)?.to_string());
            let (listener, address) = free_port()?;
            places.addresses.push(address);
            listeners.push(listener);
        }
        let file = dir.path().join("places.json");
        write_places(&places, &file)?;
        let exe = std::env::current_exe().map_err(|e| Failure::internal(&e))?;
        let mut children = Vec::new();
        for (role, listener) in listeners.into_iter().enumerate() {
            // Bound here, so that nobody takes the port before the party listens on it.
            let listener = Stdio::from(OwnedFd::from(listener));
            let mut command = Command::new(&exe);
            command.args(std::env::args_os().skip(1)).arg("--role").arg(role.to_string()).arg("--places").arg(&file);
            command.stdin(listener).stdout(if role == 0 { Stdio::piped() } else { Stdio::null() });
            children.push(command.spawn().map_err(|e| Failure::internal(&e))?);
        }
        let (mut text, mut worst) = (None, ExitCode::Pass);
        for child in children {
            let out = child.wait_with_output().map_err(|e| Failure::internal(&e))?;
            // Who only misses another party ends less badly than the one that is the cause.
            worst = worst.worse(ended(out.status));
            text.get_or_insert(out.stdout);
        }
        if worst != ExitCode::Pass {
            return Err(Failure::new(worst, "a party of the measurement failed, see above"));
        }
        let figures: Figures = serde_json::from_slice(&text.unwrap_or_default()).map_err(|e| Failure::internal(&e))?;
        self.print(&figures)?;
        Ok(ExitCode::Pass)
    }

    fn print(&self, f: &Figures) -> Result<(), Failure> {
        if self.json {
            return super::print(&super::json(f)?);
        }
        let rows = [
            ("rate", format!("{:.0} /s (best of {})", f.best, f.rates.len())),
            (
                "time",
                format!("{:.3} µs each, {:.3} µs of processor time at a party", f.microseconds, f.cpu_microseconds),
            ),
            ("sent", format!("{:.1} bytes each", f.bytes_per_item)),
            ("rounds", f.rounds.to_string()),
            ("peak memory", format!("{:.0} MiB at a party", f.peak_mib)),
            ("transport", f.transport.clone()),
            ("written to", f.written_to.clone().unwrap_or_else(|| "nowhere".into())),
        ];
        let rows: Vec<Vec<String>> = rows.into_iter().map(|(a, b)| vec![a.to_owned(), b]).collect();
        let title = format!("{} × {}, {}, {} parties", f.count, f.what, f.field, f.parties);
        super::print(&render(&[(title.as_str(), Align::Left), ("", Align::Left)], &rows))
    }

    /// One party of a measurement.
    fn party(self, role: usize, file: &std::path::Path) -> Result<ExitCode, Failure> {
        let places = read_places(file)?;
        let me = PartyId::new(role);
        let parties = Parties::anonymous(places.addresses.len());
        let security = if self.plain {
            Security::PlainLoopback
        } else {
            let identity = Identity::load(&file.with_file_name(format!("P{role}")))?;
            let pins: Vec<Fingerprint> = places.fingerprints.iter().filter_map(|f| f.parse().ok()).collect();
            Security::Tls { identity, pins: PerParty::from_vec(pins) }
        };
        let digest = [0xbe; 32];
        let mut config = TcpConfig::new(me, parties.clone(), PerParty::from_vec(places.addresses), security, digest);
        config.limits = Limits { step: std::time::Duration::from_secs(600), ..config.limits };
        let net = Rc::new(TcpNet::connect_on(&inherited_listener()?, config)?);
        let nonces: Vec<[u8; 32]> = net.nonces().values().copied().collect();
        let id = SessionId::derive(&digest, &[], b"bench", &nonces);
        let measured = match self.field {
            Field::Fr => self.measure::<Fr>(&net, id),
            Field::F128 => self.measure::<F128>(&net, id),
        };
        let measured = measured.map_err(|e| Failure::protocol(&e, &parties))?;
        if role == 0 {
            let figures = self.figures(&measured);
            super::print(&super::json(&figures)?)?;
        }
        Ok(ExitCode::Pass)
    }

    fn measure<F: PrimeField>(&self, net: &Rc<TcpNet>, id: SessionId) -> protocols::Result<Vec<Measured>> {
        let count = self.items();
        let ledger = self.ledger.as_ref().map(|dir| dir.join(format!("P{}", self.role.unwrap_or(0))));
        transport::drive(&**net, async {
            let mut s = Session::start(net.clone(), id).await?;
            let mut all = Vec::new();
            let mut subject = bench::prepare::<F>(self.what, &mut s, count, ledger.as_deref()).await?;
            for _ in 0..self.repeat {
                subject.ready(&mut s).await?;
                s = meet(s).await?;
                let before = (net.meter().total(), bench::processor_seconds(), Instant::now());
                subject.run(&mut s).await?;
                all.push(Measured::since(before, net.meter().total()));
            }
            Ok(all)
        })
    }

    fn items(&self) -> usize {
        let usual = match self.what {
            What::Triples | What::Latency => 10_000,
            What::Online | What::Open => 1_000_000,
            What::Ot => 4_000_000,
        };
        // At most `MOST`, which fits.
        self.count.unwrap_or(usual) as usize
    }

    fn figures(&self, all: &[Measured]) -> Figures {
        let count = self.items();
        let rates: Vec<f64> = all.iter().map(|m| count as f64 / m.seconds).collect();
        let best = all.iter().min_by(|a, b| a.seconds.total_cmp(&b.seconds)).copied().unwrap_or_default();
        let name = |v: Option<clap::builder::PossibleValue>| v.map_or_else(String::new, |v| v.get_name().to_owned());
        Figures {
            what: name(self.what.to_possible_value()),
            field: name(self.field.to_possible_value()),
            parties: self.parties,
            transport: if self.plain { "plain loopback" } else { "TLS 1.3 on loopback" }.into(),
            count,
            written_to: self.ledger.as_ref().map(|_| "ledger".to_owned()),
            rates,
            best: count as f64 / best.seconds,
            microseconds: best.seconds * 1e6 / count as f64,
            cpu_microseconds: best.processor * 1e6 / count as f64,
            bytes_per_item: best.bytes as f64 / count as f64,
            rounds: best.rounds,
            peak_mib: bench::peak_mib(),
        }
    }
}

/// All parties are here before the clock starts.
async fn meet(mut s: Session) -> protocols::Result<Session> {
    s.exchange::<protocols::message::Nonce>("ready", &[protocols::message::Nonce([0; 32])]).await?;
    Ok(s)
}

//! One party's part of a session: join, preprocess, compute.

use std::net::TcpListener;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Instant;

use field::PrimeField;
use functions::Spdz;
use protocols::claims::SPDZ;
use protocols::ledger::Directory;
use protocols::message::Digest;
use protocols::{Error, Online, Session, SessionId, Tape};
use spec::ExitCode;
use transport::identity::{Fingerprint, Identity};
use transport::tcp::{Security, TcpConfig, TcpNet};
use transport::{Limits, PartyId, PerParty};

use crate::data::{self, ProviderData};
use crate::failure::Failure;
use crate::preprocess::{self, Need};
use crate::program::{self, Inputs};
use crate::progress::Progress;
use crate::report::{Figures, TaskResult};
use crate::task::Task;

/// What is local to this party.
pub struct Place {
    /// This party.
    pub me: PartyId,
    /// Its key and certificate.
    pub identity: Identity,
    /// Where everyone listens.
    pub addresses: PerParty<String>,
    /// Everyone's fingerprint.
    pub pins: PerParty<Fingerprint>,
    /// A socket that listens on this party's address already.
    pub listener: Option<TcpListener>,
    /// Where preprocessing is kept.
    pub ledger: PathBuf,
    /// Where the ledger's fence is kept, outside the ledger.
    pub fence: PathBuf,
}

const CLAIM: &str = "secure against malicious parties, all but one of them (A3C2): right or aborted; an abort may reach \
                     some parties only, and does not tell who deviated";
const ROW_IDS: &str =
    "every party sees a hash of each provider's row ids: who guesses a whole list can confirm the guess";

/// Everything that all parties must agree on before anything else: program version, what its protocols promise, task. A
/// party whose protocols promise less does not come together with the others.
#[must_use]
pub fn parameters(task: &Task) -> [u8; 32] {
    let mut h = blake3::Hasher::new_derive_key("quorate 2026 task parameters v1");
    h.update(env!("CARGO_PKG_VERSION").as_bytes());
    h.update(&[0]).update(SPDZ.canonical().as_bytes());
    h.update(&[1]).update(&task.digest().0);
    h.finalize().into()
}

/// Connects to everybody.
pub fn connect(task: &Task, place: &Place) -> Result<TcpNet, Failure> {
    let config = config(task, place, parameters(task));
    Ok(match &place.listener {
        Some(listener) => TcpNet::connect_on(listener, config)?,
        None => TcpNet::connect(config)?,
    })
}

/// How this party joins a task; parties whose digests differ do not come together.
pub(crate) fn config(task: &Task, place: &Place, digest: [u8; 32]) -> TcpConfig {
    let security = Security::Tls { identity: place.identity.clone(), pins: place.pins.clone() };
    let mut config = TcpConfig::new(place.me, task.names(), place.addresses.clone(), security, digest);
    config.connect = task.timeouts.connect;
    // Two signs of life may be lost before a peer that only computes counts as gone.
    config.heartbeat = config.heartbeat.min(task.timeouts.idle / 3);
    config.limits = Limits { idle: Some(task.timeouts.idle), step: task.timeouts.step, ..Limits::default() };
    config
}

/// Runs this party of a task to its result.
pub fn run(task: &Task, place: &Place, progress: &Progress) -> Result<TaskResult, Failure> {
    match task.field {
        crate::task::FieldName::Fr => run_over::<field::Fr>(task, place, progress),
        crate::task::FieldName::F128 => run_over::<field::F128>(task, place, progress),
    }
}

fn run_over<F: PrimeField>(task: &Task, place: &Place, progress: &Progress) -> Result<TaskResult, Failure> {
    // Whatever can be refused is refused before anybody is called.
    let plan = program::plan(task)?;
    let mut own = match &task.party(place.me).data {
        Some(source) => Some(data::read(task, source)?),
        None => None,
    };
    let parties = task.names();
    let ledger = Tape::from_os().and_then(|tape| Directory::open(&place.ledger, &place.fence, &tape));
    let told = |e: Error| Failure::protocol(&e, &parties);
    let directory = ledger.map_err(told)?;
    let started = Instant::now();
    progress.at("connecting", 0, 0, 0);
    let net = Rc::new(connect(task, place)?);
    let identities: Vec<[u8; 32]> = place.pins.values().map(|f| *f.as_bytes()).collect();
    let identities: Vec<&[u8]> = identities.iter().map(|i| i.as_slice()).collect();
    let nonces: Vec<[u8; 32]> = net.nonces().values().copied().collect();
    let id = SessionId::derive(&parameters(task), &identities, &task.digest().0, &nonces);

    let shown: Result<_, Failure> = transport::drive(&*net, async {
        let mut s = Session::start(net.clone(), id).await.map_err(told)?;
        same_rows(&mut s, task, own.as_ref()).await?;
        let meter = || net.meter().total().bytes_sent;
        let need = Need::of(&plan, &parties);
        let report = |phase: &str, done, total| progress.at(phase, done, total, meter());
        let made = preprocess::run::<F>(&mut s, &need, &directory, parameters(task), &report).await;
        let mut ledger = made.map_err(told)?;
        progress.at("computing", 0, 0, meter());
        let mut inputs: Inputs = PerParty::from_fn(parties.n(), |_| None);
        inputs[place.me] = own.as_mut().map(|d| std::mem::take(&mut d.columns));
        let (key, items) = ledger.parts();
        let online = Online::new(&mut s, key, items);
        let shown = program::run(&mut Spdz::new(online), task, &inputs).await;
        let shown = shown.map_err(|e| Failure::function(e, &parties))?;
        ledger.close().map_err(told)?;
        Ok(shown)
    });
    progress.finish();
    let shown = shown?;

    let ids = own.as_ref().map(|d| d.ids.as_slice());
    let mut result = TaskResult::new(task, parties.name(place.me), &shown, ids);
    let traffic = net.meter().total();
    result.claim.insert(0, CLAIM.into());
    let assumptions: Vec<String> = SPDZ.assumptions.iter().map(ToString::to_string).collect();
    result.claim.push(format!("this stands on: {}", assumptions.join("; ")));
    result.claim.push(ROW_IDS.into());
    result.session_id = id.hex();
    result.figures = Figures {
        seconds: started.elapsed().as_secs_f64(),
        bytes_sent: traffic.bytes_sent,
        bytes_received: traffic.bytes_received,
        rounds: traffic.rounds,
        triples: Need::of(&plan, &parties).triples as u64,
    };
    Ok(result)
}

/// Providers compare digests of their row ids, bound to this session: rows that do not belong together are a mistake of
/// configuration, found before anything is shared.
async fn same_rows(s: &mut Session, task: &Task, own: Option<&ProviderData>) -> Result<(), Failure> {
    let mut s = s.step("same_rows");
    let digest = |d: &ProviderData| s.digest("quorate 2026 row ids v1", &[&d.id_digest.0]);
    let mine: Vec<_> = own.map(digest).into_iter().collect();
    let lens = PerParty::from_fn(s.n(), |p| usize::from(task.party(p).data.is_some()));
    let all = s.broadcast_each("rows", &mine, &lens).await.map_err(|e| Failure::protocol(&e, s.parties()))?;
    let mut groups: Vec<(Digest, Vec<&str>)> = Vec::new();
    for (p, digest) in all.iter().filter_map(|(p, told)| Some((p, told.first()?))) {
        let name = s.parties().name(p);
        match groups.iter_mut().find(|(d, _)| d == digest) {
            Some((_, names)) => names.push(name),
            None => groups.push((*digest, vec![name])),
        }
    }
    if groups.len() < 2 {
        return Ok(());
    }
    let groups: Vec<String> = groups.into_iter().map(|(_, names)| names.join(" and ")).collect();
    let message = format!(
        "the providers' tables have different ids: those of {}; every provider's file must have the same ids",
        groups.join(" differ from those of ")
    );
    Err(Failure::new(ExitCode::Configuration, message))
}

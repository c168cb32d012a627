//! Parties in threads of one process over real sockets.

mod hostile;
mod life;
mod meeting;

use std::future::poll_fn;
use std::thread;

use bytes::Bytes;

use super::*;
use crate::{Kind, Meta, StepPath, drive};

pub(super) const P0: PartyId = PartyId::new(0);
pub(super) const P1: PartyId = PartyId::new(1);
pub(super) const P2: PartyId = PartyId::new(2);

/// What parties need before they start: listeners on free ports, keys, configurations.
pub(super) struct World {
    pub(super) listeners: Vec<TcpListener>,
    pub(super) configs: Vec<TcpConfig>,
    pub(super) keys: tempfile::TempDir,
}

/// `n` parties called bank, bureau, register. No test that goes well reaches a time-out, however slow the machine is;
/// a test of a time-out sets its own.
pub(super) fn world(n: usize, tls: bool) -> World {
    let names: Vec<String> = ["bank", "bureau", "register"][..n].iter().map(|s| (*s).to_owned()).collect();
    let parties = Parties::named(names.clone());
    let listeners: Vec<_> = (0..n).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let addresses: Vec<_> = listeners.iter().map(|l| l.local_addr().unwrap().to_string()).collect();
    let keys = tempfile::tempdir().unwrap();
    let pins: Vec<_> = names.iter().map(|name| crate::identity::keygen(&keys.path().join(name), 10).unwrap()).collect();
    let config = |me: PartyId| {
        let security = if tls {
            let identity = Identity::load(&keys.path().join(&names[me.index()])).unwrap();
            Security::Tls { identity, pins: PerParty::from_vec(pins.clone()) }
        } else {
            Security::PlainLoopback
        };
        let addresses = PerParty::from_vec(addresses.clone());
        let limits = Limits {
            unread_bytes: 8 << 20,
            streams: 64,
            step: Duration::from_secs(60),
            idle: Some(Duration::from_secs(30)),
        };
        TcpConfig {
            limits,
            connect: Duration::from_secs(30),
            heartbeat: Duration::from_millis(40),
            linger: Duration::from_millis(500),
            ..TcpConfig::new(me, parties.clone(), addresses, security, [7; 32])
        }
    };
    let configs = parties.iter().map(config).collect();
    World { listeners, configs, keys }
}

impl World {
    /// Runs `party` for everybody, each in a thread.
    pub(super) fn run<T: Send>(self, party: impl Fn(Result<TcpNet, ConnectError>) -> T + Sync) -> Vec<T> {
        thread::scope(|s| {
            let party = &party;
            let start = |(listener, config): (TcpListener, TcpConfig)| {
                s.spawn(move || {
                    let net = TcpNet::connect_on(&listener, config);
                    // A party that failed to connect does not answer calls any more.
                    drop(listener);
                    party(net)
                })
            };
            let threads: Vec<_> = self.listeners.into_iter().zip(self.configs).map(start).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        })
    }
    /// Everybody's error text, or "connected".
    pub(super) fn errors(self) -> Vec<String> {
        self.run(|net| net.err().map_or_else(|| "connected".to_owned(), |e| e.to_string()))
    }
}

pub(super) fn frame(tag: u64, body: impl Into<Bytes>) -> Frame {
    let body = body.into();
    let meta = Meta { name: "m", kind: Kind::Blocks, field: "", len: body.len(), width: 1 };
    Frame { step: StepPath::ROOT.child("test", 0), meta, tag, body }
}

pub(super) async fn recv(net: &TcpNet, from: PartyId, stream: Stream) -> Result<Incoming, NetError> {
    poll_fn(|cx| net.poll_recv(cx, from, stream)).await
}

/// Waits for a frame of `from` on the main stream.
pub(super) fn next(net: &TcpNet, from: PartyId) -> Result<Incoming, NetErrorKind> {
    drive(net, recv(net, from, Stream::MAIN)).map_err(|e| e.kind)
}

pub(super) fn others(net: &TcpNet) -> impl Iterator<Item = PartyId> + use<> {
    let me = net.me();
    net.parties().iter().filter(move |p| *p != me)
}

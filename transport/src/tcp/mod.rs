//! Parties as processes on a network.
//!
//! Each pair of parties has two one-way connections, each dialed by its sender: a TLS connection cannot be split between
//! a reading and a writing thread, so each is owned by one. Both ends show certificates and check them against pins.

mod connect;
mod error;
mod handshake;
mod inbound;
mod outbound;
mod tls;

use std::net::TcpListener;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

pub use error::{Absent, ConnectError, PeerError};

use self::connect::{Meeting, Met};
use self::inbound::Inbound;
use self::outbound::Outbound;
use self::tls::Tls;
use crate::identity::{Fingerprint, Identity};
use crate::inbox::{Inbox, Limits, Mailbox};
use crate::meter::Meter;
use crate::{Frame, Incoming, Net, NetError, NetErrorKind, Parties, PartyId, PerParty, Stream};

/// How connections are protected.
#[derive(Clone, Debug)]
pub enum Security {
    /// Mutual TLS 1.3 with pinned keys.
    Tls {
        /// Our certificate and key.
        identity: Identity,
        /// The fingerprint of every party, ours included.
        pins: PerParty<Fingerprint>,
    },
    /// No protection, and therefore the loopback interface only. For measurements.
    PlainLoopback,
}

/// Everything a party needs to join a session.
#[derive(Clone, Debug)]
pub struct TcpConfig {
    /// Which party we are.
    pub me: PartyId,
    /// All parties, in the order that they share.
    pub parties: Parties,
    /// `host:port` of every party, ours included.
    pub addresses: PerParty<String>,
    /// How connections are protected.
    pub security: Security,
    /// Digest of all session parameters: parties with different ones do not come together.
    pub digest: [u8; 32],
    /// Caps and time-outs of receiving.
    pub limits: Limits,
    /// Bytes that may wait to be sent to one party.
    pub unsent_bytes: usize,
    /// How long to wait until everybody is there.
    pub connect: Duration,
    /// How often a party that has nothing to say shows that it is alive. Less than half of the others' idle time-out.
    pub heartbeat: Duration,
    /// How long dropping the network waits for unsent frames to leave.
    pub linger: Duration,
}

impl TcpConfig {
    /// A session of these parties with default limits: connect within 60 s, heartbeat 2 s, linger 2 s, 256 MiB unsent.
    #[must_use]
    pub fn new(
        me: PartyId,
        parties: Parties,
        addresses: PerParty<String>,
        security: Security,
        digest: [u8; 32],
    ) -> Self {
        Self {
            me,
            parties,
            addresses,
            security,
            digest,
            limits: Limits::default(),
            unsent_bytes: 256 << 20,
            connect: Duration::from_secs(60),
            heartbeat: Duration::from_secs(2),
            linger: Duration::from_secs(2),
        }
    }
}

/// One party's connections to all others. Dropping it sends what is queued, says goodbye and closes them.
pub struct TcpNet {
    me: PartyId,
    parties: Parties,
    mailbox: Mailbox,
    to: PerParty<Option<Outbound>>,
    from: Vec<Inbound>,
    nonces: PerParty<[u8; 32]>,
    meter: Meter,
    linger: Duration,
}

impl TcpNet {
    /// Listens on our address and connects to everybody.
    pub fn connect(config: TcpConfig) -> Result<Self, ConnectError> {
        let address = config.addresses[config.me].clone();
        let listener = TcpListener::bind(&address).map_err(|source| ConnectError::Listen { address, source })?;
        Self::connect_on(&listener, config)
    }

    /// [`Self::connect`] on a listener that the caller has bound.
    pub fn connect_on(listener: &TcpListener, config: TcpConfig) -> Result<Self, ConnectError> {
        Self::meet(listener, config, |meeting, listener| {
            connect::meet(meeting, listener).map(|pairs| Met { pairs, problems: Vec::new() })
        })
        .map(|(net, _)| net)
    }

    /// Connects to everybody who is there before the time-out, for diagnosis: also says why the others are not among
    /// them, in party order. Sending to those and receiving from them fails as on a closed connection.
    pub fn connect_to_present(
        listener: &TcpListener,
        config: TcpConfig,
    ) -> Result<(Self, PerParty<Option<ConnectError>>), ConnectError> {
        let (net, problems) = Self::meet(listener, config, connect::meet_present)?;
        for (p, _) in problems.iter().filter(|(_, problem)| problem.is_some()) {
            net.mailbox.inbox().lose(p, NetErrorKind::Closed);
        }
        Ok((net, problems))
    }

    fn meet(
        listener: &TcpListener,
        config: TcpConfig,
        meet: impl FnOnce(&Meeting<'_>, &TcpListener) -> Result<Met, ConnectError>,
    ) -> Result<(Self, PerParty<Option<ConnectError>>), ConnectError> {
        let setup = |e: &dyn std::fmt::Display| ConnectError::Setup(e.to_string());
        let (me, parties) = (config.me, &config.parties);
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce).map_err(|e| setup(&e))?;
        let tls = match config.security {
            Security::Tls { identity, pins } => Some(Tls::new(me, parties, identity, pins)?),
            Security::PlainLoopback => {
                let address = listener.local_addr().map_err(|e| setup(&e))?;
                if !address.ip().is_loopback() {
                    let party = parties.name(me).to_owned();
                    return Err(ConnectError::NotLoopback { party, address: address.to_string() });
                }
                None
            }
        };
        let (addresses, timeout) = (&config.addresses, config.connect);
        let meeting = Meeting { me, parties, addresses, tls, digest: config.digest, nonce, timeout };
        let Met { pairs, problems } = meet(&meeting, listener)?;

        let inbox = Inbox::new(parties.n(), config.limits);
        let mut net = Self {
            me,
            mailbox: Mailbox::new(Arc::clone(&inbox)),
            to: PerParty::from_fn(parties.n(), |_| None),
            from: Vec::new(),
            nonces: PerParty::from_fn(parties.n(), |_| nonce),
            meter: Meter::default(),
            linger: config.linger,
            parties: config.parties,
        };
        for (peer, pair) in PerParty::from_vec(pairs).into_vec().into_iter().enumerate() {
            let Some(pair) = pair else { continue };
            let peer = PartyId::new(peer);
            net.nonces[peer] = pair.nonce;
            let (to, from) = (format!("to {peer}"), format!("from {peer}"));
            let outbound = Outbound::start(pair.to, to, config.unsent_bytes, config.heartbeat);
            net.to[peer] = Some(outbound.map_err(|e| setup(&e))?);
            net.from.push(Inbound::start(pair.from, peer, from, Arc::clone(&inbox)).map_err(|e| setup(&e))?);
        }
        Ok((net, PerParty::from_vec(problems)))
    }

    /// A fresh random string of every party, ours included: the session identifier is derived from them.
    #[must_use]
    pub fn nonces(&self) -> &PerParty<[u8; 32]> {
        &self.nonces
    }
    /// What this party has sent and received so far.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.meter
    }
    fn is_peer(&self, p: PartyId) -> bool {
        p != self.me && p.index() < self.parties.n()
    }
    fn links(&self) -> impl Iterator<Item = &Outbound> {
        self.to.values().flatten()
    }
}

impl Net for TcpNet {
    fn me(&self) -> PartyId {
        self.me
    }
    fn parties(&self) -> &Parties {
        &self.parties
    }
    fn send(&self, to: PartyId, stream: Stream, frame: Frame) -> Result<(), NetError> {
        let error = |kind| NetError { peer: to, kind };
        let link = if self.is_peer(to) { self.to[to].as_ref() } else { None };
        let link = link.ok_or_else(|| error(NetErrorKind::Closed))?;
        link.send(stream.0, frame.tag, frame.body).map_err(error)
    }
    fn poll_recv(&self, _: &mut Context<'_>, from: PartyId, stream: Stream) -> Poll<Result<Incoming, NetError>> {
        if !self.is_peer(from) {
            return Poll::Ready(Err(NetError { peer: from, kind: NetErrorKind::Closed }));
        }
        self.mailbox.poll(from, stream)
    }
    fn abort(&self) {
        self.links().for_each(Outbound::abort);
    }
    fn park(&self) {
        self.mailbox.park();
    }
    fn traffic(&self) -> Option<&Meter> {
        Some(&self.meter)
    }
}

impl Drop for TcpNet {
    fn drop(&mut self) {
        let until = Instant::now() + self.linger;
        self.links().for_each(Outbound::close);
        for p in self.parties.iter() {
            if let Some(link) = &mut self.to[p] {
                link.finish(until);
            }
        }
        self.from.iter_mut().for_each(Inbound::finish);
    }
}

#[cfg(test)]
mod tests;

//! Brings all parties together, in whatever order they start.
//!
//! Every party listens on its address and dials every other one until the connect time-out. A party that answers but
//! cannot take part (other parameters, another identity) ends the attempt at once; a caller that is no party is turned
//! away and only mentioned if somebody is missing in the end.

mod calls;

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use self::calls::Threads;
use super::error::{Absent, ConnectError, PeerError};
use super::handshake::{Hello, Link};
use super::tls::Tls;
use crate::{Parties, PartyId, PerParty};

/// How many turned-away callers are remembered for the error message.
const REMEMBERED: usize = 8;

/// What connecting needs to know.
pub(super) struct Meeting<'a> {
    pub(super) me: PartyId,
    pub(super) parties: &'a Parties,
    pub(super) addresses: &'a PerParty<String>,
    /// `None`: plain connections on the loopback interface.
    pub(super) tls: Option<Tls>,
    pub(super) digest: [u8; 32],
    pub(super) nonce: [u8; 32],
    pub(super) timeout: Duration,
}

/// Both connections of a pair, and what the peer said on them.
pub(super) struct Pair {
    pub(super) to: Link,
    pub(super) from: Link,
    pub(super) nonce: [u8; 32],
}

/// What came of meeting everybody: pairs in party order, and why a pair is not complete. `None` and `None` for ourselves.
pub(super) struct Met {
    pub(super) pairs: Vec<Option<Pair>>,
    pub(super) problems: Vec<Option<ConnectError>>,
}

/// How a meeting ends when a party cannot take part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whom {
    /// At once: nothing can be computed without it.
    Everybody,
    /// When there is an answer from every other one, or at the time-out.
    Anybody,
}

enum Event {
    Dialed(PartyId, Link, Hello),
    Accepted(PartyId, Link, Hello),
    Fatal(ConnectError),
    /// What became of the last attempt to reach a party.
    Waiting(PartyId, String),
    TurnedAway(String),
}

/// Connects to everybody; the pairs are in party order, `None` for ourselves.
pub(super) fn meet(meeting: &Meeting<'_>, listener: &TcpListener) -> Result<Vec<Option<Pair>>, ConnectError> {
    let met = gathering(meeting, listener, Whom::Everybody)?;
    met.problems.into_iter().flatten().next().map_or(Ok(met.pairs), Err)
}

/// Connects to everybody who is there. Errors are our own: bad configuration, a system that refuses.
pub(super) fn meet_present(meeting: &Meeting<'_>, listener: &TcpListener) -> Result<Met, ConnectError> {
    gathering(meeting, listener, Whom::Anybody)
}

fn gathering(meeting: &Meeting<'_>, listener: &TcpListener, whom: Whom) -> Result<Met, ConnectError> {
    let setup = |e: io::Error| ConnectError::Setup(e.to_string());
    listener.set_nonblocking(true).map_err(setup)?;
    let threads = Threads::new(meeting);
    let (events, inbox) = channel();
    std::thread::scope(|scope| {
        for peer in meeting.parties.iter().filter(|p| *p != meeting.me) {
            let (threads, events) = (&threads, events.clone());
            scope.spawn(move || threads.dial(peer, &events));
        }
        let (accepting, to_main) = (&threads, events);
        scope.spawn(move || accepting.accept(scope, listener, &to_main));
        let result = gather(meeting, whom, threads.until, |left| inbox.recv_timeout(left));
        threads.end();
        result
    })
}

/// Collects connections until every pair is complete.
fn gather(
    meeting: &Meeting<'_>,
    whom: Whom,
    until: Instant,
    next: impl Fn(Duration) -> Result<Event, RecvTimeoutError>,
) -> Result<Met, ConnectError> {
    let n = meeting.parties.n();
    let mut dialed: PerParty<Option<(Link, Hello)>> = PerParty::from_fn(n, |_| None);
    let mut accepted: PerParty<Option<(Link, Hello)>> = PerParty::from_fn(n, |_| None);
    let mut cause = PerParty::from_fn(n, |_| "no answer".to_owned());
    let mut turned_away = Vec::new();
    let mut problems: PerParty<Option<ConnectError>> = PerParty::from_fn(n, |_| None);
    let others = || meeting.parties.iter().filter(|p| *p != meeting.me);
    while others().any(|p| (dialed[p].is_none() || accepted[p].is_none()) && problems[p].is_none()) {
        match next(until.saturating_duration_since(Instant::now())) {
            Ok(Event::Dialed(p, link, hello)) => {
                cause[p] = "we reach it, but it does not reach us".to_owned();
                dialed[p] = Some((link, hello));
            }
            // A party that gave up on an earlier call and calls again means its newest call.
            Ok(Event::Accepted(p, link, hello)) => accepted[p] = Some((link, hello)),
            Ok(Event::Fatal(e)) => match meeting.at_fault(&e) {
                Some(p) if whom == Whom::Anybody => problems[p] = Some(e),
                _ => return Err(e),
            },
            Ok(Event::Waiting(p, why)) => cause[p] = why,
            Ok(Event::TurnedAway(who)) if turned_away.len() < REMEMBERED && !turned_away.contains(&who) => {
                turned_away.push(who);
            }
            Ok(Event::TurnedAway(_)) => {}
            Err(_) => {
                let missing = |p: &PartyId| (dialed[*p].is_none() || accepted[*p].is_none()) && problems[*p].is_none();
                let missing: Vec<PartyId> = others().filter(missing).collect();
                let absent = |p: &PartyId| Absent {
                    party: meeting.parties.name(*p).to_owned(),
                    address: meeting.addresses[*p].clone(),
                    cause: cause[*p].clone(),
                };
                if whom == Whom::Everybody {
                    let absent = missing.iter().map(absent).collect();
                    return Err(ConnectError::Missing { absent, callers: turned_away });
                }
                for p in &missing {
                    let callers = turned_away.clone();
                    problems[*p] = Some(ConnectError::Missing { absent: vec![absent(p)], callers });
                }
            }
        }
    }
    let both = dialed.into_vec().into_iter().zip(accepted.into_vec()).zip(meeting.parties.iter());
    let mut pairs = Vec::with_capacity(n);
    for (links, p) in both {
        pairs.push(match links {
            _ if problems[p].is_some() => None,
            (Some((to, one)), Some((from, two))) if one.nonce == two.nonce => Some(Pair { to, from, nonce: one.nonce }),
            (Some(_), Some(_)) => {
                problems[p] = Some(meeting.fatal(p, PeerError::Restarted));
                None
            }
            _ => None,
        });
    }
    Ok(Met { pairs, problems: problems.into_vec() })
}

impl Meeting<'_> {
    fn fatal(&self, peer: PartyId, cause: PeerError) -> ConnectError {
        let party = self.parties.name(peer).to_owned();
        ConnectError::Peer { party, address: self.addresses[peer].clone(), cause }
    }
    /// The party that an error is about, if it is not our own.
    fn at_fault(&self, e: &ConnectError) -> Option<PartyId> {
        let ConnectError::Peer { party, .. } = e else { return None };
        self.parties.find(party).filter(|p| *p != self.me)
    }
    fn hello(&self, to: PartyId) -> Hello {
        Hello::new(self.parties.n(), self.me, to, self.digest, self.nonce)
    }
    fn swapped(&self, expected: PartyId, shown: PartyId) -> PeerError {
        let name = |p| self.parties.name(p).to_owned();
        PeerError::SwappedRoles { expected: name(expected), shown: name(shown) }
    }
    /// The addresses behind a name; without TLS only those of this machine.
    pub(super) fn resolve(&self, party: PartyId) -> Result<Result<Vec<SocketAddr>, io::Error>, ConnectError> {
        let address = &self.addresses[party];
        let found: Vec<_> = match address.to_socket_addrs() {
            Ok(found) => found.collect(),
            Err(e) => return Ok(Err(e)),
        };
        if self.tls.is_none() && !found.iter().all(|a| a.ip().is_loopback()) {
            let party = self.parties.name(party).to_owned();
            return Err(ConnectError::NotLoopback { party, address: address.clone() });
        }
        Ok(Ok(found))
    }
}

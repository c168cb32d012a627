//! The calls of one party: dialling each of the others, and answering whoever calls.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{Scope, sleep};
use std::time::{Duration, Instant};

use super::{Event, Meeting};
use crate::PartyId;
use crate::tcp::error::{ConnectError, PeerError};
use crate::tcp::handshake::{Failure, Hello, Link};

/// How long one handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// How many callers may be in a handshake at the same time. One more takes the place of whoever has been there longest:
/// callers that stay silent cannot keep parties out, whose handshakes take milliseconds.
const CALLERS: usize = 64;
/// How many callers there may be with those that are being turned away; beyond, nobody is listened to.
const WITH_PARTING: usize = 4 * CALLERS;
/// What is said of a program that accepts connections and nothing more.
const SILENT: &str = "it takes our calls but stays silent";

/// What the threads of a meeting share.
pub(super) struct Threads<'a> {
    meeting: &'a Meeting<'a>,
    pub(super) until: Instant,
    stop: AtomicBool,
    callers: AtomicUsize,
    /// Sockets in a handshake, so that the end does not wait for them, and whether they are callers'.
    open: Mutex<BTreeMap<u64, (bool, TcpStream)>>,
}

/// Keeps a socket in the list of those in a handshake.
struct Unfinished<'a> {
    threads: &'a Threads<'a>,
    number: u64,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.threads.open().remove(&self.number);
    }
}

/// Whether reading ended because nothing came.
fn is_silence(e: &io::Error) -> bool {
    matches!(e.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

impl<'a> Threads<'a> {
    pub(super) fn new(meeting: &'a Meeting<'a>) -> Self {
        Self {
            meeting,
            until: Instant::now() + meeting.timeout,
            stop: AtomicBool::new(false),
            callers: AtomicUsize::new(0),
            open: Mutex::default(),
        }
    }
    /// Ends all calls: whoever is in a handshake now comes too late.
    pub(super) fn end(&self) {
        self.stop.store(true, Ordering::Relaxed);
        for (_, sock) in self.open().values() {
            let _ = sock.shutdown(Shutdown::Both);
        }
    }
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || Instant::now() >= self.until
    }
    fn limit(&self) -> Instant {
        (Instant::now() + HANDSHAKE).min(self.until)
    }
    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, (bool, TcpStream)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Ends the handshake of the caller that has been in one for longest.
    fn end_oldest_call(&self) {
        let mut open = self.open();
        let oldest = open.iter().find(|(_, (caller, _))| *caller).map(|(number, _)| *number);
        if let Some((_, sock)) = oldest.and_then(|number| open.remove(&number)) {
            // It may have ended meanwhile.
            let _ = sock.shutdown(Shutdown::Both);
        }
    }
    fn unfinished(&self, sock: &TcpStream, caller: bool) -> io::Result<Unfinished<'_>> {
        let copy = sock.try_clone()?;
        let mut open = self.open();
        // The end sets `stop` before it looks at the list.
        if self.stopped() {
            return Err(ErrorKind::TimedOut.into());
        }
        let number = open.last_key_value().map_or(0, |(k, _)| k + 1);
        open.insert(number, (caller, copy));
        Ok(Unfinished { threads: self, number })
    }

    /// Dials a party until it answers. A receiver that is gone has all it wants: sends to it may fail.
    pub(super) fn dial(&self, peer: PartyId, events: &Sender<Event>) {
        let mut pause = Duration::from_millis(5);
        while !self.stopped() {
            match self.attempt(peer, events) {
                Ok(Ok((link, hello))) => {
                    let _ = events.send(Event::Dialed(peer, link, hello));
                    return;
                }
                Ok(Err(broken)) => {
                    let _ = events.send(Event::Waiting(peer, broken.to_string()));
                }
                Err(fatal) => {
                    let _ = events.send(Event::Fatal(fatal));
                    return;
                }
            }
            sleep(pause.min(self.until.saturating_duration_since(Instant::now())));
            pause = (pause * 2).min(Duration::from_millis(200));
        }
    }

    /// One attempt: a link, a broken connection (try again), or an error that no attempt repairs.
    fn attempt(&self, peer: PartyId, events: &Sender<Event>) -> Result<Result<(Link, Hello), io::Error>, ConnectError> {
        let meeting = self.meeting;
        let addresses = match meeting.resolve(peer)? {
            Ok(addresses) => addresses,
            Err(e) => return Ok(Err(e)),
        };
        let mut last = io::Error::new(ErrorKind::NotFound, "the name has no address");
        for address in addresses {
            let left = self.limit().saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            match TcpStream::connect_timeout(&address, left.min(Duration::from_secs(3))) {
                Ok(sock) => {
                    // So it is until it answers, maybe for longer than there is time.
                    let _ = events.send(Event::Waiting(peer, SILENT.to_owned()));
                    return self.greet(peer, sock);
                }
                Err(e) => last = e,
            }
        }
        Ok(Err(last))
    }

    fn greet(&self, peer: PartyId, sock: TcpStream) -> Result<Result<(Link, Hello), io::Error>, ConnectError> {
        let meeting = self.meeting;
        let tls = meeting.tls.as_ref().map(|tls| tls.dial(peer).map(Box::new)).transpose()?;
        let mut link = Link { sock, tls };
        let until = self.limit();
        let unfinished = match self.unfinished(&link.sock, false) {
            Ok(unfinished) => unfinished,
            Err(e) => return Ok(Err(e)),
        };
        let greeted =
            link.secure(until).map_err(Failure::Broken).and_then(|()| link.greet(&meeting.hello(peer), until));
        if greeted.is_err() {
            link.part();
        }
        drop(unfinished);
        match greeted {
            Ok(hello) if usize::from(hello.from) == peer.index() => Ok(Ok((link, hello))),
            Ok(hello) => Err(meeting.fatal(peer, meeting.swapped(peer, PartyId::new(usize::from(hello.from))))),
            Err(Failure::Peer(cause)) => Err(meeting.fatal(peer, cause)),
            Err(Failure::Broken(e)) => match meeting.tls.as_ref().and_then(|tls| tls.explain(&e)) {
                Some(cause) => Err(meeting.fatal(peer, cause)),
                None if is_silence(&e) => Ok(Err(io::Error::new(e.kind(), SILENT))),
                None => Ok(Err(e)),
            },
        }
    }

    /// Takes calls until the end, each in a thread of its own.
    pub(super) fn accept<'s>(&'s self, scope: &'s Scope<'s, '_>, listener: &TcpListener, events: &Sender<Event>) {
        while !self.stopped() {
            match listener.accept() {
                Ok((sock, address)) if self.callers.load(Ordering::Relaxed) < WITH_PARTING => {
                    if self.callers.load(Ordering::Relaxed) >= CALLERS {
                        self.end_oldest_call();
                        let _ = events.send(Event::TurnedAway(format!("callers beyond {CALLERS} at a time")));
                    }
                    self.callers.fetch_add(1, Ordering::Relaxed);
                    let events = events.clone();
                    scope.spawn(move || {
                        if let Some(event) = self.answer(sock, address) {
                            let _ = events.send(event);
                        }
                        self.callers.fetch_sub(1, Ordering::Relaxed);
                    });
                }
                // They call again if they are parties.
                Ok(_) => {}
                // Nobody calls, or this call failed before it began.
                Err(_) => sleep(Duration::from_millis(2)),
            }
        }
    }

    /// Answers a call. Before a caller has proved who it is, it can only be turned away.
    fn answer(&self, sock: TcpStream, address: SocketAddr) -> Option<Event> {
        let meeting = self.meeting;
        let turned_away =
            |why: &dyn std::fmt::Display| Event::TurnedAway(format!("a caller from {}: {why}", address.ip()));
        let until = self.limit();
        let tls = match meeting.tls.as_ref().map(|tls| tls.accept().map(Box::new)).transpose() {
            Ok(tls) => tls,
            Err(e) => return Some(Event::Fatal(e)),
        };
        let mut link = Link { sock, tls };
        link.sock.set_nonblocking(false).ok()?;
        let unfinished = self.unfinished(&link.sock, true).ok()?;
        if let Err(e) = link.secure(until) {
            let cause = meeting.tls.as_ref().and_then(|tls| tls.explain(&e));
            link.part();
            return cause.map(|c| turned_away(&c)).or_else(|| is_silence(&e).then(|| turned_away(&"it stayed silent")));
        }
        let shown = match (&meeting.tls, &link.tls) {
            (Some(tls), Some(connection)) => Some(tls.peer(connection)?),
            _ => None,
        };
        let known = |n: u8| meeting.parties.iter().find(|p| *p != meeting.me && p.index() == usize::from(n));
        let theirs = link.read_hello(until);
        let claimed = theirs.as_ref().ok().and_then(|hello| known(hello.from));
        let ours = meeting.hello(claimed.unwrap_or(meeting.me));
        let agreed = theirs.and_then(|theirs| match ours.compare(&theirs) {
            Ok(()) => Ok(theirs),
            Err(cause) => Err(Failure::Peer(cause)),
        });
        // An unknown greeting gets no answer, one of another version does.
        let replied = match &agreed {
            Ok(_) | Err(Failure::Peer(PeerError::Config { .. })) => link.write_hello(&ours, until).is_ok(),
            Err(_) => false,
        };
        if agreed.is_err() {
            link.part();
        }
        drop(unfinished);
        match (agreed, claimed, shown) {
            (_, Some(claimed), Some(shown)) if claimed != shown => {
                Some(Event::Fatal(meeting.fatal(claimed, meeting.swapped(claimed, shown))))
            }
            (Ok(hello), Some(party), _) => replied.then_some(Event::Accepted(party, link, hello)),
            (Err(Failure::Peer(cause)), _, Some(party)) | (Err(Failure::Peer(cause)), Some(party), None) => {
                Some(Event::Fatal(meeting.fatal(party, cause)))
            }
            (Err(Failure::Peer(cause)), None, None) => Some(turned_away(&cause)),
            (Ok(_), None, _) | (Err(Failure::Broken(_)), _, _) => None,
        }
    }
}

//! The receive buffer of one party, shared by the threads that fill it and the one thread that polls it.
//!
//! Frames wait in one queue per (peer, stream). A poll answers in a fixed order, so a result never depends on which
//! thread was faster: an abort by anyone, then queued data, then a lost connection, then a passed deadline. What a peer
//! may leave unread is capped in bytes and in streams; past the cap its connection counts as lost ([`Overrun`]).
//!
//! [`Overrun`]: NetErrorKind::Overrun

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::task::Poll;
use std::time::{Duration, Instant};

use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use crate::{Incoming, NetError, NetErrorKind, PartyId, Stream};

/// Caps and time-outs of one party's receive buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes that one peer may have unread (payloads plus a fixed charge for each frame).
    pub unread_bytes: usize,
    /// Streams on which one peer may have unread frames at the same time.
    pub streams: usize,
    /// How long a step waits for one frame before the peer counts as stalled.
    pub step: Duration,
    /// How long a step waits without any sign of life before the peer counts as gone; `None` where a dead peer is
    /// always noticed (threads of one process).
    pub idle: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            unread_bytes: 128 << 20,
            streams: 4096,
            step: Duration::from_secs(60),
            idle: Some(Duration::from_secs(10)),
        }
    }
}

/// What a frame without payload costs of [`Limits::unread_bytes`], so that empty frames cannot fill the memory.
pub(crate) const FRAME_CHARGE: usize = 64;

/// The shared half: reader threads (or the other parties' threads) put frames in.
pub struct Inbox {
    limits: Limits,
    start: Instant,
    /// Last sign of life of each peer, in milliseconds since `start`.
    signs: Vec<AtomicU64>,
    /// Counts everything that may let a poll make progress.
    arrivals: AtomicU64,
    state: Mutex<State>,
    wake: Condvar,
    room: Condvar,
}

struct State {
    peers: Vec<Peer>,
    aborted: Option<PartyId>,
    waits: Vec<Wait>,
    /// The polling thread sleeps.
    parked: bool,
    /// Reader threads that sleep until there is room.
    waiting_for_room: usize,
}

#[derive(Default)]
struct Peer {
    main: VecDeque<Incoming>,
    others: BTreeMap<Stream, VecDeque<Incoming>>,
    unread: usize,
    lost: Option<NetErrorKind>,
}

/// A poll that found nothing: when it began to wait decides when it is overdue.
struct Wait {
    from: PartyId,
    stream: Stream,
    since: Instant,
    /// Polled since the last time the thread slept; others were given up by their future.
    polled: bool,
}

impl Inbox {
    /// The buffer of a party among `n`.
    #[must_use]
    pub fn new(n: usize, limits: Limits) -> Arc<Self> {
        let peers = (0..n).map(|_| Peer::default()).collect();
        let state = State { peers, aborted: None, waits: Vec::new(), parked: false, waiting_for_room: 0 };
        Arc::new(Self {
            limits,
            start: Instant::now(),
            signs: (0..n).map(|_| AtomicU64::new(0)).collect(),
            arrivals: AtomicU64::new(0),
            state: Mutex::new(state),
            wake: Condvar::new(),
            room: Condvar::new(),
        })
    }

    /// A poisoned lock is taken all the same: every change below leaves the state whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a change that may let the polling thread make progress.
    fn arrived(&self, state: MutexGuard<'_, State>) {
        self.arrivals.fetch_add(1, Ordering::Release);
        let parked = state.parked;
        drop(state);
        if parked {
            self.wake.notify_all();
        }
    }

    /// Queues a frame of `from`. [`NetErrorKind::Overrun`] past a cap: the peer then counts as lost.
    pub fn push(&self, from: PartyId, stream: Stream, frame: Incoming) -> Result<(), NetErrorKind> {
        let mut state = self.lock();
        let peer = &mut state.peers[from.index()];
        if let Some(kind) = peer.lost {
            return Err(kind);
        }
        let unread = peer.unread + frame.body.len() + FRAME_CHARGE;
        let new_stream = stream != Stream::MAIN && !peer.others.contains_key(&stream);
        let result = if unread > self.limits.unread_bytes || (new_stream && peer.others.len() >= self.limits.streams) {
            peer.lost = Some(NetErrorKind::Overrun);
            Err(NetErrorKind::Overrun)
        } else {
            peer.unread = unread;
            if stream == Stream::MAIN { &mut peer.main } else { peer.others.entry(stream).or_default() }
                .push_back(frame);
            Ok(())
        };
        // A frame that no poll has asked for lets none make progress.
        if result.is_err() || state.waits.iter().any(|w| w.from == from && w.stream == stream) {
            self.arrived(state);
        }
        result
    }

    /// Holds a reader thread back while half of what `from` may leave unread is unread and the polling thread is busy
    /// elsewhere: then the sender's window closes and memory stays flat. A polling thread that sleeps needs a frame
    /// that has not come yet, so it is never held back.
    pub fn wait_for_room(&self, from: PartyId) {
        let mut state = self.lock();
        while state.peers[from.index()].unread > self.limits.unread_bytes / 2
            && !state.parked
            && state.peers[from.index()].lost.is_none()
        {
            state.waiting_for_room += 1;
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting_for_room -= 1;
        }
    }

    /// Notes a sign of life.
    pub fn alive(&self, from: PartyId) {
        let millis = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.signs[from.index()].store(millis, Ordering::Relaxed);
    }

    /// Notes that `from` has aborted.
    pub fn abort(&self, from: PartyId) {
        let mut state = self.lock();
        state.aborted.get_or_insert(from);
        self.arrived(state);
    }

    /// Notes that nothing more will come from `from`, and why. The first reason stays.
    pub fn lose(&self, from: PartyId, kind: NetErrorKind) {
        let mut state = self.lock();
        state.peers[from.index()].lost.get_or_insert(kind);
        if state.waiting_for_room > 0 {
            self.room.notify_all();
        }
        self.arrived(state);
    }

    /// When a wait is overdue, and as what.
    fn deadline(&self, wait: &Wait) -> (Instant, NetErrorKind) {
        let stalled = (wait.since + self.limits.step, NetErrorKind::Stalled);
        let Some(idle) = self.limits.idle else { return stalled };
        // A silence counts only while somebody waits: the buffer may have held its reader back before.
        let sign = self.start + Duration::from_millis(self.signs[wait.from.index()].load(Ordering::Relaxed));
        let gone = (sign.max(wait.since) + idle, NetErrorKind::Idle);
        if gone.0 < stalled.0 { gone } else { stalled }
    }
}

/// The polling half: owned by one party, used by one thread at a time (hence not `Sync`).
pub struct Mailbox {
    inbox: Arc<Inbox>,
    /// The arrivals that polls have had a chance to see.
    seen: Cell<u64>,
}

impl Mailbox {
    /// The polling half of `inbox`. Only one may exist.
    #[must_use]
    pub fn new(inbox: Arc<Inbox>) -> Self {
        Self { inbox, seen: Cell::new(0) }
    }

    /// The shared half.
    #[must_use]
    pub fn inbox(&self) -> &Arc<Inbox> {
        &self.inbox
    }

    /// What [`Net::poll_recv`](crate::Net::poll_recv) answers.
    pub fn poll(&self, from: PartyId, stream: Stream) -> Poll<Result<Incoming, NetError>> {
        let mut guard = self.inbox.lock();
        let state = &mut *guard;
        if let Some(peer) = state.aborted {
            return Poll::Ready(Err(NetError { peer, kind: NetErrorKind::Aborted }));
        }
        let waiting = state.waits.iter().position(|w| w.from == from && w.stream == stream);
        let peer = &mut state.peers[from.index()];
        if let Some(frame) = peer.pop(stream) {
            peer.unread -= frame.body.len() + FRAME_CHARGE;
            if let Some(at) = waiting {
                state.waits.swap_remove(at);
            }
            if state.waiting_for_room > 0 {
                self.inbox.room.notify_all();
            }
            return Poll::Ready(Ok(frame));
        }
        if let Some(kind) = peer.lost {
            return Poll::Ready(Err(NetError { peer: from, kind }));
        }
        let Some(at) = waiting else {
            state.waits.push(Wait { from, stream, since: Instant::now(), polled: true });
            return Poll::Pending;
        };
        let (deadline, kind) = self.inbox.deadline(&state.waits[at]);
        if deadline <= Instant::now() {
            state.waits.swap_remove(at);
            return Poll::Ready(Err(NetError { peer: from, kind }));
        }
        state.waits[at].polled = true;
        Poll::Pending
    }

    /// Blocks until something that a poll waits for has arrived since the last call, an abort, a lost connection, or
    /// until a wait is overdue; at most one step time-out.
    pub fn park(&self) {
        let inbox = &*self.inbox;
        // No spinning first: on machines with as many parties as cores it only keeps the reader threads from running.
        let news = || inbox.arrivals.load(Ordering::Acquire) != self.seen.get();
        let mut state = inbox.lock();
        state.waits.retain(|w| w.polled);
        let limit = Instant::now() + inbox.limits.step;
        while !news() {
            let deadline = state.waits.iter().map(|w| inbox.deadline(w).0).fold(limit, Instant::min);
            let Some(left) = deadline.checked_duration_since(Instant::now()).filter(|d| !d.is_zero()) else { break };
            state.parked = true;
            if state.waiting_for_room > 0 {
                inbox.room.notify_all();
            }
            state = inbox.wake.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            state.parked = false;
        }
        self.seen.set(inbox.arrivals.load(Ordering::Acquire));
        for wait in &mut state.waits {
            wait.polled = false;
        }
    }
}

impl Peer {
    fn pop(&mut self, stream: Stream) -> Option<Incoming> {
        if stream == Stream::MAIN {
            return self.main.pop_front();
        }
        let queue = self.others.get_mut(&stream)?;
        let frame = queue.pop_front();
        if queue.is_empty() {
            self.others.remove(&stream);
        }
        frame
    }
}

//! What lies between the parties of a simulated run: queues, clocks, limits, and each party's end of it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::{Clock, Envelope, Limits, Setup};
use crate::{Frame, Incoming, Net, NetError, NetErrorKind, Parties, PartyId, PartySet, Stream};

pub(super) struct Arrived {
    pub(super) stream: Stream,
    pub(super) incoming: Incoming,
    pub(super) round: u32,
    pub(super) arrives: u64,
}

/// How far a party has come.
#[derive(Clone, Copy, Default)]
pub(super) struct PartyClock {
    /// The longest chain of dependent frames that it has received.
    pub(super) depth: u32,
    /// Virtual time, and when its line is free to send again.
    pub(super) now: u64,
    pub(super) line_free: u64,
}

/// Shared by all parties of a run.
#[derive(Default)]
pub(super) struct Wires {
    pub(super) n: usize,
    pub(super) corrupt: PartySet,
    pub(super) clock: Clock,
    pub(super) keep_trace: bool,
    /// Queue of (receiver, sender), sender `n` being the trusted program.
    pub(super) queues: Vec<VecDeque<Arrived>>,
    /// Frames waiting for the scheduler, in the order of sending: what the trusted program passes on for a party never
    /// falls behind what that party sends afterwards.
    pub(super) outbox: VecDeque<Envelope>,
    /// Frames of the coalition to anyone honest, held back.
    pub(super) held: Vec<Envelope>,
    /// Whether every frame is held.
    pub(super) network: bool,
    /// Abort notices by honest parties, and by corrupt ones whose adversary wants them sent; and who has heard of one.
    pub(super) aborted: Option<PartyId>,
    pub(super) told: PartySet,
    /// Of every queue, the error after its last frame.
    pub(super) closed: Vec<Option<NetErrorKind>>,
    pub(super) puppet_aborts: VecDeque<PartyId>,
    pub(super) trace: Vec<Envelope>,
    pub(super) seq: usize,
    /// Parties that something has reached since they were polled last; nobody else can move.
    pub(super) awake: PartySet,
    pub(super) clocks: Vec<PartyClock>,
    pub(super) bytes: u64,
    pub(super) rounds: u32,
    /// What every party may still send, and who wanted to send more.
    pub(super) left: Vec<Limits>,
    pub(super) exhausted: PartySet,
}

impl Wires {
    /// Ready for a run: nothing sent, everybody awake.
    pub(super) fn begin(&mut self, setup: &Setup<'_>) {
        let n = setup.parties.n();
        let slots = n * (n + 1);
        self.n = n;
        self.corrupt = setup.corrupt;
        self.clock = setup.clock;
        self.keep_trace = setup.trace;
        self.network = setup.adversary.network();
        self.queues.resize_with(slots, VecDeque::new);
        self.closed.resize(slots, None);
        self.clocks.resize(n, PartyClock::default());
        self.left.resize(n, setup.limits);
        self.awake = PartySet::all(n);
    }
    /// As new, but for the room that its queues have taken.
    pub(super) fn end(&mut self) {
        // No `..`: whoever adds a field has to think of it here. The next run begins with new ones of the first six.
        let Self {
            n: _,
            corrupt: _,
            clock: _,
            keep_trace: _,
            network: _,
            awake: _,
            queues,
            outbox,
            held,
            aborted,
            told,
            closed,
            puppet_aborts,
            trace,
            seq,
            clocks,
            bytes,
            rounds,
            left,
            exhausted,
        } = self;
        (*aborted, *told, *exhausted) = (None, PartySet::EMPTY, PartySet::EMPTY);
        (*seq, *bytes, *rounds) = (0, 0, 0);
        queues.iter_mut().for_each(VecDeque::clear);
        outbox.clear();
        held.clear();
        closed.clear();
        puppet_aborts.clear();
        trace.clear();
        clocks.clear();
        left.clear();
    }
    /// Whether this party may still send a frame of this length.
    pub(super) fn may_send(&mut self, who: PartyId, bytes: usize) -> bool {
        let left = &mut self.left[who.index()];
        let next = left.frames.checked_sub(1).zip(left.bytes.checked_sub(bytes as u64));
        match next {
            Some((frames, bytes)) => *left = Limits { frames, bytes },
            None => self.exhausted.insert(who),
        }
        next.is_some()
    }
    pub(super) fn slot(&self, to: PartyId, from: PartyId) -> usize {
        let from = if from == PartyId::IDEAL { self.n } else { from.index() };
        to.index() * (self.n + 1) + from
    }
    /// Puts a frame into its receiver's queue.
    pub(super) fn deliver(&mut self, e: Envelope) {
        if e.to.index() >= self.n || e.frame.body.len() > u32::MAX as usize {
            return;
        }
        let slot = self.slot(e.to, e.from);
        if self.closed[slot].is_some() {
            return;
        }
        self.awake.insert(e.to);
        self.rounds = self.rounds.max(e.round);
        if self.keep_trace {
            self.trace.push(e.clone());
        }
        let incoming = Incoming { tag: e.frame.tag, body: e.frame.body };
        self.queues[slot].push_back(Arrived { stream: e.stream, incoming, round: e.round, arrives: e.arrives });
    }
    /// The first abort reaches everybody, in a network of its own when the adversary lets it.
    pub(super) fn abort(&mut self, who: PartyId) {
        self.aborted.get_or_insert(who);
        if !self.network {
            self.told = PartySet::all(self.n);
            self.awake = self.told;
        }
    }
    pub(super) fn envelope(&mut self, from: PartyId, to: PartyId, stream: Stream, frame: Frame) -> Envelope {
        let clock = &mut self.clocks[from.index()];
        let start = clock.now.max(clock.line_free);
        let wire = match self.clock.bandwidth {
            0 => 0,
            b => (frame.body.len() as u64).saturating_mul(1_000_000_000) / b,
        };
        clock.line_free = start + wire;
        self.bytes += frame.body.len() as u64;
        let e = Envelope {
            seq: self.seq,
            from,
            to,
            stream,
            frame,
            round: clock.depth + 1,
            arrives: start + wire + self.clock.latency,
        };
        self.seq += 1;
        e
    }
}

/// One party's end of the simulated network.
pub struct SimNet {
    pub(super) me: PartyId,
    pub(super) parties: Rc<Parties>,
    pub(super) wires: Rc<RefCell<Wires>>,
}

impl Net for SimNet {
    fn me(&self) -> PartyId {
        self.me
    }
    fn parties(&self) -> &Parties {
        &self.parties
    }
    fn send(&self, to: PartyId, stream: Stream, frame: Frame) -> Result<(), NetError> {
        let mut w = self.wires.borrow_mut();
        if !w.may_send(self.me, frame.body.len()) {
            return Err(NetError { peer: to, kind: NetErrorKind::Overrun });
        }
        let e = w.envelope(self.me, to, stream, frame);
        if w.network || w.corrupt.contains(self.me) && !w.corrupt.contains(to) {
            w.held.push(e);
        } else {
            w.outbox.push_back(e);
        }
        Ok(())
    }
    fn poll_recv(&self, _: &mut Context<'_>, from: PartyId, stream: Stream) -> Poll<Result<Incoming, NetError>> {
        let mut w = self.wires.borrow_mut();
        let corrupt = w.corrupt.contains(self.me);
        if let (Some(peer), false, true) = (w.aborted, corrupt, w.told.contains(self.me)) {
            return Poll::Ready(Err(NetError { peer, kind: NetErrorKind::Aborted }));
        }
        let slot = w.slot(self.me, from);
        let queue = &mut w.queues[slot];
        let Some(at) = queue.iter().position(|a| a.stream == stream) else {
            return match w.closed[slot] {
                Some(kind) => Poll::Ready(Err(NetError { peer: from, kind })),
                None => Poll::Pending,
            };
        };
        // Nearly always the first.
        let Some(a) = (if at == 0 { queue.pop_front() } else { queue.remove(at) }) else { return Poll::Pending };
        let clock = &mut w.clocks[self.me.index()];
        clock.depth = clock.depth.max(a.round);
        clock.now = clock.now.max(a.arrives);
        Poll::Ready(Ok(a.incoming))
    }
    fn abort(&self) {
        let mut w = self.wires.borrow_mut();
        if w.corrupt.contains(self.me) {
            w.puppet_aborts.push_back(self.me);
        } else {
            w.abort(self.me);
        }
    }
}

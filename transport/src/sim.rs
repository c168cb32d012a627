//! The deterministic simulator: all parties of a run on one thread, every frame visible and changeable.
//!
//! Honest parties and the trusted program are polled until none of them can move; only then does one held frame of the
//! coalition leave. So a corrupt party always speaks last in a round (a *rushing* adversary), having seen everything the
//! honest parties have said. Frames inside the coalition arrive at once. A corrupt party is the honest program used as a
//! puppet: an [`Adversary`] rewrites what it sends and what it receives.
//!
//! An adversary may own the network as well ([`Adversary::network`]): then it decides who runs, which frame arrives next
//! and which link breaks. Within a pair frames keep their order and their content, as on the shipped channels.
//!
//! A [`Clock`] gives every frame an arrival time, so a run also tells how long it would take on a given network,
//! without waiting (local computation counts as zero).

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::{Frame, Incoming, Net, NetError, NetErrorKind, Parties, PartyId, PartySet, Stream};

/// A frame in flight.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The position in the order of sending, from 0; the same in every replay.
    pub seq: usize,
    /// The sender.
    pub from: PartyId,
    /// The receiver, [`PartyId::IDEAL`] for a request to the trusted program.
    pub to: PartyId,
    /// The stream within the pair.
    pub stream: Stream,
    /// Step, type, tag and payload.
    pub frame: Frame,
    /// Dependent frames before this one, itself included: the largest value of a run is its number of rounds.
    pub round: u32,
    /// Virtual time of arrival in nanoseconds.
    pub arrives: u64,
}

/// What the enemy does. Every method defaults to playing along.
pub trait Adversary {
    /// All honest parties are quiet and the coalition holds these frames to them: which one leaves next? `None`: none
    /// ever again.
    fn release(&mut self, held: &[Envelope]) -> Option<usize> {
        (!held.is_empty()).then_some(0)
    }
    /// A frame of the coalition leaves: push what is delivered instead (nothing drops it).
    fn outgoing(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        deliver.push(e);
    }
    /// A frame reaches the coalition: push what the puppet sees instead. This is also the enemy's eyes.
    fn incoming(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        deliver.push(e);
    }
    /// Whether this corrupt party tells the others that it aborts when its puppet does.
    fn aborts(&mut self, _who: PartyId) -> bool {
        false
    }
    /// A corrupt party that tells the others now that it aborts, whatever its puppet does. Asked after everything that
    /// happens.
    fn abort(&mut self) -> Option<PartyId> {
        None
    }
    /// This party's program has ended: what is delivered to it from now on it never reads.
    fn ended(&mut self, _who: PartyId) {}
    /// Whether the network is the adversary's as well. Frames of all parties are then held, and [`Adversary::next`]
    /// decides everything. The trusted program answers at once.
    fn network(&self) -> bool {
        false
    }
    /// In a network of its own: what happens next? `awake` may have something to do, `held` are the frames under way, in
    /// the order of sending. `None`: nothing ever again.
    fn next(&mut self, _awake: PartySet, _held: &[Envelope]) -> Option<Move> {
        None
    }
}

/// What an adversary that owns the network lets happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Move {
    /// This party runs until it waits for something.
    Run(PartyId),
    /// This one of the held frames arrives.
    Deliver(usize),
    /// Nothing more from one party reaches the other, who is told so once it has taken what had arrived.
    Close {
        /// The sender.
        from: PartyId,
        /// The receiver.
        to: PartyId,
        /// What the receiver is told.
        kind: NetErrorKind,
    },
    /// This party hears that somebody has aborted.
    Tell(PartyId),
}

/// An adversary that follows the protocol.
pub struct Passive;
impl Adversary for Passive {}

/// A frame that an ideal functionality delivers: its own, or in the name of the party whose message it carries.
#[derive(Clone, Debug)]
pub struct Answer {
    /// [`PartyId::IDEAL`] or the party whose message this is.
    pub from: PartyId,
    /// The receiver.
    pub to: PartyId,
    /// The stream of the request.
    pub stream: Stream,
    /// The frame.
    pub frame: Frame,
}

/// An ideal functionality: a trusted, incorruptible program that answers frames addressed to [`PartyId::IDEAL`].
pub trait Trusted {
    /// Handles one request.
    fn receive(&mut self, e: Envelope, answers: &mut Vec<Answer>);
}

/// No functionality: requests are never answered.
pub struct NoTrusted;
impl Trusted for NoTrusted {
    fn receive(&mut self, _: Envelope, _: &mut Vec<Answer>) {}
}

/// A network's delay, for virtual time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// One-way latency in nanoseconds.
    pub latency: u64,
    /// Bytes a sender puts on the wire per second, 0 for no limit.
    pub bandwidth: u64,
}

impl Clock {
    /// No delay at all.
    pub const NONE: Self = Self { latency: 0, bandwidth: 0 };
    /// A local network: 0.1 ms one way, 1 Gbit/s.
    pub const LAN: Self = Self { latency: 100_000, bandwidth: 125_000_000 };
    /// A wide-area network: 25 ms one way, 100 Mbit/s.
    pub const WAN: Self = Self { latency: 25_000_000, bandwidth: 12_500_000 };
}

/// What one party may send in a run. A program that never ends is stopped here instead of running for ever or taking
/// all memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Frames.
    pub frames: u64,
    /// Payload bytes.
    pub bytes: u64,
}

impl Limits {
    /// No limit.
    pub const NONE: Self = Self { frames: u64::MAX, bytes: u64::MAX };
}

/// How one party's program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End<T> {
    /// It returned.
    Done(T),
    /// It waits for a frame that never comes.
    Stuck,
    /// It sent more than the run's [`Limits`] and was stopped, whatever it made of the error.
    Exhausted,
}

/// The outcome of a simulated run.
pub struct Run<T> {
    /// Each party's end.
    pub ends: Vec<End<T>>,
    /// Every frame that was delivered, in order, if the trace was asked for.
    pub trace: Vec<Envelope>,
    /// The longest chain of dependent frames.
    pub rounds: u32,
    /// Payload bytes of all parties.
    pub bytes: u64,
    /// Virtual time at which the last party finished, in nanoseconds.
    pub nanoseconds: u64,
}

/// What a run is made of besides its programs.
pub struct Setup<'a> {
    /// The parties.
    pub parties: Rc<Parties>,
    /// Who is corrupt.
    pub corrupt: PartySet,
    /// What the corrupt do.
    pub adversary: &'a mut dyn Adversary,
    /// The ideal functionalities.
    pub trusted: &'a mut dyn Trusted,
    /// Network delays.
    pub clock: Clock,
    /// Whether to keep every frame in [`Run::trace`].
    pub trace: bool,
    /// How much every party may send.
    pub limits: Limits,
}

struct Arrived {
    stream: Stream,
    incoming: Incoming,
    round: u32,
    arrives: u64,
}

/// How far a party has come.
#[derive(Clone, Copy, Default)]
struct PartyClock {
    /// The longest chain of dependent frames that it has received.
    depth: u32,
    /// Virtual time, and when its line is free to send again.
    now: u64,
    line_free: u64,
}

/// Shared by all parties of a run.
struct Wires {
    n: usize,
    corrupt: PartySet,
    clock: Clock,
    keep_trace: bool,
    /// Queue of (receiver, sender), sender `n` being the trusted program.
    queues: Vec<VecDeque<Arrived>>,
    /// Frames waiting for the scheduler, in the order of sending: what the trusted program passes on for a party never
    /// falls behind what that party sends afterwards.
    outbox: VecDeque<Envelope>,
    /// Frames of the coalition to anyone honest, held back.
    held: Vec<Envelope>,
    /// Whether every frame is held.
    network: bool,
    /// Abort notices by honest parties, and by corrupt ones whose adversary wants them sent; and who has heard of one.
    aborted: Option<PartyId>,
    told: PartySet,
    /// Of every queue, the error after its last frame.
    closed: Vec<Option<NetErrorKind>>,
    puppet_aborts: VecDeque<PartyId>,
    trace: Vec<Envelope>,
    seq: usize,
    /// Parties that something has reached since they were polled last; nobody else can move.
    awake: PartySet,
    clocks: Vec<PartyClock>,
    bytes: u64,
    rounds: u32,
    /// What every party may still send, and who wanted to send more.
    left: Vec<Limits>,
    exhausted: PartySet,
}

impl Wires {
    /// Whether this party may still send a frame of this length.
    fn may_send(&mut self, who: PartyId, bytes: usize) -> bool {
        let left = &mut self.left[who.index()];
        let next = left.frames.checked_sub(1).zip(left.bytes.checked_sub(bytes as u64));
        match next {
            Some((frames, bytes)) => *left = Limits { frames, bytes },
            None => self.exhausted.insert(who),
        }
        next.is_some()
    }
    fn slot(&self, to: PartyId, from: PartyId) -> usize {
        let from = if from == PartyId::IDEAL { self.n } else { from.index() };
        to.index() * (self.n + 1) + from
    }
    /// Puts a frame into its receiver's queue.
    fn deliver(&mut self, e: Envelope) {
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
    fn abort(&mut self, who: PartyId) {
        self.aborted.get_or_insert(who);
        if !self.network {
            self.told = PartySet::all(self.n);
            self.awake = self.told;
        }
    }
    fn envelope(&mut self, from: PartyId, to: PartyId, stream: Stream, frame: Frame) -> Envelope {
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
    me: PartyId,
    parties: Rc<Parties>,
    wires: Rc<RefCell<Wires>>,
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
        let Some(a) = queue.remove(at) else { return Poll::Pending };
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

/// A party's program.
pub type Program<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Runs one program per party to the end of the run: all finished, or nobody can move any more.
pub fn run<'a, T>(setup: Setup<'_>, mut program: impl FnMut(Rc<dyn Net>) -> Program<'a, T>) -> Run<T> {
    let Setup { parties, corrupt, adversary, trusted, clock, trace, limits } = setup;
    let n = parties.n();
    let network = adversary.network();
    let wires = Rc::new(RefCell::new(Wires {
        n,
        corrupt,
        clock,
        keep_trace: trace,
        queues: (0..n * (n + 1)).map(|_| VecDeque::new()).collect(),
        outbox: VecDeque::new(),
        held: Vec::new(),
        network,
        aborted: None,
        told: PartySet::EMPTY,
        closed: vec![None; n * (n + 1)],
        puppet_aborts: VecDeque::new(),
        trace: Vec::new(),
        seq: 0,
        awake: PartySet::all(n),
        clocks: vec![PartyClock::default(); n],
        bytes: 0,
        rounds: 0,
        left: vec![limits; n],
        exhausted: PartySet::EMPTY,
    }));
    let mut live: Vec<Option<Program<'a, T>>> = parties
        .iter()
        .map(|me| Some(program(Rc::new(SimNet { me, parties: parties.clone(), wires: wires.clone() }))))
        .collect();
    let mut ends: Vec<End<T>> = (0..n).map(|_| End::Stuck).collect();
    let honest = PartySet::all(n).without(corrupt);
    let mut cx = Context::from_waker(Waker::noop());
    let mut hands = Hands { answers: Vec::new(), deliver: Vec::new(), seen: Vec::new() };

    loop {
        let step = if network {
            let w = wires.borrow();
            let live = live.iter().enumerate().filter(|(_, program)| program.is_some()).map(|(p, _)| p);
            adversary.next(w.awake.and(PartySet::of(&live.collect::<Vec<_>>())), &w.held)
        } else {
            // Honest parties first. When everyone is quiet, what the coalition holds may leave, one frame at a time.
            let w = wires.borrow();
            let awake = honest.and(w.awake).iter().next().or_else(|| w.awake.iter().next());
            awake
                .map(Move::Run)
                .or_else(|| if w.held.is_empty() { None } else { adversary.release(&w.held).map(Move::Deliver) })
        };
        match step {
            Some(Move::Run(p)) if p.index() < n => {
                wires.borrow_mut().awake.remove(p);
                if let Some(program) = &mut live[p.index()]
                    && let Poll::Ready(end) = program.as_mut().poll(&mut cx)
                {
                    live[p.index()] = None;
                    ends[p.index()] = End::Done(end);
                    adversary.ended(p);
                }
                if wires.borrow().exhausted.contains(p) {
                    live[p.index()] = None;
                    ends[p.index()] = End::Exhausted;
                    adversary.ended(p);
                }
            }
            Some(Move::Deliver(choice)) if choice < wires.borrow().held.len() => {
                let e = wires.borrow_mut().held.remove(choice);
                let corrupt = |p| wires.borrow().corrupt.contains(p);
                if corrupt(e.from) && !corrupt(e.to) {
                    adversary.outgoing(e, &mut hands.deliver);
                    hands.hand_over(&wires, adversary, trusted);
                } else {
                    hands.pass(&wires, adversary, trusted, e);
                }
            }
            Some(Move::Close { from, to, kind }) if to.index() < n => {
                let mut w = wires.borrow_mut();
                let slot = w.slot(to, from);
                w.closed[slot].get_or_insert(kind);
                w.awake.insert(to);
            }
            Some(Move::Tell(p)) => {
                let mut w = wires.borrow_mut();
                w.told.insert(p);
                w.awake.insert(p);
            }
            _ => break,
        }
        hands.settle(&wires, adversary, trusted);
    }

    drop(live);
    let mut w = wires.borrow_mut();
    Run {
        ends,
        trace: std::mem::take(&mut w.trace),
        rounds: w.rounds,
        bytes: w.bytes,
        nanoseconds: w.clocks.iter().map(|c| c.now).max().unwrap_or(0),
    }
}

/// The scheduler's hands: buffers reused over a run.
struct Hands {
    answers: Vec<Answer>,
    deliver: Vec<Envelope>,
    seen: Vec<Envelope>,
}

impl Hands {
    /// Delivers what was sent: to the coalition through the adversary's eyes, to the trusted program, to honest parties.
    fn settle(&mut self, wires: &RefCell<Wires>, adversary: &mut dyn Adversary, trusted: &mut dyn Trusted) {
        loop {
            let mut w = wires.borrow_mut();
            if let Some(who) = adversary.abort() {
                w.abort(who);
            }
            if let Some(who) = w.puppet_aborts.pop_front() {
                if adversary.aborts(who) {
                    w.abort(who);
                }
                continue;
            }
            let Some(e) = w.outbox.pop_front() else { return };
            drop(w);
            self.pass(wires, adversary, trusted, e);
        }
    }
    /// Delivers a frame that no adversary changes on its way out.
    fn pass(&mut self, wires: &RefCell<Wires>, adversary: &mut dyn Adversary, trusted: &mut dyn Trusted, e: Envelope) {
        let mut w = wires.borrow_mut();
        // Within one camp nobody looks on.
        if e.to != PartyId::IDEAL && w.corrupt.contains(e.from) == w.corrupt.contains(e.to) {
            w.deliver(e);
            return;
        }
        drop(w);
        if e.to == PartyId::IDEAL {
            self.ask(wires, adversary, trusted, e);
        } else {
            self.show(wires, adversary, e);
        }
    }
    /// Hands a frame to the coalition, through the adversary's eyes.
    fn show(&mut self, wires: &RefCell<Wires>, adversary: &mut dyn Adversary, e: Envelope) {
        adversary.incoming(e, &mut self.seen);
        let mut w = wires.borrow_mut();
        for e in self.seen.drain(..) {
            w.deliver(e);
        }
    }
    /// Delivers what the adversary let out.
    fn hand_over(&mut self, wires: &RefCell<Wires>, adversary: &mut dyn Adversary, trusted: &mut dyn Trusted) {
        let mut deliver = std::mem::take(&mut self.deliver);
        for e in deliver.drain(..) {
            if e.to == PartyId::IDEAL {
                self.ask(wires, adversary, trusted, e);
            } else {
                wires.borrow_mut().deliver(e);
            }
        }
        self.deliver = deliver;
    }
    fn ask(&mut self, wires: &RefCell<Wires>, adversary: &mut dyn Adversary, trusted: &mut dyn Trusted, e: Envelope) {
        {
            let mut w = wires.borrow_mut();
            if w.keep_trace {
                w.trace.push(e.clone());
            }
        }
        let mut answers = std::mem::take(&mut self.answers);
        let (round, arrives) = (e.round + 1, e.arrives);
        trusted.receive(e, &mut answers);
        for Answer { from, to, stream, frame } in answers.drain(..) {
            let mut w = wires.borrow_mut();
            let answer = Envelope { seq: w.seq, from, to, stream, frame, round, arrives };
            w.seq += 1;
            if w.corrupt.contains(to) {
                drop(w);
                self.show(wires, adversary, answer);
            } else {
                w.deliver(answer);
            }
        }
        self.answers = answers;
    }
}

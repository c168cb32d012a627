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

//! | file | what it has |
//! |---|---|
//! | this one | frames in flight, the enemy, trusted programs, limits, ends |
//! | `wires` | queues and clocks, one party's end of the network |
//! | `schedule` | who moves next |

mod schedule;
mod wires;

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use crate::{Frame, NetErrorKind, Parties, PartyId, PartySet, Stream};

pub use schedule::run;
pub use wires::SimNet;

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
#[derive(Clone, Copy, Default, Debug)]
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

/// A party's program.
pub type Program<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

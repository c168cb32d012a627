//! The one interface between protocols and networks.

use std::fmt;
use std::task::{Context, Poll};

use bytes::Bytes;

use crate::{Meter, Parties, PartyId, StepPath};

/// One ordered channel of a pair of parties. The main program of a session talks on [`Stream::MAIN`]; every branch of a
/// fork has its own, derived from its path, so concurrent branches never take each other's frames.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Stream(pub u64);

impl Stream {
    /// The stream of a session's main program.
    pub const MAIN: Self = Self(0);
}

/// What a frame's payload is made of: a small closed set, so that the simulator can show, count and change any field of
/// any message without a hook in the protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// Field elements, canonical little-endian.
    Elements,
    /// Packed bits, least significant first.
    Bits,
    /// 128-bit blocks: seeds, OT messages, elements of GF(2^128).
    Blocks,
    /// Group points, canonical encodings.
    Points,
    /// 32-byte hashes and commitments.
    Digests,
    /// 32-byte random strings: seeds and openings.
    Nonces,
    /// 64-bit counters and lengths.
    Counts,
    /// A message to or from an ideal functionality (simulator only).
    Ideal,
}

/// What sender and receiver both know about a payload before it travels. Never read from the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Meta {
    /// The name of the message within its step, such as `sigma`.
    pub name: &'static str,
    /// What the items are.
    pub kind: Kind,
    /// The field of the elements, or `""`.
    pub field: &'static str,
    /// How many items.
    pub len: usize,
    /// Bytes of one item (bits: 0, packed eight to a byte).
    pub width: u32,
}

/// A frame on its way out. `Debug` prints its length, never its payload: that may be a share or a seed.
#[derive(Clone)]
pub struct Frame {
    /// The step that sends it.
    pub step: StepPath,
    /// Its type.
    pub meta: Meta,
    /// Hash of session epoch, step, name, kind, field and index: both sides compute it, so parties out of step notice.
    pub tag: u64,
    /// The payload, already encoded.
    pub body: Bytes,
}

/// A frame as it arrived: nothing here is trusted yet. `Debug` prints its length only.
#[derive(Clone)]
pub struct Incoming {
    /// What the sender says the frame is.
    pub tag: u64,
    /// The payload.
    pub body: Bytes,
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({}, {:?}, {} bytes)", self.step, self.meta, self.body.len())
    }
}
impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incoming({:x}, {} bytes)", self.tag, self.body.len())
    }
}

/// What protocols talk to. Object-safe: a session holds a `dyn Net` and never knows which.
pub trait Net {
    /// This party.
    fn me(&self) -> PartyId;
    /// All parties, in the order that everyone shares.
    fn parties(&self) -> &Parties;
    /// Queues a frame; never blocks. [`NetErrorKind::Overrun`] past a hard cap.
    fn send(&self, to: PartyId, stream: Stream, frame: Frame) -> Result<(), NetError>;
    /// The next frame of `from` on `stream`; never blocks. What happened first decides nothing, this order does: an abort
    /// by any party, then queued data, then a closed connection, then a passed deadline.
    fn poll_recv(&self, cx: &mut Context<'_>, from: PartyId, stream: Stream) -> Poll<Result<Incoming, NetError>>;
    /// Tells everyone that this party has aborted: one constant frame, no reason.
    fn abort(&self);
    /// Blocks the calling thread until polling may make progress: a frame of this session, an abort, a lost connection
    /// or a deadline. Only [`drive`](crate::drive()) calls it; the simulator polls instead.
    fn park(&self) {}
    /// Where the session counts this party's traffic; `None` where nobody asks.
    fn traffic(&self) -> Option<&Meter> {
        None
    }
}

/// Why a network operation failed. Never evidence of cheating.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NetError {
    /// The other end.
    pub peer: PartyId,
    /// What happened.
    pub kind: NetErrorKind,
}

/// The ways a connection fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NetErrorKind {
    /// The peer told us that it aborted.
    #[error("the peer aborted the session")]
    Aborted,
    /// The connection ended.
    #[error("the connection was closed")]
    Closed,
    /// No sign of life within the idle time-out.
    #[error("no sign of life from the peer (idle time-out)")]
    Idle,
    /// The peer is alive but did not send what this step waits for.
    #[error("the peer is connected but did not send what this step waits for (step time-out)")]
    Stalled,
    /// A queue reached its hard cap.
    #[error("too many unread bytes or frames on this connection")]
    Overrun,
    /// The peer sent something that is no frame of this protocol.
    #[error("the peer sent a malformed frame")]
    Malformed,
}

impl NetErrorKind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Aborted, Self::Closed, Self::Idle, Self::Stalled, Self::Overrun, Self::Malformed];
}

impl fmt::Display for NetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.peer, self.kind)
    }
}
impl std::error::Error for NetError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_not_printed() {
        let meta = Meta { name: "seed", kind: Kind::Nonces, field: "", len: 1, width: 32 };
        let frame = Frame { step: StepPath::ROOT, meta, tag: 7, body: Bytes::from_static(b"secret") };
        let incoming = Incoming { tag: 7, body: frame.body.clone() };
        let printed = format!("{frame:?} {incoming:?}");
        assert!(printed.contains("6 bytes") && !printed.contains("secret") && !printed.contains("115"), "{printed}");
    }
}

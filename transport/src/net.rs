//! The one interface between protocols and networks.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;

use crate::{Meter, Parties, PartyId};

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

impl fmt::Display for NetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.peer, self.kind)
    }
}
impl std::error::Error for NetError {}

/// Where in the protocol a frame, a check or an abort belongs: `spdz[0]/mul[3]/open[0]`, all elements static names with
/// a running number, so a path costs one small allocation and is the same at every party.
#[derive(Clone)]
pub struct StepPath(Option<Arc<Node>>);

struct Node {
    parent: StepPath,
    name: &'static str,
    index: u32,
    hash: u64,
    shape: u64,
    encoded_len: usize,
}

/// The digest of the empty path.
const ROOT_HASH: u64 = 0xcbf2_9ce4_8422_2325;

/// Mixes the bytes of a name into a running value, eight at a time as little-endian words, the last one padded with
/// zeros: `h ← (h ⊕ word)·0x9e3779b97f4a7c15 mod 2^64`, then `h ← h ⊕ ⌊h/2^32⌋`. A synchronisation aid, not a
/// cryptographic hash.
#[must_use]
pub fn mix(seed: u64, bytes: &[u8]) -> u64 {
    mix_all([seed], bytes)[0]
}

/// [`mix`] of the same bytes into several values.
fn mix_all<const N: usize>(seeds: [u64; N], bytes: &[u8]) -> [u64; N] {
    let (words, rest) = bytes.as_chunks();
    let all = words.iter().fold(seeds, |all, word| all.map(|h| mix_word(h, u64::from_le_bytes(*word))));
    if rest.is_empty() {
        return all;
    }
    let last = padded(rest);
    all.map(|h| mix_word(h, last))
}

/// Fewer than eight bytes as a little-endian word: four, two and one of them at a time, as every tag needs it twice.
fn padded(mut bytes: &[u8]) -> u64 {
    let (mut word, mut at) = (0, 0);
    if let Some((four, rest)) = bytes.split_first_chunk() {
        (word, at, bytes) = (u64::from(u32::from_le_bytes(*four)), 32, rest);
    }
    if let Some((two, rest)) = bytes.split_first_chunk() {
        word |= u64::from(u16::from_le_bytes(*two)) << at;
        (at, bytes) = (at + 16, rest);
    }
    bytes.first().map_or(word, |one| word | u64::from(*one) << at)
}

/// [`mix`] of one word.
#[must_use]
pub fn mix_word(seed: u64, word: u64) -> u64 {
    let h = (seed ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    h ^ h >> 32
}

impl StepPath {
    /// The path of the session itself.
    pub const ROOT: Self = Self(None);

    /// The path of the `index`-th child step of this name.
    #[must_use]
    pub fn child(&self, name: &'static str, index: u32) -> Self {
        self.next_child(name, |_| index)
    }
    /// The path of a child step of this name, whose index `index_of` knows from a digest of this path and the name. Names
    /// are shorter than 255 bytes.
    #[must_use]
    pub fn next_child(&self, name: &'static str, index_of: impl FnOnce(u64) -> u32) -> Self {
        let [named, shape] = mix_all([self.hash(), self.shape()], name.as_bytes());
        let index = index_of(named);
        let hash = mix_word(named, index.into());
        assert!(name.len() < 255, "the name of a step is longer than its encoding allows");
        let encoded_len = self.encoded_len() + 1 + name.len() + 4;
        Self(Some(Arc::new(Node { parent: self.clone(), name, index, hash, shape, encoded_len })))
    }
    /// Bytes of [`StepPath::encode`].
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        self.0.as_ref().map_or(1, |n| n.encoded_len)
    }
    /// Appends what no other path followed by anything begins with: of every element from the root the length of its name
    /// as one byte, the name, the index; then one byte 255.
    pub fn encode(&self, out: &mut Vec<u8>) {
        self.each(&mut |name, index| {
            out.push(name.len() as u8);
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(&index.to_le_bytes());
        });
        out.push(u8::MAX);
    }
    /// A 64-bit digest of the path.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.0.as_ref().map_or(ROOT_HASH, |n| n.hash)
    }
    /// A 64-bit digest of the names alone: the same for all repetitions of a step.
    #[must_use]
    pub fn shape(&self) -> u64 {
        self.0.as_ref().map_or(ROOT_HASH, |n| n.shape)
    }
    /// The names from the root without running numbers: `spdz/mul/open`.
    #[must_use]
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.elements().into_iter().map(|(name, _)| name).collect();
        names.join("/")
    }
    /// The last element's name, `""` for the root.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.as_ref().map_or("", |n| n.name)
    }
    /// The last element's running number, 0 for the root.
    #[must_use]
    pub fn index(&self) -> u32 {
        self.0.as_ref().map_or(0, |n| n.index)
    }
    /// Whether some element has this name.
    #[must_use]
    pub fn passes(&self, name: &str) -> bool {
        self.0.as_ref().is_some_and(|n| n.name == name || n.parent.passes(name))
    }
    /// The elements from the root, as (name, index).
    #[must_use]
    pub fn elements(&self) -> Vec<(&'static str, u32)> {
        let mut out = Vec::new();
        self.each(&mut |name, index| out.push((name, index)));
        out
    }
    /// Calls `see` with name and index of every element from the root.
    fn each(&self, see: &mut impl FnMut(&'static str, u32)) {
        if let Some(n) = &self.0 {
            n.parent.each(see);
            see(n.name, n.index);
        }
    }
}
impl PartialEq for StepPath {
    fn eq(&self, other: &Self) -> bool {
        self.elements() == other.elements()
    }
}
impl Eq for StepPath {}
impl fmt::Display for StepPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, index)) in self.elements().into_iter().enumerate() {
            let slash = if i == 0 { "" } else { "/" };
            if index == 0 { write!(f, "{slash}{name}")? } else { write!(f, "{slash}{name}[{index}]")? }
        }
        Ok(())
    }
}
impl fmt::Debug for StepPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

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

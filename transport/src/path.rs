//! Places in a protocol: names and running numbers of the steps that lead there, and digests of them.

use std::fmt;
use std::rc::Rc;

/// Where in the protocol a frame, a check or an abort belongs: `spdz[0]/mul[3]/open[0]`, all elements static names with
/// a running number, so a path costs one small allocation and is the same at every party. It stays on one thread, as its
/// session does; what goes to others is its [`StepLabel`].
#[derive(Clone)]
pub struct StepPath(Option<Rc<Node>>);

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
        Self(Some(Rc::new(Node { parent: self.clone(), name, index, hash, shape, encoded_len })))
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
        self.label().names()
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
        let depth = std::iter::successors(self.0.as_ref(), |n| n.parent.0.as_ref()).count();
        let mut out = Vec::with_capacity(depth);
        self.each(&mut |name, index| out.push((name, index)));
        out
    }
    /// The same, written out.
    #[must_use]
    pub fn label(&self) -> StepLabel {
        StepLabel { elements: self.elements().into(), hash: self.hash() }
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
        fmt::Display::fmt(&self.label(), f)
    }
}
impl fmt::Debug for StepPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A [`StepPath`] written out, for other threads and for later: where an error happened, what was counted.
#[derive(Clone, PartialEq, Eq)]
pub struct StepLabel {
    elements: Box<[(&'static str, u32)]>,
    hash: u64,
}

impl StepLabel {
    /// The elements from the root, as (name, index).
    #[must_use]
    pub fn elements(&self) -> &[(&'static str, u32)] {
        &self.elements
    }
    /// [`StepPath::hash`].
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.hash
    }
    /// The names from the root without running numbers: `spdz/mul/open`.
    #[must_use]
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.elements.iter().map(|(name, _)| *name).collect();
        names.join("/")
    }
}
impl fmt::Display for StepLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, index)) in self.elements.iter().enumerate() {
            let slash = if i == 0 { "" } else { "/" };
            if *index == 0 { write!(f, "{slash}{name}")? } else { write!(f, "{slash}{name}[{index}]")? }
        }
        Ok(())
    }
}
impl fmt::Debug for StepLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_encoding_is_the_beginning_of_another() {
        let root = StepPath::ROOT;
        let paths = [
            root.clone(),
            root.child("a", 0),
            root.child("a", 1),
            root.child("ab", 0),
            root.child("a", 0).child("b", 0),
        ];
        let encoded = paths.each_ref().map(|path| {
            let mut out = Vec::new();
            path.encode(&mut out);
            assert_eq!(out.len(), path.encoded_len(), "{path}");
            out
        });
        for (i, j) in (0..paths.len()).flat_map(|i| (0..paths.len()).map(move |j| (i, j))).filter(|(i, j)| i != j) {
            assert!(!encoded[i].starts_with(&encoded[j]), "{} and {}", paths[i], paths[j]);
        }
    }
    #[test]
    fn a_short_word_is_little_endian() {
        let bytes = [1, 2, 3, 4, 5, 6, 7];
        for len in 0..8 {
            let slow = bytes[..len].iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
            assert_eq!(padded(&bytes[..len]), slow);
        }
    }
}

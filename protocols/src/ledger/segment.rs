//! A segment: the preprocessing of one session under one MAC key, in a directory of its own.
//!
//! `head` says what it is and carries the tag of every block; `alpha` holds the MAC-key share; `blocks` is the data,
//! block after block without gaps. A block holds items of one kind, one column after the other (`a.value`, `a.mac`,
//! `b.value`, …), each column the canonical encodings of its elements.

use std::path::Path;

use field::Field;
use transport::PartyId;

use super::record::{Get, LedgerKey, damaged};
use crate::{Error, Result, Session, SessionId};

pub(super) const HEAD: &str = "head";
pub(super) const ALPHA: &str = "alpha";
pub(super) const BLOCKS: &str = "blocks";

/// What a segment is bound to: the session that generated it, and the digest of everything the parties agreed on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    /// The session that generated it.
    pub session: SessionId,
    /// Digest of all parameters and claims of the computation.
    pub parameters: [u8; 32],
    /// How many parties.
    pub n: usize,
    /// Whose shares these are.
    pub me: PartyId,
}

impl Binding {
    /// What is generated in this session.
    #[must_use]
    pub fn of(s: &Session, parameters: [u8; 32]) -> Self {
        Self { session: s.id(), parameters, n: s.n(), me: s.me() }
    }
    /// The name of the segment, the same at all parties.
    pub(super) fn id<F: Field>(&self) -> [u8; 32] {
        let mut h = blake3::Hasher::new_derive_key("quorate 2026 ledger segment v1");
        h.update(&self.session.0).update(&self.parameters).update(&(self.n as u64).to_le_bytes());
        h.update(F::NAME.as_bytes()).finalize().into()
    }
}

/// The kinds of preprocessing, in the order of the counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Triples,
    Randoms,
    Masks(PartyId),
}

impl Kind {
    pub fn index(self) -> usize {
        match self {
            Self::Triples => 0,
            Self::Randoms => 1,
            Self::Masks(p) => 2 + p.index(),
        }
    }
    pub fn all(n: usize) -> impl Iterator<Item = Self> {
        [Self::Triples, Self::Randoms].into_iter().chain((0..n).map(|i| Self::Masks(PartyId::new(i))))
    }
    /// Columns at party `me`: value and MAC of each shared value, and the clear value of an own mask.
    pub fn columns(self, me: PartyId) -> usize {
        match self {
            Self::Triples => 6,
            Self::Randoms => 2,
            Self::Masks(owner) => 2 + usize::from(owner == me),
        }
    }
    pub fn words(self) -> String {
        match self {
            Self::Triples => "triples".into(),
            Self::Randoms => "random values".into(),
            Self::Masks(p) => format!("input masks of {p}"),
        }
    }
}

/// A block as the head describes it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub kind: Kind,
    /// Items in it.
    pub count: u32,
    pub tag: [u8; 32],
}

/// The tag of a block: what it is, where it stands, what it holds.
pub(super) fn block_tag(key: &[u8; 32], number: usize, kind: Kind, count: usize, columns: &[&[u8]]) -> [u8; 32] {
    let mut h = blake3::Hasher::new_keyed(key);
    for v in [number, kind.index(), count] {
        h.update(&(v as u64).to_le_bytes());
    }
    columns.iter().for_each(|c| {
        h.update(c);
    });
    h.finalize().into()
}

/// The key of a segment's block tags.
pub(super) fn block_key(key: &LedgerKey, id: &[u8; 32]) -> zeroize::Zeroizing<[u8; 32]> {
    key.derive("blocks", id)
}

/// Commitment to the MAC-key share, binding the head to it. The blinding is a secret of the ledger, so the commitment
/// hides the share even where the field is small.
pub(super) fn commitment(key: &LedgerKey, id: &[u8; 32], alpha: &[u8]) -> [u8; 32] {
    let blinding = key.derive("alpha", id);
    let mut h = blake3::Hasher::new_derive_key("quorate 2026 ledger mac key v1");
    h.update(&*blinding).update(id).update(alpha).finalize().into()
}

/// The header of a segment.
pub(super) struct Head {
    pub binding: Binding,
    pub field: String,
    pub commitment: [u8; 32],
    pub blocks: Vec<Block>,
}

impl Head {
    pub fn encode(&self) -> Vec<u8> {
        let b = &self.binding;
        let mut out = Vec::new();
        out.extend_from_slice(&b.session.0);
        out.extend_from_slice(&b.parameters);
        out.extend_from_slice(&[b.n as u8, b.me.index() as u8, self.field.len() as u8]);
        out.extend_from_slice(self.field.as_bytes());
        out.extend_from_slice(&self.commitment);
        out.extend_from_slice(&(self.blocks.len() as u32).to_le_bytes());
        for block in &self.blocks {
            out.push(block.kind.index() as u8);
            out.extend_from_slice(&block.count.to_le_bytes());
            out.extend_from_slice(&block.tag);
        }
        out
    }
    pub fn decode(body: &[u8], path: &Path) -> Result<Self> {
        let mut get = Get(body);
        let head = Self::get(&mut get);
        head.filter(|_| get.0.is_empty()).ok_or_else(|| damaged(path, "its content has the wrong form"))
    }
    fn get(get: &mut Get<'_>) -> Option<Self> {
        let (session, parameters) = (SessionId(get.array()?), get.array()?);
        let (n, me, name) = (get.u8()? as usize, get.u8()? as usize, get.u8()? as usize);
        if !(2..=transport::Parties::MAX).contains(&n) || me >= n {
            return None;
        }
        let field = String::from_utf8(get.bytes(name)?.to_vec()).ok()?;
        let commitment = get.array()?;
        let mut blocks = Vec::new();
        for _ in 0..get.u32()? {
            let index = get.u8()? as usize;
            let kind = Kind::all(n).find(|k| k.index() == index)?;
            blocks.push(Block { kind, count: get.u32()?, tag: get.array()? });
        }
        let binding = Binding { session, parameters, n, me: PartyId::new(me) };
        Some(Self { binding, field, commitment, blocks })
    }
    /// Items of each kind.
    pub fn totals(&self) -> Vec<u64> {
        let mut totals = vec![0; 2 + self.binding.n];
        self.blocks.iter().for_each(|b| totals[b.kind.index()] += u64::from(b.count));
        totals
    }
    /// Bytes of block data over a field of this width.
    pub fn data_len(&self, width: usize) -> u64 {
        self.blocks.iter().map(|b| u64::from(b.count) * (b.kind.columns(self.binding.me) * width) as u64).sum()
    }
    /// Refuses a segment that is not the one asked for, saying what differs.
    pub fn expect<F: Field>(&self, want: &Binding) -> Result<()> {
        let have = &self.binding;
        let differs = if have.me != want.me {
            format!("it holds the shares of {}, this is {}", have.me, want.me)
        } else if have.n != want.n {
            format!("it was made by {} parties, this session has {}", have.n, want.n)
        } else if self.field != F::NAME {
            format!("it is over the field {}, this computation over {}", self.field, F::NAME)
        } else if have.parameters != want.parameters {
            format!(
                "it was made under the parameters {}, this computation has {}",
                super::hex(&have.parameters[..8]),
                super::hex(&want.parameters[..8])
            )
        } else if have.session != want.session {
            format!("it is of session {}", have.session.hex())
        } else {
            return Ok(());
        };
        Err(Error::Local(format!(
            "the preprocessing of session {} does not fit: {differs}; use the task it was generated for, or generate \
             new preprocessing",
            want.session.hex()
        )))
    }
}

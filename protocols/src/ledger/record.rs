//! Sealed files: `magic | kind | version | body | tag`, the tag a keyed hash of everything before it.
//!
//! Integers are little-endian and fixed-width, so a body has one encoding and is read with exact lengths.

use std::path::Path;

use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{Error, Result};

const MAGIC: &[u8; 8] = b"QUORATE\n";
/// The format written by this program.
const VERSION: u16 = 1;
const FRONT: usize = MAGIC.len() + 1 + 2;
const TAG: usize = 32;

/// What a file is. Part of the tag, so no file passes for another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The ledger's own key.
    Key = 1,
    /// Epoch, cursors and the state of every segment.
    State = 2,
    /// The epoch kept outside the ledger.
    Fence = 3,
    /// The header of a segment.
    Head = 4,
    /// The MAC-key share of a segment.
    Alpha = 5,
}

/// The key that authenticates the files of one ledger, and the ledger's public name.
#[derive(ZeroizeOnDrop)]
pub(super) struct LedgerKey {
    #[zeroize(skip)]
    pub id: [u8; 16],
    secret: [u8; 32],
}

impl LedgerKey {
    pub fn new(id: [u8; 16], secret: &[u8; 32]) -> Self {
        Self { id, secret: *secret }
    }
    /// The key file, which only a checksum can protect.
    pub fn to_file(&self) -> Zeroizing<Vec<u8>> {
        let mut body = Zeroizing::new(self.id.to_vec());
        body.extend_from_slice(&self.secret);
        seal_with(Kind::Key, &[0; 32], &body)
    }
    pub fn from_file(bytes: &[u8], path: &Path) -> Result<Self> {
        let body = open_with(Kind::Key, &[0; 32], bytes, path)?;
        let mut get = Get(body);
        let key = (|| Some(Self { id: get.array()?, secret: get.array()? }))();
        key.filter(|_| get.0.is_empty()).ok_or_else(|| damaged(path, "its content has the wrong form"))
    }
    pub fn seal(&self, kind: Kind, body: &[u8]) -> Zeroizing<Vec<u8>> {
        seal_with(kind, &self.secret, body)
    }
    /// The body of a sealed file, or why it is none.
    pub fn open<'a>(&self, kind: Kind, bytes: &'a [u8], path: &Path) -> Result<&'a [u8]> {
        open_with(kind, &self.secret, bytes, path)
    }
    /// A key for one purpose.
    pub fn derive(&self, context: &str, about: &[u8; 32]) -> Zeroizing<[u8; 32]> {
        let mut h = blake3::Hasher::new_keyed(&self.secret);
        h.update(&(context.len() as u64).to_le_bytes()).update(context.as_bytes()).update(about);
        Zeroizing::new(h.finalize().into())
    }
}

fn seal_with(kind: Kind, key: &[u8; 32], body: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(FRONT + body.len() + TAG));
    out.extend_from_slice(MAGIC);
    out.push(kind as u8);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(body);
    let tag = blake3::keyed_hash(key, &out);
    out.extend_from_slice(tag.as_bytes());
    out
}

fn open_with<'a>(kind: Kind, key: &[u8; 32], bytes: &'a [u8], path: &Path) -> Result<&'a [u8]> {
    if bytes.len() < FRONT + TAG {
        return Err(damaged(path, "it is too short"));
    }
    let (front, rest) = bytes.split_at(FRONT);
    if !front.starts_with(MAGIC) {
        return Err(damaged(path, "it does not begin like a ledger file"));
    }
    let version = u16::from_le_bytes([front[FRONT - 2], front[FRONT - 1]]);
    if version != VERSION {
        return Err(Error::Local(format!(
            "{}: written in ledger format {version}, this program reads format {VERSION}: use the version of the \
             program that wrote it",
            path.display()
        )));
    }
    if front[MAGIC.len()] != kind as u8 {
        return Err(damaged(path, "it is another kind of ledger file"));
    }
    let (body, tag) = rest.split_at(rest.len() - TAG);
    let right = blake3::keyed_hash(key, &bytes[..FRONT + body.len()]);
    // `blake3::Hash` compares in constant time.
    if tag.first_chunk::<TAG>().is_none_or(|tag| right != *tag) {
        return Err(damaged(path, "its authentication tag is wrong"));
    }
    Ok(body)
}

/// The error for a file that is not what this ledger wrote.
pub(super) fn damaged(path: &Path, why: &str) -> Error {
    Error::Local(format!(
        "{}: {why}; the file is damaged or belongs to another ledger, and preprocessing is never used on trust: \
         generate new preprocessing in a fresh ledger directory",
        path.display()
    ))
}

/// Reads fixed-width items from the front of a body; `None` when it ends early.
pub(super) struct Get<'a>(pub &'a [u8]);

impl<'a> Get<'a> {
    pub fn bytes(&mut self, n: usize) -> Option<&'a [u8]> {
        let (now, later) = self.0.split_at_checked(n)?;
        self.0 = later;
        Some(now)
    }
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }
    pub fn u8(&mut self) -> Option<u8> {
        self.array().map(|[b]: [u8; 1]| b)
    }
    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }
    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }
}

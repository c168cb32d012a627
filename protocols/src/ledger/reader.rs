//! The items of an open segment: the cursor is on disk before an item is handed out, blocks are checked once and read in
//! bulk.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::rc::Rc;

use field::Field;
use transport::PartyId;
use zeroize::{Zeroize, Zeroizing};

use super::directory::Inner;
use super::record::damaged;
use super::segment::{self, Head, Kind, block_key, block_tag};
use super::state::Status;
use super::{STRIDE, disk};
use crate::share::Under;
use crate::{Clear, Error, Masks, Result, Shared, Supply, Triples};

/// The items of a [`Ledger`](super::Ledger): preprocessing from disk, every item handed out at most once in its life.
pub struct Items<F: Field> {
    pub(super) dir: Rc<RefCell<Inner>>,
    pub(super) id: [u8; 32],
    pub(super) me: PartyId,
    /// The MAC key that they are under.
    pub(super) under: Under,
    path: PathBuf,
    file: File,
    key: Zeroizing<[u8; 32]>,
    pub(super) shelves: Vec<Shelf>,
    /// Items reserved on disk at a time.
    stride: u64,
    /// Cursors when it was opened.
    pub(super) opened_at: Vec<u64>,
    /// Raised when the session dies.
    pub(super) dead: Rc<Cell<bool>>,
    /// A block could not be read: what follows would not be what the peers have.
    broken: bool,
    field: std::marker::PhantomData<F>,
}

/// The items of one kind.
pub(super) struct Shelf {
    pub(super) kind: Kind,
    blocks: std::vec::IntoIter<Extent>,
    /// The current block, checked: columns one after the other.
    raw: Zeroizing<Vec<u8>>,
    /// Its items, and how many of them are gone.
    count: usize,
    gone: usize,
    pub(super) used: u64,
    /// What the disk says is used: never less than `used`.
    reserved: u64,
    pub(super) total: u64,
}

struct Extent {
    number: usize,
    offset: u64,
    count: usize,
    tag: [u8; 32],
    /// Items used when the segment was opened.
    gone: usize,
}

impl<F: Field> Items<F> {
    /// Marks the segment open on disk, its first stride reserved, and enters a new epoch.
    pub(super) fn open(
        dir: Rc<RefCell<Inner>>,
        inner: &mut Inner,
        id: [u8; 32],
        head: &Head,
        under: Under,
    ) -> Result<Self> {
        let path = inner.segment(&id).join(segment::BLOCKS);
        let file = File::open(&path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => damaged(&path, "it is missing"),
            _ => disk::failed("opening", &path, &e),
        })?;
        let len = file.metadata().map_err(|e| disk::failed("reading", &path, &e))?.len();
        if len != head.data_len(F::BYTES) {
            return Err(damaged(&path, &format!("it has {len} bytes, not {}", head.data_len(F::BYTES))));
        }
        let opened_at = inner.standing(&id, Status::Sealed)?.used.clone();
        let mut shelves = shelve::<F>(head, &opened_at);
        shelves.iter_mut().for_each(|s| s.reserved = s.reach(0, STRIDE));
        let reserved: Vec<u64> = shelves.iter().map(|s| s.reserved).collect();
        let opening = inner.advance(|state| {
            if let Some(e) = state.entry_mut(&id) {
                e.status = Status::Open;
                e.used = reserved;
            }
        });
        if let Err(e) = opening {
            // Nothing has been handed out, so a full disk need not cost the segment; a failure here burns it.
            let _ = inner.close(&id, opened_at);
            return Err(e);
        }
        Ok(Self {
            key: block_key(&inner.key, &id),
            dir,
            id,
            me: head.binding.me,
            under,
            path,
            file,
            shelves,
            stride: STRIDE,
            opened_at,
            dead: Rc::default(),
            broken: false,
            field: std::marker::PhantomData,
        })
    }
    /// Items left: triples, random values, masks of each party.
    #[must_use]
    pub fn left(&self) -> Vec<u64> {
        self.shelves.iter().map(|s| s.total - s.used).collect()
    }

    /// The next `n` items of a kind, as columns.
    fn take(&mut self, kind: Kind, n: usize) -> Result<Columns<F>> {
        if self.dead.get() {
            return Err(Error::Dead);
        }
        if self.broken {
            return Err(damaged(&self.path, "a block of it could not be read"));
        }
        let slot = kind.index();
        let Some(shelf) = self.shelves.get(slot) else {
            return Err(Error::Local(format!("the ledger has no {}, who is not among its parties", kind.words())));
        };
        let left = shelf.total - shelf.used;
        if (n as u64) > left {
            return Err(Error::Local(format!(
                "the ledger has {left} {} left, this step needs {n}: generate more first",
                kind.words()
            )));
        }
        self.reserve(slot, n)?;
        self.shelves[slot].used += n as u64;
        let items = self.decode(slot, n);
        self.broken = items.is_err();
        items
    }
    /// The next `n` items, which are reserved.
    fn decode(&mut self, slot: usize, n: usize) -> Result<Columns<F>> {
        let shelf = &mut self.shelves[slot];
        let columns = shelf.kind.columns(self.me);
        let mut out = Columns::<F>::with_capacity(self.under, columns, n);
        let mut need = n;
        while need > 0 {
            if shelf.gone == shelf.count {
                shelf.next_block(&self.file, &self.key, columns * F::BYTES).map_err(|e| e.at(&self.path))?;
            }
            let now = need.min(shelf.count - shelf.gone);
            for (c, out) in out.columns.iter_mut().enumerate() {
                let start = (c * shelf.count + shelf.gone) * F::BYTES;
                for element in shelf.raw[start..start + now * F::BYTES].chunks_exact(F::BYTES) {
                    out.push(F::read(element).ok_or_else(|| damaged(&self.path, "an element is not canonical"))?);
                }
            }
            shelf.gone += now;
            need -= now;
        }
        Ok(out)
    }
    /// Makes sure that the disk says of the next `n` items that they are used, and of the segment that it is open.
    fn reserve(&mut self, slot: usize, n: usize) -> Result<()> {
        let mut dir = self.dir.borrow_mut();
        dir.standing(&self.id, Status::Open)?;
        let shelf = &self.shelves[slot];
        if shelf.used + n as u64 <= shelf.reserved {
            return Ok(());
        }
        let reach = shelf.reach(n as u64, self.stride);
        dir.update(|state| {
            if let Some(e) = state.entry_mut(&self.id) {
                e.used[slot] = reach;
            }
        })?;
        self.shelves[slot].reserved = reach;
        Ok(())
    }
    /// Smaller strides, so that tests see many.
    #[cfg(test)]
    pub(super) fn shorten_strides(&mut self, items: u64) {
        self.stride = items;
        self.shelves.iter_mut().for_each(|s| s.reserved = s.used);
    }
}

/// The items of every kind that are not used yet.
fn shelve<F: Field>(head: &Head, used: &[u64]) -> Vec<Shelf> {
    let me = head.binding.me;
    let mut extents: Vec<Vec<Extent>> = used.iter().map(|_| Vec::new()).collect();
    let mut skip = used.to_vec();
    let mut offset = 0;
    for (number, b) in head.blocks.iter().enumerate() {
        let (slot, count) = (b.kind.index(), b.count as usize);
        let gone = skip[slot].min(count as u64);
        skip[slot] -= gone;
        if gone < count as u64 {
            extents[slot].push(Extent { number, offset, count, tag: b.tag, gone: gone as usize });
        }
        offset += (count * b.kind.columns(me) * F::BYTES) as u64;
    }
    let totals = head.totals();
    Kind::all(head.binding.n)
        .zip(extents)
        .map(|(kind, blocks)| {
            let (used, total) = (used[kind.index()], totals[kind.index()]);
            let raw = Zeroizing::default();
            Shelf { kind, blocks: blocks.into_iter(), raw, count: 0, gone: 0, used, reserved: used, total }
        })
        .collect()
}

impl Shelf {
    /// Where a reservation of at least `n` items ends.
    fn reach(&self, n: u64, stride: u64) -> u64 {
        (self.used + n.max(stride)).min(self.total)
    }
    /// Reads the next block and checks its tag before a byte of it is used.
    fn next_block(&mut self, file: &File, key: &[u8; 32], item: usize) -> Result<(), Trouble> {
        let e = self.blocks.next().ok_or(Trouble::Damaged)?;
        self.raw.resize(e.count * item, 0);
        file.read_exact_at(&mut self.raw, e.offset).map_err(Trouble::Io)?;
        let tag = block_tag(key, e.number, self.kind, e.count, &[&self.raw]);
        if blake3::Hash::from(tag) != e.tag {
            // Nothing of this block is ever handed out, now or on another try.
            self.raw.zeroize();
            (self.count, self.gone) = (0, 0);
            return Err(Trouble::Damaged);
        }
        (self.count, self.gone) = (e.count, e.gone);
        Ok(())
    }
}

enum Trouble {
    Io(std::io::Error),
    Damaged,
}

impl Trouble {
    fn at(self, path: &std::path::Path) -> Error {
        match self {
            Self::Io(e) => disk::failed("reading", path, &e),
            Self::Damaged => damaged(path, "a block of it is not what was written"),
        }
    }
}

/// Decoded columns on their way out; wiped if they do not arrive.
struct Columns<F: Field> {
    pub(super) under: Under,
    columns: Vec<Vec<F>>,
}

impl<F: Field> Columns<F> {
    fn with_capacity(under: Under, columns: usize, n: usize) -> Self {
        Self { under, columns: (0..columns).map(|_| Vec::with_capacity(n)).collect() }
    }
    fn next(&mut self) -> Vec<F> {
        if self.columns.is_empty() { Vec::new() } else { self.columns.remove(0) }
    }
    fn shared(&mut self) -> Shared<F> {
        let value = self.next();
        Shared::of(value, self.next(), self.under)
    }
}

impl<F: Field> Drop for Columns<F> {
    fn drop(&mut self) {
        self.columns.zeroize();
    }
}

impl<F: Field> Supply<F> for Items<F> {
    fn triples(&mut self, n: usize) -> Result<Triples<F>> {
        let mut c = self.take(Kind::Triples, n)?;
        Ok(Triples { a: c.shared(), b: c.shared(), c: c.shared() })
    }
    fn masks(&mut self, owner: PartyId, n: usize) -> Result<Masks<F>> {
        let mut c = self.take(Kind::Masks(owner), n)?;
        Ok(Masks { shared: c.shared(), clear: (owner == self.me).then(|| Clear(c.next())) })
    }
    fn randoms(&mut self, n: usize) -> Result<Shared<F>> {
        Ok(self.take(Kind::Randoms, n)?.shared())
    }
}

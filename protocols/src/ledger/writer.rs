//! Writing a segment: preprocessing streams in, full blocks go to disk, memory stays flat.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::rc::Rc;

use field::Field;
use transport::PartyId;
use zeroize::Zeroizing;

use super::directory::Inner;
use super::record;
use super::segment::{self, Binding, Block, Head, Kind, block_key, block_tag};
use super::{BLOCK_ITEMS, disk};
use crate::share::Under;
use crate::{Error, MacKey, Masks, Result, Shared, Triples};

/// A segment being written. Dropped before [`Writer::finish`], it leaves nothing usable.
pub struct Writer<F: Field> {
    dir: Rc<RefCell<Inner>>,
    dead: Rc<Cell<bool>>,
    id: [u8; 32],
    path: PathBuf,
    head: Head,
    file: File,
    key: Zeroizing<[u8; 32]>,
    /// Items per block.
    block: usize,
    /// By kind: what has not filled a block yet.
    pending: Vec<Pending>,
    finished: bool,
    /// A block was written in part: what would follow stands in the wrong place.
    broken: bool,
    /// The MAC key that everything in it is under.
    under: Under,
    field: PhantomData<F>,
}

struct Pending {
    kind: Kind,
    count: usize,
    columns: Vec<Zeroizing<Vec<u8>>>,
}

impl<F: Field> Writer<F> {
    pub(super) fn create(
        dir: Rc<RefCell<Inner>>,
        binding: Binding,
        under: Under,
        dead: Rc<Cell<bool>>,
    ) -> Result<Self> {
        let id = binding.id::<F>();
        let inner = dir.borrow();
        if inner.entry(&id).is_some() {
            return Err(Error::Local(format!(
                "the ledger already has preprocessing of session {}: a session generates once, start a new one",
                binding.session.hex()
            )));
        }
        let path = inner.segment(&id);
        disk::create_dir(&path)?;
        let file = disk::create_new(&path.join(segment::BLOCKS))?;
        let key = block_key(&inner.key, &id);
        drop(inner);
        let pending = Kind::all(binding.n).map(|kind| Pending {
            kind,
            count: 0,
            columns: (0..kind.columns(binding.me)).map(|_| Zeroizing::default()).collect(),
        });
        let pending = pending.collect();
        // The commitment to the key comes with the key, at the end.
        let head = Head { binding, field: F::NAME.into(), commitment: [0; 32], blocks: vec![] };
        let (finished, broken, field) = (false, false, PhantomData);
        Ok(Self { dir, dead, id, path, head, file, key, block: BLOCK_ITEMS, pending, finished, broken, under, field })
    }
    /// What the segment is called by in [`Directory::resume`](super::Directory::resume).
    #[must_use]
    pub fn binding(&self) -> Binding {
        self.head.binding.clone()
    }
    /// Smaller blocks, so that tests see many.
    #[cfg(test)]
    pub(super) fn with_block(mut self, items: usize) -> Self {
        self.block = items;
        self
    }

    /// Appends triples. They are moved: what is in the ledger is nowhere else.
    pub fn triples(&mut self, t: Triples<F>) -> Result<()> {
        self.fits([&t.a, &t.b, &t.c])?;
        let columns = [&t.a.value, &t.a.mac, &t.b.value, &t.b.mac, &t.c.value, &t.c.mac];
        self.append(Kind::Triples, &columns.map(Vec::as_slice))
    }
    /// Appends random values that nobody knows.
    pub fn randoms(&mut self, r: Shared<F>) -> Result<()> {
        self.fits([&r])?;
        self.append(Kind::Randoms, &[&r.value, &r.mac])
    }
    /// Appends input masks of `owner`, with the clear values exactly if this party is the owner.
    pub fn masks(&mut self, owner: PartyId, m: Masks<F>) -> Result<()> {
        let Masks { shared, clear } = m;
        self.fits([&shared])?;
        let kind = Kind::Masks(owner);
        match clear {
            Some(clear) => self.append(kind, &[&shared.value, &shared.mac, &clear.0]),
            None => self.append(kind, &[&shared.value, &shared.mac]),
        }
    }

    /// Refuses values under another key than that of the segment.
    fn fits<const N: usize>(&self, parts: [&Shared<F>; N]) -> Result<()> {
        if parts.iter().all(|x| self.under.and(x.under) == self.under) {
            Ok(())
        } else {
            Err(Error::Local("values for the ledger are authenticated under another MAC key than its segment".into()))
        }
    }
    /// Refuses after the session's death, and after a block that was not written whole.
    fn whole(&self) -> Result<()> {
        if self.dead.get() {
            return Err(Error::Dead);
        }
        if self.broken {
            return Err(Error::Storage(format!(
                "{}: a block was written in part, and nothing is built upon that: generate new preprocessing in a new \
                 session",
                self.path.join(segment::BLOCKS).display()
            )));
        }
        Ok(())
    }
    fn append(&mut self, kind: Kind, columns: &[&[F]]) -> Result<()> {
        self.whole()?;
        let slot = kind.index();
        let expected = self.pending.get(slot).map(|p| p.columns.len());
        let len = columns.first().map_or(0, |c| c.len());
        if expected != Some(columns.len()) || columns.iter().any(|c| c.len() != len) {
            return Err(Error::Local(format!("{} for the ledger have the wrong shape for this party", kind.words())));
        }
        let mut at = 0;
        while at < len {
            let p = &mut self.pending[slot];
            let n = (self.block - p.count).min(len - at);
            for (to, from) in p.columns.iter_mut().zip(columns) {
                // Room for the whole block at once, so that growing leaves no copies behind.
                to.reserve_exact((self.block - p.count) * F::BYTES);
                F::write_slice(&from[at..at + n], to);
            }
            p.count += n;
            at += n;
            if p.count == self.block {
                self.flush(slot)?;
            }
        }
        Ok(())
    }
    fn flush(&mut self, slot: usize) -> Result<()> {
        let p = &mut self.pending[slot];
        let columns: Vec<&[u8]> = p.columns.iter().map(|c| c.as_slice()).collect();
        let tag = block_tag(&self.key, self.head.blocks.len(), p.kind, p.count, &columns);
        self.broken = true;
        for column in columns {
            disk::write(&self.file, column)
                .map_err(|e| disk::failed("writing", &self.path.join(segment::BLOCKS), &e))?;
        }
        self.broken = false;
        self.head.blocks.push(Block { kind: p.kind, count: p.count as u32, tag });
        p.columns.iter_mut().for_each(|c| c.clear());
        p.count = 0;
        Ok(())
    }

    /// Makes the segment durable and enters it into the ledger: usable from here on, whatever happens. The key is the one
    /// that the segment was started with; from here on it is in the ledger and nowhere else.
    ///
    /// ```compile_fail,E0382
    /// # use quorate_protocols::{MacKey, Result, ledger::Writer};
    /// fn twice(writer: Writer<field::F128>, key: MacKey<field::F128>) -> Result<MacKey<field::F128>> {
    ///     writer.finish(key)?;
    ///     Ok(key)
    /// }
    /// ```
    pub fn finish(mut self, key: MacKey<F>) -> Result<Binding> {
        self.whole()?;
        key.settled()?;
        if key.under() != self.under {
            return Err(Error::Local("the MAC key given for a segment is not the one that it was started with".into()));
        }
        for slot in 0..self.pending.len() {
            if self.pending[slot].count > 0 {
                self.flush(slot)?;
            }
        }
        disk::sync(&self.file, &self.path.join(segment::BLOCKS))?;
        let mut dir = self.dir.borrow_mut();
        let mut alpha = Zeroizing::new([&self.id[..], &vec![0; F::BYTES]].concat());
        key.share().write(&mut alpha[self.id.len()..]);
        self.head.commitment = segment::commitment(&dir.key, &self.id, &alpha[self.id.len()..]);
        disk::replace(&self.path.join(segment::ALPHA), &dir.key.seal(record::Kind::Alpha, &alpha))?;
        disk::replace(&self.path.join(segment::HEAD), &dir.key.seal(record::Kind::Head, &self.head.encode()))?;
        disk::sync_parent(&self.path)?;
        // Should entering it fail half-way, the next start knows whether the segment counts, this writer does not.
        self.finished = true;
        dir.enter(self.id, &self.head)?;
        drop(dir);
        Ok(self.head.binding.clone())
    }
}

impl<F: Field> Drop for Writer<F> {
    fn drop(&mut self) {
        if !self.finished {
            // What cannot be removed now is removed when the ledger is opened next.
            let _ = disk::remove_segment(&self.path);
        }
    }
}

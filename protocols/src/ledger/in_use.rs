//! A segment in use: its MAC key and its items, together from the opening to the end.

use std::cell::Cell;
use std::rc::Rc;

use field::Field;

use super::hex;
use super::reader::Items;
use crate::message::{Count, Digest};
use crate::{Error, MacKey, Result, Session};

/// A segment in use: the MAC key and the items under it.
///
/// Dropped without [`Ledger::close`] it stays marked as open, and the next start burns what is left of it (unless
/// nothing was handed out or opened). Key and items go together, so a key read from disk exists once:
/// ```compile_fail,E0505
/// # use quorate_protocols::{MacKey, Result, ledger::Ledger};
/// fn keep(mut ledger: Ledger<field::F128>, me: transport::PartyId) -> Result<()> {
///     let (key, _) = ledger.parts();
///     ledger.close()?;
///     key.add_public(me, Default::default(), &[]);
///     Ok(())
/// }
/// ```
pub struct Ledger<F: Field> {
    key: MacKey<F>,
    items: Items<F>,
    closed: bool,
}

impl<F: Field> Ledger<F> {
    pub(super) fn new(key: MacKey<F>, items: Items<F>) -> Self {
        Self { key, items, closed: false }
    }
    /// What [`Online`](crate::Online) computes with: the key, and the items under it.
    pub fn parts(&mut self) -> (&mut MacKey<F>, &mut Items<F>) {
        (&mut self.key, &mut self.items)
    }
    /// Items left: triples, random values, masks of each party.
    #[must_use]
    pub fn left(&self) -> Vec<u64> {
        self.items.left()
    }
    /// From now on the segment is dead when `flag` is raised.
    pub(super) fn dies_with(&mut self, flag: Rc<Cell<bool>>) {
        self.items.dead = flag;
    }

    /// Compares segment, sizes and cursors with every other party (`spec/protocols/13-ledger.md`, Step 3.3). A difference
    /// is an operators' matter, such as a run that only some parties finished, and accuses nobody; it ends the session
    /// at every honest party, all of which heard the same.
    pub(super) async fn compare(&self, s: &mut Session) -> Result<()> {
        let mut s = s.step("ledger");
        let shelves = &self.items.shelves;
        let segments = s.broadcast("segment", &[Digest(self.items.id)]).await?;
        let mine: Vec<Count> = shelves.iter().flat_map(|s| [s.used, s.total].map(Count::from)).collect();
        let cursors = s.broadcast("cursor", &mine).await?;
        let refuse = |why| {
            s.end();
            Err(Error::Local(why))
        };
        for p in s.others() {
            if segments[p] != segments[s.me()] {
                return refuse(format!(
                    "{p} uses preprocessing {}, this party {}: let all parties name the same session",
                    hex(&segments[p][0].0[..8]),
                    hex(&self.items.id[..8])
                ));
            }
            for (k, shelf) in shelves.iter().enumerate() {
                let theirs = [u64::from(cursors[p][2 * k]), u64::from(cursors[p][2 * k + 1])];
                if theirs != [shelf.used, shelf.total] {
                    return refuse(format!(
                        "{p} has used {} of {} {}, this party {} of {}: an earlier run ended at different places, so \
                         this preprocessing cannot be used together any more; generate new preprocessing",
                        theirs[0],
                        theirs[1],
                        shelf.kind.words(),
                        shelf.used,
                        shelf.total
                    ));
                }
            }
        }
        Ok(())
    }

    /// Ends the use of the segment: the rest can be used later. The key goes back to disk with it.
    ///
    /// Refused, and the rest burnt at the next start, if something was opened under the key and never checked, or a check
    /// did not pass: the next use would carry on under a key of which the peers may know something.
    pub fn close(mut self) -> Result<()> {
        self.whole()?;
        self.closed = true;
        let used = self.items.shelves.iter().map(|s| s.used).collect();
        self.seal(used)
    }
    /// Refuses unless this is the segment's own key, with nothing unchecked.
    fn whole(&self) -> Result<()> {
        if self.key.under() != self.items.under {
            return Err(Error::Local("the MAC key of this preprocessing was taken away from it".into()));
        }
        self.key.settled()
    }
    fn seal(&self, used: Vec<u64>) -> Result<()> {
        if self.items.dead.get() {
            return Err(Error::Dead);
        }
        self.items.dir.borrow_mut().close(&self.items.id, used)
    }
    /// The items with smaller strides, so that tests see many.
    #[cfg(test)]
    pub(super) fn with_stride(mut self, items: u64) -> Self {
        self.items.shorten_strides(items);
        self
    }
}

impl<F: Field> Drop for Ledger<F> {
    fn drop(&mut self) {
        let untouched = self.items.shelves.iter().zip(&self.items.opened_at).all(|(s, at)| s.used == *at);
        if !self.closed && untouched && self.whole().is_ok() {
            // Such as after a comparison that failed. If this cannot be written, the next start burns the segment.
            let _ = self.seal(self.items.opened_at.clone());
        }
    }
}

impl<F: Field> std::fmt::Debug for Ledger<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ledger")
    }
}

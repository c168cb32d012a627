//! What one party tells another: frames with a tag that says where they belong, and vectors cut into frames.
//!
//! Large traffic is sent a few chunks ahead of what was received, so that no party buffers a whole vector and both
//! directions overlap.

use std::future::poll_fn;
use std::ops::Range;

use bytes::Bytes;
use smallvec::SmallVec;
use transport::path::{mix, mix_word};
use transport::{Counted, Frame, Meta, Meter, PartyId, PerParty};

use super::Session;
use crate::message::Item;
use crate::{Blame, Error, FRAME_SHAPE, Result};

/// Payload bytes of one chunk. All parties use the same.
const CHUNK: usize = 1 << 20;
/// Chunks sent ahead of what was received.
pub(crate) const AHEAD: usize = 4;

impl Session {
    /// What tells a frame from every other one of the computation.
    #[must_use]
    pub fn tag(&self, meta: &Meta, index: usize) -> u64 {
        let h = mix(self.core.epoch ^ self.path.hash(), meta.name.as_bytes());
        // Indices of one step never reach 2^56.
        mix_word(mix(h, meta.field.as_bytes()), (meta.kind as u64) << 56 | index as u64)
    }
    /// Sends one frame that is already encoded; `index` tells frames of the same name apart.
    pub fn send_encoded(&mut self, to: PartyId, meta: Meta, index: usize, body: Bytes) -> Result<()> {
        self.alive()?;
        let bytes = body.len();
        let frame = Frame { step: self.path.clone(), meta, tag: self.tag(&meta, index), body };
        self.core.net.send(to, self.stream, frame).map_err(|e| self.lost(e))?;
        self.count_frame(Meter::sent, to, &meta, index, bytes);
        Ok(())
    }
    /// Sends the same frame to everyone else. The last one gets the body itself: with two parties nothing is shared.
    fn send_all(&mut self, meta: Meta, index: usize, body: Bytes) -> Result<()> {
        let mut others = self.others();
        let Some(last) = others.next_back() else { return Ok(()) };
        for p in others {
            self.send_encoded(p, meta, index, body.clone())?;
        }
        self.send_encoded(last, meta, index, body)
    }
    /// Receives one frame of exactly `bytes` bytes.
    ///
    /// Check `frame.shape`: another tag or length is the sender's deviation, `None` only for a puppet that carries on.
    pub async fn recv_encoded(
        &mut self,
        from: PartyId,
        meta: Meta,
        index: usize,
        bytes: usize,
    ) -> Result<Option<Bytes>> {
        self.alive()?;
        let tag = self.tag(&meta, index);
        let got = poll_fn(|cx| self.core.net.poll_recv(cx, from, self.stream)).await.map_err(|e| self.lost(e))?;
        self.alive()?;
        self.count_frame(Meter::received, from, &meta, index, got.body.len());
        let fits = got.tag == tag && got.body.len() == bytes;
        self.verdict(&FRAME_SHAPE, fits, Blame::Accused(from))?;
        Ok(fits.then_some(got.body))
    }
    fn count_frame(&self, count: fn(&Meter, &Counted<'_>), peer: PartyId, meta: &Meta, index: usize, bytes: usize) {
        if let Some(meter) = self.core.net.traffic() {
            count(meter, &Counted { peer, stream: self.stream, step: &self.path, name: meta.name, index, bytes });
        }
    }
    fn lost(&self, e: transport::NetError) -> Error {
        self.die();
        Error::Net { peer: e.peer, kind: e.kind, at: self.path.label() }
    }

    /// Sends items to one party, in chunks. Local flow control is the caller's: large two-way traffic goes through
    /// [`Session::exchange`] or [`Session::scatter`].
    pub fn send<T: Item>(&mut self, to: PartyId, name: &'static str, items: &[T]) -> Result<()> {
        let per = self.per_chunk::<T>();
        for k in 0..chunks(items.len(), per) {
            self.send_chunk(to, name, items, per, k)?;
        }
        Ok(())
    }
    /// Receives exactly `len` items from one party.
    pub async fn recv<T: Item>(&mut self, from: PartyId, name: &'static str, len: usize) -> Result<Vec<T>> {
        let per = self.per_chunk::<T>();
        let mut out = Vec::new();
        for k in 0..chunks(len, per) {
            self.recv_chunk(from, name, len, per, k, &mut out).await?;
        }
        Ok(out)
    }
    /// Everyone sends the same number of items to everyone; not checked for consistency. Own items included.
    pub async fn exchange<T: Item>(&mut self, name: &'static str, mine: &[T]) -> Result<PerParty<Vec<T>>> {
        if mine.len() <= self.per_chunk::<T>() {
            // One chunk, as nearly always: nothing waits for anything.
            self.send_all(meta::<T>(name, mine.len()), 0, encode(mine))?;
            let mut all = Vec::with_capacity(self.n());
            for p in (0..self.n()).map(PartyId::new) {
                let theirs =
                    if p == self.me() { mine.to_vec() } else { self.recv_items(p, name, mine.len(), 0).await? };
                all.push(theirs);
            }
            return Ok(PerParty::from_vec(all));
        }
        let mut got: PerParty<Vec<T>> = PerParty::from_fn(self.n(), |_| Vec::new());
        let make = |units: Range<usize>| mine[units].to_vec();
        self.stream(name, mine.len(), 1, make, |_, _, theirs| {
            theirs.iter_mut().for_each(|(p, items)| got[*p].append(items));
        })
        .await?;
        got[self.me()] = mine.to_vec();
        Ok(got)
    }
    /// [`Session::exchange`] of `units` times `per_unit` items, chunk by chunk: `make` computes this party's items of
    /// a range of units when they are about to leave, `take` gets them back with everyone else's. Memory stays at a few
    /// chunks, and computing overlaps with the network.
    pub async fn stream<T: Item>(
        &mut self,
        name: &'static str,
        units: usize,
        per_unit: usize,
        mut make: impl FnMut(Range<usize>) -> Vec<T>,
        mut take: impl FnMut(Range<usize>, Vec<T>, &mut [(PartyId, Vec<T>)]),
    ) -> Result<()> {
        let per = (CHUNK / (T::WIDTH * per_unit)).max(1);
        let total = chunks(units, per);
        let ahead = AHEAD.min(total);
        let range = |k: usize| (k * per).min(units)..((k + 1) * per).min(units);
        // What was sent and not yet answered: nothing of it is in the place of another.
        let mut waiting: [Vec<T>; AHEAD + 1] = Default::default();
        for k in 0..total + ahead {
            if k < total {
                let mine = make(range(k));
                debug_assert_eq!(mine.len(), range(k).len() * per_unit);
                let (meta, body) = (meta::<T>(name, mine.len()), encode(&mine));
                self.send_all(meta, k, body)?;
                waiting[k % waiting.len()] = mine;
            }
            if let Some(j) = k.checked_sub(ahead) {
                let count = range(j).len() * per_unit;
                let mut theirs = SmallVec::<[_; 3]>::new();
                for p in self.others() {
                    theirs.push((p, self.recv_items(p, name, count, j).await?));
                }
                take(range(j), std::mem::take(&mut waiting[j % waiting.len()]), &mut theirs);
            }
        }
        Ok(())
    }
    /// Everyone sends something of its own to each party and knows how much to expect from each.
    pub async fn scatter<T: Item>(
        &mut self,
        name: &'static str,
        mine: &PerParty<Vec<T>>,
        lens: &PerParty<usize>,
    ) -> Result<PerParty<Vec<T>>> {
        let per = self.per_chunk::<T>();
        let ahead = AHEAD;
        let most = self.others().map(|p| chunks(mine[p].len(), per).max(chunks(lens[p], per))).max().unwrap_or(0);
        let ahead = ahead.min(most);
        let mut got: PerParty<Vec<T>> = PerParty::from_fn(self.n(), |_| Vec::new());
        for k in 0..most + ahead {
            for p in self.others() {
                if k < chunks(mine[p].len(), per) {
                    self.send_chunk(p, name, &mine[p], per, k)?;
                }
            }
            for p in self.others() {
                if k >= ahead && k - ahead < chunks(lens[p], per) {
                    self.recv_chunk(p, name, lens[p], per, k - ahead, &mut got[p]).await?;
                }
            }
        }
        Ok(got)
    }

    /// Bulk traffic with every other party in both directions at once, made and consumed chunk by chunk so that memory
    /// stays flat: the k-th frame to `p` carries `outgoing[p][k]` items, which `fill(p, k, body)` encodes; the k-th frame
    /// from `p` carries `incoming[p][k]` items, which `take(p, k, body)` decodes, `false` if one is not canonical.
    pub async fn pump<T: Item>(
        &mut self,
        name: &'static str,
        outgoing: &PerParty<Vec<usize>>,
        incoming: &PerParty<Vec<usize>>,
        mut fill: impl FnMut(PartyId, usize, &mut Vec<u8>),
        mut take: impl FnMut(PartyId, usize, &[u8]) -> bool,
    ) -> Result<()> {
        let most = self.others().map(|p| outgoing[p].len().max(incoming[p].len())).max().unwrap_or(0);
        let ahead = (2 * AHEAD).min(most);
        for k in 0..most + ahead {
            for p in self.others() {
                if let Some(len) = outgoing[p].get(k) {
                    let mut body = Vec::with_capacity(len * T::WIDTH);
                    fill(p, k, &mut body);
                    self.send_encoded(p, meta::<T>(name, *len), k, body.into())?;
                }
            }
            let Some(k) = k.checked_sub(ahead) else { continue };
            for p in self.others() {
                if let Some(len) = incoming[p].get(k) {
                    let bytes = len * T::WIDTH;
                    let body = self.recv_encoded(p, meta::<T>(name, *len), k, bytes).await?;
                    let canonical = take(p, k, &body.unwrap_or_else(|| vec![0; bytes].into()));
                    self.verdict(&FRAME_SHAPE, canonical, Blame::Accused(p))?;
                }
            }
        }
        Ok(())
    }
    /// How many items make a good frame of [`Session::pump`]: an eighth of a chunk, still in the cache when it leaves.
    pub(crate) fn per_frame<T: Item>(&self) -> usize {
        (self.per_chunk::<T>() / 8).max(1)
    }
    fn per_chunk<T: Item>(&self) -> usize {
        (CHUNK / T::WIDTH).max(1)
    }
    fn send_chunk<T: Item>(
        &mut self,
        to: PartyId,
        name: &'static str,
        items: &[T],
        per: usize,
        k: usize,
    ) -> Result<()> {
        let part = &items[(k * per).min(items.len())..((k + 1) * per).min(items.len())];
        let mut body = Vec::with_capacity(part.len() * T::WIDTH);
        T::write_all(part, &mut body);
        self.send_encoded(to, meta::<T>(name, part.len()), k, body.into())
    }
    async fn recv_chunk<T: Item>(
        &mut self,
        from: PartyId,
        name: &'static str,
        len: usize,
        per: usize,
        k: usize,
        out: &mut Vec<T>,
    ) -> Result<()> {
        let count = ((k + 1) * per).min(len) - (k * per).min(len);
        let mut items = self.recv_items(from, name, count, k).await?;
        if out.is_empty() {
            *out = items
        } else {
            out.append(&mut items)
        }
        Ok(())
    }
    async fn recv_items<T: Item>(
        &mut self,
        from: PartyId,
        name: &'static str,
        count: usize,
        k: usize,
    ) -> Result<Vec<T>> {
        let body = self.recv_encoded(from, meta::<T>(name, count), k, count * T::WIDTH).await?;
        let items = body.and_then(|b| T::read_all(&b));
        self.verdict(&FRAME_SHAPE, items.is_some(), Blame::Accused(from))?;
        Ok(items.unwrap_or_else(|| vec![T::neutral(); count]))
    }
}

/// How many chunks carry `len` items; an empty message is one empty chunk.
fn chunks(len: usize, per: usize) -> usize {
    len.div_ceil(per).max(1)
}

pub(super) fn meta<T: Item>(name: &'static str, len: usize) -> Meta {
    Meta { name, kind: T::KIND, field: T::FIELD, len, width: T::WIDTH as u32 }
}

pub(super) fn encode<T: Item>(items: &[T]) -> Bytes {
    let mut body = Vec::with_capacity(items.len() * T::WIDTH);
    T::write_all(items, &mut body);
    body.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Block;
    use crate::testing::{Passing, run};

    /// One item, one chunk to the last byte, and more chunks than are sent ahead.
    #[test]
    fn everyone_hears_everyone_whatever_the_length() {
        const FULL: usize = CHUNK / 16;
        for len in [0, 1, FULL, FULL + 1, (AHEAD + 2) * FULL + 3] {
            let of = move |p: usize| (0..len).map(|k| Block(((k << 4 | p) as u128).to_le_bytes())).collect::<Vec<_>>();
            let ends = run(3, 1, &mut Passing, move |mut s: Session| async move {
                let mine = of(s.me().index());
                s.exchange("told", &mine).await
            });
            for heard in ends {
                assert!(heard.unwrap().iter().all(|(p, items)| *items == of(p.index())), "{len}");
            }
        }
    }
}

//! What all parties do together: coins, commitments, broadcasts and zero shares, from the session's foundations.

use bytes::Bytes;
use field::Field;
use transport::{PartyId, PerParty};
use zeroize::Zeroizing;

use super::Session;
use super::traffic::{encode, meta};
use crate::foundations::Domain;
use crate::message::Item;
use crate::{Blame, FRAME_SHAPE, Result};

impl Session {
    /// Everyone sends the same items to everyone, and all honest parties agree on what everyone sent or abort
    /// (`spec/protocols/04-broadcast.md`). Own items included.
    pub async fn broadcast<T: Item>(&mut self, name: &'static str, mine: &[T]) -> Result<PerParty<Vec<T>>> {
        let lens = PerParty::from_fn(self.n(), |_| mine.len());
        self.broadcast_each(name, mine, &lens).await
    }
    /// [`Session::broadcast`] where every party sends a number of items of its own, known to all.
    pub async fn broadcast_each<T: Item>(
        &mut self,
        name: &'static str,
        mine: &[T],
        lens: &PerParty<usize>,
    ) -> Result<PerParty<Vec<T>>> {
        let mut s = self.step(name);
        let meta = PerParty::from_fn(s.n(), |p| meta::<T>(name, lens[p]));
        let f = s.core.foundations.clone();
        let bodies = f.broadcast(&mut s, &meta, encode(mine)).await?;
        s.decode_all(bodies, |p| lens[p])
    }
    /// Everyone commits to its items, and only when all commitments are there opens them
    /// (`spec/protocols/02-commitment.md`). Own items included.
    pub async fn commit_open<T: Item>(&mut self, name: &'static str, mine: &[T]) -> Result<PerParty<Vec<T>>> {
        let mut s = self.step(name);
        let f = s.core.foundations.clone();
        let bodies = f.commit_open(&mut s, meta::<T>(name, mine.len()), encode(mine)).await?;
        s.decode_all(bodies, |_| mine.len())
    }
    /// `len` uniform public elements that nobody knew or could influence before every party arrived here: call it only
    /// when the data it challenges is final at all parties (`spec/protocols/03-coin.md`).
    pub async fn challenge<F: Field>(&mut self, len: usize) -> Result<Vec<F>> {
        let mut s = self.step("coin");
        let f = s.core.foundations.clone();
        Ok(f.coin(&mut s, Domain::of::<F>(), len).await?.elements(len))
    }
    /// A fresh sharing of `len` zeros (`spec/protocols/05-zero-sharing.md`).
    pub async fn zero_shares<F: Field>(&mut self, len: usize) -> Result<Zeroizing<Vec<F>>> {
        // Nothing is sent for them, so nothing else would refuse.
        self.alive()?;
        let mut s = self.step("zero");
        let f = s.core.foundations.clone();
        Ok(Zeroizing::new(f.zero(&mut s, Domain::of::<F>(), len).await?.elements(len)))
    }
    fn decode_all<T: Item>(
        &mut self,
        bodies: PerParty<Bytes>,
        len: impl Fn(PartyId) -> usize,
    ) -> Result<PerParty<Vec<T>>> {
        let mut out = Vec::with_capacity(self.n());
        for (p, body) in bodies.iter() {
            let items = T::read_all(body).filter(|v| v.len() == len(p));
            self.verdict(&FRAME_SHAPE, items.is_some(), Blame::Accused(p))?;
            out.push(items.unwrap_or_else(|| vec![T::neutral(); len(p)]));
        }
        Ok(PerParty::from_vec(out))
    }
}

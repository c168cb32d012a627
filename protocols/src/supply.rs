//! Preprocessing is data: triples, random values and input masks that a protocol, a ledger or a test dealer made earlier.

use std::collections::VecDeque;

use field::Field;
use transport::PartyId;
use zeroize::ZeroizeOnDrop;

use crate::{Error, Result, Shared, wiped};

/// Multiplication triples `([[a]], [[b]], [[a·b]])` of random `a`, `b`. Used once: moved into the multiplication.
///
/// Whoever puts parts of different triples together gets wrong products and nothing else: the parts keep their MACs.
///
/// ```compile_fail,E0599
/// fn twice(t: &quorate_protocols::Triples<field::F128>) -> quorate_protocols::Triples<field::F128> { t.clone() }
/// ```
#[derive(Debug, Default)]
pub struct Triples<F: Field> {
    /// `[[a]]`.
    pub a: Shared<F>,
    /// `[[b]]`.
    pub b: Shared<F>,
    /// `[[a·b]]`.
    pub c: Shared<F>,
}

impl<F: Field> Triples<F> {
    /// How many triples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.a.len()
    }
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.a.is_empty()
    }
}

/// Random shared values, one owner of which knows them.
pub struct Masks<F: Field> {
    /// `[[r]]`.
    pub shared: Shared<F>,
    /// `r`, at the owner only.
    pub clear: Option<Clear<F>>,
}

/// The plain values of a mask. They hide inputs: whoever reads them out before they are used gives the inputs away.
#[derive(ZeroizeOnDrop)]
pub struct Clear<F: Field>(pub Vec<F>);

/// Where the online phase takes its preprocessing from. Every item is handed out once and the order is the same at all
/// parties.
pub trait Supply<F: Field> {
    /// The next `n` triples.
    fn triples(&mut self, n: usize) -> Result<Triples<F>>;
    /// The next `n` masks of `owner`.
    fn masks(&mut self, owner: PartyId, n: usize) -> Result<Masks<F>>;
    /// The next `n` random values that nobody knows.
    fn randoms(&mut self, n: usize) -> Result<Shared<F>>;
}

/// Preprocessing held in memory: none to begin with.
pub struct Memory<F: Field> {
    triples: [Queue<F>; 3],
    randoms: Queue<F>,
    /// By owner, as far as there are any.
    masks: Vec<(Queue<F>, Option<Clear<F>>)>,
}

impl<F: Field> Default for Memory<F> {
    fn default() -> Self {
        Self { triples: Default::default(), randoms: Queue::default(), masks: Vec::new() }
    }
}

/// Shared values in the order they were made, each handed out once.
struct Queue<F: Field> {
    first: Shared<F>,
    /// How many values of the first batch are gone.
    at: usize,
    more: VecDeque<Shared<F>>,
    len: usize,
}

impl<F: Field> Default for Queue<F> {
    fn default() -> Self {
        Self { first: Shared::default(), at: 0, more: VecDeque::new(), len: 0 }
    }
}

impl<F: Field> Queue<F> {
    fn add(&mut self, batch: Shared<F>) {
        if self.len == 0 {
            (self.first, self.at) = (batch, 0);
            self.len = self.first.len();
        } else {
            self.len += batch.len();
            self.more.push_back(batch);
        }
    }
    /// The next `n` values; the caller has seen that there are so many.
    fn take(&mut self, n: usize) -> Shared<F> {
        // A whole batch moves: no copy is left behind.
        if self.at == 0 && self.first.len() == n {
            self.len -= n;
            let next = self.more.pop_front().unwrap_or_default();
            return std::mem::replace(&mut self.first, next);
        }
        let mut out = Shared::default();
        while out.len() < n && !(self.first.is_empty() && self.more.is_empty()) {
            let end = (self.at + n - out.len()).min(self.first.len());
            out.extend(self.first.slice(self.at..end));
            self.at = end;
            if end == self.first.len() {
                self.first = self.more.pop_front().unwrap_or_default();
                self.at = 0;
            }
        }
        self.len -= n;
        out
    }
}

impl<F: Field> Memory<F> {
    /// Adds triples.
    pub fn add_triples(&mut self, t: Triples<F>) {
        self.triples.iter_mut().zip([t.a, t.b, t.c]).for_each(|(queue, part)| queue.add(part));
    }
    /// Adds random values.
    pub fn add_randoms(&mut self, r: Shared<F>) {
        self.randoms.add(r);
    }
    /// Adds masks of `owner`.
    pub fn add_masks(&mut self, owner: PartyId, m: Masks<F>) {
        let (shared, clear) = self.masks_of(owner);
        shared.add(m.shared);
        if let Some(more) = m.clear {
            wiped::append(&mut clear.get_or_insert_with(|| Clear(Vec::new())).0, &more.0);
        }
    }
    fn masks_of(&mut self, owner: PartyId) -> &mut (Queue<F>, Option<Clear<F>>) {
        if self.masks.len() <= owner.index() {
            self.masks.resize_with(owner.index() + 1, Default::default);
        }
        &mut self.masks[owner.index()]
    }
}

fn enough(what: &str, have: usize, want: usize) -> Result<()> {
    if have < want {
        return Err(Error::Local(format!(
            "the preprocessing has {have} {what} left, this step needs {want}: generate more first"
        )));
    }
    Ok(())
}

impl<F: Field> Supply<F> for Memory<F> {
    fn triples(&mut self, n: usize) -> Result<Triples<F>> {
        enough("triples", self.triples[0].len, n)?;
        let [a, b, c] = self.triples.each_mut().map(|queue| queue.take(n));
        Ok(Triples { a, b, c })
    }
    fn masks(&mut self, owner: PartyId, n: usize) -> Result<Masks<F>> {
        let (shared, clear) = self.masks_of(owner);
        enough("input masks", shared.len, n)?;
        let clear = clear.as_mut().map(|c| Clear(c.0.drain(..n).collect()));
        Ok(Masks { shared: shared.take(n), clear })
    }
    fn randoms(&mut self, n: usize) -> Result<Shared<F>> {
        enough("random values", self.randoms.len, n)?;
        Ok(self.randoms.take(n))
    }
}

#[cfg(test)]
mod tests {
    use field::{F31, Field};

    use super::*;

    #[test]
    fn masks_go_to_their_owner_and_others_have_none() {
        let mut supply = Memory::<F31>::default();
        let shared = Shared::from_parts(vec![F31::ONE], vec![F31::ONE]);
        supply.add_masks(PartyId::new(2), Masks { shared, clear: None });
        for stranger in [0, 1, 3, 9].map(PartyId::new) {
            assert!(supply.masks(stranger, 1).is_err());
        }
        assert!(supply.masks(PartyId::new(2), 1).is_ok_and(|m| m.shared.len() == 1));
        assert!(supply.masks(PartyId::new(2), 1).is_err(), "each is handed out once");
    }
}

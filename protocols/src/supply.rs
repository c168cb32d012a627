//! Preprocessing is data: triples, random values and input masks that a protocol, a ledger or a test dealer made earlier.

use field::Field;
use transport::PartyId;
use zeroize::ZeroizeOnDrop;

use crate::{Error, Result, Shared};

/// Multiplication triples `([[a]], [[b]], [[a·b]])` of random `a`, `b`. Used once: moved into the multiplication.
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

/// The plain values of a mask.
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

/// Preprocessing held in memory.
pub struct Memory<F: Field> {
    triples: Triples<F>,
    randoms: Shared<F>,
    masks: Vec<(Shared<F>, Option<Clear<F>>)>,
}

impl<F: Field> Memory<F> {
    /// Nothing yet, for `n` parties.
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self {
            triples: Triples::default(),
            randoms: Shared::default(),
            masks: (0..n).map(|_| (Shared::default(), None)).collect(),
        }
    }
    /// Adds triples.
    pub fn add_triples(&mut self, t: Triples<F>) {
        self.triples.a.extend(t.a);
        self.triples.b.extend(t.b);
        self.triples.c.extend(t.c);
    }
    /// Adds random values.
    pub fn add_randoms(&mut self, r: Shared<F>) {
        self.randoms.extend(r);
    }
    /// Adds masks of `owner`.
    pub fn add_masks(&mut self, owner: PartyId, m: Masks<F>) {
        let (shared, clear) = &mut self.masks[owner.index()];
        shared.extend(m.shared);
        if let Some(more) = m.clear {
            clear.get_or_insert_with(|| Clear(Vec::new())).0.extend_from_slice(&more.0);
        }
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
        enough("triples", self.triples.len(), n)?;
        let t = &mut self.triples;
        Ok(Triples { a: t.a.take_front(n), b: t.b.take_front(n), c: t.c.take_front(n) })
    }
    fn masks(&mut self, owner: PartyId, n: usize) -> Result<Masks<F>> {
        let (shared, clear) = &mut self.masks[owner.index()];
        enough("input masks", shared.len(), n)?;
        let clear = clear.as_mut().map(|c| Clear(c.0.drain(..n).collect()));
        Ok(Masks { shared: shared.take_front(n), clear })
    }
    fn randoms(&mut self, n: usize) -> Result<Shared<F>> {
        enough("random values", self.randoms.len(), n)?;
        Ok(self.randoms.take_front(n))
    }
}

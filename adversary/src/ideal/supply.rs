//! Ideal preprocessing: a dealer that hands every party its MAC-key share, triples, masks and random values.

use field::Field;
use protocols::{Clear, MacKey, Masks, Memory, Result, Shared, Tape, Triples};
use transport::{Parties, PartyId, PartySet};

/// What one party gets.
pub struct Dealt<F: Field> {
    /// Its share of the MAC key.
    pub key: MacKey<F>,
    /// Its preprocessing.
    pub supply: Memory<F>,
}

/// How many of each item a run needs.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// Triples.
    pub triples: usize,
    /// Masks of each party, in party order.
    pub masks: Vec<usize>,
    /// Random values.
    pub randoms: usize,
}

/// Who chooses the corrupt parties' shares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CorruptShares {
    /// Drawn like everyone's.
    Uniform,
    /// Zero, the honest shares taking the difference: the functionality lets the coalition choose its shares, and every
    /// choice is the zero choice shifted. Saves coins; compared with [`CorruptShares::Uniform`] in the tests.
    Zero,
}

/// The dealer.
pub struct Dealer<F: Field> {
    n: usize,
    corrupt: PartySet,
    mode: CorruptShares,
    tape: Tape,
    alpha: F,
}

impl<F: Field> Dealer<F> {
    /// Deals one MAC key and everything in `order`.
    pub fn deal(
        parties: &Parties,
        corrupt: PartySet,
        mode: CorruptShares,
        tape: &Tape,
        order: &Order,
    ) -> Result<Vec<Dealt<F>>> {
        let alpha = tape.element()?;
        let dealer = Self { n: parties.n(), corrupt, mode, tape: tape.clone(), alpha };
        let keys = dealer.split(alpha)?;
        let mut dealt: Vec<Dealt<F>> =
            keys.into_iter().map(|k| Dealt { key: MacKey::from_share(k), supply: Memory::new(dealer.n) }).collect();
        for _ in 0..order.triples {
            let (a, b) = (tape.element::<F>()?, tape.element::<F>()?);
            let shares = [dealer.share(a)?, dealer.share(b)?, dealer.share(a * b)?];
            let [mut a, mut b, mut c] = shares.map(Vec::into_iter);
            for d in &mut dealt {
                if let (Some(a), Some(b), Some(c)) = (a.next(), b.next(), c.next()) {
                    d.supply.add_triples(Triples { a, b, c });
                }
            }
        }
        for (owner, count) in order.masks.iter().enumerate() {
            let owner = PartyId::new(owner);
            for _ in 0..*count {
                let r = tape.element::<F>()?;
                for (p, (d, shared)) in dealt.iter_mut().zip(dealer.share(r)?).enumerate() {
                    let clear = (p == owner.index()).then(|| Clear(vec![r]));
                    d.supply.add_masks(owner, Masks { shared, clear });
                }
            }
        }
        for _ in 0..order.randoms {
            let r = tape.element::<F>()?;
            for (d, shared) in dealt.iter_mut().zip(dealer.share(r)?) {
                d.supply.add_randoms(shared);
            }
        }
        Ok(dealt)
    }

    /// `[[x]]`, one share per party.
    fn share(&self, x: F) -> Result<Vec<Shared<F>>> {
        let (values, macs) = (self.split(x)?, self.split(self.alpha * x)?);
        Ok(values.into_iter().zip(macs).map(|(v, m)| Shared::from_parts(vec![v], vec![m])).collect())
    }
    /// Additive shares of `x`: the first honest party's is what is left.
    fn split(&self, x: F) -> Result<Vec<F>> {
        let honest = (0..self.n).find(|p| !self.corrupt.contains(PartyId::new(*p))).unwrap_or(0);
        let mut shares = vec![F::ZERO; self.n];
        let mut rest = x;
        for p in (0..self.n).filter(|p| *p != honest) {
            if self.mode == CorruptShares::Zero && self.corrupt.contains(PartyId::new(p)) {
                continue;
            }
            shares[p] = self.tape.element()?;
            rest -= shares[p];
        }
        shares[honest] = rest;
        Ok(shares)
    }
}

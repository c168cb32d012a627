//! Ideal preprocessing: a dealer that hands every party its MAC-key share, triples, masks and random values.

use std::cell::RefCell;

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

/// Every party's preprocessing, large to move and so in boxes.
pub type Supplies<F> = Vec<Box<Memory<F>>>;

/// How many of each item a run needs.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// Triples.
    pub triples: usize,
    /// Whether every triple has a partner to be sacrificed: `â` and `ĉ = â·b`, handed out as two values before the given
    /// and the random ones.
    pub partners: bool,
    /// Masks of each party, in party order.
    pub masks: Vec<usize>,
    /// Random values.
    pub randoms: usize,
    /// Values shared as given, handed out before the random ones.
    pub given: Vec<u64>,
    /// How the value of a mask is shared.
    pub masked: MaskShares,
}

/// How the value of an input mask is shared.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum MaskShares {
    /// Among all parties.
    #[default]
    Spread,
    /// All of it at its owner, as an authentication protocol leaves it; only the MAC is spread.
    AtOwner,
}

/// What only the dealer and the experimenter know.
#[derive(Clone, Debug)]
pub struct Known<F> {
    /// The MAC key.
    pub alpha: F,
    /// The masks of every party.
    pub masks: Vec<Vec<F>>,
    /// The random values, the given ones first.
    pub randoms: Vec<F>,
}

/// Who chooses the corrupt parties' shares, or the streams of ideal transfers that they know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CorruptShares {
    /// Drawn like everyone's.
    Uniform,
    /// Zero, the honest shares taking the difference: the functionality lets the coalition choose its shares, and every
    /// choice is the zero choice shifted. Saves coins; compared with [`CorruptShares::Uniform`] in the tests.
    Zero,
}

/// The dealer: one MAC key, any number of key objects and supplies under it.
pub struct Dealer<F: Field> {
    n: usize,
    corrupt: PartySet,
    /// Whose share is what is left: the first honest party's.
    rest: usize,
    mode: CorruptShares,
    tape: Tape,
    alpha: F,
    keys: [F; Parties::MAX],
    /// What corrupt parties were dealt, where they did not choose it.
    told: RefCell<Vec<F>>,
}

impl<F: Field> Dealer<F> {
    /// Draws a MAC key and shares it.
    pub fn new(parties: &Parties, corrupt: PartySet, mode: CorruptShares, tape: &Tape) -> Result<Self> {
        let alpha = tape.element()?;
        let keys = [F::ZERO; Parties::MAX];
        let told = RefCell::new(Vec::with_capacity(16)); // small runs are dealt this much
        let n = parties.n();
        let rest = PartySet::all(n).without(corrupt).first().map_or(0, PartyId::index);
        let mut dealer = Self { n, corrupt, rest, mode, tape: tape.clone(), alpha, keys, told };
        dealer.keys = dealer.split(alpha)?;
        Ok(dealer)
    }
    /// Deals one MAC key and everything in `order`.
    pub fn deal(
        parties: &Parties,
        corrupt: PartySet,
        mode: CorruptShares,
        tape: &Tape,
        order: &Order,
    ) -> Result<Vec<Dealt<F>>> {
        let dealer = Self::new(parties, corrupt, mode, tape)?;
        let supplies = dealer.supplies(order)?.0;
        Ok(dealer.keys().into_iter().zip(supplies).map(|(key, supply)| Dealt { key, supply: *supply }).collect())
    }
    /// Every party's share of the key. A second call makes a copy that no shipped type can make.
    #[must_use]
    pub fn keys(&self) -> Vec<MacKey<F>> {
        self.keys[..self.n].iter().map(|k| MacKey::from_share(*k)).collect()
    }
    /// What the coalition knows of everything dealt so far, in the order of dealing: its shares, unless it chose them, and
    /// its masks.
    #[must_use]
    pub fn told(&self) -> Vec<F> {
        self.told.borrow().clone()
    }
    /// Every party's part of everything in `order`, and the secrets in the clear.
    pub fn supplies(&self, order: &Order) -> Result<(Supplies<F>, Known<F>)> {
        let randoms = Vec::with_capacity(order.given.len() + order.randoms);
        let mut known = Known { alpha: self.alpha, masks: vec![Vec::new(); self.n], randoms };
        let mut supplies: Supplies<F> = (0..self.n).map(|_| Box::default()).collect();
        for _ in 0..order.triples {
            let (a, b) = (self.tape.element::<F>()?, self.tape.element::<F>()?);
            let shares = [self.share(a)?, self.share(b)?, self.share(a * b)?];
            for (p, supply) in supplies.iter_mut().enumerate() {
                let [a, b, c] = shares.each_ref().map(|s| s.of(p));
                supply.add_triples(Triples { a, b, c });
            }
            if order.partners {
                let other = self.tape.element::<F>()?;
                for shares in [self.share(other)?, self.share(other * b)?] {
                    supplies.iter_mut().enumerate().for_each(|(p, supply)| supply.add_randoms(shares.of(p)));
                }
            }
        }
        for (owner, count) in order.masks.iter().enumerate() {
            let owner = PartyId::new(owner);
            for _ in 0..*count {
                let r = self.tape.element::<F>()?;
                known.masks[owner.index()].push(r);
                if self.corrupt.contains(owner) {
                    self.told.borrow_mut().push(r);
                }
                let shares = match order.masked {
                    MaskShares::Spread => self.share(r)?,
                    MaskShares::AtOwner => self.held(owner, r)?,
                };
                for (p, supply) in supplies.iter_mut().enumerate() {
                    let clear = (p == owner.index()).then(|| Clear(vec![r]));
                    supply.add_masks(owner, Masks { shared: shares.of(p), clear });
                }
            }
        }
        for k in 0..order.given.len() + order.randoms {
            let r = order.given.get(k).map_or_else(|| self.tape.element::<F>(), |v| Ok(F::from_u64(*v)))?;
            known.randoms.push(r);
            let shares = self.share(r)?;
            supplies.iter_mut().enumerate().for_each(|(p, supply)| supply.add_randoms(shares.of(p)));
        }
        Ok((supplies, known))
    }

    /// `[[values]]`, one share per party.
    pub fn given(&self, values: &[F]) -> Result<Vec<Shared<F>>> {
        let mut all: Vec<Shared<F>> = (0..self.n).map(|_| Shared::default()).collect();
        for x in values {
            let shares = self.share(*x)?;
            all.iter_mut().enumerate().for_each(|(p, all)| all.extend(shares.of(p)));
        }
        Ok(all)
    }
    /// `[[x]]`.
    fn share(&self, x: F) -> Result<Shares<F>> {
        Ok(Shares { values: self.split(x)?, macs: self.split(self.alpha * x)? })
    }
    /// `[[x]]` with all of the value at `owner`.
    fn held(&self, owner: PartyId, x: F) -> Result<Shares<F>> {
        let mut values = [F::ZERO; Parties::MAX];
        values[owner.index()] = x;
        Ok(Shares { values, macs: self.split(self.alpha * x)? })
    }
    /// Additive shares of `x`.
    fn split(&self, x: F) -> Result<[F; Parties::MAX]> {
        let mut shares = [F::ZERO; Parties::MAX];
        let mut rest = x;
        for p in (0..self.n).filter(|p| *p != self.rest) {
            let corrupt = self.corrupt.contains(PartyId::new(p));
            if corrupt && self.mode == CorruptShares::Zero {
                continue;
            }
            shares[p] = self.tape.element()?;
            rest -= shares[p];
            if corrupt {
                self.told.borrow_mut().push(shares[p]);
            }
        }
        shares[self.rest] = rest;
        Ok(shares)
    }
}

/// All parties' shares of one value.
struct Shares<F> {
    values: [F; Parties::MAX],
    macs: [F; Parties::MAX],
}

impl<F: Field> Shares<F> {
    /// What one party holds.
    fn of(&self, p: usize) -> Shared<F> {
        Shared::from_parts(vec![self.values[p]], vec![self.macs[p]])
    }
}

//! The shipped sacrifice on triples that a coalition has spoiled in every way an oblivious-transfer protocol lets it:
//! errors that may depend on the common factor, which the coalition does not know.

use field::Field;
use protocols::{MacKey, Partners, Result, Session, Shared, Tape, Triples, sacrifice};
use transport::sim::Adversary;

use crate::ideal::supply::{CorruptShares, Dealer};
use crate::programs::Hand;
use crate::run::{Ending, World, classify};

/// Errors of a triple and its partner: `c = a·b + δ·b + ε` and `ĉ = â·b + δ̂·b + ε̂`.
#[derive(Clone, Copy, Debug)]
pub struct Lie<F> {
    /// (δ, ε).
    pub triple: (F, F),
    /// (δ̂, ε̂).
    pub partner: (F, F),
}

impl<F: Field> Lie<F> {
    /// A constant error of one in the triple, none in its partner.
    #[must_use]
    pub fn plain() -> Self {
        Self { triple: (F::ZERO, F::ONE), partner: (F::ZERO, F::ZERO) }
    }
    /// The same constant error in both: the equation holds if the challenge is one.
    #[must_use]
    pub fn equal() -> Self {
        Self { triple: (F::ZERO, F::ONE), partner: (F::ZERO, F::ONE) }
    }
    /// The triple's error is the common factor: it may be right by chance, and passing then tells that factor.
    #[must_use]
    pub fn selective() -> Self {
        Self { triple: (F::ONE, F::ZERO), partner: (F::ZERO, F::ZERO) }
    }
    /// Every lie over a tiny field but the empty one.
    pub fn all() -> impl Iterator<Item = Self> {
        let p = F::SMALL_ORDER.unwrap_or(2);
        (1..p.pow(4)).map(move |code| {
            let digit = |k: u32| F::from_u64(code / p.pow(k) % p);
            Self { triple: (digit(0), digit(1)), partner: (digit(2), digit(3)) }
        })
    }
}

/// A spoiled batch on its way into the sacrifice.
pub struct Batch<F: Field> {
    hand: Hand<(MacKey<F>, Triples<F>, Partners<F>)>,
    /// The common factors, which nobody knows.
    b: Vec<F>,
    lies: Vec<Lie<F>>,
}

impl<F: Field> Batch<F> {
    /// Deals one triple per lie. The factors `a` and `â` are fixed, they play no part.
    pub fn deal(world: &World, mode: CorruptShares, tape: &Tape, lies: &[Lie<F>]) -> Result<Self> {
        let dealer = Dealer::<F>::new(&world.parties, world.corrupt, mode, tape)?;
        let b = tape.elements::<F>(lies.len())?;
        let per_triple =
            |f: &dyn Fn(&Lie<F>, F) -> F| -> Vec<F> { lies.iter().zip(&b).map(|(l, b)| f(l, *b)).collect() };
        let (a, other) = (vec![F::ONE; b.len()], vec![F::ZERO; b.len()]);
        let c = per_triple(&|l, b| b + l.triple.0 * b + l.triple.1);
        let partner_c = per_triple(&|l, b| l.partner.0 * b + l.partner.1);
        let [mut a, mut b_shares, mut c, mut other, mut partner_c] =
            [dealer.given(&a)?, dealer.given(&b)?, dealer.given(&c)?, dealer.given(&other)?, dealer.given(&partner_c)?];
        let mut hands = Vec::new();
        for (p, key) in dealer.keys().into_iter().enumerate() {
            let take = |v: &mut Vec<Shared<F>>| std::mem::take(&mut v[p]);
            let triples = Triples { a: take(&mut a), b: take(&mut b_shares), c: take(&mut c) };
            hands.push((key, triples, Partners { a: take(&mut other), c: take(&mut partner_c) }));
        }
        Ok(Self { hand: Hand::new(hands), b, lies: lies.to_vec() })
    }
    /// Whether some triple is wrong.
    #[must_use]
    pub fn wrong(&self) -> bool {
        self.lies.iter().zip(&self.b).any(|(l, b)| l.triple.0 * *b + l.triple.1 != F::ZERO)
    }
    /// The errors of `ω` under this challenge.
    #[must_use]
    pub fn residue(&self, challenge: F) -> Vec<F> {
        let of = |l: &Lie<F>, b: F| challenge * (l.triple.0 * b + l.triple.1) - (l.partner.0 * b + l.partner.1);
        self.lies.iter().zip(&self.b).map(|(l, b)| of(l, *b)).collect()
    }
    /// Sacrifices: every party's ending.
    pub fn run(&self, world: &World, tape: &Tape, adversary: &mut dyn Adversary) -> Vec<Ending<()>> {
        let run = world.run(tape, adversary, async |mut s: Session| -> Result<()> {
            let (mut key, triples, partners) = self.hand.take(s.me())?;
            sacrifice(&mut s, &mut key, triples, partners).await.map(drop)
        });
        classify(run.ends)
    }
}

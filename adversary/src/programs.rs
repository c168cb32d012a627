//! Small complete computations that attacks, sweeps and enumerations run: dealt preprocessing, the shipped protocol text,
//! and what the ideal functionality would have given.

use std::cell::RefCell;

use field::{Field, PrimeField};
use protocols::{
    Error, ForMeasurement, MacKey, Memory, Online, Result, Session, Shared, Tape, product_for_measurement,
};
use transport::sim::{Adversary, Run};
use transport::{PartyId, PartySet};

use crate::ideal::supply::{CorruptShares, Dealer, Known, Order};
use crate::oracle::{Judgement, judge};
use crate::run::{Ending, World, classify};

/// One value per party that its program takes when it starts.
pub struct Hand<T>(RefCell<Vec<Option<T>>>);

impl<T> Hand<T> {
    /// From values in party order.
    #[must_use]
    pub fn new(values: impl IntoIterator<Item = T>) -> Self {
        Self(RefCell::new(values.into_iter().map(Some).collect()))
    }
    /// This party's value, once.
    pub fn take(&self, me: PartyId) -> Result<T> {
        let taken = self.0.borrow_mut().get_mut(me.index()).and_then(Option::take);
        taken.ok_or_else(|| Error::Local("dealt twice".into()))
    }
    /// Puts a value back.
    pub fn give(&self, me: PartyId, value: T) {
        self.0.borrow_mut()[me.index()] = Some(value);
    }
}

/// What the dealer made for one run.
pub struct Dealing<F: Field> {
    /// The parties' parts.
    pub hand: Hand<(MacKey<F>, Box<Memory<F>>)>,
    /// The secrets.
    pub known: Known<F>,
}

/// Deals for a run of `world`.
pub fn deal<F: Field>(world: &World, mode: CorruptShares, tape: &Tape, order: &Order) -> Result<Dealing<F>> {
    let dealer = Dealer::<F>::new(&world.parties, world.corrupt, mode, tape)?;
    let (supplies, known) = dealer.supplies(order)?;
    Ok(Dealing { hand: Hand::new(dealer.keys().into_iter().zip(supplies)), known })
}

/// Two shared values, multiplied and shown to all.
pub async fn multiply<F: Field>(s: &mut Session, key: &mut MacKey<F>, supply: &mut Memory<F>) -> Result<F> {
    let mut online = Online::new(s, key, supply);
    let (x, y) = (online.random(1)?, online.random(1)?);
    let z = online.mul(&x, &y).await?;
    Ok(online.output(&z).await?[0])
}

/// Two shared values multiplied, the product multiplied by the second, shown to all.
pub async fn chain<F: Field>(s: &mut Session, key: &mut MacKey<F>, supply: &mut Memory<F>) -> Result<F> {
    let mut online = Online::new(s, key, supply);
    let (x, y) = (online.random(1)?, online.random(1)?);
    let z = online.mul(&x, &y).await?;
    let z = online.mul(&z, &y).await?;
    Ok(online.output(&z).await?[0])
}

/// Two shared values multiplied and shown to all, and then once more: two checks of as many openings.
pub async fn twice<F: Field>(s: &mut Session, key: &mut MacKey<F>, supply: &mut Memory<F>) -> Result<[F; 2]> {
    let mut online = Online::new(s, key, supply);
    let (x, y) = (online.random(1)?, online.random(1)?);
    let z = online.mul(&x, &y).await?;
    let first = online.output(&z).await?[0];
    let z = online.mul(&x, &y).await?;
    Ok([first, online.output(&z).await?[0]])
}

/// One shared value, shown to all.
pub async fn show<F: Field>(s: &mut Session, key: &mut MacKey<F>, supply: &mut Memory<F>) -> Result<F> {
    let mut online = Online::new(s, key, supply);
    let x = online.random(1)?;
    Ok(online.output(&x).await?[0])
}

/// One shared value, shown to `to` only; everyone else returns zero.
pub async fn show_to<F: Field>(s: &mut Session, key: &mut MacKey<F>, supply: &mut Memory<F>, to: PartyId) -> Result<F> {
    let mut online = Online::new(s, key, supply);
    let x = online.random(1)?;
    Ok(online.output_to(to, &x).await?.map_or(F::ZERO, |v| v[0]))
}

/// One value of each of the first `owners` parties, shared; `mine` is this party's.
pub async fn inputs<F: Field>(online: &mut Online<'_, F>, owners: usize, mine: &[F]) -> Result<Vec<Shared<F>>> {
    let me = online.me();
    let mut shared = Vec::with_capacity(owners);
    for owner in (0..owners).map(PartyId::new) {
        shared.push(online.input(owner, (owner == me).then_some(mine), 1).await?);
    }
    Ok(shared)
}

/// Everyone's input: the first two multiplied, the others added, shown to all.
pub async fn product<F: Field>(s: &mut Session, key: &mut MacKey<F>, supply: &mut Memory<F>, mine: F) -> Result<F> {
    let n = s.n();
    let mut online = Online::new(s, key, supply);
    let shared = inputs(&mut online, n, &[mine]).await?;
    let mut z = online.mul(&shared[0], &shared[1]).await?;
    for x in &shared[2..] {
        z = &z + x;
    }
    Ok(online.output(&z).await?[0])
}

/// The inputs of the first two parties, added and shown to all.
pub async fn sum<F: Field>(s: &mut Session, key: &mut MacKey<F>, supply: &mut Memory<F>, mine: &[F]) -> Result<F> {
    let mut online = Online::new(s, key, supply);
    let shared = inputs(&mut online, 2, mine).await?;
    Ok(online.output(&(&shared[0] + &shared[1])).await?[0])
}

/// The values `mine` of the first two parties, multiplied with a raw product and shown to all. Nothing is checked.
pub async fn transferred<F: PrimeField, O: ForMeasurement>(s: &mut Session, mine: &[F]) -> Result<F> {
    let me = s.me().index();
    let [a, b, c] = product_for_measurement::<F, O>(s).await?;
    let of = |owner: usize| if me == owner { mine[0] } else { F::ZERO };
    let opened = s.exchange("factors", &[of(0) - a, of(1) - b]).await?;
    let [d, e] = [0, 1].map(|k| opened.values().fold(F::ZERO, |sum, shares| sum + shares[k]));
    let public = if me == 0 { d * e } else { F::ZERO };
    let shares = s.exchange("product", &[c + d * b + e * a + public]).await?;
    Ok(shares.values().fold(F::ZERO, |sum, share| sum + share[0]))
}

/// Runs `program` with dealt preprocessing at every party.
pub fn run<'a, F: Field, T: 'a>(
    world: &World,
    tape: &Tape,
    adversary: &mut dyn Adversary,
    dealing: &'a Dealing<F>,
    program: impl AsyncFn(&mut Session, &mut MacKey<F>, &mut Memory<F>) -> Result<T> + Copy + 'a,
) -> Run<Result<T>> {
    world.run(tape, adversary, |mut s| async move {
        let (mut key, mut supply) = dealing.hand.take(s.me())?;
        program(&mut s, &mut key, &mut supply).await
    })
}

/// `x·y` of shared values 6 and 11, attacked and judged.
pub fn judged_multiplication<F: Field>(world: &World, tape: &Tape, adversary: &mut dyn Adversary) -> Judgement {
    let order = Order { triples: 1, given: vec![6, 11], ..Order::default() };
    let dealing = match deal::<F>(world, CorruptShares::Uniform, tape, &order) {
        Ok(d) => d,
        Err(e) => return broken(&e),
    };
    let run = run(world, tape, adversary, &dealing, multiply::<F>);
    let truth = dealing.known.randoms[0] * dealing.known.randoms[1];
    judge(&classify(run.ends), world.corrupt, |_, z| *z == truth, true)
}

/// An experiment that could not be set up: shown as an error of our own.
#[must_use]
pub fn broken(e: &Error) -> Judgement {
    judge::<()>(&[Ending::Broken(e.clone())], PartySet::EMPTY, |_, _| false, true)
}

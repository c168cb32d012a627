//! The online phase in parts, each on dealt preprocessing.

use field::Field;
use protocols::claims::ONLINE;
use protocols::{Online, Result, Session};
use spec::Claim;
use transport::{PartyId, PerParty};

use super::missing;
use crate::ideal::supply::{Dealt, MaskShares, Order};
use crate::programs;
use crate::subject::{Given, Subject};

/// The same outputs for everyone.
fn to_all<F: Field>(n: usize, outputs: &[F]) -> PerParty<Vec<F>> {
    PerParty::from_fn(n, |_| outputs.to_vec())
}

/// Two shared values, multiplied and shown to all.
pub struct Multiply;
impl Subject for Multiply {
    fn claim(&self) -> &'static Claim {
        &Claim { protocol: "online.multiply", ..ONLINE }
    }
    fn about(&self) -> &'static str {
        "the product of two shared values, shown to all"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        vec![0; n]
    }
    fn shared(&self) -> usize {
        2
    }
    fn preprocessing(&self, _: usize) -> Option<Order> {
        Some(Order { triples: 1, ..Order::default() })
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        to_all(given.parties.len(), &[given.shared[0] * given.shared[1]])
    }
    async fn party<F: Field>(&self, mut s: Session, _: Vec<F>, dealt: Option<Dealt<F>>) -> Result<Vec<F>> {
        let Dealt { mut key, mut supply } = dealt.ok_or_else(missing)?;
        Ok(vec![programs::multiply(&mut s, &mut key, &mut supply).await?])
    }
}

/// Two shared values, multiplied; the product is kept.
pub struct Multiplied;
impl Subject for Multiplied {
    fn claim(&self) -> &'static Claim {
        &Claim { protocol: "online.beaver", ..ONLINE }
    }
    fn about(&self) -> &'static str {
        "two shared values are multiplied; nobody learns anything"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        vec![0; n]
    }
    fn shared(&self) -> usize {
        2
    }
    fn preprocessing(&self, _: usize) -> Option<Order> {
        Some(Order { triples: 1, ..Order::default() })
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        to_all(given.parties.len(), &[])
    }
    async fn party<F: Field>(&self, mut s: Session, _: Vec<F>, dealt: Option<Dealt<F>>) -> Result<Vec<F>> {
        let Dealt { mut key, mut supply } = dealt.ok_or_else(missing)?;
        let mut online = Online::new(&mut s, &mut key, &mut supply);
        let (x, y) = (online.random(1)?, online.random(1)?);
        online.mul(&x, &y).await?;
        Ok(Vec::new())
    }
}

/// Everyone's input, the first two multiplied, the others added, shown to all.
pub struct Product;
impl Subject for Product {
    fn claim(&self) -> &'static Claim {
        &Claim { protocol: "online.product", ..ONLINE }
    }
    fn about(&self) -> &'static str {
        "the inputs of the first two parties multiplied, the others' added, shown to all"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        vec![1; n]
    }
    fn preprocessing(&self, n: usize) -> Option<Order> {
        Some(Order { triples: 1, masks: vec![1; n], masked: MaskShares::AtOwner, ..Order::default() })
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        let x = |p: usize| given.parties[p][0];
        let product = (2..given.parties.len()).fold(x(0) * x(1), |z, p| z + x(p));
        to_all(given.parties.len(), &[product])
    }
    async fn party<F: Field>(&self, mut s: Session, mine: Vec<F>, dealt: Option<Dealt<F>>) -> Result<Vec<F>> {
        let Dealt { mut key, mut supply } = dealt.ok_or_else(missing)?;
        Ok(vec![programs::product(&mut s, &mut key, &mut supply, mine[0]).await?])
    }
}

/// The inputs of the first two parties, added and shown to all: with three parties the smallest computation whose
/// opening could show how a value was shared.
pub struct Sum;
impl Subject for Sum {
    fn claim(&self) -> &'static Claim {
        &Claim { protocol: "online.sum", ..ONLINE }
    }
    fn about(&self) -> &'static str {
        "the sum of the first two parties' inputs, shown to all"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        (0..n).map(|p| usize::from(p < 2)).collect()
    }
    fn preprocessing(&self, n: usize) -> Option<Order> {
        Some(Order { masks: self.inputs(n), masked: MaskShares::AtOwner, ..Order::default() })
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        let sum = given.parties[0][0] + given.parties[1][0];
        to_all(given.parties.len(), &[sum])
    }
    async fn party<F: Field>(&self, mut s: Session, mine: Vec<F>, dealt: Option<Dealt<F>>) -> Result<Vec<F>> {
        let Dealt { mut key, mut supply } = dealt.ok_or_else(missing)?;
        Ok(vec![programs::sum(&mut s, &mut key, &mut supply, &mine).await?])
    }
}

/// Everyone's input, shared and kept.
pub struct Store;
impl Subject for Store {
    fn claim(&self) -> &'static Claim {
        &Claim { protocol: "online.input", ..ONLINE }
    }
    fn about(&self) -> &'static str {
        "everyone's input is shared; nobody learns anything"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        vec![1; n]
    }
    fn preprocessing(&self, n: usize) -> Option<Order> {
        Some(Order { masks: vec![1; n], masked: MaskShares::AtOwner, ..Order::default() })
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        to_all(given.parties.len(), &[])
    }
    async fn party<F: Field>(&self, mut s: Session, mine: Vec<F>, dealt: Option<Dealt<F>>) -> Result<Vec<F>> {
        let (n, Dealt { mut key, mut supply }) = (s.n(), dealt.ok_or_else(missing)?);
        let mut online = Online::new(&mut s, &mut key, &mut supply);
        programs::inputs(&mut online, n, &mine).await?;
        Ok(Vec::new())
    }
}

/// One shared value, shown to all.
pub struct Show;
impl Subject for Show {
    fn claim(&self) -> &'static Claim {
        &Claim { protocol: "online.output", ..ONLINE }
    }
    fn about(&self) -> &'static str {
        "a shared value, shown to all"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        vec![0; n]
    }
    fn shared(&self) -> usize {
        1
    }
    fn preprocessing(&self, _: usize) -> Option<Order> {
        Some(Order::default())
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        to_all(given.parties.len(), &given.shared)
    }
    async fn party<F: Field>(&self, mut s: Session, _: Vec<F>, dealt: Option<Dealt<F>>) -> Result<Vec<F>> {
        let Dealt { mut key, mut supply } = dealt.ok_or_else(missing)?;
        Ok(vec![programs::show(&mut s, &mut key, &mut supply).await?])
    }
}

/// One shared value, shown to the first party only.
pub struct ShowTo;
impl Subject for ShowTo {
    fn claim(&self) -> &'static Claim {
        &Claim { protocol: "online.output_to", ..ONLINE }
    }
    fn about(&self) -> &'static str {
        "a shared value, shown to the first party only"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        vec![0; n]
    }
    fn shared(&self) -> usize {
        1
    }
    fn preprocessing(&self, n: usize) -> Option<Order> {
        let masks = (0..n).map(|p| usize::from(p == 0)).collect();
        Some(Order { masks, masked: MaskShares::AtOwner, ..Order::default() })
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        PerParty::from_fn(given.parties.len(), |p| if p.index() == 0 { given.shared.clone() } else { Vec::new() })
    }
    async fn party<F: Field>(&self, mut s: Session, _: Vec<F>, dealt: Option<Dealt<F>>) -> Result<Vec<F>> {
        let Dealt { mut key, mut supply } = dealt.ok_or_else(missing)?;
        let mut online = Online::new(&mut s, &mut key, &mut supply);
        let x = online.random(1)?;
        Ok(online.output_to(PartyId::new(0), &x).await?.unwrap_or_default())
    }
}

//! Preprocessing in parts.

use field::Field;
use protocols::claims::PREPROCESSING;
use protocols::{Memory, Online, Partners, Result, Session, Supply, sacrifice};
use spec::Claim;
use transport::PerParty;

use super::missing;
use crate::ideal::supply::{Dealt, Order};
use crate::subject::{Given, Subject};

/// A triple is sacrificed and then used for two shared values: what the sacrifice shows must not tell its factors.
pub struct Sacrificed;
impl Subject for Sacrificed {
    fn claim(&self) -> &'static Claim {
        &Claim { protocol: "triple.sacrifice", ..PREPROCESSING }
    }
    fn about(&self) -> &'static str {
        "a triple is sacrificed and then multiplies two shared values; nobody learns anything"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        vec![0; n]
    }
    fn shared(&self) -> usize {
        2
    }
    fn preprocessing(&self, _: usize) -> Option<Order> {
        Some(Order { triples: 1, partners: true, ..Order::default() })
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        PerParty::from_fn(given.parties.len(), |_| Vec::new())
    }
    async fn party<F: Field>(&self, mut s: Session, _: Vec<F>, dealt: Option<Dealt<F>>) -> Result<Vec<F>> {
        let Dealt { mut key, mut supply } = dealt.ok_or_else(missing)?;
        let partners = Partners { a: supply.randoms(1)?, c: supply.randoms(1)? };
        let triples = sacrifice(&mut s, &mut key, supply.triples(1)?, partners).await?;
        let mut checked = Memory::default();
        checked.add_triples(triples);
        let (x, y) = (supply.randoms(1)?, supply.randoms(1)?);
        Online::new(&mut s, &mut key, &mut checked).mul(&x, &y).await?;
        Ok(Vec::new())
    }
}

//! [`Spdz`]: a function as a multi-party protocol, secure against malicious parties under a dishonest majority.

use field::PrimeField;
use num_bigint::BigInt;
use protocols::{Online, Shared};
use thiserror::Error;
use transport::PartyId;

use crate::engine::Arithmetic;
use crate::form::{Capacity, Refusal};
use crate::number::{decode, encode};

/// Why a function ended without a result.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SpdzError {
    /// The function was refused before anything was sent for it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The protocol ended.
    #[error(transparent)]
    Protocol(#[from] protocols::Error),
}

/// Computes on authenticated shares; see [`protocols::Online`].
pub struct Spdz<'a, F: PrimeField> {
    online: Online<'a, F>,
    capacity: Capacity,
}

impl<'a, F: PrimeField> Spdz<'a, F> {
    /// Runs functions on this online phase.
    #[must_use]
    pub fn new(online: Online<'a, F>) -> Self {
        Self { online, capacity: Capacity::of::<F>() }
    }
}

fn encode_all<F: PrimeField>(values: &[i128]) -> Vec<F> {
    values.iter().map(|v| encode(*v)).collect()
}

impl<F: PrimeField> Arithmetic for Spdz<'_, F> {
    type V = Shared<F>;
    type Error = SpdzError;

    fn capacity(&self) -> &Capacity {
        &self.capacity
    }
    fn needs_values_of(&self, owner: PartyId) -> bool {
        owner == self.online.me()
    }
    async fn share(&mut self, owner: PartyId, values: Option<&[i128]>, len: usize) -> Result<Shared<F>, SpdzError> {
        let values = values.map(|v| zeroize::Zeroizing::new(encode_all::<F>(v)));
        Ok(self.online.input(owner, values.as_ref().map(|v| v.as_slice()), len).await?)
    }
    fn embed(&mut self, values: &[i128]) -> Shared<F> {
        self.online.constant(&encode_all(values))
    }
    fn plus(&mut self, x: &Shared<F>, y: &Shared<F>) -> Shared<F> {
        x + y
    }
    fn minus(&mut self, x: &Shared<F>, y: &Shared<F>) -> Shared<F> {
        x - y
    }
    fn times_public(&mut self, x: &Shared<F>, factors: &[i128]) -> Shared<F> {
        match factors {
            [one] => x.scale(encode(*one)),
            many => x.scale_each(&encode_all(many)),
        }
    }
    fn total(&mut self, x: &Shared<F>) -> Shared<F> {
        x.sum()
    }
    fn pick(&mut self, x: &Shared<F>, places: &[usize]) -> Shared<F> {
        x.gather(places)
    }
    fn join(&mut self, xs: &[&Shared<F>]) -> Shared<F> {
        Shared::concat(xs)
    }
    async fn products(&mut self, x: &Shared<F>, y: &Shared<F>) -> Result<Shared<F>, SpdzError> {
        Ok(self.online.mul(x, y).await?)
    }
    async fn squares(&mut self, x: &Shared<F>) -> Result<Shared<F>, SpdzError> {
        Ok(self.online.square(x).await?)
    }
    async fn inner_products(&mut self, pairs: &[(&Shared<F>, &Shared<F>)]) -> Result<Shared<F>, SpdzError> {
        Ok(self.online.inner_products(pairs).await?)
    }
    async fn reveal_to_all(&mut self, x: &Shared<F>) -> Result<Vec<BigInt>, SpdzError> {
        Ok(self.online.output(x).await?.into_iter().map(decode).collect())
    }
    async fn reveal_to(&mut self, to: PartyId, x: &Shared<F>) -> Result<Option<Vec<BigInt>>, SpdzError> {
        Ok(self.online.output_to(to, x).await?.map(|v| v.into_iter().map(decode).collect()))
    }
}

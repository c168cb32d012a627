//! [`Plain`]: everything in the clear, on the same field elements as the protocols.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use field::PrimeField;
use num_bigint::BigInt;
use transport::PartyId;

use crate::engine::Arithmetic;
use crate::form::{Capacity, Refusal};
use crate::number::{decode, encode};

/// Computes in the clear over `F`. It needs every party's values and shows every output: for tests, estimates on
/// synthetic data and comparison, never between parties.
#[derive(Clone, Debug)]
pub struct Plain<F> {
    capacity: Capacity,
    field: std::marker::PhantomData<F>,
}

impl<F: PrimeField> Plain<F> {
    /// An engine over `F`.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(Capacity::of::<F>())
    }
    /// An engine that refuses what does not fit `capacity`.
    #[must_use]
    pub fn with_capacity(capacity: Capacity) -> Self {
        Self { capacity, field: std::marker::PhantomData }
    }
}

impl<F: PrimeField> Default for Plain<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: PrimeField> Arithmetic for Plain<F> {
    type V = Vec<F>;
    type Error = Refusal;

    fn capacity(&self) -> &Capacity {
        &self.capacity
    }
    fn needs_values_of(&self, _: PartyId) -> bool {
        true
    }
    async fn share(&mut self, _: PartyId, values: Option<&[i128]>, _: usize) -> Result<Vec<F>, Refusal> {
        Ok(self.embed(values.unwrap_or_default()))
    }
    fn embed(&mut self, values: &[i128]) -> Vec<F> {
        values.iter().map(|v| encode(*v)).collect()
    }
    fn plus(&mut self, x: &Vec<F>, y: &Vec<F>) -> Vec<F> {
        x.iter().zip(y).map(|(a, b)| *a + *b).collect()
    }
    fn minus(&mut self, x: &Vec<F>, y: &Vec<F>) -> Vec<F> {
        x.iter().zip(y).map(|(a, b)| *a - *b).collect()
    }
    fn times_public(&mut self, x: &Vec<F>, factors: &[i128]) -> Vec<F> {
        let factors: Vec<F> = self.embed(factors);
        x.iter().zip(factors.iter().cycle()).map(|(a, c)| *a * *c).collect()
    }
    fn total(&mut self, x: &Vec<F>) -> Vec<F> {
        vec![x.iter().fold(F::ZERO, |sum, a| sum + *a)]
    }
    fn pick(&mut self, x: &Vec<F>, places: &[usize]) -> Vec<F> {
        places.iter().map(|i| x[*i]).collect()
    }
    fn join(&mut self, xs: &[&Vec<F>]) -> Vec<F> {
        xs.iter().flat_map(|x| x.iter().copied()).collect()
    }
    async fn products(&mut self, x: &Vec<F>, y: &Vec<F>) -> Result<Vec<F>, Refusal> {
        Ok(x.iter().zip(y).map(|(a, b)| *a * *b).collect())
    }
    async fn squares(&mut self, x: &Vec<F>) -> Result<Vec<F>, Refusal> {
        Ok(x.iter().map(|a| *a * *a).collect())
    }
    async fn inner_products(&mut self, pairs: &[(&Vec<F>, &Vec<F>)]) -> Result<Vec<F>, Refusal> {
        Ok(pairs.iter().map(|(x, y)| F::dot(x, y)).collect())
    }
    async fn reveal_to_all(&mut self, x: &Vec<F>) -> Result<Vec<BigInt>, Refusal> {
        Ok(x.iter().map(|a| decode(*a)).collect())
    }
    async fn reveal_to(&mut self, _: PartyId, x: &Vec<F>) -> Result<Option<Vec<BigInt>>, Refusal> {
        self.reveal_to_all(x).await.map(Some)
    }
}

/// Runs a function on [`Plain`] or [`Plan`](crate::Plan), which wait for nobody. Panics on a future that does wait.
pub fn immediate<T>(function: impl Future<Output = T>) -> T {
    match pin!(function).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("a function on Plain or Plan waited for another party"),
    }
}

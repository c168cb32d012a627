//! Multiplication with triples (Beaver 1991).

use field::Field;

use super::Online;
use crate::{Result, Shared};

impl<F: Field> Online<'_, F> {
    /// `[[x·y]]`, value by value: one triple and one round for all. Panics if the lengths differ.
    pub async fn mul(&mut self, x: &Shared<F>, y: &Shared<F>) -> Result<Shared<F>> {
        assert_eq!(x.len(), y.len(), "multiplication of vectors of different lengths");
        let n = x.len();
        // Step 4.1: a triple per product.
        let t = self.supply.triples(n)?;
        // Step 4.2: open d = x − a and e = y − b, both in one round.
        let mut masked = x - &t.a;
        masked.extend(y - &t.b);
        let opened = self.open("beaver", &masked).await?;
        let (d, e) = opened.split_at(n);
        // Step 4.3: [[z]] = [[c]] + d·[[b]] + e·[[a]] + d·e.
        let mut z = t.c;
        for k in 0..n {
            z.value[k] += d[k] * t.b.value[k] + e[k] * t.a.value[k];
            z.mac[k] += d[k] * t.b.mac[k] + e[k] * t.a.mac[k];
        }
        let de: Vec<F> = d.iter().zip(e).map(|(d, e)| *d * *e).collect();
        Ok(self.key.add_public(self.s.me(), z, &de))
    }
    /// `[[x²]]`, value by value.
    pub async fn square(&mut self, x: &Shared<F>) -> Result<Shared<F>> {
        self.mul(x, x).await
    }
    /// `[[Σ x_k·y_k]]` as one value.
    pub async fn inner_product(&mut self, x: &Shared<F>, y: &Shared<F>) -> Result<Shared<F>> {
        self.inner_products(&[(x, y)]).await
    }
    /// `[[Σ x_k·y_k]]` of every pair, one value each: all pairs in one round. A triple per product.
    pub async fn inner_products(&mut self, pairs: &[(&Shared<F>, &Shared<F>)]) -> Result<Shared<F>> {
        let (left, right): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
        let mut products = self.mul(&Shared::concat(&left), &Shared::concat(&right)).await?;
        let sums: Vec<Shared<F>> = pairs.iter().map(|(x, _)| products.take_front(x.len()).sum()).collect();
        Ok(Shared::concat(&sums.iter().collect::<Vec<_>>()))
    }
}

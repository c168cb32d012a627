//! Multiplication with triples (Beaver 1991).

use std::ops::Range;

use field::Field;
use zeroize::Zeroizing;

use super::Online;
use crate::{Result, Shared};

/// Products per block: triples are fetched and openings remembered for one block at a time.
const BLOCK: usize = 1 << 16;

impl<F: Field> Online<'_, F> {
    /// `[[x·y]]`, value by value: one triple per product and one round per 2^16 products. Panics if the lengths differ.
    pub async fn mul(&mut self, x: &Shared<F>, y: &Shared<F>) -> Result<Shared<F>> {
        assert_eq!(x.len(), y.len(), "multiplication of vectors of different lengths");
        let mut z = Shared::default();
        for start in (0..x.len()).step_by(BLOCK) {
            let block = self.mul_block(x, y, start..(start + BLOCK).min(x.len())).await;
            z.extend(self.or_wipe(block)?);
        }
        Ok(z)
    }
    async fn mul_block(&mut self, x: &Shared<F>, y: &Shared<F>, block: Range<usize>) -> Result<Shared<F>> {
        let n = block.len();
        self.key.owns(x)?;
        self.key.owns(y)?;
        self.room_for(2 * n).await?;
        let mut s = self.s.step("beaver");
        // Step 4.1: a triple per product. A dead session takes none.
        s.alive()?;
        let t = self.supply.triples(n)?;
        for part in [&t.a, &t.b, &t.c] {
            self.key.owns(part)?;
        }
        // Of two parties each knows the other's share of what is opened anyway.
        let many = s.n() > 2;
        let zeros = if many { s.zero_shares::<F>(2 * n).await? } else { Zeroizing::default() };
        let mut z = t.c;
        z.under = self.key.under();
        // The public d·e is added to the first party's value share and, times α_i, to every MAC share.
        let one = if s.me().index() == 0 { F::ONE } else { F::ZERO };
        let (alpha, opened) = (self.key.share(), &mut self.key.opened);
        let at = |part: &Range<usize>| block.start + part.start..block.start + part.end;
        // Step 4.2: open d = x − a and e = y − b, both in one round.
        let make = |part: Range<usize>| {
            // Room for both at once: before the zero share is added, a copy left behind would tell the share.
            let mut de = Vec::with_capacity(2 * part.len());
            de.extend_from_slice(&x.value[at(&part)]);
            de.extend_from_slice(&y.value[at(&part)]);
            let (d, e) = de.split_at_mut(part.len());
            F::sub_slices(d, &t.a.value[part.clone()]);
            F::sub_slices(e, &t.b.value[part.clone()]);
            if many {
                F::add_slices(&mut de, &zeros[2 * part.start..2 * part.end]);
            }
            de
        };
        s.stream("share", n, 2, make, |part, mut de, theirs| {
            theirs.iter().for_each(|(_, t)| F::add_slices(&mut de, t));
            let (d, e) = de.split_at(part.len());
            // Step 4.3: [[z]] = [[c]] + d·[[b]] + e·[[a]] + d·e.
            let (a, b) = (&t.a, &t.b);
            opened.reserve(2 * part.len());
            F::beaver_combine(&mut z.value[part.clone()], &a.value[part.clone()], &b.value[part.clone()], d, e, one);
            F::beaver_combine(&mut z.mac[part.clone()], &a.mac[part.clone()], &b.mac[part.clone()], d, e, alpha);
            opened.record_differences(d, &x.mac[at(&part)], &t.a.mac[part.clone()]);
            opened.record_differences(e, &y.mac[at(&part)], &t.b.mac[part.clone()]);
        })
        .await?;
        Ok(z)
    }
    /// `[[x²]]`, value by value.
    pub async fn square(&mut self, x: &Shared<F>) -> Result<Shared<F>> {
        self.mul(x, x).await
    }
    /// `[[Σ x_k·y_k]]` as one value.
    pub async fn inner_product(&mut self, x: &Shared<F>, y: &Shared<F>) -> Result<Shared<F>> {
        self.inner_products(&[(x, y)]).await
    }
    /// `[[Σ x_k·y_k]]` of every pair, one value each, all pairs together. A triple per product.
    pub async fn inner_products(&mut self, pairs: &[(&Shared<F>, &Shared<F>)]) -> Result<Shared<F>> {
        let (left, right): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
        let products = self.mul(&Shared::concat(&left), &Shared::concat(&right)).await?;
        let mut sums = Shared::default();
        let mut start = 0;
        for (x, _) in pairs {
            sums.extend(products.slice(start..start + x.len()).sum());
            start += x.len();
        }
        Ok(sums)
    }
}

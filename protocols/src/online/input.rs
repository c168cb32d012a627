//! Input: a party shares its own values.

use field::Field;
use transport::{PartyId, PerParty};

use super::Online;
use crate::{Error, Result, Shared};

/// Values shared in one step: what is broadcast travels in one frame, which has a size limit.
const BLOCK: usize = 1 << 16;

impl<F: Field> Online<'_, F> {
    /// Shares `len` values of `owner`, who gives them as `Some`; everyone else gives `None`.
    pub async fn input(&mut self, owner: PartyId, values: Option<&[F]>, len: usize) -> Result<Shared<F>> {
        let mine = owner == self.me();
        if values.is_some() != mine || values.is_some_and(|v| v.len() != len) {
            return Err(Error::Local(format!(
                "an input of {len} values is given by its owner {owner} and by nobody else"
            )));
        }
        let mut all = Shared::default();
        for start in (0..len).step_by(BLOCK) {
            let block = start..(start + BLOCK).min(len);
            let part = values.map(|v| &v[block.clone()]);
            all.extend(self.input_block(owner, part, block.len()).await?);
        }
        Ok(all)
    }
    async fn input_block(&mut self, owner: PartyId, values: Option<&[F]>, len: usize) -> Result<Shared<F>> {
        let mut s = self.s.step("input");
        // Step 2.1: a random mask that the owner knows.
        let masks = self.supply.masks(owner, len)?;
        self.key.owns(&masks.shared)?;
        let hidden: Vec<F> = match (values, &masks.clear) {
            (Some(x), Some(r)) => x.iter().zip(&r.0).map(|(x, r)| *x - *r).collect(),
            (Some(_), None) => {
                return Err(Error::Local("the preprocessing holds no clear values for my own masks".into()));
            }
            _ => Vec::new(),
        };
        // Step 2.2: the owner broadcasts e = x − r; everybody must have heard the same.
        let lens = PerParty::from_fn(s.n(), |p| if p == owner { len } else { 0 });
        let told = s.broadcast_each("masked_input", &hidden, &lens).await?;
        // Step 2.3: [[x]] = [[r]] + e.
        Ok(self.key.add_public(s.me(), masks.shared, &told[owner]))
    }
}

//! Input: a party shares its own values.

use field::Field;
use transport::{PartyId, PerParty};

use super::Online;
use crate::message::Count;
use crate::{Error, Result, Shared};

/// Values shared in one step: what is broadcast travels in one frame, which has a size limit.
const BLOCK: usize = 1 << 16;
/// Values that an owner sends ahead of the only peer there is: bounds what waits at either end. With more parties the
/// echo of every block does it.
const UNHEARD: usize = 1 << 18;

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
            let len = block.len();
            let block = self.input_block(owner, part, len).await;
            all.extend(self.or_wipe(block)?);
            let heard = self.heard(owner, len).await;
            self.or_wipe(heard)?;
        }
        Ok(all)
    }
    /// Step 2.2, two parties: after so many values the owner waits for a sign that they have arrived.
    async fn heard(&mut self, owner: PartyId, len: usize) -> Result<()> {
        let Some(peer) = self.s.others().next().filter(|_| self.s.n() == 2) else { return Ok(()) };
        let told = &mut self.told[owner.index()];
        *told += len;
        if *told < UNHEARD {
            return Ok(());
        }
        *told = 0;
        let mut s = self.s.step("heard");
        if owner == s.me() {
            s.recv::<Count>(peer, "heard", 0).await.map(drop)
        } else {
            s.send::<Count>(owner, "heard", &[])
        }
    }
    async fn input_block(&mut self, owner: PartyId, values: Option<&[F]>, len: usize) -> Result<Shared<F>> {
        let mut s = self.s.step("input");
        // Step 2.1: a random mask that the owner knows. A dead session takes none.
        s.alive()?;
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

//! Output: the only door to a clear value.

use field::Field;
use transport::PartyId;

use super::Online;
use crate::share::MAC_OUTPUT;
use crate::{Error, Result, Shared};

impl<F: Field> Online<'_, F> {
    /// Shows values to everybody.
    pub async fn output(&mut self, x: &Shared<F>) -> Result<Vec<F>> {
        let shown = self.show(x).await;
        self.or_wipe(shown)
    }
    async fn show(&mut self, x: &Shared<F>) -> Result<Vec<F>> {
        // Step 5.1: nothing leaves before everything opened so far is checked.
        self.check_opened().await?;
        // Step 5.2: open.
        let y = self.open("output", x).await?;
        // Step 5.3: and check what was opened before anyone uses it.
        let opened = std::mem::take(&mut self.key.opened);
        self.key.check(&mut self.s, opened, &MAC_OUTPUT).await?;
        Ok(y)
    }
    /// Shows values to one party only: `Some` at `to`, `None` elsewhere.
    pub async fn output_to(&mut self, to: PartyId, x: &Shared<F>) -> Result<Option<Vec<F>>> {
        // Step 6.1: a mask that only the receiver knows makes the opened value uniform for everyone else. A dead
        // session takes none.
        self.s.alive()?;
        let masks = self.supply.masks(to, x.len())?;
        // Steps 6.2 to 6.4: output x + r; the check before it is as necessary as for a public output.
        let hidden = self.output(&(x + &masks.shared)).await?;
        // Step 6.5: the receiver takes its mask off.
        if to != self.me() {
            return Ok(None);
        }
        let clear = masks.clear.as_ref().ok_or_else(|| Error::Local("no clear values for my own masks".into()))?;
        Ok(Some(hidden.iter().zip(&clear.0).map(|(y, r)| *y - *r).collect()))
    }
}

//! # Online phase: computing on authenticated shares
//! Functionality: F_online with selective abort · Protocol: SPDZ (DPSZ12, DKLPSS13)
//! Spec: `spec/protocols/12-online.md`
//! Level: A3C2 · Needs: triples, masks and a MAC key from preprocessing; coin, commitment, broadcast, zero shares

mod input;
mod mul;
mod output;
#[cfg(test)]
mod tests;

use field::Field;
use transport::PartyId;
use zeroize::Zeroize;

use crate::share::{MAC_CHECK, open};
use crate::{MacKey, Result, Session, Shared, Supply};

/// Openings remembered before a check is made in passing: bounds memory, changes no bound.
const OPENED_LIMIT: usize = 1 << 18;

/// A computation in progress: inputs, multiplications, outputs.
///
/// What multiplications open never leaves the library; the only door to a clear value is [`Online::output`] and
/// [`Online::output_to`], which check the MAC of everything opened before under the key, also by an earlier `Online`,
/// open, and check again.
pub struct Online<'a, F: Field> {
    s: Session,
    key: &'a mut MacKey<F>,
    supply: &'a mut dyn Supply<F>,
    check_every: usize,
    /// With two parties: how many values each has shared since its peer last showed that it keeps up.
    told: [usize; 2],
}

impl<'a, F: Field> Online<'a, F> {
    /// Starts computing in a step of `s`.
    pub fn new(s: &mut Session, key: &'a mut MacKey<F>, supply: &'a mut dyn Supply<F>) -> Self {
        Self { s: s.step("online"), key, supply, check_every: OPENED_LIMIT, told: [0; 2] }
    }
    /// This party.
    #[must_use]
    pub fn me(&self) -> PartyId {
        self.s.me()
    }
    /// `[[x + k]]` for public `k`.
    #[must_use]
    pub fn add_public(&self, x: Shared<F>, k: &[F]) -> Shared<F> {
        self.key.add_public(self.s.me(), x, k)
    }
    /// `[[k]]` of public `k`.
    #[must_use]
    pub fn constant(&self, k: &[F]) -> Shared<F> {
        self.add_public(Shared::from_parts(vec![F::ZERO; k.len()], vec![F::ZERO; k.len()]), k)
    }
    /// `len` random values that nobody knows.
    pub fn random(&mut self, len: usize) -> Result<Shared<F>> {
        // Nothing is sent for them, so nothing else would refuse. A dead session takes none.
        self.s.alive()?;
        self.supply.randoms(len)
    }

    /// The key of a computation serves no session after the one that died in it: what was opened and not checked is in
    /// the key, and the peers may know why it failed.
    fn or_wipe<T>(&mut self, outcome: Result<T>) -> Result<T> {
        if self.s.alive().is_err() {
            self.key.zeroize();
        }
        outcome
    }

    /// Opens values to everybody, unchecked: only for values that are masked or about to be output, and private to this
    /// module. The MACs are remembered for the next check.
    async fn open(&mut self, name: &'static str, x: &Shared<F>) -> Result<Vec<F>> {
        self.room_for(x.len()).await?;
        let sum = open(&mut self.s, self.key, name, x).await?;
        // Step 3.3: remember it for the check. Each party checks the value that it received itself.
        self.key.opened.record(&sum, &x.mac);
        Ok(sum)
    }
    /// Checks in passing when `more` openings would be too many to remember.
    async fn room_for(&mut self, more: usize) -> Result<()> {
        if self.key.opened.len() > 0 && self.key.opened.len() + more > self.check_every {
            self.check_opened().await
        } else {
            Ok(())
        }
    }
    /// Checks the MACs of everything opened so far.
    async fn check_opened(&mut self) -> Result<()> {
        let opened = std::mem::take(&mut self.key.opened);
        self.key.check(&mut self.s, opened, &MAC_CHECK).await
    }
}

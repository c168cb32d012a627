//! Oblivious transfer: one party offers two strings, the other takes one of them, unseen.

use field::{PrimeField, Residue};
use transport::PerParty;
use zeroize::ZeroizeOnDrop;

use crate::prg::Prg;
use crate::{Result, Session};

mod base;
mod columns;
mod extend;
mod ggm;
mod hash;
mod setup;

pub use base::BASE_OT_POINT;
pub use extend::{OT_CONSISTENCY, SoftSpoken};
#[cfg(test)]
pub(crate) use hash::HashKeys;
pub use hash::OtHash;
pub use setup::OT_PPRF;

mod sealed {
    pub trait Sealed {}
}

/// Against whom a sub-protocol is secure, as a fact about its type. Nobody outside this crate can add one.
pub trait Security: sealed::Sealed {}
/// Secure against parties that deviate.
pub enum Active {}
/// Secure against parties that follow the protocol only: does not fit under a malicious protocol.
pub enum Passive {}
impl sealed::Sealed for Active {}
impl sealed::Sealed for Passive {}
impl Security for Active {}
impl Security for Passive {}

/// Seeds obliviously transferred with one peer, in both roles.
#[derive(Default, ZeroizeOnDrop)]
pub struct SeedOts {
    /// As sender: the two seeds of every transfer.
    pub sent: Vec<[[u8; 16]; 2]>,
    /// As receiver: the chosen seed of every transfer.
    pub received: Vec<[u8; 16]>,
}

/// Random transfers with one peer, in both roles: residues of field elements.
#[derive(Default, ZeroizeOnDrop)]
pub struct OtBatch<F: PrimeField> {
    /// As sender: the string of choice 0.
    pub zero: Vec<F::Residue>,
    /// As sender: the string of choice 1.
    pub one: Vec<F::Residue>,
    /// As receiver: the chosen string.
    pub chosen: Vec<F::Residue>,
}

/// The elements that a transferred seed stands for, without end: whoever has the seed reads the same ones.
pub trait SeedStream: ZeroizeOnDrop {
    /// The stream of this seed, from its start.
    fn of(seed: &[u8; 16]) -> Self;
    /// Fills `out`, of at most 256, with the next uniform integers, in a time that does not tell which stream it is.
    fn read<R: Residue>(&mut self, out: &mut [R]);
}

impl SeedStream for Prg {
    fn of(seed: &[u8; 16]) -> Self {
        Self::new(seed)
    }
    fn read<R: Residue>(&mut self, out: &mut [R]) {
        R::sample_steadily(out, &mut |bytes| self.fill(bytes));
    }
}

/// Random oblivious transfer with every other party, in both roles at once.
pub trait RandomOt: Sized {
    /// [`Active`] or [`Passive`].
    type Security: Security;
    /// What COPEe reads from a transferred seed.
    type Stream: SeedStream;

    /// Base transfers of seeds with every peer (entry of this party: empty), choosing by `choices` as receiver towards
    /// all of them. Every call is a fresh batch.
    async fn seeds(s: &mut Session, choices: &[bool]) -> Result<PerParty<SeedOts>>;

    /// Sets up extension with every peer.
    async fn setup(s: &mut Session) -> Result<Self>;

    /// `n` random transfers with every peer (entry of this party: empty). As receiver, this party chooses by the first
    /// `n` bits of `choices` (least significant first) towards all of them. Everything is checked when it returns.
    async fn extend<F: PrimeField>(
        &mut self,
        s: &mut Session,
        choices: &[u128],
        n: usize,
    ) -> Result<PerParty<OtBatch<F>>>;
}

/// Transfers that exist for attacking and counting protocols in a simulator. No transfer of this crate is one, and no
/// other crate can declare one of this crate's to be one.
pub trait ForMeasurement: RandomOt {}

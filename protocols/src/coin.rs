//! # Coin toss: public randomness that nobody chose
//! Functionality: F_coin · Protocol: commit, then open (Blum) · Spec: `spec/protocols/03-coin.md`
//! Level: A3C2, selective abort · Rounds: 2 · Bytes: 96 per party and peer · Soundness: that of the commitment

use transport::PerParty;

use crate::commit::{self, SEED};
use crate::foundations::joint_seed;
use crate::message::{Item, Nonce};
use crate::{Result, Session};

/// A joint 32-byte seed: the hash of everyone's contribution, known to nobody before all commitments are in.
pub(crate) async fn toss(s: &mut Session) -> Result<Nonce> {
    // Step 1: a seed of my own.
    let mine = s.tape().nonce()?;
    // Steps 2 and 3: commit, open, check.
    let opened = commit::commit_open(s, SEED, mine.to_vec().into()).await?;
    // Step 4: combine. Only now is any of it known to anyone.
    let seeds = PerParty::from_fn(s.n(), |p| Nonce::read_all(&opened[p]).unwrap_or_default());
    Ok(joint_seed(s, &seeds))
}

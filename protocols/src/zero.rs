//! # Zero sharing: n random shares that sum to zero
//! Functionality: F_zero · Protocol: pair-wise seeds (Cramer–Damgård–Ishai 2005) · Spec: `spec/protocols/05-zero-sharing.md`
//! Level: A3C2 for hiding (an honest pair's seed is unknown to the coalition) · Rounds: 1 once, then none
//!
//! Every opening with three or more parties adds one: without it the share that an input's owner sends *is* its input
//! up to a public constant.

use transport::{PartyId, PerParty};

use crate::foundations::ZeroSeed;
use crate::message::Nonce;
use crate::{Result, Session};

/// Step 1: the lower party of each pair chooses a seed and sends it.
pub(crate) async fn agree(s: &mut Session) -> Result<PerParty<ZeroSeed>> {
    let me = s.me();
    let mut pairs = PerParty::from_fn(s.n(), |_| ZeroSeed([0; 32]));
    for p in s.others().filter(|p| *p > me) {
        pairs[p] = ZeroSeed(s.tape().nonce()?);
        s.send(p, "pair_seed", &[Nonce(pairs[p].0)])?;
    }
    for p in s.others().filter(|p| *p < me) {
        pairs[p] = ZeroSeed(s.recv::<Nonce>(p, "pair_seed", 1).await?[0].0);
    }
    Ok(pairs)
}

/// Step 2: this step's seed of every pair; the lower party adds its expansion, the higher one subtracts it.
pub(crate) fn seeds(s: &Session, pairs: &PerParty<ZeroSeed>) -> Vec<(bool, ZeroSeed)> {
    let me = s.me();
    let fresh = |p: PartyId| ZeroSeed(s.bind("quorate 2026 zero shares v1", &[&pairs[p].0]).finalize().into());
    s.others().map(|p| (me < p, fresh(p))).collect()
}

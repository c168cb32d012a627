//! # Zero sharing: n random shares that sum to zero
//! Functionality: F_zero · Protocol: pair-wise seeds (Cramer–Damgård–Ishai 2005) · Spec: `spec/protocols/05-zero-sharing.md`
//! Level: A3C2 for hiding (an honest pair's seed is unknown to the coalition) · Rounds: 1 once, then none
//!
//! Every opening with three or more parties adds one: without it the share that an input's owner sends *is* its input
//! up to a public constant.

use bytes::Bytes;
use transport::{Kind, Meta, PartyId, PerParty};
use zeroize::{Zeroize, Zeroizing};

use crate::foundations::ZeroSeed;
use crate::{Result, Session};

/// A seed on its way. Its frame is the one of all frames whose content must never be seen again.
const PAIR_SEED: Meta = Meta { name: "pair_seed", kind: Kind::Nonces, field: "", len: 1, width: 32 };

/// Step 1: the lower party of each pair chooses a seed and sends it.
pub(crate) async fn agree(s: &mut Session) -> Result<PerParty<ZeroSeed>> {
    let me = s.me();
    let mut pairs = PerParty::from_fn(s.n(), |_| ZeroSeed([0; 32]));
    for p in s.others().filter(|p| *p > me) {
        pairs[p] = ZeroSeed(s.tape().nonce()?);
        s.send_encoded(p, PAIR_SEED, 0, Bytes::from_owner(Zeroizing::new(pairs[p].0)))?;
    }
    for p in s.others().filter(|p| *p < me) {
        let body = s.recv_encoded(p, PAIR_SEED, 0, PAIR_SEED.width as usize).await?.unwrap_or_default();
        pairs[p].0.iter_mut().zip(&body).for_each(|(seed, byte)| *seed = *byte);
        // What a transport keeps of a frame is its own; this is the last place of it here.
        if let Ok(mut body) = body.try_into_mut() {
            body.zeroize();
        }
    }
    Ok(pairs)
}

/// Step 2: this step's seed of every pair; the lower party adds its expansion, the higher one subtracts it.
pub(crate) fn seeds(s: &Session, pairs: &PerParty<ZeroSeed>) -> Vec<(bool, ZeroSeed)> {
    let me = s.me();
    let fresh = |p: PartyId| ZeroSeed(s.digest("quorate 2026 zero shares v1", &[&pairs[p].0]).0);
    s.others().map(|p| (me < p, fresh(p))).collect()
}

//! Setup of the extension: trees, their check, the key of the hash.
//! Spec: `spec/protocols/07-ot-extension.md`, Step 1.

use spec::{Bound, Check};
use transport::{PartyId, PerParty};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::SeedOts;
use super::base::Base;
use super::extend::SoftSpoken;
use super::ggm::{self, side};
use super::hash::HashKeys;
use crate::message::{Block, Digest, Nonce};
use crate::prg::Prg;
use crate::{Blame, Result, Session};

/// Punctured trees are whole trees. The bound is that of the best cheat at the default `K = 2`.
pub const OT_PPRF: Check = Check {
    id: "ot.pprf",
    tests: "every punctured tree is that of one set of leaves, whichever leaf is missing",
    bound: Bound::PprfGuess { k: 2, guessed: 3 },
    dies: "the session and its base transfers",
};

/// The two extensions with one peer.
pub(super) struct Peer {
    pub(super) id: PartyId,
    pub(super) sender: Sender,
    pub(super) receiver: Receiver,
}

/// What a sender keeps.
#[derive(ZeroizeOnDrop)]
pub(super) struct Sender {
    /// The secret of this pair.
    pub(super) delta: u128,
    /// Of every block: the streams 1, 2, … by number relative to the secret.
    #[zeroize(skip)] // streams and ciphers wipe themselves
    pub(super) streams: Vec<Prg>,
    #[zeroize(skip)]
    pub(super) hash: HashKeys,
    /// The index of the next transfer: never reset.
    pub(super) index: u64,
}

/// What a receiver keeps.
pub(super) struct Receiver {
    /// Of every block: all streams.
    pub(super) streams: Vec<Prg>,
    pub(super) hash: HashKeys,
    /// The index of the next transfer: never reset.
    pub(super) index: u64,
}

/// The number of trees, all of them with 2^`K` leaves.
pub(super) const fn trees<const K: usize>() -> usize {
    assert!(matches!(K, 1 | 2 | 4 | 8), "trees of depth 1, 2, 4 or 8");
    128 / K
}

/// Block `i` of a secret: the leaf that is missing from tree `i`.
fn missing_leaf<const K: usize>(delta: u128, i: usize) -> u8 {
    (delta >> (K * i)) as u8 & (u8::MAX >> (8 - K))
}

/// Step 1.1: the choice bits of the 128 base transfers under a secret: the sums off the paths to the missing leaves.
pub(super) fn choices<const K: usize>(delta: u128) -> Zeroizing<Vec<bool>> {
    Zeroizing::new((0..128).map(|t| !side(missing_leaf::<K>(delta, t / K), t % K, K)).collect())
}

/// What a receiver sends, and what it keeps.
struct Grown {
    sums: Vec<Block>,
    seals: Vec<Digest>,
    streams: Vec<Prg>,
}

/// Steps 1.2 and 1.3: a tree for every block, its level sums under the base keys, its seal.
fn grow<const K: usize>(s: &Session, pair: [u8; 2], keys: &[[[u8; 16]; 2]]) -> Result<Grown> {
    let mut grown = Grown { sums: Vec::new(), seals: Vec::new(), streams: Vec::new() };
    for i in 0..trees::<K>() {
        let mut root = Zeroizing::new([0; 16]);
        s.tape().bytes(root.as_mut())?;
        let tree = ggm::grow(u128::from_le_bytes(*root), K);
        for (keys, sums) in keys[K * i..].iter().zip(tree.sums.iter()) {
            let masked = |side: usize| Block((sums[side] ^ u128::from_le_bytes(keys[side])).to_le_bytes());
            grown.sums.extend([masked(0), masked(1)]);
        }
        let leaves: Vec<_> = tree.leaves.iter().map(|leaf| ggm::open_leaf(*leaf)).collect();
        let tags: Zeroizing<Vec<_>> = Zeroizing::new(leaves.iter().map(|leaf| leaf.tag).collect());
        grown.seals.extend(ggm::seal(s, pair, i, &tags));
        grown.streams.extend(leaves.iter().map(|leaf| Prg::new(&leaf.seed)));
    }
    Ok(grown)
}

/// Step 1.4: the streams of all leaves but one of every tree, and whether every tree fits its seal.
fn puncture<const K: usize>(
    s: &Session,
    pair: [u8; 2],
    delta: u128,
    keys: &[[u8; 16]],
    sums: &[Block],
    seals: &[Digest],
) -> (Vec<Prg>, bool) {
    let mut streams = Vec::new();
    let mut all_fit = true;
    let choices = choices::<K>(delta);
    for i in 0..trees::<K>() {
        let secret = missing_leaf::<K>(delta, i);
        let mut off_path = Zeroizing::new([0; K]);
        for (l, sum) in off_path.iter_mut().enumerate() {
            let t = K * i + l;
            let [zero, one] = [0, 1].map(|side| u128::from_le_bytes(sums[2 * t + side].0));
            let chosen = zero ^ ((zero ^ one) & 0u128.wrapping_sub(u128::from(choices[t])));
            *sum = chosen ^ u128::from_le_bytes(keys[t]);
        }
        let leaves = ggm::reconstruct(secret, off_path.as_ref());
        let leaves: Vec<_> = leaves.iter().map(|leaf| ggm::open_leaf(*leaf)).collect();
        let tags = leaves.iter().map(|leaf| leaf.tag).collect();
        all_fit &= ggm::fits(s, pair, i, secret, tags, &seals[2 * i..2 * i + 2]);
        streams.extend(leaves[1..].iter().map(|leaf| Prg::new(&leaf.seed)));
    }
    (streams, all_fit)
}

/// Step 1.5: the keys of a pair's hash, which the receiver could not know when it made its trees.
fn hash(s: &Session, pair: [u8; 2], base: Digest, sums: &[Block], seals: &[Digest], nonce: Nonce) -> HashKeys {
    let sums: Vec<u8> = sums.iter().flat_map(|b| b.0).collect();
    let seals: Vec<u8> = seals.iter().flat_map(|d| d.0).collect();
    let items: [&[u8]; 5] = [&pair, &base.0, &sums, &seals, &nonce.0];
    HashKeys::new(s.bind("quorate 2026 ot hash key v1", &items).finalize().into())
}

/// Steps 1.2 to 1.6 with every peer, on the base transfers of Step 1.1.
pub(super) async fn setup<const K: usize>(
    s: &mut Session,
    secrets: &PerParty<Zeroizing<u128>>,
    base: &PerParty<Base>,
) -> Result<Vec<Peer>> {
    let mut s = s.step("ot_setup");
    let (me, n) = (s.me(), s.n());
    let others: Vec<PartyId> = s.others().collect();
    let as_receiver = |p: PartyId| [p.index() as u8, me.index() as u8];
    let as_sender = |p: PartyId| [me.index() as u8, p.index() as u8];
    let length = |len| PerParty::from_fn(n, |p| if p == me { 0 } else { len });

    // Steps 1.2 and 1.3 as receiver.
    let mut sums = PerParty::from_fn(n, |_| Vec::new());
    let mut seals = PerParty::from_fn(n, |_| Vec::new());
    let mut receiving = Vec::with_capacity(n);
    for p in &others {
        let grown = grow::<K>(&s, as_receiver(*p), &base[*p].seeds.sent)?;
        (sums[*p], seals[*p]) = (grown.sums, grown.seals);
        receiving.push(grown.streams);
    }
    let their_sums = s.scatter("sums", &sums, &length(2 * 128)).await?;
    let their_seals = s.scatter("pprf", &seals, &length(2 * trees::<K>())).await?;

    // Step 1.4 as sender: one verdict for all trees of a peer.
    let mut sending = Vec::with_capacity(n);
    for p in &others {
        let (keys, delta) = (&base[*p].seeds.received, *secrets[*p]);
        let (streams, fits) = puncture::<K>(&s, as_sender(*p), delta, keys, &their_sums[*p], &their_seals[*p]);
        s.verdict(&OT_PPRF, fits, Blame::Accused(*p))?;
        sending.push(streams);
    }

    // Step 1.5: the sender's nonce comes after everything else.
    let mut nonces = PerParty::from_fn(n, |_| Vec::new());
    for p in &others {
        nonces[*p].push(Nonce(s.tape().nonce()?));
    }
    let their_nonces = s.scatter("hash_nonce", &nonces, &length(1)).await?;

    // Step 1.6: trees, leaves and base keys are wiped as they drop; the streams start.
    let streams = sending.into_iter().zip(receiving);
    let peer = |(id, (sending, receiving)): (PartyId, (Vec<Prg>, Vec<Prg>))| Peer {
        id,
        sender: Sender {
            delta: *secrets[id],
            streams: sending,
            hash: hash(&s, as_sender(id), base[id].as_sender, &their_sums[id], &their_seals[id], nonces[id][0]),
            index: 0,
        },
        receiver: Receiver {
            streams: receiving,
            hash: hash(&s, as_receiver(id), base[id].as_receiver, &sums[id], &seals[id], their_nonces[id][0]),
            index: 0,
        },
    };
    Ok(others.into_iter().zip(streams).map(peer).collect())
}

impl<const K: usize> SoftSpoken<K> {
    /// The choice bits of the 128 base transfers towards a peer under the secret Δ: for [`SoftSpoken::setup_on`].
    #[must_use]
    pub fn base_choices(delta: u128) -> Zeroizing<Vec<bool>> {
        choices::<K>(delta)
    }
    /// Setup on 128 base transfers with every peer that exist already (the hybrid model of this protocol), for simulators
    /// and exact counts: nothing ties them to this session. They are made as
    /// receiver with [`SoftSpoken::base_choices`] of this party's secret towards that peer. Every secret is uniform, for
    /// one peer and one session, and no MAC key.
    pub async fn setup_on(s: &mut Session, secrets: PerParty<u128>, base: PerParty<SeedOts>) -> Result<Self> {
        let none = Digest::default();
        let base = base.into_vec().into_iter().map(|seeds| Base { seeds, as_sender: none, as_receiver: none });
        let base = PerParty::from_vec(base.collect());
        let secrets = PerParty::from_vec(secrets.into_vec().into_iter().map(Zeroizing::new).collect());
        Ok(Self::with(setup::<K>(s, &secrets, &base).await?))
    }
}

//! # Base oblivious transfer: random 16-byte keys, one of each pair chosen
//! Functionality: endemic F_OT (a corrupt party may choose the keys it receives) · Protocol: Masny–Rindal, ePrint
//! 2019/706, over Ristretto255 · Spec: `spec/protocols/06-base-ot.md`
//! Level: A3C2 · Rounds: 2 · Bytes: 64 per transfer and direction, and 32 · Soundness: computational only
//!
//! Keys of a corrupt party are not uniform, so they only ever become seeds whose distribution that party could choose
//! anyway. Index, choice, both points, the sender's key and both parties are in every hash: equal keys cannot be forced,
//! and nothing can be carried from one pair of parties, transfer or session to another.

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use spec::{Bound, Check};
use subtle::{Choice, ConditionallySelectable};
use transport::{PartyId, PerParty};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::SeedOts;
use crate::message::{Digest, Point};
use crate::{Blame, Result, Session};

/// Peers' points are points.
pub const BASE_OT_POINT: Check = Check {
    id: "base_ot.point",
    tests: "every point of a base transfer is canonically encoded and not the identity",
    bound: Bound::Zero,
    dies: "the session",
};

/// Base transfers with one peer.
#[derive(Default)]
pub(super) struct Base {
    pub(super) seeds: SeedOts,
    /// Digest of the messages of the transfers in which this party is sender.
    pub(super) as_sender: Digest,
    /// The same as receiver.
    pub(super) as_receiver: Digest,
}

/// The ordered pair that a hash belongs to.
#[derive(Clone, Copy)]
struct Pair {
    sender: PartyId,
    receiver: PartyId,
}

impl Pair {
    fn bytes(self) -> [u8; 2] {
        [self.sender.index() as u8, self.receiver.index() as u8]
    }
    /// The random oracle onto the group: the point that masks choice `j` of transfer `i`.
    fn point(self, s: &Session, i: usize, j: u8, other: &Point) -> RistrettoPoint {
        let index = (i as u32).to_le_bytes();
        let mut wide = [0; 64];
        s.bind("quorate 2026 base ot point v1", &[&self.bytes(), &index, &[j], &other.0])
            .finalize_xof()
            .fill(&mut wide);
        RistrettoPoint::from_uniform_bytes(&wide)
    }
    /// The key of choice `j` of transfer `i`, from the Diffie–Hellman value.
    fn key(self, s: &Session, i: usize, j: u8, sender_key: &Point, points: &[Point], dh: &RistrettoPoint) -> [u8; 16] {
        let index = (i as u32).to_le_bytes();
        let dh = Zeroizing::new(dh.compress().to_bytes());
        let items: [&[u8]; 7] = [&self.bytes(), &index, &[j], &sender_key.0, &points[0].0, &points[1].0, dh.as_slice()];
        let mut key = [0; 16];
        s.bind("quorate 2026 base ot key v1", &items).finalize_xof().fill(&mut key);
        key
    }
}

/// What the receiver of a batch keeps until the sender's key is there.
#[derive(ZeroizeOnDrop)]
struct Asked {
    scalars: Vec<Scalar>,
    #[zeroize(skip)]
    points: Vec<Point>,
}

/// Step 1: for every choice a point whose logarithm is known, and one whose logarithm nobody knows.
fn ask(s: &Session, pair: Pair, choices: &[bool]) -> Result<Asked> {
    let mut asked = Asked { scalars: Vec::with_capacity(choices.len()), points: Vec::with_capacity(2 * choices.len()) };
    for (i, choice) in choices.iter().enumerate() {
        let unknown = Point(RistrettoPoint::from_uniform_bytes(&*wide(s)?).compress().to_bytes());
        let scalar = Scalar::from_bytes_mod_order_wide(&*wide(s)?);
        let known = RistrettoPoint::mul_base(&scalar) - pair.point(s, i, u8::from(*choice), &unknown);
        let known = known.compress().to_bytes();
        let choice = Choice::from(u8::from(*choice));
        asked.points.push(Point(<[u8; 32]>::conditional_select(&known, &unknown.0, choice)));
        asked.points.push(Point(<[u8; 32]>::conditional_select(&unknown.0, &known, choice)));
        asked.scalars.push(scalar);
    }
    Ok(asked)
}

fn wide(s: &Session) -> Result<Zeroizing<[u8; 64]>> {
    let mut wide = Zeroizing::new([0; 64]);
    s.tape().bytes(wide.as_mut())?;
    Ok(wide)
}

/// Step 2: the sender's key of one batch, never zero.
fn sender_key(s: &Session) -> Result<(Zeroizing<Scalar>, Point)> {
    loop {
        let y = Zeroizing::new(Scalar::from_bytes_mod_order_wide(&*wide(s)?));
        if *y != Scalar::ZERO {
            let public = Point(RistrettoPoint::mul_base(&y).compress().to_bytes());
            return Ok((y, public));
        }
    }
}

/// Step 3: the point of a canonical encoding other than the identity's.
fn decode(point: &Point) -> Option<RistrettoPoint> {
    CompressedRistretto(point.0).decompress().filter(|p| !p.is_identity())
}

/// Decodes all points of a peer. A puppet that carries on after the failed check gets the identity in their place.
fn decode_all(s: &Session, from: PartyId, points: &[Point]) -> Result<Vec<RistrettoPoint>> {
    let decoded: Vec<_> = points.iter().map(decode).collect();
    s.verdict(&BASE_OT_POINT, decoded.iter().all(Option::is_some), Blame::Accused(from))?;
    Ok(decoded.into_iter().map(Option::unwrap_or_default).collect())
}

fn transcript(s: &Session, pair: Pair, points: &[Point], key: &Point) -> Digest {
    let points: Vec<u8> = points.iter().flat_map(|p| p.0).collect();
    s.digest("quorate 2026 base ot transcript v1", &[&pair.bytes(), &points, &key.0])
}

/// Transfers with every peer, in both roles. `choices` has the choice bits towards each peer, the same number for all.
pub(super) async fn transfer(s: &mut Session, choices: &PerParty<Zeroizing<Vec<bool>>>) -> Result<PerParty<Base>> {
    let mut s = s.step("base_ot");
    let (me, n) = (s.me(), s.n());
    let sending = |p| Pair { sender: me, receiver: p };
    let receiving = |p| Pair { sender: p, receiver: me };

    // Steps 1 and 2: points as receiver, a key as sender, towards everyone; neither depends on the other.
    let mut asked = Vec::with_capacity(n);
    let mut keys = Vec::with_capacity(n);
    for p in s.parties().iter() {
        asked.push(ask(&s, receiving(p), if p == me { &[] } else { &choices[p] })?);
        keys.push(sender_key(&s)?);
    }
    let (asked, keys) = (PerParty::from_vec(asked), PerParty::from_vec(keys));
    let mine = PerParty::from_fn(n, |p| asked[p].points.clone());
    let lens = PerParty::from_fn(n, |p| if p == me { 0 } else { 2 * choices[p].len() });
    let points = s.scatter("points", &mine, &lens).await?;
    let mine = PerParty::from_fn(n, |p| vec![keys[p].1]);
    let theirs = s.scatter("key", &mine, &PerParty::from_fn(n, |_| 1)).await?;

    let mut all = Vec::with_capacity(n);
    for p in s.parties().iter() {
        if p == me {
            all.push(Base::default());
            continue;
        }
        let mut seeds = SeedOts::default();
        // Step 3: only points of the group, none of them the identity.
        let decoded = decode_all(&s, p, &points[p])?;
        let their_key = decode_all(&s, p, &theirs[p])?[0];
        // Step 4.1: both keys as sender.
        let (y, my_key) = &keys[p];
        let pair = sending(p);
        for (i, (encoded, point)) in points[p].chunks_exact(2).zip(decoded.chunks_exact(2)).enumerate() {
            seeds.sent.push([0u8, 1].map(|j| {
                let (this, other) = (usize::from(j), usize::from(1 - j));
                let mut dh = **y * (point[this] + pair.point(&s, i, j, &encoded[other]));
                let key = pair.key(&s, i, j, my_key, encoded, &dh);
                dh.zeroize();
                key
            }));
        }
        // Step 4.2: the chosen key as receiver.
        let pair = receiving(p);
        for (i, (scalar, choice)) in asked[p].scalars.iter().zip(choices[p].iter()).enumerate() {
            let encoded = &asked[p].points[2 * i..2 * i + 2];
            let mut dh = scalar * their_key;
            seeds.received.push(pair.key(&s, i, u8::from(*choice), &theirs[p][0], encoded, &dh));
            dh.zeroize();
        }
        all.push(Base {
            seeds,
            as_sender: transcript(&s, sending(p), &points[p], my_key),
            as_receiver: transcript(&s, receiving(p), &asked[p].points, &theirs[p][0]),
        });
    }
    // Step 4.3: scalars are wiped as they drop.
    Ok(PerParty::from_vec(all))
}

#[cfg(test)]
mod tests {
    use transport::sim::{Adversary, Envelope};

    use super::*;
    use crate::Error;
    use crate::testing::{Passing, run};

    async fn some(mut s: Session) -> Result<(Vec<bool>, PerParty<Base>)> {
        let bits: Vec<bool> = (0..5).map(|_| s.tape().uniform(2) == 1).collect();
        let choices = PerParty::from_fn(s.n(), |_| Zeroizing::new(bits.clone()));
        Ok((bits, transfer(&mut s, &choices).await?))
    }

    #[test]
    fn the_receiver_gets_the_chosen_key_and_all_keys_differ() {
        for n in [2, 3] {
            let ends = run(n, 1, &mut Passing, some);
            let ends: Vec<_> = ends.into_iter().map(|e| e.expect("an honest run")).collect();
            let mut keys = Vec::new();
            for sender in 0..n {
                for receiver in (0..n).filter(|r| *r != sender) {
                    let sent = &ends[sender].1[PartyId::new(receiver)];
                    let (bits, received) = (&ends[receiver].0, &ends[receiver].1[PartyId::new(sender)]);
                    for ((both, bit), key) in sent.seeds.sent.iter().zip(bits).zip(&received.seeds.received) {
                        assert_eq!(both[usize::from(*bit)], *key);
                    }
                    assert_eq!((sent.seeds.sent.len(), received.seeds.received.len()), (5, 5));
                    assert_eq!(sent.as_sender, received.as_receiver);
                    keys.extend(sent.seeds.sent.iter().flatten().copied());
                }
            }
            let many = keys.len();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), many);
        }
    }

    /// Replaces the first point of every message of this name that party 1 sends.
    struct Replace(&'static str, [u8; 32]);
    impl Adversary for Replace {
        fn outgoing(&mut self, mut e: Envelope, deliver: &mut Vec<Envelope>) {
            if e.frame.meta.name == self.0 {
                let mut body = e.frame.body.to_vec();
                body[..32].copy_from_slice(&self.1);
                e.frame.body = body.into();
            }
            deliver.push(e);
        }
    }

    #[test]
    fn the_identity_and_encodings_that_are_not_canonical_are_refused() {
        let identity = [0; 32];
        let mut above = [0xff; 32]; // a field element at least p
        above[31] = 0x7f;
        let mut negative = RistrettoPoint::mul_base(&Scalar::ONE).compress().to_bytes();
        negative[0] |= 1;
        for name in ["points", "key"] {
            for bad in [identity, above, negative] {
                let ends = run(2, 1, &mut Replace(name, bad), some);
                let Some(Err(Error::Abort(abort))) = ends.into_iter().next() else { panic!("accepted") };
                assert_eq!((abort.check, abort.blame), (&BASE_OT_POINT, Blame::Accused(PartyId::new(1))));
            }
        }
    }
}

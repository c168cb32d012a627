//! Foundations with one seeded weakness each: what a protocol would be without one of its ideas. They exist so that an
//! attack which the shipped code stops by construction, not by a check, also has a control that shows it succeeding.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use protocols::foundations::{Coins, Domain, Local, Zeros};
use protocols::message::{Digest, Nonce};
use protocols::prg::Prg;
use protocols::{Blame, COMMIT_OPENING, Foundations, Session};
use spec::Check;
use transport::{Meta, PartyId, PerParty};

/// A seeded weakness. Those of the coefficients exist over fields that can be enumerated; over a large field they leave
/// the coin as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flaw {
    /// Every public coin is one: the coefficients of a check are known in advance.
    UnitCoin,
    /// Coefficients are never zero.
    NonzeroCoin,
    /// Coefficients are the powers r, r², … of one coin.
    PowersCoin,
    /// Coefficients are the powers 1, r, r², … of one coin.
    PowersFromOneCoin,
    /// A coin is tossed once per session and number of coefficients, and then used again.
    RepeatedCoin,
    /// Commitments do not say whose they are.
    OwnerlessCommitments,
    /// Commitments are cut off after so many bits.
    ShortCommitments(u32),
    /// Nobody commits: values are shown at once, and the last to speak has seen all others.
    NoCommitments,
    /// All zero shares are zero: an opening shows how the value was shared.
    NoZeroShares,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnitCoin => "coefficients known in advance",
            Self::NonzeroCoin => "coefficients that are never zero",
            Self::PowersCoin => "the powers of one coin as coefficients",
            Self::PowersFromOneCoin => "one and the powers of one coin as coefficients",
            Self::RepeatedCoin => "the coefficients of the check before",
            Self::OwnerlessCommitments => "commitments without their owner",
            Self::ShortCommitments(bits) => return write!(f, "commitments of {bits} bits"),
            Self::NoCommitments => "values shown without commitment",
            Self::NoZeroShares => "zero shares that are all zero",
        })
    }
}

/// Foundations with a weakness, otherwise as they are.
pub struct Flawed<T> {
    inner: T,
    flaw: Option<Flaw>,
    /// What was tossed, for [`Flaw::RepeatedCoin`].
    tossed: RefCell<BTreeMap<usize, Coins>>,
}

impl<T> Flawed<T> {
    /// These foundations with this weakness; `None`: as they are.
    pub fn new(inner: T, flaw: Option<Flaw>) -> Self {
        Self { inner, flaw, tossed: RefCell::default() }
    }
}

/// The first `len` integers below `order` of a coin.
fn integers(coins: Coins, order: u64, len: usize) -> Vec<u64> {
    match coins {
        Coins::Values(v) => v,
        Coins::Seed(seed) => {
            let (mut prg, mut byte) = (Prg::wide(&seed), [0]);
            let mut draw = || {
                prg.fill(&mut byte);
                u64::from(byte[0])
            };
            // Rejection on whole bytes: exactly uniform.
            (0..len)
                .map(|_| {
                    loop {
                        let v = draw();
                        if v < 256 - 256 % order {
                            break v % order;
                        }
                    }
                })
                .collect()
        }
    }
}

impl<T: Foundations> Flawed<T> {
    /// Powers of one coin, from `first` on.
    async fn powers(
        &self,
        s: &mut Session,
        domain: Domain,
        order: u64,
        len: usize,
        first: u32,
    ) -> protocols::Result<Coins> {
        let coins = self.inner.coin(s, domain, 1).await?;
        let r = integers(coins, order, 1)[0];
        let from = (0..first).fold(1, |power, _| power * r % order);
        Ok(Coins::Values(std::iter::successors(Some(from), |power| Some(power * r % order)).take(len).collect()))
    }
    async fn nonzero(&self, s: &mut Session, domain: Domain, order: u64, len: usize) -> protocols::Result<Coins> {
        let others = order - 1;
        let coins = self.inner.coin(s, Domain { small_order: Some(others), ..domain }, len).await?;
        Ok(Coins::Values(integers(coins, others, len).into_iter().map(|v| v + 1).collect()))
    }
    async fn repeated(&self, s: &mut Session, domain: Domain, len: usize) -> protocols::Result<Coins> {
        let before = self.tossed.borrow().get(&len).cloned();
        if let Some(coins) = before {
            return Ok(coins);
        }
        let coins = self.inner.coin(s, domain, len).await?;
        self.tossed.borrow_mut().insert(len, coins.clone());
        Ok(coins)
    }
}

impl<T: Foundations> Foundations for Flawed<T> {
    fn coin<'a>(&'a self, s: &'a mut Session, domain: Domain, len: usize) -> Local<'a, Coins> {
        match (self.flaw, domain.small_order) {
            (Some(Flaw::UnitCoin), _) => Box::pin(async move { Ok(Coins::Values(vec![1; len])) }),
            (Some(Flaw::NonzeroCoin), Some(order)) => Box::pin(self.nonzero(s, domain, order, len)),
            (Some(Flaw::PowersCoin), Some(order)) => Box::pin(self.powers(s, domain, order, len, 1)),
            (Some(Flaw::PowersFromOneCoin), Some(order)) => Box::pin(self.powers(s, domain, order, len, 0)),
            (Some(Flaw::RepeatedCoin), _) => Box::pin(self.repeated(s, domain, len)),
            _ => self.inner.coin(s, domain, len),
        }
    }
    fn commit_open<'a>(&'a self, s: &'a mut Session, meta: Meta, mine: Bytes) -> Local<'a, PerParty<Bytes>> {
        match self.flaw {
            Some(Flaw::OwnerlessCommitments) => Box::pin(weak_commitments(s, meta, mine, ownerless)),
            Some(Flaw::ShortCommitments(bits)) => {
                Box::pin(weak_commitments(s, meta, mine, move |s, owner, m, n| short(s, owner, m, n, bits)))
            }
            Some(Flaw::NoCommitments) => Box::pin(plain(s, meta, mine)),
            _ => self.inner.commit_open(s, meta, mine),
        }
    }
    fn broadcast<'a>(
        &'a self,
        s: &'a mut Session,
        meta: &'a PerParty<Meta>,
        mine: Bytes,
    ) -> Local<'a, PerParty<Bytes>> {
        self.inner.broadcast(s, meta, mine)
    }
    fn zero<'a>(&'a self, s: &'a mut Session, domain: Domain, len: usize) -> Local<'a, Zeros> {
        match self.flaw {
            Some(Flaw::NoZeroShares) => Box::pin(async move { Ok(Zeros::Values(vec![0; len])) }),
            _ => self.inner.zero(s, domain, len),
        }
    }
    fn verdict(&self, check: &'static Check, ok: bool) -> bool {
        self.inner.verdict(check, ok)
    }
}

/// A commitment that does not contain its owner: another's, with its opening, can be repeated as one's own.
fn ownerless(s: &Session, _: PartyId, message: &[u8], nonce: &Nonce) -> Digest {
    s.digest("scratch commitment without owner", &[message, &nonce.0])
}

/// A commitment cut off after `bits` bits: other openings of it are found.
#[must_use]
pub fn short(s: &Session, owner: PartyId, message: &[u8], nonce: &Nonce, bits: u32) -> Digest {
    let mut digest = s.digest("scratch commitment cut off", &[&[owner.index() as u8], message, &nonce.0]);
    for (i, byte) in digest.0.iter_mut().enumerate() {
        let kept = bits.saturating_sub(8 * i as u32).min(8);
        *byte &= (0xff00u16 >> kept) as u8;
    }
    digest
}

/// Commit, then open, as shipped but for the hash.
async fn weak_commitments(
    s: &mut Session,
    meta: Meta,
    mine: Bytes,
    commitment: impl Fn(&Session, PartyId, &[u8], &Nonce) -> Digest,
) -> protocols::Result<PerParty<Bytes>> {
    let nonce = Nonce(s.tape().nonce()?);
    let me = s.me();
    let commitments = s.exchange::<Digest>("commitment", &[commitment(s, me, &mine, &nonce)]).await?;
    for p in s.others() {
        s.send_encoded(p, meta, 0, mine.clone())?;
        s.send(p, "opening", &[nonce])?;
    }
    let mut opened = PerParty::from_fn(s.n(), |_| mine.clone());
    for p in s.others() {
        opened[p] = receive(s, p, meta, mine.len()).await?;
        let nonce = s.recv::<Nonce>(p, "opening", 1).await?;
        let matches = commitments[p][0] == commitment(s, p, &opened[p], &nonce[0]);
        s.verdict(&COMMIT_OPENING, matches, Blame::Accused(p))?;
    }
    Ok(opened)
}

/// No commitment at all.
async fn plain(s: &mut Session, meta: Meta, mine: Bytes) -> protocols::Result<PerParty<Bytes>> {
    for p in s.others() {
        s.send_encoded(p, meta, 0, mine.clone())?;
    }
    let mut shown = PerParty::from_fn(s.n(), |_| mine.clone());
    for p in s.others() {
        shown[p] = receive(s, p, meta, mine.len()).await?;
    }
    Ok(shown)
}

async fn receive(s: &mut Session, from: PartyId, meta: Meta, bytes: usize) -> protocols::Result<Bytes> {
    Ok(s.recv_encoded(from, meta, 0, bytes).await?.unwrap_or_else(|| vec![0; bytes].into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bystander;

    #[test]
    fn integers_of_a_seed_are_uniform() {
        for order in [1, 2, 30, 250] {
            let drawn = integers(Coins::Seed([3; 32]), order, 250 * order as usize);
            let mut counts = vec![0u32; order as usize];
            drawn.iter().for_each(|v| counts[*v as usize] += 1);
            // 250 expected each: seven standard deviations.
            assert!(counts.iter().all(|k| k.abs_diff(250) < 110), "{order}: {counts:?}");
        }
        assert_eq!(integers(Coins::Values(vec![4, 2]), 5, 2), [4, 2]);
    }

    #[test]
    fn short_commitments_keep_their_first_bits() {
        let s = bystander::at(2, &["sigma"]);
        let of = |bits| short(&s, PartyId::new(1), &[7], &Nonce([9; 32]), bits).0;
        let whole = of(256);
        for bits in [0, 1, 8, 12, 255] {
            let set = |digest: [u8; 32], i: usize| digest[i / 8] >> (7 - i % 8) & 1 == 1;
            assert!((0..256).all(|i| set(of(bits), i) == (i < bits as usize && set(whole, i))), "{bits} bits");
        }
    }
}

//! Foundations with one seeded weakness each: what a protocol would be without one of its ideas. They exist so that an
//! attack which the shipped code stops by construction, not by a check, also has a control that shows it succeeding.

use bytes::Bytes;
use protocols::foundations::{Coins, Domain, Local, Zeros};
use protocols::message::{Digest, Nonce};
use protocols::{Blame, COMMIT_OPENING, Foundations, Session};
use spec::Check;
use transport::{Meta, PerParty};

/// A seeded weakness.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flaw {
    /// Every public coin is one: the coefficients of a check are known in advance.
    UnitCoin,
    /// Commitments do not say whose they are.
    OwnerlessCommitments,
    /// Nobody commits: values are shown at once, and the last to speak has seen all others.
    NoCommitments,
    /// All zero shares are zero: an opening shows how the value was shared.
    NoZeroShares,
}

/// Foundations with a weakness, otherwise as they are.
pub struct Flawed<T>(pub T, pub Option<Flaw>);

impl<T: Foundations> Foundations for Flawed<T> {
    fn coin<'a>(&'a self, s: &'a mut Session, domain: Domain, len: usize) -> Local<'a, Coins> {
        match self.1 {
            Some(Flaw::UnitCoin) => Box::pin(async move { Ok(Coins::Values(vec![1; len])) }),
            _ => self.0.coin(s, domain, len),
        }
    }
    fn commit_open<'a>(&'a self, s: &'a mut Session, meta: Meta, mine: Bytes) -> Local<'a, PerParty<Bytes>> {
        match self.1 {
            Some(Flaw::OwnerlessCommitments) => Box::pin(ownerless(s, meta, mine)),
            Some(Flaw::NoCommitments) => Box::pin(plain(s, meta, mine)),
            _ => self.0.commit_open(s, meta, mine),
        }
    }
    fn broadcast<'a>(
        &'a self,
        s: &'a mut Session,
        meta: &'a PerParty<Meta>,
        mine: Bytes,
    ) -> Local<'a, PerParty<Bytes>> {
        self.0.broadcast(s, meta, mine)
    }
    fn zero<'a>(&'a self, s: &'a mut Session, domain: Domain, len: usize) -> Local<'a, Zeros> {
        match self.1 {
            Some(Flaw::NoZeroShares) => Box::pin(async move { Ok(Zeros::Values(vec![0; len])) }),
            _ => self.0.zero(s, domain, len),
        }
    }
    fn verdict(&self, check: &'static Check, ok: bool) -> bool {
        self.0.verdict(check, ok)
    }
}

/// Commit, then open, with a hash that does not contain the owner: another's commitment and opening can be repeated as
/// one's own.
async fn ownerless(s: &mut Session, meta: Meta, mine: Bytes) -> protocols::Result<PerParty<Bytes>> {
    let commitment = |s: &Session, m: &[u8], n: &Nonce| s.digest("scratch commitment without owner", &[m, &n.0]);
    let nonce = Nonce(s.tape().nonce()?);
    let commitments = s.exchange::<Digest>("commitment", &[commitment(s, &mine, &nonce)]).await?;
    for p in s.others() {
        s.send_encoded(p, meta, 0, mine.clone())?;
        s.send(p, "opening", &[nonce])?;
    }
    let mut opened = PerParty::from_fn(s.n(), |_| mine.clone());
    for p in s.others() {
        opened[p] = receive(s, p, meta, mine.len()).await?;
        let nonce = s.recv::<Nonce>(p, "opening", 1).await?;
        let matches = commitments[p][0] == commitment(s, &opened[p], &nonce[0]);
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

async fn receive(s: &mut Session, from: transport::PartyId, meta: Meta, bytes: usize) -> protocols::Result<Bytes> {
    Ok(s.recv_encoded(from, meta, 0, bytes).await?.unwrap_or_else(|| vec![0; bytes].into()))
}

//! Ideal twins: trusted programs that exist in the simulator only. A protocol that stands on them is run in its hybrid
//! model; the real functionalities pass the same checks in `tests/`.

mod hub;
pub mod ot;
pub mod streams;
pub mod supply;

use bytes::Bytes;
use protocols::foundations::{Coins, Domain, Local, ZeroSeed, Zeros};
use protocols::{Foundations, Session};
use spec::Check;
use transport::{Kind, Meta, PartyId, PerParty};

pub use hub::Hub;

/// How a party takes the outcome of its own checks.
#[derive(Clone, Copy)]
pub enum Verdicts {
    /// As it is: an honest party.
    Honest,
    /// A puppet carries on whatever its own checks say.
    Puppet,
    /// An honest party with exactly this check switched off: the control of an attack.
    Without(&'static Check),
}

impl Verdicts {
    /// The outcome this party acts on.
    #[must_use]
    pub fn of(self, check: &'static Check, ok: bool) -> bool {
        match self {
            Self::Honest => ok,
            Self::Puppet => true,
            Self::Without(off) => ok || off == check,
        }
    }
}

/// A party's side of the ideal coin, commitment, broadcast and zero sharing of [`Hub`].
pub struct Ideal {
    /// How it takes the outcome of its own checks.
    pub verdicts: Verdicts,
    /// Whether it is bound to open when everyone is committed. An honest party always does, so it says so when it commits
    /// and spares itself a round; a corrupt one decides when it has seen what the others opened. It opens even if the
    /// party was told of an abort in between, so a coalition that aborts before it commits sees more here than of the
    /// shipped commitment: attacks may look stronger than they are, never weaker.
    pub opens: bool,
}

/// Foundations of any kind with other verdicts: real protocols run by a puppet, or with one check switched off.
pub struct With<T>(pub T, pub Verdicts);

const fn request(name: &'static str, len: usize) -> Meta {
    Meta { name, kind: Kind::Ideal, field: "", len, width: 1 }
}

fn ask(s: &mut Session, name: &'static str, op: hub::Op, parts: &[&[u8]]) -> protocols::Result<()> {
    let mut body = Vec::with_capacity(1 + parts.iter().map(|part| part.len()).sum::<usize>());
    body.push(op as u8);
    parts.iter().for_each(|part| body.extend_from_slice(part));
    s.send_encoded(PartyId::IDEAL, request(name, 0), 0, body.into())
}

async fn answer(s: &mut Session, from: PartyId, name: &'static str, bytes: usize) -> protocols::Result<Bytes> {
    Ok(s.recv_encoded(from, request(name, 0), 0, bytes).await?.unwrap_or_else(|| vec![0; bytes].into()))
}

fn order_and_len(domain: Domain, len: usize) -> [u8; 12] {
    let mut v = [0; 12];
    v[..8].copy_from_slice(&domain.small_order.unwrap_or(0).to_le_bytes());
    v[8..].copy_from_slice(&(len as u32).to_le_bytes());
    v
}

fn values(body: &Bytes) -> Vec<u64> {
    body.iter().map(|b| u64::from(*b)).collect()
}

impl Foundations for Ideal {
    fn coin<'a>(&'a self, s: &'a mut Session, domain: Domain, len: usize) -> Local<'a, Coins> {
        Box::pin(async move {
            ask(s, "coin", hub::Op::Coin, &[&order_and_len(domain, len)])?;
            let bytes = if domain.small_order.is_some() { len } else { 32 };
            let body = answer(s, PartyId::IDEAL, "coin", bytes).await?;
            Ok(match domain.small_order {
                Some(_) => Coins::Values(values(&body)),
                None => Coins::Seed(body[..].try_into().unwrap_or([0; 32])),
            })
        })
    }
    fn commit_open<'a>(&'a self, s: &'a mut Session, _: Meta, mut mine: Bytes) -> Local<'a, PerParty<Bytes>> {
        Box::pin(async move {
            if self.opens {
                let tag = s.tag(&request("open", 0), 0).to_le_bytes();
                ask(s, "commit", hub::Op::CommitAndOpen, &[&tag, &mine])?;
            } else {
                ask(s, "commit", hub::Op::Commit, &[&mine])?;
                answer(s, PartyId::IDEAL, "commit", 0).await?;
                ask(s, "open", hub::Op::Open, &[])?;
            }
            let bytes = mine.len();
            let mut all = Vec::with_capacity(s.n());
            for p in s.parties().iter() {
                all.push(if p == s.me() { std::mem::take(&mut mine) } else { answer(s, p, "open", bytes).await? });
            }
            Ok(PerParty::from_vec(all))
        })
    }
    fn broadcast<'a>(
        &'a self,
        s: &'a mut Session,
        meta: &'a PerParty<Meta>,
        mine: Bytes,
    ) -> Local<'a, PerParty<Bytes>> {
        Box::pin(async move {
            if meta[s.me()].len > 0 {
                ask(s, "broadcast", hub::Op::Broadcast, &[&mine])?;
            }
            let mut all = Vec::with_capacity(s.n());
            for (p, m) in meta.iter() {
                all.push(match (p == s.me(), m.len) {
                    (true, _) => mine.clone(),
                    (_, 0) => Bytes::new(),
                    _ => answer(s, p, "broadcast", m.len * m.width as usize).await?,
                });
            }
            Ok(PerParty::from_vec(all))
        })
    }
    fn zero<'a>(&'a self, s: &'a mut Session, domain: Domain, len: usize) -> Local<'a, Zeros> {
        Box::pin(async move {
            ask(s, "zero", hub::Op::Zero, &[&order_and_len(domain, len)])?;
            if domain.small_order.is_some() {
                return Ok(Zeros::Values(values(&answer(s, PartyId::IDEAL, "zero", len).await?)));
            }
            let body = answer(s, PartyId::IDEAL, "zero", 32 * s.n()).await?;
            let me = s.me();
            let seed = |p: PartyId| body[32 * p.index()..][..32].try_into().unwrap_or([0; 32]);
            Ok(Zeros::Seeds(s.others().map(|p| (me < p, ZeroSeed(seed(p)))).collect()))
        })
    }
    fn verdict(&self, check: &'static Check, ok: bool) -> bool {
        self.verdicts.of(check, ok)
    }
}

impl<T: Foundations> Foundations for With<T> {
    fn coin<'a>(&'a self, s: &'a mut Session, domain: Domain, len: usize) -> Local<'a, Coins> {
        self.0.coin(s, domain, len)
    }
    fn commit_open<'a>(&'a self, s: &'a mut Session, meta: Meta, mine: Bytes) -> Local<'a, PerParty<Bytes>> {
        self.0.commit_open(s, meta, mine)
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
        self.0.zero(s, domain, len)
    }
    fn verdict(&self, check: &'static Check, ok: bool) -> bool {
        self.1.of(check, self.0.verdict(check, ok))
    }
}

//! What every protocol stands on: coin, commitment, broadcast and zero shares, behind one seam.
//!
//! [`Real`] runs the protocols of this crate. Their ideal twins live in the `adversary` crate and exist in the simulator
//! only, so no release binary contains them; real and ideal pass the same checks in `tests/`.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use bytes::Bytes;
use field::Field;
use spec::Check;
use transport::{Meta, Net, PerParty};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::message::{Digest, Nonce};
use crate::prg::Prg;
use crate::{Error, Result, Session, SessionId, Tape, broadcast, coin, commit, zero};

/// A future of this thread.
pub type Local<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

/// Which elements a coin or a zero sharing is made of.
#[derive(Clone, Copy, Debug)]
pub struct Domain {
    /// The field's name.
    pub field: &'static str,
    /// Its order if it can be enumerated.
    pub small_order: Option<u64>,
}

impl Domain {
    /// The elements of a field.
    #[must_use]
    pub fn of<F: Field>() -> Self {
        Self { field: F::NAME, small_order: F::SMALL_ORDER }
    }
}

/// Public randomness.
#[derive(Clone, Debug)]
pub enum Coins {
    /// A seed to expand.
    Seed([u8; 32]),
    /// The elements themselves, from an ideal coin over an enumerable field.
    Values(Vec<u64>),
}

impl Coins {
    /// The first `n` elements.
    #[must_use]
    pub fn elements<F: Field>(&self, n: usize) -> Vec<F> {
        match self {
            Self::Seed(seed) => Prg::wide(seed).elements(n),
            Self::Values(v) => v.iter().map(|v| F::from_u64(*v)).collect(),
        }
    }
}

/// One party's part of a sharing of zeros.
pub enum Zeros {
    /// A pair-wise seed and whether its expansion is added or subtracted.
    Seeds(Vec<(bool, ZeroSeed)>),
    /// The shares themselves, from an ideal functionality over an enumerable field.
    Values(Vec<u64>),
}

/// A seed that two parties share.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ZeroSeed(pub [u8; 32]);

impl Zeros {
    /// The first `n` shares.
    #[must_use]
    pub fn elements<F: Field>(&self, n: usize) -> Vec<F> {
        match self {
            Self::Seeds(seeds) => {
                let mut sum = vec![F::ZERO; n];
                for (add, seed) in seeds {
                    let stream = Zeroizing::new(Prg::wide(&seed.0).elements::<F>(n));
                    if *add { F::add_slices(&mut sum, &stream) } else { F::sub_slices(&mut sum, &stream) }
                }
                sum
            }
            Self::Values(v) => v.iter().map(|v| F::from_u64(*v)).collect(),
        }
    }
}

/// Coin, commitment, broadcast and zero shares.
///
/// Anyone can write some, and foundations can say yes to every check. A session on others than [`Real`] therefore has a
/// constructor of its own, [`Session::on_untrusted_foundations`].
pub trait Foundations {
    /// Public coins for `len` elements.
    fn coin<'a>(&'a self, s: &'a mut Session, domain: Domain, len: usize) -> Local<'a, Coins>;
    /// Everyone commits to a message of this type, then everyone opens. In party order, own message included.
    fn commit_open<'a>(&'a self, s: &'a mut Session, meta: Meta, mine: Bytes) -> Local<'a, PerParty<Bytes>>;
    /// Everyone tells everyone a message and all agree on what was said. In party order, own message included.
    fn broadcast<'a>(&'a self, s: &'a mut Session, meta: &'a PerParty<Meta>, mine: Bytes)
    -> Local<'a, PerParty<Bytes>>;
    /// A fresh sharing of `len` zeros.
    fn zero<'a>(&'a self, s: &'a mut Session, domain: Domain, len: usize) -> Local<'a, Zeros>;
    /// The outcome of a check of this party. Always `ok` in production; the adversary's puppets carry on after their own
    /// failed checks, and a control of an attack switches exactly one check of the honest parties off.
    fn verdict(&self, check: &'static Check, ok: bool) -> bool {
        let _ = check;
        ok
    }
}

/// The protocols of this crate.
pub struct Real {
    /// `None` before the setup.
    pairs: Option<PerParty<ZeroSeed>>,
}

impl Real {
    /// Agrees on one zero-sharing seed with every other party (`spec/protocols/05-zero-sharing.md`, Step 1). `s` is a
    /// session without foundations yet: see [`Real::bootstrap`].
    pub async fn setup(s: &mut Session) -> Result<Self> {
        let mut s = s.step("zero_setup");
        let pairs = zero::agree(&mut s).await?;
        Ok(Self { pairs: Some(pairs) })
    }
    /// Foundations that can do everything but share zeros, which they refuse: enough to run [`Real::setup`].
    #[must_use]
    pub fn bootstrap() -> Self {
        Self { pairs: None }
    }
}

impl Foundations for Real {
    fn coin<'a>(&'a self, s: &'a mut Session, _: Domain, _: usize) -> Local<'a, Coins> {
        Box::pin(async move { Ok(Coins::Seed(coin::toss(s).await?.0)) })
    }
    fn commit_open<'a>(&'a self, s: &'a mut Session, meta: Meta, mine: Bytes) -> Local<'a, PerParty<Bytes>> {
        Box::pin(commit::commit_open(s, meta, mine))
    }
    fn broadcast<'a>(
        &'a self,
        s: &'a mut Session,
        meta: &'a PerParty<Meta>,
        mine: Bytes,
    ) -> Local<'a, PerParty<Bytes>> {
        Box::pin(broadcast::broadcast(s, meta, mine))
    }
    fn zero<'a>(&'a self, s: &'a mut Session, _: Domain, _: usize) -> Local<'a, Zeros> {
        // Seeds that everybody knows would hide nothing, and the sharings would still sum to zero.
        let seeds = self.pairs.as_ref().map(|pairs| zero::seeds(s, pairs));
        let missing = || Error::Local("these foundations have no seeds for zero shares: run their setup".into());
        Box::pin(async move { seeds.map(Zeros::Seeds).ok_or_else(missing) })
    }
}

impl Session {
    /// A session on real foundations with randomness from the operating system: what every program of a party starts
    /// with. All parties must give the same `id` and nobody may ever use it again.
    pub async fn start(net: Rc<dyn Net>, id: SessionId) -> Result<Self> {
        let tape = Tape::from_os()?;
        let bare = |id| Self::new(net.clone(), id, Rc::new(Real::bootstrap()), tape.clone());
        bare(SessionId::NONE).same_session(id).await?;
        let real = Real::setup(&mut bare(id)).await?;
        Ok(Self::new(net, id, Rc::new(real), tape))
    }
    /// Step 1.2: compares session ids before anything is tagged with them. A party that told two others different nonces
    /// would otherwise make them accuse each other.
    async fn same_session(mut self, id: SessionId) -> Result<()> {
        let mut s = self.step("same_session");
        let all = s.exchange("session_id", &[Digest(id.0)]).await?;
        match all.values().flatten().find(|theirs| theirs.0 != id.0) {
            None => Ok(()),
            Some(theirs) => {
                let (ours, theirs) = (id.hex(), SessionId(theirs.0).hex());
                // No abort frame: it would overtake the ids by which the others find out themselves.
                Err(Error::Config { ours: format!("session {ours}"), theirs: format!("session {theirs}") })
            }
        }
    }
}

/// The hash of 32-byte nonces of all parties: a joint seed.
#[must_use]
pub fn joint_seed(s: &Session, nonces: &PerParty<Vec<Nonce>>) -> Nonce {
    let parts: Vec<&[u8]> = nonces.values().flat_map(|v| v.iter().map(|n| n.0.as_slice())).collect();
    Nonce(s.digest("quorate 2026 coin v1", &parts).0)
}

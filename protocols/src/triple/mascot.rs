//! # MASCOT: authenticated triples from oblivious transfer
//! Functionality: F_prep · Protocol: MASCOT (ePrint 2016/505) Π_Triple · Spec: `spec/protocols/10-mascot-triple.md`
//! Level: A3C2, selective abort, for fields of 128 bits or more
//! Bytes per triple, peer and direction: 65,280 (Fr) or 16,384 (F128) and the transfers
//! Soundness: `triple.sacrifice` on top of `auth.consistency` and the transfers' own checks
//!
//! The order of coins is what the security rests on: all products received → coefficients of the combinations →
//! everything authenticated and checked → challenge of the sacrifice → ρ opened → coefficients of the MAC check.

use field::PrimeField;
use transport::PerParty;
use zeroize::{Zeroize, Zeroizing};

use super::multiply::{RAW, Raw, combine, multiply};
use super::sacrifice::{Partners, sacrifice};
use crate::ot::{Active, ForMeasurement, RandomOt};
use crate::share::Authenticator;
use crate::{Clear, MacKey, Masks, Memory, Result, Session, Shared, Triples};

/// Triples authenticated and sacrificed together.
const BATCH: usize = 1024;
/// Transfers made at a time: bounds memory to about 100 bytes of field elements each.
const TRANSFERS: usize = 1 << 14;
/// Single elements authenticated at a time.
const ELEMENTS: usize = 5 * BATCH;

/// Preprocessing of one session under one MAC key.
///
/// Transfers that are secure only while everybody follows the protocol do not fit under it, nor do fields below 128
/// bits, where lies in transfers would tell what triples are:
///
/// ```
/// # use quorate_protocols as protocols;
/// use protocols::ot::{Active, RandomOt};
/// # use protocols::{Mascot, Result, Session};
/// async fn preprocess<O: RandomOt<Security = Active>>(s: &mut Session) -> Result<Mascot<field::F128, O>> {
///     Mascot::setup(s).await
/// }
/// ```
/// ```compile_fail,E0271
/// # use quorate_protocols as protocols;
/// use protocols::ot::{Passive, RandomOt};
/// # use protocols::{Mascot, Result, Session};
/// async fn preprocess<O: RandomOt<Security = Passive>>(s: &mut Session) -> Result<Mascot<field::F128, O>> {
///     Mascot::setup(s).await
/// }
/// ```
pub struct Mascot<F: PrimeField, O: RandomOt> {
    auth: Authenticator<F, O::Stream>,
    ot: O,
}

impl<F: PrimeField, O: RandomOt> std::fmt::Debug for Mascot<F, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mascot<{}>", F::NAME)
    }
}

impl<F: PrimeField, O: RandomOt<Security = Active>> Mascot<F, O> {
    const LARGE_ENOUGH: () = assert!(F::BITS >= 128, "MASCOT with three raw factors needs a field of 128 bits");

    /// Draws this party's share of the MAC key and sets up transfers with everyone. When it returns, every party is
    /// bound to one key share (check `init.alpha`).
    pub async fn setup(s: &mut Session) -> Result<Self> {
        const { Self::LARGE_ENOUGH };
        Self::any_field(s).await
    }
    /// [`Mascot::setup`] over any field, for counting what cheats achieve over tiny ones. Not for use: over a small
    /// field triples leak. Only the transfers of a simulator fit.
    pub async fn setup_for_measurement(s: &mut Session) -> Result<Self>
    where
        O: ForMeasurement,
    {
        Self::any_field(s).await
    }
    async fn any_field(s: &mut Session) -> Result<Self> {
        let mut s = s.step("mascot_setup");
        let auth = Authenticator::setup::<O>(&mut s).await?;
        let ot = O::setup(&mut s).await?;
        Ok(Self { auth, ot })
    }

    /// `n` multiplication triples, checked.
    pub async fn triples(&mut self, s: &mut Session, n: usize) -> Result<Triples<F>> {
        self.auth.key.usable()?;
        let mut all = Triples::default();
        for at in (0..n).step_by(BATCH) {
            let some = self.batch(&mut s.step("triples"), BATCH.min(n - at)).await;
            let some = self.or_wipe(s, some)?;
            all.a.extend(some.a);
            all.b.extend(some.b);
            all.c.extend(some.c);
        }
        Ok(all)
    }
    /// The key of a session that has died serves no other.
    fn or_wipe<T>(&mut self, s: &Session, outcome: Result<T>) -> Result<T> {
        if s.alive().is_err() {
            self.auth.key.zeroize();
        }
        outcome
    }
    async fn batch(&mut self, s: &mut Session, n: usize) -> Result<Triples<F>> {
        // Step 1: raw products, some transfers at a time.
        let at_once = (TRANSFERS / (RAW * F::BITS)).max(1);
        let mut raw = Raw { a: Vec::with_capacity(RAW * n), b: Vec::with_capacity(n), c: Vec::with_capacity(RAW * n) };
        for at in (0..n).step_by(at_once) {
            let some = multiply::<F, O, RAW>(s, &mut self.ot, at_once.min(n - at)).await?;
            raw.a.extend_from_slice(&some.a);
            raw.b.extend_from_slice(&some.b);
            raw.c.extend_from_slice(&some.c);
        }
        // Step 2: combine, now that all products are received.
        let shares = combine(s, raw).await?;
        // Step 3: authenticate all five values; its check has passed when this returns.
        let all = self.auth.authenticate_sum(s, &shares).await?;
        let [a, b, c, partner_a, partner_c] = [0, 1, 2, 3, 4].map(|k| all.slice(k * n..(k + 1) * n));
        let partners = Partners { a: partner_a, c: partner_c };
        // Step 4: sacrifice.
        sacrifice(s, &mut self.auth.key, Triples { a, b, c }, partners).await
    }

    /// Step 5.2: `counts[p]` input masks of every party `p`, which knows their values.
    pub async fn masks(&mut self, s: &mut Session, counts: &PerParty<usize>) -> Result<PerParty<Masks<F>>> {
        self.auth.key.usable()?;
        let (me, n) = (s.me(), s.n());
        let most = counts.values().copied().max().unwrap_or(0);
        let mut masks = PerParty::from_fn(n, |p| Masks {
            shared: Shared::default(),
            clear: (p == me).then(|| Clear(Vec::with_capacity(counts[p]))),
        });
        for at in (0..most).step_by(ELEMENTS) {
            let mut s = s.step("masks");
            let lens = PerParty::from_fn(n, |p| ELEMENTS.min(counts[p].saturating_sub(at)));
            let mine = Zeroizing::new(s.tape().elements(lens[me])?);
            let parts = self.auth.authenticate(&mut s, &mine, &lens).await;
            let parts = self.or_wipe(&s, parts)?;
            for (p, part) in s.parties().iter().zip(parts.into_vec()) {
                masks[p].shared.extend(part);
            }
            if let Some(clear) = &mut masks[me].clear {
                clear.0.extend_from_slice(&mine);
            }
        }
        Ok(masks)
    }

    /// Step 5.1: `n` random values that nobody knows.
    pub async fn randoms(&mut self, s: &mut Session, n: usize) -> Result<Shared<F>> {
        self.auth.key.usable()?;
        let mut all = Shared::default();
        for at in (0..n).step_by(ELEMENTS) {
            let mut s = s.step("randoms");
            let mine = Zeroizing::new(s.tape().elements(ELEMENTS.min(n - at))?);
            let sum = self.auth.authenticate_sum(&mut s, &mine).await;
            all.extend(self.or_wipe(&s, sum)?);
        }
        Ok(all)
    }

    /// Triples and input masks of every party, to be computed with in this process: what is to be kept goes into a
    /// [`ledger`](crate::ledger).
    pub async fn supply(&mut self, s: &mut Session, triples: usize, masks: &PerParty<usize>) -> Result<Memory<F>> {
        let mut supply = Memory::default();
        supply.add_triples(self.triples(s, triples).await?);
        let all = self.masks(s, masks).await?.into_vec();
        s.parties().iter().zip(all).for_each(|(p, m)| supply.add_masks(p, m));
        Ok(supply)
    }
    /// The MAC key of this preprocessing.
    pub fn key(&mut self) -> &mut MacKey<F> {
        &mut self.auth.key
    }
    /// The MAC key, when no more preprocessing is needed.
    #[must_use]
    pub fn into_key(self) -> MacKey<F> {
        self.auth.key
    }
}

//! # Authentication: everyone's values get MACs under a key that nobody knows
//! Functionality: F_[[·]] · Protocol: MASCOT (ePrint 2016/505) Π_[[·]] · Spec: `spec/protocols/09-authentication.md`
//! Level: A3C2, selective abort · Rounds: 6 (u, coin 2, y, σ 2), one more for three or more parties
//! Bytes: `⌈log₂ p⌉` elements per value, peer and direction · Soundness: (2p−1)/p²
//!
//! No value share is sent: the owner's share is the value, everyone else's is zero. That is safe because every opening
//! adds a fresh zero share when there are three or more parties ([`super::open`]).

use field::PrimeField;
use spec::{Bound, Check};
use transport::PerParty;
use zeroize::Zeroizing;

use super::{MacKey, Opened, Shared, open};
use crate::ot::{ForMeasurement, RandomOt, SeedStream};
use crate::vole::Copee;
use crate::{Result, Session, wiped};

/// Every owner authenticated one vector, the same towards all key holders. A lie towards single bits of a key passes if
/// they are guessed (`spec/protocols/08-copee.md`), which spoils no MAC and tells no more than the guess.
pub const AUTH_CONSISTENCY: Check = Check {
    id: "auth.consistency",
    tests: "each owner used one vector towards all key holders, but for lies about key bits that it guessed",
    bound: Bound::MacCheck,
    dies: "the session, its MAC key, base transfers and everything authenticated",
};
/// Every party is bound to one key share.
pub const INIT_ALPHA: Check = Check {
    id: "init.alpha",
    tests: "each party uses one share of the MAC key towards all owners",
    bound: Bound::MacCheck,
    dies: "the session, its MAC key and base transfers",
};

/// The MAC key with what it takes to authenticate under it. [`Mascot`](crate::Mascot) has one inside; one on its own is
/// for counting what authentication alone shows and lets pass.
pub struct Authenticator<F: PrimeField, S> {
    pub(crate) key: MacKey<F>,
    copee: Copee<F, S>,
}

impl<F: PrimeField, S> std::fmt::Debug for Authenticator<F, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Authenticator<{}>", F::NAME)
    }
}

impl<F: PrimeField, S: SeedStream> Authenticator<F, S> {
    /// Step 1: a key, base transfers, and the check that everyone is bound to one key share.
    pub(crate) async fn setup<O: RandomOt<Stream = S>>(s: &mut Session) -> Result<Self> {
        let mut s = s.step("init");
        let mut this = Self::unchecked::<O>(&mut s).await?;
        // Step 1.3: a random sum opened under fresh zero shares: a party with two key shares fails here, where nothing
        // secret depends on it, and not later as an oracle on inputs.
        let u = Zeroizing::new(s.tape().elements(1)?);
        let a = this.authenticate_sum(&mut s, &u).await?;
        let opened = open(&mut s, &this.key, "alpha", &a).await?;
        let mut list = Opened::default();
        list.record(&opened, &a.mac);
        this.key.check(&mut s, list, &INIT_ALPHA).await?;
        Ok(this)
    }
    /// Steps 1.1 and 1.2 only, for counting step 2 alone over tiny fields. Not for use: nothing has shown that a party has
    /// one key share towards everyone. Only the transfers of a simulator fit.
    pub async fn setup_for_measurement<O>(s: &mut Session) -> Result<Self>
    where
        O: RandomOt<Stream = S> + ForMeasurement,
    {
        Self::unchecked::<O>(&mut s.step("init")).await
    }
    async fn unchecked<O: RandomOt<Stream = S>>(s: &mut Session) -> Result<Self> {
        // Step 1.1: a key share of my own.
        let alpha = Zeroizing::new(s.tape().element::<F>()?);
        // Step 1.2: its bits are the choices of the base transfers with everyone.
        let copee = Copee::setup::<O>(s, *alpha).await?;
        Ok(Self { key: MacKey::from_share(*alpha), copee })
    }

    /// Step 2: `[[x_j]]` for the vector of every party j: `x` of this one, `lens[j]` elements of j.
    pub async fn authenticate(
        &mut self,
        s: &mut Session,
        x: &[F],
        lens: &PerParty<usize>,
    ) -> Result<PerParty<Shared<F>>> {
        let mut s = s.step("authenticate");
        let (me, n, alpha) = (s.me(), s.n(), self.key.share());
        // Step 2.1: a random mask in front of every vector.
        let mut masked = Zeroizing::new(s.tape().elements::<F>(1)?);
        wiped::append(&mut masked, x);
        let lens = PerParty::from_fn(n, |p| lens[p] + 1);
        // Step 2.2: products with everyone's key.
        let residues = Zeroizing::new(masked.iter().map(|x| x.to_residue()).collect::<Vec<_>>());
        let products = self.copee.multiply(&mut s, &residues, &lens).await?;
        // Step 2.3: MAC shares.
        let mut macs = PerParty::from_fn(n, |p| products.q[p].clone());
        macs[me] = Zeroizing::new(masked.iter().zip(&products.t).map(|(x, t)| alpha * *x + *t).collect());
        // Step 2.4: coefficients, tossed after all products.
        let longest = lens.values().copied().max().unwrap_or(1);
        let r = coefficients(s.challenge::<F>(longest - 1).await?);
        // Step 2.5: everyone tells its combination, and all hear the same.
        let y = F::dot(&r[..masked.len()], &masked);
        let y: Vec<F> = s.broadcast("y", &[y]).await?.into_vec().into_iter().flatten().collect();
        // Steps 2.6 and 2.7: the MAC of every owner's combination, one sum each.
        let combined: Zeroizing<Vec<F>> = macs.values().map(|m| F::dot(&r[..m.len()], m)).collect::<Vec<_>>().into();
        self.key.verify(&mut s, &y, &combined, &AUTH_CONSISTENCY).await?;
        // Step 2.8: the masks are dropped.
        Ok(PerParty::from_fn(n, |p| {
            let value = if p == me { x.to_vec() } else { vec![F::ZERO; lens[p] - 1] };
            Shared::of(value, macs[p][1..].to_vec(), self.key.under())
        }))
    }

    /// The MAC key.
    pub fn key(&mut self) -> &mut MacKey<F> {
        &mut self.key
    }
    /// The sum of everyone's vectors, all as long as this one.
    pub(crate) async fn authenticate_sum(&mut self, s: &mut Session, x: &[F]) -> Result<Shared<F>> {
        let parts = self.authenticate(s, x, &PerParty::from_fn(s.n(), |_| x.len())).await?.into_vec();
        let zeros = || vec![F::ZERO; x.len()];
        let mut sum = Shared::of(zeros(), zeros(), self.key.under());
        for part in parts {
            F::add_slices(&mut sum.value, &part.value);
            F::add_slices(&mut sum.mac, &part.mac);
        }
        Ok(sum)
    }
}

/// The mask's coefficient is 1, or with probability 1/p it would be no mask; the others are tossed.
fn coefficients<F: PrimeField>(tossed: Vec<F>) -> Vec<F> {
    std::iter::once(F::ONE).chain(tossed).collect()
}

#[cfg(test)]
mod tests {
    use field::{F2, F3, F5, F128, Field, Kernels};

    use super::*;
    use crate::ot::SoftSpoken;
    use crate::testing::{Passing, run_on_real};

    /// Value and MAC shares of vectors.
    type Parts = Vec<(Vec<F128>, Vec<F128>)>;

    /// Vectors of different lengths, one of them empty: everyone's values under the sum of all keys.
    #[test]
    fn values_of_every_owner_are_authenticated() {
        fn of(p: transport::PartyId) -> Vec<F128> {
            (0..[2, 0, 3][p.index()]).map(|k| F128::from_u64(10 * p.index() as u64 + k + 1)).collect()
        }
        for n in [2, 3] {
            let ends = run_on_real(n, 1, &mut Passing, move |mut s| async move {
                let mut auth = Authenticator::<F128, _>::setup::<SoftSpoken>(&mut s).await?;
                let lens = PerParty::from_fn(n, |p| of(p).len());
                let me = s.me();
                let all = auth.authenticate(&mut s, &of(me), &lens).await?;
                let sum = auth.authenticate_sum(&mut s, &[F128::from_u64(me.index() as u64 + 1)]).await?;
                let parts: Parts = all.into_vec().into_iter().chain([sum]).map(Shared::into_parts).collect();
                Ok((auth.key.share(), parts))
            });
            let ends: Vec<_> = ends.into_iter().map(Result::unwrap).collect();
            let sum = |of: &dyn Fn(&(F128, Parts)) -> Vec<F128>| {
                let all = ends.iter().map(of);
                all.reduce(|mut sum, x| {
                    assert_eq!(sum.len(), x.len());
                    F128::add_slices(&mut sum, &x);
                    sum
                })
                .unwrap()
            };
            let alpha = sum(&|(alpha, _)| vec![*alpha])[0];
            for k in 0..=n {
                let right = if k < n { of(transport::PartyId::new(k)) } else { vec![F128::from_u64([0, 0, 3, 6][n])] };
                assert_eq!(sum(&|(_, parts)| parts[k].0.clone()), right);
                assert_eq!(sum(&|(_, parts)| parts[k].1.clone()), right.iter().map(|x| alpha * *x).collect::<Vec<_>>());
            }
        }
    }

    /// What everyone hears of an owner says nothing about its values: for all of them and all coins, every `y` comes from
    /// one mask.
    #[test]
    fn the_combination_that_is_told_is_uniform() {
        fn over<F: PrimeField>() {
            let p = F::SMALL_ORDER.unwrap_or(0);
            let pairs = || (0..p * p).map(|k| vec![F::from_u64(k / p), F::from_u64(k % p)]);
            for (tossed, values) in pairs().flat_map(|tossed| pairs().map(move |values| (tossed.clone(), values))) {
                let r = coefficients(tossed);
                let told = |mask: u64| F::dot(&r, &[&[F::from_u64(mask)], &values[..]].concat());
                for y in (0..p).map(F::from_u64) {
                    assert_eq!((0..p).filter(|mask| told(*mask) == y).count(), 1, "{}", F::NAME);
                }
            }
        }
        over::<F2>();
        over::<F3>();
        over::<F5>();
    }
}

//! # MAC check: every opened value carries the MAC of the shared value
//! Functionality: part of F_online · Protocol: SPDZ (DPSZ12 §3.3, DKLPSS13 Fig. 10) · Spec: `spec/protocols/11-mac-check.md`
//! Level: A3C2, selective abort · Rounds: 4 (coin, commit, open) · Bytes: one element and 160 per peer, whatever the batch
//! Soundness: a wrong opening survives with (2p−1)/p², exactly

use field::Field;
use spec::{Bound, Check};
use transport::PartyId;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{Shared, Under, wipe};
use crate::{Blame, Error, Result, Session, wiped};

/// The values opened so far are the shared ones.
pub const MAC_CHECK: Check = Check {
    id: "mac.check",
    tests: "every value opened during the computation is the shared one",
    bound: Bound::MacCheck,
    dies: "the session, its MAC key and all its preprocessing",
};
/// The outputs are the shared values.
pub const MAC_OUTPUT: Check = Check {
    id: "mac.output",
    tests: "every output value is the shared one, before anyone uses it",
    bound: Bound::MacCheck,
    dies: "the session, its MAC key and all its preprocessing",
};

/// One party's share `α_i` of the MAC key.
///
/// Not `Clone`, and every check borrows it mutably: two interleaved checks under one key would leak it (ePrint 2025/789),
/// so they cannot be written. A check that does not pass uses the key up, whether it failed, lost a peer or was abandoned:
/// the peers may have seen this party's σ, which tells them the key. From then on every check under it fails, in any session.
///
/// A key exists once: a protocol that makes one gives it away whole, a ledger takes the key of what was written into it
/// and gives it out inside the segment that is in use.
pub struct MacKey<F: Field> {
    alpha: F,
    under: Under,
    /// What was opened under this key and not checked yet. It stays with the key: shares outlive the [`Online`] that
    /// computed them, and a wrong opening is in their values and MACs alike.
    ///
    /// [`Online`]: crate::Online
    pub(crate) opened: Opened<F>,
    used_up: bool,
}

impl<F: Field> Zeroize for MacKey<F> {
    /// Wipes the key and uses it up: a share that is merely zero would agree to any opening.
    fn zeroize(&mut self) {
        self.alpha.zeroize();
        self.opened.zeroize();
        self.used_up = true;
    }
}
impl<F: Field> Drop for MacKey<F> {
    fn drop(&mut self) {
        self.zeroize();
    }
}
impl<F: Field> ZeroizeOnDrop for MacKey<F> {}

impl<F: Field> std::fmt::Debug for MacKey<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MacKey")
    }
}

impl<F: Field> MacKey<F> {
    /// A new key: from a dealer, a ledger or the initialisation of the authentication protocol. Values of another key
    /// are refused, also of one with the same share.
    #[must_use]
    pub fn from_share(alpha: F) -> Self {
        Self { alpha, under: Under::new_key(), opened: Opened::default(), used_up: false }
    }
    /// Refuses if a check under this key did not pass.
    pub(crate) fn usable(&self) -> Result<()> {
        if self.used_up { Err(Error::Dead) } else { Ok(()) }
    }
    /// Refuses if the key cannot be put away: a check did not pass, or something opened was never checked.
    pub(crate) fn settled(&self) -> Result<()> {
        self.usable()?;
        match self.opened.len() {
            0 => Ok(()),
            k => Err(Error::Local(format!(
                "{k} values were opened under this MAC key and not checked: an output checks them"
            ))),
        }
    }
    /// What marks values under this key.
    pub(crate) fn under(&self) -> Under {
        self.under
    }
    /// Refuses values of another key.
    pub(crate) fn owns(&self, x: &Shared<F>) -> Result<()> {
        if self.under.and(x.under) == self.under {
            Ok(())
        } else {
            Err(Error::Local("values authenticated under another MAC key than the one in use".into()))
        }
    }
    /// The share, for the protocols of this crate that authenticate under it.
    pub(crate) fn share(&self) -> F {
        self.alpha
    }
    /// `[[x + k]]`: the first party adds the public `k` to its value share, every party `α_i·k` to its MAC share.
    #[must_use]
    pub fn add_public(&self, me: PartyId, mut x: Shared<F>, k: &[F]) -> Shared<F> {
        assert_eq!(k.len(), x.len(), "one constant per value");
        x.under = x.under.and(self.under);
        for (i, k) in k.iter().enumerate() {
            self.add_public_at(me, &mut x, i, *k);
        }
        x
    }
    /// The same for one value of a vector.
    pub(crate) fn add_public_at(&self, me: PartyId, x: &mut Shared<F>, at: usize, k: F) {
        if me.index() == 0 {
            x.value[at] += k;
        }
        x.mac[at] += self.alpha * k;
    }
    /// Checks everything in `opened` under fresh public coefficients. The list is final: it was filled by openings that
    /// have all been received, and the coin is tossed afterwards.
    pub(crate) async fn check(&mut self, s: &mut Session, opened: Opened<F>, check: &'static Check) -> Result<()> {
        if opened.values.is_empty() {
            s.alive()?;
            return s.verdict(check, !self.used_up, Blame::Unknown);
        }
        let mut s = s.step("mac_check");
        // Step 1: random coefficients, tossed after the openings. Without them the list is lost unchecked, and so the key.
        let used_up = std::mem::replace(&mut self.used_up, true);
        let r = s.challenge::<F>(opened.values.len()).await;
        let r = self.or_wipe(r)?;
        self.used_up = used_up;
        let x = F::dot(&r, &opened.values);
        let m = F::dot(&r, &opened.macs);
        self.verify(&mut s, &[x], &[m], check).await
    }
    /// Checks the MAC of every single one of these public values. What they combine is final, and so were the
    /// coefficients of the combination when it was made.
    pub(crate) async fn verify(
        &mut self,
        s: &mut Session,
        values: &[F],
        macs: &[F],
        check: &'static Check,
    ) -> Result<()> {
        // Step 2: σ_i = m_i − α_i·x, which sum to zero over the parties iff the MAC is that of the value.
        let sigma: Zeroizing<Vec<F>> =
            values.iter().zip(macs).map(|(x, m)| *m - self.alpha * *x).collect::<Vec<_>>().into();
        // Step 3: nobody shows a σ before everyone is bound to one. Until all are seen to be right, the key is used up.
        let used_up = std::mem::replace(&mut self.used_up, true);
        let sigmas = s.commit_open("sigma", &sigma).await;
        let sigmas = self.or_wipe(sigmas)?;
        // Step 4: every sum must vanish.
        let vanishes = |h: usize| {
            let mut sum = F::ZERO;
            sigmas.values().for_each(|v| sum += v[h]);
            sum == F::ZERO
        };
        let passes = !used_up && (0..values.len()).all(vanishes);
        let verdict = s.verdict(check, passes, Blame::Unknown);
        self.or_wipe(verdict)?;
        self.used_up = false;
        Ok(())
    }
    /// However a check ends that is not passed: its σ may have told the key, so nothing may be authenticated by it again.
    fn or_wipe<T>(&mut self, outcome: Result<T>) -> Result<T> {
        if outcome.is_err() {
            self.zeroize();
        }
        outcome
    }
}

/// Values opened since the last check, with this party's MAC shares of them.
#[derive(Default)]
pub struct Opened<F: Field> {
    pub(crate) values: Vec<F>,
    pub(crate) macs: Vec<F>,
}

impl<F: Field> Zeroize for Opened<F> {
    fn zeroize(&mut self) {
        wipe(&mut self.values);
        wipe(&mut self.macs);
    }
}
impl<F: Field> Drop for Opened<F> {
    fn drop(&mut self) {
        self.zeroize();
    }
}
impl<F: Field> ZeroizeOnDrop for Opened<F> {}

impl<F: Field> Opened<F> {
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }
    /// Room for `more` values, so that they are recorded without being moved.
    pub(crate) fn reserve(&mut self, more: usize) {
        wiped::reserve(&mut self.values, more);
        wiped::reserve(&mut self.macs, more);
    }
    pub(crate) fn record(&mut self, values: &[F], macs: &[F]) {
        wiped::append(&mut self.values, values);
        wiped::append(&mut self.macs, macs);
    }
    /// Records the openings of `x − a`, from the MAC shares of both.
    pub(crate) fn record_differences(&mut self, values: &[F], x: &[F], a: &[F]) {
        let start = self.macs.len();
        self.record(values, x);
        F::sub_slices(&mut self.macs[start..], a);
    }
}

#[cfg(test)]
mod tests {
    use field::{F128, Kernels};

    use super::*;

    #[test]
    fn a_wiped_key_is_gone_and_used_up() {
        let mut key = MacKey::from_share(F128::from_u64(7));
        assert_eq!((key.alpha, key.used_up, format!("{key:?}").as_str()), (F128::from_u64(7), false, "MacKey"));
        assert!(key.usable().is_ok() && key.settled().is_ok());
        key.opened.record(&[F128::ONE], &[F128::ONE]);
        assert!(key.usable().is_ok() && key.settled().is_err());
        key.zeroize();
        assert_eq!((key.alpha, key.used_up, key.opened.values.len(), key.opened.macs.len()), (F128::ZERO, true, 0, 0));
        assert!(key.usable().is_err() && key.settled().is_err());
    }
    /// Once to the value, at every party to the MAC.
    #[test]
    fn a_public_value_is_added_once() {
        let alphas = [3, 5, 6].map(F128::from_u64);
        let keys = alphas.map(MacKey::from_share);
        let constants = [7, 9].map(F128::from_u64);
        let (mut values, mut macs) = (vec![F128::ZERO; 2], vec![F128::ZERO; 2]);
        for (p, key) in keys.iter().enumerate() {
            let zero = Shared::from_parts(vec![F128::ZERO; 2], vec![F128::ZERO; 2]);
            let (value, mac) = key.add_public(PartyId::new(p), zero, &constants).into_parts();
            F128::add_slices(&mut values, &value);
            F128::add_slices(&mut macs, &mac);
        }
        assert_eq!(values, constants);
        assert_eq!(macs, constants.map(|k| F128::from_u64(14) * k));
    }
}

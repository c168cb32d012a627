//! The scalar field of BLS12-381: a 255-bit prime `r` with `2^32 | r − 1`.
//!
//! Elements are ark-ff's Montgomery residues (`v · 2^256 mod r`), so they convert for free. Inversion is ark's; what
//! touches secrets – sums, products, codec, sampling – is here, without branches on values, which ark has.

use core::ops::{Add, Mul, Neg, Sub};

use ark_bls12_381::Fr as Ark;
use ark_ff::{AdditiveGroup as _, BigInt, Field as _, PrimeField as _};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

use crate::fr_vec;
use crate::limbs::{self, Limbs};
use crate::ops::field_ops;
use crate::sampling::{fill_accepted, fill_steadily};
use crate::{Field, Fill, PrimeField, Residue};

/// An element of the BLS12-381 scalar field.
#[derive(Clone, Copy, Default, PartialEq, Eq, Zeroize)]
#[repr(transparent)]
pub struct Fr(pub(crate) Ark);

/// The canonical integer of an [`Fr`], little-endian limbs below `r`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Zeroize)]
#[repr(transparent)]
pub struct FrResidue(Limbs);

impl Fr {
    /// The element whose Montgomery residue these limbs are; the caller has checked that they are below `r`.
    #[inline]
    pub(crate) fn from_montgomery(limbs: Limbs) -> Self {
        Self(Ark::new_unchecked(BigInt(limbs)))
    }
    /// The element of a canonical integer: its Montgomery product with R² is its residue.
    #[inline]
    pub(crate) fn from_canonical(limbs: Limbs) -> Self {
        Self::from_montgomery(limbs::montgomery_mul(Ark::R2.0, limbs))
    }
    /// The Montgomery residue.
    #[inline]
    pub(crate) fn limbs(self) -> Limbs {
        self.0.0.0
    }
}

impl Add for Fr {
    type Output = Self;
    #[inline]
    fn add(self, o: Self) -> Self {
        Self::from_montgomery(limbs::add(self.limbs(), o.limbs()))
    }
}
impl Sub for Fr {
    type Output = Self;
    #[inline]
    fn sub(self, o: Self) -> Self {
        Self::from_montgomery(limbs::sub(self.limbs(), o.limbs()))
    }
}
impl Mul for Fr {
    type Output = Self;
    #[inline]
    fn mul(self, o: Self) -> Self {
        Self::from_montgomery(limbs::montgomery_mul(self.limbs(), o.limbs()))
    }
}
impl Neg for Fr {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}
impl ConstantTimeEq for Fr {
    fn ct_eq(&self, o: &Self) -> Choice {
        self.limbs()[..].ct_eq(&o.limbs()[..])
    }
}
field_ops!(Fr);

impl Field for Fr {
    const NAME: &'static str = "fr";
    const BITS: usize = 255;
    const BYTES: usize = 32;
    const SMALL_ORDER: Option<u64> = None;
    const ZERO: Self = Self(Ark::ZERO);
    const ONE: Self = Self(Ark::ONE);

    fn from_u64(v: u64) -> Self {
        Self(Ark::from(v))
    }
    fn invert(self) -> Option<Self> {
        self.0.inverse().map(Self)
    }
    fn write(self, out: &mut [u8]) {
        out.copy_from_slice(&to_bytes(self.to_limbs()));
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        Self::from_limbs(from_bytes(bytes.try_into().ok()?))
    }
    fn sample_slice(out: &mut [Self], fill: Fill<'_>) {
        fill_accepted(out, fill, |attempt: &[u8; 32]| {
            let limbs = without_surplus(from_bytes(attempt));
            (Self::from_montgomery(limbs), limbs::is_canonical(limbs))
        });
    }
    fn write_slice(items: &[Self], out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + items.len() * Self::BYTES, 0);
        fr_vec::encode(items, &mut out[start..]);
    }
    fn read_slice(bytes: &[u8]) -> Option<Vec<Self>> {
        let (encodings, rest) = bytes.as_chunks();
        let mut out = vec![Self::ZERO; encodings.len()];
        (rest.is_empty() && fr_vec::decode(encodings, &mut out)).then_some(out)
    }
}

impl PrimeField for Fr {
    const MODULUS: [u64; 4] = limbs::R;
    type Residue = FrResidue;

    fn to_residue(self) -> FrResidue {
        FrResidue(self.to_limbs())
    }
    fn from_residue(r: FrResidue) -> Self {
        Self::from_canonical(r.0)
    }
    fn to_limbs(self) -> [u64; 4] {
        self.0.into_bigint().0
    }
    fn from_limbs(limbs: [u64; 4]) -> Option<Self> {
        limbs::is_reduced(limbs).then(|| Self::from_residue(FrResidue(limbs)))
    }
}

impl Residue for FrResidue {
    const ZERO: Self = Self([0; 4]);
    #[inline]
    fn add(self, other: Self) -> Self {
        Self(limbs::add(self.0, other.0))
    }
    #[inline]
    fn sub(self, other: Self) -> Self {
        Self(limbs::sub(self.0, other.0))
    }
    #[inline]
    fn add_if(self, bit: bool, other: Self) -> Self {
        Self(limbs::add(self.0, limbs::mask(other.0, bit)))
    }
    #[inline]
    fn bit(self, i: usize) -> bool {
        self.0[i / 64] >> (i % 64) & 1 == 1
    }
    fn horner(terms: &[Self]) -> Self {
        Self(limbs::horner(terms.iter().map(|t| t.0)))
    }
    type Sum = limbs::Wide;
    #[inline]
    fn double_add(sum: &mut limbs::Wide, term: Self) {
        limbs::double_add(sum, term.0);
    }
    #[inline]
    fn add_to(sum: &mut limbs::Wide, bit: bool, term: Self) {
        limbs::add_to(sum, limbs::mask(term.0, bit));
    }
    #[inline]
    fn total(sum: limbs::Wide) -> Self {
        Self(limbs::reduce_wide(sum.0, sum.1))
    }
    #[inline]
    fn begin(self) -> limbs::Wide {
        (self.0, 0)
    }
    fn sample_slice(out: &mut [Self], fill: Fill<'_>) {
        fill_accepted(out, fill, |attempt| Self::attempt(from_bytes(attempt)));
    }
    fn sample_steadily(out: &mut [Self], fill: Fill<'_>) {
        fill_steadily(out, fill, |attempt| Self::attempt(from_bytes(attempt)));
    }
    #[inline]
    fn attempt(limbs: [u64; 4]) -> (Self, bool) {
        let limbs = without_surplus(limbs);
        (Self(limbs), limbs::is_canonical(limbs))
    }
    fn write_slice(items: &[Self], out: &mut Vec<u8>) {
        out.reserve(items.len() * 32);
        for item in items {
            out.extend_from_slice(&to_bytes(item.0));
        }
    }
    fn read_slice(bytes: &[u8], out: &mut [Self]) -> bool {
        let (encodings, rest) = bytes.as_chunks();
        let mut canonical = rest.is_empty() && encodings.len() == out.len();
        for (encoding, o) in encodings.iter().zip(out) {
            o.0 = from_bytes(encoding);
            canonical &= limbs::is_canonical(o.0);
        }
        canonical
    }
}

pub(crate) fn to_bytes(limbs: Limbs) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.as_chunks_mut().0.copy_from_slice(&limbs.map(u64::to_le_bytes));
    bytes
}

pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Limbs {
    let (words, _) = bytes.as_chunks::<8>();
    core::array::from_fn(|i| u64::from_le_bytes(words[i]))
}

/// An attempt's integer: its surplus high bit cleared.
fn without_surplus(mut limbs: Limbs) -> Limbs {
    limbs[3] &= u64::MAX >> 1;
    limbs
}

#[cfg(test)]
mod tests {
    use ark_bls12_381::FrConfig;
    use ark_ff::MontConfig;
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn horner_agrees_with_doubling() {
        let mut state = 1u64;
        let mut fill = |out: &mut [u8]| {
            for b in out {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                *b = (state >> 56) as u8;
            }
        };
        let mut terms = [FrResidue::ZERO; 255];
        Residue::sample_slice(&mut terms, &mut fill);
        // The largest residues are the worst case of the lazy sum.
        let (largest, _) = terms.split_at_mut(130);
        largest.fill(Fr::ZERO.to_residue().sub(Fr::ONE.to_residue()));
        for n in [0, 1, 59, 60, 61, 120, 121, 255] {
            let slow = terms[..n].iter().rev().fold(FrResidue::ZERO, |acc, t| acc.add(acc).add(*t));
            assert!(FrResidue::horner(&terms[..n]) == slow, "{n} terms");
        }
    }

    fn integer(x: Fr) -> BigUint {
        let mut bytes = Vec::new();
        Fr::write_slice(&[x], &mut bytes);
        BigUint::from_bytes_le(&bytes)
    }

    proptest! {
        #[test]
        fn arithmetic_agrees_with_integers_and_ark(bytes: [[u8; Fr::BYTES]; 2]) {
            let modulus = BigUint::from(FrConfig::MODULUS);
            let [a, b] = bytes.map(|mut b| {
                b[31] %= 0x73; // accepted at once
                Fr::sample(&mut |out| out.copy_from_slice(&b))
            });
            let (x, y) = (integer(a), integer(b));
            prop_assert!(x < modulus && x == BigUint::from(a.0.into_bigint()));
            prop_assert_eq!(integer(a + b), (&x + &y) % &modulus);
            prop_assert_eq!(integer(a - b), (&x + &modulus - &y) % &modulus);
            prop_assert_eq!(integer(a * b), &x * &y % &modulus);
            prop_assert_eq!(integer(-a), (&modulus - &x) % &modulus);
            prop_assert!((a + b).0 == a.0 + b.0 && (a - b).0 == a.0 - b.0 && (-a).0 == -a.0 && (a * b).0 == a.0 * b.0);
            if let Some(inverse) = a.invert() {
                prop_assert_eq!(integer(inverse) * &x % &modulus, BigUint::from(1u8));
            }
        }
    }
}

//! A 128-bit prime field for tasks that fit it: three to four times as fast as the 255-bit one.
//!
//! `p = 2^128 − 9·2^32 + 1` is the largest prime below 2^128 that is 1 mod 2^32 (so transforms up to length 2^32
//! exist): `2^128 − c·2^32 + 1` is divisible by a prime below 2^128 for every `c` from 1 to 8, which a test repeats.
//! Elements are Montgomery residues of ark-ff's generic backend, which inverts and converts; sums and products are here,
//! without branches on values.

use core::ops::{Add, Mul, Neg, Sub};

use ark_ff::{AdditiveGroup as _, BigInt, Field as _, Fp128, MontBackend, MontConfig, PrimeField as _};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

use crate::f128_vec;
use crate::limbs::ones_if;
use crate::ops::field_ops;
use crate::sampling::fill_accepted;
use crate::wide;
use crate::{Field, Fill, PrimeField, Residue};

/// The prime, and the generator 3 of its multiplicative group.
#[derive(MontConfig)]
#[modulus = "340282366920938463463374607393113505793"]
#[generator = "3"]
pub struct F128Config;

type Ark = Fp128<MontBackend<F128Config, 2>>;

/// The modulus `p`.
pub(crate) const P: u128 = 0xffff_ffff_ffff_ffff_ffff_fff7_0000_0001;
/// `2^256 mod p`, which takes integers to Montgomery residues.
#[cfg(target_arch = "x86_64")]
pub(crate) const R2: [u64; 2] = F128Config::R2.0;
/// `2^128 mod p`.
const C: u128 = P.wrapping_neg();

/// An element of the field of 2^128 − 9·2^32 + 1 elements.
#[derive(Clone, Copy, Default, PartialEq, Eq, Zeroize)]
#[repr(transparent)]
pub struct F128(Ark);

/// The canonical integer of an [`F128`].
#[derive(Clone, Copy, Default, PartialEq, Eq, Zeroize)]
#[repr(transparent)]
pub struct F128Residue(pub(crate) u128);

impl F128 {
    #[inline]
    pub(crate) fn from_montgomery(v: u128) -> Self {
        Self(Ark::new_unchecked(BigInt([v as u64, (v >> 64) as u64])))
    }
    #[inline]
    pub(crate) fn montgomery(self) -> u128 {
        join(self.limbs())
    }
    /// The Montgomery residue in limbs.
    #[inline]
    pub(crate) fn limbs(self) -> [u64; 2] {
        self.0.0.0
    }
}

#[inline]
fn join([low, high]: [u64; 2]) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

/// `v` if `bit`, else zero.
#[inline(always)]
fn mask(v: u128, bit: bool) -> u128 {
    let ones = ones_if(bit);
    v & join([ones, ones])
}

/// `a + b mod p` of reduced operands. A sum at or above 2^128 has lost exactly `2^128 = p + C`.
#[inline]
fn add(a: u128, b: u128) -> u128 {
    let (sum, carry) = a.overflowing_add(b);
    sum.wrapping_sub(mask(P, carry | (sum >= P)))
}

#[inline]
fn sub(a: u128, b: u128) -> u128 {
    let (d, borrow) = a.overflowing_sub(b);
    d.wrapping_add(mask(P, borrow))
}

impl Add for F128 {
    type Output = Self;
    #[inline]
    fn add(self, o: Self) -> Self {
        Self::from_montgomery(add(self.montgomery(), o.montgomery()))
    }
}
impl Sub for F128 {
    type Output = Self;
    #[inline]
    fn sub(self, o: Self) -> Self {
        Self::from_montgomery(sub(self.montgomery(), o.montgomery()))
    }
}
impl Mul for F128 {
    type Output = Self;
    #[inline]
    fn mul(self, o: Self) -> Self {
        let mut product = [0; 5];
        wide::add_product(&mut product, &self.limbs(), &o.limbs());
        f128_vec::reduce(product)
    }
}
impl Neg for F128 {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}
impl ConstantTimeEq for F128 {
    fn ct_eq(&self, o: &Self) -> Choice {
        self.montgomery().ct_eq(&o.montgomery())
    }
}
field_ops!(F128);

impl Field for F128 {
    const NAME: &'static str = "f128";
    const BITS: usize = 128;
    const BYTES: usize = 16;
    const SMALL_ORDER: Option<u64> = None;
    const ZERO: Self = Self(Ark::ZERO);
    const ONE: Self = Self(Ark::ONE);

    fn from_u64(v: u64) -> Self {
        Self::from_residue(F128Residue(u128::from(v)))
    }
    fn invert(self) -> Option<Self> {
        self.0.inverse().map(Self)
    }
    fn write(self, out: &mut [u8]) {
        out.copy_from_slice(&self.to_residue().0.to_le_bytes());
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        let v = u128::from_le_bytes(bytes.try_into().ok()?);
        (v < P).then(|| Self::from_residue(F128Residue(v)))
    }
    fn sample_slice(out: &mut [Self], fill: Fill<'_>) {
        fill_accepted(out, fill, |attempt| {
            let v = u128::from_le_bytes(*attempt);
            (Self::from_montgomery(v), v < P)
        });
    }
    fn write_slice(items: &[Self], out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + items.len() * Self::BYTES, 0);
        f128_vec::encode(items, &mut out[start..]);
    }
    fn read_slice(bytes: &[u8]) -> Option<Vec<Self>> {
        let (encodings, rest) = bytes.as_chunks();
        let mut out = vec![Self::ZERO; encodings.len()];
        (rest.is_empty() && f128_vec::decode(encodings, &mut out)).then_some(out)
    }
}

impl PrimeField for F128 {
    const MODULUS: [u64; 4] = [P as u64, (P >> 64) as u64, 0, 0];
    type Residue = F128Residue;

    fn to_residue(self) -> F128Residue {
        F128Residue(join(self.0.into_bigint().0))
    }
    fn from_residue(r: F128Residue) -> Self {
        // x·R mod p is the Montgomery product of x and R².
        Self::from_montgomery(r.0) * Self(Ark::new_unchecked(F128Config::R2))
    }
    fn to_limbs(self) -> [u64; 4] {
        let [low, high] = self.0.into_bigint().0;
        [low, high, 0, 0]
    }
    fn from_limbs(limbs: [u64; 4]) -> Option<Self> {
        match limbs {
            [low, high, 0, 0] if join([low, high]) < P => Some(Self::from_residue(F128Residue(join([low, high])))),
            _ => None,
        }
    }
}

impl Residue for F128Residue {
    const ZERO: Self = Self(0);
    #[inline]
    fn add(self, other: Self) -> Self {
        Self(add(self.0, other.0))
    }
    #[inline]
    fn sub(self, other: Self) -> Self {
        Self(sub(self.0, other.0))
    }
    #[inline]
    fn add_if(self, bit: bool, other: Self) -> Self {
        Self(add(self.0, mask(other.0, bit)))
    }
    #[inline]
    fn bit(self, i: usize) -> bool {
        self.0 >> i & 1 == 1
    }
    fn horner(terms: &[Self]) -> Self {
        // A third limb takes the overflow of 60 doublings; then its multiple of 2^128 ≡ C is folded back.
        let mut sum = (0u128, 0u64);
        for (i, t) in terms.iter().rev().enumerate() {
            if i % 60 == 0 {
                sum = (fold(sum.0, sum.1), 0);
            }
            Self::double_add(&mut sum, *t);
        }
        Self::total(sum)
    }
    type Sum = (u128, u64);
    #[inline]
    fn double_add((low, high): &mut (u128, u64), term: Self) {
        let top = (*low >> 127) as u64;
        let (sum, carry) = (*low << 1).overflowing_add(term.0);
        *low = sum;
        *high = (*high << 1 | top) + u64::from(carry);
    }
    #[inline]
    fn add_to((low, high): &mut (u128, u64), bit: bool, term: Self) {
        let (sum, carry) = low.overflowing_add(mask(term.0, bit));
        *low = sum;
        *high += u64::from(carry);
    }
    #[inline]
    fn total(sum: (u128, u64)) -> Self {
        Self(fold(sum.0, sum.1))
    }
    #[inline]
    fn begin(self) -> (u128, u64) {
        (self.0, 0)
    }
    fn sample_slice(out: &mut [Self], fill: Fill<'_>) {
        fill_accepted(out, fill, |attempt| {
            let v = u128::from_le_bytes(*attempt);
            (Self(v), v < P)
        });
    }
    #[inline]
    fn attempt([low, high, ..]: [u64; 4]) -> (Self, bool) {
        let v = join([low, high]);
        (Self(v), v < P)
    }
    fn write_slice(items: &[Self], out: &mut Vec<u8>) {
        out.reserve(items.len() * 16);
        for item in items {
            out.extend_from_slice(&item.0.to_le_bytes());
        }
    }
    fn read_slice(bytes: &[u8], out: &mut [Self]) -> bool {
        let (encodings, rest) = bytes.as_chunks();
        let mut canonical = rest.is_empty() && encodings.len() == out.len();
        for (encoding, o) in encodings.iter().zip(out) {
            o.0 = u128::from_le_bytes(*encoding);
            canonical &= o.0 < P;
        }
        canonical
    }
}

/// `low + 2^128·high mod p`: `high·C < 2^100` is itself reduced.
#[inline]
pub(crate) fn fold(low: u128, high: u64) -> u128 {
    add(low.wrapping_sub(mask(P, low >= P)), u128::from(high) * C)
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    /// Miller–Rabin with the first 24 primes as bases.
    fn is_prime(n: u128) -> bool {
        let (n, one) = (BigUint::from(n), BigUint::from(1u8));
        let minus_one = &n - &one;
        let twos = minus_one.trailing_zeros().unwrap_or(0);
        let odd = &minus_one >> twos;
        (2u32..90).filter(|b| (2..*b).all(|d| b % d != 0)).all(|base| {
            let mut x = BigUint::from(base).modpow(&odd, &n);
            let mut passed = x == one || x == minus_one;
            for _ in 1..twos {
                x = &x * &x % &n;
                passed |= x == minus_one;
            }
            passed
        })
    }

    #[test]
    fn the_prime_is_the_largest_of_its_kind() {
        assert!(is_prime(P));
        assert_eq!(P, u128::MAX - (9 << 32) + 2);
        for c in 1..9u128 {
            assert!(!is_prime(u128::MAX - (c << 32) + 2), "c = {c}");
        }
        assert_eq!(<F128 as PrimeField>::MODULUS[..2], Ark::MODULUS.0);
    }

    #[test]
    fn three_generates_the_multiplicative_group() {
        let factors = [2u64, 11, 167, 239, 853, 641_110_271, 329_982_387_703];
        let mut rest = P - 1;
        for q in factors {
            let exponent = (P - 1) / u128::from(q);
            assert_ne!(Ark::from(3u64).pow([exponent as u64, (exponent >> 64) as u64]), Ark::ONE);
            while rest.is_multiple_of(u128::from(q)) {
                rest /= u128::from(q);
            }
        }
        assert_eq!(rest, 1, "all prime factors of p − 1");
    }

    #[test]
    fn horner_agrees_with_doubling() {
        for n in [0, 1, 59, 60, 61, 128, 200] {
            let terms: Vec<_> = (0..n).map(|i| F128Residue(P - 1 - i * i * i)).collect();
            let slow = terms.iter().rev().fold(F128Residue::ZERO, |acc, t| acc.add(acc).add(*t));
            assert!(F128Residue::horner(&terms) == slow, "{n} terms");
        }
    }

    fn integer(x: F128) -> BigUint {
        let mut bytes = Vec::new();
        F128::write_slice(&[x], &mut bytes);
        BigUint::from_bytes_le(&bytes)
    }

    proptest! {
        #[test]
        fn arithmetic_agrees_with_integers_and_ark(bytes: [[u8; F128::BYTES]; 2]) {
            let modulus = BigUint::from(F128Config::MODULUS);
            let [a, b] = bytes.map(|mut b| {
                b[15] = b[15].min(0xfe); // accepted at once
                F128::sample(&mut |out| out.copy_from_slice(&b))
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

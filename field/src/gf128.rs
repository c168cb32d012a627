//! GF(2^128) = GF(2)[x] / (x^128 + x^7 + x^2 + x + 1), for the checks of oblivious transfer and of binary MACs.
//!
//! Bit `i` of an element is the coefficient of `x^i` (not the reflected order of GHASH). Products are carry-less
//! multiplications: by PCLMULQDQ where the processor has it, else by a portable routine that equals it bit for bit.
//! Both run in constant time.

use core::ops::{Add, Mul, Neg, Sub};

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

#[cfg(target_arch = "x86_64")]
use crate::gf128_x86 as x86;
use crate::ops::field_ops;
use crate::sampling::fill_accepted;
use crate::{Field, Fill, Kernels};

/// An element of GF(2^128).
#[derive(Clone, Copy, Default, PartialEq, Eq, Zeroize)]
#[repr(transparent)]
pub struct Gf128(u128);

impl From<u128> for Gf128 {
    /// The polynomial with these coefficients.
    #[inline]
    fn from(bits: u128) -> Self {
        Self(bits)
    }
}

impl From<Gf128> for u128 {
    /// The coefficients.
    #[inline]
    fn from(element: Gf128) -> u128 {
        element.0
    }
}

impl Add for Gf128 {
    type Output = Self;
    #[inline]
    #[allow(clippy::suspicious_arithmetic_impl)] // characteristic two
    fn add(self, o: Self) -> Self {
        Self(self.0 ^ o.0)
    }
}
impl Sub for Gf128 {
    type Output = Self;
    #[inline]
    #[allow(clippy::suspicious_arithmetic_impl)] // characteristic two
    fn sub(self, o: Self) -> Self {
        Self(self.0 ^ o.0)
    }
}
impl Neg for Gf128 {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        self
    }
}
impl Mul for Gf128 {
    type Output = Self;
    #[inline]
    fn mul(self, o: Self) -> Self {
        Self::dot(&[self], &[o])
    }
}
impl ConstantTimeEq for Gf128 {
    fn ct_eq(&self, o: &Self) -> Choice {
        self.0.ct_eq(&o.0)
    }
}
field_ops!(Gf128);

impl Field for Gf128 {
    const NAME: &'static str = "gf128";
    const BITS: usize = 128;
    const BYTES: usize = 16;
    const SMALL_ORDER: Option<u64> = None;
    const ZERO: Self = Self(0);
    const ONE: Self = Self(1);

    fn from_u64(v: u64) -> Self {
        Self(u128::from(v))
    }
    fn invert(self) -> Option<Self> {
        if self == Self::ZERO {
            return None;
        }
        // Fermat: the exponent 2^128 − 2 has ones at bits 1 to 127.
        let mut power = self;
        let mut product = Self::ONE;
        for _ in 1..128 {
            power *= power;
            product *= power;
        }
        Some(product)
    }
    fn write(self, out: &mut [u8]) {
        out.copy_from_slice(&self.0.to_le_bytes());
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|b| Self(u128::from_le_bytes(b)))
    }
    fn sample_slice(out: &mut [Self], fill: Fill<'_>) {
        fill_accepted(out, fill, |attempt| (Self(u128::from_le_bytes(*attempt)), true));
    }
}

impl Kernels for Gf128 {
    /// Adds the 256-bit products and reduces once.
    fn dot(a: &[Self], b: &[Self]) -> Self {
        assert_eq!(a.len(), b.len(), "dot of different lengths");
        #[cfg(target_arch = "x86_64")]
        if let Some(sum) = x86::dot(a, b) {
            return reduce(sum);
        }
        reduce(portable_dot(a, b))
    }
}

/// The sum of the 256-bit products as (low, high) halves.
fn portable_dot(a: &[Gf128], b: &[Gf128]) -> (u128, u128) {
    a.iter().zip(b).fold((0, 0), |sum, (x, y)| {
        let (low, high) = portable_product(x.0, y.0);
        (sum.0 ^ low, sum.1 ^ high)
    })
}

/// Carry-less 128 × 128 → 256 bits by one Karatsuba step.
fn portable_product(a: u128, b: u128) -> (u128, u128) {
    let ((a0, a1), (b0, b1)) = ((a as u64, (a >> 64) as u64), (b as u64, (b >> 64) as u64));
    let low = portable_clmul(a0, b0);
    let high = portable_clmul(a1, b1);
    let middle = portable_clmul(a0 ^ a1, b0 ^ b1) ^ low ^ high;
    (low ^ middle << 64, high ^ middle >> 64)
}

/// Carry-less 64 × 64 → 128 bits out of integer products of operands that keep every fifth bit only: a column of such a
/// product adds at most 13 ones, so nothing reaches the next column that is looked at.
fn portable_clmul(a: u64, b: u64) -> u128 {
    /// Bits 0, 5, 10, …, 125.
    const EVERY_FIFTH: u128 = 0x2108_4210_8421_0842_1084_2108_4210_8421;
    let column = |v: u64, i: usize| u128::from(v) & (EVERY_FIFTH << i);
    let mut product = 0;
    for i in 0..5 {
        let part = (0..5).fold(0, |sum, j| sum ^ (column(a, j) * column(b, (i + 5 - j) % 5)));
        product |= part & (EVERY_FIFTH << i);
    }
    product
}

/// The residue of `low + x^128·high`.
#[inline]
fn reduce((low, high): (u128, u128)) -> Gf128 {
    let spread = |h: u128| h ^ h << 1 ^ h << 2 ^ h << 7;
    let overflow = high >> 127 ^ high >> 126 ^ high >> 121;
    Gf128(low ^ spread(high) ^ spread(overflow))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Shift and add, one bit at a time.
    fn schoolbook(a: u128, b: u128) -> u128 {
        (0..128).rev().fold(0, |acc: u128, i| {
            let doubled = acc << 1 ^ if acc >> 127 == 1 { 0x87 } else { 0 };
            doubled ^ if b >> i & 1 == 1 { a } else { 0 }
        })
    }

    proptest! {
        #[test]
        fn products_agree(a: u128, b: u128) {
            prop_assert_eq!((Gf128(a) * Gf128(b)).0, schoolbook(a, b));
            prop_assert_eq!(reduce(portable_product(a, b)).0, schoolbook(a, b));
        }

        #[test]
        fn dots_agree(pairs in prop::collection::vec(any::<(u128, u128)>(), 0..40)) {
            let (a, b): (Vec<_>, Vec<_>) = pairs.into_iter().map(|(x, y)| (Gf128(x), Gf128(y))).unzip();
            let slow = a.iter().zip(&b).fold(0, |sum, (x, y)| sum ^ schoolbook(x.0, y.0));
            prop_assert_eq!(Gf128::dot(&a, &b).0, slow);
            prop_assert_eq!(reduce(portable_dot(&a, &b)).0, slow);
            #[cfg(target_arch = "x86_64")]
            for sum in x86::every_dot(&a, &b) {
                prop_assert_eq!(reduce(sum).0, slow);
            }
        }
    }

    #[test]
    fn extreme_operands() {
        let all = u128::MAX;
        for (a, b) in [(all, all), (all, 1), (1 << 127, 1 << 127), (1 << 127, 2), (0, all)] {
            assert_eq!((Gf128(a) * Gf128(b)).0, schoolbook(a, b));
            assert_eq!(reduce(portable_product(a, b)).0, schoolbook(a, b));
        }
    }
}

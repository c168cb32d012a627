//! Tiny prime fields: the protocols of the large fields, small enough that every coin can be enumerated.

use core::fmt;
use core::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

use crate::{Field, Fill, Kernels, PrimeField, Residue};

/// The field of integers mod the prime `P < 256`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Zeroize)]
pub struct Tiny<const P: u8>(u8);

/// GF(2) as a prime field.
pub type F2 = Tiny<2>;
/// Integers mod 3.
pub type F3 = Tiny<3>;
/// Integers mod 5.
pub type F5 = Tiny<5>;
/// Integers mod 7.
pub type F7 = Tiny<7>;
/// Integers mod 31.
pub type F31 = Tiny<31>;
/// Integers mod 251.
pub type F251 = Tiny<251>;

impl<const P: u8> Tiny<P> {
    /// The bits of an attempt that count.
    const MASK: u8 = ((1u16 << <Self as Field>::BITS) - 1) as u8;

    /// The integer in `[0, P)`. Public values only.
    pub fn value(self) -> u8 {
        self.0
    }
}

impl<const P: u8> fmt::Debug for Tiny<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAME)
    }
}

impl<const P: u8> Add for Tiny<P> {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        Self(((u16::from(self.0) + u16::from(o.0)) % u16::from(P)) as u8)
    }
}
impl<const P: u8> Sub for Tiny<P> {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        Self(((u16::from(self.0) + u16::from(P) - u16::from(o.0)) % u16::from(P)) as u8)
    }
}
impl<const P: u8> Mul for Tiny<P> {
    type Output = Self;
    fn mul(self, o: Self) -> Self {
        Self(((u16::from(self.0) * u16::from(o.0)) % u16::from(P)) as u8)
    }
}
impl<const P: u8> Neg for Tiny<P> {
    type Output = Self;
    fn neg(self) -> Self {
        Self((P - self.0) % P)
    }
}
impl<const P: u8> AddAssign for Tiny<P> {
    fn add_assign(&mut self, o: Self) {
        *self = *self + o;
    }
}
impl<const P: u8> SubAssign for Tiny<P> {
    fn sub_assign(&mut self, o: Self) {
        *self = *self - o;
    }
}
impl<const P: u8> MulAssign for Tiny<P> {
    fn mul_assign(&mut self, o: Self) {
        *self = *self * o;
    }
}
impl<const P: u8> ConstantTimeEq for Tiny<P> {
    fn ct_eq(&self, o: &Self) -> Choice {
        self.0.ct_eq(&o.0)
    }
}

impl<const P: u8> Kernels for Tiny<P> {}

impl<const P: u8> Field for Tiny<P> {
    const NAME: &'static str = match P {
        2 => "F2",
        3 => "F3",
        5 => "F5",
        7 => "F7",
        31 => "F31",
        251 => "F251",
        _ => panic!("no such tiny field"),
    };
    const BITS: usize = (u8::BITS - (P - 1).leading_zeros()) as usize;
    const BYTES: usize = 1;
    const SMALL_ORDER: Option<u64> = Some(P as u64);
    const ZERO: Self = Self(0);
    const ONE: Self = Self(1);

    fn from_u64(v: u64) -> Self {
        Self((v % u64::from(P)) as u8)
    }
    fn invert(self) -> Option<Self> {
        (1..P).map(Self).find(|x| *x * self == Self::ONE)
    }
    fn write(self, out: &mut [u8]) {
        out.copy_from_slice(&[self.0]);
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [v] if *v < P => Some(Self(*v)),
            _ => None,
        }
    }
    fn sample_slice(out: &mut [Self], fill: Fill<'_>) {
        let mut done = 0;
        while done < out.len() {
            let mut attempts = vec![0u8; out.len() - done];
            fill(&mut attempts);
            for a in attempts.iter().map(|a| a & Self::MASK).filter(|a| *a < P) {
                out[done] = Self(a);
                done += 1;
            }
            attempts.zeroize();
        }
    }
}

impl<const P: u8> PrimeField for Tiny<P> {
    const MODULUS: [u64; 4] = [P as u64, 0, 0, 0];
    type Residue = Self;
    fn to_residue(self) -> Self {
        self
    }
    fn from_residue(r: Self) -> Self {
        r
    }
    fn to_limbs(self) -> [u64; 4] {
        [u64::from(self.0), 0, 0, 0]
    }
    fn from_limbs(limbs: [u64; 4]) -> Option<Self> {
        match limbs {
            [v, 0, 0, 0] if v < u64::from(P) => Some(Self(v as u8)),
            _ => None,
        }
    }
}

impl<const P: u8> Residue for Tiny<P> {
    const ZERO: Self = Self(0);
    fn add(self, other: Self) -> Self {
        self + other
    }
    fn sub(self, other: Self) -> Self {
        self - other
    }
    fn add_if(self, bit: bool, other: Self) -> Self {
        self + Self(other.0 * u8::from(bit))
    }
    fn bit(self, i: usize) -> bool {
        self.0 >> i & 1 == 1
    }
    type Sum = Self;
    fn double_add(sum: &mut Self, term: Self) {
        *sum = *sum + *sum + term;
    }
    fn add_to(sum: &mut Self, bit: bool, term: Self) {
        *sum = Residue::add_if(*sum, bit, term);
    }
    fn total(sum: Self) -> Self {
        sum
    }
    fn begin(self) -> Self {
        self
    }
    fn horner(terms: &[Self]) -> Self {
        terms.iter().rev().fold(Self(0), |acc, t| acc + acc + *t)
    }
    fn sample_slice(out: &mut [Self], fill: Fill<'_>) {
        <Self as Field>::sample_slice(out, fill);
    }
    fn attempt(limbs: [u64; 4]) -> (Self, bool) {
        let v = limbs[0] as u8 & Self::MASK;
        (Self(v), v < P)
    }
    fn write_slice(items: &[Self], out: &mut Vec<u8>) {
        out.extend(items.iter().map(|i| i.0));
    }
    fn read_slice(bytes: &[u8], out: &mut [Self]) -> bool {
        bytes.len() == out.len()
            && bytes.iter().zip(out).all(|(b, o)| {
                *o = Self(*b);
                *b < P
            })
    }
}

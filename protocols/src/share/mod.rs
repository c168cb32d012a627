//! Authenticated shares: `x = Σ x_i` with the MAC `α·x = Σ m_i` under a key `α = Σ α_i` that nobody knows.

mod authenticate;
mod mac;
mod open;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use field::Field;
use zeroize::{Zeroize, ZeroizeOnDrop};

pub use authenticate::{AUTH_CONSISTENCY, Authenticator, INIT_ALPHA};
pub use mac::{MAC_CHECK, MAC_OUTPUT, MacKey, Opened};
pub(crate) use open::open;

use crate::wiped;

/// Under which key of this process values are authenticated. Local bookkeeping that never travels: it finds programs
/// that mix values of two keys before anything is opened, where the MAC check would find them afterwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Under {
    /// No values yet, or a dealer's, who says under which key they are.
    #[default]
    Any,
    /// The key of this number.
    Key(u64),
    /// Values of different keys were combined.
    Mixed,
}

impl Under {
    /// A key that did not exist before.
    fn new_key() -> Self {
        static KEYS: AtomicU64 = AtomicU64::new(0);
        Self::Key(KEYS.fetch_add(1, Ordering::Relaxed))
    }
    /// Of a combination of values under both.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any, one) | (one, Self::Any) => one,
            (a, b) if a == b => a,
            _ => Self::Mixed,
        }
    }
}

/// One party's shares of a vector of secret values, `[[x]]`: value shares and MAC shares. A scalar has length 1.
///
/// Linear operations are local and written as operators; multiplication talks and is a method of
/// [`Online`](crate::Online). Shares have no accessor, no `Clone`, no `==`: the only way out is an output. Values of
/// different MAC keys can be combined but not used: multiplications and outputs refuse them.
#[derive(Default)]
pub struct Shared<F: Field> {
    pub(crate) value: Vec<F>,
    pub(crate) mac: Vec<F>,
    pub(crate) under: Under,
}

impl<F: Field> Zeroize for Shared<F> {
    fn zeroize(&mut self) {
        wipe(&mut self.value);
        wipe(&mut self.mac);
    }
}
impl<F: Field> Drop for Shared<F> {
    fn drop(&mut self) {
        self.zeroize();
    }
}
impl<F: Field> ZeroizeOnDrop for Shared<F> {}

/// Zeroizes a vector; most that are dropped have been moved out of and hold nothing, which need not be overwritten.
fn wipe<F: Field>(v: &mut Vec<F>) {
    if v.capacity() > 0 {
        v.zeroize();
    }
}

impl<F: Field> std::fmt::Debug for Shared<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shared<{}>", F::NAME)
    }
}

impl<F: Field> Shared<F> {
    /// From a dealer, who knows under which key these values are: they count as values of whatever key they meet first.
    /// For simulators and measurements. Panics if the lengths differ.
    #[must_use]
    pub fn from_parts(value: Vec<F>, mac: Vec<F>) -> Self {
        Self::of(value, mac, Under::Any)
    }
    /// The two vectors, no longer tied to a key, not wiped when they drop: for simulators that put the shares of all
    /// parties together.
    #[must_use]
    pub fn into_parts(mut self) -> (Vec<F>, Vec<F>) {
        (std::mem::take(&mut self.value), std::mem::take(&mut self.mac))
    }
    /// Values under this key. Panics if the lengths differ.
    pub(crate) fn of(value: Vec<F>, mac: Vec<F>, under: Under) -> Self {
        assert_eq!(value.len(), mac.len(), "one MAC share per value share");
        Self { value, mac, under }
    }
    /// The same operation on value and MAC shares.
    fn map(&self, f: impl Fn(&[F]) -> Vec<F>) -> Self {
        Self { value: f(&self.value), mac: f(&self.mac), under: self.under }
    }
    /// How many values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.value.len()
    }
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.value.is_empty()
    }
    /// `Σ_k c_k · x_k` as one value. Panics if the lengths differ.
    #[must_use]
    pub fn linear_combination(&self, coefficients: &[F]) -> Self {
        self.map(|v| vec![F::dot(coefficients, v)])
    }
    /// The sum of all values as one value.
    #[must_use]
    pub fn sum(&self) -> Self {
        self.map(|v| {
            let mut sum = F::ZERO;
            v.iter().for_each(|x| sum += *x);
            vec![sum]
        })
    }
    /// Every value times the same public constant.
    #[must_use]
    pub fn scale(&self, k: F) -> Self {
        self.map(|v| v.iter().map(|x| *x * k).collect())
    }
    /// Value by value times public constants. Panics if the lengths differ.
    #[must_use]
    pub fn scale_each(&self, k: &[F]) -> Self {
        assert_eq!(k.len(), self.len(), "one constant per value");
        self.map(|v| v.iter().zip(k).map(|(x, k)| *x * *k).collect())
    }
    /// The values at `range`, as shares of their own.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        self.map(|v| v[range.clone()].to_vec())
    }
    /// The values at these places, in this order; a place may occur more than once. Panics if one does not exist.
    #[must_use]
    pub fn gather(&self, places: &[usize]) -> Self {
        self.map(|v| places.iter().map(|i| v[*i]).collect())
    }
    /// All values of all vectors, in order.
    #[must_use]
    pub fn concat(xs: &[&Self]) -> Self {
        let len = xs.iter().map(|x| x.len()).sum();
        let mut all = Self { value: Vec::with_capacity(len), mac: Vec::with_capacity(len), under: Under::Any };
        xs.iter().for_each(|x| all.append(x));
        all
    }
    /// Appends other values.
    pub fn extend(&mut self, mut other: Self) {
        if self.is_empty() && self.value.capacity() < other.len() {
            other.under = self.under.and(other.under);
            std::mem::swap(self, &mut other);
        } else {
            self.append(&other);
        }
    }
    fn append(&mut self, other: &Self) {
        self.under = self.under.and(other.under);
        wiped::append(&mut self.value, &other.value);
        wiped::append(&mut self.mac, &other.mac);
    }
    /// Removes and returns the first `n` values. Panics if there are fewer.
    #[must_use]
    pub fn take_front(&mut self, n: usize) -> Self {
        let front = self.slice(0..n);
        *self = self.slice(n..self.len());
        front
    }
    fn zip(&self, other: &Self, f: impl Fn(F, F) -> F) -> Self {
        assert_eq!(self.len(), other.len(), "vectors of different lengths");
        let both = |a: &[F], b: &[F]| a.iter().zip(b).map(|(x, y)| f(*x, *y)).collect();
        let (value, mac) = (both(&self.value, &other.value), both(&self.mac, &other.mac));
        Self { value, mac, under: self.under.and(other.under) }
    }
}

impl<F: Field> std::ops::Add for &Shared<F> {
    type Output = Shared<F>;
    fn add(self, other: Self) -> Shared<F> {
        self.zip(other, |x, y| x + y)
    }
}
impl<F: Field> std::ops::Sub for &Shared<F> {
    type Output = Shared<F>;
    fn sub(self, other: Self) -> Shared<F> {
        self.zip(other, |x, y| x - y)
    }
}
impl<F: Field> std::ops::Neg for &Shared<F> {
    type Output = Shared<F>;
    fn neg(self) -> Shared<F> {
        self.scale(-F::ONE)
    }
}

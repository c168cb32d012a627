//! Authenticated shares: `x = Σ x_i` with the MAC `α·x = Σ m_i` under a key `α = Σ α_i` that nobody knows.

mod authenticate;
mod mac;
mod open;

use field::Field;
use zeroize::{Zeroize, ZeroizeOnDrop};

pub(crate) use authenticate::Authenticator;
pub use authenticate::{AUTH_CONSISTENCY, INIT_ALPHA};
pub use mac::{MAC_CHECK, MAC_OUTPUT, MacKey, Opened};
pub(crate) use open::open;

/// One party's shares of a vector of secret values, `[[x]]`: value shares and MAC shares. A scalar has length 1.
///
/// Linear operations are local and written as operators; multiplication talks and is a method of
/// [`Online`](crate::Online). Shares have no accessor, no `Clone`, no `==`: the only way out is an output.
#[derive(Zeroize, ZeroizeOnDrop, Default)]
pub struct Shared<F: Field> {
    pub(crate) value: Vec<F>,
    pub(crate) mac: Vec<F>,
}

impl<F: Field> std::fmt::Debug for Shared<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shared<{}>", F::NAME)
    }
}

impl<F: Field> Shared<F> {
    /// From a dealer, a ledger or a preprocessing protocol. Panics if the lengths differ.
    #[must_use]
    pub fn from_parts(value: Vec<F>, mac: Vec<F>) -> Self {
        assert_eq!(value.len(), mac.len(), "one MAC share per value share");
        Self { value, mac }
    }
    /// The two vectors, for a ledger that stores them.
    #[must_use]
    pub fn into_parts(mut self) -> (Vec<F>, Vec<F>) {
        (std::mem::take(&mut self.value), std::mem::take(&mut self.mac))
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
        Self { value: vec![F::dot(coefficients, &self.value)], mac: vec![F::dot(coefficients, &self.mac)] }
    }
    /// The sum of all values as one value.
    #[must_use]
    pub fn sum(&self) -> Self {
        let add = |v: &[F]| {
            v.iter().fold(F::ZERO, |mut sum, x| {
                sum += *x;
                sum
            })
        };
        Self { value: vec![add(&self.value)], mac: vec![add(&self.mac)] }
    }
    /// Every value times the same public constant.
    #[must_use]
    pub fn scale(&self, k: F) -> Self {
        let times = |v: &[F]| v.iter().map(|x| *x * k).collect();
        Self { value: times(&self.value), mac: times(&self.mac) }
    }
    /// Value by value times public constants. Panics if the lengths differ.
    #[must_use]
    pub fn scale_each(&self, k: &[F]) -> Self {
        assert_eq!(k.len(), self.len(), "one constant per value");
        let times = |v: &[F]| v.iter().zip(k).map(|(x, k)| *x * *k).collect();
        Self { value: times(&self.value), mac: times(&self.mac) }
    }
    /// The values at `range`, as shares of their own.
    #[must_use]
    pub fn slice(&self, range: std::ops::Range<usize>) -> Self {
        Self { value: self.value[range.clone()].to_vec(), mac: self.mac[range].to_vec() }
    }
    /// The values at these places, in this order; a place may occur more than once. Panics if one does not exist.
    #[must_use]
    pub fn gather(&self, places: &[usize]) -> Self {
        let pick = |v: &[F]| places.iter().map(|i| v[*i]).collect();
        Self { value: pick(&self.value), mac: pick(&self.mac) }
    }
    /// All values of all vectors, in order.
    #[must_use]
    pub fn concat(xs: &[&Self]) -> Self {
        let all = |part: fn(&Self) -> &[F]| xs.iter().flat_map(|x| part(x).iter().copied()).collect();
        Self { value: all(|x| &x.value), mac: all(|x| &x.mac) }
    }
    /// Appends other values.
    pub fn extend(&mut self, mut other: Self) {
        self.value.append(&mut other.value);
        self.mac.append(&mut other.mac);
    }
    /// Removes and returns the first `n` values. Panics if there are fewer.
    #[must_use]
    pub fn take_front(&mut self, n: usize) -> Self {
        let rest = (self.value.split_off(n), self.mac.split_off(n));
        let (value, mac) = (std::mem::replace(&mut self.value, rest.0), std::mem::replace(&mut self.mac, rest.1));
        Self { value, mac }
    }
    fn zip(&self, other: &Self, f: impl Fn(F, F) -> F) -> Self {
        assert_eq!(self.len(), other.len(), "vectors of different lengths");
        let both = |a: &[F], b: &[F]| a.iter().zip(b).map(|(x, y)| f(*x, *y)).collect();
        Self { value: both(&self.value, &other.value), mac: both(&self.mac, &other.mac) }
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

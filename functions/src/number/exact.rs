//! Results: exact fractions until they are printed.

use std::fmt;

use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive};

use super::{pow10, round_half_even};

/// An exact result: a fraction, printed with as many digits as asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exact(pub(super) BigRational);

impl Exact {
    /// `value / 2^fraction_bits`.
    #[must_use]
    pub fn scaled(value: BigInt, fraction_bits: u32) -> Self {
        Self(BigRational::new(value, BigInt::one() << fraction_bits))
    }
    /// `self / divisor`. Panics if the divisor is zero: divisors are lengths of columns, known before anything runs.
    #[must_use]
    pub fn divided_by(&self, divisor: &BigUint) -> Self {
        Self(&self.0 / BigInt::from(divisor.clone()))
    }
    /// The nearest double.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        self.0.to_f64().unwrap_or(f64::NAN)
    }
    /// Whether `digits` digits after the point show the number exactly.
    #[must_use]
    pub fn is_exact_with(&self, digits: u32) -> bool {
        pow10(digits).is_multiple_of(self.0.denom())
    }
    /// The number with `digits` digits after the point, ties to even.
    #[must_use]
    pub fn to_decimal(&self, digits: u32) -> String {
        let rounded = round_half_even(&(self.0.numer() * pow10(digits)), self.0.denom());
        let sign = if rounded.sign() == Sign::Minus { "-" } else { "" };
        let (whole, part) = rounded.magnitude().div_rem(pow10(digits).magnitude());
        if digits == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part:0>w$}", w = digits as usize) }
    }
    /// The fraction itself.
    #[must_use]
    pub fn as_ratio(&self) -> &BigRational {
        &self.0
    }
}

impl fmt::Display for Exact {
    /// An integer without a point, everything else with ten digits or the precision of the format.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(if self.0.is_integer() { 0 } else { 10 });
        f.write_str(&self.to_decimal(digits as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_print_exactly() {
        let third = Exact::scaled(BigInt::from(-2), 0).divided_by(&BigUint::from(3u8));
        assert_eq!((third.to_string().as_str(), third.to_decimal(3).as_str()), ("-0.6666666667", "-0.667"));
        assert_eq!(Exact::scaled(BigInt::from(-5), 1).to_decimal(0), "-2");
        assert_eq!(Exact::scaled(BigInt::from(-1), 20).to_decimal(2), "0.00");
        assert_eq!(Exact::scaled(BigInt::from(12), 2).to_string(), "3");
        let eighth = Exact::scaled(BigInt::from(5), 3);
        assert!(eighth.is_exact_with(3) && !eighth.is_exact_with(2) && !third.is_exact_with(30));
        assert!((third.to_f64() + 2.0 / 3.0).abs() < 1e-15);
    }
}

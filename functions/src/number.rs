//! Numbers people write, numbers fields hold, and the way back.
//!
//! A decimal is read exactly from its text, scaled by `2^f` (`f` fraction bits) and rounded half to even: the only
//! rounding in the whole path, at most half of `2^-f`. The scaled integer `v` is the field element `v mod p`; an element
//! above `(p-1)/2` reads as negative. Results are exact fractions until they are printed.

use std::cmp::Ordering;
use std::fmt;

use field::PrimeField;
use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use thiserror::Error;
use zeroize::Zeroize;

/// Fraction bits beyond this are refused: scaled inputs stay far inside `i128`.
pub const MAX_FRACTION_BITS: u32 = 64;
/// Scaled inputs are below `2^MAX_INPUT_BITS` in magnitude.
pub const MAX_INPUT_BITS: u32 = 120;
/// The longest text read as a number, in bytes.
pub const MAX_TEXT: usize = 64;

/// Significant digits a decimal may have (`10^36 < 2^120`), zeros in front not counted.
const MAX_DIGITS: u32 = 36;

/// Why a text is no number, or a number none of the wanted kind. Never contains the text: it may be secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NumberError {
    /// Nothing, or blanks only.
    #[error("no value")]
    Missing,
    /// A character that no number has at this place, counted from 1.
    #[error("not a number: unexpected character at position {0}")]
    Character(usize),
    /// A comma where a point is expected.
    #[error("not a number: comma at position {0}; write decimals with a point and no thousands separators")]
    Comma(usize),
    /// A sign, point or exponent without digits.
    #[error("not a number: digits expected")]
    NoDigits,
    /// More digits than can be kept exactly.
    #[error("more than {MAX_DIGITS} significant digits")]
    TooLong,
    /// A fraction where an integer is expected.
    #[error("not an integer")]
    Fraction,
    /// Larger than any scaled input may be.
    #[error("too large: |value| × 2^{0} must be below 2^{MAX_INPUT_BITS}")]
    TooLarge(u32),
}

/// A decimal number exactly as written: `mantissa / 10^places`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Zeroize)]
pub struct Decimal {
    /// All digits as one signed integer, `|mantissa| < 10^36`, no zero at the end if there are places.
    mantissa: i128,
    /// Digits after the point, at most 36.
    places: u32,
}

impl Decimal {
    /// Reads `[+-]digits[.digits][e[+-]digits]`; blanks around it are ignored, zeros at the end of the fraction are
    /// dropped. No detour through floating point.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NumberError::Missing);
        }
        if text.len() > MAX_TEXT {
            return Err(NumberError::TooLong);
        }
        let bytes = text.as_bytes();
        let mut at = 0;
        let negative = bytes[0] == b'-';
        if matches!(bytes[0], b'-' | b'+') {
            at = 1;
        }
        let (mut mantissa, mut places, mut digits, mut point) = (0i128, 0i64, 0usize, false);
        while let Some(b) = bytes.get(at) {
            match b {
                b'0'..=b'9' => {
                    mantissa = push_digit(mantissa, i128::from(b - b'0'))?;
                    digits += 1;
                    places += i64::from(point);
                }
                b'.' if !point => point = true,
                b'e' | b'E' if digits > 0 => {
                    places -= parse_exponent(&bytes[at + 1..], at + 1)?;
                    break;
                }
                b',' => return Err(NumberError::Comma(at + 1)),
                // Only ASCII has been read up to here, so the byte position is the character position.
                _ => return Err(NumberError::Character(at + 1)),
            }
            at += 1;
        }
        if digits == 0 {
            return Err(NumberError::NoDigits);
        }
        while places > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            places -= 1;
        }
        while places < 0 && mantissa != 0 {
            mantissa = push_digit(mantissa, 0)?;
            places += 1;
        }
        let places = u32::try_from(places.max(0)).map_err(|_| NumberError::TooLong)?;
        if places > MAX_DIGITS {
            return Err(NumberError::TooLong);
        }
        Ok(Self { mantissa: if negative { -mantissa } else { mantissa }, places })
    }

    /// The integer nearest to `self · 2^fraction_bits`, ties to even.
    pub fn to_fixed(self, fraction_bits: u32) -> Result<i128, NumberError> {
        let too_large = NumberError::TooLarge(fraction_bits);
        if fraction_bits > MAX_FRACTION_BITS {
            return Err(too_large);
        }
        let scaled = BigInt::from(self.mantissa) << fraction_bits;
        let value = round_half_even(&scaled, &pow10(self.places));
        if value.bits() > u64::from(MAX_INPUT_BITS) {
            return Err(too_large);
        }
        value.to_i128().ok_or(too_large)
    }

    /// The value as an integer; [`NumberError::Fraction`] if it is none (`3.0` is one).
    pub fn to_integer(self) -> Result<i128, NumberError> {
        if self.places > 0 { Err(NumberError::Fraction) } else { Ok(self.mantissa) }
    }

    /// `self · 10^places` as an integer, `None` if that is no integer.
    #[must_use]
    pub fn mantissa_at(self, places: u32) -> Option<BigInt> {
        Some(BigInt::from(self.mantissa) * pow10(places.checked_sub(self.places)?))
    }
}

impl fmt::Debug for Decimal {
    /// The type only: columns of decimals are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decimal")
    }
}

impl fmt::Display for Decimal {
    /// The number itself, for public ones such as the ends of a range.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Exact(BigRational::new(self.mantissa.into(), pow10(self.places))).to_decimal(self.places))
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let scaled = |x: &Self, y: &Self| BigInt::from(x.mantissa) * pow10(y.places);
        scaled(self, other).cmp(&scaled(other, self))
    }
}

impl From<i64> for Decimal {
    fn from(v: i64) -> Self {
        Self { mantissa: i128::from(v), places: 0 }
    }
}

fn push_digit(mantissa: i128, digit: i128) -> Result<i128, NumberError> {
    let next = mantissa * 10 + digit;
    if next >= 10i128.pow(MAX_DIGITS) { Err(NumberError::TooLong) } else { Ok(next) }
}

/// The exponent after `e`; `offset` is where it starts in the text.
fn parse_exponent(bytes: &[u8], offset: usize) -> Result<i64, NumberError> {
    let (sign, digits, offset) = match bytes.split_first() {
        Some((b'-', rest)) => (-1, rest, offset + 1),
        Some((b'+', rest)) => (1, rest, offset + 1),
        _ => (1, bytes, offset),
    };
    if digits.is_empty() {
        return Err(NumberError::NoDigits);
    }
    let mut value = 0i64;
    for (i, b) in digits.iter().enumerate() {
        if !b.is_ascii_digit() {
            return Err(NumberError::Character(offset + i + 1));
        }
        value = value * 10 + i64::from(b - b'0');
        if value > MAX_TEXT as i64 {
            return Err(NumberError::TooLong);
        }
    }
    Ok(sign * value)
}

fn pow10(places: u32) -> BigInt {
    BigInt::from(10u8).pow(places)
}

/// The integer nearest to `numerator / denominator` (positive), ties to even.
fn round_half_even(numerator: &BigInt, denominator: &BigInt) -> BigInt {
    let (quotient, remainder) = numerator.div_mod_floor(denominator);
    match (remainder << 1u32).cmp(denominator) {
        Ordering::Less => quotient,
        Ordering::Equal if quotient.is_even() => quotient,
        _ => quotient + 1,
    }
}

/// `numbers` centred on their mean and divided by their standard deviation (of the population: divisor `n`), scaled by
/// `2^fraction_bits` and rounded to nearest. Exact until that rounding: `z = (n·x − Σx) / √(n·Σx² − (Σx)²)` in integers.
///
/// `None` if all numbers are equal (or there are none). No result exceeds [`standard_bound`].
#[must_use]
pub fn standardise(numbers: &[Decimal], fraction_bits: u32) -> Option<Vec<i128>> {
    let places = numbers.iter().map(|d| d.places).max()?;
    let scaled: Vec<BigInt> = numbers.iter().map(|d| d.mantissa_at(places)).collect::<Option<_>>()?;
    let n = BigInt::from(scaled.len());
    let sum: BigInt = scaled.iter().sum();
    let squares: BigInt = scaled.iter().map(|x| x * x).sum();
    let spread = (&n * squares - &sum * &sum).to_biguint().filter(|s| !s.is_zero())?;
    scaled
        .iter()
        .map(|x| {
            let centred = &n * x - &sum;
            // ⌊2·|z|·2^f⌋, then half of it rounded up: the integer nearest to |z|·2^f.
            let square = (centred.magnitude() * centred.magnitude()) << (2 * fraction_bits + 2);
            let nearest: BigUint = ((square / &spread).sqrt() + 1u32) >> 1u32;
            let nearest = nearest.to_i128()?;
            Some(if centred.is_negative() { -nearest } else { nearest })
        })
        .collect()
}

/// What no standardised value of `n` exceeds, scaled by `2^fraction_bits` and rounded up: `√(n−1)` (Samuelson's
/// inequality), so a public function of public numbers.
#[must_use]
pub fn standard_bound(n: usize, fraction_bits: u32) -> BigUint {
    (BigUint::from(n.saturating_sub(1)) << (2 * fraction_bits)).sqrt() + 1u32
}

/// The modulus of `F`.
#[must_use]
pub fn modulus<F: PrimeField>() -> BigUint {
    from_limbs(F::MODULUS)
}

fn from_limbs(limbs: [u64; 4]) -> BigUint {
    BigUint::from_bytes_le(&limbs.map(u64::to_le_bytes).concat())
}

/// The element `v mod p`. `|v|` must be at most `(p-1)/2` for [`decode`] to return it; callers check bounds first.
#[must_use]
pub fn encode<F: PrimeField>(v: i128) -> F {
    let magnitude = v.unsigned_abs();
    let limbs = [magnitude as u64, (magnitude >> 64) as u64, 0, 0];
    let element = F::from_limbs(limbs).unwrap_or_else(|| {
        // Above the modulus: only a small field gets here, so Horner over the two limbs is exact.
        let shift = (0..64).fold(F::ONE, |x, _| x + x);
        F::from_u64(limbs[1]) * shift + F::from_u64(limbs[0])
    });
    if v < 0 { -element } else { element }
}

/// The integer in `[-(p-1)/2, (p-1)/2]` that is `x mod p`.
#[must_use]
pub fn decode<F: PrimeField>(x: F) -> BigInt {
    let (value, p) = (from_limbs(x.to_limbs()), modulus::<F>());
    if (&value << 1u32) > p { BigInt::from(value) - BigInt::from(p) } else { BigInt::from(value) }
}

/// An exact result: a fraction, printed with as many digits as asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exact(BigRational);

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
    use field::{F7, F128, Field, Fr};
    use proptest::prelude::*;

    fn fixed(text: &str, f: u32) -> Result<i128, NumberError> {
        Decimal::parse(text)?.to_fixed(f)
    }

    #[test]
    fn decimals_are_read_exactly() {
        let cases = [("0", 0, 0), ("-0", 0, 0), ("+3.50", 35, 1), (" 12 ", 12, 0), (".5", 5, 1), ("5.", 5, 0)];
        for (text, mantissa, places) in cases {
            assert_eq!(Decimal::parse(text), Ok(Decimal { mantissa, places }), "{text}");
        }
        assert_eq!(Decimal::parse("-1.25e2"), Ok(Decimal { mantissa: -125, places: 0 }));
        assert_eq!(Decimal::parse("1E+05"), Ok(Decimal { mantissa: 100_000, places: 0 }));
        assert_eq!(Decimal::parse("25e-3"), Ok(Decimal { mantissa: 25, places: 3 }));
        assert_eq!(Decimal::parse("0.1").and_then(|d| d.to_fixed(64)), Ok(1844674407370955162));
    }

    #[test]
    fn texts_that_are_no_numbers() {
        use NumberError::*;
        let cases = [("", Missing), ("  ", Missing), ("x", Character(1)), ("1x", Character(2)), ("1,5", Comma(2))];
        let more =
            [("-", NoDigits), (".", NoDigits), ("1e", NoDigits), ("1e5x", Character(4)), ("1.2.3", Character(4))];
        let last = [("NaN", Character(1)), ("1e99", TooLong), ("--1", Character(2)), ("1 000", Character(2))];
        for (text, error) in cases.into_iter().chain(more).chain(last) {
            assert_eq!(Decimal::parse(text), Err(error), "{text}");
        }
        assert_eq!(Decimal::parse(&"9".repeat(36)).map(|d| d.places), Ok(0));
        assert_eq!(Decimal::parse(&"9".repeat(37)), Err(TooLong));
        assert_eq!(Decimal::parse("1\u{664}"), Err(Character(2)));
        assert_eq!(Decimal::parse("1e40"), Err(TooLong));
        assert_eq!(Decimal::parse("0e40"), Ok(Decimal { mantissa: 0, places: 0 }));
        assert_eq!(Decimal::parse("1e-40"), Err(TooLong));
    }

    #[test]
    fn rounding_is_half_to_even() {
        assert_eq!((fixed("0.5", 0), fixed("1.5", 0), fixed("2.5", 0)), (Ok(0), Ok(2), Ok(2)));
        assert_eq!((fixed("-0.5", 0), fixed("-1.5", 0), fixed("-0.51", 0)), (Ok(0), Ok(-2), Ok(-1)));
        assert_eq!((fixed("0.25", 1), fixed("0.75", 1)), (Ok(0), Ok(2)));
        assert_eq!(fixed(&"9".repeat(36), 1), Err(NumberError::TooLarge(1)));
        assert_eq!(Decimal::parse("3.0").and_then(Decimal::to_integer), Ok(3));
        assert_eq!(Decimal::parse("3.5").and_then(Decimal::to_integer), Err(NumberError::Fraction));
    }

    #[test]
    fn signed_integers_end_at_half_of_p() {
        for v in -3..=3 {
            assert_eq!(decode(encode::<F7>(v)), BigInt::from(v));
        }
        assert_eq!(decode(encode::<F7>(4)), BigInt::from(-3));
        assert_eq!(decode(encode::<F7>((1 << 70) + 5)), BigInt::from(((1i128 << 70) + 5) % 7));
        let half = BigInt::from(modulus::<Fr>() >> 1u32);
        let element = encode::<Fr>(-1) * Fr::from_u64(2).invert().expect("2 is invertible");
        assert_eq!(decode(element), half);
        assert_eq!(decode(element + Fr::ONE), -half);
    }

    #[test]
    fn standardised_columns() {
        let column: Vec<Decimal> = ["1", "2.5", "-4", "10.25"].map(|t| Decimal::parse(t).expect("a number")).to_vec();
        let z = standardise(&column, 20).expect("not constant");
        let mean = 2.4375;
        let deviation = ([1.0, 2.5, -4.0, 10.25].map(|x: f64| (x - mean).powi(2)).iter().sum::<f64>() / 4.0).sqrt();
        for (z, x) in z.iter().zip([1.0, 2.5, -4.0, 10.25]) {
            assert!(
                (*z as f64 / f64::from(1 << 20) - (x - mean) / deviation).abs() <= 0.5 / f64::from(1 << 20) + 1e-12
            );
        }
        assert_eq!(standardise(&[column[0]; 3], 20), None);
        assert_eq!(standardise(&[], 20), None);
        // One outlier attains Samuelson's bound: √(n−1) = 3 for ten rows.
        let outlier: Vec<Decimal> = (0..10).map(|i| Decimal::from(i64::from(i == 9))).collect();
        let z = standardise(&outlier, 20).expect("not constant");
        assert_eq!(z[9], 3 << 20);
        assert!(BigUint::from(z[9].unsigned_abs()) <= standard_bound(10, 20));
    }

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

    proptest! {
        #[test]
        fn encoding_returns(v in -(1i128 << 126)..(1i128 << 126)) {
            prop_assert_eq!(decode(encode::<F128>(v)), BigInt::from(v));
            prop_assert_eq!(decode(encode::<Fr>(v)), BigInt::from(v));
        }
        #[test]
        fn fixed_point_agrees_with_doubles(v in -1e6f64..1e6, f in 0u32..20) {
            // A double's shortest text reads back as the same double; v · 2^f is exact in a double.
            let text = format!("{v}");
            let exact = v * f64::from(1u32 << f);
            prop_assert!((fixed(&text, f).expect("a number") as f64 - exact).abs() <= 0.5 + 1e-6);
        }
        #[test]
        fn no_text_panics(text in "\\PC{0,20}", number in "[+-]?[0-9]{0,40}[.]?[0-9]{0,40}(e[+-]?[0-9]{1,3})?") {
            let _ = (fixed(&text, 30), fixed(&number, 64));
        }
        #[test]
        fn standardised_stays_in_bounds(xs in prop::collection::vec(-10_000i64..10_000, 2..50), f in 0u32..40) {
            let n = xs.len();
            if let Some(z) = standardise(&xs.into_iter().map(Decimal::from).collect::<Vec<_>>(), f) {
                prop_assert!(z.iter().all(|v| BigUint::from(v.unsigned_abs()) <= standard_bound(n, f)));
                prop_assert!(z.iter().sum::<i128>().unsigned_abs() <= n as u128);
            }
        }
    }
}

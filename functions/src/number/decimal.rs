//! Decimals as they are written, and the integers they become.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::ToPrimitive;
use thiserror::Error;
use zeroize::Zeroize;

use super::{Exact, pow10, round_half_even};

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

    /// Digits after the point.
    pub(super) fn places(self) -> u32 {
        self.places
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

#[cfg(test)]
mod tests {
    use super::*;
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

    proptest! {
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
    }
}

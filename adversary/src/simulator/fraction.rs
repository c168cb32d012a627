//! Fractions and bytes as text: `3/4`, `0/1`; hexadecimal. Each value has one spelling, any other is refused, so that
//! what was serialised can be hashed.

use std::fmt::{self, Write};
use std::str::FromStr;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use serde::{Deserialize, Serialize};

use super::tables::TableError;

/// So many characters a fraction may have: reading one takes the square of that. Those of honest proofs have about ten.
pub const LONGEST: usize = 1 << 12;

/// A fraction that is not negative, written `numerator/denominator` in lowest terms.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fraction(BigRational);

impl Fraction {
    /// The fraction of this value; `None` if it is negative.
    #[must_use]
    pub fn new(value: BigRational) -> Option<Self> {
        (!value.is_negative()).then_some(Self(value))
    }
    /// The number.
    #[must_use]
    pub fn value(&self) -> &BigRational {
        &self.0
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0.numer(), self.0.denom())
    }
}

impl FromStr for Fraction {
    type Err = TableError;
    fn from_str(text: &str) -> Result<Self, TableError> {
        if text.len() > LONGEST {
            return Err(TableError::Long(text.len()));
        }
        let wrong = || TableError::Text(text.chars().take(80).collect());
        let (n, d) = text.split_once('/').ok_or_else(wrong)?;
        let (n, d): (BigInt, BigInt) = (n.parse().map_err(|_| wrong())?, d.parse().map_err(|_| wrong())?);
        if d.is_zero() {
            return Err(wrong());
        }
        // One spelling: no sign, no leading zeros, lowest terms.
        Self::new(BigRational::new(n, d)).filter(|f| f.to_string() == text).ok_or_else(wrong)
    }
}

impl TryFrom<String> for Fraction {
    type Error = TableError;
    fn try_from(text: String) -> Result<Self, TableError> {
        text.parse()
    }
}

impl From<Fraction> for String {
    fn from(f: Fraction) -> Self {
        f.to_string()
    }
}

/// Bytes, written in lower-case hexadecimal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bytes(pub Vec<u8>);

impl TryFrom<String> for Bytes {
    type Error = TableError;
    fn try_from(text: String) -> Result<Self, TableError> {
        let digit = |d: u8| match d {
            b'0'..=b'9' => Some(d - b'0'),
            b'a'..=b'f' => Some(d - b'a' + 10),
            _ => None,
        };
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect::<Option<_>>();
        bytes.filter(|_| rest.is_empty()).map(Self).ok_or_else(|| TableError::Text(text.chars().take(80).collect()))
    }
}

impl From<Bytes> for String {
    fn from(bytes: Bytes) -> Self {
        bytes.0.iter().fold(Self::new(), |mut text, b| {
            let _ = write!(text, "{b:02x}");
            text
        })
    }
}

/// A weight in decimal digits: JSON numbers end at 2⁵³.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Weight(pub u128);

impl TryFrom<String> for Weight {
    type Error = TableError;
    fn try_from(text: String) -> Result<Self, TableError> {
        let weight = text.parse::<u128>().ok().filter(|w| w.to_string() == text);
        weight.map(Self).ok_or_else(|| TableError::Text(text.chars().take(80).collect()))
    }
}

impl From<Weight> for String {
    fn from(weight: Weight) -> Self {
        weight.0.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_of_every_value() {
        let fraction = |t: &str| t.parse::<Fraction>().map(|f| f.to_string());
        for text in ["0/1", "1/1", "3/4", "5/2"] {
            assert_eq!(fraction(text).as_deref(), Ok(text));
        }
        for text in
            ["", "1", "2/4", "0/2", "-1/2", "1/-2", "+1/2", "01/2", "1/0", "1/2/3", " 1/2", "1e0/1", "a/b", "1_0/3"]
        {
            assert!(fraction(text).is_err(), "{text}");
        }
        let small = |zeros: usize| fraction(&format!("1/1{}", "0".repeat(zeros)));
        assert!(small(LONGEST - 3).is_ok_and(|text| text.len() == LONGEST));
        assert_eq!(small(LONGEST - 2), Err(TableError::Long(LONGEST + 1)));
        let bytes = |t: &str| Bytes::try_from(t.to_string()).map(String::from);
        assert_eq!(bytes("00ff1a").as_deref(), Ok("00ff1a"));
        for text in ["0", "0g", "FF", "0x00", "é0"] {
            assert!(bytes(text).is_err(), "{text}");
        }
        let weight = |t: &str| Weight::try_from(t.to_string()).map(String::from);
        assert_eq!(
            weight("340282366920938463463374607431768211455").as_deref(),
            Ok("340282366920938463463374607431768211455")
        );
        for text in ["", "01", "+1", "-1", "1.0", "340282366920938463463374607431768211456"] {
            assert!(weight(text).is_err(), "{text}");
        }
    }
}

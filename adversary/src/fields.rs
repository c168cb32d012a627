//! Every field a protocol can run over, by its name: harnesses, strategies and certificates choose a field at run time,
//! protocols at compile time. [`with_field!`](crate::with_field) is the one place where the two meet.

use std::fmt;
use std::str::FromStr;

use field::{F2, F3, F5, F7, F31, F128, F251, Field, Fr, Gf128, PrimeField};
use num_bigint::BigUint;
use serde::{Deserialize, Serialize};

/// A field of crate `field`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum FieldId {
    /// Two elements.
    F2,
    /// Three elements.
    F3,
    /// Five elements.
    F5,
    /// Seven elements.
    F7,
    /// 31 elements.
    F31,
    /// 251 elements.
    F251,
    /// GF(2^128).
    Gf128,
    /// The 128-bit prime field.
    F128,
    /// The scalars of BLS12-381.
    Fr,
}

/// Evaluates an expression with a type of crate `field` bound to a name: `with_field!(id, F => F::BYTES)`.
#[macro_export]
macro_rules! with_field {
    ($id:expr, $F:ident => $body:expr) => {
        $crate::with_field!(@ $id, $F, $body, F2 F3 F5 F7 F31 F251 Gf128 F128 Fr)
    };
    (@ $id:expr, $F:ident, $body:expr, $($name:ident)*) => {
        match $id {
            $($crate::fields::FieldId::$name => {
                type $F = $crate::fields::types::$name;
                $body
            })*
        }
    };
}

/// The same with a prime field; of GF(2^128), which is none, comes what stands behind `else`.
#[macro_export]
macro_rules! with_prime_field {
    ($id:expr, $F:ident => $body:expr, else $other:expr) => {
        $crate::with_prime_field!(@ $id, $F, $body, $other, F2 F3 F5 F7 F31 F251 F128 Fr)
    };
    (@ $id:expr, $F:ident, $body:expr, $other:expr, $($name:ident)*) => {
        match $id {
            $($crate::fields::FieldId::$name => {
                type $F = $crate::fields::types::$name;
                $body
            })*
            $crate::fields::FieldId::Gf128 => $other,
        }
    };
}

/// The types that [`with_field!`](crate::with_field) names.
pub mod types {
    pub use field::{F2, F3, F5, F7, F31, F128, F251, Fr, Gf128};
}

impl FieldId {
    /// All fields, tiny ones first.
    pub const ALL: [Self; 9] =
        [Self::F2, Self::F3, Self::F5, Self::F7, Self::F31, Self::F251, Self::Gf128, Self::F128, Self::Fr];
    /// The fields whose every element, coin and share can be counted through.
    pub const COUNTED: [Self; 4] = [Self::F2, Self::F3, Self::F5, Self::F7];

    /// The name in frames' types and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        with_field!(self, F => F::NAME)
    }
    /// The field of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.name().eq_ignore_ascii_case(name))
    }
    /// Bytes of an element.
    #[must_use]
    pub fn bytes(self) -> usize {
        with_field!(self, F => F::BYTES)
    }
    /// The number of elements where it is small enough to enumerate.
    #[must_use]
    pub fn small_order(self) -> Option<u64> {
        with_field!(self, F => F::SMALL_ORDER)
    }
    /// The number of elements.
    #[must_use]
    pub fn order(self) -> BigUint {
        fn of<F: PrimeField>() -> BigUint {
            BigUint::from_slice(&F::MODULUS.iter().flat_map(|l| [*l as u32, (*l >> 32) as u32]).collect::<Vec<_>>())
        }
        match self {
            Self::F2 => of::<F2>(),
            Self::F3 => of::<F3>(),
            Self::F5 => of::<F5>(),
            Self::F7 => of::<F7>(),
            Self::F31 => of::<F31>(),
            Self::F251 => of::<F251>(),
            Self::Gf128 => BigUint::from(1u8) << <Gf128 as Field>::BITS,
            Self::F128 => of::<F128>(),
            Self::Fr => of::<Fr>(),
        }
    }
}

impl fmt::Display for FieldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No field of this name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownField(String);

impl fmt::Display for UnknownField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<_> = FieldId::ALL.iter().map(|f| f.name()).collect();
        write!(f, "there is no field `{}`: choose one of {}", self.0, known.join(", "))
    }
}
impl std::error::Error for UnknownField {}

impl FromStr for FieldId {
    type Err = UnknownField;
    fn from_str(name: &str) -> Result<Self, UnknownField> {
        Self::of_name(name).ok_or_else(|| UnknownField(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_orders() {
        for f in FieldId::ALL {
            assert_eq!(f.name().parse(), Ok(f));
            assert!(f.small_order().is_none_or(|p| f.order() == BigUint::from(p)));
        }
        assert_eq!(FieldId::F128.order(), (BigUint::from(1u8) << 128) - 9u8 * (BigUint::from(1u8) << 32) + 1u8);
        assert!("F4".parse::<FieldId>().unwrap_err().to_string().contains("F3, F5"));
    }
}

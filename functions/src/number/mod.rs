//! Numbers people write, numbers fields hold, and the way back.
//!
//! A decimal is read exactly from its text, scaled by `2^f` (`f` fraction bits) and rounded half to even: the only
//! rounding in the whole path, at most half of `2^-f`. The scaled integer `v` is the field element `v mod p`; an element
//! above `(p-1)/2` reads as negative. Results are exact fractions until they are printed.

mod decimal;
mod exact;
mod signed;
mod standard;

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_integer::Integer;

pub use decimal::{Decimal, MAX_FRACTION_BITS, MAX_INPUT_BITS, MAX_TEXT, NumberError};
pub use exact::Exact;
pub use signed::{decode, encode, modulus};
pub use standard::{standard_bound, standardise};

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

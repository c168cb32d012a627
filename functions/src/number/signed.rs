//! Signed integers as field elements.

use field::PrimeField;
use num_bigint::{BigInt, BigUint};

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

#[cfg(test)]
mod tests {
    use super::*;
    use field::{F7, F128, Field, Fr};
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn encoding_returns(v in -(1i128 << 126)..(1i128 << 126)) {
            prop_assert_eq!(decode(encode::<F128>(v)), BigInt::from(v));
            prop_assert_eq!(decode(encode::<Fr>(v)), BigInt::from(v));
        }
    }
}

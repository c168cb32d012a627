//! Columns centred on their mean and divided by their standard deviation.

use num_bigint::{BigInt, BigUint};
use num_traits::{Signed, ToPrimitive, Zero};

use super::Decimal;

/// `numbers` centred on their mean and divided by their standard deviation (of the population: divisor `n`), scaled by
/// `2^fraction_bits` and rounded to nearest. Exact until that rounding: `z = (n·x − Σx) / √(n·Σx² − (Σx)²)` in integers.
///
/// `None` if all numbers are equal (or there are none). No result exceeds [`standard_bound`].
#[must_use]
pub fn standardise(numbers: &[Decimal], fraction_bits: u32) -> Option<Vec<i128>> {
    let places = numbers.iter().map(|d| d.places()).max()?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    proptest! {
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

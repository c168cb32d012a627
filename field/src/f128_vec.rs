//! Bulk kernels and bulk codec of [`F128`].

use crate::PrimeField;
use crate::f128::{F128, F128Residue, P, fold};
#[cfg(target_arch = "x86_64")]
use crate::f128_x86 as x86;
use crate::montgomery::montgomery_field;
use crate::wide;

montgomery_field!(F128, 2);

/// The residue of a sum of fewer than 2^63 products.
#[inline]
pub(crate) fn reduce(sum: [u64; 5]) -> F128 {
    const MODULUS: [u64; 2] = [P as u64, (P >> 64) as u64];
    const INVERSE: u64 = wide::negative_inverse(MODULUS[0]);
    let [l0, l1, high, ..] = wide::divide(sum, &MODULUS, INVERSE);
    F128::from_montgomery(fold(u128::from(l1) << 64 | u128::from(l0), high))
}

fn write_one(item: F128) -> [u8; 16] {
    item.to_residue().0.to_le_bytes()
}

fn read_one(bytes: &[u8; 16]) -> (F128, bool) {
    let v = u128::from_le_bytes(*bytes);
    (F128::from_residue(F128Residue(v)), v < P)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel_tests::{codecs_agree, wide_and_portable_agree};
    use crate::laws::elements;
    use crate::{Field, Kernels};

    #[test]
    fn wide_and_portable_kernels_agree() {
        wide_and_portable_agree::<F128>();
    }

    #[test]
    fn long_portable_sums_of_the_largest_residues() {
        let largest = vec![elements::<F128>(6, 0)[5]; 100_000];
        let mut sum = [0; 5];
        add_products(&mut sum, &largest, &largest);
        assert!(reduce(sum) == F128::dot(&largest, &largest));
        assert!(reduce(sum) == F128::from_u64(100_000) * largest[0] * largest[0]);
    }

    #[test]
    fn both_codecs_agree_and_find_every_bad_encoding() {
        let bad = [P, P + 1, P | 1 << 33, u128::MAX].map(u128::to_le_bytes);
        codecs_agree(encode, decode, &bad);
    }
}

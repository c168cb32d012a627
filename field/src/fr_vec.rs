//! Bulk kernels and bulk codec of [`Fr`].

use crate::PrimeField;
use crate::fr::{Fr, from_bytes, to_bytes};
#[cfg(target_arch = "x86_64")]
use crate::fr_x86 as x86;
use crate::limbs::{self, R};
use crate::montgomery::montgomery_field;
use crate::wide;

montgomery_field!(Fr, 4);

/// The residue of a sum of fewer than 2^60 products: at most `2^60·r²/2^256 + r < 2^318` is left by the division.
fn reduce(sum: [u64; 9]) -> Fr {
    const INVERSE: u64 = wide::negative_inverse(R[0]);
    let [l0, l1, l2, l3, high, ..] = wide::divide(sum, &R, INVERSE);
    Fr::from_montgomery(limbs::reduce_wide([l0, l1, l2, l3], high))
}

fn write_one(item: Fr) -> [u8; 32] {
    to_bytes(item.to_limbs())
}

fn read_one(bytes: &[u8; 32]) -> (Fr, bool) {
    let limbs = from_bytes(bytes);
    let canonical = limbs::is_reduced(limbs);
    // Montgomery multiplication is defined for residues only: of larger integers its sums overflow.
    (Fr::from_canonical(if canonical { limbs } else { Default::default() }), canonical)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel_tests::{codecs_agree, wide_and_portable_agree};
    use crate::laws::elements;
    use crate::{Field, Kernels};

    #[test]
    fn wide_and_portable_kernels_agree() {
        wide_and_portable_agree::<Fr>();
    }

    #[test]
    fn long_portable_sums_of_the_largest_residues() {
        let largest = vec![elements::<Fr>(6, 0)[5]; 100_000];
        let mut sum = [0; 9];
        add_products(&mut sum, &largest, &largest);
        assert!(reduce(sum) == Fr::dot(&largest, &largest));
        assert!(reduce(sum) == Fr::from_u64(100_000) * largest[0] * largest[0]);
    }

    #[test]
    fn the_largest_integer_is_no_encoding() {
        assert!(Fr::read_slice(&[u8::MAX; 32]).is_none());
        assert!(Fr::read(&[u8::MAX; 32]).is_none());
    }

    #[test]
    fn both_codecs_agree_and_find_every_bad_encoding() {
        let bad = [R, [R[0] + 1, R[1], R[2], R[3]], [0, 0, 0, R[3] + 1], [u64::MAX; 4]].map(to_bytes);
        codecs_agree(encode, decode, &bad);
    }
}

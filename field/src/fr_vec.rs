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
    use crate::laws::elements;
    use crate::{Field, Kernels};

    // Slices shorter than a block always take the portable path.
    const SHORT: usize = 7;

    type Kernel<'a> = &'a dyn Fn(&mut [Fr], &[Fr], &[Fr], &[Fr], &[Fr]);

    #[test]
    fn wide_and_portable_kernels_agree() {
        let n = 10 * SHORT * 8;
        let [a, b, c, d, e] = [1, 2, 3, 4, 5].map(|seed| elements::<Fr>(n, seed));
        let k = e[n - 1];
        let check = |kernel: Kernel| {
            let (mut whole, mut pieces) = (c.clone(), c.clone());
            kernel(&mut whole, &a, &b, &d, &e);
            for (i, piece) in pieces.chunks_mut(SHORT).enumerate() {
                let part = SHORT * i..SHORT * (i + 1);
                kernel(piece, &a[part.clone()], &b[part.clone()], &d[part.clone()], &e[part]);
            }
            assert!(whole == pieces);
        };
        check(&|y, a, _, _, _| Fr::mul_slices(y, a));
        check(&|y, _, _, _, _| Fr::scale(y, k));
        check(&|y, a, _, _, _| Fr::axpy(y, k, a));
        check(&|y, a, b, d, e| Fr::beaver_combine(y, a, b, d, e, k));
        let dots = a.chunks(SHORT).zip(b.chunks(SHORT)).fold(Fr::ZERO, |s, (a, b)| s + Fr::dot(a, b));
        assert!(Fr::dot(&a, &b) == dots);
        assert!(Fr::dot2(&a, &b, &b) == (dots, dots));
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
        let items = elements::<Fr>(64, 6);
        let mut whole = vec![0; 64 * 32];
        encode(&items, &mut whole);
        for (item, encoding) in items.chunks(SHORT).zip(whole.chunks(SHORT * 32)) {
            let mut portable = vec![0; encoding.len()];
            encode(item, &mut portable);
            assert_eq!(portable, encoding);
        }
        let (encodings, _) = whole.as_chunks_mut::<32>();
        let mut read = vec![Fr::ZERO; 64];
        assert!(decode(encodings, &mut read) && read == items);
        for i in 0..64 {
            let good = encodings[i];
            for bad in [R, [R[0] + 1, R[1], R[2], R[3]], [0, 0, 0, R[3] + 1], [u64::MAX; 4]] {
                encodings[i] = to_bytes(bad);
                assert!(!decode(encodings, &mut read), "encoding {i}");
                assert!(!decode(&encodings[i..=i], &mut read[..1]), "encoding {i} alone");
            }
            encodings[i] = good;
        }
    }
}

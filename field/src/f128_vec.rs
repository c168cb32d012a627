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
    use crate::laws::elements;
    use crate::{Field, Kernels};

    // Slices shorter than a block always take the portable path.
    const SHORT: usize = 7;

    type Kernel<'a> = &'a dyn Fn(&mut [F128], &[F128], &[F128], &[F128], &[F128]);

    #[test]
    fn wide_and_portable_kernels_agree() {
        let n = 10 * SHORT * 8;
        let [a, b, c, d, e] = [1, 2, 3, 4, 5].map(|seed| elements::<F128>(n, seed));
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
        check(&|y, a, _, _, _| F128::mul_slices(y, a));
        check(&|y, _, _, _, _| F128::scale(y, k));
        check(&|y, a, _, _, _| F128::axpy(y, k, a));
        check(&|y, a, b, d, e| F128::beaver_combine(y, a, b, d, e, k));
        let dots = a.chunks(SHORT).zip(b.chunks(SHORT)).fold(F128::ZERO, |s, (a, b)| s + F128::dot(a, b));
        assert!(F128::dot(&a, &b) == dots);
        assert!(F128::dot2(&a, &b, &b) == (dots, dots));
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
        let items = elements::<F128>(64, 6);
        let mut whole = vec![0; 64 * 16];
        encode(&items, &mut whole);
        for (item, encoding) in items.chunks(SHORT).zip(whole.chunks(SHORT * 16)) {
            let mut portable = vec![0; encoding.len()];
            encode(item, &mut portable);
            assert_eq!(portable, encoding);
        }
        let (encodings, _) = whole.as_chunks_mut::<16>();
        let mut read = vec![F128::ZERO; 64];
        assert!(decode(encodings, &mut read) && read == items);
        for i in 0..64 {
            let good = encodings[i];
            for bad in [P, P + 1, P | 1 << 33, u128::MAX] {
                encodings[i] = bad.to_le_bytes();
                assert!(!decode(encodings, &mut read), "encoding {i}");
                assert!(!decode(&encodings[i..=i], &mut read[..1]), "encoding {i} alone");
            }
            encodings[i] = good;
        }
    }
}

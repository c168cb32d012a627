//! Bulk kernels and bulk codec of [`Fr`]: eight at a time where the processor can, else products summed in nine limbs
//! and reduced once.

use crate::PrimeField;
use crate::fr::{self, Fr};
use crate::limbs::{self, R};
use crate::vec::{Kernels, in_blocks};
use crate::wide;

const INVERSE: u64 = wide::negative_inverse(R[0]);

/// A sum of products of Montgomery residues.
type Sum = [u64; 9];

/// The residue of a sum of fewer than 2^60 products: at most `2^60·r²/2^256 + r < 2^318` is left by the division.
fn reduce(sum: Sum) -> Fr {
    let [l0, l1, l2, l3, high, ..] = wide::divide(sum, &R, INVERSE);
    Fr::from_montgomery(limbs::reduce_wide([l0, l1, l2, l3], high))
}

fn add_products(sum: &mut Sum, a: &[Fr], b: &[Fr]) {
    for (x, y) in a.iter().zip(b) {
        wide::add_product(sum, &x.montgomery(), &y.montgomery());
    }
}

impl Kernels for Fr {
    fn mul_slices(y: &mut [Self], x: &[Self]) {
        assert_eq!(y.len(), x.len(), "products of different lengths");
        in_blocks!(mut(y) ref(x) |ifma| ifma.fr_mul(y.0, x.0));
        for (y, x) in y.iter_mut().zip(x) {
            *y *= *x;
        }
    }
    fn scale(y: &mut [Self], k: Self) {
        in_blocks!(mut(y) ref() |ifma| ifma.fr_scale(y.0, k));
        for y in y {
            *y *= k;
        }
    }
    fn axpy(y: &mut [Self], k: Self, x: &[Self]) {
        assert_eq!(y.len(), x.len(), "sum of different lengths");
        in_blocks!(mut(y) ref(x) |ifma| ifma.fr_axpy(y.0, k, x.0));
        for (y, x) in y.iter_mut().zip(x) {
            *y += k * *x;
        }
    }
    fn dot(a: &[Self], b: &[Self]) -> Self {
        assert_eq!(a.len(), b.len(), "dot of different lengths");
        let mut sum = [0; 9];
        in_blocks!(mut() ref(a, b) |ifma| sum = wide::from_columns(&ifma.fr_dot(a.0, b.0)));
        add_products(&mut sum, a, b);
        reduce(sum)
    }
    fn dot2(r: &[Self], x: &[Self], m: &[Self]) -> (Self, Self) {
        assert!([x.len(), m.len()] == [r.len(); 2], "dot of different lengths");
        let (mut sum_x, mut sum_m) = ([0; 9], [0; 9]);
        in_blocks!(mut() ref(r, x, m) |ifma| {
            [sum_x, sum_m] = ifma.fr_dot2(r.0, x.0, m.0).map(|columns| wide::from_columns(&columns));
        });
        add_products(&mut sum_x, r, x);
        add_products(&mut sum_m, r, m);
        (reduce(sum_x), reduce(sum_m))
    }
    fn beaver_combine(c: &mut [Self], a: &[Self], b: &[Self], d: &[Self], e: &[Self], k: Self) {
        assert!([a.len(), b.len(), d.len(), e.len()] == [c.len(); 4], "triples and openings");
        in_blocks!(mut(c) ref(a, b, d, e) |ifma| ifma.fr_beaver_combine(c.0, a.0, b.0, d.0, e.0, k));
        for (i, c) in c.iter_mut().enumerate() {
            let mut sum = [0; 9];
            add_products(&mut sum, &[d[i], e[i]], &[b[i] + k * e[i], a[i]]);
            *c += reduce(sum);
        }
    }
}

/// Writes canonical integers into exactly 32 bytes each.
pub(crate) fn encode(items: &[Fr], out: &mut [u8]) {
    let (out, _) = out.as_chunks_mut::<32>();
    in_blocks!(mut(out) ref(items) |ifma| {
        let (blocks, _) = out.0.as_flattened_mut().as_flattened_mut().as_chunks_mut();
        ifma.fr_encode(items.0, blocks);
    });
    for (item, out) in items.iter().zip(out) {
        *out = fr::to_bytes(item.to_limbs());
    }
}

/// Reads encodings of exactly 32 bytes each; `false` if one is not below the order.
pub(crate) fn decode(bytes: &[[u8; 32]], out: &mut [Fr]) -> bool {
    let mut canonical = true;
    in_blocks!(mut(out) ref(bytes) |ifma| {
        let (blocks, _) = bytes.0.as_flattened().as_flattened().as_chunks();
        canonical = ifma.fr_decode(blocks, out.0);
    });
    for (bytes, out) in bytes.iter().zip(out) {
        let limbs = fr::from_bytes(bytes);
        canonical &= limbs::is_reduced(limbs);
        *out = Fr::from_canonical(limbs);
    }
    canonical
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Field;
    use crate::laws::elements;

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
                encodings[i] = fr::to_bytes(bad);
                assert!(!decode(encodings, &mut read), "encoding {i}");
            }
            encodings[i] = good;
        }
    }
}

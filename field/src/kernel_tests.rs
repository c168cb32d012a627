//! What holds of the kernels of every field that has wide ones. A slice shorter than a block always takes the portable
//! path, so kernels are held against themselves on pieces.

use crate::laws::elements;
use crate::{Field, Kernels};

/// Shorter than any block.
const SHORT: usize = 7;

/// A kernel that changes its first argument.
type Kernel<'a, F> = &'a dyn Fn(&mut [F], &[F], &[F], &[F], &[F]);

/// Wide and portable kernels compute the same.
pub(crate) fn wide_and_portable_agree<F: Field + Kernels>() {
    let n = 10 * SHORT * 8;
    let [a, b, c, d, e] = [1, 2, 3, 4, 5].map(|seed| elements::<F>(n, seed));
    let k = e[n - 1];
    let check = |kernel: Kernel<'_, F>| {
        let (mut whole, mut pieces) = (c.clone(), c.clone());
        kernel(&mut whole, &a, &b, &d, &e);
        for (i, piece) in pieces.chunks_mut(SHORT).enumerate() {
            let part = SHORT * i..SHORT * (i + 1);
            kernel(piece, &a[part.clone()], &b[part.clone()], &d[part.clone()], &e[part]);
        }
        assert!(whole == pieces);
    };
    check(&|y, a, _, _, _| F::mul_slices(y, a));
    check(&|y, _, _, _, _| F::scale(y, k));
    check(&|y, a, _, _, _| F::axpy(y, k, a));
    check(&|y, a, b, d, e| F::beaver_combine(y, a, b, d, e, k));
    let dots = a.chunks(SHORT).zip(b.chunks(SHORT)).fold(F::ZERO, |s, (a, b)| s + F::dot(a, b));
    assert!(F::dot(&a, &b) == dots);
    assert!(F::dot2(&a, &b, &b) == (dots, dots));
}

/// Wide and portable codecs write and read the same, and find each of the bad encodings at every place.
pub(crate) fn codecs_agree<F: Field, const BYTES: usize>(
    encode: impl Fn(&[F], &mut [u8]),
    decode: impl Fn(&[[u8; BYTES]], &mut [F]) -> bool,
    bad: &[[u8; BYTES]],
) {
    let items = elements::<F>(64, 6);
    let mut whole = vec![0; 64 * BYTES];
    encode(&items, &mut whole);
    for (item, encoding) in items.chunks(SHORT).zip(whole.chunks(SHORT * BYTES)) {
        let mut portable = vec![0; encoding.len()];
        encode(item, &mut portable);
        assert_eq!(portable, encoding);
    }
    let (encodings, _) = whole.as_chunks_mut::<BYTES>();
    let mut read = vec![F::ZERO; 64];
    assert!(decode(encodings, &mut read) && read == items);
    for i in 0..64 {
        let good = encodings[i];
        for bad in bad {
            encodings[i] = *bad;
            assert!(!decode(encodings, &mut read), "encoding {i}");
            assert!(!decode(&encodings[i..=i], &mut read[..1]), "encoding {i} alone");
        }
        encodings[i] = good;
    }
}

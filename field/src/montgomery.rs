//! Bulk kernels and bulk codec of a Montgomery field, written once: eight at a time where the processor can, else
//! products summed in `2n + 1` limbs and reduced once.

/// `impl Kernels`, `encode` and `decode` in the module that calls this, which has `reduce` for sums, `write_one` and
/// `read_one` for the codec and the wide kernels as `x86`.
macro_rules! montgomery_field {
    ($field:ident, $n:literal) => {
        impl $crate::vec::Kernels for $field {
            fn mul_slices(y: &mut [Self], x: &[Self]) {
                assert_eq!(y.len(), x.len(), "products of different lengths");
                $crate::vec::in_blocks!(mut(y) ref(x) |ifma| x86::mul(ifma, y.0, x.0));
                for (y, x) in y.iter_mut().zip(x) {
                    *y *= *x;
                }
            }
            fn scale(y: &mut [Self], k: Self) {
                $crate::vec::in_blocks!(mut(y) ref() |ifma| x86::scale(ifma, y.0, k));
                for y in y {
                    *y *= k;
                }
            }
            fn axpy(y: &mut [Self], k: Self, x: &[Self]) {
                assert_eq!(y.len(), x.len(), "sum of different lengths");
                $crate::vec::in_blocks!(mut(y) ref(x) |ifma| x86::axpy(ifma, y.0, k, x.0));
                for (y, x) in y.iter_mut().zip(x) {
                    *y += k * *x;
                }
            }
            fn dot(a: &[Self], b: &[Self]) -> Self {
                assert_eq!(a.len(), b.len(), "dot of different lengths");
                let mut sum = [0; 2 * $n + 1];
                $crate::vec::in_blocks!(mut() ref(a, b) |ifma| sum = $crate::wide::from_columns(&x86::dot(ifma, a.0, b.0)));
                add_products(&mut sum, a, b);
                reduce(sum)
            }
            fn dot2(r: &[Self], x: &[Self], m: &[Self]) -> (Self, Self) {
                assert!([x.len(), m.len()] == [r.len(); 2], "dot of different lengths");
                let (mut sum_x, mut sum_m) = ([0; 2 * $n + 1], [0; 2 * $n + 1]);
                $crate::vec::in_blocks!(mut() ref(r, x, m) |ifma| {
                    [sum_x, sum_m] = x86::dot2(ifma, r.0, x.0, m.0).map(|columns| $crate::wide::from_columns(&columns));
                });
                add_products(&mut sum_x, r, x);
                add_products(&mut sum_m, r, m);
                (reduce(sum_x), reduce(sum_m))
            }
            fn beaver_combine(c: &mut [Self], a: &[Self], b: &[Self], d: &[Self], e: &[Self], k: Self) {
                assert!([a.len(), b.len(), d.len(), e.len()] == [c.len(); 4], "triples and openings");
                $crate::vec::in_blocks!(mut(c) ref(a, b, d, e) |ifma| x86::beaver_combine(ifma, c.0, a.0, b.0, d.0, e.0, k));
                for (i, c) in c.iter_mut().enumerate() {
                    let mut sum = [0; 2 * $n + 1];
                    add_products(&mut sum, &[d[i], e[i]], &[b[i] + k * e[i], a[i]]);
                    *c += reduce(sum);
                }
            }
        }

        /// Writes canonical integers into exactly their size each.
        pub(crate) fn encode(items: &[$field], out: &mut [u8]) {
            let (out, _) = out.as_chunks_mut::<{ 8 * $n }>();
            $crate::vec::in_blocks!(mut(out) ref(items) |ifma| {
                let (blocks, _) = out.0.as_flattened_mut().as_flattened_mut().as_chunks_mut();
                x86::encode(ifma, items.0, blocks);
            });
            for (item, out) in items.iter().zip(out) {
                *out = write_one(*item);
            }
        }

        /// Reads encodings of exactly their size each; `false` if one is not below the order.
        pub(crate) fn decode(bytes: &[[u8; 8 * $n]], out: &mut [$field]) -> bool {
            let mut canonical = true;
            $crate::vec::in_blocks!(mut(out) ref(bytes) |ifma| {
                let (blocks, _) = bytes.0.as_flattened().as_flattened().as_chunks();
                canonical = x86::decode(ifma, blocks, out.0);
            });
            for (bytes, out) in bytes.iter().zip(out) {
                let below;
                (*out, below) = read_one(bytes);
                canonical &= below;
            }
            canonical
        }

        fn add_products(sum: &mut [u64; 2 * $n + 1], a: &[$field], b: &[$field]) {
            for (x, y) in a.iter().zip(b) {
                $crate::wide::add_product(sum, &x.limbs(), &y.limbs());
            }
        }
    };
}
pub(crate) use montgomery_field;

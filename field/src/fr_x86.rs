//! Kernels of [`Fr`] on eight elements at a time, see [`crate::ifma_x86`].
#![allow(unsafe_code)]

use core::arch::x86_64::*;

use crate::Fr;
use crate::ifma_x86::{self as ifma, Modulus, V, kernels};
use crate::limbs::R;

const MODULUS: Modulus<5> = Modulus::new(&R);
/// Terms that fit a column: each adds less than `10 · 2^52`.
const TERMS: usize = 400;

/// Eight elements. `Fr` is one `[u64; 4]` and nothing else, which the sizes prove.
pub(crate) type Block = [Fr; 8];
const _: () = assert!(size_of::<Block>() == 256 && align_of::<Fr>() == align_of::<u64>());

kernels! {
    /// `y_i = y_i · x_i`.
    fn fr_mul(y: &mut [Block], x: &[Block]) {
        for (y, x) in y.iter_mut().zip(x) {
            let mut sum = ifma::zero::<10>();
            ifma::add_product(&mut sum, &cut_shifted(load(y)), &cut(load(x)));
            // 16·p² / 2^260 + p < 2p.
            store(y, ifma::reduce::<1, 5>(ifma::carry(ifma::divide(sum, &MODULUS)), &MODULUS));
        }
    }
    /// `y = k · y`.
    fn fr_scale(y: &mut [Block], k: Fr) {
        let k = ifma::broadcast(ifma::split(&k.montgomery(), 4));
        for y in y {
            let mut sum = ifma::zero::<10>();
            ifma::add_product(&mut sum, &k, &cut(load(y)));
            store(y, ifma::reduce::<1, 5>(ifma::carry(ifma::divide(sum, &MODULUS)), &MODULUS));
        }
    }
    /// `y += k · x`.
    fn fr_axpy(y: &mut [Block], k: Fr, x: &[Block]) {
        let k = ifma::broadcast(ifma::split(&k.montgomery(), 4));
        for (y, x) in y.iter_mut().zip(x) {
            let mut sum = ifma::zero::<10>();
            ifma::add_product(&mut sum, &k, &cut(load(x)));
            // Below 2p as above, and below 3p with y.
            let sum = ifma::add(ifma::divide(sum, &MODULUS), cut(load(y)));
            store(y, ifma::reduce::<2, 5>(ifma::carry(sum), &MODULUS));
        }
    }
    /// `c += d·(b + k·e) + e·a`.
    fn fr_beaver_combine(c: &mut [Block], a: &[Block], b: &[Block], d: &[Block], e: &[Block], k: Fr) {
        let k = ifma::broadcast(ifma::split(&k.montgomery(), 4));
        for ((((c, a), b), d), e) in c.iter_mut().zip(a).zip(b).zip(d).zip(e) {
            let e = load(e);
            let mut sum = ifma::zero::<10>();
            ifma::add_product(&mut sum, &k, &cut(e));
            // k·e < 1.46p because 16p/2^260 < 0.46, so b + k·e < 2.46p ...
            let factor = ifma::carry(ifma::add(ifma::divide(sum, &MODULUS), cut(load(b))));
            let mut sum = ifma::zero::<10>();
            ifma::add_product(&mut sum, &cut_shifted(load(d)), &factor);
            ifma::add_product(&mut sum, &cut_shifted(e), &cut(load(a)));
            // ... and the two products give (2.46 + 1)·0.46p + p < 2.6p, with c less than 4p.
            let sum = ifma::add(ifma::divide(sum, &MODULUS), cut(load(c)));
            store(c, ifma::reduce::<2, 5>(ifma::carry(sum), &MODULUS));
        }
    }
    /// The columns, 52 bits apart, of `Σ r_i · x_i` over Montgomery residues.
    fn fr_dot(r: &[Block], x: &[Block]) -> [u128; 10] {
        let mut total = [0; 10];
        for (r, x) in r.chunks(TERMS).zip(x.chunks(TERMS)) {
            let mut sum = ifma::zero::<10>();
            for (r, x) in r.iter().zip(x) {
                ifma::add_product(&mut sum, &cut(load(r)), &cut(load(x)));
            }
            ifma::drain(&sum, &mut total);
        }
        total
    }
    /// The columns of `Σ r_i · x_i` and of `Σ r_i · m_i`.
    fn fr_dot2(r: &[Block], x: &[Block], m: &[Block]) -> [[u128; 10]; 2] {
        let mut total = [[0; 10]; 2];
        for ((r, x), m) in r.chunks(TERMS).zip(x.chunks(TERMS)).zip(m.chunks(TERMS)) {
            let (mut sum_x, mut sum_m) = (ifma::zero::<10>(), ifma::zero::<10>());
            for ((r, x), m) in r.iter().zip(x).zip(m) {
                let r = cut(load(r));
                ifma::add_product(&mut sum_x, &r, &cut(load(x)));
                ifma::add_product(&mut sum_m, &r, &cut(load(m)));
            }
            ifma::drain(&sum_x, &mut total[0]);
            ifma::drain(&sum_m, &mut total[1]);
        }
        total
    }
    /// Canonical integers out of Montgomery residues, little-endian.
    fn fr_encode(items: &[Block], out: &mut [[u8; 256]]) {
        for (item, out) in items.iter().zip(out) {
            let mut sum = ifma::zero::<10>();
            sum[..5].copy_from_slice(&cut_shifted(load(item)));
            // 16·v·2^−260 ≤ p: the only value that needs the subtraction is p itself.
            store_raw(out.as_mut_ptr().cast(), ifma::reduce::<1, 5>(ifma::carry(ifma::divide(sum, &MODULUS)), &MODULUS));
        }
    }
    /// Montgomery residues out of encodings; `false` if one of them is not below the order.
    fn fr_decode(bytes: &[[u8; 256]], out: &mut [Block]) -> bool {
        // 16·R²: the product divided by 2^260 is x·R.
        let factor = ifma::broadcast(ifma::split(&ark_bls12_381::Fr::R2.0, 4));
        let mut canonical = 0xff;
        for (bytes, out) in bytes.iter().zip(out) {
            let v = cut(load_raw(bytes.as_ptr().cast()));
            canonical &= ifma::below(v, &MODULUS);
            let mut sum = ifma::zero::<10>();
            ifma::add_product(&mut sum, &v, &factor);
            store(out, ifma::reduce::<1, 5>(ifma::carry(ifma::divide(sum, &MODULUS)), &MODULUS));
        }
        canonical == 0xff
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(block: &Block) -> [V; 4] {
    load_raw(block.as_ptr().cast())
}

/// Limb `i` of the eight elements in register `i`. Lanes hold elements 0, 2, 1, 3, 4, 6, 5, 7, which no kernel minds and
/// the store undoes. `from` is readable for 256 bytes.
#[inline]
#[target_feature(enable = "avx512f")]
fn load_raw(from: *const V) -> [V; 4] {
    // SAFETY: every caller passes a whole block of 256 bytes; the loads need no alignment.
    let z: [V; 4] = core::array::from_fn(|i| unsafe { _mm512_loadu_si512(from.add(i)) });
    let (t0, t1) = (_mm512_unpacklo_epi64(z[0], z[1]), _mm512_unpackhi_epi64(z[0], z[1]));
    let (t2, t3) = (_mm512_unpacklo_epi64(z[2], z[3]), _mm512_unpackhi_epi64(z[2], z[3]));
    [
        _mm512_shuffle_i64x2::<0x88>(t0, t2),
        _mm512_shuffle_i64x2::<0x88>(t1, t3),
        _mm512_shuffle_i64x2::<0xdd>(t0, t2),
        _mm512_shuffle_i64x2::<0xdd>(t1, t3),
    ]
}

#[inline]
#[target_feature(enable = "avx512f,avx512vbmi2")]
fn store(block: &mut Block, v: [V; 5]) {
    store_raw(block.as_mut_ptr().cast(), v);
}

/// Joins carried limbs and writes eight elements in order. `to` is writable for 256 bytes.
#[inline]
#[target_feature(enable = "avx512f,avx512vbmi2")]
fn store_raw(to: *mut V, v: [V; 5]) {
    let l = [
        _mm512_or_si512(v[0], _mm512_slli_epi64::<52>(v[1])),
        _mm512_or_si512(_mm512_srli_epi64::<12>(v[1]), _mm512_slli_epi64::<40>(v[2])),
        _mm512_or_si512(_mm512_srli_epi64::<24>(v[2]), _mm512_slli_epi64::<28>(v[3])),
        _mm512_or_si512(_mm512_srli_epi64::<36>(v[3]), _mm512_slli_epi64::<16>(v[4])),
    ];
    let lower = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    let upper = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    let (t0, t1) = (_mm512_permutex2var_epi64(l[0], lower, l[2]), _mm512_permutex2var_epi64(l[1], lower, l[3]));
    let (t2, t3) = (_mm512_permutex2var_epi64(l[0], upper, l[2]), _mm512_permutex2var_epi64(l[1], upper, l[3]));
    let z = [
        _mm512_unpacklo_epi64(t0, t1),
        _mm512_unpackhi_epi64(t0, t1),
        _mm512_unpacklo_epi64(t2, t3),
        _mm512_unpackhi_epi64(t2, t3),
    ];
    for (i, z) in z.into_iter().enumerate() {
        // SAFETY: every caller passes a whole block of 256 bytes; the stores need no alignment.
        unsafe { _mm512_storeu_si512(to.add(i), z) };
    }
}

/// The value in 52-bit limbs.
#[inline]
#[target_feature(enable = "avx512f,avx512vbmi2")]
fn cut(l: [V; 4]) -> [V; 5] {
    let limb = _mm512_set1_epi64((1 << 52) - 1);
    [
        _mm512_and_si512(l[0], limb),
        _mm512_and_si512(_mm512_shrdi_epi64::<52>(l[0], l[1]), limb),
        _mm512_and_si512(_mm512_shrdi_epi64::<40>(l[1], l[2]), limb),
        _mm512_and_si512(_mm512_shrdi_epi64::<28>(l[2], l[3]), limb),
        _mm512_srli_epi64::<16>(l[3]),
    ]
}

/// Sixteen times the value, in 52-bit limbs.
#[inline]
#[target_feature(enable = "avx512f,avx512vbmi2")]
fn cut_shifted(l: [V; 4]) -> [V; 5] {
    let limb = _mm512_set1_epi64((1 << 52) - 1);
    [
        _mm512_and_si512(_mm512_slli_epi64::<4>(l[0]), limb),
        _mm512_and_si512(_mm512_shrdi_epi64::<48>(l[0], l[1]), limb),
        _mm512_and_si512(_mm512_shrdi_epi64::<36>(l[1], l[2]), limb),
        _mm512_and_si512(_mm512_shrdi_epi64::<24>(l[2], l[3]), limb),
        _mm512_srli_epi64::<12>(l[3]),
    ]
}

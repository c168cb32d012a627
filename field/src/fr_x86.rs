//! Kernels of [`Fr`] on eight elements at a time, see [`crate::montgomery_x86`].
#![allow(unsafe_code)]

use core::arch::x86_64::*;

use crate::Fr;
use crate::ifma_x86::{self as ifma, Modulus, V};
use crate::limbs::{Limbs, R};
use crate::montgomery_x86::montgomery_kernels;

const N: usize = 5;
const W: usize = 10;
const SHIFT: usize = 4;
const MODULUS: Modulus<N> = Modulus::new(&R);
const R2: Limbs = ark_bls12_381::Fr::R2.0;
/// Bytes of eight elements.
const BLOCK: usize = 256;
/// Terms that fit a column: each adds less than `W · 2^52`.
const TERMS: usize = 400;

/// Eight elements. `Fr` is one `[u64; 4]` and nothing else, which the sizes prove.
pub(crate) type Block = [Fr; 8];
const _: () = assert!(size_of::<Block>() == BLOCK && align_of::<Fr>() == align_of::<u64>());

montgomery_kernels!(Fr);

fn limbs(x: Fr) -> Limbs {
    x.limbs()
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

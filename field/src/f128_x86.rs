//! Kernels of [`F128`] on eight elements at a time, see [`crate::montgomery_x86`].
#![allow(unsafe_code)]

use core::arch::x86_64::*;

use crate::F128;
use crate::f128::P;
use crate::ifma_x86::{self as ifma, Modulus, V};
use crate::montgomery_x86::montgomery_kernels;

const N: usize = 3;
const W: usize = 6;
const SHIFT: usize = 28;
const MODULUS: Modulus<N> = Modulus::new(&[P as u64, (P >> 64) as u64]);
const R2: [u64; 2] = crate::f128::R2;
/// Bytes of eight elements.
const BLOCK: usize = 128;
/// Terms that fit a column: each adds less than `W · 2^52`.
const TERMS: usize = 600;

/// Eight elements. `F128` is one `[u64; 2]` and nothing else, which the sizes prove.
pub(crate) type Block = [F128; 8];
const _: () = assert!(size_of::<Block>() == BLOCK && align_of::<F128>() == align_of::<u64>());

montgomery_kernels!(F128);

fn limbs(x: F128) -> [u64; 2] {
    x.limbs()
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(block: &Block) -> [V; 2] {
    load_raw(block.as_ptr().cast())
}

/// Limb `i` of the eight elements in register `i`. Lanes hold elements 0, 4, 1, 5, 2, 6, 3, 7, which no kernel minds and
/// the store undoes. `from` is readable for 128 bytes.
#[inline]
#[target_feature(enable = "avx512f")]
fn load_raw(from: *const V) -> [V; 2] {
    // SAFETY: every caller passes a whole block of 128 bytes; the loads need no alignment.
    let z: [V; 2] = core::array::from_fn(|i| unsafe { _mm512_loadu_si512(from.add(i)) });
    [_mm512_unpacklo_epi64(z[0], z[1]), _mm512_unpackhi_epi64(z[0], z[1])]
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(block: &mut Block, v: [V; N]) {
    store_raw(block.as_mut_ptr().cast(), v);
}

/// Joins carried limbs and writes eight elements in order. `to` is writable for 128 bytes.
#[inline]
#[target_feature(enable = "avx512f")]
fn store_raw(to: *mut V, v: [V; N]) {
    let low = _mm512_or_si512(v[0], _mm512_slli_epi64::<52>(v[1]));
    let high = _mm512_or_si512(_mm512_srli_epi64::<12>(v[1]), _mm512_slli_epi64::<40>(v[2]));
    for (i, z) in [_mm512_unpacklo_epi64(low, high), _mm512_unpackhi_epi64(low, high)].into_iter().enumerate() {
        // SAFETY: every caller passes a whole block of 128 bytes; the stores need no alignment.
        unsafe { _mm512_storeu_si512(to.add(i), z) };
    }
}

/// The value in 52-bit limbs.
#[inline]
#[target_feature(enable = "avx512f,avx512vbmi2")]
fn cut(l: [V; 2]) -> [V; N] {
    let limb = _mm512_set1_epi64((1 << 52) - 1);
    [
        _mm512_and_si512(l[0], limb),
        _mm512_and_si512(_mm512_shrdi_epi64::<52>(l[0], l[1]), limb),
        _mm512_srli_epi64::<40>(l[1]),
    ]
}

/// The value times 2^28, in 52-bit limbs.
#[inline]
#[target_feature(enable = "avx512f,avx512vbmi2")]
fn cut_shifted(l: [V; 2]) -> [V; N] {
    let limb = _mm512_set1_epi64((1 << 52) - 1);
    [
        _mm512_and_si512(_mm512_slli_epi64::<28>(l[0]), limb),
        _mm512_and_si512(_mm512_shrdi_epi64::<24>(l[0], l[1]), limb),
        _mm512_srli_epi64::<12>(l[1]),
    ]
}

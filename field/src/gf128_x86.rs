//! Carry-less products by PCLMULQDQ and, four at a time, by VPCLMULQDQ.
#![allow(unsafe_code)]

use core::arch::x86_64::*;

use crate::Gf128;

/// The sum of the 256-bit products as (low, high) halves, `None` where the processor has no carry-less multiplication.
/// Lengths are equal.
#[inline]
pub(crate) fn dot(a: &[Gf128], b: &[Gf128]) -> Option<(u128, u128)> {
    if a.len() >= 8 && wide_available() {
        // SAFETY: the features were detected in the line above.
        return Some(unsafe { dot_wide(a, b) });
    }
    // SAFETY: the feature is detected in this very expression.
    is_x86_feature_detected!("pclmulqdq").then(|| unsafe { dot_single(a, b) })
}

/// The result of every routine this processor can run, for tests.
#[cfg(test)]
pub(crate) fn every_dot(a: &[Gf128], b: &[Gf128]) -> Vec<(u128, u128)> {
    let mut sums = Vec::new();
    if is_x86_feature_detected!("pclmulqdq") {
        // SAFETY: the feature was detected in the line above.
        sums.push(unsafe { dot_single(a, b) });
    }
    if wide_available() {
        // SAFETY: the features were detected in the line above.
        sums.push(unsafe { dot_wide(a, b) });
    }
    sums
}

#[inline]
fn wide_available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("vpclmulqdq")
        && is_x86_feature_detected!("pclmulqdq")
}

#[target_feature(enable = "pclmulqdq,sse2")]
fn dot_single(a: &[Gf128], b: &[Gf128]) -> (u128, u128) {
    let (mut low, mut middle, mut high) = (_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128());
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (register(u128::from(*x)), register(u128::from(*y)));
        low = _mm_xor_si128(low, _mm_clmulepi64_si128::<0x00>(x, y));
        high = _mm_xor_si128(high, _mm_clmulepi64_si128::<0x11>(x, y));
        middle = _mm_xor_si128(middle, _mm_clmulepi64_si128::<0x01>(x, y));
        middle = _mm_xor_si128(middle, _mm_clmulepi64_si128::<0x10>(x, y));
    }
    join(integer(low), integer(middle), integer(high))
}

#[target_feature(enable = "avx512f,vpclmulqdq,pclmulqdq,sse2")]
fn dot_wide(a: &[Gf128], b: &[Gf128]) -> (u128, u128) {
    let (mut low, mut middle, mut high) = (_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512());
    let (blocks_a, rest_a) = a.as_chunks::<4>();
    let (blocks_b, rest_b) = b.as_chunks::<4>();
    for (x, y) in blocks_a.iter().zip(blocks_b) {
        // SAFETY: both blocks are four transparent u128, 64 readable bytes; the load needs no alignment.
        let (x, y) = unsafe { (_mm512_loadu_si512(x.as_ptr().cast()), _mm512_loadu_si512(y.as_ptr().cast())) };
        low = _mm512_xor_si512(low, _mm512_clmulepi64_epi128::<0x00>(x, y));
        high = _mm512_xor_si512(high, _mm512_clmulepi64_epi128::<0x11>(x, y));
        let crossed = _mm512_clmulepi64_epi128::<0x01>(x, y);
        middle = _mm512_ternarylogic_epi64::<0x96>(middle, crossed, _mm512_clmulepi64_epi128::<0x10>(x, y));
    }
    let fold = |v: __m512i| {
        let half = _mm256_xor_si256(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64::<1>(v));
        integer(_mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256::<1>(half)))
    };
    let (low, high) = join(fold(low), fold(middle), fold(high));
    let rest = dot_single(rest_a, rest_b);
    (low ^ rest.0, high ^ rest.1)
}

fn join(low: u128, middle: u128, high: u128) -> (u128, u128) {
    (low ^ middle << 64, high ^ middle >> 64)
}

#[target_feature(enable = "sse2")]
fn register(v: u128) -> __m128i {
    _mm_set_epi64x((v >> 64) as i64, v as i64)
}

#[target_feature(enable = "sse2")]
fn integer(v: __m128i) -> u128 {
    let high = _mm_cvtsi128_si64(_mm_unpackhi_epi64(v, v));
    u128::from(_mm_cvtsi128_si64(v) as u64) | u128::from(high as u64) << 64
}

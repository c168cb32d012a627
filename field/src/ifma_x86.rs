//! Montgomery arithmetic on eight elements at a time: 52-bit limbs in the lanes of AVX-512 registers.
//!
//! Elements are stored with the Montgomery factor 2^(64n); here they are multiplied with factor 2^(52N) instead. The
//! difference 2^S, a power of two that fits above the element, is shifted into one operand of every product while its limbs
//! are cut, so it costs nothing.
#![allow(unsafe_code)]

use core::arch::x86_64::*;

/// Proof that the processor has AVX-512 IFMA and VBMI2: every kernel takes this token, so none can be reached without
/// the detection.
#[derive(Clone, Copy)]
pub(crate) struct Ifma(());

impl Ifma {
    /// The token, where the features exist.
    #[inline]
    pub(crate) fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512ifma")
            && is_x86_feature_detected!("avx512vbmi2");
        found.then_some(Self(()))
    }
}

/// Eight lanes of 64 bits.
pub(crate) type V = __m512i;

const LIMB: u64 = (1 << 52) - 1;

/// A modulus in `N` limbs of 52 bits.
pub(crate) struct Modulus<const N: usize> {
    p: [u64; N],
    /// `−1/p mod 2^52` (its low 52 bits count).
    inverse: u64,
}

impl<const N: usize> Modulus<N> {
    /// From 64-bit limbs.
    pub(crate) const fn new(p: &[u64]) -> Self {
        Self { p: split(p, 0), inverse: crate::wide::negative_inverse(p[0]) }
    }
}

/// `2^shift · v` in 52-bit limbs.
pub(crate) const fn split<const N: usize>(v: &[u64], shift: usize) -> [u64; N] {
    let mut limbs = [0; N];
    let mut bit = 0;
    while bit < 64 * v.len() && bit + shift < 52 * N {
        if v[bit / 64] >> (bit % 64) & 1 == 1 {
            limbs[(bit + shift) / 52] |= 1 << ((bit + shift) % 52);
        }
        bit += 1;
    }
    limbs
}

/// An empty sum of products.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn zero<const W: usize>() -> [V; W] {
    [_mm512_setzero_si512(); W]
}

/// The same `N` limbs in every lane.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn broadcast<const N: usize>(limbs: [u64; N]) -> [V; N] {
    core::array::from_fn(|i| _mm512_set1_epi64(limbs[i] as i64))
}

/// `sum += a · b`; only the low 52 bits of every limb of `a` and `b` count. A column grows by less than `2N·2^52`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(crate) fn add_product<const N: usize, const W: usize>(sum: &mut [V; W], a: &[V; N], b: &[V; N]) {
    for i in 0..N {
        for j in 0..N {
            sum[i + j] = _mm512_madd52lo_epu64(sum[i + j], a[i], b[j]);
            sum[i + j + 1] = _mm512_madd52hi_epu64(sum[i + j + 1], a[i], b[j]);
        }
    }
}

/// `sum · 2^(−52N) mod p` in limbs that still hold carries: at most `p` above `sum / 2^(52N)`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(crate) fn divide<const N: usize, const W: usize>(mut sum: [V; W], modulus: &Modulus<N>) -> [V; N] {
    let p = broadcast(modulus.p);
    let inverse = _mm512_set1_epi64(modulus.inverse as i64);
    for i in 0..N {
        let q = _mm512_madd52lo_epu64(_mm512_setzero_si512(), sum[i], inverse);
        for j in 0..N {
            sum[i + j] = _mm512_madd52lo_epu64(sum[i + j], q, p[j]);
            sum[i + j + 1] = _mm512_madd52hi_epu64(sum[i + j + 1], q, p[j]);
        }
        sum[i + 1] = _mm512_add_epi64(sum[i + 1], _mm512_srli_epi64::<52>(sum[i]));
    }
    core::array::from_fn(|i| sum[N + i])
}

/// Sum of limbs, carries left where they are.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn add<const N: usize>(a: [V; N], b: [V; N]) -> [V; N] {
    core::array::from_fn(|i| _mm512_add_epi64(a[i], b[i]))
}

/// Moves carries up, leaving 52 bits in every limb but the last.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn carry<const N: usize>(mut v: [V; N]) -> [V; N] {
    for i in 1..N {
        v[i] = _mm512_add_epi64(v[i], _mm512_srli_epi64::<52>(v[i - 1]));
        v[i - 1] = _mm512_and_si512(v[i - 1], _mm512_set1_epi64(LIMB as i64));
    }
    v
}

/// `v mod p` of carried limbs below `2^DOUBLINGS · p`.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn reduce<const DOUBLINGS: u32, const N: usize>(mut v: [V; N], modulus: &Modulus<N>) -> [V; N] {
    for k in (0..DOUBLINGS).rev() {
        // The limbs of 2^k·p are those of p times 2^k: their difference to v keeps room for the borrows.
        let (difference, below) = subtract(v, broadcast(modulus.p.map(|limb| limb << k)));
        for (v, d) in v.iter_mut().zip(difference) {
            *v = _mm512_mask_mov_epi64(d, below, *v);
        }
    }
    v
}

/// The lanes whose carried value is below `p`.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn below<const N: usize>(v: [V; N], modulus: &Modulus<N>) -> __mmask8 {
    subtract(v, broadcast(modulus.p)).1
}

/// `a − b` in carried limbs, and the lanes where it is negative.
#[inline]
#[target_feature(enable = "avx512f")]
fn subtract<const N: usize>(a: [V; N], b: [V; N]) -> ([V; N], __mmask8) {
    let mut difference: [V; N] = core::array::from_fn(|i| _mm512_sub_epi64(a[i], b[i]));
    for i in 1..N {
        difference[i] = _mm512_add_epi64(difference[i], _mm512_srai_epi64::<52>(difference[i - 1]));
        difference[i - 1] = _mm512_and_si512(difference[i - 1], _mm512_set1_epi64(LIMB as i64));
    }
    (difference, _mm512_cmplt_epi64_mask(difference[N - 1], _mm512_setzero_si512()))
}

/// Adds the lanes of every column to `total`.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn drain<const W: usize>(columns: &[V; W], total: &mut [u128; W]) {
    for (column, total) in columns.iter().zip(total) {
        let mut lanes = [0u64; 8];
        // SAFETY: eight lanes are 64 writable bytes; the store needs no alignment.
        unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), *column) };
        *total += lanes.iter().map(|lane| u128::from(*lane)).sum::<u128>();
    }
}

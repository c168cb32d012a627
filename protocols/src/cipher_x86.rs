//! AES-128 four blocks to a register, by VAES on 512 bits.
#![allow(unsafe_code)]
#![allow(clippy::needless_range_loop)] // see `broadcast_all`

use core::arch::x86_64::*;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::cipher::Tweaks;

/// Registers in flight: enough to cover the latency of a round.
const LANES: usize = 8;
/// Blocks in flight.
const STRIDE: usize = 4 * LANES;

/// Round keys. They exist only on a processor that has what the kernels need.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Keys([u128; 11]);

impl Keys {
    /// The round keys, `None` where the processor lacks a needed extension.
    pub(crate) fn expand(key: &[u8; 16]) -> Option<Self> {
        let available = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("vaes")
            && is_x86_feature_detected!("aes")
            && is_x86_feature_detected!("sse2");
        // SAFETY: the features were detected in the line above.
        available.then(|| Self(unsafe { expand(u128::from_le_bytes(*key)) }))
    }
    /// See `Cipher::counter`.
    pub(crate) fn counter(&self, first: u128, out: &mut [[u8; 16]]) {
        // SAFETY: a `Keys` is made only where the features were detected.
        unsafe { counter(&self.0, first, out) }
    }
    /// See `Cipher::hash`. The lengths are equal.
    pub(crate) fn hash(&self, rows: &[u128], offset: u128, tweaks: Tweaks<'_>, out: &mut [u128]) {
        // SAFETY: a `Keys` is made only where the features were detected.
        unsafe { hash(&self.0, rows, offset, tweaks, out) }
    }
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

#[target_feature(enable = "aes,sse2")]
fn expand(key: u128) -> [u128; 11] {
    let mut keys = [key; 11];
    macro_rules! round {
        ($i:literal, $constant:literal) => {
            let last = keys[$i - 1];
            // The rotated and substituted last word of the previous key, in every word.
            let assist = _mm_aeskeygenassist_si128::<$constant>(register(last));
            let word = integer(_mm_shuffle_epi32::<0xff>(assist));
            keys[$i] = last ^ last << 32 ^ last << 64 ^ last << 96 ^ word;
        };
    }
    round!(1, 0x01);
    round!(2, 0x02);
    round!(3, 0x04);
    round!(4, 0x08);
    round!(5, 0x10);
    round!(6, 0x20);
    round!(7, 0x40);
    round!(8, 0x80);
    round!(9, 0x1b);
    round!(10, 0x36);
    keys
}

#[target_feature(enable = "avx512f,sse2")]
fn broadcast(v: u128) -> __m512i {
    _mm512_broadcast_i32x4(register(v))
}

/// The round keys in every quarter. Loops here are indexed: adaptors and closures would stay calls, since they are not
/// compiled for these registers.
#[target_feature(enable = "avx512f,sse2")]
fn broadcast_all(keys: &[u128; 11]) -> [__m512i; 11] {
    let mut all = [_mm512_setzero_si512(); 11];
    for i in 0..11 {
        all[i] = broadcast(keys[i]);
    }
    all
}

#[target_feature(enable = "avx512f,vaes,sse2")]
fn encrypt(keys: &[__m512i; 11], x: &mut [__m512i; LANES]) {
    for i in 0..LANES {
        x[i] = _mm512_xor_si512(x[i], keys[0]);
    }
    for round in 1..10 {
        for i in 0..LANES {
            x[i] = _mm512_aesenc_epi128(x[i], keys[round]);
        }
    }
    for i in 0..LANES {
        x[i] = _mm512_aesenclast_epi128(x[i], keys[10]);
    }
}

/// The 64-bit lanes of register `i` that hold blocks of a run of `blocks` blocks.
fn lanes(i: usize, blocks: usize) -> __mmask8 {
    (0xffu16 >> (8 - 2 * blocks.saturating_sub(4 * i).min(4))) as u8
}

#[target_feature(enable = "avx512f,vaes,sse2")]
fn counter(keys: &[u128; 11], first: u128, out: &mut [[u8; 16]]) {
    let keys = broadcast_all(keys);
    let mut at = _mm512_add_epi64(broadcast(first), _mm512_set_epi64(0, 3, 0, 2, 0, 1, 0, 0));
    let step = _mm512_set_epi64(0, 4, 0, 4, 0, 4, 0, 4);
    for run in out.chunks_mut(STRIDE) {
        let mut x = [at; LANES];
        for i in 0..LANES {
            x[i] = at;
            at = _mm512_add_epi64(at, step);
        }
        encrypt(&keys, &mut x);
        for i in 0..LANES {
            let to = run.as_mut_ptr().wrapping_add(4 * i).cast();
            // SAFETY: the mask keeps the store within the run; `wrapping_add` makes no claim about the address itself.
            unsafe { _mm512_mask_storeu_epi64(to, lanes(i, run.len()), x[i]) };
        }
    }
}

/// Register `i` of a run, zeros beyond its end.
#[target_feature(enable = "avx512f")]
fn load(run: &[u128], i: usize) -> __m512i {
    let mask = lanes(i, run.len());
    // SAFETY: the mask keeps the load within the run; `wrapping_add` makes no claim about the address itself.
    unsafe { _mm512_maskz_loadu_epi64(mask, run.as_ptr().wrapping_add(4 * i).cast()) }
}

#[target_feature(enable = "avx512f,vaes,sse2")]
fn hash(keys: &[u128; 11], rows: &[u128], offset: u128, tweaks: Tweaks<'_>, out: &mut [u128]) {
    let keys = broadcast_all(keys);
    let offset = broadcast(offset);
    let mut at = match tweaks {
        Tweaks::From(first) => _mm512_add_epi64(broadcast(first), _mm512_set_epi64(0, 3, 0, 2, 0, 1, 0, 0)),
        Tweaks::Each(_) => _mm512_setzero_si512(),
    };
    let step = _mm512_set_epi64(0, 4, 0, 4, 0, 4, 0, 4);
    for (r, (run, out)) in rows.chunks(STRIDE).zip(out.chunks_mut(STRIDE)).enumerate() {
        let mut inner = [offset; LANES];
        for i in 0..LANES {
            inner[i] = _mm512_xor_si512(load(run, i), offset);
        }
        encrypt(&keys, &mut inner);
        let mut outer = inner;
        for i in 0..LANES {
            let tweak = match tweaks {
                Tweaks::From(_) => at,
                Tweaks::Each(each) => load(&each[STRIDE * r..STRIDE * r + run.len()], i),
            };
            at = _mm512_add_epi64(at, step);
            outer[i] = _mm512_xor_si512(outer[i], tweak);
        }
        encrypt(&keys, &mut outer);
        for i in 0..LANES {
            let to = out.as_mut_ptr().wrapping_add(4 * i).cast();
            let sum = _mm512_xor_si512(inner[i], outer[i]);
            // SAFETY: the mask keeps the store within `out`, which is as long as the run.
            unsafe { _mm512_mask_storeu_epi64(to, lanes(i, run.len()), sum) };
        }
    }
}

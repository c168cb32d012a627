//! AES-128 on many blocks at once, in the two shapes that expansions need: counter mode and the tweaked hash of OT
//! extension. Kernels for the widest registers live in `cipher_x86.rs`; everywhere else the `aes` crate does the same.

use aes::Aes128Enc;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use zeroize::Zeroize;

#[cfg(target_arch = "x86_64")]
use crate::cipher_x86 as x86;

/// Blocks encrypted at once by the portable path.
const BATCH: usize = 64;

/// The tweaks of a run of rows.
#[derive(Clone, Copy)]
pub(crate) enum Tweaks<'a> {
    /// Row r has this tweak plus r; the low 64 bits do not overflow.
    From(u128),
    /// One for each row.
    Each(&'a [u128]),
}

impl Tweaks<'_> {
    fn of(self, r: usize) -> u128 {
        match self {
            Self::From(first) => first + r as u128,
            Self::Each(tweaks) => tweaks[r],
        }
    }
}

/// The cipher under one key. Round keys are wiped on drop.
pub(crate) enum Cipher {
    Portable(Box<Aes128Enc>),
    #[cfg(target_arch = "x86_64")]
    Wide(x86::Keys),
}

impl Cipher {
    pub(crate) fn new(key: &[u8; 16]) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(keys) = x86::Keys::expand(key) {
            return Self::Wide(keys);
        }
        Self::portable(key)
    }

    fn portable(key: &[u8; 16]) -> Self {
        Self::Portable(Box::new(Aes128Enc::new(Array::cast_from_core(key))))
    }

    /// Block i of `out` is the encryption of `first + i`, a little-endian integer whose low 64 bits do not overflow.
    pub(crate) fn counter(&self, first: u128, out: &mut [[u8; 16]]) {
        match self {
            Self::Portable(cipher) => {
                for (block, counter) in out.iter_mut().zip(first..) {
                    *block = counter.to_le_bytes();
                }
                cipher.encrypt_blocks(Array::cast_slice_from_core_mut(out));
            }
            #[cfg(target_arch = "x86_64")]
            Self::Wide(keys) => keys.counter(first, out),
        }
    }

    /// `out_r = π(π(x) ⊕ tweak) ⊕ π(x)` for `x = rows_r ⊕ offset`. Panics if the lengths differ.
    pub(crate) fn hash(&self, rows: &[u128], offset: u128, tweaks: Tweaks<'_>, out: &mut [u128]) {
        assert_eq!(rows.len(), out.len(), "one output for each row");
        if let Tweaks::Each(tweaks) = tweaks {
            assert_eq!(rows.len(), tweaks.len(), "one tweak for each row");
        }
        match self {
            Self::Portable(cipher) => portable_hash(cipher, rows, offset, tweaks, out),
            #[cfg(target_arch = "x86_64")]
            Self::Wide(keys) => keys.hash(rows, offset, tweaks, out),
        }
    }
}

fn portable_hash(cipher: &Aes128Enc, rows: &[u128], offset: u128, tweaks: Tweaks<'_>, out: &mut [u128]) {
    let mut inner = [[0; 16]; BATCH];
    let mut outer = [[0; 16]; BATCH];
    for (batch, (rows, out)) in rows.chunks(BATCH).zip(out.chunks_mut(BATCH)).enumerate() {
        for (block, row) in inner.iter_mut().zip(rows) {
            *block = (row ^ offset).to_le_bytes();
        }
        // Whole batches always: what is beyond the rows is never looked at.
        cipher.encrypt_blocks(Array::cast_slice_from_core_mut(&mut inner));
        for (r, (block, inner)) in outer.iter_mut().zip(&inner[..rows.len()]).enumerate() {
            *block = (u128::from_le_bytes(*inner) ^ tweaks.of(BATCH * batch + r)).to_le_bytes();
        }
        cipher.encrypt_blocks(Array::cast_slice_from_core_mut(&mut outer));
        for (out, (outer, inner)) in out.iter_mut().zip(outer.iter().zip(&inner)) {
            *out = u128::from_le_bytes(*outer) ^ u128::from_le_bytes(*inner);
        }
    }
    inner.zeroize();
    outer.zeroize();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_answer() {
        // FIPS 197, appendix B.
        let key = 0x2b7e_1516_28ae_d2a6_abf7_1588_09cf_4f3cu128.to_be_bytes();
        let plain = u128::from_le_bytes(0x3243_f6a8_885a_308d_3131_98a2_e037_0734u128.to_be_bytes());
        for cipher in [Cipher::new(&key), Cipher::portable(&key)] {
            let mut out = [[0; 16]];
            cipher.counter(plain, &mut out);
            assert_eq!(out[0], 0x3925_841d_02dc_09fb_dc11_8597_196a_0b32u128.to_be_bytes());
        }
    }

    #[test]
    fn every_path_gives_the_same_blocks() {
        let key = [0x5a; 16];
        let (fast, slow) = (Cipher::new(&key), Cipher::portable(&key));
        for n in [0, 1, 2, 3, 4, 5, 15, 16, 17, 31, 64, 68, 69, 200] {
            let (mut a, mut b) = (vec![[0; 16]; n], vec![[1; 16]; n]);
            let first = (7 << 64) + u128::from(u32::MAX);
            fast.counter(first, &mut a);
            slow.counter(first, &mut b);
            assert_eq!(a, b, "{n} counters");
            let rows: Vec<u128> = a.iter().map(|block| u128::from_le_bytes(*block)).collect();
            let each: Vec<u128> = rows.iter().map(|row| row.rotate_left(9)).collect();
            for tweaks in [Tweaks::From(first), Tweaks::Each(&each)] {
                let (mut a, mut b) = (vec![0; n], vec![1; n]);
                fast.hash(&rows, 99, tweaks, &mut a);
                slow.hash(&rows, 99, tweaks, &mut b);
                assert_eq!(a, b, "{n} rows");
            }
        }
    }
}

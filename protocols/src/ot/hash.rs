//! The hash that breaks the correlation: `H(tweak, x) = π(π(x) ⊕ tweak) ⊕ π(x)` with π = AES-128 under a key of the
//! session (Guo, Katz, Wang and Yu, ePrint 2019/074), and the map from its outputs to residues of a field.
//! Spec: `spec/protocols/07-ot-extension.md`, Steps 2.8 and 2.9.
//!
//! A row of the correlation is the same at two parties or differs by Δ; a receiver can force equal rows, so the index of
//! the transfer is in every call. Attempts and words have tweaks of their own.

use aes::Aes128Enc;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use field::{PrimeField, Residue};
use zeroize::Zeroize;

/// Rows hashed at once.
const BATCH: usize = 64;
/// 128-bit words of the widest residue.
const WORDS: usize = 2;

type Blocks = [aes::Block; BATCH];

/// The hash under one key.
pub struct OtHash {
    cipher: Aes128Enc,
}

struct Scratch {
    /// π(x)
    inner: Blocks,
    /// π(π(x) ⊕ tweak) of every word
    outer: [Blocks; WORDS],
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for block in self.inner.iter_mut().chain(self.outer.as_flattened_mut()) {
            block.0.zeroize();
        }
    }
}

impl OtHash {
    /// The hash under this key.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        Self { cipher: Aes128Enc::new(Array::cast_from_core(key)) }
    }

    /// Step 2.9: `out[r] = E(first + r, rows[r] ⊕ offset)`, the first accepted attempt of every row. Which attempts are
    /// accepted depends on outputs of the hash only and tells nothing about the rest of them.
    ///
    /// Panics if the lengths differ.
    pub fn residues<F: PrimeField>(&self, first: u64, rows: &[u128], offset: u128, out: &mut [F::Residue]) {
        assert_eq!(rows.len(), out.len(), "one residue for each row");
        let mut scratch = Scratch { inner: [Array([0; 16]); BATCH], outer: [[Array([0; 16]); BATCH]; WORDS] };
        let mut missing = Vec::new();
        for start in (0..rows.len()).step_by(BATCH) {
            let count = BATCH.min(rows.len() - start);
            let row = |i| (start + i, rows[start + i] ^ offset);
            self.attempt::<F>(&mut scratch, first, 0, count, row, out, &mut missing);
        }
        for attempt in 1.. {
            if missing.is_empty() {
                break;
            }
            let again = std::mem::take(&mut missing);
            for part in again.chunks(BATCH) {
                let row = |i: usize| (part[i], rows[part[i]] ^ offset);
                self.attempt::<F>(&mut scratch, first, attempt, part.len(), row, out, &mut missing);
            }
        }
    }

    /// One attempt for up to [`BATCH`] rows; `row` gives position and value. Rejected positions join `missing`.
    #[allow(clippy::too_many_arguments)] // one loop body, instantiated for the first attempt and for later ones
    #[inline(always)]
    fn attempt<F: PrimeField>(
        &self,
        scratch: &mut Scratch,
        first: u64,
        attempt: u32,
        count: usize,
        row: impl Fn(usize) -> (usize, u128),
        out: &mut [F::Residue],
        missing: &mut Vec<usize>,
    ) {
        const { assert!(F::BYTES <= 16 * WORDS) };
        let words = F::BYTES.div_ceil(16);
        let Scratch { inner, outer } = scratch;
        for (i, x) in inner[..count].iter_mut().enumerate() {
            *x = Array(row(i).1.to_le_bytes());
        }
        // Whole batches always: the rest are repetitions nobody looks at.
        self.cipher.encrypt_blocks(inner);
        for (w, outer) in outer[..words].iter_mut().enumerate() {
            let high = u128::from(attempt) << 64 | (w as u128) << 96;
            for (i, (y, x)) in outer[..count].iter_mut().zip(&inner[..count]).enumerate() {
                let tweak = u128::from(first + row(i).0 as u64) | high;
                *y = Array((u128::from_le_bytes(x.0) ^ tweak).to_le_bytes());
            }
            self.cipher.encrypt_blocks(outer);
        }
        for i in 0..count {
            let mut limbs = [0; 4];
            for (w, outer) in outer[..words].iter().enumerate() {
                let word = u128::from_le_bytes(outer[i].0) ^ u128::from_le_bytes(inner[i].0);
                (limbs[2 * w], limbs[2 * w + 1]) = (word as u64, (word >> 64) as u64);
            }
            let position = row(i).0;
            let accepted;
            (out[position], accepted) = F::Residue::attempt(limbs);
            if !accepted {
                missing.push(position);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use aes::Aes128;
    use field::{F3, F31, F128, Fr};

    use super::*;

    /// The specification, one row at a time.
    fn slow<F: PrimeField>(key: &[u8; 16], index: u64, x: u128) -> F {
        let cipher = Aes128::new(&Array(*key));
        let pi = |x: u128| {
            let mut block = Array(x.to_le_bytes());
            cipher.encrypt_block(&mut block);
            u128::from_le_bytes(block.0)
        };
        for attempt in 0u128.. {
            let mut bytes = Vec::new();
            for w in 0..2u128 {
                let tweak = u128::from(index) + (attempt << 64) + (w << 96);
                bytes.extend((pi(pi(x) ^ tweak) ^ pi(x)).to_le_bytes());
            }
            bytes.truncate(F::BYTES);
            bytes[F::BYTES - 1] &= 0xff >> (8 * F::BYTES - F::BITS);
            if let Some(element) = F::read(&bytes) {
                return element;
            }
        }
        unreachable!("some attempt is accepted")
    }

    fn agrees<F: PrimeField>() {
        let rows: Vec<u128> =
            (1..=201u128).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)).collect();
        let (key, first, offset) = ([9; 16], u64::from(u32::MAX) - 3, 77 << 70);
        let mut out = vec![F::Residue::ZERO; rows.len()];
        OtHash::new(&key).residues::<F>(first, &rows, offset, &mut out);
        for (r, (x, got)) in rows.iter().zip(out).enumerate() {
            assert_eq!(F::from_residue(got), slow::<F>(&key, first + r as u64, x ^ offset), "row {r}");
        }
    }

    #[test]
    fn residues_are_the_first_accepted_attempts() {
        agrees::<F3>();
        agrees::<F31>();
        agrees::<F128>();
        agrees::<Fr>();
    }

    #[test]
    fn equal_rows_have_unequal_hashes() {
        let mut out = vec![Default::default(); 100];
        OtHash::new(&[1; 16]).residues::<F128>(5, &[42; 100], 0, &mut out);
        let mut elements: Vec<_> = out.into_iter().map(|r| F128::from_residue(r).to_limbs()).collect();
        elements.sort_unstable();
        elements.dedup();
        assert_eq!(elements.len(), 100);
    }
}

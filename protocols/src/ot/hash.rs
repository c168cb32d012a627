//! The hash that breaks the correlation: `H(tweak, x) = π(π(x) ⊕ tweak) ⊕ π(x)` with π = AES-128 under a key that serves
//! some thousand rows (Guo, Katz, Wang and Yu, ePrint 2019/074; Guo, Katz, Wang, Weng and Yu, ePrint 2019/1168, for why
//! not all), and the map from its outputs to residues of a field. Spec: `spec/protocols/07-ot-extension.md`, Steps 2.8
//! and 2.9.
//!
//! A row of the correlation is the same at two parties or differs by Δ; a receiver can force equal rows, so the index of
//! the transfer is in every call. Attempts and words have tweaks of their own.

use field::{PrimeField, Residue};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::cipher::{Cipher, Tweaks};

/// Rows hashed at once.
const BATCH: usize = 256;
/// 128-bit words of the widest residue.
const WORDS: usize = 2;

/// What the keys of one ordered pair's hash are derived from.
#[derive(ZeroizeOnDrop)]
pub(crate) struct HashKeys([u8; 32]);

impl HashKeys {
    pub(crate) fn new(root: [u8; 32]) -> Self {
        Self(root)
    }
    /// The hash of the rows from transfer `first` on, to the end of its tile. A hash loses as many bits of security as
    /// the binary logarithm of its uses under one key, so a key serves one tile.
    pub(crate) fn at(&self, first: u64) -> OtHash {
        let mut h = blake3::Hasher::new_derive_key("quorate 2026 ot hash tile v1");
        let key = Zeroizing::new(*h.update(&self.0).update(&first.to_le_bytes()).finalize().as_bytes());
        let mut short = Zeroizing::new([0; 16]);
        short.copy_from_slice(&key[..16]);
        OtHash::new(&short)
    }
}

/// The hash under one key.
pub struct OtHash {
    cipher: Cipher,
}

impl OtHash {
    /// The hash under this key.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        Self { cipher: Cipher::new(key) }
    }

    /// Step 2.9: `out[r] = E(first + r, rows[r] ⊕ offset)`, the first accepted attempt of every row. How many attempts
    /// it takes tells nothing about the accepted ones; but a sender knows both strings of every transfer, and to it the
    /// number of a receiver's attempts is a sum over the choices (`spec/protocols/07-ot-extension.md`, Time).
    ///
    /// Panics if the lengths differ.
    pub fn residues<F: PrimeField>(&self, first: u64, rows: &[u128], offset: u128, out: &mut [F::Residue]) {
        assert_eq!(rows.len(), out.len(), "one residue for each row");
        const { assert!(F::BYTES <= 16 * WORDS) };
        let mut words = Zeroizing::new([[0; BATCH]; WORDS]);
        let mut missing = Vec::new();
        for (start, rows) in (0..).step_by(BATCH).zip(rows.chunks(BATCH)) {
            for (w, words) in words[..F::BYTES.div_ceil(16)].iter_mut().enumerate() {
                let tweaks = Tweaks::From(tweak(first + start as u64, 0, w));
                self.cipher.hash(rows, offset, tweaks, &mut words[..rows.len()]);
            }
            accept::<F>(&words, start..start + rows.len(), out, &mut missing);
        }
        for attempt in 1.. {
            if missing.is_empty() {
                break;
            }
            let again = std::mem::take(&mut missing);
            for positions in again.chunks(BATCH) {
                let rows: Zeroizing<Vec<u128>> = Zeroizing::new(positions.iter().map(|p| rows[*p]).collect());
                for (w, words) in words[..F::BYTES.div_ceil(16)].iter_mut().enumerate() {
                    let tweaks: Vec<_> = positions.iter().map(|p| tweak(first + *p as u64, attempt, w)).collect();
                    self.cipher.hash(&rows, offset, Tweaks::Each(&tweaks), &mut words[..rows.len()]);
                }
                accept::<F>(&words, positions.iter().copied(), out, &mut missing);
            }
        }
    }
}

/// The tweak of one word of one attempt.
fn tweak(index: u64, attempt: u32, word: usize) -> u128 {
    u128::from(index) | u128::from(attempt) << 64 | (word as u128) << 96
}

/// Reads the hashed words of some rows as attempts; rejected positions join `missing`.
fn accept<F: PrimeField>(
    words: &[[u128; BATCH]; WORDS],
    positions: impl Iterator<Item = usize>,
    out: &mut [F::Residue],
    missing: &mut Vec<usize>,
) {
    for ((position, low), high) in positions.zip(&words[0]).zip(&words[1]) {
        let limbs = [*low as u64, (low >> 64) as u64, *high as u64, (high >> 64) as u64];
        let accepted;
        (out[position], accepted) = F::Residue::attempt(limbs);
        if !accepted {
            missing.push(position);
        }
    }
}

#[cfg(test)]
mod tests {
    use aes::Aes128;
    use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
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
    fn every_tile_has_a_key_of_its_own() {
        // The same row at the same index, so nothing but the key can tell the outputs apart.
        let out = |root: u8, first: u64| {
            let mut out = [Default::default()];
            HashKeys::new([root; 32]).at(first).residues::<F128>(9, &[42], 0, &mut out);
            F128::from_residue(out[0]).to_limbs()
        };
        let mut all: Vec<_> = [out(1, 0), out(1, 1), out(1, 8704), out(1, 1 << 40), out(2, 0)].to_vec();
        assert_eq!(out(1, 8704), all[2]);
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 5);
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

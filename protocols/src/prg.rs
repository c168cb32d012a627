//! Pseudo-random generator for expansions that both ends of a correlation compute: AES-128 in counter mode, little-endian
//! counter from 0. The suite id fixes it, so both sides always agree, whatever their processors have.

use field::{Field, Fill};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::cipher::Cipher;
use crate::context;

/// A stream of pseudo-random bytes from a 16-byte seed.
#[derive(ZeroizeOnDrop)]
pub struct Prg {
    #[zeroize(skip)] // wipes itself
    cipher: Cipher,
    counter: u64,
    /// The last block if only a part of it has been read.
    rest: [u8; 16],
    used: usize,
}

impl Prg {
    /// The stream of this seed.
    #[must_use]
    pub fn new(seed: &[u8; 16]) -> Self {
        Self { cipher: Cipher::new(seed), counter: 0, rest: [0; 16], used: 16 }
    }
    /// The stream of a 32-byte seed: its hash under a fixed context is the key.
    #[must_use]
    pub fn wide(seed: &[u8; 32]) -> Self {
        let key = Zeroizing::new(<[u8; 32]>::from(context::hasher("quorate 2026 prg v1").update(seed).finalize()));
        let mut short = Zeroizing::new([0; 16]);
        short.copy_from_slice(&key[..16]);
        Self::new(&short)
    }
    /// The next bytes of the stream. Whole blocks are made where they are wanted.
    pub fn fill(&mut self, out: &mut [u8]) {
        let (first, out) = out.split_at_mut(out.len().min(16 - self.used));
        first.copy_from_slice(&self.rest[self.used..self.used + first.len()]);
        self.used += first.len();
        let (blocks, last) = out.as_chunks_mut();
        self.cipher.counter(u128::from(self.counter), blocks);
        self.counter += blocks.len() as u64;
        if !last.is_empty() {
            let mut block = [[0; 16]];
            self.cipher.counter(u128::from(self.counter), &mut block);
            self.counter += 1;
            self.rest = block[0];
            block.zeroize();
            last.copy_from_slice(&self.rest[..last.len()]);
            self.used = last.len();
        }
    }
    /// `n` uniform elements.
    #[must_use]
    pub fn elements<F: Field>(&mut self, n: usize) -> Vec<F> {
        let mut out = vec![F::ZERO; n];
        let fill: Fill<'_> = &mut |bytes| self.fill(bytes);
        F::sample_slice(&mut out, fill);
        out
    }
}

#[cfg(test)]
mod tests {
    use aes::Aes128;
    use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};

    use super::*;

    #[test]
    fn stream_is_counter_mode_whatever_the_chunks() {
        let mut whole = vec![0; 5000];
        Prg::new(&[7; 16]).fill(&mut whole);
        let mut parts = Vec::new();
        let mut prg = Prg::new(&[7; 16]);
        for len in [1, 15, 16, 1000, 1024, 2944] {
            let mut part = vec![0; len];
            prg.fill(&mut part);
            parts.extend(part);
        }
        assert_eq!(whole, parts);
        let cipher = Aes128::new(&Array::from([7; 16]));
        let mut block = Array::from(3u128.to_le_bytes());
        cipher.encrypt_block(&mut block);
        assert_eq!(whole[48..64], block[..]);
    }
}

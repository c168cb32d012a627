//! Pseudo-random generator for expansions that both ends of a correlation compute: AES-128 in counter mode, little-endian
//! counter from 0. The suite id fixes it, so both sides always agree; the portable and the accelerated path of the `aes`
//! crate give the same bytes.

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use field::{Field, Fill};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Blocks encrypted at once.
const BATCH: usize = 64;

/// A stream of pseudo-random bytes from a 16-byte seed.
#[derive(ZeroizeOnDrop)]
pub struct Prg {
    #[zeroize(skip)]
    cipher: Aes128,
    counter: u128,
    buffer: [u8; BATCH * 16],
    used: usize,
}

impl Prg {
    /// The stream of this seed.
    #[must_use]
    pub fn new(seed: &[u8; 16]) -> Self {
        Self { cipher: Aes128::new(&Array::from(*seed)), counter: 0, buffer: [0; BATCH * 16], used: BATCH * 16 }
    }
    /// The stream of a 32-byte seed: its hash under a fixed context is the key.
    #[must_use]
    pub fn wide(seed: &[u8; 32]) -> Self {
        let key = blake3::derive_key("quorate 2026 prg v1", seed);
        let mut short = [0; 16];
        short.copy_from_slice(&key[..16]);
        Self::new(&short)
    }
    /// The next bytes of the stream.
    pub fn fill(&mut self, mut out: &mut [u8]) {
        while !out.is_empty() {
            if self.used == self.buffer.len() {
                self.refill();
            }
            let n = out.len().min(self.buffer.len() - self.used);
            let (now, later) = out.split_at_mut(n);
            now.copy_from_slice(&self.buffer[self.used..self.used + n]);
            self.used += n;
            out = later;
        }
    }
    fn refill(&mut self) {
        let mut blocks: [Array<u8, _>; BATCH] =
            std::array::from_fn(|i| Array::from((self.counter + i as u128).to_le_bytes()));
        self.cipher.encrypt_blocks(&mut blocks);
        for (to, from) in self.buffer.chunks_exact_mut(16).zip(&blocks) {
            to.copy_from_slice(from);
        }
        blocks.iter_mut().for_each(|b| b.as_mut_slice().zeroize());
        self.counter += BATCH as u128;
        self.used = 0;
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

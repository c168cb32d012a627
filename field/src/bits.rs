//! Packed bit vectors and the bit transpose of OT extension.

use core::fmt;
use core::ops::BitXorAssign;

use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop};

#[cfg(target_arch = "x86_64")]
use crate::bits_x86 as x86;

/// A vector of bits, eight to a byte, the first in the lowest bit; unused bits of the last byte are zero.
///
/// Wiped on drop. A vector of secrets starts with [`with_capacity`](BitVec::with_capacity): one that grows leaves its
/// former allocation behind unwiped.
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop)]
pub struct BitVec {
    bytes: Vec<u8>,
    len: usize,
}

impl BitVec {
    /// No bits, with room for `bits`.
    pub fn with_capacity(bits: usize) -> Self {
        Self { bytes: Vec::with_capacity(bits.div_ceil(8)), len: 0 }
    }
    /// `len` zero bits.
    pub fn zeros(len: usize) -> Self {
        Self { bytes: vec![0; len.div_ceil(8)], len }
    }
    /// The `len` bits in `bytes`; `None` if the bytes are not exactly those or an unused bit is set.
    pub fn from_bytes(mut bytes: Vec<u8>, len: usize) -> Option<Self> {
        let canonical = bytes.len() == len.div_ceil(8) && bytes.last().is_none_or(|last| last & !last_mask(len) == 0);
        if !canonical {
            bytes.zeroize();
            return None;
        }
        Some(Self { bytes, len })
    }
    /// `len` bits from a source of bytes, unused ones cleared.
    pub fn sample(len: usize, fill: crate::Fill<'_>) -> Self {
        let mut bits = Self::zeros(len);
        fill(&mut bits.bytes);
        if let Some(last) = bits.bytes.last_mut() {
            *last &= last_mask(len);
        }
        bits
    }
    /// The number of bits.
    pub fn len(&self) -> usize {
        self.len
    }
    /// Whether there is no bit.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// Appends a bit, in constant time.
    pub fn push(&mut self, bit: bool) {
        if self.len.is_multiple_of(8) {
            self.bytes.push(0);
        }
        self.bytes[self.len / 8] |= u8::from(bit) << (self.len % 8);
        self.len += 1;
    }
    /// Bit `i`. Panics past the end; the position is public, the bit may be secret.
    #[inline]
    pub fn get(&self, i: usize) -> bool {
        assert!(i < self.len, "bit {i} of {}", self.len);
        self.bytes[i / 8] >> (i % 8) & 1 == 1
    }
    /// The bits in order.
    pub fn iter(&self) -> impl Iterator<Item = bool> + '_ {
        (0..self.len).map(|i| self.bytes[i / 8] >> (i % 8) & 1 == 1)
    }
    /// The packed bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
    /// The packed bytes, no longer wiped by this type.
    pub fn into_bytes(mut self) -> Vec<u8> {
        core::mem::take(&mut self.bytes)
    }
}

/// The bits of the last byte that are used.
fn last_mask(len: usize) -> u8 {
    u8::MAX >> (len.wrapping_neg() % 8)
}

impl FromIterator<bool> for BitVec {
    fn from_iter<I: IntoIterator<Item = bool>>(bits: I) -> Self {
        let bits = bits.into_iter();
        let mut vector = Self::with_capacity(bits.size_hint().0);
        bits.for_each(|bit| vector.push(bit));
        vector
    }
}

impl BitXorAssign<&BitVec> for BitVec {
    /// Panics if the lengths differ.
    fn bitxor_assign(&mut self, other: &BitVec) {
        assert_eq!(self.len, other.len, "xor of different lengths");
        for (a, b) in self.bytes.iter_mut().zip(&other.bytes) {
            *a ^= b;
        }
    }
}

impl ConstantTimeEq for BitVec {
    fn ct_eq(&self, other: &Self) -> Choice {
        Choice::from(u8::from(self.len == other.len)) & self.bytes.ct_eq(&other.bytes)
    }
}

impl fmt::Debug for BitVec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BitVec")
    }
}

/// Transposes 128 packed columns of `n` bits into `n` blocks of 128 bits: bit `j` of `blocks[i]` is bit `i` of column
/// `j`, which occupies bytes `j·n/8 .. (j+1)·n/8` of `columns`.
///
/// Panics unless `n = blocks.len()` is a multiple of 128 and `columns` has `16·n` bytes.
pub fn transpose_columns(columns: &[u8], blocks: &mut [u128]) {
    let n = blocks.len();
    assert!(n.is_multiple_of(128), "{n} rows are no multiple of 128");
    assert_eq!(columns.len(), 16 * n, "bytes of 128 columns");
    let (sixteens, _) = columns.as_chunks::<16>();
    let height = n / 128;
    let mut rows = [[0; 2 * SQUARES]; 128];
    for (first, blocks) in (0..).step_by(SQUARES).zip(blocks.chunks_mut(128 * SQUARES)) {
        let squares = blocks.len() / 128;
        for (row, column) in rows.iter_mut().zip(sixteens.chunks_exact(height)) {
            for (half, sixteen) in row.as_chunks_mut().0.iter_mut().zip(&column[first..first + squares]) {
                let bits = u128::from_le_bytes(*sixteen);
                *half = [bits as u64, (bits >> 64) as u64];
            }
        }
        transpose_squares(&mut rows);
        for (q, square) in blocks.chunks_exact_mut(128).enumerate() {
            for (block, row) in square.iter_mut().zip(&rows) {
                *block = u128::from(row[2 * q]) | u128::from(row[2 * q + 1]) << 64;
            }
        }
    }
    rows.as_flattened_mut().zeroize();
}

/// Matrices transposed together: one cache line of every column.
const SQUARES: usize = 4;
/// Four 128 × 128 bit matrices, side by side in every row: all exchanges of the transpose are between whole rows.
pub(crate) type Squares = [[u64; 2 * SQUARES]; 128];

#[inline]
fn transpose_squares(rows: &mut Squares) {
    #[cfg(target_arch = "x86_64")]
    if x86::transpose_squares(rows) {
        return;
    }
    swap_network(rows);
}

/// Transposes four 128 × 128 bit matrices in place: seven stages that swap the off-diagonal quarters of all 2s × 2s blocks.
/// Plain word operations on pairs of rows, so a caller compiled for wider registers uses them. Indexed on purpose:
/// iterator adaptors stay calls inside such a caller.
#[inline(always)]
pub(crate) fn swap_network(rows: &mut Squares) {
    for j in 0..64 {
        let (mut a, mut b) = (rows[j], rows[j + 64]);
        for q in 0..SQUARES {
            (a[2 * q + 1], b[2 * q]) = (b[2 * q], a[2 * q + 1]);
        }
        (rows[j], rows[j + 64]) = (a, b);
    }
    stage::<32>(rows, 0x0000_0000_ffff_ffff);
    stage::<16>(rows, 0x0000_ffff_0000_ffff);
    stage::<8>(rows, 0x00ff_00ff_00ff_00ff);
    stage::<4>(rows, 0x0f0f_0f0f_0f0f_0f0f);
    stage::<2>(rows, 0x3333_3333_3333_3333);
    stage::<1>(rows, 0x5555_5555_5555_5555);
}

#[inline(always)]
fn stage<const S: usize>(rows: &mut Squares, mask: u64) {
    for j in 0..64 {
        // The j-th row of those whose number has no bit S.
        let low = (j & !(S - 1)) << 1 | j & (S - 1);
        let (mut a, mut b) = (rows[low], rows[low + S]);
        for i in 0..2 * SQUARES {
            let swapped = (a[i] >> S ^ b[i]) & mask;
            a[i] ^= swapped << S;
            b[i] ^= swapped;
        }
        (rows[low], rows[low + S]) = (a, b);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bits_survive_packing(bits in prop::collection::vec(any::<bool>(), 0..70)) {
            let packed: BitVec = bits.iter().copied().collect();
            prop_assert_eq!(packed.len(), bits.len());
            prop_assert!(packed.iter().eq(bits.iter().copied()));
            prop_assert!((0..bits.len()).all(|i| packed.get(i) == bits[i]));
            let again = BitVec::from_bytes(packed.as_bytes().to_vec(), bits.len()).expect("canonical");
            prop_assert!(bool::from(again.ct_eq(&packed)));
            let mut sum = packed.clone();
            sum ^= &again;
            prop_assert!(sum.into_bytes().iter().all(|b| *b == 0));
        }

        #[test]
        fn the_transpose_moves_every_bit(seed: [u8; 32], squares in 0usize..7) {
            let n = 128 * squares;
            let columns: Vec<u8> = (0..16 * n).map(|i| seed[i % 31].wrapping_mul(i as u8) ^ seed[i % 29]).collect();
            let mut blocks = vec![0u128; n];
            transpose_columns(&columns, &mut blocks);
            for (i, block) in blocks.iter().enumerate() {
                for j in 0..128 {
                    let bit = columns[j * n / 8 + i / 8] >> (i % 8) & 1;
                    prop_assert_eq!((block >> j & 1) as u8, bit);
                }
            }
        }

        #[test]
        fn every_transpose_agrees(words in prop::collection::vec(any::<[u64; 2 * SQUARES]>(), 128)) {
            let rows: Squares = words.try_into().expect("128 rows");
            let (mut portable, mut dispatched) = (rows, rows);
            swap_network(&mut portable);
            transpose_squares(&mut dispatched);
            prop_assert!(portable == dispatched);
            swap_network(&mut portable);
            prop_assert!(portable == rows, "a transpose is its own inverse");
        }
    }

    #[test]
    fn set_padding_and_wrong_lengths_are_refused() {
        assert!(BitVec::from_bytes(vec![0b0000_1000], 3).is_none());
        assert!(BitVec::from_bytes(vec![0b0000_0100], 3).is_some());
        assert!(BitVec::from_bytes(vec![0xff], 8).is_some());
        assert!(BitVec::from_bytes(vec![0], 0).is_none());
        assert!(BitVec::from_bytes(vec![], 0).is_some());
        assert!(BitVec::from_bytes(vec![0, 0], 8).is_none());
        let sampled = BitVec::sample(11, &mut |out| out.fill(0xff));
        assert_eq!(sampled.as_bytes(), [0xff, 0b0000_0111]);
    }
}

//! The 128 columns of an extension: generation at both ends, their combination for the check, their rows.
//! Spec: `spec/protocols/07-ot-extension.md`, Steps 2.2, 2.4, 2.6 and 2.8. Nothing here talks.
//!
//! Columns are made and read in tiles of some thousand rows that stay in the cache; within a tile a column is contiguous.

use field::{Field, Gf128, Kernels, transpose_columns};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::message::Block;
use crate::prg::Prg;

/// Blocks of 128 rows in a tile. Columns of a tile are an odd number of cache lines apart: a power of two would map the
/// 128 lines that a transpose reads at once to a few sets of the cache.
const TILE: usize = 68;
/// Bytes of one block of one column.
const BLOCK: usize = 16;

/// 128 columns of `blocks`·128 bits.
pub(super) struct Columns {
    bytes: Zeroizing<Vec<u8>>,
    blocks: usize,
}

/// A tile: its first block and its number of blocks.
type Extent = (usize, usize);

fn tiles(blocks: usize) -> impl Iterator<Item = Extent> {
    (0..blocks).step_by(TILE).map(move |first| (first, TILE.min(blocks - first)))
}

fn bytes_of((first, blocks): Extent) -> std::ops::Range<usize> {
    128 * BLOCK * first..128 * BLOCK * (first + blocks)
}

fn xor(to: &mut [u8], from: &[u8]) {
    for (a, b) in to.iter_mut().zip(from) {
        *a ^= b;
    }
}

/// Steps 2.2 and 2.3 at the receiver: the columns `t`, and the corrections of all blocks to the choices `u`.
pub(super) fn receive<const K: usize>(streams: &mut [Prg], u: &[u128]) -> (Columns, Vec<Block>) {
    let blocks = u.len();
    let mut columns = Columns { bytes: Zeroizing::new(vec![0; 128 * BLOCK * blocks]), blocks };
    let mut corrections = vec![Block([0; 16]); 128 / K * blocks];
    let mut sum = Zeroizing::new([0; BLOCK * TILE]);
    let mut fresh = Zeroizing::new([0; BLOCK * TILE]);
    for tile in tiles(blocks) {
        let width = BLOCK * tile.1;
        let (sum, fresh) = (&mut sum[..width], &mut fresh[..width]);
        let chosen = &u[tile.0..tile.0 + tile.1];
        let groups = columns.bytes[bytes_of(tile)].chunks_exact_mut(K * width);
        let streams = streams.chunks_exact_mut(1 << K);
        for ((group, streams), corrections) in groups.zip(streams).zip(corrections.chunks_exact_mut(blocks)) {
            let (zero, others) = streams.split_at_mut(1);
            zero[0].fill(sum);
            combine_streams::<K>(others, group, fresh, Some(sum));
            let (sums, _) = sum.as_chunks::<BLOCK>();
            for ((c, g), u) in corrections[tile.0..].iter_mut().zip(sums).zip(chosen) {
                *c = Block((u128::from_le_bytes(*g) ^ u).to_le_bytes());
            }
        }
    }
    (columns, corrections)
}

/// Steps 2.2 and 2.4 at the sender: the columns `q` under its secret, from streams by relative number and the
/// receiver's corrections.
pub(super) fn send<const K: usize>(streams: &mut [Prg], delta: u128, corrections: &[Block]) -> Columns {
    let blocks = corrections.len() / (128 / K);
    let mut columns = Columns { bytes: Zeroizing::new(vec![0; 128 * BLOCK * blocks]), blocks };
    let mut fresh = Zeroizing::new([0; BLOCK * TILE]);
    for tile in tiles(blocks) {
        let width = BLOCK * tile.1;
        let groups = columns.bytes[bytes_of(tile)].chunks_exact_mut(K * width);
        let streams = streams.chunks_exact_mut((1 << K) - 1);
        for (i, ((group, streams), corrections)) in
            groups.zip(streams).zip(corrections.chunks_exact(blocks)).enumerate()
        {
            combine_streams::<K>(streams, group, &mut fresh[..width], None);
            for (b, column) in group.chunks_exact_mut(width).enumerate() {
                let mask = mask(delta, K * i + b);
                let (column, _) = column.as_chunks_mut::<BLOCK>();
                for (q, c) in column.iter_mut().zip(&corrections[tile.0..]) {
                    *q = (u128::from_le_bytes(*q) ^ (mask & u128::from_le_bytes(c.0))).to_le_bytes();
                }
            }
        }
    }
    columns
}

/// Reads the streams 1, 2, … and adds stream x to the column of every set bit of x, and to `sum`. Powers of two come
/// first for their column, so they are written there directly.
fn combine_streams<const K: usize>(
    streams: &mut [Prg],
    group: &mut [u8],
    fresh: &mut [u8],
    mut sum: Option<&mut [u8]>,
) {
    let width = fresh.len();
    for (x, stream) in (1usize..).zip(streams) {
        let made = if x.is_power_of_two() {
            let column = &mut group[x.ilog2() as usize * width..][..width];
            stream.fill(column);
            &*column
        } else {
            stream.fill(fresh);
            for b in (0..K).filter(|b| x >> b & 1 == 1) {
                xor(&mut group[b * width..][..width], fresh);
            }
            &*fresh
        };
        if let Some(sum) = &mut sum {
            xor(sum, made);
        }
    }
}

/// All ones if bit `j` of the secret is set.
fn mask(delta: u128, j: usize) -> u128 {
    0u128.wrapping_sub(delta >> j & 1)
}

impl Columns {
    /// Step 2.6: `Σ χ_e·(block e of the column)` for every column. The last coefficient is one: its block is the mask.
    pub(super) fn combine(&self, chi: &[Gf128]) -> Vec<Gf128> {
        let mut sums = vec![Gf128::ZERO; 128];
        let mut column = Zeroizing::new([Gf128::ZERO; TILE]);
        for tile in tiles(self.blocks) {
            let chi = &chi[tile.0..tile.0 + tile.1];
            let columns = self.bytes[bytes_of(tile)].chunks_exact(BLOCK * tile.1);
            for (sum, bytes) in sums.iter_mut().zip(columns) {
                let (blocks, _) = bytes.as_chunks::<BLOCK>();
                for (element, block) in column.iter_mut().zip(blocks) {
                    *element = Gf128::from(u128::from_le_bytes(*block));
                }
                *sum += Gf128::dot(chi, &column[..tile.1]);
            }
        }
        sums
    }

    /// Step 2.8: the first `n` rows, tile by tile: calls `rows` with the number of the first one and all of them.
    pub(super) fn for_rows(&self, n: usize, mut rows: impl FnMut(usize, &[u128])) {
        let mut buffer = Zeroizing::new(vec![0; 128 * TILE.min(self.blocks)]);
        for tile in tiles(self.blocks).take_while(|tile| 128 * tile.0 < n) {
            let buffer = &mut buffer[..128 * tile.1];
            transpose_columns(&self.bytes[bytes_of(tile)], buffer);
            rows(128 * tile.0, &buffer[..buffer.len().min(n - 128 * tile.0)]);
        }
    }
}

/// Step 2.7: whether the sender's combined columns are the receiver's, plus its combined choices where its secret is
/// set. All columns are compared, whatever the first ones say.
pub(super) fn consistent(q: &[Gf128], t: &[Gf128], x: Gf128, delta: u128) -> bool {
    let masked = |j| Gf128::from(mask(delta, j) & u128::from(x));
    let all = q.iter().zip(t).enumerate().fold(Choice::from(1), |all, (j, (q, t))| all & q.ct_eq(&(*t + masked(j))));
    q.len() == t.len() && bool::from(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(i: usize, x: usize) -> [u8; 16] {
        ((i as u128) << 64 | x as u128).to_le_bytes()
    }

    /// Both ends over the same seeds, `blocks` blocks, twice in a row.
    fn correlated<const K: usize>(blocks: usize) {
        let delta = 0x8765_4321_0fed_cba9_1234_5678_9abc_def0u128 | 1;
        let (m, n) = (128 / K, 1 << K);
        let secret = |i: usize| (delta >> (K * i)) as usize & (n - 1);
        let mut theirs: Vec<Prg> = (0..m * n).map(|s| Prg::new(&seed(s / n, s % n))).collect();
        let mut mine: Vec<Prg> = (0..m).flat_map(|i| (1..n).map(move |d| Prg::new(&seed(i, d ^ secret(i))))).collect();
        for call in 0..2 {
            let u: Vec<u128> = (0..blocks as u128)
                .map(|e| (e + 3 + call).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
                .collect();
            let (t, corrections) = receive::<K>(&mut theirs, &u);
            let q = send::<K>(&mut mine, delta, &corrections);
            let mut rows = [Vec::new(), Vec::new()];
            t.for_rows(128 * blocks, |_, r| rows[0].extend(r.to_vec()));
            q.for_rows(128 * blocks, |_, r| rows[1].extend(r.to_vec()));
            assert_eq!(rows[0].len(), 128 * blocks);
            for (r, (t, q)) in rows[0].iter().zip(&rows[1]).enumerate() {
                let choice = u[r / 128] >> (r % 128) & 1;
                assert_eq!(q ^ t, delta * choice, "row {r}");
            }
            assert!(rows[0].windows(2).all(|w| w[0] != w[1]));
            let mut chi: Vec<Gf128> = (0..blocks as u64).map(|e| Gf128::from_u64(e * e + 7)).collect();
            chi[blocks - 1] = Gf128::ONE;
            let x = Gf128::dot(&chi, &u.iter().map(|u| Gf128::from(*u)).collect::<Vec<_>>());
            let (tt, qq) = (t.combine(&chi), q.combine(&chi));
            assert!(consistent(&qq, &tt, x, delta));
            assert!(!consistent(&qq, &tt, x + Gf128::ONE, delta));
            let mut wrong = tt.clone();
            wrong[127] += Gf128::ONE;
            assert!(!consistent(&qq, &wrong, x, delta));
            assert!(!consistent(&qq, &tt[..127], x, delta));
        }
    }

    #[test]
    fn columns_are_correlated_and_combine() {
        for blocks in [1, 2, TILE, TILE + 1, 2 * TILE + 3] {
            correlated::<2>(blocks);
        }
        correlated::<1>(3);
        correlated::<4>(3);
        correlated::<8>(3);
    }
}

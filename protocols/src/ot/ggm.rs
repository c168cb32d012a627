//! Punctured trees (Goldreich, Goldwasser and Micali): the receiver of an extension knows all leaves of a binary tree, the
//! sender all but one. Spec: `spec/protocols/07-ot-extension.md`, Steps 1.2 to 1.4.
//!
//! The missing leaf is the sender's secret, so the sender numbers nodes *relative* to it: node `d` of a level is the one
//! whose path differs from the secret path by `d`. Then the missing node is number 0 on every level, the node that a level
//! sum yields is number 1, and neither control flow nor addresses depend on the secret.

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

use crate::Session;
use crate::message::Digest;
use crate::prg::Prg;

/// The side on which leaf `x` leaves level `l` of a tree of depth `k`: the most significant bit is next to the root.
pub(super) fn side(x: u8, l: usize, k: usize) -> bool {
    x >> (k - 1 - l) & 1 == 1
}

fn children(node: u128) -> [u128; 2] {
    let mut bytes = Zeroizing::new([0; 32]);
    Prg::new(&node.to_le_bytes()).fill(bytes.as_mut());
    let half = |i: usize| u128::from_le_bytes(std::array::from_fn(|b| bytes[16 * i + b]));
    [half(0), half(1)]
}

/// A whole tree.
pub(super) struct Tree {
    /// For every level the sums of its first and of its second children.
    pub(super) sums: Zeroizing<Vec<[u128; 2]>>,
    /// The leaves in order.
    pub(super) leaves: Zeroizing<Vec<u128>>,
}

/// Step 1.2: the tree of depth `k` over a root.
pub(super) fn grow(root: u128, k: usize) -> Tree {
    let mut sums = Zeroizing::new(Vec::with_capacity(k));
    let mut level = Zeroizing::new(vec![root]);
    for _ in 0..k {
        let pairs: Zeroizing<Vec<[u128; 2]>> = Zeroizing::new(level.iter().map(|node| children(*node)).collect());
        sums.push(pairs.iter().fold([0; 2], |sum, pair| [sum[0] ^ pair[0], sum[1] ^ pair[1]]));
        level = Zeroizing::new(pairs.as_flattened().to_vec());
    }
    Tree { sums, leaves: level }
}

/// Step 1.4: all leaves but number `secret`, by their relative numbers, from the sums of the sides that the secret path
/// does not take. Entry 0 is no leaf.
pub(super) fn reconstruct(secret: u8, sums: &[u128]) -> Zeroizing<Vec<u128>> {
    let mut level = Zeroizing::new(vec![0u128]);
    for (l, sum) in sums.iter().enumerate() {
        let turn = Choice::from(u8::from(side(secret, l, sums.len())));
        let mut next = Zeroizing::new(Vec::with_capacity(2 * level.len()));
        next.extend([0, *sum]);
        for node in &level[1..] {
            let [mut first, mut second] = children(*node);
            u128::conditional_swap(&mut first, &mut second, turn);
            // What the level sum has beside the node that is looked for.
            next[1] ^= second;
            next.extend([first, second]);
        }
        level = next;
    }
    level
}

/// What a leaf is used for.
pub(super) struct Leaf {
    /// The seed of its stream.
    pub(super) seed: Zeroizing<[u8; 16]>,
    /// Its part of the check.
    pub(super) tag: [u8; 32],
}

/// Step 1.3: a leaf's seed and tag.
pub(super) fn open_leaf(leaf: u128) -> Leaf {
    let mut prg = Prg::new(&leaf.to_le_bytes());
    let mut out = Leaf { seed: Zeroizing::new([0; 16]), tag: [0; 32] };
    prg.fill(out.seed.as_mut());
    prg.fill(&mut out.tag);
    out
}

/// The sum of all tags, and the hash that binds every one of them, of tree `block`.
pub(super) fn seal(s: &Session, pair: [u8; 2], block: usize, tags: &[[u8; 32]]) -> [Digest; 2] {
    let index = (block as u32).to_le_bytes();
    let sum = tags.iter().fold([0; 32], add);
    [Digest(sum), s.digest("quorate 2026 pprf v1", &[&pair, &index, tags.as_flattened()])]
}

/// Step 1.4: whether the tags that the sender has, in relative numbering (entry 0 is ignored), fit the receiver's seal.
pub(super) fn fits(
    s: &Session,
    pair: [u8; 2],
    block: usize,
    secret: u8,
    mut tags: Vec<[u8; 32]>,
    seal: &[Digest],
) -> bool {
    tags[0] = tags[1..].iter().fold(seal[0].0, add);
    // Back to absolute numbers, one bit of the secret after the other.
    for bit in 0..tags.len().ilog2() {
        let swap = Choice::from(secret >> bit & 1);
        for d in (0..tags.len()).filter(|d| d >> bit & 1 == 0) {
            let (low, high) = tags.split_at_mut(d + (1 << bit));
            <[u8; 32]>::conditional_swap(&mut low[d], &mut high[0], swap);
        }
    }
    let hash = self::seal(s, pair, block, &tags)[1];
    tags.zeroize();
    hash.0.ct_eq(&seal[1].0).into()
}

fn add(sum: [u8; 32], tag: &[u8; 32]) -> [u8; 32] {
    std::array::from_fn(|i| sum[i] ^ tag[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sender_knows_every_leaf_but_its_own() {
        for k in [1, 2, 4, 8] {
            let tree = grow(0x1234_5678_9abc_def0 << k, k);
            for secret in (0..1u16 << k).step_by(3) {
                let secret = secret as u8;
                let sums: Vec<u128> = (0..k).map(|l| tree.sums[l][usize::from(!side(secret, l, k))]).collect();
                let mine = reconstruct(secret, &sums);
                assert_eq!(mine.len(), tree.leaves.len());
                for (d, leaf) in mine.iter().enumerate() {
                    assert_eq!(*leaf == tree.leaves[d ^ usize::from(secret)], d != 0, "k = {k}, relative number {d}");
                }
            }
        }
    }

    #[test]
    fn leaves_are_all_different() {
        let mut leaves = grow(7, 8).leaves.to_vec();
        leaves.sort_unstable();
        leaves.dedup();
        assert_eq!(leaves.len(), 256);
    }
}

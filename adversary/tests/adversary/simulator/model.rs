//! Protocols as formulas, whose figures are known: a multiplication of the SPDZ family between two parties of which the
//! second is corrupt, with dealt preprocessing (its shares are zero, which changes nothing, so the honest party's shares
//! are the values), and the opening of a value among three.

use quorate_adversary::simulator::{Abort, Functionality, Problem, Runs, TableError};

/// What is wrong with the multiplication.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Variant {
    /// Nothing.
    Full,
    /// The opened values are checked after the output was opened.
    Delayed,
    /// The opened values are not checked.
    NoCheck,
    /// Inputs are not masked.
    NoMask,
    /// The first factor of the triple is always zero.
    ZeroTriple,
}

/// What the coalition adds to the opened value d, and the key share that it guesses in the check.
#[derive(Clone, Copy, Debug)]
pub struct Shift {
    pub d: u64,
    pub guess: u64,
}

/// It does nothing.
pub const PASSIVE: Shift = Shift { d: 0, guess: 0 };
/// It shifts d and hopes that the key is zero.
pub const SHIFT: Shift = Shift { d: 1, guess: 0 };
/// It shifts d and hopes that the key is one.
pub const GUESS: Shift = Shift { d: 1, guess: 1 };

fn bytes(values: &[u64]) -> Vec<u8> {
    values.iter().map(|v| *v as u8).collect()
}

/// Calls `run` for every outcome of `N` coins with `p` sides, with the inverse probability of each.
fn coins<const N: usize>(
    p: u64,
    mut run: impl FnMut([u64; N], u128) -> Result<(), TableError>,
) -> Result<(), TableError> {
    let all = p.pow(N as u32);
    (0..all).try_for_each(|k| run(std::array::from_fn(|i| k / p.pow(i as u32) % p), u128::from(all)))
}

/// The opening of d and e, the batched check of both and the product, seen from the coalition: appends to its view and
/// returns what the honest party outputs. Coins: the triple, the key, the challenge for d (only d is shifted).
fn multiply(
    p: u64,
    [x, y]: [u64; 2],
    [a, b, key, challenge]: [u64; 4],
    (variant, shift): (Variant, Shift),
    view: &mut Vec<u8>,
) -> Option<Vec<u8>> {
    let (d, e) = (x + p - a, y + p - b);
    view.extend(bytes(&[d % p, e % p]));
    let d = d + shift.d;
    let z = (a * b + d * b + e * a + d * e) % p;
    let added = challenge * shift.d % p;
    let sigma = key * added % p;
    let passed = variant == Variant::NoCheck || sigma == shift.guess * added % p;
    if variant != Variant::NoCheck {
        view.extend(bytes(&[challenge, sigma, u64::from(passed)]));
    }
    if passed || variant == Variant::Delayed {
        view.push(z as u8);
    }
    passed.then(|| bytes(&[z]))
}

/// Both factors belong to the honest party.
pub fn dealt(p: u64, variant: Variant, shift: Shift) -> Result<Problem, TableError> {
    let mut runs = Runs::new((p * p) as usize, 1);
    for input in 0..p * p {
        let [x, y] = [input / p, input % p];
        coins(p, |[rx, ry, a, b, key, challenge], weight| {
            let [rx, ry] = if variant == Variant::NoMask { [0, 0] } else { [rx, ry] };
            let a = if variant == Variant::ZeroTriple { 0 } else { a };
            let mut view = bytes(&[(x + p - rx) % p, (y + p - ry) % p]);
            let output = multiply(p, [x, y], [a, b, key, challenge], (variant, shift), &mut view);
            runs.add(input as usize, view, vec![output], weight)
        })?;
    }
    let product = Functionality::deterministic(1, (p * p) as usize, |_, input| {
        let z = bytes(&[input as u64 / p * (input as u64 % p) % p]);
        (z.clone(), vec![z])
    })?;
    Problem::new(runs.finish()?, product, Abort::Selective)
}

/// The first factor belongs to the corrupt party and is 1. The simulator may send one of `sends` in its place.
pub fn owned(p: u64, shift: Shift, sends: &[u64]) -> Result<Problem, TableError> {
    let mut runs = Runs::new(p as usize, 1);
    for y in 0..p {
        coins(p, |[r, a, b, key, challenge], weight| {
            let mut view = bytes(&[(y + p - r) % p]);
            let output = multiply(p, [1, y], [a, b, key, challenge], (Variant::Full, shift), &mut view);
            runs.add(y as usize, view, vec![output], weight)
        })?;
    }
    let product = Functionality::deterministic(sends.len(), p as usize, |x, y| {
        let z = bytes(&[sends[x] * y as u64 % p]);
        (z.clone(), vec![z])
    })?;
    Problem::new(runs.finish()?, product, Abort::Selective)
}

/// Two honest parties and a corrupt one open a value that they share; its last message goes to the first honest party, and
/// to the second one only with probability `sent`/3.
pub fn withheld(sent: u64, abort: Abort) -> Result<Problem, TableError> {
    let p = 3;
    let mut runs = Runs::new(p as usize, 2);
    for x in 0..p {
        coins(p, |[share, toss], weight| {
            let view = bytes(&[share, (x + p - share) % p, toss]);
            let output = bytes(&[x]);
            runs.add(x as usize, view, vec![Some(output.clone()), (toss < sent).then_some(output)], weight)
        })?;
    }
    let same = Functionality::deterministic(1, p as usize, |_, x| (vec![x as u8], vec![vec![x as u8]; 2]))?;
    Problem::new(runs.finish()?, same, abort)
}

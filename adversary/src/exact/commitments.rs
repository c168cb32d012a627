//! What a commitment is worth without its owner in it, and when it is short: counted over F_2, where two equal σ cancel,
//! for every key and every sharing. The hashes are real, their nonces are fixed bytes.

use std::cell::RefCell;
use std::collections::BTreeMap;

use field::{F2, Field};
use protocols::Result;
use protocols::message::Nonce;
use spec::Bound;

use super::openings::{shifted, show};
use super::{At, CORRUPT, Count, HONEST, Measurement, at, coalition, pair};
use crate::attacks::mac::copying;
use crate::bystander;
use crate::ideal::supply::{CorruptShares, Order};
use crate::programs;
use crate::run::{Ending, World, classify};
use crate::scratch::{Flaw, short};
use crate::strategy::{Fate, On, Script, edit_bytes};

/// The seed of all nonces.
const SEED: u64 = 12;

/// Counts how often a wrong opening of `t` values is accepted in `world` under a strategy against its commitments.
fn accepted(world: &World, t: usize, against: impl Fn(Script<'static>) -> Script<'static>) -> Result<Count> {
    let order = Order { given: vec![1; t], ..Order::default() };
    Count::beside(SEED, |tape| {
        let dealing = programs::deal::<F2>(world, CorruptShares::Uniform, tape, &order)?;
        let mut script = against(shifted(Script::new(coalition()), &vec![F2::ONE; t]));
        let run = world.run(tape, &mut script, |mut s| {
            let dealing = &dealing;
            async move {
                let (mut key, mut supply) = dealing.hand.take(s.me())?;
                show(&mut s, &mut key, &mut supply, t).await
            }
        });
        Ok(matches!(classify(run.ends)[HONEST.index()], Ending::Output(_)))
    })
}

fn copied(t: usize, flaw: Option<Flaw>) -> Result<Count> {
    accepted(&pair().real().flawed(flaw), t, copying)
}

/// Two openings of one short commitment of the coalition to a σ, one for each value, and how many hashes it took to find
/// them.
pub(super) fn two_openings(bits: u32, start: u64) -> ([Nonce; 2], u64) {
    let s = bystander::at(2, &["online", "mac_check", "sigma"]);
    let mut known: [BTreeMap<[u8; 32], Nonce>; 2] = Default::default();
    let mut hashes = 0;
    loop {
        for value in [0, 1] {
            let mut nonce = Nonce([0; 32]);
            nonce.0[..8].copy_from_slice(&(start + hashes).to_le_bytes());
            let digest = short(&s, CORRUPT, &[value as u8], &nonce, bits).0;
            hashes += 1;
            if let Some(other) = known[1 - value].get(&digest) {
                return (if value == 0 { [nonce, *other] } else { [*other, nonce] }, hashes);
            }
            known[value].insert(digest, nonce);
        }
    }
}

/// Commits to both σ at once and opens the one that cancels the other party's.
fn opening_either(bits: u32, script: Script<'static>) -> Script<'static> {
    let sigma = On::message("sigma", "sigma");
    let (nonces, _) = two_openings(bits, 0);
    let digest = short(&bystander::at(2, &["online", "mac_check", "sigma"]), CORRUPT, &[0], &nonces[0], bits);
    let chosen = std::rc::Rc::new(RefCell::new(0));
    let choice = chosen.clone();
    script
        .sends(On::message("sigma", "commitment"), move |e, _| {
            edit_bytes(e, |b| b.copy_from_slice(&digest.0));
            Fate::Deliver
        })
        .sends(sigma, move |e, seen| {
            if let Some(theirs) = seen.latest(sigma).and_then(|e| e.frame.body.first().copied()) {
                *choice.borrow_mut() = usize::from(theirs & 1);
                edit_bytes(e, |b| b[0] = theirs & 1);
            }
            Fate::Deliver
        })
        .sends(On::message("sigma", "opening"), move |e, _| {
            edit_bytes(e, |b| b.copy_from_slice(&nonces[*chosen.borrow()].0));
            Fate::Deliver
        })
}

fn cut_off(bits: u32) -> Result<Count> {
    accepted(&pair().real().flawed(Some(Flaw::ShortCommitments(bits))), 1, |script| opening_either(bits, script))
}

const OWNERLESS: Option<Flaw> = Some(Flaw::OwnerlessCommitments);

/// The figures of commitments.
pub const ALL: &[Measurement] = &[
    Measurement {
        id: "commit.copy",
        claim: "B12",
        what: "over F_2 a party repeats the other's σ, commitment and opening, a wrong opening of t values is accepted",
        points: &[
            at(At::Items(1), Bound::Zero, || copied(1, None)),
            at(At::Items(2), Bound::Zero, || copied(2, None)),
            at(At::Items(3), Bound::Zero, || copied(3, None)),
        ],
    },
    Measurement {
        id: "commit.copy.ownerless",
        claim: "B12",
        what: "control: the same with commitments without their owner",
        points: &[
            at(At::Items(1), Bound::One, || copied(1, OWNERLESS)),
            at(At::Items(2), Bound::One, || copied(2, OWNERLESS)),
            at(At::Items(3), Bound::One, || copied(3, OWNERLESS)),
        ],
    },
    Measurement {
        id: "commit.short",
        claim: "B12",
        what: "control: commitments cut off, two openings of one are found and the fitting σ is opened over F_2",
        points: &[
            at(At::Bits(8), Bound::One, || cut_off(8)),
            at(At::Bits(10), Bound::One, || cut_off(10)),
            at(At::Bits(12), Bound::One, || cut_off(12)),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The work to open a commitment in two ways is that of a birthday: four bits more cost four times as much.
    #[test]
    fn two_openings_cost_half_the_bits() {
        let mean = |bits| {
            let of = |k: u64| two_openings(bits, k << 32).1 as f64;
            (0..300).map(of).sum::<f64>() / 300.0
        };
        for bits in [8, 10, 12] {
            // Half of 2m hashes meet the other half at random: √(π·2^bits) on average, for many bits.
            let expected = (std::f64::consts::PI * f64::from(1 << bits)).sqrt();
            let mean = mean(bits);
            assert!((mean / expected - 1.0).abs() < 0.15, "{bits} bits: {mean} hashes, expected {expected}");
        }
    }
}

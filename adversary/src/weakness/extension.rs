//! The shipped extension of transfers without the masks of its check. A mask is a block of choices that the receiver
//! draws for one peer and one call, of rows that are thrown away; here these choices come out as zeros.
//!
//! The sender sees as much as if the block were not there. The corrections of its rows look uniform under the streams
//! that the sender does not have, and what they combine to follows from the sender's own columns and from the combined
//! choices. These are what is left: `χ·u`, known to whoever has chosen χ.

use std::cell::Cell;
use std::rc::Rc;

use field::{F128, Field, Gf128, Kernels};
use protocols::ot::{RandomOt, SoftSpoken};
use protocols::prg::Prg;
use protocols::{Error, Result, Session, Source, Tape};
use transport::sim::{Envelope, Passive};
use transport::{PartyId, PartySet, PerParty};

use super::own::finding;
use super::{Finding, Loss};
use crate::attack::tape;
use crate::ideal::ot::IdealOt;
use crate::run::{Ending, World, classify};

/// Both pairs of a sender and a receiver.
const PAIRS: [[PartyId; 2]; 2] = [[PartyId::new(0), PartyId::new(1)], [PartyId::new(1), PartyId::new(0)]];
/// The most blocks of transfers in a call.
const BLOCKS: usize = 2;

/// A tape of which one draw comes out as zeros whenever that was asked for. What lies under it is drawn all the same,
/// so no other coins change.
struct Zeroed(Tape, Rc<Cell<bool>>);

impl Source for Zeroed {
    fn uniform(&mut self, bound: u64) -> u64 {
        self.0.uniform(bound)
    }
    fn fill(&mut self, out: &mut [u8]) -> bool {
        let filled = self.0.bytes(out).is_ok();
        if self.1.take() {
            out.fill(0);
        }
        filled
    }
    fn fork(&mut self, label: u64) -> Option<Tape> {
        Some(Tape::new(Self(self.0.fork(label), self.1.clone())))
    }
}

/// Two parties that follow the protocol: what each chose, and everything that was sent.
struct Extended {
    chosen: Vec<Vec<Gf128>>,
    frames: Vec<Envelope>,
}

/// One party of an extension on ideal base transfers. `before` is called right before the call, whose first draw is the
/// mask where the blocks of transfers are whole: nobody else draws in between.
async fn party(mut s: Session, blocks: usize, before: &impl Fn()) -> Result<Vec<Gf128>> {
    let delta = u128::from(s.tape().element::<Gf128>()?);
    let base = IdealOt::seeds(&mut s, &SoftSpoken::<2>::base_choices(delta)).await?;
    let mut ot = SoftSpoken::<2>::setup_on(&mut s, PerParty::from_fn(2, |_| delta), base).await?;
    let chosen: Vec<Gf128> = s.tape().elements(blocks)?;
    let bits: Vec<u128> = chosen.iter().map(|u| u128::from(*u)).collect();
    before();
    ot.extend::<F128>(&mut s, &bits, 128 * blocks).await?;
    Ok(chosen)
}

fn extended(tape: &Tape, blocks: usize, before: impl Fn()) -> Result<Extended> {
    let run = World::new(2, PartySet::EMPTY).traced().run(tape, &mut Passive, |s| party(s, blocks, &before));
    let chosen = classify(run.ends).into_iter().map(|end| match end {
        Ending::Output(chosen) => Ok(chosen),
        other => Err(Error::Local(format!("an honest extension ended with {other:?}"))),
    });
    Ok(Extended { chosen: chosen.collect::<Result<_>>()?, frames: run.trace })
}

/// A run as shipped, or with masks of zeros.
fn sampled(weak: bool, seed: u64, blocks: usize) -> Result<Extended> {
    if !weak {
        return extended(&tape(seed), blocks, || ());
    }
    let zero = Rc::new(Cell::new(false));
    extended(&Tape::new(Zeroed(tape(seed), zero.clone())), blocks, || zero.set(true))
}

impl Extended {
    fn sent(&self, from: PartyId, to: PartyId, name: &str) -> Option<&[u8]> {
        let frame = self.frames.iter().find(|e| (e.from, e.to, e.frame.meta.name) == (from, to, name));
        Some(&frame?.frame.body[..])
    }
    /// The first 128 choices of a receiver by its answer, without a mask: for a sender that knows the others, if there
    /// are any.
    fn divided(&self, [sender, receiver]: [PartyId; 2]) -> Option<Gf128> {
        let seed: [u8; 32] = self.sent(sender, receiver, "chi_seed")?.try_into().ok()?;
        let answer = Gf128::read(self.sent(receiver, sender, "response")?.get(..Gf128::BYTES)?)?;
        let (_, others) = self.chosen[receiver.index()].split_first()?;
        let chi: Vec<Gf128> = Prg::wide(&seed).elements(1 + others.len());
        Some((answer - Gf128::dot(&chi[1..], others)) * chi[0].invert()?)
    }
    /// Whether these are what it chose.
    fn found(&self, pair: [PartyId; 2]) -> Result<bool> {
        let divided = self.divided(pair).ok_or_else(|| Error::Local("no answer to divide by its challenge".into()))?;
        Ok(divided == self.chosen[pair[1].index()][0])
    }
}

/// Answers without masks: one division gives a block of choices, which for 128 transfers are all there are.
pub fn unmasked(weak: bool) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    for blocks in 1..=BLOCKS {
        let run = sampled(weak, blocks as u64, blocks)?;
        for pair in PAIRS {
            found.push(run.found(pair)?);
        }
    }
    let evidence = format!("the choices of a block are known: {found:?}");
    Ok(vec![finding("answers divided by χ", Loss::A1Privacy, found.contains(&true), evidence)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_without_a_mask_tells_a_block_of_choices() {
        for (seed, blocks) in [(7, 1), (8, 1), (9, BLOCKS), (10, 5)] {
            let told = |weak| PAIRS.map(|pair| sampled(weak, seed, blocks).unwrap().found(pair).unwrap());
            assert_eq!((told(true), told(false)), ([true; 2], [false; 2]), "{blocks} blocks");
        }
    }

    type Sent<'a> = Vec<(PartyId, PartyId, &'a str, &'a [u8])>;

    fn sent(run: &Extended) -> Sent<'_> {
        run.frames.iter().map(|e| (e.from, e.to, e.frame.meta.name, &e.frame.body[..])).collect()
    }

    /// With the same coins the last correction of every tree and the combined choices differ by the mask: nothing else
    /// does.
    #[test]
    fn only_masks_are_missing() {
        for blocks in 1..=BLOCKS {
            let shipped = sampled(false, 3, blocks).unwrap();
            let whole = extended(&Tape::new(Zeroed(tape(3), Rc::default())), blocks, || ()).unwrap();
            assert!(sent(&whole) == sent(&shipped) && whole.chosen == shipped.chosen, "nothing is left out");

            let weak = sampled(true, 3, blocks).unwrap();
            assert_eq!(weak.chosen, shipped.chosen);
            let xor = |a: &[u8], b: &[u8]| a.iter().zip(b).map(|(a, b)| a ^ b).collect::<Vec<u8>>();
            let masks = PAIRS.map(|[from, to]| {
                let answer = |run: &Extended| run.sent(from, to, "response").unwrap()[..16].to_vec();
                xor(&answer(&weak), &answer(&shipped))
            });
            assert!(masks[0] != masks[1] && masks.iter().all(|mask| *mask != [0; 16]));
            let (weak, shipped) = (sent(&weak), sent(&shipped));
            assert_eq!(weak.len(), shipped.len());
            for (a, b) in weak.iter().zip(&shipped) {
                assert_eq!((a.0, a.1, a.2, a.3.len()), (b.0, b.1, b.2, b.3.len()));
                let mask = || masks[a.0.index()].clone();
                let differs = match a.2 {
                    "corrections" => [vec![0; 16 * blocks], mask()].concat().repeat(64),
                    "response" => [mask(), vec![0; 16 * 128]].concat(),
                    _ => vec![0; a.3.len()],
                };
                assert_eq!(xor(a.3, b.3), differs, "{} of {blocks} blocks", a.2);
            }
        }
    }
}

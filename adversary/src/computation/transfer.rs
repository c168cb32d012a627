//! Oblivious transfer as shipped: base transfers, extension, and what COPEe and MASCOT make of them.
//!
//! A corrupt party may choose the keys that it takes part in (endemic transfer), so between an honest party and a puppet
//! there is no right output to compare; between two honest parties there is, and the strings a sender offers never
//! coincide. What a lie towards one honest party can do at all shows in the outputs of the protocols above.

use field::{F128, Field, PrimeField};
use protocols::ot::{Active, OtBatch, RandomOt, SeedOts, SoftSpoken};
use protocols::{Mascot, Online, Result, Session, Tape};
use transport::sim::Adversary;
use transport::{PartyId, PerParty};

use crate::ideal::ot::IdealOt;
use crate::oracle::{Judgement, judge};
use crate::run::{Ending, World, classify};

/// Base transfers in one run.
const BASE: usize = 3;
/// Extended transfers in one run.
const EXTENDED: usize = 2;

/// What a party has after transfers with everyone.
#[derive(PartialEq)]
struct Held {
    choices: Vec<bool>,
    sent: PerParty<Vec<[Vec<u8>; 2]>>,
    received: PerParty<Vec<Vec<u8>>>,
}

/// Whether an honest party's strings are right: of the right number, two different ones for every transfer sent, and the
/// chosen ones of those that honest parties have sent to it.
fn right(endings: &[Ending<Held>], world: &World, n: usize, me: PartyId, held: &Held) -> bool {
    world.parties.iter().filter(|p| *p != me).all(|p| {
        let whole = held.sent[p].len() == n && held.received[p].len() == n;
        let different = held.sent[p].iter().all(|[zero, one]| zero != one);
        let theirs = match &endings[p.index()] {
            Ending::Output(theirs) if !world.corrupt.contains(p) => &theirs.sent[me],
            _ => return whole && different,
        };
        let mut both = theirs.iter().zip(&held.received[p]).zip(&held.choices);
        whole && different && both.all(|((sent, got), choice)| sent[usize::from(*choice)] == *got)
    })
}

fn judged<P>(
    world: &World,
    transfers: usize,
    tape: &Tape,
    a: &mut dyn Adversary,
    program: impl Fn(Session) -> P,
) -> Judgement
where
    P: Future<Output = Result<Held>>,
{
    let endings = classify(world.run(tape, a, program).ends);
    judge(&endings, world.corrupt, |p, held| apart(held) && right(&endings, world, transfers, p, held), false)
}

/// Whether no string is in both directions with a peer, which a corrupt one would know: that it sends back what it was
/// sent makes none of the strings of the one direction those of the other.
fn apart(held: &Held) -> bool {
    let mut both = held.sent.values().zip(held.received.values());
    both.all(|(sent, received)| received.iter().all(|got| !sent.iter().flatten().any(|string| string == got)))
}

fn choose(s: &Session, n: usize) -> Vec<bool> {
    (0..n).map(|_| s.tape().uniform(2) == 1).collect()
}

/// Base transfers.
pub(crate) fn base(world: &World, tape: &Tape, adversary: &mut dyn Adversary) -> Judgement {
    judged(world, BASE, tape, adversary, |mut s| async move {
        let choices = choose(&s, BASE);
        let seeds = SoftSpoken::<2>::seeds(&mut s, &choices).await?;
        let sent = |s: &SeedOts| s.sent.iter().map(|both| both.map(|k| k.to_vec())).collect();
        let received = |s: &SeedOts| s.received.iter().map(|k| k.to_vec()).collect();
        Ok(Held {
            choices,
            sent: PerParty::from_vec(seeds.values().map(sent).collect()),
            received: PerParty::from_vec(seeds.values().map(received).collect()),
        })
    })
}

/// Extension, two calls, on real or on ideal base transfers.
pub(crate) fn extended(world: &World, real: bool, tape: &Tape, adversary: &mut dyn Adversary) -> Judgement {
    let n = world.parties.n();
    judged(world, 2 * EXTENDED, tape, adversary, |mut s| async move {
        let mut ot = match real {
            true => SoftSpoken::<2>::setup(&mut s).await?,
            false => {
                let mut bytes = [0; 16];
                s.tape().bytes(&mut bytes)?;
                let delta = u128::from_le_bytes(bytes);
                let base = IdealOt::seeds(&mut s, &SoftSpoken::<2>::base_choices(delta)).await?;
                SoftSpoken::<2>::setup_on(&mut s, PerParty::from_fn(n, |_| delta), base).await?
            }
        };
        let choices = choose(&s, 2 * EXTENDED);
        let mut held = Held {
            choices: choices.clone(),
            sent: PerParty::from_fn(n, |_| Vec::new()),
            received: PerParty::from_fn(n, |_| Vec::new()),
        };
        for choices in choices.chunks(EXTENDED) {
            let bits = choices.iter().rev().fold(0, |bits, bit| bits << 1 | u128::from(*bit));
            let batch = ot.extend::<F128>(&mut s, &[bits], EXTENDED).await?;
            for (p, OtBatch { zero, one, chosen }) in batch.iter() {
                held.sent[p].extend(zero.iter().zip(one).map(|(zero, one)| [bytes(*zero), bytes(*one)]));
                held.received[p].extend(chosen.iter().map(|r| bytes(*r)));
            }
        }
        Ok(held)
    })
}

fn bytes(r: <F128 as PrimeField>::Residue) -> Vec<u8> {
    let mut out = vec![0; F128::BYTES];
    F128::from_residue(r).write(&mut out);
    out
}

/// Preprocessing, then something of an honest party's inputs shown to all: the first of them, or with a triple the
/// product of both.
pub(crate) fn preprocessed<O: RandomOt<Security = Active>>(
    world: &World,
    triples: usize,
    tape: &Tape,
    adversary: &mut dyn Adversary,
) -> Judgement {
    let (n, owner) = (world.parties.n(), PartyId::new(0));
    let run = world.run(tape, adversary, async |mut s: Session| -> Result<F128> {
        let mut mascot = Mascot::<F128, O>::setup(&mut s).await?;
        let counts = PerParty::from_fn(n, |p| if p == owner { 1 + triples } else { 0 });
        let mut supply = mascot.supply(&mut s, triples, &counts).await?;
        let mine = &[6, 11].map(F128::from_u64)[..1 + triples];
        let mut online = Online::new(&mut s, mascot.key(), &mut supply);
        let mut y = online.input(owner, (online.me() == owner).then_some(mine), 1 + triples).await?;
        let x = y.take_front(1);
        let z = if triples > 0 { online.mul(&x, &y).await? } else { x };
        Ok(online.output(&z).await?[0])
    });
    let truth = F128::from_u64(if triples > 0 { 66 } else { 6 });
    judge(&classify(run.ends), world.corrupt, |_, z| *z == truth, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_of_both_directions_is_found() {
        let held = |got: u8| Held {
            choices: vec![true],
            sent: PerParty::from_vec(vec![vec![], vec![[vec![1], vec![2]]]]),
            received: PerParty::from_vec(vec![vec![], vec![vec![got]]]),
        };
        assert_eq!([1, 2, 3].map(|got| apart(&held(got))), [false, false, true]);
    }
}

//! Attacks on preprocessing from oblivious transfer, in the hybrid model of the transfers, beyond those of the catalogue.

use std::cell::Cell;

use field::{F128, Field};
use protocols::foundations::Coins;
use protocols::{INIT_ALPHA, Mascot, Memory, Online, Result, Session};
use transport::sim::Envelope;
use transport::{PartyId, PartySet, PerParty};

use crate::attack::{Attack, Conditions, Control, Expected, Outcome};
use crate::ideal::ot::IdealOt;
use crate::oracle::{Judgement, Win, judge};
use crate::run::{Floor, classify};
use crate::strategy::{Fate, On, Script, Seen, edit, edit_bytes};

/// The attacks of this file.
pub const ALL: &[Attack] = &[Attack {
    id: "copee.key",
    title: "another MAC-key share towards one party",
    does: "authenticates that party's values under another key share and corrects what it shows for it: from then on a \
               MAC check fails or passes depending on that party's input",
    reference: "ePrint 2016/505, section 4",
    layer: "09-authentication",
    expected: Expected::Stopped(&INIT_ALPHA),
    control: Control::CheckOff,
    run: other_key,
}];

type F = F128;

/// Inputs of party 0 and 1.
const INPUTS: [u64; 2] = [20, 22];

async fn sum_of_inputs(mut s: Session) -> Result<F> {
    let mut mascot = Mascot::<F, IdealOt>::setup(&mut s).await?;
    let mut supply = Memory::default();
    let counts = PerParty::from_fn(s.n(), |_| 1);
    let masks = mascot.masks(&mut s, &counts).await?;
    for (p, m) in s.parties().iter().zip(masks.into_vec()) {
        supply.add_masks(p, m);
    }
    let mut online = Online::new(&mut s, mascot.key(), &mut supply);
    let mut inputs = Vec::new();
    for (p, x) in INPUTS.into_iter().enumerate() {
        let owner = PartyId::new(p);
        let mine = [F::from_u64(x)];
        inputs.push(online.input(owner, (owner == online.me()).then_some(&mine[..]), 1).await?);
    }
    Ok(online.output(&(&inputs[0] + &inputs[1])).await?[0])
}

/// The bits of a request for transfers that concern one peer.
fn choices(e: &mut Envelope, peer: PartyId, f: impl FnOnce(&mut [u8])) {
    let bytes = F::BITS.div_ceil(8);
    // One byte for the operation, four for the number of transfers.
    edit_bytes(e, |body| f(&mut body[5 + peer.index() * bytes..][..bytes]));
}

/// The whole attack with one guess of the victim's input: the key share that party 2 uses towards party 1 lacks one bit.
fn with_guess(a: &Attack, c: &Conditions, guess: u64) -> Outcome {
    let (corrupt, victim) = (PartySet::of(&[2]), PartyId::new(1));
    let bit = Cell::new(0);
    let missing = || (0..bit.get()).fold(F::ONE, |x, _| x + x);
    let drop_bit = |e: &mut Envelope, _: &Seen| {
        choices(e, victim, |bits| {
            if let Some(first) = bits.iter().position(|b| *b != 0) {
                bit.set(8 * first + bits[first].trailing_zeros() as usize);
                bits[first] &= bits[first] - 1;
            }
        });
        Fate::Deliver
    };
    let ignore_row = |e: &mut Envelope, _: &Seen| {
        let row = F::BITS - 1 - bit.get();
        edit(e, |u: &mut [F]| {
            let columns = u.len() / F::BITS;
            u[row * columns..(row + 1) * columns].fill(F::ZERO);
        });
        Fate::Deliver
    };
    let correct = |e: &mut Envelope, seen: &Seen| {
        let (at, correction) = if e.frame.step.passes("authenticate") {
            // Everyone knows y: what the wrong key makes of it is known, too.
            let y = seen.latest(On::message("y", "broadcast").with(victim));
            (1, y.and_then(|y| F::read(&y.frame.body)))
        } else if e.frame.step.passes("online") {
            // The mask is x − e, with the guess for x; the coefficient is public.
            let seed = seen.latest(On::message("coin", "coin")).and_then(|e| e.frame.body[..].try_into().ok());
            let told = seen.latest(On::message("masked_input", "broadcast").with(victim));
            let told = told.and_then(|e| F::read(&e.frame.body));
            let r = seed.map(|seed| Coins::Seed(seed).elements::<F>(1)[0]);
            (0, r.zip(told).map(|(r, told)| r * (F::from_u64(guess) - told)))
        } else {
            return Fate::Deliver;
        };
        if let Some(correction) = correction {
            edit(e, |sigma: &mut [F]| sigma[at] += correction * missing());
        }
        Fate::Deliver
    };
    let mut script = Script::new(corrupt)
        .sends(On::message("ot", "ot").within("copee_setup"), drop_bit)
        .receives(On::message("copee", "u").with(victim), ignore_row)
        .sends(On::message("sigma", "commit"), correct);
    let mut world = a.world(c, 3, corrupt);
    world.floor = Floor::Ideal;
    let endings = classify(world.run(&c.tape(), &mut script, sum_of_inputs).ends);
    let sum = F::from_u64(INPUTS[0] + INPUTS[1]);
    Outcome::of(judge(&endings, corrupt, |_, y| *y == sum, true), &script)
}

fn other_key(a: &Attack, c: &Conditions) -> Outcome {
    let (right, wrong) = (with_guess(a, c, INPUTS[1]), with_guess(a, c, INPUTS[1] + 1));
    let effective = right.effective && wrong.effective;
    let judgement = match (right.judgement, wrong.judgement) {
        (Judgement::Right, Judgement::Stopped(_)) => Judgement::Won(Win::Leak("an input, by what aborts")),
        (right, _) => right,
    };
    Outcome { judgement, effective }
}

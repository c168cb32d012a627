//! Attacks on preprocessing from oblivious transfer, in the hybrid model of the transfers.

use std::cell::Cell;

use field::{F128, Field};
use protocols::foundations::Coins;
use protocols::{
    AUTH_CONSISTENCY, INIT_ALPHA, Mascot, Memory, Online, Result, Session, Shared, TRIPLE_SACRIFICE, Triples,
};
use transport::sim::Envelope;
use transport::{PartyId, PartySet, PerParty};

use crate::attack::{Attack, Conditions, Control, Outcome};
use crate::ideal::ot::IdealOt;
use crate::oracle::{Judgement, Win, judge};
use crate::run::{Ending, Floor, classify};
use crate::strategy::{Fate, On, Script, Seen, edit, edit_bytes};

/// The attacks of this file.
pub const ALL: &[Attack] = &[
    Attack {
        id: "copee.key",
        title: "another MAC-key share towards one party",
        does: "authenticates that party's values under another key share and corrects what it shows for it: from then on a \
               MAC check fails or passes depending on that party's input",
        reference: "ePrint 2016/505, section 4",
        layer: "09-authentication",
        stopped_by: &INIT_ALPHA,
        control: Control::CheckOff,
        run: other_key,
    },
    Attack {
        id: "auth.equivocate",
        title: "different vectors towards different key holders",
        does: "authenticates one value towards one party and another value towards the other",
        reference: "ePrint 2016/505, section 4",
        layer: "09-authentication",
        stopped_by: &AUTH_CONSISTENCY,
        control: Control::CheckOff,
        run: equivocate,
    },
    Attack {
        id: "auth.cancel",
        title: "errors of two owners that cancel",
        does: "two corrupt owners authenticate wrong values towards one party, with errors of opposite sign: a sum over all \
               owners would hold",
        reference: "ePrint 2016/505, section 4",
        layer: "09-authentication",
        stopped_by: &AUTH_CONSISTENCY,
        control: Control::CheckOff,
        run: cancel,
    },
    Attack {
        id: "mascot.factor",
        title: "another factor b in some transfers",
        does: "multiplies one raw factor of the other party by b + 1 instead of b: the triple is wrong by a multiple of \
               that factor",
        reference: "ePrint 2016/505, section 5",
        layer: "10-mascot-triple",
        stopped_by: &TRIPLE_SACRIFICE,
        control: Control::CheckOff,
        run: other_factor,
    },
];

type F = F128;

/// Shares of some values: (value, MAC).
type Parts = Vec<(Vec<F>, Vec<F>)>;

/// The values and MACs behind everyone's parts, where all parties have an output.
fn opened(endings: &[Ending<Parts>]) -> Option<Vec<(F, F)>> {
    let mut sums: Vec<(F, F)> = Vec::new();
    for ending in endings {
        let Ending::Output(parts) = ending else { return None };
        let items: Vec<(F, F)> = parts.iter().flat_map(|(x, m)| x.iter().copied().zip(m.iter().copied())).collect();
        sums.resize(items.len(), (F::ZERO, F::ZERO));
        for (sum, item) in sums.iter_mut().zip(items) {
            sum.0 += item.0;
            sum.1 += item.1;
        }
    }
    Some(sums)
}

async fn one_triple(mut s: Session) -> Result<Parts> {
    let mut mascot = Mascot::<F, IdealOt>::setup(&mut s).await?;
    let Triples { a, b, c } = mascot.triples(&mut s, 1).await?;
    Ok([a, b, c].map(Shared::into_parts).into())
}

/// A run of [`one_triple`] with party 1 corrupt, and what became of it.
fn judged_triple(a: &Attack, c: &Conditions, script: &mut Script<'_>) -> Judgement {
    let corrupt = PartySet::of(&[1]);
    let endings = classify(a.world(c, 2, corrupt).run(&c.tape(), script, one_triple).ends);
    let right = opened(&endings).is_none_or(|x| x[0].0 * x[1].0 == x[2].0);
    // Shares of different parties differ: only whether they are right together counts.
    judge(&endings, corrupt, |_, _| right, false)
}

/// Adds one to b in the first `transfers` transfers of the first raw factor.
fn lies(transfers: usize) -> Script<'static> {
    let lie = move |i: usize| if i < transfers { F::ONE } else { F::ZERO };
    Script::new(PartySet::of(&[1])).adds::<F>(On::message("multiply", "d"), lie)
}

fn other_factor(a: &Attack, c: &Conditions) -> Outcome {
    let mut script = lies(F::BITS);
    let judgement = judged_triple(a, c, &mut script);
    Outcome::of(judgement, &script)
}

async fn one_mask_each(mut s: Session) -> Result<Parts> {
    let mut mascot = Mascot::<F, IdealOt>::setup(&mut s).await?;
    let counts = PerParty::from_fn(s.n(), |_| 1);
    let masks = mascot.masks(&mut s, &counts).await?;
    Ok(masks.into_vec().into_iter().map(|m| m.shared.into_parts()).collect())
}

/// What owners send of the elements that [`one_mask_each`] authenticates: two columns, the mask of the check and the
/// value, in every row.
const MASKS: On = On::message("copee", "u").within("masks");

/// A run of [`one_mask_each`], and what became of it.
fn judged_masks(a: &Attack, c: &Conditions, n: usize, corrupt: PartySet, script: &mut Script<'_>) -> Judgement {
    let endings = classify(a.world(c, n, corrupt).run(&c.tape(), script, one_mask_each).ends);
    // One key behind all MACs: those of the first party's mask tell it, who is honest.
    let right = opened(&endings).is_none_or(|x| x[1..].iter().all(|y| y.1 * x[0].0 == x[0].1 * y.0));
    judge(&endings, corrupt, |_, _| right, false)
}

fn equivocate(a: &Attack, c: &Conditions) -> Outcome {
    let corrupt = PartySet::of(&[2]);
    let to_victim = MASKS.with(PartyId::new(1));
    // One more in every row of the second column.
    let mut script = Script::new(corrupt).adds::<F>(to_victim, |i| if i % 2 == 1 { F::ONE } else { F::ZERO });
    let judgement = judged_masks(a, c, 3, corrupt, &mut script);
    Outcome::of(judgement, &script)
}

fn cancel(a: &Attack, c: &Conditions) -> Outcome {
    let corrupt = PartySet::of(&[2, 3]);
    // One more from one of them and one less from the other, towards party 1 alone: its MAC shares of the two are off by
    // its key share, up and down.
    let mut script = Script::new(corrupt).sends(MASKS.with(PartyId::new(1)), |e, _| {
        let error = if e.from == PartyId::new(2) { F::ONE } else { -F::ONE };
        edit(e, |u: &mut [F]| u.iter_mut().skip(1).step_by(2).for_each(|u| *u += error));
        Fate::Deliver
    });
    let judgement = judged_masks(a, c, 4, corrupt, &mut script);
    Outcome::of(judgement, &script)
}

/// Inputs of party 0 and 1.
const INPUTS: [u64; 2] = [20, 22];

async fn sum_of_inputs(mut s: Session) -> Result<F> {
    let mut mascot = Mascot::<F, IdealOt>::setup(&mut s).await?;
    let mut supply = Memory::new(s.n());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Verdict;

    #[test]
    fn every_attack_is_stopped_and_would_succeed_without_its_check() {
        for a in ALL {
            let trial = a.trial(0..3);
            assert_eq!(a.verdict(&trial), Verdict::Pass, "{}: {trial:?}", a.id);
        }
    }

    #[test]
    fn a_lie_towards_one_bit_of_a_key_passes_if_it_is_guessed() {
        // The figure of `copee`, not that of the check: whoever passes knows one bit, and all MACs are right.
        let a = ALL.iter().find(|a| a.id == "auth.equivocate").expect("an attack of this file");
        let corrupt = PartySet::of(&[1]);
        let passes = |seed: u64| {
            // Rows come from the top bit down, so the last one is that of the lowest bit.
            let last = 2 * (F::BITS - 1) + 1;
            let mut script = Script::new(corrupt).adds::<F>(MASKS, move |i| if i == last { F::ONE } else { F::ZERO });
            let judgement = judged_masks(a, &Conditions { control: false, seed }, 2, corrupt, &mut script);
            assert!(script.effective());
            judgement
        };
        let judgements: Vec<Judgement> = (0..32).map(passes).collect();
        let passed = judgements.iter().filter(|j| **j == Judgement::Right).count();
        assert!((6..=26).contains(&passed), "{passed} of 32");
        assert!(judgements.iter().all(|j| *j == Judgement::Right || j.check() == Some(&AUTH_CONSISTENCY)));
    }

    #[test]
    fn a_lie_about_one_bit_survives_half_of_the_time() {
        // What the combination of three raw factors is for: the survivor knows one bit of one of them.
        let a = ALL.iter().find(|a| a.id == "mascot.factor").expect("an attack of this file");
        let survives = |seed: &u64| judged_triple(a, &Conditions { control: false, seed: *seed }, &mut lies(1));
        let judgements: Vec<Judgement> = (0..32).map(|seed| survives(&seed)).collect();
        let survived = judgements.iter().filter(|j| **j == Judgement::Right).count();
        assert!((6..=26).contains(&survived), "{survived} of 32");
        assert!(judgements.iter().all(|j| *j == Judgement::Right || j.check() == Some(&TRIPLE_SACRIFICE)));
    }
}

//! The online phase on dealt preprocessing.

use field::Field;
use protocols::{MacKey, Memory, Result, Session, Tape};
use transport::sim::{Adversary, Envelope};
use transport::{PartyId, PerParty};

use crate::ideal::supply::{Known, Order};
use crate::oracle::{Judgement, judge};
use crate::programs;
use crate::run::{World, classify};
use crate::strategy::language::Input;
use crate::subject::Instance;

/// Two values to compute with, none of them zero in any field.
fn values<F: Field>() -> Vec<u64> {
    if F::SMALL_ORDER.is_some_and(|p| p < 8) { vec![1, 1] } else { vec![6, 11] }
}

/// Runs `program` on dealt preprocessing; `truth` is the right output of a party.
fn dealt<F: Field, T: PartialEq>(
    at: &Instance,
    tape: &Tape,
    adversary: &mut dyn Adversary,
    order: &Order,
    program: impl AsyncFn(&mut Session, &mut MacKey<F>, &mut Memory<F>) -> Result<T> + Copy,
    truth: impl Fn(PartyId, &Known<F>) -> T,
    public: bool,
) -> Judgement {
    let dealing = match programs::deal::<F>(&at.world, at.shares, tape, order) {
        Ok(d) => d,
        Err(e) => return programs::broken(&e),
    };
    let run = programs::run(&at.world, tape, adversary, &dealing, program);
    judge(&classify(run.ends), at.world.corrupt, |p, z| *z == truth(p, &dealing.known), public)
}

/// `x·y`.
pub(super) fn multiply<F: Field>(at: &Instance, tape: &Tape, adversary: &mut dyn Adversary) -> Judgement {
    let order = Order { triples: 1, given: values::<F>(), ..Order::default() };
    dealt(at, tape, adversary, &order, programs::multiply::<F>, |_, k| k.randoms[0] * k.randoms[1], true)
}

/// `(x·y)·y`.
pub(super) fn chain<F: Field>(at: &Instance, tape: &Tape, adversary: &mut dyn Adversary) -> Judgement {
    let order = Order { triples: 2, given: values::<F>(), ..Order::default() };
    let truth = |_, k: &Known<F>| k.randoms[0] * k.randoms[1] * k.randoms[1];
    dealt(at, tape, adversary, &order, programs::chain::<F>, truth, true)
}

/// `x·y`, and `x·y` again.
pub(super) fn twice<F: Field>(at: &Instance, tape: &Tape, adversary: &mut dyn Adversary) -> Judgement {
    let order = Order { triples: 2, given: values::<F>(), ..Order::default() };
    dealt(at, tape, adversary, &order, programs::twice::<F>, |_, k| [k.randoms[0] * k.randoms[1]; 2], true)
}

/// `x`.
pub(super) fn show<F: Field>(at: &Instance, tape: &Tape, adversary: &mut dyn Adversary) -> Judgement {
    let order = Order { given: vec![1], ..Order::default() };
    dealt(at, tape, adversary, &order, programs::show::<F>, |_, k| k.randoms[0], true)
}

/// `x` for the first party.
pub(super) fn show_to<F: Field>(at: &Instance, tape: &Tape, adversary: &mut dyn Adversary) -> Judgement {
    let to = PartyId::new(0);
    let masks = at.world.parties.iter().map(|p| usize::from(p == to)).collect();
    let order = Order { masks, given: vec![1], ..Order::default() };
    let program = async |s: &mut Session, key: &mut _, supply: &mut _| programs::show_to(s, key, supply, to).await;
    dealt(at, tape, adversary, &order, program, |p, k| if p == to { k.randoms[0] } else { F::ZERO }, false)
}

/// Inputs of all parties, the first two multiplied, the others added, shown to all. A corrupt party's input is what it
/// makes of it: its mask, which the dealer knows, and the masked input that the honest parties heard tell it, as the
/// simulator of the security proof would.
pub(crate) fn product<F: Field>(
    at: &Instance,
    other: &[Input],
    tape: &Tape,
    adversary: &mut dyn Adversary,
) -> Judgement {
    let world: World = at.world.clone().traced();
    let n = world.parties.n();
    let order = Order { triples: 1, masks: vec![1; n], ..Order::default() };
    let dealing = match programs::deal::<F>(&world, at.shares, tape, &order) {
        Ok(dealing) => dealing,
        Err(e) => return programs::broken(&e),
    };
    let mut inputs = PerParty::from_vec([2, 5, 1, 3, 4].map(F::from_u64)[..n].to_vec());
    for input in other {
        inputs[PartyId::new(input.party)] = input.values.first().map_or(F::ZERO, |v| F::from_u64(*v));
    }
    let given = inputs.clone();
    let program = async |s: &mut Session, key: &mut _, supply: &mut _| {
        let mine = given[s.me()];
        programs::product(s, key, supply, mine).await
    };
    let run = programs::run(&world, tape, adversary, &dealing, program);
    let honest = world.parties.iter().find(|p| !world.corrupt.contains(*p)).unwrap_or(PartyId::new(0));
    for p in world.corrupt.iter() {
        let heard = run.trace.iter().find(|e| told(e, p, honest));
        if let Some(e) = heard.and_then(|e| F::read(&e.frame.body)) {
            inputs[p] = e + dealing.known.masks[p.index()][0];
        }
    }
    let all = inputs.into_vec();
    let truth = all[2..].iter().fold(all[0] * all[1], |sum, x| sum + *x);
    judge(&classify(run.ends), world.corrupt, |_, z| *z == truth, true)
}

/// Whether this frame brings the masked input of `owner` to `to`.
fn told(e: &Envelope, owner: PartyId, to: PartyId) -> bool {
    e.from == owner && e.to == to && e.frame.step.name() == "masked_input" && e.frame.meta.name != "echo"
}

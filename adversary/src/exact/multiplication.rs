//! Additive cheating in a multiplication or on an output, against the MAC check.

use std::cell::Cell;

use field::{F2, F3, F5, F7, Field};
use protocols::Result;
use spec::{Bound, Check};

use super::decisions::best_play;
use super::{Count, HONEST, Measurement, coalition, directions, nonzero_vectors, order_of, over, pair};
use crate::ideal::supply::{CorruptShares, Known, Order};
use crate::programs;
use crate::run::{Ending, World, classify};
use crate::scratch::Flaw;
use crate::strategy::{Fate, On, Script, edit};

/// Which computation is counted, over values that are shared as given.
#[derive(Clone, Copy, Debug)]
pub enum Computation {
    /// `x·y`, shown to all.
    Multiply(u64, u64),
    /// `x`, shown to all.
    Show(u64),
}

/// Counts `event` of the honest party's ending over every coin of a run in `world`, on all processors.
pub fn count<F: Field>(
    world: impl Fn() -> World + Sync + Send,
    mode: CorruptShares,
    computation: Computation,
    script: impl Fn() -> Script<'static> + Sync + Send,
    event: impl Fn(&Ending<F>, &Known<F>) -> bool + Sync + Send,
) -> Result<Count> {
    let order = match computation {
        Computation::Multiply(x, y) => Order { triples: 1, given: vec![x, y], ..Order::default() },
        Computation::Show(x) => Order { given: vec![x], ..Order::default() },
    };
    Count::on_all_processors(world, |world, tape| {
        let dealing = programs::deal::<F>(world, mode, tape, &order)?;
        let mut script = script();
        let run = match computation {
            Computation::Multiply(..) => programs::run(world, tape, &mut script, &dealing, programs::multiply::<F>),
            Computation::Show(_) => programs::run(world, tape, &mut script, &dealing, programs::show::<F>),
        };
        Ok(event(&classify(run.ends)[HONEST.index()], &dealing.known))
    })
}

/// The honest party accepted something.
pub fn accepted<F>(ending: &Ending<F>, _: &Known<F>) -> bool {
    matches!(ending, Ending::Output(_))
}

/// The honest party accepted a wrong product.
pub fn wrong_product<F: Field>(ending: &Ending<F>, known: &Known<F>) -> bool {
    matches!(ending, Ending::Output(z) if *z != known.randoms[0] * known.randoms[1])
}

/// The honest party accepted a wrong value.
pub fn wrong_value<F: Field>(ending: &Ending<F>, known: &Known<F>) -> bool {
    matches!(ending, Ending::Output(z) if *z != known.randoms[0])
}

/// An additive strategy against a multiplication: errors on the opened `x − a` and `y − b` fixed before the challenge,
/// and a correction of σ that fits if the MAC key is `guess`.
#[must_use]
pub fn additive<F: Field>(errors: [F; 2], guess: F) -> Script<'static> {
    let script = Script::new(coalition()).shifts::<F>(On::message("beaver", "share"), HONEST, move |i| errors[i % 2]);
    if guess == F::ZERO {
        return script;
    }
    script.sends(On::message("sigma", "commit"), move |e, seen| {
        // The first check has two coefficients, the check of the output one.
        if let Some([r, s]) = seen.elements::<F>("coin", "coin").as_deref() {
            let lie = guess * (*r * errors[0] + *s * errors[1]);
            edit(e, |sigma: &mut [F]| sigma[0] += lie);
        }
        Fate::Deliver
    })
}

/// Shows a value off by one with a correction of σ that fits if the MAC key is one and the coefficient is one.
#[must_use]
pub fn shifted_output<F: Field>() -> Script<'static> {
    Script::new(coalition()).shifts::<F>(On::message("output", "share"), HONEST, |_| F::ONE).sends(
        On::message("sigma", "commit"),
        |e, _| {
            edit(e, |sigma: &mut [F]| sigma[0] += F::ONE);
            Fate::Deliver
        },
    )
}

const PRODUCT: Computation = Computation::Multiply(1, 1);

fn multiplication<F: Field>(script: fn() -> Script<'static>) -> Result<Count> {
    count::<F>(pair, CorruptShares::Zero, PRODUCT, script, wrong_product)
}
fn shift<F: Field>() -> Result<Count> {
    multiplication::<F>(|| additive([F::ONE, F::ZERO], F::ZERO))
}
fn guess<F: Field>() -> Result<Count> {
    multiplication::<F>(|| additive([F::ONE, F::ZERO], F::ONE))
}
fn weak_puppet<F: Field>() -> Result<Count> {
    let world = || World { puppets: false, ..pair() };
    count::<F>(world, CorruptShares::Zero, PRODUCT, || additive([F::ONE, F::ZERO], F::ONE), wrong_product)
}
fn output<F: Field>() -> Result<Count> {
    let script = || Script::new(coalition()).adds::<F>(On::message("output", "share"), |_| F::ONE);
    count::<F>(pair, CorruptShares::Zero, Computation::Show(1), script, wrong_value)
}
fn honest<F: Field>() -> Result<Count> {
    count::<F>(
        pair,
        CorruptShares::Zero,
        PRODUCT,
        || Script::new(coalition()),
        |e, k| !wrong_product(e, k) && accepted(e, k),
    )
}
/// The best of these pairs of errors with the best answers to the check of both. Accepted openings count.
fn best<F: Field>(errors: impl IntoIterator<Item = Vec<F>>) -> Result<Count> {
    let order = Order { triples: 1, given: vec![1, 1], ..Order::default() };
    Count::best(errors, |errors| {
        best_play::<1>(const { order_of::<F>() }, |tape, [answer], views| {
            let world = pair();
            let dealing = programs::deal::<F>(&world, CorruptShares::Zero, tape, &order)?;
            let (views, first, off) = (views.clone(), Cell::new(true), F::from_u64(answer));
            let mut script =
                additive([errors[0], errors[1]], F::ZERO).sends(On::message("sigma", "commit"), move |e, seen| {
                    // The second check is that of the output, which is shown as it is.
                    if first.take() {
                        views.note(0, seen);
                        edit(e, |sigma: &mut [F]| sigma[0] += off);
                    }
                    Fate::Deliver
                });
            let run = programs::run(&world, tape, &mut script, &dealing, programs::multiply::<F>);
            Ok(accepted(&classify(run.ends)[HONEST.index()], &dealing.known))
        })
    })
}
fn single<F: Field>() -> Result<Count> {
    let world = || pair().flawed(Some(Flaw::UnitCoin));
    count::<F>(world, CorruptShares::Zero, Computation::Show(1), shifted_output::<F>, wrong_value)
}
fn known_challenge<F: Field>() -> Result<Count> {
    let world = || pair().flawed(Some(Flaw::UnitCoin));
    count::<F>(world, CorruptShares::Zero, PRODUCT, || additive([F::ONE, -F::ONE], F::ZERO), accepted)
}
fn unchecked<F: Field>() -> Result<Count> {
    let without: &'static Check = &protocols::MAC_CHECK;
    let world = || pair().without(Some(without));
    count::<F>(world, CorruptShares::Zero, PRODUCT, || additive([F::ONE, F::ZERO], F::ZERO), wrong_product)
}

/// The figures of the MAC check.
pub const ALL: &[Measurement] = &[
    Measurement {
        id: "online.honest",
        claim: "honest",
        what: "an unattacked multiplication gives the right product",
        points: over!(honest, Bound::One),
    },
    Measurement {
        id: "mac.check.shift",
        claim: "B1",
        what: "x − a opened off by one, wrong product accepted",
        points: over!(Bound::MacCheck; F2 => shift::<F2>, F3 => shift::<F3>, F5 => shift::<F5>, F7 => shift::<F7>),
    },
    Measurement {
        id: "mac.check.guess",
        claim: "B1",
        what: "the same and σ corrected for the key being one",
        points: over!(guess, Bound::MacCheck),
    },
    Measurement {
        id: "mac.check.weak_puppet",
        claim: "B1",
        what: "the same by a puppet that stops at its own check: too weak an enemy",
        points: over!(weak_puppet, Bound::SingleOpening),
    },
    Measurement {
        id: "mac.check.best",
        claim: "B1",
        what: "the best of all errors in both openings and all answers (F_5: of all errors up to a factor)",
        points: over!(Bound::MacCheck;
            F2 => || best(nonzero_vectors::<F2>(2)),
            F3 => || best(nonzero_vectors::<F3>(2));
            F5 => || best(directions::<F5>(2))),
    },
    Measurement {
        id: "mac.output.shift",
        claim: "B1",
        what: "an output shown off by one is accepted",
        points: over!(Bound::MacCheck; F2 => output::<F2>, F3 => output::<F3>, F5 => output::<F5>, F7 => output::<F7>),
    },
    Measurement {
        id: "mac.single_opening",
        claim: "B2",
        what: "one value, no coefficient, the key guessed",
        points: over!(Bound::SingleOpening; F2 => single::<F2>, F3 => single::<F3>, F5 => single::<F5>, F7 => single::<F7>),
    },
    Measurement {
        id: "mac.challenge.known",
        claim: "B1",
        what: "control: coefficients known in advance, errors cancel",
        points: over!(known_challenge, Bound::One),
    },
    Measurement {
        id: "mac.check.off",
        claim: "B1",
        what: "control: without the MAC check a wrong product is accepted",
        points: over!(unchecked, Bound::One),
    },
];

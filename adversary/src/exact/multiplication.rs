//! Additive cheating in a multiplication or on an output, against the MAC check.

use field::{F2, F3, F5, Field};
use protocols::Result;
use spec::{Bound, Check};

use super::{Count, HONEST, Measurement, coalition, over, pair};
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

/// Counts `event` of the honest party's ending over every coin of a run in `world`.
pub fn count<F: Field>(
    world: &World,
    mode: CorruptShares,
    computation: Computation,
    script: impl Fn() -> Script<'static>,
    event: impl Fn(&Ending<F>, &Known<F>) -> bool,
) -> Result<Count> {
    let order = match computation {
        Computation::Multiply(x, y) => Order { triples: 1, given: vec![x, y], ..Order::default() },
        Computation::Show(x) => Order { given: vec![x], ..Order::default() },
    };
    Count::over(|tape| {
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
    count::<F>(&pair(), CorruptShares::Zero, PRODUCT, script, wrong_product)
}
fn shift<F: Field>() -> Result<Count> {
    multiplication::<F>(|| additive([F::ONE, F::ZERO], F::ZERO))
}
fn guess<F: Field>() -> Result<Count> {
    multiplication::<F>(|| additive([F::ONE, F::ZERO], F::ONE))
}
fn weak_puppet<F: Field>() -> Result<Count> {
    let mut world = pair();
    world.puppets = false;
    count::<F>(&world, CorruptShares::Zero, PRODUCT, || additive([F::ONE, F::ZERO], F::ONE), wrong_product)
}
fn output<F: Field>() -> Result<Count> {
    let script = || Script::new(coalition()).adds::<F>(On::message("output", "share"), |_| F::ONE);
    count::<F>(&pair(), CorruptShares::Zero, Computation::Show(1), script, wrong_value)
}
fn honest<F: Field>() -> Result<Count> {
    count::<F>(
        &pair(),
        CorruptShares::Zero,
        PRODUCT,
        || Script::new(coalition()),
        |e, k| !wrong_product(e, k) && accepted(e, k),
    )
}
/// The best of all additive strategies: every pair of errors, every guess of the key. `wrong` accepted openings count.
fn best<F: Field>() -> Result<Count> {
    let p = F::SMALL_ORDER.unwrap_or(2);
    Count::best((p..p * p * p).map(|code| {
        let of = |k: u32| F::from_u64(code / p.pow(k) % p);
        let errors = [of(1), of(2)];
        count::<F>(&pair(), CorruptShares::Zero, PRODUCT, || additive(errors, of(0)), accepted)
    }))
}
fn single<F: Field>() -> Result<Count> {
    let world = pair().flawed(Some(Flaw::UnitCoin));
    count::<F>(&world, CorruptShares::Zero, Computation::Show(1), shifted_output::<F>, wrong_value)
}
fn known_challenge<F: Field>() -> Result<Count> {
    let world = pair().flawed(Some(Flaw::UnitCoin));
    count::<F>(&world, CorruptShares::Zero, PRODUCT, || additive([F::ONE, -F::ONE], F::ZERO), accepted)
}
fn unchecked<F: Field>() -> Result<Count> {
    let without: &'static Check = &protocols::MAC_CHECK;
    let world = pair().without(Some(without));
    count::<F>(&world, CorruptShares::Zero, PRODUCT, || additive([F::ONE, F::ZERO], F::ZERO), wrong_product)
}

/// The figures of the MAC check.
pub const ALL: &[Measurement] = &[
    Measurement {
        id: "online.honest",
        what: "an unattacked multiplication gives the right product",
        bound: Bound::One,
        long: false,
        count: over!(honest),
    },
    Measurement {
        id: "mac.check.shift",
        what: "x − a opened off by one, wrong product accepted",
        bound: Bound::MacCheck,
        long: false,
        count: over!(shift),
    },
    Measurement {
        id: "mac.check.guess",
        what: "the same and σ corrected for the key being one",
        bound: Bound::MacCheck,
        long: false,
        count: over!(guess),
    },
    Measurement {
        id: "mac.check.weak_puppet",
        what: "the same by a puppet that stops at its own check: too weak an enemy",
        bound: Bound::SingleOpening,
        long: false,
        count: over!(weak_puppet),
    },
    Measurement {
        id: "mac.check.best",
        what: "the best of all additive strategies",
        bound: Bound::MacCheck,
        long: true,
        count: [Some(best::<F2>), Some(best::<F3>), None],
    },
    Measurement {
        id: "mac.output.shift",
        what: "an output shown off by one is accepted",
        bound: Bound::MacCheck,
        long: false,
        count: over!(output),
    },
    Measurement {
        id: "mac.single_opening",
        what: "one value, no coefficient, the key guessed",
        bound: Bound::SingleOpening,
        long: false,
        count: over!(single),
    },
    Measurement {
        id: "mac.challenge.known",
        what: "control: coefficients known in advance, errors cancel",
        bound: Bound::One,
        long: false,
        count: over!(known_challenge),
    },
    Measurement {
        id: "mac.check.off",
        what: "control: without the MAC check a wrong product is accepted",
        bound: Bound::One,
        long: false,
        count: over!(unchecked),
    },
];

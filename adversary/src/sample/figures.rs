//! The experiments.

use field::{F31, F251, Field};
use protocols::{Result, Tape};
use spec::Bound;

use super::{Experiment, Trial};
use crate::attacks::ot::{against, guessing};
use crate::exact::At;
use crate::exact::multiplication::{additive, shifted_output, wrong_product};
use crate::exact::openings::{accepts, shifted};
use crate::exact::{HONEST, coalition, keys, pair};
use crate::ideal::supply::{CorruptShares, Order};
use crate::programs;
use crate::run::{Ending, World, classify};
use crate::sacrifice::{Batch, Lie};
use crate::scratch::Flaw;
use crate::strategy::Script;

/// A multiplication whose `x − a` is opened off by one: a wrong product is accepted.
fn product<F: Field>(world: &World, tape: &Tape) -> Result<Trial> {
    let order = Order { triples: 1, given: vec![1, 1], ..Order::default() };
    let dealing = programs::deal::<F>(world, CorruptShares::Uniform, tape, &order)?;
    let mut script = additive([F::ONE, F::ZERO], F::ZERO);
    let run = programs::run(world, tape, &mut script, &dealing, programs::multiply::<F>);
    let hit = wrong_product(&classify(run.ends)[HONEST.index()], &dealing.known);
    Ok(Trial { acted: script.effective(), hit })
}
fn hybrid<F: Field>(tape: &Tape) -> Result<Trial> {
    product::<F>(&pair(), tape)
}
fn real<F: Field>(tape: &Tape) -> Result<Trial> {
    product::<F>(&pair().real(), tape)
}

/// Values opened off by these errors.
fn opened<F: Field>(flaw: Flaw, errors: &[F], tape: &Tape) -> Result<Trial> {
    let mut script = shifted(Script::new(coalition()), errors);
    let hit = accepts::<F>(&pair().flawed(Some(flaw)), tape, &mut script, errors.len())?;
    Ok(Trial { acted: script.effective(), hit })
}
fn single<F: Field>(tape: &Tape) -> Result<Trial> {
    let mut script = shifted_output::<F>();
    let hit = accepts::<F>(&pair().flawed(Some(Flaw::UnitCoin)), tape, &mut script, 1)?;
    Ok(Trial { acted: script.effective(), hit })
}
fn nonzero<F: Field>(tape: &Tape) -> Result<Trial> {
    opened(Flaw::NonzeroCoin, &[F::ONE, -F::ONE], tape)
}
/// r³ − r vanishes at three points.
fn powers<F: Field>(tape: &Tape) -> Result<Trial> {
    opened(Flaw::PowersCoin, &[-F::ONE, F::ZERO, F::ONE], tape)
}
fn two_keys<F: Field>(tape: &Tape) -> Result<Trial> {
    let mut script = shifted(Script::new(coalition()), &[F::ONE]);
    let hit = keys::both_accept::<F>(&pair().flawed(Some(Flaw::RepeatedCoin)), tape, &mut script, 1)?;
    Ok(Trial { acted: script.effective(), hit })
}

/// The sacrifice of a triple that was spoiled when it was made.
fn sacrificed<F: Field>(lie: Lie<F>, harm: bool, tape: &Tape) -> Result<Trial> {
    let world = pair();
    let batch = Batch::deal(&world, CorruptShares::Uniform, tape, &[lie])?;
    let endings = batch.run(&world, tape, &mut Script::new(coalition()));
    let accepted = matches!(endings[HONEST.index()], Ending::Output(()));
    Ok(Trial { acted: true, hit: accepted && (batch.wrong() || !harm) })
}
fn wrong_triple<F: Field>(tape: &Tape) -> Result<Trial> {
    sacrificed::<F>(Lie::plain(), true, tape)
}
fn spoiled_triple<F: Field>(tape: &Tape) -> Result<Trial> {
    sacrificed::<F>(Lie::selective(), false, tape)
}

/// Wrong rows in one block of an OT extension, that block of the secret being guessed as one.
fn rows<const K: usize>(tape: &Tape) -> Result<Trial> {
    let mut bytes = [0; 16];
    tape.bytes(&mut bytes)?;
    let mut script = guessing::<K>(1, 1);
    let ending = against::<K>(tape, u128::from_le_bytes(bytes), &mut script, 1);
    Ok(Trial { acted: script.effective(), hit: matches!(ending, Ending::Output(())) })
}

const fn experiment(
    id: &'static str,
    claim: &'static str,
    what: &'static str,
    at: At,
    bound: Bound,
    run: fn(&Tape) -> Result<Trial>,
) -> Experiment {
    Experiment { id, claim, what, at, bound, slow: false, run }
}

const fn slow(e: Experiment) -> Experiment {
    Experiment { slow: true, ..e }
}

const P31: At = At::Field(31);
const P251: At = At::Field(251);

const SHIFT: &str = "x − a opened off by one, wrong product accepted";
const REAL: &str = "the same on real coin and commitment";
const SINGLE: &str = "one value, no coefficient, the key guessed";
const NONZERO: &str = "control: coefficients that are never zero, two openings";
const POWERS: &str = "control: powers r, r², r³ of one coin, three openings";
const KEYS: &str = "control: two keys and one list of coefficients";
const WRONG: &str = "a wrong triple is accepted by the sacrifice";
const SPOILED: &str = "a triple off by its common factor is accepted by the sacrifice";
const ROWS: &str = "wrong rows in one block of k bits pass";

/// Every experiment.
pub const ALL: &[Experiment] = &[
    experiment("mac.check.shift", "B1", SHIFT, P31, Bound::MacCheck, hybrid::<F31>),
    experiment("mac.check.shift", "B1", SHIFT, P251, Bound::MacCheck, hybrid::<F251>),
    experiment("mac.check.shift.real", "B1", REAL, P31, Bound::MacCheck, real::<F31>),
    experiment("mac.check.shift.real", "B1", REAL, P251, Bound::MacCheck, real::<F251>),
    experiment("mac.single_opening", "B2", SINGLE, P31, Bound::SingleOpening, single::<F31>),
    experiment("mac.single_opening", "B2", SINGLE, P251, Bound::SingleOpening, single::<F251>),
    experiment("mac.nonzero", "B3", NONZERO, At::Batch(31, 2), Bound::MacCheckNonzero, nonzero::<F31>),
    experiment("mac.nonzero", "B3", NONZERO, At::Batch(251, 2), Bound::MacCheckNonzero, nonzero::<F251>),
    experiment("mac.powers", "B4", POWERS, At::Batch(31, 3), Bound::MacCheckPowers, powers::<F31>),
    experiment("mac.powers", "B4", POWERS, At::Batch(251, 3), Bound::MacCheckPowers, powers::<F251>),
    experiment("mac.keys.shared", "B5", KEYS, P31, Bound::SharedChallenge { keys: 2 }, two_keys::<F31>),
    experiment("mac.keys.shared", "B5", KEYS, P251, Bound::SharedChallenge { keys: 2 }, two_keys::<F251>),
    experiment("sacrifice.wrong", "B7", WRONG, P31, Bound::SacrificeWrongByMacCheck, wrong_triple::<F31>),
    experiment("sacrifice.wrong", "B7", WRONG, P251, Bound::SacrificeWrongByMacCheck, wrong_triple::<F251>),
    experiment("sacrifice.spoiled", "B7", SPOILED, P31, Bound::SacrificeAcceptedByMacCheck, spoiled_triple::<F31>),
    experiment("sacrifice.spoiled", "B7", SPOILED, P251, Bound::SacrificeAcceptedByMacCheck, spoiled_triple::<F251>),
    experiment("ot.rows", "B13", ROWS, At::Depth(1), Bound::OtConsistency { k: 1, blocks: 1 }, rows::<1>),
    experiment("ot.rows", "B13", ROWS, At::Depth(2), Bound::OtConsistency { k: 2, blocks: 1 }, rows::<2>),
    slow(experiment("ot.rows", "B13", ROWS, At::Depth(4), Bound::OtConsistency { k: 4, blocks: 1 }, rows::<4>)),
];

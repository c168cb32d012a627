//! Any number of values opened under one MAC check: the best of all additive strategies, with the shipped coefficients and
//! with coefficients that look as good.
//!
//! A strategy fixes an error for every opening before the coefficients are tossed and answers with a σ that may depend on
//! everything the coalition has seen. Every error is tried, and every function from views to answers is covered.

use field::{F2, F3, F5, F7, Field};
use protocols::{MacKey, Memory, Online, Result, Session, Tape};
use spec::Bound;

use super::decisions::best_play;
use super::{At, Count, HONEST, Measurement, Point, at, coalition, nonzero_vectors, order_of, pair, slow};
use crate::ideal::supply::{CorruptShares, Order};
use crate::programs;
use crate::run::{Ending, World, classify};
use crate::scratch::Flaw;
use crate::strategy::{Fate, On, Script, edit};

/// `len` shared values, shown to all.
pub(super) async fn show<F: Field>(
    s: &mut Session,
    key: &mut MacKey<F>,
    supply: &mut Memory<F>,
    len: usize,
) -> Result<Vec<F>> {
    let mut online = Online::new(s, key, supply);
    let x = online.random(len)?;
    online.output(&x).await
}

/// Opens every value off by its error.
pub(crate) fn shifted<'a, F: Field>(script: Script<'a>, errors: &[F]) -> Script<'a> {
    let errors = errors.to_vec();
    script.shifts::<F>(On::message("output", "share"), HONEST, move |i| errors[i % errors.len()])
}

/// Shows `len` values that the script opens off: whether the honest party accepted them.
pub(crate) fn accepts<F: Field>(world: &World, tape: &Tape, script: &mut Script<'_>, len: usize) -> Result<bool> {
    let order = Order { given: vec![1; len], ..Order::default() };
    let dealing = programs::deal::<F>(world, CorruptShares::Zero, tape, &order)?;
    let run = world.run(tape, script, |mut s| {
        let dealing = &dealing;
        async move {
            let (mut key, mut supply) = dealing.hand.take(s.me())?;
            show(&mut s, &mut key, &mut supply, len).await
        }
    });
    Ok(matches!(classify(run.ends)[HONEST.index()], Ending::Output(_)))
}

/// The best answers to errors of these openings: the chance that any of them is accepted.
fn best_answers<F: Field>(world: &World, errors: &[F]) -> Result<Count> {
    best_play::<1>(const { order_of::<F>() }, |tape, [answer], views| {
        let (views, off) = (views.clone(), F::from_u64(answer));
        let mut script =
            shifted(Script::new(coalition()), errors).sends(On::message("sigma", "commit"), move |e, seen| {
                views.note(0, seen);
                edit(e, |sigma: &mut [F]| sigma[0] += off);
                Fate::Deliver
            });
        accepts::<F>(world, tape, &mut script, errors.len())
    })
}

/// The best of all errors of `T` openings.
fn best<F: Field, const T: usize>(flaw: Option<Flaw>) -> Result<Count> {
    let errors = nonzero_vectors::<F>(T).collect::<Vec<_>>();
    Count::best(errors, |errors| best_answers::<F>(&pair().flawed(flaw), errors))
}

/// The points of a figure: which fields with how many openings.
macro_rules! openings {
    ($bound:expr, $flaw:expr; $($field:ident $t:literal),+ $(; $slow:ident $many:literal)?) => {
        &[
            $(at(At::Batch(order_of::<$field>(), $t), $bound, || best::<$field, $t>($flaw)),)+
            $(slow(at(At::Batch(order_of::<$slow>(), $many), $bound, || best::<$slow, $many>($flaw))),)?
        ]
    };
    ($bound:expr, $flaw:expr) => {
        openings!($bound, $flaw; F2 1, F2 2, F2 3, F3 1, F3 2, F3 3, F5 1, F5 2, F7 1, F7 2; F5 3)
    };
}

const UNIT: Option<Flaw> = Some(Flaw::UnitCoin);
/// Batches of a size beyond the order of the field: the bound stops growing there.
const POWERS: &[Point] = openings!(Bound::MacCheckPowers, Some(Flaw::PowersCoin);
    F2 1, F2 2, F2 3, F2 4, F3 1, F3 2, F3 3, F3 4, F5 1, F5 2, F5 3, F5 4, F7 1, F7 2, F7 3);
const POWERS_FROM_ONE: &[Point] = openings!(Bound::MacCheckPowersFromOne, Some(Flaw::PowersFromOneCoin);
    F2 1, F2 2, F2 3, F2 4, F3 1, F3 2, F3 3, F3 4, F5 1, F5 2, F5 3, F5 4, F7 1, F7 2, F7 3);

/// The figures of openings.
pub const ALL: &[Measurement] = &[
    Measurement {
        id: "mac.openings.best",
        claim: "B1",
        what: "t values opened, the best of all errors and answers",
        points: openings!(Bound::MacCheck, None),
    },
    Measurement {
        id: "mac.openings.known",
        claim: "B1",
        what: "control: the same with coefficients known in advance, errors cancel",
        points: openings!(Bound::One, UNIT; F2 2, F2 3, F3 2, F3 3, F5 2, F5 3, F7 2),
    },
    Measurement {
        id: "mac.single_opening.best",
        claim: "B2",
        what: "one value without coefficient, the best of all errors and answers",
        points: openings!(Bound::SingleOpening, UNIT; F2 1, F3 1, F5 1, F7 1),
    },
    Measurement {
        id: "mac.nonzero.best",
        claim: "B3",
        what: "control: coefficients that are never zero, the best of all errors and answers",
        points: openings!(Bound::MacCheckNonzero, Some(Flaw::NonzeroCoin)),
    },
    Measurement {
        id: "mac.powers.best",
        claim: "B4",
        what: "control: powers r, r², … of one coin, the best of all errors and answers",
        points: POWERS,
    },
    Measurement {
        id: "mac.powers_from_one.best",
        claim: "B4",
        what: "control: powers 1, r, r², … of one coin, the best of all errors and answers",
        points: POWERS_FROM_ONE,
    },
];

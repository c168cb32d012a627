//! One value opened under two MAC keys, each with a check of its own. The shipped protocols have one key; this scratch
//! program runs their check twice to show that a second key is no help if both checks take the same coefficients.
//!
//! The value is opened once per key; the coalition opens it off by the same error both times, as if it had been once.

use std::cell::Cell;

use field::{F2, F3, F5, Field};
use protocols::{Result, Tape};
use spec::Bound;

use super::decisions::best_play;
use super::openings::{shifted, show};
use super::{At, Count, HONEST, Measurement, at, coalition, nonzero_vectors, order_of, pair, slow};
use crate::ideal::supply::{CorruptShares, Order};
use crate::programs;
use crate::run::{Ending, World, classify};
use crate::scratch::Flaw;
use crate::strategy::{Fate, On, Script, edit};

/// Runs both checks on values that the script opens off: whether the honest party accepted both.
pub(crate) fn both_accept<F: Field>(world: &World, tape: &Tape, script: &mut Script<'_>, len: usize) -> Result<bool> {
    let order = Order { given: vec![1; len], ..Order::default() };
    let deal = || programs::deal::<F>(world, CorruptShares::Zero, tape, &order);
    let dealings = [deal()?, deal()?];
    let run = world.run(tape, script, |mut s| {
        let dealings = &dealings;
        async move {
            for dealing in dealings {
                let (mut key, mut supply) = dealing.hand.take(s.me())?;
                show(&mut s, &mut key, &mut supply, len).await?;
            }
            Ok(())
        }
    });
    Ok(matches!(classify(run.ends)[HONEST.index()], Ending::Output(())))
}

/// The best answers to these errors in both checks.
fn best_answers<F: Field>(world: &World, errors: &[F]) -> Result<Count> {
    best_play::<2>(const { order_of::<F>() }, |tape, answers, views| {
        let (views, check) = (views.clone(), Cell::new(0));
        let mut script =
            shifted(Script::new(coalition()), errors).sends(On::message("sigma", "commit"), move |e, seen| {
                let k = check.replace(1);
                views.note(k, seen);
                edit(e, |sigma: &mut [F]| sigma[0] += F::from_u64(answers[k]));
                Fate::Deliver
            });
        both_accept::<F>(world, tape, &mut script, errors.len())
    })
}

fn best<F: Field, const T: usize>(flaw: Option<Flaw>) -> Result<Count> {
    let errors = nonzero_vectors::<F>(T).collect::<Vec<_>>();
    Count::best(errors, |errors| best_answers::<F>(&pair().flawed(flaw), errors))
}

macro_rules! keys {
    ($bound:expr, $flaw:expr; $($field:ident $t:literal),+ $(; $slow:ident $many:literal)?) => {
        &[
            $(at(At::Batch(order_of::<$field>(), $t), $bound, || best::<$field, $t>($flaw)),)+
            $(slow(at(At::Batch(order_of::<$slow>(), $many), $bound, || best::<$slow, $many>($flaw))),)?
        ]
    };
}

/// The figures of two keys.
pub const ALL: &[Measurement] = &[
    Measurement {
        id: "mac.keys.independent",
        claim: "B5",
        what: "scratch: t values under two keys, each check with coefficients of its own",
        points: keys!(Bound::IndependentChallenges { keys: 2 }, None; F2 1, F2 2, F3 1, F3 2, F5 1),
    },
    Measurement {
        id: "mac.keys.shared",
        claim: "B5",
        what: "control: the same with one list of coefficients for both",
        points: keys!(Bound::SharedChallenge { keys: 2 }, Some(Flaw::RepeatedCoin); F2 1, F2 2, F3 1, F3 2, F5 1; F5 2),
    },
];

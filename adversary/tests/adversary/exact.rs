//! Counted probabilities equal the formulas of `spec`, as rational numbers.

use std::collections::BTreeSet;

use field::{F2, F3, F7, Field};
use num_rational::BigRational;
use quorate_adversary::exact::multiplication::{
    Computation, accepted, additive, count, shifted_output, wrong_product, wrong_value,
};
use quorate_adversary::exact::{self, pair};
use quorate_adversary::ideal::supply::{CorruptShares, Known};
use quorate_adversary::verdict::SIZES;
use quorate_adversary::{Ending, Verdict};
use spec::{Bound, Instance};

/// Without the slow points, which `quorate-certify spdz` counts.
#[test]
fn every_figure_equals_its_formula_at_three_sizes() {
    for measurement in exact::all() {
        let figures: Vec<_> = measurement.figures(false).collect::<Result<_, _>>().unwrap();
        for f in &figures {
            println!("{} {} {} = {} in {} runs of {:?}", f.id, f.at, f.measured, f.bound, f.runs, f.per_run());
            assert!(f.equal(), "{} at {}: counted {}, {} gives {}", f.id, f.at, f.measured, f.bound, f.expected);
        }
        let whole = measurement.has_quick_sizes();
        assert_eq!(
            exact::verdict(&figures),
            if whole { Verdict::Pass } else { Verdict::Inconclusive },
            "{}",
            measurement.id
        );
        let sizes: BTreeSet<_> = measurement.points.iter().map(|p| p.at.size()).collect();
        assert!(sizes.len() >= SIZES, "{} has {sizes:?}", measurement.id);
    }
}

/// The coalition's own shares may be fixed to zero without changing any figure.
#[test]
fn zero_shares_of_the_corrupt_stand_for_all() {
    let figure = |mode| {
        let script = || additive::<F2>([Field::ONE, Field::ZERO], Field::ONE);
        count::<F2>(pair, mode, Computation::Multiply(1, 1), script, wrong_product).unwrap()
    };
    let (zero, uniform) = (figure(CorruptShares::Zero), figure(CorruptShares::Uniform));
    assert!(uniform.runs > 1000 * zero.runs);
    assert_eq!(zero.probability, uniform.probability);
}

/// Selective failure: whether a lie is noticed does not depend on the honest values.
#[test]
fn acceptance_says_nothing_about_the_values() {
    let accepted = |x, y| {
        let script = || additive::<F3>([Field::ONE, Field::ONE], Field::ZERO);
        count::<F3>(pair, CorruptShares::Zero, Computation::Multiply(x, y), script, accepted).unwrap()
    };
    let all: Vec<BigRational> = (0..9).map(|v| accepted(v / 3, v % 3).probability).collect();
    assert!(all.iter().all(|p| *p == Bound::MacCheck.at(&Instance::field(3u32))));
}

/// A correction of σ that does not look at the coin fits where key and coefficient multiply to one: p − 1 of p² pairs.
/// The honest party is shown a shifted value in every run, so whatever it accepts is wrong.
fn fits_one_product<F: Field>() {
    let chance = |event: fn(&Ending<F>, &Known<F>) -> bool| {
        count::<F>(pair, CorruptShares::Zero, Computation::Show(1), shifted_output::<F>, event).unwrap().probability
    };
    let p = F::SMALL_ORDER.unwrap();
    let expected = BigRational::new((p - 1).into(), (p * p).into());
    assert_eq!([chance(wrong_value), chance(accepted)], [expected.clone(), expected], "{}", F::NAME);
}

#[test]
fn a_correction_that_does_not_look_at_the_coin_fits_one_product_of_key_and_coefficient() {
    fits_one_product::<F2>();
    fits_one_product::<F3>();
    fits_one_product::<F7>();
}

//! Counted probabilities equal the formulas of `spec`, as rational numbers.

use std::collections::BTreeSet;

use field::{F2, F3, F7};
use num_rational::BigRational;
use quorate_adversary::Verdict;
use quorate_adversary::exact::multiplication::{Computation, accepted, additive, count, wrong_product};
use quorate_adversary::exact::{self, pair};
use quorate_adversary::ideal::supply::CorruptShares;
use quorate_adversary::verdict::SIZES;
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
        let script = || additive::<F2>([field::Field::ONE, field::Field::ZERO], field::Field::ONE);
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
        let script = || additive::<F3>([field::Field::ONE, field::Field::ONE], field::Field::ZERO);
        count::<F3>(pair, CorruptShares::Zero, Computation::Multiply(x, y), script, accepted).unwrap()
    };
    let all: Vec<BigRational> = (0..9).map(|v| accepted(v / 3, v % 3).probability).collect();
    assert!(all.iter().all(|p| *p == Bound::MacCheck.at(&Instance::field(3u32))));
}

#[test]
fn one_more_field() {
    let script = || additive::<F7>([field::Field::ONE, field::Field::ZERO], field::Field::ZERO);
    let c = count::<F7>(pair, CorruptShares::Zero, Computation::Show(1), script, accepted).unwrap();
    // Nothing is multiplied, so the rule never fires: nothing is wrong and everything is accepted.
    assert_eq!(c.probability, BigRational::from_integer(1.into()));
}

//! The properties beside privacy and correctness hold, each in every case.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Zero;
use quorate_adversary::fields::FieldId;
use quorate_adversary::ideal::supply::CorruptShares;
use quorate_adversary::properties::delivery::Orders;
use quorate_adversary::properties::faults::Honest;
use quorate_adversary::properties::strategies::Additive;
use quorate_adversary::properties::{Row, Value, aborts, blame, delivery, fairness, guessing, inputs, instance, shape};
use quorate_adversary::simulator::{Best, WORK, best};
use quorate_adversary::subjects::{Multiply, Product, Show, ShowTo, Sum};
use quorate_adversary::sweep::Effort;
use quorate_adversary::{DynSubject, Instance, Verdict, World, cases, simulation, subjects};
use spec::Bound;
use transport::sim::Adversary;
use transport::{PartyId, PartySet};

fn holds(row: Row) -> Row {
    println!("{row}");
    assert_eq!(row.verdict(), Verdict::Pass, "{row}");
    row
}

/// The second of two parties is corrupt, its shares fixed.
fn pair(field: FieldId) -> Instance {
    Instance { field, world: World::new(2, PartySet::of(&[1])), shares: CorruptShares::Zero }
}

fn bound(p: u64) -> BigRational {
    Bound::MacCheck.at(&spec::Instance::field(p))
}

#[test]
fn traffic_has_one_shape() {
    for subject in subjects::ALL {
        for n in [2, 3] {
            for (field, values, seeds) in [
                (FieldId::F2, &[0, 1][..], 3),
                (FieldId::F3, &[0, 1, 2], 2),
                (FieldId::F128, &[0, u64::MAX], 1),
                (FieldId::Fr, &[0, u64::MAX], 1),
            ] {
                holds(shape::same(*subject, field, n, inputs(&subject.shape(n), values), seeds).unwrap());
            }
        }
    }
}

#[test]
fn any_order_of_delivery_gives_the_same() {
    for subject in subjects::ALL {
        for (field, n) in [(FieldId::F3, 2), (FieldId::Fr, 2), (FieldId::Fr, 3), (FieldId::F31, 4)] {
            let given = subject.shape(n).map(|()| 2);
            holds(delivery::honest(*subject, field, n, &given, 1, Orders::Random(15)).unwrap());
        }
    }
    let every = |subject: &dyn DynSubject, field, orders| {
        let given = subject.shape(2).map(|()| 1);
        holds(delivery::honest(subject, field, 2, &given, 1, orders).unwrap()).cases
    };
    // On ideal coin and commitment, and on the shipped ones.
    assert_eq!(every(&Show, FieldId::F2, Orders::EveryArrival), 8);
    assert!(every(&Show, FieldId::F2, Orders::Every) > 100);
    assert!(every(&Multiply, FieldId::F2, Orders::EveryArrival) > 50);
    assert_eq!(every(&Show, FieldId::F31, Orders::EveryArrival), 288);
}

#[test]
fn who_stops_is_not_accused_and_nobody_waits_for_ever() {
    for subject in subjects::ALL {
        holds(Honest::new(*subject, FieldId::Fr, 2, 1).unwrap().fail_stop().unwrap());
    }
    holds(Honest::new(&Product, FieldId::F31, 3, 1).unwrap().fail_stop().unwrap());
}

#[test]
fn nobody_honest_is_accused() {
    for subject in subjects::ALL {
        for (field, n) in [(FieldId::Fr, 2), (FieldId::Fr, 3), (FieldId::F3, 3)] {
            for seed in 0..2 {
                holds(Honest::new(*subject, field, n, seed).unwrap().random_faults(60).unwrap());
            }
        }
    }
    holds(blame::under_attacks(0..1));
    let cheap = cases::ALL.iter().filter(|c| c.cost == cases::Cost::Seconds && c.n > 2);
    let row = holds(blame::under_sweeps(cheap, 5, Effort::Sample(40)));
    assert!(matches!(row.figures[0].1, Value::Below(rate) if rate < 0.2));
}

/// The abort is selective, and the figures say so.
#[test]
fn fairness_is_measured() {
    let of = |subject: &dyn DynSubject, n, corrupt: &[usize]| {
        let given = subject.shape(n).map(|()| 1);
        let row = holds(fairness::stops(subject, FieldId::F31, n, PartySet::of(corrupt), &given, 2).unwrap());
        [row.figures[0].1.clone(), row.figures[1].1.clone()]
    };
    let (all, none) = (Value::Of(2, 2), Value::Of(0, 2));
    assert_eq!(of(&Product, 2, &[1]), [all.clone(), none.clone()]);
    assert_eq!(of(&Product, 3, &[2]), [all.clone(), all]);
    // Nobody but the first party has an output.
    assert_eq!(of(&ShowTo, 2, &[1])[1], none);
}

#[test]
fn aborts_tell_nothing() {
    holds(aborts::tell_nothing(&ShowTo, &pair(FieldId::F2), Additive::all(2)).unwrap());
    holds(aborts::tell_nothing(&ShowTo, &pair(FieldId::F3), Additive::few(3)).unwrap());
    let mut three = pair(FieldId::F2);
    three.world = World::new(3, PartySet::of(&[2]));
    holds(aborts::tell_nothing(&Sum, &three, Additive::few(2)).unwrap());
    holds(aborts::tell_nothing(&Multiply, &pair(FieldId::F2), Additive::few(2)).unwrap());
}

/// What an additive cheat learns of a product is what the MAC check lets through, and over F_3 as well.
#[test]
fn the_best_guess_is_within_the_bound() {
    let row = guessing::advantage(&Multiply, &pair(FieldId::F2), Additive::few(2), &bound(2)).unwrap();
    assert!(matches!(&holds(row).figures[0].1, Value::Exact(v) if !v.is_zero()));
    let shift = Additive { beaver: [1, 0], ..Additive::PASSIVE };
    let row = holds(guessing::advantage(&Multiply, &pair(FieldId::F3), [shift], &bound(3)).unwrap());
    let Value::Exact(v) = &row.figures[0].1 else { panic!("{row}") };
    assert!(*v > BigRational::zero() && *v < BigRational::new(BigInt::from(5), BigInt::from(9)), "{v}");
    let passive = guessing::advantage(&Multiply, &pair(FieldId::F2), [Additive::PASSIVE], &BigRational::zero());
    holds(passive.unwrap());
}

/// The best guess is a lower bound for the best simulator, and the best simulator is within the claim.
#[test]
fn the_best_simulator_is_between_the_best_guess_and_the_claim() {
    let shift = Additive { beaver: [1, 0], ..Additive::PASSIVE };
    for (field, p) in [(FieldId::F2, 2), (FieldId::F3, 3)] {
        let row = guessing::advantage(&Multiply, &pair(field), [shift], &bound(p)).unwrap();
        let Value::Exact(guess) = &row.figures[0].1 else { panic!("{row}") };
        let at = pair(field);
        let script = || Box::new(shift.script(field, at.world.corrupt, PartyId::new(0))) as Box<dyn Adversary>;
        let problem = simulation::count(&Multiply, &at, &[], script).unwrap().problem;
        let Best::Exact(proof) = best(&problem, WORK) else { panic!("nothing was proved over {field}") };
        assert!(guess <= proof.value.value() && *proof.value.value() == bound(p), "{guess} {}", proof.value);
    }
}

#[test]
fn instances_stand_on_what_their_field_allows() {
    assert_eq!(instance(FieldId::F7, 2, PartySet::EMPTY).world.floor, quorate_adversary::Floor::Ideal);
    assert_eq!(instance(FieldId::F31, 2, PartySet::EMPTY).world.floor, quorate_adversary::Floor::Real);
}

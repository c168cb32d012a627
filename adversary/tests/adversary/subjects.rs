//! The built-in subjects: they compute what their functionality says, and they keep what it keeps.

use num_traits::Zero;
use quorate_adversary::fields::FieldId;
use quorate_adversary::ideal::supply::CorruptShares;
use quorate_adversary::privacy::semi_honest;
use quorate_adversary::run::Ending;
use quorate_adversary::scratch::Flaw;
use quorate_adversary::subject::every;
use quorate_adversary::{DynSubject, Given, Instance, Script, World, attack, subjects};
use transport::PartySet;

fn instance(field: FieldId, n: usize, corrupt: PartySet, shares: CorruptShares) -> Instance {
    Instance { field, world: World::new(n, corrupt), shares }
}

/// All inputs over `order`, in the shape of the subject.
fn inputs(subject: &dyn DynSubject, n: usize, order: u64) -> Vec<Given<u64>> {
    let shape = subject.shape(n);
    let lens: Vec<usize> = shape.parties.iter().map(Vec::len).collect();
    let all = every(order, lens.iter().sum::<usize>() + shape.shared.len());
    all.map(|values| {
        let mut values = values.into_iter();
        let parties = lens.iter().map(|k| values.by_ref().take(*k).collect()).collect();
        Given { parties, shared: values.collect() }
    })
    .collect()
}

#[test]
fn honest_runs_compute_the_functionality() {
    for subject in subjects::ALL {
        for n in 2..=4 {
            for field in [FieldId::F2, FieldId::F3, FieldId::F251, FieldId::F128, FieldId::Fr] {
                for (seed, given) in inputs(*subject, n, 2).into_iter().enumerate() {
                    let at = instance(field, n, PartySet::EMPTY, CorruptShares::Uniform);
                    let mut passive = Script::new(PartySet::EMPTY);
                    let played = subject.run(&at, &given, &attack::tape(seed as u64), &mut passive).unwrap();
                    let ideal = subject.ideal(field, &given).unwrap();
                    let right = ideal.values().zip(&played.endings).all(|(y, e)| *e == Ending::Output(y.clone()));
                    assert!(right, "{} over {field} with {n} parties on {given:?}", subject.name());
                }
            }
        }
    }
}

#[test]
fn inputs_of_another_shape_are_refused() {
    let at = instance(FieldId::F3, 2, PartySet::EMPTY, CorruptShares::Uniform);
    let given = Given { parties: vec![vec![1], vec![]], shared: vec![] };
    let mut passive = Script::new(PartySet::EMPTY);
    let subject = subjects::find("online.multiply").unwrap();
    assert!(subject.run(&at, &given, &attack::tape(0), &mut passive).is_err());
    assert!(subject.ideal(FieldId::F3, &given).is_err());
}

#[test]
fn semi_honest_views_are_equal() {
    for subject in subjects::ALL {
        for (field, n) in [(FieldId::F2, 2), (FieldId::F2, 3), (FieldId::F3, 2)] {
            // With a triple, three parties or F_3 take a while: the program counts them.
            let triples = subject.preprocessed_triples();
            if triples > 0 && (field, n) != (FieldId::F2, 2) {
                continue;
            }
            for corrupt in PartySet::up_to(n - 1, n).into_iter().filter(|c| !c.is_empty()) {
                let found = semi_honest(*subject, &instance(field, n, corrupt, CorruptShares::Zero)).unwrap();
                assert!(found.distance.is_zero(), "{} over {field}, {corrupt} corrupt: {found:?}", subject.name());
                assert!(found.runs > found.inputs, "coins are counted");
            }
        }
    }
}

/// The coalition chooses its shares in [`CorruptShares::Zero`]: what that saves must not hide anything.
#[test]
fn semi_honest_views_are_equal_with_every_share_of_the_coalition() {
    for subject in subjects::ALL.iter().filter(|s| s.preprocessed_triples() == 0) {
        for corrupt in [0, 1] {
            let at = instance(FieldId::F2, 2, PartySet::of(&[corrupt]), CorruptShares::Uniform);
            let found = semi_honest(*subject, &at).unwrap();
            assert!(found.distance.is_zero(), "{}: {found:?}", subject.name());
        }
    }
}

/// Without zero shares three parties see how a value was shared, and the comparison finds it.
#[test]
fn a_leak_is_found() {
    let mut at = instance(FieldId::F3, 3, PartySet::of(&[2]), CorruptShares::Zero);
    at.world = at.world.flawed(Some(Flaw::NoZeroShares));
    let found = semi_honest(&subjects::Sum, &at).unwrap();
    assert_eq!(found.distance, num_rational::BigRational::from_integer(1.into()));
    let [x, y] = found.between.unwrap();
    assert_ne!(x, y);
}

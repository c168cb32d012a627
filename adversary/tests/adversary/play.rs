//! The best attack of all, by backward induction over the shipped protocol text.

use num_rational::BigRational;
use quorate_adversary::exact::pair;
use quorate_adversary::fields::FieldId;
use quorate_adversary::ideal::supply::CorruptShares;
use quorate_adversary::ideal::supply::Dealt;
use quorate_adversary::play::{BestAttack, best_attack};
use quorate_adversary::{DynSubject, Given, Instance, Subject, World, subjects};
use spec::{Bound, Claim};
use transport::PerParty;

fn play(subject: &dyn DynSubject, world: World, field: FieldId, shared: &[u64]) -> BestAttack {
    let at = Instance { field, world, shares: CorruptShares::Zero };
    best_attack(subject, &at, &Given { parties: vec![vec![]; 2], shared: shared.to_vec() }).unwrap()
}

fn bound(field: FieldId) -> BigRational {
    Bound::MacCheck.at(&spec::Instance::field(field.order()))
}

/// Nothing beats the strategies that the figures count.
#[test]
fn the_best_of_all_attacks_reaches_the_bound_of_the_mac_check() {
    for field in FieldId::COUNTED {
        let found = play(&subjects::Show, pair(), field, &[1]);
        assert_eq!((found.probability, found.decisions), (bound(field), 2), "output over {field}");
        assert!(!found.strategy.is_empty());
    }
    for field in [FieldId::F2, FieldId::F3] {
        let found = play(&subjects::Multiply, pair(), field, &[1, 1]);
        assert_eq!((found.probability, found.decisions), (bound(field), 4), "product over {field}");
    }
}

/// Without the check of the output the search finds the attack that wins always.
#[test]
fn the_search_finds_what_a_missing_check_allows() {
    let world = pair().without(Some(&protocols::MAC_OUTPUT));
    let found = play(&subjects::Show, world, FieldId::F3, &[1]);
    assert_eq!(found.probability, BigRational::from_integer(1.into()));
}

#[test]
fn games_that_cannot_be_counted_are_refused() {
    let at = |field| Instance { field, world: pair(), shares: CorruptShares::Zero };
    let none = Given { parties: vec![vec![]; 2], shared: vec![1] };
    assert!(best_attack(&subjects::Show, &at(FieldId::Fr), &none).is_err());
    let own = Given { parties: vec![vec![1], vec![1]], shared: vec![] };
    assert!(best_attack(&subjects::Product, &at(FieldId::F2), &own).is_err());
    let two = Given { parties: vec![vec![]; 2], shared: vec![1, 1] };
    assert!(best_attack(&subjects::Multiply, &at(FieldId::F251), &two).is_err());
}

/// Everyone tells everyone a number of 64 bits: more than can be counted through.
struct Telling;
impl Subject for Telling {
    fn claim(&self) -> &'static Claim {
        &Claim { protocol: "telling", ..protocols::claims::ONLINE }
    }
    fn about(&self) -> &'static str {
        "a number told to all"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        vec![0; n]
    }
    fn functionality<F: field::Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        PerParty::from_fn(given.parties.len(), |_| Vec::new())
    }
    async fn party<F: field::Field>(
        &self,
        mut s: protocols::Session,
        _: Vec<F>,
        _: Option<Dealt<F>>,
    ) -> protocols::Result<Vec<F>> {
        s.exchange("number", &[protocols::message::Count([7; 8])]).await?;
        Ok(Vec::new())
    }
}

#[test]
fn what_is_not_counted_through_is_not_passed_over() {
    let at = Instance { field: FieldId::F2, world: pair(), shares: CorruptShares::Zero };
    let refused = best_attack(&Telling, &at, &Given { parties: vec![vec![]; 2], shared: vec![] });
    assert!(refused.unwrap_err().to_string().contains("more than field elements"));
}

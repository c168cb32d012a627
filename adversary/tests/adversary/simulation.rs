//! The best simulator against the shipped protocol text: how well the ideal functionality explains what malicious
//! parties see and do, as one fraction for each strategy.

use field::{F2, F3, F5, Field};
use num_rational::BigRational;
use num_traits::{One, Zero};
use protocols::claims::ONLINE;
use protocols::{Result, Session, Supply};
use quorate_adversary::exact::multiplication::additive;
use quorate_adversary::exact::pair;
use quorate_adversary::fields::FieldId;
use quorate_adversary::ideal::supply::{CorruptShares, Dealt, Order};
use quorate_adversary::scratch::Flaw;
use quorate_adversary::simulation::count;
use quorate_adversary::simulator::{Best, WORK, best};
use quorate_adversary::strategy::{Fate, On};
use quorate_adversary::weakness::toy::{Toy, Twin};
use quorate_adversary::weakness::way::Way;
use quorate_adversary::{DynSubject, Given, Instance, Script, Subject, World, programs, subjects};
use spec::{AbortKind, Bound, Claim};
use transport::{PartyId, PartySet, PerParty};

type Strategy = fn() -> Script<'static>;

/// The figure of a subject whose coalition puts in `mine` and follows a strategy, proved and verified.
fn figure(subject: &dyn DynSubject, world: World, field: FieldId, mine: &[u64], strategy: Strategy) -> BigRational {
    let at = Instance { field, world, shares: CorruptShares::Zero };
    let counted = count(subject, &at, mine, || Box::new(strategy())).unwrap();
    let Best::Exact(certificate) = best(&counted.problem, WORK) else { panic!("{} over {field}", subject.name()) };
    assert!(counted.problem.real().classes() <= counted.views);
    assert_eq!(certificate.verify(&counted.problem), Ok(()));
    certificate.value.value().clone()
}

fn mac_check(p: u64) -> BigRational {
    Bound::MacCheck.at(&spec::Instance::field(p))
}
fn passive() -> Script<'static> {
    Script::new(PartySet::of(&[1]))
}
fn shift<F: Field>() -> Script<'static> {
    additive::<F>([F::ONE, F::ZERO], F::ZERO)
}
fn guess<F: Field>() -> Script<'static> {
    additive::<F>([F::ONE, F::ZERO], F::ONE)
}

#[test]
fn honest_runs_are_explained_perfectly() {
    for subject in [&subjects::Multiply as &dyn DynSubject, &subjects::Multiplied, &subjects::Show, &subjects::ShowTo] {
        assert!(figure(subject, pair(), FieldId::F2, &[], passive).is_zero(), "{}", subject.name());
    }
    for subject in [&subjects::Sum as &dyn DynSubject, &subjects::Store, &subjects::Product] {
        for mine in [0, 1] {
            assert!(figure(subject, pair(), FieldId::F2, &[mine], passive).is_zero(), "{}", subject.name());
        }
    }
    assert!(figure(&subjects::Show, pair(), FieldId::F5, &[], passive).is_zero());
    assert!(figure(&subjects::Sum, pair(), FieldId::F3, &[2], passive).is_zero());
}

#[test]
fn a_shifted_opening_is_explained_but_for_the_bound_of_the_mac_check() {
    let product = |field, strategy| figure(&subjects::Multiply, pair(), field, &[], strategy);
    assert_eq!(product(FieldId::F2, shift::<F2>), mac_check(2));
    assert_eq!(product(FieldId::F2, guess::<F2>), mac_check(2));
    assert_eq!(product(FieldId::F3, shift::<F3>), mac_check(3));
    assert_eq!(product(FieldId::F5, shift::<F5>), BigRational::new(9.into(), 25.into()));
}

#[test]
fn without_the_mac_check_nothing_is_explained() {
    let world = || pair().without(Some(&protocols::MAC_CHECK));
    assert!(figure(&subjects::Multiply, world(), FieldId::F2, &[], shift::<F2>).is_one());
    assert!(figure(&subjects::Multiply, world(), FieldId::F3, &[], shift::<F3>).is_one());
}

/// A corrupt owner that shifts what is opened of its own factor, e = y − b, has multiplied another one: the product is
/// that of x and y + 1, whether the check finds it or not depends on key and coefficients alone, and so does what it
/// shows.
#[test]
fn a_corrupt_owner_that_shifts_its_own_factor_is_explained() {
    fn own<F: Field>() -> Script<'static> {
        additive::<F>([F::ZERO, F::ONE], F::ZERO)
    }
    fn own_and_guess<F: Field>() -> Script<'static> {
        additive::<F>([F::ZERO, F::ONE], F::ONE)
    }
    let product = |field, mine, strategy| figure(&subjects::Product, pair(), field, &[mine], strategy);
    assert!(product(FieldId::F2, 1, own::<F2>).is_zero());
    assert!(product(FieldId::F2, 1, own_and_guess::<F2>).is_zero());
    assert!(product(FieldId::F3, 1, own::<F3>).is_zero());
    // The other's factor it cannot replace: where that is zero the product must be, and is one whenever it is accepted.
    assert_eq!(product(FieldId::F2, 1, shift::<F2>), mac_check(2));
}

/// If every coefficient is one, errors that cancel pass always, and nothing is explained: of x = y = 0 the product is
/// −1. One error alone passes if the key is zero, 1/p, and this attack makes the weak variant look better than the
/// sound one.
#[test]
fn coefficients_known_in_advance_are_as_bad_as_the_attack_that_uses_them() {
    fn cancelling<F: Field>() -> Script<'static> {
        additive::<F>([F::ONE, -F::ONE], F::ZERO)
    }
    let world = || pair().flawed(Some(Flaw::UnitCoin));
    let known = |field, strategy| figure(&subjects::Multiply, world(), field, &[], strategy);
    assert!(known(FieldId::F2, cancelling::<F2>).is_one());
    assert!(known(FieldId::F3, cancelling::<F3>).is_one());
    assert_eq!(known(FieldId::F2, shift::<F2>), BigRational::new(1.into(), 2.into()));
    assert_eq!(known(FieldId::F3, shift::<F3>), BigRational::new(1.into(), 3.into()));
}

/// The online phase written again with one thing left out, and as shipped on the same task.
#[test]
fn what_is_left_out_has_its_exact_figure() {
    let fraction = |a: u32, b: u32| BigRational::new(a.into(), b.into());
    // Products checked after the output was opened: 1 − 1/p, except over two elements, where it does not show.
    let late = |field, strategy| figure(&Toy(Way::LateCheck), pair(), field, &[], strategy);
    assert_eq!(late(FieldId::F2, shift::<F2>), fraction(3, 4));
    assert_eq!(late(FieldId::F3, shift::<F3>), fraction(2, 3));
    assert_eq!(late(FieldId::F5, shift::<F5>), fraction(4, 5));
    assert!(late(FieldId::F3, passive).is_zero());
    assert_eq!(figure(&Twin(Way::LateCheck), pair(), FieldId::F3, &[], shift::<F3>), mac_check(3));
    // Factors told without masks: the coalition sees both, and 2p − 1 pairs have the product zero: 1 − 1/(2p − 1), and
    // nobody has to deviate.
    let bare = |field| figure(&Toy(Way::BareFactors), pair(), field, &[], passive);
    assert_eq!([bare(FieldId::F2), bare(FieldId::F3)], [fraction(2, 3), fraction(4, 5)]);
    assert!(figure(&Twin(Way::BareFactors), pair(), FieldId::F3, &[], passive).is_zero());
    // Triples whose first factor is zero show x itself. A simulator that is told the product zero has to say some x,
    // while y = 0 goes with any of p: 1 − 1/p.
    let bare = |field| figure(&Toy(Way::ZeroFactor), pair(), field, &[], passive);
    assert_eq!([bare(FieldId::F2), bare(FieldId::F3)], [fraction(1, 2), fraction(2, 3)]);
    assert!(figure(&Twin(Way::ZeroFactor), pair(), FieldId::F3, &[], passive).is_zero());
}

/// A corrupt owner that shifts what it tells of its input has put in another input: nothing to detect.
#[test]
fn another_input_is_no_attack() {
    let other = || passive().adds::<F3>(On::message("masked_input", "broadcast"), |_| F3::ONE);
    for subject in [&subjects::Sum as &dyn DynSubject, &subjects::Store] {
        assert!(figure(subject, pair(), FieldId::F3, &[1], other).is_zero(), "{}", subject.name());
    }
}

/// A shared value, shown to all under a claim of this kind of abort: as shipped, with a check that every party takes
/// part in, or by the shares alone, which are then everyone's last words.
struct Shown {
    checked: bool,
    claims: AbortKind,
}

impl Subject for Shown {
    fn claim(&self) -> &'static Claim {
        const SELECTIVE: Claim = Claim { protocol: "shown", abort: AbortKind::Selective, ..ONLINE };
        match self.claims {
            AbortKind::Selective => &SELECTIVE,
            AbortKind::Unanimous => &Claim { abort: AbortKind::Unanimous, ..SELECTIVE },
        }
    }
    fn about(&self) -> &'static str {
        "a shared value, shown to all"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        vec![0; n]
    }
    fn shared(&self) -> usize {
        1
    }
    fn preprocessing(&self, _: usize) -> Option<Order> {
        Some(Order::default())
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        PerParty::from_fn(given.parties.len(), |_| given.shared.clone())
    }
    async fn party<F: Field>(&self, mut s: Session, _: Vec<F>, dealt: Option<Dealt<F>>) -> Result<Vec<F>> {
        let Dealt { mut key, mut supply } = dealt.expect("it has preprocessing");
        if self.checked {
            return Ok(vec![programs::show(&mut s, &mut key, &mut supply).await?]);
        }
        let (mine, _) = supply.randoms(1)?.into_parts();
        let shares = s.step("output").exchange("share", &mine).await?;
        Ok(vec![shares.values().fold(F::ZERO, |sum, share| sum + share[0])])
    }
}

/// Three parties, and the corrupt one keeps its share of the output from one of two honest ones. Where shares are the
/// last words, the other always has its output and this one never: a selective abort, which no simulator explains that
/// lets all have it or nobody. As shipped the check needs both, so nobody has an output, and both claims hold.
#[test]
fn a_claim_of_unanimous_abort_is_held_to() {
    let withheld = |checked, claims| {
        let withhold = || {
            let victim = On::message("output", "share").with(PartyId::new(1));
            Script::new(PartySet::of(&[2])).sends(victim, |_, _| Fate::Drop)
        };
        let world = World::new(3, PartySet::of(&[2]));
        figure(&Shown { checked, claims }, world, FieldId::F2, &[], withhold)
    };
    assert!(withheld(false, AbortKind::Selective).is_zero());
    assert!(withheld(false, AbortKind::Unanimous).is_one());
    assert!(withheld(true, AbortKind::Selective).is_zero());
    assert!(withheld(true, AbortKind::Unanimous).is_zero());
}

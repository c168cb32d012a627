//! The built-in subjects: they compute what their functionality says, and they keep what it keeps.

use std::cell::Cell;

use field::Field;
use num_traits::{One, Zero};
use protocols::{Online, Result, Session};
use quorate_adversary::fields::FieldId;
use quorate_adversary::ideal::supply::{CorruptShares, Dealt, Order};
use quorate_adversary::privacy::{of_two_sessions, semi_honest};
use quorate_adversary::run::{Ending, SESSION};
use quorate_adversary::scratch::Flaw;
use quorate_adversary::subject::every;
use quorate_adversary::weakness::authentication::MaskTossed;
use quorate_adversary::weakness::coins::{AuthenticatedAtOnce, Tossing, copied};
use quorate_adversary::{DynSubject, Given, Instance, Script, Subject, World, attack, subjects, view};
use spec::Claim;
use transport::{PartyId, PartySet, PerParty};

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
            // With a triple or two authenticated values, three parties or F_3 take a while: the program counts them.
            let long = subject.preprocessed_triples() > 0 || subject.name() == "mascot.sum";
            if long && (field, n) != (FieldId::F2, 2) {
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

#[test]
fn two_sessions_together_tell_no_more_than_their_outputs() {
    let mut compared = Vec::new();
    for (subject, corrupt) in subjects::ALL.iter().flat_map(|s| [(s, 0), (s, 1)]) {
        let at = instance(FieldId::F2, 2, PartySet::of(&[corrupt]), CorruptShares::Zero);
        let zeros = subject.shape(2).map(|()| 0);
        // Every coin of one session goes with every one of the other.
        if view::passive(*subject, &at, &[zeros]).unwrap().runs() > 1 << 6 {
            continue;
        }
        let found = of_two_sessions(*subject, &at).unwrap();
        assert!(found.distance.is_zero(), "{}, party {corrupt}: {found:?}", subject.name());
        if found.pairs > 0 {
            compared.push(subject.name());
        }
    }
    compared.dedup();
    // What two parties share and show leaves nothing to compare, and the others have too many coins.
    assert_eq!(compared, ["online.multiply", "online.beaver", "online.output_to", "online.input", "mascot.product"]);
}

/// Tells its second party its input behind a mask, the same one in the next session.
struct Kept;

impl Subject for Kept {
    fn claim(&self) -> &'static Claim {
        Subject::claim(&subjects::Show)
    }
    fn about(&self) -> &'static str {
        "an input that nobody learns"
    }
    fn inputs(&self, _: usize) -> Vec<usize> {
        vec![1, 0]
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        PerParty::from_fn(given.parties.len(), |_| Vec::new())
    }
    async fn party<F: Field>(&self, mut s: Session, mine: Vec<F>, _: Option<Dealt<F>>) -> Result<Vec<F>> {
        thread_local!(static MASK: Cell<u64> = const { Cell::new(0) });
        if s.me().index() == 0 {
            if s.id() == SESSION {
                MASK.set(s.tape().uniform(F::SMALL_ORDER.unwrap_or(2)));
            }
            s.send(PartyId::new(1), "masked", &[mine[0] + F::from_u64(MASK.get())])?;
        } else {
            s.recv::<F>(PartyId::new(0), "masked", 1).await?;
        }
        Ok(Vec::new())
    }
}

#[test]
fn a_mask_that_is_kept_for_the_next_session_is_found() {
    for field in [FieldId::F2, FieldId::F3] {
        let at = instance(field, 2, PartySet::of(&[1]), CorruptShares::Zero);
        assert!(semi_honest(&Kept, &at).unwrap().distance.is_zero());
        assert!(of_two_sessions(&Kept, &at).unwrap().distance.is_one(), "{field}");
    }
}

/// Two values that nobody learns, each shown behind a mask in a computation of its own; the session, the MAC key and
/// what was dealt go on. `MASKS`: of which there should be two.
struct GoesOn<const MASKS: usize>;

impl<const MASKS: usize> Subject for GoesOn<MASKS> {
    fn claim(&self) -> &'static Claim {
        Subject::claim(&subjects::Show)
    }
    fn about(&self) -> &'static str {
        "two shared values that nobody learns"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        vec![0; n]
    }
    fn shared(&self) -> usize {
        2
    }
    fn preprocessing(&self, _: usize) -> Option<Order> {
        Some(Order { randoms: MASKS, ..Order::default() })
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        PerParty::from_fn(given.parties.len(), |_| Vec::new())
    }
    async fn party<F: Field>(&self, mut s: Session, _: Vec<F>, dealt: Option<Dealt<F>>) -> Result<Vec<F>> {
        let Dealt { mut key, mut supply } = dealt.expect("it is dealt");
        let values = Online::new(&mut s.step("values"), &mut key, &mut supply).random(2)?;
        let mut mask = None;
        for (k, step) in ["first", "second"].into_iter().enumerate() {
            let mut s = s.step(step);
            let mut online = Online::new(&mut s, &mut key, &mut supply);
            if k < MASKS {
                mask = Some(online.random(1)?);
            }
            let masked = mask.as_ref().map(|m| &values.slice(k..k + 1) + m).expect("the first has one");
            online.output(&masked).await?;
        }
        Ok(Vec::new())
    }
}

/// Both values may be the same: what is seen of them together tells no more of it than of any two others.
#[test]
fn computations_that_go_on_with_one_key_and_its_preprocessing_tell_nothing() {
    for field in [FieldId::F2, FieldId::F3] {
        let at = instance(field, 2, PartySet::of(&[1]), CorruptShares::Zero);
        let found = semi_honest(&GoesOn::<2>, &at).unwrap();
        assert!(found.distance.is_zero() && found.pairs > 0, "{field}: {found:?}");
        // The same mask twice shows whether they are.
        assert!(semi_honest(&GoesOn::<1>, &at).unwrap().distance.is_one(), "{field}");
    }
}

/// With a tossed coefficient a mask is none with probability 1/p, and then the combination tells the value unless that
/// has the coefficient zero: (1/p)(1 − 1/p).
#[test]
fn a_mask_that_is_sometimes_none_has_its_exact_distance() {
    for (field, distance) in [(FieldId::F2, (1, 4)), (FieldId::F3, (2, 9))] {
        let at = instance(field, 2, PartySet::of(&[1]), CorruptShares::Zero);
        let distance = num_rational::BigRational::new(distance.0.into(), distance.1.into());
        assert_eq!(semi_honest(&MaskTossed, &at).unwrap().distance, distance, "{field}");
        assert!(semi_honest(&subjects::Authenticated, &at).unwrap().distance.is_zero(), "{field}");
    }
}

/// Of two values behind one mask everyone hears two combinations, whose difference is hidden by nothing: it tells the
/// values from others unless the coefficients send both to the same, 1 − 1/p.
#[test]
fn a_mask_that_is_drawn_twice_has_its_exact_distance() {
    let at = instance(FieldId::F2, 2, PartySet::of(&[1]), CorruptShares::Zero);
    let found = semi_honest(&Tossing { subject: &AuthenticatedAtOnce, from: copied }, &at).unwrap();
    assert_eq!(found.distance, num_rational::BigRational::new(1.into(), 2.into()));
    // Who owns the values has nothing to learn.
    let at = instance(FieldId::F2, 2, PartySet::of(&[0]), CorruptShares::Zero);
    let found = semi_honest(&Tossing { subject: &AuthenticatedAtOnce, from: copied }, &at).unwrap();
    assert!(found.distance.is_zero() && found.pairs == 0);
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

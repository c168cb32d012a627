//! Protocols that lack one property each: looking for it must fail there, and only there.

use std::cell::Cell;

use field::Field;
use protocols::{Blame, COMMIT_OPENING, Result, Session};
use quorate_adversary::attack::tape;
use quorate_adversary::fields::FieldId;
use quorate_adversary::ideal::supply::{CorruptShares, Dealt};
use quorate_adversary::properties::delivery::{self, Orders};
use quorate_adversary::properties::faults::Honest;
use quorate_adversary::properties::{Row, aborts, fairness};
use quorate_adversary::strategy::{Fate, On, edit_bytes};
use quorate_adversary::{DynSubject, Explained, Given, Instance, Judgement, Script, Subject, Verdict, Win, World};
use spec::{AbortKind, Claim};
use transport::{PartyId, PartySet, PerParty};

/// The last party tells its input to all others, twice; the first party's stays its own. Who was told two different
/// things stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Lacks {
    Nothing,
    /// The first party stops only if its input is zero.
    AbortPrivacy,
    /// It stops a round earlier if its input is zero.
    AbortTime,
    /// The output depends on who hears first.
    Order,
    /// Whoever waits for somebody that stopped waits for ever.
    End,
    /// Whoever is told nothing has zero as its output.
    Output,
    /// It promises that all stop or nobody does.
    Unanimity,
}

const CLAIM: Claim = Claim { protocol: "lacking", ..crate::faults::CLAIM };

thread_local!(static HEARD: Cell<usize> = const { Cell::new(0) });

impl Subject for Lacks {
    fn claim(&self) -> &'static Claim {
        if *self == Self::Unanimity { &Claim { abort: AbortKind::Unanimous, ..CLAIM } } else { &CLAIM }
    }
    fn about(&self) -> &'static str {
        "what the last party puts in"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        (0..n).map(|p| usize::from(p == 0 || p == n - 1)).collect()
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        let said = given.parties.last().map_or(F::ZERO, |mine| mine[0]);
        PerParty::from_fn(given.parties.len(), |_| vec![said])
    }
    async fn party<F: Field>(&self, mut s: Session, mine: Vec<F>, _: Option<Dealt<F>>) -> Result<Vec<F>> {
        let (first, last) = (PartyId::new(0), PartyId::new(s.n() - 1));
        if s.me() == last {
            for name in ["value", "again"] {
                for p in s.others() {
                    s.send(p, name, &mine)?;
                }
            }
            if *self == Self::AbortTime {
                s.recv::<F>(first, "heard", 1).await?;
                s.send(first, "end", &mine)?;
            }
            return Ok(mine);
        }
        let told = match s.recv::<F>(last, "value", 1).await {
            Err(_) if *self == Self::End => std::future::pending().await,
            Err(_) if *self == Self::Output => return Ok(vec![F::ZERO]),
            told => told?[0],
        };
        // Everybody but the last party hears once in a run.
        let earlier = HEARD.replace((HEARD.get() + 1) % (s.n() - 1));
        let differs = s.recv::<F>(last, "again", 1).await?[0] != told;
        let zero = s.me() == first && mine[0] == F::ZERO;
        let stop = |s: &Session| s.verdict(&COMMIT_OPENING, false, Blame::Unknown);
        match self {
            Self::AbortPrivacy if differs && !zero => {}
            Self::AbortTime if s.me() == first && !(differs && zero) => {
                s.send(last, "heard", &mine)?;
                s.recv::<F>(last, "end", 1).await?;
                if differs {
                    stop(&s)?;
                }
            }
            _ if differs => stop(&s)?,
            Self::Order if s.me() == first => return Ok(vec![told + F::from_u64(earlier as u64)]),
            _ => {}
        }
        Ok(vec![told])
    }
}

/// Looks at a property of the protocol that lacks nothing and of the one that lacks it; the violations of that are
/// given.
fn without(lacks: Lacks, look: impl Fn(&dyn DynSubject) -> Row) -> Vec<String> {
    let whole = look(&Lacks::Nothing);
    assert!(whole.verdict() == Verdict::Pass && whole.cases > 0, "{whole}");
    let row = look(&lacks);
    assert_eq!(row.verdict(), Verdict::Fail, "{lacks:?}: {row}");
    row.violations
}

#[test]
fn a_stop_that_tells_an_input_is_found_by_whether_it_comes_and_by_when() {
    let at = Instance { field: FieldId::F2, world: World::new(2, PartySet::of(&[1])), shares: CorruptShares::Zero };
    let lie = || {
        Script::new(PartySet::of(&[1])).sends(On { name: "again", ..On::default() }, |e, _| {
            edit_bytes(e, |b| b[0] ^= 1);
            Fate::Deliver
        })
    };
    for lacks in [Lacks::AbortPrivacy, Lacks::AbortTime] {
        let look =
            |subject: &dyn DynSubject| aborts::tell_nothing_under(subject, &at, [("a lie".to_owned(), lie)]).unwrap();
        let found = without(lacks, look);
        assert!(found.iter().all(|v| v.ends_with("end differently by 1")), "{found:?}");
    }
}

#[test]
fn an_output_that_depends_on_who_hears_first_is_found() {
    for orders in [Orders::EveryArrival, Orders::Random(30)] {
        let look = |subject: &dyn DynSubject| {
            HEARD.set(0);
            delivery::honest(subject, FieldId::F31, 3, &subject.shape(3).map(|()| 1), 1, orders).unwrap()
        };
        let found = without(Lacks::Order, look);
        assert!(found.iter().all(|v| v.contains("P0 ended with Output")), "{found:?}");
    }
}

#[test]
fn whoever_waits_for_ever_is_found() {
    let look = |subject: &dyn DynSubject| Honest::new(subject, FieldId::F31, 2, 1).unwrap().fail_stop().unwrap();
    let found = without(Lacks::End, look);
    assert!(found.iter().all(|v| v.contains("P0 never ends")), "{found:?}");
}

/// The last party falls silent, at every moment and towards every set of the others.
fn stops(subject: &dyn DynSubject) -> Row {
    let given = subject.shape(3).map(|()| 1);
    fairness::stops(subject, FieldId::F31, 3, PartySet::of(&[2]), &given, 1).unwrap()
}

#[test]
fn an_output_that_nobody_told_is_found_wherever_parties_stop() {
    type Look<'a> = &'a dyn Fn(&dyn DynSubject) -> Row;
    fn honest(subject: &dyn DynSubject) -> Honest<'_> {
        Honest::new(subject, FieldId::F31, 2, 1).unwrap()
    }
    // Silence alone tells nobody that there is nothing to wait for.
    let silent = |subject: &dyn DynSubject| {
        HEARD.set(0);
        stops(subject)
    };
    let looks: [(Lacks, Look<'_>); 3] = [
        (Lacks::Order, &silent),
        (Lacks::Output, &|subject| honest(subject).fail_stop().unwrap()),
        (Lacks::Output, &|subject| honest(subject).every_fault().unwrap()),
    ];
    for (lacks, look) in looks {
        let found = without(lacks, look);
        assert!(found.iter().all(|v| v.ends_with("has a wrong output")), "{found:?}");
    }
}

#[test]
fn a_promise_that_all_stop_or_nobody_does_is_held_to() {
    let found = without(Lacks::Unanimity, stops);
    assert!(found.iter().all(|v| v.contains("some abort and others do not")), "{found:?}");
}

/// The last party tells the second one something else than before, when the first has its output.
#[test]
fn a_promise_that_all_stop_or_nobody_does_is_held_to_under_lies() {
    let [first, second] = [0, 1].map(PartyId::new);
    let world = World::new(3, PartySet::of(&[2]));
    let judged = |subject: &dyn DynSubject| {
        let again = On { name: "again", ..On::default() }.with(second);
        let mut lie = Script::new(world.corrupt).sends(again, |e, _| {
            edit_bytes(e, |b| b[0] ^= 1);
            Fate::Deliver
        });
        let given = subject.shape(3).map(|()| 1);
        Explained::new(subject, FieldId::F31, &world, given).unwrap().under(&tape(0), &mut lie).unwrap().1
    };
    assert_eq!(judged(&Lacks::Nothing).check(), Some(&COMMIT_OPENING));
    assert_eq!(judged(&Lacks::Unanimity), Judgement::Won(Win::Divided(first, second)));
}

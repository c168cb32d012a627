//! Every single fault of the network is tried: a protocol that takes just one of them for a deviation, once, is found.

use field::Field;
use protocols::{BROADCAST_ECHO, Blame, Error, Result, Session};
use quorate_adversary::fields::FieldId;
use quorate_adversary::ideal::supply::Dealt;
use quorate_adversary::properties::faults::Honest;
use quorate_adversary::properties::{Row, Value};
use quorate_adversary::{Given, Subject, Verdict, subjects};
use spec::{AbortKind, Claim, Level, Levels, PartyRange};
use transport::{NetErrorKind, PerParty};

/// The sum of all inputs, told three times. Whoever hears this error while it waits for the last of them accuses the peer.
struct Touchy(Option<NetErrorKind>);

pub(crate) const CLAIM: Claim = Claim {
    protocol: "touchy",
    levels: Levels::of(&[Level::A1C2]),
    parties: PartyRange::new(2, 3),
    assumptions: &[],
    checks: &[],
    leakage: &[],
    abort: AbortKind::Selective,
    not_claimed: &[],
};

impl Subject for Touchy {
    fn claim(&self) -> &'static Claim {
        &CLAIM
    }
    fn about(&self) -> &'static str {
        "the sum of all inputs"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        vec![1; n]
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        let sum = given.parties.iter().fold(F::ZERO, |sum, x| sum + x[0]);
        PerParty::from_fn(given.parties.len(), |_| vec![sum])
    }
    async fn party<F: Field>(&self, mut s: Session, mine: Vec<F>, _: Option<Dealt<F>>) -> Result<Vec<F>> {
        s.exchange("first", &mine).await?;
        s.exchange("second", &mine).await?;
        match s.exchange("third", &mine).await {
            Ok(all) => Ok(vec![all.values().fold(F::ZERO, |sum, x| sum + x[0])]),
            Err(Error::Net { peer, kind, .. }) if self.0 == Some(kind) => {
                s.verdict(&BROADCAST_ECHO, false, Blame::Accused(peer)).map(|()| mine)
            }
            Err(e) => Err(e),
        }
    }
}

fn faults(subject: &Touchy, n: usize) -> Row {
    Honest::new(subject, FieldId::F3, n, 1).unwrap().every_fault().unwrap()
}

/// Of three frames in each direction: four moments of each party and link, seven of the run.
#[test]
fn every_fault_is_tried_at_every_moment() {
    let row = faults(&Touchy(None), 2);
    assert_eq!(row.verdict(), Verdict::Pass, "{row}");
    // Links, four moments, six errors, whoever of two hears early; parties, four moments, six errors or none, whether the
    // other hears early; one split, seven moments, whoever of two hears early.
    let (links, parties, splits) = (2 * 4 * 6 * 4, 2 * 4 * 7 * 2, 7 * 4);
    let all = [("links that break", links), ("parties that stop", parties), ("splits", splits)];
    assert_eq!(row.figures, all.map(|(what, k)| (what, Value::Count(k))));
    assert_eq!(row.cases, links + parties + splits);
}

/// Links also among three.
#[test]
fn one_accusation_after_one_error_at_one_moment_is_found() {
    for kind in NetErrorKind::ALL {
        for n in [2, 3] {
            let row = faults(&Touchy(Some(kind)), n);
            assert_eq!(row.verdict(), Verdict::Fail, "{kind:?} among {n}");
            assert!(row.violations.iter().all(|v| v.contains("for a deviation")), "{row}");
            assert!((row.violations.len() as u64) < row.cases / 2, "{row}");
        }
    }
}

/// A thousand runs with up to three faults each meet that error at that moment as well.
#[test]
fn one_accusation_is_found_among_random_faults() {
    let random = |accuses| Honest::new(&Touchy(accuses), FieldId::F3, 2, 1).unwrap().random_faults(1000).unwrap();
    let patient = random(None);
    assert_eq!((patient.verdict(), patient.cases), (Verdict::Pass, 1000), "{patient}");
    for kind in NetErrorKind::ALL {
        let row = random(Some(kind));
        assert_eq!((row.verdict(), row.cases), (Verdict::Fail, 1000), "{kind:?}: {row}");
        assert!(row.violations.iter().all(|v| v.contains("for a deviation")), "{row}");
    }
}

#[test]
fn no_single_fault_makes_shipped_protocols_accuse_anybody() {
    for subject in subjects::ALL {
        let row = Honest::new(*subject, FieldId::F31, 2, 1).unwrap().every_fault().unwrap();
        println!("{row}");
        assert_eq!(row.verdict(), Verdict::Pass, "{row}");
        assert!(row.cases > 200, "{row}");
    }
}

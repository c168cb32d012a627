//! Lines that are run again when a report is verified, by a program that can run them, by one that cannot, and by one
//! that does not know what they are of.

use adversary::fields::FieldId;
use adversary::subject::Shape;
use adversary::{Attack, DynSubject, Given, Instance, Played};
use protocols::{Error, Result, Tape};
use quorate_certify::registry::Registry;
use quorate_certify::verify::verify;
use quorate_certify::watchdog::Patience;
use spec::{Claim, ExitCode};
use transport::PerParty;
use transport::sim::Adversary;

use crate::{TOYS, certify, run, toy};

/// The toy sum, with the same promise, whose functionality cannot be asked.
struct Lost;

/// What it answers.
const LOST: &str = "nobody knows any more what it computes";

impl DynSubject for Lost {
    fn claim(&self) -> &'static Claim {
        DynSubject::claim(&toy::RIGHT)
    }
    fn about(&self) -> &'static str {
        DynSubject::about(&toy::RIGHT)
    }
    fn shape(&self, n: usize) -> Shape {
        toy::RIGHT.shape(n)
    }
    fn preprocessed_triples(&self) -> usize {
        toy::RIGHT.preprocessed_triples()
    }
    fn attacks(&self) -> &'static [Attack] {
        DynSubject::attacks(&toy::RIGHT)
    }
    fn ideal(&self, _: FieldId, _: &Given<u64>) -> Result<PerParty<Vec<u8>>> {
        Err(Error::Local(LOST.into()))
    }
    fn run(&self, at: &Instance, given: &Given<u64>, tape: &Tape, adversary: &mut dyn Adversary) -> Result<Played> {
        toy::RIGHT.run(at, given, tape, adversary)
    }
}

/// A line says that its run was made. Who has the protocol and cannot make it knows better; who does not have it knows
/// nothing, which is no reason to refuse it and none to pass it.
#[test]
fn what_cannot_be_run_again_is_refused_where_the_protocol_is_known() {
    for row in ["toy.sum/3/outputs", "toy.sum/3/honest"] {
        let dir = tempfile::tempdir().unwrap();
        let (_, stored) = certify(TOYS, "toy.sum", &["--only", row], dir.path());
        let verified = |subjects: &[&dyn DynSubject]| {
            let registry = Registry::new(subjects).unwrap();
            let found = verify(&stored, &registry, None, None, Patience::default());
            found.map(|found| (found.notes.iter().any(|note| note.contains("that were run again")), found.open))
        };
        let (again, open) = verified(TOYS).unwrap();
        assert!(again && matches!(&open[..], [one] if one.contains("NOT SIGNED")), "{row}: {again}, {open:?}");
        let why = verified(&[&Lost]).unwrap_err();
        let says = ["cannot be made again", row, LOST];
        assert!(says.iter().all(|said| why.contains(said)), "{row}: {why}");
        let (again, open) = verified(&[]).unwrap();
        assert!(!again && open.iter().any(|why| why.contains("does not know `toy.sum`")), "{row}: {again}, {open:?}");
        let report = dir.path().to_str().unwrap();
        let ends = |subjects: &[&dyn DynSubject]| run(subjects, &["verify", report]);
        let expected = [ExitCode::Inconclusive, ExitCode::Data, ExitCode::Inconclusive];
        assert_eq!([ends(TOYS), ends(&[&Lost]), ends(&[])], expected, "{row}");
        assert_eq!(run(&[&Lost], &["rerun", report, "--sample", "100%", "--silent"]), ExitCode::Data, "{row}");
    }
}

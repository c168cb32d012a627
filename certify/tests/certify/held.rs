//! What a protocol is held to: what it promises, and no more; as much of it as a tier has time for, and what is left
//! out is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use adversary::fields::FieldId;
use adversary::run::Ending;
use adversary::subject::Shape;
use adversary::{Attack, DynSubject, Given, Instance, Played, Verdict};
use protocols::{Result, Tape};
use quorate_certify::arguments::Tier;
use quorate_certify::certificate::store::Stored;
use quorate_certify::certificate::{Asked, Promise, derive::Derived};
use quorate_certify::evidence::Evidence;
use quorate_certify::job::Job;
use quorate_certify::log::{Found, Unit};
use quorate_certify::measure::{Planned, planned, play};
use quorate_certify::plan::{self, Question};
use quorate_certify::registry::Registry;
use quorate_certify::unfinished::Unfinished;
use quorate_certify::verify::verify;
use quorate_certify::watchdog::{Patience, Watchdog};
use spec::{Claim, ExitCode, Level, Levels};
use transport::PerParty;
use transport::sim::Adversary;

use crate::{SEED, TOYS, certify, hostile, level, toy};

/// The sum without commitments for those who promise to follow it: whoever speaks last could choose it.
struct Follows;

/// How often it was run.
static BEGUN: AtomicUsize = AtomicUsize::new(0);

impl DynSubject for Follows {
    fn claim(&self) -> &'static Claim {
        const { &Claim { protocol: "follows", levels: Levels::of(&[Level::A1C2]), ..hostile::CLAIM } }
    }
    fn about(&self) -> &'static str {
        "the sum of everyone's inputs, as long as all do what they should"
    }
    fn shape(&self, n: usize) -> Shape {
        toy::UNCHECKED.shape(n)
    }
    fn preprocessed_triples(&self) -> usize {
        0
    }
    fn attacks(&self) -> &'static [Attack] {
        DynSubject::attacks(&toy::UNCHECKED)
    }
    fn ideal(&self, field: FieldId, given: &Given<u64>) -> Result<PerParty<Vec<u8>>> {
        toy::UNCHECKED.ideal(field, given)
    }
    fn run(&self, at: &Instance, given: &Given<u64>, tape: &Tape, adversary: &mut dyn Adversary) -> Result<Played> {
        BEGUN.fetch_add(1, Ordering::Relaxed);
        toy::UNCHECKED.run(at, given, tape, adversary)
    }
}

/// Everybody says nothing; the first party puts in more values than anybody could try. It counts how often somebody
/// asks what it computes.
#[derive(Default)]
struct Wide(AtomicUsize);

impl DynSubject for Wide {
    fn claim(&self) -> &'static Claim {
        &Claim { protocol: "wide", ..hostile::CLAIM }
    }
    fn about(&self) -> &'static str {
        "nothing, of much"
    }
    fn shape(&self, n: usize) -> Shape {
        Given { parties: (0..n).map(|p| vec![(); if p == 0 { 60 } else { 0 }]).collect(), shared: Vec::new() }
    }
    fn preprocessed_triples(&self) -> usize {
        0
    }
    fn attacks(&self) -> &'static [Attack] {
        &[]
    }
    fn ideal(&self, _: FieldId, given: &Given<u64>) -> Result<PerParty<Vec<u8>>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(PerParty::from_fn(given.parties.len(), |_| Vec::new()))
    }
    fn run(&self, at: &Instance, _: &Given<u64>, _: &Tape, _: &mut dyn Adversary) -> Result<Played> {
        let endings = at.world.parties.iter().map(|_| Ending::Output(Vec::new())).collect();
        Ok(Played { endings, own: Vec::new(), trace: Vec::new(), rounds: 0, bytes: 0 })
    }
}

fn question(tier: Tier, only: Option<&str>) -> Question {
    let levels = vec![Level::A1C2, Level::A3C2];
    Question { levels, parties: vec![2], tier, only: only.map(String::from) }
}

fn jobs<'a>(foreign: &'a [&'a dyn DynSubject], name: &str, q: &Question) -> Vec<Job<'a>> {
    plan::jobs(&Registry::new(foreign).unwrap().find(name).unwrap(), q).unwrap()
}

fn plan_of(foreign: &[&dyn DynSubject], name: &str, q: &Question) -> Vec<Planned> {
    planned(&mut jobs(foreign, name, q), &SEED.parse().unwrap(), Patience::default()).unwrap()
}

/// The same program that fails where it promises more, see `foreign.rs`, passes what it promises.
#[test]
fn who_promises_a1_only_is_not_attacked() {
    let dir = tempfile::tempdir().unwrap();
    let (code, stored) = certify(&[&Follows], "follows", &["--n", "3"], dir.path());
    let c = &stored.certificate;
    assert_eq!((code, level(c, "A1C2"), level(c, "A3C2")), (ExitCode::Pass, "pass", "not there"), "{:#?}", c.derived);
    let kinds: BTreeSet<_> = c.measured.rows.iter().map(Evidence::kind).collect();
    assert_eq!(kinds, BTreeSet::from(["honest", "outputs", "property", "views"]));
    // What is verified tells by its names that it is another's, before anything is run to find out.
    let verified = |stored: &Stored| {
        let (subjects, before): ([&dyn DynSubject; 1], _) = ([&Follows], BEGUN.load(Ordering::Relaxed));
        let found = verify(stored, &Registry::new(&subjects).unwrap(), None, None, Patience::default());
        (found.map(|v| v.derived), BEGUN.load(Ordering::Relaxed) - before)
    };
    let (found, begun) = verified(&stored);
    assert!(found == Ok(Verdict::Pass) && begun > 0, "{found:?} {begun}");
    let mut other = stored;
    let Evidence::Honest(row) = &mut other.certificate.measured.rows[1] else { panic!("{:?}", kinds) };
    row.id = "follows/3/another".into();
    let says = "the row `honest follows/3/another` is not what this program calls `honest follows/3/honest`";
    assert_eq!(verified(&other), (Err(says.into()), 0));
}

#[test]
fn a_part_that_promises_less_than_the_whole_is_held_to_less() {
    let q = question(Tier::Standard, None);
    let rows: Vec<Evidence> = jobs(&[], "spdz", &q).into_iter().map(|job| job.row).collect();
    let kinds = |part: &str| {
        let of = rows.iter().filter(|row| row.id().starts_with(&format!("{part}/")));
        of.map(Evidence::kind).collect::<BTreeSet<_>>()
    };
    let passive = BTreeSet::from(["honest", "outputs", "views"]);
    assert_eq!(kinds("mascot.product"), passive);
    assert!(kinds("mascot.sum").is_superset(&BTreeSet::from(["honest", "outputs", "views", "simulator", "sweep"])));
    // And the certificate says so, to whoever asked for more.
    let dir = tempfile::tempdir().unwrap();
    let mut measured = certify(TOYS, "toy.sum", &["--only", "toy.sum/3/outputs"], dir.path()).1.certificate.measured;
    let spdz = Registry::new(&[]).unwrap().find("spdz").unwrap();
    (measured.protocol, measured.rows) = (Promise::of(spdz.claim, spdz.about, spdz.foreign), rows);
    let says = |measured| {
        let told = Derived::from(&measured).unwrap().not_covered;
        told.iter().filter(|what| what.contains("it promises A1 only")).cloned().collect::<Vec<_>>()
    };
    measured.asked = Asked::of(&q);
    assert_eq!(says(measured.clone()), ["mascot.product where somebody deviates: it promises A1 only"]);
    measured.asked = Asked::of(&Question { levels: vec![Level::A1C2], ..q });
    assert_eq!(says(measured), [""; 0]);
}

#[test]
fn a_part_that_is_counted_over_fewer_fields_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut measured = certify(TOYS, "toy.sum", &["--only", "toy.sum/3/views"], dir.path()).1.certificate.measured;
    let says = |measured| {
        let told = Derived::from(&measured).unwrap().not_covered;
        told.iter().filter(|what| what.contains("fields at most")).cloned().collect::<Vec<_>>()
    };
    assert_eq!(says(measured.clone()), [""; 0]);
    let Evidence::Views(row) = &mut measured.rows[0] else { panic!("{:?}", measured.rows) };
    row.points.retain(|p| ["F2", "F3"].contains(&&*p.field));
    row.skipped.insert("F5".into(), 1 << 40);
    assert_eq!(says(measured), ["toy.sum among 3, views of parties that follow it: over 2 of 3 fields at most"]);
}

/// A coalition's inputs are part of its strategy. Where there are too many they are not even listed.
#[test]
fn inputs_that_nobody_can_try_are_left_out_and_told() {
    let of = |tier, only| plan_of(&[&Wide::default()], "wide", &question(tier, Some(only)));
    let every = ["F2", "F3", "F5"];
    // The first party's own, all values of them; the other party has none.
    let deep = of(Tier::Deep, "wide/2/simulator/0/");
    assert!(!deep.is_empty());
    for row in deep {
        assert_eq!((&row.left_out[..], row.units), (&every.map(String::from)[..], 0), "{}", row.row);
    }
    // Here it is the honest party whose inputs are too many.
    let quick = of(Tier::Quick, "wide/2/simulator/1/");
    assert!(!quick.is_empty() && quick.iter().all(|row| row.left_out == every), "{}", quick.len());
    assert!(of(Tier::Deep, "wide/2/views").iter().all(|row| row.left_out == every && row.units == 0));
}

/// What is counted over less than three fields: another limit of a tier, or a program that takes other coins, is seen
/// here.
#[test]
fn it_is_known_what_two_parties_leave_out() {
    let left_out = |tier| {
        let mut rows = BTreeMap::new();
        for row in plan_of(&[], "spdz", &question(tier, None)).into_iter().filter(|row| !row.left_out.is_empty()) {
            let part = row.row.split('/').next().unwrap().to_owned();
            *rows.entry((part, row.left_out.join(" "))).or_insert(0) += 1;
        }
        rows.into_iter().map(|((part, fields), rows)| format!("{part}: {fields}, {rows}")).collect::<Vec<_>>()
    };
    let quick = [
        "simulator mascot.authenticate: F3 F5, 4",
        "simulator mascot.sum: F3 F5, 4",
        "simulator online.multiply: F5, 5",
        "simulator online.product: F5, 5",
        "simulator triple.sacrifice: F5, 4",
        "views mascot.authenticate: F5, 1",
        "views mascot.product: F5, 1",
        "views mascot.sum: F3 F5, 1",
        "views online.product: F5, 1",
        "views triple.sacrifice: F5, 1",
    ];
    assert_eq!(left_out(Tier::Quick), quick);
    let standard = [
        "simulator mascot.authenticate: F5, 7",
        "simulator mascot.sum: F3 F5, 6",
        "simulator mascot.sum: F5, 2",
        "simulator online.product: F5, 10",
        "simulator triple.sacrifice: F5, 8",
        "views mascot.authenticate: F5, 1",
        "views mascot.sum: F5, 1",
        "views online.product: F5, 1",
    ];
    assert_eq!(left_out(Tier::Standard), standard);
}

#[test]
fn the_first_run_that_cannot_be_done_is_told_and_those_that_wait_are_not_begun() {
    const WAIT: usize = 100_000;
    let wide = Wide::default();
    let foreign: [&dyn DynSubject; 1] = [&wide];
    let jobs = jobs(&foreign, "wide", &question(Tier::Quick, Some("wide/2/outputs")));
    let root = SEED.parse().unwrap();
    let watchdog = Watchdog::start(Patience::default(), &root);
    let play = |units: Vec<Unit>| {
        let before = wide.0.load(Ordering::Relaxed);
        (play(&jobs, &[units], &root, &watchdog, &Unfinished::nowhere(), true), wide.0.load(Ordering::Relaxed) - before)
    };
    let (good, bad) = (Unit::Outputs { field: FieldId::F2 }, Unit::Best { field: FieldId::F2 });
    let all = 1 << 12;
    assert_eq!(play(vec![good.clone(); 10]), (Ok(vec![Found::Outputs { inputs: all, distinct: 1 }; 10]), 10 << 12));
    let (played, asked) = play([vec![bad], vec![good; WAIT]].concat());
    assert_eq!(played, Err("outputs wide/2/outputs, Best { field: F2 }: another row's unit".into()));
    // Another processor may be in the middle of one.
    assert!(asked < WAIT, "{asked}");
}

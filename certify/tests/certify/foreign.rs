//! Protocols of another crate: the right one passes what it claims, the broken ones fail where they are broken.

use adversary::fields::FieldId;
use adversary::record::{Close, recording};
use adversary::{Conditions, DynSubject, Explained, Verdict, World};
use protocols::COMMIT_OPENING;
use quorate_certify::evidence::{self, Evidence};
use quorate_certify::seeds::Root;
use spec::ExitCode;
use transport::PartySet;

use crate::{SEED, TOYS, certify, level, run, toy};

#[test]
fn the_right_sum_passes_all_it_claims() {
    let dir = tempfile::tempdir().unwrap();
    let (code, stored) = certify(TOYS, "toy.sum", &[], dir.path());
    let c = &stored.certificate;
    assert_eq!((level(c, "A1C2"), level(c, "A3C2")), ("pass", "pass"), "{:#?}", c.derived.levels);
    assert_eq!((code, c.derived.verdict.as_str()), (ExitCode::Pass, "pass"));
    assert!(c.measured.protocol.foreign);
    assert!(c.derived.not_covered.iter().any(|l| l.contains("the sources of this protocol and")));
    assert_eq!((c.derived.sole_causes.hit, c.derived.sole_causes.all), (3, 3));
    let property = |name: &str| {
        let rows = c.measured.rows.iter().filter_map(|r| if let Evidence::Property(p) = r { Some(p) } else { None });
        rows.filter(|p| p.property == name).collect::<Vec<_>>()
    };
    // Every single fault was tried, and the row says how many there were of each kind.
    let [every] = property("blame.every_fault")[..] else { panic!("it is certified among three only") };
    let tried: Vec<u64> = every.points[0].figures.values().map(|k| k.parse().unwrap()).collect();
    assert_eq!((tried.len(), tried.iter().sum::<u64>()), (3, every.cases()));
    // What random ones leave open is told: 1 - (10^-6)^(1/100).
    let [random] = property("blame.network")[..] else { panic!("it is certified among three only") };
    assert_eq!((random.cases(), random.rate_below().map(|rate| (rate * 1e4).round())), (100, Some(1290.0)));
    let page = std::fs::read_to_string(dir.path().join("certificate.html")).unwrap();
    assert!(page.contains("the rate of violations is below 1.3e-1"));
    // One layer is counted over F_7 as well.
    let over_7 = |row: &Evidence| matches!(row, Evidence::Views(v) if v.points.iter().any(|p| p.field == "F7"));
    assert_eq!(c.measured.rows.iter().filter(|row| over_7(row)).count(), 1);
}

#[test]
fn the_sum_without_masks_fails_at_privacy_against_everyone() {
    let dir = tempfile::tempdir().unwrap();
    let (code, stored) = certify(TOYS, "toy.sum.unmasked", &[], dir.path());
    let c = &stored.certificate;
    assert_eq!((code, level(c, "A1C2"), level(c, "A3C2")), (ExitCode::Fail, "fail", "fail"));
    let views = c.measured.rows.iter().find_map(|r| if let Evidence::Views(v) = r { Some(v) } else { None }).unwrap();
    assert!(views.points.iter().any(|p| p.distance == "1" && p.between.is_some()));
    // Against malicious parties it is privacy alone: nothing but the best simulators speaks against the level.
    let a3 = c.derived.levels.iter().find(|l| l.level == "A3C2").unwrap();
    assert!(!a3.because.is_empty() && a3.because.iter().all(|b| b.contains("/simulator/")), "{a3:#?}");
    let follows = c.measured.rows.iter().find_map(|r| match r {
        Evidence::Simulator(s) if s.id.ends_with("follows") => Some(s),
        _ => None,
    });
    assert!(follows.unwrap().points.iter().all(|p| p.distance.as_deref() != Some("0") && p.proof.is_some()));
}

#[test]
fn the_sum_without_commitments_fails_with_a_run_that_can_be_seen_again() {
    let dir = tempfile::tempdir().unwrap();
    let (code, stored) = certify(TOYS, "toy.sum.unchecked", &[], dir.path());
    let c = &stored.certificate;
    assert_eq!((code, level(c, "A1C2"), level(c, "A3C2")), (ExitCode::Fail, "pass", "fail"));
    let won = c.measured.rows.iter().find_map(|r| match r {
        Evidence::Attack(a) if a.id == "toy.choose" => Some(a.won.clone()),
        _ => None,
    });
    assert_eq!(won, Some(vec![0]));
    // Wrong outputs that were accepted on the way speak against it too.
    let verdicts = evidence::verdicts(&c.measured.rows);
    let covered = c.measured.rows.iter().zip(verdicts).filter(|(row, _)| matches!(row, Evidence::Coverage(_)));
    assert!(covered.clone().count() > 0 && covered.clone().all(|(_, v)| v == Verdict::Fail));
    assert!(covered.into_iter().all(|(row, _)| matches!(row, Evidence::Coverage(r) if r.points[0].wrong > 0)));
    // The command that the certificate tells, and what it draws.
    let page = dir.path().join("run.html");
    let again = ["attack", "toy.sum.unchecked", "--attack", "toy.choose", "--run", "0", "--seed", SEED, "--trace"];
    let code = run(TOYS, &[&again[..], &[page.to_str().unwrap()]].concat());
    assert_eq!(code, ExitCode::Fail);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("the coalition chose the sum") && page.contains("masked (changed)") && page.contains("<svg"));
    // The same from Rust.
    let attack = &DynSubject::attacks(&toy::UNCHECKED)[0];
    let root: Root = SEED.parse().unwrap();
    let seed = root.seed("attack toy.choose", 0);
    let (outcome, runs) = recording(|| attack.once(&Conditions { control: false, seed }));
    assert!(outcome.judgement.won() && outcome.effective);
    assert!(runs[0].ends.iter().take(2).all(|e| *e == Close::Output));
}

/// One time in 251 the sum is the wanted one by itself: the attack has something to change there too.
#[test]
fn the_sum_is_chosen_also_where_it_is_the_wanted_one() {
    let world = World::new(3, PartySet::of(&[2]));
    let is_wanted = |seed: &u64| {
        let given = Explained::sampled(&toy::RIGHT, FieldId::F251, &world, *seed).unwrap().given().clone();
        given.parties.iter().map(|x| x[0]).sum::<u64>() % 251 == 42
    };
    let seed = (0..10_000).find(is_wanted).unwrap();
    let attack = &DynSubject::attacks(&toy::RIGHT)[0];
    let shipped = attack.once(&Conditions { control: false, seed });
    assert!(shipped.effective && shipped.judgement.check() == Some(&COMMIT_OPENING), "{shipped:?}");
    let control = attack.once(&Conditions { control: true, seed });
    assert!(control.effective && control.judgement.won(), "{control:?}");
}

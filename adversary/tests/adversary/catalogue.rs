//! The catalogue: every entry is read, fires, ends as it says, and wins in its control; every known attack is answered.

use std::collections::BTreeSet;
use std::path::Path;

use field::{F128, Field};
use num_rational::BigRational;
use num_traits::Zero;
use protocols::{MAC_CHECK, MAC_OUTPUT, Mascot, Result, Session, Shared};
use quorate_adversary::attack::tape;
use quorate_adversary::catalogue::rows::{Cover, ROWS};
use quorate_adversary::catalogue::{self, Entry};
use quorate_adversary::computation::Scene;
use quorate_adversary::exact::{self, Count};
use quorate_adversary::fields::FieldId;
use quorate_adversary::ideal::ot::IdealOt;
use quorate_adversary::stats::{at_least, at_most};
use quorate_adversary::strategy::language::{Act, Draw, Expect, Frames};
use quorate_adversary::strategy::{Stage, Strategy};
use quorate_adversary::verdict::ALPHA;
use quorate_adversary::{Control, Ending, Expected, Floor, Judgement, Script, Verdict, attacks, cases, classify};

#[test]
fn every_entry_ends_as_it_says_and_wins_in_its_control() {
    let mut failed = Vec::new();
    for (entry, attack) in catalogue::entries().iter().zip(catalogue::attacks()) {
        let start = std::time::Instant::now();
        if let Err(e) = entry.plan() {
            failed.push(format!("{}: {e}", attack.id));
            continue;
        }
        let trial = attack.trial(0..2);
        let verdict = attack.verdict(&trial);
        println!("{} {verdict:?} ({:?})", attack.id, start.elapsed());
        if verdict != Verdict::Pass {
            failed.push(format!("{} ({}): {trial:?}", attack.id, attack.control));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Where the probability of an escape is known and the field may be tiny, it is counted and must be equal: of what
/// changes openings and σ, on ideal coin and commitment. Nothing else is called exact, but that something never escapes.
#[test]
fn escapes_over_tiny_fields_are_as_likely_as_the_entries_say() {
    let mac = |e: &&Entry| {
        let check = matches!(e.expected, Expected::Stopped(c) if [&MAC_CHECK, &MAC_OUTPUT].contains(&c));
        check && e.computation.fields.contains(&FieldId::F3)
    };
    let (mut counted, mut wrong, mut by_count) = (Vec::new(), Vec::new(), BTreeSet::new());
    for entry in catalogue::entries().iter().filter(mac) {
        // With a triple there are too many coins over F_5, with two over F_3; three parties, and inputs, have too many.
        let fields = match (entry.computation.name, entry.strategy.parties) {
            ("multiply", 2) => &[FieldId::F2, FieldId::F3][..],
            ("show" | "show_to", 2) => &[FieldId::F2, FieldId::F3, FieldId::F5],
            ("chain", 2) => &[FieldId::F2],
            _ => continue,
        };
        for field in fields.iter().copied() {
            let mut world = entry.scene(false).at.world;
            world.floor = Floor::Ideal;
            let scene = Scene::new(entry.computation, field, world).with_zero_shares();
            // Messages of the shipped coin and commitment are not there.
            let Ok(plan) = scene.compile(&entry.strategy) else { continue };
            let accepted = |j: &Judgement| j.won() || *j == Judgement::Right;
            let count = Count::over(|tape| Ok(accepted(&scene.once(&plan, tape, &[]).judgement))).unwrap();
            let expected = entry.escape_over(field).unwrap_or_else(BigRational::zero);
            let what = format!("{} over {field}", entry.strategy.id);
            println!("{what}: {} of {} runs", count.probability, count.runs);
            if count.probability != expected {
                wrong.push(format!("{what}: {}, not {expected}", count.probability));
            }
            counted.push(what);
            by_count.insert(entry.strategy.id.as_str());
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(counted.len() >= 20, "{counted:?}");
    // What never escapes cannot escape less often, and oftener it is a win in any of its runs.
    let never = |e: &Entry| e.escape_over(e.field).is_some_and(|p| p.is_zero());
    for entry in catalogue::entries() {
        let (id, exact) = (entry.strategy.id.as_str(), entry.escape.as_ref().is_some_and(|said| said.exact));
        let counted = by_count.contains(id);
        assert!(exact == (counted || never(entry)), "{id} is exact: {exact}, is counted: {counted}");
    }
}

/// A wrong seed makes errors that are uniform: one that is zero passes as well, and nothing is wrong then.
#[test]
fn a_wrong_seed_passes_as_often_as_its_entry_says() {
    const RUNS: u64 = 2000;
    let entry = catalogue::find("zero.seed").unwrap();
    let scene = Scene::new(entry.computation, FieldId::F3, entry.scene(false).at.world);
    let plan = scene.compile(&entry.strategy).unwrap();
    let judgements = (0..RUNS).map(|seed| scene.play(&plan, seed).judgement);
    let (mut wrong, mut right) = (0, 0);
    judgements.for_each(|j| match j {
        Judgement::Right => right += 1,
        j if j.won() => wrong += 1,
        j => assert_eq!(j.check(), Some(&MAC_OUTPUT)),
    });
    let most = entry.escape_over(FieldId::F3).unwrap();
    assert_eq!(most.to_string(), "19/27");
    // An error is zero in a third of all runs; of the others five in nine pass.
    for (hits, p) in [(wrong + right, 19.0 / 27.0), (wrong, 10.0 / 27.0), (right, 1.0 / 3.0)] {
        let unlikely = at_least(hits, RUNS, p).min(at_most(hits, RUNS, p));
        assert!(unlikely > ALPHA, "{hits} of {RUNS} runs, not about {p}");
    }
}

/// The coin that the entry sets to zero is the share of the MAC key, and it is one party's only.
#[test]
fn a_key_share_of_zero_is_one() {
    let entry = catalogue::find("key.zero").unwrap();
    let shares = |draws: &[Draw]| {
        let world = entry.scene(false).at.world.loaded(draws);
        let run = world.run(&tape(0), &mut Script::new(world.corrupt), async |mut s: Session| -> Result<F128> {
            let mut mascot = Mascot::<F128, IdealOt>::setup(&mut s).await?;
            // What everyone adds to a MAC share for the constant one is its share of the key.
            let zero = Shared::from_parts(vec![F128::ZERO], vec![F128::ZERO]);
            Ok(mascot.key().add_public(s.me(), zero, &[F128::ONE]).into_parts().1[0])
        });
        let ends = classify(run.ends);
        let [Ending::Output(honest), Ending::Output(corrupt)] = ends[..] else { panic!("{ends:?}") };
        [honest, corrupt]
    };
    let [honest, corrupt] = shares(&[]);
    assert!(honest != F128::ZERO && corrupt != F128::ZERO);
    assert_eq!(shares(&entry.strategy.tape), [honest, F128::ZERO]);
}

#[test]
fn every_known_attack_is_answered() {
    let unmarked = [25, 28, 29, 30, 31, 38, 42, 43, 47, 48];
    let wanted: Vec<u32> = (1..=65).filter(|k| !unmarked.contains(k)).collect();
    assert_eq!(ROWS.iter().map(|r| r.number).collect::<Vec<_>>(), wanted);
    let figures: BTreeSet<_> = exact::all().map(|f| f.id).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = |file: &str| std::fs::read_to_string(root.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    for row in ROWS {
        assert!(row.entries().count() + row.also.len() > 0, "nothing answers row {}: {}", row.number, row.attack);
        for cover in row.also {
            let there = match cover {
                Cover::Attack(id) => attacks::programs().any(|a| a.id == *id),
                Cover::Figure(id) => figures.contains(id),
                Cover::Sweep(case) => cases::find(case).is_some(),
                Cover::Test(file, name) => text(file).contains(&format!("fn {name}(")),
                Cover::Types(file) => text(file).contains("```compile_fail"),
                Cover::NotYet(why) => !why.is_empty(),
            };
            assert!(there, "row {}: {cover:?} is not there", row.number);
        }
    }
    let known: BTreeSet<u32> = ROWS.iter().map(|r| r.number).collect();
    for entry in catalogue::entries() {
        assert!(!entry.rows.is_empty() || entry.strategy.expect.harmless.is_some(), "{}", entry.strategy.id);
        assert!(entry.rows.iter().all(|r| known.contains(r)), "{} names a row that is not there", entry.strategy.id);
    }
}

/// Only what is malformed, harmless or stopped twice may do without a control, and each says why.
#[test]
fn controls_are_left_out_for_a_reason() {
    for (entry, attack) in catalogue::entries().iter().zip(catalogue::attacks()) {
        match attack.control {
            Control::None(why) => assert!(why.len() > 10, "{}", attack.id),
            _ => assert!(matches!(entry.expected, Expected::Stopped(_)), "{}", attack.id),
        }
    }
}

#[test]
fn entries_are_what_they_are_written_as() {
    for entry in catalogue::entries() {
        let text = entry.strategy.to_json();
        assert_eq!(Strategy::from_json(&text).as_ref(), Ok(&entry.strategy), "{text}");
    }
}

/// The page beside the files names every act, every condition and every expectation there is.
#[test]
fn the_page_names_the_whole_language() {
    let page = include_str!("../../catalogue/README.md");
    // What serde expects instead of a name that nothing has.
    let names = |e: serde_json::Error| {
        let text = e.to_string();
        let expected = text.split_once("expected one of").map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        expected.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()
    };
    let acts = names(serde_json::from_str::<Act>(r#""nothing""#).unwrap_err());
    let frames = names(serde_json::from_str::<Frames>(r#"{"nothing": 1}"#).unwrap_err());
    let expect = names(serde_json::from_str::<Expect>(r#"{"nothing": 1}"#).unwrap_err());
    assert!(acts.len() > 25 && frames.len() > 8 && expect.len() > 5, "{acts:?} {frames:?} {expect:?}");
    for name in acts.iter().chain(&frames).chain(&expect) {
        assert!(page.contains(&format!("`{name}`")), "{name} is not on the page");
    }
}

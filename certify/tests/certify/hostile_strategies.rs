//! Strategies and command lines that would make the instrument hang, say what is not so, or count what shows nothing.

use std::process::Command;
use std::time::{Duration, Instant};

use adversary::attack::{Control, Expected};
use adversary::fields::FieldId;
use adversary::strategy::Strategy;
use adversary::subject::Shape;
use adversary::subjects::Multiply;
use adversary::verdict::Verdict;
use adversary::{Attack, Conditions, DynSubject, Given, Instance, Judgement, Outcome, Played};
use protocols::{Abort, Blame, Error, FRAME_SHAPE, MAC_CHECK, Result, Tape};
use quorate_certify::log::Found;
use quorate_certify::search::hunt::Hunt;
use quorate_certify::trial::report::Report;
use quorate_certify::trial::{Aim, Refused, Run, Trial};
use spec::{Check, Claim, ExitCode};
use transport::sim::Adversary;
use transport::{PerParty, StepPath};

use crate::strategies::{CHECK, CHECKS, SHARE, SHIFT, against, program, rule, shipped, strategy};
use crate::{SEED, hostile, run};

/// The program itself: its code, what it prints, what it complains of.
pub(crate) fn quorate(words: &[&str]) -> (i32, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_quorate-certify")).args(words).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

/// Nothing of which a run can be made, with attacks that never win.
struct Torn;

/// One that ends in this way.
const fn attack(id: &'static str, run: fn(&Attack, &Conditions) -> Outcome) -> Attack {
    Attack {
        id,
        title: "nothing",
        does: "nothing",
        reference: "this test",
        layer: "torn",
        expected: Expected::Stopped(&FRAME_SHAPE),
        control: Control::CheckOff,
        run,
    }
}

/// A run that this check stopped.
fn stopped(check: &'static Check, effective: bool) -> Outcome {
    let abort = Abort { at: StepPath::ROOT.label(), check, blame: Blame::Unknown };
    Outcome { judgement: Judgement::Stopped(abort), effective }
}

impl DynSubject for Torn {
    fn claim(&self) -> &'static Claim {
        &Claim { protocol: "torn", ..hostile::CLAIM }
    }
    fn about(&self) -> &'static str {
        "nothing"
    }
    fn shape(&self, n: usize) -> Shape {
        Given { parties: vec![Vec::new(); n], shared: Vec::new() }
    }
    fn preprocessed_triples(&self) -> usize {
        0
    }
    fn attacks(&self) -> &'static [Attack] {
        const {
            &[
                attack("torn.lame", |_, _| Outcome { judgement: Judgement::Right, effective: true }),
                attack("torn.stopped", |_, _| stopped(&FRAME_SHAPE, true)),
                attack("torn.elsewhere", |_, _| stopped(&MAC_CHECK, true)),
                attack("torn.idle", |_, _| stopped(&FRAME_SHAPE, false)),
            ]
        }
    }
    fn ideal(&self, _: FieldId, given: &Given<u64>) -> Result<PerParty<Vec<u8>>> {
        Ok(PerParty::from_fn(given.parties.len(), |_| vec![1]))
    }
    fn run(&self, _: &Instance, _: &Given<u64>, _: &Tape, _: &mut dyn Adversary) -> Result<Played> {
        Err(Error::Local("no run of it can be made".into()))
    }
}

#[test]
fn the_last_run_has_a_number() {
    let lie = strategy(SHIFT, CHECK, "");
    let run = |from_end: u64| (u64::MAX - from_end).to_string();
    for (from_end, runs) in [(0, "1"), (0, "5"), (4, "5")] {
        let (code, out, complaint) = program(&lie, &["--run", &run(from_end), "--runs", runs]);
        assert_eq!((code, out.as_str()), (64, ""), "{complaint}");
        assert!(complaint.contains(&format!("the last --run is {}", u64::MAX - runs.parse::<u64>().unwrap())));
    }
    let (code, out, complaint) = program(&lie, &["--run", &run(2), "--runs", "2", "--field", "Fr"]);
    assert!(code == 0 && out.contains("2 of 2 runs: stopped by mac.check"), "{out}{complaint}");
    // An attack by its name is not drawn without having been run.
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("t.html");
    let named = ["attack", "spdz", "--attack", "mac.sigma.lie", "--seed", SEED, "--trace", page.to_str().unwrap()];
    let (code, out, complaint) = quorate(&[&named[..], &["--run", &run(0)]].concat());
    assert!(code == 64 && out.is_empty() && complaint.contains("are too many"), "{out}{complaint}");
    assert!(!page.exists());
    assert_eq!(quorate(&[&named[..], &["--run", &run(1)]].concat()).0, 0);
    assert!(page.exists());
}

#[test]
fn fields_that_a_protocol_does_not_run_over_are_refused() {
    let wanted = "does not run over gf128, but over F2 or F3";
    let search = ["search", "online.output", "--n", "2", "--field", "gf128", "--runs", "3", "--seed", SEED, "--silent"];
    let (code, out, complaint) = quorate(&search);
    assert!(code == 64 && !out.contains("won") && complaint.contains(wanted), "{out}{complaint}");
    let nothing = strategy("[]", CHECK, "");
    for more in ["--json", "--control"] {
        let (code, out, complaint) = program(&nothing, &["--field", "gf128", more]);
        assert!(code == 64 && out.is_empty() && complaint.contains(wanted), "{out}{complaint}");
    }
}

#[test]
fn runs_that_cannot_be_made_are_no_finding() {
    let nothing = Strategy::from_json(&strategy("[]", CHECK, "")).unwrap();
    let refused = Trial::new(Aim::Subject(&Torn), FieldId::F31, &nothing, None, false).err().unwrap();
    assert!(matches!(refused, Refused::Circumstances(why) if why.contains("no run of it can be made")));
    let hunt = Hunt::new(&Torn, 2, None, SEED.parse().unwrap());
    assert!(hunt.err().unwrap().contains("no run of it can be made"));
    // Nor if only some of them cannot.
    let lie = Strategy::from_json(&strategy(SHIFT, CHECK, "")).unwrap();
    for control in [false, true] {
        let trial = Trial::new(Aim::Subject(&Multiply), FieldId::Fr, &lie, None, control).ok().unwrap();
        let error = Run { found: Found::Error("no such run".into()), rules: 0, needless: 0, beside: 0, won: false };
        let runs: Vec<Run> = (0..3).map(|seed| trial.play(seed)).chain([error]).collect();
        let report = Report::new(&trial, 0, &runs);
        assert_eq!((report.verdict, report.not_made, report.unexplained), (Verdict::Inconclusive, 1, 0));
        assert!(report.because.as_ref().unwrap().contains("1 runs could not be made: no such run"), "{report:?}");
        assert_eq!(report.findings.len(), if control { 3 } else { 0 });
    }
}

/// A control shows something if the strategy wins there with all of its parts, and oftener than by right.
#[test]
fn what_wins_in_its_control_is_more_than_the_claim_allows() {
    let dead = r#", {"on": {"step": "beaver", "message": "share", "nth": 9}, "do": ["drop"]}]"#;
    let rules = format!("{}{dead}", SHIFT.trim_end().trim_end_matches(']'));
    let (code, out, _) = program(&strategy(&rules, CHECK, ""), &["--runs", "20", "--control"]);
    assert!(code == 3 && out.contains("vacuous: in no run did every part"), "{out}");
    // Over a small field a single run cannot tell.
    let single = |field: &str| program(&strategy(SHIFT, CHECK, ""), &["--runs", "1", "--control", "--field", field]).0;
    assert_eq!(["Fr", "F251"].map(single), [0, 2]);
    let mine = Strategy::from_json(&strategy(&rule(SHARE, r#"{"add": "1"}"#), CHECK, "")).unwrap();
    let trial = Trial::new(Aim::Subject(&Multiply), FieldId::F2, &mine, None, true).ok().unwrap();
    let of = |some: usize, all: usize, what: &Found| {
        let stopped = Found::Stopped("mac.output".into());
        let found = (0..all).map(|k| if k < some { what.clone() } else { stopped.clone() });
        let one = |found: Found| Run { won: matches!(found, Found::Wrong(_)), found, rules: 1, needless: 0, beside: 0 };
        let report = Report::new(&trial, 0, &found.map(one).collect::<Vec<_>>());
        (report.verdict, report.because.unwrap_or_default())
    };
    let wins = |won: usize, all: usize| of(won, all, &Found::Wrong("x".into()));
    assert_eq!(wins(50, 50), (Verdict::Pass, String::new()));
    let (verdict, because) = wins(32, 50);
    assert_eq!(verdict, Verdict::Vacuous, "{because}");
    assert!(because.contains("it wins 32 of 50 runs, as the claim allows: up to 7.500e-1"), "{because}");
    assert_eq!(wins(49, 50).0, Verdict::Inconclusive);
    // Panics are findings, but nothing that a strategy wins by.
    let (verdict, because) = of(50, 50, &Found::Unexplained("panic: x".into()));
    assert!(verdict == Verdict::Vacuous && because.contains("it does not win"), "{because}");
    // What must not be seen is.
    let (_, early) = shipped(CHECKS).into_iter().find(|(id, _)| id == "mac.early_output").unwrap();
    let (code, out, _) = against("multiply", &early.to_string(), &["--field", "Fr", "--runs", "3", "--control"]);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn a_named_attack_has_a_control_and_wins_in_it() {
    let (code, out, complaint) = quorate(&["attack", "spdz", "--attack", "wire.truncate", "--control", "--seed", SEED]);
    assert!(code == 64 && out.is_empty() && complaint.contains("`wire.truncate` has no control: "), "{out}{complaint}");
    for name in ["torn.lame", "torn.stopped"] {
        let lame = ["attack", "torn", "--attack", name, "--control", "--seed", SEED];
        assert_eq!(run(&[&Torn], &lame), ExitCode::Vacuous, "{name}");
    }
    // One that is listed for something else.
    let (code, out, complaint) = quorate(&["attack", "mascot.product", "--attack", "mac.sigma.lie", "--seed", SEED]);
    assert!(code == 64 && out.is_empty(), "{out}");
    assert!(complaint.contains("`mac.sigma.lie` is no attack on `mascot.product`, but on spdz, "), "{complaint}");
}

/// That an attack does not win is not enough: it ends as the row of a certificate asks for.
#[test]
fn a_named_attack_ends_as_it_must() {
    for (name, wanted) in [
        ("torn.stopped", ExitCode::Pass),
        ("torn.elsewhere", ExitCode::Fail),
        ("torn.idle", ExitCode::Vacuous),
        ("torn.lame", ExitCode::Vacuous),
    ] {
        let code = run(&[&Torn], &["attack", "torn", "--attack", name, "--runs", "3", "--seed", SEED]);
        assert_eq!(code, wanted, "{name}");
    }
}

#[test]
fn what_a_strategy_says_of_its_escape_is_a_probability() {
    let escape = |text: &str, field: &str| {
        let expect = format!(r#"{{"check": "mac.check", "escape": "{text}"}}"#);
        let (code, _, complaint) = program(&strategy(SHIFT, &expect, ""), &["--runs", "2", "--field", field]);
        (code, complaint)
    };
    for (text, field, wanted) in [
        ("-1", "F31", "expect.escape: `-1` is no probability where p is 31 and n is 3"),
        ("n", "F31", "is no probability"),
        ("1/(p-31)", "F31", "divides by zero where p is 31"),
        ("1/((((((p^64)^64)^64)^64)^64)^64)", "F31", "has more than 4096 bits"),
        ("1/p^64", "Fr", "has more than 4096 bits where p is "),
        ("Challenge(4294967295,4294967295)", "F31", "has more than 4096 bits"),
    ] {
        let (code, complaint) = escape(text, field);
        assert!(code == 65 && complaint.contains(wanted), "{code}: {complaint}");
    }
    for (text, field) in [("1/(p-2)", "F31"), ("1/(p-31)", "F251"), ("MacCheck", "F2")] {
        let (code, complaint) = escape(text, field);
        assert!(code < 64, "{code}: {complaint}");
    }
}

/// What a strategy says exactly is held against both sides, a bound only against what exceeds it.
#[test]
fn a_bound_of_an_escape_need_not_be_reached() {
    let said = |key: &str, text: &str| {
        let expect = format!(r#"{{"check": "mac.check", "{key}": "{text}"}}"#);
        let (code, out, complaint) = program(&strategy(SHIFT, &expect, ""), &["--runs", "400"]);
        (code, format!("{out}{complaint}"))
    };
    for (key, text, code, wanted) in [
        ("escape", "MacCheck", 0, "and the strategy says MacCheck"),
        ("escape", "1/2", 2, "it escapes less often than it says"),
        ("escape_at_most", "1/2", 0, "and the strategy says at most 1/2"),
        ("escape_at_most", "MacCheck", 0, "and the strategy says at most MacCheck"),
        ("escape_at_most", "0", 1, "it escapes oftener than it says"),
        ("escape_at_most", "2", 65, "expect.escape_at_most: `2` is no probability"),
    ] {
        let (found, told) = said(key, text);
        assert!(found == code && told.contains(wanted), "{key} {text}: {found}: {told}");
    }
}

/// A file can say nothing on a line of its own.
#[test]
fn texts_stay_on_their_lines() {
    let lie = strategy(SHIFT, CHECK, "");
    for (from, to) in [
        ("something", r"something\nfail: x"),
        (r#""title": "mine""#, r#""title": "\u001b[2Jmine""#),
        ("beaver", r"bea\rver"),
        (r#""do""#, r#""do\n""#),
    ] {
        let (code, out, complaint) = program(&lie.replace(from, to), &[]);
        assert_eq!((code, out.as_str()), (65, ""), "{complaint}");
        assert!(!complaint.trim_end_matches('\n').contains(char::is_control), "{complaint:?}");
    }
}

#[test]
fn what_can_be_explained_is_told() {
    for nothing in ["no.such", ""] {
        let (code, _, complaint) = quorate(&["explain", nothing]);
        assert!(code == 64 && !complaint.contains("did you mean"), "{complaint}");
        for known in ["`quorate-certify list` names the attacks", "the figures are ", "mac.late", "sends.reordered"] {
            assert!(complaint.contains(known), "`{complaint}` does not say `{known}`");
        }
    }
    let (_, _, complaint) = quorate(&["explain", "sigma.li"]);
    assert!(complaint.contains("did you mean mac.sigma.lie?"), "{complaint}");
    assert!(quorate(&["explain", "sends.reord"]).2.contains("did you mean sends.reordered?"));
    assert!(quorate(&["explain", "abort.priv"]).2.contains("did you mean abort.privacy?"));
    assert!(quorate(&["explain", "abort.privacy"]).1.contains("where and when a run stops does not depend"));
    for echoed in [&["explain", "a\u{1b}[31mb"][..], &["list", "a\u{1b}[31mb"], &["search", "a\u{1b}[31mb"]] {
        let (code, _, complaint) = quorate(echoed);
        assert!(code == 64 && !complaint.contains('\u{1b}'), "{complaint:?}");
    }
    let (_, _, complaint) = quorate(&["attack", "online.multiply"]);
    assert!(["--attack", "--strategy"].iter().all(|one| complaint.contains(one)), "{complaint}");
    let (code, _, complaint) = quorate(&["attack", "spdz", "--strategy", "/no/such/file"]);
    assert!(code == 64 && complaint.contains("type `online.multiply` in its place"), "{complaint}");
}

#[test]
fn a_search_that_would_never_end_is_refused() {
    let began = Instant::now();
    let words = ["search", "online.multiply", "--runs", "0", "--field", "F5", "--seconds", "1", "--silent"];
    let (code, _, complaint) = quorate(&words);
    assert!(code == 64 && complaint.contains("is not counted over F5"), "{complaint}");
    assert!(complaint.contains("but over F2 and F3"), "{complaint}");
    assert!(began.elapsed() < Duration::from_secs(30));
}

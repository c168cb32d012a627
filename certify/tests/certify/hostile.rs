//! Protocols that are no good in ways of their own: a constant, one that always stops, one that talks for ever, one
//! that panics. None of them passes, none of them takes the certifier down.

use std::time::{Duration, Instant};

use adversary::fields::FieldId;
use adversary::ideal::supply::Dealt;
use adversary::{DynSubject, Given, Subject, Verdict};
use field::Field;
use protocols::{Blame, COMMIT_OPENING, Error, FRAME_SHAPE, MAC_CHECK, Result, Session};
use quorate_certify::certificate::store;
use quorate_certify::evidence::{self, Evidence};
use quorate_certify::page;
use quorate_certify::registry::Registry;
use quorate_certify::search::hunt::Hunt;
use quorate_certify::text;
use quorate_certify::verify::verify;
use quorate_certify::watchdog::{Patience, Watchdog};
use spec::{AbortKind, Claim, ExitCode, Level, Levels, PartyRange};
use transport::{PartyId, PerParty};

use crate::{SEED, certify, level, run};

pub(crate) const CLAIM: Claim = Claim {
    protocol: "bad",
    levels: Levels::of(&[Level::A1C2, Level::A3C2]),
    parties: PartyRange::new(2, 3),
    assumptions: &[],
    checks: &[&FRAME_SHAPE],
    leakage: &[],
    abort: AbortKind::Selective,
    not_claimed: &[],
};

const EMPTY: Claim = Claim { levels: Levels::of(&[Level::A3C1]), ..CLAIM };

/// Over small fields lies may pass now and then.
const LENIENT: Claim = Claim { checks: &[&FRAME_SHAPE, &MAC_CHECK], ..CLAIM };

/// What is wrong with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Its functionality gives the same whatever goes in.
    Constant,
    /// Its honest runs panic when everything has been said.
    Broken,
    /// Its functionality panics.
    Undefined,
    /// Every run stops.
    Stops,
    /// It talks for ever.
    Endless,
    /// It panics when it hears something else than the truth.
    Panics,
    /// It does so, and claims that lies may pass.
    Lenient,
    /// It hangs without saying anything.
    Hangs,
    /// It takes memory without end.
    Eats,
    /// It says something more if its input is not zero.
    Tells,
    /// It claims C1 with two parties.
    Empty,
}

struct Bad(Fault);

impl Subject for Bad {
    fn claim(&self) -> &'static Claim {
        match self.0 {
            Fault::Empty => &EMPTY,
            Fault::Lenient => &LENIENT,
            _ => &CLAIM,
        }
    }
    fn about(&self) -> &'static str {
        "nothing good"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        (0..n).map(|p| usize::from(p == 0)).collect()
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        assert!(self.0 != Fault::Undefined, "no function");
        let said = if self.0 == Fault::Constant { F::ONE } else { given.parties[0][0] };
        PerParty::from_fn(given.parties.len(), |_| vec![said])
    }
    async fn party<F: Field>(&self, mut s: Session, mine: Vec<F>, _: Option<Dealt<F>>) -> Result<Vec<F>> {
        match self.0 {
            Fault::Constant => return Ok(vec![F::ONE]),
            Fault::Stops => s.verdict(&COMMIT_OPENING, false, Blame::Unknown)?,
            Fault::Endless => loop {
                s.exchange("again", &[F::ONE]).await?;
            },
            Fault::Hangs => loop {
                std::thread::sleep(std::time::Duration::from_millis(10));
            },
            Fault::Eats => {
                let mut all = Vec::new();
                loop {
                    all.push(vec![1u8; 1 << 26]);
                }
            }
            _ => {}
        }
        let first = PartyId::new(0);
        if s.me() == first {
            for p in s.others() {
                s.send(p, "input", &mine)?;
                s.send(p, "input", &mine)?;
            }
            if self.0 == Fault::Tells && mine[0] != F::ZERO {
                s.send(PartyId::new(1), "more", &mine)?;
            }
            return Ok(mine);
        }
        let [a, b] = [s.recv::<F>(first, "input", 1).await?[0], s.recv::<F>(first, "input", 1).await?[0]];
        assert!(self.0 != Fault::Broken, "out of order");
        let panics = matches!(self.0, Fault::Panics | Fault::Lenient);
        assert!(a == b || !panics, "two values that should be one");
        if a == b { Ok(vec![a]) } else { Err(Error::Local("torn".into())) }
    }
}

#[test]
fn a_constant_function_demonstrates_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (code, stored) = certify(&[&Bad(Fault::Constant)], "bad", &["--n", "2"], dir.path());
    let levels = &stored.certificate.derived.levels;
    assert_ne!(code, ExitCode::Pass);
    assert!(levels.iter().all(|l| l.missing.iter().any(|m| m.contains("not always the same"))), "{levels:#?}");
}

#[test]
fn a_protocol_that_always_stops_fails() {
    let dir = tempfile::tempdir().unwrap();
    let (code, stored) = certify(&[&Bad(Fault::Stops)], "bad", &["--n", "2"], dir.path());
    assert_eq!((code, level(&stored.certificate, "A1C2")), (ExitCode::Fail, "fail"));
}

#[test]
fn a_protocol_that_talks_for_ever_fails_and_ends() {
    let dir = tempfile::tempdir().unwrap();
    let (code, stored) = certify(&[&Bad(Fault::Endless)], "bad", &["--n", "2", "--only", "bad/2/honest"], dir.path());
    assert_eq!(code, ExitCode::Fail);
    let honest =
        stored.certificate.measured.rows.iter().find_map(|r| if let Evidence::Honest(h) = r { Some(h) } else { None });
    assert!(honest.unwrap().otherwise[0].contains("past every limit"), "{honest:?}");
}

#[test]
fn traffic_that_tells_an_input_fails_for_everyone() {
    let dir = tempfile::tempdir().unwrap();
    let (code, stored) = certify(&[&Bad(Fault::Tells)], "bad", &["--n", "2"], dir.path());
    let c = &stored.certificate;
    assert_eq!((code, level(c, "A1C2"), level(c, "A3C2")), (ExitCode::Fail, "fail", "fail"));
    let shape = c.measured.rows.iter().find_map(|r| match r {
        Evidence::Property(p) if p.property == "traffic.shape" => Some(p),
        _ => None,
    });
    let shape = shape.unwrap();
    assert!(shape.violated() > 0 && shape.violations[0].contains("inputs") && shape.violations[0].contains("seed"));
    assert!(c.derived.levels[0].because.iter().any(|b| b.starts_with("traffic.shape")), "{:?}", c.derived.levels);
}

#[test]
fn a_panic_under_attack_is_a_failure_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let (code, stored) = certify(&[&Bad(Fault::Panics)], "bad", &["--n", "2"], dir.path());
    assert_eq!(code, ExitCode::Fail);
    let told = stored.certificate.measured.rows.iter().any(|r| match r {
        Evidence::Sweep(s) => {
            s.unexplained.iter().any(|u| u.contains("frame") && u.contains("two values that should be one"))
        }
        _ => false,
    });
    assert!(told);
}

/// Whoever reads that something fails can see it: the command that is told draws the run.
#[test]
fn what_fails_is_told_with_a_command_that_draws_it() {
    let dir = tempfile::tempdir().unwrap();
    let drawn = |fault: Fault, row: &str, out: &str, words: &[&str]| {
        let (out, page) = (dir.path().join(out), dir.path().join("run.html"));
        let more = ["--n", "2", "--only", row, "--trace", page.to_str().unwrap()];
        let (code, stored) = certify(&[&Bad(fault)], "bad", &more, &out);
        assert_eq!(code, ExitCode::Fail);
        let (told, page) = (text::findings(&stored.certificate), std::fs::read_to_string(page).unwrap());
        let command = format!("--n 2 --tier quick --only '{row}' --seed {SEED} --trace run.html");
        assert!(told.contains(&command), "{told}");
        for words in words.iter().chain(["<svg", "run.html"].iter()) {
            assert!(page.contains(words), "{words}: {page}");
        }
        // Told once for every row, on the page of the certificate too.
        let whole = page::render(&stored.certificate);
        assert_eq!((told.matches(&command).count(), whole.matches("--trace run.html").count()), (1, 1));
    };
    drawn(Fault::Stops, "honest bad/2/honest", "stops", &["everyone follows the protocol", "stops: commit.opening"]);
    let told =
        ["one frame of the coalition is changed", "two values that should be one", "ended in a panic", "(changed)"];
    drawn(Fault::Panics, "sweep bad/2/sweep/0", "panics", &told);
    let page = dir.path().join("none.html");
    let more = ["--n", "2", "--only", "honest", "--trace", page.to_str().unwrap()];
    certify(&[&Bad(Fault::Panics)], "bad", &more, &dir.path().join("right"));
    assert!(!page.exists(), "nothing is drawn where nothing is wrong");
}

/// However often a lie may pass, it may not make anybody panic once.
#[test]
fn a_search_that_meets_a_panic_wins_at_once() {
    let (bad, root) = (Bad(Fault::Lenient), SEED.parse().unwrap());
    let hunt = Hunt::new(&bad, 2, Some(FieldId::F2), root).unwrap();
    let watchdog = Watchdog::start(Patience::default(), &root);
    let prey = hunt.go(200, Instant::now() + Duration::from_secs(60), &watchdog, |_| ()).prey.unwrap();
    assert!(prey.what.contains("two values that should be one"), "{}", prey.what);
    assert!(prey.won.1 <= 24, "{:?}", prey.won);
}

/// Whoever panics without being attacked, and wherever, ends no command but as a failure or an error.
#[test]
fn honest_panics_are_failures_and_take_no_command_down() {
    let dir = tempfile::tempdir().unwrap();
    let (file, out) = (dir.path().join("lie.json"), dir.path().join("out"));
    let lie = r#"{"format": 1, "id": "lie", "title": "a lie", "does": "adds one", "parties": 2, "corrupt": [0],
        "rules": [{"on": {"message": "input"}, "do": [{"add": "1"}]}], "expect": {"check": "frame.shape"}}"#;
    std::fs::write(&file, lie).unwrap();
    let attack = ["attack", "bad", "--seed", SEED, "--strategy", file.to_str().unwrap()];
    let search = ["search", "bad", "--n", "2", "--runs", "20", "--seed", SEED, "--silent"];
    let certify = ["bad", "--n", "2", "--tier", "quick", "--seed", SEED, "--silent", "--out", out.to_str().unwrap()];
    let code = |fault, words: &[&str]| run(&[&Bad(fault)], words);
    assert_eq!(code(Fault::Broken, &attack), ExitCode::Fail);
    // Nothing can be counted of it.
    assert_eq!(code(Fault::Broken, &search), ExitCode::Internal);
    assert_eq!(code(Fault::Broken, &certify), ExitCode::Fail);
    // Nothing could be planned where runs panic, and no row is silent about it.
    let stored = store::read(&out, Patience::default()).unwrap();
    for row in &stored.certificate.measured.rows {
        let panics =
            matches!(row.kind(), "views" | "simulator" | "sweep" | "honest" | "best" | "property" | "coverage");
        assert_eq!(evidence::verdicts(std::slice::from_ref(row))[0] == Verdict::Fail, panics, "{}", row.key());
    }
    let bad: [&dyn DynSubject; 1] = [&Bad(Fault::Broken)];
    let verified = verify(&stored, &Registry::new(&bad).unwrap(), None, None, Patience::default()).unwrap();
    assert_eq!(verified.verdict(), Verdict::Fail);
    assert_eq!(code(Fault::Undefined, &attack), ExitCode::Internal);
    assert_ne!(code(Fault::Undefined, &search), ExitCode::Pass);
    assert_ne!(code(Fault::Undefined, &certify), ExitCode::Pass);
}

/// A protocol that nothing inside can stop: the program that measures it ends, in time, as a failure. Each is run by
/// this test's own program in a process of its own.
#[test]
fn a_protocol_that_hangs_or_eats_memory_ends_the_program_as_a_failure() {
    const WHICH: &str = "QUORATE_TEST_HANGS";
    let only = ["bad", "--n", "2", "--tier", "quick", "--only", "bad/2/honest", "--memory-limit", "512"];
    if let Ok(which) = std::env::var(WHICH) {
        // On a busy machine eating takes its time: it must not be taken for hanging.
        let (fault, limit) = if which == "hangs" { (Fault::Hangs, "1") } else { (Fault::Eats, "120") };
        let only = [&only[..], &["--run-limit", limit]].concat();
        run(&[&Bad(fault)], &[&only[..], &["--out", &std::env::var("QUORATE_TEST_OUT").unwrap()]].concat());
        unreachable!("it ended");
    }
    for (which, told) in [("hangs", "it hangs: no end after"), ("eats", "it eats memory: ")] {
        let dir = tempfile::tempdir().unwrap();
        let name = "hostile::a_protocol_that_hangs_or_eats_memory_ends_the_program_as_a_failure";
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", name, "--nocapture"]).env(WHICH, which).env("QUORATE_TEST_OUT", dir.path());
        let output = again.output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(i32::from(ExitCode::Fail.code())), "{err}");
        assert!(err.contains(told) && err.contains("bad/2/honest") && err.contains("run: 0"), "{err}");
        assert!(crate::is_unfinished(dir.path()) && err.contains("what was found before is kept in --out"), "{err}");
    }
}

#[test]
fn questions_that_make_no_sense_are_refused() {
    let none: &[&dyn DynSubject] = &[];
    let refused =
        |subjects: &[&dyn DynSubject], words: &[&str]| assert_eq!(run(subjects, words), ExitCode::Usage, "{words:?}");
    refused(none, &["spdz", "--claim", "A3C1", "--n", "2"]);
    refused(none, &["spdz", "--claim", "A2C2"]);
    refused(none, &["spdz", "--claim", "A9C9"]);
    refused(none, &["spdz", "--n", "9"]);
    refused(none, &["spdz", "--n", "1"]);
    refused(none, &["spdz", "--only", "no row is called so"]);
    refused(none, &["spdz", "--seed", "12"]);
    refused(none, &["spdx"]);
    refused(none, &[]);
    refused(&[&Bad(Fault::Empty)], &["bad", "--n", "2"]);
    refused(none, &["attack", "spdz", "--attack", "no.such"]);
    refused(none, &["explain", "no.such"]);
    assert_eq!(run(&[&Bad(Fault::Stops), &Bad(Fault::Stops)], &["list"]), ExitCode::Data);
}

//! Protocols that do everything right until somebody lies to them, and then panic, end in an error of their own, hang, take
//! memory without end or stop where no check of their claim is. Wherever the certifier lies to them first, none passes, and
//! what happened is told.

use std::path::Path;
use std::process::{Command, Output};

use adversary::ideal::supply::Dealt;
use adversary::{Given, Subject, Verdict};
use field::Field;
use protocols::{BROADCAST_ECHO, Blame, Error, Result, Session};
use quorate_certify::evidence::{self, Evidence};
use spec::{Claim, ExitCode};
use transport::{PartyId, PerParty};

use crate::{SEED, certify, hostile, level, run};

const CLAIM: Claim = Claim { protocol: "fragile", ..hostile::CLAIM };

/// What it does when two values differ that should be one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Then {
    Panics,
    /// It ends in an error of its own.
    Errs,
    /// It stops at a check that it does not claim.
    Stops,
    Hangs,
    Eats,
    /// It asks at once for more memory than there is.
    Gulps,
    /// It calls itself without end.
    Recurses,
}

/// The last party tells all others its input, twice.
struct Fragile(Then);

impl Subject for Fragile {
    fn claim(&self) -> &'static Claim {
        &CLAIM
    }
    fn about(&self) -> &'static str {
        "what the last party puts in"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        (1..=n).map(|p| usize::from(p == n)).collect()
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        let said = given.parties.last().and_then(|mine| mine.first()).copied().unwrap_or(F::ZERO);
        PerParty::from_fn(given.parties.len(), |_| vec![said])
    }
    async fn party<F: Field>(&self, mut s: Session, mine: Vec<F>, _: Option<Dealt<F>>) -> Result<Vec<F>> {
        let last = PartyId::new(s.n() - 1);
        if s.me() == last {
            for p in s.others() {
                s.send(p, "value", &mine)?;
                s.send(p, "again", &mine)?;
            }
            return Ok(mine);
        }
        let [a, b] = [s.recv::<F>(last, "value", 1).await?[0], s.recv::<F>(last, "again", 1).await?[0]];
        if a == b {
            return Ok(vec![a]);
        }
        match self.0 {
            Then::Panics => panic!("two values that should be one"),
            Then::Errs => Err(Error::Local("two values that should be one".into())),
            Then::Stops => s.verdict(&BROADCAST_ECHO, false, Blame::Unknown).map(|()| mine),
            Then::Hangs => loop {
                std::thread::sleep(std::time::Duration::from_millis(10));
            },
            Then::Eats => {
                let mut all = Vec::new();
                loop {
                    all.push(vec![1u8; 1 << 26]);
                }
            }
            Then::Gulps => Ok(vec![F::from_u64(vec![1u8; 1 << 62].len() as u64)]),
            Then::Recurses => Ok(vec![F::from_u64(deeper(1))]),
        }
    }
}

#[expect(unconditional_recursion, reason = "that is its fault")]
fn deeper(k: u64) -> u64 {
    std::hint::black_box(deeper(k + 1)) + k
}

/// Where lies are told: best simulators, coverage, aborts, sweeps.
const LIED_TO: [&str; 4] = ["fragile/2/simulator/1/changes", "coverage/2", "abort.privacy/2", "fragile/2/sweep/1"];

#[test]
fn what_panics_or_errs_under_attack_fails_wherever_it_is_lied_to() {
    for (then, told) in [(Then::Panics, "panic"), (Then::Errs, "two values that should be one")] {
        let dir = tempfile::tempdir().unwrap();
        let (code, stored) = certify(&[&Fragile(then)], "fragile", &["--n", "2"], dir.path());
        let c = &stored.certificate;
        // Its output tells every input: there are no views to compare.
        assert_eq!((code, level(c, "A1C2"), level(c, "A3C2")), (ExitCode::Fail, "inconclusive", "fail"), "{then:?}");
        let judged = c.measured.rows.iter().zip(evidence::verdicts(&c.measured.rows));
        for (row, v) in judged {
            // Of aborts only how runs end is compared, and an error is an end. Puppets run the same text and are lied to in
            // what they receive: their errors are their own. A panic is never one.
            let lied_to = match row.id() {
                "abort.privacy/2" | "fragile/2/sweep/0" => then == Then::Panics,
                id => LIED_TO.contains(&id),
            };
            assert_eq!(v == Verdict::Fail, lied_to, "{then:?}: {} is {v}", row.key());
            let what = match row {
                Evidence::Simulator(r) => &r.broken,
                Evidence::Coverage(r) => &r.broken,
                Evidence::Property(r) => &r.violations,
                Evidence::Sweep(r) => &r.unexplained,
                _ => continue,
            };
            assert!(!lied_to || what.iter().any(|w| w.contains(told)), "{then:?}: {} tells {what:?}", row.key());
        }
    }
}

/// An abort is no failure, but a check that nobody claims is no promise.
#[test]
fn what_stops_at_a_check_that_it_does_not_claim_does_not_pass() {
    let dir = tempfile::tempdir().unwrap();
    let (code, stored) = certify(&[&Fragile(Then::Stops)], "fragile", &["--n", "2"], dir.path());
    let c = &stored.certificate;
    assert_eq!((code, level(c, "A3C2")), (ExitCode::Inconclusive, "inconclusive"), "{:#?}", c.derived.levels);
    let told = &c.derived.levels.iter().find(|l| l.level == "A3C2").unwrap().missing;
    assert!(told.iter().any(|m| m.contains(BROADCAST_ECHO.id)), "{told:?}");
}

const THEN: &str = "QUORATE_TEST_THEN";
const WORDS: &str = "QUORATE_TEST_WORDS";

/// Runs this test again in a process of its own, where it runs the program with these words.
fn apart(name: &str, then: Then, words: &[&str]) -> Output {
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", name, "--nocapture"]).env(THEN, format!("{then:?}")).env(WORDS, words.join(" "));
    again.output().unwrap()
}

/// In that process: runs the program, which does not come back.
fn inside() {
    let Ok(name) = std::env::var(THEN) else { return };
    let all = [Then::Hangs, Then::Eats, Then::Gulps, Then::Recurses];
    let then = all.into_iter().find(|then| format!("{then:?}") == name).unwrap();
    let words = std::env::var(WORDS).unwrap();
    let code = run(&[&Fragile(then)], &words.split(' ').collect::<Vec<_>>());
    unreachable!("it came to an end: {code:?}");
}

fn certifying<'a>(only: &'a str, limit: &'a str, out: &'a Path) -> [&'a str; 16] {
    [
        "fragile",
        "--n",
        "2",
        "--tier",
        "quick",
        "--seed",
        SEED,
        "--silent",
        "--only",
        only,
        "--run-limit",
        limit,
        "--memory-limit",
        "512",
        "--out",
        out.to_str().unwrap(),
    ]
}

#[test]
fn what_hangs_or_eats_memory_under_attack_ends_the_program_as_a_failure() {
    inside();
    let name = "under_attack::what_hangs_or_eats_memory_under_attack_ends_the_program_as_a_failure";
    // On a busy machine eating takes its time: it must not be taken for hanging.
    for (then, limit, told) in [(Then::Hangs, "1", "it hangs: no end after"), (Then::Eats, "120", "it eats memory: ")] {
        for only in LIED_TO {
            let dir = tempfile::tempdir().unwrap();
            let output = apart(name, then, &certifying(only, limit, dir.path()));
            let err = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(i32::from(ExitCode::Fail.code())), "{then:?} {only}: {err}");
            assert!(err.contains(told) && err.contains(only), "{then:?} {only}: {err}");
            assert!(crate::is_unfinished(dir.path()));
        }
    }
}

/// The other commands end too.
#[test]
fn an_attack_or_a_search_that_hangs_ends_as_a_failure() {
    inside();
    let name = "under_attack::an_attack_or_a_search_that_hangs_ends_as_a_failure";
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("lie.json");
    let lie = r#"{"format": 1, "id": "lie", "title": "a lie", "does": "adds one", "parties": 2, "corrupt": [1],
        "rules": [{"on": {"message": "again"}, "do": [{"add": "1"}]}], "expect": {"check": "frame.shape"}}"#;
    std::fs::write(&file, lie).unwrap();
    let attack = ["attack", "fragile", "--seed", SEED, "--strategy", file.to_str().unwrap(), "--run-limit", "1"];
    let search = ["search", "fragile", "--n", "2", "--seed", SEED, "--silent", "--run-limit", "1"];
    for words in [&attack[..], &search] {
        let output = apart(name, Then::Hangs, words);
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(i32::from(ExitCode::Fail.code())), "{words:?}: {err}");
        assert!(err.contains("it hangs: no end after"), "{words:?}: {err}");
    }
}

/// Nothing inside a program can go on where there is no memory or no stack: it ends by a signal and says why.
#[test]
fn what_takes_all_memory_or_all_stack_at_once_ends_the_program() {
    inside();
    let name = "under_attack::what_takes_all_memory_or_all_stack_at_once_ends_the_program";
    for (then, told) in [(Then::Gulps, "memory allocation of"), (Then::Recurses, "overflowed its stack")] {
        let dir = tempfile::tempdir().unwrap();
        let output = apart(name, then, &certifying("fragile/2/sweep/1", "60", dir.path()));
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && err.contains(told), "{then:?}, {}: {err}", output.status);
        assert!(crate::is_unfinished(dir.path()));
    }
}

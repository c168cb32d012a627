//! Numbers and words that a forger may like and that whoever verifies knows better, the log and everything that is
//! counted from it in agreement: each of them alone is refused, or what rests on it is not shown.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use adversary::Verdict;
use quorate_certify::certificate::store::{self, Stored};
use quorate_certify::certificate::{Certificate, Log, derive::Derived, sign, strict};
use quorate_certify::evidence::Evidence;
use quorate_certify::evidence::coverage::Figure;
use quorate_certify::log::{self, Entry, Found, Unit};
use quorate_certify::plan::recount;
use spec::ExitCode;

use crate::forged::forged;
use crate::tampering::{changed, error, made, verified};
use crate::{SEED, TOYS, certify, run};

/// What is said where a line was run again.
const AGAIN: &str = "something else comes of a run again";

/// Changes the first line that can be changed so.
fn one(change: impl Fn(&mut Entry) -> bool) -> impl FnOnce(&mut Vec<Entry>) {
    move |entries| assert!(entries.iter_mut().any(change), "there is no such line")
}

fn refused(stored: &Stored, why: &str) {
    let found = error(stored, None);
    assert!(found.contains(why), "{why}: {found}");
}

/// The same report with another log, and everything that follows from it.
fn reforged(stored: &Stored, change: impl FnOnce(&mut Vec<Entry>)) -> Stored {
    let (mut certificate, mut entries) = (stored.certificate.clone(), stored.log.clone().unwrap());
    change(&mut entries);
    let lines = log::lines(&entries).unwrap();
    certificate.measured.log = Log { lines: lines.len() as u64, root: log::root(&lines) };
    certificate.measured.rows = recount(&certificate.measured.rows, &entries).unwrap();
    certificate.derived = Derived::from(&certificate.measured).unwrap();
    let text = strict::canonical(&certificate).unwrap();
    Stored { certificate, text, signature: None, log: Some(entries), page: None }
}

/// Writes a certificate and its log, without a page.
fn write(stored: &Stored, dir: &Path) {
    std::fs::remove_file(dir.join(store::PAGE)).unwrap();
    let text = [&strict::canonical(&stored.certificate).unwrap()[..], b"\n"].concat();
    std::fs::write(dir.join(store::CERTIFICATE), text).unwrap();
    let lines = log::lines(stored.log.as_ref().unwrap()).unwrap();
    std::fs::write(
        dir.join(store::LOG),
        lines.into_iter().flat_map(|l| [l, vec![b'\n']].concat()).collect::<Vec<u8>>(),
    )
    .unwrap();
}

#[test]
fn figures_of_coverage_are_those_that_there_are() {
    type Change = fn(&mut BTreeMap<String, Figure>, &mut u64);
    let refused = |change: Change, why: &str| {
        let covered = move |e: &mut Entry| match &mut e.found {
            Found::Covered { figures, runs, .. } => {
                change(figures, runs);
                true
            }
            _ => false,
        };
        refused(&forged(one(covered)), why);
    };
    let no_figure = "is no figure of coverage";
    refused(
        |figures, runs| {
            *figures = BTreeMap::from([("AC1".into(), Figure { what: "fields changed".into(), hit: 1, all: 1 })]);
            *runs = 0;
        },
        "are not those of 3 parties",
    );
    refused(|figures, _| figures.get_mut("AC2").unwrap().what = "everything there is".into(), no_figure);
    refused(
        |figures, _| drop(figures.insert("AC8".into(), Figure { what: "all attacks".into(), hit: 9, all: 9 })),
        no_figure,
    );
    refused(|figures, _| drop(figures.remove("AC2")), "do not fit together");
    refused(|figures, _| figures.get_mut("AC7").unwrap().all += 1, "are not those of 3 parties");
    refused(|figures, _| drop(figures.remove("AC5")), "are not those of 3 parties");
    refused(|_, runs| *runs = 1, "where its figures take");
    refused(|_, runs| *runs = 100_000, "at most");
    refused(|_, runs| *runs = strict::MOST, "no processor is so fast");
}

#[test]
fn a_property_is_of_what_was_planned_in_as_many_cases_as_it_has() {
    let with = |change: fn(&mut String, &mut u64)| {
        forged(one(move |e| match &mut e.found {
            Found::Looked { of, cases, .. } => {
                change(of, cases);
                true
            }
            _ => false,
        }))
    };
    refused(&with(|of, _| *of = "spdz among 5 parties over fr".into()), "is not where it was looked at");
    refused(&with(|_, cases| *cases = 10_000), "10000 cases are not those of traffic.shape");
    refused(&with(|_, cases| *cases = strict::MOST), "no processor is so fast");
    // One instance without a case is enough to show nothing, but where there may be none.
    let row = made().stored.certificate.measured.rows.iter().find_map(|row| match row {
        Evidence::Property(p) if p.property == "traffic.shape" && p.points.len() > 1 => Some(p),
        _ => None,
    });
    let mut row = row.unwrap().clone();
    assert_eq!(row.verdict(), Verdict::Pass);
    row.points[0].cases = 0;
    assert_eq!(row.verdict(), Verdict::Vacuous);
    row.property = "abort.privacy".into();
    assert_eq!((row.verdict(), row.may_lack_cases()), (Verdict::Pass, true));
    // None at all where there is something to compare is found out by looking.
    let nothing = |e: &mut Entry| match &mut e.found {
        Found::Looked { cases, .. } if e.row == "property abort.privacy/3" && *cases > 0 => {
            *cases = 0;
            true
        }
        _ => false,
    };
    refused(&forged(one(nothing)), AGAIN);
}

/// What is this project's own says of itself what this program does.
#[test]
fn properties_of_inputs_commitments_and_sessions_are_told_as_they_are() {
    for only in ["independence.", "terminality"] {
        let dir = tempfile::tempdir().unwrap();
        let (_, stored) = certify(&[], "spdz", &["--n", "2", "--only", only], dir.path());
        assert!(verified(&stored, None).is_ok(), "{only}: {:?}", verified(&stored, None).err());
        for k in 0..stored.log.as_ref().unwrap().len() {
            let other = |entries: &mut Vec<Entry>| {
                let Found::Looked { of, .. } = &mut entries[k].found else { panic!("another line") };
                of.push_str(" or so");
            };
            refused(&reforged(&stored, other), "is not where it was looked at");
        }
    }
}

#[test]
fn views_and_best_simulators_take_the_runs_that_there_are() {
    let compared = |change: fn([&mut u64; 4])| {
        forged(one(move |e| match &mut e.found {
            Found::Compared { inputs, pairs, runs, views, .. } => {
                change([inputs, pairs, runs, views]);
                true
            }
            _ => false,
        }))
    };
    refused(&compared(|[inputs, ..]| *inputs += 1), "are not all that there are");
    refused(&compared(|[_, pairs, ..]| *pairs -= 1), "look the same");
    refused(&compared(|[.., views]| *views = 0), "0 views of one input");
    refused(&compared(|[.., runs, views]| *views = *runs), "views of one input");
    refused(&compared(|[_, _, runs, _]| *runs += 1), AGAIN);
    let simulated = |change: fn(&mut u64, &mut u64)| {
        forged(one(move |e| match &mut e.found {
            Found::Simulated { runs, views, .. } => {
                change(runs, views);
                true
            }
            _ => false,
        }))
    };
    refused(&simulated(|runs, views| (*runs, *views) = (1, 0)), "0 views in 1 runs");
    refused(&simulated(|runs, views| *views = *runs + 1), "views in");
    // The first coalition follows the protocol.
    refused(&simulated(|runs, _| *runs -= 1), AGAIN);
    refused(&simulated(|runs, _| *runs += 1), AGAIN);
}

/// What takes no run, few runs, or one of very many, is run again.
#[test]
fn what_is_cheap_is_run_again() {
    let inputs = |e: &mut Entry| match &mut e.found {
        Found::Outputs { inputs, .. } => {
            *inputs = 1_000_000_000_000_000;
            true
        }
        _ => false,
    };
    refused(&forged(one(inputs)), AGAIN);
    // Nobody knows which of these are drawn, but not each of them had ended so.
    let silent = |entries: &mut Vec<Entry>| {
        for e in entries.iter_mut() {
            match (&e.unit, &mut e.found) {
                (Unit::Tamper { .. }, found) if *found != Found::Idle => *found = Found::GaveUp,
                (Unit::Attack { .. }, Found::Wrong(what)) => what.push_str(" or so"),
                _ => {}
            }
        }
    };
    refused(&forged(silent), AGAIN);
    let dir = tempfile::tempdir().unwrap();
    let (_, stored) = certify(&[], "online.output", &["--n", "2", "--only", "online.output/2/"], dir.path());
    let best = |told: u64, figure: &'static str| {
        reforged(
            &stored,
            one(move |e| match &mut e.found {
                Found::Counted { runs, value } => {
                    (*runs, *value) = (told, figure.into());
                    true
                }
                _ => false,
            }),
        )
    };
    let again =
        |stored: &Stored| verified(stored, None).unwrap().notes.iter().any(|n| n.contains("that were run again"));
    assert!(again(&reforged(&stored, |_| ())));
    refused(&best(1, "3/4"), "`3/4` cannot have been counted in 1 runs");
    refused(&best(3, "3/4"), AGAIN);
    // How many runs there were is the forger's word as well.
    refused(&best(1000, "1/2"), AGAIN);
}

#[test]
fn where_it_was_made_can_have_been_there() {
    type Change = fn(&mut Certificate);
    let no = |change: fn(&mut Certificate), why: &str| refused(&changed(change, true), why);
    no(|c| c.measured.environment.threads = 0, "0 processors");
    no(|c| c.measured.environment.milliseconds = 0, "took 0 ms");
    no(|c| c.measured.environment.finished = 0, "1970-01-01");
    no(|c| c.measured.seed.origin = "a fair die".into(), "its seed comes from `a fair die`");
    no(|c| c.measured.seed.root.make_ascii_uppercase(), "not written as it should be");
    no(|c| c.measured.asked.parties = vec![3; 60_000], "each of them once");
    no(|c| c.measured.asked.levels.push("A3C2".into()), "A3C2 is asked for twice");
    no(|c| c.derived.levels[0].missing.push("a reason".into()), "A1C2 is pass, but not for this reason: a reason");
    no(|c| c.derived.rows[0].id.push('x'), "where it tells of");
    let found = |change: fn(&mut Certificate)| {
        let stored = changed(change, true);
        let theirs = sign::public(&stored.signature.as_ref().unwrap().key).unwrap();
        verified(&stored, Some(&theirs)).unwrap()
    };
    let opens: [(Change, &str); 3] = [
        (|c| c.measured.program.flags = "--cfg skip_mac_check".into(), "compiler flags is `--cfg skip_mac_check`"),
        (|c| c.measured.program.profile = "release, opt-level 9".into(), "profile"),
        (|c| c.measured.environment.finished += 10 * 24 * 3600, "and here it is"),
    ];
    for (change, why) in opens {
        let found = found(change);
        assert!(matches!(&found.open[..], [one] if one.contains(why)), "{why}: {:?}", found.open);
        assert_eq!(found.verdict(), Verdict::Inconclusive);
    }
    // The same sources on another machine are the same program.
    let notes: [(Change, &str); 3] = [
        (|c| c.measured.program.binary = "0".repeat(64), "its hash of the program is `000"),
        (|c| c.measured.program.rustc = "rustc 1.0.0".into(), "its compiler is `rustc 1.0.0`"),
        (|c| c.measured.program.target = "wasm32-unknown-unknown".into(), "its target is `wasm32"),
    ];
    for (change, why) in notes {
        let found = found(change);
        assert!(found.open.is_empty() && found.notes.iter().any(|n| n.contains(why)), "{why}: {:?}", found.notes);
        assert_eq!(found.verdict(), Verdict::Pass);
    }
}

#[test]
fn digits_may_be_typed_in_either_case() {
    let dir = tempfile::tempdir().unwrap();
    let (key, report) = (dir.path().join("key"), dir.path().join("report"));
    sign::make(&key).unwrap();
    let only = ["--only", "toy.sum/3/outputs"];
    let (_, stored) = certify(TOYS, "toy.sum", &[&only[..], &["--sign", key.to_str().unwrap()]].concat(), &report);
    let seed = SEED.to_ascii_uppercase();
    let words = [&["toy.sum", "--tier", "quick", "--silent", "--seed", &seed][..], &only].concat();
    assert_eq!(run(TOYS, &words), ExitCode::Inconclusive);
    let verify = |key: &str| run(TOYS, &["verify", report.to_str().unwrap(), "--key", key]);
    let key = stored.signature.unwrap().key;
    assert_eq!([verify(&key), verify(&key.to_ascii_uppercase())], [ExitCode::Inconclusive; 2]);
    assert_eq!([verify(&"AB".repeat(32)), verify(&"AB".repeat(31))], [ExitCode::Data, ExitCode::Usage]);
}

/// Names are told as they are written, and steer nothing.
#[test]
fn a_report_of_somebody_else_neither_steers_a_terminal_nor_is_an_error_of_this_program() {
    let dir = tempfile::tempdir().unwrap();
    let (_, mut stored) = certify(TOYS, "toy.sum", &["--only", "toy.sum/3/outputs"], dir.path());
    stored.certificate.measured.protocol.name = "toy\u{1b}[2J\npass: spdz".into();
    stored.certificate.derived = Derived::from(&stored.certificate.measured).unwrap();
    write(&stored, dir.path());
    let report = dir.path().to_str().unwrap();
    for words in [&["verify", report][..], &["rerun", report], &["diff", report, report]] {
        let output = Command::new(env!("CARGO_BIN_EXE_quorate-certify")).args(words).output().unwrap();
        let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!told.contains('\u{1b}') && !told.contains("\npass: "), "{told:?}");
        assert!(words[0] == "diff" || told.contains("toy\\u{1b}[2J\\npass: spdz"), "{told}");
    }
    // Runs of another version, which this one does not know.
    let (_, stored) = certify(TOYS, "toy.sum", &["--only", "coverage/3"], dir.path());
    let mut other = reforged(
        &stored,
        one(|e| match &mut e.unit {
            Unit::Coverage { subject } => {
                *subject = "another".into();
                true
            }
            _ => false,
        }),
    );
    other.certificate.measured.program.sources = "0".repeat(64);
    write(&other, dir.path());
    assert_eq!(run(TOYS, &["rerun", report, "--sample", "100%", "--silent"]), ExitCode::Data);
}

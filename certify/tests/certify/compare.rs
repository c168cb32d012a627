//! What is told of two reports, and whether one was measured on the sources in a checkout.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use quorate_certify::certificate::store::{self, Stored};
use quorate_certify::certificate::{Certificate, derive::Derived, strict, tree};
use quorate_certify::commands::compare::differences;
use quorate_certify::evidence::{
    Evidence, attack, best, counted, coverage, honest, outputs, property, sampled, simulator, sweep, views, weakness,
};
use quorate_certify::registry::Registry;
use quorate_certify::verify::verify;
use quorate_certify::watchdog::Patience;
use spec::ExitCode;
use tempfile::TempDir;

use crate::{SEED, TOYS, certify, run};

/// The only row of a small report.
const ROW: &str = "toy.sum/3/outputs";

/// A small report in this directory.
fn small(dir: &Path) -> Stored {
    let (code, stored) = certify(TOYS, "toy.sum", &["--only", ROW], dir);
    assert_eq!(code, ExitCode::Inconclusive, "it is a part");
    let d = &stored.certificate.derived;
    assert_eq!((d.rows.len(), d.rows[0].verdict.as_str()), (1, "pass"));
    stored
}

fn small_certificate() -> Certificate {
    small(tempfile::tempdir().unwrap().path()).certificate
}

/// A report of this certificate alone.
fn written(c: &Certificate) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(store::CERTIFICATE), strict::canonical(c).unwrap()).unwrap();
    dir
}

/// How `diff` ends, and the cells of what it says.
fn diff(a: &Path, b: &Path) -> (Option<i32>, Vec<Vec<String>>) {
    let output = Command::new(env!("CARGO_BIN_EXE_quorate-certify")).arg("diff").arg(a).arg(b).output().unwrap();
    let cells = |line: &str| line.split("  ").map(str::trim).filter(|c| !c.is_empty()).map(String::from).collect();
    (output.status.code(), String::from_utf8(output.stdout).unwrap().lines().map(cells).collect())
}

/// How a process ends that ends so.
fn code(of: ExitCode) -> Option<i32> {
    Some(i32::from(of.code()))
}

/// What is told of the best simulator of a lie.
const LIE: &str = "simulator a/2: points, p 2 strategy lie puts_in 1, distance";

/// Rows before and after, and what must be told of each pair: everything else about them is the same.
fn changed_rows() -> Vec<(Evidence, Evidence, [&'static str; 3])> {
    let id = || "a/2".to_owned();
    let strings = |of: &[&str]| of.iter().map(ToString::to_string).collect::<Vec<_>>();
    let count = |measured: &str| {
        let (at, formula, expected) = ("p=3".into(), "(2p-1)/p^2".into(), "5/9".into());
        let points = vec![counted::Point { at, formula, runs: 9, measured: measured.into(), expected }];
        Evidence::Counted(counted::Row { id: id(), claim: "B1".into(), what: "a lie".into(), points })
    };
    let strongest = |best: &str| {
        let points = vec![best::Point { p: 3, runs: 9, best: best.into(), bound: "5/9".into() }];
        Evidence::Best(best::Row { id: id(), points, ..best::Row::default() })
    };
    let seen = |distance: &str| {
        let (field, corrupt, distance) = ("F3".into(), vec![0, 1], distance.into());
        let points =
            vec![views::Point { field, corrupt, inputs: 9, pairs: 9, runs: 9, views: 9, distance, between: None }];
        Evidence::Views(views::Row { id: id(), points, ..views::Row::default() })
    };
    let swept = |wrong: u64, unexplained: &[&str]| {
        let unexplained = strings(unexplained);
        Evidence::Sweep(sweep::Row { id: id(), wrong, unexplained, ..sweep::Row::default() })
    };
    let drawn = |hits| Evidence::Sampled(sampled::Row { id: id(), runs: 1000, hits, ..sampled::Row::default() });
    let attacked = |won: &[u64]| Evidence::Attack(attack::Row { id: id(), won: won.into(), ..attack::Row::default() });
    let simulated = |distance: Option<&str>| {
        let (distance, bound) = (distance.map(String::from), "0".to_owned());
        let (strategy, puts_in, proof) = ("lie".to_owned(), vec![1], None);
        let point = simulator::Point { p: 2, strategy, puts_in, runs: 9, views: 9, classes: 9, distance, bound, proof };
        Evidence::Simulator(simulator::Row { id: id(), points: vec![point], ..simulator::Row::default() })
    };
    let held = |violated| {
        let points = vec![property::Point { of: "a".into(), cases: 9, violated, figures: BTreeMap::new() }];
        Evidence::Property(property::Row { id: id(), points, ..property::Row::default() })
    };
    let examined = |found: &[&str]| {
        let (weakened, breaks) = (strings(found), strings(&["privacy"]));
        let (weakness, weakens) = ("mac.late".to_owned(), "the check".to_owned());
        let point =
            weakness::Point { weakness, weakens, breaks, shipped: vec![], weakened, by: vec![], measurements: 1 };
        Evidence::Weakness(weakness::Row { id: id(), points: vec![point], ..weakness::Row::default() })
    };
    let covered = |hits: [u64; 2]| {
        let point = |hit| {
            let figure = coverage::Figure { what: "frames".into(), hit, all: 3 };
            let figures = BTreeMap::from([("AC1".to_owned(), figure)]);
            coverage::Point { subject: "a".into(), runs: 9, wrong: 0, figures }
        };
        let points = hits.map(point).into();
        Evidence::Coverage(coverage::Row { id: id(), points, ..coverage::Row::default() })
    };
    let honest = |right| {
        let points = vec![honest::Point { field: "F3".into(), runs: 9, right }];
        Evidence::Honest(honest::Row { id: id(), points, ..honest::Row::default() })
    };
    let says = |distinct| {
        let points = vec![outputs::Point { field: "F3".into(), inputs: 9, distinct }];
        Evidence::Outputs(outputs::Row { id: id(), points, ..outputs::Row::default() })
    };
    vec![
        (count("5/9"), count("1/9"), ["counted a/2: points, p=3, measured", "5/9", "1/9"]),
        (strongest("5/9"), strongest("1/9"), ["best a/2: points, p 3, best", "5/9", "1/9"]),
        (seen("0"), seen("1/2"), ["views a/2: points, field F3 corrupt 0, 1, distance", "0", "1/2"]),
        (swept(0, &[]), swept(2, &[]), ["sweep a/2: wrong", "0", "2"]),
        (swept(0, &["a panic"]), swept(0, &[]), ["sweep a/2: unexplained", "a panic", "none"]),
        (drawn(3), drawn(4), ["sampled a/2: hits", "3", "4"]),
        (attacked(&[]), attacked(&[0, 7]), ["attack a/2: won", "none", "0, 7"]),
        (simulated(Some("0")), simulated(Some("1/2")), [LIE, "0", "1/2"]),
        (simulated(Some("0")), simulated(None), [LIE, "0", "none"]),
        (held(0), held(1), ["property a/2: points, a, violated", "0", "1"]),
        (examined(&["privacy"]), examined(&[]), ["weakness a/2: points, mac.late, weakened", "privacy", "none"]),
        (covered([3, 2]), covered([3, 0]), ["coverage a/2: points, a, figures, AC1, hit", "3, 2", "3, 0"]),
        (honest(9), honest(0), ["honest a/2: points, field F3, right", "9", "0"]),
        (says(2), says(1), ["outputs a/2: points, field F3, distinct", "2", "1"]),
    ]
}

/// The verdict is left as it was, so what is told is told of the counts.
#[test]
fn whatever_a_row_measures_is_told() {
    let mut c = small_certificate();
    let mut with = |row: Evidence| {
        c.measured.rows = vec![row];
        c.clone()
    };
    for (before, after, row) in changed_rows() {
        let (before, after) = (with(before), with(after));
        assert_eq!(differences(&before, &after), [row]);
        assert_eq!(differences(&after, &before), [[row[0], row[2], row[1]]]);
        assert!(differences(&before, &before).is_empty() && differences(&after, &after).is_empty(), "{row:?}");
    }
}

#[test]
fn programs_questions_and_verdicts_are_told_and_times_and_machines_are_not() {
    type Place = fn(&mut Certificate) -> &mut String;
    let places: [(&str, Place); 14] = [
        ("hash of sources", |c| &mut c.measured.program.sources),
        ("hash of lock file", |c| &mut c.measured.program.lock),
        ("hash of specification", |c| &mut c.measured.program.spec),
        ("hash of binary", |c| &mut c.measured.program.binary),
        ("version", |c| &mut c.measured.program.version),
        ("compiler", |c| &mut c.measured.program.rustc),
        ("flags", |c| &mut c.measured.program.flags),
        ("profile", |c| &mut c.measured.program.profile),
        ("target", |c| &mut c.measured.program.target),
        ("asked: tier", |c| &mut c.measured.asked.tier),
        ("promise: name", |c| &mut c.measured.protocol.name),
        ("verdict", |c| &mut c.derived.verdict),
        ("verdict on level A1C2", |c| &mut c.derived.levels[0].verdict),
        ("verdict on outputs toy.sum/3/outputs", |c| &mut c.derived.rows[0].verdict),
    ];
    let c = small_certificate();
    for (what, place) in places {
        let mut other = c.clone();
        let was = std::mem::replace(place(&mut other), "another".into());
        assert_eq!(differences(&c, &other), [[what, was.as_str(), "another"]]);
    }
    let mut other = c.clone();
    other.derived.sole_causes.hit += 1;
    assert_eq!(differences(&c, &other), [["AC4", "0 of 3", "1 of 3"]]);
    let mut other = c.clone();
    other.measured.rows.clear();
    let row = "verdict on outputs toy.sum/3/outputs";
    assert_eq!(differences(&c, &other), [[row, "pass", "-"]]);
    assert_eq!(differences(&other, &c), [[row, "-", "pass"]]);
    let mut other = c.clone();
    let here = &mut other.measured.environment;
    (here.processor, here.system, here.threads) = ("another".into(), "another".into(), here.threads + 1);
    (here.finished, here.milliseconds) = (here.finished + 1, here.milliseconds + 1);
    assert!(differences(&c, &other).is_empty());
}

/// What got worse is a failure, what got better is not, and neither is what is no verdict.
#[test]
fn diff_fails_where_a_verdict_is_worse_than_it_was() {
    let c = small_certificate();
    let change = |change: fn(&mut Certificate)| {
        let mut other = c.clone();
        change(&mut other);
        other.derived = Derived::from(&other.measured).unwrap();
        written(&other)
    };
    let (row, head) = ("verdict on outputs toy.sum/3/outputs", ["what", "before", "after"]);
    let before = written(&c);
    let same = change(|c| c.measured.environment.finished += 1);
    let fails = change(|c| {
        let Evidence::Outputs(row) = &mut c.measured.rows[0] else { panic!("another row") };
        row.points[0].distinct = 9;
    });
    let gone = change(|c| c.measured.rows.clear());
    let deeper = change(|c| c.measured.asked.tier = "deep".into());
    let weaker = change(|c| c.measured.protocol.checks[0].bound = "1".into());
    let of = |a: &TempDir, b: &TempDir| diff(a.path(), b.path());
    let said = |table: &[[&str; 3]]| table.iter().map(|row| row.map(String::from).to_vec()).collect::<Vec<_>>();
    let nothing = vec![vec!["nothing that was measured differs".to_owned()]];
    assert_eq!(of(&before, &same), (code(ExitCode::Pass), nothing));
    let distinct = "outputs toy.sum/3/outputs: points, field F2, distinct";
    let worse = [
        ["verdict", "inconclusive", "fail"],
        ["verdict on level A1C2", "inconclusive", "fail"],
        ["verdict on level A3C2", "inconclusive", "fail"],
        [row, "pass", "fail"],
        [distinct, "2", "9"],
    ];
    assert_eq!(of(&before, &fails), (code(ExitCode::Fail), said(&[&[head][..], &worse].concat())));
    let better = worse.map(|[what, before, after]| [what, after, before]);
    assert_eq!(of(&fails, &before), (code(ExitCode::Pass), said(&[&[head][..], &better].concat())));
    assert_eq!(of(&before, &gone), (code(ExitCode::Fail), said(&[head, [row, "pass", "-"]])));
    assert_eq!(of(&gone, &before), (code(ExitCode::Pass), said(&[head, [row, "-", "pass"]])));
    // A row that is new and fails.
    let new = [worse[0], worse[1], worse[2], [row, "-", "fail"]];
    assert_eq!(of(&gone, &fails), (code(ExitCode::Fail), said(&[&[head][..], &new].concat())));
    assert_eq!(of(&before, &deeper), (code(ExitCode::Pass), said(&[head, ["asked: tier", "quick", "deep"]])));
    let (_, told) = of(&before, &weaker);
    assert_eq!(told[1][0], "promise: checks, frame.shape, bound");
    assert_eq!(diff(before.path(), &before.path().join("none")).0, code(ExitCode::Storage));
    // Verdicts that do not follow from the counts tell nothing, whatever they are compared with.
    let mut forged = c.clone();
    forged.derived.rows[0].verdict = "fail".into();
    let forged = written(&forged);
    for (a, b) in [(&forged, &before), (&before, &forged), (&forged, &forged)] {
        assert_eq!(of(a, b), (code(ExitCode::Data), Vec::new()));
    }
}

/// Any fact of any row is one, also one that nobody has thought of, and long ones are told by their hash.
#[test]
fn what_is_long_or_has_the_name_of_something_else_is_told_too() {
    let mut c = small_certificate();
    let mut with = |texts: &[String]| {
        let unexplained = texts.to_vec();
        c.measured.rows = vec![Evidence::Sweep(sweep::Row { id: "a/2".into(), unexplained, ..sweep::Row::default() })];
        c.clone()
    };
    let [a, b] = ["a", "b"].map(|end| with(&["x".repeat(1000), end.to_owned()]));
    let told = differences(&a, &b);
    assert_eq!((told.len(), told[0][0].as_str()), (1, "sweep a/2: unexplained"));
    assert!(told[0][1].starts_with("xxx") && told[0][1].contains("1003 bytes") && told[0][1] != told[0][2]);
}

#[test]
fn reports_of_other_questions_differ_in_what_was_asked_and_those_of_other_seeds_in_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let place = |name: &str| dir.path().join(name);
    let (small, of) = (small(&place("small")).certificate, |name: &str| store::certificate(&place(name)).unwrap());
    let asked = |name: &str, words: [&str; 3]| {
        let [tier, seed, only] = words;
        let out = place(name);
        let words = ["toy.sum", "--tier", tier, "--seed", seed, "--only", only, "--silent", "--out"];
        assert_eq!(run(TOYS, &[&words[..], &[out.to_str().unwrap()]].concat()), ExitCode::Inconclusive);
        of(name)
    };
    let reseeded = asked("reseeded", ["quick", &"ab".repeat(32), ROW]);
    assert_ne!(reseeded.measured.seed, small.measured.seed);
    assert!(differences(&small, &reseeded).is_empty());
    let longer = asked("longer", ["standard", SEED, ROW]);
    assert_eq!(differences(&small, &longer), [["asked: tier", "quick", "standard"]]);
    let rows = [
        ["asked: only", ROW, "toy.sum/3/honest"],
        ["verdict on honest toy.sum/3/honest", "-", "pass"],
        ["verdict on outputs toy.sum/3/outputs", "pass", "-"],
    ];
    assert_eq!(differences(&small, &asked("other", ["quick", SEED, "toy.sum/3/honest"])), rows);
    let ends = ["reseeded", "longer", "other"].map(|name| diff(&place("small"), &place(name)).0);
    assert_eq!(ends, [ExitCode::Pass, ExitCode::Pass, ExitCode::Fail].map(code));
}

/// The checkout that this program was built from.
fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Copies what is hashed of a checkout and nothing else.
fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        std::fs::copy(from, to).unwrap();
        return;
    }
    std::fs::create_dir(to).unwrap();
    for name in std::fs::read_dir(from).unwrap().map(|e| e.unwrap().file_name()) {
        if !name.to_string_lossy().starts_with('.') && name != "target" {
            copy(&from.join(&name), &to.join(&name));
        }
    }
}

/// What is said of a report and a checkout.
fn against(stored: &Stored, sources: &Path) -> Result<Vec<String>, String> {
    let registry = Registry::new(TOYS).unwrap();
    verify(stored, &registry, None, Some(sources), Patience::default()).map(|found| found.notes)
}

#[test]
fn the_checkout_that_was_measured_is_told_from_others() {
    let dir = tempfile::tempdir().unwrap();
    let report = dir.path().join("report");
    let stored = small(&report);
    let believed = |stored: &Stored, sources: &Path| {
        let (notes, note) =
            (against(stored, sources).unwrap(), format!("measured on the sources in {}", sources.display()));
        assert!(notes.contains(&note), "{note}: {notes:#?}");
    };
    let refused = |stored: &Stored, sources: &Path| {
        let (why, told) = (against(stored, sources).unwrap_err(), format!("other sources than {}", sources.display()));
        assert!(why.contains(&told), "{told}: {why}");
    };
    let (here, there) = (checkout(), dir.path().join("copy"));
    believed(&stored, &here);
    std::fs::create_dir(&there).unwrap();
    for place in tree::MEASURED {
        copy(&here.join(place), &there.join(place));
    }
    // Wherever it lies, and whatever was built or kept beside it.
    std::fs::create_dir(there.join("certify/target")).unwrap();
    for beside in ["certify/target/built", "certify/.kept", "README.md"] {
        std::fs::write(there.join(beside), "anything").unwrap();
    }
    believed(&stored, &there);
    // One byte.
    let file = there.join("field/src/lib.rs");
    let source = std::fs::read(&file).unwrap();
    let mut other = source.clone();
    other[0] ^= 1;
    std::fs::write(&file, &other).unwrap();
    refused(&stored, &there);
    // It is the certificate that says what was measured, and not this program.
    let mut certificate = stored.certificate.clone();
    certificate.measured.program.sources = tree::hash(&there, tree::MEASURED).unwrap();
    let theirs = Stored { certificate, text: Vec::new(), signature: None, log: None, page: None };
    believed(&theirs, &there);
    refused(&theirs, &here);
    // One more file, and one of another name.
    std::fs::write(&file, &source).unwrap();
    believed(&stored, &there);
    std::fs::write(there.join("field/src/more.rs"), "").unwrap();
    refused(&stored, &there);
    std::fs::remove_file(there.join("field/src/more.rs")).unwrap();
    std::fs::rename(&file, there.join("field/src/library.rs")).unwrap();
    refused(&stored, &there);
    // None at all.
    assert!(against(&stored, &report).unwrap_err().starts_with(&format!("{}: ", report.display())));
    // The same on the command line.
    let ends =
        |sources: &Path| run(TOYS, &["verify", report.to_str().unwrap(), "--sources", sources.to_str().unwrap()]);
    let expected = (ExitCode::Inconclusive, ExitCode::Data, ExitCode::Storage);
    assert_eq!((ends(&here), ends(&there), ends(&report)), expected);
    assert_eq!(ends(&dir.path().join("nowhere")), ExitCode::Storage);
}

//! What an interrupted certification leaves, and who goes on with it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
#[cfg(unix)]
use std::process::Command;

use quorate_certify::certificate::provenance::Seed;
use quorate_certify::certificate::{sign, store::Stored};
use quorate_certify::log::{Entry, Found};
use quorate_certify::unfinished::{Begun, FILE, Unfinished};
use spec::ExitCode;

use crate::{SEED, TOYS, certify, run};

/// A row of the toy crate, and another.
const SOME: [&str; 2] = ["--only", "toy.sum/3/honest"];
const OTHER: [&str; 2] = ["--only", "toy.sum/3/outputs"];

/// What was begun where this certificate was made, but for the seed.
fn begun(whole: &Stored, seed: Seed) -> Begun {
    let m = whole.certificate.measured.clone();
    Begun::here(&m.protocol.name, m.asked, m.program, m.environment, seed)
}

/// Leaves what is left when it is interrupted after these lines.
fn interrupted(dir: &Path, whole: &Stored, lines: &[Entry]) {
    let kept = Unfinished::begin(dir, None, &begun(whole, whole.certificate.measured.seed.clone()));
    lines.iter().for_each(|e| kept.keep(&e.row, &e.unit, &e.found));
    assert!(kept.is_kept());
}

/// What is said of what is left there.
fn told(dir: &Path, whole: &Stored) -> String {
    Unfinished::left(dir, Some(SEED.parse().unwrap()), None, |seed| begun(whole, seed)).err().unwrap_or_default()
}

fn log(stored: &Stored) -> &[Entry] {
    stored.log.as_deref().unwrap()
}

#[test]
fn what_was_found_is_used_and_the_rest_is_as_if_nothing_had_happened() {
    let [at_once, later, marked] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let (end, whole) = certify(TOYS, "toy.sum", &SOME, at_once.path());
    assert!(log(&whole).len() > 4 && !at_once.path().join(FILE).exists());
    let half = log(&whole).len() / 2;
    // Units end in another order than they begin, on several processors.
    let mut lines = log(&whole)[..half].to_vec();
    lines.reverse();
    interrupted(later.path(), &whole, &lines);
    // The last line is half there, as when the machine stops.
    OpenOptions::new().append(true).open(later.path().join(FILE)).unwrap().write_all(b"{\"done\":{\"fo").unwrap();
    let (end_later, stored) = certify(TOYS, "toy.sum", &SOME, later.path());
    assert_eq!((end_later, log(&stored)), (end, log(&whole)));
    assert_eq!(stored.certificate.measured.log, whole.certificate.measured.log);
    assert!(!later.path().join(FILE).exists());
    // Nothing of it is run again: something else that is said to have been found is still there in the end.
    let mut lines = log(&whole)[..half].to_vec();
    let mark = Found::Unexplained("as it was kept".into());
    lines[1].found = mark.clone();
    interrupted(marked.path(), &whole, &lines);
    let file = marked.path().join(FILE);
    let text = fs::read_to_string(&file).unwrap();
    let hour = text.replacen("\"milliseconds\":", "\"milliseconds\":360000", half);
    fs::write(&file, &hour).unwrap();
    let (end_marked, stored) = certify(TOYS, "toy.sum", &SOME, marked.path());
    assert_eq!((end_marked, &log(&stored)[1].found), (ExitCode::Fail, &mark));
    // The time before counts.
    assert!(stored.certificate.measured.environment.milliseconds >= 3_600_000);
}

#[test]
fn another_certification_is_neither_gone_on_with_nor_lost() {
    let dir = tempfile::tempdir().unwrap();
    let (_, whole) = certify(TOYS, "toy.sum", &SOME, dir.path());
    interrupted(dir.path(), &whole, &log(&whole)[..2]);
    let file = dir.path().join(FILE);
    let left = fs::read(&file).unwrap();
    let end = |name: &str, seed: &str, more: &[&str]| {
        let out = dir.path().to_str().unwrap();
        let words = [&[name, "--tier", "quick", "--seed", seed, "--silent", "--out", out], more].concat();
        let end = run(TOYS, &words);
        assert!(end == ExitCode::Pass || end == ExitCode::Inconclusive || fs::read(&file).unwrap() == left);
        end
    };
    assert_eq!(end("toy.sum", SEED, &OTHER), ExitCode::Storage);
    assert_eq!(end("toy.sum", &SEED.replace('5', "6"), &SOME), ExitCode::Storage);
    assert_eq!(end("toy.sum", SEED, &[&SOME[..], &["--claim", "A1C2"]].concat()), ExitCode::Storage);
    let refused = |change: &dyn Fn(&mut Begun), says: &str| {
        let of = |seed| {
            let mut other = begun(&whole, seed);
            change(&mut other);
            other
        };
        let told = Unfinished::left(dir.path(), Some(SEED.parse().unwrap()), None, of).err().unwrap_or_default();
        assert!(told.contains(&format!("another certification was begun here and has not ended ({says}")), "{told}");
        assert!(told.contains(FILE), "{told}");
    };
    refused(&|b| b.protocol.push('x'), "it is of `toy.sum`)");
    refused(&|b| b.asked.parties.clear(), "it asks for something else, at the quick tier)");
    refused(&|b| b.program.binary.clear(), "it is of another build)");
    refused(&|b| b.system.push('x'), "it is on another machine (");
    refused(&|b| b.processor.push('x'), "it is on another machine (");
    refused(&|b| b.features.clear(), "it is on another machine (");
    refused(&|b| b.threads += 1, "it is on ");
    refused(&|b| b.seed.root = "00".repeat(32), &format!("its seed is {SEED}, given)"));
    assert_eq!(told(dir.path(), &whole), "");
    // Who asks for no seed does not go on with one that somebody gave.
    let any = |seed: &Seed| {
        let dir = tempfile::tempdir().unwrap();
        drop(Unfinished::begin(dir.path(), None, &begun(&whole, seed.clone())));
        Unfinished::left(dir.path(), None, None, |seed| begun(&whole, seed)).is_ok_and(|left| left.is_some())
    };
    let root = SEED.parse().unwrap();
    assert_eq!([any(&Seed::given(root)), any(&Seed::of_system(root))], [false, true]);
    // A program that cannot read itself could be any.
    let unread = |seed| {
        let mut begun = begun(&whole, seed);
        begun.program.binary.clear();
        begun
    };
    let other = tempfile::tempdir().unwrap();
    drop(Unfinished::begin(other.path(), None, &unread(Seed::given(root))));
    assert!(Unfinished::left(other.path(), Some(root), None, unread).is_err_and(|e| e.contains("another build")));
    assert_ne!(end("toy.sum", SEED, &SOME), ExitCode::Storage);
    assert!(!file.exists());
    assert_ne!(end("toy.sum", SEED, &OTHER), ExitCode::Storage);
}

#[test]
fn what_cannot_be_read_is_told_and_stays() {
    let dir = tempfile::tempdir().unwrap();
    let (_, whole) = certify(TOYS, "toy.sum", &SOME, dir.path());
    let file = dir.path().join(FILE);
    interrupted(dir.path(), &whole, &log(&whole)[..2]);
    let right = fs::read(&file).unwrap();
    let lines: Vec<&[u8]> = right.split_inclusive(|b| *b == b'\n').collect();
    let spoilt = [
        (b"{}\n".to_vec(), "line 1: "),
        ([&b"x"[..], &right].concat(), "line 1: "),
        ([lines[0], b"\0\0\0\n", lines[1]].concat(), "line 2: "),
        ([lines[0], lines[0]].concat(), "line 2: "),
        ([&right[..], b"\n"].concat(), "line 4: "),
        (String::from_utf8_lossy(&right).replacen("\"right\"", "{\"error\":\"x\"}", 1).into_bytes(), "is not kept"),
        (
            String::from_utf8_lossy(&right).replacen("seconds\":", "seconds\":9000000000000", 1).into_bytes(),
            "it took 9",
        ),
    ];
    for (bytes, at) in spoilt {
        fs::write(&file, &bytes).unwrap();
        let told = told(dir.path(), &whole);
        assert!(told.contains(at) && told.contains("remove it to begin anew") && told.contains(FILE), "{told}");
        assert!(fs::read(&file).unwrap() == bytes);
    }
    // It ended before its first line was there: nothing is lost.
    for bytes in [&b""[..], &lines[0][..9]] {
        fs::write(&file, bytes).unwrap();
        assert_ne!(certify(TOYS, "toy.sum", &SOME, dir.path()).0, ExitCode::Storage);
        assert!(!file.exists());
    }
    fs::create_dir(&file).unwrap();
    let words = ["toy.sum", "--tier", "quick", "--silent", "--out", dir.path().to_str().unwrap()];
    assert_eq!(run(TOYS, &words), ExitCode::Storage);
}

/// What is signed was found by the signer's own program.
#[test]
fn lines_of_others_are_not_signed() {
    let dir = tempfile::tempdir().unwrap();
    let [mine, theirs] = ["mine", "theirs"].map(|name| {
        let file = dir.path().join(name);
        sign::make(&file).unwrap();
        sign::private(&file).unwrap()
    });
    let (_, whole) = certify(TOYS, "toy.sum", &SOME, &dir.path().join("report"));
    let root = SEED.parse().unwrap();
    let left = |by: Option<&_>, for_whom: Option<&_>, change: &dyn Fn(String) -> String| {
        let dir = tempfile::tempdir().unwrap();
        let kept = Unfinished::begin(dir.path(), by, &begun(&whole, Seed::given(root)));
        log(&whole)[..3].iter().for_each(|e| kept.keep(&e.row, &e.unit, &e.found));
        let file = dir.path().join(FILE);
        fs::write(&file, change(fs::read_to_string(&file).unwrap())).unwrap();
        let left = Unfinished::left(dir.path(), Some(root), for_whom, |seed| begun(&whole, seed));
        left.map(|left| left.is_some())
    };
    let (same, refused) = (|text| text, "line 2: it was not found for the one who is to sign now");
    for for_whom in [None, Some(&mine)] {
        assert_eq!(left(Some(&mine), for_whom, &same), Ok(true));
    }
    for by in [None, Some(&theirs)] {
        assert!(left(by, Some(&mine), &same).is_err_and(|e| e.contains(refused)));
    }
    let later = |text: String| text.replacen("\"milliseconds\":", "\"milliseconds\":1", 1);
    let another = |text: String| text.replacen("\"right\"", "\"idle\"", 1);
    for change in [&later as &dyn Fn(String) -> String, &another] {
        assert_eq!(left(None, None, change), Ok(true));
        assert!(left(Some(&mine), Some(&mine), change).is_err_and(|e| e.contains(refused)));
    }
    // Lines of one certification are not those of another.
    let moved = |text: String| text.replacen(SEED, &"00".repeat(32), 1);
    assert!(left(Some(&mine), Some(&mine), &moved).is_err());
}

/// A disk that is full after some lines: what was found before is there for whoever makes room.
#[cfg(unix)]
#[test]
fn a_disk_that_fills_up_ends_nothing_and_what_is_kept_is_gone_on_with() {
    let dir = tempfile::tempdir().unwrap();
    let small = ["online.output", "--tier", "quick", "--n", "2", "--seed", SEED, "--only", "online.output/2/"];
    let limited = |blocks: &str| {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_quorate-certify")]).args(small);
        let output = command.arg("--out").arg(dir.path()).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (end, told) = limited("8");
    assert_eq!(end, Some(i32::from(ExitCode::Storage.code())), "{told}");
    assert_eq!(told.matches("an interruption will lose what is found from here on").count(), 1, "{told}");
    assert!(told.contains("only shown, not written") && told.contains("the same command again"), "{told}");
    let (end, told) = limited("unlimited");
    assert!(told.contains("going on where it ended, after ") && !told.contains("after 0 lines"), "{told}");
    assert_ne!(end, Some(i32::from(ExitCode::Storage.code())), "{told}");
    assert!(!dir.path().join(FILE).exists());
}

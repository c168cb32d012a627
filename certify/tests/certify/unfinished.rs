//! What an interrupted certification leaves, and who goes on with it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
#[cfg(unix)]
use std::process::Command;

use ed25519_dalek::SigningKey;
use quorate_certify::certificate::provenance::Seed;
use quorate_certify::certificate::sign;
use quorate_certify::certificate::store::{self, Stored};
use quorate_certify::log::{Entry, Found};
use quorate_certify::unfinished::{Begun, FILE, Unfinished};
use spec::ExitCode;

use crate::{SEED, TOYS, certify, run};

/// A row of the toy crate, and another.
const SOME: [&str; 2] = ["--only", "toy.sum/3/honest"];
const OTHER: [&str; 2] = ["--only", "toy.sum/3/outputs"];

/// What was begun where this certificate was made, but for the seed, and whose key is to sign it.
fn begun(whole: &Stored, seed: Seed) -> Begun {
    signed(whole, seed, None)
}

fn signed(whole: &Stored, seed: Seed, signer: Option<&SigningKey>) -> Begun {
    let m = whole.certificate.measured.clone();
    Begun::here(&m.protocol.name, m.asked, m.program, m.environment, seed, signer)
}

/// Leaves what is left when it is interrupted after these lines.
fn interrupted(dir: &Path, whole: &Stored, lines: &[Entry]) {
    let kept = Unfinished::begin(dir, None, begun(whole, whole.certificate.measured.seed.clone()));
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
    let [report, dir] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (_, whole) = certify(TOYS, "toy.sum", &SOME, report.path());
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
        assert!(told.contains(&format!("another certification was begun here and has not ended: {says}")), "{told}");
        assert!(told.contains(FILE), "{told}");
    };
    refused(&|b| b.protocol.push('x'), "it is of `toy.sum`;");
    refused(
        &|b| b.asked.parties.clear(),
        "it was begun with --claim A1C2,A3C2 --n 3 --tier quick --only toy.sum/3/honest;",
    );
    refused(&|b| b.program.binary.clear(), "it is of another build;");
    refused(&|b| b.signer.push('x'), "it is not to be signed;");
    refused(&|b| b.system.push('x'), "it is on another machine (");
    refused(&|b| b.processor.push('x'), "it is on another machine (");
    refused(&|b| b.features.clear(), "it is on another machine (");
    refused(&|b| b.threads += 1, "it is on ");
    refused(&|b| b.seed.root = "00".repeat(32), &format!("it was begun with --seed {SEED};"));
    refused(&|b| b.seed.origin = "operating system".into(), &format!("its seed {SEED} comes from the given: "));
    assert_eq!(told(dir.path(), &whole), "");
    // Who asks for no seed does not go on with one that somebody gave.
    let any = |seed: &Seed| {
        let dir = tempfile::tempdir().unwrap();
        drop(Unfinished::begin(dir.path(), None, begun(&whole, seed.clone())));
        Unfinished::left(dir.path(), None, None, |seed| begun(&whole, seed)).is_ok_and(|left| left.is_some())
    };
    let root = SEED.parse().unwrap();
    assert_eq!([any(&Seed::given(root)), any(&Seed::of_system(root))], [false, true]);
    assert_ne!(end("toy.sum", SEED, &SOME), ExitCode::Storage);
    assert!(!file.exists());
    assert_ne!(end("toy.sum", SEED, &OTHER), ExitCode::Storage);
}

#[test]
fn what_cannot_be_read_is_told_and_stays() {
    let [report, dir] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (_, whole) = certify(TOYS, "toy.sum", &SOME, report.path());
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
    for bytes in [&b""[..], &lines[0][..9], &lines[0][..99]] {
        fs::write(&file, bytes).unwrap();
        assert_ne!(certify(TOYS, "toy.sum", &SOME, dir.path()).0, ExitCode::Storage);
        assert!(!file.exists());
    }
    // What it did not write is not removed.
    fs::write(&file, "somebody's notes").unwrap();
    assert!(told(dir.path(), &whole).ends_with("it is none: remove it to begin anew") && file.exists());
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let words = ["toy.sum", "--tier", "quick", "--silent", "--out", dir.path().to_str().unwrap()];
    assert_eq!(run(TOYS, &words), ExitCode::Storage);
}

/// What is signed was chosen and found by the signer's own program.
#[test]
fn what_others_wrote_is_not_signed() {
    let dir = tempfile::tempdir().unwrap();
    let [mine, theirs] = ["mine", "theirs"].map(|name| {
        let file = dir.path().join(name);
        sign::make(&file).unwrap();
        sign::private(&file).unwrap()
    });
    let (_, whole) = certify(TOYS, "toy.sum", &SOME, &dir.path().join("report"));
    let (root, other) = (SEED.parse().unwrap(), "13".repeat(32));
    let left = |by: Option<&SigningKey>, me: Option<&SigningKey>, seed, change: &dyn Fn(String) -> String| {
        let dir = tempfile::tempdir().unwrap();
        let kept = Unfinished::begin(dir.path(), by, signed(&whole, Seed::of_system(root), by));
        log(&whole)[..3].iter().for_each(|e| kept.keep(&e.row, &e.unit, &e.found));
        let file = dir.path().join(FILE);
        fs::write(&file, change(fs::read_to_string(&file).unwrap())).unwrap();
        let left = Unfinished::left(dir.path(), seed, me, |seed| signed(&whole, seed, me));
        left.map_or_else(|e| e, |left| if left.is_some() { "gone on".into() } else { "nothing left".into() })
    };
    let same = |text| text;
    assert_eq!(left(None, None, None, &same), "gone on");
    assert_eq!(left(Some(&mine), Some(&mine), None, &same), "gone on");
    for (by, me, told) in [
        (Some(&mine), None, "it is to be signed by "),
        (Some(&theirs), Some(&mine), "it is to be signed by "),
        (None, Some(&mine), "it is not to be signed"),
    ] {
        assert!(left(by, me, None, &same).contains(told), "{told}");
    }
    let later = |text: String| text.replacen("\"milliseconds\":", "\"milliseconds\":1", 1);
    let another = |text: String| text.replacen("\"right\"", "\"idle\"", 1);
    for change in [&later as &dyn Fn(String) -> String, &another] {
        assert_eq!(left(None, None, None, change), "gone on");
        let told = left(Some(&mine), Some(&mine), None, change);
        assert!(told.contains("line 2: it was not written for the one who is to sign now"), "{told}");
    }
    // Nor does anybody choose the coins for somebody else.
    let seed = |text: String| text.replacen(SEED, &other, 1);
    assert_eq!(left(None, None, None, &seed), "gone on");
    let key = sign::public(&hex(&mine)).unwrap();
    assert_eq!(key, mine.verifying_key().to_bytes());
    let planted = |text: String| seed(text).replacen("\"signer\":\"\"", &format!("\"signer\":\"{}\"", hex(&mine)), 1);
    for (by, change) in [(Some(&mine), &seed as &dyn Fn(String) -> String), (None, &planted)] {
        let told = left(by, Some(&mine), None, change);
        assert!(told.contains("line 1: it was not written for the one who is to sign now"), "{told}");
    }
}

/// A public key as it is written.
fn hex(key: &SigningKey) -> String {
    key.verifying_key().as_bytes().iter().map(|b| format!("{b:02x}")).collect()
}

/// Nothing is read, cut or written through a link, whoever looked at the name before.
#[cfg(unix)]
#[test]
fn a_link_is_not_followed_and_a_report_that_has_not_ended_says_so() {
    let [report, dir] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (_, whole) = certify(TOYS, "toy.sum", &SOME, report.path());
    interrupted(dir.path(), &whole, &log(&whole)[..2]);
    assert!(store::certificate(dir.path()).is_err_and(|e| e.to_string().contains("has not ended")));
    let (file, theirs) = (dir.path().join(FILE), dir.path().join("theirs"));
    OpenOptions::new().append(true).open(&file).unwrap().write_all(b"half").unwrap();
    fs::rename(&file, &theirs).unwrap();
    std::os::unix::fs::symlink(&theirs, &file).unwrap();
    let before = fs::read(&theirs).unwrap();
    assert!(told(dir.path(), &whole).contains("it is no plain file"));
    assert!(fs::read(&theirs).unwrap() == before);
}

/// The process was ended between its last two steps.
#[test]
fn what_has_its_certificate_is_ended() {
    let dir = tempfile::tempdir().unwrap();
    let (_, whole) = certify(TOYS, "toy.sum", &SOME, dir.path());
    interrupted(dir.path(), &whole, log(&whole));
    let again = Unfinished::left(dir.path(), Some(SEED.parse().unwrap()), None, |seed| begun(&whole, seed));
    assert!(again.is_ok_and(|left| left.is_none()) && !dir.path().join(FILE).exists());
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

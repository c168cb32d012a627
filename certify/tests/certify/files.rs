//! What is written where: reports whole or not at all, keys never over others, and messages that nobody can hear.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Output};

use quorate_certify::certificate::{sign, store};
use spec::ExitCode;

use crate::{SEED, TOYS, certify, run};

/// The program of this project.
const PROGRAM: &str = env!("CARGO_BIN_EXE_quorate-certify");
/// The smallest certificate of it.
const SMALL: [&str; 9] =
    ["online.output", "--tier", "quick", "--n", "2", "--seed", SEED, "--only", "online.output/2/outputs"];
/// The smallest of the toy crate.
const TOY: [&str; 2] = ["--only", "toy.sum/3/outputs"];
/// The files of a signed report.
const ALL: [&str; 4] = [store::CERTIFICATE, store::LOG, store::PAGE, store::SIGNATURE];

/// What lies in a directory.
fn files(dir: &Path) -> BTreeMap<OsString, Vec<u8>> {
    let all = std::fs::read_dir(dir).unwrap().map(|f| f.unwrap());
    all.map(|f| (f.file_name(), std::fs::read(f.path()).unwrap())).collect()
}

/// The names of what lies in a directory, whatever it is.
fn names(dir: &Path) -> Vec<OsString> {
    std::fs::read_dir(dir).unwrap().map(|f| f.unwrap().file_name()).collect()
}

/// How it ended, what it printed and what it told.
fn ended(output: &Output) -> (Option<i32>, String, String) {
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    (output.status.code(), out, err)
}

fn code(code: ExitCode) -> Option<i32> {
    Some(i32::from(code.code()))
}

/// A limit on the size of files stands for a disk without room.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_old_report_and_what_was_found_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let (key, old, new) = (dir.path().join("key"), dir.path().join("old"), dir.path().join("new"));
    sign::make(&key).unwrap();
    let signed = ["--n", "2", SMALL[7], SMALL[8], "--sign", key.to_str().unwrap()];
    certify(&[], "online.output", &signed, &old);
    let before = files(&old);
    assert_eq!(before.keys().collect::<Vec<_>>(), [store::PAGE, store::CERTIFICATE, store::SIGNATURE, store::LOG]);
    let full = |out: &Path| {
        let script = "trap '' XFSZ; ulimit -f 1; exec \"$@\"";
        let mut limited = Command::new("sh");
        limited.args(["-c", script, "sh", PROGRAM]).args(SMALL).arg("--out").arg(out);
        ended(&limited.output().unwrap())
    };
    for out in [&old, &new] {
        let (end, shown, told) = full(out);
        assert_eq!(end, code(ExitCode::Storage), "{told}");
        assert!(shown.contains(SEED), "{shown}");
        assert!(told.contains(out.to_str().unwrap()) && told.contains("only shown, not written"), "{told}");
    }
    assert!(files(&old) == before && files(&new).is_empty());
    // One with less in it takes its place as a whole.
    certify(&[], "online.output", &signed[..4], &old);
    assert_eq!(files(&old).keys().collect::<Vec<_>>(), [store::PAGE, store::CERTIFICATE, store::LOG]);
}

#[cfg(unix)]
#[test]
fn a_place_that_is_of_no_use_is_told_before_anything_is_run() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |out: &Path, at: &Path| {
        let (end, shown, told) = ended(&Command::new(PROGRAM).args(SMALL).arg("--out").arg(out).output().unwrap());
        assert_eq!((end, shown.as_str()), (code(ExitCode::Storage), ""), "{told}");
        assert!(told.contains(at.to_str().unwrap()) && told.contains("--out"), "{told}");
        assert!(!told.contains(SEED), "{told}");
    };
    for name in ALL {
        let out = dir.path().join(format!("of {name}"));
        std::fs::create_dir_all(out.join(name)).unwrap();
        refused(&out, &out.join(name));
    }
    let out = dir.path().join("linked");
    std::fs::create_dir(&out).unwrap();
    std::os::unix::fs::symlink(dir.path().join("elsewhere"), out.join(store::LOG)).unwrap();
    refused(&out, &out.join(store::LOG));
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    refused(&file, &file);
    refused(&file.join("in it"), &file);
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_links_and_a_report_is_as_readable_as_any_file() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let (theirs, out) = (dir.path().join("theirs"), dir.path().join("report"));
    std::fs::write(&theirs, "theirs").unwrap();
    std::fs::create_dir(&out).unwrap();
    for name in ALL {
        std::os::unix::fs::symlink(&theirs, out.join(format!(".{name}.part"))).unwrap();
    }
    let (_, stored) = certify(TOYS, "toy.sum", &TOY, &out);
    assert!(stored.log.is_some() && stored.page.is_some());
    assert_eq!(std::fs::read_to_string(&theirs).unwrap(), "theirs");
    let mode = |path: &Path| std::fs::symlink_metadata(path).unwrap().permissions().mode();
    for name in [store::CERTIFICATE, store::LOG, store::PAGE] {
        assert_eq!(mode(&out.join(name)), mode(&theirs), "{name}");
    }
}

#[test]
fn two_at_a_time_do_not_write_to_one_directory() {
    let dir = tempfile::tempdir().unwrap();
    let words = [&["toy.sum", "--tier", "quick", "--silent", "--out", dir.path().to_str().unwrap()], &TOY[..]].concat();
    let place = store::Place::take(dir.path()).unwrap();
    let told = store::Place::take(dir.path()).err().unwrap();
    assert!(told.contains("another process") && told.contains(dir.path().to_str().unwrap()), "{told}");
    assert_eq!(run(TOYS, &words), ExitCode::Storage);
    assert!(files(dir.path()).is_empty());
    drop(place);
    assert_ne!(run(TOYS, &words), ExitCode::Storage);
    assert_eq!(files(dir.path()).len(), 3);
}

#[cfg(unix)]
#[test]
fn keys_are_never_written_over_others_and_never_half_there() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let key = |name: &str| run(TOYS, &["key", at(name).to_str().unwrap()]);
    let text = |name: &str| std::fs::read_to_string(at(name)).unwrap();
    // A public one is there; a link to it; one that leads nowhere.
    std::fs::write(at("a.pub"), "theirs").unwrap();
    std::os::unix::fs::symlink(at("a.pub"), at("b.pub")).unwrap();
    std::os::unix::fs::symlink(at("nowhere"), at("c.pub")).unwrap();
    for name in ["a", "b", "c"] {
        assert_eq!(key(name), ExitCode::Storage, "{name}");
        assert!(!at(name).exists(), "{name}");
    }
    assert!(text("a.pub") == "theirs" && !at("nowhere").exists());
    // A private one is there.
    std::fs::write(at("d"), "mine").unwrap();
    assert_eq!(key("d"), ExitCode::Storage);
    assert!(text("d") == "mine" && !at("d.pub").exists());
    assert_eq!(key("e"), ExitCode::Pass);
    assert!(sign::private(&at("e")).is_ok() && sign::public(text("e.pub").trim()).is_ok());
}

#[cfg(target_os = "linux")]
#[test]
fn a_key_goes_by_its_name_whatever_bytes_that_has() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().unwrap();
    let [private, public] = [&b"k\xff"[..], &b"k\xff.pub"[..]].map(|name| dir.path().join(OsStr::from_bytes(name)));
    assert_eq!(sign::make(&private).as_ref(), Ok(&public));
    assert!(private.exists() && public.exists());
}

/// A key without end, one that waits for a writer, and a directory: the report is not even read.
#[cfg(target_os = "linux")]
#[test]
fn what_is_no_file_is_no_key() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    assert!(Command::new("mkfifo").args(["-m", "600"]).arg(&pipe).status().unwrap().success());
    for key in ["/dev/zero", pipe.to_str().unwrap(), dir.path().to_str().unwrap()] {
        assert_eq!(run(TOYS, &["verify", "no report", "--key", key]), ExitCode::Usage, "{key}");
        assert_eq!(run(TOYS, &["toy.sum", "--sign", key, "--out", dir.path().to_str().unwrap()]), ExitCode::Storage);
    }
    assert_eq!(names(dir.path()), [pipe.file_name().unwrap()]);
}

#[test]
fn a_plan_is_not_signed() {
    assert_eq!(run(TOYS, &["toy.sum", "--plan", "--sign", "key"]), ExitCode::Usage);
    assert_eq!(run(TOYS, &["toy.sum", "--sign", "key"]), ExitCode::Usage);
}

/// Whoever ends it, it says so; what must outlive its terminal does.
#[cfg(target_os = "linux")]
#[test]
fn it_is_ended_with_a_word_and_not_by_what_is_ignored() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::Stdio;
    let begun = |script: &str, signal: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh", PROGRAM, "spdz", "--tier", "deep"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        err.read_line(&mut line).unwrap();
        assert!(line.starts_with("seed "), "{line}");
        assert!(Command::new("kill").arg(signal).arg(child.id().to_string()).status().unwrap().success());
        (child, err)
    };
    for signal in ["-TERM", "-HUP"] {
        let (mut child, mut err) = begun("exec \"$@\"", signal);
        let mut told = String::new();
        err.read_to_string(&mut told).unwrap();
        assert_eq!(child.wait().unwrap().code(), code(ExitCode::Inconclusive), "{signal}: {told}");
        assert!(told.contains("interrupted before its end: nothing was decided"), "{signal}: {told}");
    }
    let (mut child, _err) = begun("trap '' HUP; exec \"$@\"", "-HUP");
    std::thread::sleep(std::time::Duration::from_millis(300));
    let end = child.try_wait().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(end, None);
}

/// Standard error on a disk without room.
#[cfg(target_os = "linux")]
#[test]
fn what_nobody_can_hear_changes_no_end() {
    let end = |more: &[&str]| {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (end, shown, _) = ended(&Command::new(PROGRAM).args(SMALL).args(more).stderr(full).output().unwrap());
        (end, shown.contains(SEED))
    };
    assert_eq!(end(&[]), (code(ExitCode::Inconclusive), true));
    assert_eq!(end(&["--out", "/dev/null/report"]), (code(ExitCode::Storage), false));
    assert_eq!(end(&["--memory-limit", "1"]), (code(ExitCode::Fail), false));
    // Where it is heard, it also says how to play it again.
    let heard = Command::new(PROGRAM).args(SMALL).args(["--silent", "--memory-limit", "1"]).output().unwrap();
    let (end, _, told) = ended(&heard);
    assert!(told.contains("it eats memory") && told.contains(&format!("seed {SEED}")), "{told}");
    assert_eq!(end, code(ExitCode::Fail));
}

//! The command line itself: help, usage, keys, outputs that cannot be written, the certifier beside it.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use spec::ExitCode;

use crate::setting::{QUORATE, Setting};

fn quorate(arguments: &[&str]) -> Output {
    Command::new(QUORATE).args(arguments).output().unwrap()
}

fn code(output: &Output) -> Option<i32> {
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(!err.contains("panicked"), "{err}");
    output.status.code()
}

fn is(code: ExitCode) -> Option<i32> {
    Some(i32::from(code.code()))
}

#[test]
fn help_of_every_command() {
    let help = quorate(&["--help"]);
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(help.status.success() && text.contains("Examples:") && text.contains("Exit codes:"), "{text}");
    for command in ["run", "party", "keygen", "doctor", "bench"] {
        assert!(text.contains(&format!("  {command} ")), "{command} is not in the help");
        let help = quorate(&[command, "--help"]);
        let text = String::from_utf8(help.stdout).unwrap();
        assert!(help.status.success() && text.contains("Example") && text.contains("Usage: quorate"), "{text}");
    }
    assert!(quorate(&["--version"]).status.success());
}

#[test]
fn a_wrong_command_line() {
    let no_figure = ["bench", "triples", "--count", "0"];
    let too_much = ["bench", "online", "--count", "99999999999"];
    for wrong in [
        &[][..],
        &["compute"],
        &["run"],
        &["run", "a", "b"],
        &["party", "task.toml"],
        &["keygen", "x", "--days", "0"],
        &no_figure,
        &too_much,
    ] {
        let output = quorate(wrong);
        assert_eq!(code(&output), is(ExitCode::Usage), "{wrong:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{wrong:?}");
    }
}

/// What stops a measurement ends it with its own code, whether it is found before the parties start or by one of them.
#[test]
fn a_measurement_whose_ledger_cannot_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("P1");
    fs::write(&file, "a file").unwrap();
    for (ledger, path) in [("/proc/x", "/proc/x"), (dir.path().to_str().unwrap(), file.to_str().unwrap())] {
        let output = quorate(&["bench", "triples", "--count", "1", "--repeat", "1", "--plain", "--ledger", ledger]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(code(&output), is(ExitCode::Storage), "{told}");
        assert!(told.contains(path) && output.stdout.is_empty(), "{told}");
    }
}

#[test]
fn a_key_is_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let name = dir.path().join("bank");
    let make = || quorate(&["keygen", name.to_str().unwrap()]);
    let first = make();
    assert_eq!(code(&first), Some(0));
    let printed = String::from_utf8(first.stdout).unwrap();
    assert!(printed.len() == 65 && printed.trim().bytes().all(|b| b.is_ascii_hexdigit()), "{printed}");
    let key = dir.path().join("bank.key");
    let before = fs::read(&key).unwrap();
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let second = make();
    assert_eq!(code(&second), is(ExitCode::Storage));
    assert!(String::from_utf8_lossy(&second.stderr).contains("bank.key"));
    assert_eq!(fs::read(&key).unwrap(), before);
    let nowhere = dir.path().join("missing/bank");
    assert_eq!(code(&quorate(&["keygen", nowhere.to_str().unwrap()])), is(ExitCode::Storage));
}

#[test]
fn an_output_that_cannot_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let output = Command::new(QUORATE).arg("keygen").arg(dir.path().join("a")).stdout(full()).output().unwrap();
    assert_eq!(code(&output), is(ExitCode::Storage));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output"));
    let output = Command::new(QUORATE).arg("keygen").arg("/missing/a").stderr(full()).output().unwrap();
    assert_eq!(code(&output), is(ExitCode::Storage));
    // A reader that has gone.
    let setting = Setting::new(2);
    let script = format!("'{QUORATE}' run '{}' | true; exit ${{PIPESTATUS[0]}}", setting.task().display());
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    assert_eq!(code(&output), is(ExitCode::Storage), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_certifier_is_a_program_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let alone = dir.path().join("quorate");
    if fs::hard_link(QUORATE, &alone).is_err() {
        fs::copy(QUORATE, &alone).unwrap();
    }
    let output = Command::new(&alone).args(["certify", "spdz"]).env("PATH", dir.path()).output().unwrap();
    assert_eq!(code(&output), is(ExitCode::Unavailable));
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("quorate-certify is not to be found") && err.contains("cargo build"), "{err}");
    // One that is there gets the arguments, and its exit code is ours.
    let certifier = dir.path().join("quorate-certify");
    fs::write(&certifier, "#!/bin/sh\necho \"$@\"\nexit 3\n").unwrap();
    fs::set_permissions(&certifier, fs::Permissions::from_mode(0o700)).unwrap();
    let output = Command::new(&alone).args(["certify", "spdz", "--json", "--help"]).output().unwrap();
    assert_eq!((code(&output), &output.stdout[..]), (Some(3), &b"spdz --json --help\n"[..]));
}

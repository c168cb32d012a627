//! The certifier, certified: what it says of right and broken protocols, and what it says of changed certificates.

mod again;
mod certifier;
mod command_line;
mod compare;
mod counts;
mod files;
mod foreign;
mod forged;
mod formats;
mod held;
mod hostile;
mod hostile_strategies;
mod report;
mod strategies;
mod tampering;
mod under_attack;
mod unfinished;
mod within;

/// The crate of `examples/toy`, as it stands there.
#[path = "../../../examples/toy/src/lib.rs"]
mod toy;

use std::ffi::OsString;
use std::path::Path;

use adversary::DynSubject;
use quorate_certify::certificate::Certificate;
use quorate_certify::certificate::store::{self, Stored};
use quorate_certify::unfinished::FILE;
use quorate_certify::watchdog::Patience;
use spec::ExitCode;

/// The seed of all tests.
const SEED: &str = "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed";

/// The protocols of the toy crate.
const TOYS: &[&dyn DynSubject] = &[&toy::RIGHT, &toy::UNMASKED, &toy::UNCHECKED];

/// Runs the program with these protocols.
fn run(subjects: &[&dyn DynSubject], words: &[&str]) -> ExitCode {
    quorate_certify::run(subjects, std::iter::once("quorate-certify").chain(words.iter().copied()).map(OsString::from))
}

/// Whether that is all there is in a directory: what was found before it ended, and no certificate.
fn is_unfinished(dir: &Path) -> bool {
    std::fs::read_dir(dir).unwrap().map(|f| f.unwrap().file_name()).eq([OsString::from(FILE)])
}

/// Certifies at the quick tier into a directory.
fn certify(subjects: &[&dyn DynSubject], name: &str, more: &[&str], dir: &Path) -> (ExitCode, Stored) {
    let out = dir.to_str().unwrap();
    let words = [&[name, "--tier", "quick", "--seed", SEED, "--silent", "--out", out], more].concat();
    let code = run(subjects, &words);
    (code, store::read(dir, Patience::default()).unwrap())
}

/// The verdict on a level.
fn level<'a>(c: &'a Certificate, level: &str) -> &'a str {
    let found = c.derived.levels.iter().find(|l| l.level == level);
    found.map_or("not there", |l| &l.verdict)
}

//! Certificates of other formats: nothing is said of one but which format it has and which one is known.

use std::fs;
use std::process::Command;

use quorate_certify::certificate::{FORMAT, store, strict};
use serde_json::Value;
use spec::ExitCode;

use crate::{TOYS, certify};

/// How the program ends, and what it says on standard output and standard error.
fn said(words: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_quorate-certify")).args(words).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    (output.status.code(), out, err)
}

/// Also where both are of the same one: what its words mean is not known.
#[test]
fn of_another_format_only_its_name_is_told_and_the_one_that_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let place = |name: String| dir.path().join(name).to_str().unwrap().to_owned();
    let known = place("known".into());
    let (_, stored) = certify(TOYS, "toy.sum", &["--only", "toy.sum/3/outputs"], known.as_ref());
    let (code, out, err) = said(&["diff", &known, &known]);
    assert_eq!(code, Some(0), "{out}{err}");
    for (version, format) in ["quorate-certificate/1", "quorate-certificate/1000"].into_iter().enumerate() {
        // The same under another name; with a line that has no meaning here; with a field that there is none of here.
        let mut same: Value = serde_json::from_slice(&stored.text).unwrap();
        same["format"] = format.into();
        let mut unlike = same.clone();
        unlike["measured"]["weather"] = "fine".into();
        for (shape, (certificate, log)) in [(&same, ""), (&same, "{}\n"), (&unlike, "")].into_iter().enumerate() {
            let other = place(format!("{version}, {shape}"));
            fs::create_dir(&other).unwrap();
            let write = |name: &str, text: &[u8]| fs::write(format!("{other}/{name}"), text).unwrap();
            write(store::CERTIFICATE, &strict::canonical(certificate).unwrap());
            write(store::LOG, log.as_bytes());
            let (known, other) = (known.as_str(), other.as_str());
            let diffs = [["diff", known, other], ["diff", other, known], ["diff", other, other]];
            let others = [["verify", other], ["rerun", other]];
            for words in diffs.iter().map(|w| &w[..]).chain(others.iter().map(|w| &w[..])) {
                let (code, out, err) = said(words);
                let refused = (code, out.as_str()) == (Some(i32::from(ExitCode::Data.code())), "");
                assert!(refused, "{words:?}: {code:?}, {out}{err}");
                let names = [format, FORMAT].map(|name| format!("`{name}`"));
                assert!(names.iter().all(|name| err.contains(name)), "{words:?}: {err}");
            }
        }
    }
}

//! What is said of changed certificates: never that they pass.

use std::path::Path;
use std::sync::OnceLock;

use adversary::Verdict;
use proptest::prelude::*;
use quorate_certify::certificate::store::{self, Stored};
use quorate_certify::certificate::{Certificate, derive::Derived, sign, strict};
use quorate_certify::evidence::Evidence;
use quorate_certify::registry::Registry;
use quorate_certify::verify::{Verified, verify};
use quorate_certify::watchdog::Patience;
use serde_json::Value;
use spec::ExitCode;

use crate::{TOYS, certify, run};

/// A certificate of the toy sum, signed, made once.
pub(crate) struct Made {
    dir: tempfile::TempDir,
    pub(crate) stored: Stored,
    key: [u8; 32],
}

pub(crate) fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("key");
        let public = sign::make(&key).unwrap();
        let report = dir.path().join("report");
        let (code, stored) = certify(TOYS, "toy.sum", &["--sign", key.to_str().unwrap()], &report);
        assert_eq!(code, ExitCode::Pass);
        let key = sign::public(public.to_str().unwrap()).unwrap();
        Made { dir, stored, key }
    })
}

pub(crate) fn verified(stored: &Stored, key: Option<&[u8; 32]>) -> Result<Verified, String> {
    verify(stored, &Registry::new(TOYS).unwrap(), key, None, Patience::default())
}

/// A changed certificate, with the old signature or signed again by somebody else.
pub(crate) fn changed(change: impl FnOnce(&mut Certificate), sign_again: bool) -> Stored {
    let Made { dir, stored, .. } = made();
    let mut certificate = stored.certificate.clone();
    change(&mut certificate);
    let text = strict::canonical(&certificate).unwrap();
    let other = dir.path().join(format!("other{}", blake3_name(&text)));
    let signature = if sign_again {
        sign::make(&other).unwrap();
        Some(sign::sign(&text, &sign::private(&other).unwrap()))
    } else {
        stored.signature.clone()
    };
    Stored { certificate, text, signature, log: stored.log.clone(), page: None }
}

fn blake3_name(text: &[u8]) -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", text.len(), NEXT.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn error(stored: &Stored, key: Option<&[u8; 32]>) -> String {
    verified(stored, key).err().unwrap_or_else(|| panic!("it was believed"))
}

#[test]
fn what_was_made_is_believed() {
    let Made { stored, key, dir } = made();
    let found = verified(stored, Some(key)).unwrap();
    assert_eq!((found.verdict(), found.open.len()), (Verdict::Pass, 0), "{:?}", found.open);
    assert!(found.notes.iter().any(|n| n.contains("the expected key")));
    assert!(found.notes.iter().any(|n| n.contains("the page shows")));
    let (report, public) = (dir.path().join("report"), dir.path().join("key.pub"));
    let [report, public] = [&report, &public].map(|path| path.to_str().unwrap());
    assert_eq!(run(TOYS, &["verify", report, "--key", public]), ExitCode::Pass);
    assert_eq!(run(TOYS, &["verify", report]), ExitCode::Inconclusive);
}

/// Nothing is wrong with it, but something has to be taken on trust.
#[test]
fn what_is_taken_on_trust_does_not_pass() {
    let Made { stored, key, .. } = made();
    let open = |stored: &Stored, key: Option<&[u8; 32]>, why: &str| {
        let found = verified(stored, key).unwrap();
        assert_eq!((found.derived, found.verdict()), (Verdict::Pass, Verdict::Inconclusive), "{why}");
        assert!(matches!(&found.open[..], [one] if one.contains(why)), "{why}: {:?}", found.open);
    };
    open(stored, None, "say with --key");
    let unsigned = Stored { signature: None, ..changed(|_| (), false) };
    open(&unsigned, None, "NOT SIGNED");
    assert!(error(&unsigned, Some(key)).contains("not signed"));
    open(&Stored { log: None, ..changed(|_| (), false) }, Some(key), "is not there");
    // Of a forger nothing passes, whatever there is to recompute, and whatever it says of the program that measured.
    let forgeries: [fn(&mut Certificate); 5] = [
        |_| (),
        |c| c.measured.program.sources = "0".repeat(64),
        |c| c.measured.program.lock = "0".repeat(64),
        |c| c.measured.program.spec = "0".repeat(64),
        |c| c.measured.program.binary = "0".repeat(64),
    ];
    for (k, forge) in forgeries.into_iter().enumerate() {
        let forged = changed(forge, true);
        for log in [None, forged.log.clone()] {
            let found = verified(&Stored { log, ..changed(forge, true) }, None).unwrap();
            assert_eq!(found.verdict(), Verdict::Inconclusive, "{k}");
        }
    }
    let unknown = verified(&changed(|c| c.measured.protocol.name = "toy.other".into(), true), None).unwrap();
    assert!(!unknown.planned && unknown.verdict() == Verdict::Inconclusive);
    assert!(unknown.open.iter().any(|why| why.contains("does not know `toy.other`")), "{:?}", unknown.open);
    // A number of parties that nobody has is no reason to count up to it, also where nothing is known of the protocol.
    let promised = |c: &mut Certificate| {
        (c.measured.protocol.name, c.measured.protocol.parties) = ("toy.other".into(), [2, (1 << 53) - 1]);
    };
    assert!(error(&changed(promised, true), None).contains("do not follow"));
    // Whose it is comes first: a stranger's certificate costs nothing.
    assert!(error(&changed(promised, false), None).contains("the signature is of another certificate"));
    assert!(error(&changed(promised, true), Some(key)).contains("not by the expected key"));
    // What another version has written is not compared.
    let older = Stored { page: Some(Vec::new()), ..changed(|c| c.measured.program.sources = "0".repeat(64), true) };
    let theirs = sign::public(&older.signature.as_ref().unwrap().key).unwrap();
    let found = verified(&older, Some(&theirs)).unwrap();
    assert_eq!((found.derived, found.verdict(), found.planned), (Verdict::Pass, Verdict::Inconclusive, false));
    for (open, why) in found.open.iter().zip(["another version measured it", "written by another version"]) {
        assert!(open.contains(why), "{open}");
    }
    assert_eq!(found.open.len(), 2);
    // Another list of dependencies under the same sources is said even where the signature is believed.
    let signed_by_them = changed(|c| c.measured.program.lock = "0".repeat(64), true);
    let theirs = sign::public(&signed_by_them.signature.as_ref().unwrap().key).unwrap();
    open(&signed_by_them, Some(&theirs), "list of dependencies");
}

/// A page that says something else than the certificate beside it.
#[test]
fn a_changed_page_is_refused() {
    let Made { stored, key, .. } = made();
    let page = String::from_utf8(stored.page.clone().unwrap()).unwrap();
    assert!(page.contains("<title>"));
    let with = |page: String| Stored { page: Some(page.into_bytes()), ..changed(|_| (), false) };
    assert!(verified(&with(page.clone()), Some(key)).is_ok());
    assert!(error(&with(page.replacen("pass", "pass ", 1)), Some(key)).contains("it was changed"));
}

fn attack(c: &mut Certificate) -> &mut quorate_certify::evidence::attack::Row {
    let rows = c.measured.rows.iter_mut();
    rows.filter_map(|r| if let Evidence::Attack(a) = r { Some(a) } else { None }).next().unwrap()
}

#[test]
fn every_change_breaks_the_signature() {
    let changes: [fn(&mut Certificate); 6] = [
        |c| attack(c).runs += 1,
        |c| drop(c.measured.rows.pop()),
        |c| c.measured.program.sources.replace_range(0..1, "x"),
        |c| c.derived.verdict = "fail".into(),
        |c| c.measured.log.lines += 1,
        |c| c.measured.environment.finished += 1,
    ];
    for (k, change) in changes.into_iter().enumerate() {
        error(&changed(change, false), None);
        // Signed again by somebody else: not by whom it must be.
        let again = error(&changed(change, true), Some(&made().key));
        assert!(k < 5 || again.contains("not by the expected key"), "{again}");
    }
    let other_signature = changed(|c| c.measured.environment.finished += 1, true).signature;
    let Made { stored, .. } = made();
    let mixed = Stored {
        signature: other_signature,
        certificate: stored.certificate.clone(),
        text: stored.text.clone(),
        log: None,
        page: None,
    };
    assert!(error(&mixed, None).contains("another certificate"));
}

#[test]
fn an_inconsistent_certificate_is_refused_whoever_signs_it() {
    let refused = |change: fn(&mut Certificate), why: &str| {
        let found = error(&changed(change, true), None);
        assert!(found.contains(why), "{why}: {found}");
    };
    refused(|c| attack(c).runs += 1, "do not follow from its counts");
    refused(|c| c.derived.verdict = "inconclusive".into(), "the verdict is pass, not inconclusive");
    refused(|c| c.derived.levels[0].verdict = "fail".into(), "A1C2 is pass, not fail");
    refused(|c| c.derived.standards[0].rests_on.push("sampled *".into()), "it rests on");
    refused(|c| c.derived.sole_causes.hit += 1, "are the only cause of a rejection, not ");
    refused(|c| drop(c.measured.rows.pop()), "rows where the question has");
    refused(|c| attack(c).stopped_by = Some("mac.check".into()), "does not say of itself what this program does");
    refused(|c| drop(c.measured.protocol.checks.pop()), "does not promise");
    refused(|c| c.measured.log.root = "0".repeat(64), "not the one that the certificate was made from");
    refused(|c| c.measured.log.root = "0".repeat(63), "no hash");
    refused(|c| c.measured.seed.root = "0".repeat(63), "64 hexadecimal digits");
    refused(|c| c.format = "quorate-certificate/2".into(), "its format");
    // Counts that would still pass, and conclusions drawn from them: the log knows better.
    let more = |c: &mut Certificate| {
        for row in &mut c.measured.rows {
            if let Evidence::Honest(h) = row {
                (h.points[0].runs, h.points[0].right) = (1_000_000, 1_000_000);
            }
        }
        c.derived = Derived::from(&c.measured).unwrap();
    };
    refused(more, "does not have the counts of the log");
    // A distance that is no probability, a formula that nobody knows.
    let views = |c: &mut Certificate, d: &str| {
        for row in &mut c.measured.rows {
            if let Evidence::Views(v) = row {
                v.points[0].distance = d.into();
            }
        }
        c.derived = Derived::from(&c.measured).unwrap();
    };
    for wrong in ["3/2", "0/1", "-1", "NaN", "2/4", ""] {
        error(&changed(|c| views(c, wrong), true), None);
    }
}

#[test]
fn a_log_that_was_changed_is_refused() {
    let Made { stored, key, .. } = made();
    let log = stored.log.clone().unwrap();
    let with = |log| Stored { log: Some(log), ..changed(|_| (), false) };
    assert!(verified(&with(log.clone()), Some(key)).is_ok());
    let mut other = log.clone();
    other.swap(0, 1);
    assert!(error(&with(other), Some(key)).contains("log"));
    assert!(error(&with(log[1..].to_vec()), Some(key)).contains("log"));
}

#[test]
fn a_part_of_it_runs_again_as_it_did() {
    let report = made().dir.path().join("report");
    let report = report.to_str().unwrap();
    assert_eq!(run(TOYS, &["rerun", report, "--sample", "20%", "--silent"]), ExitCode::Pass);
    assert_eq!(run(TOYS, &["rerun", report, "--sample", "0%", "--silent"]), ExitCode::Usage);
    assert_eq!(run(TOYS, &["diff", report, report]), ExitCode::Pass);
}

/// The program in a process of its own: how it ends, and what it says.
fn apart(words: &[&str]) -> (Option<i32>, String, String) {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_quorate-certify"));
    let output = program.args(words).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    (output.status.code(), out, err)
}

/// What ran again as it did is not enough where nobody knows which runs there had to be.
#[test]
fn of_another_version_running_again_is_inconclusive() {
    let dir = tempfile::tempdir().unwrap();
    let (_, mut stored) = certify(&[], "online.output", &["--n", "2"], dir.path());
    let rerun = || apart(&["rerun", dir.path().to_str().unwrap(), "--sample", "5%", "--silent"]);
    let unknown = "which runs there had to be is not known here";
    let (_, out, err) = rerun();
    assert!(out.contains("units ran again as the log says") && !out.contains(unknown), "{out}{err}");
    stored.certificate.measured.program.sources = "0".repeat(64);
    let text = [strict::canonical(&stored.certificate).unwrap(), b"\n".to_vec()].concat();
    std::fs::write(dir.path().join(store::CERTIFICATE), text).unwrap();
    let (code, out, err) = rerun();
    assert_eq!(code, Some(i32::from(ExitCode::Inconclusive.code())), "{err}");
    assert!(out.contains(unknown), "{out}{err}");
}

/// Whoever measures, verifies or runs again, has the same limits. A process of its own: the program ends there.
#[test]
fn limits_are_those_of_measuring_when_it_is_verified_and_run_again() {
    let dir = tempfile::tempdir().unwrap();
    let report = dir.path().to_str().unwrap();
    let part = ["--n", "2", "--only", "online.output/2/simulator"];
    let (code, _) = certify(&[], "spdz", &part, dir.path());
    assert_eq!(code, ExitCode::Inconclusive);
    for command in ["verify", "rerun"] {
        let (inconclusive, _, err) = apart(&[command, report]);
        assert_eq!(inconclusive, Some(i32::from(ExitCode::Inconclusive.code())), "{command}: {err}");
        let (fail, _, err) = apart(&[command, report, "--memory-limit", "1"]);
        assert_eq!(fail, Some(i32::from(ExitCode::Fail.code())), "{command}: {err}");
        assert!(err.contains("it eats memory"), "{command}: {err}");
    }
}

/// Reads and verifies a certificate from these bytes, beside the signature that was made.
fn read(bytes: &[u8]) -> Result<Verified, String> {
    let Made { stored, key, .. } = made();
    let certificate: Certificate = strict::read(bytes).map_err(|e| e.to_string())?;
    let (signature, log) = (stored.signature.clone(), stored.log.clone());
    verified(&Stored { certificate, text: bytes.to_vec(), signature, log, page: None }, Some(key))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_byte_can_be_changed(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut bytes = made().stored.text.clone();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(read(&bytes).is_err());
    }

    /// Any value of the JSON becomes another one, and whoever does it signs again: either it is refused, or it says
    /// nothing better than before about rows that this program knows.
    #[test]
    fn no_value_can_be_changed(at in any::<prop::sample::Index>(), sign_again in any::<bool>()) {
        let mut value: Value = serde_json::from_slice(&made().stored.text).unwrap();
        let mut places = Vec::new();
        leaves(&value, &mut String::new(), &mut places);
        let place = &places[at.index(places.len())];
        let leaf = value.pointer_mut(place).unwrap();
        *leaf = match &*leaf {
            Value::Number(n) => (n.as_u64().unwrap_or(0) + 1).into(),
            Value::String(s) => format!("{s}0").into(),
            Value::Bool(b) => (!*b).into(),
            _ => "0".into(),
        };
        let bytes = strict::canonical(&value).unwrap();
        prop_assert!(read(&bytes).is_err(), "{place}");
        if sign_again && let Ok(certificate) = strict::read::<Certificate>(&bytes) {
            let again = changed(|c| *c = certificate, true);
            if let Ok(found) = verified(&again, None) {
                prop_assert!(found.verdict() != Verdict::Pass, "{place}");
                // Where it was made and what it was made from is what the signer says.
                let free = ["/measured/program/", "/measured/environment/", "/measured/seed/"];
                let free = free.iter().any(|f| place.starts_with(f));
                // Of a protocol that this program does not know nothing is known.
                let unknown = place == "/measured/protocol/name" && !found.planned;
                prop_assert!(free || unknown, "{place} {:?}", found.notes);
            }
        }
    }
}

fn leaves(value: &Value, at: &mut String, out: &mut Vec<String>) {
    let mut deeper = |key: &str, v: &Value| {
        let len = at.len();
        at.push('/');
        at.push_str(&key.replace('~', "~0").replace('/', "~1"));
        leaves(v, at, out);
        at.truncate(len);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(k, v)| deeper(k, v)),
        Value::Array(items) => items.iter().enumerate().for_each(|(k, v)| deeper(&k.to_string(), v)),
        _ => out.push(at.clone()),
    }
}

#[test]
fn files_that_are_no_report() {
    let dir = tempfile::tempdir().unwrap();
    let verify = |path: &Path| run(TOYS, &["verify", path.to_str().unwrap()]);
    // That a file cannot be read says nothing about a report.
    assert_eq!(verify(&dir.path().join("none")), ExitCode::Storage);
    let file = dir.path().join(store::CERTIFICATE);
    for wrong in ["", "{}", "[]", "{\"format\":1,\"format\":1}", "\u{feff}{}"] {
        std::fs::write(&file, wrong).unwrap();
        assert_eq!(verify(dir.path()), ExitCode::Data, "{wrong}");
    }
    let text = &made().stored.text;
    std::fs::write(&file, [text, &b"\n\n"[..]].concat()).unwrap();
    assert_eq!(verify(dir.path()), ExitCode::Data);
    std::fs::write(&file, text).unwrap();
    assert_eq!(verify(dir.path()), ExitCode::Inconclusive, "without its signature");
    std::fs::write(dir.path().join(store::SIGNATURE), "{}").unwrap();
    assert_eq!(verify(dir.path()), ExitCode::Data);
}

/// What never ends, or lets whoever opens it wait for ever, is not read.
#[cfg(unix)]
#[test]
fn files_without_an_end_are_no_report() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let place = |name: &str| dir.path().join(name);
    let ends = |command: &str| run(TOYS, &[command, dir.path().to_str().unwrap()]);
    let pipe = std::process::Command::new("mkfifo").arg(place(store::CERTIFICATE)).status().unwrap();
    assert!(pipe.success());
    assert_eq!([ends("verify"), ends("rerun")], [ExitCode::Data; 2]);
    std::fs::remove_file(place(store::CERTIFICATE)).unwrap();
    std::fs::write(place(store::CERTIFICATE), &made().stored.text).unwrap();
    assert_eq!(ends("verify"), ExitCode::Inconclusive);
    for name in [store::LOG, store::SIGNATURE, store::PAGE] {
        symlink("/dev/zero", place(name)).unwrap();
        assert_eq!([ends("verify"), ends("rerun")], [ExitCode::Data; 2], "{name}");
        std::fs::remove_file(place(name)).unwrap();
    }
    // A hole of many bytes.
    std::fs::File::create(place(store::PAGE)).unwrap().set_len(1 << 30).unwrap();
    assert_eq!(ends("verify"), ExitCode::Data);
}

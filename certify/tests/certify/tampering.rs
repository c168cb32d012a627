//! What is said of changed certificates: never that they pass.

use std::path::Path;
use std::sync::OnceLock;

use adversary::fields::FieldId;
use proptest::prelude::*;
use quorate_certify::certificate::store::{self, Stored};
use quorate_certify::certificate::{Certificate, Log, derive::Derived, sign, strict};
use quorate_certify::evidence::Evidence;
use quorate_certify::log::{self, Found, Unit};
use quorate_certify::plan::recount;
use quorate_certify::registry::Registry;
use quorate_certify::verify::{Verified, verify};
use quorate_certify::watchdog::Patience;
use serde_json::Value;
use spec::ExitCode;

use crate::{TOYS, certify, run};

/// A certificate of the toy sum, signed, made once.
struct Made {
    dir: tempfile::TempDir,
    stored: Stored,
    key: [u8; 32],
}

fn made() -> &'static Made {
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

fn verified(stored: &Stored, key: Option<&[u8; 32]>) -> Result<Verified, String> {
    verify(stored, &Registry::new(TOYS).unwrap(), key, None, Patience::default())
}

/// A changed certificate, with the old signature or signed again by somebody else.
fn changed(change: impl FnOnce(&mut Certificate), sign_again: bool) -> Stored {
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
    Stored { certificate, text, signature, log: stored.log.clone() }
}

fn blake3_name(text: &[u8]) -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", text.len(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn error(stored: &Stored, key: Option<&[u8; 32]>) -> String {
    verified(stored, key).err().unwrap_or_else(|| panic!("it was believed"))
}

#[test]
fn what_was_made_is_believed() {
    let Made { stored, key, dir } = made();
    let found = verified(stored, Some(key)).unwrap();
    assert_eq!(found.verdict.to_string(), "pass");
    assert!(found.notes.iter().any(|n| n.contains("the expected key")));
    let notes = verified(stored, None).unwrap().notes;
    assert!(notes.iter().any(|n| n.contains("signed by") && n.contains("not pinned")), "{notes:?}");
    let report = dir.path().join("report");
    assert_eq!(run(TOYS, &["verify", report.to_str().unwrap()]), ExitCode::Pass);
    // Without a signature it demonstrates nothing to others.
    let unsigned = Stored { signature: None, ..changed(|_| (), false) };
    assert_eq!(verified(&unsigned, None).unwrap().verdict.to_string(), "inconclusive");
    assert!(error(&unsigned, Some(key)).contains("not signed"));
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
    refused(|c| drop(c.measured.rows.pop()), "rows where the question has");
    refused(|c| attack(c).stopped_by = Some("mac.check".into()), "is not what this program calls");
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

/// The certificate with the log and everything that is counted from it as a forger would like them.
fn forged(change: impl FnOnce(&mut Vec<log::Entry>)) -> Stored {
    let mut entries = made().stored.log.clone().unwrap();
    change(&mut entries);
    let lines = log::lines(&entries).unwrap();
    let forge = |c: &mut Certificate| {
        c.measured.log = Log { lines: lines.len() as u64, root: log::root(&lines) };
        // What cannot be counted is left as it was.
        if let Ok(rows) = recount(&c.measured.rows, &entries) {
            c.measured.rows = rows;
        }
        c.derived = Derived::from(&c.measured).unwrap();
    };
    let stored = changed(forge, true);
    Stored { log: Some(entries), ..stored }
}

#[test]
fn a_figure_without_a_proof_is_refused() {
    let simulated = |entries: &mut Vec<log::Entry>| {
        let found = |e: &log::Entry| matches!(e.unit, Unit::Simulator { .. });
        entries.iter().position(found).unwrap()
    };
    assert!(verified(&forged(|_| ()), None).is_ok());
    let other = |entries: &mut Vec<log::Entry>| {
        let at = simulated(entries);
        let Found::Simulated { proof: Some(proof), .. } = &mut entries[at].found else { panic!("nothing is proved") };
        assert_eq!(proof.certificate.value.to_string(), "0/1");
        proof.certificate.value = "1/1000".parse().unwrap();
    };
    assert!(error(&forged(other), None).contains("its simulator is at distance 0"));
    let missing = |entries: &mut Vec<log::Entry>| {
        let at = simulated(entries);
        entries.remove(at);
    };
    assert!(error(&forged(missing), None).contains("were planned"));
    // Without its proof a figure is none, and nothing rests on it.
    let unproved = |entries: &mut Vec<log::Entry>| {
        for e in entries.iter_mut() {
            if let Found::Simulated { proof, .. } = &mut e.found {
                *proof = None;
            }
        }
    };
    assert_ne!(verified(&forged(unproved), None).unwrap().verdict.to_string(), "pass");
    let smaller = |c: &mut Certificate| {
        for row in &mut c.measured.rows {
            if let Evidence::Simulator(r) = row {
                r.points.iter_mut().for_each(|p| p.distance = Some("1/2".into()));
            }
        }
        c.derived = Derived::from(&c.measured).unwrap();
    };
    error(&changed(smaller, true), None);
}

#[test]
fn a_property_that_was_looked_at_less_is_refused() {
    let of = |e: &log::Entry| matches!(e.unit, Unit::Property { .. });
    let missing = |entries: &mut Vec<log::Entry>| {
        let at = entries.iter().position(of).unwrap();
        entries.remove(at);
    };
    assert!(error(&forged(missing), None).contains("were planned"));
    let silent = |entries: &mut Vec<log::Entry>| {
        for e in entries.iter_mut() {
            if let Found::Looked { violated, .. } = &mut e.found {
                *violated = 1;
            }
        }
    };
    assert!(error(&forged(silent), None).contains("not those that were counted"));
    let none = |entries: &mut Vec<log::Entry>| {
        for e in entries.iter_mut() {
            if let Found::Looked { cases, .. } = &mut e.found {
                *cases = 0;
            }
        }
    };
    assert_ne!(verified(&forged(none), None).unwrap().verdict.to_string(), "pass");
}

/// Counts that add up are not enough: every line has to be of the run that was planned there.
#[test]
fn a_line_that_stands_for_another_is_refused() {
    type Is = fn(&log::Entry) -> bool;
    let twice: [(Is, &str); 3] = [
        (|e| matches!(e.unit, Unit::Property { .. }), "is there twice"),
        (|e| matches!(e.unit, Unit::Coverage { .. } | Unit::Views { .. }), "is there twice"),
        (|e| matches!(e.unit, Unit::Tamper { .. }), "is there twice"),
    ];
    for (is, why) in twice {
        // The first two lines of one row: the second is deleted, the first repeated.
        let repeated = |entries: &mut Vec<log::Entry>| {
            let pair = |w: &[log::Entry]| is(&w[0]) && w[0].row == w[1].row;
            let at = entries.windows(2).position(pair).unwrap();
            entries[at + 1] = entries[at].clone();
        };
        let found = error(&forged(repeated), None);
        assert!(found.contains(why), "{found}");
    }
    let not_planned = "not of the runs that were planned";
    // A change that was too much for somebody.
    let missing = |entries: &mut Vec<log::Entry>| {
        let at = entries.iter().position(|e| matches!(e.unit, Unit::Tamper { .. })).unwrap();
        entries.remove(at);
    };
    assert!(error(&forged(missing), None).contains(not_planned));
    let other_input = |entries: &mut Vec<log::Entry>| {
        let puts_in = entries.iter_mut().find_map(|e| match &mut e.unit {
            Unit::Simulator { puts_in, .. } => Some(puts_in),
            _ => None,
        });
        puts_in.unwrap().push(0);
    };
    assert!(error(&forged(other_input), None).contains(not_planned));
    let other_strategy = |entries: &mut Vec<log::Entry>| {
        let strategy = entries.iter_mut().find_map(|e| match &mut e.unit {
            Unit::Simulator { strategy, .. } if strategy != "honest" => Some(strategy),
            _ => None,
        });
        strategy.unwrap().push_str(" of another kind");
    };
    assert!(error(&forged(other_strategy), None).contains(not_planned));
    let dropped = |entries: &mut Vec<log::Entry>| {
        let at = entries.iter().position(|e| matches!(e.unit, Unit::Honest { .. })).unwrap();
        entries.remove(at);
    };
    assert!(error(&forged(dropped), None).contains(not_planned));
    let swapped = |entries: &mut Vec<log::Entry>| {
        let at = entries.iter().position(|e| matches!(e.unit, Unit::Honest { .. })).unwrap();
        entries.swap(at, at + 1);
    };
    assert!(error(&forged(swapped), None).contains(not_planned));
}

/// A proof about something else proves nothing here, however good it is.
#[test]
fn a_proof_about_another_functionality_is_refused() {
    let exchanged = |entries: &mut Vec<log::Entry>| {
        let over = |e: &log::Entry, wanted: FieldId| match (&e.unit, &e.found) {
            (Unit::Simulator { field, .. }, Found::Simulated { proof: Some(_), .. }) => *field == wanted,
            _ => false,
        };
        let [two, three] = [FieldId::F2, FieldId::F3].map(|f| entries.iter().position(|e| over(e, f)).unwrap());
        entries[three].found = entries[two].found.clone();
    };
    assert!(error(&forged(exchanged), None).contains("another functionality"));
}

/// One figure that was not proved keeps its row from being passed over.
#[test]
fn a_row_with_an_unproved_figure_is_waited_for() {
    let rows = || {
        made().stored.certificate.measured.rows.iter().filter_map(|r| match r {
            Evidence::Simulator(r) => Some(r.clone()),
            _ => None,
        })
    };
    let mut row = rows().find(|r| !r.supports_only() && r.points.len() > 1).unwrap();
    row.points[0].distance = None;
    assert!(!row.supports_only() && row.verdict().to_string() == "inconclusive");
    // To withhold is not to change what is said.
    assert!(rows().any(|r| r.active() && r.id.ends_with("/changes")));
    assert!(rows().filter(|r| r.id.ends_with("/withholds")).all(|r| !r.active()));
}

#[test]
fn coverage_is_a_part_of_a_whole_and_none_is_no_pass() {
    let with = |change: fn(&mut u64, u64)| {
        forged(|entries| {
            for e in entries.iter_mut() {
                if let Found::Covered { figures, .. } = &mut e.found {
                    figures.values_mut().for_each(|f| change(&mut f.hit, f.all));
                }
            }
        })
    };
    let row = made().stored.certificate.measured.rows.iter().find_map(|r| match r {
        Evidence::Coverage(c) => Some(c),
        _ => None,
    });
    let total = row.unwrap().total();
    assert!(total["AC1"].hit > 0 && total["AC7"].hit == total["AC7"].all, "{total:?}");
    assert!(error(&with(|hit, all| *hit = all + 1), None).contains(" of "));
    assert_ne!(verified(&with(|hit, _| *hit = 0), None).unwrap().verdict.to_string(), "pass");
    // Wrong outputs that nothing may let through fail, whatever was covered; so do honest runs that do not end right.
    for (wrong, honest, verdict) in [(0, 0, "pass"), (1, 0, "fail"), (1 << 40, 0, "fail"), (0, 1, "fail")] {
        let other = forged(|entries| {
            for e in entries.iter_mut() {
                if let Found::Covered { wrong: w, figures, .. } = &mut e.found {
                    *w = wrong;
                    figures.get_mut("AC7").unwrap().hit -= honest;
                }
            }
        });
        assert_eq!(verified(&other, None).unwrap().verdict.to_string(), verdict, "{wrong}, {honest}");
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

/// Reads and verifies a certificate from these bytes, beside the signature that was made.
fn read(bytes: &[u8]) -> Result<Verified, String> {
    let Made { stored, key, .. } = made();
    let certificate: Certificate = strict::read(bytes).map_err(|e| e.to_string())?;
    let (signature, log) = (stored.signature.clone(), stored.log.clone());
    verified(&Stored { certificate, text: bytes.to_vec(), signature, log }, Some(key))
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
                // Where it was made and what it was made from is what the signer says.
                let free = ["/measured/program/", "/measured/environment/", "/measured/seed/"];
                prop_assert!(free.iter().any(|f| place.starts_with(f)), "{place} {:?}", found.notes);
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
    assert_eq!(verify(&dir.path().join("none")), ExitCode::Data);
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

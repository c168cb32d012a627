//! What a claim allows is no finding, and what was found is not lost.

use adversary::fields::FieldId;
use adversary::strategy::Strategy;
use adversary::subjects::Transferred;
use quorate_certify::trial::{Aim, Refused, Trial};
use serde_json::{Value, json};

use crate::SEED;
use crate::hostile_strategies::quorate;
use crate::strategies::{CHECK, CHECKS, SHARE, SHIFT, against, program, rule, shipped, strategy};

/// Where a claim is about parties that follow the protocol, whoever deviates may win.
#[test]
fn where_nothing_is_promised_nothing_is_found() {
    let wanted = "`mascot.product` promises nothing where somebody deviates";
    let lie = strategy(&rule(SHARE, r#"{"add": "1"}"#), CHECK, "");
    for words in [&["--runs", "3"][..], &["--runs", "3", "--control"], &["--field", "Fr"]] {
        let (code, out, complaint) = against("mascot.product", &lie, words);
        assert!(code == 64 && out.is_empty() && complaint.contains(wanted), "{code}: {out}{complaint}");
        assert!(complaint.contains("it claims A1C2 only"), "{complaint}");
    }
    let lie = Strategy::from_json(&lie).unwrap();
    let refused = Trial::new(Aim::Subject(&Transferred), FieldId::F31, &lie, None, false).err().unwrap();
    assert!(matches!(refused, Refused::Circumstances(why) if why.contains(wanted)));
    // A search of nothing else shows nothing, and one of more leaves it out.
    let search = |name: &str, field: &str, runs: &str| {
        quorate(&["search", name, "--n", "2", "--field", field, "--runs", runs, "--seed", SEED, "--silent"])
    };
    for field in ["F2", "F31"] {
        let (code, out, complaint) = search("mascot.product", field, "100");
        assert!(code == 2 && out.is_empty() && complaint.contains(wanted), "{code}: {out}{complaint}");
    }
    let (code, out, complaint) = search("spdz", "Fr", "4");
    assert_eq!(code, 2, "{out}{complaint}");
    let row = out.lines().find(|l| l.contains("mascot.product")).unwrap();
    assert!(row.contains("promises A1 only"), "{out}");
    assert!(out.contains("cannot be judged") && out.contains("none won"), "{out}");
}

/// A strategy that the catalogue plays over large fields, over one so small that some of its lies go through by right.
#[test]
fn what_is_seen_by_right_is_an_escape() {
    let (_, early) = shipped(CHECKS).into_iter().find(|(id, _)| id == "mac.early_output").unwrap();
    let play = |strategy: &Value, words: &[&str]| against("online.multiply", &strategy.to_string(), words);
    let (code, out, complaint) = play(&early, &["--runs", "200", "--json"]);
    assert_eq!(code, 0, "{out}{complaint}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let count = |name: &str| report[name].as_u64().unwrap();
    assert!(count("shown") > 0 && count("unexplained") == 0, "{out}");
    assert_eq!(report["escape"]["hits"], json!(count("shown") + count("wrong")));
    assert!(report["findings"][0]["what"].as_str().unwrap().contains("was shown the honest shares"), "{out}");
    let (code, out, _) = play(&early, &["--runs", "200"]);
    assert!(code == 0 && out.contains("the coalition SAW what it must not see"), "{out}");
    assert!(!out.contains("UNEXPLAINED"), "{out}");
    assert_eq!(play(&early, &["--runs", "20", "--control"]).0, 0);
    // Beyond the claim it is a finding: what everybody is shown before the check.
    let mut open = early.clone();
    open["expect"]["unseen"]["step"] = "beaver".into();
    let (code, out, _) = play(&open, &["--runs", "20"]);
    assert!(code == 1 && out.contains("fail: it escaped in 20 of 20 runs; the claim is up to"), "{out}");
    let (code, out, _) = play(&open, &["--runs", "1", "--field", "Fr"]);
    assert!(code == 1 && out.contains("fail: it escaped in 1 of 1 runs"), "{out}");
    // Where nothing was changed, it is what the protocol shows.
    let mut idle = early;
    for rule in idle["rules"].as_array_mut().unwrap() {
        rule["on"]["nth"] = 9.into();
    }
    let (code, out, complaint) = play(&idle, &["--runs", "5"]);
    assert!(code == 3 && out.contains("5 of 5 runs: idle"), "{out}{complaint}");
}

#[test]
fn a_place_of_no_use_is_told_before_the_runs() {
    let dir = tempfile::tempdir().unwrap();
    for place in [dir.path().join("no/file"), dir.path().to_owned()] {
        let place = place.to_str().unwrap();
        let named = ["attack", "spdz", "--attack", "mac.sigma.lie", "--seed", SEED, "--trace", place];
        let search = ["search", "online.output", "--n", "2", "--field", "Fr", "--runs", "1", "--seed", SEED];
        for (code, out, complaint) in [
            program(&strategy(SHIFT, CHECK, ""), &["--runs", "5", "--json", "--trace", place]),
            quorate(&named),
            quorate(&[&search[..], &["--silent", "--out", place]].concat()),
        ] {
            assert!(code == 74 && out.is_empty() && complaint.contains(place), "{code}: {out}{complaint}");
        }
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

/// A limit on the size of files stands for a disk without room.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_old_drawing_and_what_was_found_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let (mine, page) = (dir.path().join("mine.json"), dir.path().join("run.html"));
    std::fs::write(&mine, strategy(SHIFT, CHECK, "")).unwrap();
    std::fs::write(&page, "old").unwrap();
    let full = |words: &[&str]| {
        let script = "trap '' XFSZ; ulimit -f 0; exec \"$@\"";
        let mut limited = std::process::Command::new("sh");
        limited.args(["-c", script, "sh", env!("CARGO_BIN_EXE_quorate-certify"), "attack"]).args(words);
        let out = limited.args(["--seed", SEED, "--trace"]).arg(&page).output().unwrap();
        let [out, told] = [out.stdout, out.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        assert!(told.contains(page.to_str().unwrap()), "{told}");
        assert_eq!(std::fs::read_to_string(&page).unwrap(), "old");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
        out
    };
    let lie = ["online.multiply", "--strategy", mine.to_str().unwrap(), "--field", "Fr", "--runs", "5"];
    let report: Value = serde_json::from_str(&full(&[&lie[..], &["--json"]].concat())).unwrap();
    assert_eq!((report["verdict"].as_str(), report["runs"].as_u64()), (Some("pass"), Some(5)), "{report}");
    let out = full(&lie);
    assert!(out.contains("stopped by mac.check") && out.contains("see run 0: "), "{out}");
    let out = full(&["spdz", "--attack", "mac.sigma.lie"]);
    assert!(out.contains("1 of 1 runs: stopped by") && out.contains("see one: "), "{out}");
}

/// The command that shows a run of a control shows it in its control.
#[test]
fn a_control_is_seen_in_its_control() {
    let (code, out, _) = quorate(&["attack", "spdz", "--attack", "mac.sigma.lie", "--control", "--seed", SEED]);
    let command = format!("--attack mac.sigma.lie --run 0 --seed {SEED} --trace run.html --control\n");
    assert!(code == 0 && out.ends_with(&format!("see one: quorate-certify attack spdz {command}")), "{out}");
}

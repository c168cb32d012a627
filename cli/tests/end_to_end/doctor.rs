//! `quorate doctor`.

use std::fs;

use serde_json::Value;
use spec::ExitCode;

use crate::setting::{Ended, Process, SLACK, Setting};

/// What was found, as (what, ok, detail).
fn findings(setting: &Setting, ended: &Ended, code: ExitCode) -> Vec<(String, bool, String)> {
    ended.is_clean(setting);
    assert_eq!(ended.status.code(), Some(i32::from(code.code())), "{ended:?}");
    assert_eq!(ended.messages(), Vec::<String>::new());
    let all: Vec<Value> = serde_json::from_str(&ended.out).unwrap();
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    all.iter().map(|f| (text(&f["what"]), f["ok"].as_bool().unwrap(), text(&f["detail"]))).collect()
}

/// Runs it at these parties.
fn doctors<const N: usize>(setting: &Setting, names: [&str; N]) -> [Ended; N] {
    names.map(|name| setting.member("doctor", name, &["--json"])).map(|p| p.end_within(SLACK))
}

#[test]
fn every_party_sees_every_pair() {
    let setting = Setting::new(3);
    for ended in doctors(&setting, ["bank", "bureau", "employer"]) {
        let found = findings(&setting, &ended, ExitCode::Pass);
        assert!(found.iter().all(|(_, ok, _)| *ok), "{found:?}");
        assert_eq!(found.iter().filter(|(_, _, d)| d.contains("parameters agree")).count(), 6, "{found:?}");
        assert!(found.iter().any(|(what, ..)| what == "employer → bureau"), "{found:?}");
    }
}

#[test]
fn all_parties_on_this_machine() {
    // With pinned identities and with fresh ones.
    for pinned in [true, false] {
        let setting = Setting::new(3);
        if !pinned {
            let text: String = setting
                .text()
                .lines()
                .filter(|l| !l.starts_with("fingerprint"))
                .fold(String::new(), |text, line| text + line + "\n");
            fs::write(setting.task(), text).unwrap();
        }
        let doctor = |more: &[&str]| {
            let mut program = setting.command("doctor");
            program.arg(setting.task()).args(more);
            Process::start("doctor", program).end_within(SLACK)
        };
        let found = findings(&setting, &doctor(&["--json"]), ExitCode::Pass);
        assert_eq!(found.iter().filter(|(_, _, d)| d.contains("parameters agree")).count(), 6, "{found:?}");
        assert!(found.iter().any(|(what, ok, d)| what.starts_with("bureau: data") && *ok && d.contains("10 rows")));
        let text = doctor(&[]).out;
        let row = text.lines().find(|l| l.trim().starts_with("employer ")).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(row.matches(" ms").count(), 2, "{text}");
    }
}

#[test]
fn who_is_there_is_checked_while_others_are_missing_or_wrong() {
    let setting = Setting::new(3).with_timeouts([3, 2, 2]);
    for ended in doctors(&setting, ["bank", "bureau"]) {
        let found = findings(&setting, &ended, ExitCode::Unavailable);
        assert_eq!(found.iter().filter(|(_, _, d)| d.contains("parameters agree")).count(), 2, "{found:?}");
        for from in ["bank", "bureau"] {
            let pair = found.iter().find(|(what, ..)| *what == format!("{from} → employer"));
            assert!(pair.is_some_and(|(_, ok, why)| !ok && why.contains("employer (127.0.0.1:")), "{found:?}");
        }
    }
    // The third one has another task: the first two see that of each other, too.
    let other = setting.path("other.toml");
    fs::write(&other, setting.text().replace("[0, 9999999]", "[0, 9999998]")).unwrap();
    let mut program = setting.command("doctor");
    program.arg(&other).args(["--me", "employer", "--json"]);
    let employer = Process::start("employer", program);
    for ended in doctors(&setting, ["bank", "bureau"]) {
        let found = findings(&setting, &ended, ExitCode::Configuration);
        let wrong = |f: &&(String, bool, String)| !f.1 && f.2.contains("digest of the session parameters");
        assert_eq!(found.iter().filter(wrong).count(), 2, "{found:?}");
        assert_eq!(found.iter().filter(|(_, _, d)| d.contains("parameters agree")).count(), 2, "{found:?}");
    }
    findings(&setting, &employer.end_within(SLACK), ExitCode::Configuration);
}

#[test]
fn a_table_that_is_wrong_and_a_peer_that_is_missing() {
    let setting = Setting::new(2).with_timeouts([2, 2, 2]);
    setting.write("bank", &setting.table(0).replacen("id4,", "id4,x", 1));
    let [ended] = doctors(&setting, ["bank"]);
    let found = findings(&setting, &ended, ExitCode::Unavailable);
    let problems: Vec<_> = found.iter().filter(|(_, ok, _)| !ok).collect();
    let [(data, _, why), (pair, _, who), (report, ..)] = &problems[..] else { panic!("{found:?}") };
    assert!(data.contains("bank.csv") && why.contains("row 6"), "{found:?}");
    assert!(pair == "bank → bureau" && who.contains("bureau (127.0.0.1:"), "{found:?}");
    assert_eq!(report, "report of bureau");

    let [bank, bureau] = doctors(&setting, ["bank", "bureau"]);
    findings(&setting, &bank, ExitCode::Data);
    findings(&setting, &bureau, ExitCode::Pass);
}

#[test]
fn a_peer_that_runs_something_else() {
    let setting = Setting::new(2);
    let bank = setting.member("doctor", "bank", &["--json"]);
    let bureau = setting.party("bureau", &[]);
    let found = findings(&setting, &bank.end_within(SLACK), ExitCode::Configuration);
    assert!(found.iter().any(|(_, ok, detail)| !ok && detail.contains("run the same command")), "{found:?}");
    let words = ["run the same command, `quorate party` or `quorate doctor`"];
    bureau.end_within(SLACK).refused(&setting, ExitCode::Configuration, &words);
}

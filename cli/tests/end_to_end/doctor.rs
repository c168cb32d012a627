//! `quorate doctor`.

use serde_json::Value;
use spec::ExitCode;

use crate::setting::{Ended, SLACK, Setting};

/// What was found, as (what, ok, detail).
fn findings(setting: &Setting, ended: &Ended, code: ExitCode) -> Vec<(String, bool, String)> {
    ended.is_clean(setting);
    assert_eq!(ended.status.code(), Some(i32::from(code.code())), "{ended:?}");
    assert_eq!(ended.messages(), Vec::<String>::new());
    let all: Vec<Value> = serde_json::from_str(&ended.out).unwrap();
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    all.iter().map(|f| (text(&f["what"]), f["ok"].as_bool().unwrap(), text(&f["detail"]))).collect()
}

#[test]
fn a_set_up_that_is_well() {
    let setting = Setting::new(3);
    let all = ["bank", "bureau", "employer"].map(|name| setting.member("doctor", name, &["--json"]));
    for ended in all.map(|p| p.end_within(SLACK)) {
        let found = findings(&setting, &ended, ExitCode::Pass);
        assert!(found.iter().all(|(_, ok, _)| *ok), "{found:?}");
        assert_eq!(found.iter().filter(|(_, _, d)| d.contains("parameters agree")).count(), 2, "{found:?}");
    }
}

#[test]
fn a_table_that_is_wrong_and_a_peer_that_is_missing() {
    let setting = Setting::new(2).with_timeouts([2, 2, 2]);
    setting.write("bank", &setting.table(0).replacen("id4,", "id4,x", 1));
    let ended = setting.member("doctor", "bank", &["--json"]).end_within(SLACK);
    let found = findings(&setting, &ended, ExitCode::Unavailable);
    let problems: Vec<_> = found.iter().filter(|(_, ok, _)| !ok).collect();
    let [(data, _, why), (connections, _, who)] = &problems[..] else { panic!("{found:?}") };
    assert!(data.contains("bank.csv") && why.contains("row 6"), "{found:?}");
    assert!(connections == "connections" && who.contains("bureau (127.0.0.1:"), "{found:?}");

    let [bank, bureau] = ["bank", "bureau"].map(|name| setting.member("doctor", name, &["--json"]));
    findings(&setting, &bank.end_within(SLACK), ExitCode::Data);
    findings(&setting, &bureau.end_within(SLACK), ExitCode::Pass);
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

//! `quorate run`.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;
use spec::ExitCode;

use crate::setting::{SLACK, Setting, signal};

/// The parties of a `quorate run`.
fn children(of: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{of}/task/{of}/children")).unwrap_or_default();
    list.split_whitespace().map(|id| id.parse().unwrap()).collect()
}

/// Waits until something is so.
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let limit = Instant::now() + SLACK;
    while !so() {
        assert!(Instant::now() < limit, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Directories of runs that are left.
fn leftovers(setting: &Setting) -> usize {
    let list = fs::read_dir(setting.dir.path()).unwrap().map(|e| e.unwrap().file_name());
    list.filter(|name| name.to_string_lossy().starts_with("quorate-run-")).count()
}

#[test]
fn the_demanders_and_nobody_else_get_what_the_plain_computation_gives() {
    let setting = Setting::new(3).with_products(2);
    let results = setting.run(&["--json"]).end().passed(&setting);
    let [bank, employer] = &results.as_array().unwrap()[..] else { panic!("{results}") };
    let outputs = |of: &Value| -> Vec<(String, String)> {
        let text = |v: &Value| v.as_str().unwrap().to_owned();
        let all = of["outputs"].as_array().unwrap().iter();
        all.map(|o| (text(&o["name"]), text(&o["values"][0]["decimal"]))).collect()
    };
    let exposure = Setting::exposure().to_string();
    assert_eq!((&bank["party"], &employer["party"]), (&"bank".into(), &"employer".into()));
    let expected = [("exposure 0".to_owned(), exposure.clone()), ("exposure 1".to_owned(), exposure)];
    assert_eq!(outputs(bank), expected);
    let wages: u64 = (0..crate::setting::ROWS).map(|row| crate::setting::secret(2, row)).sum();
    assert_eq!(outputs(employer), [("wages".to_owned(), wages.to_string())]);
    assert_eq!(leftovers(&setting), 0);
}

#[test]
fn the_cause_is_told_once_and_soon() {
    // The others would wait a minute for the party that has ended.
    let setting = Setting::new(3);
    setting.write("bureau", &setting.table(1).replacen("id4,", "id4,x", 1));
    let ended = setting.run(&[]).end();
    ended.refused(&setting, ExitCode::Data, &["quorate: bureau: ", "bureau.csv", "row 6", "`debt`"]);
    assert!(ended.took < SLACK, "{:?}", ended.took);
    assert_eq!(leftovers(&setting), 0);
    // A cause that all parties see is told once as well.
    setting.write("bureau", &setting.table(1).replace("id4,", "id44,"));
    let ended = setting.run(&[]).end();
    let words = ["quorate: bank, bureau, employer: the providers' tables have different ids"];
    ended.refused(&setting, ExitCode::Configuration, &words);
}

#[test]
fn a_party_that_is_killed_is_named() {
    let setting = Setting::new(3).with_products(4);
    let run = setting.run(&[]);
    until("no parties", || children(run.id()).len() == 3);
    std::thread::sleep(Duration::from_millis(300));
    signal(children(run.id())[1], "KILL");
    let ended = run.end();
    ended.refused(&setting, ExitCode::Unavailable, &["quorate: bureau: its process was ended by signal 9"]);
    assert!(ended.took < SLACK, "{:?}", ended.took);
    assert_eq!(leftovers(&setting), 0);
}

#[test]
fn a_run_that_is_killed_leaves_neither_processes_nor_files() {
    for name in ["INT", "KILL"] {
        let setting = Setting::new(2).with_products(4);
        let run = setting.run(&[]);
        until("no parties", || children(run.id()).len() == 2);
        let parties = children(run.id());
        run.signal(name);
        until("a party outlives its run", || parties.iter().all(|id| !alive(*id)));
        until("keys and shares are left", || leftovers(&setting) == 0);
    }
}

/// Whether a process runs; one that nobody has waited for yet does not.
fn alive(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

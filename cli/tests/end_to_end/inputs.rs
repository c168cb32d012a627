//! Tables and task files that are wrong: refused before anybody is called, with row and column, without the cell.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use spec::ExitCode;

use crate::setting::{Process, SLACK, Setting};

/// The bank alone: what can be refused is refused before the other party is there.
fn bank_refuses(setting: &Setting, words: &[&str]) {
    let ended = setting.party("bank", &[]).end_within(SLACK);
    ended.refused(setting, ExitCode::Data, words);
}

#[test]
fn a_table_that_is_wrong() {
    let setting = Setting::new(2);
    let good = setting.table(0);
    let rows: Vec<&str> = good.lines().collect();
    let with = |row: usize, line: &str| {
        let mut rows = rows.clone();
        rows[row] = line;
        rows.join("\n") + "\n"
    };
    let cases: [(String, &[&str]); 9] = [
        (with(3, "id2,"), &["bank.csv", "row 4", "`amount`", "no value"]),
        (with(3, "id2,48x7191"), &["bank.csv", "row 4", "`amount`"]),
        (with(10, "id9,10000000"), &["bank.csv", "row 11", "`amount`", "outside the range 0 to 9999999"]),
        (with(5, "id1,5"), &["bank.csv", "row 6", "duplicate id", "row 3"]),
        (with(5, ",5"), &["bank.csv", "row 6", "no id"]),
        (with(5, "id4,5,6"), &["bank.csv", "row 6", "3 cells"]),
        (with(0, "id,amounts"), &["bank.csv", "`amount`", "no such column"]),
        (rows[..6].join("\n"), &["bank.csv", "5 rows", "10"]),
        (String::new(), &["bank.csv", "empty"]),
    ];
    for (table, words) in cases {
        setting.write("bank", &table);
        bank_refuses(&setting, words);
    }
    // The content of a cell that is no number may be a secret as well.
    setting.write("bank", &with(3, "id2,48x7191"));
    let ended = setting.party("bank", &[]).end();
    assert!(!ended.err.join("\n").contains("48x7191"), "{:?}", ended.err);
    // Without a header the first row is data.
    setting.write("bank", &(rows[1..].join("\n") + "\n"));
    bank_refuses(&setting, &["bank.csv", "no such column", "the first row holds numbers"]);
    fs::remove_file(setting.path("bank.csv")).unwrap();
    let ended = setting.party("bank", &[]).end_within(SLACK);
    ended.refused(&setting, ExitCode::Storage, &["bank.csv", "No such file"]);
    // What would block, never end or be no text at all.
    assert!(Command::new("mkfifo").arg(setting.path("bank.csv")).status().unwrap().success());
    bank_refuses(&setting, &["bank.csv", "not a regular file"]);
    for other in [Path::new("/dev/zero"), setting.dir.path()] {
        fs::remove_file(setting.path("bank.csv")).unwrap();
        std::os::unix::fs::symlink(other, setting.path("bank.csv")).unwrap();
        bank_refuses(&setting, &["bank.csv", "not a regular file"]);
    }
}

#[test]
fn a_task_file_that_is_wrong() {
    let setting = Setting::new(2);
    let text = setting.text();
    let line_of = |at: &str| text.lines().position(|l| l.starts_with(at)).unwrap() + 1;
    let cases = [
        ("rows = 10", "rows = 10\nthreshold = 2", format!("line {}", line_of("rows") + 1), "threshold"),
        ("rows = 10", "rows = ten", format!("line {}", line_of("rows")), ""),
        ("\"f128\"", "\"f64\"", format!("line {}", line_of("field")), "no field `f64`"),
        ("bureau.debt", "bureau.debts", format!("line {}", line_of("with")), "debts"),
        ("to = [\"bank\"]", "to = [\"banque\"]", format!("line {}", line_of("to")), "banque"),
    ];
    for (from, to, line, word) in cases {
        assert!(text.contains(from));
        fs::write(setting.task(), text.replacen(from, to, 1)).unwrap();
        bank_refuses(&setting, &["task.toml", &line, word]);
    }
    setting.write_task();
    let ended = setting.party("stranger", &[]).end_within(SLACK);
    ended.refused(&setting, ExitCode::Data, &["no party `stranger`", "bank, bureau"]);
    fs::remove_file(setting.task()).unwrap();
    let ended = setting.party("bank", &[]).end_within(SLACK);
    ended.refused(&setting, ExitCode::Storage, &["task.toml", "No such file"]);
}

#[test]
fn files_without_end() {
    let setting = Setting::new(2);
    let text = setting.text();
    fs::write(setting.task(), text.replace("bank.csv", "/dev/zero")).unwrap();
    bank_refuses(&setting, &["/dev/zero", "not a regular file"]);
    let mut command = setting.command("run");
    command.arg("/dev/zero");
    let ended = Process::start("run", command).end_within(SLACK);
    ended.refused(&setting, ExitCode::Data, &["/dev/zero", "larger than"]);
}

#[test]
fn ids_that_differ_end_everybody_before_anything_is_shared() {
    let setting = Setting::new(3);
    setting.write("bureau", &setting.table(1).replace("id7,", "id17,"));
    let all = ["bank", "bureau", "employer"].map(|name| setting.party(name, &[]));
    for ended in all.map(|p| p.end_within(Duration::from_secs(60))) {
        let words = ["different ids", "bank and employer", "bureau"];
        ended.refused(&setting, ExitCode::Configuration, &words);
    }
}

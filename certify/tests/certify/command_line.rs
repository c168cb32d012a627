//! Commands, files and the published shape.

#[cfg(unix)]
use std::io::{BufRead, BufReader, Read};
#[cfg(unix)]
use std::path::Path;
#[cfg(unix)]
use std::process::{Child, ChildStderr, Command, Stdio};
#[cfg(target_os = "linux")]
use std::time::Duration;

use clap::CommandFactory;
use quorate_certify::arguments::Arguments;
use quorate_certify::certificate::{schema, store, strict};
use quorate_certify::evidence::Evidence;
use serde_json::Value;
use spec::ExitCode;

#[cfg(unix)]
use crate::is_unfinished;
use crate::{SEED, TOYS, certify, run};

/// The published shape is that of the program. Where a change is meant: `UPDATE_SCHEMA=1 cargo test -p quorate-certify`,
/// and a new number in the format.
#[test]
fn the_published_shape_is_that_of_certificates() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/certificate.schema.json");
    let here = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(file, &here).unwrap();
    }
    let published = std::fs::read_to_string(file).unwrap();
    assert_eq!(published, here, "spec/certificate.schema.json is out of date");
    let schema: Value = serde_json::from_str(&published).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    let shape = jsonschema::validator_for(&schema).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (_, stored) = certify(TOYS, "toy.sum", &[], dir.path());
    let value = serde_json::to_value(&stored.certificate).unwrap();
    shape.validate(&value).unwrap();
    let wrong = |change: &dyn Fn(&mut Value), says: &str| {
        let mut value = value.clone();
        change(&mut value);
        let error = shape.validate(&value).unwrap_err();
        assert!(format!("{error} at {}", error.instance_path()).contains(says), "{error} at {}", error.instance_path());
    };
    wrong(&|v| v["measured"]["more"] = 1.into(), "'more'");
    wrong(&|v| drop(v["measured"]["asked"].as_object_mut().unwrap().remove("tier")), "\"tier\" is a required");
    wrong(&|v| v["measured"]["asked"]["tier"] = 1.into(), "/measured/asked/tier");
}

/// A certification of hours into this directory that has said so much, and what it says from there on.
#[cfg(unix)]
fn begun(mut command: Command, dir: &Path, said: &str) -> (Child, BufReader<ChildStderr>) {
    command.args(["spdz", "--tier", "deep", "--out"]).arg(dir).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut seen = String::new();
    while !seen.contains(said) {
        assert!(err.read_line(&mut seen).unwrap() > 0, "{seen}");
    }
    (child, err)
}

#[cfg(unix)]
fn send(signal: &str, to: &Child) {
    assert!(Command::new("kill").arg(signal).arg(to.id().to_string()).status().unwrap().success());
}

/// What is interrupted has shown nothing, and loses nothing.
#[cfg(unix)]
#[test]
fn an_interrupted_run_is_inconclusive_leaves_no_certificate_and_is_gone_on_with() {
    let program = || Command::new(env!("CARGO_BIN_EXE_quorate-certify"));
    // The first row has begun, or nothing has.
    for (signal, said) in [("-INT", "[1/"), ("-TERM", "seed "), ("-HUP", "seed ")] {
        let dir = tempfile::tempdir().unwrap();
        for said in [said, "going on where it ended, after "] {
            let (mut child, mut err) = begun(program(), dir.path(), said);
            send(signal, &child);
            let mut rest = String::new();
            err.read_to_string(&mut rest).unwrap();
            assert_eq!(child.wait().unwrap().code(), Some(2), "{signal}: {rest}");
            assert!(rest.contains("interrupted before its end: nothing was decided"), "{signal}: {rest}");
            assert!(rest.contains("the same command goes on from here"), "{signal}: {rest}");
            assert!(is_unfinished(dir.path()), "{signal}");
        }
    }
}

/// Who starts it with hang-ups ignored, as `nohup` does, wants it to go on without a terminal.
#[cfg(target_os = "linux")]
#[test]
fn a_run_that_is_to_outlive_its_terminal_does() {
    use std::os::unix::process::ExitStatusExt;
    const TERMINATED: i32 = 15;
    let dir = tempfile::tempdir().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"trap "" HUP; exec "$0" "$@""#, env!("CARGO_BIN_EXE_quorate-certify")]);
    let (mut child, _err) = begun(shell, dir.path(), "seed ");
    send("-HUP", &child);
    // Wherever it is heard it is heard at once.
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(child.try_wait().unwrap(), None);
    // Others end it, as they end whatever does not listen.
    send("-TERM", &child);
    assert_eq!(child.wait().unwrap().signal(), Some(TERMINATED));
    assert!(is_unfinished(dir.path()));
}

#[test]
fn a_report_is_whole_and_its_page_fetches_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (code, stored) = certify(TOYS, "toy.sum", &[], dir.path());
    assert_eq!(code, ExitCode::Pass);
    let mut names: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, [store::PAGE, store::CERTIFICATE, store::LOG]);
    assert_eq!(strict::canonical(&stored.certificate).unwrap(), stored.text);
    let page = std::fs::read_to_string(dir.path().join(store::PAGE)).unwrap();
    for external in ["http://", "https://", "<script", "<link", "<img", "url(", "@import", "src="] {
        assert!(!page.contains(external), "{external}");
    }
    let rests = "attack *, coverage *, honest *";
    for told in
        ["toy.choose", "Not covered", "R-8.1.3", "two-parties", "AC4", rests, &stored.certificate.measured.seed.root]
    {
        assert!(page.contains(told), "{told}");
    }
    // The same question from the same seed finds the same.
    let again = tempfile::tempdir().unwrap();
    let (_, second) = certify(TOYS, "toy.sum", &[], again.path());
    assert_eq!(second.certificate.measured.log, stored.certificate.measured.log);
    assert_eq!(second.certificate.measured.rows, stored.certificate.measured.rows);
}

/// Every answer names the rows that it rests on, none that is not there, and not all of them one by one.
#[test]
fn answers_to_standards_name_their_rows() {
    let dir = tempfile::tempdir().unwrap();
    let (_, stored) = certify(TOYS, "toy.sum", &[], dir.path());
    let (m, d) = (&stored.certificate.measured, &stored.certificate.derived);
    let fits = |key: &str, pattern: &str| match pattern.split_once('*') {
        None => key == pattern,
        Some((head, tail)) => key.starts_with(head) && key.ends_with(tail),
    };
    let named = |id: &str| {
        let clause = d.standards.iter().find(|s| s.id == id).unwrap();
        let all = m.rows.iter().filter(|row| clause.rests_on.iter().any(|p| fits(&row.key(), p)));
        all.map(|row| row.kind()).collect::<std::collections::BTreeSet<_>>()
    };
    for s in &d.standards {
        assert!(s.rests_on.len() <= 12, "{}: {:?}", s.id, s.rests_on);
        assert!(s.rests_on.iter().all(|p| m.rows.iter().any(|row| fits(&row.key(), p))), "{}: {:?}", s.id, s.rests_on);
    }
    let semi_honest = named("R-8.1.1");
    assert!(semi_honest.contains("views") && !semi_honest.contains("attack") && !semi_honest.contains("sweep"));
    let malicious = named("R-8.1.3");
    assert!(!malicious.contains("views") && ["attack", "sweep", "simulator"].iter().all(|k| malicious.contains(k)));
    assert_eq!(named("R-6.2a").len(), semi_honest.union(&malicious).count());
    assert!(named("R-7.1").is_empty() && named("R-8.1.2").is_empty());
    // Nobody claims fairness, and how unfair it is was measured.
    let fairness = d.standards.iter().find(|s| s.id == "R-6.2c").unwrap();
    assert_eq!(fairness.rests_on, ["property fairness.stop/*"]);
    let silent = m.rows.iter().find_map(|row| match row {
        Evidence::Property(r) if r.fairness() => Some(&r.points[..]),
        _ => None,
    });
    let [silent] = silent.unwrap() else { panic!("{silent:?}") };
    assert_eq!(silent.figures.len(), 2);
    for (name, value) in &silent.figures {
        assert!(fairness.answer.contains(&format!("{name} {value}")), "{}", fairness.answer);
    }
}

#[test]
fn lists_explanations_searches_and_controls() {
    let code = |words: &[&str]| run(TOYS, words);
    assert_eq!(code(&["list"]), ExitCode::Pass);
    assert_eq!(code(&["list", "toy.sum"]), ExitCode::Pass);
    assert_eq!(code(&["explain", "mac.sigma.lie"]), ExitCode::Pass);
    assert_eq!(code(&["explain", "toy.choose"]), ExitCode::Pass);
    assert_eq!(code(&["explain", "mac.late"]), ExitCode::Pass);
    assert_eq!(code(&["explain", "sends.reordered"]), ExitCode::Pass);
    for property in ["abort.privacy", "fairness.stop", "blame.every_fault", "terminality"] {
        assert_eq!(code(&["explain", property]), ExitCode::Pass);
    }
    assert_eq!(code(&["search", "online.output", "--field", "F3", "--silent", "--runs", "20"]), ExitCode::Pass);
    assert_eq!(code(&["search", "online.output", "--field", "Fr", "--silent", "--runs", "20"]), ExitCode::Inconclusive);
    assert_eq!(code(&["search", "toy.sum", "--silent", "--runs", "0"]), ExitCode::Inconclusive);
    assert_eq!(code(&["controls", "toy.sum", "--silent", "--seed", SEED]), ExitCode::Pass);
    assert_eq!(code(&["controls", "toy.sum.unchecked", "--silent", "--seed", SEED]), ExitCode::Fail);
    assert_eq!(code(&["attack", "toy.sum", "--attack", "toy.choose", "--runs", "3", "--seed", SEED]), ExitCode::Pass);
    assert_eq!(code(&["attack", "toy.sum", "--attack", "toy.choose", "--control", "--seed", SEED]), ExitCode::Pass);
    assert_eq!(code(&["--help"]), ExitCode::Pass);
    assert_eq!(code(&["--version"]), ExitCode::Pass);
}

/// Whoever calls a command from a program has to know how it can end.
#[test]
fn every_help_tells_the_exit_codes() {
    let known = ExitCode::BY_SEVERITY.map(ExitCode::code);
    let program = Arguments::command();
    for command in program.get_subcommands().chain([&program]) {
        let (name, help) = (command.get_name(), command.get_after_help().map(ToString::to_string).unwrap_or_default());
        let (_, codes) = help.split_once("Exit codes").unwrap_or_else(|| panic!("{name}: {help}"));
        let told: Vec<u8> = codes.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
        assert!(told.iter().all(|code| known.contains(code)), "{name}: {codes}");
        // All commands print, and any may be called wrong, interrupted, or at fault.
        for code in [ExitCode::Pass, ExitCode::Inconclusive, ExitCode::Usage, ExitCode::Internal, ExitCode::Storage] {
            assert!(told.contains(&code.code()), "{name} does not tell of {code}: {codes}");
        }
    }
}

/// What a plan says beforehand is what a certificate counts afterwards.
#[test]
fn a_plan_tells_the_rows_and_how_often_something_is_run() {
    let words = ["online.output", "--tier", "quick", "--n", "2", "--seed", SEED];
    let program = std::process::Command::new(env!("CARGO_BIN_EXE_quorate-certify"));
    let planned = { program }.args(words).arg("--plan").output().unwrap();
    assert_eq!(planned.status.code(), Some(0), "{}", String::from_utf8_lossy(&planned.stderr));
    let planned = String::from_utf8(planned.stdout).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (_, stored) = certify(&[], "online.output", &["--n", "2"], dir.path());
    let (rows, log) = (&stored.certificate.measured.rows, stored.log.as_ref().unwrap());
    let cells =
        |line: &'_ str| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(String::from).collect();
    let lines: Vec<Vec<String>> = planned.lines().skip(1).map(cells).collect();
    assert!(lines.len() > rows.len(), "{planned}");
    for (row, line) in rows.iter().zip(&lines) {
        assert_eq!(line[0], row.key());
        let units = log.iter().filter(|e| e.row == row.key()).count();
        assert_eq!(line[1], units.to_string(), "{line:?}");
        if let Evidence::Views(views) = row {
            assert_eq!(line[2], views.points.iter().map(|p| p.runs).sum::<u64>().to_string(), "{line:?}");
        }
    }
    let all = format!("{} rows, {} lines of log, ", rows.len(), log.len());
    assert!(planned.lines().last().unwrap().starts_with(&all), "{planned}");
}

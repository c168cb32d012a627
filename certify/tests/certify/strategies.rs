//! Strategies of somebody's own, from a file to a verdict.

use std::path::{Path, PathBuf};
use std::process::Command;

use adversary::fields::FieldId;
use adversary::strategy::Strategy;
use adversary::verdict::Verdict;
use quorate_certify::seeds::Root;
use quorate_certify::trial::report::Report;
use quorate_certify::trial::{Aim, Run, Trial};
use serde_json::Value;
use spec::ExitCode;

use crate::{SEED, TOYS, run, toy};

/// A strategy of the last of three parties with these rules.
pub(crate) fn strategy(rules: &str, expect: &str, more: &str) -> String {
    format!(
        r#"{{"format": 1, "id": "mine", "title": "mine", "does": "something", "parties": 3, "corrupt": [2],
            "rules": {rules}, "expect": {expect}{more}}}"#
    )
}

pub(crate) fn rule(on: &str, act: &str) -> String {
    format!(r#"[{{"on": {on}, "do": [{act}]}}]"#)
}

pub(crate) const CHECK: &str = r#"{"check": "mac.check"}"#;
pub(crate) const SHARE: &str = r#"{"step": "beaver", "message": "share", "items": [0]}"#;
/// The same lie told to the others and to oneself, so that everyone goes on with the same wrong value.
pub(crate) const SHIFT: &str = r#"[
    {"on": {"step": "beaver", "message": "share", "items": [0]}, "do": [{"add": "1"}]},
    {"on": {"direction": "receives", "step": "beaver", "message": "share", "peer": 0, "items": [0]}, "do": [{"add": "1"}]}
]"#;
/// The last party shows the first another value than the second.
const TWO_FACES: &str = r#"{"within": "sum", "message": "masked", "to": 0}"#;

fn written(dir: &Path, text: &str) -> PathBuf {
    let file = dir.join("mine.json");
    std::fs::write(&file, text).unwrap();
    file
}

/// The program itself with this strategy: its code, what it prints, what it complains of.
pub(crate) fn program(text: &str, words: &[&str]) -> (i32, String, String) {
    against("online.multiply", text, words)
}

/// The same against a protocol or computation of this name.
pub(crate) fn against(name: &str, text: &str, words: &[&str]) -> (i32, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let file = written(dir.path(), text);
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate-certify"));
    let out = command.args(["attack", name, "--seed", SEED, "--strategy"]).arg(file).args(words);
    let out = out.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

#[test]
fn a_stopped_strategy_passes_and_is_counted() {
    let lie = strategy(SHIFT, CHECK, "");
    let (code, out, _) = program(&lie, &["--runs", "400", "--json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    let count = |name: &str| report[name].as_u64().unwrap();
    let stopped: u64 = report["stopped"].as_object().unwrap().values().map(|v| v.as_u64().unwrap()).sum();
    assert_eq!((code, report["verdict"].as_str()), (0, Some("pass")), "{out}");
    assert_eq!((count("runs"), count("unexplained"), count("idle"), count("gave_up")), (400, 0, 0, 0));
    assert_eq!(stopped + count("wrong") + count("right"), 400);
    assert!(report["stopped"]["mac.check"].as_u64().unwrap() > 340, "{out}");
    assert_eq!((&report["rules"], report["seed"].as_str()), (&serde_json::json!([400, 400]), Some(SEED)));
    let [low, high] = [0, 1].map(|k| report["escape"]["interval"][k].as_f64().unwrap());
    assert!(low <= 61.0 / 961.0 && 61.0 / 961.0 <= high, "{out}");
    assert_eq!((&report["escape"]["claimed"], &report["escape"]["hits"]), (&"61/961".into(), &report["wrong"]));
    // Over a large field it never escapes; in its control it wins.
    assert_eq!(program(&lie, &["--runs", "20", "--field", "Fr"]).0, 0);
    let (code, out, _) = program(&lie, &["--runs", "20", "--control"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("a WRONG output was accepted") && out.contains("--control --run "), "{out}");
    // With other parties and inputs of one's own.
    let (code, out, _) = program(&lie.replace("[2]", "[1]"), &["--n", "2", "--inputs", "3,4", "--runs", "10"]);
    assert!(code == 0 && out.contains("2 parties") && out.contains("--n 2 --inputs 3,4"), "{out}");
}

#[test]
fn what_changes_nothing_is_vacuous() {
    for act in [r#"{"add": "0"}"#, r#"{"multiply": "1"}"#, r#""drop""#] {
        let nth = if act.contains("drop") { SHARE.replace(r#""items": [0]"#, r#""nth": 9"#) } else { SHARE.to_owned() };
        let (code, out, _) = program(&strategy(&rule(&nth, act), CHECK, ""), &["--runs", "5"]);
        assert_eq!(code, 3, "{out}");
        assert!(out.contains("rule 0 never changed anything"), "{out}");
    }
    // A coin that is never tossed, an input that is the same.
    let idle = strategy("[]", r#"{"harmless": "no"}"#, r#", "tape": [{"party": 2, "draw": 99999, "value": 1}]"#);
    let (code, out, _) = program(&idle, &["--runs", "5"]);
    assert!(code == 3 && out.contains("tape 0 never changed anything"), "{out}");
    assert_eq!(program(&strategy("[]", r#"{"harmless": "no"}"#, ""), &["--runs", "2"]).0, 3);
}

/// Where a rule never fires, lucky runs are no more of the runs than unlucky ones: no failure of sound code.
#[test]
fn a_rule_that_never_fires_leaves_the_rate_as_it_is() {
    let dead = r#", {"on": {"step": "beaver", "message": "share", "nth": 9}, "do": ["drop"]}]"#;
    let rules = format!("{}{dead}", SHIFT.trim_end().trim_end_matches(']'));
    let (code, out, _) = program(&strategy(&rules, CHECK, ""), &["--runs", "400", "--json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, report["verdict"].as_str()), (3, Some("vacuous")), "{out}");
    assert_eq!((report["escape"]["of"].as_u64(), report["whole"].as_u64()), (Some(400), Some(0)), "{out}");
    assert!(report["wrong"].as_u64() > Some(0), "some lies go through by right: {out}");
}

#[test]
fn the_check_that_a_strategy_is_about_must_have_fired() {
    let short = strategy(&rule(SHARE, r#"{"truncate": 1}"#), CHECK, "");
    let (code, out, _) = program(&short, &["--runs", "5"]);
    assert!(code == 2 && out.contains("stopped by frame.shape") && out.contains("never fired"), "{out}");
    let replay = r#"{"replay": {"session": "older", "part": "content"}}"#;
    let (code, out, _) = program(&strategy(&rule(SHARE, replay), CHECK, ""), &["--runs", "5", "--field", "Fr"]);
    assert!(code == 0 && out.contains("5 of 5 runs: stopped by mac.check"), "{out}");
    let coins = r#", "tape": [{"party": 2, "draw": 0, "value": 0}]"#;
    let (code, out, _) = program(&strategy("[]", r#"{"harmless": "one seed is enough"}"#, coins), &["--runs", "5"]);
    assert!(code == 0 && out.contains("5 of 5 runs: the right output"), "{out}");
    // Neither harm nor silence is what it comes to.
    for expect in [r#"{"harmless": "no"}"#, r#"{"no_output": "no"}"#] {
        let (code, out, _) = program(&strategy(&rule(SHARE, r#"{"truncate": 1}"#), expect, ""), &["--runs", "5"]);
        assert!(code == 2 && out.contains("never ended as it must"), "{out}");
    }
}

/// Every mistake ends with 65 and says what is wrong and where.
#[test]
fn malformed_strategies_are_told_what_is_wrong() {
    let of = |on: &str, act: &str| strategy(&rule(on, act), CHECK, "");
    let fine = of(SHARE, r#"{"add": "1"}"#);
    let cases = [
        (of(r#"{"step": "beavr"}"#, r#""drop""#), "rules[0].on: there is no step `beavr`: did you mean `beaver`?"),
        (of(r#"{"step": "beaver", "message": "sahre"}"#, r#""drop""#), "did you mean `share`?"),
        (of(r#"{"step": "beaver", "kind": "element"}"#, r#""drop""#), "unknown variant `element`"),
        (of(r#"{"stp": "beaver"}"#, r#""drop""#), "unknown field `stp`"),
        (of(SHARE, r#"{"ad": "1"}"#), "unknown variant `ad`"),
        (of(SHARE, r#"{"add": "alpha"}"#), "rules[0].do[0]: unknown name `alpha`"),
        (of(SHARE, r#"{"add": "1 +"}"#), "column 4: expected a number"),
        (of(SHARE, r#"{"add": "seen('beaver', 'share', 0, 2)"}"#), "party 2 is not honest"),
        (of(r#"{"step": "beaver", "from": 0}"#, r#""drop""#), "rules[0].on.from: party 0 is not corrupt"),
        (of(r#"{"step": "beaver", "items": [7]}"#, r#""zero""#), "none of the chosen items is there"),
        (fine.replace("\"corrupt\": [2]", "\"corrupt\": [3]"), "there is no party 3: 3 parties are 0 to 2"),
        (fine.replace("\"corrupt\": [2]", "\"corrupt\": [0, 1, 2]"), "everyone is corrupt"),
        (fine.replace("\"corrupt\": [2]", "\"corrupt\": [2, 2]"), "a party is named twice"),
        (fine.replace("\"parties\": 3", "\"parties\": 3, \"parties\": 3"), "duplicate field `parties`"),
        (fine.replace("\"format\": 1", "\"format\": 7"), "this is version 1 of the language, not 7"),
        (fine.replace("mac.check", "mac.chek"), "there is no check `mac.chek`: did you mean `mac.check`?"),
        (fine.replace("\"parties\": 3", "\"parties\": 9"), "`online.multiply` is not run by 9 parties"),
        (strategy("[]", CHECK, r#", "lets": {"a": "1", "a": "2"}"#), "`a` is given twice"),
        (strategy("[]", CHECK, r#", "inputs": [{"party": 2, "values": [1]}]"#), "party 2 puts 0 values"),
        (strategy("[]", "{}", ""), "exactly one of `check`, `harmless` and `no_output`"),
        (fine[..100].to_owned(), "EOF while parsing"),
        (" ".repeat(1 << 17), "at most 65536 bytes"),
    ];
    for (text, wanted) in cases {
        let (code, out, complaint) = program(&text, &[]);
        assert_eq!((code, out.as_str()), (65, ""), "{complaint}");
        assert!(complaint.contains("mine.json: ") || complaint.contains("is not run by"), "{complaint}");
        assert!(complaint.contains(wanted), "`{complaint}` does not say `{wanted}`");
    }
}

#[test]
fn wrong_command_lines_and_files_are_refused() {
    let lie = strategy(&rule(SHARE, r#"{"add": "1"}"#), CHECK, "");
    for (words, wanted) in [
        (&["--inputs", "3"][..], "takes 2 values: 0+0+0 of its parties and 2 shared ones, not 1"),
        (&["--inputs", "3,31"], "31 is no element of F31"),
        (&["--n", "9"], "is not run by 9 parties"),
        (&["--runs", "0"], "0 is not in 1"),
        (&["--attack", "mac.sigma.lie"], "cannot be used with"),
        (&["--field", "F4"], "there is no field `F4`"),
    ] {
        let (code, _, complaint) = program(&lie, words);
        assert!(code == 64 && complaint.contains(wanted), "{complaint}");
    }
    assert_eq!(program(&lie.replace(CHECK, r#"{"harmless": "no"}"#), &["--control"]).0, 64);
    let code = |words: &[&str]| run(TOYS, words);
    assert_eq!(code(&["attack", "online.multiply"]), ExitCode::Usage);
    assert_eq!(code(&["attack", "online.multiply", "--strategy", "/no/such/file"]), ExitCode::Storage);
    assert_eq!(code(&["attack", "online.multiply", "--strategy", "/"]), ExitCode::Storage);
    assert_eq!(code(&["attack", "spdz", "--strategy", "/no/such/file"]), ExitCode::Usage);
    assert_eq!(code(&["attack", "--help"]), ExitCode::Pass);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bytes.json");
    std::fs::write(&file, [0xff, 0xfe]).unwrap();
    assert_eq!(code(&["attack", "online.multiply", "--strategy", file.to_str().unwrap()]), ExitCode::Data);
}

/// The strategies of a file of the catalogue, by name.
pub(crate) fn shipped(file: &str) -> Vec<(String, Value)> {
    let file: Value = serde_json::from_str(file).unwrap();
    let strategies = file["entries"].as_array().unwrap().iter().map(|e| e["strategy"].clone());
    strategies.map(|s| (s["id"].as_str().unwrap().to_owned(), s)).collect()
}

const COINS: &str = include_str!("../../../adversary/catalogue/03-coin.json");
pub(crate) const CHECKS: &str = include_str!("../../../adversary/catalogue/11-mac-check.json");

/// What the catalogue plays against computations that are no protocols is played from a file too, as it stands and
/// changed.
#[test]
fn shipped_strategies_are_played_against_their_computations() {
    let few = ["--field", "Fr", "--runs", "3"];
    let coins = shipped(COINS);
    for (id, coin) in &coins {
        let (code, out, complaint) = against("coin", &coin.to_string(), &few);
        assert_eq!(code, 0, "{id}: {out}{complaint}");
        assert!(out.starts_with(&format!("{id} against coin over fr, 2 parties")), "{out}");
    }
    let (_, change) = coins.into_iter().find(|(id, _)| id == "coin.change").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("run.html");
    let drawn = [&few[..], &["--json", "--trace", page.to_str().unwrap()]].concat();
    let (code, out, _) = against("coin", &change.to_string(), &drawn);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, report["stopped"]["commit.opening"].as_u64()), (0, Some(3)), "{out}");
    assert_eq!((report["escape"]["bound"].as_str(), report["ideal"].as_bool()), (Some("2^-256"), Some(false)), "{out}");
    assert!(std::fs::read_to_string(&page).unwrap().contains("seed (changed)"));
    let control = [&few[..], &["--control"]].concat();
    let (code, out, _) = against("coin", &change.to_string(), &control);
    assert!(code == 0 && out.contains("3 of 3 runs: a WRONG output was accepted"), "{out}");
    // A copy that does nothing: that honest parties accept their own coin is no win.
    let mut idle = change.clone();
    idle["rules"][0]["on"]["nth"] = 9.into();
    for words in [&few[..], &control[..]] {
        let (code, out, _) = against("coin", &idle.to_string(), words);
        assert!(code == 3 && out.contains("3 of 3 runs: idle"), "{out}");
    }
    // One that is about another message, or with more parties than there are.
    let other = change.to_string().replace("\"seed\"", "\"sede\"");
    let (code, _, complaint) = against("coin", &other, &few);
    assert!(code == 65 && complaint.contains("did you mean `seed`?"), "{complaint}");
    let (code, _, complaint) = against("coin", &change.to_string().replace("\"parties\":2", "\"parties\":9"), &few);
    assert!(code == 65 && complaint.contains("`coin` is not run by 9 parties, but by 2 to 5"), "{complaint}");
    for (name, words, wanted) in [
        ("coin", &["--field", "F2"][..], "`coin` does not run over F2, but over fr: see --field"),
        ("coin", &[], "`coin` does not run over F31, but over fr: see --field"),
        ("coin", &["--field", "Fr", "--n", "9"], "`coin` is not run by 9 parties"),
        ("coin", &["--field", "Fr", "--inputs", "1"], "`coin` has inputs of its own"),
        ("coins", &["--field", "Fr"], "or of the computations coin, commit, broadcast"),
    ] {
        let (code, _, complaint) = against(name, &change.to_string(), words);
        assert!(code == 64 && complaint.contains(wanted), "{complaint}");
    }
}

/// What speaks of the messages of ideal foundations is played there, under whatever name; over a small field some lies
/// go through by right.
#[test]
fn strategies_on_ideal_foundations_are_played_there() {
    let (_, mut lie) = shipped(CHECKS).into_iter().find(|(id, _)| id == "mac.sigma.lie").unwrap();
    for id in ["mac.sigma.lie", "mine"] {
        lie["id"] = id.into();
        let (code, out, complaint) = against("multiply", &lie.to_string(), &["--field", "Fr", "--runs", "5"]);
        assert_eq!(code, 0, "{out}{complaint}");
        assert!(out.contains("multiply over fr on ideal foundations") && out.contains("stopped by mac.check"), "{out}");
    }
    lie["expect"] = serde_json::json!({"check": "frame.shape"});
    let (code, out, _) = against("multiply", &lie.to_string(), &["--runs", "200"]);
    assert!(code == 2 && out.contains("a WRONG output was accepted") && out.contains("(2p-1)/p^2"), "{out}");
}

/// A strategy of a foreign crate's protocol: wins where nothing holds the last party to its word, and is drawn; where
/// it has to commit, the same lie is stopped.
#[test]
fn two_faces_win_where_nobody_commits() {
    let dir = tempfile::tempdir().unwrap();
    let lie = strategy(&rule(TWO_FACES, r#"{"add": "1"}"#), r#"{"check": "commit.opening"}"#, "");
    let file = written(dir.path(), &lie);
    let page = dir.path().join("run.html");
    let words = ["attack", "toy.sum.unchecked", "--strategy", file.to_str().unwrap(), "--seed", SEED];
    let drawn = [&words[..], &["--runs", "20", "--trace", page.to_str().unwrap()]].concat();
    assert_eq!(run(TOYS, &drawn), ExitCode::Fail);
    let drawn = std::fs::read_to_string(&page).unwrap();
    assert!(drawn.contains("accepted a wrong output") && drawn.contains("masked (changed)"), "{drawn:.2000}");
    assert!(drawn.contains(&format!("--run 0 --runs 1 --seed {SEED}")), "the command that shows it again");
    // Every run is won, and any of them replays.
    let mine = Strategy::from_json(&lie).unwrap();
    let trial = Trial::new(Aim::Subject(&toy::UNCHECKED), FieldId::F31, &mine, None, false).ok().unwrap();
    let root: Root = SEED.parse().unwrap();
    let runs: Vec<Run> = (0..8).map(|k| trial.play(root.seed("strategy mine", k))).collect();
    let report = Report::new(&trial, 0, &runs);
    assert_eq!((report.verdict, report.wrong, report.idle), (Verdict::Fail, 8, 0));
    assert_eq!(runs[5], trial.play(root.seed("strategy mine", 5)));
    assert!(trial.replay(root.seed("strategy mine", 5)).unwrap().won());
    // The same file where everyone has committed.
    let words = ["attack", "toy.sum", "--strategy", file.to_str().unwrap(), "--seed", SEED, "--runs", "20"];
    assert_eq!(run(TOYS, &words), ExitCode::Pass);
}

/// Of three rules the one that wins is left, and wins the run that it was shrunk on. Where nothing wins, nothing is
/// written.
#[test]
fn a_strategy_that_wins_shrinks_to_what_wins() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("least.json");
    let least = place.to_str().unwrap();
    let others = [
        rule(r#"{"direction": "receives", "message": "mask", "peer": 0}"#, r#"{"add": "2"}"#),
        rule(r#"{"within": "sum", "message": "masked", "to": 1, "nth": 9}"#, r#""drop""#),
    ];
    let all = [&others[0], &rule(TWO_FACES, r#"{"add": "5"}"#), &others[1]];
    let all: Vec<&str> = all.iter().map(|one| one.trim_matches(['[', ']'])).collect();
    let lie = strategy(&format!("[{}]", all.join(", ")), r#"{"check": "commit.opening"}"#, "");
    let file = written(dir.path(), &lie);
    let attack = |name: &str, file: &Path, more: &[&str]| {
        let words = ["attack", name, "--seed", SEED, "--strategy", file.to_str().unwrap(), "--run", "3", "--runs", "1"];
        run(TOYS, &[&words[..], more].concat())
    };
    // Where everyone commits, the lie is stopped: there is nothing to shrink.
    assert_eq!(attack("toy.sum", &file, &["--shrink", least]), ExitCode::Vacuous);
    assert!(!place.exists());
    assert_eq!(attack("toy.sum.unchecked", &file, &["--shrink", least]), ExitCode::Fail);
    let shrunk = Strategy::from_json(&std::fs::read_to_string(&place).unwrap()).unwrap();
    let on = &shrunk.rules[0].on;
    assert_eq!((shrunk.rules.len(), on.message.as_str(), on.to), (1, "masked", Some(0)), "{}", shrunk.to_json());
    assert_eq!((shrunk.id.as_str(), shrunk.parties, &shrunk.corrupt[..]), ("mine", 3, &[2][..]));
    assert_eq!(attack("toy.sum.unchecked", &place, &[]), ExitCode::Fail);
    // The same in the control of a shipped protocol.
    let control = ["--control", "--runs", "20", "--shrink", least];
    let (code, out, complaint) = program(&strategy(SHIFT, CHECK, ""), &control);
    assert!(code == 0 && out.contains("which win run "), "{out}{complaint}");
    assert!(out.contains(&format!("--strategy {least} --control --run ")), "{out}");
    let (code, out, _) = program(&strategy(SHIFT, CHECK, ""), &["--field", "Fr", "--runs", "2", "--shrink", least]);
    assert!(code == 0 && out.contains("there is nothing to shrink, and nothing was written"), "{out}");
    // No attack by its name is shrunk, and a place where nothing can be written is told before the runs.
    let named = ["attack", "toy.sum.unchecked", "--attack", "toy.choose", "--seed", SEED, "--shrink", least];
    assert_eq!(run(TOYS, &named), ExitCode::Usage);
    assert_eq!(attack("toy.sum.unchecked", &file, &["--shrink", "/no/such/place"]), ExitCode::Storage);
}

/// What a search finds is small, replays as a file, and is nowhere else to be found.
#[test]
fn a_search_finds_what_wins_and_only_that() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("found.json");
    let found = file.to_str().unwrap();
    let search = |name: &str, runs: &str| {
        run(TOYS, &["search", name, "--runs", runs, "--seed", SEED, "--silent", "--out", found])
    };
    assert_eq!(search("toy.sum.unchecked", "300"), ExitCode::Fail);
    let text = std::fs::read_to_string(&file).unwrap();
    let strategy = Strategy::from_json(&text).unwrap();
    assert_eq!((strategy.rules.len(), strategy.rules[0].acts.len()), (1, 1), "{text}");
    let again = |name: &str| run(TOYS, &["attack", name, "--strategy", found, "--seed", SEED, "--runs", "20"]);
    assert_eq!(again("toy.sum.unchecked"), ExitCode::Fail);
    std::fs::remove_file(&file).unwrap();
    // The right sum is no computation whose best attack can be counted, the multiplication is.
    assert_eq!(search("toy.sum", "60"), ExitCode::Inconclusive);
    let multiply = ["search", "online.multiply", "--field", "F2", "--runs", "60", "--seed", SEED, "--silent"];
    assert_eq!(run(TOYS, &multiply), ExitCode::Pass);
    assert_eq!(search("online.multiply", "100"), ExitCode::Pass);
    assert!(!file.exists());
    // Without any time nothing was tried.
    assert_eq!(run(TOYS, &[&multiply[..], &["--seconds", "0"]].concat()), ExitCode::Inconclusive);
    // A computation that cannot be judged hides nothing of the others; where none can be, the command line is wrong.
    let large = |name: &str| run(TOYS, &["search", name, "--field", "Fr", "--n", "2", "--runs", "4", "--seed", SEED]);
    assert_eq!(large("spdz"), ExitCode::Inconclusive);
    assert_eq!(large("online.input"), ExitCode::Usage);
    assert_eq!(run(TOYS, &["search", "toy.sum", "--n", "2"]), ExitCode::Usage);
}

//! Strategies that make no sense: each is told what is wrong and where, and none panics.

use quorate_adversary::computation::{self, Scene};
use quorate_adversary::fields::FieldId;
use quorate_adversary::strategy::{Stage, Strategy};
use quorate_adversary::{Judgement, Outcome, World};

/// A strategy with these parties, corrupt ones and rules, and what else is given.
fn text(parties: &str, corrupt: &str, rules: &str, more: &str) -> String {
    format!(
        r#"{{"format": 1, "id": "bad", "title": "t", "does": "d", "parties": {parties}, "corrupt": {corrupt},
            "rules": {rules}, "expect": {{"check": "mac.check"}}{more}}}"#
    )
}

/// What is wrong with it when it is read, or else when it is checked against a multiplication of its parties.
fn error(text: &str) -> String {
    match Strategy::from_json(text) {
        Ok(strategy) => scene(&strategy).compile(&strategy).expect_err("it makes sense after all").to_string(),
        Err(e) => e.to_string(),
    }
}

/// A multiplication of its parties.
fn scene(strategy: &Strategy) -> Scene<'static> {
    let world = World::new(strategy.parties, strategy.coalition()).real();
    Scene::new(computation::find("multiply").unwrap(), FieldId::Fr, world)
}

/// One run of it against that.
fn played(text: &str) -> Outcome {
    let strategy = Strategy::from_json(text).unwrap();
    let scene = scene(&strategy);
    scene.play(&scene.compile(&strategy).unwrap(), 3)
}

fn rule(on: &str, act: &str) -> String {
    error(&text("3", "[2]", &format!(r#"[{{"on": {on}, "do": [{act}]}}]"#), ""))
}

/// Every one of these says at least this.
fn say(cases: &[(String, &str)]) {
    for (found, wanted) in cases {
        assert!(found.contains(wanted), "`{found}` does not say `{wanted}`");
    }
}

const SHARE: &str = r#"{"step": "beaver", "message": "share"}"#;

#[test]
fn unknown_names_are_told_with_what_may_be_meant() {
    say(&[
        (rule(r#"{"step": "beavr"}"#, r#""drop""#), "rules[0].on: there is no step `beavr`: did you mean `beaver`?"),
        (
            rule(r#"{"step": "beaver", "message": "sahre"}"#, r#""drop""#),
            "there is no message `sahre`: did you mean `share`?",
        ),
        (rule(r#"{"within": "onlin"}"#, r#""drop""#), "there is no step `onlin`: did you mean `online`?"),
        (
            rule(r#"{"step": "beaver", "kind": "element"}"#, r#""drop""#),
            "unknown variant `element`, expected one of `elements`",
        ),
        (rule(r#"{"stp": "beaver"}"#, r#""drop""#), "unknown field `stp`"),
        (rule(SHARE, r#"{"ad": "1"}"#), "unknown variant `ad`, expected one of `add`"),
        (rule(SHARE, r#"{"add": "gess"}"#), "unknown name `gess`"),
        (rule(SHARE, r#"{"add": "seen('beever', 'share', 0)"}"#), "there is no step `beever`: did you mean `beaver`?"),
        (
            rule(SHARE, r#"{"add": "seen('beaver', 'shares', 0)"}"#),
            "there is no message `shares`: did you mean `share`?",
        ),
        (rule(SHARE, r#"{"add": "1 +"}"#), "column 4: expected a number"),
        (
            rule(SHARE, r#"{"replay": {"session": "older", "step": "bever", "message": "shar"}}"#),
            "rules[0].do[0]: there is no step `bever`: did you mean `beaver`?",
        ),
        (
            rule(SHARE, r#"{"replay": {"session": "older", "message": "shar"}}"#),
            "rules[0].do[0]: there is no message `shar`: did you mean `share`?",
        ),
        (
            rule(
                r#"{"direction": "receives", "step": "beaver"}"#,
                r#"{"replay": {"session": "older", "step": "bever"}}"#,
            ),
            "there is no step `bever`",
        ),
        (rule(r#"{"step": "a//b"}"#, r#""drop""#), "rules[0].on.step: `` is no element"),
        (rule(r#"{"direction": "sideways"}"#, r#""drop""#), "unknown variant `sideways`"),
    ]);
}

#[test]
fn what_the_coalition_does_not_see_it_cannot_use() {
    say(&[
        // Honest parties' messages to each other.
        (
            rule(SHARE, r#"{"copy": {"from": 0, "step": "zero_setup", "message": "alpha"}}"#),
            "there is no message `alpha`",
        ),
        (rule(SHARE, r#"{"add": "seen('beaver', 'share', 0, 2)"}"#), "party 2 is not honest"),
        (rule(r#"{"direction": "receives", "step": "beaver", "to": 1}"#, r#""drop""#), "party 1 is not corrupt"),
        (rule(r#"{"step": "beaver", "from": 0}"#, r#""drop""#), "party 0 is not corrupt"),
        (rule(r#"{"step": "beaver", "to": 2}"#, r#""drop""#), "party 2 is not honest"),
        (rule(SHARE, r#"{"add": "alpha"}"#), "unknown name `alpha`"),
        (rule(SHARE, r#"{"add": "mac_key"}"#), "unknown name `mac_key`"),
        (rule(SHARE, r#"{"add": "sent('beaver', 'share', 0, 2)"}"#), "party 2 is not honest"),
    ]);
    // With parties 0 and 1 honest and three parties, the pair seed of 0 and 1 passes the coalition by.
    let hidden = r#"[{"on": {"step": "zero_setup", "message": "pair_seed"}, "do": ["drop"]}]"#;
    say(&[(error(&text("3", "[2]", hidden, "")), "no frame of the coalition fits; there are `pair_seed`")]);
    let looks = r#"[{"on": {"step": "mac_check/coin", "message": "seed"}, "do": [{"copy": {"step": "zero_setup", "message": "pair_seed"}}]}]"#;
    say(&[(error(&text("3", "[0]", looks, "")), "the coalition never receives `pair_seed`")]);
    let other =
        r#"[{"on": {"direction": "receives", "step": "zero_setup", "message": "pair_seed", "to": 0}, "do": ["drop"]}]"#;
    say(&[(error(&text("3", "[0]", other, "")), "no frame of the coalition fits")]);
}

#[test]
fn acts_must_fit_what_they_are_done_to() {
    let seed = r#"{"step": "mac_check/coin", "message": "seed"}"#;
    say(&[
        (rule(seed, r#"{"add": "1"}"#), "no elements of a field: `seed`"),
        (rule("{}", r#"{"add": "1"}"#), "no elements of a field"),
        (rule(seed, r#""identity""#), "this cannot be done to `seed`"),
        (rule(SHARE, r#""generator""#), "this cannot be done to `share`"),
        (rule(SHARE, r#"{"flip": 256}"#), "an item has 256 bits"),
        (rule(SHARE, r#"{"add": "seen('mac_check/coin', 'seed', 0)"}"#), "no elements in `seed`"),
        (rule(SHARE, r#"{"add": "seen('beaver', 'share')"}"#), "is a list: say which item"),
        (rule(SHARE, r#"{"add": "[1, 2]"}"#), "is a list where one value is needed"),
        (rule(SHARE, r#"{"add": "dot(1, 2)"}"#), "is one value where a list is needed"),
        (rule(SHARE, r#"{"add": "sum(coin('mac_check/coin'))"}"#), "a coin has no end"),
        (rule(SHARE, r#"{"add": "seen('beaver', 'share', 99999999)"}"#), "is no position"),
        (rule(SHARE, r#"{"copy": {"step": "mac_check/coin", "message": "seed"}}"#), "nothing of the same type to copy"),
        (rule(r#"{"step": "beaver", "message": "share", "items": [2]}"#, r#""zero""#), "such a message has at most 2"),
        (rule(r#"{"direction": "receives", "step": "beaver"}"#, r#""delay""#), "this is done to what a puppet sends"),
        (
            rule(r#"{"direction": "receives", "step": "beaver"}"#, r#"{"redirect": 0}"#),
            "this is done to what a puppet sends",
        ),
        (rule(r#"{"step": "beaver", "nth": 1}"#, r#""delay""#), "a delay is about all frames"),
        (rule(SHARE, r#"{"redirect": 7}"#), "there is no party 7"),
    ]);
}

#[test]
fn coalitions_and_numbers_out_of_range() {
    let rules = format!(r#"[{{"on": {SHARE}, "do": ["zero"]}}]"#);
    let with = |parties: &str, corrupt: &str| error(&text(parties, corrupt, &rules, ""));
    let more = |more: &str| error(&text("2", "[1]", &rules, more));
    say(&[
        (with("1", "[0]"), "parties: there are 2 to 16 parties, not 1"),
        (with("17", "[0]"), "there are 2 to 16 parties, not 17"),
        (with("18446744073709551615", "[0]"), "there are 2 to 16 parties"),
        (with("99999999999999999999", "[0]"), "invalid"),
        (with("-3", "[0]"), "invalid value"),
        (with("3", "[3]"), "there is no party 3"),
        (with("3", "[99]"), "there is no party 99"),
        (with("3", "[1, 1]"), "a party is named twice"),
        (with("3", "[]"), "nobody is corrupt"),
        (with("3", "[0, 1, 2]"), "everyone is corrupt"),
        (with("NaN", "[0]"), "expected value"),
        (with("3.0", "[0]"), "invalid type: floating point"),
        (with("6", "[0]"), "by 2 to 5 at all"),
        (more(r#", "format": 2"#), "duplicate field `format`"),
        (more(r#", "parties": 2"#), "duplicate field `parties`"),
        (more(r#", "lets": {"a": "1", "a": "2"}"#), "`a` is given twice"),
        (more(r#", "lets": {"a": "b", "b": "a"}"#), "it is defined by itself"),
        (more(r#", "lets": {"a": "a + 1"}"#), "it is defined by itself"),
        (more(r#", "lets": {"p": "1"}"#), "`p` stands for something already"),
        (more(r#", "lets": {"a": "value"}"#), "only where an item is changed"),
        (more(r#", "lets": {"a": "1"}"#), "lets.a: nothing uses it"),
        (more(r#", "lets": {"A b": "1"}"#), "a letter first"),
        (more(r#", "tape": [{"party": 0, "value": 1}]"#), "party 0 is not corrupt"),
        (more(r#", "tape": [{"party": 1, "value": 1e400}]"#), "number out of range"),
        (more(r#", "inputs": [{"party": 1, "values": [1]}]"#), "party 1 puts 0 values into `multiply`"),
        (more(r#", "levels": ["A3C9"]"#), "there is no level `A3C9`"),
        (more(r#", "surprise": 1"#), "unknown field `surprise`"),
    ]);
    say(&[
        (rule(SHARE, r#"{"extend": 99999999}"#), "1048576 at most"),
        (rule(SHARE, r#"{"length": -9223372036854775808}"#), "1048576 at most"),
        (rule(SHARE, r#"{"add": "99999999999999999999"}"#), "integers are below 2^64"),
        (rule(r#"{"items": []}"#, r#""zero""#), "no item is chosen"),
        (rule(r#"{"items": {"step": 0}}"#, r#""zero""#), "a step of at least 1"),
        (rule(r#"{"items": {"from": 5, "to": 5}}"#, r#""zero""#), "this range is empty"),
        (rule(r#"{"items": {"form": 5}}"#, r#""zero""#), "unknown field `form`"),
        (rule(r#"{"items": "all"}"#, r#""zero""#), "a list of positions or a range"),
        (error(&text("2", "[1]", r#"[{"on": {}, "do": []}]"#, "")), "a rule does at least one thing and at most 16"),
        (
            error(&text("2", "[1]", &format!("[{}]", vec![r#"{"on": {}, "do": ["zero"]}"#; 65].join(",")), "")),
            "at most 64 entries",
        ),
        (
            error(&text("2", "[1]", &rules, &format!(r#", "levels": [{}]"#, vec![r#""A3C2""#; 65].join(", ")))),
            "at most 64 entries",
        ),
        (error(&" ".repeat(1 << 17)), "at most 65536 bytes"),
        (error(&format!("\u{feff}{}", text("2", "[1]", &rules, ""))), "it begins with a byte order mark: save it as"),
        (error(&format!("{}{}", "[".repeat(5000), "]".repeat(5000))), "invalid type"),
        (error(""), "EOF while parsing"),
        (
            error(&text("2", "[1]", &rules, "").replace("\"format\": 1", "\"format\": 2")),
            "this is version 1 of the language",
        ),
    ]);
}

/// The values of an object, in order and without their names, are no object.
#[test]
fn lists_are_no_objects() {
    let no_list = "an object is needed here, each value with its name, not a list";
    let said = |at: &str| if at.is_empty() { no_list.to_owned() } else { format!("{at}: {no_list}") };
    let all = r#"[1, "lie", "t", "d", 2, [1], true, {}, [], [], [], {"harmless": "no"}, [], []]"#;
    let rules = |rules: &str| error(&text("2", "[1]", rules, ""));
    let more = |more: &str| error(&text("2", "[1]", "[]", more));
    let expect = |e: &str| error(&text("2", "[1]", "[]", "").replace(r#"{"check": "mac.check"}"#, e));
    for (found, at) in [
        (error(all), ""),
        (rules(r#"[[{"step": "beaver"}, ["drop"]]]"#), "rules[0]"),
        (rules(r#"[{"on": [], "do": ["drop"]}]"#), "rules[0].on"),
        (rules(r#"[{"on": {}, "do": ["drop", {"replay": ["older"]}]}]"#), "rules[0].do[1].replay"),
        (rules(r#"[{"on": {}, "do": [{"copy": []}]}]"#), "rules[0].do[0].copy"),
        (more(r#", "tape": [{"party": 1, "value": 0}, [1, 0, 5]]"#), "tape[1]"),
        (more(r#", "inputs": [[1, [2]]]"#), "inputs[0]"),
        (expect(r#"["mac.check"]"#), "expect"),
        (expect(r#"{"check": "mac.check", "unseen": ["output", "share", "t"]}"#), "expect.unseen"),
    ] {
        assert_eq!(found, said(at));
    }
}

#[test]
fn expectations_must_be_one_and_exact() {
    let expect = |e: &str| {
        let rules = format!(r#"[{{"on": {SHARE}, "do": ["zero"]}}]"#);
        error(&text("2", "[1]", &rules, "").replace(r#"{"check": "mac.check"}"#, e))
    };
    say(&[
        (expect("{}"), "exactly one of `check`, `harmless` and `no_output`"),
        (expect(r#"{"check": "mac.check", "harmless": "no"}"#), "exactly one of"),
        (expect(r#"{"harmless": "no", "escape": "MacCheck"}"#), "what no check stops cannot escape it"),
        (expect(r#"{"check": "mac.check", "escape": "MacChek"}"#), "did you mean `MacCheck`"),
        (expect(r#"{"check": "mac.check", "escape": "0.5"}"#), "expect.escape"),
        (expect(r#"{"check": "mac.check", "escape_at_most": "0.5"}"#), "expect.escape_at_most"),
        (expect(r#"{"no_output": "no", "escape_at_most": "1/p"}"#), "what no check stops cannot escape it"),
        (expect(r#"{"check": "mac.check", "escape": "0", "escape_at_most": "1"}"#), "say one of them"),
        (expect(r#"{"check": "mac.check", "escape": "value"}"#), "there is no bound `value`"),
        (expect(r#"{"check": "mac.check", "escape": "1/(((p^64)^64)^64)"}"#), "has more than 4096 bits"),
        (expect(r#"{"check": "mac.check", "escape": "Binding(4294967295)"}"#), "has more than 4096 bits"),
        (expect(r#"{"check": "mac.check", "escape": "Challenge(4294967295, 4294967295)"}"#), "has more than 4096 bits"),
        (
            expect(r#"{"check": "mac.check", "unseen": {"step": "outptu", "message": "share", "tells": "t"}}"#),
            "did you mean `output`",
        ),
    ]);
    let checks = protocols::CHECKS;
    let unknown = quorate_adversary::strategy::compile::check_named("mac.chek", checks).unwrap_err();
    assert!(unknown.to_string().contains("did you mean `mac.check`?"), "{unknown}");
}

/// 2^62 by names that double each other; and names in names as deep as nobody writes them.
#[test]
fn names_are_worked_out_once() {
    let rules = format!(r#"[{{"on": {SHARE}, "do": [{{"add": "a00"}}]}}]"#);
    let with = |meaning: &dyn Fn(&str) -> String| {
        let name = |k: usize| format!("a{k:02}");
        let all = (0..62).map(|k| format!(r#""{}": "{}", "#, name(k), meaning(&name(k + 1)))).collect::<String>();
        text("3", "[2]", &rules, &format!(r#", "lets": {{{all}"a62": "1"}}"#))
    };
    let outcome = played(&with(&|next| format!("{next} + {next}")));
    assert!(outcome.effective && outcome.judgement.check().is_some(), "{outcome:?}");
    assert!(played(&with(&|next| format!("sum([{next}, {next}]) * {next}"))).effective);
    say(&[
        (error(&with(&|next| format!("{next}{}", " + 1".repeat(20)))), "it is nested more than 256 deep"),
        (error(&with(&|_| "a00 + a00".into())), "lets.a00: it is defined by itself"),
    ]);
}

#[test]
fn what_rules_make_of_one_frame_has_an_end() {
    let rules = |count: usize, acts: &str| {
        let one = format!(r#"{{"on": {SHARE}, "do": [{acts}]}}"#);
        text("3", "[2]", &format!("[{}]", vec![one; count].join(", ")), "")
    };
    let mebibyte = r#"{"extend": 1048576}"#;
    let long = vec![r#"{"length": 1048576}"#; 16].join(", ");
    say(&[
        (error(&rules(64, &long)), "rules[0].do: more than 4194304 bytes are put into one frame: `share` in `"),
        (error(&rules(5, mebibyte)), "rules[4].do: more than 4194304 bytes are put into one frame"),
    ]);
    assert!(played(&rules(1, mebibyte)).effective);
    let doubled = |times: usize| played(&rules(1, &vec![r#""duplicate""#; times].join(", "))).effective;
    assert_eq!([10, 11, 16].map(doubled), [true, false, false]);
}

/// A rule of which one act would be too much does nothing, also not what would last longer than the frame.
#[test]
fn a_rule_that_meets_its_limit_leaves_nothing_behind() {
    let acting = |on: &str, acts: &str| {
        let rules = format!(r#"[{{"on": {on}, "do": [{acts}]}}]"#);
        played(&text("3", "[2]", &rules, ""))
    };
    let too_many = [r#""duplicate""#; 11].join(", ");
    let nothing = |on: &str, acts: &str| {
        let outcome = acting(on, acts);
        assert_eq!((outcome.judgement, outcome.effective), (Judgement::Right, false), "{acts}");
    };
    let heard = r#"{"direction": "receives", "step": "beaver", "message": "share"}"#;
    // Of the first frame of all nothing could come again.
    let last = r#"{"step": "output", "message": "share"}"#;
    let all = [(SHARE, r#"{"add": "1"}"#), (SHARE, r#""abort""#), (last, r#""restart""#), (heard, r#""silent""#)];
    for (on, act) in all {
        let alone = acting(on, act);
        assert!(alone.effective && alone.judgement != Judgement::Right, "{act}: {alone:?}");
        nothing(on, &format!("{act}, {too_many}"));
        nothing(on, &format!("{too_many}, {act}"));
    }
    // What is silent sends nothing, however often.
    nothing(SHARE, &format!(r#"{too_many}, "silent""#));
    assert!(acting(SHARE, &format!(r#""silent", {too_many}"#)).effective);
}

/// Nothing in a file gets to the terminal but as text on the line where it belongs.
#[test]
fn texts_do_nothing_to_a_terminal() {
    let rules = format!(r#"[{{"on": {SHARE}, "do": ["zero"]}}]"#);
    let with = |from: &str, to: &str| error(&text("3", "[2]", &rules, "").replace(from, to));
    let all = [
        (with(r#""does": "d""#, r#""does": "d\nfail: x""#), r"unlike `d\u{a}fail: x`"),
        (with(r#""title": "t""#, r#""title": "t\u001b[2J""#), r"unlike `t\u{1b}[2J`"),
        (with(r#""title": "t""#, r#""title": "\u202et""#), r"unlike `\u{202e}t`"),
        (with(r#""mac.check""#, r#""mac.check", "escape": "1\n/p""#), r"unlike `1\u{a}/p`"),
        (with(r#""mac.check""#, r#""mac.check", "escape_at_most": "1\n/p""#), r"unlike `1\u{a}/p`"),
        (with(r#""id": "bad""#, r#""id": "b\rd""#), "an id is 1 to 80"),
        // What is quoted in an error.
        (rule(r#"{"step": "beaver", "message": "a\u001b[2J"}"#, r#""drop""#), r"there is no message `a\u{1b}[2J`"),
        (rule(r#"{"a\nfail: x": 1}"#, r#""drop""#), r"a\u{a}fail: x"),
    ];
    say(&all);
    assert!(all.iter().all(|(found, _)| !found.contains(char::is_control)));
}

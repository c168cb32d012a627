use super::*;
use std::collections::BTreeSet;

const GOOD: &str = r#"session = "trial"
field = "f128"
rows = 100

[timeouts]
connect_seconds = 30
idle_seconds = 5
step_seconds = 50

[[party]]
name = "bank"
address = "10.0.0.7:7100"
fingerprint = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

[party.data]
file = "data/bank.csv"
id = "applicant"
columns = [
    { name = "amount", type = "decimal", range = [0, "10.5"], fraction_bits = 16 },
    { name = "rate", standardise = true },
]

[[party]]
name = "bureau"
address = "[::1]:7101"
data = { file = "/srv/bureau.csv", separator = ";", id = "id", columns = [{ name = "default", standardise = true }] }

[[party]]
name = "auditor"
address = "audit.example:7102"

[[output]]
name = "correlation"
compute = "correlation"
columns = ["bank.rate"]
with = "bureau.default"
to = ["bank", "auditor"]

[[output]]
name = "total"
compute = "sum"
columns = ["bank.amount"]
to = "all"

[[output]]
name = "score"
compute = "weighted_score"
columns = ["bank.*"]
weights = ["0.5", -2]
intercept = 1
fraction_bits = 4
to = ["bureau"]
"#;

fn parse(text: &str) -> Result<Task, TaskError> {
    Task::parse(text, Path::new("dir/task.toml"))
}

fn good() -> Task {
    parse(GOOD).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn a_good_task() {
    let task = good();
    let names: Vec<&str> = task.parties.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["auditor", "bank", "bureau"]);
    let [auditor, bank, bureau] = [0, 1, 2].map(PartyId::new);
    assert_eq!((task.field, task.rows, task.session.as_str()), (FieldName::F128, 100, "trial"));
    let seconds = Duration::from_secs;
    assert_eq!(task.timeouts, Timeouts { connect: seconds(30), idle: seconds(5), step: seconds(50) });
    assert_eq!(task.party(bank).fingerprint.map(|f| (f[0], f[1], f[31])), Some((0, 0x11, 0xff)));
    assert_eq!(task.party(bureau).address, Address { host: "::1".into(), port: 7101 });
    assert_eq!(task.party(bureau).address.to_string(), "[::1]:7101");
    let sources: Vec<_> = task.providers().map(|(id, s)| (id, s.file.to_str(), s.separator)).collect();
    assert_eq!(sources, [(bank, Some("dir/data/bank.csv"), b','), (bureau, Some("/srv/bureau.csv"), b';')]);

    let amount = ColumnRef { party: bank, column: 0 };
    let rate = ColumnRef { party: bank, column: 1 };
    let default = ColumnRef { party: bureau, column: 0 };
    let computations: Vec<_> = task.outputs.iter().map(|o| o.computation.clone()).collect();
    let score = Computation::WeightedScore { terms: vec![(amount, 8), (rate, -32)], intercept: 16, fraction_bits: 4 };
    assert_eq!(computations, [Computation::Correlation(vec![rate], default), Computation::Sum(vec![amount]), score]);
    assert_eq!(task.outputs[0].to, Demanders::Some(vec![auditor, bank]));
    assert!(task.is_shown(&task.outputs[1], bureau) && !task.is_shown(&task.outputs[0], bureau));
    let forms: Vec<String> = task.forms(bank).iter().map(ToString::to_string).collect();
    assert_eq!(forms[0], "bank.amount: 100 values, 16 fraction bits, 20 bits");
    assert_eq!(
        task.provider_duties()[..2],
        [
            "bank centres and scales rate itself: scaling is part of its input",
            "bank checks the ranges of amount itself",
        ]
    );
    let unpinned = task.require_fingerprints().expect_err("two parties have none").to_string();
    assert_eq!(unpinned, "dir/task.toml: party `auditor` has no fingerprint; `quorate keygen` prints it");
}

/// The message and line for a task in which `from` is replaced by `to`.
fn broken(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    let error = parse(&GOOD.replacen(from, to, 1)).err().unwrap_or_else(|| panic!("accepted: {from} → {to}"));
    error.to_string().strip_prefix("dir/task.toml").expect("the file first").to_owned()
}

#[test]
fn every_error_names_line_and_cause() {
    let cases = [
        ("session = \"trial\"", "session = \"\"", ", line 1: session name must be 1 to 64 bytes"),
        ("session = \"trial\"", "session = \"a\\u001b\"", ", line 1: session name must be"),
        ("session = \"trial\"", "session = trial", ", line 1: "),
        ("session = \"trial\"\n", "", ", line 1: missing field `session`"),
        ("\"f128\"", "\"f64\"", ", line 2: no field `f64`; there are fr and f128"),
        ("rows = 100", "rows = 1", ", line 3: rows must be 2 to 10000000"),
        ("rows = 100", "rows = -1", ", line 3: invalid value: integer `-1`"),
        ("rows = 100", "rows = 100\ncolour = 1", ", line 4: unknown field `colour`"),
        ("rows = 100", "rows = 100\nfraction_bits = 49", ", line 4: at most 48 fraction bits"),
        ("rows = 100", "rows = 100\nids = \"none.txt\"", ", line 4: dir/none.txt: No such file"),
        ("idle_seconds = 5", "idle_seconds = 0", ", line 7: a time-out is 1 to 86400 seconds"),
        ("step_seconds = 50", "step_seconds = 4", ": step_seconds must not be below idle_seconds"),
        ("name = \"bureau\"", "name = \"bank\"", ", line 24: party `bank` occurs on line 11 already"),
        ("name = \"bureau\"", "name = \"bu.reau\"", ", line 24: a party's name has no `.`"),
        ("[::1]:7101", "10.0.0.7:7100", ", line 25: address `10.0.0.7:7100` occurs on line 12 already"),
        ("[::1]:7101", "::1:7101", ", line 25: an address is host:port"),
        ("[::1]:7101", "localhost", ", line 25: an address is host:port"),
        ("[::1]:7101", "localhost:0", ", line 25: an address is host:port"),
        ("[::1]:7101", "localhost:70000", ", line 25: an address is host:port"),
        ("[::1]:7101", ":7101", ", line 25: an address is host:port"),
        ("DDEEFF\"", "DDEEF\"", ", line 13: a fingerprint is 64 hexadecimal digits"),
        ("DDEEFF\"", "DDEEFG\"", ", line 13: a fingerprint is 64 hexadecimal digits"),
        ("\"data/bank.csv\"", "\"\"", ", line 16: no file name"),
        ("separator = \";\"", "separator = \"ab\"", ", line 26: a separator is"),
        ("name = \"rate\"", "name = \"amount\"", ", line 20: column `amount` occurs on line 19 already"),
        ("name = \"rate\"", "name = \"applicant\"", ", line 20: column `applicant` occurs on line 17 already"),
        ("name = \"rate\"", "name = \" rate\"", ", line 20: a column's name is"),
        ("\"rate\", standardise = true", "\"rate\"", ", line 20: column `rate` needs range = [smallest, largest] or"),
        (
            "\"rate\", standardise = true",
            "\"rate\", range = [0, 1]",
            ", line 20: column `rate` needs type = \"integer\" or",
        ),
        (
            "\"rate\", standardise",
            "\"rate\", range = [0, 1], standardise",
            ", line 20: column `rate` is standardised: its range",
        ),
        (
            "\"rate\", standardise",
            "\"rate\", type = \"integer\", standardise",
            ", line 20: column `rate` is standardised: its values",
        ),
        ("[0, \"10.5\"]", "[11, \"10.5\"]", ", line 19: column `amount`: the range ends before it starts"),
        (
            "[0, \"10.5\"]",
            "[0, 10.5]",
            ", line 19: invalid type: floating point `10.5`, expected an integer, or a decimal in",
        ),
        ("[0, \"10.5\"]", "[0, \"10,5\"]", ", line 19: not a number: comma at position 3"),
        ("[0, \"10.5\"]", "[0, \"1e34\"]", ", line 19: column `amount`: too large"),
        ("[0, \"10.5\"]", "[0]", ", line 19: invalid length 1"),
        (
            "type = \"decimal\"",
            "type = \"text\"",
            ", line 19: column `amount`: no type `text`; there are integer and decimal",
        ),
        (
            "type = \"decimal\"",
            "type = \"integer\"",
            ", line 19: column `amount` is of integers, which have no fraction bits",
        ),
        (
            "type = \"decimal\", range = [0, \"10.5\"], fraction_bits = 16",
            "type = \"integer\", range = [0, \"10.5\"]",
            ", line 19: column `amount`: a range of integers ends with integers",
        ),
        ("fraction_bits = 16", "fraction_bits = 60", ", line 19: at most 48 fraction bits"),
        ("name = \"total\"", "name = \"correlation\"", ", line 40: output `correlation` occurs on line 33 already"),
        (
            "compute = \"sum\"",
            "compute = \"median\"",
            ", line 41: no computation `median`; there are sum, mean, inner_product",
        ),
        ("compute = \"sum\"", "compute = \"sum\"\nwith = \"bank.rate\"", ", line 42: `sum` has no `with`"),
        ("compute = \"sum\"", "compute = \"sum\"\nweights = [1]", ", line 42: `sum` has no `weights`"),
        ("compute = \"sum\"", "compute = \"covariance\"", ", line 41: `covariance` needs with = \"party.column\""),
        ("\"bank.rate\"]", "\"bank.rat\"]", ", line 35: party `bank` enters no column `rat`; it has amount, rate"),
        ("\"bank.rate\"]", "\"auditor.x\"]", ", line 35: party `auditor` enters no column `x`; it has no data"),
        ("\"bank.rate\"]", "\"shop.rate\"]", ", line 35: no party `shop`; there are auditor, bank, bureau"),
        ("\"bank.rate\"]", "\"rate\"]", ", line 35: `rate` is not of the form party.column"),
        ("\"bank.rate\"]", "\"bank.rate\", \"bank.rate\"]", ", line 35: column bank.rate is named twice"),
        ("\"bank.rate\"]", "\"auditor.*\"]", ", line 35: no columns"),
        (
            "\"bank.rate\"]",
            "\"bank.*\"]",
            ", line 35: correlation needs standardised columns; set standardise = true for bank.amount",
        ),
        ("weights = [\"0.5\", -2]", "weights = [1]", ", line 49: 1 weights for 2 columns"),
        ("weights = [\"0.5\", -2]\n", "", ", line 47: `weighted_score` needs weights"),
        (
            "weights = [\"0.5\", -2]",
            "weights = [\"x\", -2]",
            ", line 49: not a number: unexpected character at position 1",
        ),
        ("to = [\"bureau\"]", "to = []", ", line 52: nobody would see this output"),
        ("to = [\"bureau\"]", "to = \"bureau\"", ", line 52: to = \"all\" or a list of parties, not \"bureau\""),
        ("to = [\"bureau\"]", "to = [\"shop\"]", ", line 52: no party `shop`; there are auditor, bank, bureau"),
        ("to = [\"bureau\"]", "to = [\"bureau\", \"bureau\"]", ", line 52: party `bureau` is named twice"),
        (
            "{ name = \"rate\"",
            "{ name = \"idle\", standardise = true }, { name = \"rate\"",
            ", line 50: 2 weights for 3 columns",
        ),
    ];
    for (from, to, message) in cases {
        let found = broken(from, to);
        let skew = found.replace(", line 50: 2 weights", ", line 49: 2 weights");
        let wanted = message.replace(", line 50: 2 weights", ", line 49: 2 weights");
        assert!(skew.starts_with(&wanted), "{from} → {to}\n  found  {found}\n  wanted {message}");
    }
}

#[test]
fn whole_parts_missing() {
    let (head, outputs) = GOOD.split_once("[[output]]").expect("outputs");
    assert!(parse(head).is_err_and(|e| e.message == "no outputs: nothing to compute"));
    let (none, _) = GOOD.split_once("[[party]]").expect("parties");
    assert!(parse(none).is_err_and(|e| e.message == "0 parties; a task has 2 to 5"));
    let data = GOOD.find("[party.data]").expect("data");
    let third = GOOD.rfind("[[party]]").expect("a third party");
    let no_data = format!("{}[[party]]\nname = \"b\"\naddress = \"b:1\"\n{}", &GOOD[..data], &GOOD[third..]);
    assert!(parse(&no_data).is_err_and(|e| e.message == "no party has data"));
    let first = format!("{head}[[output]]{}", outputs.split("[[output]]").next().unwrap_or_default());
    assert!(parse(&first).is_err_and(|e| e.message == "no output needs bank.amount; remove it"));
}

#[test]
fn overflow_is_known_without_data() {
    let text = GOOD.replace("[0, \"10.5\"], fraction_bits = 16", "[0, \"1e20\"], fraction_bits = 48");
    let text = text.replace("compute = \"sum\"", "compute = \"covariance\"\nwith = \"bank.amount\"");
    let error = parse(&text).expect_err("too large for 128 bits").message;
    assert!(error.starts_with("overflow: inner product of bank.amount × bank.amount may need 236 bits"), "{error}");
    assert!(parse(&text.replace("f128", "fr")).is_ok());
}

#[test]
fn the_digest_covers_meaning_and_nothing_local() {
    let digest = |from: &str, to: &str| {
        assert!(GOOD.contains(from), "{from}");
        parse(&GOOD.replacen(from, to, 1)).unwrap_or_else(|e| panic!("{from} → {to}: {e}")).digest()
    };
    let same = [
        ("data/bank.csv", "elsewhere.csv"),
        ("10.0.0.7:7100", "10.0.0.8:7100"),
        ("AABBCC", "aabbcc"),
        ("\"10.5\"", "\"10.50\""),
        ("separator = \";\"", "separator = \",\""),
        ("idle_seconds = 5", "idle_seconds = 6"),
        ("[\"bank\", \"auditor\"]", "[\"auditor\", \"bank\"]"),
        ("id = \"applicant\"", "id = \"customer\""),
        ("[\"bank.*\"]", "[\"bank.amount\", \"bank.rate\"]"),
    ];
    for (from, to) in same {
        assert_eq!(digest(from, to), good().digest(), "{from} → {to}");
    }
    let different = [
        ("trial", "trial 2"),
        ("\"f128\"", "\"fr\""),
        ("rows = 100", "rows = 101"),
        ("rows = 100", "rows = 100\nfraction_bits = 21"),
        ("0011", "0012"),
        (
            "name = \"auditor\"\naddress = \"audit.example:7102\"",
            "name = \"auditor\"\naddress = \"a:1\"\nfingerprint = \"1111111111111111111111111111111111111111111111111111111111111111\"",
        ),
        ("[0, \"10.5\"]", "[0, \"10.6\"]"),
        ("fraction_bits = 16", "fraction_bits = 17"),
        ("name = \"total\"", "name = \"sum\""),
        ("compute = \"sum\"", "compute = \"mean\""),
        ("columns = [\"bank.amount\"]", "columns = [\"bank.rate\"]"),
        ("with = \"bureau.default\"\nto = [\"bank\", \"auditor\"]", "with = \"bureau.default\"\nto = [\"bank\"]"),
        ("to = \"all\"", "to = [\"bank\"]"),
        ("[\"0.5\", -2]", "[\"0.5\", -3]"),
        ("intercept = 1", "intercept = 2"),
        ("fraction_bits = 4", "fraction_bits = 5"),
        ("compute = \"correlation\"", "compute = \"inner_product\""),
    ];
    let mut seen = BTreeSet::from([good().digest().0]);
    for (from, to) in different {
        assert!(seen.insert(digest(from, to).0), "{from} → {to}");
    }
}

#[test]
fn listed_ids_enter_the_digest() {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |ids: &str| std::fs::write(directory.path().join("ids.txt"), ids).expect("a file");
    let text = GOOD.replace("rows = 100", "rows = 2\nids = \"ids.txt\"");
    let load = || Task::parse(&text, &directory.path().join("task.toml"));
    write("b\na\n");
    let first = load().unwrap_or_else(|e| panic!("{e}")).digest();
    write("a\r\nb");
    assert_eq!(load().unwrap_or_else(|e| panic!("{e}")).digest(), first);
    write("a\nc");
    assert_ne!(load().unwrap_or_else(|e| panic!("{e}")).digest(), first);
    write("a\nb\nc");
    let error = load().expect_err("three ids for two rows");
    assert_eq!((error.line, error.message.as_str()), (Some(4), "ids.txt lists 3 ids, the task states 2 rows"));
}

#[test]
fn files_that_are_no_tasks() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("task.toml");
    assert!(Task::load(&path).is_err_and(|e| e.unreadable && e.message.starts_with("No such file")));
    std::fs::write(&path, [0xff, 0xfe]).expect("a file");
    assert!(Task::load(&path).is_err_and(|e| !e.unreadable && e.message.contains("UTF-8")));
    std::fs::write(&path, vec![b'#'; 1 << 21]).expect("a file");
    assert!(Task::load(&path).is_err_and(|e| e.message.starts_with("larger than")));
}

//! `spec/report.md` against the code: its tables, and its examples, whose values another program has computed.

use std::fmt::Debug;
use std::fs;

use ed25519_dalek::SigningKey;
use quorate_certify::certificate::{FORMAT, sign, store, strict, tree};
use quorate_certify::evidence::{Evidence, attack};
use quorate_certify::log::{self, Found, Unit};
use quorate_certify::seeds::Root;
use quorate_certify::simulate::Proof;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::SEED;

/// The page.
const PAGE: &str = include_str!("../../../spec/report.md");

/// A text that the page has, wherever its lines end.
fn said(text: &str) -> &str {
    let page = PAGE.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains(text), "spec/report.md does not say: {text}");
    text
}

#[test]
fn lines_have_the_roots_of_the_page() {
    const LINES: [&str; 3] = [
        r#"{"found":{"stopped":"commit.opening"},"row":"attack commit.copy","unit":{"attack":{"control":false,"run":0}}}"#,
        r#"{"found":{"wrong":"a lie"},"row":"attack commit.copy","unit":{"attack":{"control":true,"run":0}}}"#,
        r#"{"found":"idle","row":"sweep coin/2","unit":{"tamper":{"at":{"direction":"sends","frame":4,"mutation":"drop"},"run":0}}}"#,
    ];
    let text = LINES.map(said).join("\n") + "\n";
    let lines = log::lines(&log::read(text.as_bytes()).unwrap()).unwrap();
    assert_eq!(lines, LINES.map(|line| line.as_bytes().to_vec()));
    assert_eq!(log::root(&lines), said("752dd3586f9f553dd753e8db0e68c65b0267178de0c9ce32ebf03c2b975c6682"));
    assert_eq!(log::root(&lines[..2]), said("b0eeba584e95abc26c0610f7fbcde223e2b47a4c191af3297477c2a968a609ae"));
    assert_eq!(log::root(&lines[..1]), "788fdf51fb4ba16c85bd62c151028ce5bd66b4788609df7f5be4ef772037651d");
    assert_eq!(log::root(&[]), "0".repeat(64));
}

#[test]
fn a_run_of_a_row_has_the_seed_of_the_page() {
    let row = Evidence::Attack(attack::Row { id: "commit.copy".into(), ..attack::Row::default() });
    let seed = |run| SEED.parse::<Root>().unwrap().seed(&row.key(), run).to_string();
    assert_eq!((row.key(), SEED), (said("attack commit.copy").into(), &*said("5eed").repeat(16)));
    assert_eq!(seed(3), said("5476226030213894448"));
    assert_eq!(seed(0), "250596581950843757");
}

#[test]
fn a_text_has_the_form_the_hash_and_the_signature_of_the_page() {
    let text = said(r#"{"":9007199254740991,"\n":[null,true,"a/b \"\\\u0001 é"],"10":{},"9":0,"𝄞":1,"ﬁ":2}"#);
    let value: Value = strict::read(text.as_bytes()).unwrap();
    assert_eq!(value["\n"], json!([null, true, "a/b \"\\\u{1} é"]));
    assert_eq!(strict::canonical(&value).unwrap(), text.as_bytes());
    // Keys in the order of their code points, which is that of their bytes.
    let other = text.replace(r#""𝄞":1,"ﬁ":2"#, r#""ﬁ":2,"𝄞":1"#);
    assert!(other != text && strict::read::<Value>(other.as_bytes()).is_err());
    let signed = sign::sign(text.as_bytes(), &SigningKey::from_bytes(&[1; 32]));
    assert_eq!(signed.certificate, said("b11ca3e114f6542d0b44ce81fae45702faa3f6b6ff5cc9f70754bd5ce3821094"));
    let (first, second) = signed.signature.split_at(64);
    assert_eq!(first, said("669dfaf13f1755ff7d8229495589b7a1248e9acc40a85c6b396b0494626490f6"));
    assert_eq!(second, said("fe3afb35947dc93fc046ef106a0b97993526d79b319634d346d56f6a0adfde02"));
    assert_eq!(signed.key, "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c");
    said(&signed.format);
    said(&signed.algorithm);
}

#[test]
fn files_have_the_hash_of_the_page() {
    let dir = tempfile::tempdir().unwrap();
    let counted = [("B", "three"), ("a/2", "x"), ("a-b/1", "")];
    let left_out = [("a/.b", "hidden"), ("a/target/c", "built"), ("d", "elsewhere")];
    for (name, content) in counted.into_iter().chain(left_out) {
        let file = dir.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    let hash = tree::hash(dir.path(), &["a-b", "a", "B"]).unwrap();
    assert_eq!(hash, said("6fbf4a3bd58c418af2e2f6c6e836bb75a483d563e91997a4a01963918b8fa86d"));
    let (last, others) = tree::MEASURED.split_last().unwrap();
    said(&format!("{} and {last}", others.join(", ")));
}

/// A coalition sees a bit of which it is told nothing. What its digest is of is not canonical.
#[test]
fn a_proof_has_the_digest_that_follows_from_the_page() {
    const PROOF: &str = concat!(
        r#"{"certificate":{"digest":"719a163a33831d6b29e166636746c285ba48026d8694202a656b71a68bd5887d","distinguisher":"#,
        r#"{"accepts":[{"chance":"1/2","class":0,"input":0,"output":0},{"chance":"1/2","class":1,"input":1,"output":0}],"#,
        r#""prior":["1/2","1/2"]},"simulator":{"sends":["1/1"],"shows":[{"chance":"1/2","class":0,"delivered":1,"#,
        r#""sends":0,"told":""},{"chance":"1/2","class":1,"delivered":1,"sends":0,"told":""}]},"value":"1/2"},"#,
        r#""problem":{"abort":"selective","ideal":{"denominator":"1","rows":[[[{"outputs":[""],"told":"","weight":"1"}],"#,
        r#"[{"outputs":[""],"told":"","weight":"1"}]]]},"real":{"classes":[[{"input":0,"output":0,"weight":"1"}],"#,
        r#"[{"input":1,"output":0,"weight":"1"}]],"denominator":"1","inputs":2,"outputs":[[""]],"parties":1}}}"#,
    );
    let proof: Proof = strict::read(PROOF.as_bytes()).unwrap();
    assert_eq!(proof.check("selective"), Ok(()));
    assert!(proof.check("unanimous").is_err());
}

/// What stands in code type in some text.
fn names(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// What serde expects in the place of something that it does not know.
fn expected<T: DeserializeOwned + Debug>(unknown: Value) -> Vec<String> {
    let error = serde_json::from_value::<T>(unknown).unwrap_err().to_string();
    names(&error).into_iter().skip(1).map(ToOwned::to_owned).collect()
}

/// The table with this first column has every variant, in order, and all of its fields.
fn is_told<T: DeserializeOwned + Debug>(first: &str) {
    let lines = PAGE.lines().skip_while(|line| !line.starts_with(&format!("| {first} |")));
    let cells: Vec<Vec<&str>> =
        lines.skip(2).take_while(|line| line.starts_with("| ")).map(|line| line.split('|').collect()).collect();
    let told: Vec<&str> = cells.iter().flat_map(|line| names(line[1])).collect();
    assert_eq!(told, expected::<T>("?".into()));
    for line in cells {
        for variant in names(line[1]) {
            let fields = expected::<T>(json!({ variant: { "?": 0 } }));
            let missing: Vec<_> = fields.iter().filter(|field| !names(line[2]).contains(&field.as_str())).collect();
            assert!(missing.is_empty(), "spec/report.md does not tell {missing:?} of `{variant}`");
        }
    }
}

#[test]
fn the_page_tells_all_that_a_line_may_hold_and_all_files() {
    is_told::<Unit>("unit");
    is_told::<Found>("found");
    for name in [FORMAT, store::CERTIFICATE, store::LOG, store::SIGNATURE, store::PAGE] {
        said(&format!("`{name}`"));
    }
}

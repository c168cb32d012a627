//! Commands, files and the published shape.

use quorate_certify::certificate::{schema, store, strict};
use serde_json::Value;
use spec::ExitCode;

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
    let dir = tempfile::tempdir().unwrap();
    let (_, stored) = certify(TOYS, "toy.sum", &[], dir.path());
    let mut value = serde_json::to_value(&stored.certificate).unwrap();
    assert_eq!(fits(&schema, &schema, &value), Ok(()));
    value["measured"]["more"] = 1.into();
    assert!(fits(&schema, &schema, &value).unwrap_err().contains("more"));
    value["measured"].as_object_mut().unwrap().remove("more");
    value["measured"]["asked"].as_object_mut().unwrap().remove("tier");
    assert!(fits(&schema, &schema, &value).unwrap_err().contains("tier"));
    value["measured"]["asked"]["tier"] = 1.into();
    assert!(fits(&schema, &schema, &value).is_err());
}

/// What is interrupted has shown nothing.
#[cfg(unix)]
#[test]
fn an_interrupted_run_is_inconclusive_and_leaves_no_certificate() {
    use std::process::{Command, Stdio};
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate-certify"));
    command.args(["spdz", "--tier", "deep", "--out"]).arg(dir.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut err = std::io::BufReader::new(child.stderr.take().unwrap());
    // The first row has begun.
    let mut seen = String::new();
    while !seen.contains("[1/") {
        assert!(std::io::BufRead::read_line(&mut err, &mut seen).unwrap() > 0, "{seen}");
    }
    assert!(Command::new("kill").arg("-INT").arg(child.id().to_string()).status().unwrap().success());
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut err, &mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2), "{rest}");
    assert!(rest.contains("interrupted before its end: nothing was decided"), "{rest}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

/// Whether a value fits a schema, for the keywords that the published one uses; any other is an error.
fn fits(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let Some(schema) = schema.as_object() else { return Ok(()) };
    let empty = serde_json::Map::new();
    let object = value.as_object();
    for (key, rule) in schema {
        let list = || rule.as_array().map_or(&[][..], |r| r);
        let ok = match key.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "format" => true,
            "$ref" => {
                let place =
                    rule.as_str().and_then(|r| root.pointer(r.trim_start_matches('#'))).ok_or("a dead reference")?;
                return fits(root, place, value);
            }
            "type" => {
                let is = |name: &Value| match name.as_str() {
                    Some("object") => value.is_object(),
                    Some("array") => value.is_array(),
                    Some("string") => value.is_string(),
                    Some("boolean") => value.is_boolean(),
                    Some("integer") => value.is_u64(),
                    Some("null") => value.is_null(),
                    _ => false,
                };
                if rule.is_array() { list().iter().any(is) } else { is(rule) }
            }
            "const" => rule == value,
            "enum" => list().contains(value),
            "oneOf" => list().iter().filter(|s| fits(root, s, value).is_ok()).count() == 1,
            "anyOf" => list().iter().any(|s| fits(root, s, value).is_ok()),
            "minimum" => value.as_u64().zip(rule.as_u64()).is_none_or(|(v, least)| v >= least),
            "minItems" => value.as_array().zip(rule.as_u64()).is_none_or(|(v, least)| v.len() as u64 >= least),
            "maxItems" => value.as_array().zip(rule.as_u64()).is_none_or(|(v, most)| v.len() as u64 <= most),
            "required" => {
                match list().iter().find(|k| object.is_some_and(|o| !o.contains_key(k.as_str().unwrap_or("")))) {
                    Some(k) => return Err(format!("{k} is missing")),
                    None => true,
                }
            }
            "properties" => {
                for (name, inner) in rule.as_object().unwrap_or(&empty) {
                    if let Some(v) = object.and_then(|o| o.get(name)) {
                        fits(root, inner, v).map_err(|e| format!("{name}: {e}"))?;
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
                let more = object.unwrap_or(&empty).iter().filter(|(k, _)| !known.contains_key(*k));
                for (k, v) in more {
                    if *rule == Value::Bool(false) {
                        return Err(format!("{k} is not allowed"));
                    }
                    fits(root, rule, v)?;
                }
                true
            }
            "items" => {
                for v in value.as_array().map_or(&[][..], |v| v) {
                    fits(root, rule, v)?;
                }
                true
            }
            other => return Err(format!("the keyword {other} is not known to this test")),
        };
        if !ok {
            return Err(format!("{key} {rule} does not fit {value:.100}"));
        }
    }
    Ok(())
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
    for told in ["toy.choose", "Not covered", "R-8.1.3", "two-parties", &stored.certificate.measured.seed.root] {
        assert!(page.contains(told), "{told}");
    }
    // The same question from the same seed finds the same.
    let again = tempfile::tempdir().unwrap();
    let (_, second) = certify(TOYS, "toy.sum", &[], again.path());
    assert_eq!(second.certificate.measured.log, stored.certificate.measured.log);
    assert_eq!(second.certificate.measured.rows, stored.certificate.measured.rows);
}

#[test]
fn lists_explanations_searches_and_controls() {
    let code = |words: &[&str]| run(TOYS, words);
    assert_eq!(code(&["list"]), ExitCode::Pass);
    assert_eq!(code(&["list", "toy.sum"]), ExitCode::Pass);
    assert_eq!(code(&["explain", "mac.sigma.lie"]), ExitCode::Pass);
    assert_eq!(code(&["explain", "toy.choose"]), ExitCode::Pass);
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

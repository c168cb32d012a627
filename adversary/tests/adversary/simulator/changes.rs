//! Certificates and tables as text, and every number in them changed.

use quorate_adversary::simulator::{Abort, Certificate, Fraction, Problem, TableError};
use serde_json::Value;

use super::certified;
use super::model::{SHIFT, Variant, dealt, owned, withheld};

/// Other texts in place of this one.
fn other_texts(text: &str) -> Vec<String> {
    let digits = text.parse::<u128>().ok().map(|n| (n + 1).to_string());
    let fraction = text.split_once('/').map(|(n, d)| (n.parse::<u64>().unwrap(), d.parse::<u64>().unwrap()));
    let fractions = fraction.into_iter().flat_map(|(n, d)| {
        [format!("{}/{d}", n + 1), format!("{n}/{}", d + 1), format!("{}/{}", 2 * n, 2 * d), format!("-{n}/{d}")]
    });
    let words = ["selective", "unanimous", "", "01"].map(String::from);
    digits.into_iter().chain(fractions).chain(words).chain([format!("{text}00")]).filter(|t| t != text).collect()
}

/// Every copy of a value in which one number or text is another, or one entry of a list is missing or there twice.
fn changed(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => other_texts(text).into_iter().map(Value::from).chain([Value::Null]).collect(),
        Value::Number(n) => {
            let n = n.as_u64().unwrap();
            [Some(n + 1), n.checked_sub(1), Some(1 << 62)].into_iter().flatten().map(Value::from).collect()
        }
        Value::Null => vec![Value::from("00")],
        Value::Bool(_) => unreachable!("there are none"),
        Value::Array(list) => {
            let mut copies = Vec::new();
            for (at, item) in list.iter().enumerate() {
                let with = |items: &[Value]| {
                    let mut copy = list.clone();
                    copy.splice(at..=at, items.iter().cloned());
                    Value::from(copy)
                };
                copies.extend([with(&[]), with(&[item.clone(), item.clone()])]);
                copies.extend(changed(item).into_iter().map(|other| with(&[other])));
            }
            copies
        }
        Value::Object(fields) => {
            let mut copies = Vec::new();
            for (name, field) in fields {
                copies.extend(changed(field).into_iter().map(|other| {
                    let mut copy = fields.clone();
                    copy.insert(name.clone(), other);
                    Value::from(copy)
                }));
            }
            copies
        }
    }
}

fn accepted(problem: &Value, certificate: &Value) -> bool {
    let problem = serde_json::from_value::<Problem>(problem.clone());
    let certificate = serde_json::from_value::<Certificate>(certificate.clone());
    problem.is_ok_and(|p| certificate.is_ok_and(|c| c.verify(&p).is_ok()))
}

#[test]
fn no_changed_number_passes() -> Result<(), Box<dyn std::error::Error>> {
    let problems = [
        dealt(2, Variant::Full, SHIFT)?,
        owned(2, SHIFT, &[0, 1])?,
        withheld(1, Abort::Unanimous)?,
        withheld(1, Abort::Selective)?,
    ];
    for problem in problems {
        let certificate = serde_json::to_value(certified(&problem))?;
        let problem = serde_json::to_value(problem)?;
        assert!(accepted(&problem, &certificate), "as it was written");
        let (tables, proofs) = (changed(&problem), changed(&certificate));
        assert!(tables.len() > 100 && proofs.len() > 50);
        for table in tables {
            assert!(!accepted(&table, &certificate), "{table}");
        }
        for proof in proofs {
            assert!(!accepted(&problem, &proof), "{proof}");
        }
    }
    Ok(())
}

#[test]
fn a_certificate_of_one_problem_proves_nothing_about_another() -> Result<(), TableError> {
    let [full, zero] = [Variant::Full, Variant::ZeroTriple].map(|v| dealt(2, v, SHIFT));
    let (full, zero) = (full?, zero?);
    assert!(certified(&full).verify(&zero).is_err());
    Ok(())
}

#[test]
fn a_figure_is_refused_by_the_half_of_the_proof_that_contradicts_it() -> Result<(), TableError> {
    use quorate_adversary::simulator::Rejected;
    let problem = dealt(2, Variant::Full, SHIFT)?;
    let mut certificate = certified(&problem);
    certificate.value = "1/2".parse::<Fraction>()?;
    assert!(matches!(certificate.verify(&problem), Err(Rejected::AtMost { .. })));
    // A simulator that is good enough for the smaller figure does not exist, but a worse distinguisher does.
    let mut certificate = certified(&problem);
    certificate.distinguisher.accepts.pop();
    assert!(matches!(certificate.verify(&problem), Err(Rejected::AtLeast { .. })));
    Ok(())
}

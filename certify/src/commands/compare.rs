//! What changed between two certificates: for whoever certifies again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use adversary::Verdict;
use serde::Serialize;
use serde_json::Value;
use spec::ExitCode;

use super::report::unread;
use super::{Done, Failure, failed, print};
use crate::arguments::Diff;
use crate::certificate::provenance::Program;
use crate::certificate::{Certificate, store};
use crate::text::{shown, table};
use crate::verify::follows;

/// What stands where something is not there.
const NONE: &str = "-";
/// What names of verdicts begin with.
const VERDICT: &str = "verdict";
/// Longer texts are told by their beginning and a hash.
const LONG: usize = 160;

/// Compares. Ends with a failure if some verdict is worse than it was.
pub fn run(args: &Diff) -> Done {
    let (a, b) = (read(&args.a)?, read(&args.b)?);
    let rows = differences(&a, &b);
    if rows.is_empty() {
        print("nothing that was measured differs\n")?;
        return Ok(ExitCode::Pass);
    }
    print(&table(&["what", "before", "after"], &rows))?;
    let worse = rows.iter().any(|r| r[0].starts_with(VERDICT) && rank(&r[2]) > rank(&r[1]));
    Ok(if worse { ExitCode::Fail } else { ExitCode::Pass })
}

/// A certificate whose verdicts are those of its counts: others tell nothing. What another version concludes is its
/// own.
fn read(path: &Path) -> Result<Certificate, Failure> {
    let refused = |e: String| failed(ExitCode::Data)(shown(&e));
    let certificate = store::certificate(path).map_err(unread)?;
    if certificate.measured.program.sources == Program::this().sources {
        let told = |e: String| refused(format!("{} is not to be believed: {e}", path.display()));
        follows(&certificate).map_err(told)?;
    }
    Ok(certificate)
}

/// The verdict of this name. What is not there shows as much as what is vacuous.
fn rank(name: &str) -> Verdict {
    let known = [Verdict::Pass, Verdict::Inconclusive, Verdict::Vacuous].into_iter().find(|v| v.to_string() == name);
    known.unwrap_or(if name == NONE { Verdict::Vacuous } else { Verdict::Fail })
}

/// Everything that differs, but seeds, times and machines. Of a row that only one of them has, its verdict tells that.
#[must_use]
pub fn differences(a: &Certificate, b: &Certificate) -> Vec<Vec<String>> {
    let (was, is) = (Told::of(a), Told::of(b));
    let mut all = was.whole.differences(&is.whole);
    for (key, facts) in &was.rows {
        all.extend(is.rows.get(key).map(|now| facts.differences(now)).unwrap_or_default());
    }
    all
}

/// Facts by their names.
#[derive(Default)]
struct Facts(BTreeMap<String, String>);

/// What a certificate tells.
struct Told {
    /// What it is of, and all verdicts.
    whole: Facts,
    /// What every row says, by its key.
    rows: BTreeMap<String, Facts>,
}

impl Told {
    fn of(c: &Certificate) -> Self {
        let (m, d) = (&c.measured, &c.derived);
        let (mut whole, mut rows) = (Facts::default(), BTreeMap::new());
        let p = &m.program;
        let built = [
            ("hash of sources", &p.sources),
            ("hash of lock file", &p.lock),
            ("hash of specification", &p.spec),
            ("hash of binary", &p.binary),
            ("version", &p.version),
            ("compiler", &p.rustc),
            ("flags", &p.flags),
            ("profile", &p.profile),
            ("target", &p.target),
        ];
        built.into_iter().for_each(|(name, value)| whole.put(name.into(), value.clone()));
        whole.all("promise", &m.protocol);
        whole.all("asked", &m.asked);
        whole.put(VERDICT.into(), d.verdict.clone());
        whole.put("AC4".into(), format!("{} of {}", d.sole_causes.hit, d.sole_causes.all));
        for l in &d.levels {
            whole.put(format!("{VERDICT} on level {}", l.level), l.verdict.clone());
        }
        for (row, v) in m.rows.iter().zip(&d.rows) {
            let mut facts = Facts::default();
            facts.all(&row.key(), row);
            whole.put(format!("{VERDICT} on {}", row.key()), v.verdict.clone());
            rows.insert(row.key(), facts);
        }
        Self { whole, rows }
    }
}

impl Facts {
    /// What has the name of something else is told beside it.
    fn put(&mut self, name: String, value: String) {
        self.0.entry(name).and_modify(|told| *told += &format!(", {value}")).or_insert(value);
    }
    fn differences(&self, other: &Self) -> Vec<Vec<String>> {
        let names: BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        let of = |facts: &Self, name: &String| facts.0.get(name).map_or_else(|| NONE.to_owned(), |v| shortened(v));
        let differ = names.into_iter().filter(|name| self.0.get(*name) != other.0.get(*name));
        differ.map(|name| vec![name.clone(), of(self, name), of(other, name)]).collect()
    }
    /// Every leaf of something, by its way there. What a key says already is left out.
    fn all<T: Serialize>(&mut self, key: &str, of: &T) {
        let mut value = serde_json::to_value(of).unwrap_or_default();
        if let Value::Object(fields) = &mut value {
            fields.retain(|name, _| !["kind", "id"].contains(&name.as_str()));
        }
        self.leaves(key, &mut Vec::new(), &value);
    }
    fn leaves(&mut self, key: &str, way: &mut Vec<String>, value: &Value) {
        let mut deeper = |step: String, value: &Value| {
            way.push(step);
            self.leaves(key, way, value);
            way.pop();
        };
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| deeper(name.clone(), value)),
            Value::Array(items) if items.iter().any(Value::is_object) => {
                for (k, item) in items.iter().enumerate() {
                    let (name, rest) = named(item);
                    deeper(name.unwrap_or_else(|| k.to_string()), &rest);
                }
            }
            leaf => self.put(format!("{key}: {}", way.join(", ")), told(leaf)),
        }
    }
}

/// What an item of a list is called, and what is told of it beside.
fn named(item: &Value) -> (Option<String>, Value) {
    /// Fields whose value is a name by itself.
    const NAMES: [&str; 5] = ["id", "at", "of", "subject", "weakness"];
    /// Those that say of what it is.
    const OF: [&str; 5] = ["p", "field", "corrupt", "strategy", "puts_in"];
    let Value::Object(fields) = item else { return (None, item.clone()) };
    let (mut name, mut rest) = (Vec::new(), fields.clone());
    for field in NAMES.into_iter().chain(OF) {
        if let Some(value) = rest.remove(field) {
            let value = told(&value);
            name.push(if NAMES.contains(&field) { value } else { format!("{field} {value}") });
        }
    }
    ((!name.is_empty()).then(|| name.join(" ")), Value::Object(rest))
}

fn told(leaf: &Value) -> String {
    match leaf {
        Value::Null => "none".into(),
        Value::String(text) if text.is_empty() => "nothing".into(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".into(),
        Value::Array(items) => items.iter().map(told).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONG {
        return text.to_owned();
    }
    let (begins, hash) = (text.chars().take(LONG / 2).collect::<String>(), blake3::hash(text.as_bytes()).to_hex());
    format!("{begins}… ({} bytes, hash {hash})", text.len())
}

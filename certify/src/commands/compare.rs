//! What changed between two certificates: for whoever certifies again.

use std::collections::BTreeMap;

use spec::ExitCode;

use super::{Done, failed, print};
use crate::arguments::Diff;
use crate::certificate::{Certificate, store};
use crate::evidence::Evidence;
use crate::text::table;

/// Compares. Ends with a failure if something that passed does not any more.
pub fn run(args: &Diff) -> Done {
    let read = |path| store::read(path).map(|s| s.certificate).map_err(failed(ExitCode::Data));
    let (a, b) = (read(&args.a)?, read(&args.b)?);
    let rows = differences(&a, &b);
    if rows.is_empty() {
        print("nothing that was measured differs\n")?;
        return Ok(ExitCode::Pass);
    }
    print(&table(&["what", "before", "after"], &rows))?;
    let worse = rows.iter().any(|r| r[0].starts_with("verdict") && r[1] == "pass" && r[2] != "pass");
    Ok(if worse { ExitCode::Fail } else { ExitCode::Pass })
}

/// Everything that differs, but times and machines.
#[must_use]
pub fn differences(a: &Certificate, b: &Certificate) -> Vec<Vec<String>> {
    let (was, is) = (facts(a), facts(b));
    let keys: std::collections::BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let none = || "-".to_owned();
    let mut rows = Vec::new();
    for key in keys {
        let (before, after) = (was.get(key), is.get(key));
        if before != after {
            rows.push(vec![key.clone(), before.cloned().unwrap_or_else(none), after.cloned().unwrap_or_else(none)]);
        }
    }
    rows
}

fn facts(c: &Certificate) -> BTreeMap<String, String> {
    let (m, d) = (&c.measured, &c.derived);
    let mut facts = BTreeMap::new();
    let mut put = |key: String, value: &str| drop(facts.insert(key, value.to_owned()));
    let p = &m.program;
    let hashes = [("sources", &p.sources), ("lock file", &p.lock), ("specification", &p.spec), ("binary", &p.binary)];
    hashes.into_iter().for_each(|(name, hash)| put(format!("hash of {name}"), hash));
    for (name, value) in [("version", &p.version), ("compiler", &p.rustc), ("flags", &p.flags), ("profile", &p.profile)]
    {
        put(name.into(), value);
    }
    put("tier".into(), &m.asked.tier);
    put("protocol".into(), &m.protocol.name);
    put("verdict".into(), &d.verdict);
    put("AC4".into(), &format!("{} of {}", d.sole_causes.hit, d.sole_causes.all));
    d.levels.iter().for_each(|l| put(format!("verdict on level {}", l.level), &l.verdict));
    for (row, v) in m.rows.iter().zip(&d.rows) {
        put(format!("verdict on {}", row.key()), &v.verdict);
        match row {
            Evidence::Counted(r) => {
                r.points.iter().for_each(|p| put(format!("{} at {}", row.key(), p.at), &p.measured));
            }
            Evidence::Best(r) => {
                r.points.iter().for_each(|p| put(format!("{} at p = {}", row.key(), p.p), &p.best));
            }
            Evidence::Views(r) => r.points.iter().for_each(|p| {
                put(format!("{} of {:?} over {}", row.key(), p.corrupt, p.field), &p.distance);
            }),
            Evidence::Sweep(r) => {
                put(format!("{}: wrong outputs", row.key()), &r.wrong.to_string());
                put(format!("{}: unexplained", row.key()), &r.unexplained.len().to_string());
            }
            Evidence::Sampled(r) => put(format!("{}: hits", row.key()), &format!("{} of {}", r.hits, r.runs)),
            Evidence::Attack(r) => put(format!("{}: won", row.key()), &r.won.len().to_string()),
            Evidence::Simulator(r) => {
                for p in &r.points {
                    let what = format!("{} under {} {:?} at p = {}", row.key(), p.strategy, p.puts_in, p.p);
                    put(what, p.distance.as_deref().unwrap_or("not proved"));
                }
            }
            Evidence::Property(r) => put(format!("{}: violated", row.key()), &r.violated().to_string()),
            Evidence::Weakness(r) => {
                let (right, all) = r.right();
                put(format!("{}: as they should be", row.key()), &format!("{right} of {all}"));
            }
            Evidence::Coverage(r) => {
                for (id, f) in r.total() {
                    put(format!("{}: {id}", row.key()), &format!("{} of {}", f.hit, f.all));
                }
            }
            Evidence::Honest(_) | Evidence::Outputs(_) => {}
        }
    }
    facts
}

//! What the catalogue ships beside its strategies: the list of known attacks with what answers each, and the attacks
//! that are programs. Both files are what the Rust code says, and are written anew where a change is meant:
//! `UPDATE_CATALOGUE=1 cargo test -p quorate-adversary shipped`.

use std::collections::BTreeSet;
use std::path::Path;

use num_traits::Zero;
use quorate_adversary::catalogue::rows::{Cover, ROWS, Row};
use quorate_adversary::catalogue::{self, FORMAT};
use quorate_adversary::fields::FieldId;
use quorate_adversary::strategy::escape::Said;
use quorate_adversary::strategy::language::Expect;
use quorate_adversary::{Attack, Control, attacks, exact};
use serde::{Deserialize, Serialize};
use spec::Instance;

/// What an exact escape of a program is counted as.
const COUNTED: &[(&str, &str)] = &[("triple.bad", "sacrifice.by_luck")];

/// The list of known attacks, as it ships.
#[derive(Serialize)]
struct Rows {
    format: u32,
    rows: Vec<Known>,
}

/// A known attack, and what stands against it.
#[derive(Serialize)]
struct Known {
    number: u32,
    title: &'static str,
    /// Whether anything of this project has to answer to it.
    applies: bool,
    /// Why it does not apply, or what of it is open.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_yet: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entries: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    programs: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    figures: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sweeps: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tests: Vec<TestOf>,
    /// Files whose documentation holds programs that do not compile.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    types: Vec<&'static str>,
}

#[derive(Serialize)]
struct TestOf {
    file: &'static str,
    name: &'static str,
}

/// The attacks that are programs, as they ship.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Programs {
    format: u32,
    entries: Vec<Listed>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    rows: Vec<u32>,
    layer: String,
    control: ControlOf,
    program: Program,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ControlOf {
    CheckOff,
    Flaw(String),
    Scratch(String),
    None(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Program {
    id: String,
    title: String,
    does: String,
    parties: usize,
    corrupt: Vec<usize>,
    expect: Expect,
    references: Vec<String>,
}

fn known(row: &'static Row) -> Known {
    let mut known = Known {
        number: row.number,
        title: row.attack,
        applies: row.entries().count() > 0 || row.also.iter().any(|c| !matches!(c, Cover::NotYet(_))),
        not_yet: Vec::new(),
        entries: row.entries().collect(),
        programs: Vec::new(),
        figures: Vec::new(),
        sweeps: Vec::new(),
        tests: Vec::new(),
        types: Vec::new(),
    };
    for cover in row.also {
        match *cover {
            Cover::Attack(id) => known.programs.push(id),
            Cover::Figure(id) => known.figures.push(id),
            Cover::Sweep(case) => known.sweeps.push(case),
            Cover::Test(file, name) => known.tests.push(TestOf { file, name }),
            Cover::Types(file) => known.types.push(file),
            Cover::NotYet(why) => known.not_yet.push(why),
        }
    }
    known
}

/// How an attack is listed. Who takes part, how likely it escapes, and why it does no harm if no check must stop it, no
/// value in Rust says: that stays as it is written.
fn listed(a: &Attack, written: &Programs) -> Listed {
    let row = |r: &&Row| r.also.contains(&Cover::Attack(a.id));
    let there = written.entries.iter().map(|e| &e.program).find(|p| p.id == a.id);
    let there = there.unwrap_or_else(|| panic!("write parties, corrupt and escape of {} into programs.json", a.id));
    Listed {
        rows: ROWS.iter().filter(row).map(|r| r.number).collect(),
        layer: a.layer.to_owned(),
        control: match a.control {
            Control::CheckOff => ControlOf::CheckOff,
            Control::Flaw(flaw) => ControlOf::Flaw(format!("{flaw:?}")),
            Control::Scratch(what) => ControlOf::Scratch(what.to_owned()),
            Control::None(why) => ControlOf::None(why.to_owned()),
        },
        program: Program {
            id: a.id.to_owned(),
            title: a.title.to_owned(),
            does: a.does.to_owned(),
            parties: there.parties,
            corrupt: there.corrupt.clone(),
            expect: Expect { check: a.expected.check().map(|c| c.id.to_owned()), ..there.expect.clone() },
            references: a.reference.split("; ").map(str::to_owned).collect(),
        },
    }
}

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogue").join(file);
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{file}: {e}"))
}

fn programs() -> Programs {
    serde_json::from_str(&read("programs.json")).unwrap()
}

/// That a file is what this value is written as; with `UPDATE_CATALOGUE`, it becomes it first.
fn is_shipped(file: &str, value: &impl Serialize) {
    let here = format!("{}\n", serde_json::to_string_pretty(value).unwrap());
    if std::env::var_os("UPDATE_CATALOGUE").is_some() {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogue").join(file), &here).unwrap();
    }
    assert_eq!(read(file), here, "{file} is out of date: UPDATE_CATALOGUE=1 writes it anew");
}

#[test]
fn the_shipped_rows_are_those_of_the_code() {
    is_shipped("rows.json", &Rows { format: FORMAT, rows: ROWS.iter().map(known).collect() });
}

#[test]
fn the_shipped_programs_are_those_of_the_code() {
    let written = programs();
    let entries = attacks::programs().map(|a| listed(a, &written)).collect();
    is_shipped("programs.json", &Programs { format: FORMAT, entries });
}

/// What only the file says of a program makes sense, and an exact escape is one that is counted, or never happens.
#[test]
fn what_the_shipped_programs_say_beside_the_code_makes_sense() {
    let mut counted = BTreeSet::new();
    for Listed { rows, program: p, .. } in programs().entries {
        assert!(!rows.is_empty(), "no known attack is answered by {}", p.id);
        let corrupt: BTreeSet<_> = p.corrupt.iter().collect();
        assert!(!corrupt.is_empty() && corrupt.len() == p.corrupt.len() && corrupt.len() < p.parties, "{}", p.id);
        assert!(corrupt.iter().all(|c| **c < p.parties), "{}", p.id);
        let ends = [&p.expect.check, &p.expect.harmless, &p.expect.no_output];
        assert_eq!(ends.into_iter().flatten().count(), 1, "{}: what must come of it?", p.id);
        let Some(said) = Said::of(&p.expect).unwrap_or_else(|e| panic!("{}: {e}", p.id)) else { continue };
        assert!(p.expect.check.is_some(), "{} escapes no check", p.id);
        let parties = u32::try_from(p.parties).unwrap();
        let at = |i: Instance| said.escape.probability(&i.with_parties(parties)).unwrap_or_else(|e| panic!("{e}"));
        if !said.exact || at(Instance::field(FieldId::F31.order())).is_zero() {
            continue;
        }
        let figure = COUNTED.iter().find(|(id, _)| *id == p.id).unwrap_or_else(|| panic!("nothing counts {}", p.id)).1;
        let figure = exact::all().find(|f| f.id == figure).unwrap_or_else(|| panic!("there is no figure {figure}"));
        assert!(!figure.points.is_empty());
        for point in figure.points {
            assert_eq!(point.bound.at(&point.at.instance()), at(point.at.instance()), "{} at {}", p.id, point.at);
        }
        counted.insert(p.id);
    }
    assert_eq!(counted.len(), COUNTED.len(), "{counted:?}");
}

#[test]
fn every_entry_says_where_it_was_described() {
    let empty = |text: &str| text.trim().is_empty() || text.trim() != text;
    for entry in catalogue::entries() {
        let (id, references) = (&entry.strategy.id, &entry.strategy.references);
        assert!(!references.is_empty() && !references.iter().any(|r| empty(r)), "{id}: {references:?}");
    }
    for attack in attacks::programs() {
        assert!(!attack.reference.split("; ").any(empty), "{}: {:?}", attack.id, attack.reference);
    }
}

//! What there is, and what it does.

use std::collections::BTreeSet;

use adversary::computation::{self, Computation};
use adversary::fields::FieldId;
use adversary::weakness::{SOUND, WEAKNESSES};
use adversary::{attacks, exact};
use spec::ExitCode;

use super::{Done, failed, print};
use crate::arguments::{Explain, List};
use crate::properties::Property;
use crate::registry::{Protocol, Registry};
use crate::text::{shown, table};

/// Protocols, computations and attacks.
pub fn list(args: &List, registry: &Registry<'_>) -> Done {
    let usage = failed(ExitCode::Usage);
    let some = args.protocol.as_deref().map(|name| registry.find(name)).transpose().map_err(|e| usage(shown(&e)))?;
    let all: Vec<Protocol<'_>> = match some {
        Some(one) => vec![one],
        None => registry.all().collect(),
    };
    let row = |p: &Protocol<'_>| {
        let parties = format!("{} to {}", p.claim.parties.min, p.claim.parties.max);
        vec![p.claim.protocol.to_owned(), p.claim.levels.to_string(), parties, p.about.to_owned()]
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    print(&format!("Protocols\n\n{}\n", table(&["protocol", "claims", "parties", "what it is"], &rows)))?;
    if args.protocol.is_none() {
        print(&format!("Computations, which strategies can attack too\n\n{}\n", computations()))?;
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    for a in all.iter().flat_map(|p| &p.attacks) {
        let cells = vec![a.id.to_owned(), a.expected.to_string(), a.title.to_owned()];
        if !rows.contains(&cells) {
            rows.push(cells);
        }
    }
    print(&format!("Attacks\n\n{}", table(&["attack", "must be stopped by", "what it is"], &rows)))?;
    Ok(ExitCode::Pass)
}

/// What `attack NAME --strategy FILE` takes beside protocols.
fn computations() -> String {
    let row = |c: &Computation| {
        let names: Vec<_> = c.fields.iter().map(|f| f.name()).collect();
        let fields = if c.fields.len() == FieldId::ALL.len() { "all".into() } else { names.join(", ") };
        vec![c.name.to_owned(), fields, format!("{} to {}", c.parties.0, c.parties.1), c.does.to_owned()]
    };
    let rows: Vec<_> = computation::ALL.iter().map(row).collect();
    table(&["computation", "fields", "parties", "what it is"], &rows)
}

/// One attack, figure, property, weakness or sound variant.
pub fn explain(args: &Explain, registry: &Registry<'_>) -> Done {
    let own = registry.all().flat_map(|p| p.attacks);
    let mut text = String::new();
    if let Some(a) = own.chain(attacks::all()).find(|a| a.id == args.name) {
        let stops = match a.expected.check() {
            Some(c) => format!("{}: {}\n  bound       {}", c.id, c.tests, c.bound),
            None => a.expected.to_string(),
        };
        text += &format!(
            "{}: {}\n\n  does        {}\n  attacks     {}\n  stopped by  {stops}\n  control     {}\n  reference   {}\n",
            a.id, a.title, a.does, a.layer, a.control, a.reference
        );
    }
    if let Some(m) = exact::all().find(|m| m.id == args.name) {
        text += &format!("{}: counted over every coin\n\n  claim    {}\n  what     {}\n", m.id, m.claim, m.what);
        m.points.iter().for_each(|p| {
            text += &format!("  {:8} {} is {}\n", p.at.to_string(), p.bound, p.bound.at(&p.at.instance()))
        });
    }
    if let Some(w) = WEAKNESSES.iter().chain(SOUND).find(|w| w.id == args.name) {
        let breaks: Vec<_> = w.breaks.iter().map(ToString::to_string).collect();
        let (kind, breaks) = match breaks.is_empty() {
            true => ("a sound variant, which must not be flagged", "nothing".into()),
            false => ("a seeded weakness, which must be flagged", breaks.join(", ")),
        };
        text += &format!("{}: {kind}\n\n  is       {}\n  breaks   {breaks}\n", w.id, w.weakens);
    }
    if let Some(p) = Property::all().find(|p| p.name() == args.name) {
        text += &format!("{}: a property beside privacy and correctness\n\n  holds    {}\n", p.name(), p.holds());
    }
    if text.is_empty() {
        return Err(failed(ExitCode::Usage)(unknown(&args.name, registry)));
    }
    print(&text)?;
    Ok(ExitCode::Pass)
}

/// That nothing is called so, with what may have been meant or what there is.
fn unknown(name: &str, registry: &Registry<'_>) -> String {
    let figures: Vec<_> = exact::all().map(|m| m.id).collect();
    let weaknesses: Vec<_> = WEAKNESSES.iter().chain(SOUND).map(|w| w.id).collect();
    let properties: Vec<_> = Property::all().map(Property::name).collect();
    let own = registry.all().flat_map(|p| p.attacks).chain(attacks::all()).map(|a| a.id);
    // Protocols share attacks.
    let all: BTreeSet<&str> = own.chain(figures.iter().chain(&properties).chain(&weaknesses).copied()).collect();
    let near: Vec<_> = all.into_iter().filter(|id| !name.is_empty() && id.contains(name)).collect();
    let hint = match near.is_empty() {
        false => format!("did you mean {}?", near.join(", ")),
        true => format!(
            "`quorate-certify list` names the attacks; the figures are {}; the properties are {}; the weaknesses and \
             sound variants are {}",
            figures.join(", "),
            properties.join(", "),
            weaknesses.join(", ")
        ),
    };
    format!("there is no attack, figure, property or weakness `{}`: {hint}", shown(name))
}

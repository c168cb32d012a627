//! The catalogue: attacks as data, one file per layer in `adversary/catalogue/`. Every entry is a strategy with the
//! computation that it attacks, the control in which it must succeed, and the rows of the list of known attacks
//! ([`rows`]) that it stands for.

pub mod rows;

use std::sync::{LazyLock, OnceLock};

use protocols::CHECKS;
use serde::{Deserialize, Serialize};
use spec::Instance;

use crate::attack::{Attack, Conditions, Control, Expected, Outcome};
use crate::computation::{self, Computation, Scene};
use crate::fields::FieldId;
use crate::run::{Floor, World};
use crate::scratch::Flaw;
use crate::strategy::escape::Said;
use crate::strategy::{Compiled, Stage, Strategy, StrategyError};

/// The version of the files.
pub const FORMAT: u32 = 1;

/// A file of the catalogue.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    /// The page of `spec/protocols` that all its attacks are about.
    layer: String,
    entries: Vec<Written>,
}

/// An attack as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    rows: Vec<u32>,
    computation: String,
    field: String,
    floor: FloorName,
    control: ControlName,
    strategy: Strategy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FloorName {
    Ideal,
    Real,
}

/// What the control changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ControlName {
    /// The check that stops the attack is off.
    CheckOff,
    /// The foundations have this weakness.
    Flaw(String),
    /// There is none, and why.
    None(String),
}

/// An attack of the catalogue.
pub struct Entry {
    /// What the coalition does.
    pub strategy: Strategy,
    /// Rows of the list of known attacks.
    pub rows: Vec<u32>,
    /// The page of `spec/protocols` that it is about.
    pub layer: String,
    /// What it attacks.
    pub computation: &'static Computation,
    /// Over which field.
    pub field: FieldId,
    /// On which foundations.
    pub floor: Floor,
    /// What must come of it.
    pub expected: Expected,
    /// With which probability it escapes, exactly or at most, if that is known.
    pub escape: Option<Said>,
    control: ControlName,
    flaw: Option<Flaw>,
    reference: String,
    plan: OnceLock<Result<Compiled, StrategyError>>,
}

/// The files.
const FILES: &[&str] = &[
    include_str!("../catalogue/01-session.json"),
    include_str!("../catalogue/02-commitment.json"),
    include_str!("../catalogue/03-coin.json"),
    include_str!("../catalogue/04-broadcast.json"),
    include_str!("../catalogue/05-zero-sharing.json"),
    include_str!("../catalogue/06-base-ot.json"),
    include_str!("../catalogue/07-ot-extension.json"),
    include_str!("../catalogue/09-authentication.json"),
    include_str!("../catalogue/10-mascot-triple.json"),
    include_str!("../catalogue/11-mac-check.json"),
    include_str!("../catalogue/12-online.json"),
];

/// The weaknesses that a control may be built on, by name.
const FLAWS: &[(&str, Flaw)] = &[
    ("UnitCoin", Flaw::UnitCoin),
    ("RepeatedCoin", Flaw::RepeatedCoin),
    ("OwnerlessCommitments", Flaw::OwnerlessCommitments),
    ("NoCommitments", Flaw::NoCommitments),
    ("NoZeroShares", Flaw::NoZeroShares),
];

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let files = FILES.iter().map(|text| read(text));
    let entries = files.collect::<Result<Vec<_>, _>>();
    // The files are part of the program, and a test reads them.
    entries.expect("the catalogue in this program is valid").into_iter().flatten().collect()
});

static ATTACKS: LazyLock<Vec<Attack>> = LazyLock::new(|| ENTRIES.iter().map(attack).collect());

/// Every entry, from the lowest layer up.
#[must_use]
pub fn entries() -> &'static [Entry] {
    &ENTRIES
}

/// The entry of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|e| e.strategy.id == id)
}

/// The entries as named attacks.
pub fn attacks() -> &'static [Attack] {
    &ATTACKS
}

/// Reads a file of the catalogue.
pub fn read(text: &str) -> Result<Vec<Entry>, StrategyError> {
    let error = |at: &str, what: String| StrategyError { at: at.to_owned(), what };
    let file: File = serde_json::from_str(text).map_err(|e| error("", e.to_string()))?;
    if file.format != FORMAT {
        return Err(error("format", format!("this is version {FORMAT} of the catalogue, not {}", file.format)));
    }
    file.entries.into_iter().map(|w| entry(&file.layer, w)).collect()
}

fn entry(layer: &str, w: Written) -> Result<Entry, StrategyError> {
    let (strategy, id) = (w.strategy, w.rows);
    strategy.validate()?;
    let error = |what: String| StrategyError { at: strategy.id.clone(), what };
    let computation = computation::find(&w.computation);
    let computation = computation.ok_or_else(|| error(format!("there is no computation `{}`", w.computation)))?;
    let field = w.field.parse::<FieldId>().map_err(|e| error(e.to_string()))?;
    let expected = Expected::of(&strategy, CHECKS)?;
    let escape = Said::of(&strategy.expect)?;
    let flaw = match &w.control {
        ControlName::Flaw(name) => {
            let known = FLAWS.iter().find(|(n, _)| n == name);
            Some(known.ok_or_else(|| error(format!("there is no weakness `{name}`")))?.1)
        }
        _ => None,
    };
    let reference = strategy.references.join("; ");
    let floor = if w.floor == FloorName::Ideal { Floor::Ideal } else { Floor::Real };
    let (layer, rows, control, plan) = (layer.to_owned(), id, w.control, OnceLock::new());
    Ok(Entry { strategy, rows, layer, computation, field, floor, expected, escape, control, flaw, reference, plan })
}

impl Entry {
    /// The circumstances of a run, of the control if wanted.
    #[must_use]
    pub fn scene(&self, control: bool) -> Scene<'static> {
        let mut world = World::new(self.strategy.parties, self.strategy.coalition());
        world.floor = self.floor;
        if control {
            world.flaw = self.flaw;
            if let (ControlName::CheckOff, Expected::Stopped(check)) = (&self.control, self.expected) {
                world.off = Some(check);
            }
        }
        Scene::new(self.computation, self.field, world)
    }
    /// The strategy, checked against the shipped computation.
    pub fn plan(&self) -> Result<&Compiled, &StrategyError> {
        self.plan.get_or_init(|| self.scene(false).compile(&self.strategy)).as_ref()
    }
    /// The probability of an escape over a field, exactly or at most, if it is known.
    #[must_use]
    pub fn escape_over(&self, field: FieldId) -> Option<num_rational::BigRational> {
        let parties = u32::try_from(self.strategy.parties).unwrap_or(u32::MAX);
        self.escape.as_ref()?.escape.at(&Instance::field(field.order()).with_parties(parties))
    }
}

fn attack(e: &'static Entry) -> Attack {
    let control = match &e.control {
        ControlName::CheckOff => Control::CheckOff,
        ControlName::Flaw(_) => e.flaw.map_or(Control::None("no weakness"), Control::Flaw),
        ControlName::None(why) => Control::None(why),
    };
    Attack {
        id: &e.strategy.id,
        title: &e.strategy.title,
        does: &e.strategy.does,
        reference: &e.reference,
        layer: &e.layer,
        expected: e.expected,
        control,
        run,
    }
}

fn run(a: &Attack, c: &Conditions) -> Outcome {
    let broken =
        |what: String| Outcome { judgement: crate::programs::broken(&protocols::Error::Local(what)), effective: false };
    let Some(entry) = find(a.id) else { return broken(format!("{} is not in the catalogue", a.id)) };
    match entry.plan() {
        Ok(plan) => entry.scene(c.control).play(plan, c.seed),
        Err(e) => broken(format!("{}: {e}", a.id)),
    }
}

//! A certificate: raw data, what follows from it, and nothing else. Everything that is derived is derived again by
//! whoever verifies, from the same functions.
//!
//! | file | what it does |
//! |---|---|
//! | [`derive`](mod@derive) | verdicts on rows and levels from raw data |
//! | [`clauses`] | answers to clauses of standards, and the rows they rest on |
//! | `limits` | what no row shows |
//! | [`provenance`] | what was run, built from what, where |
//! | [`strict`] | one text for one meaning |
//! | [`sign`] | keys and signatures |
//! | [`store`] | the files of a report, whole or not at all |
//! | [`tree`] | one hash of many files |

pub mod clauses;
pub mod derive;
mod limits;
pub mod provenance;
pub mod sign;
pub mod store;
pub mod strict;
pub mod tree;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use spec::Claim;

use crate::evidence::Evidence;
use crate::plan::Question;
use crate::text::quoted;
use derive::Derived;
use provenance::{Environment, Program, Seed};

/// The name of the shape of [`Certificate`]: changes whenever a field does.
pub const FORMAT: &str = "quorate-certificate/9";

/// Whether this program knows what the words of a certificate of this format mean.
pub(crate) fn known(format: &str) -> Result<(), String> {
    if format == FORMAT {
        return Ok(());
    }
    Err(format!("its format is `{format}`: this program knows `{FORMAT}`; ask the version that wrote it"))
}

/// A whole certificate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// `quorate-certificate/9`.
    pub format: String,
    /// What was found.
    pub measured: Measured,
    /// What follows from it.
    pub derived: Derived,
}

/// What was found, and how to find it again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The protocol and what it promises.
    pub protocol: Promise,
    /// What was asked.
    pub asked: Asked,
    /// What was run.
    pub program: Program,
    /// Where all coins come from.
    pub seed: Seed,
    /// Where it was run.
    pub environment: Environment,
    /// All rows.
    pub rows: Vec<Evidence>,
    /// The log of all runs.
    pub log: Log,
}

/// A protocol's promise.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// Its name.
    pub name: String,
    /// What it computes.
    pub about: String,
    /// Whether it is a protocol of the crate that called the certifier, whose sources are not among those that were
    /// hashed: only the running program's hash covers them.
    pub foreign: bool,
    /// The levels it claims.
    pub levels: Vec<String>,
    /// The fewest and the most parties.
    pub parties: [u64; 2],
    /// The checks it stands on.
    pub checks: Vec<CheckOf>,
    /// What else it rests on.
    pub assumptions: Vec<String>,
    /// What parties learn beside the output.
    pub leakage: Vec<String>,
    /// `selective` or `unanimous`.
    pub abort: String,
    /// What it does not claim.
    pub not_claimed: Vec<String>,
}

/// A check.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckOf {
    /// Its name.
    pub id: String,
    /// What holds when it passes.
    pub tests: String,
    /// How often a deviation passes it.
    pub bound: String,
    /// Whether that depends on the field alone, so that it has to be counted.
    pub counted: bool,
}

/// What was asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The levels to show.
    pub levels: Vec<String>,
    /// The numbers of parties.
    pub parties: Vec<u64>,
    /// `quick`, `standard` or `deep`.
    pub tier: String,
    /// Only rows whose names start so.
    pub only: Option<String>,
}

impl Asked {
    /// The options that ask for it, as they are typed.
    #[must_use]
    pub fn options(&self) -> String {
        let parties: Vec<_> = self.parties.iter().map(ToString::to_string).collect();
        let only = self.only.as_deref().map_or_else(String::new, |only| format!(" --only {}", quoted(only)));
        format!("--claim {} --n {} --tier {}{only}", self.levels.join(","), parties.join(","), self.tier)
    }
}

/// The log of all runs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// How many lines it has.
    pub lines: u64,
    /// The root of the Merkle tree over them.
    pub root: String,
}

impl Promise {
    /// A claim in words.
    #[must_use]
    pub fn of(claim: &Claim, about: &str, foreign: bool) -> Self {
        let check = |c: &&spec::Check| CheckOf {
            id: c.id.into(),
            tests: c.tests.into(),
            bound: c.bound.to_string(),
            counted: crate::registry::is_counted(c.bound),
        };
        Self {
            name: claim.protocol.into(),
            about: about.into(),
            foreign,
            levels: claim.levels.iter().map(|l| l.to_string()).collect(),
            parties: [claim.parties.min as u64, claim.parties.max as u64],
            checks: claim.checks.iter().map(check).collect(),
            assumptions: claim.assumptions.iter().map(ToString::to_string).collect(),
            leakage: claim.leakage.iter().map(ToString::to_string).collect(),
            abort: format!("{:?}", claim.abort).to_lowercase(),
            not_claimed: claim.not_claimed.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Asked {
    /// A question in words.
    #[must_use]
    pub fn of(q: &Question) -> Self {
        Self {
            levels: q.levels.iter().map(ToString::to_string).collect(),
            parties: q.parties.iter().map(|n| *n as u64).collect(),
            tier: q.tier.name().into(),
            only: q.only.clone(),
        }
    }
    /// The question, if these words are one. Nothing is asked twice: there would be as many rows more.
    pub fn question(&self) -> Result<Question, String> {
        if !self.parties.is_sorted_by(|a, b| a < b) {
            return Err("the numbers of parties are not in order, each of them once".into());
        }
        let level = |l: &String| l.parse::<spec::Level>().map_err(|e| e.to_string());
        let levels = self.levels.iter().map(level).collect::<Result<Vec<_>, _>>()?;
        if let Some((_, l)) = levels.iter().enumerate().find(|(k, l)| levels[..*k].contains(l)) {
            return Err(format!("{l} is asked for twice"));
        }
        let parties = self.parties.iter().map(|n| usize::try_from(*n).map_err(|e| e.to_string()));
        Ok(Question {
            levels,
            parties: parties.collect::<Result<_, _>>()?,
            tier: crate::arguments::Tier::of_name(&self.tier).ok_or_else(|| format!("`{}` is no tier", self.tier))?,
            only: self.only.clone(),
        })
    }
}

impl Certificate {
    /// What follows from what was found, beside it.
    pub fn of(measured: Measured) -> Result<Self, String> {
        let derived = Derived::from(&measured)?;
        Ok(Self { format: FORMAT.into(), measured, derived })
    }
}

/// The published shape, as JSON Schema 2020-12.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Certificate).to_value();
    if let Some(map) = schema.as_object_mut() {
        map.insert("$id".into(), FORMAT.into());
    }
    schema
}

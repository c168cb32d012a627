//! The task: who takes part, which columns they enter, what is computed and who sees it.
//!
//! A task is a TOML file that all parties share; [`Task::load`] reads and checks it, with the line of whatever is wrong.
//! [`Task::digest`] covers everything that changes the meaning of the task and nothing that is local to a machine, so
//! parties whose digests agree run the same computation. `examples/credit/task.toml` shows the format.

mod check;
mod digest;
mod file;
mod outputs;

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use field::{F128, Fr};
use functions::{Capacity, Decimal, Form};
use num_bigint::BigUint;
use thiserror::Error;
use transport::{Parties, PartyId};

pub use digest::TaskDigest;

use crate::data::ids::IdList;

/// The fewest and the most parties of a task.
pub const PARTIES: std::ops::RangeInclusive<usize> = 2..=5;
/// The most rows a task may state.
pub const MAX_ROWS: usize = 10_000_000;
/// Fraction bits where a task states none.
pub const DEFAULT_FRACTION_BITS: u32 = 20;
/// The most fraction bits of a column or weight.
pub const MAX_FRACTION_BITS: u32 = 48;

/// What is wrong with a task file, and on which line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{}: {message}", file.display(), line.map_or(String::new(), |l| format!(", line {l}")))]
pub struct TaskError {
    /// The task file.
    pub file: PathBuf,
    /// The line, from 1, if one is to blame.
    pub line: Option<usize>,
    /// What is wrong and what would be right.
    pub message: String,
    /// Whether a file cannot be read at all, which says nothing about what is in it.
    pub unreadable: bool,
}

impl TaskError {
    fn new(file: &Path, line: Option<usize>, message: impl Into<String>) -> Self {
        Self { file: file.into(), line, message: message.into(), unreadable: false }
    }
}

/// A checked task.
#[derive(Clone, Debug)]
pub struct Task {
    /// The task file; other paths are relative to its directory.
    pub file: PathBuf,
    /// The name of the session.
    pub session: String,
    /// The field of the computation.
    pub field: FieldName,
    /// Rows of every provider's table.
    pub rows: usize,
    /// The ids all providers must have, if the task lists them.
    pub ids: Option<IdList>,
    /// The parties, sorted by name: the position is the [`PartyId`].
    pub parties: Vec<Party>,
    /// What is computed, in the order of the file.
    pub outputs: Vec<Output>,
    /// When to give up.
    pub timeouts: Timeouts,
}

/// A field a task may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldName {
    /// The scalar field of BLS12-381, 255 bits.
    Fr,
    /// A prime just below 2^128.
    F128,
}

impl FieldName {
    /// The name in a task file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::F128 => "f128",
        }
    }
    /// The signed integers it holds.
    #[must_use]
    pub fn capacity(self) -> Capacity {
        match self {
            Self::Fr => Capacity::of::<Fr>(),
            Self::F128 => Capacity::of::<F128>(),
        }
    }
}

/// One party.
#[derive(Clone, Debug)]
pub struct Party {
    /// Its name, unique in the task.
    pub name: String,
    /// Where it listens.
    pub address: Address,
    /// The pinned fingerprint of its identity, 32 bytes written as 64 hexadecimal digits.
    pub fingerprint: Option<[u8; 32]>,
    /// What it enters; a party without takes part in the computation only.
    pub data: Option<Source>,
}

/// Host and port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// A name or an IP address, an IPv6 address without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A provider's data file.
#[derive(Clone, Debug)]
pub struct Source {
    /// The CSV file, made absolute with the directory of the task file unless it is absolute already.
    pub file: PathBuf,
    /// The column that holds the ids.
    pub id: String,
    /// What separates cells.
    pub separator: u8,
    /// The columns that are entered.
    pub columns: Vec<ColumnSpec>,
}

/// A column that a provider enters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnSpec {
    /// Its name in the header.
    pub name: String,
    /// What its owner does before entering it.
    pub preparation: Preparation,
    /// Fraction bits of the entered integers.
    pub fraction_bits: u32,
}

/// What the owner of a column does before entering it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preparation {
    /// Enters integers of this range.
    Integer {
        /// The smallest.
        min: Decimal,
        /// The largest.
        max: Decimal,
    },
    /// Enters decimals of this range.
    Decimal {
        /// The smallest.
        min: Decimal,
        /// The largest.
        max: Decimal,
    },
    /// Subtracts the mean and divides by the standard deviation (of the population).
    Standardise,
}

/// A column of a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnRef {
    /// Whose.
    pub party: PartyId,
    /// Its position among the party's columns.
    pub column: usize,
}

/// One thing to compute.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its name, unique in the task.
    pub name: String,
    /// What it is.
    pub computation: Computation,
    /// Who sees it.
    pub to: Demanders,
}

/// Who sees an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demanders {
    /// Every party of the session.
    All,
    /// These, in order.
    Some(Vec<PartyId>),
}

/// What can be computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Computation {
    /// The sum of each column.
    Sum(Vec<ColumnRef>),
    /// The mean of each column.
    Mean(Vec<ColumnRef>),
    /// `Σ x·y` of each column with one other.
    InnerProduct(Vec<ColumnRef>, ColumnRef),
    /// The covariance (of the population) of each column with one other.
    Covariance(Vec<ColumnRef>, ColumnRef),
    /// The correlation of each standardised column with another one.
    Correlation(Vec<ColumnRef>, ColumnRef),
    /// `Σ weight·x + intercept` for every row. Weights and intercept are scaled by `2^fraction_bits`.
    WeightedScore {
        /// Columns and their scaled weights.
        terms: Vec<(ColumnRef, i128)>,
        /// The scaled intercept.
        intercept: i128,
        /// The scale.
        fraction_bits: u32,
    },
}

impl Computation {
    /// The columns it reads, the common one last.
    #[must_use]
    pub fn columns(&self) -> Vec<ColumnRef> {
        match self {
            Self::Sum(columns) | Self::Mean(columns) => columns.clone(),
            Self::InnerProduct(columns, with) | Self::Covariance(columns, with) | Self::Correlation(columns, with) => {
                columns.iter().chain([with]).copied().collect()
            }
            Self::WeightedScore { terms, .. } => terms.iter().map(|(column, _)| *column).collect(),
        }
    }
    /// Its name in a task file.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sum(_) => "sum",
            Self::Mean(_) => "mean",
            Self::InnerProduct(..) => "inner_product",
            Self::Covariance(..) => "covariance",
            Self::Correlation(..) => "correlation",
            Self::WeightedScore { .. } => "weighted_score",
        }
    }
}

/// When to give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// All parties must be connected by then.
    pub connect: Duration,
    /// A peer that sends nothing at all for so long is gone.
    pub idle: Duration,
    /// A peer that is alive but does not get on with a step for so long has stalled.
    pub step: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(60), idle: seconds(10), step: seconds(120) }
    }
}

impl Task {
    /// Reads and checks a task file.
    pub fn load(file: &Path) -> Result<Self, TaskError> {
        let fail = |message: String| TaskError::new(file, None, message);
        let mut text = String::new();
        // What a file says of its size need not be true: devices and pipes have none.
        let read = File::open(file).and_then(|f| f.take(file::MAX_BYTES + 1).read_to_string(&mut text));
        let unreadable = |e: std::io::Error| TaskError {
            unreadable: e.kind() != ErrorKind::InvalidData, // such as bytes that are no UTF-8
            ..fail(e.to_string())
        };
        if read.map_err(unreadable)? as u64 > file::MAX_BYTES {
            return Err(fail(format!("larger than {} bytes", file::MAX_BYTES)));
        }
        Self::parse(&text, file)
    }

    /// Checks the text of a task file; paths in it are relative to the directory of `file`.
    pub fn parse(text: &str, file: &Path) -> Result<Self, TaskError> {
        let read = file::read(text, file)?;
        check::Checker { text, file }.task(read)
    }

    /// The parties by name.
    #[must_use]
    pub fn names(&self) -> Parties {
        Parties::named(self.parties.iter().map(|p| p.name.clone()).collect())
    }
    /// A party by its id. Panics on an id that is not of this task.
    #[must_use]
    pub fn party(&self, id: PartyId) -> &Party {
        &self.parties[id.index()]
    }
    /// The party of this name; the error lists the names there are.
    pub fn find(&self, name: &str) -> Result<PartyId, TaskError> {
        self.parties.iter().position(|p| p.name == name).map(PartyId::new).ok_or_else(|| {
            let names: Vec<&str> = self.parties.iter().map(|p| p.name.as_str()).collect();
            let message = format!("no party `{name}`; there are {}", names.join(", "));
            TaskError::new(&self.file, None, message)
        })
    }
    /// Refuses a task in which a party has no pinned fingerprint: parties on different hosts need all of them.
    pub fn require_fingerprints(&self) -> Result<(), TaskError> {
        match self.parties.iter().find(|p| p.fingerprint.is_none()) {
            None => Ok(()),
            Some(p) => {
                let message = format!("party `{}` has no fingerprint; `quorate keygen` prints it", p.name);
                Err(TaskError::new(&self.file, None, message))
            }
        }
    }
    /// The parties that enter data.
    pub fn providers(&self) -> impl Iterator<Item = (PartyId, &Source)> {
        let parties = self.parties.iter().enumerate();
        parties.filter_map(|(i, p)| p.data.as_ref().map(|source| (PartyId::new(i), source)))
    }
    /// What the task says of a column.
    #[must_use]
    pub fn spec(&self, at: ColumnRef) -> Option<&ColumnSpec> {
        self.party(at.party).data.as_ref()?.columns.get(at.column)
    }
    /// `party.column`.
    #[must_use]
    pub fn column_name(&self, at: ColumnRef) -> String {
        let column = self.spec(at).map_or("?", |spec| &spec.name);
        format!("{}.{column}", self.party(at.party).name)
    }
    /// What is public about each column of a provider, in order.
    #[must_use]
    pub fn forms(&self, provider: PartyId) -> Vec<Form> {
        let party = self.party(provider);
        let columns = party.data.iter().flat_map(|source| &source.columns);
        columns.map(|c| c.form(&format!("{}.{}", party.name, c.name), self.rows)).collect()
    }
    /// Whether this party sees this output.
    #[must_use]
    pub fn is_shown(&self, output: &Output, party: PartyId) -> bool {
        match &output.to {
            Demanders::All => true,
            Demanders::Some(parties) => parties.contains(&party),
        }
    }
    /// What a result cannot claim because a provider does it alone, as sentences.
    #[must_use]
    pub fn provider_duties(&self) -> Vec<String> {
        let mut duties = Vec::new();
        for (id, source) in self.providers() {
            let name = &self.party(id).name;
            let (scaled, ranged): (Vec<_>, Vec<_>) =
                source.columns.iter().partition(|c| c.preparation == Preparation::Standardise);
            let list = |columns: &[&ColumnSpec]| columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
            if !scaled.is_empty() {
                duties
                    .push(format!("{name} centres and scales {} itself: scaling is part of its input", list(&scaled)));
            }
            if !ranged.is_empty() {
                duties.push(format!("{name} checks the ranges of {} itself", list(&ranged)));
            }
        }
        duties
    }
}

impl ColumnSpec {
    /// What is public about the column.
    #[must_use]
    pub fn form(&self, name: &str, rows: usize) -> Form {
        match &self.preparation {
            Preparation::Standardise => Form::standardised(name, rows, self.fraction_bits),
            Preparation::Integer { min, max } | Preparation::Decimal { min, max } => {
                // `check` has refused ends that cannot be scaled.
                let end = |d: &Decimal| d.to_fixed(self.fraction_bits).map_or(u128::MAX, i128::unsigned_abs);
                Form::new(name, rows, self.fraction_bits, BigUint::from(end(min).max(end(max))))
            }
        }
    }
}

#[cfg(test)]
mod tests;

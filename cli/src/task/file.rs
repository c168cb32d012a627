//! The task file as it is written: every table and key that is allowed, with places for messages.

use std::fmt;
use std::path::Path;

use functions::Decimal;
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use toml::Spanned;

use super::TaskError;

/// The largest task file.
pub const MAX_BYTES: u64 = 1 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskFile {
    pub session: Spanned<String>,
    pub field: Spanned<String>,
    pub rows: Spanned<usize>,
    pub fraction_bits: Option<Spanned<u32>>,
    pub ids: Option<Spanned<String>>,
    pub timeouts: Option<TimeoutsFile>,
    #[serde(default)]
    pub party: Vec<Spanned<PartyFile>>,
    #[serde(default)]
    pub output: Vec<Spanned<OutputFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeoutsFile {
    pub connect_seconds: Option<Spanned<u64>>,
    pub idle_seconds: Option<Spanned<u64>>,
    pub step_seconds: Option<Spanned<u64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyFile {
    pub name: Spanned<String>,
    pub address: Spanned<String>,
    pub fingerprint: Option<Spanned<String>>,
    pub data: Option<DataFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataFile {
    pub file: Spanned<String>,
    pub id: Spanned<String>,
    pub separator: Option<Spanned<String>>,
    pub columns: Spanned<Vec<Spanned<ColumnFile>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnFile {
    pub name: Spanned<String>,
    #[serde(default)]
    pub standardise: bool,
    #[serde(rename = "type")]
    pub kind: Option<Spanned<String>>,
    pub range: Option<Spanned<[Number; 2]>>,
    pub fraction_bits: Option<Spanned<u32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputFile {
    pub name: Spanned<String>,
    pub compute: Spanned<String>,
    pub columns: Spanned<Vec<Spanned<String>>>,
    pub with: Option<Spanned<String>>,
    pub weights: Option<Spanned<Vec<Spanned<Number>>>>,
    pub intercept: Option<Spanned<Number>>,
    pub fraction_bits: Option<Spanned<u32>>,
    pub to: Spanned<To>,
}

/// `"all"` or a list of parties.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum To {
    Word(String),
    Names(Vec<String>),
}

/// An integer, or any decimal in quotes; floating-point literals are refused because they are not exact.
#[derive(Clone, Copy)]
pub struct Number(pub Decimal);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer, or a decimal in quotes such as \"0.25\"")
    }
    fn visit_i64<E: de::Error>(self, v: i64) -> Result<Number, E> {
        Ok(Number(Decimal::from(v)))
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
        Decimal::parse(text).map(Number).map_err(E::custom)
    }
}

/// Reads the TOML. Errors carry the line.
pub fn read(text: &str, file: &Path) -> Result<TaskFile, TaskError> {
    toml::from_str(text).map_err(|e| TaskError::new(file, e.span().map(|span| line_of(text, span.start)), e.message()))
}

/// The line, from 1, of a byte position.
pub fn line_of(text: &str, position: usize) -> usize {
    text.bytes().take(position).filter(|b| *b == b'\n').count() + 1
}

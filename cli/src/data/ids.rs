//! Whether the rows of all providers belong together.
//!
//! Every provider sorts its rows by id and gives the digest of the sorted ids to the session parameters; providers whose
//! digests differ have different sets of ids and end with a configuration error before anything is computed. A digest
//! of guessable ids tells a party that guesses all of them right that it did so: providers are meant to hold the same
//! ids already.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::error::{DataError, Place, Problem};
use super::table::{Limits, Table};
use super::text::{self, Lines};

/// The digest of a sorted list of ids.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct IdDigest(pub [u8; 32]);

impl IdDigest {
    /// Of ids in sorted order. Injective: every id goes in with its length.
    #[must_use]
    pub fn of(ids: &[String]) -> Self {
        let mut hash = blake3::Hasher::new_derive_key("quorate 2026 sorted row ids");
        hash.update(&(ids.len() as u64).to_le_bytes());
        for id in ids {
            hash.update(&(id.len() as u64).to_le_bytes());
            hash.update(id.as_bytes());
        }
        Self(*hash.finalize().as_bytes())
    }
}

impl fmt::Display for IdDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}
impl fmt::Debug for IdDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The ids all providers agreed on, sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdList {
    file: PathBuf,
    /// Id and line.
    ids: Vec<(String, u64)>,
}

impl IdList {
    /// Reads a text file with one id per line; empty lines are skipped.
    pub fn read(file: &Path) -> Result<Self, DataError> {
        let limits = Limits::default();
        let fail = |problem| DataError { file: file.into(), place: Place::File, problem };
        let source = text::open(file).map_err(fail)?;
        let lines = Lines::new(BufReader::new(source), limits.bytes).map_err(fail)?;
        let mut ids = Vec::new();
        for (i, line) in BufReader::new(lines).lines().enumerate() {
            let line = line.map_err(|e| match e.kind() {
                std::io::ErrorKind::InvalidData => fail(Problem::NotUtf8),
                _ => fail(text::problem(&e, limits.bytes)),
            })?;
            if !line.trim().is_empty() {
                ids.push((line.trim().to_owned(), i as u64 + 1));
            }
        }
        if ids.is_empty() {
            return Err(fail(Problem::Empty));
        }
        ids.sort();
        if let Some(pair) = ids.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let place = super::error::RowPlace { row: pair[1].1, line: pair[1].1 };
            return Err(DataError {
                file: file.into(),
                place: Place::Row(place),
                problem: Problem::DuplicateId(pair[0].1),
            });
        }
        Ok(Self { file: file.into(), ids })
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }
    /// Whether there are none; [`read`](Self::read) refuses an empty list.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
    /// The digest that a provider with exactly these ids has.
    #[must_use]
    pub fn digest(&self) -> IdDigest {
        IdDigest::of(&self.ids.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>())
    }
}

/// Refuses a table that lacks an id of the list, or has one that is not in it. Names lines and rows, not ids.
pub fn compare(table: &Table, list: &IdList) -> Result<(), DataError> {
    let missing = || list.ids.iter().filter(|(id, _)| table.ids().binary_search(id).is_err());
    if let Some((_, line)) = missing().min_by_key(|(_, line)| line) {
        let problem = Problem::MissingId { list: list.file.clone(), line: *line, more: missing().count() - 1 };
        return Err(table.error(Place::File, problem));
    }
    let listed = |id: &String| list.ids.binary_search_by(|(listed, _)| listed.cmp(id)).is_ok();
    let unknown = || table.ids().iter().zip(table.places()).filter(|(id, _)| !listed(id));
    if let Some((_, place)) = unknown().min_by_key(|(_, place)| place.row) {
        let problem = Problem::UnknownId { list: list.file.clone(), more: unknown().count() - 1 };
        return Err(table.error(Place::Row(*place), problem));
    }
    Ok(())
}

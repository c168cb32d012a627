//! The epoch fence: a counter outside the ledger directory that a restored backup of the directory cannot match.
//!
//! Spec: `spec/protocols/13-ledger.md`. The ledger counts one epoch up whenever it is opened and whenever a segment is
//! put to use, and writes the new epoch together with the segment's state first to its own state file and then to the
//! fence, before any item is handed out. So a copy of the directory from before an item left either shows the segment
//! as open (and is burnt) or carries an older epoch than the fence (and is refused). What this cannot see: the
//! directory and the fence restored together, to states of the same time.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::disk;
use super::record::{Get, Kind, LedgerKey, damaged};
use super::state::State;
use crate::{Error, Result};

/// The fence of one ledger, locked: two copies of the directory have a lock file each, but one fence.
pub(super) struct Fence {
    path: PathBuf,
    _lock: File,
}

impl Fence {
    /// The fence of ledger `key.id` among the fences in `dir`, which must not be part of the ledger directory. Refused
    /// while a process uses a copy of the ledger.
    pub fn new(dir: &Path, ledger: &Path, key: &LedgerKey) -> Result<Self> {
        disk::private_dir(dir)?;
        let real = |p: &Path| p.canonicalize().map_err(|e| disk::failed("reading", p, &e));
        if real(dir)?.starts_with(real(ledger)?) {
            return Err(Error::Local(format!(
                "{}: the epoch fence must live outside the ledger directory {}, where no backup of the ledger can \
                 restore it",
                dir.display(),
                ledger.display()
            )));
        }
        let path = dir.join(super::hex(&key.id));
        let lock = disk::lock(&path.with_extension("lock"))?;
        Ok(Self { path, _lock: lock })
    }
    /// The epoch, `None` before the first.
    pub fn read(&self, key: &LedgerKey) -> Result<Option<u64>> {
        let Some(bytes) = disk::read(&self.path)? else { return Ok(None) };
        let mut get = Get(key.open(Kind::Fence, &bytes, &self.path)?);
        let found = (get.array::<16>(), get.u64(), get.0.is_empty());
        match found {
            (Some(id), Some(epoch), true) if id == key.id => Ok(Some(epoch)),
            _ => Err(damaged(&self.path, "its content has the wrong form")),
        }
    }
    pub fn write(&self, key: &LedgerKey, epoch: u64) -> Result<()> {
        let mut body = key.id.to_vec();
        body.extend_from_slice(&epoch.to_le_bytes());
        disk::replace(&self.path, &key.seal(Kind::Fence, &body))
    }
    /// Whether a ledger at this epoch may be used. One ahead of the fence is a stop between the two writes, during
    /// which nothing was handed out: the fence catches up before anything else happens. A fence that alone was put back
    /// by one epoch looks the same and may: the ledger beside it is the present one and knows what it handed out.
    /// Without a fence only an empty ledger is a new one; any other is a copy that came here without it.
    pub fn admit(&self, key: &LedgerKey, state: &State) -> Result<()> {
        let ledger = state.epoch;
        let fence = self.read(key)?;
        let at = fence.unwrap_or(0);
        let new = fence.is_some() || state.entries.is_empty();
        if ledger == at && new {
            return Ok(());
        }
        if ledger == at + 1 && new {
            return self.write(key, ledger);
        }
        let told = match fence {
            None => format!("the epoch fence {} is missing", self.path.display()),
            Some(_) if ledger < at => {
                format!(
                    "this ledger is at epoch {ledger}, its fence {} at {at}: the ledger was restored from a \
                         backup",
                    self.path.display()
                )
            }
            Some(_) => {
                format!(
                    "the epoch fence {} is at {at}, behind the ledger's epoch {ledger}: the fence was restored \
                         from a backup",
                    self.path.display()
                )
            }
        };
        Err(Error::Local(format!(
            "{told}. Items in it may have been used already, and using one twice reveals inputs: generate new \
             preprocessing in a fresh ledger directory"
        )))
    }
}

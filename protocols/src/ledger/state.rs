//! The state file: epoch, and status and cursors of every segment. One small file, replaced as a whole, so that no copy
//! of the directory can combine states of different times.

use std::path::Path;

use super::record::{Get, damaged};
use crate::{Result, SessionId};

/// Where a segment stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Ready for use.
    Sealed,
    /// Being used by a running process.
    Open,
    /// Its process ended without closing it: what was left is burnt.
    Interrupted,
    /// A session that used it failed a check or lost a peer: key and items are wiped.
    Failed,
}

impl Status {
    /// Whether nothing of it can be used any more.
    #[must_use]
    pub fn is_dead(self) -> bool {
        matches!(self, Self::Interrupted | Self::Failed)
    }
    fn from_byte(b: u8) -> Option<Self> {
        [Self::Sealed, Self::Open, Self::Interrupted, Self::Failed].into_iter().find(|s| *s as u8 == b)
    }
}

/// One segment's line. Counts are in the order triples, random values, masks of each party.
#[derive(Clone)]
pub(super) struct Entry {
    pub id: [u8; 32],
    pub session: SessionId,
    pub status: Status,
    /// Items that are, or may have been, handed out.
    pub used: Vec<u64>,
    pub total: Vec<u64>,
}

impl Entry {
    /// Whether there were items and all are used.
    pub fn is_used_up(&self) -> bool {
        self.used == self.total && self.total.iter().any(|n| *n > 0)
    }
}

#[derive(Clone)]
pub(super) struct State {
    pub epoch: u64,
    pub entries: Vec<Entry>,
}

impl State {
    pub fn entry(&self, id: &[u8; 32]) -> Option<&Entry> {
        self.entries.iter().find(|e| e.id == *id)
    }
    pub fn entry_mut(&mut self, id: &[u8; 32]) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|e| e.id == *id)
    }
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.epoch.to_le_bytes().to_vec();
        out.extend_from_slice(&(self.entries.len() as u32).to_le_bytes());
        for e in &self.entries {
            out.extend_from_slice(&e.id);
            out.extend_from_slice(&e.session.0);
            out.extend_from_slice(&[e.status as u8, e.used.len() as u8]);
            e.used.iter().chain(&e.total).for_each(|v| out.extend_from_slice(&v.to_le_bytes()));
        }
        out
    }
    pub fn decode(body: &[u8], path: &Path) -> Result<Self> {
        let mut get = Get(body);
        let state = Self::get(&mut get);
        state.filter(|_| get.0.is_empty()).ok_or_else(|| damaged(path, "its content has the wrong form"))
    }
    fn get(get: &mut Get<'_>) -> Option<Self> {
        let epoch = get.u64()?;
        let n = get.u32()?;
        let mut entries = Vec::new();
        for _ in 0..n {
            let (id, session) = (get.array()?, SessionId(get.array()?));
            let status = Status::from_byte(get.u8()?)?;
            let kinds = get.u8().filter(|k| *k >= 2)?;
            let used = (0..kinds).map(|_| get.u64()).collect::<Option<Vec<_>>>()?;
            let total = (0..kinds).map(|_| get.u64()).collect::<Option<Vec<_>>>()?;
            if used.iter().zip(&total).any(|(used, total)| used > total) {
                return None;
            }
            entries.push(Entry { id, session, status, used, total });
        }
        Some(Self { epoch, entries })
    }
}

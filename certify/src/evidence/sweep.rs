//! Every frame with every mutation.

use std::collections::{BTreeMap, BTreeSet};

use adversary::Judgement;
use adversary::exact::At;
use adversary::oracle::Win;
use adversary::sweep::Direction;
use adversary::verdict::Swept;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Mismatch, formula};
use crate::log::{Entry, Found, Unit};

/// What came of a sweep.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name.
    pub id: String,
    /// The number of parties.
    pub parties: u64,
    /// The coalition, by index.
    pub corrupt: Vec<u64>,
    /// The field.
    pub field: String,
    /// Whether only a sample of its frames and mutations was run.
    pub sample: bool,
    /// Seeds that it was swept with.
    pub seeds: u64,
    /// Runs in which the mutation changed something.
    pub runs: u64,
    /// Mutations that changed nothing there.
    pub idle: u64,
    /// Frames that the coalition sends and receives, over all seeds; of a sample, those that were to be changed.
    pub frames: u64,
    /// Frames that some mutation changed.
    pub frames_changed: u64,
    /// Ended with an output that the functionality explains.
    pub right: u64,
    /// Waited for the coalition.
    pub gave_up: u64,
    /// Stopped, by check.
    pub stopped: BTreeMap<String, u64>,
    /// Wrong outputs accepted.
    pub wrong: u64,
    /// Anything else that no ideal functionality explains, with its place.
    pub unexplained: Vec<String>,
    /// How often one lie may be accepted, if ever.
    pub allowed: Option<Allowed>,
}

/// With what probability a wrong output may be accepted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// The formula.
    pub formula: String,
    /// The order of the field.
    pub p: u64,
}

impl Row {
    /// Counted anew.
    pub fn recounted(&self, entries: &[&Entry]) -> Result<Self, Mismatch> {
        let Self { id, parties, corrupt, field, sample, allowed, .. } = self.clone();
        let mut row = Self { id, parties, corrupt, field, sample, allowed, ..Self::default() };
        let (mut seeds, mut frames, mut changed) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for e in entries {
            let (run, at) = match (&e.unit, &e.found) {
                (Unit::Tamper { run, at }, _) => (*run, at),
                (Unit::Plan { run }, Found::Unexplained(what)) => {
                    seeds.insert(*run);
                    row.runs += 1;
                    row.unexplained.push(format!("run {run}: {what}"));
                    continue;
                }
                _ => return Err(format!("{}: no mutation", self.id)),
            };
            let frame: (u64, Direction, usize) = (run, at.direction, at.frame);
            seeds.insert(run);
            frames.insert(frame);
            if e.found == Found::Idle {
                row.idle += 1;
                continue;
            }
            changed.insert(frame);
            row.runs += 1;
            match &e.found {
                Found::Right => row.right += 1,
                Found::GaveUp => row.gave_up += 1,
                Found::Stopped(check) => *row.stopped.entry(check.clone()).or_default() += 1,
                Found::Wrong(_) => row.wrong += 1,
                Found::Unexplained(what) => row.unexplained.push(format!("run {run}, {at}: {what}")),
                other => return Err(format!("{}: a sweep does not end as {other:?}", self.id)),
            }
        }
        row.seeds = seeds.len() as u64;
        row.frames_changed = changed.len() as u64;
        // A sample may hit a frame with a mutation that changes nothing there.
        row.frames = if row.sample { row.frames_changed } else { frames.len() as u64 };
        Ok(row)
    }
    /// The numbers that the verdict depends on.
    pub fn counts(&self) -> Result<Swept, Mismatch> {
        let ended = self.stopped.values().copied().chain([self.right, self.gave_up, self.wrong]);
        let sum = ended.chain([self.unexplained.len() as u64]).try_fold(0u64, u64::checked_add);
        if sum != Some(self.runs) {
            return Err(format!("the ends of its runs do not add up to {}", self.runs));
        }
        let allowed = self.allowed.as_ref().map(|a| formula::value(&a.formula, At::Field(a.p))).transpose()?;
        Ok(Swept {
            runs: self.runs,
            frames: self.frames,
            frames_changed: self.frames_changed,
            wrong: self.wrong,
            unexplained: self.unexplained.len() as u64,
            allowed,
        })
    }
}

/// A run as the log tells it.
#[must_use]
pub fn found(judgement: &Judgement, fired: bool) -> Found {
    match judgement {
        Judgement::Won(win @ Win::Panic(_)) => Found::Unexplained(win.to_string()),
        _ if !fired => Found::Idle,
        Judgement::Right => Found::Right,
        Judgement::GaveUp => Found::GaveUp,
        Judgement::Stopped(abort) => Found::Stopped(abort.check.id.to_owned()),
        Judgement::Won(win @ (Win::WrongOutput(_) | Win::Disagreement(..))) => Found::Wrong(win.to_string()),
        Judgement::Won(win) => Found::Unexplained(win.to_string()),
    }
}

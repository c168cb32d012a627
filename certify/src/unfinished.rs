//! What an interrupted certification leaves: every unit that was done, in a file where its certificate is to be. The same
//! command goes on from there. Coins come from the root of all seeds, so what is done later is what would have been done
//! at once.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::certificate::provenance::{Program, Seed};
use crate::certificate::{Asked, store, strict};
use crate::log::{Entry, Found, Unit};
use crate::progress::{say, time};
use crate::seeds::Root;

/// The name of the file: one line of what was begun, and one for everything that was done.
pub const FILE: &str = "unfinished.jsonl";
/// So many bytes it may have.
const MOST: u64 = 1 << 30;

/// What was begun: only the same is gone on with.
#[derive(PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begun {
    /// The protocol's name.
    pub protocol: String,
    /// What was asked of it.
    pub asked: Asked,
    /// By which program.
    pub program: Program,
    /// On a processor of this name.
    pub processor: String,
    /// On so many of them.
    pub threads: u64,
    /// Where all coins come from.
    pub seed: Seed,
}

/// What was done, so many milliseconds after it was begun, without the time between.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    milliseconds: u64,
    done: Entry,
}

/// The file, and what an earlier process found.
pub struct Unfinished {
    path: PathBuf,
    /// None where nothing can be written any more.
    file: Mutex<Option<File>>,
    found: HashMap<(String, Vec<u8>), Found>,
    before: Duration,
    began: Instant,
}

fn key(row: &str, unit: &Unit) -> Option<(String, Vec<u8>)> {
    Some((row.to_owned(), strict::canonical(unit).ok()?))
}

impl Unfinished {
    /// What was begun in this directory, if anything was; `root` is the seed that is asked for. Whoever has the directory
    /// to himself may ask.
    pub fn left(
        dir: &Path,
        root: Option<Root>,
        same: impl Fn(Seed) -> Begun,
    ) -> Result<Option<(Root, Seed, Self)>, String> {
        let path = dir.join(FILE);
        let shown = path.display().to_string();
        let text = match store::content(&path, MOST) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(format!("{shown}: {e}; remove it to begin anew")),
        };
        // The last line may be half there.
        let whole = text.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let mut lines =
            text.get(..whole).unwrap_or_default().split_inclusive(|b| *b == b'\n').map(|l| &l[..l.len() - 1]);
        let Some(first) = lines.next() else { return Ok(None) };
        let unreadable = |k: usize, e: strict::Refused| format!("{shown}: line {k}: {e}; remove it to begin anew");
        let begun: Begun = strict::read(first).map_err(|e| unreadable(1, e))?;
        let stored = begun.seed.read().map_err(|e| format!("{shown}: {e}; remove it to begin anew"))?;
        let seed = begun.seed.clone();
        if begun != same(seed.clone()) || root.is_some_and(|root| root != stored) {
            return Err(format!(
                "{shown}: another certification was begun here (of {}, {} tier, seed {stored}) and not ended: end it \
                 with the program and the command that began it, remove that file, or name another directory in --out",
                begun.protocol, begun.asked.tier
            ));
        }
        let (mut found, mut milliseconds) = (HashMap::new(), 0);
        for (k, line) in lines.enumerate() {
            let line: Line = strict::read(line).map_err(|e| unreadable(k + 2, e))?;
            milliseconds = line.milliseconds.max(milliseconds);
            found.extend(key(&line.done.row, &line.done.unit).map(|key| (key, line.done.found)));
        }
        let file = OpenOptions::new().append(true).open(&path);
        let file = file.and_then(|f| f.set_len(whole as u64).map(|()| f)).map_err(|e| format!("{shown}: {e}"))?;
        let before = Duration::from_millis(milliseconds);
        let (file, began) = (Mutex::new(Some(file)), Instant::now());
        Ok(Some((stored, seed, Self { path, file, found, before, began })))
    }
    /// Begins one in this directory, which has none.
    #[must_use]
    pub fn begin(dir: &Path, begun: &Begun) -> Self {
        let path = dir.join(FILE);
        let first = || {
            let mut file = OpenOptions::new().append(true).create_new(true).open(&path)?;
            let line = strict::canonical(begun).map_err(io::Error::other)?;
            file.write_all(&[&line[..], b"\n"].concat()).inspect_err(|_| drop(std::fs::remove_file(&path)))?;
            Ok(file)
        };
        let file = Mutex::new(first().inspect_err(|e| cannot(&path, e)).ok());
        Self { path, file, found: HashMap::new(), before: Duration::ZERO, began: Instant::now() }
    }
    /// What is kept nowhere, as there is no directory for it.
    #[must_use]
    pub fn nowhere() -> Self {
        let (file, began) = (Mutex::new(None), Instant::now());
        Self { path: PathBuf::new(), file, found: HashMap::new(), before: Duration::ZERO, began }
    }
    /// Whether what is found is kept.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
    /// What an earlier process found there.
    #[must_use]
    pub fn found(&self, row: &str, unit: &Unit) -> Option<Found> {
        if self.found.is_empty() {
            return None;
        }
        self.found.get(&key(row, unit)?).cloned()
    }
    /// Keeps what was found. That it cannot be kept is said once, and ends nothing.
    pub fn keep(&self, row: &str, unit: &Unit, found: &Found) {
        let mut slot = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = &mut *slot else { return };
        let milliseconds = u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX);
        let done = Entry { row: row.to_owned(), unit: unit.clone(), found: found.clone() };
        let line = strict::canonical(&Line { milliseconds, done }).map_err(io::Error::other);
        if let Err(e) = line.and_then(|line| file.write_all(&[&line[..], b"\n"].concat())) {
            cannot(&self.path, &e);
            *slot = None;
        }
    }
    /// How long earlier processes took.
    #[must_use]
    pub fn before(&self) -> Duration {
        self.before
    }
    /// How long all of it has taken, earlier processes included.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.before + self.began.elapsed()
    }
    /// Says what is gone on with.
    pub fn tell(&self) {
        let (count, taken) = (self.found.len(), time(self.before.as_secs_f64()));
        let path = self.path.display();
        say(format_args!("going on where it ended, after {count} lines and {taken}; remove {path} to begin anew"));
    }
    /// Its certificate is written.
    pub fn ended(&self) {
        let mut slot = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.take().is_some() {
            // That it stays costs whoever comes next a word.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn cannot(path: &Path, e: &io::Error) {
    say(format_args!("{}: {e}; an interruption will lose what is found from here on", path.display()));
}

//! What an interrupted certification leaves: every unit that was done, in a file where its certificate is to be. The same
//! command goes on from there. Coins come from the root of all seeds, so what is done later is what would have been done
//! at once.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};

use crate::certificate::provenance::{Environment, Program, Seed};
use crate::certificate::{Asked, store, strict};
use crate::log::{Entry, Found, Unit};
use crate::progress::{say, time};
use crate::seeds::{Root, hex};

/// The name of the file: one line of what was begun, and one for everything that was done.
pub const FILE: &str = "unfinished.jsonl";
/// So many bytes it may have: its lines are longer than those of a log.
const MOST: u64 = 2 << 30;
/// What whoever cannot go on may do.
const ANEW: &str = "remove it to begin anew";

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
    /// Under which system.
    pub system: String,
    /// On a processor of this name.
    pub processor: String,
    /// With these instruction sets.
    pub features: Vec<String>,
    /// On so many of them.
    pub threads: u64,
    /// Where all coins come from.
    pub seed: Seed,
}

impl Begun {
    /// What is begun here.
    #[must_use]
    pub fn here(protocol: &str, asked: Asked, program: Program, at: Environment, seed: Seed) -> Self {
        let Environment { system, processor, features, threads, .. } = at;
        Self { protocol: protocol.into(), asked, program, system, processor, features, threads, seed }
    }
    /// The first thing in which another one differs.
    fn differs(&self, other: &Self) -> Option<String> {
        let all = [
            (self.protocol != other.protocol, format!("it is of `{}`", self.protocol)),
            (self.asked != other.asked, format!("it asks for something else, at the {} tier", self.asked.tier)),
            // A program that could not read itself could be any.
            (self.program != other.program || self.program.binary.is_empty(), "it is of another build".into()),
            (self.threads != other.threads, format!("it is on {} processors", self.threads)),
            (
                (&self.system, &self.processor, &self.features) != (&other.system, &other.processor, &other.features),
                format!("it is on another machine ({}, {})", self.system, self.processor),
            ),
            (self.seed != other.seed, format!("its seed is {}, {}", self.seed.root, self.seed.origin)),
        ];
        all.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what)
    }
}

/// What was done, so many milliseconds after it was begun, without the time between processes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    milliseconds: u64,
    done: Entry,
    /// Of whoever is going to sign the certificate; empty where nobody is.
    tag: String,
}

/// Tags lines: what is signed in the end is what the signer's own program found.
struct Tagger(Option<[u8; 32]>);

impl Tagger {
    fn new(key: Option<&SigningKey>, begun: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("quorate 2026 unfinished certification v1");
        Self(key.map(|key| *hasher.update(key.as_bytes()).update(begun).finalize().as_bytes()))
    }
    fn tag(&self, milliseconds: u64, done: &Entry) -> Result<String, strict::Refused> {
        let Some(key) = &self.0 else { return Ok(String::new()) };
        let text = strict::canonical(&(milliseconds, done))?;
        Ok(hex(blake3::keyed_hash(key, &text).as_bytes()))
    }
    /// Whether a line is one of its own.
    fn knows(&self, line: &Line) -> bool {
        self.0.is_none() || self.tag(line.milliseconds, &line.done).is_ok_and(|tag| tag == line.tag)
    }
}

type Key = (String, Vec<u8>);

/// The file, and what an earlier process found.
pub struct Unfinished {
    path: PathBuf,
    /// None where nothing can be written any more.
    file: Mutex<Option<File>>,
    tagger: Tagger,
    found: Mutex<HashMap<Key, Found>>,
    before: Duration,
    began: Instant,
}

fn key(row: &str, unit: &Unit) -> Option<Key> {
    Some((row.to_owned(), strict::canonical(unit).ok()?))
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Unfinished {
    /// What was begun in this directory, if anything was; `root` is the seed that is asked for, `signer` who is to sign,
    /// and `same` what is begun now, with a seed. Whoever has the directory to himself may ask.
    pub fn left(
        dir: &Path,
        root: Option<Root>,
        signer: Option<&SigningKey>,
        same: impl Fn(Seed) -> Begun,
    ) -> Result<Option<(Root, Seed, Self)>, String> {
        let path = dir.join(FILE);
        let told = |what: String| format!("{}: {what}; {ANEW}", path.display());
        let at = |k: usize, what: String| told(format!("line {k}: {what}"));
        let text = match store::content(&path, MOST) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(told(e.to_string())),
        };
        // The last line may be half there; if it is the first, nothing was found.
        let whole = text.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let mut lines = text[..whole].split_inclusive(|b| *b == b'\n').map(|l| &l[..l.len() - 1]);
        let Some(first) = lines.next() else {
            return fs::remove_file(&path).map(|()| None).map_err(|e| told(e.to_string()));
        };
        let begun: Begun = strict::read(first).map_err(|e| at(1, e.to_string()))?;
        let stored = begun.seed.read().map_err(|e| at(1, e))?;
        // Who asks for no seed wants one of the system's.
        let seed = root.map_or_else(|| Seed::of_system(stored), Seed::given);
        if let Some(what) = begun.differs(&same(seed.clone())) {
            return Err(format!(
                "{}: another certification was begun here and has not ended ({what}): end it with the command that \
                 began it, remove this file, or name another directory in --out",
                path.display()
            ));
        }
        let tagger = Tagger::new(signer, first);
        let (mut found, mut milliseconds) = (HashMap::new(), 0);
        for (k, line) in (2..).zip(lines) {
            let line: Line = strict::read(line).map_err(|e| at(k, e.to_string()))?;
            if !tagger.knows(&line) {
                return Err(at(k, "it was not found for the one who is to sign now".into()));
            }
            if let Found::Error(e) = &line.done.found {
                return Err(at(k, format!("what could not be done (`{e}`) is not kept")));
            }
            milliseconds = line.milliseconds.max(milliseconds);
            found.extend(key(&line.done.row, &line.done.unit).map(|key| (key, line.done.found)));
        }
        // Whoever verifies would not believe it.
        Environment::here(Duration::from_millis(milliseconds.max(1))).check(0).map_err(told)?;
        let cut = || {
            if whole < text.len() { OpenOptions::new().write(true).open(&path)?.set_len(whole as u64) } else { Ok(()) }
        };
        let file = cut().and_then(|()| OpenOptions::new().append(true).open(&path)).map_err(|e| told(e.to_string()))?;
        let (file, found) = (Mutex::new(Some(file)), Mutex::new(found));
        let (before, began) = (Duration::from_millis(milliseconds), Instant::now());
        Ok(Some((stored, seed, Self { path, file, tagger, found, before, began })))
    }
    /// Begins one in this directory, which has none.
    #[must_use]
    pub fn begin(dir: &Path, signer: Option<&SigningKey>, begun: &Begun) -> Self {
        let path = dir.join(FILE);
        let first = || {
            let line = strict::canonical(begun).map_err(io::Error::other)?;
            let mut file = OpenOptions::new().append(true).create_new(true).open(&path)?;
            file.write_all(&[&line[..], b"\n"].concat()).inspect_err(|_| drop(fs::remove_file(&path)))?;
            Ok((file, line))
        };
        let first = first().inspect_err(|e| cannot(&path, e)).ok();
        let (file, line) = first.map_or_else(Default::default, |(file, line)| (Some(file), line));
        Self { path, file: Mutex::new(file), tagger: Tagger::new(signer, &line), ..Self::nowhere() }
    }
    /// What is kept nowhere, as there is no directory for it.
    #[must_use]
    pub fn nowhere() -> Self {
        let (path, file, found) = (PathBuf::new(), Mutex::default(), Mutex::default());
        Self { path, file, tagger: Tagger(None), found, before: Duration::ZERO, began: Instant::now() }
    }
    /// Whether what is found is kept.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        locked(&self.file).is_some()
    }
    /// What an earlier process found there. It is given once.
    #[must_use]
    pub fn found(&self, row: &str, unit: &Unit) -> Option<Found> {
        // Without an earlier process nobody waits for others.
        if self.before.is_zero() {
            return None;
        }
        let key = key(row, unit)?;
        locked(&self.found).remove(&key)
    }
    /// Keeps what was found. That it cannot be kept is said once, and ends nothing.
    pub fn keep(&self, row: &str, unit: &Unit, found: &Found) {
        if !self.is_kept() {
            return;
        }
        let milliseconds = u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        let done = Entry { row: row.to_owned(), unit: unit.clone(), found: found.clone() };
        let tag = self.tagger.tag(milliseconds, &done);
        let line = tag.and_then(|tag| strict::canonical(&Line { milliseconds, done, tag })).map_err(io::Error::other);
        let mut slot = locked(&self.file);
        let Some(file) = &mut *slot else { return };
        if let Err(e) = line.and_then(|line| file.write_all(&[&line[..], b"\n"].concat())) {
            cannot(&self.path, &e);
            *slot = None;
        }
    }
    /// How long earlier processes took, until the last of what they kept.
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
        let (count, taken) = (locked(&self.found).len(), time(self.before.as_secs_f64()));
        let path = self.path.display();
        say(format_args!("going on where it ended, after {count} lines and {taken}; remove {path} to begin anew"));
    }
    /// Its certificate is written.
    pub fn ended(&self) {
        *locked(&self.file) = None;
        if !self.path.as_os_str().is_empty() {
            // That it stays costs whoever comes next a word.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn cannot(path: &Path, e: &io::Error) {
    crate::ends(crate::LOST);
    say(format_args!("{}: {e}; an interruption will lose what is found from here on", path.display()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_kept_to_its_end_goes_too_when_the_report_is_complete() {
        let dir = tempfile::tempdir().unwrap();
        let asked = Asked { levels: Vec::new(), parties: Vec::new(), tier: "quick".into(), only: None };
        let seed = Seed::given("00".repeat(32).parse().unwrap());
        let begun = Begun::here("p", asked, Program::this(), Environment::here(Duration::ZERO), seed);
        let mut kept = Unfinished::begin(dir.path(), None, &begun);
        assert!(kept.is_kept() && kept.path.exists());
        // What can only be read stands for a disk that is full.
        kept.file = Mutex::new(File::open(&kept.path).ok());
        let unit = Unit::Plan { run: 0 };
        kept.keep("row", &unit, &Found::Right);
        assert!(!kept.is_kept() && kept.path.exists());
        kept.keep("row", &unit, &Found::Right);
        kept.ended();
        assert!(!kept.path.exists());
        assert_eq!((Unfinished::nowhere().is_kept(), kept.found("row", &unit)), (false, None));
    }
}

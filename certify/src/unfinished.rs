//! What an interrupted certification leaves: every unit that was done, in a file where its certificate is to be. The same
//! command goes on from there. Coins come from the root of all seeds, so what is done later is what would have been done
//! at once.

mod begun;

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::certificate::provenance::{Environment, Seed};
use crate::certificate::{store, strict};
use crate::log::{Entry, Found, Unit};
use crate::progress::{say, time};
use crate::seeds::{Root, hex, unhex};

pub use begun::Begun;

/// The name of the file: one line of what was begun, and one for everything that was done.
pub const FILE: &str = "unfinished.jsonl";
/// So many bytes it may have: its lines are longer than those of a log.
const MOST: u64 = 2 << 30;
/// And so many its first line.
const MOST_OF_FIRST: usize = 1 << 16;

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    begun: Begun,
    /// As that of a line.
    tag: String,
}

/// What was done, so many milliseconds after it was begun, without the time between processes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    done: Entry,
    milliseconds: u64,
    /// Of whoever is going to sign the certificate; empty where nobody is.
    tag: String,
}

/// What is wrong with a tag.
const STRANGER: &str = "it was not written for the one who is to sign now";

/// Tags lines of what was begun: what is signed in the end is what the signer's own program chose and found.
struct Tagger(Option<Zeroizing<[u8; 32]>>);

impl Tagger {
    fn new(signer: Option<&SigningKey>, begun: &Begun) -> Result<Self, strict::Refused> {
        let begun = strict::canonical(begun)?;
        let mut hasher = blake3::Hasher::new_derive_key("quorate 2026 unfinished certification v1");
        Ok(Self(signer.map(|key| Zeroizing::new(*hasher.update(key.as_bytes()).update(&begun).finalize().as_bytes()))))
    }
    fn hash(key: &[u8; 32], line: Option<(u64, &Entry)>) -> Result<blake3::Hash, strict::Refused> {
        Ok(blake3::keyed_hash(key, &strict::canonical(&line)?))
    }
    /// The tag of what is in a line; of the first one, which is in the key, of nothing.
    fn tag(&self, line: Option<(u64, &Entry)>) -> Result<String, strict::Refused> {
        let Some(key) = &self.0 else { return Ok(String::new()) };
        Ok(hex(Self::hash(key, line)?.as_bytes()))
    }
    fn knows(&self, line: Option<(u64, &Entry)>, tag: &str) -> bool {
        let Some(key) = &self.0 else { return tag.is_empty() };
        // Hashes are compared in constant time.
        let told = unhex(tag).map(blake3::Hash::from_bytes);
        told.is_some_and(|told| Self::hash(key, line).is_ok_and(|own| own == told))
    }
    /// A line that was written for the signer: what was done, and when.
    fn read(&self, line: &[u8]) -> Result<(Entry, u64), String> {
        let Line { done, milliseconds, tag } = strict::read(line).map_err(|e| e.to_string())?;
        if !self.knows(Some((milliseconds, &done)), &tag) {
            return Err(STRANGER.into());
        }
        match &done.found {
            Found::Error(e) => Err(format!("what could not be done (`{e}`) is not kept")),
            _ => Ok((done, milliseconds)),
        }
    }
}

type Key = (String, Vec<u8>);

fn key(row: &str, unit: &Unit) -> Option<Key> {
    Some((row.to_owned(), strict::canonical(unit).ok()?))
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where what is found is kept.
struct Kept {
    file: File,
    /// How long it is, in whole lines.
    len: u64,
    /// Whether something could not be kept.
    told: bool,
}

impl Kept {
    fn add(&mut self, mut line: Vec<u8>) -> io::Result<()> {
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.len += line.len() as u64;
        Ok(())
    }
}

/// The file, and what an earlier process found.
pub struct Unfinished {
    path: PathBuf,
    /// None where nothing is kept.
    kept: Mutex<Option<Kept>>,
    tagger: Tagger,
    found: Mutex<HashMap<Key, Found>>,
    before: Duration,
    began: Instant,
}

/// Opens the file that is there, and reads all of it. What this name stands for is looked at when it is open: it cannot
/// be exchanged any more.
fn open(path: &Path) -> Result<Option<(File, Vec<u8>)>, String> {
    let told = |e: io::Error| format!("{e}; make it a file to read and write, or name another directory in --out");
    let mut file = match OpenOptions::new().read(true).append(true).open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(told(e)),
    };
    let (found, named) = file.metadata().and_then(|f| Ok((f, fs::symlink_metadata(path)?))).map_err(told)?;
    if !found.is_file() || !named.is_file() || !is_same(&found, &named) {
        return Err("it is no plain file: remove it, or name another directory in --out".into());
    }
    if found.len() > MOST {
        return Err(format!(
            "it has {} bytes, more than the {MOST} that are read: remove it to begin anew",
            found.len()
        ));
    }
    let mut text = Vec::new();
    file.read_to_end(&mut text).map_err(told)?;
    Ok(Some((file, text)))
}

/// Where not even the first line is whole, nothing was found: the file goes, if it is one.
fn remove_half_a_first_line(path: &Path, text: &[u8]) -> Result<(), String> {
    const BEGIN: &[u8] = b"{\"begun\":{\"asked\":";
    let half = BEGIN.starts_with(text) || (text.starts_with(BEGIN) && text.len() < MOST_OF_FIRST);
    if half { fs::remove_file(path).map_err(|e| e.to_string()) } else { Err("it is none".into()) }
}

#[cfg(unix)]
fn is_same(a: &fs::Metadata, b: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}
#[cfg(not(unix))]
fn is_same(_: &fs::Metadata, _: &fs::Metadata) -> bool {
    true
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
        let told = |what: String| format!("{}: {what}", path.display());
        let Some((file, text)) = open(&path).map_err(told)? else { return Ok(None) };
        // The last line may be half there.
        let whole = text.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let mut lines = text[..whole].split_inclusive(|b| *b == b'\n').map(|l| &l[..l.len() - 1]);
        let Some(first) = lines.next() else {
            let gone = remove_half_a_first_line(&path, &text);
            return gone.map(|()| None).map_err(|e| told(format!("{e}: remove it to begin anew")));
        };
        let at = |k: usize, what: String| {
            told(format!("line {k}: {what}; cut it there to go on with what is before, or remove it to begin anew"))
        };
        let First { begun, tag } = strict::read(first).map_err(|e| at(1, e.to_string()))?;
        let stored = begun.seed.read().map_err(|e| at(1, e))?;
        // Who asks for no seed wants one of the system's.
        let seed = root.map_or_else(|| Seed::of_system(stored), Seed::given);
        if let Some(what) = begun.differs(&same(seed.clone())) {
            return Err(told(format!(
                "another certification was begun here and has not ended: {what}; end it with the command that began \
                 it, remove this file, or name another directory in --out"
            )));
        }
        let tagger = Tagger::new(signer, &begun).map_err(|e| at(1, e.to_string()))?;
        if !tagger.knows(None, &tag) {
            return Err(at(1, STRANGER.into()));
        }
        let (mut found, mut milliseconds) = (HashMap::new(), 1);
        for (k, line) in (2..).zip(lines) {
            let (done, then) = tagger.read(line).map_err(|e| at(k, e))?;
            milliseconds = then.max(milliseconds);
            found.extend(key(&done.row, &done.unit).map(|key| (key, done.found)));
        }
        // Whoever verifies would not believe it.
        Environment::here(Duration::from_millis(milliseconds))
            .check(0)
            .map_err(|e| told(format!("{e}: remove it to begin anew")))?;
        // It was written whole, and its end was not reached.
        if store::certificate(dir).is_ok_and(|c| begun.is_of(&c.measured)) {
            fs::remove_file(&path).map_err(|e| told(format!("its certificate is written: {e}; remove it")))?;
            return Ok(None);
        }
        let len = whole as u64;
        file.set_len(len).map_err(|e| told(e.to_string()))?;
        let (kept, found) = (Mutex::new(Some(Kept { file, len, told: false })), Mutex::new(found));
        let (before, began) = (Duration::from_millis(milliseconds), Instant::now());
        Ok(Some((stored, seed, Self { path, kept, tagger, found, before, began })))
    }
    /// Begins one in this directory, which has none.
    #[must_use]
    pub fn begin(dir: &Path, signer: Option<&SigningKey>, begun: Begun) -> Self {
        let path = dir.join(FILE);
        let first = || {
            // Another one could not be told from it.
            if begun.program.binary.is_empty() {
                return Err(io::Error::other("this program cannot read itself"));
            }
            let tagger = Tagger::new(signer, &begun).map_err(io::Error::other)?;
            let tag = tagger.tag(None).map_err(io::Error::other)?;
            let line = strict::canonical(&First { begun, tag }).map_err(io::Error::other)?;
            let file = OpenOptions::new().append(true).create_new(true).open(&path)?;
            let mut kept = Kept { file, len: 0, told: false };
            kept.add(line).inspect_err(|_| drop(fs::remove_file(&path)))?;
            Ok((kept, tagger))
        };
        match first() {
            Ok((kept, tagger)) => Self { path, kept: Mutex::new(Some(kept)), tagger, ..Self::nowhere() },
            Err(e) => {
                say(format_args!("{}: {e}; an interruption will lose what is found", path.display()));
                Self::nowhere()
            }
        }
    }
    /// What is kept nowhere, as there is no directory for it.
    #[must_use]
    pub fn nowhere() -> Self {
        let (path, kept, found) = (PathBuf::new(), Mutex::default(), Mutex::default());
        Self { path, kept, tagger: Tagger(None), found, before: Duration::ZERO, began: Instant::now() }
    }
    /// Whether what is found is kept.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        locked(&self.kept).is_some()
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
        let tag = self.tagger.tag(Some((milliseconds, &done)));
        let Ok(line) = tag.and_then(|tag| strict::canonical(&Line { done, milliseconds, tag })) else { return };
        let mut slot = locked(&self.kept);
        let Some(kept) = &mut *slot else { return };
        let Err(e) = kept.add(line) else { return };
        if !kept.told {
            kept.told = true;
            crate::ends(crate::End::Partly);
            say(format_args!("{}: {e}; an interruption will lose what is found from here on", self.path.display()));
        }
        // There may be room again later. A half line must not be in the middle.
        if kept.file.set_len(kept.len).is_err() {
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
    /// What may be at fault, beside this program, for an error of it.
    #[must_use]
    pub fn blamed(&self, error: String) -> String {
        match self.before.is_zero() {
            true => error,
            false => format!("{error}; if {} was changed by others, remove it to begin anew", self.path.display()),
        }
    }
    /// Its certificate is written.
    pub fn ended(&self) {
        *locked(&self.kept) = None;
        if !self.path.as_os_str().is_empty() {
            // That it stays is noticed by whoever comes next.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::Asked;
    use crate::certificate::provenance::Program;

    fn begun(program: Program) -> Begun {
        let asked = Asked { levels: Vec::new(), parties: Vec::new(), tier: "quick".into(), only: None };
        let seed = Seed::given("00".repeat(32).parse().unwrap());
        Begun::here("p", asked, program, Environment::here(Duration::ZERO), seed, None)
    }

    #[test]
    fn what_cannot_be_kept_to_its_end_goes_too_when_the_report_is_complete() {
        let dir = tempfile::tempdir().unwrap();
        let all = Unfinished::begin(dir.path(), None, begun(Program::this()));
        let unit = Unit::Plan { run: 0 };
        all.keep("row", &unit, &Found::Right);
        let text = fs::read(&all.path).unwrap();
        // What can only be read stands for a disk that is full.
        let full = File::open(&all.path).unwrap();
        let before = std::mem::replace(&mut locked(&all.kept).as_mut().unwrap().file, full);
        all.keep("row", &unit, &Found::Idle);
        assert!(!all.is_kept() && fs::read(&all.path).unwrap() == text, "what was whole stays");
        drop(before);
        all.keep("row", &unit, &Found::Idle);
        all.ended();
        assert!(!all.path.exists());
    }

    #[test]
    fn only_what_was_read_may_be_at_fault() {
        let dir = tempfile::tempdir().unwrap();
        let all = Unfinished::begin(dir.path(), None, begun(Program::this()));
        assert_eq!(all.blamed("no run".into()), "no run");
        let later = Unfinished { before: Duration::from_secs(1), ..all };
        let told = later.blamed("no run".into());
        assert!(told.starts_with("no run; if ") && told.contains(FILE), "{told}");
    }

    #[test]
    fn a_program_that_cannot_read_itself_begins_nothing_that_another_could_end() {
        let dir = tempfile::tempdir().unwrap();
        let program = Program { binary: String::new(), ..Program::this() };
        assert!(!Unfinished::begin(dir.path(), None, begun(program)).is_kept());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}

//! The ledger directory: lock, key, state file, and what happens when it is opened.

use std::cell::RefCell;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use field::Field;
use zeroize::Zeroizing;

use super::fence::Fence;
use super::record::{self, LedgerKey, damaged};
use super::segment::{self, Binding, Head, Kind};
use super::state::{Entry, State, Status};
use super::{Items, Ledger, Writer, disk, hex};
use crate::{Error, MacKey, Result, Session, SessionId, Tape};

const KEY: &str = "ledger.key";
const STATE: &str = "state";
const LOCK: &str = "lock";

/// One party's ledger on disk. Locked for as long as this value, or a writer, ledger or session that came from it,
/// lives.
pub struct Directory(Rc<RefCell<Inner>>);

/// What a ledger directory has to offer of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stock {
    /// The session that generated it.
    pub session: SessionId,
    /// Whether it can be used.
    pub status: Status,
    /// Triples left.
    pub triples: u64,
    /// Random values left.
    pub randoms: u64,
    /// Input masks left, of each party.
    pub masks: Vec<u64>,
}

pub(super) struct Inner {
    path: PathBuf,
    fence: Fence,
    pub key: LedgerKey,
    state: State,
    _lock: File,
}

impl Directory {
    /// Opens the ledger in `path`, or makes a new one there. `fences` is a directory outside of it that is never
    /// restored from a backup, such as `$XDG_STATE_HOME/quorate/fence`; the fence in it is called by the ledger's id.
    ///
    /// Whatever an earlier process left open is burnt first. Errors: another process uses it, it or its fence was
    /// restored from a backup, a file is damaged or of another version, other users can read it, no room.
    pub fn open(path: &Path, fences: &Path, tape: &Tape) -> Result<Self> {
        disk::private_dir(path)?;
        let lock = disk::lock(&path.join(LOCK))?;
        let key = Self::key(path, tape)?;
        let fence = Fence::new(fences, path, &key)?;
        let mut inner =
            Inner { path: path.into(), fence, key, state: State { epoch: 0, entries: vec![] }, _lock: lock };
        inner.load()?;
        inner.advance(|state| {
            state.entries.iter_mut().filter(|e| e.status == Status::Open).for_each(|e| e.status = Status::Interrupted);
        })?;
        inner.sweep()?;
        Ok(Self(Rc::new(RefCell::new(inner))))
    }
    fn key(path: &Path, tape: &Tape) -> Result<LedgerKey> {
        let file = path.join(KEY);
        if let Some(bytes) = disk::read(&file)? {
            return LedgerKey::from_file(&bytes, &file);
        }
        if path.join(STATE).exists() {
            return Err(damaged(&file, "it is missing"));
        }
        let secret = Zeroizing::new(tape.nonce()?);
        let mut id = [0; 16];
        tape.bytes(&mut id)?;
        let key = LedgerKey::new(id, &secret);
        disk::replace(&file, &key.to_file())?;
        Ok(key)
    }

    /// What is there, in the order it was generated.
    #[must_use]
    pub fn stock(&self) -> Vec<Stock> {
        let left = |e: &Entry| -> Vec<u64> { e.total.iter().zip(&e.used).map(|(t, u)| t.saturating_sub(*u)).collect() };
        let stock = |e: &Entry| {
            let left = left(e);
            let masks = left.get(2..).unwrap_or_default().to_vec();
            Stock { session: e.session, status: e.status, triples: left[0], randoms: left[1], masks }
        };
        self.0.borrow().state.entries.iter().map(stock).collect()
    }
    /// Starts a segment for the preprocessing that session `s` generates under `key`. Nothing of it can be used before
    /// [`Writer::finish`], which takes the key, or after the session has died.
    pub fn writer<F: Field>(&self, s: &Session, parameters: [u8; 32], key: &MacKey<F>) -> Result<Writer<F>> {
        s.alive()?;
        key.usable()?;
        let binding = Binding::of(s, parameters);
        let dead = self.bury_with(s, binding.id::<F>());
        Writer::create(self.0.clone(), binding, key.under(), dead)
    }
    /// Puts the preprocessing of `binding` to use in session `s`: marks it open on disk, compares it with the other
    /// parties' and makes sure that it dies with the session, before the other parties learn of it.
    ///
    /// Every party calls it at the same point. It is [`Ledger::close`]d at the end; otherwise its rest is burnt.
    pub async fn resume<F: Field>(&self, s: &mut Session, binding: &Binding) -> Result<Ledger<F>> {
        if binding.n != s.n() || binding.me != s.me() {
            return Err(Error::Local(format!(
                "preprocessing of {} among {} parties does not serve {} among {}",
                binding.me,
                binding.n,
                s.me(),
                s.n()
            )));
        }
        let mut ledger = self.take(binding)?;
        ledger.compare(s).await?;
        ledger.dies_with(self.bury_with(s, binding.id::<F>()));
        Ok(ledger)
    }
    /// Local part of [`Directory::resume`].
    pub(super) fn take<F: Field>(&self, binding: &Binding) -> Result<Ledger<F>> {
        let id = binding.id::<F>();
        let mut inner = self.0.borrow_mut();
        inner.usable::<F>(&id, binding)?;
        let head = inner.head(&id)?;
        head.expect::<F>(binding)?;
        let key = MacKey::from_share(inner.alpha::<F>(&id, &head)?);
        let items = Items::open(self.0.clone(), &mut inner, id, &head, key.under())?;
        Ok(Ledger::new(key, items))
    }
    /// The flag that is raised when `s` dies, after the segment is dead on disk.
    pub(super) fn bury_with(&self, s: &Session, id: [u8; 32]) -> Rc<std::cell::Cell<bool>> {
        let dead = Rc::new(std::cell::Cell::new(false));
        let (flag, inner) = (dead.clone(), self.0.clone());
        s.on_death(move || {
            flag.set(true);
            if let Ok(mut inner) = inner.try_borrow_mut() {
                // If the tombstone cannot be written, an open segment is burnt at the next start, and of a sealed one the
                // files are gone.
                let _ = inner.bury(&id);
            }
        });
        dead
    }
}

impl Inner {
    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
    pub fn segment(&self, id: &[u8; 32]) -> PathBuf {
        self.path.join(hex(id))
    }
    pub fn entry(&self, id: &[u8; 32]) -> Option<&Entry> {
        self.state.entry(id)
    }
    /// The line of a segment; refused unless this is how it stands.
    pub fn standing(&self, id: &[u8; 32], status: Status) -> Result<&Entry> {
        self.state.entry(id).filter(|e| e.status == status).ok_or_else(|| {
            Error::Local(format!(
                "{}: preprocessing {} is not {} (any more): generate new preprocessing",
                self.path.display(),
                hex(&id[..8]),
                format!("{status:?}").to_lowercase()
            ))
        })
    }

    /// Reads the state and has the fence admit it.
    fn load(&mut self) -> Result<()> {
        let path = self.file(STATE);
        if let Some(bytes) = disk::read(&path)? {
            self.state = State::decode(self.key.open(record::Kind::State, &bytes, &path)?, &path)?;
        } else if self.segments()?.next().is_some() {
            return Err(damaged(&path, "it is missing"));
        }
        self.fence.admit(&self.key, &self.state)
    }
    /// Changes the state, on disk first.
    pub fn update(&mut self, change: impl FnOnce(&mut State)) -> Result<()> {
        let mut next = self.state.clone();
        change(&mut next);
        disk::replace(&self.file(STATE), &self.key.seal(record::Kind::State, &next.encode()))?;
        self.state = next;
        Ok(())
    }
    /// Changes the state and enters a new epoch: first in the ledger, then in the fence.
    pub fn advance(&mut self, change: impl FnOnce(&mut State)) -> Result<()> {
        // After a failure of the second write this brings the fence up before it falls two behind.
        self.fence.admit(&self.key, &self.state)?;
        self.update(|state| {
            state.epoch += 1;
            change(state);
        })?;
        self.fence.write(&self.key, self.state.epoch)
    }
    /// Ends the use of an open segment, its cursors being `used`.
    pub fn close(&mut self, id: &[u8; 32], used: Vec<u64>) -> Result<()> {
        if self.state.entry(id).is_none_or(|e| e.status != Status::Open) {
            return Ok(());
        }
        self.update(|state| {
            if let Some(e) = state.entry_mut(id) {
                e.status = Status::Sealed;
                e.used = used;
            }
        })?;
        if self.state.entry(id).is_some_and(Entry::is_used_up) {
            // Nobody can use it any more, but whoever reads it learns key share and masks. If it cannot be removed now,
            // the next start does.
            let _ = disk::remove_segment(&self.segment(id));
        }
        Ok(())
    }
    /// Directories that look like segments.
    fn segments(&self) -> Result<impl Iterator<Item = (PathBuf, String)> + use<>> {
        let list = fs::read_dir(&self.path).map_err(|e| disk::failed("listing", &self.path, &e))?;
        Ok(list.filter_map(|e| {
            let e = e.ok()?;
            let name = e.file_name().into_string().ok()?;
            let ours = name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit());
            (ours && e.file_type().ok()?.is_dir()).then(|| (e.path(), name))
        }))
    }
    /// Removes what is left of dead and used-up segments, and of segments that were never finished.
    fn sweep(&mut self) -> Result<()> {
        for (path, name) in self.segments()? {
            let serves = |e: &Entry| !e.status.is_dead() && !e.is_used_up();
            let live = self.state.entries.iter().any(|e| serves(e) && hex(&e.id) == name);
            if !live {
                disk::remove_segment(&path)?;
            }
        }
        Ok(())
    }
    /// The tombstone: the segment is dead on disk, then its key and items are removed. They are even if the tombstone
    /// cannot be written: a sealed segment would be as good as new at the next start.
    fn bury(&mut self, id: &[u8; 32]) -> Result<()> {
        let mut written = Ok(());
        if let Some(e) = self.state.entry_mut(id).filter(|e| !e.status.is_dead()) {
            // In memory whatever the disk does, so that whatever is written next says it as well.
            e.status = Status::Failed;
            written = self.update(|_| {});
        }
        written.and(disk::remove_segment(&self.segment(id)))
    }

    /// Refuses unless there is a sealed segment of this id, saying why.
    fn usable<F: Field>(&self, id: &[u8; 32], want: &Binding) -> Result<()> {
        let session = want.session.hex();
        let Some(e) = self.state.entry(id) else {
            // Another segment of the same session tells what differs.
            let serves = |e: &&Entry| {
                e.session == want.session && !e.status.is_dead() && !e.is_used_up() && self.segment(&e.id).exists()
            };
            for e in self.state.entries.iter().filter(serves) {
                self.head(&e.id)?.expect::<F>(want)?;
            }
            return Err(Error::Local(format!(
                "{}: there is no preprocessing of session {session} over {}: generate it first",
                self.path.display(),
                F::NAME
            )));
        };
        let why = match e.status {
            Status::Sealed if e.is_used_up() => "is used up",
            Status::Sealed if !self.segment(id).exists() => {
                "cannot be used: its files are gone, as they are if its session died while the disk was full"
            }
            Status::Sealed => return Ok(()),
            Status::Open => "is in use by another session of this process",
            Status::Interrupted => {
                "was in use when its process ended, and which items had left by then cannot be known: the rest is burnt"
            }
            Status::Failed => {
                "was used in a session that failed a check or lost a peer: its MAC key and items are wiped"
            }
        };
        Err(Error::Local(format!("the preprocessing of session {session} {why}; generate new preprocessing")))
    }
    fn head(&self, id: &[u8; 32]) -> Result<Head> {
        let path = self.segment(id).join(segment::HEAD);
        let bytes = disk::read(&path)?.ok_or_else(|| damaged(&path, "it is missing"))?;
        let head = Head::decode(self.key.open(record::Kind::Head, &bytes, &path)?, &path)?;
        let entry = self.state.entry(id);
        if entry.is_none_or(|e| e.session != head.binding.session || e.total != head.totals()) {
            return Err(damaged(&path, "it is the header of another segment"));
        }
        Ok(head)
    }
    fn alpha<F: Field>(&self, id: &[u8; 32], head: &Head) -> Result<F> {
        let path = self.segment(id).join(segment::ALPHA);
        let bytes = disk::read(&path)?.ok_or_else(|| damaged(&path, "it is missing"))?;
        let alpha = self.key.open(record::Kind::Alpha, &bytes, &path)?.strip_prefix(id).unwrap_or_default();
        if blake3::Hash::from(segment::commitment(&self.key, id, alpha)) != head.commitment {
            return Err(damaged(&path, "it is the MAC key of another segment"));
        }
        F::read(alpha).ok_or_else(|| damaged(&path, "its content has the wrong form"))
    }
    /// Enters a finished segment: from here on it can be used.
    pub fn enter(&mut self, id: [u8; 32], head: &Head) -> Result<()> {
        let total = head.totals();
        let kinds = Kind::all(head.binding.n).count();
        let entry = Entry { id, session: head.binding.session, status: Status::Sealed, used: vec![0; kinds], total };
        self.update(|state| state.entries.push(entry))
    }
}

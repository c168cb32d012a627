//! Tests of the ledger: what comes out, what is refused, and what the disk holds at every moment.

mod damage;
mod faults;
mod life;
mod peers;
pub(super) mod power;
mod rollback;

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use field::{F128, Field};
use tempfile::TempDir;
use transport::threads::mesh;
use transport::{Parties, PartyId};

use super::{Binding, Directory, Ledger};
use crate::{Clear, Error, MacKey, Masks, Real, Result, Session, SessionId, Shared, Supply, Tape, Triples};

/// A ledger directory and its fences.
struct Place {
    root: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { root: TempDir::new().unwrap() }
    }
    fn ledger(&self) -> PathBuf {
        self.root.path().join("ledger")
    }
    fn fences(&self) -> PathBuf {
        self.root.path().join("fences")
    }
    fn open(&self) -> Result<Directory> {
        Directory::open(&self.ledger(), &self.fences(), &Tape::seeded([7; 32]))
    }
    /// Replaces the ledger directory by a copy of another, the fences staying as they are.
    fn restore(&self, from: &Path) {
        let _ = fs::remove_dir_all(self.ledger());
        copy(from, &self.ledger());
    }
    /// A copy of everything.
    fn twin(&self) -> Self {
        let twin = Self::new();
        copy(&self.ledger(), &twin.ledger());
        copy(&self.fences(), &twin.fences());
        twin
    }
    /// Every file, fences included, but the locks.
    fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        list(self.root.path(), &mut found);
        found.retain(|p| !p.ends_with("lock") && p.extension().is_none_or(|e| e != "lock"));
        found.sort();
        found
    }
}

fn list(dir: &Path, found: &mut Vec<PathBuf>) {
    for e in fs::read_dir(dir).unwrap() {
        let path = e.unwrap().path();
        if path.is_dir() { list(&path, found) } else { found.push(path) }
    }
}

fn copy(from: &Path, to: &Path) {
    use std::os::unix::fs::PermissionsExt;
    if !from.exists() {
        return;
    }
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o700)).unwrap();
    for e in fs::read_dir(from).unwrap() {
        let e = e.unwrap();
        let target = to.join(e.file_name());
        if e.path().is_dir() {
            copy(&e.path(), &target);
        } else {
            fs::copy(e.path(), target).unwrap();
        }
    }
}

/// The session of one party whose peers say nothing.
fn session(me: usize, id: u8) -> Session {
    let parties = Parties::anonymous(2);
    let net = mesh(&parties).swap_remove(me);
    Session::new(Rc::new(net), SessionId([id; 32]), Rc::new(Real::bootstrap()), Tape::seeded([me as u8; 32]))
}

/// `len` shares whose values count from `from`, MACs 1000 above.
fn shares<F: Field>(from: u64, len: u64) -> Shared<F> {
    let row = |start: u64| (start..start + len).map(F::from_u64).collect();
    Shared::from_parts(row(from), row(from + 1000))
}
fn triples(from: u64, len: u64) -> Triples<F128> {
    Triples { a: shares(from, len), b: shares(from + 10_000, len), c: shares(from + 20_000, len) }
}
fn masks(me: usize, owner: usize, from: u64, len: u64) -> Masks<F128> {
    let clear = (me == owner).then(|| Clear((from + 5000..from + 5000 + len).map(F128::from_u64).collect()));
    Masks { shared: shares(from, len), clear }
}
fn same<F: Field>(got: &Shared<F>, from: u64, len: u64) -> bool {
    let want = shares::<F>(from, len);
    got.value == want.value && got.mac == want.mac
}

const TRIPLES: u64 = 23;
const RANDOMS: u64 = 100_000;
const MASKS: u64 = 200_000;

/// A segment of 23 triples (counting from 0 in session 1, from 100 in session 2, …), 7 random values and 5 masks of each party, in blocks of 4.
fn generate(dir: &Directory, me: usize, id: u8) -> Result<Binding> {
    let s = session(me, id);
    let first = 100 * (u64::from(id) - 1);
    let key = MacKey::from_share(F128::from_u64(77));
    let mut w = dir.writer(&s, [9; 32], &key)?.with_block(4);
    w.triples(triples(first, 10))?;
    w.randoms(shares(RANDOMS, 7))?;
    w.triples(triples(first + 10, TRIPLES - 10))?;
    for owner in 0..2 {
        w.masks(PartyId::new(owner), masks(me, owner, MASKS * (1 + owner as u64), 5))?;
    }
    w.finish(key)
}
fn take(dir: &Directory, binding: &Binding) -> Result<Ledger<F128>> {
    Ok(dir.take::<F128>(binding)?.with_stride(3))
}

/// Takes everything that is left and returns the integers of the values; everything else about an item follows from
/// its value and is checked.
fn drain(ledger: &mut Ledger<F128>, me: usize) -> Result<Vec<u64>> {
    let mut seen = Vec::new();
    while ledger.left()[0] > 0 {
        let t = ledger.parts().1.triples(1)?;
        let v = integer(t.a.value[0]);
        assert!(same(&t.a, v, 1) && same(&t.b, v + 10_000, 1) && same(&t.c, v + 20_000, 1), "a triple is torn");
        seen.push(v);
    }
    while ledger.left()[1] > 0 {
        seen.push(checked(&ledger.parts().1.randoms(1)?));
    }
    for owner in 0..2 {
        while ledger.left()[2 + owner] > 0 {
            let m = ledger.parts().1.masks(PartyId::new(owner), 1)?;
            let v = checked(&m.shared);
            assert_eq!(m.clear.as_ref().map(|c| integer(c.0[0])), (owner == me).then_some(v + 5000));
            seen.push(v);
        }
    }
    Ok(seen)
}
fn checked(x: &Shared<F128>) -> u64 {
    let v = integer(x.value[0]);
    assert!(same(x, v, 1), "a value is torn from its MAC");
    v
}
fn integer(x: F128) -> u64 {
    let mut bytes = [0; 16];
    x.write(&mut bytes);
    u64::try_from(u128::from_le_bytes(bytes)).expect("a value that nobody wrote")
}
/// The message of a refusal.
fn refusal<T>(r: Result<T>) -> String {
    match r {
        Ok(_) => panic!("not refused"),
        Err(Error::Local(message) | Error::Storage(message)) => message,
        Err(e) => panic!("refused with {e:?}"),
    }
}

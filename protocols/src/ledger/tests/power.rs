//! A disk whose power can be cut before any of its changes, a cut write leaving the first half of its bytes.
//!
//! Nothing is really flushed, so thousands of cuts take seconds. Instead it keeps book: when a name is put in place, no
//! content and no name that was changed before may still be volatile.

use std::cell::{Cell, RefCell};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

thread_local! {
    static LEFT: Cell<Option<u64>> = const { Cell::new(None) };
    static DONE: Cell<u64> = const { Cell::new(0) };
    static CONTENT: RefCell<Vec<File>> = const { RefCell::new(Vec::new()) };
    static NAMES: RefCell<Vec<PathBuf>> = const { RefCell::new(Vec::new()) };
}

const OFF: u64 = u64::MAX;

/// Lets this thread make `changes` changes more, or any number.
pub(crate) fn cut_after(changes: Option<u64>) {
    LEFT.set(changes);
    if changes.is_none() {
        CONTENT.take();
        NAMES.take();
    }
}
/// Changes this thread has made so far.
pub(crate) fn changes() -> u64 {
    DONE.get()
}

pub(crate) fn step() -> io::Result<()> {
    match LEFT.get() {
        Some(OFF) => return Err(io::Error::other("power is off")),
        Some(0) => {
            LEFT.set(Some(OFF));
            return Err(io::Error::other("power cut"));
        }
        Some(k) => LEFT.set(Some(k - 1)),
        None => {}
    }
    DONE.set(DONE.get() + 1);
    Ok(())
}
pub(crate) fn write(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    let off = LEFT.get() == Some(OFF);
    if let Err(e) = step() {
        if off {
            return Err(e);
        }
        file.write_all(&bytes[..bytes.len() / 2])?;
        return Err(e);
    }
    CONTENT.with_borrow_mut(|c| c.push(file.try_clone().unwrap()));
    file.write_all(bytes)
}
pub(crate) fn flush(file: &File) -> io::Result<()> {
    step()?;
    let inode = |f: &File| f.metadata().unwrap().ino();
    CONTENT.with_borrow_mut(|c| c.retain(|f| inode(f) != inode(file)));
    Ok(())
}
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    step()?;
    CONTENT.with_borrow_mut(|c| c.retain(|f| f.metadata().unwrap().nlink() > 0));
    // A segment's names may be volatile among themselves; they count when something outside refers to them.
    NAMES.with_borrow_mut(|n| n.retain(|dir| dir.exists()));
    let outside = |dir: &PathBuf| *dir != to.parent().unwrap();
    assert!(!to.ends_with("state") || CONTENT.with_borrow(|c| c.is_empty()), "content is volatile before {to:?}");
    assert!(
        !to.ends_with("state") || NAMES.with_borrow(|n| !n.iter().any(outside)),
        "names are volatile before {to:?}"
    );
    assert!(fs::metadata(from)?.len() > 0 && !volatile(from), "{from:?} is volatile");
    names(to.parent().unwrap(), false)?;
    fs::rename(from, to)
}
fn volatile(path: &Path) -> bool {
    let inode = fs::metadata(path).unwrap().ino();
    CONTENT.with_borrow(|c| c.iter().any(|f| f.metadata().unwrap().ino() == inode))
}
pub(crate) fn names(dir: &Path, durable: bool) -> io::Result<()> {
    if durable {
        step()?;
        NAMES.with_borrow_mut(|n| n.retain(|d| d != dir));
    } else {
        NAMES.with_borrow_mut(|n| n.push(dir.into()));
    }
    Ok(())
}

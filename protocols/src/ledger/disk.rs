//! Everything that changes the disk, in the few forms the ledger needs, each durable when it returns.
//!
//! Every change passes the few functions of `power`: the plain system calls in a normal build, and in the tests a disk
//! whose power can be cut before any of them and which notices what was renamed before it was durable.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::{Error, Result};

#[cfg(test)]
use super::tests::power;
pub(super) use power::write;

#[cfg(not(test))]
mod power {
    use std::fs::File;
    use std::io::{Result, Write};
    use std::path::Path;

    /// Before a change that has no function of its own here.
    pub fn step() -> Result<()> {
        Ok(())
    }
    pub fn write(mut file: &File, bytes: &[u8]) -> Result<()> {
        file.write_all(bytes)
    }
    pub fn flush(file: &File) -> Result<()> {
        file.sync_data()
    }
    pub fn rename(from: &Path, to: &Path) -> Result<()> {
        std::fs::rename(from, to)
    }
    /// Names in `dir` were made durable, or (`false`) one is about to change.
    pub fn names(dir: &Path, durable: bool) -> Result<()> {
        if durable { File::open(dir)?.sync_all() } else { Ok(()) }
    }
}

/// Files of the ledger are small (blocks are read in pieces); more than this is no file of ours.
const SMALL: u64 = 1 << 30;

/// Turns an I/O error into a message that says what to do.
pub(super) fn failed(doing: &str, path: &Path, e: &io::Error) -> Error {
    let advice = match e.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "; make room on this disk and start again: no unfinished preprocessing is ever used"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; the ledger must be writable for the user that runs this program"
        }
        _ => "",
    };
    Error::Storage(format!("{doing} {}: {e}{advice}", path.display()))
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// A directory of this user alone, created with its parents if missing.
pub(super) fn private_dir(path: &Path) -> Result<()> {
    if !path.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| failed("creating", path, &e))?;
        sync_parent(path)?;
    }
    let found = fs::metadata(path).map_err(|e| failed("reading", path, &e))?;
    if !found.is_dir() {
        // Its mode would be complained of otherwise, and changing that would help nobody.
        let told =
            format!("{}: a file is there, where a directory is needed: name a directory of its own", path.display());
        return Err(Error::Storage(told));
    }
    let mode = found.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(Error::Storage(format!(
            "{}: other users may enter this directory (mode {:o}), and it holds key shares: run chmod 700 on it",
            path.display(),
            mode & 0o777
        )));
    }
    Ok(())
}

/// Takes the lock file of a directory for as long as the returned file lives.
pub(super) fn lock(path: &Path) -> Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    let file = file.map_err(|e| failed("opening", path, &e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(Error::Storage(format!(
            "{}: another process (or another session of this one) is using this ledger: wait for it, or give each \
             its own ledger directory",
            path.display()
        ))),
        Err(fs::TryLockError::Error(e)) => Err(failed("locking", path, &e)),
    }
}

/// The content of a small file, `None` if there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let len = match fs::metadata(path) {
        Ok(m) => m.len(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed("reading", path, &e)),
    };
    if len > SMALL {
        return Err(Error::Storage(format!("{}: {len} bytes, far too large for a ledger file", path.display())));
    }
    fs::read(path).map(|b| Some(Zeroizing::new(b))).map_err(|e| failed("reading", path, &e))
}

/// Where the next content of `path` is written first.
fn aside(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// Makes `path` hold exactly `bytes`, all or nothing whatever happens meanwhile.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let fresh = aside(path);
    let swap = || -> io::Result<()> {
        power::step()?;
        let file = create(&fresh)?;
        write(&file, bytes)?;
        power::flush(&file)?;
        power::rename(&fresh, path)
    };
    swap().map_err(|e| failed("writing", path, &e))?;
    sync_parent(path)
}

/// The directory of `path`; of a bare name, the current one.
fn parent(path: &Path) -> &Path {
    path.parent().map_or(path, |p| if p.as_os_str().is_empty() { Path::new(".") } else { p })
}

/// Makes names in the directory of `path` durable.
pub(super) fn sync_parent(path: &Path) -> Result<()> {
    power::names(parent(path), true).map_err(|e| failed("syncing", parent(path), &e))
}

/// A new empty file to append to; an error if it exists.
pub(super) fn create_new(path: &Path) -> Result<File> {
    power::names(parent(path), false)
        .and_then(|()| OpenOptions::new().append(true).create_new(true).mode(0o600).open(path))
        .map_err(|e| failed("creating", path, &e))
}

/// A new directory; an error if it exists.
pub(super) fn create_dir(path: &Path) -> Result<()> {
    power::names(parent(path), false)
        .and_then(|()| DirBuilder::new().mode(0o700).create(path))
        .map_err(|e| failed("creating", path, &e))
}

/// Makes the content of an appended file durable.
pub(super) fn sync(file: &File, path: &Path) -> Result<()> {
    power::flush(file).map_err(|e| failed("syncing", path, &e))
}

/// Overwrites a file with zeros, makes that durable, and removes it. Nothing to do if there is none. Flash storage may
/// keep an old copy of the overwritten sectors; only an encrypted disk helps against that.
pub(super) fn wipe(path: &Path) -> Result<()> {
    let erase = || -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        let len = file.metadata()?.len();
        write(&file, &vec![0; len as usize])?;
        power::flush(&file)?;
        power::step()?;
        fs::remove_file(path)
    };
    match erase() {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed("wiping", path, &e)),
        _ => Ok(()),
    }
}

/// Removes a segment's directory: the key share is overwritten first, also where a stop before its renaming left it.
pub(super) fn remove_segment(path: &Path) -> Result<()> {
    let alpha = path.join(super::segment::ALPHA);
    wipe(&alpha)?;
    wipe(&aside(&alpha))?;
    match power::step().and_then(|()| fs::remove_dir_all(path)) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed("removing", path, &e)),
        _ => Ok(()),
    }
}

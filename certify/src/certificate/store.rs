//! The files of a report, whole or not at all: all are written beside their places and synced, then all are renamed.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::sign::Signed;
use super::{Certificate, known, strict};
use crate::log::{self, Entry};
use crate::unfinished;
use crate::watchdog::{Patience, Watchdog};

/// The certificate, in canonical form and one line.
pub const CERTIFICATE: &str = "certificate.json";
/// Its signature.
pub const SIGNATURE: &str = "certificate.sig";
/// The log of all runs, one per line.
pub const LOG: &str = "runs.jsonl";
/// The certificate to be read.
pub const PAGE: &str = "certificate.html";

/// A directory that a report is written to, of one process alone while this lives: the files of two would be mixed.
pub struct Place<'a> {
    dir: &'a Path,
    _lock: Option<fs::File>,
}

impl<'a> Place<'a> {
    /// Makes the directory and takes it. What can be known to fail in the end, after hours, fails here.
    pub fn take(dir: &'a Path) -> Result<Self, String> {
        let shown = dir.display();
        let told = "cannot be made a directory for the certificate";
        fs::create_dir_all(dir).map_err(|e| format!("{shown} {told}: {e}; name another in --out"))?;
        // The directory itself is locked: a file for that would stay behind wherever the program is ended. Not every
        // file system can do it; that there is one at a time is then up to whoever runs it.
        let lock = fs::File::open(dir).ok();
        if let Some(Err(fs::TryLockError::WouldBlock)) = lock.as_ref().map(fs::File::try_lock) {
            return Err(format!(
                "{shown}: another process is making a certificate for this directory: wait for it, or name another \
                 in --out"
            ));
        }
        for path in [CERTIFICATE, LOG, PAGE, SIGNATURE, unfinished::FILE].map(|name| dir.join(name)) {
            match fs::symlink_metadata(&path) {
                Ok(found) if !found.is_file() => {
                    let what = "is no plain file, and a file of this program has to be there";
                    return Err(format!("{} {what}: remove it, or name another directory in --out", path.display()));
                }
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(format!("{}: {e}", path.display())),
                _ => {}
            }
        }
        let probe = part(dir, CERTIFICATE).and_then(tempfile::NamedTempFile::close);
        probe.map_err(|e| {
            format!("no file can be written in {shown}: {e}; make it writable, or name another directory in --out")
        })?;
        Ok(Self { dir, _lock: lock })
    }

    /// Writes a report: what was there stays until all of these files are complete beside it. Whatever fails after that
    /// leaves no certificate: the last file is there only when all are.
    pub fn write(&self, files: &[(&str, Vec<u8>)]) -> Result<(), String> {
        let at = |name: &str, e: &io::Error| format!("{}: {e}", self.dir.join(name).display());
        let full = |name: &str, content: &[u8]| -> io::Result<tempfile::NamedTempFile> {
            let mut part = part(self.dir, name)?;
            let file = part.as_file_mut();
            file.write_all(content)?;
            file.sync_all()?;
            Ok(part)
        };
        let mut parts = Vec::with_capacity(files.len());
        for (name, content) in files {
            parts.push((*name, full(name, content).map_err(|e| at(name, &e))?));
        }
        // A certificate or a signature that was there belongs to another run.
        for old in [CERTIFICATE, SIGNATURE] {
            match fs::remove_file(self.dir.join(old)) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(at(old, &e)),
                _ => {}
            }
        }
        for (name, part) in parts {
            part.persist(self.dir.join(name)).map_err(|e| at(name, &e.error))?;
        }
        // The names are as important as the content; not every system lets a directory be synced.
        let _ = fs::File::open(self.dir).and_then(|d| d.sync_all());
        Ok(())
    }
}

/// An empty file beside the one of this name, under a name that nobody knows beforehand; it is gone when it is dropped.
pub(crate) fn part(dir: &Path, name: impl AsRef<OsStr>) -> io::Result<tempfile::NamedTempFile> {
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    let mut new = tempfile::Builder::new();
    new.prefix(&prefix).suffix(".part");
    // It is for everybody, as far as the user's mask says so.
    #[cfg(unix)]
    new.permissions(<fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666));
    new.tempfile_in(dir)
}

/// A report as it lies on disk.
pub struct Stored {
    /// The certificate.
    pub certificate: Certificate,
    /// Its canonical bytes.
    pub text: Vec<u8>,
    /// Its signature, if there is one.
    pub signature: Option<Signed>,
    /// The log, if it is there.
    pub log: Option<Vec<Entry>>,
    /// The page, if it is there.
    pub page: Option<Vec<u8>>,
}

/// So many bytes a certificate, a signature or a page may have: many times what there is of the longest tier.
const MOST: u64 = 64 << 20;
/// And so many a log.
const MOST_LOG: u64 = 1 << 30;

/// Why a report is not read.
#[derive(Debug)]
pub enum Unread {
    /// A file of it cannot be read: that tells nothing about it.
    File(String),
    /// It is none, or one of another format.
    Report(String),
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::File(why) | Self::Report(why)) = self;
        f.write_str(why)
    }
}

impl From<String> for Unread {
    fn from(why: String) -> Self {
        Self::Report(why)
    }
}

impl Unread {
    fn of(path: &Path, e: &io::Error) -> Self {
        let why = format!("{}: {e}", path.display());
        // What this program says of a file, and not the system.
        if e.kind() == io::ErrorKind::Other { Self::Report(why) } else { Self::File(why) }
    }
}

/// All of a file. What is no plain one may have no end, or let whoever opens it wait for ever.
pub(crate) fn content(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let fits = |found: &fs::Metadata| match found.len() {
        _ if !found.is_file() => Err(io::Error::other("it is no plain file")),
        len if len > most => Err(io::Error::other(format!("it has {len} bytes, more than the {most} that are read"))),
        len => Ok(len),
    };
    // A pipe keeps waiting whoever opens it; what is open cannot be exchanged any more.
    fits(&fs::metadata(path)?)?;
    let file = fs::File::open(path)?;
    let len = fits(&file.metadata()?)?;
    let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or(0));
    file.take(len + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > len { Err(io::Error::other("it grows while it is read")) } else { Ok(bytes) }
}

/// The format that a certificate says it has, whatever else it says.
fn format_of(text: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Any {
        format: String,
    }
    serde_json::from_slice(text).ok().map(|Any { format }| format)
}

/// A certificate, its canonical bytes, and its place: a report's directory, or the file itself.
fn first(report: &Path) -> Result<(Certificate, Vec<u8>, PathBuf), Unread> {
    let file = if report.is_dir() { report.join(CERTIFICATE) } else { report.to_owned() };
    let bytes = content(&file, MOST).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound if file.with_file_name(unfinished::FILE).exists() => {
            let file = file.display();
            Unread::File(format!("{file}: this certification has not ended; the command that began it goes on with it"))
        }
        io::ErrorKind::NotFound => {
            Unread::File(format!("{}: there is no such report: name the directory of its --out", file.display()))
        }
        _ => Unread::of(&file, &e),
    })?;
    let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes).to_vec();
    let at = |e: String| format!("{}: {e}", file.display());
    // Another one has other fields and other lines: that these do not fit would tell nobody why.
    format_of(&text).map_or(Ok(()), |format| known(&format)).map_err(at)?;
    let certificate = strict::read(&text).map_err(|e| at(e.to_string()))?;
    Ok((certificate, text, file))
}

/// Reads the certificate of a report alone.
pub fn certificate(report: &Path) -> Result<Certificate, Unread> {
    first(report).map(|(certificate, ..)| certificate)
}

/// Reads a report: a directory, or the certificate itself with its signature beside it.
pub fn read(report: &Path, patience: Patience) -> Result<Stored, Unread> {
    let (certificate, text, file) = first(report)?;
    let beside = |name: &str, most: u64| -> Result<Option<Vec<u8>>, Unread> {
        let path: PathBuf = file.with_file_name(name);
        match content(&path, most) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Unread::of(&path, &e)),
        }
    };
    let signed = beside(SIGNATURE, MOST)?;
    let signature = signed.map(|b| Signed::read(b.strip_suffix(b"\n").unwrap_or(&b))).transpose()?;
    // A log is large, and its maker says how large.
    let watchdog = Watchdog::start(patience, &certificate.measured.seed.read()?);
    let log = || Ok::<_, Unread>(beside(LOG, MOST_LOG)?.map(|b| log::read(&b)).transpose()?);
    let log = watchdog.watching("the log that is read", log)?;
    Ok(Stored { certificate, text, signature, log, page: beside(PAGE, MOST)? })
}

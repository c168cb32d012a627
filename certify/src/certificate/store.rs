//! The files of a report. Each appears whole or not at all: written beside its place, synced, renamed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::Certificate;
use super::sign::Signed;
use super::strict;
use crate::log::{self, Entry};

/// The certificate, in canonical form and one line.
pub const CERTIFICATE: &str = "certificate.json";
/// Its signature.
pub const SIGNATURE: &str = "certificate.sig";
/// The log of all runs, one per line.
pub const LOG: &str = "runs.jsonl";
/// The certificate to be read.
pub const PAGE: &str = "certificate.html";

/// Writes a file whole or not at all.
pub fn write(dir: &Path, name: &str, content: &[u8]) -> Result<(), String> {
    let (part, whole) = (dir.join(format!(".{name}.part")), dir.join(name));
    let at = |e: std::io::Error| format!("{}: {e}", whole.display());
    let mut file = fs::File::create(&part).map_err(at)?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(at)?;
    fs::rename(&part, &whole).map_err(at)?;
    // The name is as important as the content; not every system lets a directory be synced.
    let _ = fs::File::open(dir).and_then(|d| d.sync_all());
    Ok(())
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

/// Reads a report: a directory, or the certificate itself with its signature beside it.
pub fn read(report: &Path) -> Result<Stored, String> {
    let file = if report.is_dir() { report.join(CERTIFICATE) } else { report.to_owned() };
    let bytes = fs::read(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes).to_vec();
    let certificate = strict::read(&text).map_err(|e| format!("{}: {e}", file.display()))?;
    let beside = |name: &str| -> Result<Option<Vec<u8>>, String> {
        let path: PathBuf = file.with_file_name(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(format!("{}: {e}", path.display())),
        }
    };
    let signature = beside(SIGNATURE)?.map(|b| Signed::read(b.strip_suffix(b"\n").unwrap_or(&b))).transpose()?;
    let log = beside(LOG)?.map(|b| log::read(&b)).transpose()?;
    Ok(Stored { certificate, text, signature, log, page: beside(PAGE)? })
}

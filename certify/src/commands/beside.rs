//! Files that are written beside what is printed: a strategy that won, a run that is drawn.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use spec::ExitCode;
use tempfile::NamedTempFile;

use super::{Failure, failed};
use crate::certificate::store;

/// What can be known to fail when a file is written fails here, before the runs that it is to tell of.
pub fn check(file: &Path) -> Result<(), Failure> {
    usable(file).map_err(|e| told(file, &e))
}

/// Writes a file. What was there stays until all of the new one is on the disk.
pub fn write(file: &Path, text: &str) -> Result<(), Failure> {
    replace(file, text).map_err(|e| told(file, &e))
}

/// A file that must not be one of others, by whatever name.
pub fn apart(file: &Path, others: impl IntoIterator<Item = PathBuf>) -> Result<(), Failure> {
    let place = place(file);
    let same = others.into_iter().find(|other| self::place(other) == place);
    same.map_or(Ok(()), |other| {
        let text = format!("{} is {}, which would be lost: name another file", file.display(), other.display());
        Err(failed(ExitCode::Usage)(text))
    })
}

/// Where a file is or would be.
fn place(file: &Path) -> PathBuf {
    let dir = file.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let new = || Some(fs::canonicalize(dir).ok()?.join(file.file_name()?));
    fs::canonicalize(file).ok().or_else(new).unwrap_or_else(|| file.to_owned())
}

fn told(file: &Path, e: &io::Error) -> Failure {
    failed(ExitCode::Storage)(format!("{}: {e}", file.display()))
}

/// What is there, if anything is: a file, or what is written to as it stands, such as a pipe.
fn found(file: &Path) -> io::Result<Option<fs::Metadata>> {
    match fs::metadata(file) {
        Ok(found) if found.is_dir() => Err(ErrorKind::IsADirectory.into()),
        Ok(found) => Ok(Some(found)),
        // What it leads to could be made meanwhile, and be something else.
        Err(e) if e.kind() == ErrorKind::NotFound && fs::symlink_metadata(file).is_ok() => {
            Err(io::Error::other("it is a link that leads nowhere"))
        }
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn usable(file: &Path) -> io::Result<()> {
    match found(file)? {
        // A pipe lets whoever opens it wait for a reader.
        Some(found) if !found.is_file() => return Ok(()),
        // A new file would take the place even of one that nobody may write to.
        Some(_) => drop(OpenOptions::new().append(true).open(file)?),
        None => {}
    }
    part(file)?.1.close()
}

fn replace(file: &Path, text: &str) -> io::Result<()> {
    let old = found(file)?;
    if old.as_ref().is_some_and(|f| !f.is_file()) {
        return fs::write(file, text);
    }
    let (place, mut part) = part(file)?;
    part.write_all(text.as_bytes())?;
    if let Some(old) = old {
        part.as_file().set_permissions(old.permissions())?;
    }
    part.as_file().sync_all()?;
    part.persist(place).map(drop).map_err(|e| e.error)
}

/// Where a file is, which a link may lead to, and an empty one beside it, which is gone when it is dropped.
fn part(file: &Path) -> io::Result<(PathBuf, NamedTempFile)> {
    let place = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let dir = place.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let part = store::part(dir, place.file_name().unwrap_or_default())?;
    Ok((place, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_a_place_of_no_use_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let count = || fs::read_dir(dir.path()).unwrap().count();
        let file = at("file");
        assert!(check(&file).is_ok() && count() == 0, "a look leaves nothing");
        for text in ["longer", "new"] {
            assert!(check(&file).is_ok() && write(&file, text).is_ok());
            assert_eq!((fs::read_to_string(&file).unwrap().as_str(), count()), (text, 1));
        }
        for place in [at(""), at("no/file"), at("file/file")] {
            for refused in [check(&place), write(&place, "x")] {
                let Failure { code, text } = refused.unwrap_err();
                assert!(code == ExitCode::Storage && text.starts_with(&format!("{}: ", place.display())), "{text}");
            }
        }
        assert_eq!((fs::read_to_string(&file).unwrap().as_str(), count()), ("new", 1));
    }
    #[test]
    fn a_file_that_is_another_is_told_by_whatever_name() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("sub")).unwrap();
        fs::write(at("there"), "x").unwrap();
        for (name, other) in [("there", "there"), ("sub/../there", "there"), ("new", "sub/../new")] {
            let Failure { code, text } = apart(&at(name), [at("else"), at(other)]).unwrap_err();
            assert!(code == ExitCode::Usage && text.contains("would be lost"), "{text}");
        }
        assert!(apart(&at("new"), [at("there"), at("sub/new"), at("no/new")]).is_ok());
    }
    /// What a name stands for stays: a link, what is no file, who may read it.
    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&file, &link).unwrap();
        assert!(check(&link).is_ok() && write(&link, "new").is_ok());
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let lost = dir.path().join("lost");
        symlink(dir.path().join("later"), &lost).unwrap();
        for refused in [check(&lost), write(&lost, "x")] {
            assert!(refused.unwrap_err().text.ends_with("it is a link that leads nowhere"));
        }
        let nowhere = Path::new("/dev/null");
        assert!(check(nowhere).is_ok() && write(nowhere, "x").is_ok() && !fs::metadata(nowhere).unwrap().is_file());
    }
}

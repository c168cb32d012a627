//! One hash of many files: what was measured, by content. The same on every machine and in every checkout. Included by
//! the build script as well, so it uses nothing but blake3.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The directories and files of the workspace that decide what the certifier measures and how.
pub const MEASURED: &[&str] =
    &["Cargo.toml", "Cargo.lock", "spec", "field", "transport", "protocols", "adversary", "certify"];

/// The hash of everything below these places of `root`, by relative path and content. Hidden files and build products
/// are left out. In hexadecimal.
pub fn hash(root: &Path, places: &[&str]) -> io::Result<String> {
    let mut files = Vec::new();
    for place in places {
        collect(root, Path::new(place), &mut files)?;
    }
    files.sort();
    let mut hasher = blake3::Hasher::new_derive_key("quorate 2026 source tree v1");
    for name in files {
        let content = fs::read(root.join(&name))?;
        let name = name.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        hasher.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
        hasher.update(&(content.len() as u64).to_le_bytes()).update(&content);
    }
    Ok(hasher.finalize().to_hex().to_string())
}

fn collect(root: &Path, at: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let full = root.join(at);
    if full.is_file() {
        files.push(at.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(&full)? {
        let name = entry?.file_name();
        if !name.to_string_lossy().starts_with('.') && name != "target" {
            collect(root, &at.join(name), files)?;
        }
    }
    Ok(())
}

//! The golden files of `spec/vectors/`: tests build the text of a file from the code and hold it against what is kept.
//!
//! A file has comments (`#`), sections (`[…]`) and lines `name = value`. Feature `vectors`, for tests only.

use std::fmt::Write;
use std::path::PathBuf;

/// The environment variable that makes a test write its file in place of comparing it.
const BLESS: &str = "QUORATE_BLESS";

/// The text of one golden file in the making.
#[derive(Debug)]
pub struct Vectors {
    file: &'static str,
    text: String,
}

impl Vectors {
    /// The file `spec/vectors/<file>`, which starts with this comment.
    #[must_use]
    pub fn new(file: &'static str, about: &str) -> Self {
        let mut this = Self { file, text: String::new() };
        this.comment(about);
        this
    }
    /// Lines of explanation.
    pub fn comment(&mut self, text: &str) -> &mut Self {
        for line in text.lines() {
            let _ = writeln!(self.text, "# {}", line.trim());
        }
        self
    }
    /// Starts a section.
    pub fn section(&mut self, name: &str) -> &mut Self {
        let _ = writeln!(self.text, "\n[{name}]");
        self
    }
    /// A line `name = value`.
    pub fn line(&mut self, name: &str, value: impl std::fmt::Display) -> &mut Self {
        let _ = writeln!(self.text, "{name} = {value}");
        self
    }
    /// A line whose value is bytes in hexadecimal.
    pub fn bytes(&mut self, name: &str, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.line(name, hex(bytes.as_ref()))
    }
    /// Compares with the kept file.
    ///
    /// # Panics
    /// If they differ, with the first line that does and the command that accepts the change; or if the file cannot be
    /// read, or with `QUORATE_BLESS=1` not written.
    pub fn check(&self) {
        let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors")).join(self.file);
        if std::env::var_os(BLESS).is_some_and(|v| v == "1") {
            std::fs::write(&path, &self.text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            return;
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        if let Some(difference) = difference(&kept, &self.text) {
            panic!(
                "spec/vectors/{}, {difference}\nOther implementations and stored data stand on these bytes. If the \
                 change is meant, it is a new version of the protocol: write the files again with\n  \
                 {BLESS}=1 cargo test --workspace vectors\nand say so in CHANGELOG.md.",
                self.file
            );
        }
    }
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The first difference of two texts by lines.
fn difference(kept: &str, ours: &str) -> Option<String> {
    let (mut kept, mut ours) = (kept.lines(), ours.lines());
    for number in 1.. {
        match (kept.next(), ours.next()) {
            (None, None) => break,
            (a, b) if a == b => {}
            (a, b) => {
                let show = |line: Option<&str>| line.map_or_else(|| "(end of the file)".to_owned(), str::to_owned);
                return Some(format!("line {number}:\n  kept: {}\n  ours: {}", show(a), show(b)));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_is_seen() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(difference("a\nb\n", "a\nc\n").unwrap(), "line 2:\n  kept: b\n  ours: c");
        assert_eq!(difference("a\n", "a\nc\n").unwrap(), "line 2:\n  kept: (end of the file)\n  ours: c");
        assert!(difference("a\nb\n", "a\n").is_some());
    }

    #[test]
    fn a_file_is_comments_sections_and_lines() {
        let mut v = Vectors::new("none", "About it.\n    Two lines.");
        v.section("one").line("seed", 7).bytes("out", [0, 255]);
        assert_eq!(v.text, "# About it.\n# Two lines.\n\n[one]\nseed = 7\nout = 00ff\n");
    }
}

//! Text files of any operating system as UTF-8 with `\n` at the end of every line.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;
use std::rc::Rc;

use super::error::Problem;

const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];
const UTF16_MARKS: [&[u8]; 2] = [&[0xff, 0xfe], &[0xfe, 0xff]];

/// Opens a regular file. A pipe would block until somebody writes to it, and a device may never end.
pub fn open(file: &Path) -> Result<File, Problem> {
    let io = |e: io::Error| Problem::Io(e.to_string());
    if !std::fs::metadata(file).map_err(io)?.is_file() {
        return Err(Problem::NotAFile);
    }
    File::open(file).map_err(io)
}

/// Reads text without byte-order mark, `\r\n` and lone `\r` as `\n`, with `\n` after the last line and one empty line
/// more, so that lines can be counted and a record that contains the end of the text can be told. Fails beyond a limit
/// of bytes.
pub struct Lines<R> {
    source: R,
    limit: u64,
    read: u64,
    after_return: bool,
    last: u8,
    written: u64,
    end: Rc<Cell<Option<u64>>>,
}

impl<R: BufRead> Lines<R> {
    /// Looks at the byte-order mark; UTF-16 is refused.
    pub fn new(mut source: R, limit: u64) -> Result<Self, Problem> {
        // A regular file's first read yields its first three bytes, or all of a shorter one.
        let start = source.fill_buf().map_err(|e| Problem::Io(e.to_string()))?;
        if UTF16_MARKS.iter().any(|mark| start.starts_with(mark)) {
            return Err(Problem::Utf16);
        }
        if start.starts_with(UTF8_MARK) {
            source.consume(UTF8_MARK.len());
        }
        Ok(Self { source, limit, read: 0, after_return: false, last: b'\n', written: 0, end: Rc::default() })
    }

    /// How many bytes there are in all, known once they have been read.
    pub fn end(&self) -> Rc<Cell<Option<u64>>> {
        self.end.clone()
    }
}

impl<R: BufRead> Read for Lines<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut written = 0;
        while written < out.len() {
            let available = self.source.fill_buf()?;
            if available.is_empty() {
                if self.end.get().is_some() {
                    break;
                }
                if self.last == b'\n' {
                    self.end.set(Some(self.written + written as u64 + 1));
                }
                self.last = b'\n';
                out[written] = b'\n';
                written += 1;
                continue;
            }
            let mut consumed = 0;
            for byte in available {
                if written == out.len() {
                    break;
                }
                consumed += 1;
                // The second half of a `\r\n` has been written already.
                if !(self.after_return && *byte == b'\n') {
                    self.last = if *byte == b'\r' { b'\n' } else { *byte };
                    out[written] = self.last;
                    written += 1;
                }
                self.after_return = *byte == b'\r';
            }
            self.source.consume(consumed);
            self.read += consumed as u64;
            if self.read > self.limit {
                return Err(io::Error::from(io::ErrorKind::FileTooLarge));
            }
        }
        self.written += written as u64;
        Ok(written)
    }
}

/// What an error of [`Lines`] means.
pub fn problem(error: &io::Error, limit: u64) -> Problem {
    if error.kind() == io::ErrorKind::FileTooLarge { Problem::TooLarge(limit) } else { Problem::Io(error.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn normal(bytes: &[u8], chunk: usize) -> Result<String, Problem> {
        let mut text = String::new();
        let mut lines = Lines::new(BufReader::with_capacity(chunk, bytes), 100)?;
        lines.read_to_string(&mut text).map_err(|e| problem(&e, 100))?;
        assert_eq!(lines.end().get(), Some(text.len() as u64));
        Ok(text)
    }

    #[test]
    fn line_ends_and_marks() {
        for chunk in [3, 4, 5, 100] {
            assert_eq!(
                normal(b"\xef\xbb\xbfa\r\nb\rc\n\r\nd", chunk).as_deref(),
                Ok("a\nb\nc\n\nd\n\n"),
                "chunks of {chunk}"
            );
        }
        assert_eq!(normal(b"", 9).as_deref(), Ok("\n"));
        assert_eq!(normal(b"a\r", 9).as_deref(), Ok("a\n\n"));
        assert_eq!(normal(b"\xff\xfea\0", 9), Err(Problem::Utf16));
        assert_eq!(normal(&[b'x'; 101], 9), Err(Problem::TooLarge(100)));
        assert!(normal(&[b'x'; 100], 9).is_ok());
    }
}

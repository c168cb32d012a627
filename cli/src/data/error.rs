//! What can be wrong with a data file, and where.

use std::fmt;
use std::path::PathBuf;

use functions::{Decimal, NumberError};
use thiserror::Error;

/// How many names of a header a message lists, and how many characters of each.
const NAMES: usize = 20;
const CHARACTERS: usize = 64;

/// A problem with a data file. Names file, row and column; never contains what a cell holds.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{place}: {problem}", file.display())]
pub struct DataError {
    /// The file as it was given.
    pub file: PathBuf,
    /// Where in it.
    pub place: Place,
    /// What is wrong.
    pub problem: Problem,
}

impl DataError {
    /// Whether the file cannot be read at all, which says nothing about what is in it.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        matches!(self.problem, Problem::Io(_))
    }
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole.
    File,
    /// A column as a whole.
    Column(String),
    /// A row as a whole.
    Row(RowPlace),
    /// One cell.
    Cell(RowPlace, String),
}

/// A row as a spreadsheet and as an editor number it, both from 1; the header is row 1. They differ after a quoted cell
/// with a line break in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowPlace {
    /// The row of a spreadsheet, empty ones counted.
    pub row: u64,
    /// The line of the file on which the row starts.
    pub line: u64,
}

impl fmt::Display for RowPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, ", row {} (line {})", self.row, self.line)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => Ok(()),
            Self::Column(column) => write!(f, ", column `{column}`"),
            Self::Row(row) => row.fmt(f),
            Self::Cell(row, column) => write!(f, "{row}, column `{column}`"),
        }
    }
}

/// What is wrong at a place.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// The operating system's answer to opening or reading.
    #[error("{0}")]
    Io(String),
    /// A directory, a device or a pipe.
    #[error("not a regular file")]
    NotAFile,
    /// More bytes than allowed.
    #[error("larger than {0} bytes")]
    TooLarge(u64),
    /// More rows than allowed.
    #[error("more than {0} rows")]
    TooManyRows(usize),
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// A header and nothing else.
    #[error("no rows below the header")]
    NoRows,
    /// A byte-order mark of UTF-16, as some spreadsheets write.
    #[error("the file is UTF-16 text; save it as CSV UTF-8")]
    Utf16,
    /// A cell that is no UTF-8.
    #[error("not UTF-8 text; save the file as CSV UTF-8")]
    NotUtf8,
    /// The header has no such column.
    #[error("no such column; the header has {}", quoted(.0))]
    NoColumn(Vec<String>),
    /// The first row holds numbers, so it is no header but data, which no message shows.
    #[error("no such column; the first row holds numbers, where the names of the columns are expected")]
    NoHeader,
    /// The whole first row is one cell: not a table of this kind, and maybe a secret.
    #[error("no such column; the first row is one cell, without `,`, `;`, `|` or a tabulator in it")]
    OneCell,
    /// The whole header is one cell with another separator in it.
    #[error("no such column; the header is one cell with `{0}` in it: set separator = \"{0}\" in the task file")]
    Separator(char),
    /// A column that is wanted occurs more than once.
    #[error("the header has this column more than once")]
    ColumnTwice,
    /// A row with more or fewer cells than the header.
    #[error("{found} cells, the header has {expected}")]
    CellCount {
        /// Cells in the row.
        found: usize,
        /// Cells in the header.
        expected: usize,
    },
    /// A quote that is opened and never closed.
    #[error("a quote that opens in this row is never closed")]
    OpenQuote,
    /// A cell that is empty or no number of the wanted kind.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// A number outside the range the task states.
    #[error("value outside the range {} to {} that the task states", .0.0, .0.1)]
    OutOfRange(Box<(Decimal, Decimal)>),
    /// A column that cannot be standardised.
    #[error("cannot centre and scale: all values are equal")]
    Constant,
    /// An id that is empty.
    #[error("no id")]
    NoId,
    /// An id that is too long.
    #[error("the id is longer than {0} bytes")]
    LongId(usize),
    /// The same id in two rows.
    #[error("duplicate id: row {0} has the same one")]
    DuplicateId(u64),
    /// An id the task does not list.
    #[error("unknown id: it is not in {}{more}", list.display(), more = others(*.more))]
    UnknownId {
        /// The file that lists the ids.
        list: PathBuf,
        /// How many more such rows there are.
        more: usize,
    },
    /// An id the task lists and the file lacks.
    #[error("missing id: the one on line {line} of {}{more}", list.display(), more = others(*.more))]
    MissingId {
        /// The file that lists the ids.
        list: PathBuf,
        /// The line there.
        line: u64,
        /// How many more such ids there are.
        more: usize,
    },
    /// Another number of rows than the task states.
    #[error("{found} rows, the task states {expected}")]
    RowCount {
        /// Rows in the file.
        found: usize,
        /// `rows` of the task.
        expected: usize,
    },
}

fn quoted(names: &[String]) -> String {
    let short = |name: &String| {
        let mut left = name.chars();
        let start: String = left.by_ref().take(CHARACTERS).collect();
        format!("`{}{}`", start.escape_debug(), if left.next().is_some() { "…" } else { "" })
    };
    let shown = names.iter().take(NAMES).map(short).collect::<Vec<_>>().join(", ");
    shown + &others(names.len().saturating_sub(NAMES))
}

fn others(more: usize) -> String {
    if more == 0 { String::new() } else { format!(" (and {more} more)") }
}

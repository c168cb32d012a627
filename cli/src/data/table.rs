//! CSV files as exact decimals, rows sorted by id.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use csv::{ByteRecord, ReaderBuilder};
use functions::Decimal;
use zeroize::Zeroizing;

use super::error::{DataError, Place, Problem, RowPlace};
use super::text::{self, Lines};
use crate::task::Source;

/// How much is read before giving up.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: u64,
    /// Rows below the header.
    pub rows: usize,
    /// Bytes of an id.
    pub id: usize,
}

impl Default for Limits {
    /// 1 GiB, ten million rows, ids of 256 bytes.
    fn default() -> Self {
        Self { bytes: 1 << 30, rows: 10_000_000, id: 256 }
    }
}

/// The wanted columns of a CSV file, rows sorted by id (as bytes), every number exactly as written. Wiped when dropped.
pub struct Table {
    file: PathBuf,
    ids: Vec<String>,
    places: Vec<RowPlace>,
    columns: Vec<Zeroizing<Vec<Decimal>>>,
}

impl Table {
    /// Reads the id column and the wanted columns of a source; other columns are never looked at.
    pub fn read(source: &Source, limits: &Limits) -> Result<Self, DataError> {
        let at_file = |problem| DataError { file: source.file.clone(), place: Place::File, problem };
        let file = text::open(&source.file).map_err(at_file)?;
        let lines = Lines::new(BufReader::new(file), limits.bytes).map_err(at_file)?;
        Self::parse(source, lines, limits)
    }

    fn parse(source: &Source, lines: Lines<impl BufRead>, limits: &Limits) -> Result<Self, DataError> {
        let error = |place, problem| DataError { file: source.file.clone(), place, problem };
        let end = lines.end();
        let reader =
            ReaderBuilder::new().has_headers(false).flexible(true).delimiter(source.separator).from_reader(lines);
        let mut rows =
            Rows { reader, record: ByteRecord::new(), place: RowPlace { row: 0, line: 0 }, next_line: 1, end };
        let next = |rows: &mut Rows<_>| {
            rows.next().map_err(|e| match e.kind() {
                csv::ErrorKind::Io(e) => error(Place::File, text::problem(e, limits.bytes)),
                _ => error(Place::File, Problem::Io(e.to_string())),
            })
        };
        if !next(&mut rows)? {
            return Err(error(Place::File, Problem::Empty));
        }
        if rows.open_quote() {
            return Err(error(Place::Row(rows.place), Problem::OpenQuote));
        }
        let header = Header::new(&rows.record);
        let find = |name: &str| header.find(name).map_err(|p| error(Place::Column(name.into()), p));
        let id_at = find(&source.id)?;
        let wanted: Vec<usize> = source.columns.iter().map(|c| find(&c.name)).collect::<Result<_, _>>()?;

        let mut ids = Vec::new();
        let mut places = Vec::new();
        let mut columns: Vec<Zeroizing<Vec<Decimal>>> = wanted.iter().map(|_| Zeroizing::new(Vec::new())).collect();
        while next(&mut rows)? {
            let place = rows.place;
            if rows.open_quote() {
                return Err(error(Place::Row(place), Problem::OpenQuote));
            }
            if places.len() == limits.rows {
                return Err(error(Place::Row(place), Problem::TooManyRows(limits.rows)));
            }
            if rows.record.len() != header.names.len() {
                let problem = Problem::CellCount { found: rows.record.len(), expected: header.names.len() };
                return Err(error(Place::Row(place), problem));
            }
            let in_cell = |column: &str, problem| error(Place::Cell(place, column.into()), problem);
            let cell = |at: usize| std::str::from_utf8(&rows.record[at]).map_err(|_| Problem::NotUtf8);
            let id = cell(id_at).and_then(|id| checked_id(id, limits)).map_err(|p| in_cell(&source.id, p))?;
            ids.push(id.to_owned());
            places.push(place);
            for ((values, at), column) in columns.iter_mut().zip(&wanted).zip(&source.columns) {
                let value = cell(*at).and_then(|text| Ok(Decimal::parse(text)?));
                values.push(value.map_err(|p| in_cell(&column.name, p))?);
            }
        }
        if places.is_empty() {
            return Err(error(Place::File, Problem::NoRows));
        }
        Self { file: source.file.clone(), ids, places, columns }.sorted(&source.id)
    }

    /// Rows in the order of their ids; refused if two have the same.
    fn sorted(self, id_column: &str) -> Result<Self, DataError> {
        let mut order: Vec<usize> = (0..self.ids.len()).collect();
        order.sort_by(|a, b| self.ids[*a].cmp(&self.ids[*b]).then(a.cmp(b)));
        // Of all duplicates, the one that stands first in the file.
        let twins = order.windows(2).filter(|pair| self.ids[pair[0]] == self.ids[pair[1]]);
        if let Some(pair) = twins.min_by_key(|pair| pair[1]) {
            let place = Place::Cell(self.places[pair[1]], id_column.into());
            return Err(self.error(place, Problem::DuplicateId(self.places[pair[0]].row)));
        }
        let columns = self.columns.iter().map(|c| Zeroizing::new(order.iter().map(|i| c[*i]).collect())).collect();
        let places = order.iter().map(|i| self.places[*i]).collect();
        let mut unsorted = self.ids;
        let ids = order.iter().map(|i| std::mem::take(&mut unsorted[*i])).collect();
        Ok(Self { file: self.file, ids, places, columns })
    }

    /// How many rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.places.len()
    }
    /// The file it came from.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }
    /// The ids, sorted.
    #[must_use]
    pub fn ids(&self) -> &[String] {
        &self.ids
    }
    /// Where the rows stand in the file.
    #[must_use]
    pub fn places(&self) -> &[RowPlace] {
        &self.places
    }
    /// The values of a wanted column, by its position in the task.
    #[must_use]
    pub fn column(&self, index: usize) -> &[Decimal] {
        &self.columns[index]
    }
    /// A problem with this file.
    #[must_use]
    pub fn error(&self, place: Place, problem: Problem) -> DataError {
        DataError { file: self.file.clone(), place, problem }
    }
    /// Moves the ids out.
    pub(super) fn take_ids(&mut self) -> Vec<String> {
        std::mem::take(&mut self.ids)
    }
}

impl std::fmt::Debug for Table {
    /// The size only: the rest is secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Table({} rows)", self.places.len())
    }
}

fn checked_id<'a>(id: &'a str, limits: &Limits) -> Result<&'a str, Problem> {
    match id.trim() {
        "" => Err(Problem::NoId),
        id if id.len() > limits.id => Err(Problem::LongId(limits.id)),
        id => Ok(id),
    }
}

/// Records and the rows and lines they stand on. The csv reader skips empty lines and tells where it was before it
/// skipped them, so lines are counted back from the end of each record.
struct Rows<R> {
    reader: csv::Reader<R>,
    record: ByteRecord,
    place: RowPlace,
    next_line: u64,
    end: Rc<Cell<Option<u64>>>,
}

impl<R: std::io::Read> Rows<R> {
    fn next(&mut self) -> Result<bool, csv::Error> {
        if !self.reader.read_byte_record(&mut self.record)? {
            return Ok(false);
        }
        let inside = self.record.as_slice().iter().filter(|b| **b == b'\n').count() as u64;
        let end = self.reader.position().line();
        let line = end.saturating_sub(inside + u64::from(!self.open_quote())).max(1);
        let skipped = line.saturating_sub(self.next_line);
        self.place = RowPlace { row: self.place.row + 1 + skipped, line };
        self.next_line = end;
        Ok(true)
    }

    /// Whether the last record holds the empty line that ends the text: only a quote that is not closed does that.
    fn open_quote(&self) -> bool {
        Some(self.reader.position().byte()) == self.end.get()
    }
}

struct Header {
    names: Vec<String>,
    places: BTreeMap<String, Vec<usize>>,
}

impl Header {
    fn new(record: &ByteRecord) -> Self {
        let names: Vec<String> = record.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect();
        let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (i, name) in names.iter().enumerate() {
            places.entry(name.clone()).or_default().push(i);
        }
        Self { names, places }
    }

    fn find(&self, name: &str) -> Result<usize, Problem> {
        match self.places.get(name).map(Vec::as_slice) {
            Some([at]) => Ok(*at),
            Some(_) => Err(Problem::ColumnTwice),
            None => match self.names.as_slice() {
                [all] => match all.chars().find(|c| matches!(c, ';' | '\t' | '|' | ',')) {
                    Some(separator) => Err(Problem::Separator(separator)),
                    None => Err(Problem::OneCell),
                },
                // Every wanted column holds numbers: a first row of data has some.
                names if names.iter().any(|name| Decimal::parse(name).is_ok()) => Err(Problem::NoHeader),
                names => Err(Problem::NoColumn(names.to_vec())),
            },
        }
    }
}

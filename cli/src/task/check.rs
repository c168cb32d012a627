//! From a task file to a task: every rule that the file's grammar does not state (outputs: see `outputs`).

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use toml::Spanned;

use super::file::{ColumnFile, DataFile, Number, PartyFile, TaskFile, TimeoutsFile, line_of};
use super::{
    Address, ColumnSpec, DEFAULT_FRACTION_BITS, FieldName, MAX_FRACTION_BITS, MAX_ROWS, PARTIES, Party, Preparation,
    Source, Task, TaskError, Timeouts,
};
use crate::data::ids::IdList;

const LONGEST_NAME: usize = 64;

/// Checks one task file.
pub struct Checker<'a> {
    /// Its text, for lines.
    pub text: &'a str,
    /// Its path.
    pub file: &'a Path,
}

impl Checker<'_> {
    /// The task of a file, or the first thing that is wrong with it.
    pub fn task(&self, read: TaskFile) -> Result<Task, TaskError> {
        self.name(&read.session, "session")?;
        let field = match read.field.get_ref().as_str() {
            "fr" => FieldName::Fr,
            "f128" => FieldName::F128,
            other => return Err(self.at(&read.field, format!("no field `{other}`; there are fr and f128"))),
        };
        let rows = *read.rows.get_ref();
        if !(2..=MAX_ROWS).contains(&rows) {
            return Err(self.at(&read.rows, format!("rows must be 2 to {MAX_ROWS}")));
        }
        let fraction_bits = self.fraction_bits(read.fraction_bits.as_ref(), DEFAULT_FRACTION_BITS)?;
        let timeouts = self.timeouts(read.timeouts.as_ref())?;
        let ids = match &read.ids {
            None => None,
            Some(path) => {
                let list = IdList::read(&self.path(path))
                    .map_err(|e| TaskError { unreadable: e.is_unreadable(), ..self.at(path, e.to_string()) })?;
                if list.len() != rows {
                    let message = format!("{} lists {} ids, the task states {rows} rows", path.get_ref(), list.len());
                    return Err(self.at(path, message));
                }
                Some(list)
            }
        };
        let parties = self.parties(&read.party, fraction_bits)?;
        let mut task = Task {
            file: self.file.into(),
            session: read.session.into_inner(),
            field,
            rows,
            ids,
            parties,
            outputs: Vec::new(),
            timeouts,
        };
        task.outputs = self.outputs(&read.output, &task, fraction_bits)?;
        self.all_columns_used(&task)?;
        // Overflow is known from lengths and ranges alone.
        crate::program::plan(&task).map_err(|e| self.nowhere(e.to_string()))?;
        Ok(task)
    }

    pub(super) fn at<T>(&self, place: &Spanned<T>, message: impl Into<String>) -> TaskError {
        TaskError::new(self.file, Some(line_of(self.text, place.span().start)), message)
    }
    pub(super) fn nowhere(&self, message: impl Into<String>) -> TaskError {
        TaskError::new(self.file, None, message)
    }

    /// A name that people and shells can read: letters, digits and `_ - .` or blanks inside.
    pub(super) fn name(&self, name: &Spanned<String>, what: &str) -> Result<(), TaskError> {
        let text = name.get_ref();
        let allowed = |c: char| c.is_alphanumeric() || "_-. ".contains(c);
        if text.is_empty() || text.len() > LONGEST_NAME || text.trim() != text || !text.chars().all(allowed) {
            let message =
                format!("{what} name must be 1 to {LONGEST_NAME} bytes of letters, digits, `_`, `-`, `.` and blanks");
            return Err(self.at(name, message));
        }
        Ok(())
    }

    pub(super) fn unique<'s>(
        &self,
        seen: &mut BTreeMap<&'s str, usize>,
        name: &'s Spanned<String>,
        what: &str,
    ) -> Result<(), TaskError> {
        let line = line_of(self.text, name.span().start);
        match seen.insert(name.get_ref(), line) {
            Some(first) => Err(self.at(name, format!("{what} `{}` occurs on line {first} already", name.get_ref()))),
            None => Ok(()),
        }
    }

    pub(super) fn fraction_bits(&self, stated: Option<&Spanned<u32>>, default: u32) -> Result<u32, TaskError> {
        match stated {
            Some(bits) if *bits.get_ref() > MAX_FRACTION_BITS => {
                Err(self.at(bits, format!("at most {MAX_FRACTION_BITS} fraction bits")))
            }
            Some(bits) => Ok(*bits.get_ref()),
            None => Ok(default),
        }
    }

    fn timeouts(&self, stated: Option<&TimeoutsFile>) -> Result<Timeouts, TaskError> {
        let mut timeouts = Timeouts::default();
        let Some(stated) = stated else { return Ok(timeouts) };
        let all = [
            (&stated.connect_seconds, &mut timeouts.connect),
            (&stated.idle_seconds, &mut timeouts.idle),
            (&stated.step_seconds, &mut timeouts.step),
        ];
        for (stated, timeout) in all {
            if let Some(seconds) = stated {
                if !(1..=86_400).contains(seconds.get_ref()) {
                    return Err(self.at(seconds, "a time-out is 1 to 86400 seconds"));
                }
                *timeout = Duration::from_secs(*seconds.get_ref());
            }
        }
        if timeouts.step < timeouts.idle {
            return Err(self.nowhere("step_seconds must not be below idle_seconds"));
        }
        Ok(timeouts)
    }

    fn parties(&self, stated: &[Spanned<PartyFile>], fraction_bits: u32) -> Result<Vec<Party>, TaskError> {
        if !PARTIES.contains(&stated.len()) {
            let message = format!("{} parties; a task has {} to {}", stated.len(), PARTIES.start(), PARTIES.end());
            return Err(self.nowhere(message));
        }
        let (mut names, mut addresses) = (BTreeMap::new(), BTreeMap::new());
        let mut fingerprints = BTreeMap::new();
        let mut parties = Vec::with_capacity(stated.len());
        for party in stated.iter().map(Spanned::get_ref) {
            self.name(&party.name, "party")?;
            if party.name.get_ref().contains('.') {
                return Err(self.at(&party.name, "a party's name has no `.`, which separates party and column"));
            }
            self.unique(&mut names, &party.name, "party")?;
            self.unique(&mut addresses, &party.address, "address")?;
            let mut fingerprint = None;
            if let Some(text) = &party.fingerprint {
                self.unique(&mut fingerprints, text, "fingerprint")?;
                fingerprint = Some(self.fingerprint(text)?);
            }
            let data = party.data.as_ref().map(|data| self.source(data, fraction_bits)).transpose()?;
            let address = self.address(&party.address)?;
            parties.push(Party { name: party.name.get_ref().clone(), address, fingerprint, data });
        }
        if parties.iter().all(|p| p.data.is_none()) {
            return Err(self.nowhere("no party has data"));
        }
        parties.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(parties)
    }

    fn address(&self, stated: &Spanned<String>) -> Result<Address, TaskError> {
        let wrong = || self.at(stated, "an address is host:port, such as \"10.0.0.7:7100\" or \"[::1]:7100\"");
        let (host, port) = stated.get_ref().rsplit_once(':').ok_or_else(wrong)?;
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let port = port.parse().ok().filter(|port| *port != 0 && !stated.get_ref().contains(char::is_whitespace));
        match (bare.unwrap_or(host), port) {
            ("", _) | (_, None) => Err(wrong()),
            (inner, _) if inner.contains(':') != bare.is_some() => Err(wrong()),
            (inner, Some(port)) => Ok(Address { host: inner.to_owned(), port }),
        }
    }

    fn fingerprint(&self, stated: &Spanned<String>) -> Result<[u8; 32], TaskError> {
        let wrong = || self.at(stated, "a fingerprint is 64 hexadecimal digits");
        let text = stated.get_ref();
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| wrong())?;
        }
        Ok(bytes)
    }

    fn path(&self, stated: &Spanned<String>) -> std::path::PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(stated.get_ref())
    }

    fn source(&self, stated: &DataFile, fraction_bits: u32) -> Result<Source, TaskError> {
        if stated.file.get_ref().is_empty() {
            return Err(self.at(&stated.file, "no file name"));
        }
        let separator = match &stated.separator {
            None => b',',
            Some(text) => match text.get_ref().as_bytes() {
                [separator @ (b',' | b';' | b'\t' | b'|')] => *separator,
                _ => return Err(self.at(text, r#"a separator is ",", ";", "|" or "\t""#)),
            },
        };
        let mut seen = BTreeMap::new();
        self.unique(&mut seen, &stated.id, "column")?;
        let mut columns = Vec::new();
        for column in stated.columns.get_ref() {
            self.unique(&mut seen, &column.get_ref().name, "column")?;
            columns.push(self.column(column, fraction_bits)?);
        }
        if columns.is_empty() {
            return Err(self.at(&stated.columns, "no columns"));
        }
        Ok(Source { file: self.path(&stated.file), id: stated.id.get_ref().clone(), separator, columns })
    }

    fn column(&self, place: &Spanned<ColumnFile>, default_bits: u32) -> Result<ColumnSpec, TaskError> {
        let stated = place.get_ref();
        let name = stated.name.get_ref().clone();
        if name.trim() != name
            || name.is_empty()
            || name == "*"
            || name.chars().any(char::is_control)
            || name.len() > LONGEST_NAME
        {
            return Err(self.at(
                &stated.name,
                format!("a column's name is 1 to {LONGEST_NAME} bytes without blanks around it or control characters"),
            ));
        }
        let bits = self.fraction_bits(stated.fraction_bits.as_ref(), default_bits)?;
        if stated.standardise {
            if let Some(range) = &stated.range {
                return Err(self
                    .at(range, format!("column `{name}` is standardised: its range follows from the number of rows")));
            }
            if let Some(kind) = stated.kind.as_ref().filter(|kind| kind.get_ref() != "decimal") {
                return Err(self.at(kind, format!("column `{name}` is standardised: its values are decimals")));
            }
            return Ok(ColumnSpec { name, preparation: Preparation::Standardise, fraction_bits: bits });
        }
        let Some(range) = &stated.range else {
            return Err(
                self.at(place, format!("column `{name}` needs range = [smallest, largest] or standardise = true"))
            );
        };
        let [min, max] = range.get_ref().map(|Number(end)| end);
        if min > max {
            return Err(self.at(range, format!("column `{name}`: the range ends before it starts")));
        }
        let (preparation, fraction_bits) = match stated.kind.as_ref().map(|kind| kind.get_ref().as_str()) {
            Some("integer") => {
                if let Some(bits) = &stated.fraction_bits {
                    return Err(self.at(bits, format!("column `{name}` is of integers, which have no fraction bits")));
                }
                if min.to_integer().and(max.to_integer()).is_err() {
                    return Err(self.at(range, format!("column `{name}`: a range of integers ends with integers")));
                }
                (Preparation::Integer { min, max }, 0)
            }
            Some("decimal") => (Preparation::Decimal { min, max }, bits),
            Some(other) => {
                let kind = stated.kind.as_ref().map_or(0..0, Spanned::span);
                let message = format!("column `{name}`: no type `{other}`; there are integer and decimal");
                return Err(TaskError::new(self.file, Some(line_of(self.text, kind.start)), message));
            }
            None => return Err(self.at(place, format!("column `{name}` needs type = \"integer\" or \"decimal\""))),
        };
        for end in [min, max] {
            end.to_fixed(fraction_bits).map_err(|e| self.at(range, format!("column `{name}`: {e}")))?;
        }
        Ok(ColumnSpec { name, preparation, fraction_bits })
    }
}

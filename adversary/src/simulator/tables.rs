//! What happens in the real world, exactly: for every honest input the distribution of (what the coalition sees, what the
//! honest parties output), with the views in classes. [`Runs`](super::runs::Runs) makes it.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::fraction::{Bytes, LONGEST, Weight};

/// What the honest parties output, in a fixed order of parties: `None` for one that aborts. A party that ends normally
/// without a result has an empty string.
pub type Outputs = Vec<Option<Vec<u8>>>;

/// Why a table is none.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum TableError {
    /// No inputs or no honest parties.
    #[error("a table needs at least one input and one honest party, and no more than {MAX_PARTIES} honest parties")]
    Empty,
    /// An input that does not exist.
    #[error("honest input {input} does not exist: there are {inputs}, counted from 0")]
    Input {
        /// The input that was named.
        input: usize,
        /// How many there are.
        inputs: usize,
    },
    /// As many outputs as there are honest parties are needed.
    #[error("{got} outputs for {parties} honest parties")]
    Parties {
        /// Honest parties.
        parties: usize,
        /// Outputs.
        got: usize,
    },
    /// A run whose coins have no probability.
    #[error("a run of probability 1/0: give the inverse probability of its coins")]
    Weight,
    /// Probabilities that do not add up to one.
    #[error(
        "the probabilities of honest input {input} do not add up to 1: add one run for every outcome of every coin"
    )]
    Incomplete {
        /// The honest input.
        input: usize,
    },
    /// Numbers that do not fit.
    #[error("the probabilities have no common denominator below 2^128: enumerate a smaller instance")]
    TooFine,
    /// Two tables that do not describe the same parties.
    #[error("the real world has {} honest inputs and {} honest parties, the functionality {} and {}", real.0, real.1, ideal.0, ideal.1)]
    Mismatch {
        /// Honest inputs and honest parties of the real world.
        real: (usize, usize),
        /// Honest inputs and honest parties of the functionality.
        ideal: (usize, usize),
    },
    /// A serialised table that is not in canonical order or not in lowest terms.
    #[error("the table is not as it was written: {0}")]
    Changed(&'static str),
    /// A text that is no number or no bytes.
    #[error(
        "`{0}`: write fractions as 3/4 in lowest terms, weights in decimal digits, bytes in lower-case hexadecimal"
    )]
    Text(String),
    /// A text that is too long for a fraction.
    #[error("a fraction of {0} characters is not read: {LONGEST} are the most")]
    Long(usize),
}

/// The most honest parties a table may have: the subsets that get output are counted out.
pub const MAX_PARTIES: usize = 16;

/// One entry of a likelihood table: an honest input and what the honest parties output.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Cell {
    /// Honest input.
    pub input: usize,
    /// Index into [`Real::outputs`].
    pub output: usize,
}

/// The real world: for every honest input an exact distribution over classes of views and honest outputs. In one order
/// whatever the order of the runs was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Real {
    pub(super) inputs: usize,
    pub(super) parties: usize,
    pub(super) denominator: u128,
    pub(super) outputs: Vec<Outputs>,
    pub(super) classes: Vec<Vec<(Cell, u128)>>,
}

impl Real {
    /// How many honest inputs there are.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }
    /// How many honest parties there are.
    #[must_use]
    pub fn parties(&self) -> usize {
        self.parties
    }
    /// How many classes of views there are.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes.len()
    }
    /// What the honest parties may output together, in order.
    #[must_use]
    pub fn outputs(&self) -> &[Outputs] {
        &self.outputs
    }
    /// Everything that happens with positive probability: class, cell, weight; in order.
    pub(super) fn cells(&self) -> impl Iterator<Item = (usize, Cell, u128)> {
        self.classes.iter().enumerate().flat_map(|(v, table)| table.iter().map(move |(cell, w)| (v, *cell, *w)))
    }

    /// Refuses what an enumeration would not have made, but for the order of classes and the merging, on which nothing
    /// depends.
    pub(super) fn check(&self) -> Result<(), TableError> {
        if self.inputs == 0 || self.parties == 0 || self.parties > MAX_PARTIES {
            return Err(TableError::Empty);
        }
        if let Some(o) = self.outputs.iter().find(|o| o.len() != self.parties) {
            return Err(TableError::Parties { parties: self.parties, got: o.len() });
        }
        if !self.outputs.is_sorted_by(|a, b| a < b) {
            return Err(TableError::Changed("outputs are not in order"));
        }
        // Every input has an entry, so there are no more inputs than that; a text may name any number.
        if self.inputs > self.classes.iter().map(Vec::len).sum() {
            return Err(TableError::Incomplete { input: self.inputs - 1 });
        }
        let mut sums = vec![0u128; self.inputs];
        for table in &self.classes {
            if table.is_empty() || !table.is_sorted_by(|a, b| a.0 < b.0) {
                return Err(TableError::Changed("a class has no entries, or they are not in order"));
            }
            for (cell, weight) in table {
                if cell.output >= self.outputs.len() || *weight == 0 {
                    return Err(TableError::Changed("an entry has no output or no weight"));
                }
                let inputs = self.inputs;
                let sum = sums.get_mut(cell.input).ok_or(TableError::Input { input: cell.input, inputs })?;
                *sum = sum.checked_add(*weight).ok_or(TableError::TooFine)?;
            }
        }
        match sums.iter().position(|sum| *sum != self.denominator) {
            Some(input) => Err(TableError::Incomplete { input }),
            None => Ok(()),
        }
    }
}

/// [`Real`] as it is written.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    inputs: usize,
    parties: usize,
    denominator: Weight,
    outputs: Vec<Vec<Option<Bytes>>>,
    classes: Vec<Vec<WrittenCell>>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCell {
    input: usize,
    output: usize,
    weight: Weight,
}

impl From<Real> for Written {
    fn from(real: Real) -> Self {
        let cell = |(c, w): (Cell, u128)| WrittenCell { input: c.input, output: c.output, weight: Weight(w) };
        Self {
            inputs: real.inputs,
            parties: real.parties,
            denominator: Weight(real.denominator),
            outputs: real.outputs.into_iter().map(|o| o.into_iter().map(|o| o.map(Bytes)).collect()).collect(),
            classes: real.classes.into_iter().map(|table| table.into_iter().map(cell).collect()).collect(),
        }
    }
}

impl TryFrom<Written> for Real {
    type Error = TableError;
    fn try_from(w: Written) -> Result<Self, TableError> {
        let cell = |c: WrittenCell| (Cell { input: c.input, output: c.output }, c.weight.0);
        let real = Self {
            inputs: w.inputs,
            parties: w.parties,
            denominator: w.denominator.0,
            outputs: w.outputs.into_iter().map(|o| o.into_iter().map(|o| o.map(|b| b.0)).collect()).collect(),
            classes: w.classes.into_iter().map(|table| table.into_iter().map(cell).collect()).collect(),
        };
        real.check()?;
        Ok(real)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_table_is_refused() {
        let real = |text: &str| serde_json::from_str::<Real>(text).map_err(|e| e.to_string());
        let good = r#"{"inputs":1,"parties":1,"denominator":"3","outputs":[[null],["00"]],"classes":[
            [{"input":0,"output":0,"weight":"1"},{"input":0,"output":1,"weight":"1"}],[{"input":0,"output":1,"weight":"1"}]]}"#;
        assert!(real(good).is_ok());
        for (from, to) in [
            ("\"inputs\":1", "\"inputs\":0"),
            ("\"inputs\":1", "\"inputs\":2"),
            ("\"inputs\":1", "\"inputs\":9000000000000000000"),
            ("\"parties\":1", "\"parties\":0"),
            ("\"parties\":1", "\"parties\":2"),
            ("\"3\"", "\"0\""),
            ("\"3\"", "\"4\""),
            ("[null],[\"00\"]", "[\"00\"],[null]"),
            ("[null],[\"00\"]", "[null],[null]"),
            ("[null],", ""),
            ("[null],", "[null,null],"),
            ("\"output\":0", "\"output\":1"),
            ("\"output\":0", "\"output\":2"),
            ("{\"input\":0,\"output\":0,", "{\"input\":1,\"output\":0,"),
            ("0,\"weight\":\"1\"}", "0,\"weight\":\"0\"}"),
            ("\"weight\":\"1\"},{", "\"weight\":\"340282366920938463463374607431768211455\"},{"),
            ("\"denominator\"", "\"more\":1,\"denominator\""),
            ("[{\"input\":0,\"output\":1,\"weight\":\"1\"}]]", "[],[{\"input\":0,\"output\":1,\"weight\":\"1\"}]]"),
        ] {
            assert!(good.contains(from), "{from}");
            assert!(real(&good.replacen(from, to, 1)).is_err(), "{from} -> {to}");
        }
        // No weight at all, though everything adds up.
        let zero = good.replacen("\"weight\":\"1\"}", "\"weight\":\"0\"}", 1).replacen("\"3\"", "\"2\"", 1);
        assert!(real(&zero).is_err());
    }
}

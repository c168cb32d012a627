//! From exact decimals to the fixed-point integers of a column.

use functions::number::standardise;
use zeroize::Zeroizing;

use super::error::{DataError, Place, Problem};
use super::table::Table;
use crate::task::{ColumnSpec, Preparation};

/// The integers `round(value · 2^f)` of a column, in the order of the sorted ids. Wiped when dropped.
pub struct Column(Zeroizing<Vec<i128>>);

impl Column {
    /// The integers.
    #[must_use]
    pub fn values(&self) -> &[i128] {
        &self.0
    }
}

impl std::fmt::Debug for Column {
    /// The length only: the rest is secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Column({} values)", self.0.len())
    }
}

/// Prepares column number `index` of `table` as `spec` says. Errors name the row and the column.
pub fn prepare(table: &Table, index: usize, spec: &ColumnSpec) -> Result<Column, DataError> {
    let numbers = table.column(index);
    if spec.preparation == Preparation::Standardise {
        let z = standardise(numbers, spec.fraction_bits);
        let constant = || table.error(Place::Column(spec.name.clone()), Problem::Constant);
        return z.map(|z| Column(Zeroizing::new(z))).ok_or_else(constant);
    }
    let mut values = Zeroizing::new(Vec::with_capacity(numbers.len()));
    for (number, place) in numbers.iter().zip(table.places()) {
        let value = match &spec.preparation {
            Preparation::Integer { min, max } | Preparation::Decimal { min, max } if number < min || number > max => {
                Err(Problem::OutOfRange(Box::new((*min, *max))))
            }
            Preparation::Integer { .. } => number.to_integer().map_err(Problem::from),
            Preparation::Decimal { .. } | Preparation::Standardise => {
                number.to_fixed(spec.fraction_bits).map_err(Problem::from)
            }
        };
        values.push(value.map_err(|p| table.error(Place::Cell(*place, spec.name.clone()), p))?);
    }
    Ok(Column(values))
}

//! A provider's own data: from a CSV file to the integers that enter the computation.
//!
//! [`read`] does all of it: [`Table::read`] parses the file exactly and sorts its rows by id, so that the rows of all
//! providers belong together; [`prepare`](prepare::prepare) checks ranges, or centres and scales, and makes fixed-point
//! integers. Everything stays on this machine; messages never contain a cell's content.

pub mod error;
pub mod ids;
pub mod prepare;
pub mod table;
mod text;

pub use error::{DataError, Place, Problem};
pub use ids::IdDigest;
pub use prepare::Column;
pub use table::{Limits, Table};

use crate::task::{Source, Task};

/// What one provider enters into a computation.
#[derive(Debug)]
pub struct ProviderData {
    /// The ids in the order of the rows.
    pub ids: Vec<String>,
    /// What providers compare to know that their rows belong together.
    pub id_digest: IdDigest,
    /// The columns in the order of the task file.
    pub columns: Vec<Column>,
}

/// Reads, aligns and prepares the columns that `task` wants from this source.
pub fn read(task: &Task, source: &Source) -> Result<ProviderData, DataError> {
    let mut table = Table::read(source, &Limits::default())?;
    if let Some(list) = &task.ids {
        ids::compare(&table, list)?;
    }
    if table.rows() != task.rows {
        return Err(table.error(Place::File, Problem::RowCount { found: table.rows(), expected: task.rows }));
    }
    let columns = source
        .columns
        .iter()
        .enumerate()
        .map(|(i, column)| prepare::prepare(&table, i, column))
        .collect::<Result<Vec<_>, _>>()?;
    let ids = table.take_ids();
    Ok(ProviderData { id_digest: IdDigest::of(&ids), ids, columns })
}

#[cfg(test)]
mod tests;

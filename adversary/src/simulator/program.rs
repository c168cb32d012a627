//! A linear program in standard form: minimise cost · x where A x = b and x ≥ 0, with exact coefficients.

use num_rational::BigRational;
use num_traits::Zero;

/// One unknown.
pub(super) struct Column {
    /// What one unit of it costs.
    pub cost: BigRational,
    /// Its coefficients: row and value, rows ascending, no zeros.
    pub entries: Vec<(usize, BigRational)>,
}

/// A program that has a solution of least cost.
pub(super) struct Program {
    /// The right-hand sides b, one for each row.
    pub rhs: Vec<BigRational>,
    /// The unknowns.
    pub columns: Vec<Column>,
    /// The columns that are positive in one solution, each needed: they are linearly independent.
    pub start: Vec<usize>,
}

impl Program {
    /// An empty program with these right-hand sides.
    pub fn new(rhs: Vec<BigRational>) -> Self {
        Self { rhs, columns: Vec::new(), start: Vec::new() }
    }
    /// Adds an unknown and returns its number. Entries of the same row are added up.
    pub fn column(&mut self, cost: BigRational, entries: impl IntoIterator<Item = (usize, BigRational)>) -> usize {
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_by_key(|(row, _)| *row);
        entries.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += &next.1;
            }
            same
        });
        entries.retain(|(_, a)| !a.is_zero());
        self.columns.push(Column { cost, entries });
        self.columns.len() - 1
    }
}

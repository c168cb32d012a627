//! Gauss–Jordan elimination in integers: every row of a program is kept as integers without a common factor, so nothing is
//! rounded and nothing grows more than it must.

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

use super::program::Program;

/// The work that was allowed is done.
#[derive(Debug)]
pub(super) struct Exhausted;

/// A row: column and coefficient, columns ascending, no zeros. The right-hand side is the entry after the last column.
#[derive(Clone, Default)]
struct Row(Vec<(usize, BigInt)>);

impl Row {
    /// The row with these coefficients, multiplied by a positive number that makes them integers.
    fn new(entries: Vec<(usize, BigRational)>) -> Self {
        let common = entries.iter().fold(BigInt::one(), |l, (_, a)| l.lcm(a.denom()));
        let mut row = Self(entries.into_iter().map(|(c, a)| (c, a.numer() * (&common / a.denom()))).collect());
        row.reduce();
        row
    }
    fn get(&self, column: usize) -> Option<&BigInt> {
        self.0.binary_search_by_key(&column, |(c, _)| *c).ok().map(|at| &self.0[at].1)
    }
    fn reduce(&mut self) {
        let mut common = BigInt::zero();
        for (_, a) in &self.0 {
            common = common.gcd(a);
            if common.is_one() {
                return;
            }
        }
        self.0.iter_mut().for_each(|(_, a)| *a /= &common);
    }
    fn negate(&mut self) {
        self.0.iter_mut().for_each(|(_, a)| *a = -std::mem::take(a));
    }
    /// Adds a multiple of `pivot` to a positive multiple of this row such that `column`, positive in `pivot`, vanishes.
    fn clear(&mut self, column: usize, pivot: &Self) {
        let (Some(mine), Some(theirs)) = (self.get(column), pivot.get(column)) else { return };
        let common = mine.gcd(theirs);
        let (mine, theirs) = (mine / &common, theirs / &common);
        let mut sum = Vec::with_capacity(self.0.len() + pivot.0.len());
        let (mut a, mut b) = (std::mem::take(&mut self.0).into_iter().peekable(), pivot.0.iter().peekable());
        loop {
            let next = match (a.peek(), b.peek()) {
                (None, None) => break,
                (Some((c, _)), Some((d, _))) if c == d => {
                    a.next().zip(b.next()).map(|((c, x), (_, y))| (c, x * &theirs - y * &mine))
                }
                (Some((c, _)), Some((d, _))) if c > d => b.next().map(|(d, y)| (*d, -(y * &mine))),
                (None, _) => b.next().map(|(d, y)| (*d, -(y * &mine))),
                _ => a.next().map(|(c, x)| (c, x * &theirs)),
            };
            sum.extend(next.filter(|(_, x)| !x.is_zero()));
        }
        self.0 = sum;
        self.reduce();
    }
}

/// A program solved for some of its unknowns, the *basis*: each stands with a positive coefficient in a row of its own and
/// in no other.
#[derive(Clone)]
pub(super) struct Tableau {
    columns: usize,
    rows: Vec<Row>,
    basis: Vec<Option<usize>>,
    /// Cost of every column once the basis is expressed by the others, times a positive number.
    cost: Row,
    work: u64,
}

impl Tableau {
    /// The program, solved for nothing yet; at most `work` coefficients will be computed.
    pub fn new(program: &Program, work: u64) -> Self {
        let columns = program.columns.len();
        let mut rows = vec![Vec::new(); program.rhs.len()];
        for (c, column) in program.columns.iter().enumerate() {
            column.entries.iter().for_each(|(r, a)| rows[*r].push((c, a.clone())));
        }
        for (row, b) in rows.iter_mut().zip(&program.rhs).filter(|(_, b)| !b.is_zero()) {
            row.push((columns, b.clone()));
        }
        let cost = program.columns.iter().map(|c| c.cost.clone()).enumerate().filter(|(_, c)| !c.is_zero());
        let (basis, cost) = (vec![None; rows.len()], Row::new(cost.collect()));
        Self { columns, rows: rows.into_iter().map(Row::new).collect(), basis, cost, work }
    }

    /// Brings a column into the basis, in this row.
    fn pivot(&mut self, row: usize, column: usize) -> Result<(), Exhausted> {
        let mut pivot = std::mem::take(&mut self.rows[row]);
        if pivot.get(column).is_some_and(Signed::is_negative) {
            pivot.negate();
        }
        for other in self.rows.iter_mut().chain([&mut self.cost]).filter(|r| r.get(column).is_some()) {
            self.work = self.work.checked_sub((other.0.len() + pivot.0.len()) as u64).ok_or(Exhausted)?;
            other.clear(column, &pivot);
        }
        self.rows[row] = pivot;
        self.basis[row] = Some(column);
        Ok(())
    }

    /// Makes a basis of these columns, as far as they are independent, and of whatever else is needed, the rest at value
    /// zero. Tells whether that is a solution: every row met, no value negative.
    pub fn solve_for(&mut self, columns: &[usize]) -> Result<bool, Exhausted> {
        let mut entries = vec![0; self.columns + 1];
        self.rows.iter().flat_map(|r| &r.0).for_each(|(c, _)| entries[*c] += 1);
        // Columns with few entries first, in rows with few entries: little is filled in.
        let mut left = columns.to_vec();
        left.sort_by_key(|c| entries[*c]);
        for column in left {
            let free = (0..self.rows.len()).filter(|r| self.basis[*r].is_none() && self.rows[*r].get(column).is_some());
            // A column that depends on those before it stays at zero.
            if let Some(row) = free.min_by_key(|r| self.rows[*r].0.len()) {
                self.pivot(row, column)?;
            }
        }
        let feasible = (0..self.rows.len()).all(|r| match (self.basis[r], self.rows[r].get(self.columns)) {
            (_, None) => true,
            (Some(_), Some(b)) => b.is_positive(),
            (None, Some(_)) => false,
        });
        // A row that is left over has right-hand side zero: any of its columns joins at value zero.
        for row in (0..self.rows.len()).filter(|_| feasible) {
            if let (None, Some((column, _))) = (self.basis[row], self.rows[row].0.first()) {
                self.pivot(row, *column)?;
            }
        }
        Ok(feasible)
    }

    /// One step of the simplex method: a column that lowers the cost joins, the first that would become negative leaves.
    /// `None` if no column does, otherwise whether the cost became lower. With `cautious` the first such column joins
    /// (Bland's rule), not the one with the lowest cost: then no basis ever returns.
    pub fn step(&mut self, cautious: bool) -> Result<Option<bool>, Exhausted> {
        let mut lower = self.cost.0.iter().filter(|(c, a)| *c < self.columns && a.is_negative());
        let joins = if cautious { lower.next() } else { lower.min_by(|(_, a), (_, b)| a.cmp(b)) };
        let Some(column) = joins.map(|(c, _)| *c) else { return Ok(None) };
        let ratio = |r: usize| {
            let a = self.rows[r].get(column).filter(|a| a.is_positive())?;
            let b = self.rows[r].get(self.columns).cloned().unwrap_or_default();
            Some((BigRational::new(b, a.clone()), self.basis[r], r))
        };
        // Our programs have a solution of least cost, so some row bounds the column.
        let Some((value, _, row)) = (0..self.rows.len()).filter_map(ratio).min() else { return Err(Exhausted) };
        self.pivot(row, column)?;
        Ok(Some(!value.is_zero()))
    }

    /// The value of every column.
    pub fn values(&self) -> Vec<BigRational> {
        let mut values = vec![BigRational::zero(); self.columns];
        for (row, column) in self.rows.iter().zip(&self.basis) {
            if let (Some(c), Some(b)) = (column, row.get(self.columns)) {
                values[*c] = BigRational::new(b.clone(), row.get(*c).cloned().unwrap_or_else(BigInt::one));
            }
        }
        values
    }

    /// What one unit of every column would add to the cost, times the same positive number.
    pub fn reduced_costs(&self) -> impl Fn(usize) -> BigInt {
        |c| self.cost.get(c).cloned().unwrap_or_default()
    }
}

//! The simplex method in integers, from a proposed solution or from a known one.

use num_bigint::BigInt;
use num_rational::BigRational;

use super::elimination::{Exhausted, Tableau};
use super::program::Program;

/// A solution of least cost, exact.
pub(super) struct Solved {
    /// The value of every column.
    pub values: Vec<BigRational>,
    /// What one unit of every column would add to the cost, not negative, times one positive number.
    pub reduced_costs: Vec<BigInt>,
}

/// Solves a program, starting where `proposed` says which columns are positive if that is a solution at all. Gives up
/// after computing `work` coefficients.
pub(super) fn solve(program: &Program, proposed: Option<&[usize]>, work: u64) -> Result<Solved, Exhausted> {
    let untouched = Tableau::new(program, work);
    let mut tableau = untouched.clone();
    let started = match proposed {
        Some(columns) => tableau.solve_for(columns)?,
        None => false,
    };
    if !started {
        tableau = untouched;
        if !tableau.solve_for(&program.start)? {
            return Err(Exhausted);
        }
    }
    // The column of lowest cost while that helps; where it does not, Bland's rule until it does.
    let mut cautious = false;
    while let Some(lower) = tableau.step(cautious)? {
        cautious = !lower;
    }
    let reduced = tableau.reduced_costs();
    Ok(Solved { values: tableau.values(), reduced_costs: (0..program.columns.len()).map(reduced).collect() })
}

//! A floating-point solution of a program. Nothing is believed of it but where to start.

use std::time::Duration;

use microlp::{ComparisonOp, LinearExpr, OptimizationDirection, Problem};
use num_rational::BigRational;
use num_traits::ToPrimitive;

use super::program::Program;

/// Values below this are taken for zero.
const ZERO: f64 = 1e-9;
/// The solver may take this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// The columns that are positive in a solution of least cost, if the solver finds one.
pub(super) fn propose(program: &Program) -> Option<Vec<usize>> {
    let float = |a: &BigRational| a.to_f64().unwrap_or(f64::NAN);
    let mut problem = Problem::new(OptimizationDirection::Minimize);
    problem.set_time_limit(PATIENCE);
    let mut rows = vec![LinearExpr::empty(); program.rhs.len()];
    let mut columns = Vec::with_capacity(program.columns.len());
    for column in &program.columns {
        let variable = problem.add_var(float(&column.cost), (0.0, f64::INFINITY));
        column.entries.iter().for_each(|(r, a)| rows[*r].add(variable, float(a)));
        columns.push(variable);
    }
    for (row, b) in rows.into_iter().zip(&program.rhs) {
        problem.add_constraint(row, ComparisonOp::Eq, float(b));
    }
    let solution = problem.solve().ok()?.into_solution().ok()?;
    Some((0..columns.len()).filter(|c| solution.var_value(columns[*c]) > ZERO).collect())
}

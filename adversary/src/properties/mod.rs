//! The properties of clause 6.2 and 8 beside privacy and correctness, each as data: what was run, in how many cases,
//! what went wrong there and how to see it again.
//!
//! | file | property |
//! |---|---|
//! | [`shape`] | the traffic is the same whatever the inputs and coins are |
//! | [`delivery`] | honest runs end with the right output in any order of delivery |
//! | [`faults`] | when parties stop and links break, the others end and accuse nobody |
//! | [`fairness`] | how often some have the output and others do not |
//! | [`blame`] | no honest party is ever accused |
//! | [`independence`] | a coalition's inputs do not depend on the honest ones |
//! | [`aborts`] | whether, where, when and at which check a run stops tells nothing about inputs |
//! | [`guessing`] | what an active coalition learns at least: a lower bound for every simulator |
//! | [`terminal`] | after a failed check everything refuses |
//! | [`network`] | the network that an adversary owns |
//!
//! Every measurement has a control, a protocol without the property on which it must fail: in
//! [`weakness`](crate::weakness), or in the tests (`adversary/tests/adversary/lacking.rs`, `faults.rs`, and beside the
//! code of [`terminal`]).

pub mod aborts;
pub mod blame;
pub mod delivery;
pub mod fairness;
pub mod faults;
pub mod guessing;
pub mod independence;
pub mod network;
pub mod shape;
pub mod strategies;
pub mod terminal;

use std::fmt;

use num_rational::BigRational;
use transport::PartySet;

use crate::fields::FieldId;
use crate::ideal::supply::CorruptShares;
use crate::run::World;
use crate::subject::{DynSubject, Given, Instance, Shape, every};
use crate::verdict::Verdict;

/// What looking at one property of one instance found.
#[derive(Clone, Debug)]
pub struct Row {
    /// The property, dotted.
    pub property: &'static str,
    /// Of what: subject, parties, field, coalition.
    pub of: String,
    /// Cases that were run.
    pub cases: u64,
    /// Where it does not hold, each with what it takes to run that case again.
    pub violations: Vec<String>,
    /// What was measured.
    pub figures: Vec<(&'static str, Value)>,
}

/// A measured number.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Counted over every coin.
    Exact(BigRational),
    /// So many of so many runs.
    Of(u64, u64),
    /// An upper bound with the confidence of the certificate.
    Below(f64),
    /// A plain count.
    Count(u64),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(v) => v.fmt(f),
            Self::Of(hits, runs) => write!(f, "{hits} of {runs}"),
            Self::Below(v) => write!(f, "below {v:.1e}"),
            Self::Count(v) => v.fmt(f),
        }
    }
}

/// Violations that are kept word by word; the others are counted.
const KEPT: usize = 10;

impl Row {
    /// Nothing run yet.
    #[must_use]
    pub fn new(property: &'static str, of: impl Into<String>) -> Self {
        Self { property, of: of.into(), cases: 0, violations: Vec::new(), figures: Vec::new() }
    }
    /// Adds a case that is fine unless it is described.
    pub fn case(&mut self, violation: Option<String>) {
        self.cases += 1;
        self.violations.extend(violation);
    }
    /// Adds a figure.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.figures.push((name, value));
        self
    }
    /// The cases of another row of the same property.
    pub fn absorb(&mut self, other: Self) {
        self.cases += other.cases;
        self.violations.extend(other.violations);
    }
    /// Whether the property holds in every case; without a case nothing is shown.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match (self.cases, self.violations.is_empty()) {
            (0, _) => Verdict::Vacuous,
            (_, true) => Verdict::Pass,
            _ => Verdict::Fail,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}: {} cases, {} violations", self.property, self.of, self.cases, self.violations.len())?;
        for (name, value) in &self.figures {
            write!(f, "; {name} {value}")?;
        }
        for v in self.violations.iter().take(KEPT) {
            write!(f, "\n  {v}")?;
        }
        Ok(())
    }
}

/// A subject among so many parties of whom these are corrupt, in words.
#[must_use]
pub fn named(subject: &dyn DynSubject, at: &Instance) -> String {
    let (n, corrupt) = (at.world.parties.n(), at.world.corrupt);
    let nobody = corrupt.is_empty();
    let coalition = if nobody { String::new() } else { format!(", {corrupt} corrupt") };
    format!("{} among {n} parties over {}{coalition}", subject.name(), at.field)
}

/// `n` parties on ideal foundations over a field that can be counted, on real ones over another.
#[must_use]
pub fn instance(field: FieldId, n: usize, corrupt: PartySet) -> Instance {
    let world = World::new(n, corrupt);
    let world = if field.small_order().is_some_and(|p| p < 16) { world } else { world.real() };
    Instance { field, world, shares: CorruptShares::Uniform }
}

/// Every way to put these values into a computation.
pub fn inputs<'a>(shape: &'a Shape, values: &'a [u64]) -> impl Iterator<Item = Given<u64>> + 'a {
    let lens: Vec<usize> = shape.parties.iter().map(Vec::len).collect();
    let all = every(values.len() as u64, lens.iter().sum::<usize>() + shape.shared.len());
    all.map(move |digits| {
        let mut digits = digits.into_iter().map(|d| values[d as usize]);
        let parties = lens.iter().map(|k| digits.by_ref().take(*k).collect()).collect();
        Given { parties, shared: digits.collect() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_cases_shows_nothing_and_one_violation_is_enough() {
        let mut row = Row::new("test", "nothing");
        assert_eq!(row.verdict(), Verdict::Vacuous);
        row.case(None);
        assert_eq!(row.verdict(), Verdict::Pass);
        row.case(Some("seed 3".into()));
        row.case(None);
        assert_eq!((row.verdict(), row.cases), (Verdict::Fail, 3));
        assert!(row.to_string().ends_with("\n  seed 3"));
    }

    #[test]
    fn all_inputs_of_a_shape() {
        let shape = Given { parties: vec![vec![()], vec![], vec![()]], shared: vec![()] };
        let all: Vec<_> = inputs(&shape, &[4, 9]).collect();
        assert_eq!(all.len(), 8);
        assert!(all.contains(&Given { parties: vec![vec![9], vec![], vec![4]], shared: vec![9] }));
    }
}

//! The real world, the ideal functionality and the aborts that the claim allows: everything that the figure depends on.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Zero;
use serde::{Deserialize, Serialize};

use super::functionality::Functionality;
use super::tables::{Cell, Real, TableError};

/// Which honest parties the ideal adversary may keep from their output.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Abort {
    /// Any of them: some may have output while others abort.
    Selective,
    /// All or none.
    Unanimous,
}

/// Honest parties, one bit each: party number h of the outputs has bit h.
pub(super) type Delivered = u32;

/// A real world to be explained by an ideal functionality.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Problem {
    real: Real,
    ideal: Functionality,
    abort: Abort,
}

/// What a simulator does once it has been told something: the class of views that it shows, and who gets output.
pub(super) type Action = (usize, Delivered);

/// For one input that a simulator may send: by what it may be told then, and by what it does then, the probability that
/// this adds to every event. Actions that lead to nothing that really happens are left out.
pub(super) type Effects<'a> = BTreeMap<&'a [u8], BTreeMap<Action, BTreeMap<usize, BigRational>>>;

impl Problem {
    /// Puts both worlds together.
    ///
    /// # Errors
    /// If they have different numbers of honest inputs or of honest parties.
    pub fn new(real: Real, ideal: Functionality, abort: Abort) -> Result<Self, TableError> {
        let (r, i) = ((real.inputs(), real.parties()), (ideal.honest_inputs(), ideal.parties()));
        if r != i {
            return Err(TableError::Mismatch { real: r, ideal: i });
        }
        Ok(Self { real, ideal, abort })
    }
    /// The real world.
    #[must_use]
    pub fn real(&self) -> &Real {
        &self.real
    }
    /// The ideal functionality.
    #[must_use]
    pub fn ideal(&self) -> &Functionality {
        &self.ideal
    }
    /// The aborts that the claim allows.
    #[must_use]
    pub fn abort(&self) -> Abort {
        self.abort
    }

    /// The probability of one weight of the real world.
    pub(super) fn chance(&self, weight: u128) -> BigRational {
        BigRational::new(BigInt::from(weight), BigInt::from(self.real.denominator))
    }

    /// The sets of honest parties that may get output.
    pub(super) fn deliveries(&self) -> Vec<Delivered> {
        let all = (1 << self.real.parties()) - 1;
        match self.abort {
            Abort::Selective => (0..=all).collect(),
            Abort::Unanimous => vec![0, all],
        }
    }

    /// What a simulator can do that sends input number `corrupt`. This is the definition of the ideal world: the
    /// functionality answers with some probability, tells the simulator its part, and gives theirs to those honest parties
    /// that may have it.
    pub(super) fn effects(&self, events: &Events, corrupt: usize) -> Effects<'_> {
        let mut effects = Effects::new();
        for input in 0..self.real.inputs() {
            for (told, given, chance) in self.ideal.outcomes(corrupt, input) {
                let actions = effects.entry(told).or_default();
                for delivered in self.deliveries() {
                    let given = given.iter().enumerate().map(|(h, o)| (delivered >> h & 1 == 1).then(|| o.0.clone()));
                    let Ok(output) = self.real.outputs().binary_search(&given.collect()) else { continue };
                    for (class, event) in events.of(Cell { input, output }) {
                        let added = actions.entry((*class, delivered)).or_default().entry(*event);
                        *added.or_insert_with(BigRational::zero) += &chance;
                    }
                }
            }
        }
        effects
    }

    /// The number of every (class, cell) that really happens, and its probability.
    pub(super) fn events(&self) -> Events {
        let chances: Vec<_> = self.real.cells().map(|(class, cell, w)| ((class, cell), self.chance(w))).collect();
        let mut classes = BTreeMap::<Cell, Vec<(usize, usize)>>::new();
        for (number, ((class, cell), _)) in chances.iter().enumerate() {
            classes.entry(*cell).or_default().push((*class, number));
        }
        Events { chances, classes }
    }
}

/// What really happens, numbered.
pub(super) struct Events {
    /// Class, cell and probability of every event.
    pub chances: Vec<((usize, Cell), BigRational)>,
    classes: BTreeMap<Cell, Vec<(usize, usize)>>,
}

impl Events {
    /// The classes that really occur with this honest input and these outputs, each with the number of the event.
    fn of(&self, cell: Cell) -> &[(usize, usize)] {
        self.classes.get(&cell).map_or(&[], |list| list)
    }
}

/// [`Problem`] as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    real: Real,
    ideal: Functionality,
    abort: Abort,
}

impl From<Problem> for Written {
    fn from(p: Problem) -> Self {
        Self { real: p.real, ideal: p.ideal, abort: p.abort }
    }
}

impl TryFrom<Written> for Problem {
    type Error = TableError;
    fn try_from(w: Written) -> Result<Self, TableError> {
        Self::new(w.real, w.ideal, w.abort)
    }
}

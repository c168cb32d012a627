//! How long counting takes, from one honest run.

use std::cell::Cell;
use std::rc::Rc;

use adversary::{DynSubject, Instance};
use protocols::{Source, Tape};
use transport::sim::Passive;

/// How many runs it takes to count one coalition through: the coins of one run, for every choice of so many inputs.
pub fn estimate(subject: &dyn DynSubject, at: &Instance, values: usize) -> Result<u64, String> {
    let shape = subject.shape(at.world.parties.n());
    let outcomes = Rc::new(Cell::new(1));
    let tape = Tape::new(Counting(outcomes.clone()));
    subject.run(at, &shape.map(|()| 0), &tape, &mut Passive).map_err(|e| e.to_string())?;
    let order = at.field.small_order().ok_or("only tiny fields are counted")?;
    let inputs = u32::try_from(values).ok().and_then(|k| order.checked_pow(k)).unwrap_or(u64::MAX);
    Ok(inputs.saturating_mul(outcomes.get()))
}

/// Every coin falls on zero; how many ways all of them could have fallen.
struct Counting(Rc<Cell<u64>>);

impl Source for Counting {
    fn uniform(&mut self, bound: u64) -> u64 {
        self.0.set(self.0.get().saturating_mul(bound));
        0
    }
    fn fill(&mut self, _: &mut [u8]) -> bool {
        false
    }
    fn fork(&mut self, _: u64) -> Option<Tape> {
        None
    }
}

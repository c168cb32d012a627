//! A tape that writes down what is drawn from it: a coalition knows its own coins, so they belong to its view.

use std::cell::RefCell;
use std::rc::Rc;

use protocols::{Source, Tape};

/// Everything drawn so far.
pub type Diary = Rc<RefCell<Vec<u8>>>;

struct Noted(Tape, Diary);

impl Source for Noted {
    fn uniform(&mut self, bound: u64) -> u64 {
        let v = self.0.uniform(bound);
        self.1.borrow_mut().extend(v.to_le_bytes());
        v
    }
    fn fill(&mut self, out: &mut [u8]) -> bool {
        let filled = self.0.bytes(out).is_ok();
        self.1.borrow_mut().extend_from_slice(out);
        filled
    }
    fn fork(&mut self, label: u64) -> Option<Tape> {
        Some(Tape::new(Self(self.0.fork(label), self.1.clone())))
    }
}

/// The same tape, noted in `diary`.
#[must_use]
pub fn noted(tape: Tape, diary: &Diary) -> Tape {
    Tape::new(Noted(tape, diary.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_is_noted_and_nothing_else_changes() {
        let diary = Diary::default();
        let (plain, tape) = (Tape::seeded([1; 32]), noted(Tape::seeded([1; 32]), &diary));
        let branches = [&plain, &tape].map(|t| [t.uniform(7), t.fork(3).uniform(1000), t.uniform(7)]);
        assert_eq!(branches[0], branches[1]);
        let expected: Vec<u8> = branches[0].iter().flat_map(|v| v.to_le_bytes()).collect();
        assert_eq!(*diary.borrow(), expected);
    }
}

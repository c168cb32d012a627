//! A tape some of whose coins come out as a strategy says. What lies under it is drawn all the same, so nobody else's
//! coins change.

use std::cell::Cell;
use std::rc::Rc;

use protocols::{Source, Tape};
use transport::PartyId;

use crate::strategy::language::Draw;
use crate::strategy::validate::MOST_CONSTANT;

struct Loaded {
    tape: Tape,
    draws: Rc<[Draw]>,
    /// How many draws there were, branches included.
    count: Rc<Cell<u64>>,
}

impl Loaded {
    /// What the next draw gives, if it is not left to chance.
    fn next(&self) -> Option<u64> {
        let at = self.count.replace(self.count.get() + 1);
        self.draws.iter().find(|d| d.draw.map_or(at < MOST_CONSTANT, |k| k == at)).map(|d| d.value)
    }
}

impl Source for Loaded {
    fn uniform(&mut self, bound: u64) -> u64 {
        let v = self.tape.uniform(bound);
        self.next().map_or(v, |value| value % bound)
    }
    fn fill(&mut self, out: &mut [u8]) -> bool {
        let filled = self.tape.bytes(out).is_ok();
        if let Some(value) = self.next() {
            let value = value.to_le_bytes();
            out.iter_mut().enumerate().for_each(|(i, b)| *b = value.get(i).copied().unwrap_or(0));
        }
        filled
    }
    fn fork(&mut self, label: u64) -> Option<Tape> {
        let (draws, count) = (self.draws.clone(), self.count.clone());
        Some(Tape::new(Self { tape: self.tape.fork(label), draws, count }))
    }
}

/// This party's tape with these coins loaded.
#[must_use]
pub fn loaded(tape: Tape, party: PartyId, draws: &[Draw]) -> Tape {
    if draws.is_empty() {
        return tape;
    }
    let mine: Rc<[Draw]> = draws.iter().filter(|d| d.party == party.index()).copied().collect();
    if mine.is_empty() { tape } else { Tape::new(Loaded { tape, draws: mine, count: Rc::default() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_coins_come_out_differently() {
        let draw = |party, draw, value| Draw { party, draw, value };
        let all = |draws: &[Draw]| {
            let tape = loaded(Tape::seeded([3; 32]), PartyId::new(1), draws);
            let mut bytes = [0; 12];
            let coins = [tape.uniform(1000), tape.fork(1).uniform(1000), tape.uniform(1000)];
            tape.bytes(&mut bytes).unwrap();
            (coins, bytes)
        };
        let plain = all(&[]);
        assert_eq!(all(&[draw(0, None, 5)]), plain, "another party's");
        let second = all(&[draw(1, Some(1), 2007)]);
        assert_eq!(second, ([plain.0[0], 7, plain.0[2]], plain.1));
        let bytes = all(&[draw(1, Some(3), 0x0102)]);
        assert_eq!(bytes, (plain.0, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
        assert_eq!(all(&[draw(1, None, 0)]), ([0; 3], [0; 12]));
    }

    /// Who draws until it gets something else gets it: the very coins that lie under the constant ones.
    #[test]
    fn constant_coins_come_to_an_end() {
        let zeros = [Draw { party: 1, draw: None, value: 0 }];
        let (plain, tape) = (Tape::seeded([3; 32]), loaded(Tape::seeded([3; 32]), PartyId::new(1), &zeros));
        let coin = |tape: &Tape| tape.uniform(1 << 40);
        assert!((0..MOST_CONSTANT).all(|_| coin(&plain) != 0 && coin(&tape) == 0));
        assert_eq!(coin(&tape), coin(&plain));
    }
}

//! Expressions ready to be evaluated: names resolved, messages known, types checked.

use std::cell::Cell;

use field::Field;
use protocols::foundations::{Coins, joint_seed};
use protocols::message::Nonce;
use transport::{Kind, PartyId, PerParty};

use super::expression::{Operation, Source};
use super::memory::{Memory, Record};
use super::validate::MOST_ITEMS;
use crate::bystander;
use crate::fields::FieldId;

/// An element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Formula {
    Integer(u64),
    Parties,
    Item,
    Value,
    /// What a name of the strategy stands for.
    Name(usize),
    Negate(Box<Self>),
    Binary(Operation, Box<Self>, Box<Self>),
    Power(Box<Self>, u32),
    Element(usize, Index),
    Dot(Values, Values),
    Sum(Values),
}

/// A list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Values {
    Literal(Vec<Formula>),
    Look(usize),
}

/// A position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Index {
    Integer(usize),
    Item,
    Binary(Operation, Box<Self>, Box<Self>),
}

impl Index {
    fn at(&self, item: usize) -> Option<usize> {
        match self {
            Self::Integer(k) => Some(*k),
            Self::Item => Some(item),
            Self::Binary(operation, x, y) => {
                let (x, y) = (x.at(item)?, y.at(item)?);
                match operation {
                    Operation::Add => x.checked_add(y),
                    Operation::Subtract => x.checked_sub(y),
                    Operation::Multiply => x.checked_mul(y),
                    Operation::Divide => x.checked_div(y),
                }
            }
        }
    }
}

/// What an expression looks at in the coalition's memory.
#[derive(Clone, Debug)]
pub(super) struct Lookup {
    pub source: Source,
    /// The bit by which memory marks what it is about.
    pub bit: u64,
    pub party: Option<PartyId>,
}

/// What is known when an item is changed.
pub(super) struct Here<'a, F> {
    pub memory: &'a Memory,
    pub lookups: &'a [Lookup],
    pub names: Names<'a>,
    pub parties: usize,
    pub honest: transport::PartySet,
    pub field: FieldId,
    pub item: usize,
    pub value: F,
    /// Only what was received in rounds before this one is known, unless the coalition rushes.
    pub before: Option<u32>,
}

/// The value of a name in one field, canonically encoded, once it is known.
pub(super) type Known = Cell<Option<(FieldId, [u8; 32])>>;

/// What the strategy's names stand for, once per run.
pub(super) struct Names<'a> {
    /// `None`: uniform.
    pub meanings: &'a [Option<Formula>],
    pub known: &'a [Known],
    pub tape: &'a protocols::Tape,
}

impl<F: Field> Here<'_, F> {
    /// The value; `None` if something in it is not known yet, or it divides by zero.
    pub fn eval(&self, formula: &Formula) -> Option<F> {
        Some(match formula {
            Formula::Integer(v) => F::from_u64(*v),
            Formula::Parties => F::from_u64(self.parties as u64),
            Formula::Item => F::from_u64(self.item as u64),
            Formula::Value => self.value,
            Formula::Name(k) => self.name(*k)?,
            Formula::Negate(x) => -self.eval(x)?,
            Formula::Binary(operation, x, y) => {
                let (x, y) = (self.eval(x)?, self.eval(y)?);
                match operation {
                    Operation::Add => x + y,
                    Operation::Subtract => x - y,
                    Operation::Multiply => x * y,
                    Operation::Divide => x * y.invert()?,
                }
            }
            Formula::Power(x, k) => {
                let x = self.eval(x)?;
                (0..*k).fold(F::ONE, |power, _| power * x)
            }
            Formula::Element(look, at) => self.element(*look, at.at(self.item)?)?,
            Formula::Dot(x, y) => {
                let (x, y) = self.pair(x, y)?;
                x.into_iter().zip(y).fold(F::ZERO, |sum, (x, y)| sum + x * y)
            }
            Formula::Sum(x) => self.list(x, None)?.into_iter().fold(F::ZERO, |sum, x| sum + x),
        })
    }
    fn name(&self, k: usize) -> Option<F> {
        if let Some((field, bytes)) = self.names.known[k].get()
            && field == self.field
        {
            return F::read(&bytes[..F::BYTES]);
        }
        let value = match &self.names.meanings[k] {
            Some(formula) => self.eval(formula)?,
            None => self.names.tape.element::<F>().ok()?,
        };
        let mut bytes = [0; 32];
        value.write(&mut bytes[..F::BYTES]);
        self.names.known[k].set(Some((self.field, bytes)));
        Some(value)
    }
    /// Two lists of the same length; a coin gives as many elements as the other list has.
    fn pair(&self, x: &Values, y: &Values) -> Option<(Vec<F>, Vec<F>)> {
        let (x, y) = match self.is_coin(x) {
            true => {
                let y = self.list(y, None)?;
                (self.list(x, Some(y.len()))?, y)
            }
            false => {
                let x = self.list(x, None)?;
                let y = self.list(y, Some(x.len()))?;
                (x, y)
            }
        };
        (x.len() == y.len()).then_some((x, y))
    }
    fn is_coin(&self, values: &Values) -> bool {
        matches!(values, Values::Look(look) if self.lookups[*look].source == Source::Coin)
    }
    fn list(&self, values: &Values, len: Option<usize>) -> Option<Vec<F>> {
        match values {
            Values::Literal(items) => items.iter().map(|f| self.eval(f)).collect(),
            Values::Look(look) => {
                let lookup = &self.lookups[*look];
                match lookup.source {
                    Source::Coin => self.coin(lookup, len?),
                    Source::Total => {
                        let count = self.memory.latest(lookup.bit, None, self.before)?.items();
                        (0..count).map(|at| self.element(*look, at)).collect()
                    }
                    _ => {
                        let record = self.record(lookup)?;
                        (0..record.items()).map(|at| record.element(at)).collect()
                    }
                }
            }
        }
    }
    fn record(&self, lookup: &Lookup) -> Option<&Record> {
        let of = if lookup.source == Source::Made { &self.memory.made } else { &self.memory.known };
        // What a puppet has made itself is no news of this round.
        let before = self.before.filter(|_| lookup.source == Source::Seen);
        Memory::find(of, lookup.bit, lookup.party, before)
    }
    fn element(&self, look: usize, at: usize) -> Option<F> {
        let lookup = &self.lookups[look];
        match lookup.source {
            Source::Coin => self.coin(lookup, at + 1)?.pop(),
            Source::Total => self.honest.iter().try_fold(F::ZERO, |sum, p| {
                Some(sum + self.memory.latest(lookup.bit, Some(p), self.before)?.element::<F>(at)?)
            }),
            _ => self.record(lookup)?.element(at),
        }
    }
    /// The first elements of a public coin: from the ideal one's answer, or from the seeds that everyone has opened.
    fn coin(&self, lookup: &Lookup, len: usize) -> Option<Vec<F>> {
        if len > MOST_ITEMS {
            return None;
        }
        let last = self.memory.latest(lookup.bit, None, self.before)?;
        let e = &last.envelope;
        let coins = if e.frame.meta.kind == Kind::Ideal {
            match F::SMALL_ORDER {
                Some(_) => Coins::Values(e.frame.body.iter().map(|b| u64::from(*b)).collect()),
                None => Coins::Seed(e.frame.body[..].try_into().ok()?),
            }
        } else {
            let opened = |p: PartyId| {
                let of_step =
                    |r: &&Record| r.is(lookup.bit) && r.envelope.from == p && r.envelope.frame.step == e.frame.step;
                let record = self.memory.known.iter().rev().find(of_step)?;
                if self.honest.contains(p) && self.before.is_some_and(|round| record.envelope.round >= round) {
                    return None;
                }
                Some(vec![Nonce(record.envelope.frame.body[..].try_into().ok()?)])
            };
            let seeds: Vec<_> = (0..self.parties).map(PartyId::new).map(opened).collect::<Option<_>>()?;
            let s = bystander::along(self.parties, &e.frame.step);
            Coins::Seed(joint_seed(&s, &PerParty::from_vec(seeds)).0)
        };
        let elements = coins.elements::<F>(len);
        (elements.len() >= len).then(|| elements[..len].to_vec())
    }
}

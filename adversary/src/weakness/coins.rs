//! Tapes whose coins are not what protocols take them for: not uniform, or drawn in two places.

use std::cell::RefCell;
use std::rc::Rc;

use field::{Field, PrimeField};
use protocols::{Authenticator, Result, Session, Source, Tape};
use spec::Claim;
use transport::PerParty;
use transport::sim::Adversary;

use crate::attack::Attack;
use crate::fields::FieldId;
use crate::ideal::streams::IdealStreams;
use crate::ideal::supply::Dealt;
use crate::subject::{DynSubject, Given, Instance, Played, Shape, Subject};
use crate::subjects::Authenticated;

/// Coins as a byte modulo the bound would give them, in small: of four values, so over F_3 zero is twice as likely.
struct Modulo(Tape);

impl Source for Modulo {
    fn uniform(&mut self, bound: u64) -> u64 {
        self.0.uniform(bound + 1) % bound
    }
    fn fill(&mut self, out: &mut [u8]) -> bool {
        self.0.bytes(out).is_ok()
    }
    fn fork(&mut self, label: u64) -> Option<Tape> {
        Some(biased(self.0.fork(label)))
    }
}

/// This tape with coins that are not uniform.
#[must_use]
pub fn biased(tape: Tape) -> Tape {
    Tape::new(Modulo(tape))
}

/// The tape of a whole run: everyone's own is another one.
struct Everyones(Tape);

impl Source for Everyones {
    fn uniform(&mut self, bound: u64) -> u64 {
        self.0.uniform(bound)
    }
    fn fill(&mut self, out: &mut [u8]) -> bool {
        self.0.bytes(out).is_ok()
    }
    fn fork(&mut self, label: u64) -> Option<Tape> {
        Some(Tape::new(Copied { tape: self.0.fork(label), drawn: Rc::default(), coins: 0, bytes: 0 }))
    }
}

/// What some copy of a tape has drawn already: whole coins and bytes.
#[derive(Default)]
struct Drawn {
    coins: Vec<u64>,
    bytes: Vec<u8>,
}

/// One party's tape, or a copy of it: each goes on from where it was copied, with what the others drew there.
struct Copied {
    tape: Tape,
    drawn: Rc<RefCell<Drawn>>,
    /// How many coins and bytes this copy has drawn.
    coins: usize,
    bytes: usize,
}

impl Source for Copied {
    fn uniform(&mut self, bound: u64) -> u64 {
        let coins = &mut self.drawn.borrow_mut().coins;
        if self.coins == coins.len() {
            coins.push(self.tape.uniform(bound));
        }
        self.coins += 1;
        coins[self.coins - 1] % bound
    }
    fn fill(&mut self, out: &mut [u8]) -> bool {
        let bytes = &mut self.drawn.borrow_mut().bytes;
        let (from, known) = (self.bytes, bytes.len());
        self.bytes += out.len();
        bytes.resize(known.max(self.bytes), 0);
        let filled = bytes.len() == known || self.tape.bytes(&mut bytes[known..]).is_ok();
        out.copy_from_slice(&bytes[from..self.bytes]);
        filled
    }
    fn fork(&mut self, _: u64) -> Option<Tape> {
        let Self { tape, drawn, coins, bytes } = self;
        Some(Tape::new(Self { tape: tape.clone(), drawn: drawn.clone(), coins: *coins, bytes: *bytes }))
    }
}

/// This tape of a run, every party's own of which is copied where it should be forked.
#[must_use]
pub fn copied(tape: Tape) -> Tape {
    Tape::new(Everyones(tape))
}

/// A subject whose runs draw from another tape.
pub struct Tossing<'a> {
    /// The subject.
    pub subject: &'a dyn DynSubject,
    /// What becomes of the tape of a run.
    pub from: fn(Tape) -> Tape,
}

impl DynSubject for Tossing<'_> {
    fn claim(&self) -> &'static Claim {
        self.subject.claim()
    }
    fn about(&self) -> &'static str {
        self.subject.about()
    }
    fn attacks(&self) -> &'static [Attack] {
        self.subject.attacks()
    }
    fn shape(&self, n: usize) -> Shape {
        self.subject.shape(n)
    }
    fn preprocessed_triples(&self) -> usize {
        self.subject.preprocessed_triples()
    }
    fn ideal(&self, field: FieldId, given: &Given<u64>) -> Result<PerParty<Vec<u8>>> {
        self.subject.ideal(field, given)
    }
    fn run(&self, at: &Instance, given: &Given<u64>, tape: &Tape, adversary: &mut dyn Adversary) -> Result<Played> {
        self.subject.run(at, given, &(self.from)(tape.clone()), adversary)
    }
}

/// Two values of the first party are authenticated at once, each under a key of its own. All of it is the shipped
/// text; what the branches of its fork draw is all that keeps their masks apart.
pub struct AuthenticatedAtOnce;

impl Subject for AuthenticatedAtOnce {
    fn claim(&self) -> &'static Claim {
        Subject::claim(&Authenticated)
    }
    fn about(&self) -> &'static str {
        "two values of the first party are authenticated at once; nobody learns anything"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        Subject::inputs(&Authenticated, n).into_iter().map(|len| 2 * len).collect()
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        Authenticated.functionality(given)
    }
    async fn party<F: PrimeField>(&self, mut s: Session, mine: Vec<F>, _: Option<Dealt<F>>) -> Result<Vec<F>> {
        let lens = PerParty::from_vec(Subject::inputs(&Authenticated, s.n()));
        let (x, y) = mine.split_at(mine.len() / 2);
        let mut one = Authenticator::setup_for_measurement::<IdealStreams<F, 1>>(&mut s).await?;
        let mut other = Authenticator::setup_for_measurement::<IdealStreams<F, 1>>(&mut s).await?;
        let a = async |mut s: Session| one.authenticate(&mut s, x, &lens).await.map(drop);
        let b = async |mut s: Session| other.authenticate(&mut s, y, &lens).await.map(drop);
        s.fork(["first", "second"], a, b).await?;
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_go_on_with_what_the_tape_draws_and_parties_have_tapes_of_their_own() {
        let run = copied(Tape::seeded([3; 32]));
        let [mine, theirs] = [0, 1].map(|party| run.fork(party));
        let draw = |tape: &Tape| {
            let mut bytes = [[0; 8]; 2];
            let coins = [(); 3].map(|()| tape.uniform(1 << 40));
            bytes.iter_mut().for_each(|b| tape.bytes(b).unwrap());
            (coins, bytes.concat())
        };
        let before = draw(&mine);
        let branches = [4, 5].map(|label| mine.fork(label));
        let after = draw(&branches[0]);
        assert!(before != after && draw(&branches[1]) == after && draw(&mine) == after);
        // Also where a copy of a copy draws on, in other pieces.
        let mut bytes = [[0; 5], [0; 5]];
        branches[0].fork(6).bytes(&mut bytes[0]).unwrap();
        branches[1].bytes(&mut bytes[1][..2]).unwrap();
        branches[1].bytes(&mut bytes[1][2..]).unwrap();
        assert_eq!(bytes[0], bytes[1]);
        assert!(![before, after].contains(&draw(&theirs)));
    }
}

//! The best attack there is: at every frame that the coalition sends it may say anything, each time knowing all it has
//! seen, and backward induction finds the best of all such strategies. Where this is possible nobody needs to ask whether
//! every attack was thought of.
//!
//! A coalition is one player against chance, and it forgets nothing. Whatever a malicious party sends is what its puppet
//! would send plus some difference, so choosing the difference from the whole field is choosing the message. Falling
//! silent is left out: it makes nobody accept anything.

use std::collections::BTreeMap;

use num_rational::BigRational;
use num_traits::Zero;
use protocols::{Error, Result};
use transport::sim::{Adversary, Envelope};
use transport::{Kind, PartyId, PartySet};

use crate::enumerate::{Choices, Probability, enumerate_game};
use crate::run::Ending;
use crate::subject::{DynSubject, Given, Instance};
use crate::view;

/// The most choices one message may offer: beyond that the game is not counted through.
const OPTIONS: u64 = 1 << 12;

/// What the best attack achieves.
#[derive(Clone, Debug)]
pub struct BestAttack {
    /// The probability that an honest party accepts a wrong output, over the best of all strategies.
    pub probability: BigRational,
    /// Runs that were counted.
    pub runs: u64,
    /// The most decisions in one run.
    pub decisions: usize,
    /// The best decision after each view, those only that are reached by best play: (decision number, view, choice).
    pub strategy: Vec<(usize, Vec<u8>, u64)>,
}

/// A position of the coalition in the game: what is won when it decides nothing any more, and its further decisions, by
/// what it has seen when it makes them.
#[derive(Default)]
struct Position {
    won: Probability,
    next: BTreeMap<Vec<u8>, BTreeMap<u64, Position>>,
}

impl Position {
    fn enter(&mut self, path: &[(Vec<u8>, u64)]) -> &mut Self {
        path.iter()
            .fold(self, |at, (view, choice)| at.next.entry(view.clone()).or_default().entry(*choice).or_default())
    }
    /// The probability of winning by best play from here on.
    fn value(&self, depth: usize, strategy: &mut Vec<(usize, Vec<u8>, u64)>) -> BigRational {
        let mut total = self.won.value();
        for (view, choices) in &self.next {
            let mut best: Option<(BigRational, u64, Vec<_>)> = None;
            for (choice, position) in choices {
                let mut further = Vec::new();
                let value = position.value(depth + 1, &mut further);
                if best.as_ref().is_none_or(|(top, ..)| value > *top) {
                    best = Some((value, *choice, further));
                }
            }
            if let Some((value, choice, further)) = best {
                if !value.is_zero() {
                    strategy.push((depth, view.clone(), choice));
                    strategy.extend(further);
                }
                total += value;
            }
        }
        total
    }
}

/// A coalition that decides about every element it sends.
struct Player<'a> {
    order: u64,
    choices: &'a Choices,
    seen: Vec<u8>,
    path: Vec<(Vec<u8>, u64)>,
    too_many: bool,
    /// Whether it sent something whose choices are not counted through.
    not_counted: bool,
}

impl Player<'_> {
    /// Where the elements of a frame begin. A request to an ideal functionality begins with what is asked for; one that
    /// is not a commitment or a broadcast has nothing to choose: its parameters are everyone's or there is no answer.
    fn elements(e: &Envelope) -> Content {
        match (e.frame.meta.kind, e.frame.meta.name) {
            (Kind::Elements, _) => Content::Elements(0),
            (Kind::Ideal, "commit" | "broadcast") => Content::Elements(1),
            (Kind::Ideal, "coin" | "zero" | "open") => Content::Fixed,
            _ if e.frame.body.is_empty() => Content::Fixed,
            _ => Content::Other,
        }
    }
}

/// What a coalition may choose in a frame.
enum Content {
    /// Elements, from this byte on.
    Elements(usize),
    /// Nothing.
    Fixed,
    /// Something that is not counted through: bits, digests, points.
    Other,
}

impl Adversary for Player<'_> {
    fn incoming(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        view::frame(&mut self.seen, &e);
        deliver.push(e);
    }
    fn outgoing(&mut self, mut e: Envelope, deliver: &mut Vec<Envelope>) {
        match Self::elements(&e) {
            Content::Fixed => {}
            Content::Other => self.not_counted = true,
            Content::Elements(start) => {
                // One byte an element: only tiny fields are played through.
                let mut body = e.frame.body.to_vec();
                let len = u32::try_from(body.len() - start.min(body.len())).unwrap_or(u32::MAX);
                match self.order.checked_pow(len).filter(|options| *options <= OPTIONS) {
                    Some(options) => {
                        let choice = self.choices.choose(options);
                        let mut digits = choice;
                        for x in &mut body[start..] {
                            *x = ((u64::from(*x) + digits % self.order) % self.order) as u8;
                            digits /= self.order;
                        }
                        self.path.push((self.seen.clone(), choice));
                        e.frame.body = body.into();
                    }
                    None => self.too_many = true,
                }
            }
        }
        deliver.push(e);
    }
}

/// Plays a subject whose inputs are not the coalition's, over every coin and every choice. `given` are the inputs.
///
/// # Errors
/// Local if the field is too large to count, a message offers too many choices or holds other things than field elements,
/// which would be attacks left out in silence, or the coalition has inputs of its own:
/// then a wrong output would have to be told from the right output of another input.
pub fn best_attack(subject: &dyn DynSubject, at: &Instance, given: &Given<u64>) -> Result<BestAttack> {
    let corrupt = at.world.corrupt;
    let order = at.field.small_order().ok_or_else(|| refused("the field is too large to count"))?;
    if corrupt.iter().any(|p| given.parties.get(p.index()).is_some_and(|x| !x.is_empty())) {
        return Err(refused("the coalition has inputs of its own"));
    }
    let right = subject.ideal(at.field, given)?;
    let (mut root, mut failed, mut decisions) = (Position::default(), None, 0);
    let runs = enumerate_game(|tape, choices, weight| {
        if failed.is_some() {
            return;
        }
        let mut player =
            Player { order, choices, seen: Vec::new(), path: Vec::new(), too_many: false, not_counted: false };
        let played = subject.run(at, given, tape, &mut player);
        decisions = decisions.max(player.path.len());
        match played {
            Ok(_) if player.not_counted => failed = Some(refused("the coalition sends more than field elements")),
            Ok(_) if player.too_many => failed = Some(refused("a message offers too many choices")),
            Ok(played) => {
                let position = root.enter(&player.path);
                if wrong(&played.endings, corrupt, |p| &right[p]) {
                    position.won.add(weight());
                }
            }
            Err(e) => failed = Some(e),
        }
    });
    if let Some(e) = failed {
        return Err(e);
    }
    let mut strategy = Vec::new();
    let probability = root.value(0, &mut strategy);
    Ok(BestAttack { probability, runs, decisions, strategy })
}

fn wrong<'a>(endings: &[Ending<Vec<u8>>], corrupt: PartySet, right: impl Fn(PartyId) -> &'a Vec<u8>) -> bool {
    let all = endings.iter().enumerate().map(|(p, e)| (PartyId::new(p), e));
    all.filter(|(p, _)| !corrupt.contains(*p)).any(|(p, e)| matches!(e, Ending::Output(y) if y != right(p)))
}

fn refused(why: &str) -> Error {
    Error::Local(format!("the best attack cannot be found by counting: {why}"))
}

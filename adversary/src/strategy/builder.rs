//! Strategies in Rust: the same data as in JSON, with fewer quotes.
//!
//! An attack in fifteen lines: who is corrupt, what it does to which message, what must stop it; then a run of the shipped
//! multiplication under it.
//!
//! ```
//! use quorate_adversary::fields::FieldId;
//! use quorate_adversary::strategy::{Stage, Strategy, builder::sends};
//! use quorate_adversary::computation::{self, Scene};
//! use quorate_adversary::{Judgement, World};
//!
//! let strategy = Strategy::new("my.attack", 2, &[1])
//!     .rule(sends("beaver", "share").item(0).adds("1"))
//!     .rule(sends("output", "share").multiplies("2"))
//!     .stopped_by("mac.check")
//!     .escapes_with("MacCheck");
//! let multiply = computation::find("multiply").unwrap();
//! let world = World::new(2, strategy.coalition());
//! let scene = Scene::new(multiply, FieldId::Fr, world);
//! let plan = scene.compile(&strategy).unwrap();
//! let outcome = scene.play(&plan, 7);
//! assert_eq!(outcome.judgement.check().unwrap().id, "mac.check");
//! assert!(!outcome.effective, "it never came to the output");
//! ```
//!
//! Rules change what a puppet of the honest text says and hears. A corrupt party that runs another text altogether is a
//! program: the one given to [`World::run`](crate::World::run) branches on [`Session::me`](protocols::Session::me), and
//! [`judge`](crate::judge) tells what came of it. `adversary/tests/adversary/replacement.rs` is one in forty lines.

use super::language::{
    Act, Copied, Direction, Draw, Expect, FORMAT, Frames, Input, Items, Range, Replay, Rule, Strategy,
};
use super::language::{KindName, Unseen};

impl Strategy {
    /// A strategy of these corrupt parties among `parties` that does nothing yet.
    #[must_use]
    pub fn new(id: &str, parties: usize, corrupt: &[usize]) -> Self {
        Self {
            format: FORMAT,
            id: id.to_owned(),
            title: id.to_owned(),
            does: String::new(),
            parties,
            corrupt: corrupt.to_vec(),
            rushing: true,
            lets: std::collections::BTreeMap::new(),
            rules: Vec::new(),
            tape: Vec::new(),
            inputs: Vec::new(),
            expect: Expect::default(),
            references: Vec::new(),
            levels: Vec::new(),
        }
    }
    /// In words.
    #[must_use]
    pub fn described(mut self, title: &str, does: &str) -> Self {
        (self.title, self.does) = (title.to_owned(), does.to_owned());
        self
    }
    /// Speaking in every round before it hears the honest parties.
    #[must_use]
    pub fn not_rushing(mut self) -> Self {
        self.rushing = false;
        self
    }
    /// Lets a name stand for an expression, or for `"uniform"`.
    #[must_use]
    pub fn with(mut self, name: &str, meaning: &str) -> Self {
        self.lets.insert(name.to_owned(), meaning.to_owned());
        self
    }
    /// One rule more.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }
    /// Adds to a value that everyone opens, and lets the puppets see the same: they go on with the wrong value like the
    /// honest parties. `peer` is one honest party, whose share the puppets see shifted.
    #[must_use]
    pub fn shifts(self, step: &str, message: &str, items: Items, peer: usize, by: &str) -> Self {
        let of = |rule: Rule| rule.items(items.clone()).adds(by);
        self.rule(of(sends(step, message))).rule(of(receives(step, message).peer(peer)))
    }
    /// Lets a puppet draw a value instead of its `draw`-th coin.
    #[must_use]
    pub fn draws(mut self, party: usize, draw: u64, value: u64) -> Self {
        self.tape.push(Draw { party, draw: Some(draw), value });
        self
    }
    /// Lets a puppet put in other values.
    #[must_use]
    pub fn puts_in(mut self, party: usize, values: &[u64]) -> Self {
        self.inputs.push(Input { party, values: values.to_vec() });
        self
    }
    /// What must stop it: the id of a check.
    #[must_use]
    pub fn stopped_by(mut self, check: &str) -> Self {
        self.expect.check = Some(check.to_owned());
        self
    }
    /// That it does no harm, and why.
    #[must_use]
    pub fn harmless(mut self, why: &str) -> Self {
        self.expect.harmless = Some(why.to_owned());
        self
    }
    /// That nobody has an output, and why.
    #[must_use]
    pub fn no_output(mut self, why: &str) -> Self {
        self.expect.no_output = Some(why.to_owned());
        self
    }
    /// With which probability it escapes, exactly.
    #[must_use]
    pub fn escapes_with(mut self, probability: &str) -> Self {
        self.expect.escape = Some(probability.to_owned());
        self
    }
    /// With which probability it escapes at most.
    #[must_use]
    pub fn escapes_at_most_with(mut self, probability: &str) -> Self {
        self.expect.escape_at_most = Some(probability.to_owned());
        self
    }
    /// What it would mean that it is accepted: then accepting is losing.
    #[must_use]
    pub fn accepted_means(mut self, what: &str) -> Self {
        self.expect.acceptance = Some(what.to_owned());
        self
    }
    /// A message that the coalition must not get to see.
    #[must_use]
    pub fn must_not_see(mut self, step: &str, message: &str, tells: &str) -> Self {
        let own = str::to_owned;
        self.expect.unseen = Some(Unseen { step: own(step), message: own(message), tells: own(tells) });
        self
    }
    /// Where it was described.
    #[must_use]
    pub fn from_paper(mut self, reference: &str) -> Self {
        self.references.push(reference.to_owned());
        self
    }
}

/// A rule about what the puppets send.
#[must_use]
pub fn sends(step: &str, message: &str) -> Rule {
    on(Direction::Sent, step, message)
}

/// A rule about what the puppets receive.
#[must_use]
pub fn receives(step: &str, message: &str) -> Rule {
    on(Direction::Received, step, message)
}

fn on(direction: Direction, step: &str, message: &str) -> Rule {
    let on = Frames { direction, step: step.to_owned(), message: message.to_owned(), ..Frames::default() };
    Rule { on, acts: Vec::new() }
}

impl Rule {
    /// Only below a step of this name.
    #[must_use]
    pub fn within(mut self, step: &str) -> Self {
        step.clone_into(&mut self.on.within);
        self
    }
    /// Only from this party.
    #[must_use]
    pub fn from(mut self, party: usize) -> Self {
        self.on.from = Some(party);
        self
    }
    /// Only to this party.
    #[must_use]
    pub fn to(mut self, party: usize) -> Self {
        self.on.to = Some(party);
        self
    }
    /// Only between the coalition and this honest party.
    #[must_use]
    pub fn peer(mut self, party: usize) -> Self {
        self.on.peer = Some(party);
        self
    }
    /// Only messages of this kind.
    #[must_use]
    pub fn kind(mut self, kind: KindName) -> Self {
        self.on.kind = Some(kind);
        self
    }
    /// Only the n-th such frame between two parties, from 0.
    #[must_use]
    pub fn nth(mut self, n: u64) -> Self {
        self.on.nth = Some(n);
        self
    }
    /// Only these items.
    #[must_use]
    pub fn items(mut self, items: Items) -> Self {
        self.on.items = items;
        self
    }
    /// Only this item.
    #[must_use]
    pub fn item(self, item: usize) -> Self {
        self.items(Items::List(vec![item]))
    }
    /// Only every `step`-th item of a range.
    #[must_use]
    pub fn every(self, from: usize, to: Option<usize>, step: usize) -> Self {
        self.items(Items::Range(Range { from, to, step }))
    }
    /// One act more.
    #[must_use]
    pub fn act(mut self, act: Act) -> Self {
        self.acts.push(act);
        self
    }
    /// Adds an expression.
    #[must_use]
    pub fn adds(self, by: &str) -> Self {
        self.act(Act::Add(by.to_owned()))
    }
    /// Multiplies by an expression.
    #[must_use]
    pub fn multiplies(self, by: &str) -> Self {
        self.act(Act::Multiply(by.to_owned()))
    }
    /// Puts an expression in its place.
    #[must_use]
    pub fn sets(self, to: &str) -> Self {
        self.act(Act::Set(to.to_owned()))
    }
    /// Copies what an honest party said in the same message.
    #[must_use]
    pub fn copies(self) -> Self {
        self.act(Act::Copy(Copied::default()))
    }
    /// Replays a frame.
    #[must_use]
    pub fn replays(self, replay: Replay) -> Self {
        self.act(Act::Replay(replay))
    }
}

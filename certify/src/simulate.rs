//! What the best simulator is asked to explain: what a coalition does, of which subjects, without which check, and what
//! must not be exceeded.
//!
//! Every subject is asked whether runs without deviation are explained, and runs in which one message of the coalition is
//! changed or withheld throughout. What checks MACs is also asked of lies that go through the MAC check, and of the same
//! lies without it: the instrument has to see that nothing explains those.

use std::panic::{AssertUnwindSafe, catch_unwind};

use adversary::attack::tape;
use adversary::authentication::{self, Telling};
use adversary::fields::FieldId;
use adversary::ideal::supply::CorruptShares;
use adversary::messages::said;
use adversary::properties::strategies::Additive;
use adversary::simulator::{Abort, Best, Certificate, Problem, WORK, best};
use adversary::subject::{every, positions};
use adversary::{DynSubject, Instance, Script, World, simulation};
use protocols::{AUTH_CONSISTENCY, Error, MAC_CHECK, Result};
use serde::{Deserialize, Serialize};
use spec::{AbortKind, Bound};
use transport::{PartyId, PartySet};

use crate::search;

/// What a coalition does, of several strategies that are compared with one bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    /// It follows the protocol.
    Follows,
    /// It changes one message throughout.
    Changes,
    /// It withholds one message from one honest party, or from the trusted program, throughout.
    Withholds,
    /// It opens something else than it should and makes its puppets go on with it.
    Lies,
    /// It authenticates another vector towards one key holder, or towards one bit of its key.
    Vectors,
    /// It opens something else where MACs are not checked: a control.
    Unchecked,
}

/// One strategy of a family.
pub struct Strategy {
    /// Its name.
    pub name: String,
    /// Makes it anew.
    pub script: Box<dyn Fn() -> Script<'static>>,
}

/// A figure with everything that proves it: checked by adding and comparing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Both worlds, views that say the same merged.
    pub problem: Problem,
    /// The figure, a simulator that reaches it, a distinguisher that no simulator beats.
    pub certificate: Certificate,
}

/// What counting and solving found.
pub struct Solved {
    /// Runs of the protocol.
    pub runs: u64,
    /// Different views of the coalition before merging.
    pub views: u64,
    /// The proof; none if nothing was proved within the work that is allowed.
    pub proof: Option<Proof>,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Follows, Self::Changes, Self::Withholds, Self::Lies, Self::Vectors, Self::Unchecked];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Follows => "follows",
            Self::Changes => "changes",
            Self::Withholds => "withholds",
            Self::Lies => "lies",
            Self::Vectors => "lies.vectors",
            Self::Unchecked => "lies.unchecked",
        }
    }
    /// What the coalition does, in words.
    #[must_use]
    pub fn does(self) -> &'static str {
        match self {
            Self::Follows => "follows the protocol; a simulator may put in something else for it",
            Self::Changes => "adds one to every element of one message, wherever it is sent",
            Self::Withholds => {
                "never sends one message to the first honest party, or never asks the trusted program for one thing"
            }
            Self::Lies => "opens values off by one and goes on with them, with and without a guess of the MAC key",
            Self::Vectors => {
                "authenticates another vector towards one key holder or one bit of its key, with and without a guess of it"
            }
            Self::Unchecked => "opens what products open off by one and goes on with it, where MACs are not checked",
        }
    }
    /// The check that is left out.
    #[must_use]
    pub fn without(self) -> Option<&'static spec::Check> {
        (self == Self::Unchecked).then_some(&MAC_CHECK)
    }
    /// What the figures are compared with.
    #[must_use]
    pub fn bound(self, subject: &dyn DynSubject) -> Bound {
        match self {
            Self::Follows => Bound::Zero,
            Self::Unchecked => Bound::One,
            _ => search::largest(subject),
        }
    }
    /// Whether the coalition says something else than the protocol tells it to.
    #[must_use]
    pub fn changes(self) -> bool {
        matches!(self, Self::Changes | Self::Lies | Self::Vectors)
    }
    /// Whether a subject is asked at all about this coalition of `n` parties.
    #[must_use]
    pub fn concerns(self, subject: &dyn DynSubject, n: usize, corrupt: &[usize]) -> bool {
        let checked = subject.claim().checks.contains(&&MAC_CHECK) && subject.preprocessed_triples() > 0;
        match self {
            Self::Lies => checked,
            // Triples are dealt with their MACs.
            Self::Vectors => subject.claim().checks.contains(&&AUTH_CONSISTENCY) && subject.preprocessed_triples() == 0,
            // Where no honest party has an output, nobody notices what was opened.
            Self::Unchecked => {
                let honest = PartySet::all(n).without(PartySet::of(corrupt));
                let outputs = || subject.ideal(FieldId::F2, &subject.shape(n).map(|()| 1));
                checked && outputs().is_ok_and(|y| honest.iter().any(|p| !y[p].is_empty()))
            }
            _ => true,
        }
    }
    /// Its strategies against one instance, only those that change something there.
    pub fn strategies(self, subject: &dyn DynSubject, at: &Instance) -> Result<Vec<Strategy>> {
        let (field, corrupt) = (at.field, at.world.corrupt);
        let victim = PartySet::all(at.world.parties.n()).without(corrupt).iter().next().unwrap_or(PartyId::new(0));
        let given = subject.shape(at.world.parties.n()).map(|()| 1);
        let strategy = |name, script| Strategy { name, script };
        let lies = |places: &[([u64; 2], u64)], guesses: &[u64]| {
            let lies = places.iter().flat_map(|(beaver, output)| {
                guesses.iter().map(|guess| Additive { beaver: *beaver, output: *output, guess: *guess })
            });
            let name = |l: Additive| {
                let place = match (l.beaver, l.output) {
                    ([_, 0], 0) => "first factor",
                    (_, 0) => "second factor",
                    _ => "output",
                };
                if l.guess == 0 { place.to_owned() } else { format!("{place}, key guessed") }
            };
            let lie = |l: Additive| strategy(name(l), Box::new(move || l.script(field, corrupt, victim)));
            lies.map(lie).collect::<Vec<_>>()
        };
        let each = |script: fn(_, _, _, _) -> Script<'static>| {
            let one = |m: adversary::messages::Message| {
                strategy(format!("{}:{}", m.step, m.name), Box::new(move || script(m, field, corrupt, victim)))
            };
            Ok::<Vec<Strategy>, Error>(said(subject, at, &given)?.into_iter().map(one).collect())
        };
        let all = match self {
            Self::Follows => {
                return Ok(vec![strategy("honest".into(), Box::new(move || Script::new(corrupt)))]);
            }
            Self::Changes => each(|m, field, corrupt, _| m.adds_one(field, corrupt))?,
            Self::Withholds => each(|m, _, corrupt, victim| m.withheld(corrupt, victim))?,
            Self::Vectors => {
                let liar = corrupt.iter().next().unwrap_or(victim);
                let lie =
                    |(name, tell): (String, Telling)| strategy(name, Box::new(move || tell(Script::new(corrupt))));
                authentication::few(field, liar, victim).into_iter().map(lie).collect()
            }
            Self::Lies => lies(&[([1, 0], 0), ([0, 1], 0), ([0, 0], 1)], &[0, 1]),
            // Outputs have a check of their own, which is not left out. Whoever has put in one factor could as well have put
            // in another one: of the two lies only that about the other factor is one.
            Self::Unchecked => lies(&[([1, 0], 0), ([0, 1], 0)], &[0]),
        };
        let changes = |s: &Strategy| {
            // In one run a lie may add up to nothing.
            let acts = || {
                (0..8).any(|seed| {
                    let mut script = (s.script)();
                    subject.run(at, &given, &tape(seed), &mut script).is_ok() && script.effective()
                })
            };
            // A panic is an effect, and is found again when the strategy is counted.
            catch_unwind(AssertUnwindSafe(acts)).unwrap_or(true)
        };
        Ok(all.into_iter().filter(changes).collect())
    }
}

/// A coalition of `n` parties over a field that can be counted, without the check that a family leaves out.
#[must_use]
pub fn instance(family: Family, field: FieldId, n: usize, corrupt: &[usize]) -> Instance {
    let world = World::new(n, PartySet::of(corrupt)).without(family.without());
    Instance { field, world, shares: CorruptShares::Zero }
}

/// How many different things the coalition may put in, see [`own_inputs`].
pub fn choices_of_inputs(subject: &dyn DynSubject, at: &Instance, all: bool) -> Result<u64> {
    let [mine, _] = positions(&subject.shape(at.world.parties.n()), at.world.corrupt);
    let order = at.field.small_order().ok_or_else(|| Error::Local(format!("{} is too large to count", at.field)))?;
    let values = u32::try_from(mine.len()).unwrap_or(u32::MAX);
    Ok(if all { order.saturating_pow(values) } else { 1 })
}

/// What the coalition may put in: all values for each of its inputs, or only ones.
pub fn own_inputs(subject: &dyn DynSubject, at: &Instance, all: bool) -> Result<Vec<Vec<u64>>> {
    let [mine, _] = positions(&subject.shape(at.world.parties.n()), at.world.corrupt);
    let order = at.field.small_order().ok_or_else(|| Error::Local(format!("{} is too large to count", at.field)))?;
    Ok(if all { every(order, mine.len()).collect() } else { vec![vec![1; mine.len()]] })
}

/// The best simulator under one strategy.
pub fn solve(subject: &dyn DynSubject, at: &Instance, mine: &[u64], strategy: &Strategy) -> Result<Solved> {
    let counted = simulation::count(subject, at, mine, || Box::new((strategy.script)()))?;
    let proof = match best(&counted.problem, WORK) {
        Best::Exact(certificate) => Some(Proof { problem: counted.problem, certificate }),
        Best::Inconclusive => None,
    };
    Ok(Solved { runs: counted.runs, views: counted.views as u64, proof })
}

/// The name of the aborts that a simulator may use.
#[must_use]
pub fn abort(kind: AbortKind) -> &'static str {
    match kind {
        AbortKind::Selective => "selective",
        AbortKind::Unanimous => "unanimous",
    }
}

impl Proof {
    /// Checks the proof, without solving anything, and that its simulator aborts only as this says.
    pub fn check(&self, abort: &str) -> std::result::Result<(), String> {
        let used = match self.problem.abort() {
            Abort::Selective => "selective",
            Abort::Unanimous => "unanimous",
        };
        if used != abort {
            return Err(format!("a proof for {used} abort, where {abort} abort is claimed"));
        }
        self.certificate.verify(&self.problem).map_err(|e| e.to_string())
    }
}

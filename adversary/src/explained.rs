//! A subject on given inputs under attack, judged by its own ideal functionality: a run is explained if *some* inputs of
//! the coalition give every honest party that accepted an output exactly that output.
//!
//! This is the question for one run. That the coalition's inputs may depend on nothing it should not know is a question
//! about distributions, which single runs cannot answer: a named attack judges that for itself.

use protocols::{Error, Result, Tape};
use spec::Check;
use transport::sim::Adversary;
use transport::{PartyId, PartySet, PerParty};

use crate::attack::{Attack, Conditions, Outcome, tape};
use crate::fields::FieldId;
use crate::ideal::supply::CorruptShares;
use crate::oracle::{Judgement, Win, judge};
use crate::programs::broken;
use crate::run::{Ending, Floor, World};
use crate::scratch::Flaw;
use crate::strategy::Script;
use crate::subject::{DynSubject, Given, Instance, Played, every, positions};
use crate::sweep::Target;

/// How many inputs of a coalition are tried.
const MOST: u64 = 1 << 16;

/// A subject, its circumstances, everyone's inputs, and every outcome that the functionality allows.
pub struct Explained<'a> {
    subject: &'a dyn DynSubject,
    field: FieldId,
    world: Recipe,
    given: Given<u64>,
    allowed: Vec<PerParty<Vec<u8>>>,
}

/// What a [`World`] is made from: it is not `Sync` itself.
#[derive(Clone, Copy)]
struct Recipe {
    n: usize,
    corrupt: PartySet,
    floor: Floor,
    off: Option<&'static Check>,
    flaw: Option<Flaw>,
}

impl<'a> Explained<'a> {
    /// Prepares the outcomes that the functionality allows. An error if the coalition has too many possible inputs, or
    /// if the inputs do not fit the subject.
    pub fn new(subject: &'a dyn DynSubject, field: FieldId, world: &World, given: Given<u64>) -> Result<Self> {
        let (n, corrupt) = (world.parties.n(), world.corrupt);
        let [mine, _] = positions(&subject.shape(n), corrupt);
        let order = if mine.is_empty() { 1 } else { field.small_order().unwrap_or(u64::MAX) };
        let count = u32::try_from(mine.len()).ok().and_then(|k| order.checked_pow(k)).filter(|c| *c <= MOST);
        if count.is_none() {
            let text = format!("the coalition has too many possible inputs over {field}: choose a smaller field");
            return Err(Error::Local(text));
        }
        let mut allowed = Vec::new();
        for choice in every(order, mine.len()) {
            let mut other = given.clone();
            mine.iter().zip(choice).for_each(|(at, v)| at.put(&mut other, v));
            allowed.push(subject.ideal(field, &other)?);
        }
        let world = Recipe { n, corrupt, floor: world.floor, off: world.off, flaw: world.flaw };
        Ok(Self { subject, field, world, given, allowed })
    }
    /// The same with inputs drawn from the seed.
    pub fn sampled(subject: &'a dyn DynSubject, field: FieldId, world: &World, seed: u64) -> Result<Self> {
        let tape = tape(seed).fork(u64::MAX - 1);
        let order = field.small_order().unwrap_or(1 << 32);
        let given = subject.shape(world.parties.n()).map(|()| tape.uniform(order));
        Self::new(subject, field, world, given)
    }
    /// Everyone's inputs.
    #[must_use]
    pub fn given(&self) -> &Given<u64> {
        &self.given
    }
    /// One run that keeps its trace, and what it amounts to.
    pub fn play(&self, tape: &Tape, adversary: &mut dyn Adversary) -> Result<(Played, Judgement)> {
        let Recipe { n, corrupt, floor, off, flaw } = self.world;
        let mut world = World::new(n, corrupt).without(off).flawed(flaw).traced();
        world.floor = floor;
        let at = Instance { field: self.field, world, shares: CorruptShares::Uniform };
        let played = self.subject.run(&at, &self.given, tape, adversary)?;
        let explained = self.allowed.iter().any(|outputs| accepted(&played, corrupt).all(|(p, y)| outputs[p] == *y));
        let judgement = judge(&played.endings, corrupt, |_, _| explained, false);
        Ok((played, judgement))
    }
}

impl Target for Explained<'_> {
    fn n(&self) -> usize {
        self.world.n
    }
    fn field(&self) -> &'static str {
        self.field.name()
    }
    fn run(&self, seed: u64, adversary: &mut dyn Adversary) -> Judgement {
        self.play(&tape(seed), adversary).map_or_else(|e| broken(&e), |(_, judgement)| judgement)
    }
}

impl Attack {
    /// One run of this attack on a subject of `n` parties over this field, on inputs drawn from the seed. `won` tells of
    /// the honest outputs, in canonical encoding, whether the coalition got what nobody may get; without an answer the
    /// functionality decides.
    pub fn on(
        &self,
        subject: &dyn DynSubject,
        field: FieldId,
        n: usize,
        c: &Conditions,
        mut script: Script<'_>,
        won: impl Fn(&[&[u8]]) -> Option<Win>,
    ) -> Outcome {
        let world = self.world(c, n, script.corrupt());
        let run = Explained::sampled(subject, field, &world, c.seed).and_then(|e| e.play(&c.tape(), &mut script));
        let (played, judgement) = match run {
            Ok(run) => run,
            Err(e) => return Outcome::of(broken(&e), &script),
        };
        let outputs: Vec<&[u8]> = accepted(&played, world.corrupt).map(|(_, y)| y).collect();
        let won = won(&outputs).filter(|_| !outputs.is_empty());
        Outcome::of(won.map_or(judgement, Judgement::Won), &script)
    }
}

/// What honest parties accepted.
fn accepted(played: &Played, corrupt: PartySet) -> impl Iterator<Item = (PartyId, &[u8])> {
    let all = played.endings.iter().enumerate().map(|(p, end)| (PartyId::new(p), end));
    all.filter(move |(p, _)| !corrupt.contains(*p)).filter_map(|(p, end)| match end {
        Ending::Output(y) => Some((p, &y[..])),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subjects::Product;
    use transport::sim::Passive;

    #[test]
    fn a_run_is_explained_by_some_input_of_the_coalition_and_by_nothing_else() {
        let world = World::new(2, PartySet::of(&[1])).real();
        let given = Given { parties: vec![vec![3], vec![4]], shared: vec![] };
        let mut e = Explained::new(&Product, FieldId::F31, &world, given.clone()).unwrap();
        assert_eq!(e.allowed.len(), 31);
        assert_eq!(e.run(7, &mut Passive), Judgement::Right);
        // What 3 times something can be: everything. What 0 times something can be: 0.
        e.given.parties[0][0] = 0;
        assert_eq!(e.run(7, &mut Passive), Judgement::Right);
        e.given.parties[0][0] = 3;
        let zero = Given { parties: vec![vec![0], vec![4]], shared: vec![] };
        e.allowed = Explained::new(&Product, FieldId::F31, &world, zero).unwrap().allowed;
        assert!(e.run(7, &mut Passive).won());
        assert!(Explained::new(&Product, FieldId::Fr, &world, given).is_err());
    }
}

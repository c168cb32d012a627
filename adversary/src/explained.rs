//! A subject on given inputs under attack, judged by its own ideal functionality: a run is explained if *some* inputs of
//! the coalition give every honest party that accepted an output exactly that output.
//!
//! This is the question for one run. That the coalition's inputs may depend on nothing it should not know is a question
//! about distributions, which single runs cannot answer: a named attack judges that for itself.

use protocols::{CHECKS, Error, Result, SessionId, Tape};
use spec::{AbortKind, Check};
use transport::sim::Adversary;
use transport::{PartyId, PartySet, PerParty};

use crate::attack::{Attack, Conditions, Expected, Outcome, tape};
use crate::fields::FieldId;
use crate::ideal::supply::CorruptShares;
use crate::oracle::{Judgement, Win, judge, judge_unanimity};
use crate::programs::broken;
use crate::run::{Ending, Floor, World};
use crate::scratch::Flaw;
use crate::strategy::language::{Draw, Input, Strategy};
use crate::strategy::stage::{Setting, Take};
use crate::strategy::{Script, Stage, StrategyError};
use crate::subject::{DynSubject, Given, Instance, Played, every, positions};
use crate::sweep::Target;

/// Tells the inputs from everyone's coins and from those of the adversary.
const INPUTS: u64 = u64::MAX - 2;
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
struct Recipe {
    n: usize,
    corrupt: PartySet,
    floor: Floor,
    off: Option<&'static Check>,
    flaw: Option<Flaw>,
    draws: Vec<Draw>,
    session: SessionId,
}

impl Recipe {
    fn of(world: &World) -> Self {
        Self {
            n: world.parties.n(),
            corrupt: world.corrupt,
            floor: world.floor,
            off: world.off,
            flaw: world.flaw,
            draws: world.draws.clone(),
            session: world.session,
        }
    }
    fn world(&self) -> World {
        let mut world = World::new(self.n, self.corrupt).without(self.off).flawed(self.flaw).loaded(&self.draws);
        (world.floor, world.session) = (self.floor, self.session);
        world
    }
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
        Ok(Self { subject, field, world: Recipe::of(world), given, allowed })
    }
    /// The same with inputs drawn from the seed.
    pub fn sampled(subject: &'a dyn DynSubject, field: FieldId, world: &World, seed: u64) -> Result<Self> {
        let tape = tape(seed).fork(INPUTS);
        let order = field.small_order().unwrap_or(1 << 32);
        let given = subject.shape(world.parties.n()).map(|()| tape.uniform(order));
        Self::new(subject, field, world, given)
    }
    /// What a strategy says must come of it; its check is one of the claim or of this project.
    pub fn expected(&self, strategy: &Strategy) -> Result<Expected, StrategyError> {
        let known: Vec<&'static Check> = self.subject.claim().checks.iter().chain(CHECKS).copied().collect();
        Expected::of(strategy, &known)
    }
    /// Everyone's inputs.
    #[must_use]
    pub fn given(&self) -> &Given<u64> {
        &self.given
    }
    /// One run that keeps its trace, and what it amounts to.
    pub fn under(&self, tape: &Tape, adversary: &mut dyn Adversary) -> Result<(Played, Judgement)> {
        self.take(&Take::of(self.world.corrupt), tape, adversary)
    }
    fn take(&self, take: &Take<'_>, tape: &Tape, adversary: &mut dyn Adversary) -> Result<(Played, Judgement)> {
        let mut world = self.world.world().traced();
        take.set(&mut world);
        let mut given = self.given.clone();
        for input in take.inputs {
            given.parties[input.party].clone_from(&input.values);
        }
        let at = Instance { field: self.field, world, shares: CorruptShares::Uniform };
        let played = self.subject.run(&at, &given, tape, adversary)?;
        let explained =
            self.allowed.iter().any(|outputs| accepted(&played, take.corrupt).all(|(p, y)| outputs[p] == *y));
        let mut judgement = judge(&played.endings, take.corrupt, |_, _| explained, false);
        if self.subject.claim().abort == AbortKind::Unanimous {
            judgement = judge_unanimity(&played.endings, take.corrupt, judgement);
        }
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
        self.under(&tape(seed), adversary).map_or_else(|e| broken(&e), |(_, judgement)| judgement)
    }
}

impl Stage for Explained<'_> {
    fn setting(&self) -> Setting {
        Setting { parties: self.world.n, corrupt: self.world.corrupt, field: self.field }
    }
    fn fits(&self, strategy: &Strategy) -> Result<(), StrategyError> {
        let (claim, n) = (self.subject.claim(), self.world.n);
        let wrong = |at: &str, what: String| Err(StrategyError { at: at.to_owned(), what });
        let range = claim.parties;
        if n != strategy.parties || !range.contains(n) {
            let (name, least, most) = (claim.protocol, range.min, range.max);
            return wrong("parties", format!("`{name}` is run here by {n} parties, and by {least} to {most} at all"));
        }
        let shape = self.subject.shape(n);
        let counts = |input: &Input| shape.parties.get(input.party).map_or(0, Vec::len);
        if let Some(input) = strategy.inputs.iter().find(|i| i.values.len() != counts(i)) {
            let (party, count) = (input.party, counts(input));
            return wrong("inputs", format!("party {party} puts {count} values into `{}`", claim.protocol));
        }
        self.expected(strategy).map(drop)
    }
    fn perform(&self, take: &Take<'_>, tape: &Tape, adversary: &mut dyn Adversary) -> Judgement {
        self.take(take, tape, adversary).map_or_else(|e| broken(&e), |(_, judgement)| judgement)
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
        let run = Explained::sampled(subject, field, &world, c.seed).and_then(|e| e.under(&c.tape(), &mut script));
        let (played, judgement) = match run {
            Ok(run) => run,
            Err(e) => return Outcome::of(broken(&e), &script),
        };
        let outputs: Vec<&[u8]> = accepted(&played, world.corrupt).map(|(_, y)| y).collect();
        // A coalition that changed nothing chose nothing, whatever came out by luck.
        let won = won(&outputs).filter(|_| !outputs.is_empty() && script.acted());
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
    use crate::attack::{Control, Expected};
    use crate::strategy::{Fate, On};
    use crate::subjects::{Product, Show};
    use field::{F31, Field};
    use transport::sim::Passive;

    /// A coalition that did nothing chose nothing. One that did something did, also if it wanted to do more.
    #[test]
    fn who_does_nothing_chooses_nothing() {
        const ATTACK: Attack = Attack {
            id: "lucky",
            title: "",
            does: "",
            reference: "",
            layer: "",
            expected: Expected::Stopped(&protocols::MAC_OUTPUT),
            control: Control::CheckOff,
            run: |_, _| unreachable!(),
        };
        let output = On::message("output", "share");
        let idle = || Script::new(PartySet::of(&[1])).sends(output, |_, _| Fate::Deliver);
        let control = Conditions { control: true, seed: 1 };
        let chosen = |script: Script<'_>| {
            ATTACK.on(&Show, FieldId::F31, 2, &control, script, |_| Some(Win::Chosen("all"))).judgement
        };
        assert_eq!(chosen(idle()), Judgement::Right);
        assert_eq!(chosen(idle().adds::<F31>(output, |_| F31::ONE)), Judgement::Won(Win::Chosen("all")));
    }
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

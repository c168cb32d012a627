//! A computation in given circumstances, and strategies played there.

use protocols::{SessionId, Tape};
use transport::sim::{Adversary, Envelope};
use transport::{PartyId, PartySet};

use super::Computation;
use crate::attack::{Outcome, tape};
use crate::fields::FieldId;
use crate::ideal::supply::CorruptShares;
use crate::oracle::{Judgement, Win, catching};
use crate::run::World;
use crate::strategy::language::{Direction, Draw, Input, Strategy};
use crate::strategy::surface::Recorder;
use crate::strategy::{Compiled, Effect, Interpreter, StrategyError, Surface};
use crate::subject::Instance;

/// The id of the session before the one that is attacked.
const OLDER: SessionId = SessionId([0x4f; 32]);
/// Tells the adversary's own tape from everyone else's.
const OWN: u64 = u64::MAX - 1;

/// A computation in given circumstances.
#[derive(Clone)]
pub struct Scene<'a> {
    /// What is attacked.
    pub computation: &'a Computation,
    /// Field, parties, coalition, foundations.
    pub at: Instance,
}

/// One run of a strategy.
#[derive(Clone, Debug)]
pub struct Played {
    /// What came of it.
    pub judgement: Judgement,
    /// What its rules did.
    pub effect: Effect,
}

/// Frames that left the coalition.
type Delivered = Vec<(PartyId, PartyId, u64, bytes::Bytes)>;

/// An adversary and what it lets out.
struct Watched<'a, 'b>(&'a mut Interpreter<'b>, Option<Delivered>);

impl Adversary for Watched<'_, '_> {
    fn release(&mut self, held: &[Envelope]) -> Option<usize> {
        self.0.release(held)
    }
    fn outgoing(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        let start = deliver.len();
        self.0.outgoing(e, deliver);
        if let Some(delivered) = &mut self.1 {
            delivered.extend(deliver[start..].iter().map(|e| (e.from, e.to, e.frame.tag, e.frame.body.clone())));
        }
    }
    fn incoming(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        self.0.incoming(e, deliver);
    }
    fn abort(&mut self) -> Option<PartyId> {
        self.0.abort()
    }
    fn ended(&mut self, who: PartyId) {
        self.0.ended(who);
    }
}

impl<'a> Scene<'a> {
    /// A computation over a field, its coalition's shares drawn like everyone's.
    #[must_use]
    pub fn new(computation: &'a Computation, field: FieldId, world: World) -> Self {
        Self { computation, at: Instance { field, world, shares: CorruptShares::Uniform } }
    }
    /// With the coalition's shares of what is dealt zero, which saves coins.
    #[must_use]
    pub fn with_zero_shares(mut self) -> Self {
        self.at.shares = CorruptShares::Zero;
        self
    }
    /// What there is to attack.
    #[must_use]
    pub fn surface(&self) -> Surface {
        let n = self.at.world.parties.n();
        Surface::record(n, self.at.world.corrupt, self.at.field, |coalition, recorder| {
            self.with(coalition, |at| at.world.flaw = None).run(&[], &tape(0), recorder);
        })
    }
    fn with(&self, corrupt: PartySet, change: impl FnOnce(&mut Instance)) -> Self {
        let mut other = self.clone();
        (other.at.world.corrupt, other.at.world.off) = (corrupt, None);
        change(&mut other.at);
        other
    }
    fn run(&self, inputs: &[Input], tape: &Tape, adversary: &mut dyn Adversary) -> Judgement {
        (self.computation.run)(&self.at, inputs, tape, adversary)
    }
    /// Checks a strategy against what there is to attack here.
    pub fn compile(&self, strategy: &Strategy) -> Result<Compiled, StrategyError> {
        strategy.validate()?;
        let (computation, n) = (self.computation, self.at.world.parties.n());
        let wrong = |at: &str, what: String| Err(StrategyError { at: at.to_owned(), what });
        if n != strategy.parties || !(computation.parties.0..=computation.parties.1).contains(&n) {
            let (least, most) = computation.parties;
            return wrong(
                "parties",
                format!("`{}` is run here by {n} parties, and by {least} to {most} at all", computation.name),
            );
        }
        if !computation.fields.contains(&self.at.field) {
            let known: Vec<_> = computation.fields.iter().map(|f| f.name()).collect();
            return wrong(
                "",
                format!("`{}` does not run over {}, only over {}", computation.name, self.at.field, known.join(", ")),
            );
        }
        if let Some(input) = strategy.inputs.iter().find(|i| i.values.len() != computation.inputs) {
            let (party, count) = (input.party, computation.inputs);
            return wrong("inputs", format!("party {party} puts {count} values into `{}`", computation.name));
        }
        Compiled::new(strategy, &self.surface())
    }
    /// The coalition's frames of an honest run under another session id, if the strategy replays some.
    #[must_use]
    pub fn older(&self, plan: &Compiled, seed: u64) -> Vec<(Direction, Envelope)> {
        if !plan.needs_older() {
            return Vec::new();
        }
        let mut recorder = Recorder::default();
        let before = self.with(self.at.world.corrupt, |at| at.world.session = OLDER);
        before.run(&[], &tape(!seed), &mut recorder);
        recorder.frames
    }
    /// One run on this tape; no frame of an older session is known unless given.
    #[must_use]
    pub fn once(&self, plan: &Compiled, tape: &Tape, older: &[(Direction, Envelope)]) -> Played {
        self.run_once(plan, plan.draws(), plan.inputs(), tape, older, false).0
    }
    fn run_once(
        &self,
        plan: &Compiled,
        draws: &[Draw],
        inputs: &[Input],
        tape: &Tape,
        older: &[(Direction, Envelope)],
        watch: bool,
    ) -> (Played, Delivered) {
        let mut interpreter = Interpreter::new(plan, tape.fork(OWN)).remembering(older);
        let mut watched = Watched(&mut interpreter, watch.then(Vec::new));
        let judgement = catching(|| match draws.is_empty() {
            true => self.run(inputs, tape, &mut watched),
            false => {
                let mut loaded = self.clone();
                loaded.at.world = loaded.at.world.loaded(draws);
                loaded.run(inputs, tape, &mut watched)
            }
        });
        let delivered = watched.1.unwrap_or_default();
        let judgement = match (plan.tells(), plan.acceptance()) {
            (Some(tells), _) if interpreter.has_seen_the_unseen() => Judgement::Won(Win::Shown(tells.to_owned())),
            (_, Some(what)) if judgement == Judgement::Right => Judgement::Won(Win::Accepted(what.to_owned())),
            _ => judgement,
        };
        (Played { judgement, effect: interpreter.effect().clone() }, delivered)
    }
    /// One run from a seed, older session included. It was effective if every rule, every coin and every input of the
    /// strategy changed something that was delivered; for coins and inputs that is found by running without them.
    #[must_use]
    pub fn play(&self, plan: &Compiled, seed: u64) -> Outcome {
        let older = self.older(plan, seed);
        let (draws, inputs) = (plan.draws(), plan.inputs());
        let others = draws.len() + inputs.len();
        let (played, delivered) = self.run_once(plan, draws, inputs, &tape(seed), &older, others > 0);
        let without = |k: usize| {
            let (mut draws, mut inputs) = (draws.to_vec(), inputs.to_vec());
            if k < draws.len() {
                draws.remove(k);
            } else {
                inputs.remove(k - draws.len());
            }
            self.run_once(plan, &draws, &inputs, &tape(seed), &older, true).1
        };
        let some = !played.effect.changed.is_empty() || others > 0;
        let effective = some && played.effect.all_changed() && (0..others).all(|k| without(k) != delivered);
        Outcome { judgement: played.judgement, effective }
    }
}

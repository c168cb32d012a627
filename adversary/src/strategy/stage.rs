//! Where strategies are played: a computation with its oracle, or a subject that is measured against its functionality.

use protocols::{SessionId, Tape};
use transport::sim::{Adversary, Envelope};
use transport::{PartyId, PartySet};

use super::language::{Direction, Draw, Input, Strategy};
use super::surface::Recorder;
use super::{Compiled, Effect, Interpreter, StrategyError, Surface};
use crate::attack::{Outcome, tape};
use crate::fields::FieldId;
use crate::oracle::{Judgement, Win, catching};
use crate::record::unrecorded;
use crate::run::World;

/// The id of the session before the one that is attacked.
const OLDER: SessionId = SessionId([0x4f; 32]);
/// Tells the adversary's own tape from everyone else's.
const OWN: u64 = u64::MAX - 1;

/// What is the same in all runs on a stage.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// How many parties there are.
    pub parties: usize,
    /// The coalition.
    pub corrupt: PartySet,
    /// The field.
    pub field: FieldId,
}

/// One run on a stage, the frames left to an adversary.
#[derive(Clone, Copy, Debug)]
pub struct Take<'a> {
    /// Who is corrupt.
    pub corrupt: PartySet,
    /// The session id, if not that of the stage.
    pub session: Option<SessionId>,
    /// Whether the check that is off on the stage stays off.
    pub off: bool,
    /// Whether the weakness of the stage's foundations stays.
    pub flawed: bool,
    /// What corrupt parties draw instead of coins.
    pub draws: &'a [Draw],
    /// What corrupt parties put in instead of their inputs.
    pub inputs: &'a [Input],
}

impl Take<'_> {
    /// The stage as it is.
    #[must_use]
    pub fn of(corrupt: PartySet) -> Self {
        Self { corrupt, session: None, off: true, flawed: true, draws: &[], inputs: &[] }
    }
    /// Makes the world of a stage that of this run.
    pub fn set(&self, world: &mut World) {
        world.corrupt = self.corrupt;
        world.session = self.session.unwrap_or(world.session);
        world.off = world.off.filter(|_| self.off);
        world.flaw = world.flaw.filter(|_| self.flawed);
        world.draws.extend_from_slice(self.draws);
    }
}

/// One run of a strategy on a given tape.
#[derive(Clone, Debug)]
pub struct Played {
    /// What came of it.
    pub judgement: Judgement,
    /// What its rules did.
    pub effect: Effect,
}

/// One run of a strategy from a seed, and what each of its parts contributed.
#[derive(Clone, Debug)]
pub struct Performance {
    /// What came of it.
    pub judgement: Judgement,
    /// What its rules did.
    pub effect: Effect,
    /// Whether each loaded coin, and after them each input, changed something that was delivered.
    pub beside: Vec<bool>,
}

impl Performance {
    /// Whether every rule, every coin and every input changed something that was delivered, and there was any.
    #[must_use]
    pub fn effective(&self) -> bool {
        let some = !(self.effect.changed.is_empty() && self.beside.is_empty());
        some && self.effect.all_changed() && self.beside.iter().all(|b| *b)
    }
}

/// What a strategy is played on.
pub trait Stage {
    /// What is the same in all runs.
    fn setting(&self) -> Setting;
    /// Whether a strategy that makes sense by itself has the parties, inputs and checks of this stage.
    fn fits(&self, strategy: &Strategy) -> Result<(), StrategyError>;
    /// One run, judged.
    fn perform(&self, take: &Take<'_>, tape: &Tape, adversary: &mut dyn Adversary) -> Judgement;

    /// What there is to attack. Of an honest run that panics it is what was said before; whatever is played there meets the
    /// panic again.
    #[must_use]
    fn surface(&self) -> Surface {
        let Setting { parties, corrupt, field } = self.setting();
        Surface::record(parties, corrupt, field, |coalition, recorder| {
            let take = Take { off: false, flawed: false, ..Take::of(coalition) };
            unrecorded(|| catching(|| self.perform(&take, &tape(0), recorder)));
        })
    }
    /// Checks a strategy against what there is to attack here.
    fn compile(&self, strategy: &Strategy) -> Result<Compiled, StrategyError> {
        strategy.validate()?;
        self.fits(strategy)?;
        Compiled::new(strategy, &self.surface())
    }
    /// The coalition's frames of an honest run under another session id, if the strategy replays some.
    #[must_use]
    fn older(&self, plan: &Compiled, seed: u64) -> Vec<(Direction, Envelope)> {
        if !plan.needs_older() {
            return Vec::new();
        }
        let mut recorder = Recorder::default();
        let take = Take { session: Some(OLDER), off: false, ..Take::of(self.setting().corrupt) };
        unrecorded(|| catching(|| self.perform(&take, &tape(!seed), &mut recorder)));
        recorder.frames
    }
    /// One run on this tape; no frame of an older session is known unless given.
    #[must_use]
    fn once(&self, plan: &Compiled, tape: &Tape, older: &[(Direction, Envelope)]) -> Played {
        run(self, plan, plan.draws(), plan.inputs(), tape, older, false).0
    }
    /// One run from a seed, older session included. What coins and inputs contribute is found by running without them.
    #[must_use]
    fn performance(&self, plan: &Compiled, seed: u64) -> Performance {
        let older = self.older(plan, seed);
        let (draws, inputs) = (plan.draws(), plan.inputs());
        let others = draws.len() + inputs.len();
        let (Played { judgement, effect }, delivered) = run(self, plan, draws, inputs, &tape(seed), &older, others > 0);
        let without = |k: usize| {
            let (mut draws, mut inputs) = (draws.to_vec(), inputs.to_vec());
            if k < draws.len() {
                draws.remove(k);
            } else {
                inputs.remove(k - draws.len());
            }
            unrecorded(|| run(self, plan, &draws, &inputs, &tape(seed), &older, true).1)
        };
        let beside = (0..others).map(|k| without(k) != delivered).collect();
        Performance { judgement, effect, beside }
    }
    /// What came of such a run.
    #[must_use]
    fn play(&self, plan: &Compiled, seed: u64) -> Outcome {
        let performance = self.performance(plan, seed);
        let effective = performance.effective();
        Outcome { judgement: performance.judgement, effective }
    }
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

/// One run of a strategy with these coins and inputs, and what left the coalition if that is wanted.
fn run(
    stage: &(impl Stage + ?Sized),
    plan: &Compiled,
    draws: &[Draw],
    inputs: &[Input],
    tape: &Tape,
    older: &[(Direction, Envelope)],
    watch: bool,
) -> (Played, Delivered) {
    let mut interpreter = Interpreter::new(plan, tape.fork(OWN)).remembering(older);
    let mut watched = Watched(&mut interpreter, watch.then(Vec::new));
    let take = Take { draws, inputs, ..Take::of(stage.setting().corrupt) };
    let judgement = catching(|| stage.perform(&take, tape, &mut watched));
    let delivered = watched.1.unwrap_or_default();
    // What it saw may be its right with some probability; these never are.
    let worse = matches!(judgement, Judgement::Won(Win::Panic(_) | Win::Broken(_) | Win::Defamed(_)));
    let judgement = match (plan.tells(), plan.acceptance()) {
        (Some(tells), _) if !worse && interpreter.has_seen_the_unseen() => Judgement::Won(Win::Shown(tells.to_owned())),
        (_, Some(what)) if judgement == Judgement::Right => Judgement::Won(Win::Accepted(what.to_owned())),
        _ => judgement,
    };
    (Played { judgement, effect: interpreter.effect().clone() }, delivered)
}

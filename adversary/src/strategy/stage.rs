//! Where strategies are played: a computation with its oracle, or a subject that is measured against its functionality.

use protocols::{SessionId, Tape};
use transport::sim::{Adversary, Envelope};
use transport::{PartyId, PartySet};

use super::language::{Direction, Draw, Input, Strategy};
use super::surface::Recorder;
use super::together::needless;
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
    /// The rules that changed something that would have been delivered as well without them, a bit each: of those that
    /// undo or repeat each other none is needed.
    pub needless: u64,
    /// Whether each loaded coin, and after them each input, changed something that was delivered.
    pub beside: Vec<bool>,
}

impl Performance {
    /// Whether every rule, every coin and every input changed something that was delivered, there was any, and no rule is
    /// needless.
    #[must_use]
    pub fn effective(&self) -> bool {
        let some = !(self.effect.changed.is_empty() && self.beside.is_empty());
        some && self.needless == 0 && self.effect.all_changed() && self.beside.iter().all(|b| *b)
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
        run(self, plan, &Parts::of(plan), tape, older, false).0
    }
    /// One run from a seed, older session included. What coins and inputs contribute, and rules that worked on the same
    /// items, is found by running without them.
    #[must_use]
    fn performance(&self, plan: &Compiled, seed: u64) -> Performance {
        let older = self.older(plan, seed);
        let all = Parts::of(plan);
        let (draws, inputs) = (all.draws.len(), all.inputs.len());
        let watch = draws + inputs > 0 || plan.rules.len() > 1;
        let (Played { judgement, effect }, trail) = run(self, plan, &all, &tape(seed), &older, watch);
        let same = |parts: &Parts<'_>| {
            let other = unrecorded(|| run(self, plan, parts, &tape(seed), &older, true).1);
            other.delivered == trail.delivered
        };
        let without = |k: usize| {
            let (mut draws, mut inputs) = (all.draws.to_vec(), all.inputs.to_vec());
            if k < draws.len() {
                draws.remove(k);
            } else {
                inputs.remove(k - draws.len());
            }
            same(&Parts { draws: &draws, inputs: &inputs, ..all })
        };
        let beside = (0..draws + inputs).map(|k| !without(k)).collect();
        let needless = needless(&plan.rules, &trail.met, effect.rules(), |without| same(&Parts { without, ..all }));
        Performance { judgement, effect, needless, beside }
    }
    /// What came of such a run.
    #[must_use]
    fn play(&self, plan: &Compiled, seed: u64) -> Outcome {
        let performance = self.performance(plan, seed);
        let effective = performance.effective();
        Outcome { judgement: performance.judgement, effective }
    }
}

/// What of a strategy a run is made with.
#[derive(Clone, Copy)]
struct Parts<'a> {
    draws: &'a [Draw],
    inputs: &'a [Input],
    /// The rules that are left out, a bit each.
    without: u64,
}

impl<'a> Parts<'a> {
    fn of(plan: &'a Compiled) -> Self {
        Self { draws: plan.draws(), inputs: plan.inputs(), without: 0 }
    }
}

/// What the adversary did that somebody can notice.
#[derive(PartialEq)]
enum Event {
    /// A frame was delivered to somebody who still ran, or to a puppet.
    Frame(PartyId, PartyId, u64, bytes::Bytes),
    /// A corrupt party said that it aborts.
    Abort(PartyId),
}

/// What is kept of a run.
struct Trail {
    delivered: Vec<Event>,
    /// The rules that worked on one frame, for every such frame.
    met: Vec<u64>,
}

/// An adversary and what it does, if that is wanted.
struct Watched<'a, 'b>(&'a mut Interpreter<'b>, Option<Vec<Event>>);

impl Watched<'_, '_> {
    fn note(&mut self, delivered: &[Envelope]) {
        let Some(events) = &mut self.1 else { return };
        let noticed = delivered.iter().filter(|e| self.0.matters(e.to));
        events.extend(noticed.map(|e| Event::Frame(e.from, e.to, e.frame.tag, e.frame.body.clone())));
    }
}

impl Adversary for Watched<'_, '_> {
    fn release(&mut self, held: &[Envelope]) -> Option<usize> {
        self.0.release(held)
    }
    fn outgoing(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        let start = deliver.len();
        self.0.outgoing(e, deliver);
        self.note(&deliver[start..]);
    }
    fn incoming(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        let start = deliver.len();
        self.0.incoming(e, deliver);
        self.note(&deliver[start..]);
    }
    fn abort(&mut self) -> Option<PartyId> {
        let who = self.0.abort();
        if let (Some(events), Some(who)) = (&mut self.1, who) {
            events.push(Event::Abort(who));
        }
        who
    }
    fn ended(&mut self, who: PartyId) {
        self.0.ended(who);
    }
}

/// One run of a strategy with these parts of it, and what is kept of it if that is wanted.
fn run(
    stage: &(impl Stage + ?Sized),
    plan: &Compiled,
    parts: &Parts<'_>,
    tape: &Tape,
    older: &[(Direction, Envelope)],
    watch: bool,
) -> (Played, Trail) {
    let mut interpreter = Interpreter::new(plan, tape.fork(OWN)).remembering(older).without(parts.without);
    let mut watched = Watched(&mut interpreter, watch.then(Vec::new));
    let take = Take { draws: parts.draws, inputs: parts.inputs, ..Take::of(stage.setting().corrupt) };
    let judgement = catching(|| stage.perform(&take, tape, &mut watched));
    let delivered = watched.1.unwrap_or_default();
    // What it saw may be its right with some probability; these never are.
    let worse = matches!(judgement, Judgement::Won(Win::Panic(_) | Win::Broken(_) | Win::Defamed(_)));
    let judgement = match (plan.tells(), plan.acceptance()) {
        (Some(tells), _) if !worse && interpreter.has_seen_the_unseen() => Judgement::Won(Win::Shown(tells.to_owned())),
        (_, Some(what)) if judgement == Judgement::Right => Judgement::Won(Win::Accepted(what.to_owned())),
        _ => judgement,
    };
    let trail = Trail { delivered, met: interpreter.met().to_vec() };
    (Played { judgement, effect: interpreter.effect().clone() }, trail)
}

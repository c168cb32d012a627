//! A strategy that somebody wrote, on one subject or computation: checked against what there is to attack, played,
//! counted.

pub mod aim;
pub mod report;

use std::panic::{AssertUnwindSafe, catch_unwind};

use adversary::attack::{Expected, tape};
use adversary::fields::FieldId;
use adversary::strategy::escape::Said;
use adversary::strategy::stage::Performance;
use adversary::strategy::{Compiled, Stage, Strategy, StrategyError};
use adversary::{DynSubject, Explained, Floor, Given, Judgement, Win, World};
use num_rational::BigRational;
use spec::{Check, Instance};
use transport::PartySet;
use transport::sim::Passive;

use crate::log::Found;
use crate::seeds::Root;

pub use aim::Aim;

/// A strategy and what it is aimed at, ready to be played.
pub struct Trial<'a> {
    aim: Aim<'a>,
    field: FieldId,
    floor: Floor,
    strategy: &'a Strategy,
    inputs: Option<Given<u64>>,
    off: Option<&'static Check>,
    expected: Expected,
    /// How likely it escapes, as it says, and whether it says that this is exact.
    said: Option<(BigRational, bool)>,
    plan: Compiled,
}

/// Why there is nothing to be played.
pub enum Refused {
    /// The strategy makes no sense here.
    Strategy(StrategyError),
    /// The circumstances make none.
    Circumstances(String),
}

/// What came of one run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// In the words of the log.
    pub found: Found,
    /// The rules that changed something that was delivered, a bit each.
    pub rules: u64,
    /// Those of them without which the same would have been delivered, a bit each.
    pub needless: u64,
    /// The coins, and after them the inputs, that did.
    pub beside: u128,
    /// Whether it was won as strategies win: something wrong was accepted, or the coalition saw what it must not see. A
    /// panic is nothing that a strategy is for.
    pub won: bool,
}

impl<'a> Trial<'a> {
    /// Checks a strategy against what it is aimed at, over a field. Inputs that are not given are drawn for every run;
    /// in the control, honest parties skip the check that must stop the strategy.
    pub fn new(
        aim: Aim<'a>,
        field: FieldId,
        strategy: &'a Strategy,
        inputs: Option<Given<u64>>,
        control: bool,
    ) -> Result<Self, Refused> {
        strategy.validate().map_err(Refused::Strategy)?;
        aim.runs_over(field).and_then(|()| aim.resists()).map_err(Refused::Circumstances)?;
        let compiled = |floor: Floor| -> Result<(Floor, Compiled), Refused> {
            let stage = aim.stage(field, strategy, floor, None, inputs.as_ref(), 0);
            let stage = stage.map_err(|e| Refused::Circumstances(e.to_string()))?;
            Ok((floor, stage.compile(strategy).map_err(Refused::Strategy)?))
        };
        let (floor, other) = aim.floors(&strategy.id);
        let (floor, plan) = compiled(floor).or_else(|e| other.and_then(|floor| compiled(floor).ok()).ok_or(e))?;
        if let Aim::Subject(subject) = aim {
            let run = stage(subject, field, strategy.parties, strategy.coalition(), None, inputs.as_ref(), 0);
            run.and_then(|run| can_run(&run)).map_err(|e| Refused::Circumstances(e.to_string()))?;
        }
        let expected = aim.expected(strategy).map_err(Refused::Strategy)?;
        let evaluated = |said: Said| match said.escape.probability(&at(field, strategy)) {
            Ok(probability) => Ok((probability, said.exact)),
            Err(what) => Err(Refused::Strategy(StrategyError { at: said.place().into(), what })),
        };
        let said = Said::of(&strategy.expect).map_err(Refused::Strategy)?.map(evaluated).transpose()?;
        let off = match (control, expected.check()) {
            (true, None) => {
                let why = format!("`{}` is stopped by no check that could be switched off", strategy.id);
                return Err(Refused::Circumstances(why));
            }
            (control, check) => check.filter(|_| control),
        };
        Ok(Self { aim, field, floor, strategy, inputs, off, expected, said, plan })
    }
    /// What must come of it.
    #[must_use]
    pub fn expected(&self) -> Expected {
        self.expected
    }
    /// One run.
    #[must_use]
    pub fn play(&self, seed: u64) -> Run {
        let stage = self.stage(seed);
        stage.map_or_else(|e| broken(&e), |stage| Run::of(&stage.performance(&self.plan, seed)))
    }
    /// The same run once more, without asking what its parts contribute: for being written down.
    pub fn replay(&self, seed: u64) -> Result<Judgement, String> {
        let stage = self.stage(seed).map_err(|e| e.to_string())?;
        let older = stage.older(&self.plan, seed);
        Ok(stage.once(&self.plan, &tape(seed), &older).judgement)
    }
    /// How a run was won, or what else happened that no functionality explains: the same runs as [`Self::play`] finds.
    #[must_use]
    pub fn win(&self, seed: u64) -> Option<Win> {
        let performance = self.stage(seed).ok()?.performance(&self.plan, seed);
        match (Run::of(&performance).found, performance.judgement) {
            (Found::Wrong(_) | Found::Unexplained(_), Judgement::Won(win)) => Some(win),
            _ => None,
        }
    }
    /// Another strategy at the same aim, on the same inputs and without the same check.
    pub fn instead<'b>(&self, strategy: &'b Strategy) -> Result<Trial<'b>, Refused>
    where
        'a: 'b,
    {
        Trial::new(self.aim, self.field, strategy, self.inputs.clone(), self.off.is_some())
    }
    fn stage(&self, seed: u64) -> protocols::Result<Box<dyn Stage + 'a>> {
        self.aim.stage(self.field, self.strategy, self.floor, self.off, self.inputs.as_ref(), seed)
    }
}

/// A subject on real foundations.
pub fn stage<'a>(
    subject: &'a dyn DynSubject,
    field: FieldId,
    n: usize,
    corrupt: PartySet,
    off: Option<&'static Check>,
    inputs: Option<&Given<u64>>,
    seed: u64,
) -> protocols::Result<Explained<'a>> {
    let world = World::new(n, corrupt).real().without(off);
    match inputs {
        Some(given) => Explained::new(subject, field, &world, given.clone()),
        None => Explained::sampled(subject, field, &world, seed),
    }
}

/// Whether runs of a subject can be made at all. The error says why not: that is nothing that a strategy wins. That
/// honest runs panic is for those that are played to tell.
pub fn can_run(subject: &Explained<'_>) -> protocols::Result<()> {
    let honest = || subject.under(&tape(0), &mut Passive).map(drop);
    catch_unwind(AssertUnwindSafe(honest)).unwrap_or(Ok(()))
}

/// Where formulas about a strategy are evaluated.
fn at(field: FieldId, strategy: &Strategy) -> Instance {
    Instance::field(field.order()).with_parties(u32::try_from(strategy.parties).unwrap_or(u32::MAX))
}

fn broken(e: &protocols::Error) -> Run {
    Run { found: Found::Error(e.to_string()), rules: 0, needless: 0, beside: 0, won: false }
}

/// The seed of a run of the strategy of this name, wherever it is played: what a search finds is replayed by `attack`.
#[must_use]
pub fn seed(root: &Root, id: &str, run: u64) -> u64 {
    root.seed(&format!("strategy {id}"), run)
}

impl Run {
    /// Whether anything that was delivered was changed, as it was wherever a wrong output was accepted.
    #[must_use]
    pub fn acted(&self) -> bool {
        self.rules != 0 || self.beside != 0 || matches!(self.found, Found::Wrong(_))
    }
    /// The rules that were needed for what was delivered, a bit each.
    #[must_use]
    pub fn needed(&self) -> u64 {
        self.rules & !self.needless
    }
    /// Whether every rule, coin and input of the strategy changed something and was needed for it, and there is any.
    #[must_use]
    pub fn whole(&self, strategy: &Strategy) -> bool {
        let beside = strategy.tape.len() + strategy.inputs.len();
        let all = (self.needed().count_ones() as usize, self.beside.count_ones() as usize);
        all == (strategy.rules.len(), beside) && all != (0, 0)
    }
    fn of(p: &Performance) -> Self {
        let rules = p.effect.rules();
        let beside = p.beside.iter().enumerate().fold(0, |mask, (k, b)| mask | u128::from(*b) << k);
        let found = match (&p.judgement, rules, beside) {
            // Honest parties that accept what nobody has changed have accepted no lie, and what they show then is what
            // the protocol shows.
            (Judgement::Won(Win::Accepted(_) | Win::Shown(_)), 0, 0) => Found::Idle,
            (judgement, ..) => found(judgement, p.effective()),
        };
        let shown = found != Found::Idle && matches!(p.judgement, Judgement::Won(Win::Shown(_)));
        let won = shown || matches!(found, Found::Wrong(_));
        Self { found, rules, needless: p.needless, beside, won }
    }
    /// Whether it was won by seeing what the coalition must not see, of which the log has no word of its own.
    fn shown(&self) -> bool {
        self.won && matches!(self.found, Found::Unexplained(_))
    }
}

/// A run in the words of the log. What no functionality explains is told even if some rule had no part in it.
#[must_use]
pub fn found(judgement: &Judgement, effective: bool) -> Found {
    match judgement {
        Judgement::Won(win @ (Win::WrongOutput(_) | Win::Disagreement(..) | Win::Accepted(_) | Win::Chosen(_))) => {
            Found::Wrong(win.to_string())
        }
        Judgement::Won(win) => Found::Unexplained(win.to_string()),
        _ if !effective => Found::Idle,
        Judgement::Right => Found::Right,
        Judgement::GaveUp => Found::GaveUp,
        Judgement::Stopped(abort) => Found::Stopped(abort.check.id.to_owned()),
    }
}

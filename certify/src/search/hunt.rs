//! Small strategies drawn at random, until one wins or the patience is over. One that wins is made as small as it can
//! be.
//!
//! Over a small field some runs of a lie go through by right. A strategy wins if it does so in more runs than the
//! weakest claimed check would let pass, at a level that is shared among all strategies that are tried. What no check
//! may ever let through, such as a panic or a leak, wins at once.

use std::time::Instant;

use adversary::DynSubject;
use adversary::attack::tape;
use adversary::fields::FieldId;
use adversary::stats::at_least;
use adversary::strategy::{Compiled, Stage, Strategy, Surface, random};
use adversary::subject::positions;
use adversary::verdict::ALPHA;
use num_traits::ToPrimitive;
use spec::Instance;
use transport::PartySet;

use crate::log::Found;
use crate::measure::on_all_processors;
use crate::registry::weakest;
use crate::search::smallest::smallest;
use crate::seeds::Root;
use crate::trial::aim::{Aim, PRIME};
use crate::trial::{can_run, found, seed, stage};
use crate::watchdog::Watchdog;

/// As many inputs of a coalition are tried at most for every run.
const MOST_INPUTS: u64 = 1 << 12;
/// Strategies between two looks at the clock.
const BATCH: u64 = 32;
/// Runs after which a strategy that has not won yet is given up.
const GLANCE: u64 = 2;
/// Runs that a strategy is judged by, at least and at most.
const RUNS: (u64, u64) = (24, 200);
/// What is at most so likely by right after the first look at a strategy is looked at again after the most runs.
const SUSPECT: f64 = 1e-2;
/// Draws until a strategy makes sense.
const DRAWS: u64 = 40;

/// Where strategies are tried.
pub struct Hunt<'a> {
    subject: &'a dyn DynSubject,
    parties: usize,
    grounds: Vec<Ground>,
    root: Root,
}

/// One coalition.
struct Ground {
    field: FieldId,
    surface: Surface,
    /// With what probability a wrong output may be accepted.
    allowed: f64,
}

/// What a hunt brought home.
pub struct Bag {
    /// Strategies that were tried: those that make no sense are not.
    pub tried: u64,
    /// Those of them that changed something that was delivered.
    pub acted: u64,
    /// A strategy that won.
    pub prey: Option<Prey>,
}

/// A strategy that wins, shrunk.
pub struct Prey {
    /// The strategy.
    pub strategy: Strategy,
    /// The field it was found over.
    pub field: FieldId,
    /// How many runs it won, and of how many.
    pub won: (u64, u64),
    /// What came of the first of them.
    pub what: String,
}

/// A strategy that was tried.
struct Tried<'a> {
    ground: &'a Ground,
    strategy: Strategy,
    score: Score,
}

/// How it did.
struct Score {
    won: u64,
    runs: u64,
    acted: bool,
    what: Option<String>,
    /// Whether it won oftener than it may.
    wins: bool,
}

impl<'a> Hunt<'a> {
    /// Prepares all coalitions of so many parties whose runs can be judged: over this field, or over the largest for
    /// each. An error if there is none, or if no run can be made.
    pub fn new(
        subject: &'a dyn DynSubject,
        parties: usize,
        field: Option<FieldId>,
        root: Root,
    ) -> Result<Self, String> {
        field.map_or(Ok(()), |field| Aim::Subject(subject).runs_over(field))?;
        let mut grounds = Vec::new();
        for mask in 1..(1u32 << parties) - 1 {
            let members: Vec<usize> = (0..parties).filter(|p| mask >> p & 1 == 1).collect();
            let corrupt = PartySet::of(&members);
            if let Some(field) = judged(subject, parties, corrupt, field) {
                grounds.push(Ground::new(subject, parties, corrupt, field).map_err(|e| e.to_string())?);
            }
        }
        if grounds.is_empty() {
            let field = field.map_or_else(String::new, |f| format!(" over {f}"));
            return Err(format!("`{}` cannot be judged{field}: coalitions have too many inputs", subject.name()));
        }
        Ok(Self { subject, parties, grounds, root })
    }
    /// Tries at most so many strategies, and begins none after the deadline. `done` is told how far it is.
    #[must_use]
    pub fn go(&self, most: u64, deadline: Instant, watchdog: &Watchdog, mut done: impl FnMut(u64)) -> Bag {
        let mut bag = Bag { tried: 0, acted: 0, prey: None };
        let level = ALPHA / most.max(1) as f64;
        let mut first = 0;
        while first < most && Instant::now() < deadline {
            let batch = BATCH.min(most - first);
            let one = |k: usize| {
                let number = first + k as u64;
                watchdog.watching(&format!("strategy {number}"), || self.tried(number, level))
            };
            let all = on_all_processors(usize::try_from(batch).unwrap_or(0), &mut |_| (), one);
            first += batch;
            bag.tried += all.iter().flatten().count() as u64;
            bag.acted += all.iter().flatten().filter(|t| t.score.acted).count() as u64;
            done(first);
            // The first in order, so that the same seed finds the same.
            if let Some(tried) = all.into_iter().flatten().find(|t| t.score.wins) {
                bag.prey = Some(self.shrunk(tried, level));
                return bag;
            }
        }
        bag
    }
    /// The strategy of this number; `None` if none was drawn that makes sense.
    fn tried(&self, number: u64, level: f64) -> Option<Tried<'_>> {
        let tape = tape(self.root.seed("search", number));
        for _ in 0..DRAWS {
            let ground = &self.grounds[usize::try_from(tape.uniform(self.grounds.len() as u64)).ok()?];
            let strategy = random(&ground.surface, &format!("found.{number}"), &tape);
            if let Some(score) = self.score(ground, &strategy, level) {
                return Some(Tried { ground, strategy, score });
            }
        }
        None
    }
    /// Plays a strategy; `None` if it makes no sense there.
    fn score(&self, ground: &Ground, strategy: &Strategy, level: f64) -> Option<Score> {
        let plan = Compiled::new(strategy, &ground.surface).ok()?;
        let mut score = Score { won: 0, runs: 0, acted: false, what: None, wins: false };
        let oftener = oftener_than(ground.allowed, level, |enough| {
            self.play(ground, &plan, &strategy.id, enough, &mut score).then_some((score.won, score.runs))
        });
        score.wins |= oftener;
        (score.runs > 0).then_some(score)
    }
    /// Plays until there are so many runs. Whether they are to be counted: not if it wins anyway, or is given up.
    fn play(&self, ground: &Ground, plan: &Compiled, id: &str, enough: u64, score: &mut Score) -> bool {
        while score.runs < enough {
            let seed = seed(&self.root, id, score.runs);
            let (n, corrupt) = (self.parties, ground.surface.corrupt);
            // What was won before is not lost.
            let Ok(stage) = stage(self.subject, ground.field, n, corrupt, None, None, seed) else { break };
            let played = stage.performance(plan, seed);
            score.runs += 1;
            score.acted |= played.effective();
            match found(&played.judgement, played.effective()) {
                Found::Wrong(what) => {
                    score.won += 1;
                    score.what.get_or_insert(what);
                }
                Found::Unexplained(what) => {
                    score.won += 1;
                    (score.what, score.wins) = (Some(what), true);
                    return false;
                }
                _ => {}
            }
            if score.runs == GLANCE && score.won == 0 {
                return false;
            }
        }
        score.runs > 0
    }
    /// The smallest strategy found that wins as this one does.
    fn shrunk(&self, tried: Tried<'_>, level: f64) -> Prey {
        let Tried { ground, strategy, score } = tried;
        let wins = |smaller: &Strategy| self.score(ground, smaller, level).filter(|s| s.wins);
        let (strategy, score) = smallest(&strategy, score, wins);
        let what = score.what.unwrap_or_default();
        Prey { strategy, field: ground.field, won: (score.won, score.runs), what }
    }
}

/// Whether something happens oftener than `allowed` lets it, of which `play` tells after so many runs how often it has
/// happened and in how many; `None` if that is of no interest any more.
fn oftener_than(allowed: f64, level: f64, mut play: impl FnMut(u64) -> Option<(u64, u64)>) -> bool {
    // There are two looks at most, and each has half of the level.
    let level = level / 2.0;
    // So many runs that to win all of them by right is less likely than the level.
    let enough = (level.ln() / allowed.ln()).ceil().clamp(RUNS.0 as f64, RUNS.1 as f64) as u64;
    for enough in [enough, RUNS.1] {
        let Some((happened, runs)) = play(enough) else { return false };
        let chance = at_least(happened, runs, allowed);
        if chance < level || chance >= SUSPECT {
            return chance < level;
        }
    }
    false
}

/// The largest field over which the inputs of a coalition can be tried, or whether that is so over this one.
fn judged(subject: &dyn DynSubject, n: usize, corrupt: PartySet, wanted: Option<FieldId>) -> Option<FieldId> {
    let [mine, _] = positions(&subject.shape(n), corrupt);
    let few = |f: &FieldId| {
        let count = u32::try_from(mine.len()).ok().and_then(|k| f.small_order()?.checked_pow(k));
        mine.is_empty() || count.is_some_and(|c| c <= MOST_INPUTS)
    };
    let all = PRIME.into_iter().rev();
    all.filter(|f| wanted.is_none_or(|w| w == *f)).find(few)
}

impl Ground {
    fn new(subject: &dyn DynSubject, n: usize, corrupt: PartySet, field: FieldId) -> protocols::Result<Self> {
        let stage = stage(subject, field, n, corrupt, None, None, 0)?;
        can_run(&stage)?;
        let surface = stage.surface();
        let at = Instance::field(field.order()).with_parties(u32::try_from(n).unwrap_or(u32::MAX));
        let allowed = weakest(subject.claim(), &at).and_then(|b| b.at(&at).to_f64()).unwrap_or(0.0);
        Ok(Self { field, surface, allowed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What happens in so many of a hundred runs: whether it is too often, and after how many looks.
    fn judged(percent: u64, allowed: f64) -> (bool, Vec<u64>) {
        let mut looks = Vec::new();
        let found = oftener_than(allowed, 1e-6, |runs| {
            looks.push(runs);
            Some((runs * percent / 100, runs))
        });
        (found, looks)
    }
    #[test]
    fn what_is_suspect_is_looked_at_twice() {
        let allowed = 0.1;
        assert_eq!(judged(100, allowed), (true, vec![24]), "always: plain at once");
        assert_eq!(judged(10, allowed), (false, vec![24]), "as often as it may: dropped at once");
        assert_eq!(judged(30, allowed), (true, vec![24, 200]), "thrice as often: only many runs tell");
        let mut looks = [(7, 24), (36, 200)].into_iter();
        assert!(!oftener_than(allowed, 1e-6, |_| looks.next()), "luck at first: the second look clears it");
        assert!(looks.next().is_none());
        assert!(!oftener_than(allowed, 1e-6, |_| None), "given up");
    }
    /// Where nothing may pass, all runs it takes are the fewest.
    #[test]
    fn what_may_never_happen_is_plain_at_once() {
        assert_eq!(judged(100, 0.0), (true, vec![RUNS.0]));
        assert_eq!(judged(0, 0.0), (false, vec![RUNS.0]));
        assert_eq!(judged(100, 0.9).1, [138], "0.9^138 is below half of the level");
    }
}

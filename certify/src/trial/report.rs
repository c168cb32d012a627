//! What came of a strategy over many runs, and what follows from it.

use std::collections::BTreeMap;

use adversary::attack::Expected;
use adversary::fields::FieldId;
use adversary::stats::{at_least, at_most, interval};
use adversary::strategy::Strategy;
use adversary::verdict::ALPHA;
use adversary::{Floor, Verdict};
use num_rational::BigRational;
use num_traits::{ToPrimitive, Zero};
use serde::Serialize;

use super::{Run, Trial, at};
use crate::log::Found;

/// The level of each side of the interval that is shown.
const SIDE: f64 = 0.025;
/// More runs than these are not named one by one.
const NAMED: usize = 20;
/// Why a strategy shows nothing.
const NEVER_WHOLE: &str = "in no run did every part of the strategy change something that was delivered";

/// What came of all runs.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What was attacked.
    pub protocol: String,
    /// Over which field.
    pub field: FieldId,
    /// Whether it stood on ideal foundations.
    pub ideal: bool,
    /// The strategy.
    pub strategy: String,
    /// What it does.
    pub does: String,
    /// The number of parties.
    pub parties: usize,
    /// The coalition.
    pub corrupt: Vec<usize>,
    /// Whether the check that must stop it was off.
    pub control: bool,
    /// How many runs.
    pub runs: u64,
    /// Those in which every honest party had the right output.
    pub right: u64,
    /// Those that an honest party stopped, by check.
    pub stopped: BTreeMap<String, u64>,
    /// Those in which honest parties wait for the coalition.
    pub gave_up: u64,
    /// Those in which a wrong output was accepted.
    pub wrong: u64,
    /// Those in which the coalition saw what it must not see.
    pub shown: u64,
    /// Those that nothing explains otherwise, such as a panic.
    pub unexplained: u64,
    /// Those that could not be made, which shows nothing.
    pub not_made: u64,
    /// Those in which some rule, coin or input changed nothing that was delivered, unless they are a finding.
    pub idle: u64,
    /// Those in which every rule, coin and input changed something.
    pub whole: u64,
    /// The first of the runs that were wrong, shown or unexplained.
    pub findings: Vec<Finding>,
    /// In how many runs each rule changed something that was delivered.
    pub rules: Vec<u64>,
    /// In how many runs each loaded coin did.
    pub tape: Vec<u64>,
    /// In how many runs each replaced input did.
    pub inputs: Vec<u64>,
    /// How often it escaped.
    pub escape: Rate,
    /// What must come of it, as the strategy says.
    pub expected: String,
    /// The runs that ended so.
    pub as_expected: u64,
    /// What follows.
    pub verdict: Verdict,
    /// Why it is no pass.
    pub because: Option<String>,
}

/// A run that should not be.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Its number.
    pub run: u64,
    /// What happened.
    pub what: String,
}

/// How often a wrong output was accepted, or the coalition saw what it must not see, of the runs in which something was
/// changed. A check that lets a lie pass by right lets through all that follows from the lie.
#[derive(Clone, Default, Debug, Serialize)]
pub struct Rate {
    /// Wrong outputs, and runs in which the coalition saw what it must not see.
    pub hits: u64,
    /// Runs in which something was changed.
    pub of: u64,
    /// The 95% Clopper–Pearson interval of their probability.
    pub interval: [f64; 2],
    /// The bound of the weakest claimed check, or of the one that a computation is attacked for, if that is a
    /// probability.
    pub bound: Option<String>,
    /// Its value as a fraction: how often that may happen.
    pub claimed: String,
    /// The same, rounded.
    pub about: f64,
    /// What the strategy says about it, exactly.
    pub said: Option<String>,
    /// What it says that it is at most.
    pub said_at_most: Option<String>,
}

impl Report {
    /// Counts runs, of which the first has this number.
    #[must_use]
    pub fn new(trial: &Trial<'_>, first: u64, runs: &[Run]) -> Self {
        let Trial { aim, field, floor, strategy, off, expected, .. } = *trial;
        let control = off.is_some();
        let mut report = Self {
            protocol: aim.name().to_owned(),
            field,
            ideal: floor == Floor::Ideal,
            strategy: strategy.id.clone(),
            does: strategy.does.clone(),
            parties: strategy.parties,
            corrupt: strategy.corrupt.clone(),
            control,
            runs: runs.len() as u64,
            right: 0,
            stopped: BTreeMap::new(),
            gave_up: 0,
            wrong: 0,
            shown: 0,
            unexplained: 0,
            not_made: 0,
            idle: 0,
            whole: runs.iter().filter(|r| r.whole(strategy)).count() as u64,
            findings: Vec::new(),
            rules: changed(runs, strategy.rules.len(), |r, k| r.needed() >> k & 1 == 1),
            tape: changed(runs, strategy.tape.len(), |r, k| r.beside >> k & 1 == 1),
            inputs: changed(runs, strategy.inputs.len(), |r, k| r.beside >> (strategy.tape.len() + k) & 1 == 1),
            escape: Rate::default(),
            expected: expected.to_string(),
            as_expected: 0,
            verdict: Verdict::Vacuous,
            because: None,
        };
        // The runs come first: after the last there need not be another number.
        for (run, number) in runs.iter().zip(first..) {
            report.count(number, run);
        }
        report.as_expected = match expected {
            Expected::Stopped(check) => report.stopped.get(check.id).copied().unwrap_or(0),
            Expected::Harmless => report.right,
            Expected::NoOutput => report.gave_up,
        };
        let at = at(field, strategy);
        let bound = aim.bound(expected, &at);
        let claimed = bound.map_or_else(BigRational::zero, |bound| bound.at(&at));
        // Lucky and unlucky runs alike, whether or not every part of the strategy acted in them.
        let of = runs.iter().filter(|r| r.acted()).count() as u64;
        let hits = report.wrong + report.shown;
        let (low, high) = interval(hits, of, SIDE);
        report.escape = Rate {
            hits,
            of,
            interval: [low, high],
            bound: bound.map(|b| b.to_string()),
            about: number(&claimed),
            claimed: claimed.to_string(),
            said: strategy.expect.escape.clone(),
            said_at_most: strategy.expect.escape_at_most.clone(),
        };
        let not_made = runs.iter().find_map(|r| match &r.found {
            Found::Error(why) => Some(format!("{} runs could not be made: {why}", report.not_made)),
            _ => None,
        });
        let judged = match control {
            true => report.in_control(&claimed, strategy, runs),
            false => report.judge(expected, &claimed, trial.said.as_ref()),
        };
        (report.verdict, report.because) = match not_made.filter(|_| judged.0 != Verdict::Fail) {
            Some(why) => (Verdict::Inconclusive, Some(why)),
            None => judged,
        };
        report
    }
    fn count(&mut self, number: u64, run: &Run) {
        let what = match &run.found {
            Found::Right => return self.right += 1,
            Found::GaveUp => return self.gave_up += 1,
            Found::Idle => return self.idle += 1,
            Found::Stopped(check) => return *self.stopped.entry(check.clone()).or_default() += 1,
            Found::Wrong(what) => {
                self.wrong += 1;
                what.clone()
            }
            Found::Error(_) => return self.not_made += 1,
            Found::Unexplained(what) if run.shown() => {
                self.shown += 1;
                what.clone()
            }
            Found::Unexplained(what) => {
                self.unexplained += 1;
                what.clone()
            }
            other => {
                self.unexplained += 1;
                format!("{other:?}")
            }
        };
        if self.findings.len() < NAMED {
            self.findings.push(Finding { run: number, what });
        }
    }
    /// What follows for the protocol as it ships: it must not lose, the strategy must act, and the check that it is
    /// about must have fired.
    fn judge(
        &self,
        expected: Expected,
        claimed: &BigRational,
        said: Option<&(BigRational, bool)>,
    ) -> (Verdict, Option<String>) {
        let (hits, acted) = (self.escape.hits, self.escape.of);
        if self.unexplained > 0 {
            return (Verdict::Fail, Some(format!("{} runs that no functionality explains", self.unexplained)));
        }
        if hits > 0 && at_least(hits, acted, number(claimed)) < ALPHA {
            let rate = if claimed.is_zero() { "never".to_owned() } else { format!("up to {:.3e}", self.escape.about) };
            let text = format!("it escaped in {hits} of {acted} runs; the claim is {rate}");
            return (Verdict::Fail, Some(text));
        }
        if self.whole == 0 {
            return (Verdict::Vacuous, Some(NEVER_WHOLE.into()));
        }
        if let Some((said, exact)) = said {
            let p = number(said);
            if at_least(hits, acted, p) < ALPHA {
                return (Verdict::Fail, Some("it escapes oftener than it says".into()));
            }
            // A bound need not be reached.
            if *exact && at_most(hits, acted, p) < ALPHA {
                return (Verdict::Inconclusive, Some("it escapes less often than it says".into()));
            }
        }
        match expected.check() {
            Some(check) if self.as_expected == 0 => {
                (Verdict::Inconclusive, Some(format!("the check that it is about, {}, never fired", check.id)))
            }
            None if self.as_expected == 0 => {
                (Verdict::Inconclusive, Some(format!("it never ended as it must: {expected}")))
            }
            _ => (Verdict::Pass, None),
        }
    }
    /// In the control a strategy has to win, with all of its parts and oftener than the claim lets lies through, or it
    /// shows nothing.
    fn in_control(&self, claimed: &BigRational, strategy: &Strategy, runs: &[Run]) -> (Verdict, Option<String>) {
        let (acted, p) = (self.escape.of, number(claimed));
        let all = || runs.iter().filter(|r| r.won && r.acted());
        let won = all().count() as u64;
        let vacuous = |why: &str| (Verdict::Vacuous, Some(why.to_owned()));
        let by_right = format!("it wins {won} of {acted} runs, as the claim allows: up to {p:.3e}");
        match () {
            () if self.whole == 0 => vacuous(NEVER_WHOLE),
            () if won == 0 => vacuous("it does not win where the check that stops it is off"),
            () if !all().any(|r| r.whole(strategy)) => vacuous("it wins only where some part of it changes nothing"),
            () if at_least(won, acted, p) < ALPHA => (Verdict::Pass, None),
            () if won as f64 > p * acted as f64 => (Verdict::Inconclusive, Some(by_right + "; more runs would tell")),
            () => vacuous(&by_right),
        }
    }
}

fn number(p: &BigRational) -> f64 {
    p.to_f64().unwrap_or(f64::NAN)
}

fn changed(runs: &[Run], count: usize, bit: impl Fn(&Run, usize) -> bool) -> Vec<u64> {
    (0..count).map(|k| runs.iter().filter(|r| bit(r, k)).count() as u64).collect()
}

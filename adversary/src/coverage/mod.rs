//! How much of a protocol was attacked, counted from the runs that were made: seven figures with their denominators, and
//! what is missing in words.
//!
//! | figure | of all | were |
//! |---|---|---|
//! | AC1 | fields of messages: step, direction, message, kind | changed in some run |
//! | AC2 | fields with every change that is possible there | changed in that way |
//! | AC3 | pairs of fields that a coalition sends one after the other | changed in one run |
//! | AC4 | checks | the only cause of a rejection: what they reject is accepted without them |
//! | AC5 | coalitions, every set of up to all but one party | attacking |
//! | AC6 | steps in which a coalition speaks, twice | the step in which it fell silent, or aborted |
//! | AC7 | runs in which nobody deviates | right |
//!
//! Only a change that made a difference counts: a frame must have been delivered with other content, to somebody else,
//! twice or not at all.

mod surface;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use spec::Check;
use transport::PartySet;
use transport::sim::{Adversary, Passive};

use crate::attack::{Attack, Control, Trial, tape};
use crate::computation::Computation;
use crate::fields::FieldId;
use crate::ideal::supply::CorruptShares;
use crate::oracle::{Judgement, Win, catching};
use crate::run::{Floor, World};
use crate::subject::Instance;
use crate::sweep::{Direction, Effort, Point, Target, points, replay_all};

use surface::{Both, Gone, Leaves, change, possible};
pub use surface::{Field, Surface};

/// A protocol under attack by one coalition.
pub struct Ground<'a> {
    /// What it is called, whoever is corrupt.
    pub name: &'a str,
    /// The computation.
    pub target: &'a dyn Target,
    /// Who is corrupt in it.
    pub corrupt: PartySet,
}

/// A named computation among `n` parties with a coalition.
pub struct Staged {
    /// What is computed.
    pub computation: &'static Computation,
    /// Over which field.
    pub field: FieldId,
    /// Among how many parties.
    pub n: usize,
    /// Who is corrupt.
    pub corrupt: PartySet,
    /// On what.
    pub floor: Floor,
}

impl Target for Staged {
    fn n(&self) -> usize {
        self.n
    }
    fn field(&self) -> &'static str {
        self.field.name()
    }
    fn run(&self, seed: u64, adversary: &mut dyn Adversary) -> Judgement {
        let mut world = World::new(self.n, self.corrupt);
        world.floor = self.floor;
        let at = Instance { field: self.field, world, shares: CorruptShares::Uniform };
        (self.computation.run)(&at, &[], &tape(seed), adversary)
    }
}

/// What was attacked so far, and what there is to attack.
#[derive(Default)]
pub struct Coverage {
    changes: BTreeMap<Field, BTreeMap<&'static str, bool>>,
    pairs: BTreeMap<(Field, Field), bool>,
    checks: BTreeMap<&'static str, bool>,
    coalitions: BTreeMap<(String, usize), BTreeSet<PartySet>>,
    exits: BTreeMap<String, bool>,
    honest: (u64, Vec<String>),
    runs: u64,
    wrong: u64,
    broken: Vec<String>,
}

/// One figure.
#[derive(Clone, Debug)]
pub struct Covered {
    /// AC1 to AC7.
    pub id: &'static str,
    /// What is counted.
    pub what: &'static str,
    /// How much of it was met.
    pub hit: u64,
    /// All of it.
    pub all: u64,
    /// What was not.
    pub missed: Vec<String>,
}

impl Coverage {
    /// Nothing attacked yet; these checks have to be shown to matter.
    #[must_use]
    pub fn of(checks: &[&'static Check]) -> Self {
        Self { checks: checks.iter().map(|c| (c.id, false)).collect(), ..Self::default() }
    }

    fn judged(&mut self, ground: &Ground<'_>, judgement: &Judgement, how: impl FnOnce() -> String) {
        self.runs += 1;
        let tiny = FieldId::of_name(ground.target.field()).and_then(FieldId::small_order).is_some();
        match judgement {
            Judgement::Won(Win::WrongOutput(_) | Win::Disagreement(..)) if tiny => self.wrong += 1,
            Judgement::Won(win) => {
                self.broken.push(format!("{}, {} corrupt, {}: {win}", ground.name, ground.corrupt, how()));
            }
            _ => {}
        }
    }
    /// Notes one run of a sweep: what it changed, if it did, and how it was judged.
    pub fn observe(
        &mut self,
        ground: &Ground<'_>,
        surface: &Surface,
        seed: u64,
        (point, judgement, fired): (&Point, &Judgement, bool),
    ) {
        let Some(frame) = surface.at(point) else { return };
        if !possible(point.mutation, frame, point.direction, ground.target.n()) {
            return;
        }
        let hit = self.changes.entry(frame.field.clone()).or_default().entry(change(point.mutation)).or_default();
        *hit |= fired;
        if fired {
            let coalitions = self.coalitions.entry((ground.name.to_owned(), ground.target.n())).or_default();
            coalitions.insert(ground.corrupt);
            self.judged(ground, judgement, || format!("seed {seed}, {point}"));
        }
    }
    /// Notes what there is to change, whether or not it is.
    pub fn expect(&mut self, ground: &Ground<'_>, surface: &Surface, seed: u64) {
        for point in points(ground.target, seed, Effort::Every) {
            if let Some(frame) = surface.at(&point)
                && possible(point.mutation, frame, point.direction, ground.target.n())
            {
                self.changes.entry(frame.field.clone()).or_default().entry(change(point.mutation)).or_default();
            }
        }
        self.coalitions.entry((ground.name.to_owned(), ground.target.n())).or_default();
    }
    /// Sweeps.
    pub fn sweep(&mut self, ground: &Ground<'_>, seed: u64, effort: Effort) {
        let surface = Surface::of(ground.target, seed);
        self.expect(ground, &surface, seed);
        let points = points(ground.target, seed, effort);
        for (point, (judgement, fired)) in points.iter().zip(replay_all(ground.target, seed, &points)) {
            self.observe(ground, &surface, seed, (point, &judgement, fired));
        }
    }
    /// Changes two frames in a row, for every two fields that follow each other.
    pub fn pairs(&mut self, ground: &Ground<'_>, seed: u64) {
        let surface = Surface::of(ground.target, seed);
        let sent = &surface.frames[Direction::Sent as usize];
        for (first, two) in sent.windows(2).enumerate() {
            let [a, b] = two else { continue };
            if a.field == b.field || a.empty || b.empty {
                continue;
            }
            let pair = (a.field.clone(), b.field.clone());
            if self.pairs.get(&pair) == Some(&true) {
                continue;
            }
            let mut both = Both { first, sent: 0, changed: 0 };
            let judgement = catching(|| ground.target.run(seed, &mut both));
            *self.pairs.entry(pair).or_default() |= both.changed == 2;
            self.judged(ground, &judgement, || format!("seed {seed}, frames {first} and {} changed", first + 1));
        }
    }
    /// Falls silent, and aborts, at every frame.
    pub fn exits(&mut self, ground: &Ground<'_>, seed: u64) {
        let surface = Surface::of(ground.target, seed);
        for (after, frame) in surface.frames[Direction::Sent as usize].iter().enumerate() {
            for leaves in [Leaves::Silently, Leaves::Aborting] {
                let mut gone = Gone::after(after, leaves);
                let judgement = catching(|| ground.target.run(seed, &mut gone));
                let exit = format!("{} ({}), {leaves:?}", frame.field.steps, frame.field.role);
                *self.exits.entry(exit).or_default() |= gone.left();
                self.judged(ground, &judgement, || format!("seed {seed}, gone after {after} frames, {leaves:?}"));
            }
        }
    }
    /// Runs in which nobody deviates.
    pub fn honest(&mut self, ground: &Ground<'_>, seeds: std::ops::Range<u64>) {
        for seed in seeds {
            let judgement = catching(|| ground.target.run(seed, &mut Passive));
            self.honest.0 += 1;
            if judgement != Judgement::Right {
                self.honest.1.push(format!("{}, seed {seed}: {judgement}", ground.name));
            }
        }
    }
    /// A named attack: its check is the only cause if the attack was stopped by it and wins without it.
    pub fn attacked(&mut self, attack: &Attack, trial: &Trial) {
        let Some(check) = attack.expected.check() else { return };
        let stopped = trial.shipped.iter().all(|o| o.effective && o.judgement.check() == Some(check));
        let wins = trial.control.iter().all(|o| o.effective && o.judgement.won());
        if attack.control == Control::CheckOff && stopped && wins && !trial.shipped.is_empty() {
            self.sole(check);
        }
    }
    fn sole(&mut self, check: &Check) {
        if let Some(hit) = self.checks.get_mut(check.id) {
            *hit = true;
        }
    }
    /// Looks for one change that this check rejects and that is accepted, rightly or not, when only it is off.
    pub fn without(&mut self, check: &'static Check, shipped: &dyn Target, off: &dyn Target, seed: u64) {
        let points = points(shipped, seed, Effort::Every);
        let both = replay_all(shipped, seed, &points).into_iter().zip(replay_all(off, seed, &points));
        let accepted =
            |j: &Judgement| matches!(j, Judgement::Right | Judgement::Won(Win::WrongOutput(_) | Win::Disagreement(..)));
        let rejected = |j: &Judgement| j.check() == Some(check);
        if both.into_iter().any(|((a, fired), (b, also))| fired && also && rejected(&a) && accepted(&b)) {
            self.sole(check);
        }
    }

    /// Runs that were judged, wrong outputs over tiny fields among them, and whatever else nothing explains.
    #[must_use]
    pub fn judged_runs(&self) -> (u64, u64, &[String]) {
        (self.runs, self.wrong, &self.broken)
    }
    /// The seven figures.
    #[must_use]
    pub fn figures(&self) -> [Covered; 7] {
        let fields = self.changes.iter().map(|(f, changes)| (f.to_string(), changes.values().any(|hit| *hit)));
        let changes =
            self.changes.iter().flat_map(|(f, all)| all.iter().map(move |(c, hit)| (format!("{f}: {c}"), *hit)));
        let pairs = self.pairs.iter().map(|((a, b), hit)| (format!("{a} then {b}"), *hit));
        let checks = self.checks.iter().map(|(id, hit)| ((*id).to_owned(), *hit));
        let coalitions = self.coalitions.iter().flat_map(|((name, n), seen)| {
            let all = PartySet::up_to(n - 1, *n).into_iter().filter(|c| !c.is_empty());
            all.map(move |c| (format!("{name} among {n}: {c}"), seen.contains(&c)))
        });
        let exits = self.exits.iter().map(|(step, hit)| (step.clone(), *hit));
        let false_aborts = self.honest.1.iter().map(|text| (text.clone(), false));
        let right = (0..self.honest.0 - self.honest.1.len() as u64).map(|_| (String::new(), true));
        [
            Covered::of("AC1", "fields changed", fields),
            Covered::of("AC2", "fields and changes", changes),
            Covered::of("AC3", "pairs of fields in a row changed", pairs),
            Covered::of("AC4", "checks that are the only cause of a rejection", checks),
            Covered::of("AC5", "coalitions", coalitions),
            Covered::of("AC6", "steps in which a coalition fell silent, or aborted", exits),
            Covered::of("AC7", "honest runs that ended right", right.chain(false_aborts)),
        ]
    }
}

impl Covered {
    fn of(id: &'static str, what: &'static str, all: impl Iterator<Item = (String, bool)>) -> Self {
        let mut covered = Self { id, what, hit: 0, all: 0, missed: Vec::new() };
        for (name, hit) in all {
            covered.all += 1;
            covered.hit += u64::from(hit);
            covered.missed.extend((!hit).then_some(name));
        }
        covered
    }
    /// Whether nothing is missing, of something.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.all > 0 && self.hit == self.all
    }
}

impl fmt::Display for Covered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {} of {}", self.id, self.what, self.hit, self.all)
    }
}

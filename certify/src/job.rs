//! One row to be made: what is run for it, in which order, and what comes of each run.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use adversary::attack::Control;
use adversary::cases::Case;
use adversary::exact::{Measurement, Point};
use adversary::fields::FieldId;
use adversary::ideal::supply::CorruptShares;
use adversary::privacy::semi_honest;
use adversary::properties::Value;
use adversary::sample::Experiment;
use adversary::subject::{every, positions};
use adversary::sweep::{Effort, Target, points, replay};
use adversary::{Attack, Conditions, DynSubject, Explained, Instance, World};
use transport::PartySet;
use transport::sim::Passive;

use crate::arguments::Tier;
use crate::certificate::strict::MOST;
use crate::covering;
use crate::estimate::estimate;
use crate::evidence::{Evidence, attack, honest, sampled::BLOCK, sweep};
use crate::log::{Entry, Found, Unit};
use crate::properties::{Place, Property};
use crate::search;
use crate::seeds::Root;
use crate::simulate::{self, Family};
use crate::weaknesses;

/// One row to be made.
pub struct Job<'a> {
    /// The row before anything was run.
    pub row: Evidence,
    pub(crate) how: How<'a>,
    pub(crate) tier: Tier,
    /// What it costs, roughly, in seconds.
    pub weight: u64,
}

/// What is run.
pub(crate) enum How<'a> {
    Attack(&'static Attack),
    Count {
        m: &'static Measurement,
        slow: bool,
    },
    Sample(&'static Experiment),
    Best {
        subject: &'a dyn DynSubject,
        fields: &'static [FieldId],
    },
    Sweep {
        targets: Targets<'a>,
        seeds: u64,
        effort: Effort,
    },
    Honest {
        subject: &'a dyn DynSubject,
        n: usize,
    },
    /// `rotating`: over [`ROTATING`] as well.
    Views {
        subject: &'a dyn DynSubject,
        n: usize,
        coalitions: Vec<Vec<usize>>,
        rotating: bool,
    },
    Outputs {
        subject: &'a dyn DynSubject,
        n: usize,
    },
    Examine {
        sound: bool,
    },
    Cover {
        subjects: Vec<&'a dyn DynSubject>,
        n: usize,
        coalitions: Vec<Vec<usize>>,
    },
    Look {
        property: Property,
        subjects: Vec<&'a dyn DynSubject>,
        n: usize,
        places: Vec<Place>,
    },
    Simulate {
        subject: &'a dyn DynSubject,
        n: usize,
        corrupt: Vec<usize>,
        family: Family,
    },
}

/// What is swept.
pub(crate) enum Targets<'a> {
    Case(&'static Case),
    /// A subject on inputs of its own for every seed.
    Subject {
        subject: &'a dyn DynSubject,
        n: usize,
        corrupt: PartySet,
        made: Vec<OnceLock<Made<'a>>>,
    },
}

pub(crate) type Made<'a> = Result<Explained<'a>, String>;

/// The field of sweeps: small enough to try every input of a coalition, large enough for wrong outputs to stand out.
pub(crate) const SWEPT: FieldId = FieldId::F31;
/// Fields of runs without deviation.
const HONEST: [FieldId; 3] = [FieldId::F2, FieldId::F31, FieldId::Fr];
/// Fields whose views and outputs are counted.
const COUNTED: [FieldId; 3] = [FieldId::F2, FieldId::F3, FieldId::F5];
/// The field over which the views of one subject are counted as well, of another one in every certification.
const ROTATING: FieldId = FieldId::F7;

impl Targets<'_> {
    fn of(&self, run: u64, seed: u64) -> Result<&dyn Target, String> {
        match self {
            Self::Case(case) => Ok(*case),
            Self::Subject { subject, n, corrupt, made } => {
                let world = World::new(*n, *corrupt).real();
                let make = || Explained::sampled(*subject, SWEPT, &world, seed).map_err(|e| e.to_string());
                let slot = usize::try_from(run).ok().and_then(|k| made.get(k)).ok_or("no such run")?;
                slot.get_or_init(make).as_ref().map(|t| t as &dyn Target).map_err(Clone::clone)
            }
        }
    }
}

impl Job<'_> {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> &str {
        self.row.id()
    }
    /// Everything that is run for it, in order; fields that would take too long are noted in the row. Finding it out takes
    /// honest runs: one that panics is all that is run.
    pub fn units(&mut self, root: &Root) -> Result<Vec<Unit>, String> {
        let found = catch_unwind(AssertUnwindSafe(|| self.every_unit(root)));
        found.unwrap_or_else(|_| {
            if let Evidence::Simulator(row) = &mut self.row {
                row.planned.clear();
                row.skipped.clear();
            }
            Ok(vec![Unit::Plan { run: 0 }])
        })
    }
    /// Whether the ideal world of every proof is what the functionality says. Nothing is run.
    pub fn proofs(&self, lines: &[&Entry]) -> Result<(), String> {
        let How::Simulate { subject, n, corrupt, family } = &self.how else { return Ok(()) };
        let mut ideal = BTreeMap::new();
        for e in lines {
            let (Unit::Simulator { field, .. }, Found::Simulated { proof: Some(proof), .. }) = (&e.unit, &e.found)
            else {
                continue;
            };
            if !ideal.contains_key(field) {
                let make = || simulate::ideal(*subject, &simulate::instance(*family, *field, *n, corrupt));
                let made = catch_unwind(AssertUnwindSafe(make)).map_err(|_| "the functionality panics")?;
                ideal.insert(*field, made.map_err(|e| e.to_string())?);
            }
            if ideal.get(field) != Some(proof.problem.ideal()) {
                return Err(format!("{}: a proof over {field} about another functionality", self.id()));
            }
        }
        Ok(())
    }
    fn every_unit(&mut self, root: &Root) -> Result<Vec<Unit>, String> {
        let key = self.row.key();
        match &self.how {
            How::Attack(a) => {
                let modes: &[bool] = if matches!(a.control, Control::None(_)) { &[false] } else { &[false, true] };
                let runs = 0..self.tier.seeds();
                Ok(runs.flat_map(|run| modes.iter().map(move |c| Unit::Attack { run, control: *c })).collect())
            }
            How::Count { m, slow } => {
                let points = m.points.iter().filter(|p| *slow || !p.slow);
                Ok(points.map(|p| Unit::Count { at: p.at.to_string(), formula: p.bound.to_string() }).collect())
            }
            How::Sample(e) => {
                let all = e.planned();
                let blocks = (0..all).step_by(BLOCK as usize);
                Ok(blocks.map(|from| Unit::Sample { from, runs: BLOCK.min(all - from) }).collect())
            }
            How::Best { fields, .. } => Ok(fields.iter().map(|field| Unit::Best { field: *field }).collect()),
            How::Sweep { targets, seeds, effort } => {
                let mut units = Vec::new();
                for run in 0..*seeds {
                    let seed = root.seed(&key, run);
                    let target = targets.of(run, seed)?;
                    match catch_unwind(AssertUnwindSafe(|| points(target, seed, *effort))) {
                        Ok(points) => units.extend(points.into_iter().map(|at| Unit::Tamper { run, at })),
                        Err(_) => units.push(Unit::Plan { run }),
                    }
                }
                Ok(units)
            }
            How::Honest { .. } => {
                let runs = 0..self.tier.honest_runs();
                let all = HONEST.into_iter().flat_map(|field| runs.clone().map(move |run| Unit::Honest { field, run }));
                Ok(all.collect())
            }
            How::Views { coalitions, .. } => {
                let fields = self.counted_fields()?;
                let each = |field| coalitions.iter().map(move |c| Unit::Views { field, corrupt: c.clone() });
                let units =
                    fields.iter().filter(|(_, skipped)| skipped.is_none()).flat_map(|(f, _)| each(*f)).collect();
                self.skip(fields);
                Ok(units)
            }
            How::Outputs { .. } => Ok(COUNTED.map(|field| Unit::Outputs { field }).into()),
            How::Simulate { .. } => self.simulated(),
            How::Examine { sound } => {
                let all = weaknesses::examined(*sound, self.tier);
                Ok(all.map(|w| Unit::Weakness { weakness: w.id.into() }).collect())
            }
            How::Cover { subjects, .. } => {
                Ok(subjects.iter().map(|s| Unit::Coverage { subject: s.name().into() }).collect())
            }
            How::Look { places, .. } => {
                let unit = |p: &Place| {
                    let Place { subject, field, corrupt } = p.clone();
                    Unit::Property { subject, field, corrupt }
                };
                Ok(places.iter().map(unit).collect())
            }
        }
    }
    /// Every strategy of a coalition over every field that can be counted; how many, and which fields cannot, is noted in
    /// the row.
    fn simulated(&mut self) -> Result<Vec<Unit>, String> {
        let How::Simulate { subject, n, corrupt, family } = &self.how else { return Ok(Vec::new()) };
        let Evidence::Simulator(row) = &mut self.row else { return Ok(Vec::new()) };
        let (mut units, told) = (Vec::new(), |e: protocols::Error| e.to_string());
        for field in COUNTED {
            let at = simulate::instance(*family, field, *n, corrupt);
            let [_, theirs] = positions(&subject.shape(*n), at.world.corrupt);
            let runs = estimate(*subject, &at, theirs.len())?;
            if runs > self.tier.most_simulated() {
                row.skipped.insert(field.name().into(), runs.min(MOST));
                continue;
            }
            let before = units.len();
            for strategy in family.strategies(*subject, &at).map_err(told)? {
                let all = simulate::own_inputs(*subject, &at, self.tier > Tier::Quick).map_err(told)?;
                let unit = |puts_in| Unit::Simulator { field, strategy: strategy.name.clone(), puts_in };
                units.extend(all.into_iter().map(unit));
            }
            row.planned.insert(field.name().into(), (units.len() - before) as u64);
        }
        Ok(units)
    }
    /// Fields whose views could be counted, and how many runs it would take where that is too many.
    fn counted_fields(&self) -> Result<Vec<(FieldId, Option<u64>)>, String> {
        let How::Views { rotating, .. } = &self.how else { return Ok(Vec::new()) };
        let too_many = |k: u64| (k > self.tier.most_views()).then_some(k.min(MOST));
        let fields = COUNTED.into_iter().chain(rotating.then_some(ROTATING));
        fields.map(|field| Ok((field, too_many(self.views_over(field)?)))).collect()
    }
    /// How many runs all views over this field take.
    fn views_over(&self, field: FieldId) -> Result<u64, String> {
        let How::Views { subject, n, coalitions, .. } = &self.how else { return Ok(0) };
        let shape = subject.shape(*n);
        let values = shape.parties.iter().map(Vec::len).sum::<usize>() + shape.shared.len();
        let mut each = coalitions.iter().map(|c| estimate(*subject, &instance(field, *n, c), values));
        each.try_fold(0u64, |sum, k| Ok(sum.saturating_add(k?)))
    }
    fn skip(&mut self, fields: Vec<(FieldId, Option<u64>)>) {
        if let Evidence::Views(row) = &mut self.row {
            row.skipped = fields.into_iter().filter_map(|(f, runs)| Some((f.name().to_owned(), runs?))).collect();
        }
    }
    /// Does one thing. A panic of the protocol is something that was found.
    #[must_use]
    pub fn play(&self, root: &Root, unit: &Unit) -> Found {
        let played = catch_unwind(AssertUnwindSafe(|| self.played(root, unit)));
        played.unwrap_or_else(|_| Found::Unexplained("panic".into()))
    }
    fn played(&self, root: &Root, unit: &Unit) -> Found {
        let key = self.row.key();
        let seed = |run: u64| root.seed(&key, run);
        let error = |e: protocols::Error| Found::Error(e.to_string());
        match (&self.how, unit) {
            (_, Unit::Plan { .. }) => Found::Unexplained("an honest run panics".into()),
            (How::Attack(a), Unit::Attack { run, control }) => {
                attack::found(&a.once(&Conditions { control: *control, seed: seed(*run) }), *control)
            }
            (How::Count { m, .. }, Unit::Count { at, formula }) => {
                let here = |p: &&Point| p.at.to_string() == *at && p.bound.to_string() == *formula;
                match m.points.iter().find(here).map(|p| (p.count)()) {
                    Some(Ok(c)) => Found::Counted { value: c.probability.to_string(), runs: c.runs },
                    Some(Err(e)) => error(e),
                    None => Found::Error(format!("it is not counted at {at}")),
                }
            }
            (How::Sample(e), Unit::Sample { from, runs }) => {
                let trial = |sum: (u64, u64), run| {
                    let t = e.once(seed(0), run)?;
                    Ok((sum.0 + u64::from(t.acted), sum.1 + u64::from(t.hit)))
                };
                match (*from..from.saturating_add(*runs)).try_fold((0, 0), trial) {
                    Ok((acted, hits)) => Found::Sampled { acted, hits },
                    Err(e) => error(e),
                }
            }
            (How::Best { subject, .. }, Unit::Best { field }) => match search::best(*subject, *field) {
                Err(e) => error(e),
                Ok(b) => Found::Counted { value: b.probability.to_string(), runs: b.runs },
            },
            (How::Sweep { targets, .. }, Unit::Tamper { run, at }) => match targets.of(*run, seed(*run)) {
                Err(e) => Found::Error(e),
                Ok(target) => {
                    let (judgement, fired) = replay(target, seed(*run), *at);
                    sweep::found(&judgement, fired)
                }
            },
            (How::Honest { subject, n }, Unit::Honest { field, run }) => {
                let world = World::new(*n, PartySet::EMPTY).real();
                match Explained::sampled(*subject, *field, &world, seed(*run)) {
                    Err(e) => error(e),
                    Ok(target) => {
                        let run = || Target::run(&target, seed(*run), &mut Passive);
                        honest::found(&adversary::oracle::catching(run))
                    }
                }
            }
            (How::Views { subject, n, .. }, Unit::Views { field, corrupt }) => {
                match semi_honest(*subject, &instance(*field, *n, corrupt)) {
                    Err(e) => error(e),
                    Ok(p) => Found::Compared {
                        inputs: p.inputs,
                        pairs: p.pairs,
                        runs: p.runs,
                        views: p.views as u64,
                        distance: p.distance.to_string(),
                        between: p.between.map(|[a, b]| format!("{a:?} and {b:?}")),
                    },
                }
            }
            (How::Outputs { subject, n }, Unit::Outputs { field }) => all_outputs(*subject, *n, *field),
            (How::Examine { sound }, Unit::Weakness { weakness }) => {
                weaknesses::examine(*sound, weakness).unwrap_or_else(error)
            }
            (How::Cover { subjects, n, coalitions }, Unit::Coverage { subject }) => {
                match subjects.iter().find(|s| s.name() == *subject) {
                    None => Found::Error(format!("`{subject}` is no part of this")),
                    Some(s) => covering::cover(*s, *n, coalitions, seed(0), self.tier)
                        .unwrap_or_else(|e| Found::Unexplained(e.to_string())),
                }
            }
            (How::Look { property, subjects, n, .. }, Unit::Property { subject, field, corrupt }) => {
                let at = Place { subject: subject.clone(), field: *field, corrupt: corrupt.clone() };
                match property.look(subjects, *n, &at, seed(0), self.tier) {
                    Ok(row) => looked(row),
                    // These are no protocol of somebody's: what went wrong is the measurement, a full disk for example.
                    Err(e) if Property::OWN.contains(property) => error(e),
                    Err(e) => Found::Unexplained(e.to_string()),
                }
            }
            (How::Simulate { subject, n, corrupt, family }, Unit::Simulator { field, strategy, puts_in }) => {
                let at = simulate::instance(*family, *field, *n, corrupt);
                let found = family.strategies(*subject, &at).and_then(|all| {
                    let mine = all.iter().find(|s| s.name == *strategy);
                    let mine = mine.ok_or_else(|| protocols::Error::Local(format!("`{strategy}` does nothing")))?;
                    simulate::solve(*subject, &at, puts_in, mine)
                });
                found.map_or_else(
                    |e| Found::Unexplained(e.to_string()),
                    |s| Found::Simulated { runs: s.runs, views: s.views, proof: s.proof.map(Box::new) },
                )
            }
            _ => Found::Error("another row's unit".into()),
        }
    }
}

/// A row of the harness as a line of the log.
fn looked(row: adversary::properties::Row) -> Found {
    /// Violations that are told word by word.
    const TOLD: usize = 10;
    // An upper bound follows from the counts.
    let figures = row.figures.iter().filter(|(_, v)| !matches!(v, Value::Below(_)));
    Found::Looked {
        of: row.of,
        cases: row.cases,
        violated: row.violations.len() as u64,
        figures: figures.map(|(name, v)| ((*name).to_owned(), v.to_string())).collect(),
        violations: row.violations.into_iter().take(TOLD).collect(),
    }
}

fn instance(field: FieldId, n: usize, corrupt: &[usize]) -> Instance {
    Instance { field, world: World::new(n, PartySet::of(corrupt)), shares: CorruptShares::Zero }
}

/// Lets the seeds choose one subject, of those that do not take too long, whose views are counted over one more field.
pub fn rotate(jobs: &mut [Job<'_>], root: &Root) {
    let fits = |job: &&mut Job<'_>| {
        let runs = catch_unwind(AssertUnwindSafe(|| job.views_over(ROTATING)));
        let runs = runs.unwrap_or(Ok(0)).unwrap_or(0);
        (1..=job.tier.most_views()).contains(&runs)
    };
    let mut fitting: Vec<_> = jobs.iter_mut().filter(fits).collect();
    let choice = root.seed("the rotating field", 0).checked_rem(fitting.len() as u64);
    if let Some(job) = choice.and_then(|k| fitting.get_mut(usize::try_from(k).ok()?))
        && let How::Views { rotating, .. } = &mut job.how
    {
        *rotating = true;
    }
}

fn all_outputs(subject: &dyn DynSubject, n: usize, field: FieldId) -> Found {
    /// More inputs than these are not needed to see two outputs.
    const ENOUGH: usize = 1 << 12;
    let shape = subject.shape(n);
    let [all, none] = positions(&shape, PartySet::all(n));
    let places: Vec<_> = all.into_iter().chain(none).collect();
    let (mut inputs, mut distinct) = (0, BTreeSet::new());
    for values in every(field.small_order().unwrap_or(2), places.len()).take(ENOUGH) {
        let mut given = shape.map(|()| 0);
        places.iter().zip(values).for_each(|(at, v)| at.put(&mut given, v));
        match subject.ideal(field, &given) {
            Err(e) => return Found::Error(e.to_string()),
            Ok(outputs) => {
                inputs += 1;
                distinct.insert(outputs.values().cloned().collect::<Vec<_>>());
            }
        }
    }
    Found::Outputs { inputs, distinct: distinct.len() as u64 }
}

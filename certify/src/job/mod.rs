//! One row to be made, and what comes of each run that is made for it.

mod lines;
mod units;

pub use units::rotate;
pub(crate) use units::values;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use adversary::cases::Case;
use adversary::exact::Measurement;
use adversary::fields::FieldId;
use adversary::ideal::supply::CorruptShares;
use adversary::privacy::semi_honest;
use adversary::record::{Recorded, recording};
use adversary::sample::Experiment;
use adversary::subject::{every, positions};
use adversary::sweep::{Effort, Target, replay};
use adversary::{Attack, Conditions, DynSubject, Explained, Instance, World, simulation};
use transport::PartySet;
use transport::sim::Passive;

use crate::arguments::Tier;
use crate::covering;
use crate::evidence::{Evidence, attack, honest, sweep};
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
                let make = || simulation::ideal(*subject, &simulate::instance(*family, *field, *n, corrupt));
                let made = catch_unwind(AssertUnwindSafe(make)).map_err(|_| "the functionality panics")?;
                ideal.insert(*field, made.map_err(|e| e.to_string())?);
            }
            if ideal.get(field) != Some(proof.problem.ideal()) {
                return Err(format!("{}: a proof over {field} about another functionality", self.id()));
            }
        }
        Ok(())
    }
    /// Does one thing. A panic of the protocol is something that was found.
    #[must_use]
    pub fn play(&self, root: &Root, unit: &Unit) -> Found {
        let played = catch_unwind(AssertUnwindSafe(|| self.played(root, unit)));
        played.unwrap_or_else(|_| Found::Unexplained("panic".into()))
    }
    /// Everything that is said in the run of a unit. It was played before.
    #[must_use]
    pub fn recorded(&self, root: &Root, unit: &Unit) -> Vec<Recorded> {
        let again = || match (&self.how, unit) {
            // The honest run that panicked.
            (How::Sweep { targets, .. }, Unit::Plan { run }) => {
                let seed = root.seed(&self.row.key(), *run);
                drop(targets.of(*run, seed).map(|target| target.run(seed, &mut Passive)));
            }
            _ => drop(self.play(root, unit)),
        };
        recording(|| catch_unwind(AssertUnwindSafe(again))).1
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
            (How::Count { m, .. }, Unit::Count { at, formula }) => match m.point(at, formula).map(|p| (p.count)()) {
                Some(Ok(c)) => Found::Counted { value: c.probability.to_string(), runs: c.runs },
                Some(Err(e)) => error(e),
                None => Found::Error(format!("it is not counted at {at}")),
            },
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
    let figures = row.figures.iter();
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

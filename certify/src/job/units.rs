//! What is run for a row, in which order.

use std::panic::{AssertUnwindSafe, catch_unwind};

use adversary::attack::Control;
use adversary::fields::FieldId;
use adversary::privacy;
use adversary::subject::positions;
use adversary::sweep::points;
use adversary::{DynSubject, Instance};

use super::{COUNTED, HONEST, How, Job, instance};
use crate::arguments::Tier;
use crate::certificate::strict::MOST;
use crate::estimate::estimate;
use crate::evidence::{Evidence, sampled::BLOCK};
use crate::log::Unit;
use crate::properties::Place;
use crate::seeds::Root;
use crate::{simulate, weaknesses};

/// The field over which the views of one subject are counted as well, of another one in every certification.
const ROTATING: FieldId = FieldId::F7;

impl Job<'_> {
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
            // What the coalition puts in is part of a strategy.
            let all_inputs = self.tier > Tier::Quick;
            let choices = simulate::choices_of_inputs(*subject, &at, all_inputs).map_err(told)?;
            let each = simulated_runs(*subject, &at)?;
            let mut skip = |count: u64| {
                let is_too_much = self.tier.is_too_much(count, each);
                if is_too_much {
                    row.skipped.insert(field.name().into(), each.saturating_mul(count).min(MOST));
                }
                is_too_much
            };
            // Where one is too much, nobody waits for a list of all.
            if skip(choices) {
                continue;
            }
            let strategies = family.strategies(*subject, &at).map_err(told)?;
            if skip(choices.saturating_mul(strategies.len() as u64)) {
                continue;
            }
            let inputs = simulate::own_inputs(*subject, &at, all_inputs).map_err(told)?;
            let before = units.len();
            for strategy in strategies {
                let unit = |puts_in: &Vec<u64>| {
                    let (strategy, puts_in) = (strategy.name.clone(), puts_in.clone());
                    Unit::Simulator { field, strategy, puts_in }
                };
                units.extend(inputs.iter().map(unit));
            }
            row.planned.insert(field.name().into(), (units.len() - before) as u64);
        }
        Ok(units)
    }
    /// How many runs of the protocol one of its units takes, where that is known beforehand.
    pub fn runs(&self, unit: &Unit) -> Result<Option<u64>, String> {
        match (&self.how, unit) {
            (How::Views { subject, n, .. }, Unit::Views { field, corrupt }) => {
                estimate(*subject, &instance(*field, *n, corrupt), values(*subject, *n)).map(Some)
            }
            (How::Simulate { subject, n, corrupt, family }, Unit::Simulator { field, .. }) => {
                simulated_runs(*subject, &simulate::instance(*family, *field, *n, corrupt)).map(Some)
            }
            (_, Unit::Sample { runs, .. }) => Ok(Some(*runs)),
            (_, Unit::Attack { .. } | Unit::Tamper { .. } | Unit::Honest { .. }) => Ok(Some(1)),
            _ => Ok(None),
        }
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
        let values = values(*subject, *n);
        let mut each = coalitions.iter().map(|c| estimate(*subject, &instance(field, *n, c), values));
        each.try_fold(0u64, |sum, k| Ok(sum.saturating_add(k?)))
    }
    /// Whether some coalition may not tell some inputs over this field apart.
    fn comparable_over(&self, field: FieldId) -> bool {
        let How::Views { subject, n, coalitions, .. } = &self.how else { return false };
        coalitions.iter().any(|c| privacy::comparable(*subject, &instance(field, *n, c)).unwrap_or(false))
    }
    fn skip(&mut self, fields: Vec<(FieldId, Option<u64>)>) {
        if let Evidence::Views(row) = &mut self.row {
            row.skipped = fields.into_iter().filter_map(|(f, runs)| Some((f.name().to_owned(), runs?))).collect();
        }
    }
}

/// How many values `n` parties put in together.
pub(crate) fn values(subject: &dyn DynSubject, n: usize) -> usize {
    let shape = subject.shape(n);
    shape.parties.iter().map(Vec::len).sum::<usize>() + shape.shared.len()
}

/// How many runs it takes to count what one strategy comes to: the coalition's inputs are fixed.
fn simulated_runs(subject: &dyn DynSubject, at: &Instance) -> Result<u64, String> {
    let [_, theirs] = positions(&subject.shape(at.world.parties.n()), at.world.corrupt);
    estimate(subject, at, theirs.len())
}

/// Lets the seeds choose one subject, of those that do not take too long and have views to compare, whose views are
/// counted over one more field.
pub fn rotate(jobs: &mut [Job<'_>], root: &Root) {
    let fits = |job: &&mut Job<'_>| {
        let runs = catch_unwind(AssertUnwindSafe(|| job.views_over(ROTATING)));
        let runs = runs.unwrap_or(Ok(0)).unwrap_or(0);
        let comparable = || catch_unwind(AssertUnwindSafe(|| job.comparable_over(ROTATING))).unwrap_or(false);
        (1..=job.tier.most_views()).contains(&runs) && comparable()
    };
    let mut fitting: Vec<_> = jobs.iter_mut().filter(fits).collect();
    let choice = root.seed("the rotating field", 0).checked_rem(fitting.len() as u64);
    if let Some(job) = choice.and_then(|k| fitting.get_mut(usize::try_from(k).ok()?))
        && let How::Views { rotating, .. } = &mut job.how
    {
        *rotating = true;
    }
}

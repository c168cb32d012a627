//! What a certification does, fixed before its first run: one job for every row, and what is run for it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use adversary::DynSubject;
use adversary::cases::{Case, Cost};
use adversary::exact::Measurement;
use adversary::sweep::Effort;
use spec::Adversary::{A1, A2, A3};
use spec::{Bound, Level, Levels};
use transport::PartySet;

use crate::arguments::Tier;
use crate::certificate::derive::concerns;
use crate::evidence::{
    self, Evidence, attack, best, counted, coverage, honest, outputs, property, sampled, simulator, sweep, views,
    weakness,
};
use crate::job::{How, Job, SWEPT, Targets};
use crate::log::Entry;
use crate::properties::Property;
use crate::registry::{Protocol, is_counted};
use crate::search;
use crate::simulate::{self, Family};
use crate::weaknesses;

/// What is asked of a protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// The levels to show.
    pub levels: Vec<Level>,
    /// The numbers of parties.
    pub parties: Vec<usize>,
    /// How much is done.
    pub tier: Tier,
    /// Only rows whose names start so.
    pub only: Option<String>,
}

/// Runs of a sweep that is only sampled.
const SAMPLE: usize = 60;

/// Why a question makes no sense.
pub fn sensible(protocol: &Protocol<'_>, q: &Question) -> Result<(), String> {
    let claim = protocol.claim;
    if q.levels.is_empty() || q.parties.is_empty() {
        return Err("name at least one level and one number of parties".into());
    }
    for n in &q.parties {
        claim.validate(*n).map_err(|e| e.to_string())?;
        for level in &q.levels {
            level.claimable(*n).map_err(|e| e.to_string())?;
        }
    }
    match q.levels.iter().find(|l| !claim.levels.satisfies(**l)) {
        None => Ok(()),
        Some(l) => Err(format!("{} does not claim {l}: it claims {}", claim.protocol, claim.levels)),
    }
}

/// The jobs that answer a question.
pub fn jobs<'a>(protocol: &Protocol<'a>, q: &Question) -> Result<Vec<Job<'a>>, String> {
    sensible(protocol, q)?;
    let mut jobs = Vec::new();
    // What no level that is asked for implies is not run, and a part that promises less than the whole is held to less.
    let speaks = |levels: Levels, row: &Evidence| {
        let implied = |l: &Level| [A1, A2, A3].into_iter().filter(|a| *a <= l.adversary).any(|a| concerns(row, a));
        q.levels.iter().any(|l| levels.satisfies(*l) && implied(l))
    };
    let mut add_to = |levels: Levels, row: Evidence, how: How<'a>, weight: u64| {
        // Names are shown with the kind of row before them.
        let chosen = |prefix: &str| row.id().starts_with(prefix) || row.key().starts_with(prefix);
        if q.only.as_deref().is_none_or(chosen) && speaks(levels, &row) {
            jobs.push(Job { row, how, tier: q.tier, weight });
        }
    };
    for n in &q.parties {
        let largest = q.levels.iter().max_by_key(|l| l.threshold.corrupt(*n)).copied().unwrap_or(Level::A3C2);
        let coalitions = largest.coalitions(*n).map_err(|e| e.to_string())?;
        let parties = *n as u64;
        for subject in &protocol.parts {
            let mut add = |row, how, weight| add_to(subject.claim().levels, row, how, weight);
            let id = |kind: &str| format!("{}/{n}/{kind}", subject.name());
            let row = outputs::Row { id: id("outputs"), parties, ..outputs::Row::default() };
            add(Evidence::Outputs(row), How::Outputs { subject: *subject, n: *n }, 1);
            let row = honest::Row { id: id("honest"), parties, ..honest::Row::default() };
            add(Evidence::Honest(row), How::Honest { subject: *subject, n: *n }, 1);
            if let (2, Some((formula, fields))) = (*n, search::playable(*subject, q.tier)) {
                let row = best::Row { id: id("best"), parties, corrupt: vec![1], formula, ..best::Row::default() };
                add(Evidence::Best(row), How::Best { subject: *subject, fields }, 2);
            }
            let mut row = views::Row { id: id("views"), parties, ..views::Row::default() };
            row.coalitions = coalitions.len() as u64;
            let how = How::Views { subject: *subject, n: *n, coalitions: coalitions.clone(), rotating: false };
            add(Evidence::Views(row), how, q.tier.views_weight());
            // The last party alone, and in longer tiers every coalition.
            let last = vec![vec![*n - 1]];
            for corrupt in if q.tier == Tier::Quick { &last } else { &coalitions } {
                for family in Family::ALL.into_iter().filter(|f| f.concerns(*subject, *n, corrupt)) {
                    let (row, how) = simulated(*subject, *n, corrupt, family);
                    add(row, how, q.tier.seeds());
                }
            }
        }
        let mut add = |row, how, weight| add_to(protocol.claim.levels, row, how, weight);
        let held = |row: &Evidence| {
            protocol.parts.iter().copied().filter(|s| speaks(s.claim().levels, row)).collect::<Vec<_>>()
        };
        let mut row = coverage::Row { id: format!("coverage/{n}"), parties, ..coverage::Row::default() };
        let subjects = held(&Evidence::Coverage(row.clone()));
        row.planned = subjects.len() as u64;
        row.allowed = crate::covering::allowed(&subjects);
        let how = How::Cover { subjects, n: *n, coalitions: coalitions.clone() };
        add(Evidence::Coverage(row), how, q.tier.seeds());
        for property in Property::ANY {
            let (row, how) = looked_at(property, &held, *n, &coalitions, q.tier);
            add(row, how, q.tier.seeds());
        }
        // The cases of a protocol that has some are swept as they are, with the last party corrupt.
        let parts: &[&dyn DynSubject] =
            if protocol.cases.is_empty() || q.tier > Tier::Quick { &protocol.parts } else { &[] };
        for subject in parts {
            for corrupt in &coalitions {
                let (row, how) = subject_sweep(*subject, *n, corrupt, q.tier)?;
                add_to(subject.claim().levels, row, how, 2);
            }
        }
    }
    let mut add = |row, how, weight| add_to(protocol.claim.levels, row, how, weight);
    // Inputs, commitments and sessions of this project are looked at whichever of its protocols it is.
    for property in Property::OWN.into_iter().filter(|_| !protocol.foreign) {
        let (row, how) = looked_at(property, &|_| protocol.parts.clone(), property.parties(), &[], q.tier);
        add(row, how, 1);
    }
    for case in protocol.cases.iter().filter(|c| q.parties.contains(&c.n)) {
        let Some((seeds, effort)) = q.tier.sweep(case) else { continue };
        let allowed = case.tiny.map(|p| sweep::Allowed { formula: Bound::MacCheck.to_string(), p });
        let row = sweep::Row {
            id: case.name.into(),
            parties: case.n as u64,
            corrupt: vec![case.n as u64 - 1],
            field: case.field.into(),
            sample: matches!(effort, Effort::Sample(_)),
            allowed,
            ..sweep::Row::default()
        };
        let weight = match case.cost {
            Cost::Seconds => 1,
            Cost::Long => 15,
            Cost::Minutes => 60,
        };
        add(Evidence::Sweep(row), How::Sweep { targets: Targets::Case(case), seeds, effort }, weight);
    }
    for a in &protocol.attacks {
        add(Evidence::Attack(attack::Row::of(a)), How::Attack(a), 1);
    }
    let quick = |bound: Bound| protocol.figures.iter().any(|m| m.has_quick_sizes() && about(m, bound));
    let needed = |m: &Measurement| protocol.claim.checks.iter().any(|c| about(m, c.bound) && !quick(c.bound));
    for m in &protocol.figures {
        // The quick tier leaves out what takes long, but for bounds that nothing else counts.
        let slow = q.tier > Tier::Quick || needed(m);
        if slow || m.has_quick_sizes() {
            let weight = if slow && m.points.iter().any(|p| p.slow) { 20 } else { 2 };
            add(Evidence::Counted(counted::Row::of(m)), How::Count { m, slow }, weight);
        }
    }
    for e in protocol.samples.iter().filter(|e| q.tier > Tier::Quick || !e.slow) {
        add(Evidence::Sampled(sampled::Row::of(e)), How::Sample(e), e.planned() / 50_000 + 1);
    }
    // A part of a protocol rests on the certificate of the whole for the instrument itself.
    for (sound, id) in [(false, "certifier/weaknesses"), (true, "certifier/sound")] {
        if protocol.samples.is_empty() {
            continue;
        }
        let (all, planned) = (weaknesses::all(sound).len() as u64, weaknesses::examined(sound, q.tier).count() as u64);
        let row = weakness::Row { id: id.into(), all, planned, sound, points: vec![] };
        add(Evidence::Weakness(row), How::Examine { sound }, 20);
    }
    if jobs.is_empty() {
        return Err("nothing is left to do: no row's name starts so; --plan shows their names".into());
    }
    Ok(jobs)
}

/// Whether a figure is about this formula, everywhere.
fn about(m: &Measurement, bound: Bound) -> bool {
    m.points.iter().all(|p| p.bound == bound)
}

fn subject_sweep<'a>(
    subject: &'a dyn DynSubject,
    n: usize,
    corrupt: &[usize],
    tier: Tier,
) -> Result<(Evidence, How<'a>), String> {
    let p = SWEPT.small_order().ok_or("sweeps need a small field")?;
    // A wrong output may pass as often as the weakest claimed check lets it.
    let at = |b: &Bound| b.at(&spec::Instance::field(p));
    let bounds = subject.claim().checks.iter().map(|c| c.bound).filter(|b| is_counted(*b));
    let allowed = bounds.max_by_key(at).map(|b| sweep::Allowed { formula: b.to_string(), p });
    let names: Vec<_> = corrupt.iter().map(ToString::to_string).collect();
    let row = sweep::Row {
        id: format!("{}/{n}/sweep/{}", subject.name(), names.join("+")),
        parties: n as u64,
        corrupt: corrupt.iter().map(|p| *p as u64).collect(),
        field: SWEPT.name().into(),
        allowed,
        ..sweep::Row::default()
    };
    // Four parties have fourteen coalitions.
    let seeds = tier.seeds().min(if n > 3 { 2 } else { 8 });
    let made = (0..seeds).map(|_| OnceLock::new()).collect();
    let targets = Targets::Subject { subject, n, corrupt: PartySet::of(corrupt), made };
    Ok((Evidence::Sweep(row), How::Sweep { targets, seeds, effort: Effort::Every }))
}

/// A property, of the subjects that are `held` to it.
fn looked_at<'a>(
    property: Property,
    held: &dyn Fn(&Evidence) -> Vec<&'a dyn DynSubject>,
    n: usize,
    coalitions: &[Vec<usize>],
    tier: Tier,
) -> (Evidence, How<'a>) {
    let mut row = property::Row {
        id: format!("{}/{n}", property.name()),
        parties: n as u64,
        property: property.name().into(),
        holds: property.holds().into(),
        ..property::Row::default()
    };
    let subjects = held(&Evidence::Property(row.clone()));
    let places = property.places(&subjects, n, coalitions, tier);
    row.planned = places.len() as u64;
    (Evidence::Property(row), How::Look { property, subjects, n, places })
}

fn simulated<'a>(subject: &'a dyn DynSubject, n: usize, corrupt: &[usize], family: Family) -> (Evidence, How<'a>) {
    let names: Vec<_> = corrupt.iter().map(ToString::to_string).collect();
    let row = simulator::Row {
        id: format!("{}/{n}/simulator/{}/{}", subject.name(), names.join("+"), family.name()),
        parties: n as u64,
        corrupt: corrupt.iter().map(|p| *p as u64).collect(),
        does: family.does().into(),
        without: family.without().map(|c| c.id.into()),
        abort: simulate::abort(subject.claim().abort).into(),
        formula: family.bound(subject).to_string(),
        ..simulator::Row::default()
    };
    (Evidence::Simulator(row), How::Simulate { subject, n, corrupt: corrupt.to_vec(), family })
}

impl Tier {
    /// How many seeds every attack and every sweep that takes seconds is run with.
    #[must_use]
    pub fn seeds(self) -> u64 {
        match self {
            Self::Quick => 1,
            Self::Standard => 8,
            Self::Deep => 32,
        }
    }
    pub(crate) fn honest_runs(self) -> u64 {
        4 * self.seeds()
    }
    pub(crate) fn most_views(self) -> u64 {
        match self {
            Self::Quick => 1_000_000,
            Self::Standard => 5_000_000,
            Self::Deep => 50_000_000,
        }
    }
    /// Whether comparing what the aborts of one subject tell is too much, with so many strategies of so many runs each.
    /// With four parties there are hundreds of places to do so: the longest tier has more of them, and not larger ones.
    pub(crate) fn is_too_much_to_compare(self, strategies: u64, runs: u64) -> bool {
        self.min(Self::Standard).is_too_much(strategies, runs)
    }
    /// Whether so many strategies of so many runs each are too many for the best simulators of one row over one field.
    pub(crate) fn is_too_much(self, strategies: u64, runs: u64) -> bool {
        let (most_of_one, most) = match self {
            Self::Quick => (50_000, 150_000),
            Self::Standard => (400_000, 2_400_000),
            Self::Deep => (1_200_000, 4_000_000),
        };
        runs > most_of_one || runs.saturating_mul(strategies) > most
    }
    fn views_weight(self) -> u64 {
        self.most_views() / 1_000_000 + 1
    }
    /// How a case is swept: seeds and effort; `None`: not at all.
    fn sweep(self, case: &Case) -> Option<(u64, Effort)> {
        match (case.cost, self) {
            (Cost::Seconds, Self::Deep) => Some((self.seeds(), Effort::Deep)),
            (Cost::Seconds, _) => Some((self.seeds(), Effort::Every)),
            (_, Self::Quick) => None,
            // The places inside large frames are the same with two parties and with three.
            (Cost::Minutes, Self::Deep) if case.n > 2 => Some((1, Effort::Every)),
            (Cost::Long | Cost::Minutes, Self::Deep) => Some((1, Effort::Deep)),
            (Cost::Long, Self::Standard) => Some((1, Effort::Every)),
            (Cost::Minutes, Self::Standard) => Some((1, Effort::Sample(SAMPLE))),
        }
    }
}

/// The lines of a log by their row, in order.
#[must_use]
pub fn by_row<'a>(log: impl IntoIterator<Item = &'a Entry>) -> BTreeMap<&'a str, Vec<&'a Entry>> {
    let mut of: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for e in log {
        of.entry(&e.row).or_default().push(e);
    }
    of
}

/// All rows recounted from the log, in the order of the rows. Lines of rows that are not there are an error.
pub fn recount(rows: &[Evidence], log: &[Entry]) -> Result<Vec<Evidence>, evidence::Mismatch> {
    let mut of = by_row(log);
    let counted = rows.iter().map(|row| row.recounted(&of.remove(row.key().as_str()).unwrap_or_default()));
    let counted = counted.collect::<Result<Vec<_>, _>>()?;
    match of.keys().next() {
        Some(row) => Err(format!("the log has lines of `{row}`, which is no row of the certificate")),
        None => Ok(counted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;

    #[test]
    fn a_row_is_chosen_by_either_of_its_names() {
        let registry = Registry::new(&[]).unwrap();
        let spdz = registry.find("spdz").unwrap();
        let asked = |only: Option<String>| {
            let levels = spdz.claim.levels.iter().collect();
            let question = Question { levels, parties: vec![2], tier: Tier::Quick, only };
            jobs(&spdz, &question).map(|jobs| jobs.iter().map(|job| job.row.key()).collect::<Vec<_>>())
        };
        let all = jobs(&spdz, &Question { levels: vec![Level::A3C2], parties: vec![2], tier: Tier::Quick, only: None });
        for row in all.unwrap().iter().map(|job| &job.row) {
            let key = row.key();
            for name in [key.as_str(), row.id()] {
                let found = asked(Some(name.into())).unwrap();
                assert!(found.contains(&key), "{name}: {found:?}");
                assert!(
                    found
                        .iter()
                        .all(|k| k.starts_with(name) || k.split_once(' ').is_some_and(|k| k.1.starts_with(name)))
                );
            }
        }
        assert!(asked(Some("no row is called so".into())).is_err());
    }

    /// How long the longest tier takes stands on it.
    #[test]
    fn deep_compares_no_larger_counts_than_standard() {
        for (runs, strategies) in [(400_000, 6), (400_001, 1), (400_000, 7), (1_200_000, 3)] {
            let [standard, deep] = [Tier::Standard, Tier::Deep].map(|t| t.is_too_much_to_compare(strategies, runs));
            assert_eq!((standard, deep), ((runs, strategies) != (400_000, 6), standard));
        }
        assert!(!Tier::Deep.is_too_much(3, 1_200_000));
    }
}

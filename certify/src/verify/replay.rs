//! Runs lines of a log again: those that somebody asks for, and of what is verified a few that cost next to nothing.

use protocols::Tape;

use crate::job::Job;
use crate::log::{Entry, Found, Unit};
use crate::measure;
use crate::plan::by_row;
use crate::seeds::Root;
use crate::unfinished::Unfinished;
use crate::watchdog::Watchdog;

/// Plays these lines again, in the order of the rows: what came of each now. An error if one could not be played, or is
/// of none of these rows.
pub(crate) fn again<'l>(
    jobs: &[Job<'_>],
    lines: impl IntoIterator<Item = &'l Entry>,
    root: &Root,
    watchdog: &Watchdog,
    silent: bool,
) -> Result<Vec<(&'l Entry, Found)>, String> {
    measure::quiet_panics();
    let mut of = by_row(lines);
    let mine: Vec<Vec<&Entry>> = jobs.iter().map(|job| of.remove(job.row.key().as_str()).unwrap_or_default()).collect();
    if let Some(row) = of.keys().next() {
        return Err(format!("`{row}` is no row that this program knows"));
    }
    let plans: Vec<Vec<Unit>> = mine.iter().map(|lines| lines.iter().map(|e| e.unit.clone()).collect()).collect();
    let found = measure::play(jobs, &plans, root, watchdog, &Unfinished::nowhere(), silent)?;
    Ok(mine.into_iter().flatten().zip(found).collect())
}

/// A line beside what came of it when it was run again.
pub(crate) fn differs(line: &Entry, found: &Found) -> String {
    format!("{}, {:?}: {:?} in the log, {found:?} now", line.row, line.unit, line.found)
}

/// Draws so many, or all.
pub(crate) fn draw<T>(mut from: Vec<T>, wanted: usize) -> Result<Vec<T>, String> {
    let (tape, wanted) = (Tape::from_os().map_err(|e| e.to_string())?, wanted.min(from.len()));
    let mut drawn = Vec::with_capacity(wanted);
    for _ in 0..wanted {
        let k = tape.uniform(from.len() as u64);
        drawn.push(from.swap_remove(usize::try_from(k).unwrap_or(0)));
    }
    Ok(drawn)
}

/// Whether a line says what came of its unit now. There is more than one best simulator: what a proof is about and the
/// figure that it proves must be the same, it is checked by itself.
pub(crate) fn same(line: &Found, now: &Found) -> bool {
    match (line, now) {
        (
            Found::Simulated { runs, views, proof: Some(proof) },
            Found::Simulated { runs: runs_now, views: views_now, proof: Some(proof_now) },
        ) => {
            let figure = &proof.certificate.value;
            (runs, views, &proof.problem, figure)
                == (runs_now, views_now, &proof_now.problem, &proof_now.certificate.value)
        }
        _ => line == now,
    }
}

/// So many lines of each kind are run again: attacks, mutations, runs in which nobody deviates, counted figures, samples,
/// views and best simulators of few runs.
const DRAWN: [usize; 6] = [6, 8, 3, 4, 2, 4];
/// What takes no more runs than these is cheap. That nobody says so of more is known before.
const FEW: u64 = 512;
/// And what is no heavier than that.
const LIGHT: u64 = 2;

/// Which kind of cheap line it is, if it is cheap.
fn kind(job: &Job<'_>, line: &Entry) -> Option<usize> {
    match (&line.unit, &line.found) {
        (Unit::Attack { .. }, _) => Some(0),
        (Unit::Tamper { .. }, _) if job.weight <= LIGHT => Some(1),
        (Unit::Honest { .. }, _) => Some(2),
        (Unit::Count { at, formula }, _) if job.is_quick(at, formula) => Some(3),
        (Unit::Sample { .. }, _) if job.weight <= LIGHT => Some(4),
        (_, Found::Compared { runs, .. } | Found::Simulated { runs, .. }) if *runs <= FEW => Some(5),
        _ => None,
    }
}

/// A few lines that are cheap to run again, of every kind that is there. Whoever verifies draws them: whoever made the
/// log cannot know which.
pub(super) fn drawn<'l>(jobs: &[Job<'_>], lines: &[&[&'l Entry]]) -> Result<Vec<&'l Entry>, String> {
    let mut cheap: [Vec<&Entry>; DRAWN.len()] = Default::default();
    for (job, lines) in jobs.iter().zip(lines) {
        for line in lines.iter().copied() {
            if let Some(k) = kind(job, line) {
                cheap[k].push(line);
            }
        }
    }
    let mut all = Vec::new();
    for (of_kind, wanted) in cheap.into_iter().zip(DRAWN) {
        all.extend(draw(of_kind, wanted)?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Tier;
    use crate::plan::{Question, jobs};
    use crate::registry::Registry;
    use crate::simulate::{self, Family};
    use adversary::fields::FieldId;

    /// What came of the first strategy in which the coalition follows the protocol of the smallest subject.
    fn solved() -> Found {
        let registry = Registry::new(&[]).unwrap();
        let subject = registry.find("online.output").unwrap().parts[0];
        let at = simulate::instance(Family::Follows, FieldId::F2, 2, &[1]);
        let strategy = &Family::Follows.strategies(subject, &at).unwrap()[0];
        let inputs = simulate::own_inputs(subject, &at, true).unwrap();
        let s = simulate::solve(subject, &at, &inputs[0], strategy).unwrap();
        Found::Simulated { runs: s.runs, views: s.views, proof: s.proof.map(Box::new) }
    }

    #[test]
    fn another_proof_of_the_same_figure_is_no_contradiction_and_another_figure_is() {
        let line = solved();
        let changed = |change: &dyn Fn(&mut u64, &mut simulate::Proof)| {
            let mut other = line.clone();
            let Found::Simulated { runs, proof: Some(proof), .. } = &mut other else { panic!("{line:?}") };
            change(runs, proof);
            other
        };
        let another = changed(&|_, proof| proof.certificate.digest.0[0] ^= 1);
        assert!(another != line && same(&line, &another) && same(&line, &line));
        let figure = changed(&|_, proof| proof.certificate.value = "1/2".parse().unwrap());
        let runs = changed(&|runs, _| *runs += 1);
        let mut unproved = line.clone();
        if let Found::Simulated { proof, .. } = &mut unproved {
            *proof = None;
        }
        for other in [figure, runs, unproved, Found::Right] {
            assert!(!same(&line, &other) && !same(&other, &line), "{other:?}");
        }
    }

    /// Figures that take long are not drawn, quick ones and samples are.
    #[test]
    fn some_of_every_kind_are_drawn() {
        let registry = Registry::new(&[]).unwrap();
        let spdz = registry.find("spdz").unwrap();
        let levels = spdz.claim.levels.iter().collect();
        let all = Question { levels, parties: vec![2], tier: Tier::Standard, only: None };
        let mut jobs = jobs(&spdz, &all).unwrap();
        jobs.retain(|job| ["counted ", "sampled "].iter().any(|kind| job.row.key().starts_with(kind)));
        let root: Root = "00".repeat(32).parse().unwrap();
        let found = |unit: &Unit| match unit {
            Unit::Count { .. } => Found::Counted { value: "0".into(), runs: 1 },
            _ => Found::Sampled { acted: 1, hits: 0 },
        };
        let entries = |job: &mut Job<'_>| -> Vec<Entry> {
            let units = job.units(&root).unwrap().into_iter();
            units.map(|unit| Entry { row: job.row.key(), found: found(&unit), unit }).collect()
        };
        let lines: Vec<Vec<Entry>> = jobs.iter_mut().map(entries).collect();
        let lines: Vec<Vec<&Entry>> = lines.iter().map(|of| of.iter().collect()).collect();
        let drawn = drawn(&jobs, &lines.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
        let count = |of: &dyn Fn(&Unit) -> bool| drawn.iter().filter(|e| of(&e.unit)).count();
        assert_eq!(count(&|unit| matches!(unit, Unit::Count { .. })), DRAWN[3]);
        assert_eq!(count(&|unit| matches!(unit, Unit::Sample { .. })), DRAWN[4]);
        let slow = |e: &&&Entry| {
            let job = jobs.iter().find(|job| job.row.key() == e.row);
            matches!((&e.unit, job), (Unit::Count { at, formula }, Some(job)) if !job.is_quick(at, formula))
        };
        assert_eq!(drawn.iter().filter(slow).count(), 0);
    }
}

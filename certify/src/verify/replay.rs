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

//! Runs a plan on all processors.

use std::cell::Cell;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::evidence::Evidence;
use crate::job::{self, Job};
use crate::log::{Entry, Found, Unit};
use crate::progress::Progress;
use crate::seeds::Root;
use crate::watchdog::{Patience, Watchdog};

thread_local! {
    static PLAYING: Cell<bool> = const { Cell::new(false) };
}

/// Panics of protocols under attack are findings, not noise: they go into the log, not to standard error.
pub fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !PLAYING.get() {
                usual(info);
            }
        }));
    });
}

/// What a certification found: rows, and every run.
pub struct Measured {
    /// The rows.
    pub rows: Vec<Evidence>,
    /// Every run, in the order of the plan.
    pub log: Vec<Entry>,
}

/// Makes all rows.
pub fn measure(jobs: &mut [Job<'_>], root: &Root, patience: Patience, silent: bool) -> Result<Measured, String> {
    quiet_panics();
    let mut progress = Progress::new(silent, jobs.len(), jobs.iter().map(|j| j.weight).sum());
    let watchdog = Watchdog::start(patience);
    PLAYING.set(true);
    watchdog.watching("the choice of the rotating field", || job::rotate(jobs, root));
    PLAYING.set(false);
    let mut measured = Measured { rows: Vec::with_capacity(jobs.len()), log: Vec::new() };
    for job in jobs {
        let key = job.row.key();
        progress.begins(&key);
        PLAYING.set(true);
        let units = watchdog.watching(&format!("{key}, the runs of it"), || job.units(root));
        PLAYING.set(false);
        let units = units.map_err(|e| format!("{key}: {e}"))?;
        let found = play_all(job, root, &units, &watchdog, &mut progress);
        progress.ends(job.weight, units.len());
        let entry = |(unit, found): (Unit, Found)| Entry { row: key.clone(), unit, found };
        let entries: Vec<Entry> = units.into_iter().zip(found).map(entry).collect();
        measured.rows.push(job.row.recounted(&entries.iter().collect::<Vec<_>>())?);
        measured.log.extend(entries);
    }
    Ok(measured)
}

/// What would be run for one row.
pub struct Planned {
    /// Its name.
    pub row: String,
    /// Lines of the log.
    pub units: usize,
    /// Runs of the protocol, as far as they are known beforehand.
    pub runs: u64,
    /// Whether every unit says how many runs it takes.
    pub known: bool,
}

/// What would be run. Finding it out takes honest runs.
pub fn planned(jobs: &mut [Job<'_>], root: &Root, patience: Patience) -> Result<Vec<Planned>, String> {
    quiet_panics();
    let watchdog = Watchdog::start(patience);
    PLAYING.set(true);
    watchdog.watching("the choice of the rotating field", || job::rotate(jobs, root));
    let plan = |job: &mut Job<'_>| {
        let key = job.row.key();
        let units = watchdog.watching(&format!("{key}, the runs of it"), || job.units(root))?;
        let runs: Vec<_> = units.iter().map(|unit| job.runs(unit)).collect::<Result<_, _>>()?;
        let (known, runs) = (runs.iter().all(Option::is_some), runs.into_iter().flatten());
        let runs = runs.fold(0, u64::saturating_add);
        Ok::<_, String>(Planned { row: key, units: units.len(), runs, known })
    };
    let rows = jobs.iter_mut().map(plan).collect();
    PLAYING.set(false);
    rows
}

/// Plays units on all processors; what was found is in their order.
pub fn play_all(
    job: &Job<'_>,
    root: &Root,
    units: &[Unit],
    watchdog: &Watchdog,
    progress: &mut Progress,
) -> Vec<Found> {
    let key = job.row.key();
    let play = |k: usize| watchdog.watching(&format!("{key}, {:?}", units[k]), || job.play(root, &units[k]));
    on_all_processors(units.len(), &mut |k| progress.runs(job.weight, k, units.len()), play)
}

/// Plays so many runs on all processors; what came of them is in their order. `done` is told how far it is.
pub fn on_all_processors<T: Send>(
    count: usize,
    done: &mut dyn FnMut(usize),
    play: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(count).max(1);
    let next = AtomicUsize::new(0);
    let work = |done: &mut dyn FnMut(usize)| {
        PLAYING.set(true);
        let mut mine = Vec::new();
        loop {
            let k = next.fetch_add(1, Ordering::Relaxed);
            if k >= count {
                break;
            }
            mine.push((k, play(k)));
            done(k);
        }
        PLAYING.set(false);
        mine
    };
    let mut all: Vec<(usize, T)> = std::thread::scope(|s| {
        let others: Vec<_> = (1..threads).map(|_| s.spawn(|| work(&mut |_| ()))).collect();
        let mut all = work(done);
        // A panic of a run is caught in it; one of ours goes on.
        all.extend(others.into_iter().flat_map(|t| t.join().unwrap_or_else(|e| std::panic::resume_unwind(e))));
        all
    });
    all.sort_by_key(|(k, _)| *k);
    all.into_iter().map(|(_, found)| found).collect()
}

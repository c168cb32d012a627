//! Runs a plan on all processors.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Once, OnceLock};

use crate::evidence::Evidence;
use crate::job::{self, Job};
use crate::log::{Entry, Found, Unit};
use crate::progress::{Progress, say};
use crate::seeds::Root;
use crate::unfinished::Unfinished;
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

/// Everything that is run for every row, found out before the first of it is played; that takes honest runs.
pub fn plan(jobs: &mut [Job<'_>], root: &Root, watchdog: &Watchdog) -> Result<Vec<Vec<Unit>>, String> {
    quiet_panics();
    PLAYING.set(true);
    watchdog.watching("the choice of the rotating field", || job::rotate(jobs, root));
    let units = |job: &mut Job<'_>| {
        let key = job.row.key();
        let units = watchdog.watching(&format!("{key}, the runs of it"), || job.units(root));
        units.map_err(|e| format!("{key}: {e}"))
    };
    let all = jobs.iter_mut().map(units).collect();
    PLAYING.set(false);
    all
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
    /// Fields that are left out because they would take too long.
    pub left_out: Vec<String>,
}

/// What would be run.
pub fn planned(jobs: &mut [Job<'_>], root: &Root, patience: Patience) -> Result<Vec<Planned>, String> {
    let watchdog = Watchdog::start(patience, root);
    let plans = plan(jobs, root, &watchdog)?;
    let row = |(job, units): (&Job<'_>, &Vec<Unit>)| {
        let runs = || units.iter().map(|unit| job.runs(unit)).collect::<Result<Vec<_>, _>>();
        let runs = watchdog.watching(&format!("{}, the number of its runs", job.row.key()), runs)?;
        let known = runs.iter().all(Option::is_some);
        let runs = runs.into_iter().flatten().fold(0, u64::saturating_add);
        let left_out = match &job.row {
            Evidence::Views(row) => row.skipped.keys().cloned().collect(),
            Evidence::Simulator(row) => row.skipped.keys().cloned().collect(),
            _ => Vec::new(),
        };
        Ok(Planned { row: job.row.key(), units: units.len(), runs, known, left_out })
    };
    jobs.iter().zip(&plans).map(row).collect()
}

/// Makes all rows.
pub fn measure(
    jobs: &mut [Job<'_>],
    root: &Root,
    patience: Patience,
    kept: &Unfinished,
    silent: bool,
) -> Result<Measured, String> {
    let watchdog = Watchdog::start(patience, root);
    if !silent {
        say(format_args!("finding out what there is to run"));
    }
    let plans = plan(jobs, root, &watchdog)?;
    let mut found = play(jobs, &plans, root, &watchdog, kept, silent)?.into_iter();
    let mut measured = Measured { rows: Vec::with_capacity(jobs.len()), log: Vec::new() };
    for (job, units) in jobs.iter().zip(plans) {
        let entry = |(unit, found): (Unit, Found)| Entry { row: job.row.key(), unit, found };
        let entries: Vec<Entry> = units.into_iter().zip(&mut found).map(entry).collect();
        measured.rows.push(job.row.recounted(&entries.iter().collect::<Vec<_>>())?);
        measured.log.extend(entries);
    }
    Ok(measured)
}

/// Plays these runs of every job on all processors; what was found is in their order. It goes through all jobs at once:
/// the last long run of one would leave the other processors without work. What an earlier process found is taken from
/// what was kept, and what is found now is kept there. Ends at the first that could not be done.
pub fn play(
    jobs: &[Job<'_>],
    plans: &[Vec<Unit>],
    root: &Root,
    watchdog: &Watchdog,
    kept: &Unfinished,
    silent: bool,
) -> Result<Vec<Found>, String> {
    let keys: Vec<String> = jobs.iter().map(|job| job.row.key()).collect();
    let of_job = |(j, units): (usize, &Vec<Unit>)| (0..units.len()).map(move |u| (j, u));
    let all: Vec<(usize, usize)> = plans.iter().enumerate().flat_map(of_job).collect();
    let weight = |j: usize| if plans[j].is_empty() { 0 } else { jobs[j].weight };
    let mut progress = Progress::new(silent, jobs.len(), (0..jobs.len()).map(weight).sum()).after(kept.before());
    let mut begun = 0;
    let mut begins = |k: usize| {
        let (j, u) = all[k];
        while begun <= j {
            if let Some(last) = begun.checked_sub(1) {
                progress.ends(weight(last), plans[last].len());
            }
            progress.begins(&keys[begun]);
            begun += 1;
        }
        progress.runs(weight(j), u, plans[j].len());
    };
    let failed = OnceLock::new();
    let found = on_all_processors(all.len(), &mut begins, |k| {
        let (j, u) = all[k];
        let (key, unit) = (&keys[j], &plans[j][u]);
        if failed.get().is_some() {
            return Found::Error(String::new());
        }
        if let Some(found) = kept.found(key, unit) {
            return found;
        }
        let found = watchdog.watching(&format!("{key}, {unit:?}"), || jobs[j].play(root, unit));
        match &found {
            Found::Error(e) => drop(failed.get_or_init(|| format!("{key}, {unit:?}: {e}"))),
            _ => kept.keep(key, unit, &found),
        }
        found
    });
    failed.into_inner().map_or(Ok(found), Err)
}

/// Plays so many runs on all processors; what came of them is in their order. `begins` is told of each that this thread
/// takes.
pub fn on_all_processors<T: Send>(
    count: usize,
    begins: &mut dyn FnMut(usize),
    play: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(count).max(1);
    let next = AtomicUsize::new(0);
    let work = |begins: &mut dyn FnMut(usize)| {
        PLAYING.set(true);
        let mut mine = Vec::new();
        loop {
            let k = next.fetch_add(1, Ordering::Relaxed);
            if k >= count {
                break;
            }
            begins(k);
            mine.push((k, play(k)));
        }
        PLAYING.set(false);
        mine
    };
    let mut all: Vec<(usize, T)> = std::thread::scope(|s| {
        let others: Vec<_> = (1..threads).map(|_| s.spawn(|| work(&mut |_| ()))).collect();
        let mut all = work(begins);
        // A panic of a run is caught in it; one of ours goes on.
        all.extend(others.into_iter().flat_map(|t| t.join().unwrap_or_else(|e| std::panic::resume_unwind(e))));
        all
    });
    all.sort_by_key(|(k, _)| *k);
    all.into_iter().map(|(_, found)| found).collect()
}

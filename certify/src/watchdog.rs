//! A protocol that hangs without sending anything, or that eats memory without end, cannot be stopped from outside. The
//! program ends then, saying in which run: a failure, and no certificate.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use adversary::pulse::Observer;
use spec::ExitCode;

use crate::progress::say;
use crate::seeds::Root;

/// How long a unit of many runs may take: many times what the largest takes.
const LONGEST: Duration = Duration::from_secs(1800);
/// How long a single run may take, unless told otherwise.
pub const LONGEST_RUN: u64 = 120;
/// How much memory the program may use, in MiB, unless told otherwise: many times what it needs, and less than the
/// machine has, where the system would end somebody else instead.
#[must_use]
pub fn most_memory() -> u64 {
    const MANY: u64 = 8 << 10;
    let told = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = told.lines().find_map(|l| l.strip_prefix("MemTotal:")?.trim().strip_suffix("kB")?.trim().parse().ok());
    total.map_or(MANY, |kib: u64| MANY.min(kib >> 11))
}

type Watched = Mutex<Vec<(u64, Instant, String)>>;

/// What is not tolerated.
#[derive(Clone, Copy)]
pub struct Patience {
    /// Seconds that one run may take.
    pub seconds: u64,
    /// MiB of memory that the program may use.
    pub memory: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Self { seconds: LONGEST_RUN, memory: most_memory() }
    }
}

/// Looks on.
pub struct Watchdog(Arc<Watched>);

impl Watchdog {
    /// Starts to look on, until it is dropped. A limit below what the program takes by itself is met at once. What ends
    /// the program also tells where all coins came from: the run that hangs can be played again.
    #[must_use]
    pub fn start(patience: Patience, root: &Root) -> Self {
        let root = *root;
        let watched: Arc<Watched> = Arc::default();
        let mut observer = Observer::default();
        look(&watched, &mut observer, patience, &root);
        let weak = Arc::downgrade(&watched);
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(Duration::from_millis(100));
                let Some(watched) = weak.upgrade() else { return };
                look(&watched, &mut observer, patience, &root);
            }
        });
        Self(watched)
    }
    /// Does something under observation.
    pub fn watching<T>(&self, name: &str, work: impl FnOnce() -> T) -> T {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let id = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let all = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all().push((id, Instant::now(), name.to_owned()));
        let result = work();
        all().retain(|(k, ..)| *k != id);
        result
    }
}

fn look(watched: &Watched, observer: &mut Observer, patience: Patience, root: &Root) {
    let all = watched.lock().unwrap_or_else(PoisonError::into_inner);
    let names: Vec<&str> = all.iter().map(|(_, _, name)| name.as_str()).collect();
    let place = if names.is_empty() { "a run".into() } else { names.join(" or ") };
    let hangs = |taken: Duration| format!("it hangs: no end after {} seconds in {place}", taken.as_secs());
    // What takes many runs may take long, but none of its runs.
    let run = observer.longest().filter(|taken| *taken > Duration::from_secs(patience.seconds));
    let unit = all.iter().map(|(_, since, name)| (since.elapsed(), name));
    let unit = unit.filter(|(taken, name)| *taken > limit(name, patience)).map(|(taken, _)| taken).max();
    if let Some(taken) = run.or(unit) {
        end(&hangs(taken), root);
    }
    if let Some(bytes) = memory().filter(|b| *b >> 20 > patience.memory) {
        end(&format!("it eats memory: {} MiB in {place}", bytes >> 20), root);
    }
}

/// How long one unit may take.
fn limit(name: &str, patience: Patience) -> Duration {
    let many = ["counted", "views", "simulator", "property", "weakness", "coverage", "strategy"];
    if many.iter().any(|kind| name.starts_with(kind)) { LONGEST } else { Duration::from_secs(patience.seconds) }
}

fn end(why: &str, root: &Root) -> ! {
    say(format_args!("\nquorate-certify: fail: {why}; it ends here, without a certificate\nseed {root}"));
    if crate::is_kept() {
        say(format_args!("what was found before is kept in --out: with a higher limit, the same command goes on"));
    }
    std::process::exit(i32::from(ExitCode::Fail.code()));
}

/// Bytes of memory in use, where the system tells.
fn memory() -> Option<u64> {
    let pages: u64 = std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_the_program_is_a_part_of_the_machine() {
        assert!((64..=8 << 10).contains(&most_memory()), "{}", most_memory());
        assert!(memory().is_none_or(|bytes| bytes >> 20 < most_memory()));
    }
}

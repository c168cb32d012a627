//! Signs of life for whoever looks on from another thread. A program that hangs inside a run cannot be stopped from inside,
//! and what is measured may take many runs: only how long each of them takes tells.

use std::cell::LazyCell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// When the run under way on a thread began, in nanoseconds since the first of all; 0 between runs.
type Pulse = AtomicU64;

static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
static THREADS: Mutex<Vec<Weak<Pulse>>> = Mutex::new(Vec::new());

thread_local! {
    static MINE: LazyCell<Arc<Pulse>> = const { LazyCell::new(|| {
        let mine = Arc::<Pulse>::default();
        let mut all = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|p| p.strong_count() > 0);
        all.push(Arc::downgrade(&mine));
        mine
    }) };
}

fn now() -> u64 {
    u64::try_from(FIRST.elapsed().as_nanos()).unwrap_or(u64::MAX).max(1)
}

/// Makes one run under observation. Nothing inside it is one of its own.
pub(crate) fn during<T>(run: impl FnOnce() -> T) -> T {
    /// Also a run that panics is over.
    struct Over(Arc<Pulse>);
    impl Drop for Over {
        fn drop(&mut self) {
            self.0.store(0, Relaxed);
        }
    }
    let over = Over(MINE.with(|mine| Arc::clone(mine)));
    over.0.store(now(), Relaxed);
    run()
}

/// How long the longest run under way has taken so far, on any thread.
#[must_use]
pub fn longest() -> Option<Duration> {
    let all = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    let began = all.iter().filter_map(Weak::upgrade).map(|p| p.load(Relaxed)).filter(|began| *began > 0).min()?;
    Some(Duration::from_nanos(now().saturating_sub(began)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;
    use std::sync::mpsc::channel;

    /// Other tests of this program make runs at the same time, but none since the first moment.
    #[test]
    fn a_run_is_seen_until_it_is_over() {
        let (go, wait) = channel::<()>();
        let (tell, told) = channel();
        let hanging = std::thread::spawn(move || {
            during(|| {
                MINE.with(|mine| mine.store(1, Relaxed));
                tell.send(()).unwrap();
                wait.recv().unwrap();
            });
            assert!(catch_unwind(|| during(|| panic!("now"))).is_err());
            MINE.with(|mine| mine.load(Relaxed))
        });
        told.recv().unwrap();
        assert!(longest().is_some_and(|taken| taken >= Duration::from_nanos(now() - 1) / 2));
        go.send(()).unwrap();
        assert_eq!(hanging.join().unwrap(), 0);
    }
}

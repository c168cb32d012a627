//! Signs of life for whoever looks on from another thread. A program that hangs inside a run cannot be stopped from inside,
//! and what is measured may take many runs: only how long each of them takes tells.

use std::cell::LazyCell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Beginnings and ends of the runs of a thread, counted: odd while one is under way. Nobody else writes it, so counting
/// takes no locked instruction, and no clock.
type Pulse = AtomicU64;

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

fn beat(pulse: &Pulse) {
    pulse.store(pulse.load(Relaxed).wrapping_add(1), Relaxed);
}

/// Makes one run under observation. Nothing inside it is one of its own.
pub(crate) fn during<T>(run: impl FnOnce() -> T) -> T {
    /// Also a run that panics is over.
    struct Over<'a>(&'a Pulse);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            beat(self.0);
        }
    }
    MINE.with(|mine| {
        let _over = Over(mine);
        beat(mine);
        run()
    })
}

/// Who looks on, now and then.
#[derive(Default)]
pub struct Observer(Vec<Seen>);

/// A thread as it was seen.
struct Seen {
    thread: Weak<Pulse>,
    pulse: u64,
    since: Instant,
}

impl Observer {
    /// How long the longest run under way has been seen to take, on any thread.
    #[must_use]
    pub fn longest(&mut self) -> Option<Duration> {
        let all = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let look = |thread: &Weak<Pulse>| {
            let pulse = thread.upgrade()?.load(Relaxed);
            let before = self.0.iter().find(|s| s.thread.ptr_eq(thread) && s.pulse == pulse);
            Some(Seen { thread: thread.clone(), pulse, since: before.map_or(now, |s| s.since) })
        };
        let seen: Vec<Seen> = all.iter().filter_map(look).collect();
        self.0 = seen;
        let under_way = self.0.iter().filter(|s| s.pulse % 2 == 1);
        under_way.map(|s| now.duration_since(s.since)).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;
    use std::sync::mpsc::channel;

    /// Other tests of this program make runs at the same time, none of which takes that long.
    #[test]
    fn a_run_is_seen_until_it_is_over() {
        let (go, wait) = channel::<()>();
        let (tell, told) = channel();
        let hanging = std::thread::spawn(move || {
            during(|| {
                tell.send(()).unwrap();
                wait.recv().unwrap();
            });
            assert!(catch_unwind(|| during(|| panic!("now"))).is_err());
            MINE.with(|mine| mine.load(Relaxed))
        });
        told.recv().unwrap();
        let mut observer = Observer::default();
        assert!(observer.longest().is_some());
        std::thread::sleep(Duration::from_millis(20));
        assert!(observer.longest().is_some_and(|taken| taken >= Duration::from_millis(20)));
        go.send(()).unwrap();
        assert_eq!(hanging.join().unwrap(), 4, "two runs, both over");
    }

    /// Of many short runs none is long.
    #[test]
    fn runs_one_after_the_other_are_not_one_long_run() {
        let (tell, told) = channel();
        let (go, wait) = channel::<()>();
        let busy = std::thread::spawn(move || {
            for _ in 0..2 {
                during(|| {
                    tell.send(MINE.with(|mine| Arc::downgrade(mine))).unwrap();
                    wait.recv().unwrap();
                });
            }
        });
        let mut observer = Observer::default();
        let mut since = |thread: &Weak<Pulse>| {
            observer.longest().unwrap();
            observer.0.iter().find(|s| s.thread.ptr_eq(thread)).unwrap().since
        };
        let thread = told.recv().unwrap();
        let first = since(&thread);
        assert_eq!(since(&thread), first);
        go.send(()).unwrap();
        told.recv().unwrap();
        assert!(since(&thread) > first);
        go.send(()).unwrap();
        busy.join().unwrap();
    }
}

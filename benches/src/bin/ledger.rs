//! The ledger on its own: triples per second written (durable at the end) and read back from the page cache.
//!
//! `cargo run --release -p quorate-benches --bin ledger -- [triples]` prints one line per field: rates by the clock, and
//! the processor time of this party's thread, which other work on the machine disturbs less.

use std::rc::Rc;
use std::time::Instant;

use field::{F128, Field, Fr};
use protocols::ledger::Directory;
use protocols::{Error, MacKey, Real, Result, Session, SessionId, Shared, Supply, Tape, Triples};
use transport::{Parties, drive, threads};

/// Triples per call, as a protocol generates and uses them.
const BATCH: usize = 1 << 16;

fn main() -> std::result::Result<(), String> {
    let count = std::env::args().nth(1).map_or(Ok(1_000_000), |a| a.parse()).map_err(|e| format!("triples: {e}"))?;
    both::<F128>(count).and_then(|()| both::<Fr>(count)).map_err(|e| e.to_string())
}

/// Two parties on threads, because putting a segment to use is an exchange with the peer. Both do the same work at the
/// same time.
fn both<F: Field>(count: usize) -> Result<()> {
    let nets = threads::mesh(&Parties::anonymous(2));
    std::thread::scope(|scope| {
        let parties: Vec<_> = nets
            .into_iter()
            .map(|net| {
                scope.spawn(move || {
                    let net = Rc::new(net);
                    let s = Session::new(
                        net.clone(),
                        SessionId([1; 32]),
                        Rc::new(Real::bootstrap()),
                        Tape::seeded([1; 32]),
                    );
                    drive(&*net, party::<F>(s, count))
                })
            })
            .collect();
        parties.into_iter().try_for_each(|p| p.join().map_err(|_| Error::Local("a party panicked".into()))?)
    })
}

async fn party<F: Field>(mut s: Session, count: usize) -> Result<()> {
    let root = tempfile::tempdir().map_err(|e| Error::Local(e.to_string()))?;
    let dir = Directory::open(&root.path().join("ledger"), &root.path().join("fence"), s.tape())?;
    let row: Vec<F> = s.tape().elements(BATCH)?;
    let shared = || Shared::from_parts(row.clone(), row.clone());
    let start = Stopwatch::start();
    let key = MacKey::from_share(row[0]);
    let mut writer = dir.writer(&s, [0; 32], &key)?;
    for at in (0..count).step_by(BATCH) {
        let mut t = Triples { a: shared(), b: shared(), c: shared() };
        if count - at < BATCH {
            t = Triples { a: t.a.take_front(count - at), b: t.b.take_front(count - at), c: t.c.take_front(count - at) };
        }
        writer.triples(t)?;
    }
    let binding = writer.finish(key)?;
    let written = start.stop(count);

    let mut ledger = dir.resume::<F>(&mut s, &binding).await?;
    let start = Stopwatch::start();
    for at in (0..count).step_by(BATCH) {
        drop(ledger.parts().1.triples(BATCH.min(count - at))?);
    }
    let read = start.stop(count);
    ledger.close()?;
    if s.me().index() == 0 {
        println!("{}: {count} triples, written {written}, read {read}", F::NAME);
    }
    Ok(())
}

/// Wall-clock and processor time of this thread.
struct Stopwatch {
    wall: Instant,
    cpu: u64,
}

impl Stopwatch {
    fn start() -> Self {
        Self { wall: Instant::now(), cpu: cpu_nanoseconds() }
    }
    fn stop(self, items: usize) -> String {
        let (wall, cpu) = (self.wall.elapsed().as_secs_f64(), cpu_nanoseconds() - self.cpu);
        format!("{:.2} M/s ({} ns of processor each)", items as f64 / wall / 1e6, cpu / items as u64)
    }
}

/// From the scheduler's statistics; 0 where there are none.
fn cpu_nanoseconds() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split_whitespace().next().and_then(|v| v.parse().ok()).unwrap_or(0)
}

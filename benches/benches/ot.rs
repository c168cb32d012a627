//! Oblivious transfer: base transfers, extension end to end, and where its time goes.
//!
//! `cargo bench -p quorate-benches --bench ot`. Every figure is the best of many short samples, so it holds on a busy
//! machine. End to end runs in one process without a network: "one thread" is all work of both parties in both roles
//! on one core, "two threads" one party on each of two cores.

use std::cell::Cell;
use std::hint::black_box;
use std::rc::Rc;
use std::time::{Duration, Instant};

use field::{F128, Field, Fr, Gf128, Kernels, PrimeField, Residue, transpose_columns};
use protocols::ot::{OtHash, RandomOt, SoftSpoken};
use protocols::prg::Prg;
use protocols::{Real, Result, Session, SessionId, Tape};
use transport::sim::{self, Clock, Limits, NoTrusted, Passive, Setup};
use transport::{Net, Parties, PartySet, drive, threads};

const SAMPLES: usize = 60;

/// Prints the best time of a sample divided by the items in it.
fn kernel(name: &str, items: usize, mut work: impl FnMut()) {
    let best = (0..SAMPLES)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .min()
        .unwrap_or_default();
    report(name, best, items);
}

fn report(name: &str, time: Duration, items: usize) {
    let each = time.as_nanos() as f64 / items as f64;
    println!("{name:<44} {each:>12.2} ns  {:>10.2} M/s", 1e3 / each);
}

fn session(net: Rc<dyn Net>) -> Session {
    let tape = Tape::seeded([net.me().index() as u8; 32]);
    Session::new(net, SessionId([1; 32]), Rc::new(Real::bootstrap()), tape)
}

/// Both parties on this thread.
fn simulate<T: 'static>(program: impl AsyncFn(Session) -> Result<T>) {
    let setup = Setup {
        parties: Rc::new(Parties::anonymous(2)),
        corrupt: PartySet::default(),
        adversary: &mut Passive,
        trusted: &mut NoTrusted,
        clock: Clock::NONE,
        trace: false,
        limits: Limits::NONE,
    };
    let program = &program;
    let run = sim::run(setup, |net| Box::pin(async move { program(session(net)).await.expect("an honest run") }));
    assert!(run.ends.iter().all(|end| matches!(end, sim::End::Done(_))));
}

/// The best time of `extend` at party 0.
async fn extensions<F: PrimeField, const K: usize>(mut s: Session, n: usize) -> Result<Duration> {
    let choices = vec![0x5a5a_1234_0f0f_9999_5a5a_1234_0f0f_9999; n.div_ceil(128)];
    let mut ot = SoftSpoken::<K>::setup(&mut s).await?;
    let mut best = Duration::MAX;
    for _ in 0..SAMPLES {
        let start = Instant::now();
        black_box(ot.extend::<F>(&mut s, &choices, n).await?);
        best = best.min(start.elapsed());
    }
    Ok(best)
}

/// Transfers are counted in both directions.
fn end_to_end<F: PrimeField, const K: usize>(n: usize) {
    let best = Cell::new(Duration::MAX);
    simulate(async |s| {
        best.set(best.get().min(extensions::<F, K>(s, n).await?));
        Ok(())
    });
    report(&format!("extend {} k={K} n={n}, one thread", F::NAME), best.get(), 2 * n);
    let nets = threads::mesh(&Parties::anonymous(2));
    let best = std::thread::scope(|scope| {
        let party = |net: threads::ThreadNet| {
            let net = Rc::new(net);
            drive(&*net.clone(), extensions::<F, K>(session(net), n)).expect("an honest run")
        };
        let handles: Vec<_> = nets.into_iter().map(|net| scope.spawn(move || party(net))).collect();
        handles.into_iter().map(|h| h.join().expect("no panic")).max().unwrap_or_default()
    });
    report(&format!("extend {} k={K} n={n}, two threads", F::NAME), best, 2 * n);
}

fn hash<F: PrimeField>(rows: &[u128]) {
    let mut out = vec![F::Residue::ZERO; rows.len()];
    let hash = OtHash::new(&[3; 16]);
    kernel(&format!("hash, one row, {}", F::NAME), rows.len(), || {
        hash.residues::<F>(0, black_box(rows), 7, &mut out);
    });
}

fn main() {
    const ROWS: usize = 8192;
    let mut prgs: Vec<Prg> = (0..64u8).map(|i| Prg::new(&[i; 16])).collect();
    let mut column = vec![0; ROWS / 8];
    kernel("generator, 16 bytes (64 streams)", 64 * ROWS / 128, || {
        prgs.iter_mut().for_each(|prg| prg.fill(black_box(&mut column)));
    });
    let columns: Vec<u8> = (0..16 * ROWS).map(|i| ((i * i) >> 7) as u8).collect();
    let mut rows = vec![0; ROWS];
    kernel("transpose, one row", ROWS, || transpose_columns(black_box(&columns), &mut rows));
    let chi: Vec<Gf128> = Prg::new(&[9; 16]).elements(ROWS / 128);
    let blocks: Vec<Gf128> = Prg::new(&[8; 16]).elements(ROWS);
    kernel("check, one row", ROWS, || {
        let sum = blocks.chunks(chi.len()).fold(Gf128::ZERO, |sum, b| sum + Gf128::dot(black_box(&chi), b));
        black_box(sum);
    });
    hash::<F128>(&rows);
    hash::<Fr>(&rows);

    end_to_end::<F128, 2>(1 << 16);
    end_to_end::<F128, 2>(1 << 18);
    end_to_end::<Fr, 2>(1 << 16);
    end_to_end::<F128, 4>(1 << 16);
    end_to_end::<F128, 8>(1 << 16);

    for m in [128, 128 + 255] {
        let choices = vec![true; m];
        let best = Cell::new(Duration::MAX);
        for _ in 0..5 {
            simulate(async |mut s| {
                let start = Instant::now();
                black_box(SoftSpoken::<2>::seeds(&mut s, &choices).await?);
                best.set(best.get().min(start.elapsed()));
                Ok(())
            });
        }
        report(&format!("{m} base transfers both ways, one thread"), best.get(), 1);
    }
}

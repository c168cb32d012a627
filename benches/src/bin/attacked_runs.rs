//! How long one attacked multiplication takes in the simulator, MAC checks included: enumerated over every coin of the
//! tiny fields on all processors, and sampled on one over F_31, on ideal and on real coin and commitment.
//!
//! `cargo run --release -p quorate-benches --bin attacked_runs [enumerated|hybrid|data|real [ROUNDS]]`
//!
//! On a shared machine a processor does not always get its full speed. Beside every time stands the speed it had just
//! then: that of a chain of multiplications, each of which waits for the one before (four cycles on x86-64).

use std::hint::black_box;
use std::time::{Duration, Instant};

use adversary::computation::{self, Scene};
use adversary::exact::multiplication::{Computation, additive, count, wrong_product};
use adversary::exact::pair;
use adversary::fields::FieldId;
use adversary::ideal::supply::{CorruptShares, Order};
use adversary::sample::Sampler;
use adversary::strategy::language::Items;
use adversary::strategy::{Stage, Strategy};
use adversary::{World, classify, programs};
use field::{F2, F3, F5, F31, Field};
use protocols::Result;

#[global_allocator]
static GLOBAL: adversary::allocator::SmallRuns = adversary::allocator::SmallRuns; // like quorate-certify

/// Cycles a nanosecond that this processor has now.
fn gigahertz() -> f64 {
    const LINKS: u32 = 1_000_000;
    let start = Instant::now();
    let mut x = black_box(1u64);
    for _ in 0..LINKS {
        x = x.wrapping_mul(6_364_136_223_846_793_005) ^ 1;
    }
    black_box(x);
    4.0 * f64::from(LINKS) / start.elapsed().as_nanos() as f64
}

/// How many runs are timed at once: few, as a shared machine is undisturbed for moments only.
const RUNS: u32 = 2_000;

/// What one of [`RUNS`] runs took.
struct Timed {
    /// In the best round, in microseconds.
    best: f64,
    /// The processor's speed before and after that.
    clock: f64,
    /// In the median one.
    median: f64,
}

/// Times rounds of runs.
fn timed(mut round: impl FnMut(u64) -> Result<()>) -> Result<Timed> {
    let (mut best, mut all) = ((f64::INFINITY, 0.0), Vec::new());
    let rounds = std::env::args().nth(2).and_then(|rounds| rounds.parse().ok()).unwrap_or(100);
    for k in 0..rounds {
        let before = gigahertz();
        let start = Instant::now();
        round(k)?;
        let micros = start.elapsed().as_secs_f64() * 1e6 / f64::from(RUNS);
        if micros < best.0 {
            best = (micros, (before + gigahertz()) / 2.0);
        }
        all.push(micros);
    }
    all.sort_by(f64::total_cmp);
    Ok(Timed { best: best.0, clock: best.1, median: all[all.len() / 2] })
}

fn show(field: &str, what: &str, t: &Timed) {
    let Timed { best, clock, median } = t;
    let [each, usual] = [1e6 / best, 1e6 / median].map(|rate| format!("{rate:.0}/s"));
    println!(
        "{field:<10} {what:<11} {best:>6.2} µs a run ({each}, at {clock:.1} GHz), median {median:.2} µs ({usual})"
    );
}

/// On all processors, and what that is of one.
fn enumerated<F: Field>() -> Result<()> {
    let script = || additive([F::ONE, F::ZERO], F::ZERO);
    let mut best = (Duration::MAX, Duration::MAX);
    let mut runs = 0;
    for _ in 0..5 {
        let (start, mut now, mut worked) = (Instant::now(), 0, Duration::ZERO);
        while start.elapsed() < Duration::from_millis(200) {
            let c = count::<F>(pair, CorruptShares::Zero, Computation::Multiply(1, 1), script, wrong_product)?;
            now += c.runs;
            worked += c.took;
        }
        let each = u32::try_from(now).unwrap_or(u32::MAX);
        best = best.min((start.elapsed() / each, worked / each));
        runs += now;
    }
    let [all, one] = [best.0, best.1].map(|d| d.as_secs_f64() * 1e6);
    println!("{:<10} enumerated  {all:>6.2} µs a run  ({one:.2} µs of one processor, {runs} runs)", F::NAME);
    Ok(())
}

fn sampled<F: Field>(what: &str, world: &World) -> Result<()> {
    let order = Order { triples: 1, given: vec![6, 11], ..Order::default() };
    let mut wrong = 0;
    let t = timed(|round| {
        let sampler = Sampler::new(round);
        for run in 0..RUNS {
            let tape = sampler.tape(run.into());
            let dealing = programs::deal::<F>(world, CorruptShares::Uniform, &tape, &order)?;
            let mut script = additive([F::ONE, F::ZERO], F::ZERO);
            let run = programs::run(world, &tape, &mut script, &dealing, programs::multiply::<F>);
            wrong += u32::from(wrong_product(&classify(run.ends)[0], &dealing.known));
        }
        Ok(())
    })?;
    assert!(wrong > 0, "the attack never escapes over a field as small as this");
    show(F::NAME, what, &t);
    Ok(())
}

/// The same attack as data: what the strategy language costs.
fn as_data() -> Result<()> {
    let items = || Items::List(vec![0]);
    let strategy = Strategy::new("shift", 2, &[1]).shifts("beaver", "share", items(), 0, "1").stopped_by("mac.check");
    let multiply = computation::find("multiply").expect("a computation of this name");
    let scene = Scene::new(multiply, FieldId::F31, pair());
    let plan = scene.compile(&strategy).expect("the strategy fits the computation");
    let mut wins = 0;
    let t = timed(|round| {
        let sampler = Sampler::new(round);
        wins += (0..RUNS).filter(|run| scene.once(&plan, &sampler.tape(u64::from(*run)), &[]).judgement.won()).count();
        Ok(())
    })?;
    assert!(wins > 0, "the attack never escapes over a field as small as this");
    show("F31", "as data", &t);
    Ok(())
}

fn main() -> Result<()> {
    let only = std::env::args().nth(1);
    let wants = |what: &str| only.as_deref().is_none_or(|o| o == what);
    if wants("enumerated") {
        enumerated::<F2>()?;
        enumerated::<F3>()?;
        enumerated::<F5>()?;
    }
    if wants("hybrid") {
        sampled::<F31>("hybrid", &pair())?;
    }
    if wants("data") {
        as_data()?;
    }
    if wants("real") {
        sampled::<F31>("real", &pair().real())?;
    }
    Ok(())
}

//! How long one attacked multiplication takes in the simulator, MAC checks included: enumerated over every coin of the
//! tiny fields on all processors, and sampled on one over F_31, on ideal and on real coin and commitment.
//!
//! `cargo run --release -p quorate-benches --bin attacked_runs`

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
    let mut best = Duration::MAX;
    for round in 0..5 {
        let sampler = Sampler::new(round);
        let start = Instant::now();
        let runs = std::env::args().nth(2).and_then(|runs| runs.parse().ok()).unwrap_or(40_000);
        let mut wrong = 0;
        for run in 0..runs {
            let tape = sampler.tape(run.into());
            let dealing = programs::deal::<F>(world, CorruptShares::Uniform, &tape, &order)?;
            let mut script = additive([F::ONE, F::ZERO], F::ZERO);
            let run = programs::run(world, &tape, &mut script, &dealing, programs::multiply::<F>);
            wrong += usize::from(wrong_product(&classify(run.ends)[0], &dealing.known));
        }
        best = best.min(start.elapsed() / runs);
        assert!(wrong > 0, "the attack never escapes over a field as small as this");
    }
    println!(
        "{:<10} {what:<11} {:>6.2} µs a run  ({:.0}/s)",
        F::NAME,
        best.as_secs_f64() * 1e6,
        1.0 / best.as_secs_f64()
    );
    Ok(())
}

/// The same attack as data: what the strategy language costs.
fn as_data() {
    let items = || Items::List(vec![0]);
    let strategy = Strategy::new("shift", 2, &[1]).shifts("beaver", "share", items(), 0, "1").stopped_by("mac.check");
    let multiply = computation::find("multiply").expect("a computation of this name");
    let scene = Scene::new(multiply, FieldId::F31, pair());
    let plan = scene.compile(&strategy).expect("the strategy fits the computation");
    let mut best = Duration::MAX;
    for round in 0..5 {
        let sampler = Sampler::new(round);
        let start = Instant::now();
        let runs = 40_000;
        let wins =
            (0..runs).filter(|run| scene.once(&plan, &sampler.tape(u64::from(*run)), &[]).judgement.won()).count();
        best = best.min(start.elapsed() / runs);
        assert!(wins > 0, "the attack never escapes over a field as small as this");
    }
    println!("{:<10} {:<11} {:>6.2} µs a run", "F31", "as data", best.as_secs_f64() * 1e6);
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
        as_data();
    }
    if wants("real") {
        sampled::<F31>("real", &pair().real())?;
    }
    Ok(())
}

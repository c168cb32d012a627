//! Every frame with every mutation: nothing wrong is accepted, nobody honest is accused, nothing panics.

use quorate_adversary::cases::{self, Case, Cost};
use quorate_adversary::sweep::{Effort, Report, replay, sweep};
use quorate_adversary::{Judgement, Verdict};

fn text(case: &Case, r: &Report) -> String {
    let stopped: Vec<_> = r.stopped.iter().map(|(c, k)| format!("{c} {k}")).collect();
    format!(
        "{}: {} runs, {} idle, frames {}/{}, right {}, gave up {}, wrong {}, stopped by {}",
        case.name,
        r.runs,
        r.idle,
        r.frames_hit,
        r.frames,
        r.right,
        r.gave_up,
        r.wrong.len(),
        stopped.join(", ")
    )
}

fn mutations_are_harmless(cost: Cost, effort: Effort) {
    for case in cases::ALL.iter().filter(|c| c.cost == cost) {
        let start = std::time::Instant::now();
        let report = sweep(case, 0..if case.tiny.is_some() { 4 } else { 1 }, effort);
        println!("{} ({:?})", text(case, &report), start.elapsed());
        assert_eq!(report.verdict(case), Verdict::Pass, "{}: {:?} {:?}", case.name, report.wrong, report.broken);
    }
}

#[test]
fn every_mutation_of_every_frame_is_harmless() {
    mutations_are_harmless(Cost::Seconds, Effort::Every);
}

#[test]
fn every_mutation_of_every_frame_of_the_preprocessing_is_harmless() {
    mutations_are_harmless(Cost::Long, Effort::Every);
}

/// On real transfers. `quorate-certify spdz --tier deep` sweeps all of it.
#[test]
fn a_sample_of_mutations_of_real_preprocessing_is_harmless() {
    mutations_are_harmless(Cost::Minutes, Effort::Sample(16));
}

#[test]
fn points_are_replayed() {
    let case = cases::find("product/2/F3/ideal").unwrap();
    let report = sweep(case, 0..3, Effort::Every);
    let (seed, point) = report.wrong.first().copied().expect("over F_3 some lie escapes");
    let (judgement, fired) = replay(case, seed, point);
    assert!(fired && judgement.won());
}

#[test]
fn untampered_runs_are_right() {
    for case in cases::ALL {
        for seed in 0..if case.cost == Cost::Minutes { 1 } else { 3 } {
            let judgement = (case.run)(seed, &mut transport::sim::Passive);
            assert_eq!(judgement, Judgement::Right, "{}", case.name);
        }
    }
}

//! Every small case against another wording of the same rule.

use super::*;
use crate::stats;

fn frac(a: u64, b: u64) -> BigRational {
    BigRational::new(a.into(), b.into())
}

#[test]
fn verdicts_are_ordered_and_named_like_exit_codes() {
    use Verdict::{Fail, Inconclusive, Pass, Vacuous};
    let all = [Pass, Inconclusive, Vacuous, Fail];
    for a in all {
        for b in all {
            assert_eq!(Verdict::of_all([a, b]).exit_code(), a.exit_code().worse(b.exit_code()));
        }
        assert_eq!(serde_json::to_string(&a).unwrap(), format!("\"{a}\""));
        assert_eq!(serde_json::from_str::<Verdict>(&format!("\"{a}\"")).unwrap(), a);
    }
    assert_eq!(Verdict::of_all([]), Vacuous);
}

#[test]
fn counted_at_every_list_of_up_to_four_points() {
    // A point: one of three sizes, counted or not, equal or not.
    let point = |code: usize| Counted {
        size: [2, 3, 5][code % 3],
        runs: if (code / 3).is_multiple_of(2) { 9 } else { 0 },
        measured: if code / 6 == 0 { frac(5, 9) } else { frac(1, 3) },
        expected: frac(5, 9),
    };
    for len in 0..=4u32 {
        for code in 0..12usize.pow(len) {
            let points: Vec<_> = (0..len).map(|k| point(code / 12usize.pow(k) % 12)).collect();
            let (mut unequal, mut idle, mut seen) = (false, points.is_empty(), [false; 6]);
            for c in &points {
                unequal |= c.runs != 0 && c.measured != c.expected;
                idle |= c.runs == 0;
                seen[c.size as usize] = true;
            }
            let expected = match (unequal, idle, seen[2] && seen[3] && seen[5]) {
                (true, ..) => Verdict::Fail,
                (_, true, _) => Verdict::Vacuous,
                (_, _, false) => Verdict::Inconclusive,
                _ => Verdict::Pass,
            };
            assert_eq!(counted(&points), expected, "{points:?}");
        }
    }
}

/// `P[X ≥ k]` by its definition, for few runs.
fn brute(k: u64, n: u64, p: f64) -> f64 {
    let choose = |j: u64| (0..j).fold(1.0, |c, i| c * (n - i) as f64 / (i + 1) as f64);
    (k..=n).map(|j| choose(j) * p.powi(j as i32) * (1.0 - p).powi((n - j) as i32)).sum()
}

#[test]
fn sampled_at_every_small_count() {
    let mut reached = std::collections::BTreeSet::new();
    for expected in [frac(0, 1), frac(1, 4), frac(5, 9), frac(9, 10), frac(1, 1)] {
        let p = expected.to_f64().unwrap();
        for (tail, most) in [(0.02, 24u64), (0.2, 60)] {
            for runs in 0..=most {
                for hits in 0..=runs {
                    let s = Sampled { planned: runs, runs, acted: runs, hits, expected: expected.clone() };
                    let rejects = |q: f64| brute(hits, runs, q) < tail || 1.0 - brute(hits + 1, runs, q) < tail;
                    let weaker = if 1.25 * p < 1.0 { 1.25 * p } else { p / 1.25 };
                    // What is kept is an interval: the weaker protocol is excluded on its side, or not.
                    let excluded = rejects(weaker) || p.is_zero();
                    let verdict = match (runs, rejects(p), excluded) {
                        (0, ..) => Verdict::Vacuous,
                        (_, true, _) => Verdict::Fail,
                        (_, _, true) if !p.is_zero() => Verdict::Pass,
                        _ => Verdict::Inconclusive,
                    };
                    assert_eq!(sampled(&s, tail), verdict, "{hits} of {runs} at {p}, {tail}");
                    reached.insert((hits > 0, verdict));
                    // The same counts of a plan that was not kept, of an attack that slept once, of no sample at all.
                    if runs > 0 {
                        assert_eq!(sampled(&Sampled { planned: runs + 1, ..s.clone() }, tail), Verdict::Inconclusive);
                        assert_eq!(sampled(&Sampled { planned: runs - 1, ..s.clone() }, tail), Verdict::Inconclusive);
                        assert_eq!(sampled(&Sampled { acted: runs - 1, ..s.clone() }, tail), Verdict::Vacuous);
                        assert_eq!(sampled(&Sampled { acted: 0, ..s.clone() }, tail), Verdict::Vacuous);
                    }
                    assert_eq!(sampled(&Sampled { acted: runs + 1, ..s.clone() }, tail), Verdict::Fail);
                    assert_eq!(sampled(&Sampled { hits: runs + 1, ..s.clone() }, tail), Verdict::Fail);
                }
            }
        }
    }
    assert!(reached.iter().any(|(_, v)| *v == Verdict::Pass) && reached.contains(&(true, Verdict::Fail)));
    let s = Sampled { planned: 5, runs: 5, acted: 5, hits: 5, expected: frac(3, 2) };
    assert_eq!(sampled(&s, 0.01), Verdict::Fail, "no probability");
}

#[test]
fn a_planned_sample_passes_and_a_quarter_more_or_less_fails() {
    for p in [frac(61, 961), frac(501, 63_001), frac(1, 31), frac(1, 2), frac(1, 16)] {
        let chance = p.to_f64().unwrap();
        let runs = stats::runs(chance, WEAKER, ALPHA, POWER);
        let at = |factor: f64| {
            let hits = (runs as f64 * chance * factor).round() as u64;
            sampled(&Sampled { planned: runs, runs, acted: runs, hits, expected: p.clone() }, ALPHA / 2.0)
        };
        assert_eq!([0.75, 1.0, 1.25].map(at), [Verdict::Fail, Verdict::Pass, Verdict::Fail]);
        // Hits too many to exclude the weaker protocol and too few to fail.
        assert_eq!(at(1.12), Verdict::Inconclusive);
        // The chance that right code passes, over all numbers of hits.
        let passes = |hits: &u64| {
            sampled(&Sampled { planned: runs, runs, acted: runs, hits: *hits, expected: p.clone() }, ALPHA / 2.0)
                == Verdict::Pass
        };
        let mean = (runs as f64 * chance) as u64;
        let (mut low, mut high) = (mean, mean);
        while passes(&(low - 1)) {
            low -= 1;
        }
        while passes(&(high + 1)) {
            high += 1;
        }
        let inside = stats::at_least(low, runs, chance) - stats::at_least(high + 1, runs, chance);
        assert!(inside > 0.99, "{inside} of all samples at {p} are conclusive");
    }
}

#[test]
fn attacked_at_every_small_count() {
    let at = |code: u64, k: u32| code / 4u64.pow(k) % 4;
    for code in 0..2 * 4u64.pow(6) {
        let [runs, won, stopped, idle, control_runs, control_won] = [0, 1, 2, 3, 4, 5].map(|k| at(code, k));
        let controlled = code < 4u64.pow(6);
        let a = Attacked { runs, won, stopped, idle, control_runs, control_won, controlled };
        let shown = if controlled { control_won == control_runs && control_runs > 0 } else { control_runs == 0 };
        let nonsense = won + stopped + idle > runs || control_won > control_runs;
        let elsewhere = won + stopped + idle < runs;
        let verdict = if nonsense || won > 0 || elsewhere {
            Verdict::Fail
        } else if stopped == runs && runs > 0 && shown {
            Verdict::Pass
        } else {
            Verdict::Vacuous
        };
        assert_eq!(attacked(&a), verdict, "{a:?}");
    }
    let [runs, control_runs, control_won] = [1; 3];
    let huge = Attacked { runs, won: 0, stopped: u64::MAX, idle: 2, control_runs, control_won, controlled: true };
    assert_eq!(attacked(&huge), Verdict::Fail, "counts that overflow");
}

#[test]
fn swept_at_every_small_count() {
    let at = |code: u64, k: u32| code / 4u64.pow(k) % 4;
    for code in 0..4u64.pow(5) {
        let [runs, frames, frames_changed, wrong, unexplained] = [0, 1, 2, 3, 4].map(|k| at(code, k));
        for allowed in [None, Some(frac(0, 1)), Some(frac(1, 4)), Some(frac(1, 1))] {
            let s = Swept { runs, frames, frames_changed, wrong, unexplained, allowed: allowed.clone() };
            let chance = allowed.map_or(f64::from(u8::from(wrong == 0)), |p| match p {
                p if p.is_zero() => f64::from(u8::from(wrong == 0)),
                p if p.is_one() => 1.0,
                p => {
                    if wrong > runs {
                        0.0
                    } else {
                        brute(wrong, runs, p.to_f64().unwrap())
                    }
                }
            });
            let verdict = if unexplained > 0 || chance < 0.1 || wrong > runs || frames_changed > frames {
                Verdict::Fail
            } else if runs == 0 || frames_changed < frames {
                Verdict::Vacuous
            } else {
                Verdict::Pass
            };
            assert_eq!(swept(&s, 0.1), verdict, "{s:?}");
        }
    }
}

#[test]
fn holm_is_the_closed_test_of_bonferroni() {
    let values = [0.0, 0.004, 0.01, 0.012, 0.02, 0.05, 0.5, f64::NAN];
    for m in 0..=4u32 {
        for code in 0..values.len().pow(m) {
            let p: Vec<f64> = (0..m).map(|k| values[code / values.len().pow(k) % values.len()]).collect();
            let rejected = holm(&p, 0.04);
            for (i, rejected) in rejected.into_iter().enumerate() {
                // Rejected when every set of hypotheses that contains it is.
                let every = (1u32..1 << m).filter(|set| set >> i & 1 == 1).all(|set| {
                    let least = 0.04 / f64::from(set.count_ones());
                    (0..m as usize).any(|j| set >> j & 1 == 1 && (p[j].is_nan() || p[j] <= least))
                });
                assert_eq!(rejected, every, "{p:?}");
            }
        }
    }
}

#[test]
fn together_they_share_one_budget() {
    let plan = |hits| Sampled { planned: 1000, runs: 1000, acted: 1000, hits, expected: frac(1, 2) };
    let sweep =
        |wrong| Swept { runs: 1000, frames: 9, frames_changed: 9, wrong, unexplained: 0, allowed: Some(frac(1, 10)) };
    let chance = |hits| stats::at_least(hits, 1000, 0.5);
    // The smallest number of hits that is too many alone, and the next that is with nine further hypotheses.
    let alone = (500..1000).find(|h| chance(*h) < ALPHA / 2.0).unwrap();
    assert_eq!(together(&[plan(alone)], &[], ALPHA).0, [Verdict::Fail]);
    let many: Vec<_> = std::iter::once(alone).chain([500; 4]).map(plan).collect();
    assert_eq!(together(&many, &[sweep(100)], ALPHA).0[0], Verdict::Inconclusive);
    let least = (500..1000).find(|h| chance(*h) < ALPHA / 11.0).unwrap();
    assert!(least > alone);
    let many: Vec<_> = std::iter::once(least).chain([500; 4]).map(plan).collect();
    let (samples, sweeps) = together(&many, &[sweep(100)], ALPHA);
    assert_eq!((samples[0], samples[1], sweeps), (Verdict::Fail, Verdict::Pass, vec![Verdict::Pass]));
    // Once one is rejected the others share what is left.
    let both: Vec<_> = [900, alone].map(plan).into();
    assert_eq!(together(&both, &[], ALPHA / 2.0 * 3.0).0, [Verdict::Fail; 2]);
    assert_eq!(
        together(&[], &[sweep(300), Swept { allowed: None, ..sweep(0) }], ALPHA).1,
        [Verdict::Fail, Verdict::Pass]
    );
    // A sample that was cut off is no evidence of failure either.
    assert_eq!(together(&[Sampled { planned: 2000, ..plan(1000) }], &[], ALPHA).0, [Verdict::Inconclusive]);
    assert_eq!(together(&[], &[], ALPHA), (vec![], vec![]));
    let no_chance = Swept { allowed: Some(frac(3, 2)), ..sweep(0) };
    assert_eq!(together(&[], &[no_chance], ALPHA).1, [Verdict::Fail]);
}

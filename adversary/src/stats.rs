//! Binomial statistics of sampled figures: exact tails, exact intervals, how many runs a statement needs, and what so
//! many runs could have noticed.
//!
//! A tail starts from one probability by Loader's saddle-point form ("Fast and accurate computation of binomial
//! probabilities", 2000), which loses no digits for large numbers of runs, and goes on by ratios of neighbours. The tests
//! compare with rational arithmetic and with published values.

use std::f64::consts::{PI, TAU};

/// `P[X ≥ hits]` for the number X of hits in `runs` runs with probability `p` each.
#[must_use]
pub fn at_least(hits: u64, runs: u64, p: f64) -> f64 {
    upper(hits, runs, p, 1.0 - p)
}

/// `P[X ≤ hits]`.
#[must_use]
pub fn at_most(hits: u64, runs: u64, p: f64) -> f64 {
    if hits >= runs { 1.0 } else { upper(runs - hits, runs, 1.0 - p, p) }
}

/// `P[X ≥ k]` with both probabilities given, so that neither is the rounded complement of the other.
fn upper(k: u64, n: u64, p: f64, q: f64) -> f64 {
    if k == 0 || p >= 1.0 && k <= n {
        return 1.0;
    }
    if k > n || p <= 0.0 {
        return 0.0;
    }
    if k as f64 <= n as f64 * p {
        return 1.0 - upper(n - k + 1, n, q, p);
    }
    // Beyond the mean every term is smaller than the one before.
    let (mut at, mut term, mut sum) = (k, mass(k, n, p, q), 0.0);
    while at <= n && term > sum * 1e-18 {
        sum += term;
        term *= (n - at) as f64 / (at + 1) as f64 * (p / q);
        at += 1;
    }
    sum.min(1.0)
}

/// `P[X = k]` for `0 < p < 1`.
fn mass(k: u64, n: u64, p: f64, q: f64) -> f64 {
    let (x, runs) = (k as f64, n as f64);
    if k == 0 {
        return (runs * (-p).ln_1p()).exp();
    }
    if k == n {
        return (runs * (-q).ln_1p()).exp();
    }
    let log = stirling(runs) - stirling(x) - stirling(runs - x) - deviance(x, runs * p) - deviance(runs - x, runs * q);
    log.exp() * (runs / (TAU * x * (runs - x))).sqrt()
}

/// `ln n!` without Stirling's formula `n ln n − n + ½ ln 2πn`.
fn stirling(n: f64) -> f64 {
    if n < 16.0 {
        return stirling(n + 1.0) + (n + 0.5) * (1.0 / n).ln_1p() - 1.0;
    }
    let square = 1.0 / (n * n);
    (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0))) / n
}

/// `x ln(x/mean) + mean − x`, near the mean by its series, where the terms cancel.
fn deviance(x: f64, mean: f64) -> f64 {
    let off = (x - mean) / (x + mean);
    if off.abs() >= 0.1 {
        return x * (x / mean).ln() + mean - x;
    }
    let (mut power, mut sum) = (2.0 * x * off, (x - mean) * off);
    for odd in (3..).step_by(2) {
        power *= off * off;
        let more = sum + power / f64::from(odd);
        if more == sum {
            break;
        }
        sum = more;
    }
    sum
}

/// The Clopper–Pearson interval of the probability behind `hits` of `runs`: all p that neither one-sided test rejects at
/// level `tail`. It covers the truth with `1 − 2·tail` at least. Without a hit it ends at `1 − tail^(1/runs)`.
#[must_use]
pub fn interval(hits: u64, runs: u64, tail: f64) -> (f64, f64) {
    if runs == 0 || hits > runs {
        return (0.0, 1.0);
    }
    let middle = hits as f64 / runs as f64;
    let lower = if hits == 0 { 0.0 } else { bisect(0.0, middle, |p| at_least(hits, runs, p) < tail).0 };
    let upper = if hits == runs { 1.0 } else { bisect(middle, 1.0, |p| at_most(hits, runs, p) >= tail).1 };
    (lower, upper)
}

/// The last number for which `early` holds and the next one, between two numbers.
fn bisect(mut low: f64, mut high: f64, early: impl Fn(f64) -> bool) -> (f64, f64) {
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return (low, high);
        }
        if early(middle) { low = middle } else { high = middle }
    }
}

/// `P[Z > x]` of a standard normal Z, `x ≥ 0`.
fn normal_tail(x: f64) -> f64 {
    let density = (-x * x / 2.0).exp() / (2.0 * PI).sqrt();
    if x > 3.0 {
        // Laplace's continued fraction, from far inside.
        return density / (1..200).rev().fold(x, |below, k| x + f64::from(k) / below);
    }
    let (mut term, mut sum) = (x, 0.0);
    for odd in (3..).step_by(2) {
        if sum + term == sum {
            break;
        }
        sum += term;
        term *= x * x / f64::from(odd);
    }
    0.5 - density * sum
}

/// The x with `P[Z > x] = tail`.
fn normal_quantile(tail: f64) -> f64 {
    if tail > 0.5 { -normal_quantile(1.0 - tail) } else { bisect(0.0, 38.0, |x| normal_tail(x) > tail).1 }
}

/// A probability that planning calls certain; its variance would otherwise vanish.
const CERTAIN: f64 = 0.999;

/// Runs after which a two-sided test at level `alpha` tells `p` from `ratio`·p with probability `power`, in the normal
/// approximation.
fn needed(p: f64, ratio: f64, alpha: f64, power: f64) -> f64 {
    let other = (ratio * p).min(CERTAIN);
    let deviation = |p: f64| (p * (1.0 - p)).sqrt();
    let noise = normal_quantile(alpha / 2.0) * deviation(p) + normal_quantile(1.0 - power) * deviation(other);
    (noise / (other - p)).powi(2)
}

/// How many runs a sample has to have: fixed before the first run, so that nobody stops when the count looks right.
/// `u64::MAX` if no number is enough.
#[must_use]
pub fn runs(p: f64, ratio: f64, alpha: f64, power: f64) -> u64 {
    let needed = needed(p, ratio, alpha, power).ceil();
    if needed.is_nan() { u64::MAX } else { needed as u64 }
}

/// The minimal detectable effect of `runs` runs, exactly: the smallest factor by which a probability above `p` would have
/// been told from it with probability `power`, by a test at level `tail`. `None` if not even certainty would.
#[must_use]
pub fn detectable(p: f64, runs: u64, tail: f64, power: f64) -> Option<f64> {
    // The smallest number of hits that is too many.
    let (mut low, mut high) = (0, runs);
    while low < high {
        let middle = low + (high - low) / 2;
        if at_least(middle, runs, p) < tail { high = middle } else { low = middle + 1 }
    }
    let noticed = |p: f64| at_least(high, runs, p) >= power;
    (at_least(high, runs, p) < tail).then(|| bisect(p, 1.0, |p| !noticed(p)).1 / p)
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigInt;
    use num_rational::BigRational;
    use num_traits::{One, ToPrimitive, Zero};

    fn close(a: f64, b: f64, relative: f64) {
        assert!((a - b).abs() <= relative * b.abs(), "{a:e} is not {b:e}");
    }

    /// `P[X ≥ k]` as a fraction.
    fn exact(k: u64, n: u64, p: &BigRational) -> BigRational {
        let q = BigRational::one() - p;
        let (mut choose, mut sum) = (BigInt::one(), BigRational::zero());
        for j in 0..=n {
            if j >= k {
                sum += p.pow(j as i32) * q.pow((n - j) as i32) * BigRational::from_integer(choose.clone());
            }
            choose = choose * (n - j) / (j + 1);
        }
        sum
    }

    #[test]
    fn tails_are_those_of_rational_arithmetic() {
        for (a, b) in [(3i64, 4i64), (5, 9), (1, 31), (61, 961), (1, 1000)] {
            let p = BigRational::new(a.into(), b.into());
            let approximate = p.to_f64().unwrap();
            for n in [1u64, 2, 7, 40, 150] {
                for k in (0..=n).step_by(1 + n as usize / 23).chain([n, n + 1]) {
                    let truth = exact(k, n, &p);
                    let below = (BigRational::one() - &truth).to_f64().unwrap();
                    close(at_least(k, n, approximate), truth.to_f64().unwrap(), 2e-12);
                    if k > 0 {
                        close(at_most(k - 1, n, approximate), below, 2e-12);
                    }
                }
            }
        }
    }

    #[test]
    fn tails_of_large_numbers() {
        // SciPy 1.17 (Boost): binom.sf(k - 1, n, p) and binom.cdf(k, n, p).
        close(at_least(1400, 20_000, 61.0 / 961.0), 0.000_100_989_141_200_487_42, 1e-10);
        close(at_most(900, 138_938, 501.0 / 63001.0), 9.273_118_080_838_993e-11, 1e-9);
        close(at_least(1250, 138_938, 501.0 / 63001.0), 9.192_343_490_470_482e-6, 1e-10);
        close(at_least(1_670_000, 5_000_000, 1.0 / 3.0), 0.000_785_252_796_625_564_4, 1e-9);
        assert_eq!(
            (at_least(0, 9, 0.0), at_least(1, 9, 0.0), at_least(9, 9, 1.0), at_most(8, 9, 1.0)),
            (1.0, 0.0, 1.0, 0.0)
        );
    }

    #[test]
    fn intervals_are_where_the_tests_change_their_mind() {
        // SciPy 1.17: beta.ppf(tail, k, n - k + 1) and beta.isf(tail, k + 1, n - k).
        let (low, high) = interval(2531, 40_000, 5e-10);
        close(low, 0.056_100_667_021_400_89, 1e-10);
        close(high, 0.071_001_099_393_695_91, 1e-10);
        let (low, high) = interval(3, 100, 5e-7);
        close(low, 0.000_146_204_017_506_655_72, 1e-9);
        close(high, 0.201_432_461_736_662_52, 1e-10);
        // No hit, and nothing but hits.
        assert_eq!(interval(0, 10_000, 0.05).0, 0.0);
        close(interval(0, 10_000, 0.05).1, 0.000_299_528_359_776_646_27, 1e-9);
        close(interval(17, 17, 0.005).0, 0.732_226_250_464_381_6, 1e-10);
        assert_eq!(interval(17, 17, 0.005).1, 1.0);
        assert_eq!(interval(0, 0, 0.005), (0.0, 1.0));
        for (k, n) in [(0, 5), (1, 5), (5, 5), (70, 1000)] {
            for p in (1..100).map(|p| f64::from(p) / 100.0) {
                let (low, high) = interval(k, n, 0.01);
                let kept = at_least(k, n, p) >= 0.01 && at_most(k, n, p) >= 0.01;
                assert_eq!((low..=high).contains(&p), kept, "{k} of {n}, {p}");
            }
        }
    }

    #[test]
    fn normal_quantiles() {
        // SciPy 1.17: norm.isf.
        let table = [
            (5e-13, 7.130_506_848_171_324),
            (5e-7, 4.891_638_475_698_591),
            (1e-3, 3.090_232_306_167_813),
            (0.1, 1.281_551_565_544_600_4),
            (0.4, 0.253_347_103_135_799_7),
        ];
        for (tail, x) in table {
            close(normal_quantile(tail), x, 1e-12);
            close(normal_quantile(1.0 - tail), -x, 1e-3);
        }
    }

    #[test]
    fn runs_that_tell_the_mac_check_from_a_weaker_one() {
        // α = 10^-6 on two sides, power 0.999; the table rounds down.
        let table = [
            (3.0, [770, 166, 32]),
            (5.0, [1863, 466, 107]),
            (7.0, [2969, 766, 194]),
            (31.0, [16_330, 4376, 1224]),
            (251.0, [138_938, 37_498, 10_660]),
            (65_537.0, [36_524_716, 9_866_913, 2_810_860]),
        ];
        for (p, expected) in table {
            let bound: f64 = (2.0 * p - 1.0) / (p * p);
            assert_eq!([1.25, 1.5, 2.0].map(|ratio| runs(bound, ratio, 1e-6, 0.999) - 1), expected, "p = {p}");
        }
        assert_eq!(runs(0.5, 1.0, 1e-6, 0.999), u64::MAX);
    }

    #[test]
    fn what_so_many_runs_could_have_noticed() {
        let bound = 61.0 / 961.0;
        for ratio in [1.1, 1.25, 2.0] {
            // Planning is an approximation, this is not.
            let found = detectable(bound, runs(bound, ratio, 1e-6, 0.999), 5e-7, 0.999).unwrap();
            assert!((found - ratio).abs() < 0.05 * (ratio - 1.0), "{found} for {ratio}");
        }
        // Twenty fair coins all heads are one in 2^20.
        close(detectable(0.5, 20, 1e-6, 0.999).unwrap(), 2.0 * 0.999f64.powf(0.05), 1e-9);
        assert_eq!(detectable(0.5, 19, 1e-6, 0.999), None);
        assert_eq!(detectable(1.0, 1000, 1e-6, 0.999), None);
    }
}

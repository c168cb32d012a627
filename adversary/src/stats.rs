//! Exact binomial tests for figures that are sampled, not counted.

/// What a sample says about a claimed probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Too few hits to be believed.
    Below,
    /// Consistent.
    Consistent,
    /// Too many hits to be believed.
    Above,
}

/// Whether `hits` of `runs` agree with probability `p`: each tail is rejected below `alpha`.
#[must_use]
pub fn agreement(hits: u64, runs: u64, p: f64, alpha: f64) -> Agreement {
    if tail(runs, p, hits, runs) < alpha {
        Agreement::Above
    } else if tail(runs, p, 0, hits) < alpha {
        Agreement::Below
    } else {
        Agreement::Consistent
    }
}

/// `P[from ≤ X ≤ to]` for a binomial X.
#[must_use]
pub fn tail(runs: u64, p: f64, from: u64, to: u64) -> f64 {
    if p <= 0.0 || p >= 1.0 {
        let sure = if p <= 0.0 { 0 } else { runs };
        return f64::from(u8::from((from..=to).contains(&sure)));
    }
    // Terms by recurrence in logarithms from the empty outcome on.
    let (odds, mut log, mut sum) = ((p / (1.0 - p)).ln(), runs as f64 * (1.0 - p).ln(), 0.0);
    for k in 0..=to.min(runs) {
        if k >= from {
            sum += log.exp();
        }
        log += ((runs - k) as f64 / (k + 1) as f64).ln() + odds;
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_of_a_fair_coin() {
        assert!((tail(10, 0.5, 0, 10) - 1.0).abs() < 1e-12);
        assert!((tail(10, 0.5, 10, 10) - 1.0 / 1024.0).abs() < 1e-15);
        assert!((tail(4, 0.25, 1, 1) - 4.0 * 0.25 * 0.75f64.powi(3)).abs() < 1e-15);
        assert_eq!(tail(5, 0.0, 0, 0), 1.0);
        assert_eq!(tail(5, 0.0, 1, 5), 0.0);
    }

    #[test]
    fn a_quarter_too_many_is_noticed() {
        let p: f64 = 61.0 / 961.0;
        let n = 20_000u64;
        let expected = (n as f64 * p) as u64;
        assert_eq!(agreement(expected, n, p, 1e-6), Agreement::Consistent);
        assert_eq!(agreement(expected * 5 / 4, n, p, 1e-6), Agreement::Above);
        assert_eq!(agreement(expected * 3 / 4, n, p, 1e-6), Agreement::Below);
    }
}

//! Sampled probabilities agree with the formulas of `spec`, neither more nor less.

use quorate_adversary::sample::{ALL, tail};
use quorate_adversary::verdict::{Verdict, sampled};

/// The larger fields and the transfers are sampled by `quorate-certify spdz`.
#[test]
fn samples_over_f31_agree_with_their_formulas() {
    for e in ALL.iter().filter(|e| e.at.size() == 31) {
        let f = e.take(1).unwrap();
        let (c, most) = (&f.counts, f.detectable.unwrap());
        println!("{} {}: {} of {}, {} in {:?}, detects {most:.3}", f.id, f.at, c.hits, c.runs, c.expected, f.took);
        assert_eq!(sampled(c, tail()), Verdict::Pass, "{} {}: {} of {}", f.id, f.at, c.hits, c.runs);
        assert!(most < 1.27, "{most}");
    }
}

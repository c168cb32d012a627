//! The formulas against counting: every coin, every key, every strategy over tiny rings. These are models of the checks;
//! the same figures are counted on the shipped protocol code by crate `adversary`.

use num_bigint::BigUint;
use num_rational::BigRational;

use super::{Bound, Instance};

fn frac(a: u64, b: u64) -> BigRational {
    BigRational::new(a.into(), b.into())
}

/// Every vector of `t` numbers below `m`.
fn vectors(m: u64, t: usize) -> impl Iterator<Item = Vec<u64>> + Clone {
    (0..m.pow(t as u32)).map(move |x| (0..t).map(|j| x / m.pow(j as u32) % m).collect())
}

/// The best chance over all errors fixed before the challenge, and all answers to it, against a uniform key.
fn mac_check(p: u64, t: usize, challenges: &[Vec<u64>]) -> BigRational {
    let cheat = |errors: Vec<u64>| {
        let good: u64 = challenges
            .iter()
            .map(|r| {
                let d = r.iter().zip(&errors).map(|(r, e)| r * e).sum::<u64>() % p;
                (0..p).map(|lie| (0..p).filter(|key| key * d % p == lie).count() as u64).max().unwrap()
            })
            .sum();
        frac(good, p * challenges.len() as u64)
    };
    vectors(p, t).filter(|e| e.iter().any(|e| *e != 0)).map(cheat).max().unwrap()
}

fn at(bound: Bound, p: u64, t: usize) -> BigRational {
    bound.at(&Instance::field(p).with_batch(t as u64))
}

#[test]
fn mac_check_with_every_kind_of_challenge() {
    for (p, most) in [(2, 3), (3, 3), (5, 3), (7, 2)] {
        for t in 1..=most {
            let uniform: Vec<_> = vectors(p, t).collect();
            let nonzero: Vec<_> = uniform.iter().filter(|r| !r.contains(&0)).cloned().collect();
            let powers = |first| -> Vec<Vec<u64>> {
                (0..p).map(|r: u64| (0..t as u32).map(|j| r.pow(j + first) % p).collect()).collect()
            };
            assert_eq!(mac_check(p, t, &uniform), at(Bound::MacCheck, p, t));
            assert_eq!(at(Bound::MacCheck, p, t), frac(2 * p - 1, p * p));
            assert_eq!(mac_check(p, t, &nonzero), at(Bound::MacCheckNonzero, p, t));
            assert_eq!(mac_check(p, t, &powers(1)), at(Bound::MacCheckPowers, p, t));
            assert_eq!(mac_check(p, t, &powers(0)), at(Bound::MacCheckPowersFromOne, p, t));
            // No challenge at all: fine for one value, no protection for two, because errors cancel.
            let none = mac_check(p, t, &[vec![1; t]]);
            assert_eq!(none, if t == 1 { at(Bound::SingleOpening, p, t) } else { at(Bound::One, p, t) });
        }
    }
}

#[test]
fn several_keys() {
    for p in [2, 3] {
        for shared in [true, false] {
            let (keys, t) = (2u32, 2);
            let cheat = |errors: Vec<u64>| {
                let coins: Vec<_> = vectors(p, if shared { t } else { t * keys as usize }).collect();
                let passes = coins.iter().map(|r| {
                    let zero = |j: usize| {
                        let r = if shared { &r[..] } else { &r[j * t..(j + 1) * t] };
                        r.iter().zip(&errors).map(|(r, e)| r * e).sum::<u64>() % p == 0
                    };
                    (0..keys as usize).map(|j| if zero(j) { frac(1, 1) } else { frac(1, p) }).product::<BigRational>()
                });
                passes.sum::<BigRational>() / frac(coins.len() as u64, 1)
            };
            let best = vectors(p, t).filter(|e| e.iter().any(|e| *e != 0)).map(cheat).max().unwrap();
            let bound = if shared { Bound::SharedChallenge { keys } } else { Bound::IndependentChallenges { keys } };
            assert_eq!(best, at(bound, p, t));
        }
    }
}

#[test]
fn spdz2k_lifted_and_not() {
    for (k, s) in [(1, 2), (2, 2), (2, 3), (3, 3), (2, 4), (3, 5)] {
        // The best error with MACs modulo 2^m: whatever answer most keys agree on.
        let best = |m: u32, challenges: std::ops::Range<u64>| {
            let keys = 1u64 << s;
            let cheat = |error: u64| {
                let mut good = 0;
                for chi in challenges.clone() {
                    let mut answers = vec![0u64; 1 << m];
                    (0..keys).for_each(|key| answers[(key * chi * error % (1 << m)) as usize] += 1);
                    good += answers.iter().max().unwrap();
                }
                frac(good, keys * (challenges.end - challenges.start))
            };
            (1..1u64 << m).filter(|e| e % (1 << k) != 0).map(cheat).max().unwrap()
        };
        assert_eq!(best(k + s, 0..1 << s), at(Bound::Spdz2k { key_bits: s }, 2, 1));
        assert_eq!(best(k + s, 1..2), at(Bound::Binding { bits: s }, 2, 1), "one value and no challenge");
        assert_eq!(best(k, 1..2), frac(1, 2), "MACs modulo 2^k only: half, whatever s");
    }
}

#[test]
fn sacrifice_wrong_triples_under_one_challenge() {
    for (p, triples) in [(2, 3), (3, 3), (5, 2), (7, 1)] {
        // Errors (Δ, Δ̂) of all triples before the challenge s; a triple passes when sΔ = Δ̂.
        let passes = |e: &[u64]| (0..p).filter(|s| e.chunks(2).all(|d| s * d[0] % p == d[1])).count() as u64;
        let wrong = |e: &[u64]| e.chunks(2).any(|d| d[0] != 0);
        let best = vectors(p, 2 * triples).filter(|e| wrong(e)).map(|e| passes(&e)).max().unwrap();
        assert_eq!(frac(best, p), at(Bound::SacrificeWrong, p, triples));
    }
}

#[test]
fn sacrifice_whose_error_depends_on_the_other_factor() {
    for p in [2, 3, 5] {
        // c is off by δa + ε and ĉ by δ̂a + ε̂ with a uniform: passing tells a, and the triple may even be right.
        let (mut accepted, mut accepted_wrong) = (0, 0);
        for e in vectors(p, 4).filter(|e| e.iter().any(|x| *x != 0)) {
            let (mut good, mut bad) = (0, 0);
            for v in vectors(p, 2) {
                let (a, s) = (v[0], v[1]);
                let (off, off_hat) = ((e[0] * a + e[1]) % p, (e[2] * a + e[3]) % p);
                if s * off % p == off_hat {
                    good += 1;
                    bad += u64::from(off != 0);
                }
            }
            accepted = accepted.max(good);
            accepted_wrong = accepted_wrong.max(bad);
        }
        assert_eq!(frac(accepted, p * p), at(Bound::SacrificeAccepted, p, 1));
        assert_eq!(frac(accepted_wrong, p * p), at(Bound::SacrificeWrong, p, 1));
    }
}

#[test]
fn sacrifice_with_a_lie_about_the_opened_zero() {
    let table = [(2, frac(7, 8)), (3, frac(19, 27)), (5, frac(61, 125)), (7, frac(127, 343))];
    for (p, expected) in table {
        let best = (1..p)
            .flat_map(|d| (0..p).map(move |d_hat| (d, d_hat)))
            .map(|(d, d_hat)| {
                let zero = |s: u64| s * d % p == d_hat;
                (0..p).map(|s| if zero(s) { frac(1, 1) } else { at(Bound::MacCheck, p, 1) }).sum::<BigRational>()
                    / frac(p, 1)
            })
            .max()
            .unwrap();
        assert_eq!(best, at(Bound::SacrificeWrongByMacCheck, p, 1));
        assert_eq!(best, expected);
    }
}

#[test]
fn sacrifice_tested_by_a_mac_check() {
    for p in [2, 3, 5] {
        let (mut accepted, mut accepted_wrong) = (0, 0);
        for e in vectors(p, 4).filter(|e| e.iter().any(|x| *x != 0)) {
            let (mut good, mut bad) = (0, 0);
            // The cheat knows the challenge s and the coefficient r when it answers, but neither a nor the key.
            for v in vectors(p, 2) {
                let (s, r) = (v[0], v[1]);
                let passing = |answer: u64, only_wrong: bool| {
                    let fits = |w: &Vec<u64>| {
                        let (a, key) = (w[0], w[1]);
                        let (off, off_hat) = (e[0] * a + e[1], e[2] * a + e[3]);
                        let left = s * off + (p - 1) * off_hat;
                        r * key * left % p == answer && !(only_wrong && off % p == 0)
                    };
                    vectors(p, 2).filter(|w| fits(w)).count()
                };
                good += (0..p).map(|answer| passing(answer, false)).max().unwrap();
                bad += (0..p).map(|answer| passing(answer, true)).max().unwrap();
            }
            accepted = accepted.max(good);
            accepted_wrong = accepted_wrong.max(bad);
        }
        assert_eq!(frac(accepted as u64, p.pow(4)), at(Bound::SacrificeAcceptedByMacCheck, p, 1));
        assert_eq!(frac(accepted_wrong as u64, p.pow(4)), at(Bound::SacrificeWrongByMacCheck, p, 1));
    }
}

#[test]
fn buckets() {
    for (n, b, c) in [(3u32, 2u32, 1u32), (4, 2, 1), (3, 3, 1), (4, 2, 2)] {
        let total = n * b + c;
        // Positions below c are opened, the others fill buckets in order; the cheat passes if no bad item is opened and
        // every bucket is all good or all bad.
        let passes = |bad: u32| {
            bad & ((1 << c) - 1) == 0
                && (0..n).map(|k| bad >> (c + k * b) & ((1 << b) - 1)).all(|x| x == 0 || x == (1 << b) - 1)
        };
        let best = (1..=n * b)
            .map(|count| {
                let sets: Vec<u32> = (0..1u32 << total).filter(|s| s.count_ones() == count).collect();
                frac(sets.iter().filter(|s| passes(**s)).count() as u64, sets.len() as u64)
            })
            .max()
            .unwrap();
        assert_eq!(best, at(Bound::Buckets { buckets: n, size: b, opened: c }, 2, 1));
    }
    // More than one bad bucket can be the better attack.
    assert_eq!(at(Bound::Buckets { buckets: 3, size: 3, opened: 1 }, 2, 1), frac(1, 10));
}

#[test]
fn powers_of_two_and_guesses() {
    assert_eq!(at(Bound::OtConsistency { k: 2, blocks: 1 }, 2, 1), frac(1, 4));
    assert_eq!(at(Bound::OtConsistency { k: 8, blocks: 1 }, 2, 1), frac(1, 256));
    assert_eq!(at(Bound::OtConsistency { k: 2, blocks: 3 }, 2, 1), frac(1, 64));
    assert_eq!(at(Bound::PprfGuess { k: 2, guessed: 3 }, 2, 1), frac(3, 4));
    assert_eq!(at(Bound::PprfGuess { k: 2, guessed: 9 }, 2, 1), frac(1, 1), "never above one");
    assert_eq!(at(Bound::Challenge { bits: 1, repetitions: 3 }, 2, 1), frac(1, 8));
    assert_eq!(at(Bound::CutAndChoose { copies: 4 }, 2, 1), frac(1, 4));
    assert_eq!(at(Bound::Guess { guesses: 3 }, 2, 1), frac(1, 3));
    assert_eq!(at(Bound::Zero, 2, 1), frac(0, 1));
}

#[test]
fn guessed_key_bits_are_bounded() {
    for p in [2u64, 3, 5, 7, 31, 251] {
        let width = 64 - (p - 1).leading_zeros();
        for mask in 1..1u64 << width {
            let best = (0..1u64 << width)
                .filter(|v| v & !mask == 0)
                .map(|v| (0..p).filter(|x| x & mask == v).count() as u64)
                .max()
                .unwrap();
            assert!(frac(best, p) <= at(Bound::KeyBits { bits: mask.count_ones() }, p, 1), "{p} {mask:b}");
        }
    }
    // BLS12-381's scalar field: 2^255/r is below 1.1042.
    let r = BigUint::parse_bytes(b"73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001", 16).unwrap();
    let factor = Bound::KeyBits { bits: 20 }.at(&Instance::field(r)) * frac(1 << 20, 1);
    assert!(factor > frac(11_041, 10_000) && factor < frac(11_042, 10_000));
}

#[test]
fn production_fields_reach_the_default_statistical_security() {
    let p = (BigUint::from(1u32) << 127u32) + 1u32;
    let sigma = frac(1, 1 << 32) * frac(1, 1 << 32);
    for bound in
        [Bound::MacCheck, Bound::SacrificeAccepted, Bound::SacrificeWrongByMacCheck, Bound::SacrificeAcceptedByMacCheck]
    {
        assert!(bound.at(&Instance::field(p.clone())) < sigma);
    }
}

#[test]
fn formulas_print() {
    assert_eq!(Bound::MacCheck.to_string(), "(2p-1)/p^2");
    assert_eq!(Bound::OtConsistency { k: 2, blocks: 1 }.to_string(), "2^-(2*1)");
    assert_eq!(Bound::Spdz2k { key_bits: 64 }.to_string(), "(64+5)/2^(64+2)");
}

//! Exact probabilities that a cheat passes a check.
//!
//! A [`Bound`] is a named formula, constant-constructible so that a check can carry it, printable, and evaluated as a
//! rational number at an [`Instance`]: no rounding, so the harness can compare it with an exhaustive count over a tiny
//! field by equality. Most formulas are tight (some strategy reaches them); the two that are only upper bounds say so.
//!
//! Figures are for one execution of the check. A session's error is at most the sum over its checks.

use std::fmt;

use num_bigint::{BigInt, BigUint};
use num_rational::BigRational;
use num_traits::{One, Zero};

#[cfg(test)]
mod exhaustive;

/// Where a formula is evaluated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instance {
    /// The order p of the field.
    pub order: BigUint,
    /// The number of parties n.
    pub parties: u32,
    /// How many items the check covers at once: openings, triples.
    pub batch: u64,
}

impl Instance {
    /// Two parties, one item, the field of this order.
    #[must_use]
    pub fn field(order: impl Into<BigUint>) -> Self {
        Self { order: order.into(), parties: 2, batch: 1 }
    }
    /// The same with `n` parties.
    #[must_use]
    pub fn with_parties(self, parties: u32) -> Self {
        Self { parties, ..self }
    }
    /// The same for a check of `batch` items.
    #[must_use]
    pub fn with_batch(self, batch: u64) -> Self {
        Self { batch, ..self }
    }
}

/// The largest probability with which a cheat passes, as a formula in the field order p, the batch size t and its own
/// parameters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bound {
    /// The check is deterministic: a deviation never passes.
    Zero,
    /// There is no protection: what a control, with its check switched off, must show.
    One,
    /// A wrong value with a guessed MAC, nothing random but the key; a coin that comes out as it is wanted to: 1/p.
    SingleOpening,
    /// The batched MAC check with one uniform coefficient per value, for every batch size: (2p−1)/p². Either the
    /// combination of the errors vanishes (1/p) or the key is guessed (1/p of the rest).
    MacCheck,
    /// The MAC check with coefficients from the non-zero elements: 1/p for one value, 2/p for more.
    MacCheckNonzero,
    /// The MAC check with powers r, …, r^t of one coin: grows with the batch, which is why it is not used.
    MacCheckPowers,
    /// The MAC check with powers 1, r, …, r^(t−1) of one coin.
    MacCheckPowersFromOne,
    /// `keys` MAC keys and one challenge for all of them: further keys do not help below 1/p.
    SharedChallenge {
        /// The number of keys.
        keys: u32,
    },
    /// `keys` MAC keys, each with a challenge of its own.
    IndependentChallenges {
        /// The number of keys.
        keys: u32,
    },
    /// The MAC check over Z_2^k with `key_bits` bits s of key and challenge: (s+5)/2^(s+2).
    Spdz2k {
        /// s, the bits of key and challenge.
        key_bits: u32,
    },
    /// The equation of a sacrifice with one uniform challenge, any number of triples: it holds and a triple is *wrong*,
    /// 1/p. What is accepted if the equation's values are opened and known to be right.
    SacrificeWrong,
    /// The equation of a sacrifice holds although a triple was spoiled. A false product that depends on the other factor
    /// may pass while the triple is right; that it passed then tells the cheater that factor. (2p−1)/p².
    SacrificeAccepted,
    /// The sacrifice whose equation is tested by a MAC check: a *wrong* triple is accepted, because the equation holds or
    /// because the MAC check passes although it does not. 1/p + (1−1/p)(2p−1)/p².
    SacrificeWrongByMacCheck,
    /// The same: *any* spoiled triple is accepted, wrong or only curious. Two chances of (2p−1)/p², the equation's and the
    /// MAC check's: 1 − (1−(2p−1)/p²)². What a triple layer has to claim.
    SacrificeAcceptedByMacCheck,
    /// Cut and choose into buckets, passing only if every bad item fills whole buckets; the best number of buckets.
    Buckets {
        /// N, the number of buckets.
        buckets: u32,
        /// B, items per bucket.
        size: u32,
        /// C, items opened.
        opened: u32,
    },
    /// One of `copies` executions is used and all others are opened: 1/λ.
    CutAndChoose {
        /// λ, the number of copies.
        copies: u32,
    },
    /// A proof with a challenge of `bits` bits, `repetitions` times: 2^(−bits·repetitions).
    Challenge {
        /// Bits of one challenge.
        bits: u32,
        /// Independent repetitions.
        repetitions: u32,
    },
    /// A hash of `bits` bits: one blind try matches with 2^−bits. Finding two openings of one's own choice costs about
    /// 2^(bits/2) hash evaluations, which is a statement about work and not a probability.
    Binding {
        /// Bits of the digest.
        bits: u32,
    },
    /// OT extension over GF(2^k): wrong corrections in `blocks` blocks pass if all these blocks of the sender's secret
    /// are guessed, 2^(−k·blocks), and then tell them.
    OtConsistency {
        /// k, bits of the sender's secret per block.
        k: u32,
        /// Blocks with wrong corrections.
        blocks: u32,
    },
    /// A wrong punctured tree passes if the puncture lies in a set of `guessed` leaves: guessed/2^k, and tells that it does.
    PprfGuess {
        /// k, the depth of the tree.
        k: u32,
        /// |T|, how many leaves the cheat is prepared for.
        guessed: u32,
    },
    /// `bits` bits of a uniform field element in its canonical encoding are guessed. Upper bound
    /// 2^(⌈log₂ p⌉−bits)/p: the encoding does not use all bit strings.
    KeyBits {
        /// Bits guessed.
        bits: u32,
    },
    /// A value that is uniform over `guesses`-many distinguishable outcomes is guessed: 1/guesses.
    Guess {
        /// The number of equally likely outcomes.
        guesses: u32,
    },
}

impl Bound {
    /// The probability at this instance, exactly, never above 1.
    #[must_use]
    pub fn at(&self, i: &Instance) -> BigRational {
        let one = BigRational::one();
        let p = BigRational::from_integer(BigInt::from(i.order.clone()));
        let inv = p.recip();
        let two = BigRational::from_integer(2.into());
        // Either `first` happens, or, with what is left, a guess among p.
        let or_guess = |first: BigRational| &first + (&one - &first) * &inv;
        let mac = or_guess(inv.clone());
        let exact = match *self {
            Self::Zero => BigRational::zero(),
            Self::One => one.clone(),
            Self::SingleOpening | Self::SacrificeWrong => inv,
            Self::MacCheck | Self::SacrificeAccepted => mac,
            Self::MacCheckNonzero => {
                if i.batch < 2 {
                    inv
                } else {
                    &two * &inv
                }
            }
            Self::MacCheckPowers => or_guess(&inv * capped(i.batch, &i.order)),
            Self::MacCheckPowersFromOne => or_guess(&inv * capped(i.batch.saturating_sub(1), &i.order)),
            Self::SharedChallenge { keys } => &inv + (&one - &inv) * inv.pow(exponent(keys)),
            Self::IndependentChallenges { keys } => mac.pow(exponent(keys)),
            Self::Spdz2k { key_bits } => {
                BigRational::from_integer((u64::from(key_bits) + 5).into()) * half_to(u64::from(key_bits) + 2)
            }
            Self::SacrificeWrongByMacCheck => &inv + (&one - &inv) * &mac,
            Self::SacrificeAcceptedByMacCheck => &one - (&one - &mac).pow(2),
            Self::Buckets { buckets, size, opened } => best_bucket_attack(buckets, size, opened),
            Self::CutAndChoose { copies: m } | Self::Guess { guesses: m } => {
                BigRational::new(1.into(), m.max(1).into())
            }
            Self::Challenge { bits, repetitions } => half_to(u64::from(bits) * u64::from(repetitions)),
            Self::Binding { bits } => half_to(u64::from(bits)),
            Self::OtConsistency { k, blocks } => half_to(u64::from(k) * u64::from(blocks)),
            Self::PprfGuess { k, guessed } => BigRational::from_integer(guessed.into()) * half_to(u64::from(k)),
            Self::KeyBits { bits } => {
                let width = (&i.order - 1u32).bits();
                BigRational::from_integer(BigInt::one() << width) * half_to(u64::from(bits)) * inv
            }
        };
        exact.min(one)
    }

    /// Whether some strategy reaches the figure exactly. The others are upper bounds.
    #[must_use]
    pub const fn is_tight(&self) -> bool {
        !matches!(self, Self::KeyBits { .. } | Self::Binding { .. })
    }
}

/// min(t, p) as a rational.
fn capped(t: u64, p: &BigUint) -> BigRational {
    BigRational::from_integer(BigInt::from(BigUint::from(t).min(p.clone())))
}

/// 2^−bits.
fn half_to(bits: u64) -> BigRational {
    BigRational::new(BigInt::one(), BigInt::one() << bits)
}

/// The exponent of a small power.
fn exponent(k: u32) -> i32 {
    i32::try_from(k).unwrap_or(i32::MAX)
}

/// max over k ≥ 1 of C(N, k) / C(NB + C, kB): k whole buckets are bad, nothing bad was opened. The best k is not always 1.
fn best_bucket_attack(buckets: u32, size: u32, opened: u32) -> BigRational {
    let total = u64::from(buckets) * u64::from(size) + u64::from(opened);
    let ways =
        |k: u32| BigRational::new(choose(buckets.into(), k.into()), choose(total, u64::from(k) * u64::from(size)));
    (1..=buckets).map(ways).max().unwrap_or_else(BigRational::zero)
}

/// The binomial coefficient.
fn choose(n: u64, k: u64) -> BigInt {
    if k > n {
        return BigInt::zero();
    }
    (0..k.min(n - k)).fold(BigInt::one(), |c, i| c * (n - i) / (i + 1))
}

/// The formula as text, the same on every machine: it is part of a claim's canonical form.
impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero => f.write_str("0"),
            Self::One => f.write_str("1"),
            Self::SingleOpening | Self::SacrificeWrong => f.write_str("1/p"),
            Self::MacCheck | Self::SacrificeAccepted => f.write_str("(2p-1)/p^2"),
            Self::MacCheckNonzero => f.write_str("1/p for t = 1, 2/p for t > 1"),
            Self::MacCheckPowers => f.write_str("m/p + (1-m/p)/p, m = min(t, p)"),
            Self::MacCheckPowersFromOne => f.write_str("m/p + (1-m/p)/p, m = min(t-1, p)"),
            Self::SharedChallenge { keys } => write!(f, "1/p + (1-1/p)/p^{keys}"),
            Self::IndependentChallenges { keys } => write!(f, "((2p-1)/p^2)^{keys}"),
            Self::Spdz2k { key_bits } => write!(f, "({key_bits}+5)/2^({key_bits}+2)"),
            Self::SacrificeWrongByMacCheck => f.write_str("1/p + (1-1/p)(2p-1)/p^2"),
            Self::SacrificeAcceptedByMacCheck => f.write_str("1-(1-(2p-1)/p^2)^2"),
            Self::Buckets { buckets, size, opened } => {
                write!(f, "max over k of C({buckets},k)/C({buckets}*{size}+{opened},{size}k)")
            }
            Self::CutAndChoose { copies: m } | Self::Guess { guesses: m } => write!(f, "1/{m}"),
            Self::Challenge { bits, repetitions } => write!(f, "2^-({bits}*{repetitions})"),
            Self::Binding { bits } => write!(f, "2^-{bits}"),
            Self::OtConsistency { k, blocks } => write!(f, "2^-({k}*{blocks})"),
            Self::PprfGuess { k, guessed } => write!(f, "{guessed}/2^{k}"),
            Self::KeyBits { bits } => write!(f, "2^(w-{bits})/p, w = ceil(log2 p)"),
        }
    }
}

//! Security levels of ITU-T X.1770, clause 8: who the enemy is and how many parties it may own.
//!
//! Levels are a *set* of demonstrated rows, never a chain. A protocol secure against malicious parties need not be secure
//! against semi-honest ones (its simulator may replace a corrupt party's input, which a semi-honest party must not do;
//! Hazay and Lindell), so A3 does not imply A1: each adversary is demonstrated on its own. The threshold is different:
//! every coalition of C1 is also one of C2, so for privacy and correctness C2 does imply C1.

use std::fmt;
use std::str::FromStr;

/// What corrupt parties do (clause 8.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Adversary {
    /// Semi-honest: they follow the protocol and pool what they see.
    A1,
    /// Covert: they cheat unless the chance of being caught is high enough.
    A2,
    /// Malicious: they do anything.
    A3,
}

/// How many parties may be corrupt (clause 8.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Threshold {
    /// Honest majority: fewer than half of the parties.
    C1,
    /// Dishonest majority: up to all but one.
    C2,
}

impl Threshold {
    /// The largest coalition among `n` parties: the greatest integer below n/2 for C1, n − 1 for C2.
    #[must_use]
    pub const fn corrupt(self, n: usize) -> usize {
        match self {
            Self::C1 => n.saturating_sub(1) / 2,
            Self::C2 => n.saturating_sub(1),
        }
    }
}

/// One row of clause 8: an adversary and a threshold, written `A3C2`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Level {
    /// What corrupt parties do.
    pub adversary: Adversary,
    /// How many there may be.
    pub threshold: Threshold,
}

/// Why a level cannot be claimed or read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LevelError {
    /// The text names no level.
    #[error("`{0}` is no security level: write A1, A2 or A3 followed by C1 or C2, such as A3C2")]
    Unknown(String),
    /// The coalitions of this level are empty.
    #[error(
        "{level} says nothing with {n} parties: \"fewer than half\" of {n} is no corrupt party at all, so every protocol \
         would meet it; claim {} instead, which also meets a requirement of \"at least {level}\"", Level { threshold: Threshold::C2, ..*.level }
    )]
    Vacuous {
        /// The level asked for.
        level: Level,
        /// The number of parties.
        n: usize,
    },
    /// Fewer than two parties, or more than a coalition list can hold.
    #[error("a computation has 2 to 16 parties, not {0}")]
    Parties(usize),
}

impl Level {
    /// Semi-honest, honest majority.
    pub const A1C1: Self = Self::new(Adversary::A1, Threshold::C1);
    /// Semi-honest, dishonest majority.
    pub const A1C2: Self = Self::new(Adversary::A1, Threshold::C2);
    /// Covert, honest majority.
    pub const A2C1: Self = Self::new(Adversary::A2, Threshold::C1);
    /// Covert, dishonest majority.
    pub const A2C2: Self = Self::new(Adversary::A2, Threshold::C2);
    /// Malicious, honest majority.
    pub const A3C1: Self = Self::new(Adversary::A3, Threshold::C1);
    /// Malicious, dishonest majority.
    pub const A3C2: Self = Self::new(Adversary::A3, Threshold::C2);
    /// All six, in order.
    pub const ALL: [Self; 6] = [Self::A1C1, Self::A1C2, Self::A2C1, Self::A2C2, Self::A3C1, Self::A3C2];

    /// The level of an adversary and a threshold.
    #[must_use]
    pub const fn new(adversary: Adversary, threshold: Threshold) -> Self {
        Self { adversary, threshold }
    }

    /// Whether a protocol for `n` parties may claim this level. C1 is empty for two parties.
    pub fn claimable(self, n: usize) -> Result<(), LevelError> {
        if !(2..=16).contains(&n) {
            return Err(LevelError::Parties(n));
        }
        if self.threshold.corrupt(n) == 0 { Err(LevelError::Vacuous { level: self, n }) } else { Ok(()) }
    }

    /// Every coalition that this level speaks of, as sorted indices of corrupt parties; smaller coalitions first, the
    /// empty one left out. *All* sizes count, not only the largest: some cheats, such as telling two honest parties
    /// different things, need more than one honest party.
    pub fn coalitions(self, n: usize) -> Result<Vec<Vec<usize>>, LevelError> {
        self.claimable(n)?;
        let most = self.threshold.corrupt(n);
        let mut sets: Vec<u32> = (1..1u32 << n).filter(|s| s.count_ones() as usize <= most).collect();
        sets.sort_by_key(|s| (s.count_ones(), *s));
        Ok(sets.into_iter().map(|s| (0..n).filter(|i| s >> i & 1 == 1).collect()).collect())
    }

    /// Whether a protocol of this level meets the requirement "at least `required`": the same adversary, and the same
    /// threshold or C2 where C1 is asked for.
    ///
    /// ```
    /// use quorate_spec::Level;
    /// assert!(Level::A1C2.satisfies(Level::A1C1));
    /// assert!(!Level::A3C2.satisfies(Level::A1C1)); // A1 has to be demonstrated on its own
    /// ```
    #[must_use]
    pub fn satisfies(self, required: Self) -> bool {
        self.adversary == required.adversary && self.threshold >= required.threshold
    }

    const fn bit(self) -> u8 {
        1 << (self.adversary as u8 * 2 + self.threshold as u8)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}{:?}", self.adversary, self.threshold)
    }
}

impl FromStr for Level {
    type Err = LevelError;
    fn from_str(text: &str) -> Result<Self, LevelError> {
        let found = Self::ALL.into_iter().find(|l| l.to_string().eq_ignore_ascii_case(text.trim()));
        found.ok_or_else(|| LevelError::Unknown(text.to_owned()))
    }
}

/// A set of levels.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Levels(u8);

impl Levels {
    /// No level.
    pub const NONE: Self = Self(0);

    /// The set of these levels.
    #[must_use]
    pub const fn of(levels: &[Level]) -> Self {
        let (mut set, mut i) = (0, 0);
        while i < levels.len() {
            set |= levels[i].bit();
            i += 1;
        }
        Self(set)
    }
    /// Whether this very level is in the set.
    #[must_use]
    pub const fn contains(self, level: Level) -> bool {
        self.0 & level.bit() != 0
    }
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// The levels in order.
    pub fn iter(self) -> impl Iterator<Item = Level> {
        Level::ALL.into_iter().filter(move |l| self.contains(*l))
    }
    /// Whether some level of the set meets "at least `required`".
    #[must_use]
    pub fn satisfies(self, required: Level) -> bool {
        self.iter().any(|l| l.satisfies(required))
    }
    /// The levels of the set that say something with `n` parties.
    #[must_use]
    pub fn with_parties(self, n: usize) -> Self {
        self.iter().filter(|l| l.claimable(n).is_ok()).fold(Self::NONE, |set, l| Self(set.0 | l.bit()))
    }
}

impl fmt::Display for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, level) in self.iter().enumerate() {
            write!(f, "{}{level}", if i == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}
impl fmt::Debug for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}

/// Levels separated by spaces, commas or `+`.
impl FromStr for Levels {
    type Err = LevelError;
    fn from_str(text: &str) -> Result<Self, LevelError> {
        let words = text.split([' ', ',', '+']).filter(|w| !w.is_empty());
        words.map(Level::from_str).try_fold(Self::NONE, |set, level| Ok(Self(set.0 | level?.bit())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_print_and_parse() {
        for level in Level::ALL {
            assert_eq!(level.to_string().parse::<Level>(), Ok(level));
        }
        assert_eq!(" a3c2 ".parse::<Level>(), Ok(Level::A3C2));
        for wrong in ["", "A3", "A4C2", "A3C3", "A3C2x"] {
            assert_eq!(wrong.parse::<Level>(), Err(LevelError::Unknown(wrong.to_owned())));
        }
        let set: Levels = "A3C2, A1C2".parse().unwrap();
        assert_eq!(set, Levels::of(&[Level::A1C2, Level::A3C2]));
        assert_eq!(set.to_string(), "A1C2 A3C2");
        assert!(Levels::NONE.is_empty() && "".parse::<Levels>().unwrap().is_empty());
    }

    #[test]
    fn thresholds() {
        let c1 = [(2, 0), (3, 1), (4, 1), (5, 2), (6, 2), (7, 3)];
        for (n, t) in c1 {
            assert_eq!(Threshold::C1.corrupt(n), t);
            assert_eq!(Threshold::C2.corrupt(n), n - 1);
        }
    }

    #[test]
    fn c1_is_vacuous_for_two_parties() {
        let error = Level::A3C1.claimable(2).unwrap_err();
        assert_eq!(error, LevelError::Vacuous { level: Level::A3C1, n: 2 });
        assert!(error.to_string().contains("claim A3C2 instead"), "{error}");
        assert!(Level::A3C1.claimable(3).is_ok());
        assert_eq!(Level::A3C2.claimable(1), Err(LevelError::Parties(1)));
        assert_eq!(Level::A3C2.coalitions(17), Err(LevelError::Parties(17)));
    }

    #[test]
    fn coalitions_of_c2_contain_those_of_c1() {
        assert_eq!(Level::A3C2.coalitions(2).unwrap(), vec![vec![0], vec![1]]);
        assert_eq!(Level::A1C1.coalitions(3).unwrap(), vec![vec![0], vec![1], vec![2]]);
        let c2 = Level::A3C2.coalitions(3).unwrap();
        assert_eq!(c2, vec![vec![0], vec![1], vec![2], vec![0, 1], vec![0, 2], vec![1, 2]]);
        for n in 3..=6 {
            let (small, large) = (Level::A3C1.coalitions(n).unwrap(), Level::A3C2.coalitions(n).unwrap());
            assert!(small.iter().all(|s| large.contains(s)));
            assert_eq!(large.len(), (1 << n) - 2);
        }
    }

    #[test]
    fn levels_are_a_set_and_not_a_chain() {
        assert!(Level::A1C2.satisfies(Level::A1C1));
        assert!(!Level::A1C1.satisfies(Level::A1C2));
        assert!(!Levels::of(&[Level::A3C2]).satisfies(Level::A1C1));
        assert!(Levels::of(&[Level::A1C2, Level::A3C2]).satisfies(Level::A1C1));
        assert_eq!(Levels::of(&[Level::A1C1, Level::A3C2]).with_parties(2), Levels::of(&[Level::A3C2]));
    }
}

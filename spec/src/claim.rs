//! What a protocol promises.

use std::fmt::{self, Write};

use crate::{Check, LevelError, Levels};

/// The promise of one protocol. A constant beside its code, part of every session id (so parties with different claims
/// cannot run together), and the subject of a certificate.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// The protocol, such as `spdz`.
    pub protocol: &'static str,
    /// The levels it reaches, each demonstrated on its own.
    pub levels: Levels,
    /// The numbers of parties it runs with.
    pub parties: PartyRange,
    /// What the security rests on.
    pub assumptions: &'static [Assumption],
    /// The checks that stand behind it.
    pub checks: &'static [&'static Check],
    /// What parties learn beside the output, one sentence each. Sizes and the shape of the traffic belong here.
    pub leakage: &'static [&'static str],
    /// Who gets the output when a party stops the run.
    pub abort: AbortKind,
    /// What a reader might expect and does not get.
    pub not_claimed: &'static [NotClaimed],
}

/// An inclusive range of numbers of parties.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartyRange {
    /// The fewest.
    pub min: usize,
    /// The most.
    pub max: usize,
}

impl PartyRange {
    /// From `min` to `max` parties.
    #[must_use]
    pub const fn new(min: usize, max: usize) -> Self {
        Self { min, max }
    }
    /// Whether `n` parties are allowed.
    #[must_use]
    pub const fn contains(self, n: usize) -> bool {
        self.min <= n && n <= self.max
    }
}

/// Who aborts when somebody does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AbortKind {
    /// Some honest parties may get the output while others abort: the last message can be given to one and withheld
    /// from another.
    Selective,
    /// All honest parties abort or none does; needs an agreed final bit by detectable broadcast.
    Unanimous,
}

/// What the security of a protocol rests on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Assumption {
    /// Pairs of parties share authenticated, encrypted, ordered channels to known identities.
    SecureChannels,
    /// The corrupt parties are fixed before the run starts.
    StaticCorruption,
    /// Layers proved against ideal functionalities may be stacked (universal composability).
    Composition,
    /// BLAKE3 with distinct contexts behaves like independent random oracles.
    RandomOracle,
    /// A Diffie–Hellman assumption on Ristretto255 in the form the endemic base OT needs.
    DiffieHellman,
    /// AES-128 in counter mode, ChaCha20: pseudo-random generators.
    Prg,
    /// The hash that turns correlated into random OTs is tweakable correlation robust with leakage on the key.
    CorrelationRobustHash,
    /// Each honest party's operating system gives good random bytes and forgets what is wiped.
    HonestEndpoint,
    /// The epoch fence of the ledger is not restored together with the ledger.
    LocalFence,
    /// Something else, said in words.
    Other(&'static str),
}

/// What a claim leaves out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotClaimed {
    /// Any party gets output if and only if the others do. Impossible in general under C2 (Cleve 1986).
    Fairness,
    /// Honest parties get their output whatever malicious parties do.
    GuaranteedDelivery,
    /// All honest parties abort together.
    UnanimousAbort,
    /// An abort names a cheater, with evidence that convinces others.
    IdentifiableAbort,
    /// Parties that turn corrupt during the run.
    AdaptiveCorruption,
    /// Power, electromagnetic and micro-architectural side channels.
    PhysicalSideChannels,
    /// Truth of the inputs: a party may feed in anything, which includes how it scales its own data.
    InputTruth,
    /// What can be concluded from the output itself.
    OutputInference,
    /// Something else, said in words.
    Other(&'static str),
}

/// Why a claim is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ClaimError {
    /// The protocol does not run with this number of parties.
    #[error("{protocol} runs with {min} to {max} parties, not {n}")]
    Parties {
        /// The protocol.
        protocol: &'static str,
        /// The fewest parties.
        min: usize,
        /// The most parties.
        max: usize,
        /// The number asked for.
        n: usize,
    },
    /// A level of the claim is empty or malformed for this number of parties.
    #[error("{protocol}: {error}")]
    Level {
        /// The protocol.
        protocol: &'static str,
        /// What is wrong with the level.
        error: LevelError,
    },
    /// A claim without a level.
    #[error("{0} claims no level at all")]
    Empty(&'static str),
    /// A claim that contradicts itself.
    #[error("{0}: {1}")]
    Contradiction(&'static str, &'static str),
}

impl Claim {
    /// Whether the claim makes sense for `n` parties: in range, at least one level, no level that is empty at this `n`,
    /// no promise that the list of exclusions takes back.
    pub fn validate(&self, n: usize) -> Result<(), ClaimError> {
        let Self { protocol, parties, .. } = *self;
        if !parties.contains(n) {
            return Err(ClaimError::Parties { protocol, min: parties.min, max: parties.max, n });
        }
        if self.levels.is_empty() {
            return Err(ClaimError::Empty(protocol));
        }
        for level in self.levels.iter() {
            level.claimable(n).map_err(|error| ClaimError::Level { protocol, error })?;
        }
        if self.abort == AbortKind::Unanimous && self.not_claimed.contains(&NotClaimed::UnanimousAbort) {
            return Err(ClaimError::Contradiction(protocol, "abort is unanimous and unanimous abort is not claimed"));
        }
        Ok(())
    }

    /// The claim as one canonical text, the same on every machine: what a session id digests.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "protocol {}\nlevels {}\nparties {} {}",
            self.protocol, self.levels, self.parties.min, self.parties.max
        );
        for a in self.assumptions {
            let _ = writeln!(out, "assumes {a:?}");
        }
        for c in self.checks {
            let _ = writeln!(out, "check {} {}", c.id, c.bound);
        }
        for l in self.leakage {
            let _ = writeln!(out, "leaks {l:?}");
        }
        let _ = writeln!(out, "abort {:?}", self.abort);
        for x in self.not_claimed {
            let _ = writeln!(out, "excludes {x:?}");
        }
        out
    }
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SecureChannels => "authenticated and encrypted channels between known identities",
            Self::StaticCorruption => "static corruption",
            Self::Composition => "universal composition of layers",
            Self::RandomOracle => "BLAKE3 as a random oracle",
            Self::DiffieHellman => "Diffie–Hellman on Ristretto255",
            Self::Prg => "AES-128 and ChaCha20 as pseudo-random generators",
            Self::CorrelationRobustHash => "a tweakable correlation-robust hash",
            Self::HonestEndpoint => "honest machines: good randomness, wiped memory stays wiped",
            Self::LocalFence => "the ledger's fence is not rolled back",
            Self::Other(text) => text,
        })
    }
}

impl fmt::Display for NotClaimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fairness => "fairness",
            Self::GuaranteedDelivery => "output delivery against malicious parties",
            Self::UnanimousAbort => "unanimous abort",
            Self::IdentifiableAbort => "identifiable abort",
            Self::AdaptiveCorruption => "adaptive corruption",
            Self::PhysicalSideChannels => "physical side channels",
            Self::InputTruth => "truth of the inputs",
            Self::OutputInference => "what the output itself tells",
            Self::Other(text) => text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bound, Level};

    const CHECK: Check = Check { id: "mac.check", tests: "MACs", bound: Bound::MacCheck, dies: "the MAC key" };
    const CLAIM: Claim = Claim {
        protocol: "spdz",
        levels: Levels::of(&[Level::A1C2, Level::A3C2]),
        parties: PartyRange::new(2, 5),
        assumptions: &[Assumption::RandomOracle, Assumption::Other("nothing")],
        checks: &[&CHECK],
        leakage: &["sizes of inputs"],
        abort: AbortKind::Selective,
        not_claimed: &[NotClaimed::Fairness, NotClaimed::UnanimousAbort],
    };

    #[test]
    fn a_claim_that_makes_sense() {
        assert_eq!((2..=5).map(|n| CLAIM.validate(n)).collect::<Result<Vec<_>, _>>(), Ok(vec![(); 4]));
        assert_eq!(CLAIM.validate(6), Err(ClaimError::Parties { protocol: "spdz", min: 2, max: 5, n: 6 }));
        assert!(CLAIM.levels.satisfies(Level::A1C1));
    }

    #[test]
    fn claims_that_make_none() {
        let c1 = Claim { levels: Levels::of(&[Level::A3C1]), ..CLAIM };
        assert!(c1.validate(3).is_ok());
        let error = c1.validate(2).unwrap_err().to_string();
        assert!(error.starts_with("spdz: A3C1 says nothing with 2 parties"), "{error}");
        assert_eq!(Claim { levels: Levels::NONE, ..CLAIM }.validate(2), Err(ClaimError::Empty("spdz")));
        let both = Claim { abort: AbortKind::Unanimous, ..CLAIM };
        assert!(matches!(both.validate(2), Err(ClaimError::Contradiction(..))));
    }

    #[test]
    fn every_part_of_a_claim_enters_its_text() {
        const OTHER: Check = Check { id: "mac.check", bound: Bound::SingleOpening, ..CHECK };
        let changed = [
            Claim { protocol: "spdz2", ..CLAIM },
            Claim { levels: Levels::of(&[Level::A1C2]), ..CLAIM },
            Claim { parties: PartyRange::new(2, 4), ..CLAIM },
            Claim { assumptions: &[Assumption::RandomOracle], ..CLAIM },
            Claim { checks: &[&OTHER], ..CLAIM },
            Claim { leakage: &[], ..CLAIM },
            Claim { abort: AbortKind::Unanimous, ..CLAIM },
            Claim { not_claimed: &[NotClaimed::Fairness], ..CLAIM },
        ];
        assert!(changed.iter().all(|c| c.canonical() != CLAIM.canonical()));
        assert!(CLAIM.canonical().contains("check mac.check (2p-1)/p^2\n"));
    }
}

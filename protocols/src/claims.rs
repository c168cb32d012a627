//! What the protocols of this crate promise, as certificates and session ids quote it.

use spec::{AbortKind, Assumption, Claim, Level, Levels, NotClaimed, PartyRange};

use crate::{
    AUTH_CONSISTENCY, BASE_OT_POINT, BROADCAST_ECHO, CHECKS, COMMIT_ECHO, COMMIT_OPENING, FRAME_SHAPE, INIT_ALPHA,
    MAC_CHECK, MAC_OUTPUT, OT_CONSISTENCY, OT_PPRF, TRIPLE_SACRIFICE,
};

const LEAKAGE: &[&str] = &[
    "the lengths of all inputs and the shape of the computation",
    "whether and at which check an honest party stopped",
];
const NOT_CLAIMED: &[NotClaimed] = &[
    NotClaimed::Fairness,
    NotClaimed::GuaranteedDelivery,
    NotClaimed::UnanimousAbort,
    NotClaimed::IdentifiableAbort,
    NotClaimed::AdaptiveCorruption,
    NotClaimed::PhysicalSideChannels,
    NotClaimed::InputTruth,
    NotClaimed::OutputInference,
];

/// Inputs, multiplications and outputs on preprocessing that is given (`spec/protocols/12-online.md`).
pub const ONLINE: Claim = Claim {
    protocol: "online",
    levels: Levels::of(&[Level::A1C2, Level::A3C2]),
    parties: PartyRange::new(2, 5),
    assumptions: &[
        Assumption::SecureChannels,
        Assumption::StaticCorruption,
        Assumption::Composition,
        Assumption::RandomOracle,
        Assumption::Prg,
        Assumption::HonestEndpoint,
        Assumption::LocalFence,
    ],
    checks: &[&FRAME_SHAPE, &COMMIT_OPENING, &COMMIT_ECHO, &BROADCAST_ECHO, &MAC_CHECK, &MAC_OUTPUT],
    leakage: LEAKAGE,
    abort: AbortKind::Selective,
    not_claimed: NOT_CLAIMED,
};

/// Authenticated triples, masks and random values from oblivious transfer (`spec/protocols/10-mascot-triple.md`).
pub const PREPROCESSING: Claim = Claim {
    protocol: "mascot",
    assumptions: &[
        Assumption::SecureChannels,
        Assumption::StaticCorruption,
        Assumption::Composition,
        Assumption::RandomOracle,
        Assumption::DiffieHellman,
        Assumption::Prg,
        Assumption::CorrelationRobustHash,
        Assumption::HonestEndpoint,
    ],
    checks: &[
        &FRAME_SHAPE,
        &COMMIT_OPENING,
        &COMMIT_ECHO,
        &BROADCAST_ECHO,
        &BASE_OT_POINT,
        &OT_PPRF,
        &OT_CONSISTENCY,
        &AUTH_CONSISTENCY,
        &INIT_ALPHA,
        &TRIPLE_SACRIFICE,
        &MAC_CHECK,
    ],
    ..ONLINE
};

/// The online phase on MASCOT's preprocessing: what a task of `quorate run` stands on.
pub const SPDZ: Claim = Claim {
    protocol: "spdz",
    assumptions: &[
        Assumption::SecureChannels,
        Assumption::StaticCorruption,
        Assumption::Composition,
        Assumption::RandomOracle,
        Assumption::DiffieHellman,
        Assumption::Prg,
        Assumption::CorrelationRobustHash,
        Assumption::HonestEndpoint,
        Assumption::LocalFence,
    ],
    checks: CHECKS,
    ..ONLINE
};

/// Every claim of this crate.
pub const CLAIMS: &[&Claim] = &[&ONLINE, &PREPROCESSING, &SPDZ];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_make_sense_and_every_check_stands_behind_one() {
        for claim in CLAIMS {
            for n in claim.parties.min..=claim.parties.max {
                assert_eq!(claim.validate(n), Ok(()), "{} with {n} parties", claim.protocol);
            }
        }
        assert!(CHECKS.iter().all(|check| ONLINE.checks.contains(check) || PREPROCESSING.checks.contains(check)));
    }
}

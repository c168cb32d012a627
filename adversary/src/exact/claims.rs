//! The claims that counts and samples are about, by the short names that certificates use.

/// A claim about checks of this kind.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// Its short name.
    pub id: &'static str,
    /// What it says.
    pub says: &'static str,
    /// Why nothing is measured; `None`: something is.
    pub absent: Option<&'static str>,
}

const fn claim(id: &'static str, says: &'static str) -> Claim {
    Claim { id, says, absent: None }
}

/// All of them, in the order of a certificate.
pub const ALL: &[Claim] = &[
    claim("honest", "an unattacked run gives the right output"),
    claim("B1", "a MAC check of any number of openings is passed by a wrong one with (2p−1)/p²"),
    claim("B2", "one opening without coefficient is passed by a guess of the key, 1/p"),
    claim("B3", "coefficients that are never zero are a little weaker, 2/p"),
    claim("B4", "powers of one coin as coefficients are weaker the more is opened"),
    claim("B5", "several MAC keys help only if each has coefficients of its own; no shipped protocol has several"),
    Claim {
        absent: Some("no protocol of this kind exists yet"),
        ..claim("B6", "a MAC check modulo 2^k with s bits of key and challenge is passed with (s+5)/2^(s+2)")
    },
    claim(
        "B7",
        "a sacrifice lets a wrong triple pass with 1/p + (1−1/p)(2p−1)/p², any spoiled one with 1 − (1−(2p−1)/p²)²",
    ),
    claim(
        "auth",
        "vectors that differ towards two key holders are authenticated with (2p−1)/p², a wrong combination with 1/p, a lie \
         about a key bit with a guess of it, two shares of one key with (2p−1)/p²",
    ),
    claim(
        "B12",
        "a commitment is bound to its owner and opens in one way only; about bits of a hash and not about a field",
    ),
    claim("B13", "wrong rows in S blocks of an OT extension pass with 2^(−k·S), a wrong tree with |T|/2^k"),
    claim("coin", "a coin of committed parts is what a coalition wants no more often than by chance, 1/p"),
    claim("privacy", "views are equal when outputs are"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact;

    #[test]
    fn every_claim_is_counted_or_says_why_not() {
        for claim in ALL {
            let counted = exact::all().any(|m| m.claim == claim.id);
            assert_eq!(counted, claim.absent.is_none(), "{}", claim.id);
        }
        for m in exact::all() {
            assert!(ALL.iter().any(|c| c.id == m.claim), "{} is about {}", m.id, m.claim);
        }
    }
}

//! Where the coins of a certification come from: one root of 32 bytes, and from it a seed for every run of every row,
//! so that each single run can be replayed.

use std::fmt;
use std::str::FromStr;

use protocols::{Result, Tape};

/// The root.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Root([u8; 32]);

impl Root {
    /// From the operating system.
    pub fn from_os() -> Result<Self> {
        Tape::from_os()?.nonce().map(Self)
    }
    /// The seed of the `run`-th run of a row.
    #[must_use]
    pub fn seed(&self, row: &str, run: u64) -> u64 {
        let mut hasher = blake3::Hasher::new_derive_key("quorate 2026 certificate run v1");
        hasher.update(&self.0).update(&run.to_le_bytes()).update(row.as_bytes());
        let mut seed = [0; 8];
        hasher.finalize_xof().fill(&mut seed);
        // One bit less, so that a range of one seed has an end.
        u64::from_le_bytes(seed) >> 1
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for Root {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        typed(text).map(Self).ok_or_else(|| "a seed has 64 hexadecimal digits".into())
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// From lower-case hexadecimal of exactly this length.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return None;
    }
    let mut out = [0; N];
    for (byte, at) in out.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(out)
}

/// The same as somebody types it: digits in either case. What is stored has one form.
pub(crate) fn typed<const N: usize>(text: &str) -> Option<[u8; N]> {
    unhex(&text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_of_every_row_has_a_seed_of_its_own_for_ever() {
        let root: Root = "00".repeat(32).parse().unwrap();
        assert_eq!(root.to_string(), "00".repeat(32));
        let seeds = [root.seed("a", 0), root.seed("a", 1), root.seed("b", 0), root.seed("a", 0)];
        assert_eq!(seeds[0], seeds[3]);
        assert!(seeds[0] != seeds[1] && seeds[0] != seeds[2]);
        assert_ne!(root.seed("a", 0), Root([1; 32]).seed("a", 0));
        for wrong in ["", "0", &"0".repeat(63), &"0".repeat(65), &"g0".repeat(32), &"é".repeat(32)] {
            assert!(wrong.parse::<Root>().is_err(), "{wrong}");
        }
        assert_eq!("A0".repeat(32).parse::<Root>().map(|root| root.to_string()), Ok("a0".repeat(32)));
        assert!(unhex::<32>(&"A0".repeat(32)).is_none());
        assert_ne!(Root::from_os().unwrap().to_string(), Root::from_os().unwrap().to_string());
    }
}

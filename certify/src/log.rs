//! Every run of a certification, one line each: what was done and what came of it. The rows of a certificate are counted
//! from these lines, any line can be replayed from the root of all seeds, and one hash in the certificate fixes them all.

use std::collections::BTreeMap;

use adversary::fields::FieldId;
use adversary::sweep::Point;
use serde::{Deserialize, Serialize};

use crate::certificate::strict::{self, Refused};
use crate::evidence::coverage::Figure;
use crate::seeds::hex;
use crate::simulate::Proof;

/// One line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The row it belongs to.
    pub row: String,
    /// What was done.
    pub unit: Unit,
    /// What came of it.
    pub found: Found,
}

/// What is done at once, and replayed at once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Unit {
    /// A run of a named attack, against the shipped code or in its control.
    Attack {
        /// Number of the run.
        run: u64,
        /// Whether this is the control.
        control: bool,
    },
    /// A count over every coin.
    Count {
        /// Where.
        at: String,
        /// The formula it must equal there.
        formula: String,
    },
    /// Sampled runs.
    Sample {
        /// The first of them.
        from: u64,
        /// How many.
        runs: u64,
    },
    /// The best attack of all.
    Best {
        /// The field.
        field: FieldId,
    },
    /// A run with one frame changed.
    Tamper {
        /// Number of the seed.
        run: u64,
        /// Place and mutation.
        at: Point,
    },
    /// An honest run that tells what there is to run: planned only where it panics.
    Plan {
        /// Number of the seed.
        run: u64,
    },
    /// A run in which everyone follows the protocol.
    Honest {
        /// The field.
        field: FieldId,
        /// Number of the run.
        run: u64,
    },
    /// All views of a coalition that follows the protocol.
    Views {
        /// The field.
        field: FieldId,
        /// The coalition.
        corrupt: Vec<usize>,
    },
    /// All outputs of the ideal functionality.
    Outputs {
        /// The field.
        field: FieldId,
    },
    /// A property of one instance.
    Property {
        /// The subject; empty for what is no subject's.
        subject: String,
        /// The field.
        field: FieldId,
        /// The coalition.
        corrupt: Vec<usize>,
    },
    /// A seeded weakness or a sound variant.
    Weakness {
        /// Its name.
        weakness: String,
    },
    /// A subject attacked for the figures of coverage.
    Coverage {
        /// The subject.
        subject: String,
    },
    /// The best simulator of one strategy.
    Simulator {
        /// The field.
        field: FieldId,
        /// The strategy.
        strategy: String,
        /// What the coalition puts in.
        puts_in: Vec<u64>,
    },
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Found {
    /// The right output.
    Right,
    /// Nothing was changed, or a rule never fired.
    Idle,
    /// Honest parties wait for the coalition.
    GaveUp,
    /// An honest party stopped at this check.
    Stopped(String),
    /// Honest parties accepted something wrong.
    Wrong(String),
    /// Anything else that no ideal functionality explains.
    Unexplained(String),
    /// A probability.
    Counted {
        /// The fraction.
        value: String,
        /// Runs of the protocol.
        runs: u64,
    },
    /// What came of sampled runs.
    Sampled {
        /// Runs in which the attack changed something that was delivered.
        acted: u64,
        /// Runs in which it succeeded.
        hits: u64,
    },
    /// Views compared.
    Compared {
        /// Inputs of everyone.
        inputs: u64,
        /// Pairs of inputs that the coalition may not tell apart.
        pairs: u64,
        /// Runs of the protocol.
        runs: u64,
        /// Different views of the input with the most.
        views: u64,
        /// The largest statistical distance of a pair.
        distance: String,
        /// The inputs with that distance.
        between: Option<String>,
    },
    /// Outputs of the functionality.
    Outputs {
        /// Inputs of everyone.
        inputs: u64,
        /// Different outputs.
        distinct: u64,
    },
    /// What the best simulator leaves.
    Simulated {
        /// Runs of the protocol.
        runs: u64,
        /// Different views of the coalition.
        views: u64,
        /// The figure with its proof; nothing if none was found within the work that is allowed.
        proof: Option<Box<Proof>>,
    },
    /// What looking at a property found.
    Looked {
        /// Subject, parties, field, coalition.
        of: String,
        /// Cases that were run.
        cases: u64,
        /// Of these, those in which it does not hold.
        violated: u64,
        /// The first of them.
        violations: Vec<String>,
        /// What was measured beside.
        figures: BTreeMap<String, String>,
    },
    /// What was found on a seeded weakness or a sound variant.
    Examined {
        /// What is left out or done otherwise.
        weakens: String,
        /// What that breaks.
        breaks: Vec<String>,
        /// What was found where it is absent.
        shipped: Vec<String>,
        /// What was found where it is there, but for what follows from something else.
        weakened: Vec<String>,
        /// The measurements that found something there, by name, in order.
        by: Vec<String>,
        /// Measurements that were made where it is there.
        measurements: u64,
    },
    /// How much was attacked.
    Covered {
        /// Attacked runs that were judged.
        runs: u64,
        /// Of these, those in which a wrong output was accepted.
        wrong: u64,
        /// By figure.
        figures: BTreeMap<String, Figure>,
        /// Runs that nothing explains.
        broken: Vec<String>,
    },
    /// It could not be done.
    Error(String),
}

/// The lines of a log, in order.
pub fn lines(entries: &[Entry]) -> Result<Vec<Vec<u8>>, Refused> {
    entries.iter().map(strict::canonical).collect()
}

/// Reads a log: one canonical line per entry.
pub fn read(text: &[u8]) -> Result<Vec<Entry>, String> {
    let Some(text) = text.strip_suffix(b"\n") else {
        return if text.is_empty() { Ok(Vec::new()) } else { Err("the log does not end with a line".into()) };
    };
    let all = text.split(|b| *b == b'\n').enumerate();
    all.map(|(k, line)| strict::read(line).map_err(|e| format!("line {} of the log: {e}", k + 1))).collect()
}

/// The root of the Merkle tree over all lines: a leaf is hashed with a key of its own kind, a pair with another, and a
/// node without a partner moves up as it is. In hexadecimal.
#[must_use]
pub fn root(lines: &[Vec<u8>]) -> String {
    const LEAF: &str = "quorate 2026 log leaf v1";
    const PAIR: &str = "quorate 2026 log pair v1";
    let mut level: Vec<[u8; 32]> = lines.iter().map(|line| blake3::derive_key(LEAF, line)).collect();
    while level.len() > 1 {
        let pair = |two: &[[u8; 32]]| match two {
            [a, b] => blake3::derive_key(PAIR, &[*a, *b].concat()),
            _ => two[0],
        };
        level = level.chunks(2).map(pair).collect();
    }
    hex(&level.first().copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(run: u64) -> Entry {
        Entry { row: "a".into(), unit: Unit::Attack { run, control: false }, found: Found::Stopped("c".into()) }
    }

    #[test]
    fn logs_are_read_as_written() {
        let all: Vec<_> = (0..5).map(entry).collect();
        let text = lines(&all).unwrap().into_iter().flat_map(|l| [l, vec![b'\n']].concat()).collect::<Vec<u8>>();
        assert_eq!(read(&text).unwrap(), all);
        assert_eq!(read(b"").unwrap(), []);
        assert!(read(&text[..text.len() - 1]).is_err());
        assert!(read(&[&text[..], b"\n"].concat()).unwrap_err().contains("line 6"));
    }

    #[test]
    fn the_root_depends_on_every_line_its_place_and_their_number() {
        let of = |runs: &[u64]| root(&lines(&runs.iter().map(|r| entry(*r)).collect::<Vec<_>>()).unwrap());
        let roots = [&[][..], &[1], &[2], &[1, 2], &[2, 1], &[1, 2, 3], &[1, 2, 3, 3], &[1, 2, 3, 4]].map(of);
        for (i, a) in roots.iter().enumerate() {
            assert!(roots[..i].iter().all(|b| a != b), "{i}");
        }
        // A pair is no leaf.
        let two = lines(&[entry(1), entry(2)]).unwrap();
        let leaves: Vec<u8> = two.iter().flat_map(|l| blake3::derive_key("quorate 2026 log leaf v1", l)).collect();
        assert_ne!(root(&[leaves]), root(&two));
    }
}

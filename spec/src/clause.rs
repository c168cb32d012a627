//! Clauses of standards as requirements: what a certificate has to answer, in our own words.
//!
//! ITU-T X.1770 (10/2021) is the base. ISO/IEC 4922-1 and IEEE 2842 are mapped to the same requirements by the titles
//! of their clauses; their texts were not at hand, and every such row says so by [`Clause::from_title`].

use crate::{Level, Levels};

/// A document with requirements.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Standard {
    /// ITU-T X.1770 (10/2021), technical guidelines for secure multi-party computation.
    X1770,
    /// ISO/IEC 4922-1:2023, secure multiparty computation, part 1: general.
    Iso4922,
    /// IEEE 2842-2021, recommended practice for secure multi-party computation.
    Ieee2842,
}

/// How strongly a clause speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Norm {
    /// Mandatory.
    Shall,
    /// Recommended.
    Should,
    /// Permitted, or a definition.
    May,
}

/// One requirement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Clause {
    /// The document.
    pub standard: Standard,
    /// The clause number there.
    pub number: &'static str,
    /// Our id, `R-` and the number for X.1770.
    pub id: &'static str,
    /// How strongly it speaks.
    pub norm: Norm,
    /// What it asks.
    pub asks: &'static str,
    /// The security level it asks for, "at least".
    pub level: Option<Level>,
    /// Requirements of X.1770 that it restates, by id.
    pub same_as: &'static [&'static str],
}

impl Clause {
    /// Whether the row was written from the clause's title alone.
    #[must_use]
    pub fn from_title(&self) -> bool {
        self.standard != Standard::X1770
    }
    /// Whether it is about a use of protocols (clause 9) and not about a protocol.
    #[must_use]
    pub fn is_use(&self) -> bool {
        self.standard == Standard::X1770 && self.number.starts_with("9.")
    }
    /// Whether a protocol of these levels meets the level that the clause asks for; `None` if it asks for none.
    #[must_use]
    pub fn met_by(&self, levels: Levels) -> Option<bool> {
        self.level.map(|required| levels.satisfies(required))
    }
}

/// A question that a standard leaves open, and how this project answers it. Printed in every certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Note {
    /// Short name.
    pub id: &'static str,
    /// The requirements it concerns.
    pub concerns: &'static [&'static str],
    /// The reading.
    pub text: &'static str,
}

const fn x1770(number: &'static str, id: &'static str, norm: Norm, asks: &'static str) -> Clause {
    Clause { standard: Standard::X1770, number, id, norm, asks, level: None, same_as: &[] }
}
const fn at_least(level: Level, clause: Clause) -> Clause {
    Clause { level: Some(level), ..clause }
}
const fn like(
    standard: Standard,
    number: &'static str,
    id: &'static str,
    asks: &'static str,
    same_as: &'static [&'static str],
) -> Clause {
    Clause { standard, number, id, norm: Norm::Should, asks, level: None, same_as }
}

/// All requirements.
pub const CLAUSES: &[Clause] = &[
    x1770(
        "6.2 1)",
        "R-6.2a",
        Norm::Should,
        "privacy: nothing becomes known but the output and what follows from it and one's own input",
    ),
    x1770("6.2 2)", "R-6.2b", Norm::Should, "independence: no party's input depends on another's"),
    x1770("6.2 3)", "R-6.2c", Norm::Should, "fairness: a party gets its output if and only if the others do"),
    x1770("6.3", "R-6.3", Norm::May, "parties are modelled as honest, semi-honest or malicious"),
    x1770(
        "7.1",
        "R-7.1",
        Norm::Should,
        "roles: data providers, two or more computing nodes under different parties, result demanders whose results may differ, at most one coordinator; one party may play several",
    ),
    x1770(
        "7.2.1",
        "R-7.2.1",
        Norm::Should,
        "user interfaces (web pages, command line, OpenAPI) and functions that decrypt results",
    ),
    x1770(
        "7.2.2",
        "R-7.2.2",
        Norm::Should,
        "coordination of resources (address, port, state; size and type of data), tasks (create, assign, watch) and users",
    ),
    x1770(
        "7.2.3 1)",
        "R-7.2.3a",
        Norm::Should,
        "numerical computation such as addition, multiplication and comparison",
    ),
    x1770("7.2.3 2)", "R-7.2.3b", Norm::Should, "integers, decimals, characters and strings"),
    x1770("7.2.3 3)", "R-7.2.3c", Norm::Should, "scalars, vectors, matrices and arrays of more dimensions"),
    at_least(
        Level::A1C1,
        x1770(
            "7.2.4",
            "R-7.2.4",
            Norm::Should,
            "one or more protocols from secret sharing, garbled circuits, homomorphic encryption or others, secure at least at A1C1",
        ),
    ),
    x1770(
        "7.2.5",
        "R-7.2.5",
        Norm::Should,
        "storage in files (txt, csv, xml), relational and other databases (MySQL, Oracle, Hive, HBase)",
    ),
    x1770(
        "7.3",
        "R-7.3",
        Norm::Should,
        "flow: the coordinator sends the configuration, providers send prepared input to the designated nodes over a secure channel, nodes compute and send each demander its result at the same time",
    ),
    x1770(
        "7.4.1",
        "R-7.4.1",
        Norm::Should,
        "identity authentication, by several factors, and mutual authentication of components",
    ),
    x1770(
        "7.4.2",
        "R-7.4.2",
        Norm::Should,
        "access by role, renewed after idle time; a provider's encrypted data reaches the designated receiver only",
    ),
    x1770("7.4.3", "R-7.4.3", Norm::Should, "secure transmission, several ways to destroy data"),
    x1770("8.1.1", "R-8.1.1", Norm::May, "A1: privacy, correctness and output delivery against semi-honest parties"),
    x1770(
        "8.1.2",
        "R-8.1.2",
        Norm::May,
        "A2: privacy, and correctness of what is delivered, against covert parties, who refrain if caught often enough",
    ),
    x1770(
        "8.1.3",
        "R-8.1.3",
        Norm::May,
        "A3: privacy, and correctness of what is delivered, against malicious parties",
    ),
    x1770(
        "8.2.1",
        "R-8.2.1",
        Norm::Shall,
        "C1 at least: privacy and correctness when fewer than half of the parties are corrupt",
    ),
    x1770("8.2.2", "R-8.2.2", Norm::May, "C2: privacy and correctness when half of the parties or more are corrupt"),
    at_least(Level::A1C2, x1770("9.1", "R-9.1", Norm::Should, "joint modelling in finance: at least A1C2")),
    at_least(
        Level::A1C1,
        x1770(
            "9.2",
            "R-9.2",
            Norm::Should,
            "data matching by commuting masks, the size of the intersection only: at least A1C1",
        ),
    ),
    like(
        Standard::Iso4922,
        "5.1",
        "I-5.1",
        "fundamental requirements: input privacy and correctness",
        &["R-6.2a", "R-8.1.1"],
    ),
    like(
        Standard::Iso4922,
        "5.2",
        "I-5.2",
        "adversary model: power, behaviour, composition, access to the network",
        &["R-6.3", "R-8.2.1", "R-8.2.2"],
    ),
    like(Standard::Iso4922, "5.3.2", "I-5.3.2", "optional: correctness against active adversaries", &["R-8.1.3"]),
    like(Standard::Iso4922, "5.3.3", "I-5.3.3", "optional: input privacy against active adversaries", &["R-8.1.3"]),
    like(Standard::Iso4922, "5.3.5", "I-5.3.5", "optional: guaranteed output delivery", &["R-8.1.1"]),
    like(
        Standard::Ieee2842,
        "5.1",
        "E-5.1",
        "input privacy and correct results; semi-honest, covert and malicious behaviour",
        &["R-6.2a", "R-8.1.1", "R-8.1.2", "R-8.1.3"],
    ),
];

/// How the open questions are settled.
pub const NOTES: &[Note] = &[
    Note {
        id: "two-parties",
        concerns: &["R-7.2.4", "R-8.2.1", "R-9.2"],
        text: "With two parties \"fewer than half\" is no corrupt party, so C1 is vacuous and is refused as a claim. Every \
               coalition of C1 is also one of C2, so a requirement of \"at least C1\" is met by C2.",
    },
    Note {
        id: "every-coalition",
        concerns: &["R-8.2.1", "R-8.2.2"],
        text: "Under C2 every coalition of one to n-1 parties attacks, not only the largest: cheats that tell honest parties \
               different things need two of them. Which coalitions are counted, and not only attacked, every row says.",
    },
    Note {
        id: "set-of-levels",
        concerns: &["R-8.1.1", "R-8.1.2", "R-8.1.3"],
        text: "Levels are a set of demonstrated rows. Security against malicious parties does not imply security against \
               semi-honest ones, whose simulator may not replace inputs (Hazay and Lindell); A1 is demonstrated on its own.",
    },
    Note {
        id: "delivery",
        concerns: &["R-8.1.1", "I-5.3.5"],
        text: "The dishonest parties of A1 follow the protocol, so its output delivery means that runs without deviation \
               always end with the output; that is tested. Parties that stop, and guaranteed delivery against malicious \
               parties, are rows of their own and not part of any level.",
    },
    Note {
        id: "fairness",
        concerns: &["R-6.2c"],
        text: "Fairness is impossible in general when half of the parties or more may be corrupt (Cleve 1986) and is no \
               condition of any level, A3C1 with abort included: it is a row of its own with the measured unfairness.",
    },
    Note {
        id: "selective-abort",
        concerns: &["R-6.2c", "R-8.1.3"],
        text: "The last message of a run may reach one honest party and not another. SPDZ as built here has selective abort; \
               unanimous abort would need an agreed success bit by detectable broadcast and is not claimed.",
    },
    Note {
        id: "same-time",
        concerns: &["R-7.3"],
        text: "\"At the same time\" is read as: in the same step, without an order among demanders. It is not a promise of \
               fairness.",
    },
    Note {
        id: "covert-threshold",
        concerns: &["R-8.1.2"],
        text: "The clause names no figure. A claim of A2 states its deterrence, the deployer states the threshold, and the \
               claim holds if the first is not below the second. Silence counts as detection only if it is attributable.",
    },
    Note {
        id: "lossless",
        concerns: &["R-8.1.1"],
        text: "\"Lossless\" is exact for integers. For decimals the fixed-point format, its range and its rounding belong to \
               the function that is computed.",
    },
    Note {
        id: "matching-parties",
        concerns: &["R-9.2"],
        text: "In the figure of clause 9.2 only the first party learns the count. With two parties the use asks for A1C1 \
               and gets A1C2.",
    },
];

/// The requirement of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Clause> {
    CLAUSES.iter().find(|c| c.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_references_exist() {
        for (i, c) in CLAUSES.iter().enumerate() {
            assert!(CLAUSES[..i].iter().all(|d| d.id != c.id), "{}", c.id);
            assert!(c.same_as.iter().all(|id| find(id).is_some()), "{}", c.id);
            assert_eq!(c.same_as.is_empty(), !c.from_title(), "{}", c.id);
        }
        for (i, n) in NOTES.iter().enumerate() {
            assert!(NOTES[..i].iter().all(|m| m.id != n.id), "{}", n.id);
            assert!(!n.concerns.is_empty() && n.concerns.iter().all(|id| find(id).is_some()), "{}", n.id);
        }
    }

    #[test]
    fn two_party_levels_meet_what_the_applications_ask() {
        let levels = Levels::of(&[Level::A1C2, Level::A3C2]);
        let asked: Vec<_> = CLAUSES.iter().filter_map(|c| c.met_by(levels).map(|met| (c.id, met))).collect();
        assert_eq!(asked, [("R-7.2.4", true), ("R-9.1", true), ("R-9.2", true)]);
        assert_eq!(find("R-9.1").unwrap().met_by(Levels::of(&[Level::A1C1])), Some(false));
        let uses: Vec<_> = CLAUSES.iter().filter(|c| c.is_use()).map(|c| c.id).collect();
        assert_eq!(uses, ["R-9.1", "R-9.2"]);
        assert_eq!(find("R-9.2").unwrap().met_by(Levels::of(&[Level::A3C2])), Some(false), "A1 has to be shown");
    }
}

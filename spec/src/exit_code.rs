//! How a program of this project ends: one table for `quorate` and `quorate-certify`.
//!
//! | code | name | meaning |
//! |---|---|---|
//! | 0 | pass | done; for a certificate: every row of every claimed level passed |
//! | 1 | fail | a security check failed; for a certificate: a claim does not hold |
//! | 2 | inconclusive | not enough evidence for a verdict; never rounded up to a pass |
//! | 3 | vacuous | a test did not test: an attack never fired, a level is empty, a puppet gave up |
//! | 64 | usage | wrong command line |
//! | 65 | data | an input is malformed: task file, table, ledger, report |
//! | 69 | unavailable | a peer is unreachable, silent or gone; no statement about anybody's honesty |
//! | 70 | internal | this program is wrong |
//! | 74 | storage | a file cannot be read or written: missing, no permission, disk full |
//! | 78 | configuration | the parties' parameters, versions or identities differ |
//!
//! The codes from 64 on are those of `sysexits.h`. Argument parsers that exit with 2 have to be told 64.

use std::fmt;

/// The end of a program, see the table of this module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum ExitCode {
    /// Done, or demonstrated.
    Pass = 0,
    /// A security check failed, or a claim does not hold.
    Fail = 1,
    /// Not enough evidence.
    Inconclusive = 2,
    /// The test did not test anything.
    Vacuous = 3,
    /// Wrong command line.
    Usage = 64,
    /// A malformed input.
    Data = 65,
    /// A peer cannot be reached or stopped answering.
    Unavailable = 69,
    /// An error of this program.
    Internal = 70,
    /// A file cannot be read or written.
    Storage = 74,
    /// Parameters, versions or identities differ.
    Configuration = 78,
}

impl ExitCode {
    /// All codes, from good to bad: a report of several rows ends with the worst of them.
    pub const BY_SEVERITY: [Self; 10] = [
        Self::Pass,
        Self::Inconclusive,
        Self::Vacuous,
        Self::Fail,
        Self::Unavailable,
        Self::Configuration,
        Self::Data,
        Self::Storage,
        Self::Usage,
        Self::Internal,
    ];

    /// The number the operating system sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
    /// The worse of two.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        let rank = |c| Self::BY_SEVERITY.iter().position(|x| *x == c);
        if rank(other) > rank(self) { other } else { self }
    }
    /// The end of a report: its worst row, and vacuous if it has none.
    #[must_use]
    pub fn of_rows(rows: impl IntoIterator<Item = Self>) -> Self {
        rows.into_iter().reduce(Self::worse).unwrap_or(Self::Vacuous)
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        code.code().into()
    }
}

impl fmt::Display for ExitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::Vacuous => "vacuous",
            Self::Usage => "usage",
            Self::Data => "data",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
            Self::Storage => "storage",
            Self::Configuration => "configuration",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_have_the_codes_that_scripts_rely_on() {
        use ExitCode::*;
        assert_eq!([Pass, Fail, Inconclusive, Vacuous].map(ExitCode::code), [0, 1, 2, 3]);
    }

    #[test]
    fn the_worst_row_decides() {
        use ExitCode::*;
        let all = ExitCode::BY_SEVERITY;
        for (i, a) in all.into_iter().enumerate() {
            for (j, b) in all.into_iter().enumerate() {
                assert_eq!(a.worse(b), all[i.max(j)]);
            }
        }
        assert_eq!(ExitCode::of_rows([Pass, Inconclusive, Fail, Vacuous]), Fail);
        assert_eq!(ExitCode::of_rows([]), Vacuous);
    }
}

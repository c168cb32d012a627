//! The law of Quorate: what a security level is, what a protocol claims, which checks stand behind the claim and how
//! often a cheat passes each of them.
//!
//! | file | what it says |
//! |---|---|
//! | [`level`] | adversary × threshold, levels as a set, coalitions, when a claim is empty |
//! | [`claim`] | what one protocol promises, under which assumptions, and what it does not promise |
//! | [`check`] | one test of an honest party: id, what it tests, its bound, what dies when it fails |
//! | [`bound`] | exact probabilities as rational numbers |
//! | [`clause`] | clauses of ITU-T X.1770, ISO/IEC 4922-1 and IEEE 2842 as requirements, with the readings we settled |
//! | [`exit_code`] | how a program of this project ends |
//!
//! This crate performs no I/O (but for comparing the golden files, with feature `vectors`) and knows no protocol: crate
//! `protocols` declares its checks and claims beside its code. The prose of every protocol is in `spec/protocols/`,
//! known mistakes are in `spec/pitfalls.md`, decisions in
//! `spec/decisions/`, and what reports of `quorate-certify` hold, byte for byte, is in `spec/report.md`.

pub mod bound;
pub mod check;
pub mod claim;
pub mod clause;
pub mod exit_code;
pub mod level;
mod pages;
#[cfg(any(test, feature = "vectors"))]
pub mod vectors;

pub use bound::{Bound, Instance};
pub use check::Check;
pub use claim::{AbortKind, Assumption, Claim, ClaimError, NotClaimed, PartyRange};
pub use clause::{CLAUSES, Clause, NOTES, Norm, Note, Standard};
pub use exit_code::ExitCode;
pub use level::{Adversary, Level, LevelError, Levels, Threshold};
pub use pages::{PITFALLS, protocol_pages};

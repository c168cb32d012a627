//! The command line of Quorate, as a library: task files, a provider's own data, what a task computes, and results.
//!
//! | module | what it holds |
//! |---|---|
//! | [`task`] | the task file that all parties share: reading, checking, digest |
//! | [`data`] | a provider's CSV file: reading, alignment by id, preparation to integers |
//! | [`program`] | a task as a function on any engine, and its plan |
//! | [`session`], [`preprocess`] | one party's part of a task, from the first connection to the result |
//! | [`commands`] | what `quorate` can be asked to do, with [`progress`] and [`failure`] as people see them |
//! | [`mod@bench`] | what `quorate bench` measures |
//! | [`survey`] | what parties find on their connections, told to everybody |
//! | [`report`] | results as text and as JSON, set in a [`table`] |

pub mod bench;
pub mod commands;
pub mod data;
pub mod failure;
pub mod preprocess;
pub mod program;
pub mod progress;
pub mod report;
pub mod session;
pub mod survey;
pub mod table;
pub mod task;

//! The command line of Quorate, as a library: task files, a provider's own data, what a task computes, and results.
//!
//! | module | what it holds |
//! |---|---|
//! | [`task`] | the task file that all parties share: reading, checking, digest |
//! | [`data`] | a provider's CSV file: reading, alignment by id, preparation to integers |
//! | [`program`] | a task as a function on any engine, and its plan |
//! | [`report`] | results as text and as JSON, set in a [`table`] |

pub mod data;
pub mod program;
pub mod report;
pub mod table;
pub mod task;

//! What a coalition does.
//!
//! | file | what it is |
//! |---|---|
//! | [`language`], [`validate`] | the strategy language: data, in JSON; what is wrong with a strategy by itself |
//! | [`builder`] | the same in Rust |
//! | [`expression`], [`parse`], [`escape`], [`pattern`] | formulas, probabilities and step patterns as they are written |
//! | [`surface`] | what there is to attack |
//! | [`compile`] | a strategy checked against it |
//! | [`interpret`] | a strategy at work, an adversary of the simulator |
//! | [`stage`] | what a strategy is played on, and how a run of it is made |
//! | [`random`](mod@random) | small strategies drawn at random |
//! | [`shrink`](mod@shrink) | makes a strategy as small as it can be |
//! | [`script`] | rules as Rust closures, for what no data can say |

pub mod builder;
mod changes;
mod chosen;
pub mod compile;
pub mod escape;
pub mod expression;
mod formula;
pub mod interpret;
pub mod language;
mod memory;
mod near;
pub mod parse;
pub mod pattern;
pub mod random;
pub mod script;
pub mod shrink;
pub mod stage;
pub mod surface;
mod together;
mod types;
pub mod validate;

pub use compile::Compiled;
pub use interpret::{Effect, Interpreter};
pub use language::Strategy;
pub use random::random;
pub use script::{Action, Fate, On, Script, Seen, edit, edit_bytes};
pub use shrink::shrink;
pub use stage::Stage;
pub use surface::Surface;
pub use validate::StrategyError;

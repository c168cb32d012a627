//! The enemy's house: ideal twins of the functionalities, puppets that never give up, attacks on every protocol, and the
//! exact counting of what they achieve. Nothing that a data owner runs depends on this crate.

pub mod enumerate;
pub mod ideal;
pub mod run;
pub mod strategy;

pub use enumerate::{Probability, enumerate};
pub use run::{Ending, World, classify};
pub use strategy::Script;

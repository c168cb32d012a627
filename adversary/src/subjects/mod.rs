//! The protocols of this project as subjects of the instrument. Each is the shipped text, small enough to be counted
//! through on some field.

mod online;

use crate::DynSubject;

pub use online::{Multiply, Product, Show, ShowTo, Store, Sum};

/// All of them.
pub const ALL: &[&dyn DynSubject] = &[&Multiply, &Product, &Sum, &Show, &ShowTo, &Store];

/// The subject of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn DynSubject> {
    ALL.iter().copied().find(|s| s.name() == name)
}

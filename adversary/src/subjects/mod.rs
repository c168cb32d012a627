//! The protocols of this project as subjects of the instrument. Each is the shipped text, small enough to be counted
//! through on some field.

mod authenticate;
mod online;
mod product;
mod triple;

use protocols::Error;

use crate::DynSubject;

pub use authenticate::{Authenticated, SumOfAuthenticated};
pub use online::{Multiplied, Multiply, Product, Show, ShowTo, Store, Sum};
pub use product::Transferred;
pub use triple::Sacrificed;

/// All of them.
pub const ALL: &[&dyn DynSubject] = &[
    &Multiply,
    &Multiplied,
    &Product,
    &Sum,
    &Show,
    &ShowTo,
    &Store,
    &Sacrificed,
    &Authenticated,
    &SumOfAuthenticated,
    &Transferred,
];

/// The subject of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn DynSubject> {
    ALL.iter().copied().find(|s| s.name() == name)
}

/// A program that is only run on dealt preprocessing did not get any.
fn missing() -> Error {
    Error::Local("this program needs dealt preprocessing".into())
}

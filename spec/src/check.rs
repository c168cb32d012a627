//! One test of an honest party.

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::Bound;

/// A test that an honest party performs and that ends its session when it fails.
///
/// Declared as a constant beside the code that performs it; abort messages, the pages in `spec/protocols/`, attacks and
/// certificates name it by its id. Two checks are equal when their ids are.
///
/// ```
/// use quorate_spec::{Bound, Check};
/// pub const MAC_CHECK: Check = Check {
///     id: "mac.check",
///     tests: "a random combination of all partial openings matches its MAC",
///     bound: Bound::MacCheck,
///     dies: "the MAC key, the oblivious transfers and all unused preprocessing of the session",
/// };
/// assert_eq!(MAC_CHECK.to_string(), "mac.check");
/// ```
#[derive(Clone, Copy)]
pub struct Check {
    /// Short dotted name, unique in the program, never reused for something else.
    pub id: &'static str,
    /// What holds when it passes.
    pub tests: &'static str,
    /// The largest probability with which a deviation it is meant to stop passes it.
    pub bound: Bound,
    /// State that is destroyed when it fails.
    pub dies: &'static str,
}

impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}
impl Eq for Check {}
impl Hash for Check {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}
impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

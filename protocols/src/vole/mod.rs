//! Products of one party's vector with another party's key, shared additively between the two.

mod copee;

pub use copee::{Copee, Products};

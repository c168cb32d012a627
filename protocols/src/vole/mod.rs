//! Products of one party's vector with another party's key, shared additively between the two.

mod copee;

pub(crate) use copee::Copee;

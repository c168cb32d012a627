//! The named attacks. Those that data can describe are in the catalogue ([`crate::catalogue`]); these need a program: they
//! search, compute hashes, or run twice. One file per protocol; to add one, write it in its file, name it in `ALL`, and list
//! it in `adversary/catalogue/programs.json`.

pub mod coin;
pub mod mac;
pub mod mascot;
pub mod ot;
pub mod session;
pub mod triple;

use crate::attack::Attack;
use crate::catalogue;

/// The attacks that are programs, from the lowest layer up.
pub fn programs() -> impl Iterator<Item = &'static Attack> {
    let files = [coin::ALL, mac::ALL, mascot::ALL, ot::ALL, session::ALL, triple::ALL];
    files.into_iter().flatten()
}

/// Every named attack.
pub fn all() -> impl Iterator<Item = &'static Attack> {
    programs().chain(catalogue::attacks())
}

/// The attack of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Attack> {
    all().find(|a| a.id == id)
}

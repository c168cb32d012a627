//! The named attacks, one file per protocol. To add one: write it in its file and name it there in `ALL`.

pub mod coin;
pub mod input;
pub mod mac;
pub mod mascot;
pub mod online;
pub mod ot;
pub mod session;
pub mod triple;

use crate::attack::Attack;

/// Every named attack, from the lowest layer up.
pub fn all() -> impl Iterator<Item = &'static Attack> {
    let files = [coin::ALL, input::ALL, mac::ALL, mascot::ALL, online::ALL, ot::ALL, session::ALL, triple::ALL];
    files.into_iter().flatten()
}

/// The attack of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Attack> {
    all().find(|a| a.id == id)
}

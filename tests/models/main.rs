//! Models of what single runs cannot show: the receive buffer and a protocol over it under every interleaving of threads
//! that a checker tries, the life of a session at all its parties under every order of what they, a coalition and the
//! network do, and the life of a ledger under every order of use, failure, crash and restored backup.
//!
//! The MAC key and the preprocessing store are not shared by threads, so there is nothing to interleave. A key and a
//! store in memory may move to another thread, but there is one of each, nothing in them changes behind a shared
//! reference, and what changes them borrows them mutably: no two threads can. A check borrows the key together with a
//! session, and a session, a computation, a ledger directory and a ledger in use cannot leave their thread. What is
//! shared is the receive buffer of the transport, whose file is compiled here a second time over the checker's locks.

mod interleavings;
mod ledger;
mod session;
mod wire;

/// The checker's locks for `inbox.rs`.
mod sync {
    pub use shuttle::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, atomic};
}
use transport::{Incoming, NetError, NetErrorKind, PartyId, Stream};

#[allow(dead_code, reason = "the buffer as it ships, with what only connections of processes use")]
#[path = "../../transport/src/inbox.rs"]
mod inbox;

/// Does not compile if one of these can leave its thread.
const _: fn() = || {
    trait Ambiguous<A> {
        fn stays() {}
    }
    struct Leaves;
    impl<T: ?Sized> Ambiguous<()> for T {}
    impl<T: ?Sized + Send> Ambiguous<Leaves> for T {}
    let _ = <protocols::Session as Ambiguous<_>>::stays;
    let _ = <protocols::Online<'_, field::F128> as Ambiguous<_>>::stays;
    let _ = <protocols::ledger::Directory as Ambiguous<_>>::stays;
    let _ = <protocols::ledger::Ledger<field::F128> as Ambiguous<_>>::stays;
    let _ = <protocols::ledger::Items<field::F128> as Ambiguous<_>>::stays;
};

/// Does not compile if there can be two of one of these, or if one has a cell, which two threads could change at once.
const _: fn() = || {
    trait Ambiguous<A> {
        fn is_one() {}
    }
    struct Copies;
    impl<T: ?Sized> Ambiguous<()> for T {}
    impl<T: Clone> Ambiguous<Copies> for T {}
    fn has_no_cell<T: Sync>() {}
    let _ = <protocols::MacKey<field::F128> as Ambiguous<_>>::is_one;
    let _ = <protocols::Memory<field::F128> as Ambiguous<_>>::is_one;
    has_no_cell::<protocols::MacKey<field::F128>>();
    has_no_cell::<protocols::Memory<field::F128>>();
};

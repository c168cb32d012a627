//! The locks of [`inbox`](crate::inbox), by one name: `tests/models/` compiles that file again over the locks of a
//! checker, which runs its threads in every order.

pub use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, atomic};

//! Parties and frames: who takes part in a computation and how bytes travel between them.
//!
//! A protocol sees [`Net`] only: send a frame to a party on a stream, poll for the next frame of a party on a stream.
//! A party never receives "from anyone", so every run is a Kahn network: results depend on inputs and tapes, not on
//! scheduling. [`sim`] drives all parties of a run on one thread and shows every frame; [`threads`] connects parties of
//! one process; [`drive()`] runs one party's future to its end on the calling thread.

pub mod drive;
pub mod identity;
pub mod inbox;
#[cfg(test)]
mod inbox_tests;
mod memory;
pub mod meter;
pub mod net;
pub mod party;
pub mod path;
mod rounds;
pub mod sim;
#[cfg(test)]
mod sim_tests;
mod sync;
pub mod tcp;
pub mod threads;
pub mod wire;

pub use drive::drive;
pub use inbox::Limits;
pub use memory::keep_freed_memory;
pub use meter::{Counted, Meter, Traffic};
pub use net::{Frame, Incoming, Kind, Meta, Net, NetError, NetErrorKind, Stream};
pub use party::{Parties, PartyId, PartySet, PerParty};
pub use path::{StepLabel, StepPath};

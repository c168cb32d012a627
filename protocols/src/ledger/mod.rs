//! # Ledger: preprocessing on disk, every item used at most once
//! Functionality: a [`Supply`](crate::Supply) that survives its process · Spec: `spec/protocols/13-ledger.md`
//! Level: as the protocol that generated the items · Rounds: 2 (three parties or more: 4) when a segment is put to use, then none
//!
//! One directory per party, one segment in it per (session, MAC key):
//! ```text
//! ledger/                 mode 0700
//!   ledger.key            names the ledger and authenticates its files
//!   lock                  held by the one process that uses it
//!   state                 epoch; status, sizes and cursors of every segment; replaced as a whole
//!   <segment id>/head     what it is bound to, commitment to the MAC key, tag of every block
//!   <segment id>/alpha    this party's share of the MAC key
//!   <segment id>/blocks   the items
//! fences/<ledger id>      the epoch again, outside the directory
//! fences/<ledger id>.lock held by the one process that uses the ledger or a copy of it
//! ```
//! - **Before use, on disk**: opening a segment marks it open and moves the cursor a stride ahead; the cursor on disk is
//!   never behind what was handed out. A segment found open at the next start is burnt.
//! - **Rollback**: every start and every opening begins a new epoch, in the state file and in the fence. A directory
//!   restored to before an item left carries an older epoch than the fence and is refused, or is burnt. Directory and
//!   fence restored *together* to one time cannot be told from the original: a peer's comparison of cursors catches it
//!   unless the peer was restored as well, or lies.
//! - **Death**: when the session dies, the segment is dead on disk and its key wiped before the abort frame leaves.
//! - Files are authenticated, not encrypted: whoever can read the directory knows this party's shares.

mod directory;
mod disk;
mod fence;
mod in_use;
mod reader;
mod record;
mod segment;
mod state;
#[cfg(test)]
mod tests;
mod writer;

pub use directory::{Directory, Stock};
pub use in_use::Ledger;
pub use reader::Items;
pub use segment::Binding;
pub use state::Status;
pub use writer::Writer;

/// Items of a full block: a few hundred kilobytes, hashed and decoded while they are in the second-level cache.
const BLOCK_ITEMS: usize = 1 << 12;
/// Items by which the cursor on disk moves ahead: one write per million items.
const STRIDE: u64 = 1 << 20;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#![allow(async_fn_in_trait)] // futures stay on the thread of their session; no `Send` bound is wanted
//! Multi-party protocols secure against malicious parties under a dishonest majority.
//!
//! | functionality | file | paper | spec | level |
//! |---|---|---|---|---|
//! | commitment | `commit.rs` | random-oracle hash | `02-commitment` | A3C2 |
//! | coin toss | `coin.rs` | Blum 1981 | `03-coin` | A3C2 |
//! | broadcast with abort | `broadcast.rs` | Goldwasser–Lindell 2005 | `04-broadcast` | A3C2 |
//! | base OT | `ot/base.rs` | Masny–Rindal 2019 (endemic) | `06-base-ot` | A3C2 |
//! | OT extension | `ot/extend.rs` | SoftSpokenOT, Roy 2022 | `07-ot-extension` | A3C2 |
//! | products with a key | `vole/copee.rs` | KOS16 Π_COPEe | `08-copee` | with the next |
//! | authentication | `share/authenticate.rs` | KOS16 Π_[[·]] | `09-authentication` | A3C2 |
//! | triples | `triple/` | KOS16 Π_Triple | `10-mascot-triple` | A3C2 |
//! | MAC check | `share/mac.rs` | DKLPSS13 | `11-mac-check` | A3C2 |
//! | online phase | `online/` | DPSZ12, DKLPSS13 | `12-online` | A3C2 |
//! | preprocessing on disk | `ledger/` | – | `13-ledger` | of its items |
//! | zero sharing | `zero.rs` | Cramer–Damgård–Ishai 2005 | `05-zero-sharing` | A3C2 |
//!
//! Protocol code is a linear `async fn` over a [`Session`]: `async` means "this function talks". There is no executor,
//! timer or thread in this crate, and a party receives only from a named peer on a named stream.

mod broadcast;
mod cipher;
#[cfg(target_arch = "x86_64")]
mod cipher_x86;
pub mod claims;
mod coin;
mod commit;
mod context;
pub mod error;
pub mod foundations;
pub mod ledger;
pub mod message;
mod online;
pub mod ot;
pub mod prg;
pub mod session;
mod share;
mod supply;
pub mod tape;
#[cfg(test)]
mod testing;
mod triple;
#[cfg(test)]
mod vectors;
mod vole;
mod wiped;
mod zero;

pub use broadcast::BROADCAST_ECHO;
pub use commit::{COMMIT_ECHO, COMMIT_OPENING};
pub use error::{Abort, Blame, Error, Result};
pub use foundations::{Foundations, Real};
pub use online::Online;
pub use ot::{BASE_OT_POINT, ForMeasurement, OT_CONSISTENCY, OT_PPRF};
pub use session::{Session, SessionId};
pub use share::{AUTH_CONSISTENCY, Authenticator, INIT_ALPHA, MAC_CHECK, MAC_OUTPUT, MacKey, Shared};
pub use supply::{Clear, Masks, Memory, Supply, Triples};
pub use tape::{Source, Tape};
pub use triple::{Mascot, Partners, TRIPLE_SACRIFICE, product_for_measurement, sacrifice};
pub use vole::{Copee, Products};

use spec::{Bound, Check};

/// A frame has the tag, the length and the encoding that its step calls for.
pub const FRAME_SHAPE: Check = Check {
    id: "frame.shape",
    tests: "a frame has exactly the tag, length and canonical encoding that its step calls for",
    bound: Bound::Zero,
    dies: "the session",
};

/// Every check of this crate.
pub const CHECKS: &[&Check] = &[
    &FRAME_SHAPE,
    &COMMIT_OPENING,
    &COMMIT_ECHO,
    &BROADCAST_ECHO,
    &BASE_OT_POINT,
    &OT_PPRF,
    &OT_CONSISTENCY,
    &AUTH_CONSISTENCY,
    &INIT_ALPHA,
    &TRIPLE_SACRIFICE,
    &MAC_CHECK,
    &MAC_OUTPUT,
];

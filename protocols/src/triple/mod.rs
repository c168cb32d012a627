//! Preprocessing: authenticated triples, random values and input masks, from oblivious transfer.

mod mascot;
mod multiply;
mod sacrifice;

pub use mascot::Mascot;
pub use multiply::product_for_measurement;
pub use sacrifice::{Partners, TRIPLE_SACRIFICE, sacrifice};

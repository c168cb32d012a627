//! Tests across the crates of Quorate.

//! Attacks on every protocol of Quorate.

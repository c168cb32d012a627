//! Measurements of Quorate.

//! Levels, claims, checks and bounds of Quorate.

//! What an analyst computes with Quorate.

//! Multi-party protocols of Quorate.

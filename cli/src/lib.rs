//! The command line of Quorate.

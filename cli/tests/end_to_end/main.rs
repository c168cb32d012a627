//! `quorate` as people meet it: real processes over TLS on small tasks, with everything going wrong that can go wrong
//! outside of the protocols. Every honest process must end in time, with one message that names party and cause, the exit
//! code of the table in `spec`, no panic, and nothing secret in any output.

mod commands;
mod doctor;
mod identities;
mod inputs;
mod ledgers;
mod peers;
mod runs;
mod setting;

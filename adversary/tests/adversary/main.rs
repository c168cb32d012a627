//! The adversary against the shipped protocols: named attacks with their controls, sweeps, exact figures.

mod attacks;
mod exact;
mod ot;
mod subjects;
mod sweep;

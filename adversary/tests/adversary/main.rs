//! The adversary against the shipped protocols: named attacks with their controls, sweeps, exact figures.

mod attacks;
mod bad_strategies;
mod catalogue;
mod coverage;
mod exact;
mod faults;
mod lacking;
mod ot;
mod play;
mod products;
mod properties;
mod replacement;
mod sample;
mod shipped;
mod simulation;
mod simulator;
mod strategy;
mod subjects;
mod sweep;
mod terminal;
mod weakness;

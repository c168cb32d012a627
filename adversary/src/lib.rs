#![allow(async_fn_in_trait)] // programs stay on the thread of their run
//! The enemy's house: ideal twins of the functionalities, puppets that never give up, attacks on every protocol, and the
//! exact counting of what they achieve. Nothing that a data owner runs depends on this crate.
//!
//! | file | what it does |
//! |---|---|
//! | [`subject`] | what the instrument needs to know of a protocol, built in or foreign |
//! | [`fields`] | all fields by name |
//! | [`explained`] | a subject on given inputs under attack, judged by its functionality |
//! | [`run`] | one attacked run: who is corrupt, on which foundations, which check is off |
//! | [`pulse`] | how long the longest run under way has taken |
//! | [`strategy`] | what a coalition does, as rules over frames: a language, and closures |
//! | [`computation`] | computations that strategies and sweeps run against, with their oracles |
//! | [`messages`] | what a coalition says, and each of it changed or withheld throughout |
//! | [`items`] | what can be done to an item of a frame, by its type |
//! | [`oracle`] | could the ideal functionality explain the run? |
//! | [`attack`], [`catalogue`], [`attacks`] | named attacks, each with what must come of it and a control: data, and programs |
//! | [`scratch`] | foundations with one seeded weakness, for controls |
//! | [`enumerate`](mod@enumerate), [`exact`] | every coin of every run counted, compared with the bounds of `spec` |
//! | [`view`] | what a coalition sees, as an exact distribution |
//! | [`privacy`] | semi-honest views of all inputs, compared |
//! | [`play`] | the best attack of all, by backward induction |
//! | [`properties`] | everything beside privacy and correctness: shape, delivery, blame, independence, aborts, terminality |
//! | [`sweep`](mod@sweep), [`cases`] | every frame with every mutation, on small named computations |
//! | [`coverage`] | how much was attacked: fields, changes, pairs, checks, coalitions, exits |
//! | [`authentication`] | lies about what is authenticated |
//! | [`sacrifice`] | spoiled triples under the shipped sacrifice |
//! | [`simulation`] | a subject under a strategy as a problem for the best simulator |
//! | [`simulator`] | how well the ideal functionality can explain a run at best: an exact fraction with a proof |
//! | [`record`] | runs written down for people: frames, what was done to them, ends |
//! | [`diary`] | a coalition's own coins, written down |
//! | [`subjects`] | the protocols of this project as subjects |
//! | [`sample`](mod@sample) | the same over larger fields: sampled, every run replayable, compared with the same bounds |
//! | [`stats`], [`verdict`] | binomial tails, intervals and sample sizes; from raw counts to pass, fail, inconclusive, vacuous |
//! | [`weakness`] | seeded weaknesses and sound variants: the certifier's own controls |
//! | [`text`] | texts of somebody else's, where people read them |
//! | [`allocator`] | what programs of very many small runs allocate with |
//! | [`ideal`], [`programs`], [`bystander`] | trusted programs, small computations, a coalition's own hashing |

pub mod allocator;
pub mod attack;
pub mod attacks;
pub mod authentication;
pub mod bystander;
pub mod cases;
pub mod catalogue;
pub mod computation;
pub mod coverage;
pub mod diary;
pub mod enumerate;
pub mod exact;
pub mod explained;
pub mod fields;
pub mod ideal;
pub mod items;
mod loaded;
pub mod messages;
pub mod oracle;
pub mod play;
pub mod privacy;
pub mod programs;
pub mod properties;
pub mod pulse;
pub mod record;
pub mod run;
pub mod sacrifice;
pub mod sample;
pub mod scratch;
pub mod simulation;
pub mod simulator;
pub mod stats;
pub mod strategy;
pub mod subject;
pub mod subjects;
pub mod sweep;
pub mod text;
pub mod verdict;
pub mod view;
pub mod weakness;

pub use attack::{Attack, Conditions, Control, Expected, Outcome, Trial};
pub use enumerate::{Probability, enumerate};
pub use explained::Explained;
pub use oracle::{Judgement, Win, judge};
pub use run::{Ending, Floor, World, classify};
pub use strategy::Script;
pub use subject::{DynSubject, Given, Instance, Played, Subject};
pub use verdict::Verdict;

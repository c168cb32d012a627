//! The best simulator of an attacked protocol: how well could the ideal functionality explain everything that the
//! coalition and the honest parties saw, over all simulators? The answer is one exact fraction, with a proof that can be
//! checked without trusting what found it. Pure mathematics: nothing here knows a protocol.
//!
//! | file | what it does |
//! |---|---|
//! | [`runs`] | the real world, counted run by run; views that say the same are merged |
//! | [`tables`] | the real world's exact distributions |
//! | [`functionality`] | the ideal functionality as a table, with or without coins |
//! | [`problem`] | both together, and which aborts the claim allows |
//! | `lp`, `program` | the simulator's and the distinguisher's linear programs |
//! | `propose` | floating-point solutions of both |
//! | `elimination`, `simplex` | the same in integers: exact vertices, and an exact simplex method where floats fail |
//! | [`certificate`], [`evidence`] | the fraction, a simulator that reaches it, a distinguisher that no simulator beats |
//! | [`fraction`] | fractions and bytes as text |
//!
//! What the figure means, why merging loses nothing and what it does not say: `spec/decisions/0007-best-simulator.md`.
//!
//! ```
//! use quorate_adversary::simulator::{Abort, Best, Functionality, Problem, Runs, WORK, best};
//!
//! // One honest bit. The coalition sees it, although the functionality tells it nothing.
//! let mut runs = Runs::new(2, 1);
//! for bit in 0..2 {
//!     runs.add(bit, vec![bit as u8], vec![Some(Vec::new())], 1)?;
//! }
//! let nothing = Functionality::deterministic(1, 2, |_, _| (Vec::new(), vec![Vec::new()]))?;
//! let problem = Problem::new(runs.finish()?, nothing, Abort::Selective)?;
//! let Best::Exact(certificate) = best(&problem, WORK) else { panic!("not proved") };
//! assert_eq!(certificate.value.to_string(), "1/2");
//! assert!(certificate.verify(&problem).is_ok());
//! # Ok::<(), quorate_adversary::simulator::TableError>(())
//! ```

pub mod certificate;
mod elimination;
pub mod evidence;
pub mod fraction;
pub mod functionality;
mod lp;
pub mod problem;
mod program;
mod propose;
pub mod runs;
mod simplex;
pub mod tables;

pub use certificate::{Best, Certificate, Rejected, WORK, best};
pub use fraction::Fraction;
pub use functionality::Functionality;
pub use problem::{Abort, Problem};
pub use runs::Runs;
pub use tables::{Real, TableError};

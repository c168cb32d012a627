//! What an analyst computes with Quorate.
//!
//! A function is an `async fn` over any [`Engine`]: the same text computes in the clear, records its own cost, or runs
//! as a multi-party protocol.
//!
//! | engine | what it does |
//! |---|---|
//! | [`Plain`] | computes on field elements in the clear: the reference every other engine is compared with |
//! | [`Spdz`] | computes on authenticated shares between parties |
//! | [`Plan`] | computes nothing, records inputs, products, openings, rounds and outputs, and estimates their cost |
//!
//! | module | what it holds |
//! |---|---|
//! | [`number`] | decimals from text, fixed point, signed integers in a prime field, exact results |
//! | [`form`] | what is public about a secret vector (length, fraction bits, bound) and when an operation is refused |
//! | [`engine`] | [`Arithmetic`], which an engine implements, and [`Engine`], which functions call |
//! | [`tensor`] | scalars, vectors and matrices |
//! | [`statistics`] | sum, mean, inner product, covariance, weighted score, correlation |
//!
//! Numbers never wrap: every operation computes the bound of its result from the bounds of its arguments and is refused
//! if the result might not fit the field, before any byte leaves. The bounds of inputs are checked by the engine of the
//! party that owns them; a party that cheats can enter any number, as in every protocol without range proofs.
//!
//! ```
//! use field::F251;
//! use quorate_functions::{Engine, Form, Plain, Refusal, immediate, statistics};
//! use transport::PartyId;
//!
//! async fn total<E: Engine>(e: &mut E) -> Result<String, E::Error> {
//!     let form = Form::integers("visits", 3, 20);
//!     let visits = e.input(PartyId::new(0), &form, Some(&[7, -2, 20])).await?;
//!     let sum = statistics::sum(e, &visits)?;
//!     Ok(sum.output_to_all(e).await?[0].to_string())
//! }
//! assert_eq!(immediate(total(&mut Plain::<F251>::new()))?, "25");
//! # Ok::<(), Refusal>(())
//! ```
// Engines run on one thread each, driven by polling; no caller needs `Send` futures from the traits.
#![allow(async_fn_in_trait)]

pub mod engine;
pub mod form;
pub mod number;
mod plain;
mod plan;
mod spdz;
pub mod statistics;
pub mod tensor;

pub use engine::{Arithmetic, Engine, Pair, Vector};
pub use form::{Capacity, Form, Refusal};
pub use number::{Decimal, Exact, NumberError};
pub use plain::{Plain, immediate};
pub use plan::{CostTable, Estimate, Load, Plan, Tally};
pub use spdz::{Spdz, SpdzError};
pub use statistics::Statistic;
pub use tensor::{Shape, Tensor};

//! A raw product of MASCOT, in the hybrid model of its transfers: their strings are ideal, and what is made of them is the
//! shipped text. Over tiny fields one raw factor is all that hides, so the products are used as they are: combining them is
//! for what parties that deviate learn.

use field::{Field, PrimeField};
use protocols::claims::PREPROCESSING;
use protocols::{FRAME_SHAPE, Result, Session};
use spec::{Claim, Level, Levels};
use transport::PerParty;

use crate::ideal::streams::IdealStreams;
use crate::ideal::supply::Dealt;
use crate::programs;
use crate::subject::{Given, Subject};

/// The values of the first two parties are multiplied with a raw product, and what comes of them is shown to all. Only
/// parties that follow the protocol learn nothing else: nothing is checked.
pub struct Transferred;
impl Subject for Transferred {
    fn claim(&self) -> &'static Claim {
        const CLAIM: Claim = Claim {
            protocol: "mascot.product",
            levels: Levels::of(&[Level::A1C2]),
            checks: &[&FRAME_SHAPE],
            ..PREPROCESSING
        };
        &CLAIM
    }
    fn about(&self) -> &'static str {
        "the values of the first two parties, multiplied with a raw product of oblivious transfers and shown to all"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        (0..n).map(|p| usize::from(p < 2)).collect()
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        let product = given.parties[0][0] * given.parties[1][0];
        PerParty::from_fn(given.parties.len(), |_| vec![product])
    }
    async fn party<F: PrimeField>(&self, mut s: Session, mine: Vec<F>, _: Option<Dealt<F>>) -> Result<Vec<F>> {
        Ok(vec![programs::transferred::<F, IdealStreams<F, 0>>(&mut s, &mine).await?])
    }
}

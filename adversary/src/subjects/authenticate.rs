//! Authentication in parts, in the hybrid model of its transfers: their streams are ideal, and everything made of them is
//! the shipped text. Every party draws its share of the MAC key. `init.alpha`, which binds it to one, is left out: these
//! transfers take one of every party.

use field::{Field, PrimeField};
use protocols::claims::PREPROCESSING;
use protocols::{
    AUTH_CONSISTENCY, Authenticator, BROADCAST_ECHO, COMMIT_ECHO, COMMIT_OPENING, FRAME_SHAPE, MAC_OUTPUT, Memory,
    Online, Result, Session,
};
use spec::Claim;
use transport::{PartyId, PerParty};

use crate::ideal::streams::IdealStreams;
use crate::ideal::supply::Dealt;
use crate::subject::{Given, Subject};

/// The first party's value is authenticated and kept.
pub struct Authenticated;
impl Subject for Authenticated {
    fn claim(&self) -> &'static Claim {
        &Claim {
            protocol: "mascot.authenticate",
            checks: &[&FRAME_SHAPE, &COMMIT_OPENING, &COMMIT_ECHO, &BROADCAST_ECHO, &AUTH_CONSISTENCY],
            ..PREPROCESSING
        }
    }
    fn about(&self) -> &'static str {
        "the first party's value is authenticated; nobody learns anything"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        (0..n).map(|p| usize::from(p == 0)).collect()
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        PerParty::from_fn(given.parties.len(), |_| Vec::new())
    }
    async fn party<F: PrimeField>(&self, mut s: Session, mine: Vec<F>, _: Option<Dealt<F>>) -> Result<Vec<F>> {
        let mut auth = Authenticator::setup_for_measurement::<IdealStreams<F, 1>>(&mut s).await?;
        let lens = PerParty::from_vec(self.inputs(s.n()));
        auth.authenticate(&mut s, &mine, &lens).await?;
        Ok(Vec::new())
    }
}

/// The values of the first two parties are authenticated, and their sum is shown to all.
pub struct SumOfAuthenticated;
impl Subject for SumOfAuthenticated {
    fn claim(&self) -> &'static Claim {
        &Claim {
            protocol: "mascot.sum",
            checks: &[&FRAME_SHAPE, &COMMIT_OPENING, &COMMIT_ECHO, &BROADCAST_ECHO, &AUTH_CONSISTENCY, &MAC_OUTPUT],
            ..PREPROCESSING
        }
    }
    fn about(&self) -> &'static str {
        "the values of the first two parties are authenticated, and their sum is shown to all"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        (0..n).map(|p| usize::from(p < 2)).collect()
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        let sum = given.parties[0][0] + given.parties[1][0];
        PerParty::from_fn(given.parties.len(), |_| vec![sum])
    }
    async fn party<F: PrimeField>(&self, mut s: Session, mine: Vec<F>, _: Option<Dealt<F>>) -> Result<Vec<F>> {
        let mut auth = Authenticator::setup_for_measurement::<IdealStreams<F, 2>>(&mut s).await?;
        let lens = PerParty::from_vec(self.inputs(s.n()));
        let all = auth.authenticate(&mut s, &mine, &lens).await?;
        let sum = &all[PartyId::new(0)] + &all[PartyId::new(1)];
        let mut nothing = Memory::default();
        Online::new(&mut s, auth.key(), &mut nothing).output(&sum).await
    }
}

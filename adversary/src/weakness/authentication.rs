//! Step 2 of authentication written again, with a coefficient of the mask that is tossed like all others: with probability
//! 1/p it is zero, and what the owner tells is a combination of its secrets. Steps and messages have their shipped names.

use field::{Field, PrimeField};
use protocols::{AUTH_CONSISTENCY, Blame, Copee, Result, Session};
use spec::Claim;
use transport::PerParty;

use crate::ideal::streams::IdealStreams;
use crate::ideal::supply::Dealt;
use crate::subject::{Given, Subject};
use crate::subjects::Authenticated;

/// Authentication whose masks are sometimes none.
pub struct MaskTossed;

impl Subject for MaskTossed {
    fn claim(&self) -> &'static Claim {
        Subject::claim(&Authenticated)
    }
    fn about(&self) -> &'static str {
        "the first party's value is authenticated with a mask that is sometimes none"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        Subject::inputs(&Authenticated, n)
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        Authenticated.functionality(given)
    }
    async fn party<F: PrimeField>(&self, mut s: Session, mine: Vec<F>, _: Option<Dealt<F>>) -> Result<Vec<F>> {
        let (me, n) = (s.me(), s.n());
        let mut init = s.step("init");
        let alpha = init.tape().element::<F>()?;
        let mut copee = Copee::<F, _>::setup_for_measurement::<IdealStreams<F, 1>>(&mut init, alpha).await?;
        let mut s = s.step("authenticate");
        // Steps 2.1 to 2.3: a mask in front of every vector, products with all keys, MAC shares.
        let masked = [s.tape().elements(1)?, mine].concat();
        let lens = PerParty::from_vec(Subject::inputs(self, n).into_iter().map(|len| len + 1).collect());
        let residues: Vec<F::Residue> = masked.iter().map(|x| x.to_residue()).collect();
        let products = copee.multiply(&mut s, &residues, &lens).await?;
        let mac = |(x, t): (&F, &F)| alpha * *x + *t;
        let own: Vec<F> = masked.iter().zip(&products.t).map(mac).collect();
        let macs = s.parties().iter().map(|p| if p == me { &own } else { &*products.q[p] });
        // Step 2.4, where it differs: nothing is one.
        let longest = lens.values().copied().max().unwrap_or(1);
        let combine = |r: &[F], v: &[F]| r.iter().zip(v).fold(F::ZERO, |sum, (r, v)| sum + *r * *v);
        let macs: Vec<Vec<F>> = macs.cloned().collect();
        let r = s.challenge::<F>(longest).await?;
        // Steps 2.5 to 2.7.
        let y = s.broadcast("y", &[combine(&r, &masked)]).await?;
        let sigma: Vec<F> = macs.iter().zip(y.values()).map(|(m, y)| combine(&r, m) - alpha * y[0]).collect();
        let sigmas = s.commit_open("sigma", &sigma).await?;
        let vanishes = |owner: usize| sigmas.values().fold(F::ZERO, |sum, s| sum + s[owner]) == F::ZERO;
        s.verdict(&AUTH_CONSISTENCY, (0..n).all(vanishes), Blame::Unknown)?;
        Ok(Vec::new())
    }
}

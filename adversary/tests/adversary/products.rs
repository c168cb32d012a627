//! Raw products on transfers that leak: the comparison of views has to see it.

use std::marker::PhantomData;

use field::{Field, PrimeField};
use num_rational::BigRational;
use protocols::ot::{Active, OtBatch, RandomOt, SeedOts};
use protocols::{ForMeasurement, Result, Session};
use quorate_adversary::fields::FieldId;
use quorate_adversary::ideal::streams::{Drawn, IdealStreams, strings};
use quorate_adversary::ideal::supply::{CorruptShares, Dealt};
use quorate_adversary::privacy::semi_honest;
use quorate_adversary::{Given, Instance, Subject, World, programs, subjects};
use spec::Claim;
use transport::{PartySet, PerParty};

/// Transfers of the same string twice: what turns it into a product is the sender's factor in the clear.
struct Twice<F>(PhantomData<F>);

impl<F: PrimeField> ForMeasurement for Twice<F> {}

impl<F: PrimeField> RandomOt for Twice<F> {
    type Security = Active;
    type Stream = Drawn<F>;

    async fn seeds(s: &mut Session, choices: &[bool]) -> Result<PerParty<SeedOts>> {
        let mut seeds = IdealStreams::<F, 0>::seeds(s, &vec![false; choices.len()]).await?;
        for p in s.others() {
            seeds[p].sent.iter_mut().for_each(|[zero, one]| *one = *zero);
        }
        Ok(seeds)
    }
    async fn setup(_: &mut Session) -> Result<Self> {
        Ok(Self(PhantomData))
    }
    async fn extend<G: PrimeField>(&mut self, s: &mut Session, _: &[u128], n: usize) -> Result<PerParty<OtBatch<G>>> {
        Ok(strings(&Self::seeds(s, &vec![false; n]).await?))
    }
}

struct Leaking;

impl Subject for Leaking {
    fn claim(&self) -> &'static Claim {
        Subject::claim(&subjects::Transferred)
    }
    fn about(&self) -> &'static str {
        "a product of transfers that leak"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        Subject::inputs(&subjects::Transferred, n)
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        Subject::functionality(&subjects::Transferred, given)
    }
    async fn party<F: PrimeField>(&self, mut s: Session, mine: Vec<F>, _: Option<Dealt<F>>) -> Result<Vec<F>> {
        Ok(vec![programs::transferred::<F, Twice<F>>(&mut s, &mine).await?])
    }
}

/// The first party puts in zero, so that the product does not tell what the second one has. On ideal transfers nothing does;
/// where the factor that hides it is sent in the clear, everything does.
#[test]
fn what_the_transfers_of_a_product_leak_is_seen() {
    for (field, corrupt) in [(FieldId::F2, 0), (FieldId::F3, 0), (FieldId::F2, 1)] {
        let world = World::new(2, PartySet::of(&[corrupt]));
        let at = Instance { field, world, shares: CorruptShares::Zero };
        let right = semi_honest(&subjects::Transferred, &at).unwrap();
        assert!(right.pairs > 0 && right.distance == BigRational::from_integer(0.into()), "{right:?}");
        let leaks = semi_honest(&Leaking, &at).unwrap();
        let second_is_seen = BigRational::from_integer(u32::from(corrupt == 0).into());
        assert_eq!(leaks.distance, second_is_seen, "{field}, party {corrupt}");
    }
}

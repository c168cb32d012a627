//! Preprocessing for one task: a fresh MAC key, triples and masks, written to the ledger as they are made.

use field::PrimeField;
use functions::Plan;
use protocols::ot::SoftSpoken;
use protocols::{MacKey, Mascot, Memory, Result, Session, Supply};
use transport::{Parties, PerParty};

use crate::session::Place;

/// Triples made at a time.
const BATCH: usize = 1024;

/// What a task consumes.
#[derive(Clone, Debug)]
pub struct Need {
    /// Multiplication triples.
    pub triples: usize,
    /// Masks of each party, for its inputs and for the outputs that it alone sees.
    pub masks: PerParty<usize>,
}

impl Need {
    /// What this plan consumes.
    #[must_use]
    pub fn of(plan: &Plan, parties: &Parties) -> Self {
        let triples = plan.products().items + plan.squares().items;
        let masks = |p| (plan.inputs()[p].items + plan.outputs_to()[p].items) as usize;
        Self { triples: triples as usize, masks: PerParty::from_fn(parties.n(), masks) }
    }
}

/// A MAC key and the preprocessing under it.
pub struct Prepared<F: PrimeField> {
    /// This party's share of the key.
    pub key: MacKey<F>,
    /// Where the online phase takes its material from.
    pub supply: Box<dyn Supply<F>>,
}

/// Makes everything `need` says. `report` is told (phase, done, total).
pub async fn run<F: PrimeField>(
    s: &mut Session,
    need: &Need,
    _place: &Place,
    report: &dyn Fn(&str, u64, u64),
) -> Result<Prepared<F>> {
    report("key setup", 0, 0);
    let mut mascot = Mascot::<F, SoftSpoken>::setup(s).await?;
    let mut store = Memory::new(s.n());
    let masks = mascot.masks(s, &need.masks).await?;
    for (p, m) in s.parties().clone().iter().zip(masks.into_vec()) {
        store.add_masks(p, m);
    }
    let mut done = 0;
    while done < need.triples {
        let batch = BATCH.min(need.triples - done);
        store.add_triples(mascot.triples(s, batch).await?);
        done += batch;
        report("triples", done as u64, need.triples as u64);
    }
    Ok(Prepared { key: mascot.into_key(), supply: Box::new(store) })
}

//! Preprocessing for one task: a fresh MAC key, triples and masks, written to the ledger as they are made.

use field::PrimeField;
use functions::Plan;
use protocols::ledger::{Directory, Ledger};
use protocols::ot::SoftSpoken;
use protocols::{Mascot, Result, Session};
use transport::{Parties, PerParty};

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

/// Makes everything `need` says and puts it to use: the MAC key, and the ledger that hands the items out, each once. The
/// key that the items were made under moves into the ledger with them. `report` is told (phase, done, total).
pub async fn run<F: PrimeField>(
    s: &mut Session,
    need: &Need,
    directory: &Directory,
    parameters: [u8; 32],
    report: &dyn Fn(&str, u64, u64),
) -> Result<Ledger<F>> {
    report("key setup", 0, 0);
    let mut mascot = Mascot::<F, SoftSpoken>::setup(s).await?;
    let mut writer = directory.writer::<F>(s, parameters, mascot.key())?;
    let masks = mascot.masks(s, &need.masks).await?;
    for (p, m) in s.parties().clone().iter().zip(masks.into_vec()) {
        writer.masks(p, m)?;
    }
    let mut done = 0;
    while done < need.triples {
        let batch = BATCH.min(need.triples - done);
        writer.triples(mascot.triples(s, batch).await?)?;
        done += batch;
        report("triples", done as u64, need.triples as u64);
    }
    let binding = writer.finish(mascot.into_key())?;
    directory.resume(s, &binding).await
}

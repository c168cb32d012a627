//! Authenticated values and triples from ideal transfers: right if they are right together.

use field::{Field, PrimeField};
use protocols::{Mascot, Result, Session, Shared, Tape, Triples};
use transport::PerParty;
use transport::sim::Adversary;

use crate::ideal::ot::IdealOt;
use crate::oracle::{Judgement, judge};
use crate::run::{Ending, classify};
use crate::subject::Instance;

/// Shares of some values: (value, MAC).
type Parts<F> = Vec<(Vec<F>, Vec<F>)>;

/// The values and MACs behind everyone's parts, where all parties have an output.
fn opened<F: Field>(endings: &[Ending<Parts<F>>]) -> Option<Vec<(F, F)>> {
    let mut sums: Vec<(F, F)> = Vec::new();
    for ending in endings {
        let Ending::Output(parts) = ending else { return None };
        let items: Vec<(F, F)> = parts.iter().flat_map(|(x, m)| x.iter().copied().zip(m.iter().copied())).collect();
        sums.resize(items.len(), (F::ZERO, F::ZERO));
        for (sum, item) in sums.iter_mut().zip(items) {
            sum.0 += item.0;
            sum.1 += item.1;
        }
    }
    Some(sums)
}

/// A triple.
pub(super) fn triple<F: PrimeField>(at: &Instance, tape: &Tape, adversary: &mut dyn Adversary) -> Judgement {
    let run = at.world.run(tape, adversary, async |mut s: Session| -> Result<Parts<F>> {
        let mut mascot = Mascot::<F, IdealOt>::setup(&mut s).await?;
        let Triples { a, b, c } = mascot.triples(&mut s, 1).await?;
        Ok([a, b, c].map(Shared::into_parts).into())
    });
    let endings = classify(run.ends);
    let right = opened(&endings).is_none_or(|x| x[0].0 * x[1].0 == x[2].0);
    // Shares of different parties differ: only whether they are right together counts.
    judge(&endings, at.world.corrupt, |_, _| right, false)
}

/// An input mask of everyone.
pub(super) fn masks<F: PrimeField>(at: &Instance, tape: &Tape, adversary: &mut dyn Adversary) -> Judgement {
    let run = at.world.run(tape, adversary, async |mut s: Session| -> Result<Parts<F>> {
        let mut mascot = Mascot::<F, IdealOt>::setup(&mut s).await?;
        let counts = PerParty::from_fn(s.n(), |_| 1);
        let masks = mascot.masks(&mut s, &counts).await?;
        Ok(masks.into_vec().into_iter().map(|m| m.shared.into_parts()).collect())
    });
    let endings = classify(run.ends);
    // One key behind all MACs: x₀·m₁ = m₀·x₁ for every two of them.
    let right = opened(&endings).is_none_or(|x| x.iter().all(|(v, m)| *m * x[0].0 == x[0].1 * *v));
    judge(&endings, at.world.corrupt, |_, _| right, false)
}

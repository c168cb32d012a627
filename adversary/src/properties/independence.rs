//! Independence of inputs: a coalition that speaks last must not make its input depend on an honest one. Copying and
//! mauling are tried on masked inputs, counted over every coin, and on commitments.
//!
//! The effective input of a corrupt party is what its masked input and its mask tell, as the simulator of the security
//! proof extracts it. Its distribution must be the same for every honest input: no mutual information at all. The
//! coalition takes its mask off what it tells: left on, the mask would hide whatever it made of an honest input, also of
//! one that was told in the clear.

use std::cell::Cell;
use std::collections::BTreeMap;

use field::{Field, Fr};
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use protocols::{Clear, Error, MacKey, Masks, Memory, Online, Result, Session, Tape};
use transport::{PartyId, PartySet};

use super::{Row, Value};
use crate::attack::tape;
use crate::enumerate::{Probability, enumerate};
use crate::fields::FieldId;
use crate::ideal::supply::{CorruptShares, Dealer};
use crate::programs::{self, Hand};
use crate::run::{Ending, World, classify};
use crate::scratch::Flaw;
use crate::strategy::{Fate, On, Script, edit, edit_bytes};
use crate::with_field;

const HONEST: PartyId = PartyId::new(0);
const CORRUPT: PartyId = PartyId::new(1);

/// What the coalition makes of an honest masked input that it repeats as its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Maul {
    /// The same.
    Copy,
    /// One more.
    PlusOne,
    /// The negative.
    Negate,
    /// The double.
    Double,
}

impl Maul {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Copy, Self::PlusOne, Self::Negate, Self::Double];
    fn of<F: Field>(self, x: F) -> F {
        match self {
            Self::Copy => x,
            Self::PlusOne => x + F::ONE,
            Self::Negate => -x,
            Self::Double => x + x,
        }
    }
}

/// How inputs are masked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Masking {
    /// By uniform masks, as shipped.
    Uniform,
    /// The honest mask is zero. A control.
    Missing,
}

/// A party's preprocessing: its key share and one mask of every party.
type Part<F> = (MacKey<F>, Memory<F>);

/// Deals one mask per party: everyone's part, and the masks.
fn deal<F: Field>(world: &World, tape: &Tape, masking: Masking) -> Result<(Hand<Part<F>>, Vec<F>)> {
    let dealer = Dealer::<F>::new(&world.parties, world.corrupt, CorruptShares::Zero, tape)?;
    let n = world.parties.n();
    let mut masks: Vec<F> = tape.elements(n)?;
    if masking == Masking::Missing {
        masks[HONEST.index()] = F::ZERO;
    }
    let mut supplies: Vec<Memory<F>> = (0..n).map(|_| Memory::default()).collect();
    for (owner, mask) in world.parties.iter().zip(&masks) {
        for ((p, supply), shared) in supplies.iter_mut().enumerate().zip(dealer.given(&[*mask])?) {
            let clear = (p == owner.index()).then(|| Clear(vec![*mask]));
            supply.add_masks(owner, Masks { shared, clear });
        }
    }
    Ok((Hand::new(dealer.keys().into_iter().zip(supplies)), masks))
}

/// Every effective input of the corrupt party with its probability.
type Distribution = BTreeMap<Vec<u8>, Probability>;

/// The distribution of the corrupt party's effective input when the honest one is `x`, and whether it ever told something
/// else than its program, whose input is one. `says` is what it tells, from the honest masked input and its own mask.
fn effective<F: Field>(x: F, masking: Masking, says: impl Fn(F, F) -> F) -> Result<(Distribution, bool)> {
    let world = World::new(2, PartySet::of(&[CORRUPT.index()]));
    let told = On { step: "masked_input", ..On::default() };
    let (mut all, mut changed, mut failed) = (Distribution::new(), false, None);
    let once = |tape: &Tape| -> Result<(Vec<u8>, bool)> {
        let (hand, masks) = deal::<F>(&world, tape, masking)?;
        let (hand, mask, said) = (&hand, masks[CORRUPT.index()], Cell::new(None));
        let mut script = Script::new(world.corrupt).sends(told, |e, seen| {
            if let Some(theirs) = seen.latest(told.with(HONEST)).and_then(|e| F::read(&e.frame.body)) {
                edit(e, |mine: &mut [F]| {
                    mine[0] = says(theirs, mask);
                    said.set(Some(mine[0]));
                });
            }
            Fate::Deliver
        });
        let run = world.run(tape, &mut script, |mut s| async move {
            let (mut key, mut supply) = hand.take(s.me())?;
            let mine = if s.me() == HONEST { x } else { F::ONE };
            let mut online = Online::new(&mut s, &mut key, &mut supply);
            programs::inputs(&mut online, 2, &[mine]).await.map(drop)
        });
        match &classify(run.ends)[HONEST.index()] {
            Ending::Output(()) => {}
            other => return Err(Error::Local(format!("an input that is copied is as good as any: {other:?}"))),
        }
        let missed = || Error::Local("the coalition told its input before it had heard the honest one".into());
        let mut out = Vec::new();
        F::write_slice(&[said.get().ok_or_else(missed)? + mask], &mut out);
        Ok((out, script.effective()))
    };
    enumerate(|tape, weight| match once(tape) {
        Ok((input, other)) => {
            all.entry(input).or_default().add(weight());
            changed |= other;
        }
        Err(e) => failed = Some(e),
    });
    failed.map_or(Ok((all, changed)), Err)
}

fn inputs_over<F: Field>(field: FieldId, masking: Masking) -> Result<Row> {
    let order = F::SMALL_ORDER.ok_or_else(|| Error::Local(format!("{field} is too large to count")))?;
    let mut row = Row::new("independence.inputs", format!("masked inputs of two parties over {field}"));
    let mut worst = BigRational::zero();
    for maul in Maul::ALL {
        let says = |theirs: F, mask: F| maul.of(theirs) - mask;
        let (all, changed): (Vec<_>, Vec<_>) = (0..order)
            .map(|x| effective::<F>(F::from_u64(x), masking, says))
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .unzip();
        if !changed.contains(&true) {
            return Err(Error::Local(format!("{maul:?}: nothing that was delivered was changed")));
        }
        for (x, other) in all.iter().enumerate().skip(1) {
            let of = |m: &Distribution, k| m.get(k).map_or_else(BigRational::zero, Probability::value);
            let keys: std::collections::BTreeSet<_> = all[0].keys().chain(other.keys()).collect();
            let sum = keys.into_iter().fold(BigRational::zero(), |s, k| s + (of(&all[0], k) - of(other, k)).abs());
            let d = sum / BigRational::from_integer(2.into());
            row.case((!d.is_zero()).then(|| format!("{maul:?}: the effective inputs for 0 and {x} differ by {d}")));
            worst = worst.max(d);
        }
    }
    Ok(row.with("distance of effective inputs", Value::Exact(worst)))
}

/// Compares the effective inputs of a party that copies and mauls, for all honest inputs.
pub fn inputs(field: FieldId, masking: Masking) -> Result<Row> {
    with_field!(field, F => inputs_over::<F>(field, masking))
}

/// A party that repeats another's commitment and opening as its own, on real commitments: how often it is believed.
#[must_use]
pub fn commitments(flaw: Option<Flaw>, seeds: u64) -> Row {
    let mut row = Row::new("independence.commitments", "a value that two parties commit to");
    let corrupt = PartySet::of(&[CORRUPT.index()]);
    let world = World::new(2, corrupt).real().flawed(flaw);
    let mut believed = 0;
    for seed in 0..seeds {
        let x = Fr::from_u64(1000 + seed);
        let script = ["commitment", "value", "opening"].into_iter().fold(Script::new(corrupt), |script, name| {
            let on = On::message("value", name);
            script.sends(on, move |e, seen| {
                if let Some(theirs) = seen.latest(on) {
                    edit_bytes(e, |b| *b = theirs.frame.body.to_vec());
                }
                Fate::Deliver
            })
        });
        let mut script = script;
        let run = world.run(&tape(seed), &mut script, async |mut s: Session| -> Result<Fr> {
            let mine = if s.me() == HONEST { x } else { Fr::ZERO };
            Ok(s.commit_open("value", &[mine]).await?[CORRUPT][0])
        });
        let copied = matches!(&classify(run.ends)[HONEST.index()], Ending::Output(y) if *y == x);
        believed += u64::from(copied);
        row.case(copied.then(|| format!("seed {seed}: the copy of the honest commitment is accepted")));
    }
    row.with("copies accepted", Value::Of(believed, seeds))
}

#[cfg(test)]
mod tests {
    use field::F3;

    use super::*;
    use crate::verdict::Verdict;

    #[test]
    fn inputs_do_not_depend_on_each_other() {
        for field in [FieldId::F2, FieldId::F3, FieldId::F5] {
            let row = inputs(field, Masking::Uniform).unwrap();
            assert_eq!(row.verdict(), Verdict::Pass, "{row}");
            let order = field.small_order().unwrap();
            assert_eq!(row.cases, 4 * (order - 1));
            let control = inputs(field, Masking::Missing).unwrap();
            assert_eq!(control.verdict(), Verdict::Fail, "{control}");
            assert_eq!(control.figures[0].1, Value::Exact(BigRational::from_integer(1.into())));
        }
    }

    /// An honest input that is told in the clear: whoever leaves its mask on what it copies has the same inputs whatever
    /// that is, whoever takes it off has that input.
    #[test]
    fn a_copy_shows_dependence_only_without_the_mask() {
        let inputs =
            |says: fn(F3, F3) -> F3| [0, 1].map(|x| effective(F3::from_u64(x), Masking::Missing, says).unwrap().0);
        let [zero, one] = inputs(|theirs, _| theirs);
        assert!(zero.len() == 3 && zero == one, "{zero:?} {one:?}");
        let [zero, one] = inputs(|theirs, mask| theirs - mask);
        assert!([zero, one].iter().zip([0, 1]).all(|(inputs, x)| inputs.keys().eq([&vec![x]])));
    }

    #[test]
    fn commitments_are_not_copied() {
        let row = commitments(None, 5);
        assert_eq!((row.verdict(), row.cases), (Verdict::Pass, 5), "{row}");
        let control = commitments(Some(Flaw::OwnerlessCommitments), 5);
        assert_eq!(control.violations.len(), 5, "{control}");
    }
}

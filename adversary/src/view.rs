//! What a coalition sees, as an exact distribution: every frame it received with sender, step, type, length and content,
//! in order; its own masks; and how everyone ended, with check and step of an abort.

use std::collections::BTreeMap;

use field::Field;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use protocols::Result;
use transport::PartySet;
use transport::sim::Envelope;

use crate::enumerate::{Probability, enumerate};
use crate::ideal::supply::{CorruptShares, MaskShares, Order};
use crate::programs;
use crate::run::{Ending, World, classify};
use crate::scratch::Flaw;
use crate::strategy::Script;

/// An exact distribution of views.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Views(BTreeMap<Vec<u8>, Probability>);

impl Views {
    /// Adds the view of one run with its inverse probability.
    pub fn add(&mut self, view: Vec<u8>, weight: u128) {
        self.0.entry(view).or_default().add(weight);
    }
    /// How many runs were seen.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.0.values().map(|p| p.runs() as u64).sum()
    }
    /// How many different views there are.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.0.len()
    }
    /// The statistical distance: half the sum of all differences.
    #[must_use]
    pub fn distance(&self, other: &Self) -> BigRational {
        let of = |views: &Self, v: &Vec<u8>| views.0.get(v).map_or_else(BigRational::zero, Probability::value);
        let keys = self.0.keys().chain(other.0.keys().filter(|v| !self.0.contains_key(*v)));
        let sum = keys.fold(BigRational::zero(), |sum, v| sum + (of(self, v) - of(other, v)).abs());
        sum / BigRational::from_integer(2.into())
    }
}

/// Appends one received frame.
pub fn frame(view: &mut Vec<u8>, e: &Envelope) {
    view.extend([e.from.index() as u8, e.to.index() as u8]);
    view.extend(e.frame.step.hash().to_le_bytes());
    view.extend(e.frame.tag.to_le_bytes());
    view.extend((e.frame.body.len() as u32).to_le_bytes());
    view.extend_from_slice(&e.frame.body);
}

/// Appends how a party ended: outputs of corrupt parties, aborts of anyone.
pub fn ending<F: Field>(view: &mut Vec<u8>, corrupt: bool, end: &Ending<F>) {
    match end {
        Ending::Output(z) if corrupt => F::write_slice(&[*z], view),
        Ending::Output(_) => view.push(1),
        Ending::Aborted(a) => view.extend(format!("{} {}", a.check.id, a.at).bytes()),
        Ending::Told => view.push(2),
        Ending::Stuck => view.push(3),
        Ending::Broken(e) => view.extend(e.to_string().bytes()),
    }
    view.push(u8::MAX);
}

/// The third party's view when three parties add their inputs (`None`: no input) and show the sum. Masks lie with their
/// owners, as the authentication protocol leaves them.
pub fn of_sum<F: Field>(inputs: [Option<u64>; 3], flaw: Option<Flaw>) -> Result<Views> {
    let corrupt = PartySet::of(&[2]);
    let world = World::new(3, corrupt).flawed(flaw);
    let masks = inputs.iter().map(|x| usize::from(x.is_some())).collect();
    let order = Order { masks, masked: MaskShares::AtOwner, ..Order::default() };
    let inputs = inputs.map(|x| x.map(F::from_u64));
    let inputs = &inputs;
    let (mut views, mut failed) = (Views::default(), None);
    enumerate(|tape, weight| {
        let dealing = match programs::deal::<F>(&world, CorruptShares::Zero, tape, &order) {
            Ok(d) => d,
            Err(e) => {
                failed = Some(e);
                return;
            }
        };
        let mut passive = Script::new(corrupt);
        let program = async |s: &mut _, key: &mut _, supply: &mut _| programs::sum(s, key, supply, inputs).await;
        let run = programs::run(&world, tape, &mut passive, &dealing, program);
        let mut view = Vec::new();
        F::write_slice(&dealing.known.masks[2], &mut view);
        passive.seen().all().iter().for_each(|e| frame(&mut view, e));
        for (p, end) in classify(run.ends).iter().enumerate() {
            ending(&mut view, p == 2, end);
        }
        views.add(view, weight());
    });
    failed.map_or(Ok(views), Err)
}

//! A computation in given circumstances, which strategies are played on.

use protocols::Tape;
use transport::sim::Adversary;

use super::Computation;
use crate::fields::FieldId;
use crate::ideal::supply::CorruptShares;
use crate::oracle::Judgement;
use crate::run::World;
use crate::strategy::language::Strategy;
use crate::strategy::stage::{Setting, Take};
use crate::strategy::{Stage, StrategyError};
use crate::subject::Instance;

/// A computation in given circumstances.
#[derive(Clone)]
pub struct Scene<'a> {
    /// What is attacked.
    pub computation: &'a Computation,
    /// Field, parties, coalition, foundations.
    pub at: Instance,
}

impl<'a> Scene<'a> {
    /// A computation over a field, its coalition's shares drawn like everyone's.
    #[must_use]
    pub fn new(computation: &'a Computation, field: FieldId, world: World) -> Self {
        Self { computation, at: Instance { field, world, shares: CorruptShares::Uniform } }
    }
    /// With the coalition's shares of what is dealt zero, which saves coins.
    #[must_use]
    pub fn with_zero_shares(mut self) -> Self {
        self.at.shares = CorruptShares::Zero;
        self
    }
}

impl Stage for Scene<'_> {
    fn setting(&self) -> Setting {
        let world = &self.at.world;
        Setting { parties: world.parties.n(), corrupt: world.corrupt, field: self.at.field }
    }
    fn fits(&self, strategy: &Strategy) -> Result<(), StrategyError> {
        let (computation, n) = (self.computation, self.at.world.parties.n());
        let wrong = |at: &str, what: String| Err(StrategyError { at: at.to_owned(), what });
        if n != strategy.parties || !(computation.parties.0..=computation.parties.1).contains(&n) {
            let (least, most) = computation.parties;
            return wrong(
                "parties",
                format!("`{}` is run here by {n} parties, and by {least} to {most} at all", computation.name),
            );
        }
        if !computation.fields.contains(&self.at.field) {
            let known: Vec<_> = computation.fields.iter().map(|f| f.name()).collect();
            return wrong(
                "",
                format!("`{}` does not run over {}, only over {}", computation.name, self.at.field, known.join(", ")),
            );
        }
        if let Some(input) = strategy.inputs.iter().find(|i| i.values.len() != computation.inputs) {
            let (party, count) = (input.party, computation.inputs);
            return wrong("inputs", format!("party {party} puts {count} values into `{}`", computation.name));
        }
        Ok(())
    }
    fn perform(&self, take: &Take<'_>, tape: &Tape, adversary: &mut dyn Adversary) -> Judgement {
        let mut at = self.at.clone();
        take.set(&mut at.world);
        (self.computation.run)(&at, take.inputs, tape, adversary)
    }
}

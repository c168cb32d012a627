//! What a strategy is aimed at: a subject that its functionality judges, or a computation of the layers below, which
//! has an oracle of its own. Whatever is played, counted and printed is the same for both.

use adversary::attack::Expected;
use adversary::computation::{Computation, Scene};
use adversary::fields::FieldId;
use adversary::strategy::{Stage, Strategy, StrategyError};
use adversary::{DynSubject, Floor, Given, World, catalogue};
use protocols::CHECKS;
use protocols::claims::ONLINE;
use spec::{Adversary, Bound, Check, Claim, Instance, PartyRange};

use crate::registry::weakest;

/// The fields of protocols, which are prime.
pub const PRIME: [FieldId; 8] =
    [FieldId::F2, FieldId::F3, FieldId::F5, FieldId::F7, FieldId::F31, FieldId::F251, FieldId::F128, FieldId::Fr];

/// What a strategy is played against.
#[derive(Clone, Copy)]
pub enum Aim<'a> {
    /// A subject, on real foundations.
    Subject(&'a dyn DynSubject),
    /// A computation.
    Computation(&'static Computation),
}

/// Whether a claim is about parties that follow the protocol only: whatever others win is within it.
#[must_use]
pub fn passive(claim: &Claim) -> bool {
    claim.levels.iter().all(|l| l.adversary == Adversary::A1)
}

impl<'a> Aim<'a> {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Subject(s) => s.name(),
            Self::Computation(c) => c.name,
        }
    }
    /// How many parties run it.
    #[must_use]
    pub fn parties(self) -> PartyRange {
        match self {
            Self::Subject(s) => s.claim().parties,
            Self::Computation(c) => PartyRange::new(c.parties.0, c.parties.1),
        }
    }
    /// The fields that it runs over.
    #[must_use]
    pub fn fields(self) -> &'static [FieldId] {
        match self {
            Self::Subject(_) => &PRIME,
            Self::Computation(c) => c.fields,
        }
    }
    /// Whether it runs over this field. The error names those that it does run over.
    pub fn runs_over(self, field: FieldId) -> Result<(), String> {
        if self.fields().contains(&field) {
            return Ok(());
        }
        let known: Vec<_> = self.fields().iter().map(|f| f.name()).collect();
        Err(format!("`{}` does not run over {field}, but over {}: see --field", self.name(), known.join(" or ")))
    }
    /// Whether it promises something where somebody deviates, as strategies do.
    pub fn resists(self) -> Result<(), String> {
        match self {
            Self::Subject(s) if passive(s.claim()) => {
                let (name, levels) = (s.name(), s.claim().levels);
                Err(format!("`{name}` promises nothing where somebody deviates: it claims {levels} only"))
            }
            _ => Ok(()),
        }
    }
    /// The foundations that a strategy of this name is played on, and those for it if it makes no sense there: the
    /// messages of ideal ones have other names. Real ones come first, but for what the catalogue plays on ideal ones.
    pub(super) fn floors(self, id: &str) -> (Floor, Option<Floor>) {
        let Self::Computation(c) = self else { return (Floor::Real, None) };
        let shipped = catalogue::find(id).filter(|e| e.computation.name == c.name);
        match shipped.map_or(Floor::Real, |e| e.floor) {
            Floor::Real => (Floor::Real, Some(Floor::Ideal)),
            Floor::Ideal => (Floor::Ideal, Some(Floor::Real)),
        }
    }
    /// It under the coalition of a strategy. Inputs of a subject that are not given are drawn from the seed; a
    /// computation knows its own.
    pub(super) fn stage(
        self,
        field: FieldId,
        strategy: &Strategy,
        floor: Floor,
        off: Option<&'static Check>,
        inputs: Option<&Given<u64>>,
        seed: u64,
    ) -> protocols::Result<Box<dyn Stage + 'a>> {
        let (n, corrupt) = (strategy.parties, strategy.coalition());
        match self {
            Self::Subject(s) => Ok(Box::new(super::stage(s, field, n, corrupt, off, inputs, seed)?)),
            Self::Computation(c) => {
                let mut world = World::new(n, corrupt).without(off);
                world.floor = floor;
                Ok(Box::new(Scene::new(c, field, world)))
            }
        }
    }
    /// What a strategy says must come of it; its check is one of the claim or of this project.
    pub(super) fn expected(self, strategy: &Strategy) -> Result<Expected, StrategyError> {
        let claimed: &'static [&'static Check] = match self {
            Self::Subject(s) => s.claim().checks,
            Self::Computation(_) => &[],
        };
        let known: Vec<&'static Check> = claimed.iter().chain(CHECKS).copied().collect();
        Expected::of(strategy, &known)
    }
    /// How often a wrong output may be accepted: of a subject as often as the weakest check that it claims lets it
    /// pass, of a computation as the check that must stop the strategy does. Where the MACs of a small field are all
    /// that stands behind it, some lies go through by right, whatever check the strategy names.
    pub(super) fn bound(self, expected: Expected, at: &Instance) -> Option<Bound> {
        match self {
            Self::Subject(s) => weakest(s.claim(), at),
            Self::Computation(c) => {
                let small = c.fields.iter().any(|f| f.small_order().is_some());
                let by_right = weakest(&ONLINE, at).filter(|_| small);
                let named = expected.check().map(|check| check.bound).filter(|b| *b != Bound::Zero);
                named.into_iter().chain(by_right).max_by_key(|b| b.at(at))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use adversary::{subjects, with_prime_field};

    use super::*;

    #[test]
    fn protocols_run_over_every_prime_field_and_no_other() {
        let prime = |f: &FieldId| with_prime_field!(*f, F => <F as field::Field>::BYTES > 0, else false);
        let all: Vec<FieldId> = FieldId::ALL.into_iter().filter(prime).collect();
        assert_eq!(all, PRIME);
        let aim = Aim::Subject(&subjects::Show);
        assert!(PRIME.into_iter().all(|f| aim.runs_over(f).is_ok()));
        let refused = aim.runs_over(FieldId::Gf128).unwrap_err();
        assert!(refused.contains("`online.output` does not run over") && refused.contains("F31 or F251"), "{refused}");
    }
}

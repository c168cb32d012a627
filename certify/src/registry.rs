//! Which protocols there are: those of this project, and those of the crate that calls [`crate::main`].

use adversary::exact::{self, Measurement};
use adversary::sample::{self, Experiment};
use adversary::{Attack, DynSubject, attacks, cases, subjects};
use protocols::claims::SPDZ;
use spec::{Bound, Claim, Instance};

use crate::arguments::Tier;
use crate::text::shown;

/// Everything that can be certified.
pub struct Registry<'a> {
    foreign: &'a [&'a dyn DynSubject],
}

/// Something that can be certified.
pub struct Protocol<'a> {
    /// What it promises.
    pub claim: &'static Claim,
    /// What it computes.
    pub about: &'static str,
    /// Subjects that it is made of.
    pub parts: Vec<&'a dyn DynSubject>,
    /// Attacks on it and on what it stands on.
    pub attacks: Vec<&'static Attack>,
    /// Probabilities that are counted.
    pub figures: Vec<&'static Measurement>,
    /// Probabilities that are sampled.
    pub samples: Vec<&'static Experiment>,
    /// Computations that are swept.
    pub cases: &'static [cases::Case],
    /// Whether it comes from another crate.
    pub foreign: bool,
}

impl<'a> Registry<'a> {
    /// The protocols of this project and these. An error if two have the same name.
    pub fn new(foreign: &'a [&'a dyn DynSubject]) -> Result<Self, String> {
        let registry = Self { foreign };
        let names = registry.names();
        match names.iter().enumerate().find(|(k, name)| names[..*k].contains(name)) {
            Some((_, name)) => Err(format!("two protocols are called `{name}`: give yours another name in its claim")),
            None => Ok(registry),
        }
    }
    /// The names of all.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let parts = self.foreign.iter().chain(subjects::ALL).map(|s| s.name());
        std::iter::once(SPDZ.protocol).chain(parts).collect()
    }
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = Protocol<'a>> + '_ {
        self.names().into_iter().filter_map(|name| self.find(name).ok())
    }
    /// The protocol of this name.
    pub fn find(&self, name: &str) -> Result<Protocol<'a>, String> {
        if name == SPDZ.protocol {
            return Ok(Protocol {
                claim: &SPDZ,
                about: "a task of `quorate run`: the online phase on MASCOT's preprocessing",
                parts: subjects::ALL.to_vec(),
                attacks: attacks::all().collect(),
                figures: exact::all().collect(),
                samples: sample::ALL.iter().collect(),
                cases: cases::ALL,
                foreign: false,
            });
        }
        let own = self.foreign.iter().map(|s| (*s, true));
        let mut all = own.chain(subjects::ALL.iter().map(|s| (*s, false)));
        let Some((subject, foreign)) = all.find(|(s, _)| s.name() == name) else {
            let name = shown(name);
            return Err(format!("there is no protocol `{name}`: choose one of {}", self.names().join(", ")));
        };
        let claim = subject.claim();
        let claimed = |a: &&'static Attack| a.expected.check().is_some_and(|c| claim.checks.contains(&c));
        let bounds: Vec<Bound> = claim.checks.iter().map(|c| c.bound).filter(|b| is_counted(*b)).collect();
        Ok(Protocol {
            claim,
            about: subject.about(),
            parts: vec![subject],
            attacks: subject.attacks().iter().chain(attacks::all().filter(claimed)).collect(),
            figures: exact::all().filter(|m| m.points.iter().all(|p| bounds.contains(&p.bound))).collect(),
            samples: Vec::new(),
            cases: &[],
            foreign,
        })
    }
}

/// Whether a bound is a probability that depends on the field alone, and so can be counted over tiny ones.
#[must_use]
pub fn is_counted(bound: Bound) -> bool {
    matches!(bound, Bound::SingleOpening | Bound::MacCheck | Bound::SacrificeAccepted | Bound::SacrificeWrong)
        || matches!(bound, Bound::SacrificeWrongByMacCheck | Bound::SacrificeAcceptedByMacCheck)
}

/// The bound of the check that lets a wrong output pass most often there, of those whose bound can be counted.
#[must_use]
pub fn weakest(claim: &Claim, at: &Instance) -> Option<Bound> {
    claim.checks.iter().map(|c| c.bound).filter(|b| is_counted(*b)).max_by_key(|b| b.at(at))
}

impl<'a> Protocol<'a> {
    /// The one subject it is. What is made of several has to be named by part.
    pub fn only(&self) -> Result<&'a dyn DynSubject, String> {
        match &self.parts[..] {
            [only] => Ok(*only),
            parts => {
                let names: Vec<_> = parts.iter().map(|s| s.name()).collect();
                let (name, first) = (self.claim.protocol, names.first().copied().unwrap_or_default());
                Err(format!(
                    "`{name}` is made of several computations, and a strategy is played against one: type `{first}` in \
                     its place, or another of {}",
                    names.join(", ")
                ))
            }
        }
    }
    /// The numbers of parties that it is certified for without being asked: those up to three, in the deep tier up to
    /// four, or the fewest it has.
    #[must_use]
    pub fn usual_parties(&self, tier: Tier) -> Vec<usize> {
        let range = self.claim.parties;
        let most = if tier == Tier::Deep { 4 } else { 3 };
        (range.min..=range.max.min(most).max(range.min)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_a_name_twice_is_refused() {
        let registry = Registry::new(&[]).unwrap();
        assert_eq!(registry.all().count(), registry.names().len());
        assert_eq!(registry.find("spdz").unwrap().usual_parties(Tier::Quick), [2, 3]);
        assert_eq!(registry.find("spdz").unwrap().usual_parties(Tier::Deep), [2, 3, 4]);
        let error = registry.find("spdx").err().unwrap();
        assert!(error.contains("spdz") && error.contains("online.multiply"), "{error}");
        let twice: &[&dyn DynSubject] = &[&subjects::Multiply];
        assert!(Registry::new(twice).err().unwrap().contains("online.multiply"));
    }
}

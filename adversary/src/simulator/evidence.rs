//! The two halves of a proof: a simulator, which shows that the figure is no larger, and a distinguisher, which shows that
//! it is no smaller. Both are evaluated from the tables alone, in exact arithmetic, without solving anything.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use serde::{Deserialize, Serialize};

use super::certificate::Rejected;
use super::fraction::{Bytes, Fraction};
use super::problem::Problem;

/// So many bits a common denominator of the chances in one half of a proof may have; in honest proofs it has about ten.
/// Whatever is computed from them has few more, however many they are.
const MOST_BITS: u64 = 1 << 12;
/// Why a half is refused whose chances have none.
const TOO_FINE: &str = "its chances have no common denominator below 2^4096";

/// Whether they have no common denominator of so few bits.
fn too_fine<'a>(mut chances: impl Iterator<Item = &'a Fraction>) -> bool {
    let mut common = BigInt::one();
    chances.any(|chance| {
        common = common.lcm(chance.value().denom());
        common.bits() > MOST_BITS
    })
}

/// One thing that a simulator does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// The input that it sent to the functionality.
    pub sends: usize,
    /// What the functionality told it then.
    pub told: Bytes,
    /// The class of views that it shows. Which view of the class: drawn as the real world does, whatever the inputs are.
    pub class: usize,
    /// The honest parties that it lets have output: bit h for number h of the outputs.
    pub delivered: u32,
    /// The probability that it sends this input and does this when it is told that.
    pub chance: Fraction,
}

/// A simulator: it chooses an input, is told the coalition's output, shows a view and says who gets output.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Simulator {
    /// The probability of each input it sends.
    pub sends: Vec<Fraction>,
    /// What it does then: sorted by input, what is told, class, delivered; without zeros.
    pub shows: Vec<Shown>,
}

impl Simulator {
    /// The statistical distance of the real world from what this simulator makes of the ideal one, at the honest input where
    /// it is largest. The best simulator's figure is at most this.
    ///
    /// # Errors
    /// If this is not a simulator for the problem.
    pub fn distance(&self, problem: &Problem) -> Result<BigRational, Rejected> {
        if too_fine(self.sends.iter().chain(self.shows.iter().map(|s| &s.chance))) {
            return Err(Rejected::Simulator(TOO_FINE));
        }
        let sends = self.sends.len() == problem.ideal().corrupt_inputs();
        let sum = self.sends.iter().fold(BigRational::zero(), |sum, q| sum + q.value());
        if !sends || !sum.is_one() {
            return Err(Rejected::Simulator("the chances of its inputs do not add up to one"));
        }
        let key = |s: &Shown| (s.sends, s.told.clone(), s.class, s.delivered);
        if !self.shows.is_sorted_by(|a, b| key(a) < key(b)) || self.shows.iter().any(|s| s.chance.value().is_zero()) {
            return Err(Rejected::Simulator("what it shows is not in order or never shown"));
        }
        let deliveries = problem.deliveries();
        if self.shows.iter().any(|s| s.class >= problem.real().classes() || !deliveries.contains(&s.delivered)) {
            return Err(Rejected::Simulator("it shows no class of views, or gives output as the claim does not allow"));
        }
        let mut shows = BTreeMap::<(usize, &[u8]), Vec<&Shown>>::new();
        self.shows.iter().for_each(|s| shows.entry((s.sends, &s.told.0)).or_default().push(s));
        let events = problem.events();
        let mut ideal = vec![BigRational::zero(); events.chances.len()];
        for (corrupt, sent) in self.sends.iter().enumerate() {
            for (told, effects) in problem.effects(&events, corrupt) {
                let mut does = BigRational::zero();
                for s in shows.remove(&(corrupt, told)).into_iter().flatten() {
                    does += s.chance.value();
                    for (event, chance) in effects.get(&(s.class, s.delivered)).into_iter().flatten() {
                        ideal[*event] += s.chance.value() * chance;
                    }
                }
                // It sends before it is told: whatever that is, what it does has the probability of what it sent.
                if does != *sent.value() {
                    return Err(Rejected::Simulator("it sends something else when it is told something else"));
                }
            }
        }
        if !shows.is_empty() {
            return Err(Rejected::Simulator("it acts on what it is never told"));
        }
        let mut distances = vec![BigRational::zero(); problem.real().inputs()];
        for (((_, cell), real), ideal) in events.chances.iter().zip(&ideal) {
            let missing = real - ideal;
            if missing.is_positive() {
                distances[cell.input] += missing;
            }
        }
        Ok(distances.into_iter().max().unwrap_or_else(BigRational::zero))
    }
}

/// An event that a distinguisher accepts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// The class of the view.
    pub class: usize,
    /// The honest input.
    pub input: usize,
    /// What the honest parties output, by number.
    pub output: usize,
    /// The probability that it chooses this input and, on this event, says "real".
    pub chance: Fraction,
}

/// A distinguisher: it chooses the honest input, looks at the view and at the honest outputs and says "real" or "ideal".
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distinguisher {
    /// The probability of each honest input that it chooses.
    pub prior: Vec<Fraction>,
    /// When it says "real": sorted by class, input, output; without zeros. Never on what never really happens.
    pub accepts: Vec<Accepted>,
}

impl Distinguisher {
    /// How much more often this distinguisher says "real" in the real world than in the ideal world of the simulator that
    /// fools it best. Every simulator's figure is at least this.
    ///
    /// # Errors
    /// If this is not a distinguisher for the problem.
    pub fn advantage(&self, problem: &Problem) -> Result<BigRational, Rejected> {
        if too_fine(self.prior.iter().chain(self.accepts.iter().map(|a| &a.chance))) {
            return Err(Rejected::Distinguisher(TOO_FINE));
        }
        let inputs = self.prior.len() == problem.real().inputs();
        let sum = self.prior.iter().fold(BigRational::zero(), |sum, p| sum + p.value());
        if !inputs || !sum.is_one() {
            return Err(Rejected::Distinguisher("the chances of its inputs do not add up to one"));
        }
        let key = |a: &Accepted| (a.class, a.input, a.output);
        if !self.accepts.is_sorted_by(|a, b| key(a) < key(b)) || self.accepts.iter().any(|a| a.chance.value().is_zero())
        {
            return Err(Rejected::Distinguisher("what it accepts is not in order or never accepted"));
        }
        let events = problem.events();
        let mut accepts = vec![None; events.chances.len()];
        let mut advantage = BigRational::zero();
        for a in &self.accepts {
            let Ok(event) =
                events.chances.binary_search_by_key(&key(a), |((v, cell), _)| (*v, cell.input, cell.output))
            else {
                return Err(Rejected::Distinguisher("it accepts what never happens"));
            };
            if a.chance > self.prior[a.input] {
                return Err(Rejected::Distinguisher("it accepts more often than it chooses the input"));
            }
            advantage += &events.chances[event].1 * a.chance.value();
            accepts[event] = Some(a.chance.value());
        }
        // The simulator that fools it best sends one input and does one thing for everything that it may be told.
        let mut fooled = BigRational::zero();
        for corrupt in 0..problem.ideal().corrupt_inputs() {
            let mut sum = BigRational::zero();
            for actions in problem.effects(&events, corrupt).into_values() {
                let says_real = |effects: BTreeMap<usize, BigRational>| {
                    let accepted = effects.into_iter().filter_map(|(event, chance)| Some(chance * accepts[event]?));
                    accepted.fold(BigRational::zero(), |sum, chance| sum + chance)
                };
                sum += actions.into_values().map(says_real).max().unwrap_or_else(BigRational::zero);
            }
            fooled = fooled.max(sum);
        }
        Ok(advantage - fooled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fractions may be short and their sum long.
    #[test]
    fn what_sums_of_chances_grow_to_has_a_limit() {
        let powers = |all: &[(u32, u32)]| {
            let chance = |(p, k): &(u32, u32)| Fraction::new(BigRational::new(BigInt::one(), BigInt::from(*p).pow(*k)));
            let chances: Vec<Fraction> = all.iter().filter_map(chance).collect();
            too_fine(chances.iter())
        };
        assert!(!powers(&[]) && !powers(&[(2, 4095); 3]) && powers(&[(2, 4096)]));
        assert!(!powers(&[(2, 1000), (3, 1000)]) && powers(&[(2, 1000), (3, 1000), (5, 1000)]));
    }
}

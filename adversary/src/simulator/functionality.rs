//! The ideal functionality as a table: for every input of the coalition and every honest input, what the coalition is told
//! and what the honest parties get, with the probability of each outcome where the functionality has coins.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use serde::{Deserialize, Serialize};

use super::fraction::{Bytes, Weight};
use super::tables::{MAX_PARTIES, TableError};

/// What the coalition is told, and what each honest party gets, in the order of the real world's outputs.
pub type Answer = (Vec<u8>, Vec<Vec<u8>>);

/// One outcome of one evaluation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outcome {
    told: Bytes,
    outputs: Vec<Bytes>,
    weight: Weight,
}

/// An ideal functionality.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Functionality {
    denominator: u128,
    /// By the coalition's input, then by the honest input.
    rows: Vec<Vec<Vec<Outcome>>>,
}

impl Functionality {
    /// A functionality without coins. `answer(x*, x)` is what it answers when the coalition's input is number x* of
    /// `corrupt` and the honest input number x of `honest`. A coalition without inputs has one: `corrupt` = 1. For a
    /// semi-honest coalition, whose simulator must not replace its input, give only the input it has.
    ///
    /// # Errors
    /// If there are no inputs, or different numbers of outputs.
    pub fn deterministic(
        corrupt: usize,
        honest: usize,
        mut answer: impl FnMut(usize, usize) -> Answer,
    ) -> Result<Self, TableError> {
        Self::randomised(corrupt, honest, |x, h| vec![(answer(x, h), 1)])
    }

    /// A functionality with coins: `answers(x*, x)` is the list of all outcomes, each with a weight; its probability is
    /// the weight divided by the sum of the list.
    ///
    /// # Errors
    /// If there are no inputs, different numbers of outputs, or weights that are all zero or too large.
    pub fn randomised(
        corrupt: usize,
        honest: usize,
        mut answers: impl FnMut(usize, usize) -> Vec<(Answer, u128)>,
    ) -> Result<Self, TableError> {
        let too_fine = || TableError::TooFine;
        let mut denominator = 1u128;
        let mut rows = Vec::new();
        for x in 0..corrupt {
            let mut row = Vec::new();
            for h in 0..honest {
                let mut outcomes: BTreeMap<Answer, u128> = BTreeMap::new();
                for (answer, weight) in answers(x, h).into_iter().filter(|(_, w)| *w > 0) {
                    let sum = outcomes.entry(answer).or_default();
                    *sum = sum.checked_add(weight).ok_or_else(too_fine)?;
                }
                let common = outcomes.values().fold(0u128, |g, w| g.gcd(w)).max(1);
                outcomes.values_mut().for_each(|w| *w /= common);
                let sum = outcomes.values().try_fold(0u128, |s, w| s.checked_add(*w)).ok_or_else(too_fine)?;
                if sum == 0 {
                    return Err(TableError::Incomplete { input: h });
                }
                denominator = (denominator / denominator.gcd(&sum)).checked_mul(sum).ok_or_else(too_fine)?;
                row.push((outcomes, sum));
            }
            rows.push(row);
        }
        let outcome = |((told, outputs), w): (Answer, u128), unit: u128| Outcome {
            told: Bytes(told),
            outputs: outputs.into_iter().map(Bytes).collect(),
            weight: Weight(w * unit),
        };
        let list = |(outcomes, sum): (BTreeMap<Answer, u128>, u128)| {
            outcomes.into_iter().map(|o| outcome(o, denominator / sum)).collect()
        };
        let rows = rows.into_iter().map(|row| row.into_iter().map(list).collect()).collect();
        let table = Self { denominator, rows };
        table.check()?;
        Ok(table)
    }

    /// How many inputs the coalition has.
    #[must_use]
    pub fn corrupt_inputs(&self) -> usize {
        self.rows.len()
    }
    /// How many honest inputs there are.
    #[must_use]
    pub fn honest_inputs(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }
    /// How many honest parties there are.
    #[must_use]
    pub fn parties(&self) -> usize {
        self.rows.iter().flatten().flatten().next().map_or(0, |o| o.outputs.len())
    }
    /// The outcomes of one evaluation: what the coalition is told, what the honest parties get, the probability.
    pub(super) fn outcomes(
        &self,
        corrupt: usize,
        honest: usize,
    ) -> impl Iterator<Item = (&[u8], &[Bytes], BigRational)> {
        let chance = |w: u128| BigRational::new(BigInt::from(w), BigInt::from(self.denominator));
        self.rows[corrupt][honest].iter().map(move |o| (&o.told.0[..], &o.outputs[..], chance(o.weight.0)))
    }

    /// Refuses what [`Self::randomised`] would not have made.
    fn check(&self) -> Result<(), TableError> {
        let (inputs, parties) = (self.honest_inputs(), self.parties());
        if inputs == 0 || parties == 0 || parties > MAX_PARTIES {
            return Err(TableError::Empty);
        }
        for (input, list) in self.rows.iter().flat_map(|row| row.iter().enumerate()) {
            if let Some(o) = list.iter().find(|o| o.outputs.len() != parties) {
                return Err(TableError::Parties { parties, got: o.outputs.len() });
            }
            let in_order = list.is_sorted_by(|a, b| (&a.told, &a.outputs) < (&b.told, &b.outputs));
            if !in_order || list.iter().any(|o| o.weight.0 == 0) {
                return Err(TableError::Changed("outcomes are not in order, or one has no weight"));
            }
            let sum = list.iter().try_fold(0u128, |s, o| s.checked_add(o.weight.0)).ok_or(TableError::TooFine)?;
            if sum != self.denominator {
                return Err(TableError::Incomplete { input });
            }
        }
        if self.rows.iter().any(|row| row.len() != inputs) {
            return Err(TableError::Changed("a row has other honest inputs than the first"));
        }
        let common = self.rows.iter().flatten().flatten().fold(self.denominator, |g, o| g.gcd(&o.weight.0));
        if common != 1 {
            return Err(TableError::Changed("the weights are not in lowest terms"));
        }
        Ok(())
    }
}

/// [`Functionality`] as it is written.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    denominator: Weight,
    rows: Vec<Vec<Vec<Outcome>>>,
}

impl From<Functionality> for Written {
    fn from(f: Functionality) -> Self {
        Self { denominator: Weight(f.denominator), rows: f.rows }
    }
}

impl TryFrom<Written> for Functionality {
    type Error = TableError;
    fn try_from(w: Written) -> Result<Self, TableError> {
        let table = Self { denominator: w.denominator.0, rows: w.rows };
        table.check()?;
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coin(weights: [u128; 2]) -> Result<Functionality, TableError> {
        let side = |w: u128, told: u8| ((vec![told], vec![Vec::new()]), w);
        Functionality::randomised(1, 2, |_, _| vec![side(weights[0], 0), side(weights[1], 1)])
    }

    #[test]
    fn one_table_for_one_functionality() -> Result<(), TableError> {
        assert_eq!(coin([1, 1])?, coin([7, 7])?);
        assert_ne!(coin([1, 2])?, coin([1, 1])?);
        let twice = Functionality::randomised(1, 2, |_, _| vec![((vec![0], vec![Vec::new()]), 1); 2])?;
        assert_eq!(twice, Functionality::deterministic(1, 2, |_, _| (vec![0], vec![Vec::new()]))?);
        assert_eq!(twice, coin([3, 0])?);
        Ok(())
    }

    #[test]
    fn what_is_no_functionality_is_refused() {
        let table = |corrupt, honest, parties: fn(usize) -> usize| {
            Functionality::deterministic(corrupt, honest, |_, h| (Vec::new(), vec![Vec::new(); parties(h)]))
        };
        assert_eq!(table(0, 1, |_| 1), Err(TableError::Empty));
        assert_eq!(table(1, 0, |_| 1), Err(TableError::Empty));
        assert_eq!(table(1, 1, |_| 0), Err(TableError::Empty));
        assert_eq!(table(1, 1, |_| MAX_PARTIES + 1), Err(TableError::Empty));
        assert_eq!(table(1, 2, |h| h + 1), Err(TableError::Parties { parties: 1, got: 2 }));
        assert_eq!(coin([0, 0]), Err(TableError::Incomplete { input: 0 }));
        assert_eq!(coin([u128::MAX, 1]), Err(TableError::TooFine));
    }

    #[test]
    fn a_text_that_is_no_functionality_is_refused() {
        let table = |text: &str| serde_json::from_str::<Functionality>(text).map_err(|e| e.to_string());
        let row = r#"[[{"told":"00","outputs":[""],"weight":"1"},{"told":"01","outputs":[""],"weight":"2"}]]"#;
        let good = format!(r#"{{"denominator":"3","rows":[{row},{row}]}}"#);
        assert!(table(&good).is_ok());
        for (from, to) in [
            ("\"3\"", "\"4\""),
            ("\"3\"", "\"0\""),
            ("\"00\"", "\"01\""),
            ("\"00\"", "\"02\""),
            ("\"weight\":\"2\"", "\"weight\":\"1\""),
            ("\"outputs\":[\"\"]", "\"outputs\":[]"),
            ("\"outputs\":[\"\"]", "\"outputs\":[null]"),
            ("[[{", "[[],[{"),
            ("[[[{", "[[],[[{"),
            ("\"rows\"", "\"more\":1,\"rows\""),
        ] {
            assert!(good.contains(from), "{from}");
            assert!(table(&good.replacen(from, to, 1)).is_err(), "{from} -> {to}");
        }
        // The same functionality in other words.
        let doubled = good.replace("\"2\"", "\"4\"").replace("\"1\"", "\"2\"").replace("\"3\"", "\"6\"");
        assert!(table(&doubled).is_err());
        // An outcome that never happens.
        let never =
            good.replace("{\"told\":\"00\"", "{\"told\":\"\",\"outputs\":[\"\"],\"weight\":\"0\"},{\"told\":\"00\"");
        assert!(table(&never).is_err());
    }
}

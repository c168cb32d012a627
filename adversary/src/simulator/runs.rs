//! The real world, built run by run as an enumeration produces them. Views whose likelihood tables are proportional are
//! merged into classes, in integers, without rounding: they say the same about what they go with.

use std::collections::BTreeMap;

use num_integer::Integer;

use super::tables::{Cell, Outputs, Real, TableError};

/// Runs of one view that ended in one cell and had the same coins' probability.
#[derive(Clone, Copy)]
struct Tally {
    cell: u32,
    weight: u32,
    runs: u64,
}

/// Numbers for values, in order of first appearance.
#[derive(Clone)]
struct Numbered<T>(BTreeMap<T, u32>);

impl<T: Ord> Numbered<T> {
    fn number(&mut self, value: T) -> Result<u32, TableError> {
        let next = u32::try_from(self.0.len()).map_err(|_| TableError::TooFine)?;
        Ok(*self.0.entry(value).or_insert(next))
    }
}

/// The real world in the making.
///
/// Memory is one copy of every distinct view and 16 bytes for every (view, honest input, outputs) that occurs.
#[derive(Clone)]
pub struct Runs {
    inputs: usize,
    parties: usize,
    weights: Numbered<u128>,
    cells: Numbered<(usize, Outputs)>,
    views: BTreeMap<Vec<u8>, Vec<Tally>>,
}

impl Runs {
    /// No runs yet, of `inputs` different honest inputs and `parties` honest parties.
    #[must_use]
    pub fn new(inputs: usize, parties: usize) -> Self {
        let (weights, cells) = (Numbered(BTreeMap::new()), Numbered(BTreeMap::new()));
        Self { inputs, parties, weights, cells, views: BTreeMap::new() }
    }

    /// Adds one run with honest input number `input` in which the coalition saw `view` and the honest parties ended with
    /// `outputs`. Its coins had probability `1/weight`, as [`enumerate`](mod@crate::enumerate) counts it.
    ///
    /// # Errors
    /// If the input does not exist, there are not as many outputs as honest parties, or the weight is zero.
    pub fn add(&mut self, input: usize, view: Vec<u8>, outputs: Outputs, weight: u128) -> Result<(), TableError> {
        if input >= self.inputs {
            return Err(TableError::Input { input, inputs: self.inputs });
        }
        if outputs.len() != self.parties {
            return Err(TableError::Parties { parties: self.parties, got: outputs.len() });
        }
        if weight == 0 {
            return Err(TableError::Weight);
        }
        let (cell, weight) = (self.cells.number((input, outputs))?, self.weights.number(weight)?);
        let tallies = self.views.entry(view).or_default();
        match tallies.binary_search_by_key(&(cell, weight), |t| (t.cell, t.weight)) {
            Ok(at) => tallies[at].runs += 1,
            Err(at) => tallies.insert(at, Tally { cell, weight, runs: 1 }),
        }
        Ok(())
    }

    /// How many different views there are.
    #[must_use]
    pub fn views(&self) -> usize {
        self.views.len()
    }

    /// Merges the views into classes.
    ///
    /// # Errors
    /// If there is no input or no honest party or too many, if the probabilities of an input do not add up to one, or if
    /// they have no common denominator below 2¹²⁸.
    pub fn finish(self) -> Result<Real, TableError> {
        self.collect(true)
    }

    /// The classes; `merge` is false only where it is tested that merging changes nothing.
    fn collect(self, merge: bool) -> Result<Real, TableError> {
        let too_fine = || TableError::TooFine;
        let units =
            self.weights.0.keys().try_fold(1u128, |l, w| (l / l.gcd(w)).checked_mul(*w)).ok_or_else(too_fine)?;
        let mut unit = vec![0; self.weights.0.len()];
        self.weights.0.iter().for_each(|(w, at)| unit[*at as usize] = units / w);
        // Numbers by appearance become numbers by order: the table does not depend on the order of the runs.
        let mut outputs: Vec<&Outputs> = self.cells.0.keys().map(|(_, o)| o).collect();
        outputs.sort_unstable();
        outputs.dedup();
        let mut cell = vec![Cell { input: 0, output: 0 }; self.cells.0.len()];
        for ((input, o), at) in &self.cells.0 {
            cell[*at as usize] = Cell { input: *input, output: outputs.partition_point(|k| *k < o) };
        }
        let outputs: Vec<Outputs> = outputs.into_iter().cloned().collect();
        // Likelihoods in lowest terms, and how many times they occur: proportional tables have the same key.
        let mut classes: BTreeMap<(Vec<(Cell, u128)>, usize), u128> = BTreeMap::new();
        for (number, (_, tallies)) in self.views.into_iter().enumerate() {
            let mut table: BTreeMap<Cell, u128> = BTreeMap::new();
            for t in tallies {
                let weight = unit[t.weight as usize].checked_mul(u128::from(t.runs)).ok_or_else(too_fine)?;
                let sum = table.entry(cell[t.cell as usize]).or_default();
                *sum = sum.checked_add(weight).ok_or_else(too_fine)?;
            }
            let common = table.values().fold(0u128, |g, w| g.gcd(w));
            let lowest = table.into_iter().map(|(c, w)| (c, w / common)).collect();
            let times = classes.entry((lowest, if merge { 0 } else { number })).or_default();
            *times = times.checked_add(common).ok_or_else(too_fine)?;
        }
        let scale = |(cell, w): (Cell, u128), times: u128| w.checked_mul(times).map(|w| (cell, w)).ok_or_else(too_fine);
        let classes =
            classes.into_iter().map(|((table, _), times)| table.into_iter().map(|e| scale(e, times)).collect());
        let mut classes = classes.collect::<Result<Vec<Vec<(Cell, u128)>>, _>>()?;
        let common = classes.iter().flatten().fold(units, |g, (_, w)| g.gcd(w));
        classes.iter_mut().flatten().for_each(|(_, w)| *w /= common);
        let real = Real { inputs: self.inputs, parties: self.parties, denominator: units / common, outputs, classes };
        real.check()?;
        Ok(real)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tables::MAX_PARTIES;
    use super::*;
    use crate::simulator::{Abort, Best, Functionality, Problem, WORK, best};

    /// An honest bit; the coalition sees it wrongly with probability 1/3, and a coin with three sides that means nothing.
    /// With probability 1/4 the honest party aborts; then its bit is seen as it is.
    fn noisy() -> Vec<(usize, Vec<u8>, Outputs, u128)> {
        let mut runs = Vec::new();
        for bit in 0..2 {
            for coin in 0..3 {
                for noise in 0..3 {
                    let seen = if noise == 0 { 1 - bit } else { bit } as u8;
                    // Three of four sides of another coin, which no view shows.
                    runs.extend(vec![(bit, vec![seen, coin], vec![Some(Vec::new())], 36); 3]);
                }
                runs.push((bit, vec![bit as u8, coin], vec![None], 12));
            }
        }
        runs
    }

    fn collected(runs: impl IntoIterator<Item = (usize, Vec<u8>, Outputs, u128)>) -> Result<Runs, TableError> {
        let mut all = Runs::new(2, 1);
        runs.into_iter().try_for_each(|(input, view, outputs, weight)| all.add(input, view, outputs, weight))?;
        Ok(all)
    }

    #[test]
    fn proportional_views_are_one_and_merging_them_changes_no_figure() -> Result<(), TableError> {
        let runs = collected(noisy())?;
        assert_eq!(runs.views(), 6);
        let (merged, all) = (runs.clone().collect(true)?, runs.collect(false)?);
        assert_eq!((merged.classes(), all.classes()), (2, 6));
        let figure = |real: Real| {
            let nothing = Functionality::deterministic(1, 2, |_, _| (Vec::new(), vec![Vec::new()]))?;
            match best(&Problem::new(real, nothing, Abort::Selective)?, WORK) {
                Best::Exact(c) => Ok(c.value.to_string()),
                Best::Inconclusive => panic!("not proved"),
            }
        };
        // Half the difference of the bits: 3/4 · 1/3 + 1/4, halved by showing a fair bit.
        assert_eq!(figure(merged)?, "1/4");
        assert_eq!(figure(all)?, "1/4");
        Ok(())
    }

    #[test]
    fn the_order_of_the_runs_does_not_matter() -> Result<(), Box<dyn std::error::Error>> {
        let real = collected(noisy())?.finish()?;
        let backwards = collected(noisy().into_iter().rev())?.finish()?;
        assert_eq!(serde_json::to_string(&real)?, serde_json::to_string(&backwards)?);
        assert_eq!(serde_json::from_str::<Real>(&serde_json::to_string(&real)?)?, real);
        Ok(())
    }

    #[test]
    fn likelihoods_that_differ_in_the_last_place_stay_apart() -> Result<(), TableError> {
        // 1/2, and with the second input 1/2 − 2⁻⁶⁰ against 1/2 + 2⁻⁶⁰: the same to a float.
        let mut runs = Runs::new(2, 1);
        for (input, seen, weight) in [(0, 0, 2), (0, 1, 2), (1, 1, 2), (1, 1, 1 << 60)] {
            runs.add(input, vec![seen], vec![None], weight)?;
        }
        for k in 2..=60 {
            runs.add(1, vec![0], vec![None], 1 << k)?;
        }
        assert_eq!(runs.finish()?.classes(), 2);
        Ok(())
    }

    #[test]
    fn what_is_no_distribution_is_refused() {
        let add = |input, outputs: Outputs, weight| Runs::new(2, 1).add(input, Vec::new(), outputs, weight);
        assert_eq!(add(2, vec![None], 1), Err(TableError::Input { input: 2, inputs: 2 }));
        assert_eq!(add(0, vec![None; 2], 1), Err(TableError::Parties { parties: 1, got: 2 }));
        assert_eq!(add(0, vec![None], 0), Err(TableError::Weight));
        let whole = |runs: Vec<_>| collected(runs).and_then(Runs::finish).map(|real| real.classes());
        let run = |input, weight| (input, Vec::new(), vec![None], weight);
        assert_eq!(whole(vec![run(0, 1), run(1, 1)]), Ok(1));
        assert_eq!(whole(vec![run(0, 1), run(1, 2)]), Err(TableError::Incomplete { input: 1 }));
        assert_eq!(whole(vec![run(0, 1), run(0, 1), run(1, 1)]), Err(TableError::Incomplete { input: 0 }));
        assert_eq!(whole(vec![run(0, 1)]), Err(TableError::Incomplete { input: 1 }));
        assert_eq!(whole(vec![run(0, u128::MAX), run(1, u128::MAX - 1)]), Err(TableError::TooFine));
        assert_eq!(Runs::new(0, 1).finish(), Err(TableError::Empty));
        assert_eq!(Runs::new(1, 0).finish(), Err(TableError::Empty));
        assert_eq!(Runs::new(1, MAX_PARTIES + 1).finish(), Err(TableError::Empty));
        assert_eq!(Runs::new(usize::MAX, 1).finish(), Err(TableError::Incomplete { input: usize::MAX - 1 }));
    }
}

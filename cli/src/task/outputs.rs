//! The outputs of a task file: what is computed, from which columns, and who sees it.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::check::Checker;
use super::file::{Number, OutputFile, To, line_of};
use super::{ColumnRef, Computation, Demanders, Output, Preparation, Task, TaskError};

impl Checker<'_> {
    /// All outputs; `task` has its parties already.
    pub(super) fn outputs(
        &self,
        stated: &[Spanned<OutputFile>],
        task: &Task,
        bits: u32,
    ) -> Result<Vec<Output>, TaskError> {
        if stated.is_empty() {
            return Err(self.nowhere("no outputs: nothing to compute"));
        }
        let mut names = BTreeMap::new();
        let mut outputs = Vec::new();
        for output in stated.iter().map(Spanned::get_ref) {
            self.name(&output.name, "output")?;
            self.unique(&mut names, &output.name, "output")?;
            let computation = self.computation(output, task, bits)?;
            let to = self.demanders(&output.to, task)?;
            outputs.push(Output { name: output.name.get_ref().clone(), computation, to });
        }
        Ok(outputs)
    }

    fn demanders(&self, stated: &Spanned<To>, task: &Task) -> Result<Demanders, TaskError> {
        let names = match stated.get_ref() {
            To::Word(word) if word == "all" => return Ok(Demanders::All),
            To::Word(word) => return Err(self.at(stated, format!("to = \"all\" or a list of parties, not \"{word}\""))),
            To::Names(names) => names,
        };
        let mut parties = BTreeSet::new();
        for name in names {
            let party = task.find(name).map_err(|e| self.at(stated, e.message))?;
            if !parties.insert(party) {
                return Err(self.at(stated, format!("party `{name}` is named twice")));
            }
        }
        if parties.is_empty() {
            return Err(self.at(stated, "nobody would see this output"));
        }
        Ok(Demanders::Some(parties.into_iter().collect()))
    }

    fn computation(&self, stated: &OutputFile, task: &Task, default_bits: u32) -> Result<Computation, TaskError> {
        let compute = stated.compute.get_ref().as_str();
        let pairwise = matches!(compute, "inner_product" | "covariance" | "correlation");
        let scored = compute == "weighted_score";
        if !(pairwise || scored || matches!(compute, "sum" | "mean")) {
            let message = format!(
                "no computation `{compute}`; there are sum, mean, inner_product, covariance, correlation and weighted_score"
            );
            return Err(self.at(&stated.compute, message));
        }
        let with = match &stated.with {
            Some(with) if pairwise => Some(self.column_ref(with, task)?),
            Some(with) => return Err(self.at(with, format!("`{compute}` has no `with`"))),
            None if pairwise => {
                return Err(self.at(&stated.compute, format!("`{compute}` needs with = \"party.column\"")));
            }
            None => None,
        };
        for (key, place) in [
            ("weights", stated.weights.as_ref().map(Spanned::span)),
            ("intercept", stated.intercept.as_ref().map(Spanned::span)),
            ("fraction_bits", stated.fraction_bits.as_ref().map(Spanned::span)),
        ] {
            if let Some(span) = place.filter(|_| !scored) {
                let line = Some(line_of(self.text, span.start));
                return Err(TaskError::new(self.file, line, format!("`{compute}` has no `{key}`")));
            }
        }
        let columns = self.column_refs(&stated.columns, with, task)?;
        if compute == "correlation" {
            for at in columns.iter().chain(&with) {
                if task.spec(*at).is_none_or(|c| c.preparation != Preparation::Standardise) {
                    let name = task.column_name(*at);
                    let message = format!("correlation needs standardised columns; set standardise = true for {name}");
                    return Err(self.at(&stated.columns, message));
                }
            }
        }
        Ok(match (compute, with) {
            ("sum", _) => Computation::Sum(columns),
            ("mean", _) => Computation::Mean(columns),
            ("inner_product", Some(with)) => Computation::InnerProduct(columns, with),
            ("covariance", Some(with)) => Computation::Covariance(columns, with),
            ("correlation", Some(with)) => Computation::Correlation(columns, with),
            _ => self.weighted_score(stated, columns, default_bits)?,
        })
    }

    fn weighted_score(
        &self,
        stated: &OutputFile,
        columns: Vec<ColumnRef>,
        bits: u32,
    ) -> Result<Computation, TaskError> {
        let fraction_bits = self.fraction_bits(stated.fraction_bits.as_ref(), bits)?;
        let Some(weights) = &stated.weights else {
            return Err(self.at(&stated.compute, "`weighted_score` needs weights, one for each column"));
        };
        if weights.get_ref().len() != columns.len() {
            let message = format!("{} weights for {} columns", weights.get_ref().len(), columns.len());
            return Err(self.at(weights, message));
        }
        let fixed = |n: &Spanned<Number>| n.get_ref().0.to_fixed(fraction_bits).map_err(|e| self.at(n, e.to_string()));
        let scaled = weights.get_ref().iter().map(fixed).collect::<Result<Vec<_>, _>>()?;
        let intercept = stated.intercept.as_ref().map_or(Ok(0), fixed)?;
        Ok(Computation::WeightedScore { terms: columns.into_iter().zip(scaled).collect(), intercept, fraction_bits })
    }

    /// `party.column` for one, `party.*` for all of a party except the common column.
    fn column_refs(
        &self,
        stated: &Spanned<Vec<Spanned<String>>>,
        with: Option<ColumnRef>,
        task: &Task,
    ) -> Result<Vec<ColumnRef>, TaskError> {
        let mut columns = Vec::new();
        for text in stated.get_ref() {
            match text.get_ref().strip_suffix(".*") {
                None => columns.push(self.column_ref(text, task)?),
                Some(party) => {
                    let party = task.find(party).map_err(|e| self.at(text, e.message))?;
                    let count = task.party(party).data.as_ref().map_or(0, |source| source.columns.len());
                    let all = (0..count).map(|column| ColumnRef { party, column });
                    columns.extend(all.filter(|at| Some(*at) != with));
                }
            }
        }
        if columns.is_empty() {
            return Err(self.at(stated, "no columns"));
        }
        let mut seen = BTreeSet::new();
        match columns.iter().find(|at| !seen.insert(**at)) {
            Some(twice) => Err(self.at(stated, format!("column {} is named twice", task.column_name(*twice)))),
            None => Ok(columns),
        }
    }

    fn column_ref(&self, stated: &Spanned<String>, task: &Task) -> Result<ColumnRef, TaskError> {
        let Some((party, column)) = stated.get_ref().split_once('.') else {
            return Err(self.at(stated, format!("`{}` is not of the form party.column", stated.get_ref())));
        };
        let party = task.find(party).map_err(|e| self.at(stated, e.message))?;
        let columns = task.party(party).data.iter().flat_map(|source| &source.columns);
        let names: Vec<&str> = columns.map(|c| c.name.as_str()).collect();
        match names.iter().position(|name| *name == column) {
            Some(column) => Ok(ColumnRef { party, column }),
            None => {
                let party = &task.party(party).name;
                let has = if names.is_empty() { "no data".into() } else { names.join(", ") };
                Err(self.at(stated, format!("party `{party}` enters no column `{column}`; it has {has}")))
            }
        }
    }

    /// A column that no output needs must not be entered.
    pub(super) fn all_columns_used(&self, task: &Task) -> Result<(), TaskError> {
        let used: BTreeSet<ColumnRef> = task.outputs.iter().flat_map(|o| o.computation.columns()).collect();
        for (party, source) in task.providers() {
            for column in 0..source.columns.len() {
                let at = ColumnRef { party, column };
                if !used.contains(&at) {
                    return Err(self.nowhere(format!("no output needs {}; remove it", task.column_name(at))));
                }
            }
        }
        Ok(())
    }
}

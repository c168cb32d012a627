//! Results for people and for programs.

use serde::{Deserialize, Serialize};

use crate::program::{Shown, labels};
use crate::table::{Align, render};
use crate::task::{Computation, Task};

/// The most digits after the point; fewer where they show all values of an output exactly.
const DIGITS: u32 = 10;
/// Values of one output that are printed as text; JSON has all.
const PRINTED: usize = 40;

/// What a party learns from a task, and what it took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskResult {
    /// Name of the session.
    pub session: String,
    /// The session's id in hexadecimal.
    pub session_id: String,
    /// The task's digest in hexadecimal.
    pub task_digest: String,
    /// Whose result this is.
    pub party: String,
    /// The outputs this party sees; the others are left out.
    pub outputs: Vec<OutputResult>,
    /// What the run guarantees and what it does not, sentence by sentence.
    pub claim: Vec<String>,
    /// What it took.
    pub figures: Figures,
}

/// One output of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputResult {
    /// Its name in the task.
    pub name: String,
    /// What was computed, as in the task file.
    pub compute: String,
    /// One for each column, or for each row.
    pub values: Vec<ValueResult>,
}

/// One number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValueResult {
    /// The column or row it belongs to.
    pub of: String,
    /// The exact value, rounded half to even to at most ten digits after the point.
    pub decimal: String,
    /// The nearest double.
    pub number: f64,
}

/// What a run took at this party.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Wall-clock seconds from the first connection to the last output.
    pub seconds: f64,
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// Rounds.
    pub rounds: u64,
    /// Multiplication triples used.
    pub triples: u64,
}

impl TaskResult {
    /// The result of a party: `shown` is what [`run`](crate::program::run) returned there; `ids` are its own row ids, if
    /// it has data, to name rows by.
    #[must_use]
    pub fn new(task: &Task, party: &str, shown: &[Shown], ids: Option<&[String]>) -> Self {
        let outputs = task
            .outputs
            .iter()
            .zip(shown)
            .filter_map(|(output, shown)| {
                let by_row = matches!(output.computation, Computation::WeightedScore { .. });
                let names = match ids {
                    Some(ids) if by_row => ids.to_vec(),
                    _ => labels(task, &output.computation),
                };
                let shown = shown.as_ref()?;
                let digits = (0..DIGITS).find(|d| shown.iter().all(|v| v.is_exact_with(*d))).unwrap_or(DIGITS);
                let values = names.into_iter().zip(shown).map(|(of, value)| ValueResult {
                    of,
                    decimal: value.to_decimal(digits),
                    number: value.to_f64(),
                });
                let compute = output.computation.name().to_owned();
                Some(OutputResult { name: output.name.clone(), compute, values: values.collect() })
            })
            .collect();
        Self {
            session: task.session.clone(),
            session_id: String::new(),
            task_digest: task.digest().to_string(),
            party: party.to_owned(),
            outputs,
            claim: task.provider_duties(),
            figures: Figures::default(),
        }
    }

    /// JSON with two blanks of indentation and a line end.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// Tables for a terminal.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{} · result for {}\n", self.session, self.party);
        if self.outputs.is_empty() {
            text.push_str("\n  no outputs for this party\n");
        }
        for output in &self.outputs {
            let rows: Vec<Vec<String>> =
                output.values.iter().take(PRINTED).map(|v| vec![v.of.clone(), v.decimal.clone()]).collect();
            text += &format!("\n{}\n", output.name);
            text += &render(&[(&output.compute, Align::Left), ("value", Align::Right)], &rows);
            if output.values.len() > PRINTED {
                text += &format!("  … and {} more\n", output.values.len() - PRINTED);
            }
        }
        text.push('\n');
        self.claim.iter().for_each(|sentence| text += &format!("{sentence}\n"));
        let f = &self.figures;
        let (sent, received) = (f.bytes_sent as f64 / 1e6, f.bytes_received as f64 / 1e6);
        let (seconds, rounds, triples) = (f.seconds, f.rounds, f.triples);
        text += &format!(
            "{seconds:.2} s, {sent:.2} MB sent, {received:.2} MB received, {rounds} rounds, {triples} triples\n"
        );
        text += &format!("session {}\n", self.session_id);
        text
    }
}

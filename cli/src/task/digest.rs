//! What all parties must agree on, as one digest.

use std::fmt;

use super::{ColumnRef, Computation, Demanders, Preparation, Task};

/// The digest of everything in a task that changes its meaning: session, field, rows, listed ids, parties with their
/// fingerprints, columns with their preparation, outputs with their demanders. Not covered, because it is local to a
/// machine: addresses, files, separators and time-outs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TaskDigest(pub [u8; 32]);

impl fmt::Display for TaskDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}
impl fmt::Debug for TaskDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Task {
    /// The digest that all parties of the task must share.
    #[must_use]
    pub fn digest(&self) -> TaskDigest {
        let mut form = Canonical(blake3::Hasher::new_derive_key("quorate 2026 task"));
        form.text(&self.session);
        form.text(self.field.name());
        form.count(self.rows);
        match &self.ids {
            None => form.count(0),
            Some(list) => {
                form.count(1);
                form.bytes(&list.digest().0);
            }
        }
        form.count(self.parties.len());
        for party in &self.parties {
            form.text(&party.name);
            form.bytes(party.fingerprint.as_ref().map_or(&[], |f| f.as_slice()));
            let columns = party.data.as_ref().map_or(&[][..], |source| &source.columns);
            form.count(columns.len());
            for column in columns {
                form.text(&column.name);
                form.count(column.fraction_bits as usize);
                match &column.preparation {
                    Preparation::Integer { min, max } => form.texts(&["integer", &min.to_string(), &max.to_string()]),
                    Preparation::Decimal { min, max } => form.texts(&["decimal", &min.to_string(), &max.to_string()]),
                    Preparation::Standardise => form.texts(&["standardise"]),
                }
            }
        }
        form.count(self.outputs.len());
        for output in &self.outputs {
            form.text(&output.name);
            form.text(output.computation.name());
            form.columns(&output.computation.columns());
            if let Computation::WeightedScore { terms, intercept, fraction_bits } = &output.computation {
                form.count(*fraction_bits as usize);
                form.bytes(&intercept.to_le_bytes());
                terms.iter().for_each(|(_, weight)| form.bytes(&weight.to_le_bytes()));
            }
            match &output.to {
                Demanders::All => form.count(0),
                Demanders::Some(parties) => {
                    form.count(parties.len());
                    parties.iter().for_each(|p| form.count(p.index()));
                }
            }
        }
        TaskDigest(*form.0.finalize().as_bytes())
    }
}

/// An injective encoding: every text and list goes in with its length.
struct Canonical(blake3::Hasher);

impl Canonical {
    fn count(&mut self, n: usize) {
        self.0.update(&(n as u64).to_le_bytes());
    }
    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.update(bytes);
    }
    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }
    fn texts(&mut self, texts: &[&str]) {
        self.count(texts.len());
        texts.iter().for_each(|t| self.text(t));
    }
    fn columns(&mut self, columns: &[ColumnRef]) {
        self.count(columns.len());
        for at in columns {
            self.count(at.party.index());
            self.count(at.column);
        }
    }
}

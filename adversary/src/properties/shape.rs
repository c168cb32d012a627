//! Traffic shape: which frame goes from whom to whom in which round, of which type and how long, must be the same
//! whatever the inputs and the coins are.

use protocols::Result;
use transport::sim::Envelope;
use transport::{Kind, PartyId, PartySet};

use super::{Row, instance, named};
use crate::attack::tape;
use crate::fields::FieldId;
use crate::strategy::Script;
use crate::subject::{DynSubject, Given};

/// What an onlooker sees of a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outline {
    round: u32,
    from: PartyId,
    to: PartyId,
    bytes: usize,
    kind: Kind,
    name: &'static str,
    step: String,
}

impl Outline {
    /// Of this frame.
    #[must_use]
    pub fn of(e: &Envelope) -> Self {
        let Envelope { round, from, to, .. } = *e;
        let (bytes, meta, step) = (e.frame.body.len(), e.frame.meta, e.frame.step.to_string());
        Self { round, from, to, bytes, kind: meta.kind, name: meta.name, step }
    }
}

/// Compares honest runs on these inputs, each with so many tapes, with the first of them.
pub fn same(
    subject: &dyn DynSubject,
    field: FieldId,
    n: usize,
    given: impl IntoIterator<Item = Given<u64>>,
    seeds: u64,
) -> Result<Row> {
    let mut at = instance(field, n, PartySet::EMPTY);
    at.world = at.world.traced();
    let mut row = Row::new("traffic.shape", named(subject, &at));
    let mut first: Option<Vec<Outline>> = None;
    for given in given {
        for seed in 0..seeds {
            let played = subject.run(&at, &given, &tape(seed), &mut Script::new(PartySet::EMPTY))?;
            let outlines: Vec<Outline> = played.trace.iter().map(Outline::of).collect();
            let reference = first.get_or_insert_with(|| outlines.clone());
            let differs = reference.iter().zip(&outlines).position(|(a, b)| a != b);
            let differs = differs.or((reference.len() != outlines.len()).then(|| reference.len().min(outlines.len())));
            row.case(differs.map(|k| {
                let (one, other) = (reference.get(k), outlines.get(k));
                format!("inputs {given:?}, seed {seed}: frame {k} is {other:?}, of the first inputs {one:?}")
            }));
        }
    }
    Ok(row)
}

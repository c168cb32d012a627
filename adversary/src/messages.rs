//! What a coalition says in a run, message by message, and the strategies that change one message throughout: the ones
//! that exist for any protocol, whatever its messages are called.

use field::Field;
use protocols::Result;
use transport::{PartyId, PartySet};

use crate::attack::tape;
use crate::fields::FieldId;
use crate::strategy::{Fate, On, Script};
use crate::subject::{DynSubject, Given, Instance};
use crate::with_field;

/// A message of a protocol, in whatever repetition of its step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message {
    /// The name of its step, the last element of the path; empty at the root.
    pub step: &'static str,
    /// Its own name.
    pub name: &'static str,
}

/// The messages that this coalition sends to others or to the trusted program in a run without deviation, in order.
pub fn said(subject: &dyn DynSubject, at: &Instance, given: &Given<u64>) -> Result<Vec<Message>> {
    let mut at = at.clone();
    at.world = at.world.traced();
    let corrupt = at.world.corrupt;
    let trace = subject.run(&at, given, &tape(0), &mut Script::new(corrupt))?.trace;
    let mut all = Vec::new();
    for e in trace.iter().filter(|e| corrupt.contains(e.from) && !corrupt.contains(e.to)) {
        let message = Message { step: e.frame.step.name(), name: e.frame.meta.name };
        if !all.contains(&message) {
            all.push(message);
        }
    }
    Ok(all)
}

impl Message {
    fn on(self) -> On {
        On::message(self.step, self.name)
    }
    /// Every element of it one more than the protocol says.
    #[must_use]
    pub fn adds_one(self, field: FieldId, corrupt: PartySet) -> Script<'static> {
        with_field!(field, F => Script::new(corrupt).adds::<F>(self.on(), |_| F::ONE))
    }
    /// Never said to this party, nor to the trusted program, which goes on for nobody then.
    #[must_use]
    pub fn withheld(self, corrupt: PartySet, victim: PartyId) -> Script<'static> {
        Script::new(corrupt).sends(self.on(), move |e, _| {
            if [victim, PartyId::IDEAL].contains(&e.to) { Fate::Drop } else { Fate::Deliver }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::instance;
    use crate::subjects::Sum;

    #[test]
    fn a_message_is_said_changed_and_withheld() {
        let corrupt = PartySet::of(&[1]);
        let at = instance(FieldId::F3, 2, corrupt);
        let given = Sum.shape(2).map(|()| 1);
        let all = said(&Sum, &at, &given).unwrap();
        let told = Message { step: "output", name: "share" };
        assert!(all.contains(&told) && all.iter().any(|m| m.name == "broadcast"), "{all:?}");
        let victim = PartyId::new(0);
        let asked = Message { step: "coin", name: "coin" };
        assert!(all.contains(&asked), "{all:?}");
        let scripts =
            [told.adds_one(FieldId::F3, corrupt), told.withheld(corrupt, victim), asked.withheld(corrupt, victim)];
        for mut script in scripts {
            Sum.run(&at, &given, &tape(0), &mut script).unwrap();
            assert!(script.effective());
        }
    }
}

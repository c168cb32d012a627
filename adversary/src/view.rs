//! What a coalition sees, as an exact distribution: every frame it received with sender, step, type, length and content,
//! in order; its own masks; and how everyone ended, with check and step of an abort.

use std::collections::BTreeMap;

use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use protocols::Result;
use transport::sim::Envelope;
use transport::{PartyId, PartySet};

use crate::enumerate::{Probability, enumerate};
use crate::run::Ending;
use crate::strategy::{Script, Seen};
use crate::subject::{DynSubject, Given, Instance, Played};

/// An exact distribution of views.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Views(BTreeMap<Vec<u8>, Probability>);

impl Views {
    /// Adds the view of one run with its inverse probability.
    pub fn add(&mut self, view: Vec<u8>, weight: u128) {
        self.0.entry(view).or_default().add(weight);
    }
    /// How many runs were seen.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.0.values().map(|p| p.runs() as u64).sum()
    }
    /// How many different views there are.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.0.len()
    }
    /// How much better than by chance the best guess tells from a view which of these distributions it is of, each being as
    /// likely as the others.
    #[must_use]
    pub fn advantage(all: &[&Self]) -> BigRational {
        let mut best: BTreeMap<&Vec<u8>, BigRational> = BTreeMap::new();
        for (view, p) in all.iter().flat_map(|views| &views.0) {
            let (value, best) = (p.value(), best.entry(view).or_insert_with(BigRational::zero));
            if value > *best {
                *best = value;
            }
        }
        let sum = best.into_values().fold(BigRational::zero(), |sum, p| sum + p);
        (sum - BigRational::one()) / BigRational::from_integer(all.len().into())
    }
    /// The statistical distance: half the sum of all differences.
    #[must_use]
    pub fn distance(&self, other: &Self) -> BigRational {
        let of = |views: &Self, v: &Vec<u8>| views.0.get(v).map_or_else(BigRational::zero, Probability::value);
        let keys = self.0.keys().chain(other.0.keys().filter(|v| !self.0.contains_key(*v)));
        let sum = keys.fold(BigRational::zero(), |sum, v| sum + (of(self, v) - of(other, v)).abs());
        sum / BigRational::from_integer(2.into())
    }
}

/// Appends one received frame.
pub fn frame(view: &mut Vec<u8>, e: &Envelope) {
    view.extend([e.from.index() as u8, e.to.index() as u8]);
    view.extend(e.frame.step.hash().to_le_bytes());
    view.extend(e.frame.tag.to_le_bytes());
    view.extend((e.frame.body.len() as u32).to_le_bytes());
    view.extend_from_slice(&e.frame.body);
}

/// Appends how a party ended: outputs of corrupt parties, aborts of anyone.
pub fn ending(view: &mut Vec<u8>, corrupt: bool, end: &Ending<Vec<u8>>) {
    match end {
        Ending::Output(y) if corrupt => view.extend_from_slice(y),
        Ending::Output(_) => view.push(1),
        Ending::Aborted(a) => view.extend(format!("{} {}", a.check.id, a.at).bytes()),
        Ending::Told => view.push(2),
        Ending::Stuck => view.push(3),
        Ending::Broken(e) => view.extend(e.to_string().bytes()),
    }
    view.push(u8::MAX);
}

/// The coalition's view of a run: what it was dealt and what it drew, every frame it received, how everyone ended.
#[must_use]
pub fn of_run(played: &Played, seen: &Seen, corrupt: PartySet) -> Vec<u8> {
    let mut view = played.own.clone();
    seen.all().iter().for_each(|e| frame(&mut view, e));
    for (p, end) in played.endings.iter().enumerate() {
        ending(&mut view, corrupt.contains(PartyId::new(p)), end);
    }
    view
}

/// The exact distribution of a coalition's views when all follow the protocol, in one session after the other: one for
/// every given input.
pub fn passive(subject: &dyn DynSubject, at: &Instance, given: &[Given<u64>]) -> Result<Views> {
    let (mut views, mut failed) = (Views::default(), None);
    let sessions: Vec<Instance> = (0..given.len() as u8)
        .map(|k| {
            let mut at = at.clone();
            at.world.session.0[0] ^= k;
            at
        })
        .collect();
    enumerate(|tape, weight| {
        let mut all = Vec::new();
        for (at, given) in sessions.iter().zip(given) {
            let mut script = Script::new(at.world.corrupt);
            match subject.run(at, given, tape, &mut script) {
                Ok(played) => {
                    let view = of_run(&played, script.seen(), at.world.corrupt);
                    // Behind its length, so that different pairs of views stay different.
                    all.extend((view.len() as u32).to_le_bytes());
                    all.extend(view);
                }
                Err(e) => failed = Some(e),
            }
        }
        views.add(all, weight());
    });
    failed.map_or(Ok(views), Err)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bytes::Bytes;
    use protocols::{Abort, Blame, MAC_CHECK, MAC_OUTPUT};
    use spec::Check;
    use transport::sim::Adversary;
    use transport::{Frame, Kind, Meta, StepPath, Stream};

    use super::*;

    /// A frame that a corrupt second party receives.
    fn received(step: &StepPath, tag: u64, body: &[u8]) -> Envelope {
        let meta = Meta { name: "share", kind: Kind::Elements, field: "F2", len: body.len(), width: 1 };
        let frame = Frame { step: step.clone(), meta, tag, body: Bytes::copy_from_slice(body) };
        let (from, to) = (PartyId::new(0), PartyId::new(1));
        Envelope { seq: 0, from, to, stream: Stream::MAIN, frame, round: 0, arrives: 0 }
    }
    fn stopped(check: &'static Check, at: &StepPath) -> Ending<Vec<u8>> {
        Ending::Aborted(Abort { at: at.label(), check, blame: Blame::Unknown })
    }
    /// The coalition's view when it receives these frames, and the first and the third party end like this.
    fn view(frames: &[&Envelope], [first, third]: [Ending<Vec<u8>>; 2]) -> Vec<u8> {
        let corrupt = PartySet::of(&[1]);
        let mut script = Script::new(corrupt);
        frames.iter().for_each(|e| script.incoming((*e).clone(), &mut Vec::new()));
        let endings = vec![first, Ending::Output(vec![4]), third];
        let played = Played { endings, own: vec![3], trace: Vec::new(), rounds: 0, bytes: 0 };
        of_run(&played, script.seen(), corrupt)
    }

    /// Lengths, order, senders, steps, types, and who stopped at which check and where: each alone makes another view.
    #[test]
    fn views_differ_by_all_that_a_coalition_can_tell() {
        let [shown, again] = [0, 1].map(|k| StepPath::ROOT.child("output", k));
        let (one, two) = (received(&shown, 5, &[1]), received(&shown, 5, &[2]));
        let other = Envelope { from: PartyId::new(2), ..two.clone() };
        // One frame with everything in it that is recorded of a second: only its length says where it ends.
        let mut both = vec![1];
        frame(&mut both, &two);
        let end = || [stopped(&MAC_CHECK, &shown), Ending::Told];
        let views = [
            view(&[&one, &two], end()),
            view(&[&two, &one], end()),
            view(&[&one, &other], end()),
            view(&[&one, &received(&again, 5, &[2])], end()),
            view(&[&one, &received(&shown, 6, &[2])], end()),
            view(&[&one, &received(&shown, 5, &[2, 0])], end()),
            view(&[&received(&shown, 5, &both)], end()),
            view(&[&one, &two], [stopped(&MAC_OUTPUT, &shown), Ending::Told]),
            view(&[&one, &two], [stopped(&MAC_CHECK, &again), Ending::Told]),
            view(&[&one, &two], [Ending::Told, stopped(&MAC_CHECK, &shown)]),
            view(&[&one, &two], [Ending::Stuck, Ending::Told]),
            view(&[&one, &two], [Ending::Output(vec![4]), Ending::Told]),
        ];
        assert_eq!(views.iter().collect::<BTreeSet<_>>().len(), views.len());
        assert_eq!(view(&[&one, &two], end()), views[0]);
    }

    /// What an honest party computes is no part of it; that it has an output is.
    #[test]
    fn views_show_no_output_of_an_honest_party() {
        let of = |y: u8| view(&[], [Ending::Output(vec![y]), Ending::Told]);
        assert_eq!(of(0), of(1));
    }
}

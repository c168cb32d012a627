//! What a coalition does, as a list of rules over the frames it sends and receives. A rule sees only what the coalition
//! has seen, so no rule can use an honest secret.

use bytes::Bytes;
use field::Field;
use transport::sim::{Adversary, Envelope};
use transport::{Frame, PartyId, PartySet};

use super::together::{Step, changed, survives};

/// Which frames a rule is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct On {
    /// Last element of the step path, `""` for any.
    pub step: &'static str,
    /// Index of that element, `None` for any.
    pub index: Option<u32>,
    /// The message's name, `""` for any.
    pub name: &'static str,
    /// The party at the honest end, `None` for any.
    pub peer: Option<PartyId>,
    /// Name of some element of the step path, `""` for any.
    pub within: &'static str,
}

impl On {
    /// Messages of this name in steps of this name.
    #[must_use]
    pub const fn message(step: &'static str, name: &'static str) -> Self {
        Self { step, index: None, name, peer: None, within: "" }
    }
    /// Only towards or from this party.
    #[must_use]
    pub const fn with(mut self, peer: PartyId) -> Self {
        self.peer = Some(peer);
        self
    }
    /// Only in the `index`-th step of its name.
    #[must_use]
    pub const fn nth(mut self, index: u32) -> Self {
        self.index = Some(index);
        self
    }
    /// Only below a step of this name.
    #[must_use]
    pub const fn within(mut self, step: &'static str) -> Self {
        self.within = step;
        self
    }
    pub(crate) fn fits(&self, e: &Envelope, peer: PartyId) -> bool {
        (self.name.is_empty() || self.name == e.frame.meta.name)
            && (self.step.is_empty() || self.step == e.frame.step.name())
            && self.peer.is_none_or(|p| p == peer)
            && self.index.is_none_or(|i| e.frame.step.index() == i)
            && (self.within.is_empty() || e.frame.step.passes(self.within))
    }
}

/// What happens to a frame after a rule has looked at it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It is delivered, changed or not.
    Deliver,
    /// It disappears.
    Drop,
    /// It is delivered twice.
    Twice,
}

/// A rule's action: may rewrite the frame, knows what the coalition has seen.
pub type Action<'a> = Box<dyn FnMut(&mut Envelope, &Seen) -> Fate + 'a>;

/// Reads a frame of the coalition's own.
type Watch<'a> = Box<dyn FnMut(&Envelope) + 'a>;

struct Rule<'a> {
    outgoing: bool,
    on: On,
    action: Action<'a>,
    changed: u64,
}

/// The coalition's memory: every frame it received, as it was sent.
#[derive(Default)]
pub struct Seen(Vec<Envelope>);

impl Seen {
    /// The latest message that fits.
    #[must_use]
    pub fn latest(&self, on: On) -> Option<&Envelope> {
        self.0.iter().rev().find(|e| on.fits(e, e.from))
    }
    /// The first message that fits.
    #[must_use]
    pub fn earliest(&self, on: On) -> Option<&Envelope> {
        self.0.iter().find(|e| on.fits(e, e.from))
    }
    /// The latest message of this name in a step of this name.
    #[must_use]
    pub fn last(&self, step: &str, name: &str) -> Option<&Envelope> {
        self.0.iter().rev().find(|e| e.frame.meta.name == name && (step.is_empty() || e.frame.step.name() == step))
    }
    /// Its elements.
    #[must_use]
    pub fn elements<F: Field>(&self, step: &str, name: &str) -> Option<Vec<F>> {
        F::read_slice(&self.last(step, name)?.frame.body)
    }
    /// Everything, in order of arrival.
    #[must_use]
    pub fn all(&self) -> &[Envelope] {
        &self.0
    }
}

/// A strategy: rules in order. Frames that no rule mentions travel as the puppet made them.
#[derive(Default)]
pub struct Script<'a> {
    rules: Vec<Rule<'a>>,
    watches: Vec<(On, Watch<'a>)>,
    last: Vec<On>,
    seen: Seen,
    corrupt: PartySet,
    /// The honest parties that have ended.
    ended: PartySet,
}

impl<'a> Script<'a> {
    /// No rule yet.
    #[must_use]
    pub fn new(corrupt: PartySet) -> Self {
        let seen = Seen(Vec::with_capacity(16)); // a small run has no more
        Self { rules: Vec::new(), watches: Vec::new(), last: Vec::new(), seen, corrupt, ended: PartySet::EMPTY }
    }
    /// Rewrites frames that the coalition sends to honest parties or to the trusted program.
    #[must_use]
    pub fn sends(mut self, on: On, action: impl FnMut(&mut Envelope, &Seen) -> Fate + 'a) -> Self {
        self.rules.push(Rule { outgoing: true, on, action: Box::new(action), changed: 0 });
        self
    }
    /// Rewrites frames that puppets receive.
    #[must_use]
    pub fn receives(mut self, on: On, action: impl FnMut(&mut Envelope, &Seen) -> Fate + 'a) -> Self {
        self.rules.push(Rule { outgoing: false, on, action: Box::new(action), changed: 0 });
        self
    }
    /// Adds to the elements of every matching frame the coalition sends.
    #[must_use]
    pub fn adds<F: Field>(self, on: On, delta: impl Fn(usize) -> F + 'a) -> Self {
        self.sends(on, move |e, _| {
            edit(e, |x: &mut [F]| x.iter_mut().enumerate().for_each(|(i, x)| *x += delta(i)));
            Fate::Deliver
        })
    }
    /// Shifts a value that everyone opens by the same amount at every party, the puppets included: they go on with the
    /// wrong value like the honest parties. `peer` is one honest party, whose share the puppets see shifted.
    #[must_use]
    pub fn shifts<F: Field>(self, on: On, peer: PartyId, delta: impl Fn(usize) -> F + Clone + 'a) -> Self {
        let (sent, believed) = (delta.clone(), delta);
        self.adds(on, sent).receives(on.with(peer), move |e, _| {
            edit(e, |x: &mut [F]| x.iter_mut().enumerate().for_each(|(i, x)| *x += believed(i)));
            Fate::Deliver
        })
    }
    /// Reads frames of the coalition on their way out; changes nothing.
    #[must_use]
    pub fn watches(mut self, on: On, see: impl FnMut(&Envelope) + 'a) -> Self {
        self.watches.push((on, Box::new(see)));
        self
    }
    /// Holds matching frames back for as long as anything else can move; frames of later such rules longer still.
    #[must_use]
    pub fn delays(mut self, on: On) -> Self {
        self.last.push(on);
        self
    }
    /// Whether every rule fired and changed something that was delivered: a frame that differs, in what the rule did and
    /// whatever later rules did, from the one that was made, and went to a puppet or to somebody who still ran. A strategy that did not
    /// is vacuous. That all rules were needed for it only data can tell ([`super::stage`]).
    #[must_use]
    pub fn effective(&self) -> bool {
        !self.rules.is_empty() && self.rules.iter().all(|r| r.changed > 0)
    }
    /// Whether it did anything: some rule changed what was delivered, or frames were to wait.
    #[must_use]
    pub fn acted(&self) -> bool {
        !self.last.is_empty() || self.rules.iter().any(|r| r.changed > 0)
    }
    /// Who the coalition is.
    #[must_use]
    pub fn corrupt(&self) -> PartySet {
        self.corrupt
    }
    /// What the coalition has seen.
    #[must_use]
    pub fn seen(&self) -> &Seen {
        &self.seen
    }
    fn apply(&mut self, outgoing: bool, mut e: Envelope, deliver: &mut Vec<Envelope>) {
        let peer = if outgoing { e.to } else { e.from };
        let mut fate = Fate::Deliver;
        // The frame as it was made, if a rule is about it, and what was done to it.
        let mut made = None;
        let mut steps: Vec<(Step, Fate)> = Vec::new();
        for (k, rule) in self.rules.iter_mut().enumerate().filter(|(_, r)| r.outgoing == outgoing) {
            if !rule.on.fits(&e, peer) {
                continue;
            }
            let (body, tag, to) = (copied(&e.frame.body), e.frame.tag, e.to);
            let f = (rule.action)(&mut e, &self.seen);
            let more = (tag, to) != (e.frame.tag, e.to);
            steps.push((Step { rule: k, bytes: changed(&body, &e.frame.body), more }, f));
            made.get_or_insert((body, tag, to));
            if f != Fate::Deliver {
                fate = f;
            }
        }
        if let Some((body, tag, to)) = made
            && !(self.ended.contains(to) && self.ended.contains(e.to))
        {
            let moved = (tag, to) != (e.frame.tag, e.to);
            for (step, f) in &steps {
                let arrives = || step.more && moved || survives(step, &body, &e.frame.body);
                // Of a frame that nobody gets only its disappearance has changed anything.
                let counts = fate == *f && fate != Fate::Deliver || fate != Fate::Drop && arrives();
                self.rules[step.rule].changed += u64::from(counts);
            }
        }
        match fate {
            Fate::Drop => {}
            Fate::Deliver => deliver.push(e),
            Fate::Twice => deliver.extend([e.clone(), e]),
        }
    }
}

impl Adversary for Script<'_> {
    fn release(&mut self, held: &[Envelope]) -> Option<usize> {
        let rank = |e: &Envelope| self.last.iter().position(|on| on.fits(e, e.to)).map_or(0, |k| k + 1);
        // A frame waits with those that its sender put on the same stream before it.
        let together = |i: usize| {
            let same = |e: &&Envelope| e.from == held[i].from && e.stream == held[i].stream;
            held[..=i].iter().filter(same).map(rank).max()
        };
        (0..held.len()).min_by_key(|i| together(*i))
    }
    fn outgoing(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        for (_, see) in self.watches.iter_mut().filter(|(on, _)| on.fits(&e, e.to)) {
            see(&e);
        }
        self.apply(true, e, deliver);
    }
    fn incoming(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        debug_assert!(self.corrupt.contains(e.to));
        let frame = Frame { body: copied(&e.frame.body), step: e.frame.step.clone(), ..e.frame };
        self.seen.0.push(Envelope { frame, ..e });
        self.apply(false, e, deliver);
    }
    fn ended(&mut self, who: PartyId) {
        if !self.corrupt.contains(who) {
            self.ended.insert(who);
        }
    }
}

/// The same payload once more. A short one is copied, for less than an atomic count of its owners costs.
fn copied(body: &Bytes) -> Bytes {
    if body.len() <= 256 { Bytes::copy_from_slice(body) } else { body.clone() }
}

/// Decodes the field elements of a frame, lets `f` change them, and puts them back. A request to an ideal functionality
/// keeps its first byte.
pub fn edit<F: Field>(e: &mut Envelope, f: impl FnOnce(&mut [F])) {
    let skip = usize::from(e.to == PartyId::IDEAL);
    let Some((head, tail)) = e.frame.body.split_at_checked(skip) else { return };
    let Some(mut items) = F::read_slice(tail) else { return };
    f(&mut items);
    let mut body = head.to_vec();
    F::write_slice(&items, &mut body);
    e.frame.body = Bytes::from(body);
}

/// Lets `f` change the raw payload.
pub fn edit_bytes(e: &mut Envelope, f: impl FnOnce(&mut Vec<u8>)) {
    let mut body = e.frame.body.to_vec();
    f(&mut body);
    e.frame.body = Bytes::from(body);
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::F31;
    use transport::{Kind, Meta, StepPath, Stream};

    type Act = fn(&mut Envelope) -> Fate;

    fn plus<const BY: u64>(e: &mut Envelope) -> Fate {
        edit(e, |x: &mut [F31]| x[0] += F31::from_u64(BY));
        Fate::Deliver
    }

    /// Plays one frame from party 1 to party 0. Which rules have changed something.
    fn changing(rules: &[Act], ended: bool) -> Vec<bool> {
        let script = Script::new(PartySet::of(&[1]));
        let mut script = rules.iter().fold(script, |script, act| script.sends(On::default(), move |e, _| act(e)));
        if ended {
            script.ended(PartyId::new(0));
        }
        let meta = Meta { name: "x", kind: Kind::Elements, field: "F31", len: 1, width: 1 };
        let frame = Frame { step: StepPath::ROOT, meta, tag: 1, body: Bytes::from_static(&[7]) };
        let (from, to, stream) = (PartyId::new(1), PartyId::new(0), Stream::MAIN);
        script.outgoing(Envelope { seq: 0, from, to, stream, frame, round: 1, arrives: 0 }, &mut Vec::new());
        script.rules.iter().map(|r| r.changed > 0).collect()
    }

    #[test]
    fn rules_count_by_what_is_delivered_in_the_end() {
        let (dropped, twice): (Act, Act) = (|_| Fate::Drop, |_| Fate::Twice);
        let retagged: Act = |e| {
            e.frame.tag ^= 1;
            Fate::Deliver
        };
        let all: [(&[Act], &[bool]); 8] = [
            (&[plus::<1>], &[true]),
            (&[plus::<0>], &[false]),
            (&[plus::<1>, plus::<2>, twice], &[true, true, true]),
            (&[plus::<3>, plus::<28>], &[false, false]),
            (&[plus::<3>, plus::<28>, retagged], &[false, false, true]),
            (&[retagged, retagged], &[false, false]),
            (&[plus::<1>, dropped, plus::<1>], &[false, true, false]),
            (&[dropped, twice], &[false, true]),
        ];
        for (rules, counts) in all {
            assert_eq!(changing(rules, false), counts);
            assert!(changing(rules, true).iter().all(|changed| !changed), "nobody reads it");
        }
    }
}

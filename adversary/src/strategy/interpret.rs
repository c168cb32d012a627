//! A strategy at work: an adversary for one run of the simulator.
//!
//! A rule that never fires, or whose changes never reach anyone, proves nothing, so both are counted. A rule has
//! changed something if a frame was delivered to someone who still runs that differs, in what the rule did, from the
//! one its puppet made or was sent: of two rules that undo each other neither has. Whether it was needed for that is asked
//! of further runs ([`super::stage`]).

use std::cell::Cell;

use bytes::Bytes;
use field::Field;
use protocols::Tape;
use transport::sim::{Adversary, Envelope};
use transport::{Parties, PartyId, PartySet};

use super::changes::{self, Flight};
use super::compile::{Compiled, CompiledAct, Todo};
use super::formula::{Here, Known, Names};
use super::language::{Direction, Items};
use super::memory::{Memory, Record};
use super::pattern::Pattern;
use super::together::{Step, changed, survives};
use crate::fields::FieldId;
use crate::with_field;

/// An adversary that does what a strategy says, for one run.
pub struct Interpreter<'a> {
    plan: &'a Compiled,
    tape: Tape,
    older: &'a [(Direction, Envelope)],
    memory: Memory,
    names: Vec<Known>,
    effect: Effect,
    counts: Vec<((usize, PartyId, PartyId), u64)>,
    /// The last frame of every pair, as it was made.
    last: Vec<Envelope>,
    /// The rule by which a party has fallen silent.
    silenced: [Option<usize>; Parties::MAX],
    aborting: Option<PartyId>,
    /// The rule by which the sender of the current frame starts again.
    restarting: Option<usize>,
    /// What puppets have sent, as it was made, if some rule starts one again.
    sent: Vec<Envelope>,
    /// The honest parties that still run.
    running: PartySet,
    /// Rules that are left out, a bit each: they draw what they would have drawn, and do nothing.
    without: u64,
    /// The rules that worked on one frame, for every frame that was changed.
    met: Vec<u64>,
}

/// What the rules of a strategy did in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// How often each rule found a frame.
    pub fired: Vec<u64>,
    /// How many delivered, or undelivered, frames each rule made different.
    pub changed: Vec<u64>,
}

impl Effect {
    /// Whether every rule has changed something.
    #[must_use]
    pub fn all_changed(&self) -> bool {
        self.changed.iter().all(|c| *c > 0)
    }
    /// The rules that have changed something, a bit each.
    #[must_use]
    pub fn rules(&self) -> u64 {
        self.changed.iter().enumerate().fold(0, |mask, (k, c)| mask | u64::from(*c > 0) << k)
    }
}

impl<'a> Interpreter<'a> {
    /// Starts a run; `tape` is the adversary's own randomness.
    #[must_use]
    pub fn new(plan: &'a Compiled, tape: Tape) -> Self {
        let rules = plan.rules.len();
        Self {
            plan,
            tape,
            older: &[],
            memory: Memory::default(),
            names: vec![Cell::new(None); plan.meanings.len()],
            effect: Effect { fired: vec![0; rules], changed: vec![0; rules] },
            counts: Vec::new(),
            last: Vec::new(),
            silenced: [None; Parties::MAX],
            aborting: None,
            restarting: None,
            sent: Vec::new(),
            running: plan.honest,
            without: 0,
            met: Vec::new(),
        }
    }
    /// With the coalition's frames of an older session.
    #[must_use]
    pub fn remembering(mut self, older: &'a [(Direction, Envelope)]) -> Self {
        self.older = older;
        self
    }
    /// Without these rules.
    #[must_use]
    pub(super) fn without(mut self, rules: u64) -> Self {
        self.without = rules;
        self
    }
    /// The rules that worked together on some frame.
    pub(super) fn met(&self) -> &[u64] {
        &self.met
    }
    /// What the rules have done so far.
    #[must_use]
    pub fn effect(&self) -> &Effect {
        &self.effect
    }
    /// Whether the coalition has seen the message that it must not see.
    #[must_use]
    pub fn has_seen_the_unseen(&self) -> bool {
        self.plan.unseen.is_some_and(|bit| self.memory.latest(bit, None, None).is_some())
    }

    fn pass(&mut self, direction: Direction, e: Envelope, deliver: &mut Vec<Envelope>) {
        let plan = self.plan;
        let todo = plan.todo(direction, &e);
        let sent = direction == Direction::Sent;
        let (puppet, other) = if sent { (e.from, e.to) } else { (e.to, e.from) };
        if todo.looks != 0 {
            let record = Record::new(todo.looks, todo.layout, &e, other);
            if sent { self.memory.made.push(record) } else { self.memory.known.push(record) }
        }
        if let (true, Some(rule)) = (sent, self.silenced[puppet.index()]) {
            self.effect.changed[rule] += u64::from(self.matters(e.to));
            return;
        }
        let fires = self.counted(todo.rules, &e);
        let out = if fires == 0 { Some((e.clone(), 1)) } else { self.rewrite(fires, &todo, &e) };
        if let Some(rule) = self.restarting.take() {
            let before = deliver.len();
            deliver.extend(self.sent.iter().filter(|s| (s.from, s.to) == (e.from, e.to)).cloned());
            self.effect.changed[rule] += u64::from(deliver.len() > before && self.matters(e.to));
        }
        if plan.restarts && sent {
            self.sent.push(e.clone());
        }
        if plan.replays && sent {
            self.last.retain(|l| (l.from, l.to) != (e.from, e.to));
            self.last.push(e);
        }
        let Some((e, copies)) = out else { return };
        if sent && todo.looks != 0 && copies > 0 {
            self.memory.known.push(Record::new(todo.looks, todo.layout, &e, other));
        }
        deliver.extend(std::iter::repeat_n(e, copies));
    }
    /// Whether anyone honest can notice what is delivered to this party.
    pub(super) fn matters(&self, to: PartyId) -> bool {
        let some = !self.running.is_empty();
        some && (to == PartyId::IDEAL || self.plan.corrupt.contains(to) || self.running.contains(to))
    }
    /// The rules whose turn it is, of those that fit.
    fn counted(&mut self, mut rules: u64, e: &Envelope) -> u64 {
        let mut fires = 0;
        while rules != 0 {
            let rule = rules.trailing_zeros() as usize;
            rules &= rules - 1;
            let turn = self.plan.rules[rule].nth.is_none_or(|nth| {
                let pair = (rule, e.from, e.to);
                let at = self.counts.iter().position(|(p, _)| *p == pair).unwrap_or_else(|| {
                    self.counts.push((pair, 0));
                    self.counts.len() - 1
                });
                self.counts[at].1 += 1;
                self.counts[at].1 == nth + 1
            });
            fires |= u64::from(turn) << rule;
        }
        fires
    }
    /// Applies these rules to a frame. Returns what is delivered and how often.
    fn rewrite(&mut self, mut fires: u64, todo: &Todo, e: &Envelope) -> Option<(Envelope, usize)> {
        let mut flight = Flight { to: e.to, tag: e.frame.tag, body: e.frame.body.to_vec(), copies: 1, full: false };
        let several = fires.count_ones() > 1;
        let mut steps: Vec<Step> = Vec::new();
        while fires != 0 {
            let rule = fires.trailing_zeros() as usize;
            fires &= fires - 1;
            self.effect.fired[rule] += 1;
            let before = flight.body.clone();
            let outside = (flight.to, flight.tag, flight.copies);
            // What lasts longer than the frame, and the change that an abort counts at once.
            let begun = (self.silenced, self.aborting, self.restarting, self.effect.changed[rule]);
            let CompiledRuleParts { items, acts } = self.parts(rule);
            flight.full = false;
            for act in acts {
                self.act(rule, act, items, &mut flight, todo, e);
            }
            if flight.full || self.without >> rule & 1 == 1 {
                // Not all of it could be done, or it is left out, so nothing of it is.
                self.effect.fired[rule] -= 1;
                (flight.to, flight.tag, flight.copies) = outside;
                flight.body = before;
                (self.silenced, self.aborting, self.restarting, self.effect.changed[rule]) = begun;
                continue;
            }
            let more = outside != (flight.to, flight.tag, flight.copies);
            let bytes = if several { changed(&before, &flight.body) } else { None };
            steps.push(Step { rule, bytes, more });
        }
        let same = (flight.to, flight.tag, flight.copies) == (e.to, e.frame.tag, 1) && flight.body == *e.frame.body;
        let different = !same && (self.matters(e.to) || self.matters(flight.to));
        // Of a frame that nobody gets only its disappearance has changed anything.
        let together = steps.iter().filter(|s| s.more || flight.copies > 0).fold(0, |mask, s| mask | 1 << s.rule);
        if different && several && !self.met.contains(&together) {
            self.met.push(together);
        }
        for step in steps {
            let counts = match (different, several) {
                (false, _) => false,
                (true, false) => true,
                (true, true) => step.more || (flight.copies > 0 && survives(&step, &e.frame.body, &flight.body)),
            };
            self.effect.changed[step.rule] += u64::from(counts);
        }
        if flight.copies == 0 {
            return None;
        }
        let mut e = e.clone();
        (e.to, e.frame.tag) = (flight.to, flight.tag);
        if flight.body != *e.frame.body {
            e.frame.body = Bytes::from(flight.body);
        }
        Some((e, flight.copies))
    }
    fn parts(&self, rule: usize) -> CompiledRuleParts<'a> {
        let rule = &self.plan.rules[rule];
        CompiledRuleParts { items: &rule.items, acts: &rule.acts }
    }
    fn act(&mut self, rule: usize, act: &CompiledAct, items: &Items, flight: &mut Flight, todo: &Todo, e: &Envelope) {
        let layout = &todo.layout;
        if changes::plain(act, flight, layout, items) {
            return;
        }
        match act {
            CompiledAct::Add(_) | CompiledAct::Multiply(_) | CompiledAct::Set(_) => {
                let Some(field) = layout.field else { return };
                with_field!(field, F => changes::arithmetic::<F>(act, flight, layout, items, |f, k, x| self.here(f, k, x, e)));
            }
            CompiledAct::Random => changes::random(&self.tape, flight, layout, items),
            CompiledAct::Copy { look, same, first } => {
                let known = self.known(*look, *first, (*same).then_some(e), e.round);
                let Some(known) = known else { return };
                let (of, source) = (&known.layout, &known.envelope.frame.body);
                if *items == Items::All {
                    flight.body.truncate(layout.head);
                    flight.body.extend_from_slice(&source[of.head.min(source.len())..]);
                } else {
                    changes::each_item(flight, layout, items, |k, item| {
                        if let Some(theirs) = of.item(source, k).filter(|theirs| theirs.len() == item.len()) {
                            item.copy_from_slice(theirs);
                        }
                    });
                }
            }
            CompiledAct::ReplayLast { whole } => {
                let before = self.last.iter().find(|l| (l.from, l.to) == (e.from, e.to));
                if let Some(before) = before.cloned() {
                    put(flight, todo, &before, *whole);
                }
            }
            CompiledAct::ReplayKnown { look, whole } => {
                if let Some(known) = self.known(*look, false, None, e.round) {
                    let envelope = known.envelope.clone();
                    put(flight, todo, &envelope, *whole);
                }
            }
            CompiledAct::ReplayOlder { step, message, from, whole } => {
                if let Some(old) = self.old(step.as_ref(), message, *from, e) {
                    put(flight, todo, old, *whole);
                }
            }
            CompiledAct::Silent => {
                let puppet = if self.plan.corrupt.contains(e.from) { e.from } else { e.to };
                self.silenced[puppet.index()].get_or_insert(rule);
                if puppet == e.from {
                    flight.copies = 0;
                }
            }
            CompiledAct::Abort if self.aborting.is_none() => {
                self.aborting = Some(e.from);
                self.effect.changed[rule] += u64::from(!self.running.is_empty());
            }
            CompiledAct::Restart => self.restarting = Some(rule),
            // Holding back happens when frames are released, and everything else is a plain change.
            _ => {}
        }
    }
    fn here<F: Field>(&self, field: FieldId, item: usize, value: F, e: &Envelope) -> Here<'_, F> {
        Here {
            memory: &self.memory,
            lookups: &self.plan.lookups,
            names: Names { meanings: &self.plan.meanings, known: &self.names, tape: &self.tape },
            parties: self.plan.parties,
            honest: self.plan.honest,
            field,
            item,
            value,
            before: (!self.plan.rushing).then_some(e.round),
        }
    }
    /// A remembered frame; with `like`, only of the same step and message.
    fn known(&self, look: usize, first: bool, like: Option<&Envelope>, round: u32) -> Option<&Record> {
        let lookup = &self.plan.lookups[look];
        let before = (!self.plan.rushing).then_some(round);
        let Some(like) = like else {
            return match first {
                true => self.memory.earliest(lookup.bit, lookup.party, before),
                false => self.memory.latest(lookup.bit, lookup.party, before),
            };
        };
        let fits = |r: &&Record| {
            r.fits(lookup.bit, lookup.party, before)
                && r.envelope.frame.meta.name == like.frame.meta.name
                && r.envelope.frame.step == like.frame.step
        };
        if first { self.memory.known.iter().find(fits) } else { self.memory.known.iter().rev().find(fits) }
    }
    /// A frame of the older session.
    fn old(&self, step: Option<&Pattern>, message: &str, from: Option<PartyId>, e: &Envelope) -> Option<&'a Envelope> {
        let from = from.unwrap_or(e.from);
        let of_sender = self.older.iter().filter(|(_, old)| old.from == from).map(|(_, old)| old);
        let name = if message.is_empty() { e.frame.meta.name } else { message };
        let fits = |old: &&Envelope| {
            old.frame.meta.name == name
                && step.map_or_else(|| old.frame.step == e.frame.step, |step| step.fits(&old.frame.step.label()))
        };
        let all: Vec<&Envelope> = of_sender.filter(fits).collect();
        // The one to the same receiver, if there is one.
        all.iter().rev().find(|old| old.to == e.to).or(all.last()).copied()
    }
}

struct CompiledRuleParts<'a> {
    items: &'a Items,
    acts: &'a [CompiledAct],
}

/// Puts another frame's content, and with `whole` its tag, in place of this one's. A request to an ideal functionality
/// keeps its operation.
fn put(flight: &mut Flight, todo: &Todo, other: &Envelope, whole: bool) {
    let request = other.to == PartyId::IDEAL;
    let skip = usize::from(request).min(other.frame.body.len());
    flight.body.truncate(todo.layout.head);
    flight.body.extend_from_slice(&other.frame.body[skip..]);
    if whole {
        flight.tag = other.frame.tag;
    }
}

impl Adversary for Interpreter<'_> {
    fn release(&mut self, held: &[Envelope]) -> Option<usize> {
        if self.plan.delays == 0 || held.is_empty() {
            return (!held.is_empty()).then_some(0);
        }
        let delays = self.plan.delays & !self.without;
        let ranks: Vec<u64> = held.iter().map(|e| self.plan.todo(Direction::Sent, e).rules & delays).collect();
        let rank = |i: usize| if ranks[i] == 0 { 0 } else { ranks[i].trailing_zeros() + 1 };
        // A frame waits with those that its sender put on the same stream before it.
        let together = |i: usize| {
            let same = |k: &usize| held[*k].from == held[i].from && held[*k].stream == held[i].stream;
            (0..=i).filter(same).map(rank).max()
        };
        let chosen = (0..held.len()).min_by_key(|i| together(*i))?;
        for overtaken in ranks[..chosen].iter().filter(|r| **r != 0) {
            let rule = overtaken.trailing_zeros() as usize;
            self.effect.changed[rule] += 1;
        }
        Some(chosen)
    }
    fn outgoing(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        self.pass(Direction::Sent, e, deliver);
    }
    fn incoming(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        self.pass(Direction::Received, e, deliver);
    }
    fn abort(&mut self) -> Option<PartyId> {
        self.aborting.take()
    }
    fn ended(&mut self, who: PartyId) {
        self.running.remove(who);
    }
}

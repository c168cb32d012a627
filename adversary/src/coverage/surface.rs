//! What there is to change in a protocol, and the adversaries that change it.

use std::collections::BTreeSet;
use std::fmt;

use bytes::Bytes;
use transport::sim::{Adversary, Envelope};
use transport::{Kind, PartyId};

use crate::sweep::{Direction, ItemChange, Mutation, Point, Target};

/// One field of a protocol's messages, whatever round and pair of parties it travels in.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Field {
    /// The names of the steps, without their numbers.
    pub steps: String,
    /// Who speaks to whom.
    pub role: &'static str,
    /// The message.
    pub name: &'static str,
    /// What it is made of.
    pub kind: Kind,
}

impl Field {
    /// The field of this frame, sent or received by a coalition.
    #[must_use]
    pub fn of(direction: Direction, e: &Envelope) -> Self {
        let steps = e.frame.step.elements().iter().map(|(name, _)| *name).collect::<Vec<_>>().join("/");
        let role = match direction {
            Direction::Sent if e.to == PartyId::IDEAL => "corrupt → ideal",
            Direction::Sent => "corrupt → honest",
            Direction::Received if e.frame.meta.kind == Kind::Ideal => "ideal → corrupt",
            Direction::Received => "honest → corrupt",
        };
        Self { steps, role, name: e.frame.meta.name, kind: e.frame.meta.kind }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} ({}, {:?})", self.steps, self.name, self.role, self.kind)
    }
}

/// The name of a change, whatever place it is made in.
pub(super) fn change(mutation: Mutation) -> &'static str {
    match mutation {
        Mutation::FlipFirst | Mutation::FlipLast | Mutation::Flip(_) => "flip a bit",
        Mutation::Truncate => "truncate",
        Mutation::Extend => "extend",
        Mutation::Drop => "drop",
        Mutation::Duplicate => "duplicate",
        Mutation::Replay => "replay",
        Mutation::SwapReceiver => "redirect",
        Mutation::Retag => "another tag",
        Mutation::Item(_, change) => match change {
            ItemChange::AddOne => "add one",
            ItemChange::Zero => "zero",
            ItemChange::Negate => "negate",
            ItemChange::Other => "another value",
            ItemChange::NotCanonical => "not canonical",
            ItemChange::Invert => "invert",
            ItemChange::Generator => "another point",
        },
    }
}

/// A frame that a coalition could have changed.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) field: Field,
    pub(super) empty: bool,
    /// Whether its sender had sent its receiver something before.
    repeated: bool,
    to_ideal: bool,
}

/// Every frame that a coalition sends and receives in an untampered run, in order.
#[derive(Clone, Debug, Default)]
pub struct Surface {
    pub(super) frames: [Vec<Frame>; 2],
    links: BTreeSet<(Direction, PartyId, PartyId)>,
}

impl Surface {
    /// Of an untampered run.
    #[must_use]
    pub fn of(target: &dyn Target, seed: u64) -> Self {
        let mut surface = Self::default();
        target.run(seed, &mut surface);
        surface
    }
    fn note(&mut self, direction: Direction, e: &Envelope) {
        let repeated = !self.links.insert((direction, e.from, e.to));
        let (field, to_ideal) = (Field::of(direction, e), e.to == PartyId::IDEAL);
        // A request to the trusted program begins with what is asked for.
        let empty = e.frame.body.len() <= usize::from(to_ideal);
        self.frames[direction as usize].push(Frame { field, empty, repeated, to_ideal });
    }
    pub(super) fn at(&self, point: &Point) -> Option<&Frame> {
        self.frames[point.direction as usize].get(point.frame)
    }
}

impl Adversary for Surface {
    fn outgoing(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        self.note(Direction::Sent, &e);
        deliver.push(e);
    }
    fn incoming(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        self.note(Direction::Received, &e);
        deliver.push(e);
    }
}

/// Whether a change is possible at all there, among `n` parties.
pub(super) fn possible(mutation: Mutation, frame: &Frame, direction: Direction, n: usize) -> bool {
    match mutation {
        Mutation::Replay => frame.repeated,
        Mutation::SwapReceiver => direction == Direction::Sent && !frame.to_ideal && n > 2,
        Mutation::FlipFirst | Mutation::FlipLast | Mutation::Truncate => !frame.empty,
        _ => true,
    }
}

/// Two frames of a coalition in a row, both changed.
pub(super) struct Both {
    pub(super) first: usize,
    pub(super) sent: usize,
    pub(super) changed: usize,
}

impl Adversary for Both {
    fn outgoing(&mut self, mut e: Envelope, deliver: &mut Vec<Envelope>) {
        if (self.first..self.first + 2).contains(&self.sent) {
            let mut body = e.frame.body.to_vec();
            if let Some(byte) = body.get_mut(usize::from(e.to == PartyId::IDEAL)) {
                *byte ^= 1;
                self.changed += 1;
            }
            e.frame.body = Bytes::from(body);
        }
        self.sent += 1;
        deliver.push(e);
    }
}

/// How a coalition leaves a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Leaves {
    /// It says nothing any more.
    Silently,
    /// Whoever was to speak tells everyone that it aborts, and then nothing any more.
    Aborting,
}

/// A coalition that leaves after so many frames.
pub(super) struct Gone {
    after: usize,
    leaves: Leaves,
    sent: usize,
    aborting: Option<PartyId>,
    /// Whether the abort was taken up.
    told: bool,
}

impl Gone {
    pub(super) fn after(after: usize, leaves: Leaves) -> Self {
        Self { after, leaves, sent: 0, aborting: None, told: false }
    }
    /// Whether it left as it was to: it had more to say, and an abort was taken up.
    pub(super) fn left(&self) -> bool {
        self.quiet() && (self.leaves == Leaves::Silently || self.told)
    }
    fn quiet(&self) -> bool {
        self.sent > self.after
    }
}

impl Adversary for Gone {
    fn outgoing(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        self.sent += 1;
        if !self.quiet() {
            deliver.push(e);
        } else if self.sent == self.after + 1 && self.leaves == Leaves::Aborting {
            self.aborting = Some(e.from);
        }
    }
    fn abort(&mut self) -> Option<PartyId> {
        let who = self.aborting.take();
        self.told |= who.is_some();
        who
    }
}

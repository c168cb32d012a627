//! What a coalition remembers of a run: the frames that its strategy refers to.

use field::Field;
use transport::PartyId;
use transport::sim::Envelope;

use crate::items::Layout;

/// A remembered frame.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// Which parts of the strategy refer to it.
    looks: u64,
    pub layout: Layout,
    pub envelope: Envelope,
    /// The party at the other end of what the coalition sent, the sender of what it received.
    other: PartyId,
}

/// Everything remembered, in order.
#[derive(Default)]
pub(super) struct Memory {
    /// What was received, and what was sent, as it was delivered.
    pub known: Vec<Record>,
    /// What puppets made, as they made it.
    pub made: Vec<Record>,
}

impl Record {
    pub fn new(looks: u64, layout: Layout, envelope: &Envelope, other: PartyId) -> Self {
        Self { looks, layout, envelope: envelope.clone(), other }
    }
    /// Whether this part of the strategy refers to it.
    pub fn is(&self, bit: u64) -> bool {
        self.looks & bit != 0
    }
    pub fn items(&self) -> usize {
        self.layout.count(&self.envelope.frame.body)
    }
    pub fn element<F: Field>(&self, at: usize) -> Option<F> {
        F::read(self.layout.item(&self.envelope.frame.body, at)?)
    }
}

impl Memory {
    /// The latest frame of a list that fits, received in a round before this one if it is given.
    pub fn find(list: &[Record], bit: u64, party: Option<PartyId>, before: Option<u32>) -> Option<&Record> {
        list.iter().rev().find(|r| r.fits(bit, party, before))
    }
    /// The latest of what was received or delivered.
    pub fn latest(&self, bit: u64, party: Option<PartyId>, before: Option<u32>) -> Option<&Record> {
        Self::find(&self.known, bit, party, before)
    }
    /// The first of it.
    pub fn earliest(&self, bit: u64, party: Option<PartyId>, before: Option<u32>) -> Option<&Record> {
        self.known.iter().find(|r| r.fits(bit, party, before))
    }
}

impl Record {
    pub fn fits(&self, bit: u64, party: Option<PartyId>, before: Option<u32>) -> bool {
        self.is(bit) && party.is_none_or(|p| p == self.other) && before.is_none_or(|round| self.envelope.round < round)
    }
}

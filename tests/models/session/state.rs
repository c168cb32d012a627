//! Where the parties of a session are, and what is on its way between them.

use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use protocols::Blame;
use protocols::ledger::Status;
use transport::{NetErrorKind, PartyId, PartySet};

use crate::ledger::Stands;

/// What a frame of the coalition is to its receiver; an honest party says what is right.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Word {
    Right,
    /// Of the right form, with another content.
    Wrong,
    /// What was right at this place of an older session.
    Older,
    /// What is right at another step.
    Astray,
}

/// What is on its way from an honest party.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Sent {
    Frame,
    Notice,
    /// The connection is closed behind what was sent.
    Goodbye,
}

/// How a party ended, in the terms of `protocols::Error`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Output {
        /// Whether the check was made.
        checked: bool,
        /// Whether everything in it was said for this place of this session.
        right: bool,
    },
    Failed(Blame),
    Lost(NetErrorKind),
    Config,
    /// Its process ended.
    Stopped,
}

impl Hash for End {
    fn hash<H: Hasher>(&self, state: &mut H) {
        discriminant(self).hash(state);
        match self {
            Self::Output { checked, right } => (checked, right).hash(state),
            Self::Failed(Blame::Accused(p)) => Some(p).hash(state),
            Self::Failed(Blame::Unknown) => None::<PartyId>.hash(state),
            Self::Lost(kind) => (*kind as u8).hash(state),
            Self::Config | Self::Stopped => {}
        }
    }
}

/// What a session that dies does, and what its program tries then.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LastWord {
    /// The segment is dead on disk.
    Tombstone,
    /// The others are told.
    Notice,
    /// The program uses the session once more, then ends.
    Insist,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Party {
    /// The session id it has arrived at.
    pub id: u8,
    /// The round it is in, and whom it has heard in it.
    pub at: usize,
    pub heard: PartySet,
    /// What has arrived from each party; whose link has ended behind that; whether an abort was told.
    pub unread: Vec<Vec<Word>>,
    pub lost: PartySet,
    pub told: bool,
    /// Whether it heard another session id, a wrong content, a frame of another place.
    pub differs: bool,
    pub wrong: bool,
    pub other: bool,
    /// Whether a check of its own has failed.
    pub failed: bool,
    pub end: Option<End>,
    pub todo: Vec<LastWord>,
    /// Whether it has told the others that it aborts.
    pub warned: bool,
    /// Whether its session did something when it was dead.
    pub answered: bool,
    /// How its ledger's segment stands on disk.
    pub segment: Stands,
}

impl Party {
    /// Whether its process has ended.
    pub fn is_gone(&self) -> bool {
        self.end.is_some() && self.todo.is_empty()
    }
    /// Whether it has something to do when it waits for `from`.
    pub fn can_move(&self, from: PartyId) -> bool {
        self.told || self.lost.contains(from) || !self.unread[from.index()].is_empty()
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    pub corrupt: PartySet,
    pub parties: Vec<Party>,
    /// What is under way from each party to each.
    links: Vec<Vec<Sent>>,
    /// How many frames the coalition has sent on each link.
    pub said: Vec<u8>,
    pub lies: u8,
    pub faults: u8,
    /// How the first honest party's segment stood when another session of it got the key.
    pub again: Option<Stands>,
}

impl State {
    /// Nothing said yet; `other` has another session id than everybody else.
    pub fn new(n: usize, corrupt: PartySet, other: Option<PartyId>) -> Self {
        let party = |p: PartyId| Party {
            id: u8::from(other == Some(p)),
            at: 0,
            heard: PartySet::EMPTY,
            unread: vec![Vec::new(); n],
            lost: PartySet::EMPTY,
            told: false,
            differs: false,
            wrong: false,
            other: false,
            failed: false,
            end: None,
            todo: Vec::new(),
            warned: false,
            answered: false,
            segment: Stands(Status::Sealed),
        };
        Self {
            corrupt,
            parties: PartySet::all(n).iter().map(party).collect(),
            links: vec![Vec::new(); n * n],
            said: vec![0; n * n],
            lies: 0,
            faults: 0,
            again: None,
        }
    }
    pub fn honest(&self) -> impl Iterator<Item = (PartyId, &Party)> {
        let all = self.parties.iter().enumerate().map(|(p, party)| (PartyId::new(p), party));
        all.filter(|(p, _)| !self.corrupt.contains(*p))
    }
    pub fn link(&self, from: PartyId, to: PartyId) -> &[Sent] {
        &self.links[from.index() * self.parties.len() + to.index()]
    }
    fn link_mut(&mut self, from: PartyId, to: PartyId) -> &mut Vec<Sent> {
        &mut self.links[from.index() * self.parties.len() + to.index()]
    }
    /// Puts something on its way, unless nobody is there to notice it.
    pub fn send(&mut self, from: PartyId, to: PartyId, what: Sent) {
        let receiver = &self.parties[to.index()];
        let noticed = !self.corrupt.contains(to) && receiver.end.is_none() && !receiver.lost.contains(from);
        if from != to && noticed {
            self.link_mut(from, to).push(what);
        }
    }
    pub fn arrive(&mut self, from: PartyId, to: PartyId) {
        let what = self.link_mut(from, to).remove(0);
        let receiver = &mut self.parties[to.index()];
        match what {
            Sent::Frame => receiver.unread[from.index()].push(Word::Right),
            Sent::Notice => receiver.told = true,
            Sent::Goodbye => receiver.lost.insert(from),
        }
    }
    /// Nothing more passes on a link.
    pub fn cut(&mut self, from: PartyId, to: PartyId) {
        self.link_mut(from, to).clear();
        self.parties[to.index()].lost.insert(from);
    }
    /// A party reads nothing more: what it has read and could read makes no difference.
    pub fn deafen(&mut self, p: PartyId) {
        let n = self.parties.len();
        for from in PartySet::all(n).iter() {
            self.link_mut(from, p).clear();
            self.said[from.index() * n + p.index()] = 0;
        }
        let party = &mut self.parties[p.index()];
        party.unread.iter_mut().for_each(Vec::clear);
        (party.heard, party.lost) = (PartySet::EMPTY, PartySet::EMPTY);
        (party.differs, party.wrong, party.other) = (false, false, false);
    }
    /// A party's process ends, and with it its ends of all links.
    pub fn leave(&mut self, p: PartyId) {
        let all = PartySet::all(self.parties.len());
        all.iter().for_each(|to| self.send(p, to, Sent::Goodbye));
        self.deafen(p);
    }
}

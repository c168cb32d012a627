//! A network that the adversary owns: who runs, which frame arrives next, which links break, who crashes, who is cut off.
//!
//! What protocols stand on are channels that keep order and content or end (mutual TLS over TCP), so what a network can do
//! to them is this: let frames of different links overtake each other by any time, break a link, split the parties, stop
//! a party, and hold abort notices back. A packet that is dropped, repeated, reordered or changed is one of these by the
//! time it reaches a session: TCP sends it again, or TLS ends the connection. `tests/` does that to real connections. A
//! party that is started again does not come back into a session: its connections are new and ask for another session
//! id. Protocols have no clocks:
//! what clocks that differ can do is to make a certificate look expired or too new, before a session begins.

use std::collections::{BTreeMap, VecDeque};

use protocols::Tape;
use transport::sim::{Adversary, Envelope, Move};
use transport::{NetErrorKind, PartyId, PartySet, Stream};

/// Something that goes wrong once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// These parties stop when so many of their frames have arrived; the others are told so, or nothing.
    Stop {
        /// Who stops.
        who: PartySet,
        /// Frames of theirs that still arrive.
        after: usize,
        /// What the others are told; `None`: they wait until they give up.
        kind: Option<NetErrorKind>,
    },
    /// A link ends after so many frames.
    Break {
        /// The sender.
        from: PartyId,
        /// The receiver.
        to: PartyId,
        /// Frames on it that still arrive.
        after: usize,
        /// What the receiver is told.
        kind: NetErrorKind,
    },
    /// After so many frames of the run nothing passes between these parties and the others any more.
    Split {
        /// One side.
        side: PartySet,
        /// Frames that still arrive.
        after: usize,
    },
}

/// How much of the order is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Freedom {
    /// Who runs and what arrives, at every moment.
    Everything,
    /// What arrives next; everyone who can run does so first.
    Arrivals,
}

/// A network with an order of its own and faults.
pub struct Network {
    n: usize,
    choices: Tape,
    freedom: Freedom,
    faults: Vec<Fault>,
    stopped: PartySet,
    /// Frames that have arrived, by link.
    arrived: BTreeMap<(PartyId, PartyId), usize>,
    cut: Vec<(PartyId, PartyId)>,
    ahead: VecDeque<Move>,
    quiet: u8,
}

impl Network {
    /// A network among `n` parties that takes its choices from a tape: random, or every one of them under an enumerator.
    #[must_use]
    pub fn new(n: usize, choices: Tape, freedom: Freedom) -> Self {
        Self {
            n,
            choices,
            freedom,
            faults: Vec::new(),
            stopped: PartySet::EMPTY,
            arrived: BTreeMap::new(),
            cut: Vec::new(),
            ahead: VecDeque::new(),
            quiet: 0,
        }
    }
    /// With this fault. Each party hears of aborts at once or as late as possible, by a choice.
    #[must_use]
    pub fn with(mut self, fault: Fault) -> Self {
        if self.faults.is_empty() {
            let early = (0..self.n).map(PartyId::new).filter(|_| self.choices.uniform(2) == 0);
            self.ahead.extend(early.map(Move::Tell));
        }
        self.faults.push(fault);
        self
    }
    fn pairs(&self) -> impl Iterator<Item = (PartyId, PartyId)> + use<> {
        let n = self.n;
        (0..n).flat_map(move |a| (0..n).map(move |b| (PartyId::new(a), PartyId::new(b)))).filter(|(a, b)| a != b)
    }
    fn of(&self, link: impl Fn(PartyId, PartyId) -> bool) -> usize {
        self.arrived.iter().filter(|((a, b), _)| link(*a, *b)).map(|(_, k)| k).sum()
    }
    /// Lets the faults happen whose time has come.
    fn strike(&mut self) {
        for fault in std::mem::take(&mut self.faults) {
            let due = match fault {
                Fault::Stop { who, after, .. } => self.of(|a, _| who.contains(a)) >= after,
                Fault::Break { from, to, after, .. } => self.of(|a, b| (a, b) == (from, to)) >= after,
                Fault::Split { after, .. } => self.of(|_, _| true) >= after,
            };
            if !due {
                self.faults.push(fault);
                continue;
            }
            match fault {
                Fault::Stop { who, kind, .. } => {
                    who.iter().for_each(|p| self.stopped.insert(p));
                    let links = self.pairs().filter(|(a, b)| who.contains(*a) && !who.contains(*b)).collect::<Vec<_>>();
                    if let Some(kind) = kind {
                        self.ahead.extend(links.iter().map(|(from, to)| Move::Close { from: *from, to: *to, kind }));
                    }
                    self.cut.extend(links);
                }
                Fault::Break { from, to, kind, .. } => self.ahead.push_back(Move::Close { from, to, kind }),
                Fault::Split { side, .. } => {
                    self.cut.extend(self.pairs().filter(|(a, b)| side.contains(*a) != side.contains(*b)));
                }
            }
        }
    }
    fn options(&self, awake: PartySet, held: &[Envelope]) -> Vec<Move> {
        let ready = awake.without(self.stopped);
        if let (Freedom::Arrivals, Some(p)) = (self.freedom, ready.iter().next()) {
            return vec![Move::Run(p)];
        }
        let mut links: Vec<(PartyId, PartyId, Stream)> = Vec::new();
        let mut options: Vec<Move> = ready.iter().map(Move::Run).collect();
        for (k, e) in held.iter().enumerate() {
            let link = (e.from, e.to, e.stream);
            // What the trusted program passes on for a party keeps its place among what that party sends itself.
            let own = |o: &&Envelope| o.from == e.from && (o.to == PartyId::IDEAL || e.to == PartyId::IDEAL);
            let waits = held[..k].iter().any(|o| own(&o));
            if !waits && !links.contains(&link) && !self.cut.contains(&(e.from, e.to)) {
                links.push(link);
                options.push(Move::Deliver(k));
            }
        }
        options
    }
    /// Nothing moves any more: abort notices that were held back arrive, then whoever waits gives up.
    fn calm(&mut self) {
        self.quiet += 1;
        let all = (0..self.n).map(PartyId::new);
        match self.quiet {
            1 => self.ahead.extend(all.map(Move::Tell)),
            2 => {
                let end = |(from, to)| Move::Close { from, to, kind: NetErrorKind::Stalled };
                self.ahead.extend(self.pairs().chain(all.map(|to| (PartyId::IDEAL, to))).map(end));
            }
            _ => {}
        }
    }
}

impl Adversary for Network {
    fn network(&self) -> bool {
        true
    }
    fn next(&mut self, awake: PartySet, held: &[Envelope]) -> Option<Move> {
        self.strike();
        if let Some(next) = self.ahead.pop_front() {
            return Some(next);
        }
        let options = self.options(awake, held);
        if options.is_empty() {
            self.calm();
            return self.ahead.pop_front();
        }
        let k = if options.len() == 1 { 0 } else { self.choices.uniform(options.len() as u64) as usize };
        let next = options[k];
        if let Move::Deliver(k) = next {
            *self.arrived.entry((held[k].from, held[k].to)).or_default() += 1;
        }
        Some(next)
    }
}

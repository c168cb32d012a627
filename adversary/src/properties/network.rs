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

impl Fault {
    /// Every one among `n` parties, at its first moment: every set of up to n − 1 of them stops, every link breaks, each
    /// with everything that others may be told; every split.
    #[must_use]
    pub fn all(n: usize) -> Vec<Self> {
        let (some, kinds) = (PartySet::up_to(n - 1, n), NetErrorKind::ALL);
        let some = || some.iter().copied().filter(|set| !set.is_empty());
        let told = || kinds.map(Some).into_iter().chain([None]);
        let stops = some().flat_map(|who| told().map(move |kind| Self::Stop { who, after: 0, kind }));
        let breaks = pairs(n).flat_map(|(from, to)| kinds.map(|kind| Self::Break { from, to, after: 0, kind }));
        // The other side is as good a name for a split.
        let splits = some().filter(|side| side.contains(PartyId::new(0))).map(|side| Self::Split { side, after: 0 });
        stops.chain(breaks).chain(splits).collect()
    }
    /// What kind of fault it is.
    #[must_use]
    pub fn what(&self) -> &'static str {
        match self {
            Self::Stop { .. } => "parties that stop",
            Self::Break { .. } => "links that break",
            Self::Split { .. } => "splits",
        }
    }
    /// The same at another moment.
    #[must_use]
    pub fn at(mut self, moment: usize) -> Self {
        let (Self::Stop { after, .. } | Self::Break { after, .. } | Self::Split { after, .. }) = &mut self;
        *after = moment;
        self
    }
    /// Who stops by it.
    #[must_use]
    pub fn stops(&self) -> PartySet {
        if let Self::Stop { who, .. } = self { *who } else { PartySet::EMPTY }
    }
}

fn pairs(n: usize) -> impl Iterator<Item = (PartyId, PartyId)> {
    (0..n).flat_map(move |a| (0..n).map(move |b| (PartyId::new(a), PartyId::new(b)))).filter(|(a, b)| a != b)
}

/// How much of the order is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Freedom {
    /// Nothing: everyone who can run does so, then the frame that was sent first arrives.
    Nothing,
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
    /// These parties hear of aborts at once, the others as late as possible.
    #[must_use]
    pub fn telling(mut self, early: PartySet) -> Self {
        self.ahead.extend(early.iter().map(Move::Tell));
        self
    }
    /// With this fault.
    #[must_use]
    pub fn with(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }
    /// How many of the frames that this fault counts have arrived.
    #[must_use]
    pub fn seen(&self, fault: &Fault) -> usize {
        let counts = |a: PartyId, b: PartyId| match fault {
            Fault::Stop { who, .. } => who.contains(a),
            Fault::Break { from, to, .. } => (a, b) == (*from, *to),
            Fault::Split { .. } => true,
        };
        self.arrived.iter().filter(|((a, b), _)| counts(*a, *b)).map(|(_, k)| k).sum()
    }
    /// Lets the faults happen whose time has come.
    fn strike(&mut self) {
        for fault in std::mem::take(&mut self.faults) {
            let (Fault::Stop { after, .. } | Fault::Break { after, .. } | Fault::Split { after, .. }) = fault;
            if self.seen(&fault) < after {
                self.faults.push(fault);
                continue;
            }
            match fault {
                Fault::Stop { who, kind, .. } => {
                    who.iter().for_each(|p| self.stopped.insert(p));
                    let links =
                        pairs(self.n).filter(|(a, b)| who.contains(*a) && !who.contains(*b)).collect::<Vec<_>>();
                    if let Some(kind) = kind {
                        self.ahead.extend(links.iter().map(|(from, to)| Move::Close { from: *from, to: *to, kind }));
                    }
                    self.cut.extend(links);
                }
                Fault::Break { from, to, kind, .. } => self.ahead.push_back(Move::Close { from, to, kind }),
                Fault::Split { side, .. } => {
                    self.cut.extend(pairs(self.n).filter(|(a, b)| side.contains(*a) != side.contains(*b)));
                }
            }
        }
    }
    fn options(&self, awake: PartySet, held: &[Envelope]) -> Vec<Move> {
        let ready = awake.without(self.stopped);
        if let (Freedom::Arrivals | Freedom::Nothing, Some(p)) = (self.freedom, ready.first()) {
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
                self.ahead.extend(pairs(self.n).chain(all.map(|to| (PartyId::IDEAL, to))).map(end));
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
        let k = if options.len() == 1 || self.freedom == Freedom::Nothing {
            0
        } else {
            self.choices.uniform(options.len() as u64) as usize
        };
        let next = options[k];
        if let Move::Deliver(k) = next {
            *self.arrived.entry((held[k].from, held[k].to)).or_default() += 1;
        }
        Some(next)
    }
}

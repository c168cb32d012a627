//! The life of one session at all its parties, step by step as they and the network see it: every order in which frames
//! of different links arrive, abort notices that overtake or cross them, a coalition that lies or falls silent, links
//! that break, parties that stop, and a second session that asks for the same key. Parties, sets of parties, blame,
//! network errors and the ledger's status are the types that ship.
//!
//! Every action uses something up (a frame under way, a round, a lie, a fault), so every life ends.

mod conformance;
mod properties;
mod shipped;
mod state;

use protocols::Blame;
use protocols::ledger::Status;
use stateright::{Model, Property};
use transport::{NetErrorKind, PartyId, PartySet};

use crate::ledger::Stands;
pub use state::{End, LastWord, Party, Sent, State, Word};

/// What all parties do together: in each round a party first speaks to the others, then hears them in their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Round {
    /// They tell each other their session ids, under no id.
    Ids,
    /// The lower party of each pair sends a seed.
    Seeds,
    /// The ledger's segment is open and compared; what ends here leaves it as it was.
    Compare,
    /// They compute under the key, check what they heard and give it out.
    Work,
}

impl Round {
    /// Whether `from` says something to `to`.
    pub fn speaks(self, from: PartyId, to: PartyId) -> bool {
        self != Self::Seeds || from < to
    }
}

/// What a session without one of its ideas would do; each must be noticed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flaw {
    /// Tags are used before ids were compared.
    ComparesNoIds,
    /// A frame is taken whatever its tag says.
    ReadsNoTags,
    /// A lost connection counts as the peer's deviation.
    AccusesLosses,
    /// What was heard is given out unchecked.
    ChecksNothing,
    /// A failed check is an error like any other: the program may carry on.
    LivesOn,
    /// A dead session still sends.
    Answers,
    /// Frames that have arrived are taken before an abort is heard.
    HearsLate,
    /// A failed check is not told.
    KeepsQuiet,
    /// Nobody runs out of time.
    HasNoClock,
    /// The others are told before the segment is dead on disk.
    BuriesLast,
    /// A segment in use can be put to use again.
    SharesKeys,
    /// So can a dead one.
    Exhumes,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// The next thing on a link between honest parties arrives.
    Arrive { from: PartyId, to: PartyId },
    /// The coalition says this in its next frame on a link.
    Say { from: PartyId, to: PartyId, word: Word },
    /// The coalition tells one party that it aborts.
    Tell { from: PartyId, to: PartyId },
    /// A party runs until it waits for something.
    Run(PartyId),
    /// A party that dies does the next thing.
    Next(PartyId),
    /// Nothing else happens any more, and a party has waited for too long.
    GiveUp(PartyId),
    /// A link breaks with all that is on it.
    Break { from: PartyId, to: PartyId },
    /// A party's process ends wherever it is.
    Stop(PartyId),
    /// Another session of the first honest party asks for the key and gets it.
    Again,
}

/// A session among so many parties.
#[derive(Clone, Copy)]
pub struct Life {
    pub n: usize,
    pub rounds: &'static [Round],
    /// How often the coalition may deviate, silence apart.
    pub lies: u8,
    /// How many links may break or parties stop.
    pub faults: u8,
    pub flaw: Option<Flaw>,
}

impl Life {
    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }
    fn parties(&self) -> impl Iterator<Item = PartyId> + use<> {
        PartySet::all(self.n).iter()
    }
    /// What the coalition may say in a round besides what is right: another content only where contents are looked at.
    fn lies_in(&self, round: Round) -> &'static [Word] {
        match round {
            Round::Ids | Round::Work => &[Word::Wrong, Word::Older, Word::Astray],
            Round::Seeds | Round::Compare => &[Word::Older, Word::Astray],
        }
    }
    /// What of the session may still happen by itself.
    pub fn honest_moves(&self, s: &State) -> Vec<Action> {
        let mut moves = Vec::new();
        for p in self.parties().filter(|p| !s.corrupt.contains(*p)) {
            let party = &s.parties[p.index()];
            moves.extend((!party.todo.is_empty()).then_some(Action::Next(p)));
            let waits = self.waits_for(s, p);
            moves.extend(waits.is_some_and(|from| party.can_move(from)).then_some(Action::Run(p)));
            let links = self.parties().filter(|from| !s.corrupt.contains(*from) && !s.link(*from, p).is_empty());
            moves.extend(links.map(|from| Action::Arrive { from, to: p }));
        }
        moves
    }
    /// Of whom a running party needs the next frame.
    pub fn waits_for(&self, s: &State, p: PartyId) -> Option<PartyId> {
        let party = &s.parties[p.index()];
        let round = self.rounds[party.at];
        let next = || self.parties().find(|from| *from != p && !party.heard.contains(*from) && round.speaks(*from, p));
        if party.end.is_none() { next() } else { None }
    }
    /// How the segment of a party would stand for another session of it.
    pub fn standing(&self, s: &State, p: PartyId) -> Status {
        let party = &s.parties[p.index()];
        match party.segment.0 {
            // Whatever a process left open is burnt at the next start.
            Status::Open if party.is_gone() => Status::Interrupted,
            other => other,
        }
    }
    /// Whether another session of a party would get the key.
    pub fn admits(&self, s: &State, p: PartyId) -> bool {
        match self.standing(s, p) {
            Status::Sealed => s.parties[p.index()].is_gone(),
            Status::Open => self.has(Flaw::SharesKeys),
            Status::Interrupted | Status::Failed => self.has(Flaw::Exhumes),
        }
    }

    /// A party enters a round: what it says is on its way.
    fn speak(&self, s: &mut State, p: PartyId) {
        let party = &mut s.parties[p.index()];
        let round = self.rounds[party.at];
        party.heard = PartySet::EMPTY;
        if round == Round::Compare {
            party.segment = Stands(Status::Open);
        }
        for to in self.parties().filter(|to| round.speaks(p, *to)) {
            s.send(p, to, Sent::Frame);
        }
    }
    fn run(&self, s: &mut State, p: PartyId) {
        while s.parties[p.index()].end.is_none() {
            let Some(from) = self.waits_for(s, p) else {
                self.conclude(s, p);
                continue;
            };
            let party = &mut s.parties[p.index()];
            let unread = !party.unread[from.index()].is_empty();
            if party.told && !(unread && self.has(Flaw::HearsLate)) {
                self.die(s, p, End::Lost(NetErrorKind::Aborted));
            } else if unread {
                let word = party.unread[from.index()].remove(0);
                party.heard.insert(from);
                self.take(s, p, from, word);
            } else if party.lost.contains(from) {
                self.lose(s, p, from, NetErrorKind::Closed);
            } else {
                return;
            }
        }
    }
    /// A party takes a frame.
    fn take(&self, s: &mut State, p: PartyId, from: PartyId, word: Word) {
        let same_id = s.corrupt.contains(from) || s.parties[from.index()].id == s.parties[p.index()].id;
        let party = &mut s.parties[p.index()];
        let round = self.rounds[party.at];
        // Ids are told under no id, so there a frame of an older session fits and holds another id.
        let fits = match word {
            Word::Right => same_id || round == Round::Ids,
            Word::Wrong => true,
            Word::Older => round == Round::Ids,
            Word::Astray => false,
        };
        match round {
            _ if !fits && !self.has(Flaw::ReadsNoTags) => self.fail(s, p, Blame::Accused(from)),
            Round::Ids => party.differs |= word != Word::Right || !same_id,
            Round::Work => {
                party.wrong |= word == Word::Wrong;
                party.other |= !fits;
            }
            Round::Seeds | Round::Compare => {}
        }
    }
    /// A party has heard everyone in a round.
    fn conclude(&self, s: &mut State, p: PartyId) {
        let party = &mut s.parties[p.index()];
        match self.rounds[party.at] {
            Round::Ids if party.differs && !self.has(Flaw::ComparesNoIds) => {
                // Nobody is told: the others find out by what they hear.
                party.end = Some(End::Config);
                return s.leave(p);
            }
            Round::Work if party.wrong && !self.has(Flaw::ChecksNothing) => {
                self.fail(s, p, Blame::Unknown);
            }
            _ => {}
        }
        let party = &mut s.parties[p.index()];
        if party.end.is_some() {
            return;
        }
        party.at += 1;
        if party.at < self.rounds.len() {
            return self.speak(s, p);
        }
        party.at -= 1;
        party.segment = Stands(Status::Sealed);
        let (checked, right) = (!self.has(Flaw::ChecksNothing), !party.wrong && !party.other);
        party.end = Some(End::Output { checked, right });
        s.leave(p);
    }
    fn lose(&self, s: &mut State, p: PartyId, from: PartyId, kind: NetErrorKind) {
        let accused = End::Failed(Blame::Accused(from));
        self.die(s, p, if self.has(Flaw::AccusesLosses) { accused } else { End::Lost(kind) });
    }
    fn fail(&self, s: &mut State, p: PartyId, blame: Blame) {
        s.parties[p.index()].failed = true;
        if !self.has(Flaw::LivesOn) {
            self.die(s, p, End::Failed(blame));
        }
    }
    fn die(&self, s: &mut State, p: PartyId, end: End) {
        let party = &mut s.parties[p.index()];
        party.end = Some(end);
        let buries = self.rounds[party.at] == Round::Work;
        let tells = !self.has(Flaw::KeepsQuiet);
        let [grave, notice] = [buries.then_some(LastWord::Tombstone), tells.then_some(LastWord::Notice)];
        let order = if self.has(Flaw::BuriesLast) { [notice, grave] } else { [grave, notice] };
        // Then the program tries to go on.
        party.todo = order.into_iter().flatten().chain([LastWord::Insist]).collect();
        s.deafen(p);
    }
    fn next(&self, s: &mut State, p: PartyId) {
        let party = &mut s.parties[p.index()];
        match party.todo.remove(0) {
            LastWord::Tombstone => party.segment = Stands(Status::Failed),
            LastWord::Notice => {
                party.warned = true;
                self.parties().for_each(|to| s.send(p, to, Sent::Notice));
            }
            LastWord::Insist => {
                party.answered = self.has(Flaw::Answers);
                // A segment that was only compared goes back as it was.
                if party.segment.0 == Status::Open {
                    party.segment = Stands(Status::Sealed);
                }
                s.leave(p);
            }
        }
    }
}

impl Model for Life {
    type State = State;
    type Action = Action;

    /// Every coalition that leaves somebody honest; all have the same session id, or the last honest party another one,
    /// by its configuration or by what the coalition told it.
    fn init_states(&self) -> Vec<State> {
        let mut all = Vec::new();
        for corrupt in PartySet::up_to(self.n - 1, self.n) {
            let honest = PartySet::all(self.n).without(corrupt);
            let last = honest.iter().last();
            for other in [None, last.filter(|_| honest.len() > 1)] {
                let mut s = State::new(self.n, corrupt, other);
                honest.iter().for_each(|p| self.speak(&mut s, p));
                all.push(s);
            }
        }
        all.dedup();
        all
    }

    fn actions(&self, s: &State, actions: &mut Vec<Action>) {
        if s.again.is_some() {
            // The first session never notices, so the rest is told elsewhere.
            return;
        }
        *actions = self.honest_moves(s);
        let quiet = actions.is_empty();
        for p in self.parties().filter(|p| !s.corrupt.contains(*p)) {
            let party = &s.parties[p.index()];
            if s.faults < self.faults && !party.is_gone() {
                actions.push(Action::Stop(p));
            }
            let Some(waits) = self.waits_for(s, p) else { continue };
            if quiet && !party.can_move(waits) && !self.has(Flaw::HasNoClock) {
                actions.push(Action::GiveUp(p));
            }
            for from in self.parties().filter(|from| *from != p && !party.lost.contains(*from)) {
                if s.faults < self.faults {
                    actions.push(Action::Break { from, to: p });
                }
                if !s.corrupt.contains(from) {
                    continue;
                }
                let (lies, said) = (s.lies < self.lies, s.said[from.index() * self.n + p.index()]);
                actions.extend((lies && !party.told).then_some(Action::Tell { from, to: p }));
                let round = self.rounds.iter().filter(|r| r.speaks(from, p)).nth(usize::from(said));
                let words = round.map_or(&[][..], |r| if lies { self.lies_in(*r) } else { &[] });
                let right = round.map(|_| Word::Right);
                actions.extend(right.iter().chain(words).map(|word| Action::Say { from, to: p, word: *word }));
            }
        }
        let first = PartySet::all(self.n).without(s.corrupt).first();
        actions.extend(first.filter(|p| self.admits(s, *p)).map(|_| Action::Again));
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut s = last.clone();
        match action {
            Action::Arrive { from, to } => s.arrive(from, to),
            Action::Say { from, to, word } => {
                s.said[from.index() * self.n + to.index()] += 1;
                s.lies += u8::from(word != Word::Right);
                s.parties[to.index()].unread[from.index()].push(word);
            }
            Action::Tell { to, .. } => {
                s.lies += 1;
                s.parties[to.index()].told = true;
            }
            Action::Run(p) => self.run(&mut s, p),
            Action::Next(p) => self.next(&mut s, p),
            Action::GiveUp(p) => {
                let from = self.waits_for(&s, p)?;
                self.lose(&mut s, p, from, NetErrorKind::Stalled);
            }
            Action::Break { from, to } => {
                s.faults += 1;
                s.cut(from, to);
            }
            Action::Stop(p) => {
                s.faults += 1;
                let party = &mut s.parties[p.index()];
                party.end = Some(End::Stopped);
                party.todo.clear();
                s.leave(p);
            }
            Action::Again => {
                let first = PartySet::all(self.n).without(s.corrupt).first()?;
                s.again = Some(Stands(self.standing(&s, first)));
            }
        }
        Some(s)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

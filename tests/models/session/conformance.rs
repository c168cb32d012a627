//! The model of a session and the session that ships end alike: random lives are lived by both, the simulator's network
//! making the model's moves, and how every party ends, what a dead session refuses and how its segment stands on disk
//! are compared.

use std::collections::{BTreeMap, VecDeque};
use std::fs;

use adversary::sample::Sampler;
use protocols::ledger::{Binding, Status};
use protocols::{Abort, Error, Tape};
use stateright::Model;
use tempfile::TempDir;
use transport::sim::{Adversary, End as Ended, Envelope, Move};
use transport::{NetErrorKind, PartyId, PartySet};

use super::shipped::{Heard, Lived, THIS, lived, name, open, said};
use super::{Action, End, Flaw, Life, Round, Sent, State, Word};
use crate::ledger::conformance::{copy, generate};

/// The rounds of the program in `shipped.rs`: a broadcast among three is two.
const AMONG_TWO: &[Round] = &[Round::Ids, Round::Seeds, Round::Compare, Round::Compare, Round::Work];
const AMONG_THREE: &[Round] =
    &[Round::Ids, Round::Seeds, Round::Compare, Round::Compare, Round::Compare, Round::Compare, Round::Work];

/// A network that makes one life's moves, drawn as it goes.
struct Fate<'a> {
    life: Life,
    state: State,
    choices: &'a Tape,
    lived: Vec<Action>,
    ahead: VecDeque<Move>,
    aborts: Option<PartyId>,
    /// The model had something arrive that the shipped session never sent.
    strayed: bool,
}

impl<'a> Fate<'a> {
    fn new(life: Life, state: State, choices: &'a Tape) -> Self {
        // Everyone says the first thing.
        let ahead = PartySet::all(life.n).iter().map(Move::Run).collect();
        Self { life, state, choices, lived: Vec::new(), ahead, aborts: None, strayed: false }
    }
    /// Mostly things go their way, so that what does not comes at any time.
    fn draw(&self) -> Option<Action> {
        let mut actions = Vec::new();
        self.life.actions(&self.state, &mut actions);
        actions.retain(|a| *a != Action::Again);
        let smooth = |a: &Action| {
            matches!(
                a,
                Action::Arrive { .. } | Action::Run(_) | Action::Next(_) | Action::Say { word: Word::Right, .. }
            )
        };
        if actions.iter().any(smooth) && self.choices.uniform(3 * (self.life.n as u64).pow(2)) > 0 {
            actions.retain(smooth);
        }
        (!actions.is_empty()).then(|| actions[self.choices.uniform(actions.len() as u64) as usize])
    }
    /// What the network does so that this happens.
    fn moves(&self, action: Action, held: &[Envelope]) -> Option<Vec<Move>> {
        let deliver = |wanted: &dyn Fn(&Envelope) -> bool| Some(vec![Move::Deliver(held.iter().position(wanted)?)]);
        let close = |from, to, kind| vec![Move::Close { from, to, kind }];
        match action {
            Action::Arrive { from, to } => match self.state.link(from, to)[0] {
                Sent::Frame => deliver(&|e| (e.from, e.to) == (from, to)),
                Sent::Notice => Some(vec![Move::Tell(to)]),
                Sent::Goodbye => Some(close(from, to, NetErrorKind::Closed)),
            },
            Action::Say { from, to, word } => {
                let place = usize::from(self.state.said[from.index() * self.life.n + to.index()]);
                let meta = |e: &Envelope| (e.frame.meta.name, e.frame.meta.len);
                deliver(&|e| (e.from, e.to) == (from, to) && meta(e) == (name(word), place))
            }
            Action::Tell { to, .. } => Some(vec![Move::Tell(to)]),
            Action::Run(p) => Some(vec![Move::Run(p)]),
            Action::GiveUp(to) => {
                let kind = NetErrorKind::Stalled;
                let from = self.life.waits_for(&self.state, to)?;
                Some(vec![Move::Close { from, to, kind }, Move::Run(to)])
            }
            Action::Break { from, to } => Some(close(from, to, NetErrorKind::Closed)),
            // Who has stopped does not run again; what a dying session does it does in one go.
            Action::Stop(_) | Action::Next(_) | Action::Again => Some(Vec::new()),
        }
    }
}

impl Adversary for Fate<'_> {
    fn network(&self) -> bool {
        true
    }
    fn abort(&mut self) -> Option<PartyId> {
        self.aborts.take()
    }
    fn next(&mut self, _: PartySet, held: &[Envelope]) -> Option<Move> {
        while self.ahead.is_empty() {
            let action = self.draw()?;
            self.lived.push(action);
            let moves = self.moves(action, held);
            self.strayed = moves.is_none();
            self.ahead.extend(moves?);
            self.state = self.life.next_state(&self.state, action)?;
            if let Action::Tell { from, .. } = action {
                self.aborts = Some(from);
            }
            if let Action::Run(p) | Action::GiveUp(p) = action {
                while !self.state.parties[p.index()].todo.is_empty() {
                    self.state = self.life.next_state(&self.state, Action::Next(p))?;
                }
            }
        }
        self.ahead.pop_front()
    }
}

/// How a party of the shipped session ended, in the model's words; `Err`: in none of them.
fn ended(end: &Ended<protocols::Result<Lived>>) -> Result<End, String> {
    let lived = match end {
        Ended::Stuck => return Ok(End::Stopped),
        Ended::Done(Ok(lived)) => lived,
        Ended::Done(Err(e)) => return Err(e.to_string()),
        Ended::Exhausted => return Err("it sends for ever".into()),
    };
    match &lived.end {
        Ok(heard) => {
            let right = heard.iter().all(|(p, v)| *v == [said(p, THIS)]);
            Ok(End::Output { checked: true, right })
        }
        Err(Error::Abort(Abort { blame, .. })) => Ok(End::Failed(*blame)),
        Err(Error::Net { kind, .. }) => Ok(End::Lost(*kind)),
        Err(Error::Config { .. }) => Ok(End::Config),
        Err(e) => Err(e.to_string()),
    }
}

/// What the lives of so many parties need: segments as good as new, and what is said when nobody deviates.
struct Scene {
    n: usize,
    rounds: &'static [Round],
    place: TempDir,
    bindings: Vec<Binding>,
    heard: Heard,
}

impl Scene {
    fn new(n: usize) -> Self {
        // Every life waits for dozens of writes; in memory, where there is some, they take no time.
        let place = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
        let fresh = place.path().join("fresh");
        let bindings = generate(&fresh, n);
        let places = ["this", "older"].map(|name| place.path().join(name));
        places.iter().for_each(|p| copy(&fresh, p));
        let heard = Heard::in_sessions(&bindings, [&places[0], &places[1]]);
        Self { n, rounds: if n == 2 { AMONG_TWO } else { AMONG_THREE }, place, bindings, heard }
    }
    /// Lives one life twice: how its honest parties ended and how their segments stand, or where the two differ.
    fn live(&self, k: u64, flaw: Option<Flaw>) -> Result<Vec<String>, String> {
        let choices = Sampler::new(11).named(&self.n.to_string()).tape(k);
        let [lies, faults] = [choices.uniform(3) as u8, choices.uniform(2) as u8];
        let life = Life { n: self.n, rounds: self.rounds, lies, faults, flaw };
        let mut begins = life.init_states();
        // A session of several ids ends before it has begun.
        if choices.uniform(8) > 0 {
            begins.retain(|s| s.parties.iter().all(|p| p.id == 0));
        }
        let begin = begins.swap_remove(choices.uniform(begins.len() as u64) as usize);
        let now = self.place.path().join("now");
        copy(&self.place.path().join("fresh"), &now);
        let mut fate = Fate::new(life, begin.clone(), &choices);
        let run = lived(&begin, &self.heard, &self.bindings, &now, &mut fate);
        let Fate { state, lived, strayed, .. } = fate;
        let mut ends = Vec::new();
        for (p, party) in state.honest() {
            let end = &run.ends[p.index()];
            let allowed = if let Ended::Done(Ok(lived)) = end { &lived.allowed[..] } else { &[] };
            let end = ended(end);
            let modelled = party.end.map(|end| match end {
                // The program in `shipped.rs` makes its check, so what would come out without is what matters.
                End::Output { right, .. } => End::Output { checked: true, right },
                other => other,
            });
            // A program that is dropped puts back what it only compared; a process that ends cannot.
            let dropped = party.end == Some(End::Stopped) && self.rounds[party.at] == Round::Compare;
            let expected = if dropped { Status::Sealed } else { life.standing(&state, p) };
            let stands = open(&now, p, &choices).unwrap().stock()[0].status;
            let same = end.as_ref().ok() == modelled.as_ref() && stands == expected;
            if strayed || !same || allowed.is_empty() == party.answered {
                return Err(format!(
                    "{} parties, life {k}, {lived:?}: {p} ends with {end:?}, after which {allowed:?} work, on a \
                     segment that is {stands:?}; in the model with {modelled:?} on one that is {expected:?}",
                    self.n
                ));
            }
            ends.extend(end.map(|end| format!("{end:?}, {stands:?}")));
        }
        fs::remove_dir_all(now).unwrap();
        Ok(ends)
    }
    /// Lives so many lives; every end that there is must have been met.
    fn lives(&self, lives: u64) {
        let mut met = BTreeMap::<_, usize>::new();
        for end in (0..lives).flat_map(|k| self.live(k, None).unwrap()) {
            *met.entry(end).or_default() += 1;
        }
        println!("{} parties: {met:#?}", self.n);
        let ends = [
            "Config, Sealed",
            "Failed(Accused(P0)), Sealed",
            "Failed(Accused(P1)), Failed",
            "Failed(Unknown), Failed",
            "Lost(Aborted), Sealed",
            "Lost(Aborted), Failed",
            "Lost(Closed), Sealed",
            "Lost(Closed), Failed",
            "Lost(Stalled), ",
            "Output { checked: true, right: true }, Sealed",
            "Stopped, Interrupted",
        ];
        assert!(ends.into_iter().all(|end| met.keys().any(|m: &String| m.starts_with(end))), "{met:#?}");
    }
}

#[test]
fn a_session_of_two_lives_as_its_model_does() {
    Scene::new(2).lives(1500);
}

#[test]
fn a_session_of_three_lives_as_its_model_does() {
    Scene::new(3).lives(1500);
}

/// Lives that any model could share would show nothing. The other flaws change what is told, when, or on disk before
/// the end, and not how a life ends that a network was made to live.
#[test]
fn a_flawed_model_lives_otherwise() {
    use Flaw::{AccusesLosses, Answers, ChecksNothing, ComparesNoIds, HearsLate, LivesOn, ReadsNoTags};
    let scene = Scene::new(2);
    for flaw in [ComparesNoIds, ReadsNoTags, AccusesLosses, ChecksNothing, LivesOn, Answers, HearsLate] {
        assert!((0..300).any(|k| scene.live(k, Some(flaw)).is_err()), "{flaw:?}");
    }
}

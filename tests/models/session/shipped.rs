//! A session as it ships, from its start to its end and beyond, and a coalition that can say at every place what an
//! honest party would say there, or something else that was once said.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::task::{Context, Poll};

use adversary::run::LIMITS;
use field::{F128, Field};
use protocols::foundations::Local;
use protocols::ledger::{Binding, Directory, Status};
use protocols::message::{Digest, Item};
use protocols::{Blame, Error, MAC_CHECK, Real, Result, Session, SessionId, Supply, Tape};
use transport::sim::{self, Adversary, Clock, NoTrusted, Passive, Run, Setup};
use transport::{Frame, Incoming, Net, NetError, Parties, PartyId, PartySet, PerParty, Stream};

use super::{State, Word};

/// The session, the one before it, and one of other parameters.
pub const THIS: SessionId = SessionId([1; 32]);
const OLDER: SessionId = SessionId([2; 32]);
const ANOTHER: SessionId = SessionId([3; 32]);

/// What a party gives out in a session: the values it heard.
pub fn said(p: PartyId, session: SessionId) -> F128 {
    F128::from_u64(256 * u64::from(session.0[0]) + p.index() as u64)
}
/// What the check stands for: values under MACs of the key, from whichever session.
fn genuine(p: PartyId, value: F128) -> bool {
    [THIS, OLDER].into_iter().any(|session| value == said(p, session))
}

/// How one party's program went.
pub struct Lived {
    pub end: Result<PerParty<Vec<F128>>>,
    /// What happened or did not refuse though it must.
    pub allowed: Vec<&'static str>,
}

/// A network that looks at the segment in use when an abort notice leaves.
struct Witness {
    net: Rc<dyn Net>,
    in_use: OnceCell<Rc<Directory>>,
    early: Cell<bool>,
}

impl Net for Witness {
    fn me(&self) -> PartyId {
        self.net.me()
    }
    fn parties(&self) -> &Parties {
        self.net.parties()
    }
    fn send(&self, to: PartyId, stream: Stream, frame: Frame) -> Result<(), NetError> {
        self.net.send(to, stream, frame)
    }
    fn poll_recv(&self, cx: &mut Context<'_>, from: PartyId, stream: Stream) -> Poll<Result<Incoming, NetError>> {
        self.net.poll_recv(cx, from, stream)
    }
    fn abort(&self) {
        self.early.set(self.in_use.get().is_some_and(|dir| dir.stock()[0].status != Status::Failed));
        self.net.abort();
    }
}

/// One party's program: its session from the start, its segment put to use, one round of work.
async fn live(net: Rc<dyn Net>, id: SessionId, place: &Path, binding: Binding) -> Lived {
    let net = Rc::new(Witness { net, in_use: OnceCell::new(), early: Cell::new(false) });
    let mut allowed = Vec::new();
    let mut s = match Session::start(net.clone(), id).await {
        Ok(s) => s,
        Err(e) => return Lived { end: Err(e), allowed },
    };
    let end = work(&mut s, &net, place, &binding, &mut allowed).await;
    if end.is_err() {
        insist(&mut s, &mut allowed).await;
    }
    allowed.extend(net.early.get().then_some("a notice before the tombstone"));
    Lived { end, allowed }
}

async fn work(
    s: &mut Session,
    net: &Rc<Witness>,
    place: &Path,
    binding: &Binding,
    allowed: &mut Vec<&'static str>,
) -> Result<PerParty<Vec<F128>>> {
    let dir = Rc::new(open(place, s.me(), s.tape())?);
    let mut ledger = dir.resume::<F128>(s, binding).await?;
    let _ = net.in_use.set(dir.clone());
    // From the first item on it cannot go back as it was.
    drop(ledger.parts().1.randoms(1)?);
    let mut other = Session::new(net.clone(), ANOTHER, Rc::new(Real::bootstrap()), s.tape().clone());
    let again = dir.resume::<F128>(&mut other, binding).await;
    let elsewhere = open(place, s.me(), s.tape());
    let taken = [(again.is_ok(), "another session of the process"), (elsewhere.is_ok(), "another process")];
    allowed.extend(taken.into_iter().filter(|(taken, _)| *taken).map(|(_, who)| who));
    let mine = said(s.me(), s.id());
    let heard = s.exchange("value", &[mine]).await?;
    s.verdict(&MAC_CHECK, heard.iter().all(|(p, v)| genuine(p, v[0])), Blame::Unknown)?;
    ledger.close()?;
    Ok(heard)
}

/// Everything a program could still try.
async fn insist(s: &mut Session, allowed: &mut Vec<&'static str>) {
    let peer = s.others().next().unwrap_or(PartyId::new(0));
    let one = [F128::ONE];
    let mut dead = |what, r: Result<()>| allowed.extend((r != Err(Error::Dead)).then_some(what));
    dead("alive", s.alive());
    dead("send", s.send(peer, "again", &one));
    dead("recv", s.recv::<F128>(peer, "again", 1).await.map(drop));
    dead("exchange", s.exchange("again", &one).await.map(drop));
    dead("broadcast", s.broadcast("again", &one).await.map(drop));
    dead("challenge", s.challenge::<F128>(1).await.map(drop));
    dead("zero shares", s.zero_shares::<F128>(1).await.map(drop));
    dead("a step", s.step("again").send(peer, "again", &one));
}

/// The ledger directory of a party.
pub fn open(place: &Path, me: PartyId, tape: &Tape) -> Result<Directory> {
    Directory::open(&place.join("now").join(me.to_string()), &place.join("fences").join(me.to_string()), tape)
}

/// What each party said to each in sessions in which nobody deviated.
pub struct Heard {
    this: BTreeMap<(PartyId, PartyId), Vec<Frame>>,
    older: BTreeMap<(PartyId, PartyId), Vec<Frame>>,
}

impl Heard {
    /// Two sessions in which nobody deviates, with the segments in these places.
    pub fn in_sessions(bindings: &[Binding], places: [&Path; 2]) -> Self {
        let n = bindings.len();
        let [this, older] = [THIS, OLDER].map(|session| {
            let place = places[usize::from(session == OLDER)];
            let run = run(n, PartySet::EMPTY, &mut Passive, |net| {
                let binding = bindings[net.me().index()].clone();
                Box::pin(async move { Ok(live(net, session, place, binding).await) })
            });
            let mut heard: BTreeMap<_, Vec<(usize, Frame)>> = BTreeMap::new();
            for e in run.trace {
                heard.entry((e.from, e.to)).or_default().push((e.seq, e.frame));
            }
            let in_order = |mut frames: Vec<(usize, Frame)>| {
                frames.sort_by_key(|(seq, _)| *seq);
                frames.into_iter().map(|(_, frame)| frame).collect()
            };
            heard.into_iter().map(|(link, frames)| (link, in_order(frames))).collect()
        });
        Self { this, older }
    }
    /// How many frames go from one party to another.
    pub fn frames(&self, from: PartyId, to: PartyId) -> usize {
        self.this[&(from, to)].len()
    }
    /// The k-th frame of a corrupt party to another party, as the word says it. Position and word stand in what does
    /// not travel.
    fn frame(&self, from: PartyId, to: PartyId, k: usize, word: Word, their_id: SessionId) -> Frame {
        let this = &self.this[&(from, to)];
        let mut frame = match word {
            Word::Right | Word::Wrong => this[k].clone(),
            Word::Older => self.older[&(from, to)][k].clone(),
            Word::Astray => this[if k == 0 { 1 } else { k - 1 }].clone(),
        };
        let mut body = Vec::new();
        match (word, k) {
            (Word::Right, 0) => Digest::write_all(&[Digest(their_id.0)], &mut body),
            (Word::Wrong, 0) => Digest::write_all(&[Digest([9; 32])], &mut body),
            (Word::Wrong, _) => F128::write_all(&[F128::ONE], &mut body),
            _ => body.extend_from_slice(&frame.body),
        }
        frame.body = body.into();
        (frame.meta.name, frame.meta.len) = (name(word), k);
        frame
    }
}

/// The name under which the coalition holds a word.
pub fn name(word: Word) -> &'static str {
    match word {
        Word::Right => "right",
        Word::Wrong => "wrong",
        Word::Older => "older",
        Word::Astray => "astray",
    }
}

fn run<'a, T>(
    n: usize,
    corrupt: PartySet,
    adversary: &mut dyn Adversary,
    program: impl FnMut(Rc<dyn Net>) -> Local<'a, T>,
) -> Run<Result<T>> {
    let parties = Rc::new(Parties::anonymous(n));
    let trusted = &mut NoTrusted;
    let setup = Setup { parties, corrupt, adversary, trusted, clock: Clock::NONE, trace: true, limits: LIMITS };
    sim::run(setup, program)
}

/// The session of a life that begins so: its honest parties live, of the others everything that they could say is held
/// by the adversary.
pub fn lived(
    state: &State,
    heard: &Heard,
    bindings: &[Binding],
    place: &Path,
    adversary: &mut dyn Adversary,
) -> Run<Result<Lived>> {
    let id = |p: PartyId| if state.parties[p.index()].id == 0 { THIS } else { ANOTHER };
    run(bindings.len(), state.corrupt, adversary, |net| {
        let me = net.me();
        let (id_of_me, binding) = (id(me), bindings[me.index()].clone());
        if !state.corrupt.contains(me) {
            return Box::pin(async move { Ok(live(net, id_of_me, place, binding).await) });
        }
        Box::pin(async move {
            for to in net.parties().iter().filter(|to| *to != me) {
                for k in 0..heard.frames(me, to) {
                    for word in [Word::Right, Word::Wrong, Word::Older, Word::Astray] {
                        let frame = heard.frame(me, to, k, word, id(to));
                        net.send(to, Stream::MAIN, frame).map_err(|e| Error::Local(e.to_string()))?;
                    }
                }
            }
            Err(Error::Local("it has said everything".into()))
        })
    })
}

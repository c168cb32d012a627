//! One attacked run of a protocol: who is corrupt, on which foundations, with which check switched off, and how it ended.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use protocols::foundations::Local;
use protocols::{Abort, Error, Real, Result, Session, SessionId, Tape};
use spec::Check;
use transport::sim::{self, Adversary, Clock, End, Limits, Run, Setup};
use transport::{Net, NetErrorKind, Parties, PartyId, PartySet};

use crate::diary::{Diary, noted};
use crate::ideal::supply::CorruptShares;
use crate::ideal::{Hub, Ideal, Verdicts, With};
use crate::loaded::loaded;
use crate::pulse;
use crate::record::{self, Watched};
use crate::scratch::{Flaw, Flawed};
use crate::strategy::language::Draw;

/// The session id of a simulated run, unless it stands for an older one.
pub const SESSION: SessionId = SessionId([0x51; 32]);

/// What one party may send in a run: far more than any computation that is attacked here. A program that sends for ever
/// is stopped there within a second.
pub const LIMITS: Limits = Limits { frames: 1 << 17, bytes: 1 << 28 };

/// What a protocol stands on in a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Floor {
    /// Ideal coin, commitment, broadcast and zero shares.
    Ideal,
    /// The real ones.
    Real,
}

/// The circumstances of a run.
#[derive(Clone, Debug)]
pub struct World {
    /// The parties.
    pub parties: Rc<Parties>,
    /// The coalition.
    pub corrupt: PartySet,
    /// What the protocol stands on.
    pub floor: Floor,
    /// The one check that honest parties skip: the control of an attack.
    pub off: Option<&'static Check>,
    /// A seeded weakness in what all parties stand on: the control of an attack that no single check stops.
    pub flaw: Option<Flaw>,
    /// Whether corrupt parties are puppets that ignore their own checks; off only to show what that costs.
    pub puppets: bool,
    /// Whether the run keeps its trace.
    pub trace: bool,
    /// Where the coins of corrupt parties are written down.
    pub diary: Option<Diary>,
    /// How much every party may send.
    pub limits: Limits,
    /// What corrupt parties draw instead of coins.
    pub draws: Vec<Draw>,
    /// Who chooses the streams of ideal transfers that the coalition knows.
    pub transferred: CorruptShares,
    /// The session id.
    pub session: SessionId,
}

impl World {
    /// `n` parties on ideal foundations, those in `corrupt` being puppets.
    #[must_use]
    pub fn new(n: usize, corrupt: PartySet) -> Self {
        let parties = Rc::new(Parties::anonymous(n));
        Self {
            parties,
            corrupt,
            floor: Floor::Ideal,
            off: None,
            flaw: None,
            puppets: true,
            trace: false,
            diary: None,
            limits: LIMITS,
            draws: Vec::new(),
            transferred: CorruptShares::Uniform,
            session: SESSION,
        }
    }
    /// On real foundations.
    #[must_use]
    pub fn real(mut self) -> Self {
        self.floor = Floor::Real;
        self
    }
    /// With one check of the honest parties switched off.
    #[must_use]
    pub fn without(mut self, check: Option<&'static Check>) -> Self {
        self.off = check;
        self
    }
    /// With a seeded weakness.
    #[must_use]
    pub fn flawed(mut self, flaw: Option<Flaw>) -> Self {
        self.flaw = flaw;
        self
    }
    /// Keeping the trace.
    #[must_use]
    pub fn traced(mut self) -> Self {
        self.trace = true;
        self
    }
    /// Writing down the coins of corrupt parties.
    #[must_use]
    pub fn noting(mut self, diary: Diary) -> Self {
        self.diary = Some(diary);
        self
    }
    /// With what corrupt parties draw instead of coins.
    #[must_use]
    pub fn loaded(mut self, draws: &[Draw]) -> Self {
        self.draws = draws.to_vec();
        self
    }
    /// With streams of ideal transfers that these chose for the coalition.
    #[must_use]
    pub fn transferring(mut self, chosen: CorruptShares) -> Self {
        self.transferred = chosen;
        self
    }
    fn verdicts(&self, p: PartyId) -> Verdicts {
        match self.off {
            _ if self.corrupt.contains(p) && self.puppets => Verdicts::Puppet,
            Some(check) if !self.corrupt.contains(p) => Verdicts::Without(check),
            _ => Verdicts::Honest,
        }
    }

    /// Runs `program` at every party; one that asks who it is can run another text where that is corrupt. `tape` is
    /// everyone's randomness, forked per party and for the trusted program.
    pub fn run<'a, T: 'a, P>(
        &self,
        tape: &Tape,
        adversary: &mut dyn Adversary,
        program: impl Fn(Session) -> P,
    ) -> Run<Result<T>>
    where
        P: Future<Output = Result<T>> + 'a,
    {
        let program = |s: Session| -> Local<'a, T> { Box::pin(program(s)) };
        if !record::on() {
            return self.start(tape, adversary, &program);
        }
        let mut watched = Watched::new(adversary);
        let world = self.clone().traced();
        match catch_unwind(AssertUnwindSafe(|| world.start(tape, &mut watched, &program))) {
            Ok(run) => {
                watched.keep(self, &run);
                run
            }
            Err(panic) => {
                watched.keep_panicked(self);
                resume_unwind(panic)
            }
        }
    }
    /// The part that does not depend on the program, compiled once for every type of output: programs are many.
    fn start<'a, T: 'a>(
        &self,
        tape: &Tape,
        adversary: &mut dyn Adversary,
        program: &dyn Fn(Session) -> Local<'a, T>,
    ) -> Run<Result<T>> {
        let choosers = if self.transferred == CorruptShares::Zero { self.corrupt } else { PartySet::EMPTY };
        let mut hub = Hub::new(self.parties.clone(), tape.fork(u64::MAX), choosers);
        let setup = Setup {
            parties: self.parties.clone(),
            corrupt: self.corrupt,
            adversary,
            trusted: &mut hub,
            clock: Clock::NONE,
            trace: self.trace,
            limits: self.limits,
        };
        let flaw = self.flaw;
        let start = |net: Rc<dyn Net>| -> Local<'_, T> {
            let me = net.me();
            let tape = tape.fork(me.index() as u64);
            let tape = match self.corrupt.contains(me) {
                true => loaded(tape, me, &self.draws),
                false => tape,
            };
            let tape = match &self.diary {
                Some(diary) if self.corrupt.contains(me) => noted(tape, diary),
                _ => tape,
            };
            let session = self.session;
            let verdicts = self.verdicts(me);
            match self.floor {
                Floor::Ideal => program(Session::on_untrusted_foundations(
                    net,
                    session,
                    Rc::new(Flawed::new(Ideal { verdicts, opens: !self.corrupt.contains(me) }, flaw)),
                    tape,
                )),
                Floor::Real => Box::pin(async move {
                    let boot = With(Real::bootstrap(), verdicts);
                    let mut s = Session::on_untrusted_foundations(net.clone(), session, Rc::new(boot), tape.clone());
                    let real = Real::setup(&mut s).await?;
                    program(Session::on_untrusted_foundations(
                        net,
                        session,
                        Rc::new(Flawed::new(With(real, verdicts), flaw)),
                        tape,
                    ))
                    .await
                }),
            }
        };
        pulse::during(|| sim::run(setup, start))
    }
}

/// How a party's run ended, as an observer puts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending<T> {
    /// It has an output.
    Output(T),
    /// A check of its own failed.
    Aborted(Abort),
    /// It was told of an abort.
    Told,
    /// It waits for ever: in production, a time-out.
    Stuck,
    /// It ended in an error of its own: never acceptable under attack.
    Broken(Error),
}

impl<T> Ending<T> {
    /// The same ending with another form of the output.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Ending<U> {
        match self {
            Self::Output(t) => Ending::Output(f(t)),
            Self::Aborted(a) => Ending::Aborted(a),
            Self::Told => Ending::Told,
            Self::Stuck => Ending::Stuck,
            Self::Broken(e) => Ending::Broken(e),
        }
    }
}

/// Classifies every party's end.
pub fn classify<T>(ends: Vec<End<Result<T>>>) -> Vec<Ending<T>> {
    ends.into_iter()
        .map(|end| match end {
            End::Stuck => Ending::Stuck,
            End::Exhausted => Ending::Broken(Error::Local("it went on sending past every limit".into())),
            End::Done(Ok(t)) => Ending::Output(t),
            End::Done(Err(Error::Abort(a))) => Ending::Aborted(a),
            End::Done(Err(Error::Net { kind: NetErrorKind::Aborted, .. })) => Ending::Told,
            End::Done(Err(e)) => Ending::Broken(e),
        })
        .collect()
}

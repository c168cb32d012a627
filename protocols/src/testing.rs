//! Simulated runs for the tests of this crate: party 1 is the enemy's, everyone else honest.

use std::rc::Rc;

use bytes::Bytes;
use transport::sim::{self, Adversary, Clock, End, Envelope, Limits, NoTrusted, Setup};
use transport::{Net, NetErrorKind, Parties, PartySet};

use crate::foundations::Local;
use crate::{Error, Real, Result, Session, SessionId, Tape};

/// An enemy that changes nothing.
pub(crate) struct Passing;
impl Adversary for Passing {}

/// An enemy that counts the messages of one name it hears, and says its own of that name wrong if it is told to.
pub(crate) struct Ears {
    pub name: &'static str,
    pub lies: bool,
    pub heard: usize,
}

impl Ears {
    pub(crate) fn of(name: &'static str, lies: bool) -> Self {
        Self { name, lies, heard: 0 }
    }
}

impl Adversary for Ears {
    fn incoming(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        self.heard += usize::from(e.frame.meta.name == self.name);
        deliver.push(e);
    }
    fn outgoing(&mut self, mut e: Envelope, deliver: &mut Vec<Envelope>) {
        if self.lies && e.frame.meta.name == self.name {
            let mut body = e.frame.body.to_vec();
            body.iter_mut().take(1).for_each(|b| *b ^= 1);
            e.frame.body = Bytes::from(body);
        }
        deliver.push(e);
    }
}

const ID: SessionId = SessionId([3; 32]);

/// Runs one program at `n` parties with tapes from `seed`, on foundations without zero shares. A party that waits for
/// ever counts as told of an abort.
pub(crate) fn run<T>(
    n: usize,
    seed: u64,
    adversary: &mut dyn Adversary,
    program: impl AsyncFn(Session) -> Result<T>,
) -> Vec<Result<T>> {
    let program = &program;
    let start = |net, tape| -> Local<'_, T> {
        Box::pin(async move { program(Session::new(net, ID, Rc::new(Real::bootstrap()), tape)).await })
    };
    simulate(n, seed, adversary, &start)
}

/// The same on all foundations.
pub(crate) fn run_on_real<T>(
    n: usize,
    seed: u64,
    adversary: &mut dyn Adversary,
    program: impl AsyncFn(Session) -> Result<T>,
) -> Vec<Result<T>> {
    let program = &program;
    let start = |net: Rc<dyn Net>, tape: Tape| -> Local<'_, T> {
        Box::pin(async move {
            let mut s = Session::new(net.clone(), ID, Rc::new(Real::bootstrap()), tape.clone());
            let real = Real::setup(&mut s).await?;
            program(Session::new(net, ID, Rc::new(real), tape)).await
        })
    };
    simulate(n, seed, adversary, &start)
}

fn simulate<'a, T: 'a>(
    n: usize,
    seed: u64,
    adversary: &mut dyn Adversary,
    start: &dyn Fn(Rc<dyn Net>, Tape) -> Local<'a, T>,
) -> Vec<Result<T>> {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let tape = Tape::seeded(key);
    let setup = Setup {
        parties: Rc::new(Parties::anonymous(n)),
        corrupt: PartySet::of(&[1]),
        adversary,
        trusted: &mut NoTrusted,
        clock: Clock::NONE,
        trace: false,
        limits: Limits::NONE,
    };
    let run = sim::run(setup, |net| {
        let tape = tape.fork(net.me().index() as u64);
        start(net, tape)
    });
    let parties = Parties::anonymous(n);
    run.ends
        .into_iter()
        .zip(parties.iter())
        .map(|(end, peer)| match end {
            End::Done(result) => result,
            End::Stuck | End::Exhausted => {
                Err(Error::Net { peer, kind: NetErrorKind::Aborted, at: transport::StepPath::ROOT.label() })
            }
        })
        .collect()
}

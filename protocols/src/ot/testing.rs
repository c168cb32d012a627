//! Simulated runs for the tests of this folder: party 1 is the enemy's, everyone else honest.

use std::future::Future;
use std::rc::Rc;

use transport::sim::{self, Adversary, Clock, End, Limits, NoTrusted, Setup};
use transport::{NetErrorKind, Parties, PartySet};

use crate::{Error, Real, Result, Session, SessionId, Tape};

/// An enemy that changes nothing.
pub(crate) struct Passing;
impl Adversary for Passing {}

/// Runs one program at `n` parties with tapes from `seed`. A party that waits for ever counts as told of an abort.
pub(crate) fn run<T, P>(
    n: usize,
    seed: u64,
    adversary: &mut dyn Adversary,
    program: impl Fn(Session) -> P,
) -> Vec<Result<T>>
where
    T: 'static,
    P: Future<Output = Result<T>> + 'static,
{
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
        Box::pin(program(Session::new(net, SessionId([3; 32]), Rc::new(Real::bootstrap()), tape)))
    });
    let parties = Parties::anonymous(n);
    run.ends
        .into_iter()
        .zip(parties.iter())
        .map(|(end, peer)| match end {
            End::Done(result) => result,
            End::Stuck | End::Exhausted => {
                Err(Error::Net { peer, kind: NetErrorKind::Aborted, at: transport::StepPath::ROOT })
            }
        })
        .collect()
}

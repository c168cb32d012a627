//! A session that talks to nobody: the coalition computes hashes and challenges under the public session id and step path
//! of the run that it attacks.

use std::rc::Rc;
use std::task::{Context, Poll};

use protocols::{Real, Session, Tape};
use transport::{Frame, Incoming, Net, NetError, Parties, PartyId, StepPath, Stream};

use crate::run::SESSION;

struct Nowhere(Parties);

impl Net for Nowhere {
    fn me(&self) -> PartyId {
        PartyId::new(0)
    }
    fn parties(&self) -> &Parties {
        &self.0
    }
    fn send(&self, _: PartyId, _: Stream, _: Frame) -> Result<(), NetError> {
        Ok(())
    }
    fn poll_recv(&self, _: &mut Context<'_>, _: PartyId, _: Stream) -> Poll<Result<Incoming, NetError>> {
        Poll::Pending
    }
    fn abort(&self) {}
}

/// A session of a simulated run with `n` parties, at the first step of each of these names.
#[must_use]
pub fn at(n: usize, path: &[&'static str]) -> Session {
    let net = Rc::new(Nowhere(Parties::anonymous(n)));
    let root = Session::new(net, SESSION, Rc::new(Real::bootstrap()), Tape::seeded([0; 32]));
    path.iter().fold(root, |mut s, name| s.step(name))
}

/// A session of a simulated run with `n` parties, at this step.
#[must_use]
pub fn along(n: usize, path: &StepPath) -> Session {
    path.elements().into_iter().fold(at(n, &[]), |mut s, (name, index)| {
        (0..index).for_each(|_| drop(s.step(name)));
        s.step(name)
    })
}

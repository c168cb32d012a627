//! Parties of one process, one thread each, connected without sockets.

use std::sync::Arc;
use std::task::{Context, Poll};

use crate::inbox::{Inbox, Limits, Mailbox};
use crate::meter::Meter;
use crate::{Frame, Incoming, Net, NetError, Parties, PartyId, Stream};

/// One party of a mesh made by [`mesh`]. Send it to the thread that runs the party; dropping it closes its connections.
pub struct ThreadNet {
    me: PartyId,
    parties: Parties,
    mailbox: Mailbox,
    inboxes: Vec<Arc<Inbox>>,
    meter: Meter,
}

/// Connects all parties to each other, in party order, with default limits.
#[must_use]
pub fn mesh(parties: &Parties) -> Vec<ThreadNet> {
    mesh_with(parties, Limits { idle: None, ..Limits::default() })
}

/// [`mesh`] with these limits.
#[must_use]
pub fn mesh_with(parties: &Parties, limits: Limits) -> Vec<ThreadNet> {
    let inboxes: Vec<_> = parties.iter().map(|_| Inbox::new(parties.n(), limits)).collect();
    let net = |me: PartyId| ThreadNet {
        me,
        parties: parties.clone(),
        mailbox: Mailbox::new(Arc::clone(&inboxes[me.index()])),
        inboxes: inboxes.clone(),
        meter: Meter::default(),
    };
    parties.iter().map(net).collect()
}

impl ThreadNet {
    /// What this party has sent and received so far.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.meter
    }
    fn others(&self) -> impl Iterator<Item = &Arc<Inbox>> {
        let me = self.me.index();
        self.inboxes.iter().enumerate().filter(move |(i, _)| *i != me).map(|(_, inbox)| inbox)
    }
}

impl Net for ThreadNet {
    fn me(&self) -> PartyId {
        self.me
    }
    fn parties(&self) -> &Parties {
        &self.parties
    }
    fn send(&self, to: PartyId, stream: Stream, frame: Frame) -> Result<(), NetError> {
        let incoming = Incoming { tag: frame.tag, body: frame.body };
        self.inboxes[to.index()].push(self.me, stream, incoming).map_err(|kind| NetError { peer: to, kind })
    }
    fn poll_recv(&self, _: &mut Context<'_>, from: PartyId, stream: Stream) -> Poll<Result<Incoming, NetError>> {
        self.mailbox.poll(from, stream)
    }
    fn abort(&self) {
        self.others().for_each(|inbox| inbox.abort(self.me));
    }
    fn park(&self) {
        self.mailbox.park();
    }
    fn traffic(&self) -> Option<&Meter> {
        Some(&self.meter)
    }
}

impl Drop for ThreadNet {
    fn drop(&mut self) {
        self.others().for_each(|inbox| inbox.lose(self.me, crate::NetErrorKind::Closed));
    }
}

#[cfg(test)]
#[path = "threads_tests.rs"]
mod tests;

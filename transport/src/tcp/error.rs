//! Why parties do not come together. None of it is ever called cheating.

use std::io;

use crate::identity::{Fingerprint, InvalidCertificate};

/// Why [`TcpNet::connect`](super::TcpNet::connect) failed. Every message names the party and the address it is about.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Our own address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Our address.
        address: String,
        /// What the system says, such as "address already in use".
        source: io::Error,
    },
    /// A connection without TLS would leave this machine.
    #[error("{party} ({address}): connections without TLS are for measurements on the loopback interface only")]
    NotLoopback {
        /// Whose address it is.
        party: String,
        /// The address.
        address: String,
    },
    /// The identity in use is not the one that the task pins for us.
    #[error("our identity is {ours}, but the task pins {pinned} for {me}{}", whose(.belongs_to))]
    OwnIdentity {
        /// Our name.
        me: String,
        /// Our fingerprint.
        ours: Fingerprint,
        /// The fingerprint in the task.
        pinned: Fingerprint,
        /// The party that our identity is pinned for.
        belongs_to: Option<String>,
    },
    /// Two parties have the same fingerprint.
    #[error("{one} and {other} have the same fingerprint; every party needs its own key")]
    SameIdentity {
        /// A party.
        one: String,
        /// Another.
        other: String,
    },
    /// The system or the TLS library refuses.
    #[error("cannot set up connections: {0}")]
    Setup(String),
    /// Some parties did not come in time.
    #[error("{}", missing(.absent, .callers))]
    Missing {
        /// Who is missing.
        absent: Vec<Absent>,
        /// Callers that were turned away, each with the reason.
        callers: Vec<String>,
    },
    /// A party is there but cannot take part.
    #[error("{party} ({address}): {cause}")]
    Peer {
        /// Its name.
        party: String,
        /// Its address.
        address: String,
        /// Why not.
        cause: PeerError,
    },
}

/// A party that did not come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Absent {
    /// Its name.
    pub party: String,
    /// Where we looked for it.
    pub address: String,
    /// What became of the last attempt.
    pub cause: String,
}

/// What is wrong with a party that answered.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PeerError {
    /// Its key is nobody's.
    #[error("wrong identity: its certificate has fingerprint {got}, the task pins {expected}")]
    WrongKey {
        /// What the task pins.
        expected: Fingerprint,
        /// What its certificate has.
        got: Fingerprint,
    },
    /// A caller's key is nobody's.
    #[error("unknown identity {got}: no party of the task has this fingerprint")]
    UnknownKey {
        /// What its certificate has.
        got: Fingerprint,
    },
    /// It shows the identity of another party.
    #[error("swapped roles: it is expected to be {expected} but shows the identity of {shown}")]
    SwappedRoles {
        /// Who it should be, or says it is.
        expected: String,
        /// Whose identity it shows.
        shown: String,
    },
    /// Its certificate cannot be used now.
    #[error("{0}")]
    Certificate(#[from] InvalidCertificate),
    /// It refused our certificate.
    #[error("it refused our identity: does its task pin {ours} for {me}, and is our certificate still valid there?")]
    RefusedUs {
        /// Our fingerprint.
        ours: Fingerprint,
        /// Our name.
        me: String,
    },
    /// It runs with other parameters.
    #[error("{what} differs: ours is {ours}, theirs is {theirs}")]
    Config {
        /// What differs.
        what: &'static str,
        /// Our value.
        ours: String,
        /// Its value.
        theirs: String,
    },
    /// It is not a party of this program, or one without TLS.
    #[error("it does not speak this protocol over {transport}: {detail}")]
    Protocol {
        /// `TLS 1.3` or `a plain connection`.
        transport: &'static str,
        /// What was wrong first.
        detail: String,
    },
    /// Two connections of one party come from two runs.
    #[error("its connections belong to two different runs; it was restarted meanwhile: start all parties again")]
    Restarted,
}

fn whose(owner: &Option<String>) -> String {
    owner.as_ref().map_or_else(String::new, |name| format!("; it is the identity of {name} (swapped roles?)"))
}

fn missing(absent: &[Absent], callers: &[String]) -> String {
    let mut text = "these parties did not connect in time:".to_owned();
    for a in absent {
        text += &format!(" {} ({}): {};", a.party, a.address, a.cause);
    }
    text.pop();
    for caller in callers {
        text += &format!("; turned away {caller}");
    }
    text
}

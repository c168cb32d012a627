//! The session: what a protocol text talks through. Spec: `spec/protocols/01-session.md`.
//!
//! A [`Session`] is a place in one computation: network, identity, path of the current step, stream and tape. It is
//! concrete and cheap to narrow ([`Session::step`]); a closure on a thread pool cannot hold one, so local work cannot
//! talk by accident. After any failed check the whole session is dead: hooks registered with [`Session::on_death`] run
//! first (the ledger's tombstone), then the abort frame leaves, then every call refuses.
//!
//! `traffic.rs` is what one party tells another, `joint.rs` what all parties do together.

mod id;
mod joint;
mod traffic;

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use smallvec::SmallVec;
use spec::Check;
use transport::{Meter, Net, Parties, PartyId, StepPath, Stream};
use zeroize::{Zeroize, Zeroizing};

pub use id::SessionId;

use crate::foundations::{Foundations, Real};
use crate::message::Digest;
use crate::{Abort, Blame, Error, Result, Tape, context};

struct Core {
    net: Rc<dyn Net>,
    /// Asked of `net` once: protocol texts ask all the time.
    me: PartyId,
    n: usize,
    id: SessionId,
    epoch: u64,
    foundations: Rc<dyn Foundations>,
    dead: Cell<bool>,
    last_words: RefCell<Vec<Box<dyn FnOnce()>>>,
}

/// A place in one computation, see the module's text.
pub struct Session {
    core: Rc<Core>,
    path: StepPath,
    stream: Stream,
    tape: Tape,
    /// How often each name was used for a child, by the digest of path and name. Few steps have children of more than
    /// three names.
    children: SmallVec<[(u64, u32); 3]>,
}

impl Session {
    /// The root of a computation over `net` on the protocols of this crate. [`Session::start`] is the way to get one
    /// whose parties agree on the id and share seeds for zero shares.
    #[must_use]
    pub fn new(net: Rc<dyn Net>, id: SessionId, foundations: Rc<Real>, tape: Tape) -> Self {
        Self::on_untrusted_foundations(net, id, foundations, tape)
    }
    /// The same on any foundations: the door of simulators, attacks and exact counts. Foundations that are not
    /// [`Real`] can toss known coins and pass every check, so what such a session computes proves nothing about anyone
    /// but their author.
    #[must_use]
    pub fn on_untrusted_foundations(
        net: Rc<dyn Net>,
        id: SessionId,
        foundations: Rc<dyn Foundations>,
        tape: Tape,
    ) -> Self {
        let epoch = u64::from_le_bytes(id.0[..8].try_into().unwrap_or_default());
        let (me, n) = (net.me(), net.parties().n());
        let last_words = RefCell::default();
        let core = Core { net, me, n, id, epoch, foundations, dead: Cell::new(false), last_words };
        Self { core: Rc::new(core), path: StepPath::ROOT, stream: Stream::MAIN, tape, children: SmallVec::new_const() }
    }

    /// This party.
    #[must_use]
    pub fn me(&self) -> PartyId {
        self.core.me
    }
    /// The number of parties.
    #[must_use]
    pub fn n(&self) -> usize {
        self.core.n
    }
    /// All parties.
    #[must_use]
    pub fn parties(&self) -> &Parties {
        self.core.net.parties()
    }
    /// Everyone else, in order.
    pub fn others(&self) -> impl DoubleEndedIterator<Item = PartyId> + use<> {
        let me = self.me();
        (0..self.n()).map(PartyId::new).filter(move |p| *p != me)
    }
    /// The session id.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.core.id
    }
    /// The current step.
    #[must_use]
    pub fn path(&self) -> &StepPath {
        &self.path
    }
    /// The randomness of this session.
    #[must_use]
    pub fn tape(&self) -> &Tape {
        &self.tape
    }
    /// A hash that nothing else in any session produces: keyed by context and session id; path, then items, each behind
    /// its length.
    #[must_use]
    pub fn bind(&self, context: &'static str, items: &[&[u8]]) -> blake3::Hasher {
        let mut h = blake3::Hasher::new_keyed(&context::key(context, self.core.id));
        h.update(&Zeroizing::new(self.bound(items)));
        h
    }
    /// The 32-byte digest of [`Session::bind`].
    #[must_use]
    pub fn digest(&self, context: &'static str, items: &[&[u8]]) -> Digest {
        // In one go: most of what is bound is shorter than a hasher is large.
        let mut bound = self.bound(items);
        let digest = blake3::keyed_hash(&context::key(context, self.core.id), &bound);
        // At once, where the vector's own wiping goes byte by byte.
        bound.as_mut_slice().zeroize();
        Digest(digest.into())
    }
    fn bound(&self, items: &[&[u8]]) -> Vec<u8> {
        // Room for everything, so that no copy of a secret item stays behind.
        let room = self.path.encoded_len() + items.iter().map(|item| item.len() + 8).sum::<usize>();
        let mut out = Vec::with_capacity(room);
        self.path.encode(&mut out);
        for item in items {
            out.extend_from_slice(&(item.len() as u64).to_le_bytes());
            out.extend_from_slice(item);
        }
        debug_assert_eq!(out.len(), room);
        out
    }

    /// A child step: same stream and tape, a path of its own. The k-th step of one name gets the index k.
    pub fn step(&mut self, name: &'static str) -> Self {
        let path = self.child(name);
        self.at(path, self.stream, self.tape.clone())
    }
    /// A session that runs out of places ends: a path that comes twice would hash to the same seeds and tags.
    fn child(&mut self, name: &'static str) -> StepPath {
        let mut again = false;
        let path = self.path.next_child(name, |named| match self.children.iter_mut().find(|(n, _)| *n == named) {
            Some((_, k)) => {
                (*k, again) = k.overflowing_add(1);
                *k
            }
            None => {
                self.children.push((named, 0));
                0
            }
        });
        if again {
            self.die();
        }
        path
    }
    fn at(&self, path: StepPath, stream: Stream, tape: Tape) -> Self {
        Self { core: self.core.clone(), path, stream, tape, children: SmallVec::new_const() }
    }
    /// The only concurrency: two branches, each with its own stream, path and tape.
    pub async fn fork<A, B>(
        &mut self,
        names: [&'static str; 2],
        a: impl AsyncFnOnce(Self) -> Result<A>,
        b: impl AsyncFnOnce(Self) -> Result<B>,
    ) -> Result<(A, B)> {
        let [sa, sb] = names.map(|name| {
            let path = self.child(name);
            let tape = self.tape.fork(path.hash());
            self.at(path.clone(), Stream(path.hash()), tape)
        });
        let branches = [sa.stream, sb.stream];
        let count = |count: fn(&Meter, Stream, Stream)| {
            let meter = self.core.net.traffic().into_iter();
            meter.for_each(|meter| branches.iter().for_each(|branch| count(meter, self.stream, *branch)));
        };
        count(Meter::fork);
        let (mut fa, mut fb) = (pin!(a(sa)), pin!(b(sb)));
        let (mut ra, mut rb) = (None, None);
        poll_fn(|cx| {
            if ra.is_none()
                && let Poll::Ready(r) = fa.as_mut().poll(cx)
            {
                ra = Some(r);
            }
            if rb.is_none()
                && let Poll::Ready(r) = fb.as_mut().poll(cx)
            {
                rb = Some(r);
            }
            if matches!(ra, Some(Err(_))) || matches!(rb, Some(Err(_))) || (ra.is_some() && rb.is_some()) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        count(Meter::join);
        match (ra, rb) {
            (Some(Err(e)), _) | (_, Some(Err(e))) => Err(e),
            (Some(Ok(a)), Some(Ok(b))) => Ok((a, b)),
            _ => Err(Error::Local("a fork ended before its branches".into())),
        }
    }

    /// Refuses if the session has aborted.
    pub fn alive(&self) -> Result<()> {
        if self.core.dead.get() { Err(Error::Dead) } else { Ok(()) }
    }
    /// Reports the outcome of a check. On failure the session dies and the abort is returned.
    pub fn verdict(&self, check: &'static Check, ok: bool, blame: Blame) -> Result<()> {
        if self.core.foundations.verdict(check, ok) {
            return Ok(());
        }
        self.die();
        Err(Error::Abort(Abort { at: self.path.label(), check, blame }))
    }
    /// Runs `last_word` when the session dies, before any other party is told; at once if it is dead already. A no-op on
    /// success.
    pub fn on_death(&self, last_word: impl FnOnce() + 'static) {
        if self.core.dead.get() {
            last_word();
        } else {
            self.core.last_words.borrow_mut().push(Box::new(last_word));
        }
    }
    /// Ends the session for everybody.
    pub fn die(&self) {
        if self.end() {
            self.core.net.abort();
        }
    }
    /// Ends the session here, without a word to the others: for refusals that every honest party arrives at by itself
    /// from what all of them heard. An abort frame would overtake what they have to hear. `false` if it was dead already.
    pub(crate) fn end(&self) -> bool {
        let alive = !self.core.dead.replace(true);
        if alive {
            for word in self.core.last_words.take() {
                word();
            }
        }
        alive
    }
}

#[cfg(test)]
mod tests {
    use transport::Parties;
    use transport::threads::mesh;

    use super::*;
    use crate::testing::{Passing, run};

    /// Every item stands behind its length: the same bytes in other pieces are something else.
    #[test]
    fn a_digest_depends_on_where_its_items_end() {
        let net = Rc::new(mesh(&Parties::anonymous(2)).swap_remove(0));
        let s = Session::new(net, SessionId([3; 32]), Rc::new(Real::bootstrap()), Tape::seeded([4; 32]));
        let pieces: [&[&[u8]]; 5] = [&[b"ab", b"c"], &[b"a", b"bc"], &[b"abc"], &[b"abc", b""], &[b"", b"abc"]];
        let digests = pieces.map(|items| s.digest("a test of pieces", items).0);
        assert!((0..pieces.len()).all(|k| !digests[..k].contains(&digests[k])));
        let streamed = pieces.map(|items| *s.bind("a test of pieces", items).finalize().as_bytes());
        assert_eq!(streamed, digests);
    }

    #[test]
    fn a_session_without_places_left_ends() {
        let ends = run(2, 1, &mut Passing, |mut s: Session| async move {
            let (first, second) = (s.step("a"), s.step("a"));
            assert!(first.path() != second.path() && s.alive().is_ok());
            s.children[0].1 = u32::MAX;
            let _ = s.step("a");
            s.alive()
        });
        assert!(matches!(ends[0], Err(Error::Dead)));
    }

    /// Whatever the other branch does: it may wait for something that never comes.
    #[test]
    fn a_fork_ends_with_both_branches_or_with_the_first_that_fails() {
        #[derive(Clone, Copy)]
        enum End {
            Value,
            Error,
            Never,
        }
        async fn branch(end: End, value: u8) -> Result<u8> {
            match end {
                End::Value => Ok(value),
                End::Error => Err(Error::Local(value.to_string())),
                End::Never => std::future::pending().await,
            }
        }
        let fork = |[a, b]: [End; 2]| {
            let ends = run(2, 1, &mut Passing, |mut s: Session| async move {
                s.fork(["a", "b"], async |_| branch(a, 1).await, async |_| branch(b, 2).await).await
            });
            ends.into_iter().next().unwrap()
        };
        assert_eq!(fork([End::Value; 2]), Ok((1, 2)));
        for other in [End::Value, End::Never] {
            assert_eq!(fork([End::Error, other]), Err(Error::Local("1".into())));
            assert_eq!(fork([other, End::Error]), Err(Error::Local("2".into())));
            assert!(matches!(fork([other, End::Never]), Err(Error::Net { .. })));
            assert!(matches!(fork([End::Never, other]), Err(Error::Net { .. })));
        }
    }
}

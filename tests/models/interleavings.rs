//! The receive buffer, and two parties that toss a coin over it, under random, prioritised and exhaustive interleavings.

use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use field::{Field, Fr};
use protocols::{Real, Session, SessionId, Tape};
use shuttle::thread;
use transport::{Frame, Net, Parties};

use crate::inbox::{Inbox, Limits, Mailbox};
use crate::sync::Arc;
use crate::{Incoming, NetError, NetErrorKind, PartyId, Stream};

const P0: PartyId = PartyId::new(0);
const P1: PartyId = PartyId::new(1);
const P2: PartyId = PartyId::new(2);
/// Longer than any test: the checker's waits have no time-out.
const LONG: Duration = Duration::from_secs(3600);

/// Under every scheduler: at random, with priorities that change a few times, and depth first as far as it gets.
fn everywhere(program: impl Fn() + Copy + Send + Sync + 'static) {
    shuttle::check_random(program, 400);
    shuttle::check_pct(program, 400, 3);
    shuttle::check_dfs(program, Some(400));
}

fn inbox(n: usize, unread_bytes: usize) -> Arc<Inbox> {
    Inbox::new(n, Limits { unread_bytes, streams: 8, step: LONG, idle: None })
}

fn frame(tag: u64) -> Incoming {
    Incoming { tag, body: Bytes::from_static(b"body") }
}

/// The next frame of a peer, waiting as `drive` does.
fn next(mailbox: &Mailbox, from: PartyId, stream: Stream) -> Result<u64, NetErrorKind> {
    loop {
        match mailbox.poll(from, stream) {
            Poll::Ready(r) => return r.map(|f| f.tag).map_err(|e| e.kind),
            Poll::Pending => mailbox.park(),
        }
    }
}

#[test]
fn frames_arrive_in_their_order_and_nobody_sleeps_through_one() {
    everywhere(|| {
        let inbox = inbox(3, 1 << 20);
        let push = |from, stream, tags: [u64; 3]| {
            let inbox = inbox.clone();
            thread::spawn(move || tags.map(|tag| inbox.push(from, stream, frame(tag)).unwrap()))
        };
        let threads = [push(P1, Stream::MAIN, [1, 2, 3]), push(P2, Stream(7), [4, 5, 6])];
        let mailbox = Mailbox::new(inbox);
        let got: Vec<_> = (0..3)
            .flat_map(|_| [(P2, Stream(7)), (P1, Stream::MAIN)])
            .map(|(from, stream)| next(&mailbox, from, stream).unwrap())
            .collect();
        assert_eq!(got, [4, 1, 5, 2, 6, 3]);
        for t in threads {
            t.join().unwrap();
        }
    });
}

#[test]
fn an_abort_is_heard_by_whoever_waits_and_stays() {
    everywhere(|| {
        let inbox = inbox(3, 1 << 20);
        let (speaks, aborts) = (inbox.clone(), inbox.clone());
        let speaker = thread::spawn(move || speaks.push(P1, Stream::MAIN, frame(1)).unwrap());
        let other = thread::spawn(move || aborts.abort(P2));
        let mailbox = Mailbox::new(inbox);
        let first = next(&mailbox, P1, Stream::MAIN);
        assert!(matches!(first, Ok(1) | Err(NetErrorKind::Aborted)));
        assert_eq!(next(&mailbox, P1, Stream::MAIN), Err(NetErrorKind::Aborted));
        speaker.join().unwrap();
        assert_eq!(next(&mailbox, P1, Stream::MAIN), Err(NetErrorKind::Aborted));
        other.join().unwrap();
    });
}

#[test]
fn what_arrived_before_a_loss_is_not_lost() {
    everywhere(|| {
        let inbox = inbox(2, 1 << 20);
        let reader = inbox.clone();
        let reader = thread::spawn(move || {
            for tag in 1..=3 {
                reader.push(P1, Stream::MAIN, frame(tag)).unwrap();
            }
            reader.lose(P1, NetErrorKind::Closed);
        });
        let mailbox = Mailbox::new(inbox);
        let got: Vec<_> = (0..4).map(|_| next(&mailbox, P1, Stream::MAIN)).collect();
        assert_eq!(got, [Ok(1), Ok(2), Ok(3), Err(NetErrorKind::Closed)]);
        reader.join().unwrap();
    });
}

/// Readers hold back when half of the room is taken, unless the polling thread sleeps: then it needs what has not come.
#[test]
fn full_buffers_neither_overrun_nor_block_for_ever() {
    everywhere(|| {
        let inbox = inbox(3, 4 * (64 + 4));
        let read = |from| {
            let inbox = inbox.clone();
            thread::spawn(move || {
                for tag in 0..4 {
                    inbox.wait_for_room(from);
                    inbox.push(from, Stream::MAIN, frame(tag)).unwrap();
                }
            })
        };
        let threads = [read(P1), read(P2)];
        let mailbox = Mailbox::new(inbox);
        for from in [P1, P2] {
            let got: Vec<_> = (0..4).map(|_| next(&mailbox, from, Stream::MAIN).unwrap()).collect();
            assert_eq!(got, [0, 1, 2, 3]);
        }
        threads.into_iter().for_each(|t| t.join().unwrap());
    });
}

/// A party on a thread of its own, as `transport::threads` has them.
struct Threaded {
    me: PartyId,
    parties: Parties,
    mailbox: Mailbox,
    others: Vec<Arc<Inbox>>,
}

impl Net for Threaded {
    fn me(&self) -> PartyId {
        self.me
    }
    fn parties(&self) -> &Parties {
        &self.parties
    }
    fn send(&self, to: PartyId, stream: Stream, frame: Frame) -> Result<(), NetError> {
        let incoming = Incoming { tag: frame.tag, body: frame.body };
        // A lost connection swallows what is sent.
        let _ = self.others[to.index()].push(self.me, stream, incoming);
        Ok(())
    }
    fn poll_recv(&self, _: &mut Context<'_>, from: PartyId, stream: Stream) -> Poll<Result<Incoming, NetError>> {
        self.mailbox.poll(from, stream)
    }
    fn abort(&self) {
        self.others.iter().for_each(|o| o.abort(self.me));
    }
    fn park(&self) {
        self.mailbox.park();
    }
}

/// Two parties, each in a session of its own thread: whatever the interleaving, the coin is the same.
#[test]
fn a_coin_does_not_depend_on_threads() {
    fn toss() -> Vec<u8> {
        let inboxes: Vec<_> = (0..2).map(|_| inbox(2, 1 << 20)).collect();
        let party = |me: PartyId| {
            let others = inboxes.clone();
            thread::spawn(move || {
                let mailbox = Mailbox::new(others[me.index()].clone());
                let net = Rc::new(Threaded { me, parties: Parties::anonymous(2), mailbox, others });
                let tape = Tape::seeded([me.index() as u8; 32]);
                let mut s = Session::new(net.clone(), SessionId([9; 32]), Rc::new(Real::bootstrap()), tape);
                let coin = transport::drive(&*net, s.challenge::<Fr>(1)).unwrap()[0];
                let mut bytes = Vec::new();
                Fr::write_slice(&[coin], &mut bytes);
                bytes
            })
        };
        let both = [party(P0), party(P1)].map(|t| t.join().unwrap());
        assert_eq!(both[0], both[1]);
        both[0].clone()
    }
    use std::sync::OnceLock;
    static FIRST: OnceLock<Vec<u8>> = OnceLock::new();
    everywhere(|| {
        let coin = toss();
        assert_eq!(FIRST.get_or_init(|| coin.clone()), &coin);
    });
}

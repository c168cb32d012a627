use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::inbox::{FRAME_CHARGE, Inbox, Limits, Mailbox};
use crate::{Incoming, NetError, NetErrorKind, PartyId, Stream};

const P0: PartyId = PartyId::new(0);
const P1: PartyId = PartyId::new(1);
const P2: PartyId = PartyId::new(2);

const STEP: Duration = Duration::from_millis(900);
const IDLE: Duration = Duration::from_millis(450);

/// With time-outs that only tests of time-outs reach.
fn mailbox() -> Mailbox {
    timed(Duration::from_secs(60), Duration::from_secs(30))
}
fn timed(step: Duration, idle: Duration) -> Mailbox {
    Mailbox::new(Inbox::new(3, Limits { unread_bytes: 1000, streams: 3, step, idle: Some(idle) }))
}
fn frame(tag: u64) -> Incoming {
    Incoming { tag, body: Bytes::from_static(b"body") }
}
/// The tag of the frame, or the error, or `None` for Pending.
fn outcome(p: Poll<Result<Incoming, NetError>>) -> Option<Result<u64, NetError>> {
    match p {
        Poll::Ready(r) => Some(r.map(|f| f.tag)),
        Poll::Pending => None,
    }
}
fn lost(peer: PartyId, kind: NetErrorKind) -> Option<Result<u64, NetError>> {
    Some(Err(NetError { peer, kind }))
}

#[test]
fn streams_and_peers_do_not_mix_and_keep_their_order() {
    let m = mailbox();
    m.inbox().push(P1, Stream(7), frame(1)).unwrap();
    m.inbox().push(P1, Stream::MAIN, frame(2)).unwrap();
    m.inbox().push(P1, Stream(7), frame(3)).unwrap();
    m.inbox().push(P2, Stream(7), frame(4)).unwrap();
    assert_eq!(outcome(m.poll(P1, Stream(7))), Some(Ok(1)));
    assert_eq!(outcome(m.poll(P2, Stream(7))), Some(Ok(4)));
    assert_eq!(outcome(m.poll(P1, Stream(7))), Some(Ok(3)));
    assert_eq!(outcome(m.poll(P1, Stream(7))), None);
    assert_eq!(outcome(m.poll(P1, Stream::MAIN)), Some(Ok(2)));
}

#[test]
fn abort_comes_before_data_before_closed_before_deadline() {
    let soon = Duration::from_millis(60);
    let m = timed(2 * soon, soon);
    assert_eq!(outcome(m.poll(P1, Stream::MAIN)), None);
    std::thread::sleep(2 * soon);
    m.inbox().lose(P1, NetErrorKind::Closed);
    assert_eq!(outcome(m.poll(P1, Stream::MAIN)), lost(P1, NetErrorKind::Closed));
    let m = mailbox();
    m.inbox().push(P1, Stream::MAIN, frame(1)).unwrap();
    m.inbox().push(P1, Stream::MAIN, frame(2)).unwrap();
    m.inbox().lose(P1, NetErrorKind::Closed);
    assert_eq!(outcome(m.poll(P1, Stream::MAIN)), Some(Ok(1)));
    m.inbox().abort(P2);
    assert_eq!(outcome(m.poll(P1, Stream::MAIN)), lost(P2, NetErrorKind::Aborted));
}

#[test]
fn a_silent_peer_is_idle_and_a_living_one_is_stalled() {
    let m = timed(STEP, IDLE);
    let started = Instant::now();
    assert_eq!(outcome(m.poll(P1, Stream::MAIN)), None);
    m.park();
    assert_eq!(outcome(m.poll(P1, Stream::MAIN)), lost(P1, NetErrorKind::Idle));
    assert!(started.elapsed() >= IDLE);

    let m = timed(STEP, IDLE);
    let inbox = Arc::clone(m.inbox());
    let stopped = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&stopped);
    let heart = std::thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            inbox.alive(P1);
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    let end = loop {
        match outcome(m.poll(P1, Stream::MAIN)) {
            None => m.park(),
            Some(end) => break end,
        }
    };
    stopped.store(true, Ordering::Relaxed);
    assert_eq!(Some(end), lost(P1, NetErrorKind::Stalled));
    heart.join().unwrap();
}

#[test]
fn a_wait_that_its_future_gave_up_does_not_expire() {
    let idle = Duration::from_millis(60);
    let m = timed(2 * idle, idle);
    assert_eq!(outcome(m.poll(P1, Stream::MAIN)), None);
    assert_eq!(outcome(m.poll(P2, Stream::MAIN)), None);
    m.inbox().push(P2, Stream::MAIN, frame(1)).unwrap();
    m.park();
    assert_eq!(outcome(m.poll(P2, Stream::MAIN)), Some(Ok(1)));
    std::thread::sleep(idle + Duration::from_millis(10));
    let parked = Instant::now();
    assert_eq!(outcome(m.poll(P2, Stream::MAIN)), None);
    m.park();
    assert!(parked.elapsed() >= idle, "woken by a wait that nobody polls");
}

#[test]
fn caps_end_a_flood_after_the_frames_before_it() {
    for flood in [0u64, 1] {
        let m = mailbox();
        let pushed = (0..1000u64)
            .take_while(|i| {
                let stream = if flood == 0 { Stream::MAIN } else { Stream(1 + i) };
                m.inbox().push(P1, stream, Incoming { tag: *i, body: Bytes::new() }).is_ok()
            })
            .count();
        assert_eq!(pushed, if flood == 0 { 1000 / FRAME_CHARGE } else { 3 });
        assert_eq!(outcome(m.poll(P1, Stream(flood))), Some(Ok(0)));
        while let Some(Ok(_)) = outcome(m.poll(P1, Stream(flood))) {}
        assert_eq!(outcome(m.poll(P1, Stream(flood))), lost(P1, NetErrorKind::Overrun));
        assert_eq!(outcome(m.poll(P2, Stream::MAIN)), None, "the others go on");
    }
}

#[test]
fn a_reader_is_held_back_until_there_is_room_or_somebody_waits() {
    let m = mailbox();
    let big = Incoming { tag: 9, body: Bytes::from(vec![0; 600]) };
    m.inbox().push(P1, Stream::MAIN, big).unwrap();
    let inbox = Arc::clone(m.inbox());
    let reader = std::thread::spawn(move || inbox.wait_for_room(P1));
    std::thread::sleep(Duration::from_millis(30));
    assert!(!reader.is_finished());
    assert_eq!(outcome(m.poll(P1, Stream::MAIN)), Some(Ok(9)));
    reader.join().unwrap();

    let big = Incoming { tag: 9, body: Bytes::from(vec![0; 600]) };
    m.inbox().push(P1, Stream::MAIN, big).unwrap();
    let inbox = Arc::clone(m.inbox());
    let reader = std::thread::spawn(move || {
        inbox.wait_for_room(P1);
        inbox.push(P1, Stream(5), frame(5))
    });
    while outcome(m.poll(P1, Stream(5))) != Some(Ok(5)) {
        m.park();
    }
    reader.join().unwrap().unwrap();
    assert_eq!(outcome(m.poll(P0, Stream::MAIN)), None);
}

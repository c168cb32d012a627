//! Programs that never end are stopped.

use std::rc::Rc;

use bytes::Bytes;

use crate::sim::{Clock, End, Limits, NoTrusted, Passive, Setup, run};
use crate::{Frame, Kind, Meta, Net, Parties, PartyId, PartySet, StepPath, Stream};

const P0: PartyId = PartyId::new(0);
const P1: PartyId = PartyId::new(1);

fn frame(bytes: usize) -> Frame {
    let meta = Meta { name: "x", kind: Kind::Counts, field: "", len: 1, width: 8 };
    Frame { step: StepPath::ROOT, meta, tag: 1, body: Bytes::from(vec![0; bytes]) }
}

/// Sends to the other party what `next` tells, for ever or until the network refuses.
fn ends(limits: Limits, talk: impl Fn(&dyn Net, PartyId) + Copy) -> Vec<End<()>> {
    let setup = Setup {
        parties: Rc::new(Parties::anonymous(2)),
        corrupt: PartySet::EMPTY,
        adversary: &mut Passive,
        trusted: &mut NoTrusted,
        clock: Clock::NONE,
        trace: false,
        limits,
    };
    let other = |me: PartyId| if me == P0 { P1 } else { P0 };
    run(setup, |net| {
        Box::pin(std::future::poll_fn(move |cx| {
            let to = other(net.me());
            talk(&*net, to);
            // Whatever arrives is answered for ever.
            while net.poll_recv(cx, to, Stream::MAIN).is_ready() {
                talk(&*net, to);
            }
            std::task::Poll::Pending
        }))
    })
    .ends
}

#[test]
fn programs_that_talk_for_ever_are_stopped_by_frames_and_by_bytes() {
    let once = |net: &dyn Net, to| {
        let _ = net.send(to, Stream::MAIN, frame(8));
    };
    assert_eq!(ends(Limits { frames: 1000, bytes: u64::MAX }, once), [End::Exhausted, End::Exhausted]);
    assert_eq!(ends(Limits { frames: u64::MAX, bytes: 8000 }, once), [End::Exhausted, End::Exhausted]);
    let flood = |net: &dyn Net, to| while net.send(to, Stream::MAIN, frame(1 << 20)).is_ok() {};
    assert_eq!(ends(Limits { frames: 50, bytes: u64::MAX }, flood), [End::Exhausted, End::Exhausted]);
}

#[test]
fn the_last_allowed_frame_is_no_offence() {
    let three = |net: &dyn Net, to| {
        if net.me() == P0 {
            (0..3).for_each(|_| {
                let _ = net.send(to, Stream::MAIN, frame(8));
            });
        }
    };
    let ended = |frames| ends(Limits { frames, bytes: u64::MAX }, three);
    assert_eq!(ended(3), [End::Stuck, End::Stuck]);
    assert_eq!(ended(2), [End::Exhausted, End::Stuck]);
}

/// One run in which P0 sends three frames that nobody takes and aborts, or only listens: rounds, bytes, and what P1 heard.
fn heard(noisy: bool, kept: Option<&std::cell::RefCell<Vec<Rc<dyn Net>>>>) -> (u32, u64, Vec<bool>) {
    let setup = Setup {
        parties: Rc::new(Parties::anonymous(2)),
        corrupt: PartySet::EMPTY,
        adversary: &mut Passive,
        trusted: &mut NoTrusted,
        clock: Clock::LAN,
        trace: true,
        limits: Limits { frames: 3, bytes: 24 },
    };
    let run = run(setup, |net| {
        Box::pin(std::future::poll_fn(move |cx| {
            if noisy && net.me() == P0 {
                for _ in 0..3 {
                    let _ = net.send(P1, Stream(7), frame(8));
                }
                net.abort();
            }
            if let Some(kept) = kept {
                kept.borrow_mut().push(net.clone());
            }
            let other = if net.me() == P0 { P1 } else { P0 };
            let ready = [Stream::MAIN, Stream(7)].map(|stream| net.poll_recv(cx, other, stream).is_ready());
            std::task::Poll::Ready(ready.contains(&true))
        }))
    });
    let got = run.ends.into_iter().map(|end| end == End::Done(true)).collect();
    (run.rounds, run.bytes + run.trace.len() as u64, got)
}

#[test]
fn a_run_finds_nothing_of_the_run_before() {
    let fresh = heard(false, None);
    assert_eq!(fresh, (0, 0, vec![false, false]));
    assert_ne!(heard(true, None), fresh);
    assert_eq!(heard(false, None), fresh);
    // Ends of the network that a program has kept are of the old run, and harmless.
    let kept = std::cell::RefCell::default();
    assert_ne!(heard(true, Some(&kept)), fresh);
    for net in kept.borrow().iter() {
        let _ = net.send(P1, Stream(7), frame(8));
    }
    assert_eq!(heard(false, None), fresh);
}

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

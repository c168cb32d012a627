use std::future::poll_fn;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::*;
use crate::{Kind, Meta, NetErrorKind, StepPath, drive};

fn frame(tag: u64, body: &[u8]) -> Frame {
    let meta = Meta { name: "ping", kind: Kind::Counts, field: "", len: body.len(), width: 1 };
    Frame { step: StepPath::ROOT.child("test", 0), meta, tag, body: Bytes::copy_from_slice(body) }
}
async fn recv(net: &dyn Net, from: PartyId) -> Result<Incoming, NetError> {
    poll_fn(|cx| net.poll_recv(cx, from, Stream::MAIN)).await
}
/// Runs every party on its own thread.
fn run<T: Send>(nets: Vec<ThreadNet>, party: impl Fn(&ThreadNet) -> T + Sync) -> Vec<T> {
    std::thread::scope(|s| {
        let party = &party;
        let threads: Vec<_> = nets.into_iter().map(|net| s.spawn(move || party(&net))).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    })
}

#[test]
fn every_party_hears_every_other_many_times() {
    let parties = Parties::anonymous(4);
    let sums = run(mesh(&parties), |net| {
        drive(net, async {
            let mut sum = 0;
            for round in 0..200u64 {
                for to in net.parties().iter().filter(|p| *p != net.me()) {
                    net.send(to, Stream::MAIN, frame(round, &[net.me().index() as u8])).unwrap();
                }
                for from in net.parties().iter().filter(|p| *p != net.me()) {
                    let got = recv(net, from).await.unwrap();
                    assert_eq!((got.tag, &got.body[..]), (round, &[from.index() as u8][..]));
                    sum += u64::from(got.body[0]);
                }
            }
            sum
        })
    });
    assert_eq!(sums, [1200, 1000, 800, 600]);
}

#[test]
fn abort_and_drop_reach_a_sleeping_party() {
    for (abort, kind) in [(true, NetErrorKind::Aborted), (false, NetErrorKind::Closed)] {
        let ends = run(mesh(&Parties::anonymous(3)), |net| {
            if net.me() == PartyId::new(2) {
                std::thread::sleep(Duration::from_millis(20));
                if abort {
                    net.abort();
                }
                return Ok(0);
            }
            drive(net, recv(net, PartyId::new(2))).map(|f| f.tag)
        });
        assert_eq!(ends[0], Err(NetError { peer: PartyId::new(2), kind }));
        assert_eq!(ends[0], ends[1]);
    }
}

#[test]
fn a_party_that_stalls_does_not_hang_the_others() {
    let limits = Limits { step: Duration::from_millis(80), idle: None, ..Limits::default() };
    let nets = mesh_with(&Parties::anonymous(2), limits);
    let started = Instant::now();
    let end = drive(&nets[0], recv(&nets[0], PartyId::new(1))).map(|f| f.tag);
    assert_eq!(end, Err(NetError { peer: PartyId::new(1), kind: NetErrorKind::Stalled }));
    assert!(started.elapsed() < Duration::from_secs(5));
}

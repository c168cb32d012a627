//! Frames between honest parties, and parties that stop.

use std::sync::Barrier;

use super::*;

/// Every party sends to every other on two streams, small and large frames mixed, and checks all it gets.
fn exchange(net: Result<TcpNet, ConnectError>) -> usize {
    let net = net.unwrap();
    let sizes = [0usize, 1, 100, 40_000, 1 << 20, 3, 70_000];
    drive(&net, async {
        let mut frames = 0;
        for round in 0..3u64 {
            for to in others(&net) {
                for (i, size) in sizes.iter().enumerate() {
                    let stream = Stream(i as u64 % 2);
                    net.send(to, stream, frame(round, vec![net.me().index() as u8; *size])).unwrap();
                }
            }
            for from in others(&net) {
                for (i, size) in sizes.iter().enumerate() {
                    let got = recv(&net, from, Stream(i as u64 % 2)).await.unwrap();
                    assert_eq!((got.tag, got.body.len()), (round, *size));
                    assert!(got.body.iter().all(|b| usize::from(*b) == from.index()));
                    frames += 1;
                }
            }
        }
        frames
    })
}

#[test]
fn three_parties_exchange_frames_over_tls_and_plain() {
    for tls in [true, false] {
        assert_eq!(world(3, tls).run(exchange), [42, 42, 42]);
    }
}

#[test]
fn everybody_knows_everybodys_nonce() {
    let nonces = world(3, true).run(|net| net.unwrap().nonces().clone());
    assert_eq!(nonces[0], nonces[1]);
    assert_eq!(nonces[0], nonces[2]);
    assert_ne!(nonces[0][P0], nonces[0][P1]);
    assert_ne!(nonces[0][P0], [0; 32]);
}

#[test]
fn both_may_send_much_before_either_receives() {
    let mut world = world(2, true);
    for config in &mut world.configs {
        config.limits.unread_bytes = 96 << 20;
    }
    let body = Bytes::from(vec![5u8; 1 << 20]);
    let sums = world.run(|net| {
        let net = net.unwrap();
        let peer = others(&net).next().unwrap();
        for i in 0..64 {
            net.send(peer, Stream::MAIN, frame(i, body.clone())).unwrap();
        }
        (0..64).filter(|i| next(&net, peer).is_ok_and(|f| f.tag == *i && f.body == body)).count()
    });
    assert_eq!(sums, [64, 64]);
}

#[test]
fn what_was_sent_before_a_clean_end_arrives() {
    for tls in [true, false] {
        let got = world(2, tls).run(|net| {
            let net = net.unwrap();
            if net.me() == P0 {
                for i in 0..20 {
                    net.send(P1, Stream::MAIN, frame(i, vec![1; 200_000])).unwrap();
                }
                return (20, Err(NetErrorKind::Closed));
            }
            let mut count = 0;
            loop {
                match next(&net, P0) {
                    Ok(_) => count += 1,
                    Err(kind) => return (count, Err::<(), _>(kind)),
                }
            }
        });
        assert_eq!(got[1], (20, Err(NetErrorKind::Closed)));
    }
}

#[test]
fn a_party_that_leaves_is_noticed_at_once_and_one_that_stalls_in_time() {
    let ends = world(3, true).run(|net| {
        let net = net.unwrap();
        if net.me() == P2 { None } else { Some(next(&net, P2).unwrap_err()) }
    });
    // Not by a time-out.
    assert_eq!(ends[..2], [Some(NetErrorKind::Closed), Some(NetErrorKind::Closed)]);

    let mut world = world(3, true);
    for config in &mut world.configs {
        config.limits.step = Duration::from_millis(1200);
        config.limits.idle = Some(Duration::from_millis(900));
    }
    let all = Barrier::new(3);
    let ends = world.run(|net| {
        let net = net.unwrap();
        let end = if net.me() == P2 { NetErrorKind::Closed } else { next(&net, P2).unwrap_err() };
        // The silent one stays until the others have given up.
        all.wait();
        end
    });
    assert_eq!(ends[..2], [NetErrorKind::Stalled, NetErrorKind::Stalled], "it lives, so it is not idle");
}

#[test]
fn an_abort_overtakes_what_is_queued() {
    let mut world = world(2, true);
    // The receiver has room for all of it: what ends its wait is the abort.
    world.configs.iter_mut().for_each(|config| config.limits.unread_bytes = 64 << 20);
    let ends = world.run(|net| {
        let net = net.unwrap();
        if net.me() == P0 {
            // More than the sockets take: the rest waits behind the writer.
            for i in 0..30 {
                net.send(P1, Stream(9), frame(i, vec![0; 1 << 20])).unwrap();
            }
            net.abort();
            assert!(net.send(P1, Stream::MAIN, frame(0, vec![1])).is_ok());
            return NetErrorKind::Aborted;
        }
        next(&net, P0).unwrap_err()
    });
    assert_eq!(ends[1], NetErrorKind::Aborted);
}

#[test]
fn a_sender_that_is_not_read_from_overruns_instead_of_blocking() {
    let mut world = world(2, true);
    world.configs[0].unsent_bytes = 4 << 20;
    let both = Barrier::new(2);
    let ends = world.run(|net| {
        let net = net.unwrap();
        let body = Bytes::from(vec![0; 1 << 20]);
        let sent = match net.me() {
            P0 => (0..1000).try_for_each(|i| net.send(P1, Stream::MAIN, frame(i, body.clone()))),
            // Computes and does not poll: its buffer fills, then the sender's window closes.
            _ => Ok(()),
        };
        both.wait();
        let started = Instant::now();
        drop(net);
        (sent, started.elapsed())
    });
    assert_eq!(ends[0].0, Err(NetError { peer: P1, kind: NetErrorKind::Overrun }));
    assert!(ends[0].1 < Duration::from_secs(10), "dropping is bounded by the linger time of half a second");
}

#[test]
fn frames_to_nobody_are_errors() {
    world(2, false).run(|net| {
        let net = net.unwrap();
        for nobody in [net.me(), P2, PartyId::IDEAL] {
            assert_eq!(net.send(nobody, Stream::MAIN, frame(0, vec![])).unwrap_err().kind, NetErrorKind::Closed);
            assert_eq!(next(&net, nobody).unwrap_err(), NetErrorKind::Closed);
        }
        let peer = others(&net).next().unwrap();
        let huge = vec![0; crate::wire::MAX_FRAME + 1];
        assert_eq!(net.send(peer, Stream::MAIN, frame(0, huge)).unwrap_err().kind, NetErrorKind::Overrun);
    });
}

#[test]
fn heartbeats_keep_a_party_that_only_computes() {
    // Twice the idle time-out, with a heartbeat far below it and then without one.
    let idle = Duration::from_secs(1);
    for (heartbeat, expected) in [(40, Ok(5)), (60_000, Err(NetErrorKind::Idle))] {
        let mut world = world(2, true);
        for config in &mut world.configs {
            config.limits.idle = Some(idle);
            config.heartbeat = Duration::from_millis(heartbeat);
        }
        let both = Barrier::new(2);
        let ends = world.run(|net| {
            let net = net.unwrap();
            let end = if net.me() == P0 {
                next(&net, P1).map(|got| got.tag)
            } else {
                if expected.is_ok() {
                    thread::sleep(2 * idle);
                    net.send(P0, Stream::MAIN, frame(5, vec![1])).unwrap();
                }
                Ok(5)
            };
            // Nobody leaves before the other has its answer.
            both.wait();
            end
        });
        assert_eq!(ends[0], expected, "heartbeat every {heartbeat} ms");
    }
}

//! A peer that finishes the handshake and then sends what it likes; strangers at the door.

use std::io::Write;
use std::net::TcpStream;
use std::sync::mpsc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::tcp::handshake::Link;
use crate::wire::{Header, MAX_FRAME};

/// Idle time-outs: one to wait for, one that nothing here reaches.
const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(30);

/// What the enemy does when it has sent all.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Close,
    /// Both connections stay open, nothing comes.
    Stay,
}

/// Lets P1 send `bytes` after an honest handshake; what P0 gets in the end, after any frames.
fn attacked(tls: bool, bytes: &[u8], then: Then, idle: Duration) -> NetErrorKind {
    let World { listeners, mut configs, keys } = world(2, tls);
    let attacker = configs.pop().unwrap();
    configs[0].limits.idle = Some(idle);
    let (ended, end_of_victim) = mpsc::channel::<()>();
    thread::scope(|s| {
        let enemy = &listeners[1];
        s.spawn(move || {
            let tls = match attacker.security {
                Security::Tls { identity, pins } => Some(Tls::new(P1, &attacker.parties, identity, pins).unwrap()),
                Security::PlainLoopback => None,
            };
            let meeting = Meeting {
                me: P1,
                parties: &attacker.parties,
                addresses: &attacker.addresses,
                tls,
                digest: attacker.digest,
                nonce: [9; 32],
                timeout: attacker.connect,
            };
            let mut pair = connect::meet(&meeting, enemy).unwrap().remove(0).unwrap();
            pour(&mut pair.to, bytes);
            if then == Then::Stay {
                // Until the victim has dropped its end of the channel.
                let _ = end_of_victim.recv();
            }
        });
        let net = TcpNet::connect_on(&listeners[0], configs.remove(0)).unwrap();
        let end = loop {
            if let Err(kind) = next(&net, P1) {
                break kind;
            }
        };
        drop((net, keys, ended));
        end
    })
}

/// Writes as long as anybody reads.
fn pour(link: &mut Link, bytes: &[u8]) {
    let Link { sock, tls } = link;
    for part in bytes.chunks(10_000) {
        let sent = match tls {
            Some(tls) => tls.writer().write_all(part).and_then(|()| {
                while tls.wants_write() {
                    tls.write_tls(sock)?;
                }
                Ok(())
            }),
            None => sock.write_all(part),
        };
        if sent.is_err() {
            return;
        }
    }
}

fn data(len: u32, stream: u64) -> Vec<u8> {
    Header::Data { len, stream, tag: 1 }.encode().to_vec()
}

#[test]
fn malformed_frames_end_the_connection() {
    let over = data(MAX_FRAME as u32 + 1, 0);
    let mut unknown = Header::Abort.encode().to_vec();
    unknown[0] = 0x77;
    let mut dirty = Header::Heartbeat.encode().to_vec();
    dirty[19] = 1;
    for tls in [true, false] {
        for bytes in [&over, &unknown, &dirty] {
            assert_eq!(attacked(tls, bytes, Then::Close, LONG), NetErrorKind::Malformed);
        }
    }
}

#[test]
fn truncated_frames_are_a_lost_connection_and_silence_is_idle() {
    for tls in [true, false] {
        let whole = [data(4, 0), vec![1, 2, 3, 4]].concat();
        for cut in [0, 1, 19, 20, 23, 24] {
            assert_eq!(attacked(tls, &whole[..cut], Then::Close, LONG), NetErrorKind::Closed, "{cut}");
        }
        assert_eq!(attacked(tls, &whole[..22], Then::Stay, SHORT), NetErrorKind::Idle);
    }
}

#[test]
fn a_flood_overruns_and_does_not_fill_the_memory() {
    // On a stream that nobody reads, in large frames, in empty ones, on many streams.
    let large = [data(1 << 20, 5), vec![0; 1 << 20]].concat().repeat(20);
    let empty = data(0, 5).repeat(300_000);
    let streams: Vec<u8> = (0..1000).flat_map(|i| data(0, i + 1)).collect();
    for flood in [large, empty, streams] {
        assert_eq!(attacked(true, &flood, Then::Stay, LONG), NetErrorKind::Overrun);
    }
}

#[test]
fn an_abort_behind_data_comes_first() {
    let bytes = [data(1, 0), vec![1], Header::Abort.encode().to_vec()].concat();
    assert_eq!(attacked(true, &bytes, Then::Close, LONG), NetErrorKind::Aborted);
}

#[test]
fn random_bytes_never_hang_or_panic() {
    let cases = Config { cases: 12, failure_persistence: None, ..Config::default() };
    let headers = prop::collection::vec((0u32..300, 0u64..4), 0..6);
    let strategy = (headers, prop::collection::vec(any::<u8>(), 0..600), any::<bool>());
    let run = |(headers, noise, close): (Vec<(u32, u64)>, Vec<u8>, bool)| {
        let mut bytes: Vec<u8> = Vec::new();
        for (len, stream) in headers {
            bytes.extend(data(len, stream));
            bytes.extend(std::iter::repeat_n(7, len as usize));
        }
        bytes.extend(noise);
        // Whoever stays is idle soon; a hang would be the step's minute.
        let end = attacked(false, &bytes, if close { Then::Close } else { Then::Stay }, SHORT);
        prop_assert!(end != NetErrorKind::Overrun && end != NetErrorKind::Stalled);
        Ok(())
    };
    TestRunner::new(cases).run(&strategy, run).unwrap();
}

#[test]
fn strangers_at_the_door_do_not_disturb() {
    for tls in [true, false] {
        let world = world(2, tls);
        let door = world.listeners[0].local_addr().unwrap();
        let strangers: Vec<_> = (0..10u8)
            .map(|i| {
                let mut s = TcpStream::connect(door).unwrap();
                // Some say nonsense, some say nothing and stay.
                s.write_all(&vec![i; usize::from(i) * 30]).unwrap();
                s
            })
            .collect();
        assert_eq!(world.errors(), ["connected", "connected"]);
        drop(strangers);
    }
}

#[test]
fn silent_callers_do_not_keep_parties_out() {
    let world = world(2, true);
    let address = world.listeners[0].local_addr().unwrap();
    // All places, each for as long as a handshake may take.
    let silent: Vec<_> = (0..100).map(|_| TcpStream::connect(address).unwrap()).collect();
    let started = Instant::now();
    assert_eq!(world.errors(), ["connected", "connected"]);
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    drop(silent);
}

#[test]
fn who_is_there_meets_whoever_else_is_missing() {
    let mut world = world(3, true);
    world.configs.iter_mut().for_each(|c| c.connect = Duration::from_secs(1));
    let (configs, listeners) = (&world.configs, &world.listeners);
    let meet = |me: usize| {
        let (net, problems) = TcpNet::connect_to_present(&listeners[me], configs[me].clone()).unwrap();
        let other = PartyId::new(1 - me);
        net.send(other, Stream::MAIN, frame(1, vec![me as u8])).unwrap();
        assert_eq!(next(&net, other).map(|f| f.body[0]), Ok(1 - me as u8));
        assert_eq!(next(&net, P2).map(|f| f.tag), Err(NetErrorKind::Closed));
        problems.into_vec().into_iter().map(|p| p.map(|e| e.to_string())).collect::<Vec<_>>()
    };
    let problems = thread::scope(|s| [0, 1].map(|me| s.spawn(move || meet(me))).map(|t| t.join().unwrap()));
    for found in problems {
        assert_eq!(found[..2], [None, None]);
        assert!(found[2].as_ref().is_some_and(|why| why.contains("register (127.0.0.1:")), "{found:?}");
    }
}

//! What a network does to bytes, done to real connections: a proxy between two parties flips, drops, repeats, swaps,
//! delays and ends what passes. On connections with TLS each of these is a lost connection or nothing at all by the time
//! it reaches a session, and nobody is ever accused.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use field::Fr;
use protocols::{Error, Real, Result, Session, SessionId, Tape};
use transport::identity::{Fingerprint, Identity, keygen};
use transport::tcp::{Security, TcpConfig, TcpNet};
use transport::{Limits, NetErrorKind, Parties, PartyId, PerParty, drive};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    Flip,
    Drop,
    Repeat,
    Swap,
    Delay,
    End,
    Silence,
}

const FAULTS: [Fault; 7] =
    [Fault::Flip, Fault::Drop, Fault::Repeat, Fault::Swap, Fault::Delay, Fault::End, Fault::Silence];
/// Coins that are tossed while the proxy misbehaves.
const COINS: usize = 4;

/// What passes the proxies of one run: which piece towards the second party is hit, and how, once they are armed.
struct Weather {
    armed: AtomicBool,
    passed: AtomicUsize,
    at: usize,
    fault: Fault,
    over: AtomicBool,
}

impl Weather {
    /// Passes one direction of one connection on; `hit`: with the fault.
    fn pass(&self, mut from: TcpStream, mut to: TcpStream, hit: bool) {
        let (mut buffer, mut kept): (_, Option<Vec<u8>>) = ([0; 1 << 14], None);
        while let Ok(n) = from.read(&mut buffer) {
            if n == 0 {
                break;
            }
            let mut piece = buffer[..n].to_vec();
            let now = hit && self.armed.load(Ordering::SeqCst) && self.passed.fetch_add(1, Ordering::SeqCst) == self.at;
            if now {
                match self.fault {
                    Fault::Flip => piece[n / 2] ^= 1,
                    Fault::Drop => continue,
                    Fault::Repeat => piece.extend_from_within(..),
                    Fault::Swap => {
                        kept = Some(piece);
                        continue;
                    }
                    Fault::Delay => thread::sleep(Duration::from_millis(60)),
                    Fault::End => break,
                    Fault::Silence => {
                        while !self.over.load(Ordering::SeqCst) {
                            thread::sleep(Duration::from_millis(5));
                        }
                        break;
                    }
                }
            }
            if to.write_all(&piece).is_err() || kept.take().is_some_and(|late| to.write_all(&late).is_err()) {
                break;
            }
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    }
    /// Passes connections on until the run is over.
    fn serve<'s>(&'s self, scope: &'s thread::Scope<'s, '_>, door: &TcpListener, behind: &str, hit: bool) {
        door.set_nonblocking(true).unwrap();
        while !self.over.load(Ordering::SeqCst) {
            let Ok((caller, _)) = door.accept() else {
                thread::sleep(Duration::from_millis(2));
                continue;
            };
            caller.set_nonblocking(false).unwrap();
            let Ok(party) = TcpStream::connect(behind) else { continue };
            let [back, forth] = [&caller, &party].map(|s| s.try_clone().unwrap());
            scope.spawn(move || self.pass(caller, party, hit));
            scope.spawn(move || self.pass(forth, back, false));
        }
    }
}

/// Two parties that toss coins while the proxy between them misbehaves once.
fn run(identities: &[(Identity, Fingerprint)], at: usize, fault: Fault) -> Vec<Result<Vec<Fr>>> {
    let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
    let address = |l: &TcpListener| l.local_addr().unwrap().to_string();
    let (parties, doors) = ([listen(), listen()], [listen(), listen()]);
    let (behind, before) = (parties.each_ref().map(address), doors.each_ref().map(address));
    let (armed, over, passed) = (AtomicBool::new(false), AtomicBool::new(false), AtomicUsize::new(0));
    let weather = &Weather { armed, over, passed, at, fault };
    thread::scope(|scope| {
        for (p, (door, behind)) in doors.iter().zip(behind.clone()).enumerate() {
            scope.spawn(move || weather.serve(scope, door, &behind, p == 1));
        }
        let party = |(me, listener): (usize, &TcpListener)| {
            let mut addresses = before.to_vec();
            addresses[me].clone_from(&behind[me]);
            let security = Security::Tls {
                identity: identities[me].0.clone(),
                pins: PerParty::from_vec(identities.iter().map(|(_, pin)| *pin).collect()),
            };
            let limits = Limits { idle: Some(Duration::from_millis(1500)), ..Limits::default() };
            let names = Parties::named(vec!["bank".into(), "bureau".into()]);
            let addresses = PerParty::from_vec(addresses);
            let config = TcpConfig {
                limits,
                heartbeat: Duration::from_millis(100),
                linger: Duration::from_millis(200),
                ..TcpConfig::new(PartyId::new(me), names, addresses, security, [7; 32])
            };
            let listener = listener.try_clone().unwrap();
            scope.spawn(move || {
                let net = Rc::new(TcpNet::connect_on(&listener, config).unwrap());
                let tape = Tape::seeded([me as u8; 32]);
                let mut s = Session::new(net.clone(), SessionId([9; 32]), Rc::new(Real::bootstrap()), tape);
                drive(&*net, async {
                    let mut coins = s.challenge::<Fr>(1).await?;
                    weather.armed.store(true, Ordering::SeqCst);
                    for _ in 0..COINS {
                        coins.extend(s.challenge::<Fr>(1).await?);
                    }
                    Ok(coins)
                })
            })
        };
        let threads: Vec<_> = parties.iter().enumerate().map(party).collect();
        let ends = threads.into_iter().map(|t| t.join().unwrap()).collect();
        weather.over.store(true, Ordering::SeqCst);
        ends
    })
}

#[test]
fn nothing_that_happens_to_bytes_accuses_anyone() {
    let keys = tempfile::TempDir::new().unwrap();
    let identity = |name: &str| {
        let pin = keygen(&keys.path().join(name), 10).unwrap();
        (Identity::load(&keys.path().join(name)).unwrap(), pin)
    };
    let identities = [identity("bank"), identity("bureau")];
    let mut lost = Vec::new();
    for fault in FAULTS {
        let places = if fault == Fault::Silence { &[2][..] } else { &[0, 2, 5] };
        for at in places.iter().copied() {
            let ends = run(&identities, at, fault);
            for end in &ends {
                match end {
                    Ok(coins) => assert_eq!(coins.len(), 1 + COINS),
                    Err(Error::Net { kind, .. }) => lost.push((fault, *kind)),
                    Err(e) => panic!("{fault:?} at piece {at}: {e}"),
                }
            }
            if let [Ok(a), Ok(b)] = &ends[..] {
                assert!(a == b, "{fault:?} at piece {at}: the coins differ");
            }
            assert!(fault != Fault::Delay || ends.iter().all(Result::is_ok), "late is not lost: {ends:?}");
        }
    }
    println!("{lost:?}");
    let hit = |fault| lost.iter().any(|(f, _)| *f == fault);
    assert!(FAULTS.iter().all(|f| *f == Fault::Delay || hit(*f)), "every fault was met: {lost:?}");
    assert!(lost.iter().any(|(f, kind)| *f == Fault::Silence && *kind == NetErrorKind::Idle), "{lost:?}");
}

//! Latency and throughput between two processes on the loopback interface, plain and over TLS.
//!
//! `cargo run --release -p quorate-benches --bin net_latency` starts itself a second time as the other party.

use std::future::poll_fn;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use transport::identity::{Identity, keygen};
use transport::tcp::{Security, TcpConfig, TcpNet};
use transport::{Frame, Incoming, Kind, Meta, Net, Parties, PartyId, PerParty, StepPath, Stream, drive};

type Error = Box<dyn std::error::Error>;

const NAMES: [&str; 2] = ["left", "right"];
const REPEATS: usize = 5;
const ROUNDS: u64 = 10_000;
const MIB: usize = 1 << 20;

fn main() -> Result<(), Error> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [dir, security, left, right] = &args[..] {
        let net = connect(1, Path::new(dir), security, [left.clone(), right.clone()])?;
        return measure(&net).map(|_| ());
    }
    let dir = tempfile::tempdir()?;
    for name in NAMES {
        keygen(&dir.path().join(name), 1)?;
    }
    println!("two processes, loopback, best of {REPEATS}");
    for security in ["plain", "tls"] {
        let [left, right] = [free_address()?, free_address()?];
        let mut other = Command::new(std::env::current_exe()?)
            .args([dir.path().as_os_str(), security.as_ref(), left.as_ref(), right.as_ref()])
            .stdin(Stdio::null())
            .spawn()?;
        let net = connect(0, dir.path(), security, [left, right])?;
        for (what, figure) in measure(&net)? {
            println!("{security:>6}  {what:<34} {figure}");
        }
        drop(net);
        other.wait()?;
    }
    Ok(())
}

/// A port that was free a moment ago.
fn free_address() -> Result<String, Error> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

fn connect(me: usize, dir: &Path, security: &str, addresses: [String; 2]) -> Result<TcpNet, Error> {
    let identities = NAMES.map(|name| Identity::load(&dir.join(name)));
    let [left, right] = identities;
    let identities = [left?, right?];
    let pins = PerParty::from_vec(identities.iter().map(Identity::fingerprint).collect());
    let security = if security == "tls" {
        Security::Tls { identity: identities[me].clone(), pins }
    } else {
        Security::PlainLoopback
    };
    let parties = Parties::named(NAMES.map(str::to_owned).to_vec());
    let addresses = PerParty::from_vec(addresses.to_vec());
    Ok(TcpNet::connect(TcpConfig::new(PartyId::new(me), parties, addresses, security, [0; 32]))?)
}

/// Runs all measurements; both parties run the same ones.
fn measure(net: &TcpNet) -> Result<Vec<(String, String)>, Error> {
    let mut out = Vec::new();
    for bytes in [64, 4096, 65_536] {
        let rounds = if bytes > 4096 { ROUNDS / 5 } else { ROUNDS };
        let time = best(net, || exchange(net, bytes, rounds));
        out.push((
            format!("exchange round, {bytes} B"),
            format!("{:8.1} µs", time.as_secs_f64() * 1e6 / rounds as f64),
        ));
    }
    let rounds = 400;
    let rate = |time: Duration, bytes: usize| format!("{:8.2} GB/s each way", bytes as f64 / time.as_secs_f64() / 1e9);
    let time = best(net, || exchange(net, MIB, rounds));
    out.push(("1 MiB chunks, both ways at once".into(), rate(time, MIB * rounds as usize)));
    let time = best(net, || window(net, rounds));
    out.push(("1 MiB chunks, window of 4".into(), rate(time, MIB * rounds as usize)));
    let time = best(net, || one_way(net, rounds));
    out.push((
        "1 MiB chunks, one way".into(),
        format!("{:8.2} GB/s", (MIB as f64 * rounds as f64) / time.as_secs_f64() / 1e9),
    ));
    Ok(out)
}

fn best(net: &TcpNet, mut run: impl FnMut()) -> Duration {
    let timed = |run: &mut dyn FnMut()| {
        exchange(net, 8, 20);
        let started = Instant::now();
        run();
        started.elapsed()
    };
    (0..REPEATS).map(|_| timed(&mut run)).min().unwrap_or_default()
}

fn peer(net: &TcpNet) -> PartyId {
    PartyId::new(1 - net.me().index())
}
fn send(net: &TcpNet, step: &StepPath, body: &Bytes) {
    let meta = Meta { name: "m", kind: Kind::Blocks, field: "", len: body.len(), width: 1 };
    let frame = Frame { step: step.clone(), meta, tag: 1, body: body.clone() };
    net.send(peer(net), Stream::MAIN, frame).expect("the other party runs the same measurement");
}
async fn recv(net: &TcpNet) -> Incoming {
    let frame = poll_fn(|cx| net.poll_recv(cx, peer(net), Stream::MAIN)).await;
    frame.expect("the other party runs the same measurement")
}

/// Both send, both receive.
fn exchange(net: &TcpNet, bytes: usize, rounds: u64) {
    let (step, body) = (StepPath::ROOT.child("exchange", 0), Bytes::from(vec![7; bytes]));
    drive(net, async {
        for _ in 0..rounds {
            send(net, &step, &body);
            assert_eq!(recv(net).await.body.len(), bytes);
        }
    });
}

/// Both send, at most four chunks ahead of what they receive.
fn window(net: &TcpNet, chunks: u64) {
    let (step, body) = (StepPath::ROOT.child("window", 0), Bytes::from(vec![7; MIB]));
    drive(net, async {
        for i in 0..chunks + 4 {
            if i < chunks {
                send(net, &step, &body);
            }
            if i >= 4 {
                recv(net).await;
            }
        }
    });
}

/// The left party sends, the right one acknowledges every eighth chunk.
fn one_way(net: &TcpNet, chunks: u64) {
    let (step, body) = (StepPath::ROOT.child("one way", 0), Bytes::from(vec![7; MIB]));
    let ack = Bytes::from_static(b"ack");
    drive(net, async {
        for i in 0..chunks {
            if net.me() == PartyId::new(0) {
                send(net, &step, &body);
                if i % 8 == 7 && i > 8 {
                    recv(net).await;
                }
            } else {
                recv(net).await;
                if i % 8 == 7 {
                    send(net, &step, &ack);
                }
            }
        }
        if net.me() == PartyId::new(0) {
            recv(net).await;
        }
    });
}

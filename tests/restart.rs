//! A party whose process is killed while its preprocessing is in use, and which is started again: real processes,
//! sockets and ledgers. The others end and accuse nobody, what was in use is burnt at everyone, and a new session makes
//! its own.

use std::io::{BufRead, BufReader, Lines, stdin};
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::rc::Rc;

use adversary::ideal::supply::{CorruptShares, Dealer, Order};
use field::{F128, Field};
use protocols::ledger::{Binding, Directory};
use protocols::{Online, Result, Session, SessionId, Supply, Tape};
use transport::tcp::{Security, TcpConfig, TcpNet};
use transport::{Net, Parties, PartyId, PartySet, PerParty};

const N: usize = 3;
/// Who is killed.
const KILLED: usize = 2;
const PARAMETERS: [u8; 32] = [9; 32];

/// What a process is told.
const ME: &str = "QUORATE_TEST_PARTY";
const SESSION: &str = "QUORATE_TEST_SESSION";
const PLACE: &str = "QUORATE_TEST_PLACE";
const ADDRESSES: &str = "QUORATE_TEST_ADDRESSES";

/// Fresh preprocessing on disk: dealt, another one for every session.
fn generate(s: &Session, dir: &Directory) -> Result<Binding> {
    let order = Order { triples: 2, given: vec![6, 7], ..Order::default() };
    let (nobody, tape) = (PartySet::EMPTY, Tape::seeded(s.id().0));
    let mut dealt = Dealer::<F128>::deal(s.parties(), nobody, CorruptShares::Uniform, &tape, &order)?;
    let mut mine = dealt.swap_remove(s.me().index());
    let mut writer = dir.writer(s, PARAMETERS, &mine.key)?;
    writer.triples(mine.supply.triples(2)?)?;
    writer.randoms(mine.supply.randoms(2)?)?;
    writer.finish(mine.key)
}

/// One party's program. In the first session the one that is killed waits for that in the middle.
async fn live(net: Rc<dyn Net>, session: u8, place: &Path) -> Result<F128> {
    let mut s = Session::start(net, SessionId([session; 32])).await?;
    let me = s.me();
    let at = |what: &str| place.join(format!("{what}-{me}"));
    let dir = Directory::open(&at("ledger"), &at("fences"), &Tape::from_os()?)?;
    if session > 1 {
        let before = Binding { session: SessionId([session - 1; 32]), ..Binding::of(&s, PARAMETERS) };
        let again = dir.resume::<F128>(&mut s, &before).await;
        eprintln!("again: {}", again.map_or_else(|e| e.to_string(), |_| "it is used again".into()));
    }
    let binding = generate(&s, &dir)?;
    let mut ledger = dir.resume::<F128>(&mut s, &binding).await?;
    let (key, items) = ledger.parts();
    let mut online = Online::new(&mut s, key, items);
    let (x, y) = (online.random(1)?, online.random(1)?);
    let z = online.mul(&x, &y).await?;
    if (me.index(), session) == (KILLED, 1) {
        eprintln!("in use: ");
        loop {
            std::thread::park();
        }
    }
    let z = online.output(&z).await?[0];
    ledger.close()?;
    Ok(z)
}

/// One party's process. Its standard input is the socket that it listens on, bound before it started.
fn one_party(me: &str) {
    let me = PartyId::new(me.parse().unwrap());
    let [session, place, addresses] = [SESSION, PLACE, ADDRESSES].map(|name| std::env::var(name).unwrap());
    let session: u8 = session.parse().unwrap();
    let addresses = PerParty::from_vec(addresses.split(',').map(String::from).collect());
    let listener = TcpListener::from(stdin().as_fd().try_clone_to_owned().unwrap());
    let config = TcpConfig::new(me, Parties::anonymous(N), addresses, Security::PlainLoopback, [session; 32]);
    let net: Rc<dyn Net> = Rc::new(TcpNet::connect_on(&listener, config).unwrap());
    let end = transport::drive(&*net.clone(), live(net, session, Path::new(&place)));
    match end {
        Ok(z) if z == F128::from_u64(42) => eprintln!("output: right"),
        Ok(_) => eprintln!("output: wrong"),
        Err(e) => eprintln!("error: {e}"),
    }
}

/// A party's process. Dropping it kills it.
struct Party {
    child: Child,
    said: Lines<BufReader<ChildStderr>>,
}

impl Party {
    fn start(me: usize, session: u8, place: &Path, socket: TcpListener, addresses: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        // The test of this file again, which is one party where it is told so.
        command.args(["--nocapture"]);
        command.env(ME, me.to_string()).env(SESSION, session.to_string()).env(PLACE, place).env(ADDRESSES, addresses);
        command.stdin(Stdio::from(OwnedFd::from(socket))).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, said }
    }
    /// Waits until it says something of this kind, which it does within the time-outs of its network.
    fn says(&mut self, what: &str) -> String {
        let mut other = Vec::new();
        for line in self.said.by_ref() {
            let line = line.unwrap();
            match line.strip_prefix(what) {
                Some(rest) => return rest.to_owned(),
                None => other.push(line),
            }
        }
        panic!("it ended without `{what}`: {other:#?}");
    }
    /// Waits until it has ended by itself: then nobody has its ledger any more.
    fn ends(mut self) {
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        // It has ended in most cases.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A socket for each party of a new session, and their addresses in the order of the parties.
fn sockets() -> (Vec<TcpListener>, String) {
    let sockets: Vec<_> = (0..N).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let addresses: Vec<_> = sockets.iter().map(|s| s.local_addr().unwrap().to_string()).collect();
    (sockets, addresses.join(","))
}

#[test]
fn a_party_killed_at_work_and_started_again_is_accused_by_nobody_and_what_was_in_use_is_burnt() {
    if let Ok(me) = std::env::var(ME) {
        return one_party(&me);
    }
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let (of_first, addresses) = sockets();
    let start = |(me, socket)| Party::start(me, 1, place, socket, &addresses);
    let mut first: Vec<Party> = of_first.into_iter().enumerate().map(start).collect();
    first[KILLED].says("in use: ");
    drop(first.remove(KILLED));
    // It comes back at once, while the others are still in the session without it.
    let (mut of_second, addresses) = sockets();
    let back = Party::start(KILLED, 2, place, of_second.remove(KILLED), &addresses);
    let errors: Vec<String> = first.iter_mut().map(|party| party.says("error: ")).collect();
    first.into_iter().for_each(Party::ends);
    // Who hears of it from the other one, and not from the connection, says so.
    let lost = format!("waiting for P{KILLED}: the connection was closed");
    let told = |e: &String| (0..KILLED).any(|p| e.contains(&format!("waiting for P{p}: the peer aborted the session")));
    assert!(errors.iter().any(|e| e.contains(&lost)), "{errors:#?}");
    assert!(errors.iter().all(|e| e.contains(&lost) || told(e)), "{errors:#?}");
    assert!(!errors.iter().any(|e| e.contains("deviated")), "{errors:#?}");
    // Nothing that was in use serves anybody again, and what is made in the new session serves everybody.
    let start = |(me, socket)| Party::start(me, 2, place, socket, &addresses);
    let second: Vec<Party> = of_second.into_iter().enumerate().map(start).chain([back]).collect();
    for (me, mut party) in second.into_iter().enumerate() {
        let why = if me == KILLED { "the rest is burnt" } else { "its MAC key and items are wiped" };
        let again = party.says("again: ");
        assert!(again.contains(why), "P{me}: {again}");
        assert_eq!(party.says("output: "), "right", "P{me}");
        party.ends();
    }
}

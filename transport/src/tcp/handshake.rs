//! The first message in each direction of a new connection: who speaks, in which session, with which parameters.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use bincode::{Decode, Encode};
use rustls::Connection;

use super::error::PeerError;
use crate::PartyId;
use crate::wire::{self, WireError};

/// The version of everything in [`wire`] and of the handshake.
pub(super) const VERSION: u32 = 1;
/// How long a failed handshake waits for the other side to close.
const PARTING: Duration = Duration::from_millis(300);
/// How many bytes of a given-up connection are read and thrown away.
const MAX_REST: u64 = 64 << 10;
const MAGIC: [u8; 8] = *b"quorate\0";

/// A connection during its handshake, then a one-way link.
pub(super) struct Link {
    pub(super) sock: TcpStream,
    pub(super) tls: Option<Box<Connection>>,
}

/// What each side says first. `magic` and `version` keep their place in every version.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(super) struct Hello {
    magic: [u8; 8],
    version: u32,
    /// How many parties the sender's task has.
    n: u8,
    /// The sender.
    pub(super) from: u8,
    /// Whom the sender believes to talk to.
    to: u8,
    /// Digest of the session parameters.
    digest: [u8; 32],
    /// Fresh for every run of the sender.
    pub(super) nonce: [u8; 32],
}

/// What went wrong while two parties introduce themselves.
pub(super) enum Failure {
    /// The connection broke or timed out; another attempt may help.
    Broken(io::Error),
    /// The other side is there but cannot take part.
    Peer(PeerError),
}

impl From<io::Error> for Failure {
    fn from(e: io::Error) -> Self {
        Self::Broken(e)
    }
}

impl Hello {
    pub(super) fn new(n: usize, from: PartyId, to: PartyId, digest: [u8; 32], nonce: [u8; 32]) -> Self {
        // At most Parties::MAX = 16 of them.
        let byte = |i: usize| u8::try_from(i).unwrap_or(u8::MAX);
        Self {
            magic: MAGIC,
            version: VERSION,
            n: byte(n),
            from: byte(from.index()),
            to: byte(to.index()),
            digest,
            nonce,
        }
    }

    /// The parameters by which two parties must agree.
    pub(super) fn compare(&self, theirs: &Self) -> Result<(), PeerError> {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect();
        let differ = |what, ours, theirs| Err(PeerError::Config { what, ours, theirs });
        if self.n != theirs.n {
            return differ("the number of parties", self.n.to_string(), theirs.n.to_string());
        }
        if theirs.to != self.from {
            return differ("our number in the list of parties", self.from.to_string(), theirs.to.to_string());
        }
        if theirs.from == self.from || theirs.from >= self.n {
            return differ("their number in the list of parties", self.to.to_string(), theirs.from.to_string());
        }
        if self.digest != theirs.digest {
            return differ("the digest of the session parameters", hex(&self.digest), hex(&theirs.digest));
        }
        Ok(())
    }
}

/// Decodes a hello; another version is told before its form matters.
fn decode(bytes: &[u8], transport: &'static str) -> Result<Hello, PeerError> {
    let malformed = |detail: &str| PeerError::Protocol { transport, detail: detail.to_owned() };
    let Some((magic, rest)) = bytes.split_first_chunk::<8>() else { return Err(malformed("a short greeting")) };
    let Some((version, _)) = rest.split_first_chunk::<4>() else { return Err(malformed("a short greeting")) };
    let version = u32::from_le_bytes(*version);
    if *magic != MAGIC {
        return Err(malformed("an unknown greeting"));
    }
    if version != VERSION {
        return Err(PeerError::Config {
            what: "the protocol version",
            ours: VERSION.to_string(),
            theirs: version.to_string(),
        });
    }
    wire::decode_control(bytes).map_err(|e| malformed(&e.to_string()))
}

impl Link {
    pub(super) fn transport(&self) -> &'static str {
        if self.tls.is_some() { "TLS 1.3" } else { "a plain connection" }
    }

    /// Finishes the TLS handshake, if there is one.
    pub(super) fn secure(&mut self, until: Instant) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        let mut timed = Timed { sock: &self.sock, until };
        while tls.is_handshaking() {
            tls.complete_io(&mut timed)?;
        }
        // The dialing side's last flight may still be queued.
        while tls.wants_write() {
            tls.write_tls(&mut timed)?;
        }
        Ok(())
    }

    /// Says who we are. The called side does so even if the two do not agree, so that both can tell what differs.
    pub(super) fn write_hello(&mut self, hello: &Hello, until: Instant) -> io::Result<()> {
        let mut timed = Timed { sock: &self.sock, until };
        let Some(tls) = &mut self.tls else { return wire::write_control(&mut timed, hello) };
        wire::write_control(&mut tls.writer(), hello)?;
        while tls.wants_write() {
            tls.write_tls(&mut timed)?;
        }
        Ok(())
    }
    /// Hears who they are.
    pub(super) fn read_hello(&mut self, until: Instant) -> Result<Hello, Failure> {
        let transport = self.transport();
        let mut timed = Timed { sock: &self.sock, until };
        let bytes = match &mut self.tls {
            Some(tls) => wire::read_control(&mut Opened { tls, sock: &mut timed }),
            None => wire::read_control(&mut timed),
        };
        let oversize = |e: io::Error| match e.get_ref().and_then(|e| e.downcast_ref::<WireError>()) {
            Some(e) => Failure::Peer(PeerError::Protocol { transport, detail: e.to_string() }),
            None => Failure::Broken(e),
        };
        decode(&bytes.map_err(oversize)?, transport).map_err(Failure::Peer)
    }

    /// The dialing side: says hello, hears theirs.
    pub(super) fn greet(&mut self, ours: &Hello, until: Instant) -> Result<Hello, Failure> {
        self.write_hello(ours, until)?;
        let theirs = self.read_hello(until)?;
        ours.compare(&theirs).map_err(Failure::Peer)?;
        Ok(theirs)
    }

    /// Ends a handshake that failed. What we said last, such as an alert, would be lost if the socket were closed over
    /// bytes that nobody has read: waits for the other side to close first, but not long.
    pub(super) fn part(&mut self) {
        let mut rest = Timed { sock: &self.sock, until: Instant::now() + PARTING };
        // Best effort on a connection that is given up.
        while let Some(tls) = self.tls.as_mut().filter(|tls| tls.wants_write()) {
            if !tls.write_tls(&mut rest).is_ok_and(|n| n > 0) {
                break;
            }
        }
        let _ = self.sock.shutdown(Shutdown::Write);
        let _ = io::copy(&mut rest.take(MAX_REST), &mut io::sink());
    }

    /// Ends the handshake: blocking again, without time limit.
    pub(super) fn settle(&self) -> io::Result<()> {
        self.sock.set_read_timeout(None)?;
        self.sock.set_write_timeout(None)
    }
}

/// What comes out of a TLS connection whose socket blocks.
pub(super) struct Opened<'a, S> {
    pub(super) tls: &'a mut Connection,
    pub(super) sock: &'a mut S,
}

impl<S: Read> Read for Opened<'_, S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.tls.reader().read(buf) {
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                done => return done,
            }
            if self.tls.read_tls(self.sock)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            self.tls.process_new_packets().map_err(|e| io::Error::new(ErrorKind::InvalidData, e))?;
        }
    }
}

/// A socket whose every operation ends at one moment, however slowly bytes drip in.
struct Timed<'a> {
    sock: &'a TcpStream,
    until: Instant,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}
impl Read for Timed<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.sock.set_read_timeout(Some(self.left()?))?;
        self.sock.read(buf)
    }
}
impl Write for Timed<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.sock.set_write_timeout(Some(self.left()?))?;
        self.sock.write(buf)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.sock.flush()
    }
}

#[cfg(test)]
mod tests {
    use spec::vectors::Vectors;

    use super::*;

    fn hello() -> Hello {
        Hello::new(3, PartyId::new(1), PartyId::new(2), [0xaa; 32], [0xbb; 32])
    }

    #[test]
    fn vectors() {
        let about = "What both sides of a connection say first, behind its length (u32, little-endian): magic 8 bytes |
            version u32 | parties u8 | from u8 | to u8 | digest of the session parameters 32 bytes | nonce 32 bytes.
            Magic and version keep their place in every version.";
        let mut v = Vectors::new("hello.txt", about);
        v.section("hello").line("parties", 3).line("from", 1).line("to", 2).line("digest", "aa".repeat(32));
        let mut written = Vec::new();
        wire::write_control(&mut written, &hello()).unwrap();
        v.line("nonce", "bb".repeat(32)).bytes("bytes", &written);
        v.section("rejected");
        let bytes = &written[4..];
        let (mut magic, mut version) = (bytes.to_vec(), bytes.to_vec());
        magic[7] = 1;
        version[8] = 2;
        let longer = [bytes, &[0]].concat();
        let all = [("another magic", magic), ("another version", version), ("cut", bytes[..78].to_vec())];
        for (name, bytes) in all.into_iter().chain([("longer", longer)]) {
            assert!(decode(&bytes, "TLS 1.3").is_err(), "{name}");
            v.bytes(name, bytes);
        }
        v.check();
    }

    #[test]
    fn another_version_is_told_whatever_its_form() {
        let mut bytes = wire::encode_control(&hello()).unwrap();
        assert_eq!(decode(&bytes, "TLS 1.3"), Ok(hello()));
        bytes[8] = 2;
        bytes.truncate(14);
        let told = PeerError::Config { what: "the protocol version", ours: "1".into(), theirs: "2".into() };
        assert_eq!(decode(&bytes, "TLS 1.3"), Err(told));
        bytes[0] ^= 1;
        assert!(matches!(decode(&bytes, "TLS 1.3"), Err(PeerError::Protocol { .. })));
        assert!(matches!(decode(b"GET / HT", "TLS 1.3"), Err(PeerError::Protocol { .. })));
    }
}

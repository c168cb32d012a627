//! The receiving half of a pair: a connection that only the peer writes to, read by one thread.

use std::io::{self, BufReader, ErrorKind, Read};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;

use bytes::Bytes;
use rustls::Connection;

use super::handshake::{Link, Opened};
use crate::inbox::Inbox;
use crate::wire::{HEADER, Header};
use crate::{Incoming, NetErrorKind, PartyId, Stream};

/// Bytes asked of the socket at once.
const BUFFER: usize = 64 << 10;

/// The receiving half of a pair of parties.
pub(super) struct Inbound {
    sock: TcpStream,
    from: PartyId,
    inbox: Arc<Inbox>,
    reader: Option<JoinHandle<()>>,
}

impl Inbound {
    /// Starts the reader of a finished handshake.
    pub(super) fn start(link: Link, from: PartyId, name: String, inbox: Arc<Inbox>) -> io::Result<Self> {
        link.settle()?;
        let sock = link.sock.try_clone()?;
        let shared = Arc::clone(&inbox);
        let pulse = Pulse { sock: link.sock, from, inbox: Arc::clone(&inbox) };
        let source = BufReader::with_capacity(BUFFER, pulse);
        let mut source = Source { sock: source, tls: link.tls, from, inbox };
        let reader = std::thread::Builder::new().name(name).spawn(move || {
            let kind = source.run();
            source.inbox.lose(from, kind);
            // The peer learns that nobody reads any more; it may have been faster.
            let _ = source.sock.get_ref().sock.shutdown(Shutdown::Both);
        })?;
        Ok(Self { sock, from, inbox: shared, reader: Some(reader) })
    }

    /// Ends the reader at once.
    pub(super) fn finish(&mut self) {
        // The reader may wait for room in the buffer or for the socket.
        self.inbox.lose(self.from, NetErrorKind::Closed);
        let _ = self.sock.shutdown(Shutdown::Both);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

struct Source {
    sock: BufReader<Pulse>,
    tls: Option<Box<Connection>>,
    from: PartyId,
    inbox: Arc<Inbox>,
}

impl Source {
    /// Reads frames until the connection ends, and says why it ended.
    fn run(&mut self) -> NetErrorKind {
        loop {
            self.inbox.wait_for_room(self.from);
            match self.frame() {
                Ok(Ok(())) => {}
                Ok(Err(kind)) => return kind,
                Err(e) if e.kind() == ErrorKind::InvalidData => return NetErrorKind::Malformed,
                Err(_) => return NetErrorKind::Closed,
            }
        }
    }

    /// Reads one frame. The inner error ends the connection without a fault of the socket.
    fn frame(&mut self) -> io::Result<Result<(), NetErrorKind>> {
        let mut header = [0; HEADER];
        self.read_exact(&mut header)?;
        Ok(match Header::decode(&header)? {
            Header::Data { len, stream, tag } => {
                let mut body = vec![0; len as usize];
                self.read_exact(&mut body)?;
                self.inbox.push(self.from, Stream(stream), Incoming { tag, body: Bytes::from(body) })
            }
            Header::Heartbeat => Ok(()),
            Header::Abort => {
                self.inbox.abort(self.from);
                Err(NetErrorKind::Closed)
            }
            Header::Goodbye => Err(NetErrorKind::Closed),
        })
    }
}

impl Read for Source {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => Opened { tls, sock: &mut self.sock }.read(buf),
            None => self.sock.read(buf),
        }
    }
}

/// A socket whose every byte is a sign of life.
struct Pulse {
    sock: TcpStream,
    from: PartyId,
    inbox: Arc<Inbox>,
}

impl Read for Pulse {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.sock.read(buf)?;
        self.inbox.alive(self.from);
        Ok(n)
    }
}

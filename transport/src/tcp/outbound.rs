//! The sending half of a pair: a connection that only we write to.
//!
//! A small frame that finds nothing queued before it is written by the calling thread without blocking, which saves a
//! thread switch; everything else goes through a queue to the link's writer thread. Whoever writes holds the sink, so
//! frames never mix. The writer also keeps the heartbeat.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustls::Connection;

use super::handshake::Link;
use crate::NetErrorKind;
use crate::wire::{HEADER, Header, MAX_FRAME};

/// Frames up to this size are written by the thread that sends them.
const INLINE: usize = 32 << 10;
/// Small queued frames are written together up to this size.
const BATCH: usize = 64 << 10;
/// What a frame without payload costs of the cap on unsent bytes.
const FRAME_CHARGE: usize = 64;
/// Plaintext of the largest TLS record.
const RECORD: usize = 16 << 10;

/// The sending half of a pair of parties.
pub(super) struct Outbound {
    shared: Arc<Shared>,
    sock: TcpStream,
    writer: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    /// Wakes the writer.
    work: Condvar,
    /// Wakes who waits for the writer's end.
    done: Condvar,
    cap: usize,
    heartbeat: Duration,
}

struct State {
    /// Taken by the writer while it writes.
    sink: Option<Sink>,
    queue: VecDeque<(Header, Bytes)>,
    unsent: usize,
    phase: Phase,
    /// Something was written since the last heartbeat was due.
    spoke: bool,
}

#[derive(PartialEq, Eq)]
enum Phase {
    Open,
    /// We have aborted: nothing but the abort frame goes out any more.
    Aborted,
    /// Write what is queued, say goodbye, end.
    Closing,
    /// The connection is gone or finished.
    Done,
}

impl Outbound {
    /// Starts the writer of a finished handshake.
    pub(super) fn start(link: Link, name: String, cap: usize, heartbeat: Duration) -> io::Result<Self> {
        link.settle()?;
        link.sock.set_nodelay(true)?;
        link.sock.set_nonblocking(true)?;
        let sock = link.sock.try_clone()?;
        let sink = Sink { sock: link.sock, tls: link.tls, scratch: Vec::with_capacity(BATCH), written: 0 };
        let state = State { sink: Some(sink), queue: VecDeque::new(), unsent: 0, phase: Phase::Open, spoke: false };
        let (work, done) = (Condvar::new(), Condvar::new());
        let shared = Arc::new(Shared { state: Mutex::new(state), work, done, cap, heartbeat });
        let writer = Arc::clone(&shared);
        let writer = std::thread::Builder::new().name(name).spawn(move || writer.write())?;
        Ok(Self { shared, sock, writer: Some(writer) })
    }

    /// Sends or queues a frame; never blocks. A lost connection swallows it: the receiving half notices the loss and
    /// reports it in its order.
    pub(super) fn send(&self, stream: u64, tag: u64, body: Bytes) -> Result<(), NetErrorKind> {
        if body.len() > MAX_FRAME {
            return Err(NetErrorKind::Overrun);
        }
        let len = u32::try_from(body.len()).map_err(|_| NetErrorKind::Overrun)?;
        self.shared.send(Header::Data { len, stream, tag }, body)
    }

    /// Drops what is queued and sends the abort frame.
    pub(super) fn abort(&self) {
        let mut state = self.shared.lock();
        if state.phase == Phase::Open {
            state.queue.clear();
            state.unsent = 0;
            state.phase = Phase::Aborted;
            self.shared.pass(state, Header::Abort, Bytes::new());
        }
    }

    /// Asks the writer to finish; [`Self::finish`] waits for it.
    pub(super) fn close(&self) {
        let mut state = self.shared.lock();
        if state.phase != Phase::Done {
            state.phase = Phase::Closing;
            self.shared.work.notify_one();
        }
    }

    /// Waits until everything is written, at most until `until`, and ends the thread.
    pub(super) fn finish(&mut self, until: Instant) {
        let mut state = self.shared.lock();
        while state.phase != Phase::Done {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.shared.done.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.phase = Phase::Done;
        drop(state);
        // A writer that still blocks fails now. Nothing to do if the other side was faster.
        let _ = self.sock.shutdown(Shutdown::Both);
        self.shared.work.notify_one();
        if let Some(writer) = self.writer.take() {
            // A panic of the writer would have been reported by its own thread.
            let _ = writer.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, header: Header, body: Bytes) -> Result<(), NetErrorKind> {
        let state = self.lock();
        if state.phase != Phase::Open {
            return Ok(());
        }
        if state.unsent + body.len() + FRAME_CHARGE > self.cap {
            return Err(NetErrorKind::Overrun);
        }
        self.pass(state, header, body);
        Ok(())
    }

    /// Writes the frame at once if that neither blocks nor overtakes, or queues it.
    fn pass(&self, mut state: MutexGuard<'_, State>, header: Header, body: Bytes) {
        let idle = state.queue.is_empty() && body.len() <= INLINE;
        if let Some(sink) = state.sink.as_mut().filter(|sink| idle && !sink.pending()) {
            let result = sink.try_write(&header.encode(), &body);
            state.spoke = true;
            match result {
                Ok(true) => return,
                Ok(false) => {}
                Err(_) => state.phase = Phase::Done,
            }
        } else {
            state.unsent += body.len() + FRAME_CHARGE;
            state.queue.push_back((header, body));
        }
        // A writer that holds the sink looks at the queue again before it sleeps.
        if state.sink.is_some() {
            self.work.notify_one();
        }
    }

    /// The writer thread.
    fn write(&self) {
        let mut state = self.lock();
        while state.phase != Phase::Done {
            let pending = state.sink.as_ref().is_some_and(Sink::pending);
            if state.queue.is_empty() && !pending && state.phase != Phase::Closing {
                let timeout;
                (state, timeout) = {
                    let (s, t) = self.work.wait_timeout(state, self.heartbeat).unwrap_or_else(PoisonError::into_inner);
                    (s, t.timed_out())
                };
                if timeout && !std::mem::take(&mut state.spoke) && state.phase == Phase::Open {
                    state.queue.push_back((Header::Heartbeat, Bytes::new()));
                    state.unsent += FRAME_CHARGE;
                }
                continue;
            }
            let Some(mut sink) = state.sink.take() else { break };
            let result;
            (state, result) = self.drain(state, &mut sink);
            let finished = state.phase == Phase::Closing;
            if result.is_err() || finished {
                drop(state);
                if result.is_ok() {
                    // Best effort: a peer that is gone already does not need it.
                    let _ = sink.goodbye();
                }
                state = self.lock();
                state.phase = Phase::Done;
            }
            state.sink = Some(sink);
        }
        state.queue.clear();
        state.sink = None;
        self.done.notify_all();
    }

    /// Writes until the queue is empty, blocking, without the lock.
    fn drain<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        sink: &mut Sink,
    ) -> (MutexGuard<'a, State>, io::Result<()>) {
        let mut small = Vec::with_capacity(BATCH);
        let mut result = sink.block(true);
        while result.is_ok() && state.phase != Phase::Done {
            let mut large = Bytes::new();
            small.clear();
            while large.is_empty() && small.len() < BATCH {
                let Some((header, body)) = state.queue.pop_front() else { break };
                state.unsent = state.unsent.saturating_sub(body.len() + FRAME_CHARGE);
                small.extend_from_slice(&header.encode());
                if small.len() + body.len() <= BATCH { small.extend_from_slice(&body) } else { large = body }
            }
            if small.is_empty() && !sink.pending() {
                break;
            }
            state.spoke = true;
            drop(state);
            result = sink.write(&mut small, &large);
            state = self.lock();
        }
        if result.is_ok() && state.phase != Phase::Closing {
            result = sink.block(false);
        }
        (state, result)
    }
}

/// The socket and its encryption; `scratch[written..]` or the TLS buffer hold what a full socket did not take.
struct Sink {
    sock: TcpStream,
    tls: Option<Box<Connection>>,
    scratch: Vec<u8>,
    written: usize,
}

impl Sink {
    fn block(&self, yes: bool) -> io::Result<()> {
        self.sock.set_nonblocking(!yes)
    }
    fn pending(&self) -> bool {
        self.written < self.scratch.len() || self.tls.as_ref().is_some_and(|tls| tls.wants_write())
    }

    /// Moves what is pending to the socket: whether all of it went.
    fn flush(&mut self) -> io::Result<bool> {
        loop {
            let done = match &mut self.tls {
                Some(tls) if tls.wants_write() => tls.write_tls(&mut self.sock),
                None if self.written < self.scratch.len() => self.sock.write(&self.scratch[self.written..]),
                _ => return Ok(true),
            };
            match done {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(n) if self.tls.is_none() => self.written += n,
                Ok(_) => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Starts a small frame on a socket that does not block and has nothing pending: whether all of it went.
    fn try_write(&mut self, header: &[u8; HEADER], body: &[u8]) -> io::Result<bool> {
        self.scratch.clear();
        self.written = 0;
        self.scratch.extend_from_slice(header);
        self.scratch.extend_from_slice(body);
        if let Some(tls) = &mut self.tls {
            // The TLS buffer is empty and larger than INLINE, so it takes everything.
            tls.writer().write_all(&self.scratch)?;
            self.scratch.clear();
        }
        self.flush()
    }

    /// Writes what is pending, then `small`, then `large`, on a blocking socket. `small` is changed.
    fn write(&mut self, small: &mut Vec<u8>, large: &[u8]) -> io::Result<()> {
        self.flush()?;
        if self.tls.is_none() {
            self.sock.write_all(small)?;
            return self.sock.write_all(large);
        }
        // A header alone would cost a record of its own.
        let (first, rest) = large.split_at(large.len().min(RECORD.saturating_sub(small.len())));
        small.extend_from_slice(first);
        for mut part in [&small[..], rest] {
            while !part.is_empty() {
                if let Some(tls) = &mut self.tls {
                    let taken = tls.writer().write(part)?;
                    part = &part[taken..];
                }
                self.flush()?;
            }
        }
        Ok(())
    }

    /// The last words.
    fn goodbye(&mut self) -> io::Result<()> {
        self.write(&mut Header::Goodbye.encode().to_vec(), &[])?;
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
        }
        self.flush()?;
        self.sock.shutdown(Shutdown::Write)
    }
}

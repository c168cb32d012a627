//! Counts bytes, frames and rounds of one party, in total and by protocol step. The session counts, because it knows
//! which step a frame belongs to; a network only keeps the [`Meter`]. How rounds are counted: the crate's `rounds.rs`.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::path::mix;
use crate::rounds::Rounds;
use crate::{PartyId, StepLabel, StepPath, Stream};

/// What one party has sent and received. Cheap: no text is made until somebody asks for a report.
#[derive(Default)]
pub struct Meter(RefCell<Counts>);

/// Traffic of a party or of one of its steps. Bytes are payloads, without frame headers or encryption.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Traffic {
    /// Frames sent.
    pub frames_sent: u64,
    /// Payload bytes sent.
    pub bytes_sent: u64,
    /// Frames received.
    pub frames_received: u64,
    /// Payload bytes received.
    pub bytes_received: u64,
    /// Rounds: the longest chain of messages that had to wait for each other, as far as this party sees it. Chunks of
    /// one message count once.
    pub rounds: u64,
}

/// Which frame is counted.
#[derive(Clone, Copy)]
pub struct Counted<'a> {
    /// The other end.
    pub peer: PartyId,
    /// The stream within the pair.
    pub stream: Stream,
    /// The step.
    pub step: &'a StepPath,
    /// The message's name within its step.
    pub name: &'static str,
    /// The position of the frame in its message; 0 begins a new one.
    pub index: usize,
    /// Payload bytes.
    pub bytes: usize,
}

impl Counted<'_> {
    fn message(&self) -> u64 {
        mix(self.step.hash(), self.name.as_bytes())
    }
}

#[derive(Default)]
struct Counts {
    total: Traffic,
    steps: Vec<(StepLabel, Traffic)>,
    /// [`StepPath::shape`] → position in `steps`.
    index: HashMap<u64, usize>,
    /// The step that was counted last: the next frame is most likely of the same.
    current: Option<(u64, usize)>,
    rounds: Rounds,
}

impl Meter {
    /// Counts a sent frame.
    pub fn sent(&self, frame: &Counted<'_>) {
        let c = &mut *self.0.borrow_mut();
        let rounds = match frame.index {
            0 => c.rounds.says(frame.stream, frame.message(), frame.peer),
            _ => 0,
        };
        c.add(frame.step, |t| {
            t.frames_sent += 1;
            t.bytes_sent += frame.bytes as u64;
            t.rounds += rounds;
        });
    }

    /// Counts a received frame.
    pub fn received(&self, frame: &Counted<'_>) {
        let c = &mut *self.0.borrow_mut();
        let rounds = match frame.index {
            0 => c.rounds.hears(frame.stream, frame.message(), frame.peer),
            _ => 0,
        };
        c.add(frame.step, |t| {
            t.frames_received += 1;
            t.bytes_received += frame.bytes as u64;
            t.rounds += rounds;
        });
    }

    /// A branch of `stream` begins: it is as deep as `stream` is now.
    pub fn fork(&self, stream: Stream, branch: Stream) {
        self.0.borrow_mut().rounds.fork(stream, branch);
    }

    /// A branch of `stream` has ended: what follows on `stream` had to wait for it.
    pub fn join(&self, stream: Stream, branch: Stream) {
        self.0.borrow_mut().rounds.join(stream, branch);
    }

    /// All traffic so far.
    #[must_use]
    pub fn total(&self) -> Traffic {
        self.0.borrow().total
    }

    /// Traffic by step in order of first use; steps that differ only in running numbers are one line. A step's rounds
    /// are those by which it made the longest chain longer, so they add up to the total.
    #[must_use]
    pub fn by_step(&self) -> Vec<(String, Traffic)> {
        self.0.borrow().steps.iter().map(|(step, t)| (step.names(), *t)).collect()
    }
}

impl Counts {
    fn add(&mut self, step: &StepPath, count: impl Fn(&mut Traffic)) {
        let shape = step.shape();
        let at = match self.current {
            Some((s, at)) if s == shape => at,
            _ => *self.index.entry(shape).or_insert_with(|| {
                self.steps.push((step.label(), Traffic::default()));
                self.steps.len() - 1
            }),
        };
        self.current = Some((shape, at));
        count(&mut self.total);
        count(&mut self.steps[at].1);
        debug_assert_eq!(self.total.rounds, self.rounds.deepest());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_belong_to_steps_and_chunks_to_messages() {
        let m = Meter::default();
        let peer = PartyId::new(1);
        let open = |i| StepPath::ROOT.child("mul", i).child("open", 0);
        for i in 0..3 {
            let (step, name) = (&open(i), "share");
            let frame = |index, bytes| Counted { peer, stream: Stream::MAIN, step, name, index, bytes };
            // A window of two chunks.
            m.sent(&frame(0, 10));
            m.sent(&frame(1, 10));
            m.received(&frame(0, 5));
            m.sent(&frame(2, 10));
            m.received(&frame(1, 5));
            m.received(&frame(2, 5));
        }
        let step = &StepPath::ROOT.child("check", 0);
        m.sent(&Counted { peer, stream: Stream::MAIN, step, name: "sigma", index: 0, bytes: 32 });
        let total = Traffic { frames_sent: 10, bytes_sent: 122, frames_received: 9, bytes_received: 45, rounds: 4 };
        assert_eq!(m.total(), total);
        let steps = m.by_step();
        let open = Traffic { frames_sent: 9, bytes_sent: 90, frames_received: 9, bytes_received: 45, rounds: 3 };
        assert_eq!((steps[0].0.as_str(), steps[0].1), ("mul/open", open));
        assert_eq!((steps[1].0.as_str(), steps[1].1.rounds), ("check", 1));
    }
}

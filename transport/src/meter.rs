//! Counts bytes, frames and rounds of one party, in total and by protocol step.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::StepPath;

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
    /// Rounds: receives that follow at least one send since the round before.
    pub rounds: u64,
}

#[derive(Default)]
struct Counts {
    total: Traffic,
    steps: Vec<(StepPath, Traffic)>,
    /// [`StepPath::shape`] → position in `steps`.
    index: HashMap<u64, usize>,
    /// The step that sent last: what is received next belongs to it.
    current: Option<(u64, usize)>,
    /// Something was sent since the last round.
    open: bool,
}

impl Meter {
    /// Counts a sent frame.
    pub fn sent(&self, step: &StepPath, bytes: usize) {
        let c = &mut *self.0.borrow_mut();
        let shape = step.shape();
        let at = match c.current {
            Some((s, at)) if s == shape => at,
            _ => *c.index.entry(shape).or_insert_with(|| {
                c.steps.push((step.clone(), Traffic::default()));
                c.steps.len() - 1
            }),
        };
        c.current = Some((shape, at));
        c.open = true;
        for t in [&mut c.total, &mut c.steps[at].1] {
            t.frames_sent += 1;
            t.bytes_sent += bytes as u64;
        }
    }

    /// Counts a received frame. A network does not know which step takes it: it goes to the step that sent last, which
    /// is the same one wherever both sides of a step speak.
    pub fn received(&self, bytes: usize) {
        let c = &mut *self.0.borrow_mut();
        let rounds = u64::from(std::mem::take(&mut c.open));
        let step = c.current.map(|(_, at)| &mut c.steps[at].1);
        for t in std::iter::once(&mut c.total).chain(step) {
            t.frames_received += 1;
            t.bytes_received += bytes as u64;
            t.rounds += rounds;
        }
    }

    /// All traffic so far.
    #[must_use]
    pub fn total(&self) -> Traffic {
        self.0.borrow().total
    }

    /// Traffic by step in order of first use; steps that differ only in running numbers are one line.
    #[must_use]
    pub fn by_step(&self) -> Vec<(String, Traffic)> {
        self.0.borrow().steps.iter().map(|(step, t)| (step.names(), *t)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_is_a_receive_after_a_send() {
        let m = Meter::default();
        let open = |i| StepPath::ROOT.child("mul", i).child("open", 0);
        m.received(1);
        for i in 0..3 {
            m.sent(&open(i), 10);
            m.sent(&open(i), 10);
            m.received(5);
            m.received(5);
        }
        m.sent(&StepPath::ROOT.child("check", 0), 32);
        let total = Traffic { frames_sent: 7, bytes_sent: 92, frames_received: 7, bytes_received: 31, rounds: 3 };
        assert_eq!(m.total(), total);
        let steps = m.by_step();
        assert_eq!(steps[0].0, "mul/open");
        let open = Traffic { frames_sent: 6, bytes_sent: 60, frames_received: 6, bytes_received: 30, rounds: 3 };
        assert_eq!(steps[0].1, open);
        assert_eq!((steps[1].0.as_str(), steps[1].1.rounds), ("check", 0));
    }
}

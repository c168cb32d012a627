//! Rounds as one party can count them: the longest chain of messages of which each had to wait for the one before.
//!
//! A *message* is everything that a step says under one name, however many frames carry it: a large one is cut into
//! chunks that leave in a window, and the window is no round. A message is one deeper than the deepest that its sender
//! had to hear before saying it. The depth does not travel; a party infers it from its own frames and from the fact
//! that all parties run the same text:
//!
//! - What this party says without hearing anything in between is one breath: all of it is equally deep, one more than
//!   the deepest message heard before.
//! - A message that this party says too (both sides of a step speak) is as deep as the party's own, unless the peer is
//!   known to be deeper.
//! - The peer is as deep as what it was told earlier: in breaths before, or in this one before the message in question
//!   and without an equal message in return. So an answer is deeper than the question, and a party that only sends in
//!   a step knows that the receiver was kept waiting.
//! - Branches of a fork start as deep as the fork and go on side by side; where they join, the deeper one counts.
//!
//! What happens between two other parties is not seen, so a party that only listens may count less than the whole
//! network has; the largest count of all parties is the network's (`tests/rounds.rs` compares it with the simulator,
//! which sees every frame). Two parties that say *different* things to each other at the same time would count an
//! answer where there is none; protocols here give both the same name.

use std::collections::BTreeMap;

use crate::{PartyId, Stream};

/// The chains of one party, one for each stream.
#[derive(Default)]
pub(crate) struct Rounds {
    chains: BTreeMap<Stream, Chain>,
    /// The depth of the deepest message so far.
    deepest: u64,
}

/// What is known about depth on one stream.
#[derive(Clone, Default)]
struct Chain {
    /// The deepest message heard.
    depth: u64,
    /// `depth` when the breath began.
    base: u64,
    /// The deepest message that each party was told before this breath.
    told: BTreeMap<PartyId, u64>,
    /// What is said in this breath, in order.
    breath: Vec<Said>,
    /// Something was heard since.
    heard: bool,
}

#[derive(Clone)]
struct Said {
    message: u64,
    to: Vec<PartyId>,
    /// Who said the same.
    back: Vec<PartyId>,
}

impl Rounds {
    /// The depth of the deepest message so far.
    pub(crate) fn deepest(&self) -> u64 {
        self.deepest
    }
    /// A message to `to` begins. Returns by how much the deepest message became deeper.
    pub(crate) fn says(&mut self, stream: Stream, message: u64, to: PartyId) -> u64 {
        let depth = self.chains.entry(stream).or_default().says(message, to);
        self.reaches(depth)
    }
    /// A message of `from` begins. Returns by how much the deepest message became deeper.
    pub(crate) fn hears(&mut self, stream: Stream, message: u64, from: PartyId) -> u64 {
        let depth = self.chains.entry(stream).or_default().hears(message, from);
        self.reaches(depth)
    }
    /// A branch begins.
    pub(crate) fn fork(&mut self, stream: Stream, branch: Stream) {
        let mut chain = self.chains.entry(stream).or_default().clone();
        chain.exhale();
        self.chains.insert(branch, chain);
    }
    /// A branch has ended.
    pub(crate) fn join(&mut self, stream: Stream, branch: Stream) {
        let Some(mut done) = self.chains.remove(&branch) else { return };
        let chain = self.chains.entry(stream).or_default();
        done.exhale();
        chain.exhale();
        chain.depth = chain.depth.max(done.depth);
        for (p, depth) in done.told {
            let told = chain.told.entry(p).or_default();
            *told = depth.max(*told);
        }
        chain.base = chain.depth;
    }
    fn reaches(&mut self, depth: u64) -> u64 {
        let more = depth.saturating_sub(self.deepest);
        self.deepest += more;
        more
    }
}

impl Chain {
    fn says(&mut self, message: u64, to: PartyId) -> u64 {
        let known = self.breath.iter().position(|s| s.message == message);
        let again = known.is_some_and(|k| self.breath[k].to.contains(&to));
        if self.heard && (again || known.is_none()) {
            self.exhale();
        }
        match self.breath.iter_mut().find(|s| s.message == message) {
            Some(said) => {
                if !said.to.contains(&to) {
                    said.to.push(to);
                }
            }
            None => self.breath.push(Said { message, to: vec![to], back: Vec::new() }),
        }
        self.base + 1
    }
    fn hears(&mut self, message: u64, from: PartyId) -> u64 {
        self.heard = true;
        let mine = self.breath.iter().position(|s| s.message == message);
        let before = &self.breath[..mine.unwrap_or(self.breath.len())];
        let unanswered = before.iter().any(|s| s.to.contains(&from) && !s.back.contains(&from));
        let told = if unanswered { self.base + 1 } else { 0 };
        let told = told.max(self.told.get(&from).copied().unwrap_or(0));
        if let Some(mine) = mine {
            self.breath[mine].back.push(from);
        }
        let depth = 1 + self.base.max(told);
        self.depth = self.depth.max(depth);
        depth
    }
    /// Ends a breath: everyone has heard what was said in it before it says anything more.
    fn exhale(&mut self) {
        for to in self.breath.drain(..).flat_map(|s| s.to) {
            let told = self.told.entry(to).or_default();
            *told = (self.base + 1).max(*told);
        }
        self.base = self.depth;
        self.heard = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: PartyId = PartyId::new(1);
    const B: PartyId = PartyId::new(2);
    const MAIN: Stream = Stream::MAIN;

    #[test]
    fn an_exchange_is_one_round_and_an_answer_two() {
        let mut r = Rounds::default();
        for k in 0..3 {
            // Two names in one breath, heard in any order.
            for (p, m) in [(A, 10 * k), (A, 10 * k + 1), (B, 10 * k), (B, 10 * k + 1)] {
                r.says(MAIN, m, p);
            }
            for (p, m) in [(B, 10 * k), (B, 10 * k + 1), (A, 10 * k), (A, 10 * k + 1)] {
                r.hears(MAIN, m, p);
            }
            assert_eq!(r.deepest(), k + 1);
        }
        r.says(MAIN, 50, A);
        r.hears(MAIN, 51, A);
        assert_eq!(r.deepest(), 5);
    }

    #[test]
    fn who_only_speaks_knows_that_the_receiver_waited() {
        let mut r = Rounds::default();
        r.says(MAIN, 1, A);
        assert_eq!((r.says(MAIN, 2, A), r.hears(MAIN, 2, A), r.deepest()), (0, 1, 2));
        // And the receiver, that it was kept waiting.
        let mut r = Rounds::default();
        r.hears(MAIN, 1, A);
        assert_eq!((r.says(MAIN, 2, A), r.hears(MAIN, 2, A), r.deepest()), (1, 0, 2));
    }

    #[test]
    fn the_same_words_again_are_another_message() {
        let mut r = Rounds::default();
        for _ in 0..20 {
            r.says(MAIN, 1, A);
            r.hears(MAIN, 1, A);
        }
        assert_eq!(r.deepest(), 20);
    }

    #[test]
    fn branches_do_not_add_up() {
        let mut r = Rounds::default();
        let exchange = |r: &mut Rounds, stream, message| {
            r.says(stream, message, A);
            r.hears(stream, message, A);
        };
        exchange(&mut r, MAIN, 1);
        let branches = [Stream(1), Stream(2)];
        branches.iter().for_each(|b| r.fork(MAIN, *b));
        for k in 0..4 {
            exchange(&mut r, branches[0], k);
            exchange(&mut r, branches[1], k);
        }
        exchange(&mut r, branches[1], 9);
        branches.iter().for_each(|b| r.join(MAIN, *b));
        assert_eq!(r.deepest(), 6);
        exchange(&mut r, MAIN, 2);
        assert_eq!(r.deepest(), 7);
    }
}

//! Who moves next: honest parties and trusted programs as long as they can, then one held frame of the coalition.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::wires::{SimNet, Wires};
use super::{Adversary, Answer, End, Envelope, Move, Program, Run, Setup, Trusted};
use crate::{Net, PartyId, PartySet};

/// Runs one program per party to the end of the run: all finished, or nobody can move any more.
pub fn run<'a, T>(setup: Setup<'_>, mut program: impl FnMut(Rc<dyn Net>) -> Program<'a, T>) -> Run<T> {
    let (wires, mut hands) = SPARE.with_borrow_mut(Vec::pop).unwrap_or_default();
    wires.borrow_mut().begin(&setup);
    let Setup { parties, corrupt, adversary, trusted, .. } = setup;
    let n = parties.n();
    let network = wires.borrow().network;
    let mut live: Vec<Option<Program<'a, T>>> = parties
        .iter()
        .map(|me| Some(program(Rc::new(SimNet { me, parties: parties.clone(), wires: wires.clone() }))))
        .collect();
    let mut ends: Vec<End<T>> = (0..n).map(|_| End::Stuck).collect();
    let honest = PartySet::all(n).without(corrupt);
    let mut cx = Context::from_waker(Waker::noop());

    loop {
        let w = wires.borrow();
        let step = if network {
            let live = live.iter().enumerate().filter(|(_, program)| program.is_some()).map(|(p, _)| p);
            adversary.next(w.awake.and(PartySet::of(&live.collect::<Vec<_>>())), &w.held)
        } else {
            // Honest parties first. When everyone is quiet, what the coalition holds may leave, one frame at a time.
            let awake = honest.and(w.awake).first().or_else(|| w.awake.first());
            awake
                .map(Move::Run)
                .or_else(|| if w.held.is_empty() { None } else { adversary.release(&w.held).map(Move::Deliver) })
        };
        drop(w);
        if let Some(Move::Run(p)) = step
            && p.index() < n
        {
            wires.borrow_mut().awake.remove(p);
            if let Some(program) = &mut live[p.index()]
                && let Poll::Ready(end) = program.as_mut().poll(&mut cx)
            {
                live[p.index()] = None;
                ends[p.index()] = End::Done(end);
                adversary.ended(p);
            }
            if wires.borrow().exhausted.contains(p) {
                live[p.index()] = None;
                ends[p.index()] = End::Exhausted;
                adversary.ended(p);
            }
        }
        // Neither the adversary nor the trusted program can reach the wires but through what follows.
        let w = &mut *wires.borrow_mut();
        match step {
            Some(Move::Run(p)) if p.index() < n => {}
            Some(Move::Deliver(choice)) if choice < w.held.len() => {
                let e = w.held.remove(choice);
                if w.corrupt.contains(e.from) && !w.corrupt.contains(e.to) {
                    adversary.outgoing(e, &mut hands.deliver);
                    hands.hand_over(w, adversary, trusted);
                } else {
                    hands.pass(w, adversary, trusted, e);
                }
            }
            Some(Move::Close { from, to, kind }) if to.index() < n => {
                let slot = w.slot(to, from);
                w.closed[slot].get_or_insert(kind);
                w.awake.insert(to);
            }
            Some(Move::Tell(p)) => {
                w.told.insert(p);
                w.awake.insert(p);
            }
            _ => break,
        }
        hands.settle(w, adversary, trusted);
    }

    drop(live);
    let mut w = wires.borrow_mut();
    let run = Run {
        ends,
        trace: std::mem::take(&mut w.trace),
        rounds: w.rounds,
        bytes: w.bytes,
        nanoseconds: w.clocks.iter().map(|c| c.now).max().unwrap_or(0),
    };
    drop(w);
    // Unless a program has given its end of the network away.
    if Rc::strong_count(&wires) == 1 {
        wires.borrow_mut().end();
        SPARE.with_borrow_mut(|spare| spare.push((wires, hands)));
    }
    run
}

thread_local! {
    /// What runs on this thread have used and need no more. Taking it again instead of making it anew spares a small run
    /// some twenty allocations.
    static SPARE: RefCell<Vec<(Rc<RefCell<Wires>>, Hands)>> = const { RefCell::new(Vec::new()) };
}

/// The scheduler's hands: buffers reused over a run.
#[derive(Default)]
struct Hands {
    answers: Vec<Answer>,
    deliver: Vec<Envelope>,
    seen: Vec<Envelope>,
}

impl Hands {
    /// Delivers what was sent: to the coalition through the adversary's eyes, to the trusted program, to honest parties.
    fn settle(&mut self, w: &mut Wires, adversary: &mut dyn Adversary, trusted: &mut dyn Trusted) {
        loop {
            if let Some(who) = adversary.abort() {
                w.abort(who);
            }
            if let Some(who) = w.puppet_aborts.pop_front() {
                if adversary.aborts(who) {
                    w.abort(who);
                }
                continue;
            }
            let Some(e) = w.outbox.pop_front() else { return };
            self.pass(w, adversary, trusted, e);
        }
    }
    /// Delivers a frame that no adversary changes on its way out.
    fn pass(&mut self, w: &mut Wires, adversary: &mut dyn Adversary, trusted: &mut dyn Trusted, e: Envelope) {
        if e.to == PartyId::IDEAL {
            self.ask(w, adversary, trusted, e);
        } else if w.corrupt.contains(e.from) == w.corrupt.contains(e.to) {
            // Within one camp nobody looks on.
            w.deliver(e);
        } else {
            self.show(w, adversary, e);
        }
    }
    /// Hands a frame to the coalition, through the adversary's eyes.
    fn show(&mut self, w: &mut Wires, adversary: &mut dyn Adversary, e: Envelope) {
        adversary.incoming(e, &mut self.seen);
        self.seen.drain(..).for_each(|e| w.deliver(e));
    }
    /// Delivers what the adversary let out.
    fn hand_over(&mut self, w: &mut Wires, adversary: &mut dyn Adversary, trusted: &mut dyn Trusted) {
        let mut deliver = std::mem::take(&mut self.deliver);
        for e in deliver.drain(..) {
            if e.to == PartyId::IDEAL {
                self.ask(w, adversary, trusted, e);
            } else {
                w.deliver(e);
            }
        }
        self.deliver = deliver;
    }
    fn ask(&mut self, w: &mut Wires, adversary: &mut dyn Adversary, trusted: &mut dyn Trusted, e: Envelope) {
        if w.keep_trace {
            w.trace.push(e.clone());
        }
        let mut answers = std::mem::take(&mut self.answers);
        let (round, arrives) = (e.round + 1, e.arrives);
        trusted.receive(e, &mut answers);
        for Answer { from, to, stream, frame } in answers.drain(..) {
            let answer = Envelope { seq: w.seq, from, to, stream, frame, round, arrives };
            w.seq += 1;
            if w.corrupt.contains(to) {
                self.show(w, adversary, answer);
            } else {
                w.deliver(answer);
            }
        }
        self.answers = answers;
    }
}

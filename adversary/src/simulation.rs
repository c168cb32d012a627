//! A subject under one strategy as a problem for the best simulator: the real world counted over every coin and every
//! honest input, the ideal world from the subject's functionality.

use protocols::{Error, Result};
use spec::AbortKind;
use transport::sim::{Adversary, Envelope};
use transport::{PartyId, PartySet};

use crate::enumerate::enumerate;
use crate::run::Ending;
use crate::simulator::{Abort, Functionality, Problem, Runs, TableError};
use crate::subject::{DynSubject, Given, Instance, every, filled, positions};
use crate::view;

/// What the best simulator has to explain.
pub struct Counted {
    /// Both worlds.
    pub problem: Problem,
    /// Runs of the protocol.
    pub runs: u64,
    /// Different views of the coalition, before those that say the same were merged.
    pub views: usize,
    /// Every honest input, in the order in which the problem numbers them.
    pub inputs: Vec<Given<u64>>,
}

/// Any adversary, and everything that reaches it.
struct Watched<'a> {
    inner: Box<dyn Adversary + 'a>,
    seen: Vec<u8>,
}

impl Adversary for Watched<'_> {
    fn release(&mut self, held: &[Envelope]) -> Option<usize> {
        self.inner.release(held)
    }
    fn outgoing(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        self.inner.outgoing(e, deliver);
    }
    fn incoming(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        view::frame(&mut self.seen, &e);
        self.inner.incoming(e, deliver);
    }
    fn aborts(&mut self, who: PartyId) -> bool {
        self.inner.aborts(who)
    }
    fn abort(&mut self) -> Option<PartyId> {
        self.inner.abort()
    }
    fn ended(&mut self, who: PartyId) {
        self.inner.ended(who);
    }
}

/// Counts a subject whose coalition puts in `mine` and follows `strategy`, which is made anew for every run.
///
/// The view holds what the coalition was dealt and drew, all frames it received, and where and at which check honest
/// parties stopped: a simulator has to explain all of it.
///
/// # Errors
/// Local if the field is too large to count or an honest party ended in an error of its own.
pub fn count<'a>(
    subject: &dyn DynSubject,
    at: &Instance,
    mine: &[u64],
    mut strategy: impl FnMut() -> Box<dyn Adversary + 'a>,
) -> Result<Counted> {
    let (n, corrupt) = (at.world.parties.n(), at.world.corrupt);
    let order = order(at)?;
    let shape = subject.shape(n);
    let places = positions(&shape, corrupt);
    let [coalition, others] = places.each_ref().map(Vec::len);
    if coalition != mine.len() {
        return Err(Error::Local(format!("the coalition puts in {coalition} values, not {}", mine.len())));
    }
    let honest = honest(at);
    let theirs: Vec<_> = every(order, others).collect();
    let (mut table, mut total) = (Runs::new(theirs.len(), honest.len()), 0);
    let mut inputs = Vec::with_capacity(theirs.len());
    for (number, theirs) in theirs.iter().enumerate() {
        let given = filled(&shape, &places, mine, theirs);
        let mut failed = None;
        total += enumerate(|tape, weight| {
            let mut watched = Watched { inner: strategy(), seen: Vec::new() };
            let outcome = subject.run(at, &given, tape, &mut watched).and_then(|played| {
                let outputs = outputs(&played.endings, &honest)?;
                let mut view = played.own;
                view.append(&mut watched.seen);
                endings(&mut view, &played.endings, corrupt);
                table.add(number, view, outputs, weight()).map_err(|e| told(&e))
            });
            failed = outcome.err().or(failed.take());
        });
        if let Some(e) = failed {
            return Err(e);
        }
        inputs.push(given);
    }
    let ideal = ideal(subject, at)?;
    let abort = match subject.claim().abort {
        AbortKind::Selective => Abort::Selective,
        AbortKind::Unanimous => Abort::Unanimous,
    };
    let views = table.views();
    let problem = table.finish().and_then(|real| Problem::new(real, ideal, abort)).map_err(|e| told(&e))?;
    Ok(Counted { problem, runs: total, views, inputs })
}

/// The ideal world that proofs about a coalition are about: what its functionality answers to everything that a simulator
/// may send and that honest parties may put in, in the order in which they are counted.
///
/// # Errors
/// Local if the field is too large to count, or what the functionality refuses.
pub fn ideal(subject: &dyn DynSubject, at: &Instance) -> Result<Functionality> {
    let (order, honest) = (order(at)?, honest(at));
    let shape = subject.shape(at.world.parties.n());
    let places = positions(&shape, at.world.corrupt);
    let [sent, theirs] = places.each_ref().map(|p| every(order, p.len()).collect::<Vec<_>>());
    let mut failed = None;
    let table = Functionality::deterministic(sent.len(), theirs.len(), |c, h| {
        match subject.ideal(at.field, &filled(&shape, &places, &sent[c], &theirs[h])) {
            Ok(y) => {
                let of_coalition = at.world.corrupt.iter().flat_map(|p| y[p].clone()).collect();
                (of_coalition, honest.iter().map(|p| y[*p].clone()).collect())
            }
            Err(e) => {
                failed = Some(e);
                (Vec::new(), vec![Vec::new(); honest.len()])
            }
        }
    });
    failed.map_or_else(|| table.map_err(|e| told(&e)), Err)
}

fn order(at: &Instance) -> Result<u64> {
    let order = at.field.small_order().filter(|p| *p < 256);
    order.ok_or_else(|| Error::Local(format!("{} is too large to count: choose F2, F3 or F5", at.field)))
}

fn honest(at: &Instance) -> Vec<PartyId> {
    at.world.parties.iter().filter(|p| !at.world.corrupt.contains(*p)).collect()
}

fn told(e: &TableError) -> Error {
    Error::Local(e.to_string())
}

fn endings(view: &mut Vec<u8>, endings: &[Ending<Vec<u8>>], corrupt: PartySet) {
    for (p, end) in endings.iter().enumerate() {
        view::ending(view, corrupt.contains(PartyId::new(p)), end);
    }
}

/// What the honest parties output, `None` for one that stopped or waits for ever.
fn outputs(endings: &[Ending<Vec<u8>>], honest: &[PartyId]) -> Result<Vec<Option<Vec<u8>>>> {
    let of = |p: &PartyId| match &endings[p.index()] {
        Ending::Output(y) => Ok(Some(y.clone())),
        Ending::Broken(e) => Err(e.clone()),
        _ => Ok(None),
    };
    honest.iter().map(of).collect()
}

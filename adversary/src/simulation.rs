//! A subject under one strategy as a problem for the best simulator: the real world counted over every coin and every
//! honest input, the ideal world from the subject's functionality.

use protocols::{Error, Result};
use spec::AbortKind;
use transport::sim::{Adversary, Envelope};
use transport::{PartyId, PartySet};

use crate::enumerate::enumerate;
use crate::run::Ending;
use crate::simulator::{Abort, Functionality, Problem, Runs, TableError};
use crate::subject::{DynSubject, Given, Instance, every, positions};
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
    let order = at.field.small_order().filter(|p| *p < 256);
    let order =
        order.ok_or_else(|| Error::Local(format!("{} is too large to count: choose F2, F3 or F5", at.field)))?;
    let shape = subject.shape(n);
    let [coalition, others] = positions(&shape, corrupt);
    if coalition.len() != mine.len() {
        return Err(Error::Local(format!("the coalition puts in {} values, not {}", coalition.len(), mine.len())));
    }
    let honest: Vec<PartyId> = at.world.parties.iter().filter(|p| !corrupt.contains(*p)).collect();
    let given = |coalition_inputs: &[u64], theirs: &[u64]| {
        let mut given = shape.map(|()| 0);
        let all = coalition.iter().zip(coalition_inputs).chain(others.iter().zip(theirs));
        all.for_each(|(at, v)| at.put(&mut given, *v));
        given
    };
    let theirs: Vec<_> = every(order, others.len()).collect();
    let (mut table, mut total) = (Runs::new(theirs.len(), honest.len()), 0);
    let mut inputs = Vec::with_capacity(theirs.len());
    for (number, theirs) in theirs.iter().enumerate() {
        let given = given(mine, theirs);
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
    let sent: Vec<_> = every(order, coalition.len()).collect();
    let mut failed = None;
    let ideal = Functionality::deterministic(sent.len(), theirs.len(), |c, h| {
        match subject.ideal(at.field, &given(&sent[c], &theirs[h])) {
            Ok(y) => {
                (corrupt.iter().flat_map(|p| y[p].clone()).collect(), honest.iter().map(|p| y[*p].clone()).collect())
            }
            Err(e) => {
                failed = Some(e);
                (Vec::new(), vec![Vec::new(); honest.len()])
            }
        }
    });
    if let Some(e) = failed {
        return Err(e);
    }
    let abort = match subject.claim().abort {
        AbortKind::Selective => Abort::Selective,
        AbortKind::Unanimous => Abort::Unanimous,
    };
    let views = table.views();
    let problem = table.finish().and_then(|real| Problem::new(real, ideal?, abort)).map_err(|e| told(&e))?;
    Ok(Counted { problem, runs: total, views, inputs })
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

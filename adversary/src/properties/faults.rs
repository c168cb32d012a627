//! Runs in which nobody deviates but machines and links fail: every single fault at every moment of a run, and several at
//! once, drawn at random. Each party that goes on ends, right or with an error of the transport, and accuses nobody.

use std::collections::BTreeMap;

use protocols::{Error, Result};
use transport::{PartyId, PartySet, PerParty};

use super::network::{Fault, Freedom, Network};
use super::{Row, Value, instance, named};
use crate::attack::tape;
use crate::fields::FieldId;
use crate::run::Ending;
use crate::sample::Sampler;
use crate::subject::{DynSubject, Given, Instance, Played};

/// Random runs have up to so many faults.
const MOST: usize = 3;

/// What the network does in one run: all that it takes to see that run again.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The number of a random order of everything; `None`: whoever can run does so, then the oldest frame arrives.
    pub order: Option<u64>,
    /// Who hears of aborts at once; the others do as late as possible.
    pub early: PartySet,
    /// What goes wrong.
    pub faults: Vec<Fault>,
}

impl Schedule {
    fn network(&self, n: usize, seed: u64) -> Network {
        let freedom = if self.order.is_some() { Freedom::Everything } else { Freedom::Nothing };
        let orders = Sampler::new(seed).tape(self.order.unwrap_or(0));
        self.faults.iter().copied().fold(Network::new(n, orders, freedom).telling(self.early), Network::with)
    }
    fn stopped(&self) -> PartySet {
        let mut all = PartySet::EMPTY;
        self.faults.iter().flat_map(|fault| fault.stops().iter()).for_each(|p| all.insert(p));
        all
    }
}

/// A computation in which nobody deviates.
pub struct Honest<'a> {
    subject: &'a dyn DynSubject,
    at: Instance,
    given: Given<u64>,
    seed: u64,
    ideal: PerParty<Vec<u8>>,
}

impl<'a> Honest<'a> {
    /// Of `n` parties who put in nothing but ones.
    pub fn new(subject: &'a dyn DynSubject, field: FieldId, n: usize, seed: u64) -> Result<Self> {
        let given = subject.shape(n).map(|()| 1);
        let ideal = subject.ideal(field, &given)?;
        Ok(Self { subject, at: instance(field, n, PartySet::EMPTY), given, seed, ideal })
    }
    fn n(&self) -> usize {
        self.at.world.parties.n()
    }
    fn row(&self, property: &'static str) -> Row {
        Row::new(property, named(self.subject, &self.at))
    }
    fn play(&self, network: &mut Network) -> Result<Played> {
        self.subject.run(&self.at, &self.given, &tape(self.seed), network)
    }
    /// A run without faults in the usual order.
    fn usual(&self) -> Result<Network> {
        let mut network = Schedule { order: None, early: PartySet::EMPTY, faults: vec![] }.network(self.n(), self.seed);
        self.play(&mut network)?;
        Ok(network)
    }
    /// One run, and what is wrong with how somebody who did not stop ended.
    fn under(&self, schedule: &Schedule) -> Result<Option<String>> {
        let played = self.play(&mut schedule.network(self.n(), self.seed))?;
        let stopped = schedule.stopped();
        let others = played.endings.iter().enumerate().map(|(p, end)| (PartyId::new(p), end));
        let mut wrong =
            others.filter(|(p, _)| !stopped.contains(*p)).filter_map(|(p, end)| wrong(p, end, &self.ideal[p]));
        Ok(wrong.next().map(|w| format!("inputs {:?}, seed {}, {schedule:?}: {w}", self.given, self.seed)))
    }

    /// Every single fault at every moment of the usual run, and whoever of those that go on hears of aborts at once.
    pub fn every_fault(&self) -> Result<Row> {
        let (n, usual) = (self.n(), self.usual()?);
        let (mut row, mut counts) = (self.row("blame.every_fault"), BTreeMap::<_, u64>::new());
        for fault in Fault::all(n) {
            let (moments, ears) = (usual.seen(&fault) + 1, subsets(PartySet::all(n).without(fault.stops())));
            *counts.entry(fault.what()).or_default() += (moments * ears.len()) as u64;
            for after in 0..moments {
                for early in &ears {
                    let faults = vec![fault.at(after)];
                    row.case(self.under(&Schedule { order: None, early: *early, faults })?);
                }
            }
        }
        Ok(counts.into_iter().fold(row, |row, (what, k)| row.with(what, Value::Count(k))))
    }
    /// Up to three faults at random moments, in random orders.
    pub fn random_faults(&self, runs: u64) -> Result<Row> {
        let (n, usual) = (self.n(), self.usual()?);
        let (mut row, all, ears) = (self.row("blame.network"), Fault::all(n), subsets(PartySet::all(n)));
        let kinds: Vec<&[Fault]> = all.chunk_by(|a, b| a.what() == b.what()).collect();
        let choose = Sampler::new(self.seed).tape(u64::MAX);
        let pick = |k: usize| choose.uniform(k as u64) as usize;
        for order in 0..runs {
            let draw = |_| {
                let kind = kinds[pick(kinds.len())];
                let fault = kind[pick(kind.len())];
                fault.at(pick(usual.seen(&fault) + 1))
            };
            let faults = (0..=pick(MOST)).map(draw).collect();
            row.case(self.under(&Schedule { order: Some(order), early: ears[pick(ears.len())], faults })?);
        }
        Ok(row)
    }
    /// Every set of up to n − 1 parties stops at every moment, each time in another random order.
    pub fn fail_stop(&self) -> Result<Row> {
        let (n, usual, mut order) = (self.n(), self.usual()?, 0);
        let (mut row, ears) = (self.row("delivery.fail_stop"), subsets(PartySet::all(n)));
        for fault in Fault::all(n).into_iter().filter(|f| !f.stops().is_empty()) {
            for after in 0..=usual.seen(&fault) {
                let early = ears[order as usize % ears.len()];
                row.case(self.under(&Schedule { order: Some(order), early, faults: vec![fault.at(after)] })?);
                order += 1;
            }
        }
        Ok(row)
    }
}

/// Every part of a set.
fn subsets(of: PartySet) -> Vec<PartySet> {
    of.iter().fold(vec![PartySet::EMPTY], |all, p| {
        let with = all.clone().into_iter().map(|mut set| {
            set.insert(p);
            set
        });
        all.iter().copied().chain(with).collect()
    })
}

/// What is wrong with how this party ended.
fn wrong(p: PartyId, end: &Ending<Vec<u8>>, ideal: &[u8]) -> Option<String> {
    match end {
        Ending::Output(y) if y == ideal => None,
        Ending::Told | Ending::Broken(Error::Net { .. }) => None,
        Ending::Output(_) => Some(format!("{p} has a wrong output")),
        Ending::Aborted(a) => Some(format!("{p} takes a failure for a deviation: {a}")),
        Ending::Stuck => Some(format!("{p} never ends")),
        other => Some(format!("{p} ended with {other:?}")),
    }
}

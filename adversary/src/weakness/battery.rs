//! Every measurement that a computation allows, on one specimen: passive views, wrong outputs, what an active coalition
//! guesses, where runs stop, traffic shape, blame.

use num_rational::BigRational;
use num_traits::{One, Zero};
use protocols::{Error, Result, Tape};
use spec::{Bound, Check};
use transport::sim::Adversary;
use transport::{PartyId, PartySet};

use super::coins::Tossing;
use super::{Finding, Loss};
use crate::attack::Conditions;
use crate::enumerate::{Probability, enumerate};
use crate::fields::FieldId;
use crate::ideal::supply::CorruptShares;
use crate::oracle::Win;
use crate::privacy::semi_honest;
use crate::properties::faults::Honest;
use crate::properties::strategies::Additive;
use crate::properties::{Row, Value, aborts, guessing, inputs, shape};
use crate::run::{Ending, World};
use crate::scratch::Flaw;
use crate::simulator::{Best, WORK, best};
use crate::strategy::Script;
use crate::subject::{DynSubject, Instance};
use crate::{Judgement, attacks, simulation};

/// How a specimen differs from what ships.
#[derive(Clone, Copy)]
pub enum Change {
    /// Honest parties skip this check.
    Off(&'static Check),
    /// The parties stand on foundations with this flaw.
    Flaw(Flaw),
    /// Another program.
    Program(&'static dyn DynSubject),
    /// The runs draw from what this makes of their tape.
    Coins(fn(Tape) -> Tape),
}

/// A strategy that is made anew for every run, with its name.
pub type Named = (String, Box<dyn Fn() -> Script<'static>>);

/// Strategies for one field.
pub type Strategies = fn(FieldId) -> Vec<Named>;

/// A computation of two parties with a change.
#[derive(Clone, Copy)]
pub struct Battery {
    /// As it ships.
    pub subject: &'static dyn DynSubject,
    /// What is changed.
    pub change: Change,
    /// What a wrong output is claimed to be accepted with, over a field of `p` elements.
    pub bound: fn(u64) -> BigRational,
    /// Strategies beside the additive ones.
    pub besides: Option<Strategies>,
}

/// The bound of the MAC check as shipped.
#[must_use]
pub fn mac_bound(p: u64) -> BigRational {
    Bound::MacCheck.at(&spec::Instance::field(p))
}

/// `x − a` opened off by one.
const SHIFT: Additive = Additive { beaver: [1, 0], ..Additive::PASSIVE };

const HONEST: PartyId = PartyId::new(0);
const CORRUPT: usize = 1;

impl Battery {
    /// A computation with the shipped bound and additive strategies.
    #[must_use]
    pub const fn of(subject: &'static dyn DynSubject, change: Change) -> Self {
        Self { subject, change, bound: mac_bound, besides: None }
    }
    /// With more strategies.
    #[must_use]
    pub const fn and(self, besides: Strategies) -> Self {
        Self { besides: Some(besides), ..self }
    }
    /// With another bound.
    #[must_use]
    pub const fn within(self, bound: fn(u64) -> BigRational) -> Self {
        Self { bound, ..self }
    }

    /// All findings, with the change or without.
    pub fn findings(&self, changed: bool) -> Result<Vec<Finding>> {
        let (tossing, subject);
        let mut world = World::new(2, PartySet::of(&[CORRUPT]));
        subject = match self.change {
            _ if !changed => self.subject,
            Change::Program(other) => other,
            Change::Coins(from) => {
                tossing = Tossing { subject: self.subject, from };
                &tossing
            }
            Change::Off(check) => {
                world = world.without(Some(check));
                self.subject
            }
            Change::Flaw(flaw) => {
                world = world.flawed(Some(flaw));
                self.subject
            }
        };
        let at = |field| Instance { field, world: world.clone(), shares: CorruptShares::Zero };
        let mut findings = vec![self.passive(subject, &at(FieldId::F2))?, self.shape(subject)?, self.blame(subject)?];
        if subject.shape(2).shared.is_empty()
            || subject.ideal(FieldId::F2, &subject.shape(2).map(|()| 0))?[HONEST].is_empty()
        {
            return Ok(findings);
        }
        // With two triples there are too many coins over F_3.
        let fields = if subject.preprocessed_triples() < 2 { &[FieldId::F2, FieldId::F3][..] } else { &[FieldId::F2] };
        let instances: Vec<Instance> = fields.iter().map(|field| at(*field)).collect();
        findings.push(self.wrong(subject, &instances)?);
        findings.push(self.guessed(subject, &instances)?);
        findings.push(self.simulated(subject, &instances)?);
        let told = aborts::tell_nothing(subject, &at(FieldId::F2), Additive::few(2))?;
        findings.push(of_row("endings of runs", Loss::AbortPrivacy, &told));
        Ok(findings)
    }

    fn passive(&self, subject: &dyn DynSubject, at: &Instance) -> Result<Finding> {
        let mut worst = BigRational::zero();
        for corrupt in [0, CORRUPT] {
            let mut at = at.clone();
            at.world.corrupt = PartySet::of(&[corrupt]);
            worst = worst.max(semi_honest(subject, &at)?.distance);
        }
        let loss = (!worst.is_zero()).then_some(Loss::A1Privacy);
        Ok(Finding { by: "passive views", loss, evidence: format!("distance {worst}") })
    }
    fn shape(&self, subject: &dyn DynSubject) -> Result<Finding> {
        let row = shape::same(subject, FieldId::F3, 2, inputs(&subject.shape(2), &[0, 1]), 2)?;
        Ok(of_row("traffic shape", Loss::Shape, &row))
    }
    fn blame(&self, subject: &dyn DynSubject) -> Result<Finding> {
        let row = Honest::new(subject, FieldId::F31, 2, 0)?.every_fault()?;
        Ok(of_row("blame under faults", Loss::Defamation, &row))
    }
    fn strategies(&self, field: FieldId) -> Vec<Named> {
        let order = field.small_order().unwrap_or(2);
        let corrupt = PartySet::of(&[CORRUPT]);
        let additive = Additive::few(order).into_iter().map(|s| {
            let script: Box<dyn Fn() -> Script<'static>> = Box::new(move || s.script(field, corrupt, HONEST));
            (format!("{s:?}"), script)
        });
        let mut all: Vec<_> = additive.collect();
        all.extend(self.besides.into_iter().flat_map(|more| more(field)));
        all
    }
    /// The probability of a wrong output under the best of the strategies, against the bound.
    fn wrong(&self, subject: &dyn DynSubject, instances: &[Instance]) -> Result<Finding> {
        let mut finding = Finding { by: "wrong outputs", loss: None, evidence: String::new() };
        for at in instances {
            let p = at.field.small_order().unwrap_or(2);
            let given = subject.shape(2).map(|()| 1);
            let right = subject.ideal(at.field, &given)?[HONEST].clone();
            let (mut best, mut how) = (BigRational::zero(), String::new());
            for (name, script) in self.strategies(at.field) {
                let (mut wrong, mut failed) = (Probability::default(), None);
                enumerate(|tape, weight| match subject.run(at, &given, tape, &mut script()) {
                    Ok(played) => {
                        if matches!(&played.endings[HONEST.index()], Ending::Output(y) if *y != right) {
                            wrong.add(weight());
                        }
                    }
                    Err(e) => failed = Some(e),
                });
                if let Some(e) = failed {
                    return Err(e);
                }
                if wrong.value() > best {
                    (best, how) = (wrong.value(), name);
                }
            }
            let bound = (self.bound)(p);
            if best > bound {
                // What stays certain in a larger field is no matter of a bound.
                finding.loss = Some(if best.is_one() { Loss::A3Correctness } else { Loss::Bound });
            }
            finding.evidence += &format!("p = {p}: {best} against {bound} ({how}) ");
        }
        Ok(finding)
    }
    /// The error of the best simulator where the first opening is off by one, against the bound.
    fn simulated(&self, subject: &dyn DynSubject, instances: &[Instance]) -> Result<Finding> {
        let mut finding = Finding { by: "best simulator", loss: None, evidence: String::new() };
        for at in instances {
            let bound = (self.bound)(at.field.small_order().unwrap_or(2));
            let script = || -> Box<dyn Adversary> { Box::new(SHIFT.script(at.field, at.world.corrupt, HONEST)) };
            let Best::Exact(proof) = best(&simulation::count(subject, at, &[], script)?.problem, WORK) else {
                finding.evidence += &format!("{}: inconclusive ", at.field);
                continue;
            };
            if *proof.value.value() > bound {
                finding.loss = Some(Loss::A3Privacy);
            }
            finding.evidence += &format!("{}: {} against {bound} ", at.field, proof.value);
        }
        Ok(finding)
    }
    fn guessed(&self, subject: &dyn DynSubject, instances: &[Instance]) -> Result<Finding> {
        let mut finding = Finding { by: "best guess of inputs", loss: None, evidence: String::new() };
        for at in instances {
            let p = at.field.small_order().unwrap_or(2);
            let row = guessing::advantage(subject, at, [SHIFT], &(self.bound)(p))?;
            if !row.violations.is_empty() {
                finding.loss = Some(Loss::A3Privacy);
            }
            if let Some((_, Value::Exact(v))) = row.figures.first() {
                finding.evidence += &format!("p = {p}: {v} against {} ", (self.bound)(p));
            }
        }
        Ok(finding)
    }
}

/// A row of a property as a finding.
pub(super) fn of_row(by: &'static str, loss: Loss, row: &Row) -> Finding {
    Finding { by, loss: (!row.violations.is_empty()).then_some(loss), evidence: row.to_string() }
}

/// A named attack, against what ships or in its control.
pub fn attacked(id: &'static str, loss: Loss, control: bool) -> Result<Vec<Finding>> {
    let attack = attacks::find(id).ok_or_else(|| Error::Local(format!("there is no attack {id}")))?;
    let outcomes = [0, 1].map(|seed| attack.once(&Conditions { control, seed }));
    let lost = outcomes.iter().all(|o| o.effective).then(|| outcomes.iter().find_map(|o| taken(&o.judgement, loss)));
    Ok(vec![Finding { by: id, loss: lost.flatten(), evidence: outcomes[0].judgement.to_string() }])
}

/// What a judgement says is lost: an attack that wins takes what it is about, but nobody takes defamation for a leak.
fn taken(judgement: &Judgement, loss: Loss) -> Option<Loss> {
    match judgement {
        Judgement::Won(Win::WrongOutput(_) | Win::Disagreement(..)) => Some(Loss::A3Correctness),
        Judgement::Won(Win::Chosen(_) | Win::Leak(_)) => Some(loss),
        Judgement::Won(Win::Defamed(_)) => Some(Loss::Defamation),
        Judgement::Won(_) => Some(Loss::Service),
        _ => None,
    }
}

//! What a line of the log may say came of a unit, as far as this program knows without running it. Whoever measured it
//! found nothing else, so a line that says so is a forger's. Where only running it again can tell, that is said.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use adversary::coverage::Coverage;
use adversary::fields::FieldId;
use adversary::properties::{instance as looked_at, named};
use adversary::subject::{every, filled, positions};
use adversary::sweep::{Direction, Effort, points};
use adversary::{DynSubject, Explained, Instance, World, privacy};
use transport::PartySet;

use super::{How, Job, SWEPT, instance, values};
use crate::arguments::Tier;
use crate::covering;
use crate::evidence::coverage::Figure;
use crate::log::{Entry, Found, Unit};
use crate::properties::{Place, Property, TOO_MANY};
use crate::seeds::Root;
use crate::simulate::{self, Family};

/// So many inputs are compared again by what the functionality says.
const ENOUGH: u64 = 1 << 12;

/// How many runs a row's units over one field and of one coalition take; none where that is not known.
type Estimates = BTreeMap<(FieldId, Vec<usize>), Option<u64>>;

/// What some work finds, nothing if it panics: what panics was found out, and told, by whoever measured.
fn calm<T>(work: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok().flatten()
}

impl Job<'_> {
    /// Which of its lines have to be run again to be believed, by their numbers. An error if one cannot be true.
    pub fn doubtful(&self, root: &Root, lines: &[&Entry]) -> Result<Vec<usize>, String> {
        let (mut again, mut estimates) = (Vec::new(), Estimates::new());
        for (k, e) in lines.iter().enumerate() {
            let doubtful = self.doubts(root, &mut estimates, &e.unit, &e.found);
            if doubtful.map_err(|why| format!("the log cannot be true of `{}`: {why}", self.id()))? {
                again.push(k);
            }
        }
        Ok(again)
    }
    /// Whether it is a figure of these names, and one that does not take long to count.
    pub fn is_quick(&self, at: &str, formula: &str) -> bool {
        matches!(self.how, How::Count { m, .. } if m.point(at, formula).is_some_and(|p| !p.slow))
    }
    /// Whether it has to be run again.
    fn doubts(&self, root: &Root, known: &mut Estimates, unit: &Unit, found: &Found) -> Result<bool, String> {
        match (&self.how, unit, found) {
            // No run of the protocol is needed.
            (How::Outputs { .. }, ..) => Ok(true),
            // At the smallest size it is as cheap to count again as to doubt. Where that is is not for a log to say.
            (How::Count { m, .. }, Unit::Count { at, formula }, Found::Counted { .. }) => {
                Ok(self.is_quick(at, formula) && m.point(at, formula).is_some_and(|p| m.is_smallest(p)))
            }
            (How::Best { .. }, _, Found::Counted { .. }) => Ok(true),
            (
                How::Views { subject, n, .. },
                Unit::Views { field, corrupt },
                Found::Compared { inputs, pairs, runs, views, .. },
            ) => {
                compared(*subject, &instance(*field, *n, corrupt), [*inputs, *pairs, *runs, *views])?;
                // Whoever follows the protocol tosses its coins, unless some are tossed on some branches only.
                Ok(self.estimated(known, unit).is_some_and(|usual| *runs != usual))
            }
            (
                How::Simulate { subject, n, corrupt, family },
                Unit::Simulator { field, .. },
                Found::Simulated { runs, views, proof },
            ) => {
                let classes = proof.as_ref().map_or(0, |proof| proof.problem.real().classes() as u64);
                let [_, theirs] = positions(&subject.shape(*n), PartySet::of(corrupt));
                let inputs = power(field.small_order().unwrap_or(u64::MAX), theirs.len()).unwrap_or(u64::MAX);
                if *views == 0 || *views < classes || *views > *runs || *runs < inputs {
                    return Err(format!(
                        "{views} views in {runs} runs of {inputs} inputs, where {classes} say something else"
                    ));
                }
                // A run that is stopped ends before its last coins.
                let odd = |usual: u64| if *family == Family::Follows { *runs != usual } else { *runs > usual };
                Ok(self.estimated(known, unit).is_some_and(odd))
            }
            (
                How::Look { property, subjects, n, .. },
                Unit::Property { subject, field, corrupt },
                Found::Looked { of, cases, figures, .. },
            ) => {
                let at = Place { subject: subject.clone(), field: *field, corrupt: corrupt.clone() };
                let subject = subjects.iter().copied().find(|s| s.name() == at.subject);
                let right = match property {
                    Property::Inputs => *of == format!("masked inputs of two parties over {field}"),
                    Property::Commitments => of == "a value that two parties commit to",
                    Property::Terminal => is_of_check(of, &at.subject),
                    _ => subject.is_some_and(|s| *of == named(s, &looked_at(at.field, *n, PartySet::of(&at.corrupt)))),
                };
                if !right {
                    return Err(format!("`{of}` is not where it was looked at"));
                }
                looked(*property, subject, *n, &at, self.tier, *cases, figures)
            }
            (
                How::Cover { subjects, n, coalitions },
                Unit::Coverage { subject },
                Found::Covered { runs, figures, .. },
            ) => {
                let ground = (*n, &coalitions[..], self.tier);
                covered(ground, *runs, figures).map_err(|why| format!("{subject}: {why}"))?;
                let subject = subjects.iter().copied().find(|s| s.name() == *subject);
                let seed = root.seed(&self.row.key(), 0);
                match calm(|| most_covered(subject?, ground, seed)) {
                    Some(most) if *runs > most => Err(format!("{runs} runs, where there are {most} at most")),
                    _ => Ok(false),
                }
            }
            // What ended otherwise speaks against the protocol, and needs no doubt.
            _ => Ok(false),
        }
    }
    fn estimated(&self, known: &mut Estimates, unit: &Unit) -> Option<u64> {
        let at = match unit {
            Unit::Views { field, corrupt } => (*field, corrupt.clone()),
            Unit::Simulator { field, .. } => (*field, Vec::new()),
            _ => return None,
        };
        *known.entry(at).or_insert_with(|| calm(|| self.runs(unit).ok().flatten()))
    }
}

fn power(base: u64, exponent: usize) -> Option<u64> {
    u32::try_from(exponent).ok().and_then(|k| base.checked_pow(k))
}

/// Whether inputs are all that there are, pairs those that look the same, and views not more than there were runs.
fn compared(subject: &dyn DynSubject, at: &Instance, [inputs, pairs, runs, views]: [u64; 4]) -> Result<(), String> {
    let (field, n) = (at.field, at.world.parties.n());
    if field.small_order().and_then(|order| power(order, values(subject, n))) != Some(inputs) {
        return Err(format!("{inputs} inputs over {field} are not all that there are"));
    }
    let alike = if inputs <= ENOUGH { calm(|| alike(subject, at)) } else { None };
    if pairs >= inputs || alike.is_some_and(|alike| alike != pairs) {
        return Err(format!("{pairs} pairs of {inputs} inputs over {field} look the same"));
    }
    // Every input takes a run.
    if views == 0 || runs < inputs || views > runs - (inputs - 1) {
        return Err(format!("{views} views of one input in {runs} runs of {inputs} over {field}"));
    }
    Ok(())
}

/// How many inputs look like an earlier one to the coalition, by all that the functionality tells it.
fn alike(subject: &dyn DynSubject, at: &Instance) -> Option<u64> {
    let (order, corrupt) = (at.field.small_order()?, at.world.corrupt);
    let shape = subject.shape(at.world.parties.n());
    let places = positions(&shape, corrupt);
    let [coalition, others] = places.each_ref().map(Vec::len);
    let mut alike = 0;
    for mine in every(order, coalition) {
        let mut seen = BTreeSet::new();
        for theirs in every(order, others) {
            let outputs = subject.ideal(at.field, &filled(&shape, &places, &mine, &theirs)).ok()?;
            let learned: Vec<Vec<u8>> = corrupt.iter().map(|p| outputs[p].clone()).collect();
            alike += u64::from(!seen.insert(learned));
        }
    }
    Some(alike)
}

/// Whether a property of a check is said to be of this one, which somebody has made.
fn is_of_check(of: &str, check: &str) -> bool {
    let times = of.strip_prefix(&format!("check {check}, made ")).and_then(|rest| rest.strip_suffix(" times"));
    times.is_some_and(|k| k.parse::<u64>().is_ok_and(|made| made > 0 && made.to_string() == k))
}

/// Whether there were as many cases as this property has there, where that is known before. It tells whether it must be
/// looked at again.
fn looked(
    property: Property,
    subject: Option<&dyn DynSubject>,
    n: usize,
    at: &Place,
    tier: Tier,
    cases: u64,
    figures: &BTreeMap<String, String>,
) -> Result<bool, String> {
    let more = tier.seeds().min(8);
    let all = match property {
        Property::Shape => subject
            .and_then(|s| power(at.field.small_order().unwrap_or(3), values(s, n)))
            .map(|inputs| inputs.saturating_mul(more.min(3))),
        Property::Orders => Some(5 * more),
        Property::Blame => Some(100 * more),
        Property::Commitments => Some(4 * more),
        Property::Inputs => at.field.small_order().map(|order| 4 * (order - 1)),
        // Its figures are the faults of each kind.
        Property::EveryFault => {
            let sum = figures.values().try_fold(0u64, |sum, k| sum.checked_add(k.parse().ok()?));
            Some(sum.unwrap_or(u64::MAX))
        }
        // At every moment silence reaches every proper part of the honest parties, with so many tapes.
        Property::Fairness => {
            let honest = u32::try_from(n - at.corrupt.len().min(n)).unwrap_or(u32::MAX);
            let each = 1u64.checked_shl(honest).map_or(0, |sets| sets - 1).saturating_mul(more.min(2));
            (each > 0).then(|| cases.div_ceil(each).saturating_mul(each))
        }
        // Each case compares all runs of a strategy on one input, and there may not be too many runs.
        Property::Aborts if tier.is_too_much_to_compare(cases, 1) => Some(0),
        Property::Aborts | Property::FailStop | Property::Terminal => None,
    };
    if all.is_some_and(|all| all != cases) {
        return Err(format!("{cases} cases are not those of {}", property.name()));
    }
    if property != Property::Aborts || (cases > 0 && !figures.contains_key(TOO_MANY)) {
        return Ok(false);
    }
    // Where the output tells every input there is nothing to compare. What took too long does so at a look.
    let here = simulate::instance(Family::Changes, at.field, n, &at.corrupt);
    let nothing = || calm(|| privacy::comparable(subject?, &here).ok()) == Some(false);
    Ok(figures.contains_key(TOO_MANY) || !nothing())
}

/// The parties, the coalitions and the tier of what was attacked.
type Ground<'a> = (usize, &'a [Vec<usize>], Tier);

/// Whether these are figures of coverage, of as much as there is, in so many runs as they take.
fn covered((n, coalitions, tier): Ground<'_>, runs: u64, figures: &BTreeMap<String, Figure>) -> Result<(), String> {
    // What is the only cause of a rejection is not looked for there.
    let all = Coverage::of(&[]).figures().map(|f| (f.id, f.what));
    let texts: BTreeMap<&str, &str> = all.into_iter().filter(|(id, _)| *id != "AC4").collect();
    let mut unknown = figures.iter().filter(|(id, f)| f.all == 0 || texts.get(id.as_str()) != Some(&f.what.as_str()));
    if let Some((id, f)) = unknown.next() {
        return Err(format!("`{id}`, {} of {} {}, is no figure of coverage", f.hit, f.all, f.what));
    }
    // There is none where a coalition says nothing, or never twice.
    let of = |id: &str| figures.get(id).map_or([0, 0], |f| [f.hit, f.all]);
    let [fields, changes, [_, pairs], coalition, [_, exits], [_, honest]] =
        ["AC1", "AC2", "AC3", "AC5", "AC6", "AC7"].map(of);
    let whole = coalitions.iter().filter(|c| covering::effort(n, c, tier) == Effort::Every).count() as u64;
    let sets = (1u64 << n.min(63)) - 2;
    let all_honest = covering::HONEST * whole * covering::seeds(tier);
    if coalition[1] != sets || coalition[0] > coalitions.len() as u64 || honest != all_honest {
        return Err(format!("{coalition:?} coalitions and {honest} honest runs are not those of {n} parties"));
    }
    // Every field has some change, and whatever was changed was changed in some way.
    if fields[1] > changes[1] || fields[0] > changes[0] || (fields[0] == 0) != (changes[0] == 0) {
        return Err(format!("{fields:?} fields and {changes:?} changes do not fit together"));
    }
    let least = changes[0].saturating_add(pairs).saturating_add(exits);
    if runs < least { Err(format!("{runs} runs, where its figures take {least}")) } else { Ok(()) }
}

/// The most runs that it takes to attack a subject: by who changes everything, also pairs and exits at every frame it
/// sends, and by others a sample.
fn most_covered(subject: &dyn DynSubject, (n, coalitions, tier): Ground<'_>, seed: u64) -> Option<u64> {
    let mut most = 0u64;
    for (seed, corrupt) in covering::each(seed, coalitions, tier) {
        let runs = match covering::effort(n, corrupt, tier) {
            // A sample has less than twice as many as it is to have.
            Effort::Sample(wanted) => 2 * wanted,
            effort => {
                let world = World::new(n, PartySet::of(corrupt)).real();
                let target = Explained::sampled(subject, SWEPT, &world, seed).ok()?;
                let all = points(&target, seed, effort);
                let sent: BTreeSet<usize> =
                    all.iter().filter(|p| p.direction == Direction::Sent).map(|p| p.frame).collect();
                all.len() + 3 * sent.len()
            }
        };
        most = most.saturating_add(runs as u64);
    }
    Some(most)
}

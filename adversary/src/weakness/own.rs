//! Weaknesses that need an experiment of their own.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use field::{F31, F128, Field};
use protocols::claims::ONLINE;
use protocols::message::{Count, Item, Nonce};
use protocols::{Abort, Blame, Error, FRAME_SHAPE, Result, Session};
use spec::Claim;
use transport::{Kind, NetErrorKind, PartyId, PartySet, PerParty};

use super::battery::{Named, attacked, of_row};
use super::toy::{BARE, Toy, Twin, commitment};
use super::way::Way;
use super::{Battery, Change, Finding, Loss};
use crate::attack::tape;
use crate::attacks::ot::wrong_blocks;
use crate::bystander;
use crate::fields::FieldId;
use crate::ideal::supply::{CorruptShares, Dealt, Order};
use crate::oracle::{Judgement, judge};
use crate::programs;
use crate::properties::independence::{self, Masking};
use crate::run::{Ending, World, classify};
use crate::scratch::{Flaw, short};
use crate::stats::at_least;
use crate::strategy::{Fate, On, Script, edit, edit_bytes};
use crate::subject::{DynSubject, Given, Instance, Subject};
use crate::subjects::Show;
use crate::verdict::ALPHA;
use crate::with_field;

const HONEST: PartyId = PartyId::new(0);
const CORRUPT: PartyId = PartyId::new(1);

fn coalition() -> PartySet {
    PartySet::of(&[CORRUPT.index()])
}

pub(super) fn finding(by: &'static str, loss: Loss, lost: bool, evidence: String) -> Finding {
    Finding { by, loss: lost.then_some(loss), evidence }
}

fn one<F: Field>(script: Script<'static>) -> Script<'static> {
    script.shifts::<F>(On::message("output", "share"), HONEST, |_| F::ONE)
}

/// Shows the output off by one and, having seen the other σ, its negative.
pub fn rushing(field: FieldId) -> Vec<Named> {
    with_field!(field, F => {
        let sigma = On::message("sigma", "sigma");
        let script = move || one::<F>(Script::new(coalition())).sends(sigma, move |e, seen| {
            if let Some(theirs) = seen.latest(sigma).and_then(|e| F::read(&e.frame.body)) {
                edit(e, |mine: &mut [F]| mine[0] = -theirs);
            }
            Fate::Deliver
        });
        vec![("σ after all others".into(), Box::new(script))]
    })
}

/// Shows the output off by one and finds the other σ from its commitment, trying all.
pub fn opens_by_trying(field: FieldId) -> Vec<Named> {
    fn of<F: Field>() -> Script<'static> {
        let on = |name| On::message("sigma", name);
        let chosen = Rc::new(Cell::new(None::<F>));
        let shown = chosen.clone();
        one::<F>(Script::new(coalition()))
            .sends(on("commitment"), move |e, seen| {
                let s = bystander::at(2, &["mac_check", "sigma"]);
                let bare = |p, sigma| commitment(&s, BARE, p, sigma, &Nonce([0; 32])).0;
                let theirs = seen.latest(on("commitment")).map(|e| e.frame.body.clone());
                let all = (0..F::SMALL_ORDER.unwrap_or(0)).map(F::from_u64);
                if let Some(sigma) = theirs.and_then(|theirs| all.into_iter().find(|v| bare(HONEST, *v) == theirs[..]))
                {
                    chosen.set(Some(-sigma));
                    edit_bytes(e, |b| b.copy_from_slice(&bare(CORRUPT, -sigma)));
                }
                Fate::Deliver
            })
            .sends(on("sigma"), move |e, _| {
                if let Some(sigma) = shown.get() {
                    edit(e, |mine: &mut [F]| mine[0] = sigma);
                }
                Fate::Deliver
            })
    }
    with_field!(field, F => vec![("σ found in its commitment".into(), Box::new(of::<F>))])
}

/// Shows the output off by one as often as it is asked to, each time with a σ for another key.
pub fn tries_every_key(field: FieldId) -> Vec<Named> {
    fn of<F: Field>() -> Script<'static> {
        let attempt = Cell::new(0);
        one::<F>(Script::new(coalition())).sends(On::message("sigma", "commit"), move |e, seen| {
            let guess = F::from_u64(attempt.replace(attempt.get() + 1));
            if let Some([r, ..]) = seen.elements::<F>("coin", "coin").as_deref() {
                edit(e, |sigma: &mut [F]| sigma[0] += guess * *r);
            }
            Fate::Deliver
        })
    }
    with_field!(field, F => vec![("another key each time".into(), Box::new(of::<F>))])
}

/// Commitments without their owner: a copied σ passes the MAC check, and a copied input is believed.
pub fn ownerless(weak: bool) -> Result<Vec<Finding>> {
    let mut findings = attacked("commit.copy", Loss::A3Correctness, weak)?;
    let row = independence::commitments(weak.then_some(Flaw::OwnerlessCommitments), 3);
    findings.push(of_row("copied commitments", Loss::Independence, &row));
    Ok(findings)
}

/// Inputs without masks.
pub fn unmasked(weak: bool) -> Result<Vec<Finding>> {
    let mut findings = Battery::of(&Twin(Way::NoMask), Change::Program(&Toy(Way::NoMask))).findings(weak)?;
    let row = independence::inputs(FieldId::F3, if weak { Masking::Missing } else { Masking::Uniform })?;
    findings.push(of_row("copied inputs", Loss::Independence, &row));
    Ok(findings)
}

/// A run over F_31 on real foundations: whether the honest party has a wrong output.
fn sampled(subject: &dyn DynSubject, flaw: Option<Flaw>, seed: u64, script: &mut Script<'_>) -> Result<bool> {
    let (world, given) = (World::new(2, coalition()).real().flawed(flaw), subject.shape(2).map(|()| 5));
    let at = Instance { field: FieldId::F31, world, shares: CorruptShares::Uniform };
    let right = &subject.ideal(at.field, &given)?[HONEST];
    let played = subject.run(&at, &given, &tape(seed), script)?;
    Ok(matches!(&played.endings[HONEST.index()], Ending::Output(y) if y != right))
}

/// Bits of a commitment that is too short.
const BITS: u32 = 16;
/// Nonces that are tried for an opening of one.
const TRIES: u64 = 1 << 20;

/// Short commitments: the coalition opens its own to another σ.
pub fn short_commitments(weak: bool) -> Result<Vec<Finding>> {
    let flaw = weak.then_some(Flaw::ShortCommitments(BITS));
    let on = |name| On::message("sigma", name);
    let mut won = Vec::new();
    for seed in 0..2 {
        let (told, shown) = (RefCell::new(Vec::new()), Cell::new(F31::ZERO));
        let mut script = one::<F31>(Script::new(coalition()))
            .watches(on("commitment"), |e| *told.borrow_mut() = e.frame.body.to_vec())
            .sends(on("sigma"), |e, seen| {
                let theirs = seen.latest(on("sigma")).and_then(|e| F31::read(&e.frame.body)).unwrap_or(F31::ZERO);
                shown.set(-theirs);
                edit(e, |mine: &mut [F31]| mine[0] = -theirs);
                Fate::Deliver
            })
            .sends(on("opening"), |e, _| {
                let s = bystander::at(2, &["online", "mac_check", "sigma"]);
                let mut value = Vec::new();
                F31::write_slice(&[shown.get()], &mut value);
                let fits = |n: &Nonce| short(&s, CORRUPT, &value, n, BITS).0[..] == told.borrow()[..];
                let mut nonces = (0..TRIES).map(|k| {
                    let mut nonce = Nonce([0; 32]);
                    nonce.0[..8].copy_from_slice(&k.to_le_bytes());
                    nonce
                });
                // Of a commitment of all bits none will be found.
                let whole = told.borrow()[BITS as usize / 8..].iter().any(|b| *b != 0);
                let found = if whole { None } else { nonces.find(fits) };
                edit_bytes(e, |b| b.copy_from_slice(&found.unwrap_or(Nonce([0; 32])).0));
                Fate::Deliver
            });
        won.push(sampled(&Show, flaw, seed, &mut script)?);
    }
    let evidence = format!("wrong outputs accepted: {won:?}");
    Ok(vec![finding("σ opened otherwise", Loss::A3Correctness, won.iter().all(|w| *w), evidence)])
}

/// Runs of [`other_hash`].
const RUNS: u64 = 300;

/// Another hash for commitments: as good.
pub fn other_hash(weak: bool) -> Result<Vec<Finding>> {
    let subject: &dyn DynSubject = if weak { &Toy(Way::OtherHash) } else { &Twin(Way::OtherHash) };
    let (_, rush) = &rushing(FieldId::F31)[0];
    let (mut wrong, mut rushed, mut acted) = (0, 0, 0);
    for seed in 0..RUNS {
        wrong += u64::from(sampled(subject, None, seed, &mut one::<F31>(Script::new(coalition())))?);
        let mut script = rush();
        rushed += u64::from(sampled(subject, None, seed, &mut script)?);
        acted += u64::from(script.effective());
    }
    // What it says is what it would have said in one run of 31.
    if acted < RUNS / 2 {
        return Err(Error::Local(format!("σ was changed in {acted} of {RUNS} runs only")));
    }
    let honest = !sampled(subject, None, 0, &mut Script::new(coalition()))?;
    let too_many = |k| at_least(k, RUNS, 61.0 / 961.0) < ALPHA;
    let accepted = |k| format!("{k} of {RUNS} wrong outputs accepted");
    Ok(vec![
        finding("wrong outputs", Loss::Bound, too_many(wrong), accepted(wrong)),
        finding("σ after all others", Loss::A3Correctness, too_many(rushed), accepted(rushed)),
        finding("honest runs", Loss::A3Correctness, !honest, "right".into()),
    ])
}

/// Bits of the secret that one block has.
const K: usize = 2;

/// Base transfers that survive an abort: the coalition guesses a block of the sender's secret until a guess passes. With
/// new ones each time it learns about another secret each time.
pub fn kept_transfers(weak: bool) -> Result<Vec<Finding>> {
    let mut known = Vec::new();
    for seed in 0..6 {
        let tape = tape(seed);
        let secret = || -> Result<u128> {
            let mut bytes = [0; 16];
            tape.bytes(&mut bytes)?;
            Ok(u128::from_le_bytes(bytes))
        };
        let first = secret()?;
        let mut learned = None;
        for guess in 0..1u64 << K {
            let delta = if weak || guess == 0 { first } else { secret()? };
            if wrong_blocks::<K>(&tape.fork(guess), delta, 1, guess) == Ending::Output(()) {
                learned = Some(guess);
                break;
            }
        }
        known.push(learned.is_some_and(|guess| u128::from(guess) == first & ((1 << K) - 1)));
    }
    let evidence = format!("a block of the first session's secret is known: {known:?}");
    Ok(vec![finding("guesses again", Loss::A3Privacy, known.iter().all(|k| *k), evidence)])
}

/// An element of F_31 that is read modulo the order.
#[derive(Clone)]
struct Lenient(F31);

impl Item for Lenient {
    const KIND: Kind = Kind::Elements;
    const FIELD: &'static str = F31::NAME;
    const WIDTH: usize = 1;
    fn write_all(items: &[Self], out: &mut Vec<u8>) {
        items.iter().for_each(|x| F31::write_slice(&[x.0], out));
    }
    fn read_all(bytes: &[u8]) -> Option<Vec<Self>> {
        Some(bytes.iter().map(|b| Self(F31::from_u64(u64::from(*b)))).collect())
    }
    fn neutral() -> Self {
        Self(F31::ZERO)
    }
}

/// Elements that are not canonical are read all the same.
pub fn lenient(weak: bool) -> Result<Vec<Finding>> {
    fn accepted<T: Item>(byte: u8, zero: &T, value: impl Fn(&T) -> F31 + Copy) -> Option<F31> {
        let mut script = Script::new(coalition()).sends(On { name: "value", ..On::default() }, |e, _| {
            edit_bytes(e, |b| b[0] = byte);
            Fate::Deliver
        });
        let run = World::new(2, coalition()).run(&tape(0), &mut script, async |mut s: Session| -> Result<F31> {
            Ok(value(&s.exchange("value", std::slice::from_ref(zero)).await?[CORRUPT][0]))
        });
        match &classify(run.ends)[HONEST.index()] {
            Ending::Output(x) => Some(*x),
            _ => None,
        }
    }
    let mut encodings: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    for byte in 0..=u8::MAX {
        let got = if weak { accepted(byte, &Lenient(F31::ZERO), |x| x.0) } else { accepted(byte, &F31::ZERO, |x| *x) };
        if let Some(x) = got {
            let mut canonical = Vec::new();
            F31::write_slice(&[x], &mut canonical);
            encodings.entry(canonical).or_default().push(byte);
        }
    }
    let twice = encodings.iter().find(|(_, bytes)| bytes.len() > 1);
    let evidence = format!("{} elements are accepted; {twice:?}", encodings.len());
    Ok(vec![finding("every byte as an element", Loss::Malleability, twice.is_some(), evidence)])
}

/// A list whose length its sender says.
async fn list(mut s: Session, told: bool) -> Result<usize> {
    let mine = [F128::ONE; 2];
    for p in s.others() {
        if told {
            s.send(p, "length", &[Count::from(mine.len() as u64)])?;
        }
        s.send(p, "list", &mine)?;
    }
    let mut total = 0;
    for p in s.others() {
        let len = if told { u64::from(s.recv::<Count>(p, "length", 1).await?[0]) as usize } else { mine.len() };
        let mut list: Vec<F128> = Vec::new();
        list.try_reserve_exact(len).map_err(|e| Error::Local(format!("a list of {len} elements: {e}")))?;
        list.append(&mut s.recv(p, "list", len).await?);
        total += list.len();
    }
    Ok(total)
}

/// The length of a list is believed.
pub fn told_length(weak: bool) -> Result<Vec<Finding>> {
    let name = if weak { "length" } else { "list" };
    let mut script = Script::new(coalition()).sends(On { name, ..On::default() }, |e, _| {
        edit_bytes(e, |b| {
            if name == "length" {
                b.fill(0x7f);
            } else {
                b.resize(1 << 20, 0);
            }
        });
        Fate::Deliver
    });
    let run = World::new(2, coalition()).run(&tape(0), &mut script, |s| list(s, weak));
    let judgement = judge(&classify(run.ends), coalition(), |_, n| *n == 2, false);
    let lost = matches!(judgement, Judgement::Won(_));
    Ok(vec![finding("a long list", Loss::Service, lost, judgement.to_string())])
}

/// A shared value shown to all; whoever waits too long accuses the one it waits for.
pub struct Impatient;

impl Subject for Impatient {
    fn claim(&self) -> &'static Claim {
        &Claim { protocol: "scratch.impatient", ..ONLINE }
    }
    fn about(&self) -> &'static str {
        "a shared value, shown to all; silence counts as cheating"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        vec![0; n]
    }
    fn shared(&self) -> usize {
        1
    }
    fn preprocessing(&self, _: usize) -> Option<Order> {
        Some(Order::default())
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        PerParty::from_fn(given.parties.len(), |_| given.shared.clone())
    }
    async fn party<F: Field>(&self, mut s: Session, _: Vec<F>, dealt: Option<Dealt<F>>) -> Result<Vec<F>> {
        let missing = || Error::Local("this program needs dealt preprocessing".into());
        let Dealt { mut key, mut supply } = dealt.ok_or_else(missing)?;
        let shown = programs::show(&mut s, &mut key, &mut supply).await;
        shown.map(|x| vec![x]).map_err(|e| match e {
            Error::Net { peer, kind, at } if kind != NetErrorKind::Aborted => {
                Error::Abort(Abort { at, check: &FRAME_SHAPE, blame: Blame::Accused(peer) })
            }
            other => other,
        })
    }
}

//! Attacks on the MAC check and on the key behind it, beyond those of the catalogue.
//!
//! A key is borrowed mutably by whoever checks under it, so two computations under one key cannot overlap:
//!
//! ```compile_fail,E0499
//! use protocols::{MacKey, Memory, Online, Session};
//! async fn interleaved(s: &mut Session, key: &mut MacKey<field::Fr>, a: &mut Memory<field::Fr>, b: &mut Memory<field::Fr>) {
//!     let mut first = Online::new(s, key, a);
//!     let mut second = Online::new(s, key, b);
//!     let (x, y) = (first.random(1).unwrap(), second.random(1).unwrap());
//!     let _ = (first.output(&x).await, second.output(&y).await);
//! }
//! ```
//! One after the other they can:
//! ```
//! use protocols::{MacKey, Memory, Online, Session};
//! async fn sequential(s: &mut Session, key: &mut MacKey<field::Fr>, a: &mut Memory<field::Fr>, b: &mut Memory<field::Fr>) {
//!     let mut first = Online::new(s, key, a);
//!     let x = first.random(1).unwrap();
//!     let _ = first.output(&x).await;
//!     let mut second = Online::new(s, key, b);
//!     let y = second.random(1).unwrap();
//!     let _ = second.output(&y).await;
//! }
//! ```
//! A key is not copied either:
//! ```compile_fail,E0599
//! fn copy(key: &protocols::MacKey<field::Fr>) -> protocols::MacKey<field::Fr> { key.clone() }
//! ```

use std::cell::Cell;

use field::{Field, Fr};
use protocols::message::Nonce;
use protocols::prg::Prg;
use protocols::{COMMIT_OPENING, Error, MAC_CHECK, MacKey, Memory, Result, Session};
use transport::sim::Envelope;
use transport::{PartyId, PartySet};

use crate::attack::{Attack, Conditions, Control, Expected, Outcome};
use crate::bystander;
use crate::ideal::supply::{CorruptShares, Dealer, Order};
use crate::oracle::{Judgement, Win, judge};
use crate::programs::{self, Hand};
use crate::run::{Floor, classify};
use crate::scratch::{Flaw, short};
use crate::strategy::{Fate, On, Script, Seen, edit, edit_bytes};

/// The attacks of this file.
pub const ALL: &[Attack] = &[
    Attack {
        id: "commit.short",
        title: "σ chosen last, under a commitment that another nonce fits",
        does: "opens x − a off by one, waits for the other σ, and looks for a nonce under which its own commitment is one \
               to the negated sum",
        reference: "Halevi and Micali, CRYPTO 1996",
        layer: "02-commitment",
        expected: Expected::Stopped(&COMMIT_OPENING),
        control: Control::Flaw(Flaw::ShortCommitments(SHORT)),
        run: commit_short,
    },
    Attack {
        id: "mac.interleave",
        title: "two MAC checks under one key at the same time",
        does: "lets one check fail to learn the key from its σ, holds that failure back, and forges the σ of the other",
        reference: "ePrint 2025/789",
        layer: "11-mac-check",
        expected: Expected::Stopped(&MAC_CHECK),
        control: Control::Scratch("two computations under a copied key at once"),
        run: interleave,
    },
];

const CORRUPT: PartyId = PartyId::new(1);
const HONEST: PartyId = PartyId::new(0);

fn coalition() -> PartySet {
    PartySet::of(&[CORRUPT.index()])
}

/// The coefficients of a check, from the ideal coin's seed.
fn coefficients(seen: &Seen, on: On, len: usize) -> Option<Vec<Fr>> {
    let seed = seen.latest(on)?.frame.body[..].try_into().ok()?;
    Some(Prg::wide(&seed).elements(len))
}

fn shift<F: Field>(script: Script<'_>) -> Script<'_> {
    script.shifts::<F>(On::message("beaver", "share"), HONEST, |i| if i == 0 { F::ONE } else { F::ZERO })
}

/// Repeats the other party's σ with its commitment and its opening.
pub(crate) fn copying(script: Script<'_>) -> Script<'_> {
    let copy = |name| {
        let on = On::message("sigma", name);
        move |e: &mut Envelope, seen: &Seen| {
            if let Some(theirs) = seen.latest(on) {
                edit_bytes(e, |b| *b = theirs.frame.body.to_vec());
            }
            Fate::Deliver
        }
    };
    let names = ["commitment", "sigma", "opening"];
    names.into_iter().fold(script, |script, name| script.sends(On::message("sigma", name), copy(name)))
}

/// Bits of a commitment that are too few.
const SHORT: u32 = 12;
/// Nonces that are tried: enough for a short commitment with all but e^−16.
const NONCES: u64 = 1 << 16;

fn commit_short(a: &Attack, c: &Conditions) -> Outcome {
    let on = |name| On::message("sigma", name);
    let s = bystander::at(2, &["online", "mac_check", "sigma"]);
    let commitment = |sigma: &[u8], nonce: &Nonce| match c.control {
        true => short(&s, CORRUPT, sigma, nonce, SHORT),
        false => s.digest("quorate 2026 commitment v1", &[&[CORRUPT.index() as u8], sigma, &nonce.0]),
    };
    // The second check is that of the output, which is shown as it is.
    let first = |e: &Envelope| e.frame.step.elements().contains(&("mac_check", 0));
    // What it is committed to, and the nonce that fits what it shows instead.
    let (committed, fitting) = (Cell::new(None), Cell::new(Nonce([0; 32])));
    let mut script = shift::<Fr>(Script::new(coalition()))
        .watches(on("commitment"), |e| {
            if first(e) {
                committed.set(<[u8; 32]>::try_from(&e.frame.body[..]).ok());
            }
        })
        .sends(on("sigma"), |e, seen| {
            if !first(e) {
                return Fate::Deliver;
            }
            let theirs = seen.latest(on("sigma")).and_then(|s| Fr::read(&s.frame.body));
            let mut target = vec![0; Fr::BYTES];
            (-theirs.unwrap_or(Fr::ZERO)).write(&mut target);
            let nonces = (0..NONCES).map(|k| {
                let mut nonce = Nonce([0; 32]);
                nonce.0[..8].copy_from_slice(&k.to_le_bytes());
                nonce
            });
            let mut fits = nonces.filter(|nonce| committed.get() == Some(commitment(&target, nonce).0));
            fitting.set(fits.next().unwrap_or(Nonce([0; 32])));
            edit_bytes(e, |b| b.copy_from_slice(&target));
            Fate::Deliver
        })
        .sends(on("opening"), |e, _| {
            if first(e) {
                edit_bytes(e, |b| b.copy_from_slice(&fitting.get().0));
            }
            Fate::Deliver
        });
    let judgement = programs::judged_multiplication::<Fr>(&a.world(c, 2, coalition()), &c.tape(), &mut script);
    Outcome::of(judgement, &script)
}

/// What one computation of the interleaving is made of.
type Part = (MacKey<Fr>, Box<Memory<Fr>>);

/// Shipped: one after the other under one key. Scratch: at once under a copied key. What the second computation gives
/// goes to `second` the moment it is there, as an application would use it.
async fn two(mut s: Session, hands: &[Hand<Part>; 2], at_once: bool, second: &Cell<Option<Fr>>) -> Result<Fr> {
    let me = s.me();
    let (mut key, mut supply) = hands[0].take(me)?;
    let (mut copy, mut other) = hands[1].take(me)?;
    let note = |z: Fr| {
        if me != CORRUPT {
            second.set(Some(z));
        }
    };
    if !at_once {
        let z = programs::multiply(&mut s.step("a"), &mut key, &mut supply).await?;
        note(programs::multiply(&mut s.step("b"), &mut key, &mut other).await?);
        return Ok(z);
    }
    let a = async |mut s: Session| programs::multiply(&mut s, &mut key, &mut supply).await;
    let b = async |mut s: Session| {
        note(programs::multiply(&mut s, &mut copy, &mut other).await?);
        Ok(())
    };
    Ok(s.fork(["a", "b"], a, b).await?.0)
}

fn interleave(a: &Attack, c: &Conditions) -> Outcome {
    let mut world = a.world(c, 2, coalition());
    world.floor = Floor::Ideal;
    let tape = c.tape();
    let order = Order { triples: 1, given: vec![6, 11], ..Order::default() };
    let deal = || -> Result<[Hand<Part>; 2]> {
        let dealer = Dealer::<Fr>::new(&world.parties, world.corrupt, CorruptShares::Uniform, &tape)?;
        let part = || Ok::<_, Error>(Hand::new(dealer.keys().into_iter().zip(dealer.supplies(&order)?.0)));
        Ok([part()?, part()?])
    };
    let hands = match deal() {
        Ok(hands) => hands,
        Err(e) => return Outcome { judgement: programs::broken(&e), effective: false },
    };
    let (mine, used) = (Cell::new(Fr::ZERO), Cell::new(false));
    let mut script = shift::<Fr>(Script::new(coalition()));
    if c.control {
        script = script
            .delays(On::message("sigma", "commit").within("b"))
            .delays(On::message("sigma", "open").within("a"))
            // Remember what the puppet itself commits to in the check that will fail.
            .watches(On::message("sigma", "commit").within("a"), |e| {
                if let Some(sigma) = e.frame.body.get(1..).and_then(Fr::read) {
                    mine.set(sigma);
                }
            })
            .sends(On::message("sigma", "commit").within("b"), |e, seen| {
                // Σσ of the failing check is −α·r·δ, so this is the key.
                let theirs =
                    seen.latest(On::message("sigma", "open").within("a")).and_then(|o| Fr::read(&o.frame.body));
                let (Some(theirs), Some(ra), Some(rb)) = (
                    theirs,
                    coefficients(seen, On::message("coin", "coin").within("a"), 2),
                    coefficients(seen, On::message("coin", "coin").within("b"), 2),
                ) else {
                    return Fate::Deliver;
                };
                let Some(inverse) = ra[0].invert().filter(|_| !used.replace(true)) else { return Fate::Deliver };
                let alpha = -(theirs + mine.get()) * inverse;
                edit(e, |s: &mut [Fr]| s[0] += alpha * rb[0]);
                Fate::Deliver
            });
    }
    let second = Cell::new(None);
    let run = world.run(&tape, &mut script, |s| two(s, &hands, c.control, &second));
    let truth = Fr::from_u64(66);
    let judgement = match second.get() {
        Some(z) if z != truth => Judgement::Won(Win::WrongOutput(PartyId::new(0))),
        _ => judge(&classify(run.ends), coalition(), |_, z| *z == truth, true),
    };
    Outcome::of(judgement, &script)
}

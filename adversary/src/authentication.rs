//! Lies about what is authenticated: a vector that differs towards one key holder, in everything that it is sent or only in
//! what concerns one bit of its key. The second kind passes if that bit is guessed, and then has spoiled nothing.

use field::PrimeField;
use transport::PartyId;

use crate::fields::FieldId;
use crate::strategy::{Fate, On, Script, edit};
use crate::with_prime_field;

/// What everyone hears of a vector.
pub const COMBINATION: On = On::message("y", "broadcast");
/// The answer to the check: an element for every owner.
pub const SIGMA: On = On::message("sigma", "commit").within("authenticate");

/// A vector that is off towards one key holder.
#[derive(Clone, Debug)]
pub struct Lie<F> {
    /// By how much, the mask first.
    pub errors: Vec<F>,
    /// In what concerns this bit of the key; `None`: everywhere.
    pub bit: Option<usize>,
}

impl<F: PrimeField> Lie<F> {
    /// Its owner tells it to this key holder.
    #[must_use]
    pub fn told<'a>(&self, script: Script<'a>, owner: PartyId, towards: PartyId) -> Script<'a> {
        let Self { errors, bit } = self.clone();
        script.sends(On::message("copee", "u").with(towards), move |e, _| {
            if e.from != owner {
                return Fate::Deliver;
            }
            edit(e, |u: &mut [F]| {
                let columns = (u.len() / F::BITS).max(1);
                // From the top bit down.
                let rows = u.chunks_mut(columns).zip((0..F::BITS).rev());
                for (row, _) in rows.filter(|(_, at)| bit.is_none_or(|bit| bit == *at)) {
                    row.iter_mut().zip(&errors).for_each(|(u, error)| *u += *error);
                }
            });
            Fate::Deliver
        })
    }
    /// The owner's σ as it is right if the bit is one, or the key.
    #[must_use]
    pub fn guessed<'a>(&self, script: Script<'a>, owner: PartyId) -> Script<'a> {
        let Self { errors, bit } = self.clone();
        let key = (0..bit.unwrap_or(0)).fold(F::ONE, |x, _| x + x);
        script.sends(SIGMA, move |e, seen| {
            if e.from != owner {
                return Fate::Deliver;
            }
            let tossed = seen.elements::<F>("coin", "coin").unwrap_or_default();
            let r = std::iter::once(F::ONE).chain(tossed);
            let error = r.zip(&errors).fold(F::ZERO, |sum, (r, error)| sum + r * *error);
            edit(e, |sigma: &mut [F]| sigma.iter_mut().skip(owner.index()).take(1).for_each(|s| *s -= key * error));
            Fate::Deliver
        })
    }
}

/// Makes a script tell a lie.
pub type Telling = Box<dyn Fn(Script<'static>) -> Script<'static>>;

/// Lies of a party that differ in kind, each with its name: about its mask or its first value, towards one key holder or
/// one bit of that one's key, with and without a guess of the bit or the key.
#[must_use]
pub fn few(field: FieldId, liar: PartyId, towards: PartyId) -> Vec<(String, Telling)> {
    with_prime_field!(field, F => of_kind::<F>(liar, towards), else Vec::new())
}

fn of_kind<F: PrimeField>(liar: PartyId, towards: PartyId) -> Vec<(String, Telling)> {
    let mut all: Vec<(String, Telling)> = Vec::new();
    for (what, errors) in [("mask", [F::ONE, F::ZERO]), ("value", [F::ZERO, F::ONE])] {
        for bit in std::iter::once(None).chain((0..F::BITS).map(Some)) {
            let lie = Lie { errors: errors.to_vec(), bit };
            let place = bit.map_or_else(|| "a key".into(), |bit| format!("bit {bit} of a key"));
            let guessing = lie.clone();
            all.push((format!("{what}, {place}"), Box::new(move |script| lie.told(script, liar, towards))));
            let guess = move |script| guessing.guessed(guessing.told(script, liar, towards), liar);
            all.push((format!("{what}, {place}, guessed"), Box::new(guess)));
        }
    }
    all
}

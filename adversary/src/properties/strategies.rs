//! Additive strategies of one coalition against one computation, named by their numbers: what every small measurement of
//! an active adversary goes through.

use field::Field;
use transport::PartyId;
use transport::PartySet;

use crate::fields::FieldId;
use crate::strategy::{Fate, On, Script, edit};
use crate::with_field;

/// Errors of what is opened in a multiplication and in an output, and a guess of the MAC key by which σ is corrected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Additive {
    /// Errors of `x − a` and `y − b`, repeated for every product.
    pub beaver: [u64; 2],
    /// Error of every output.
    pub output: u64,
    /// The guessed key; 0: σ as the puppet computes it.
    pub guess: u64,
}

impl Additive {
    /// Nothing at all: the coalition follows the protocol.
    pub const PASSIVE: Self = Self { beaver: [0, 0], output: 0, guess: 0 };

    /// Every strategy with some error over a field of this order.
    pub fn all(order: u64) -> impl Iterator<Item = Self> {
        (order..order.pow(4)).map(move |code| {
            let digit = |k: u32| code / order.pow(k) % order;
            Self { guess: digit(0), beaver: [digit(1), digit(2)], output: digit(3) }
        })
    }
    /// The ones that differ in kind: an error in one place or in two that cancel, without and with a guess.
    #[must_use]
    pub fn few(order: u64) -> Vec<Self> {
        let places = [([1, 0], 0), ([0, 1], 0), ([1, order - 1], 0), ([0, 0], 1), ([1, 0], 1)];
        places.into_iter().flat_map(|(beaver, output)| [0, 1].map(|guess| Self { beaver, output, guess })).collect()
    }
    /// The strategy of this coalition. `victim` is the honest party whose share the puppets see off by the error, so that
    /// they go on with the wrong value like everyone.
    #[must_use]
    pub fn script(self, field: FieldId, corrupt: PartySet, victim: PartyId) -> Script<'static> {
        with_field!(field, F => self.over::<F>(corrupt, victim))
    }
    fn over<F: Field>(self, corrupt: PartySet, victim: PartyId) -> Script<'static> {
        let [d, e, y, guess] = [self.beaver[0], self.beaver[1], self.output, self.guess].map(F::from_u64);
        // One member of a larger coalition is enough to lie.
        let liar = corrupt.iter().next();
        let mut script = Script::new(corrupt);
        for (step, errors) in [("beaver", [d, e]), ("output", [y, y])] {
            if errors == [F::ZERO; 2] {
                continue;
            }
            let on = On::message(step, "share");
            script = script
                .sends(on, move |e, _| {
                    if Some(e.from) == liar {
                        add(e, errors);
                    }
                    Fate::Deliver
                })
                .receives(on.with(victim), move |e, _| {
                    add(e, errors);
                    Fate::Deliver
                });
        }
        if guess == F::ZERO {
            return script;
        }
        script.sends(On::message("sigma", "commit"), move |sigma, seen| {
            if Some(sigma.from) != liar {
                return Fate::Deliver;
            }
            // The check of the products has a coefficient for each of two openings, that of an output one.
            let error = match seen.elements::<F>("coin", "coin").as_deref() {
                Some([r, s, ..]) => *r * d + *s * e,
                Some([r]) => *r * y,
                _ => F::ZERO,
            };
            edit(sigma, |sigma: &mut [F]| sigma[0] += guess * error);
            Fate::Deliver
        })
    }
}

fn add<F: Field>(e: &mut transport::sim::Envelope, errors: [F; 2]) {
    edit(e, |x: &mut [F]| x.iter_mut().enumerate().for_each(|(i, x)| *x += errors[i % 2]));
}

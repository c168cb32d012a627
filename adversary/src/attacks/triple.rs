//! Attacks on triples: a wrong product past the sacrifice.

use field::Fr;
use protocols::TRIPLE_SACRIFICE;
use transport::PartySet;
use transport::sim::Passive;

use crate::attack::{Attack, Conditions, Control, Expected, Outcome};
use crate::ideal::supply::CorruptShares;
use crate::oracle::judge;
use crate::programs;
use crate::sacrifice::{Batch, Lie};
use crate::scratch::Flaw;

/// The attacks of this file.
pub const ALL: &[Attack] = &[
    Attack {
        id: "triple.bad",
        title: "wrong triple",
        does: "spoils the transfers so that c is off by one: every multiplication with this triple is off by one",
        reference: "ePrint 2016/505, section 5",
        layer: "10-mascot-triple",
        expected: Expected::Stopped(&TRIPLE_SACRIFICE),
        control: Control::CheckOff,
        run: bad,
    },
    Attack {
        id: "sacrifice.challenge.known",
        title: "challenge of the sacrifice known in advance",
        does: "gives triple and partner errors that cancel under the challenge it has predicted",
        reference: "ePrint 2016/505, section 5",
        layer: "10-mascot-triple",
        expected: Expected::Stopped(&TRIPLE_SACRIFICE),
        control: Control::Flaw(Flaw::UnitCoin),
        run: challenge_known,
    },
];

fn spoiled(a: &Attack, c: &Conditions, lie: Lie<Fr>) -> Outcome {
    let (corrupt, tape) = (PartySet::of(&[1]), c.tape());
    let world = a.world(c, 2, corrupt);
    // The lie is in the data; on the wire the coalition plays along.
    match Batch::deal(&world, CorruptShares::Uniform, &tape, &[lie]) {
        Err(e) => Outcome { judgement: programs::broken(&e), effective: false },
        Ok(batch) => {
            let endings = batch.run(&world, &tape, &mut Passive);
            let judgement = judge(&endings, corrupt, |_, ()| !batch.wrong(), true);
            Outcome { judgement, effective: batch.wrong() }
        }
    }
}

fn bad(a: &Attack, c: &Conditions) -> Outcome {
    spoiled(a, c, Lie::plain())
}

fn challenge_known(a: &Attack, c: &Conditions) -> Outcome {
    spoiled(a, c, Lie::equal())
}

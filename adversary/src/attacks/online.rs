//! Attacks on the online phase: lies about opened values.

use field::{Field, Fr};
use protocols::{MAC_CHECK, MAC_OUTPUT};
use transport::{PartyId, PartySet};

use crate::attack::{Attack, Conditions, Control, Outcome};
use crate::ideal::supply::{CorruptShares, Order};
use crate::oracle::judge;
use crate::programs;
use crate::run::classify;
use crate::strategy::{On, Script};

/// The attacks of this file.
pub const ALL: &[Attack] = &[
    Attack {
        id: "online.open.add",
        title: "additive error on an opened share",
        does: "adds one to its share of x − a in a multiplication: the product is off by y",
        reference: "ePrint 2011/535, section 3.3",
        layer: "12-online",
        stopped_by: &MAC_CHECK,
        control: Control::CheckOff,
        run: open_add,
    },
    Attack {
        id: "online.output.add",
        title: "additive error on an output share",
        does: "adds one to its share of the result: everyone's result is off by one",
        reference: "ePrint 2011/535, section 3.3",
        layer: "12-online",
        stopped_by: &MAC_OUTPUT,
        control: Control::CheckOff,
        run: output_add,
    },
    Attack {
        id: "online.output_to.add",
        title: "additive error on a result meant for one party",
        does: "adds one to its share of the masked result: the receiver's result is off by one",
        reference: "ePrint 2012/642, figure 1",
        layer: "12-online",
        stopped_by: &MAC_OUTPUT,
        control: Control::CheckOff,
        run: output_to_add,
    },
];

const CORRUPT: usize = 1;

fn first<F: Field>(i: usize) -> F {
    if i == 0 { F::ONE } else { F::ZERO }
}

fn open_add(a: &Attack, c: &Conditions) -> Outcome {
    let corrupt = PartySet::of(&[CORRUPT]);
    let mut script = Script::new(corrupt).shifts::<Fr>(On::message("beaver", "share"), PartyId::new(0), first);
    let judgement = programs::judged_multiplication::<Fr>(&a.world(c, 2, corrupt), &c.tape(), &mut script);
    Outcome::of(judgement, &script)
}

fn output_add(a: &Attack, c: &Conditions) -> Outcome {
    let corrupt = PartySet::of(&[CORRUPT]);
    let mut script = Script::new(corrupt).adds::<Fr>(On::message("output", "share"), first);
    let judgement = programs::judged_multiplication::<Fr>(&a.world(c, 3, corrupt), &c.tape(), &mut script);
    Outcome::of(judgement, &script)
}

fn output_to_add(a: &Attack, c: &Conditions) -> Outcome {
    let corrupt = PartySet::of(&[CORRUPT]);
    let (world, tape, to) = (a.world(c, 2, corrupt), c.tape(), PartyId::new(0));
    let mut script = Script::new(corrupt).adds::<Fr>(On::message("output", "share"), first);
    let order = Order { masks: vec![1, 0], given: vec![6], ..Order::default() };
    let judgement = match programs::deal::<Fr>(&world, CorruptShares::Uniform, &tape, &order) {
        Err(e) => programs::broken(&e),
        Ok(dealing) => {
            let program = async |s: &mut _, key: &mut _, supply: &mut _| programs::show_to(s, key, supply, to).await;
            let run = programs::run(&world, &tape, &mut script, &dealing, program);
            judge(&classify(run.ends), corrupt, |_, x| *x == Fr::from_u64(6), false)
        }
    };
    Outcome::of(judgement, &script)
}

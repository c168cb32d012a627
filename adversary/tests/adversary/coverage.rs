//! How much the online phase, what it stands on and the transfers are attacked: every figure with its denominator.

use protocols::FRAME_SHAPE;
use quorate_adversary::coverage::{Coverage, Ground, Staged};
use quorate_adversary::explained::Explained;
use quorate_adversary::fields::FieldId;
use quorate_adversary::subjects::{Multiply, Product, Show, ShowTo, Store, Sum};
use quorate_adversary::sweep::Effort;
use quorate_adversary::{DynSubject, Floor, World, attacks, computation};
use transport::PartySet;

/// Attacks a subject by this coalition.
fn attack(c: &mut Coverage, subject: &'static dyn DynSubject, world: &World, effort: Effort) {
    let target = Explained::sampled(subject, FieldId::F31, world, 1).unwrap();
    let ground = Ground { name: subject.name(), target: &target, corrupt: world.corrupt };
    c.sweep(&ground, 1, effort);
    if effort == Effort::Every {
        c.pairs(&ground, 1);
        c.exits(&ground, 1);
        c.honest(&ground, 0..10);
    }
}

/// Making triples is not among it (`multiply`, `combine`): the sweeps of `mascot/2/ideal` and its like change what is
/// said there.
#[test]
fn the_online_phase_its_foundations_and_transfers_are_attacked_everywhere() {
    let mut c = Coverage::of(protocols::CHECKS);
    // A coalition that gives seeds for zero shares, and one that is given them.
    for (n, corrupt) in [(2, 1), (3, 0), (3, 2)] {
        let world = World::new(n, PartySet::of(&[corrupt]));
        attack(&mut c, &Product, &world.clone().real(), Effort::Every);
        attack(&mut c, &Product, &world, Effort::Every);
    }
    for subject in [&Multiply as &'static dyn DynSubject, &Product, &Sum, &Show, &ShowTo] {
        for n in 2..=4 {
            for corrupt in PartySet::up_to(n - 1, n).into_iter().filter(|c| !c.is_empty()) {
                attack(&mut c, subject, &World::new(n, corrupt).real(), Effort::Sample(12));
            }
        }
    }
    // What all of it stands on, and what preprocessing is made of.
    for name in ["coin", "commit", "broadcast", "base_ot", "ot_extension"] {
        let computation = computation::find(name).unwrap();
        for n in 2..=4 {
            for corrupt in PartySet::up_to(n - 1, n).into_iter().filter(|c| !c.is_empty()) {
                let field = computation.fields[0];
                let target = Staged { computation, field, n, corrupt, floor: Floor::Real };
                let ground = Ground { name, target: &target, corrupt };
                if corrupt.len() == 1 && n < 4 {
                    // The large frames of transfers are changed less often here; a deep run changes all of them.
                    c.sweep(
                        &ground,
                        1,
                        if name.contains("ot_") || name.ends_with("_ot") { Effort::Sample(160) } else { Effort::Every },
                    );
                    c.exits(&ground, 1);
                    c.honest(&ground, 0..2);
                } else {
                    c.sweep(&ground, 1, Effort::Sample(8));
                }
            }
        }
    }
    for a in attacks::all() {
        c.attacked(a, &a.trial(0..1));
    }
    // A malformed frame has no content that could win anything: without the check it counts as zeros and is accepted.
    let world = World::new(2, PartySet::of(&[1]));
    let without = |check| Explained::sampled(&Store, FieldId::F31, &world.clone().without(check), 1).unwrap();
    c.without(&FRAME_SHAPE, &without(None), &without(Some(&FRAME_SHAPE)), 1);

    let figures = c.figures();
    for f in &figures {
        println!("{f}");
        f.missed.iter().for_each(|m| println!("    {m}"));
    }
    let (runs, wrong, broken) = c.judged_runs();
    println!("{runs} runs, {wrong} wrong outputs over F_31");
    assert!(broken.is_empty(), "{broken:?}");
    let [fields, changes, pairs, checks, coalitions, exits, honest] = &figures;
    for f in [fields, checks, coalitions, exits, honest] {
        assert!(f.complete(), "{f}: {:?}", f.missed);
    }
    // Some values are what they would be changed to. Whoever asks the trusted program for another kind of coin gets none
    // and does not come to the second frame.
    assert!(changes.hit * 100 >= changes.all * 95, "{changes}: {:?}", changes.missed);
    assert!(pairs.missed.iter().all(|m| m.contains("ideal")), "{pairs}: {:?}", pairs.missed);
}

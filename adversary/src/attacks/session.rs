//! Attacks on what is left after an abort.

use std::cell::Cell;

use field::{Field, Fr};
use protocols::{Error, FRAME_SHAPE, MAC_CHECK, MacKey, Memory, Online, Result, Session, Shared};
use spec::Check;
use transport::{PartyId, PartySet};

use crate::attack::{Attack, Conditions, Control, Expected, Outcome};
use crate::ideal::supply::{CorruptShares, Dealer, Order};
use crate::oracle::{Judgement, Win, judge};
use crate::programs::{self, Hand};
use crate::run::{Ending, Floor, classify};
use crate::strategy::{Fate, On, Script, edit};
use protocols::prg::Prg;

/// The attacks of this file.
pub const ALL: &[Attack] = &[
    Attack {
        id: "session.use_after_abort",
        title: "the same key again after a failed check",
        does: "lets a check fail to learn the MAC key from its σ, and forges when the parties try again with that key",
        reference: "ePrint 2025/789; MP-SPDZ changelog 0.4.1",
        layer: "01-session",
        expected: Expected::Stopped(&MAC_CHECK),
        control: KEPT,
        run: use_after_abort,
    },
    Attack {
        id: "session.use_after_malformed",
        title: "the same key again after a malformed frame",
        does: "learns the MAC key from the σ of a check, spoils its own opening before that check can fail, and forges when \
               the parties try again with that key",
        reference: "ePrint 2025/789; MP-SPDZ changelog 0.4.1",
        layer: "01-session",
        expected: Expected::Stopped(&MAC_CHECK),
        control: KEPT,
        run: use_after_malformed,
    },
];

const KEPT: Control = Control::Scratch("a key saved before the abort and used again");

type Part = (MacKey<Fr>, Box<Memory<Fr>>);

/// Multiplies; after an abort, tries every way to go on in the same session and reports the first that works.
async fn stubborn(mut s: Session, hand: &Hand<Part>, worked: &Cell<Option<&'static str>>) -> Result<Fr> {
    let me = s.me();
    let (mut key, mut supply) = hand.take(me)?;
    let first = programs::multiply(&mut s, &mut key, &mut supply).await;
    if me.index() == 0 && first.is_err() {
        let refused = |what, r: Result<()>| {
            if r != Err(Error::Dead) {
                worked.set(Some(what));
            }
        };
        let other = PartyId::new(1);
        refused("alive", s.alive());
        refused("send", s.send(other, "again", &[Fr::ONE]));
        refused("recv", s.recv::<Fr>(other, "again", 1).await.map(drop));
        refused("exchange", s.exchange("again", &[Fr::ONE]).await.map(drop));
        refused("broadcast", s.broadcast("again", &[Fr::ONE]).await.map(drop));
        refused("commit_open", s.commit_open("again", &[Fr::ONE]).await.map(drop));
        refused("challenge", s.challenge::<Fr>(1).await.map(drop));
        // With another key: the first one stays as the failed check has left it, where a use would wipe it.
        let mut other_key = MacKey::from_share(Fr::ONE);
        let mut online = Online::new(&mut s, &mut other_key, &mut *supply);
        refused("random", online.random(1).map(drop));
        let x = Shared::from_parts(vec![Fr::ZERO], vec![Fr::ZERO]);
        refused("input", online.input(other, None, 1).await.map(drop));
        refused("output", online.output(&x).await.map(drop));
    }
    hand.give(me, (key, supply));
    first
}

fn use_after_abort(a: &Attack, c: &Conditions) -> Outcome {
    outcome(experiment(a, c, &MAC_CHECK))
}

fn use_after_malformed(a: &Attack, c: &Conditions) -> Outcome {
    outcome(experiment(a, c, &FRAME_SHAPE))
}

fn outcome(result: Result<Outcome>) -> Outcome {
    result.unwrap_or_else(|e| Outcome { judgement: programs::broken(&e), effective: false })
}

/// Two tries under one key, the first of which ends at check `ends`.
fn experiment(a: &Attack, c: &Conditions, ends: &Check) -> Result<Outcome> {
    let corrupt = PartySet::of(&[1]);
    let mut world = a.world(c, 2, corrupt);
    world.floor = Floor::Ideal;
    let tape = c.tape();
    let order = Order { triples: 1, masks: vec![0, 1], given: vec![6, 11, 1], ..Order::default() };
    let dealer = Dealer::<Fr>::new(&world.parties, corrupt, CorruptShares::Uniform, &tape)?;
    let supplies = || Ok::<_, Error>(dealer.supplies(&order)?.0);
    let hand = Hand::new(dealer.keys().into_iter().zip(supplies()?));
    let opened = On::message("beaver", "share");
    let one = |i| if i == 0 { Fr::ONE } else { Fr::ZERO };

    // The first try fails, and its σ tell the key: Σσ = −α·r·δ.
    let mine = Cell::new(Fr::ZERO);
    let worked = Cell::new(None);
    let mut learn = Script::new(corrupt).watches(On::message("sigma", "commit"), |e| {
        mine.set(e.frame.body.get(1..).and_then(Fr::read).unwrap_or(Fr::ZERO));
    });
    learn = learn.shifts::<Fr>(opened, PartyId::new(0), one);
    if *ends == FRAME_SHAPE {
        learn = learn.sends(On::message("sigma", "open"), |e, _| {
            e.frame.tag ^= 1;
            Fate::Deliver
        });
    }
    let run = world.run(&tape, &mut learn, |s| stubborn(s, &hand, &worked));
    let first = judge(&classify(run.ends), corrupt, |_, z| *z == Fr::from_u64(66), true);
    if let Some(what) = worked.get() {
        return Ok(Outcome {
            judgement: Judgement::Won(Win::Broken(format!("{what} works after an abort"))),
            effective: true,
        });
    }
    let r: Option<Vec<Fr>> = learn
        .seen()
        .latest(On::message("coin", "coin"))
        .and_then(|e| Some(Prg::wide(&e.frame.body[..].try_into().ok()?).elements(2)));
    let sigma = learn.seen().latest(On::message("sigma", "open")).and_then(|e| Fr::read(&e.frame.body));
    let (Some(r), Some(sigma), true) = (r, sigma, first.check() == Some(ends)) else {
        return Ok(Outcome { judgement: first, effective: false });
    };
    let alpha = -(sigma + mine.get()) * r[0].invert().unwrap_or(Fr::ZERO);

    // The second try: a fresh session and fresh preprocessing with the key object of the first one, which the abort has
    // wiped; in the control, with a copy made before.
    let mut keys = dealer.keys();
    if !c.control {
        for p in world.parties.iter().filter(|p| !corrupt.contains(*p)) {
            keys[p.index()] = hand.take(p)?.0;
        }
    }
    let hand = Hand::new(keys.into_iter().zip(supplies()?));
    let mut done = false;
    let mut forge = Script::new(corrupt).shifts::<Fr>(opened, PartyId::new(0), one).sends(
        On::message("sigma", "commit"),
        move |e, seen| {
            let seed = seen.latest(On::message("coin", "coin")).and_then(|e| e.frame.body[..].try_into().ok());
            if let Some(r) =
                seed.filter(|_| !std::mem::replace(&mut done, true)).map(|s| Prg::wide(&s).elements::<Fr>(2))
            {
                edit(e, |s: &mut [Fr]| s[0] += alpha * r[0]);
            }
            Fate::Deliver
        },
    );
    let again = Cell::new(None);
    let run = world.run(&tape, &mut forge, |s| stubborn(s, &hand, &again));
    let endings: Vec<Ending<Fr>> = classify(run.ends);
    Ok(Outcome::of(judge(&endings, corrupt, |_, z| *z == Fr::from_u64(66), true), &forge))
}

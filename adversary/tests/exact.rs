//! Escape probabilities, counted over every coin of every run.
use std::cell::RefCell;
use std::rc::Rc;

use adversary::ideal::supply::{CorruptShares, Dealer, Dealt, Order};
use adversary::strategy::{Fate, On, edit};
use adversary::{Ending, Probability, Script, World, classify, enumerate};
use field::*;
use protocols::{Error, Online, Result, Session, Tape};
use quorate_adversary as adversary;
use transport::sim::{Adversary, Passive};
use transport::{PartyId, PartySet};

/// x·y of two inputs dealt as shared values: multiplication, MAC checks, output.
async fn multiply<F: Field>(mut s: Session, dealt: Rc<RefCell<Vec<Option<Dealt<F>>>>>) -> Result<F> {
    let mut d = dealt.borrow_mut()[s.me().index()].take().ok_or(Error::Dead)?;
    let mut online = Online::new(&mut s, &mut d.key, &mut d.supply);
    let x = online.random(1)?;
    let y = online.random(1)?;
    let z = online.mul(&x, &y).await?;
    Ok(online.output(&z).await?[0])
}

fn escape<F: Field>(
    script: impl Fn(PartySet) -> Script<'static>,
    puppets: bool,
) -> (num_rational::BigRational, u64, u64) {
    let corrupt = PartySet::of(&[1]);
    let mut wrong = Probability::default();
    let mut all = Probability::default();
    let t = std::time::Instant::now();
    let runs = enumerate(|tape, weight| {
        let mut world = World::new(2, corrupt);
        world.puppets = puppets;
        let order = Order { triples: 1, masks: vec![0, 0], randoms: 2 };
        let dealt = Dealer::<F>::deal(&world.parties, corrupt, CorruptShares::Zero, tape, &order).unwrap();
        let dealt = Rc::new(RefCell::new(dealt.into_iter().map(Some).collect()));
        let mut adversary = script(corrupt);
        // The true result in the clear.
        let clear = Rc::new(RefCell::new((F::ZERO, F::ZERO)));
        let run = world.run(tape, &mut adversary, |s| multiply::<F>(s, dealt.clone()));
        let _ = &clear;
        let w = weight();
        all.add(w);
        if let Ending::Output(_) = classify(run.ends)[0] {
            wrong.add(w);
        }
    });
    assert!(adversary::enumerate::is_complete(&all));
    (wrong.value(), runs, t.elapsed().as_nanos() as u64 / runs)
}

#[test]
fn mac_check() {
    fn one<F: Field>() {
        let (v, runs, ns) = escape::<F>(|c| Script::new(c), true);
        println!("{} honest {v} {runs} {ns}ns", F::NAME);
        let (v, runs, ns) = escape::<F>(
            |c| Script::new(c).adds(On::message("beaver", "share"), |i| if i == 0 { F::ONE } else { F::ZERO }),
            true,
        );
        println!("{} shift {v} {runs} {ns}ns", F::NAME);
        let guess = |c| {
            Script::new(c).adds(On::message("beaver", "share"), |i| if i == 0 { F::ONE } else { F::ZERO }).sends(
                On::message("sigma", "commit"),
                |e, seen| {
                    let coins = seen.elements::<F>("coin", "coin").unwrap();
                    if coins.len() == 2 {
                        edit(e, |s: &mut [F]| s[0] += coins[0]);
                    }
                    Fate::Deliver
                },
            )
        };
        for puppets in [true, false] {
            let (v, runs, ns) = escape::<F>(guess, puppets);
            println!("{} guess puppets={puppets} {v} {runs} {ns}ns", F::NAME);
        }
    }
    one::<F2>();
    one::<F3>();
    one::<F5>();
}

//! Whole replacement programs: a corrupt party that is no puppet of the honest text, but runs a text of its own in the
//! same steps. [`World::run`] takes one program for all parties, which asks who it is.

use field::{F128, Field};
use protocols::{MAC_OUTPUT, Result, Session};
use quorate_adversary::attack::tape;
use quorate_adversary::ideal::supply::{CorruptShares, Order};
use quorate_adversary::{Judgement, Win, World, classify, judge, programs};
use spec::Check;
use transport::sim::Passive;
use transport::{PartyId, PartySet};

const HONEST: PartyId = PartyId::new(0);
const CORRUPT: PartyId = PartyId::new(1);

/// Instead of [`programs::show`]: knows no share of anything, hears the other's before it speaks, and makes the sum
/// zero.
async fn forge(s: &mut Session) -> Result<F128> {
    let mut online = s.step("online");
    let mut output = online.step("output");
    let theirs = output.recv::<F128>(HONEST, "share", 1).await?[0];
    output.send(HONEST, "share", &[-theirs])?;
    let mut check = online.step("mac_check");
    check.challenge::<F128>(1).await?;
    check.commit_open("sigma", &[F128::ZERO]).await?;
    Ok(F128::ZERO)
}

/// A shared 6, shown to all by the honest party.
fn judged(off: Option<&'static Check>) -> Judgement {
    let (world, tape) = (World::new(2, PartySet::of(&[CORRUPT.index()])).without(off), tape(1));
    let order = Order { given: vec![6], ..Order::default() };
    let dealing = &programs::deal::<F128>(&world, CorruptShares::Uniform, &tape, &order).unwrap();
    let run = world.run(&tape, &mut Passive, |mut s: Session| async move {
        if s.me() == CORRUPT {
            return forge(&mut s).await;
        }
        let (mut key, mut supply) = dealing.hand.take(s.me())?;
        programs::show(&mut s, &mut key, &mut supply).await
    });
    judge(&classify(run.ends), world.corrupt, |_, y| *y == dealing.known.randoms[0], true)
}

#[test]
fn another_program_is_stopped_by_the_check_and_wins_without_it() {
    assert_eq!(judged(None).check(), Some(&MAC_OUTPUT));
    assert_eq!(judged(Some(&MAC_OUTPUT)), Judgement::Won(Win::WrongOutput(HONEST)));
}

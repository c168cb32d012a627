//! Spoiled triples against the sacrifice.

use field::{F2, F3, F5, Field};
use protocols::Result;
use spec::Bound;

use super::decisions::best_play;
use super::{Count, HONEST, Measurement, over, pair};
use crate::ideal::supply::CorruptShares;
use crate::run::{Ending, World};
use crate::sacrifice::{Batch, Lie};
use crate::scratch::Flaw;
use crate::strategy::{Fate, On, Script, edit};

/// What is counted of a sacrifice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sacrificed {
    /// The equation holds.
    Equation,
    /// The equation holds and a triple is wrong.
    EquationWrong,
    /// The honest party accepted a wrong triple, by whatever luck.
    Wrong,
}

/// Counts an event of a sacrifice of these spoiled triples. With `guess`, σ is corrected for the key being one, which
/// the coalition can do when its lie is constant.
fn sacrificed<F: Field>(world: &World, lies: &[Lie<F>], what: Sacrificed, guess: bool) -> Result<Count> {
    let (coin, commit) = (On::message("coin", "coin"), On::message("sigma", "commit"));
    let lie = lies.iter().map(|l| (l.triple.1, l.partner.1)).collect::<Vec<_>>();
    Count::over(|tape| {
        let batch = Batch::deal(world, CorruptShares::Zero, tape, lies)?;
        let mut script = Script::new(world.corrupt);
        if guess {
            let lie = lie.clone();
            script = script.sends(commit, move |e, seen| {
                let challenge = seen.earliest(coin).and_then(|e| F::read(&e.frame.body));
                if let (Some(c), Some(r)) = (challenge, seen.elements::<F>("coin", "coin")) {
                    let omega = r[lie.len()..].iter().zip(&lie);
                    let error = omega.fold(F::ZERO, |sum, (r, (e, partner))| sum + *r * (c * *e - *partner));
                    edit(e, |sigma: &mut [F]| sigma[0] -= error);
                }
                Fate::Deliver
            });
        }
        let endings = batch.run(world, tape, &mut script);
        let challenge = script.seen().earliest(coin).and_then(|e| F::read(&e.frame.body)).unwrap_or(F::ONE);
        let equation = batch.residue(challenge).iter().all(|e| *e == F::ZERO);
        let accepted = matches!(endings[HONEST.index()], Ending::Output(()));
        // Whoever passes the equation is accepted: the code rejects nothing that holds.
        if equation && !accepted && !guess {
            return Err(protocols::Error::Local("a sacrifice that holds was refused".into()));
        }
        Ok(match what {
            Sacrificed::Equation => equation,
            Sacrificed::EquationWrong => equation && batch.wrong(),
            Sacrificed::Wrong => accepted && batch.wrong(),
        })
    })
}
/// The best of these lies.
fn best_lie<F: Field>(lies: impl IntoIterator<Item = Lie<F>>, what: Sacrificed) -> Result<Count> {
    Count::best(lies.into_iter().map(|lie| sacrificed::<F>(&pair(), &[lie], what, false)))
}
fn sacrifice_wrong<F: Field>() -> Result<Count> {
    best_lie::<F>(Lie::all(), Sacrificed::EquationWrong)
}
fn sacrifice_accepted<F: Field>() -> Result<Count> {
    best_lie::<F>(Lie::all(), Sacrificed::Equation)
}
fn sacrifice_of_two<F: Field>() -> Result<Count> {
    sacrificed::<F>(&pair(), &[Lie::plain(), Lie::plain()], Sacrificed::EquationWrong, false)
}
fn sacrifice_with_lie<F: Field>() -> Result<Count> {
    sacrificed::<F>(&pair(), &[Lie::plain()], Sacrificed::Wrong, true)
}
fn sacrifice_by_luck<F: Field>() -> Result<Count> {
    sacrificed::<F>(&pair(), &[Lie::plain()], Sacrificed::Wrong, false)
}
/// The best of these lies with all that a coalition may do on the wire: it shows ρ off by what it likes once it knows the
/// challenge, and answers σ off by what it likes once it knows the coefficients. `harm`: only wrong triples count.
fn best_cheat<F: Field>(lies: impl IntoIterator<Item = Lie<F>>, harm: bool) -> Result<Count> {
    let order = F::SMALL_ORDER.unwrap_or(2);
    let (share, commit) = (On::message("rho", "share"), On::message("sigma", "commit"));
    let with = |lie: Lie<F>| {
        best_play(order, |tape, decisions, views| {
            let world = pair();
            let batch = Batch::deal(&world, CorruptShares::Zero, tape, &[lie])?;
            let mut script = Script::new(world.corrupt);
            for (k, (on, off)) in [share, commit].into_iter().zip(decisions.map(F::from_u64)).enumerate() {
                let views = views.clone();
                script = script.sends(on, move |e, seen| {
                    views.note(k, seen);
                    edit(e, |x: &mut [F]| x[0] += off);
                    Fate::Deliver
                });
            }
            let endings = batch.run(&world, tape, &mut script);
            Ok(matches!(endings[HONEST.index()], Ending::Output(())) && (batch.wrong() || !harm))
        })
    };
    Count::best(lies.into_iter().map(with))
}
fn cheat<F: Field>() -> Result<Count> {
    best_cheat::<F>(Lie::all(), false)
}
fn harm<F: Field>() -> Result<Count> {
    best_cheat::<F>(Lie::all(), true)
}
fn sacrifice_known<F: Field>() -> Result<Count> {
    sacrificed::<F>(&pair().flawed(Some(Flaw::UnitCoin)), &[Lie::equal()], Sacrificed::Wrong, false)
}
fn sacrifice_off<F: Field>() -> Result<Count> {
    sacrificed::<F>(&pair().without(Some(&protocols::TRIPLE_SACRIFICE)), &[Lie::plain()], Sacrificed::Wrong, false)
}

/// The figures of the sacrifice.
pub const ALL: &[Measurement] = &[
    Measurement {
        id: "sacrifice.wrong",
        what: "a wrong triple satisfies the equation, best of all lies (F_5: a constant error)",
        bound: Bound::SacrificeWrong,
        long: false,
        count: [
            Some(sacrifice_wrong::<F2>),
            Some(sacrifice_wrong::<F3>),
            Some(|| best_lie::<F5>([Lie::plain()], Sacrificed::EquationWrong)),
        ],
    },
    Measurement {
        id: "sacrifice.wrong.two",
        what: "two wrong triples in one batch satisfy their equations",
        bound: Bound::SacrificeWrong,
        long: false,
        count: [Some(sacrifice_of_two::<F2>), Some(sacrifice_of_two::<F3>), None],
    },
    Measurement {
        id: "sacrifice.accepted",
        what: "a lie satisfies the equation, best of all (F_5: the common factor as error)",
        bound: Bound::SacrificeAccepted,
        long: false,
        count: [
            Some(sacrifice_accepted::<F2>),
            Some(sacrifice_accepted::<F3>),
            Some(|| best_lie::<F5>([Lie::selective()], Sacrificed::Equation)),
        ],
    },
    Measurement {
        id: "sacrifice.harm",
        what: "a wrong triple is accepted, best of all lies in triple, ρ and σ (F_5: a constant error)",
        bound: Bound::SacrificeWrongByMacCheck,
        long: true,
        count: [Some(harm::<F2>), Some(harm::<F3>), Some(|| best_cheat::<F5>([Lie::plain()], true))],
    },
    Measurement {
        id: "sacrifice.cheat",
        what: "a spoiled triple is accepted, right or wrong, best of all (F_5: the common factor as error)",
        bound: Bound::SacrificeAcceptedByMacCheck,
        long: true,
        count: [Some(cheat::<F2>), Some(cheat::<F3>), Some(|| best_cheat::<F5>([Lie::selective()], false))],
    },
    Measurement {
        id: "sacrifice.with_lie",
        what: "a wrong triple is accepted when σ is corrected for the key being one besides",
        bound: Bound::SacrificeWrongByMacCheck,
        long: false,
        count: over!(sacrifice_with_lie),
    },
    Measurement {
        id: "sacrifice.by_luck",
        what: "a wrong triple is accepted without a further lie: ω is checked by its MAC",
        bound: Bound::SacrificeWrongByMacCheck,
        long: false,
        count: over!(sacrifice_by_luck),
    },
    Measurement {
        id: "sacrifice.challenge.known",
        what: "control: challenge known in advance, a wrong triple is accepted",
        bound: Bound::One,
        long: false,
        count: over!(sacrifice_known),
    },
    Measurement {
        id: "sacrifice.off",
        what: "control: without the sacrifice's check a wrong triple is accepted",
        bound: Bound::One,
        long: false,
        count: over!(sacrifice_off),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_claims_what_the_best_cheat_is_counted_to_achieve() {
        let counted = ALL.iter().find(|m| m.id == "sacrifice.cheat").map(|m| m.bound);
        assert_eq!(counted, Some(protocols::TRIPLE_SACRIFICE.bound));
    }
}

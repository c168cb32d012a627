//! Spoiled triples against the sacrifice.

use field::{F2, F3, F5, Field};
use protocols::Result;
use spec::Bound;

use super::decisions::best_play;
use super::{At, Count, HONEST, Measurement, at, directions, nonzero_vectors, order_of, over, pair, slow};
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
    Count::best(lies, |lie| sacrificed::<F>(&pair(), &[*lie], what, false))
}
/// Every lie up to a factor.
fn lies<F: Field>() -> impl Iterator<Item = Lie<F>> {
    directions(4).map(|v| Lie { triple: (v[0], v[1]), partner: (v[2], v[3]) })
}
/// The best of these constant errors of `T` triples and their partners.
fn best_constants<F: Field, const T: usize>(errors: impl IntoIterator<Item = Vec<F>>) -> Result<Count> {
    Count::best(errors, |errors| {
        let lie = |e: &[F]| Lie { triple: (F::ZERO, e[0]), partner: (F::ZERO, e[1]) };
        let lies: Vec<_> = errors.chunks_exact(2).map(lie).collect();
        debug_assert_eq!(lies.len(), T);
        sacrificed::<F>(&pair(), &lies, Sacrificed::EquationWrong, false)
    })
}
/// An error of one in each of `t` triples, none in their partners.
fn plain<F: Field>(t: usize) -> Vec<F> {
    [F::ONE, F::ZERO].repeat(t)
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
    let (share, commit) = (On::message("rho", "share"), On::message("sigma", "commit"));
    let with = |lie: &Lie<F>| {
        best_play::<2>(const { order_of::<F>() }, |tape, decisions, views| {
            let world = pair();
            let batch = Batch::deal(&world, CorruptShares::Zero, tape, &[*lie])?;
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
    Count::best(lies, with)
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
        claim: "B7",
        what: "a wrong triple satisfies the equation, best of all lies (F_5: up to a factor)",
        points: over!(Bound::SacrificeWrong;
            F2 => || best_lie(Lie::<F2>::all(), Sacrificed::EquationWrong),
            F3 => || best_lie(Lie::<F3>::all(), Sacrificed::EquationWrong);
            F5 => || best_lie(lies::<F5>(), Sacrificed::EquationWrong)),
    },
    Measurement {
        id: "sacrifice.wrong.batch",
        claim: "B7",
        what: "a wrong triple in a batch of t, all of which satisfy their equations, best of all constant errors (F_3, t=3 and \
               F_5: one in each triple)",
        points: &[
            at(At::Batch(2, 2), Bound::SacrificeWrong, || best_constants::<F2, 2>(nonzero_vectors(4))),
            at(At::Batch(2, 3), Bound::SacrificeWrong, || best_constants::<F2, 3>(nonzero_vectors(6))),
            slow(at(At::Batch(3, 2), Bound::SacrificeWrong, || best_constants::<F3, 2>(directions(4)))),
            slow(at(At::Batch(3, 3), Bound::SacrificeWrong, || best_constants::<F3, 3>([plain(3)]))),
            slow(at(At::Batch(5, 2), Bound::SacrificeWrong, || best_constants::<F5, 2>([plain(2)]))),
        ],
    },
    Measurement {
        id: "sacrifice.accepted",
        claim: "B7",
        what: "a lie satisfies the equation, best of all (F_5: up to a factor)",
        points: over!(Bound::SacrificeAccepted;
            F2 => || best_lie(Lie::<F2>::all(), Sacrificed::Equation),
            F3 => || best_lie(Lie::<F3>::all(), Sacrificed::Equation);
            F5 => || best_lie(lies::<F5>(), Sacrificed::Equation)),
    },
    Measurement {
        id: "sacrifice.harm",
        claim: "B7",
        what: "a wrong triple is accepted, best of all lies in triple, ρ and σ (F_5: a constant error)",
        points: over!(Bound::SacrificeWrongByMacCheck;
            F2 => || best_cheat(Lie::<F2>::all(), true),
            F3 => || best_cheat(Lie::<F3>::all(), true),
            F5 => || best_cheat([Lie::<F5>::plain()], true)),
    },
    Measurement {
        id: "sacrifice.cheat",
        claim: "B7",
        what: "a spoiled triple is accepted, right or wrong, best of all (F_5: the common factor as error)",
        points: over!(Bound::SacrificeAcceptedByMacCheck;
            F2 => || best_cheat(Lie::<F2>::all(), false),
            F3 => || best_cheat(Lie::<F3>::all(), false),
            F5 => || best_cheat([Lie::<F5>::selective()], false)),
    },
    Measurement {
        id: "sacrifice.with_lie",
        claim: "B7",
        what: "a wrong triple is accepted when σ is corrected for the key being one besides",
        points: over!(sacrifice_with_lie, Bound::SacrificeWrongByMacCheck),
    },
    Measurement {
        id: "sacrifice.by_luck",
        claim: "B7",
        what: "a wrong triple is accepted without a further lie: ω is checked by its MAC",
        points: over!(sacrifice_by_luck, Bound::SacrificeWrongByMacCheck),
    },
    Measurement {
        id: "sacrifice.challenge.known",
        claim: "B7",
        what: "control: challenge known in advance, a wrong triple is accepted",
        points: over!(sacrifice_known, Bound::One),
    },
    Measurement {
        id: "sacrifice.off",
        claim: "B7",
        what: "control: without the sacrifice's check a wrong triple is accepted",
        points: over!(sacrifice_off, Bound::One),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_claims_what_the_best_cheat_is_counted_to_achieve() {
        let counted = ALL.iter().find(|m| m.id == "sacrifice.cheat").unwrap();
        assert!(counted.points.iter().all(|p| p.bound == protocols::TRIPLE_SACRIFICE.bound));
    }
}

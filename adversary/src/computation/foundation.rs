//! Coin, commitment and broadcast by themselves.

use field::{Field, Fr};
use protocols::{Result, Session, Tape};
use transport::sim::Adversary;
use transport::{PartyId, PerParty};

use crate::oracle::{Judgement, Win, judge};
use crate::run::{Ending, World, classify};

/// A coin, the same for everyone.
pub(crate) fn toss(world: &World, tape: &Tape, adversary: &mut dyn Adversary) -> Judgement {
    let run = world.run(tape, adversary, async |mut s: Session| -> Result<Fr> { Ok(s.challenge::<Fr>(1).await?[0]) });
    judge(&classify(run.ends), world.corrupt, |_, _| true, true)
}

/// Everyone commits to a value and opens it, or broadcasts it; everyone's output is what all have said. The values are
/// large enough not to be guessed, so a corrupt party that says the same as an honest one in commitments has copied it.
pub(crate) fn tell(world: &World, committed: bool, tape: &Tape, adversary: &mut dyn Adversary) -> Judgement {
    let values: Vec<Fr> = (0..world.parties.n()).map(|_| tape.element().unwrap_or(Fr::ZERO)).collect();
    let values = &values;
    let run = world.run(tape, adversary, async |mut s: Session| -> Result<PerParty<Vec<Fr>>> {
        let mine = [values[s.me().index()]];
        if committed { s.commit_open("value", &mine).await } else { s.broadcast("value", &mine).await }
    });
    let endings = classify(run.ends);
    let (honest, corrupt): (Vec<PartyId>, Vec<_>) = world.parties.iter().partition(|p| !world.corrupt.contains(*p));
    let right = |said: &PerParty<Vec<Fr>>| honest.iter().all(|p| said[*p] == [values[p.index()]]);
    let copied = |said: &PerParty<Vec<Fr>>| corrupt.iter().any(|p| honest.iter().any(|h| said[*p] == said[*h]));
    match judge(&endings, world.corrupt, |_, said| right(said), true) {
        Judgement::Right if committed && endings.iter().any(|e| matches!(e, Ending::Output(said) if copied(said))) => {
            Judgement::Won(Win::Chosen("the value of an honest party as its own"))
        }
        other => other,
    }
}

//! The best a coalition can do about a coin that is the sum of everyone's parts. The parts are field elements under ideal
//! commitments, so that each can be counted through; those of the shipped coin are 256 bits long and hashed: that nobody can
//! choose better there rests on the hash and is not counted.

use field::{F2, F3, F5, Field};
use protocols::{Result, Session};
use spec::Bound;

use super::decisions::best_play;
use super::{Count, HONEST, Measurement, coalition, order_of, over, pair};
use crate::run::{Ending, classify};
use crate::strategy::{Fate, On, Script, edit};

/// Everyone shows its part, committed to beforehand or not; the coin is their sum.
async fn toss<F: Field>(s: &mut Session, part: F, committed: bool) -> Result<F> {
    let mut s = s.step("toss");
    let parts = if committed { s.commit_open("part", &[part]).await? } else { s.exchange("part", &[part]).await? };
    Ok(parts.values().fold(F::ZERO, |sum, part| sum + part[0]))
}

/// How often the honest party takes the coin zero, if the coalition chooses its part, and then whether to show it, as well
/// as it can by what it has seen.
fn best<F: Field>(committed: bool) -> Result<Count> {
    let says = if committed { On::message("part", "commit") } else { On::message("toss", "part") };
    best_play::<2>(const { order_of::<F>() }, |tape, [part, leaves], views| {
        let theirs = F::from_u64(tape.uniform(const { order_of::<F>() }));
        let (chosen, shown) = (views.clone(), views.clone());
        let mut script = Script::new(coalition())
            .sends(says, move |e, seen| {
                chosen.note(0, seen);
                edit(e, |mine: &mut [F]| mine[0] = F::from_u64(part));
                Fate::Deliver
            })
            .sends(On::message("part", "open"), move |_, seen| {
                shown.note(1, seen);
                if leaves == 0 { Fate::Deliver } else { Fate::Drop }
            });
        let run = pair().run(tape, &mut script, |mut s| async move {
            let part = if s.me() == HONEST { theirs } else { F::ZERO };
            toss(&mut s, part, committed).await
        });
        Ok(matches!(classify(run.ends)[HONEST.index()], Ending::Output(coin) if coin == F::ZERO))
    })
}

fn in_time<F: Field>() -> Result<Count> {
    best::<F>(true)
}
fn too_late<F: Field>() -> Result<Count> {
    best::<F>(false)
}

/// The figures of coins.
pub const ALL: &[Measurement] = &[
    Measurement {
        id: "coin.best",
        claim: "coin",
        what: "a coin of committed parts is what the coalition wants, parts and silence chosen as well as can be",
        points: over!(in_time, Bound::SingleOpening),
    },
    Measurement {
        id: "coin.uncommitted.best",
        claim: "coin",
        what: "control: the same of parts that are shown at once",
        points: over!(too_late, Bound::One),
    },
];

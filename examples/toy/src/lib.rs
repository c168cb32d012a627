#![doc = include_str!("../README.md")]
#![allow(async_fn_in_trait)] // programs stay on the thread of their run

use adversary::ideal::supply::Dealt;
use adversary::strategy::{Fate, On, Script, edit};
use adversary::{
    Attack, Conditions, Given, Outcome, Subject, Win,
    attack::{Control, Expected},
    fields::FieldId,
};
use field::{F251, Field};
use protocols::{COMMIT_ECHO, COMMIT_OPENING, FRAME_SHAPE, Result, Session};
use spec::{AbortKind, Assumption, Claim, Level, Levels, NotClaimed, PartyRange};
use transport::{PartyId, PartySet, PerParty};

/// A sum of everyone's inputs. Each pair of parties shares a mask that one adds and the other subtracts; everyone commits
/// to its masked input, then all open, and the sum of what was opened is the sum of the inputs.
///
/// `MASKED` and `CHECKED` take the idea out of it that keeps inputs apart, and the one that keeps the last party to speak
/// from choosing the sum.
pub struct Sum<const MASKED: bool, const CHECKED: bool>;

/// The sum as it should be.
pub const RIGHT: Sum<true, true> = Sum;
/// Everyone shows its input.
pub const UNMASKED: Sum<false, true> = Sum;
/// Nobody commits.
pub const UNCHECKED: Sum<true, false> = Sum;

const CLAIM: Claim = Claim {
    protocol: "toy.sum",
    levels: Levels::of(&[Level::A1C2, Level::A3C2]),
    parties: PartyRange::new(3, 5),
    assumptions: &[Assumption::SecureChannels, Assumption::StaticCorruption, Assumption::RandomOracle],
    checks: &[&FRAME_SHAPE, &COMMIT_OPENING, &COMMIT_ECHO],
    leakage: &["how many parties there are"],
    abort: AbortKind::Selective,
    not_claimed: &[NotClaimed::Fairness, NotClaimed::GuaranteedDelivery, NotClaimed::UnanimousAbort],
};

impl<const MASKED: bool, const CHECKED: bool> Subject for Sum<MASKED, CHECKED> {
    fn claim(&self) -> &'static Claim {
        match (MASKED, CHECKED) {
            (true, true) => &CLAIM,
            (false, _) => &Claim { protocol: "toy.sum.unmasked", ..CLAIM },
            (true, false) => &Claim { protocol: "toy.sum.unchecked", ..CLAIM },
        }
    }
    fn about(&self) -> &'static str {
        "the sum of everyone's inputs, shown to all"
    }
    fn inputs(&self, n: usize) -> Vec<usize> {
        vec![1; n]
    }
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
        let sum = given.parties.iter().fold(F::ZERO, |sum, x| sum + x[0]);
        PerParty::from_fn(given.parties.len(), |_| vec![sum])
    }
    fn attacks(&self) -> &'static [Attack] {
        const { &[choose::<MASKED, CHECKED>()] }
    }
    async fn party<F: Field>(&self, mut s: Session, mine: Vec<F>, _: Option<Dealt<F>>) -> Result<Vec<F>> {
        let masked = if MASKED { mask(&mut s, mine[0]).await? } else { mine[0] };
        let all = show::<F, CHECKED>(&mut s.step("sum"), masked).await?;
        Ok(vec![all.values().fold(F::ZERO, |sum, x| sum + x[0])])
    }
}

/// This party's input and the masks it shares with all others.
async fn mask<F: Field>(s: &mut Session, input: F) -> Result<F> {
    let (me, mut masked, mut s) = (s.me(), input, s.step("mask"));
    for other in s.others() {
        if me.index() < other.index() {
            let r: F = s.tape().element()?;
            s.send(other, "mask", &[r])?;
            masked += r;
        } else {
            masked -= s.recv::<F>(other, "mask", 1).await?[0];
        }
    }
    Ok(masked)
}

/// What everyone shows, committed to before anyone shows it.
async fn show<F: Field, const CHECKED: bool>(s: &mut Session, mine: F) -> Result<PerParty<Vec<F>>> {
    if CHECKED { s.commit_open("masked", &[mine]).await } else { s.exchange("masked", &[mine]).await }
}

/// The last party waits for everyone else and makes the sum what it likes.
const fn choose<const MASKED: bool, const CHECKED: bool>() -> Attack {
    Attack {
        id: "toy.choose",
        title: "the sum chosen by the last to speak",
        does: "waits for all other values and shows the one that makes the sum 42, or 43 where it is 42",
        reference: "this crate",
        layer: "toy.sum",
        expected: Expected::Stopped(&COMMIT_OPENING),
        control: Control::CheckOff,
        run: |a: &Attack, c: &Conditions| -> Outcome {
            let (last, shown) = (PartyId::new(2), On::message("", "masked"));
            let goals = [42, 43].map(F251::from_u64);
            let script = Script::new(PartySet::of(&[last.index()])).sends(shown, move |e, seen| {
                let theirs =
                    [0, 1].map(|p| seen.latest(shown.with(PartyId::new(p))).and_then(|e| F251::read(&e.frame.body)));
                if let [Some(a), Some(b)] = theirs {
                    // Where the sum is the first goal by itself, there would be nothing to change.
                    let [first, second] = goals.map(|goal| goal - a - b);
                    edit(e, |x: &mut [F251]| x[0] = if x[0] == first { second } else { first });
                }
                Fate::Deliver
            });
            a.on(&Sum::<MASKED, CHECKED>, FieldId::F251, 3, c, script, |outputs| {
                let chosen = outputs.iter().any(|y| goals.map(Some).contains(&F251::read(y)));
                chosen.then_some(Win::Chosen("the sum"))
            })
        },
    }
}

//! What a cheat achieves against the shipped protocol text, counted over every coin and compared with the formulas of
//! `spec` as rational numbers: equal, not close.

use std::time::{Duration, Instant};

use field::{F2, F3, F5, Field};
use num_rational::BigRational;
use protocols::Result;
use spec::{Bound, Check, Instance};
use transport::{PartyId, PartySet};

use crate::enumerate::{Probability, enumerate, is_complete};
use crate::ideal::supply::{CorruptShares, Known, Order};
use crate::programs;
use crate::run::{Ending, World, classify};
use crate::sacrifice::{Batch, Lie};
use crate::scratch::Flaw;
use crate::strategy::{Fate, On, Script, edit};
use crate::view;

/// A counted probability beside the formula it must equal.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Dotted name.
    pub id: &'static str,
    /// What was counted.
    pub what: &'static str,
    /// The order of the field.
    pub p: u64,
    /// The counted probability.
    pub measured: BigRational,
    /// The formula.
    pub bound: Bound,
    /// Its value.
    pub expected: BigRational,
    /// Runs of the protocol.
    pub runs: u64,
    /// Time for all of them.
    pub took: Duration,
}

impl Figure {
    /// Whether measurement and formula are the same rational number.
    #[must_use]
    pub fn equal(&self) -> bool {
        self.measured == self.expected
    }
    /// Time of one run.
    #[must_use]
    pub fn per_run(&self) -> Duration {
        self.took / u32::try_from(self.runs.max(1)).unwrap_or(u32::MAX)
    }
}

/// How often something happened, over every coin.
#[derive(Clone, Debug)]
pub struct Count {
    /// Its exact probability.
    pub probability: BigRational,
    /// Runs of the protocol.
    pub runs: u64,
    /// Time for all of them.
    pub took: Duration,
}

const CORRUPT: PartyId = PartyId::new(1);
const HONEST: PartyId = PartyId::new(0);

fn coalition() -> PartySet {
    PartySet::of(&[CORRUPT.index()])
}

/// A two-party world on ideal foundations whose second party is corrupt.
#[must_use]
pub fn pair() -> World {
    World::new(2, coalition())
}

/// Which computation is counted, over values that are shared as given.
#[derive(Clone, Copy, Debug)]
pub enum Computation {
    /// `x·y`, shown to all.
    Multiply(u64, u64),
    /// `x`, shown to all.
    Show(u64),
}

/// Counts `event` of the honest party's ending over every coin of a run in `world`.
pub fn count<F: Field>(
    world: &World,
    mode: CorruptShares,
    computation: Computation,
    script: impl Fn() -> Script<'static>,
    event: impl Fn(&Ending<F>, &Known<F>) -> bool,
) -> Result<Count> {
    let order = match computation {
        Computation::Multiply(x, y) => Order { triples: 1, given: vec![x, y], ..Order::default() },
        Computation::Show(x) => Order { given: vec![x], ..Order::default() },
    };
    let (mut hit, mut all) = (Probability::default(), Probability::default());
    let mut failed = None;
    let start = Instant::now();
    let runs = enumerate(|tape, weight| {
        let dealing = match programs::deal::<F>(world, mode, tape, &order) {
            Ok(d) => d,
            Err(e) => {
                failed = Some(e);
                return;
            }
        };
        let mut script = script();
        let run = match computation {
            Computation::Multiply(..) => programs::run(world, tape, &mut script, &dealing, programs::multiply::<F>),
            Computation::Show(_) => programs::run(world, tape, &mut script, &dealing, programs::show::<F>),
        };
        let weight = weight();
        all.add(weight);
        if event(&classify(run.ends)[HONEST.index()], &dealing.known) {
            hit.add(weight);
        }
    });
    if let Some(e) = failed {
        return Err(e);
    }
    debug_assert!(is_complete(&all));
    Ok(Count { probability: hit.value(), runs, took: start.elapsed() })
}

/// The honest party accepted something.
pub fn accepted<F>(ending: &Ending<F>, _: &Known<F>) -> bool {
    matches!(ending, Ending::Output(_))
}

/// The honest party accepted a wrong product.
pub fn wrong_product<F: Field>(ending: &Ending<F>, known: &Known<F>) -> bool {
    matches!(ending, Ending::Output(z) if *z != known.randoms[0] * known.randoms[1])
}

/// The honest party accepted a wrong value.
pub fn wrong_value<F: Field>(ending: &Ending<F>, known: &Known<F>) -> bool {
    matches!(ending, Ending::Output(z) if *z != known.randoms[0])
}

/// An additive strategy against a multiplication: errors on the opened `x − a` and `y − b` fixed before the challenge,
/// and a correction of σ that fits if the MAC key is `guess`.
#[must_use]
pub fn additive<F: Field>(errors: [F; 2], guess: F) -> Script<'static> {
    let script = Script::new(coalition()).shifts::<F>(On::message("beaver", "share"), HONEST, move |i| errors[i % 2]);
    if guess == F::ZERO {
        return script;
    }
    script.sends(On::message("sigma", "commit"), move |e, seen| {
        // The first check has two coefficients, the check of the output one.
        if let Some([r, s]) = seen.elements::<F>("coin", "coin").as_deref() {
            let lie = guess * (*r * errors[0] + *s * errors[1]);
            edit(e, |sigma: &mut [F]| sigma[0] += lie);
        }
        Fate::Deliver
    })
}

/// Shows a value off by one with a correction of σ that fits if the MAC key is one and the coefficient is one.
#[must_use]
pub fn shifted_output<F: Field>() -> Script<'static> {
    Script::new(coalition()).shifts::<F>(On::message("output", "share"), HONEST, |_| F::ONE).sends(
        On::message("sigma", "commit"),
        |e, _| {
            edit(e, |sigma: &mut [F]| sigma[0] += F::ONE);
            Fate::Deliver
        },
    )
}

/// A count over one field.
pub type Counter = fn() -> Result<Count>;

/// A figure that can be counted.
pub struct Measurement {
    /// Dotted name.
    pub id: &'static str,
    /// What is counted.
    pub what: &'static str,
    /// The formula it must equal.
    pub bound: Bound,
    /// Whether it takes more than a second or two.
    pub long: bool,
    /// Counts it over the fields of order 2, 3 and 5, where that makes sense.
    pub count: [Option<Counter>; 3],
}

impl Measurement {
    /// The figures, field by field.
    pub fn figures(&self) -> impl Iterator<Item = Result<Figure>> + '_ {
        let fields = [2, 3, 5].into_iter().zip(self.count);
        fields.filter_map(|(p, count)| Some((p, count?))).map(|(p, count)| {
            let Count { probability, runs, took } = count()?;
            let expected = self.bound.at(&Instance::field(p));
            let Self { id, what, bound, .. } = *self;
            Ok(Figure { id, what, p, measured: probability, bound, expected, runs, took })
        })
    }
}

const PRODUCT: Computation = Computation::Multiply(1, 1);

fn multiplication<F: Field>(script: fn() -> Script<'static>) -> Result<Count> {
    count::<F>(&pair(), CorruptShares::Zero, PRODUCT, script, wrong_product)
}
fn shift<F: Field>() -> Result<Count> {
    multiplication::<F>(|| additive([F::ONE, F::ZERO], F::ZERO))
}
fn guess<F: Field>() -> Result<Count> {
    multiplication::<F>(|| additive([F::ONE, F::ZERO], F::ONE))
}
fn weak_puppet<F: Field>() -> Result<Count> {
    let mut world = pair();
    world.puppets = false;
    count::<F>(&world, CorruptShares::Zero, PRODUCT, || additive([F::ONE, F::ZERO], F::ONE), wrong_product)
}
fn output<F: Field>() -> Result<Count> {
    let script = || Script::new(coalition()).adds::<F>(On::message("output", "share"), |_| F::ONE);
    count::<F>(&pair(), CorruptShares::Zero, Computation::Show(1), script, wrong_value)
}
fn honest<F: Field>() -> Result<Count> {
    count::<F>(
        &pair(),
        CorruptShares::Zero,
        PRODUCT,
        || Script::new(coalition()),
        |e, k| !wrong_product(e, k) && accepted(e, k),
    )
}
/// The best of all additive strategies: every pair of errors, every guess of the key. `wrong` accepted openings count.
fn best<F: Field>() -> Result<Count> {
    let p = F::SMALL_ORDER.unwrap_or(2);
    let mut top = Count { probability: BigRational::from_integer(0.into()), runs: 0, took: Duration::ZERO };
    for code in p..p * p * p {
        let of = |k: u32| F::from_u64(code / p.pow(k) % p);
        let errors = [of(1), of(2)];
        let c = count::<F>(&pair(), CorruptShares::Zero, PRODUCT, || additive(errors, of(0)), accepted)?;
        top.probability = top.probability.max(c.probability);
        top.runs += c.runs;
        top.took += c.took;
    }
    Ok(top)
}
fn single<F: Field>() -> Result<Count> {
    let world = pair().flawed(Some(Flaw::UnitCoin));
    count::<F>(&world, CorruptShares::Zero, Computation::Show(1), shifted_output::<F>, wrong_value)
}
fn known_challenge<F: Field>() -> Result<Count> {
    let world = pair().flawed(Some(Flaw::UnitCoin));
    count::<F>(&world, CorruptShares::Zero, PRODUCT, || additive([F::ONE, -F::ONE], F::ZERO), accepted)
}
fn unchecked<F: Field>() -> Result<Count> {
    let without: &'static Check = &protocols::MAC_CHECK;
    let world = pair().without(Some(without));
    count::<F>(&world, CorruptShares::Zero, PRODUCT, || additive([F::ONE, F::ZERO], F::ZERO), wrong_product)
}
fn views<F: Field>(flaw: Option<Flaw>) -> Result<Count> {
    let start = Instant::now();
    let a = view::of_sum::<F>([Some(0), Some(1), None], flaw)?;
    let b = view::of_sum::<F>([Some(1), Some(0), None], flaw)?;
    let runs = a.runs() + b.runs();
    Ok(Count { probability: a.distance(&b), runs, took: start.elapsed() })
}

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
    let (mut hit, mut all) = (Probability::default(), Probability::default());
    let mut failed = None;
    let start = Instant::now();
    let (coin, commit) = (On::message("coin", "coin"), On::message("sigma", "commit"));
    let lie = lies.iter().map(|l| (l.triple.1, l.partner.1)).collect::<Vec<_>>();
    let runs = enumerate(|tape, weight| {
        let batch = match Batch::deal(world, CorruptShares::Zero, tape, lies) {
            Ok(batch) => batch,
            Err(e) => {
                failed = Some(e);
                return;
            }
        };
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
        let weight = weight();
        all.add(weight);
        if match what {
            Sacrificed::Equation => equation,
            Sacrificed::EquationWrong => equation && batch.wrong(),
            Sacrificed::Wrong => accepted && batch.wrong(),
        } {
            hit.add(weight);
        }
        // Whoever passes the equation is accepted: the code rejects nothing that holds.
        if equation && !accepted && !guess {
            failed = Some(protocols::Error::Local("a sacrifice that holds was refused".into()));
        }
    });
    if let Some(e) = failed {
        return Err(e);
    }
    debug_assert!(is_complete(&all));
    Ok(Count { probability: hit.value(), runs, took: start.elapsed() })
}
/// The best of these lies.
fn best_lie<F: Field>(lies: impl IntoIterator<Item = Lie<F>>, what: Sacrificed) -> Result<Count> {
    let mut top = Count { probability: BigRational::from_integer(0.into()), runs: 0, took: Duration::ZERO };
    for lie in lies {
        let c = sacrificed::<F>(&pair(), &[lie], what, false)?;
        top.probability = top.probability.max(c.probability);
        top.runs += c.runs;
        top.took += c.took;
    }
    Ok(top)
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
fn sacrifice_known<F: Field>() -> Result<Count> {
    sacrificed::<F>(&pair().flawed(Some(Flaw::UnitCoin)), &[Lie::equal()], Sacrificed::Wrong, false)
}
fn sacrifice_off<F: Field>() -> Result<Count> {
    sacrificed::<F>(&pair().without(Some(&protocols::TRIPLE_SACRIFICE)), &[Lie::plain()], Sacrificed::Wrong, false)
}

macro_rules! over {
    ($f:ident) => {
        [Some($f::<F2>), Some($f::<F3>), Some($f::<F5>)]
    };
}

/// Every exact figure.
pub const ALL: &[Measurement] = &[
    Measurement {
        id: "online.honest",
        what: "an unattacked multiplication gives the right product",
        bound: Bound::One,
        long: false,
        count: over!(honest),
    },
    Measurement {
        id: "mac.check.shift",
        what: "x − a opened off by one, wrong product accepted",
        bound: Bound::MacCheck,
        long: false,
        count: over!(shift),
    },
    Measurement {
        id: "mac.check.guess",
        what: "the same and σ corrected for the key being one",
        bound: Bound::MacCheck,
        long: false,
        count: over!(guess),
    },
    Measurement {
        id: "mac.check.weak_puppet",
        what: "the same by a puppet that stops at its own check: too weak an enemy",
        bound: Bound::SingleOpening,
        long: false,
        count: over!(weak_puppet),
    },
    Measurement {
        id: "mac.check.best",
        what: "the best of all additive strategies",
        bound: Bound::MacCheck,
        long: true,
        count: [Some(best::<F2>), Some(best::<F3>), None],
    },
    Measurement {
        id: "mac.output.shift",
        what: "an output shown off by one is accepted",
        bound: Bound::MacCheck,
        long: false,
        count: over!(output),
    },
    Measurement {
        id: "mac.single_opening",
        what: "one value, no coefficient, the key guessed",
        bound: Bound::SingleOpening,
        long: false,
        count: over!(single),
    },
    Measurement {
        id: "mac.challenge.known",
        what: "control: coefficients known in advance, errors cancel",
        bound: Bound::One,
        long: false,
        count: over!(known_challenge),
    },
    Measurement {
        id: "mac.check.off",
        what: "control: without the MAC check a wrong product is accepted",
        bound: Bound::One,
        long: false,
        count: over!(unchecked),
    },
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
        id: "sacrifice.with_lie",
        what: "a wrong triple is accepted when σ is corrected for the key being one besides",
        bound: Bound::SacrificeWithLie,
        long: false,
        count: over!(sacrifice_with_lie),
    },
    Measurement {
        id: "sacrifice.by_luck",
        what: "a wrong triple is accepted without a further lie: ω is checked by its MAC",
        bound: Bound::SacrificeWithLie,
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
    Measurement {
        id: "view.zero_shares",
        what: "three parties add two inputs: distance of the third's views for equal sums",
        bound: Bound::Zero,
        long: false,
        count: [Some(|| views::<F2>(None)), Some(|| views::<F3>(None)), None],
    },
    Measurement {
        id: "view.no_zero_shares",
        what: "control: the same without zero shares",
        bound: Bound::One,
        long: false,
        count: [Some(|| views::<F2>(Some(Flaw::NoZeroShares))), Some(|| views::<F3>(Some(Flaw::NoZeroShares))), None],
    },
];

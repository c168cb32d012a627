//! Small named computations that a sweep tampers with.

mod transfer;

use field::{F3, F31, F128, Field, Fr};
use protocols::ot::SoftSpoken;
use protocols::{Result, Session};
use transport::sim::{Adversary, Envelope};
use transport::{PartyId, PartySet, PerParty};

use crate::attack::tape;
use crate::ideal::ot::IdealOt;
use crate::ideal::supply::{CorruptShares, Order};
use crate::oracle::{Judgement, judge};
use crate::programs;
use crate::run::{Floor, World, classify};
use crate::sweep::Target;

/// A computation with a coalition and an oracle.
pub struct Case {
    /// Its name.
    pub name: &'static str,
    /// The number of parties.
    pub n: usize,
    /// The field of the elements in requests to ideal functionalities.
    pub field: &'static str,
    /// Bytes of one such element.
    pub element_bytes: usize,
    /// The order of a tiny field, in which wrong outputs have a probability worth counting.
    pub tiny: Option<u64>,
    /// Items of one frame that are changed, from the first.
    pub items: usize,
    /// What sweeping it wholly costs.
    pub cost: Cost,
    /// Runs it once under an adversary and judges it.
    pub run: fn(u64, &mut dyn Adversary) -> Judgement,
}

impl Target for Case {
    fn n(&self) -> usize {
        self.n
    }
    fn field(&self) -> &'static str {
        self.field
    }
    fn element_bytes(&self) -> usize {
        self.element_bytes
    }
    fn items(&self) -> usize {
        self.items
    }
    fn run(&self, seed: u64, adversary: &mut dyn Adversary) -> Judgement {
        (self.run)(seed, adversary)
    }
}

/// What it costs to sweep a case with every mutation of every frame, optimised a little.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Cost {
    /// Seconds at most.
    Seconds,
    /// Some ten seconds.
    Long,
    /// Minutes: wholly in deep runs only.
    Minutes,
}

const fn case<F: Field>(name: &'static str, n: usize, run: fn(u64, &mut dyn Adversary) -> Judgement) -> Case {
    let tiny = match F::SMALL_ORDER {
        Some(p) if p < 1 << 16 => Some(p),
        _ => None,
    };
    Case { name, n, field: F::NAME, element_bytes: F::BYTES, tiny, items: 2, cost: Cost::Seconds, run }
}

const fn takes(cost: Cost, case: Case) -> Case {
    Case { cost, ..case }
}

/// All cases.
pub const ALL: &[Case] = &[
    case::<Fr>("coin/2", 2, |seed, a| toss(2, seed, a)),
    case::<Fr>("coin/3", 3, |seed, a| toss(3, seed, a)),
    case::<Fr>("commit/2", 2, |seed, a| tell(2, true, seed, a)),
    case::<Fr>("commit/3", 3, |seed, a| tell(3, true, seed, a)),
    case::<Fr>("broadcast/3", 3, |seed, a| tell(3, false, seed, a)),
    case::<Fr>("product/2/ideal", 2, |seed, a| product::<Fr>(2, Floor::Ideal, seed, a)),
    case::<Fr>("product/2", 2, |seed, a| product::<Fr>(2, Floor::Real, seed, a)),
    case::<Fr>("product/3", 3, |seed, a| product::<Fr>(3, Floor::Real, seed, a)),
    case::<F128>("product/2/F128/ideal", 2, |seed, a| product::<F128>(2, Floor::Ideal, seed, a)),
    case::<F128>("base_ot/2", 2, |seed, a| transfer::base(2, seed, a)),
    case::<F128>("base_ot/3", 3, |seed, a| transfer::base(3, seed, a)),
    case::<F128>("ot_extension/2/ideal", 2, |seed, a| transfer::extended(2, Floor::Ideal, seed, a)),
    case::<F128>("ot_extension/3/ideal", 3, |seed, a| transfer::extended(3, Floor::Ideal, seed, a)),
    takes(Cost::Minutes, case::<F128>("ot_extension/2", 2, |seed, a| transfer::extended(2, Floor::Real, seed, a))),
    takes(Cost::Minutes, case::<F128>("ot_extension/3", 3, |seed, a| transfer::extended(3, Floor::Real, seed, a))),
    takes(Cost::Minutes, case::<F128>("copee/2", 2, |seed, a| transfer::preprocessed::<SoftSpoken>(2, 0, seed, a))),
    takes(Cost::Minutes, case::<F128>("copee/3", 3, |seed, a| transfer::preprocessed::<SoftSpoken>(3, 0, seed, a))),
    takes(Cost::Long, case::<F128>("mascot/2/ideal", 2, |seed, a| transfer::preprocessed::<IdealOt>(2, 1, seed, a))),
    takes(Cost::Long, case::<F128>("mascot/3/ideal", 3, |seed, a| transfer::preprocessed::<IdealOt>(3, 1, seed, a))),
    takes(Cost::Minutes, case::<F128>("mascot/2", 2, |seed, a| transfer::preprocessed::<SoftSpoken>(2, 1, seed, a))),
    takes(Cost::Minutes, case::<F128>("mascot/3", 3, |seed, a| transfer::preprocessed::<SoftSpoken>(3, 1, seed, a))),
    case::<F31>("product/2/F31", 2, |seed, a| product::<F31>(2, Floor::Real, seed, a)),
    case::<F31>("product/3/F31/ideal", 3, |seed, a| product::<F31>(3, Floor::Ideal, seed, a)),
    case::<F3>("product/2/F3/ideal", 2, |seed, a| product::<F3>(2, Floor::Ideal, seed, a)),
    case::<F3>("product/3/F3", 3, |seed, a| product::<F3>(3, Floor::Real, seed, a)),
];

/// The case of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Case> {
    ALL.iter().find(|c| c.name == name)
}

fn world(n: usize, floor: Floor) -> World {
    let mut world = World::new(n, PartySet::of(&[n - 1])).traced();
    world.floor = floor;
    world
}

fn toss(n: usize, seed: u64, adversary: &mut dyn Adversary) -> Judgement {
    let world = world(n, Floor::Real);
    let run =
        world.run(&tape(seed), adversary, async |mut s: Session| -> Result<Fr> { Ok(s.challenge::<Fr>(1).await?[0]) });
    judge(&classify(run.ends), world.corrupt, |_, _| true, true)
}

/// Everyone commits to a value and opens it, or broadcasts it; everyone's output is what all have said.
fn tell(n: usize, committed: bool, seed: u64, adversary: &mut dyn Adversary) -> Judgement {
    let world = world(n, Floor::Real);
    let value = |p: PartyId| Fr::from_u64(100 + p.index() as u64);
    let run = world.run(&tape(seed), adversary, async |mut s: Session| -> Result<PerParty<Vec<Fr>>> {
        let mine = [value(s.me())];
        if committed { s.commit_open("value", &mine).await } else { s.broadcast("value", &mine).await }
    });
    let honest = |p: &PartyId| !world.corrupt.contains(*p);
    let right = |said: &PerParty<Vec<Fr>>| world.parties.iter().filter(honest).all(|p| said[p] == [value(p)]);
    judge(&classify(run.ends), world.corrupt, |_, said| right(said), true)
}

/// Inputs of all parties, the first two multiplied, the third added, shown to all. A corrupt party's input is what it
/// makes of it: its mask, which the dealer knows, and the masked input that the honest parties heard tell it, as the
/// simulator of the security proof would.
fn product<F: Field>(n: usize, floor: Floor, seed: u64, adversary: &mut dyn Adversary) -> Judgement {
    let (world, tape) = (world(n, floor), tape(seed));
    let order = Order { triples: 1, masks: vec![1; n], ..Order::default() };
    let dealing = match programs::deal::<F>(&world, CorruptShares::Uniform, &tape, &order) {
        Ok(dealing) => dealing,
        Err(e) => return programs::broken(&e),
    };
    let mut inputs: Vec<F> = [2, 5, 1].map(F::from_u64)[..n].to_vec();
    let given = inputs.clone();
    let program = async |s: &mut Session, key: &mut _, supply: &mut _| {
        let mine = given[s.me().index()];
        programs::product(s, key, supply, mine).await
    };
    let run = programs::run(&world, &tape, adversary, &dealing, program);
    for p in world.parties.iter().filter(|p| world.corrupt.contains(*p)) {
        let heard = run.trace.iter().find(|e| told(e, p, PartyId::new(0)));
        if let Some(e) = heard.and_then(|e| F::read(&e.frame.body)) {
            inputs[p.index()] = e + dealing.known.masks[p.index()][0];
        }
    }
    let mut truth = inputs[0] * inputs[1];
    inputs[2..].iter().for_each(|x| truth += *x);
    judge(&classify(run.ends), world.corrupt, |_, z| *z == truth, true)
}

/// Whether this frame brings the masked input of `owner` to `to`.
fn told(e: &Envelope, owner: PartyId, to: PartyId) -> bool {
    e.from == owner && e.to == to && e.frame.step.name() == "masked_input" && e.frame.meta.name != "echo"
}

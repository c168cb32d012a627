//! Targets in the circumstances in which a sweep tampers with them: the last party corrupt.

use field::{F3, F31, F128, Field, Fr};
use protocols::ot::{Active, RandomOt, SoftSpoken};
use transport::PartySet;
use transport::sim::Adversary;

use crate::attack::tape;
use crate::computation::parts;
use crate::fields::FieldId;
use crate::ideal::ot::IdealOt;
use crate::ideal::supply::CorruptShares;
use crate::oracle::Judgement;
use crate::run::{Floor, World};
use crate::subject::Instance;
use crate::sweep::Target;

/// A computation with a coalition and an oracle.
pub struct Case {
    /// Its name.
    pub name: &'static str,
    /// The number of parties.
    pub n: usize,
    /// The field of the elements in requests to ideal functionalities.
    pub field: &'static str,
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
    Case { name, n, field: F::NAME, tiny, items: 2, cost: Cost::Seconds, run }
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
    case::<F128>("base_ot/2", 2, |seed, a| base(2, seed, a)),
    case::<F128>("base_ot/3", 3, |seed, a| base(3, seed, a)),
    case::<F128>("ot_extension/2/ideal", 2, |seed, a| extended(2, Floor::Ideal, seed, a)),
    case::<F128>("ot_extension/3/ideal", 3, |seed, a| extended(3, Floor::Ideal, seed, a)),
    takes(Cost::Minutes, case::<F128>("ot_extension/2", 2, |seed, a| extended(2, Floor::Real, seed, a))),
    takes(Cost::Minutes, case::<F128>("ot_extension/3", 3, |seed, a| extended(3, Floor::Real, seed, a))),
    takes(Cost::Minutes, case::<F128>("copee/2", 2, |seed, a| preprocessed::<SoftSpoken>(2, 0, seed, a))),
    takes(Cost::Minutes, case::<F128>("copee/3", 3, |seed, a| preprocessed::<SoftSpoken>(3, 0, seed, a))),
    takes(Cost::Long, case::<F128>("mascot/2/ideal", 2, |seed, a| preprocessed::<IdealOt>(2, 1, seed, a))),
    takes(Cost::Long, case::<F128>("mascot/3/ideal", 3, |seed, a| preprocessed::<IdealOt>(3, 1, seed, a))),
    takes(Cost::Minutes, case::<F128>("mascot/2", 2, |seed, a| preprocessed::<SoftSpoken>(2, 1, seed, a))),
    takes(Cost::Minutes, case::<F128>("mascot/3", 3, |seed, a| preprocessed::<SoftSpoken>(3, 1, seed, a))),
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
    let mut world = World::new(n, PartySet::of(&[n - 1]));
    world.floor = floor;
    world
}

fn toss(n: usize, seed: u64, adversary: &mut dyn Adversary) -> Judgement {
    parts::toss(&world(n, Floor::Real), &tape(seed), adversary)
}
fn tell(n: usize, committed: bool, seed: u64, adversary: &mut dyn Adversary) -> Judgement {
    parts::tell(&world(n, Floor::Real), committed, &tape(seed), adversary)
}
fn product<F: Field>(n: usize, floor: Floor, seed: u64, adversary: &mut dyn Adversary) -> Judgement {
    // Every field has a name.
    let field = FieldId::of_name(F::NAME).unwrap_or(FieldId::Fr);
    let at = Instance { field, world: world(n, floor), shares: CorruptShares::Uniform };
    parts::product::<F>(&at, &[], &tape(seed), adversary)
}
fn base(n: usize, seed: u64, adversary: &mut dyn Adversary) -> Judgement {
    parts::base(&world(n, Floor::Ideal), &tape(seed), adversary)
}
fn extended(n: usize, base: Floor, seed: u64, adversary: &mut dyn Adversary) -> Judgement {
    parts::extended(&world(n, Floor::Ideal), base == Floor::Real, &tape(seed), adversary)
}
fn preprocessed<O: RandomOt<Security = Active>>(
    n: usize,
    triples: usize,
    seed: u64,
    adversary: &mut dyn Adversary,
) -> Judgement {
    parts::preprocessed::<O>(&world(n, Floor::Ideal), triples, &tape(seed), adversary)
}

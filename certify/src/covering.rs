//! How much of every subject is attacked for the figures of coverage: a few changes by every coalition, and every one by the
//! last party, which also changes two messages in a row, falls silent and aborts everywhere. Whoever verifies asks here
//! how much that is.

use std::collections::BTreeMap;

use adversary::coverage::{Coverage, Ground};
use adversary::sweep::Effort;
use adversary::{DynSubject, Explained, World};
use protocols::Result;
use spec::Instance;
use transport::PartySet;

use crate::arguments::Tier;
use crate::evidence::coverage::Figure;
use crate::evidence::sweep::Allowed;
use crate::job::SWEPT;
use crate::log::Found;
use crate::registry::weakest;

/// Runs in which nobody deviates, with every seed.
pub(crate) const HONEST: u64 = 4;

/// How many seeds everything is attacked with.
pub(crate) fn seeds(tier: Tier) -> u64 {
    tier.seeds().div_ceil(4)
}

/// Every seed, `first` being the first, with every coalition. Other seeds are other inputs and coins.
pub(crate) fn each(first: u64, coalitions: &[Vec<usize>], tier: Tier) -> impl Iterator<Item = (u64, &[usize])> {
    let of_seed = move |run| coalitions.iter().map(move |c| (first.wrapping_add(run), &c[..]));
    (0..seeds(tier)).flat_map(of_seed)
}

/// How much of what this coalition among `n` parties says and hears is changed. Who changes all of it does more beside.
pub(crate) fn effort(n: usize, corrupt: &[usize], tier: Tier) -> Effort {
    match tier {
        _ if *corrupt == [n - 1] => Effort::Every,
        Tier::Quick => Effort::Sample(4),
        _ => Effort::Sample(12),
    }
}

/// How often a wrong output may be accepted of each of these: as often as the weakest claimed check lets it, as in sweeps.
#[must_use]
pub fn allowed(subjects: &[&dyn DynSubject]) -> BTreeMap<String, Allowed> {
    let of = |s: &&dyn DynSubject| {
        let p = SWEPT.small_order()?;
        let bound = weakest(s.claim(), &Instance::field(p))?;
        Some((s.name().to_owned(), Allowed { formula: bound.to_string(), p }))
    };
    subjects.iter().filter_map(of).collect()
}

/// Attacks a subject among `n` parties by each of these coalitions.
pub fn cover(subject: &dyn DynSubject, n: usize, coalitions: &[Vec<usize>], seed: u64, tier: Tier) -> Result<Found> {
    // What each check is the only cause of is shown by the named attacks, beside them.
    let mut coverage = Coverage::of(&[]);
    for (seed, corrupt) in each(seed, coalitions, tier) {
        let world = World::new(n, PartySet::of(corrupt)).real();
        let target = Explained::sampled(subject, SWEPT, &world, seed)?;
        let ground = Ground { name: subject.name(), target: &target, corrupt: world.corrupt };
        let effort = effort(n, corrupt, tier);
        coverage.sweep(&ground, seed, effort);
        if effort == Effort::Every {
            coverage.pairs(&ground, seed);
            coverage.exits(&ground, seed);
            coverage.honest(&ground, seed..seed.saturating_add(HONEST));
        }
    }
    let figures = coverage.figures().into_iter().filter(|f| f.all > 0);
    let figure =
        |f: adversary::coverage::Covered| (f.id.to_owned(), Figure { what: f.what.into(), hit: f.hit, all: f.all });
    let figures: BTreeMap<_, _> = figures.map(figure).collect();
    let (runs, wrong, broken) = coverage.judged_runs();
    Ok(Found::Covered { runs, wrong, figures, broken: broken.to_vec() })
}

//! Whether what a certificate concludes is what follows from its counts.

use crate::certificate::derive::{Derived, OfLevel};
use crate::certificate::{Certificate, known};

/// What follows from its counts; an error if it says something else.
pub(crate) fn follows(c: &Certificate) -> Result<Derived, String> {
    known(&c.format)?;
    let derived = Derived::from(&c.measured)?;
    if derived == c.derived {
        return Ok(derived);
    }
    let difference = first_difference(&derived, &c.derived);
    Err(format!("its conclusions do not follow from its counts: {difference}"))
}

fn first_difference(want: &Derived, have: &Derived) -> String {
    let row = want.rows.iter().zip(&have.rows).find(|(a, b)| a != b).map(|(a, b)| {
        verdicts([&a.id, &a.verdict], [&b.id, &b.verdict]).unwrap_or_else(|| format!("{} is {}", a.id, a.tier))
    });
    let level = || want.levels.iter().zip(&have.levels).find(|(a, b)| a != b).map(|(a, b)| of_level(a, b));
    let verdict =
        || (want.verdict != have.verdict).then(|| format!("the verdict is {}, not {}", want.verdict, have.verdict));
    let clause = || {
        let pair = want.standards.iter().zip(&have.standards).find(|(a, b)| a != b);
        pair.map(|(a, _)| format!("{}: {}; it rests on {}", a.id, a.answer, a.rests_on.join(", ")))
    };
    let alone = || {
        let [a, b] = [&want.sole_causes, &have.sole_causes];
        (a != b).then(|| format!("of {} checks {} are the only cause of a rejection, not {}", a.all, a.hit, b.hit))
    };
    row.or_else(level)
        .or_else(verdict)
        .or_else(clause)
        .or_else(alone)
        .unwrap_or_else(|| "what it does not cover, or its notes, or how many verdicts it gives".into())
}

/// Two names with their verdicts, if those are not the same.
fn verdicts([a, is]: [&String; 2], [b, said]: [&String; 2]) -> Option<String> {
    match (a == b, is == said) {
        (true, true) => None,
        (true, false) => Some(format!("{a} is {is}, not {said}")),
        (false, _) => Some(format!("{a} is {is}, where it tells of {b}")),
    }
}

/// What is said of a level beside what follows: its verdict, or what it rests on.
fn of_level(want: &OfLevel, have: &OfLevel) -> String {
    let [mine, theirs] = [want, have].map(|l| l.because.iter().chain(&l.missing).collect::<Vec<_>>());
    let reasons = || {
        let level = &want.level;
        match (mine.iter().find(|why| !theirs.contains(why)), theirs.iter().find(|why| !mine.contains(why))) {
            (Some(why), _) => format!("{level} is {} for a reason that is left out: {why}", want.verdict),
            (None, Some(why)) => format!("{level} is {}, but not for this reason: {why}", want.verdict),
            (None, None) => format!("{level} is {} for the same reasons in another order", want.verdict),
        }
    };
    verdicts([&want.level, &want.verdict], [&have.level, &have.verdict]).unwrap_or_else(reasons)
}

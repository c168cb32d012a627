//! The certifier's own controls: which seeded weaknesses and sound variants a certification examines.

use std::collections::BTreeSet;

use adversary::weakness::{Examined, Finding, Loss, SOUND, WEAKNESSES, Weakness, losses};
use protocols::{Error, Result};

use crate::arguments::Tier;
use crate::evidence::weakness::Row;
use crate::log::Found;

/// Sound variants that take longer than all others together: two products, and coins of coins.
const LONG: [&str; 2] = ["challenge.other", "check.eager"];

/// All of one kind.
#[must_use]
pub fn all(sound: bool) -> &'static [Weakness] {
    if sound { SOUND } else { WEAKNESSES }
}

/// Those of one kind that a tier examines.
pub fn examined(sound: bool, tier: Tier) -> impl Iterator<Item = &'static Weakness> {
    all(sound).iter().filter(move |w| tier > Tier::Quick || !LONG.contains(&w.id))
}

/// Whether a row speaks of those that a tier examines, in order, and says of each what this program says.
pub fn same(row: &Row, tier: Tier) -> Result<(), String> {
    let said = row.points.iter().map(|p| (&*p.weakness, &*p.weakens, p.breaks.clone()));
    if said.eq(examined(row.sound, tier).map(|w| (w.id, w.weakens, breaks(w)))) {
        Ok(())
    } else {
        Err(format!("{}: what is weakened, or what that breaks, is not what this program examines", row.id))
    }
}

/// Examines the one of this name.
pub fn examine(sound: bool, name: &str) -> Result<Found> {
    let weakness = all(sound).iter().find(|w| w.id == name);
    let weakness = weakness.ok_or_else(|| Error::Local(format!("there is no weakness `{name}`")))?;
    let examined = weakness.examine()?;
    Ok(found(weakness, &examined))
}

fn found(weakness: &Weakness, examined: &Examined) -> Found {
    Found::Examined {
        weakens: weakness.weakens.into(),
        breaks: breaks(weakness),
        shipped: names(&losses(&examined.shipped)),
        weakened: names(&examined.lost()),
        by: fired(&examined.weakened),
        measurements: examined.weakened.len() as u64,
    }
}

/// The measurements that found something, also what follows from something else that is lost: in order, each once.
fn fired(findings: &[Finding]) -> Vec<String> {
    let all: BTreeSet<&str> = findings.iter().filter(|f| f.loss.is_some()).map(|f| f.by).collect();
    all.into_iter().map(String::from).collect()
}

fn breaks(weakness: &Weakness) -> Vec<String> {
    names(&weakness.breaks.iter().copied().collect())
}

fn names(losses: &BTreeSet<Loss>) -> Vec<String> {
    losses.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::weakness::Point;

    #[test]
    fn what_fires_is_named_once_in_order() {
        let finding = |by, loss| Finding { by, loss, evidence: String::new() };
        let findings = [
            finding("wrong outputs", Some(Loss::Bound)),
            finding("traffic shape", None),
            finding("best simulator", Some(Loss::A3Privacy)),
            finding("wrong outputs", Some(Loss::A3Correctness)),
        ];
        assert_eq!(fired(&findings), ["best simulator", "wrong outputs"]);
        assert!(fired(&findings[1..2]).is_empty());
    }

    #[test]
    fn a_row_says_what_the_table_says() {
        let point = |w: &Weakness| Point {
            weakness: w.id.into(),
            weakens: w.weakens.into(),
            breaks: breaks(w),
            shipped: vec![],
            weakened: breaks(w),
            by: vec!["wrong outputs".into()],
            measurements: 1,
        };
        let row = Row { points: examined(false, Tier::Quick).map(point).collect(), ..Row::default() };
        assert_eq!(same(&row, Tier::Quick), Ok(()));
        let changes: [fn(&mut Row); 4] = [
            |r| drop(r.points.pop()),
            |r| r.points.swap(0, 1),
            |r| r.points[0].weakness.push('x'),
            |r| r.points[0].breaks = vec!["nothing that matters".into()],
        ];
        for change in changes {
            let mut other = row.clone();
            change(&mut other);
            assert!(same(&other, Tier::Quick).is_err());
        }
    }
}

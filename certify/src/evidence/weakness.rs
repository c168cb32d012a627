//! The certifier certified: seeded weaknesses, each of which has to be found as exactly what it breaks and not where it is
//! absent, and sound variants, on which nothing may be found.

use adversary::Verdict;
use adversary::stats::interval;
use adversary::verdict::ALPHA;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Mismatch;
use crate::log::{Entry, Found, Unit};

/// What was found on seeded weaknesses.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name.
    pub id: String,
    /// How many there are.
    pub all: u64,
    /// How many of them this tier examines.
    pub planned: u64,
    /// Whether these are sound variants.
    pub sound: bool,
    /// Every one that was examined.
    pub points: Vec<Point>,
}

/// One weakness or sound variant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Its name.
    pub weakness: String,
    /// What is left out or done otherwise.
    pub weakens: String,
    /// What that breaks.
    pub breaks: Vec<String>,
    /// What was found where it is absent: nothing may be.
    pub shipped: Vec<String>,
    /// What was found where it is there, what follows from something else that is lost left out.
    pub weakened: Vec<String>,
    /// The measurements that found something where it is there, by name, in order.
    pub by: Vec<String>,
    /// How many measurements were made where it is there.
    pub measurements: u64,
}

impl Point {
    /// Whether exactly what it breaks was found, and nothing where it is absent.
    #[must_use]
    pub fn right(&self) -> bool {
        self.shipped.is_empty() && self.measurements > 0 && self.weakened == self.breaks
    }
    /// Whether what found something is named once each, in order and shortly, and there is some of it if something was
    /// found.
    fn named(&self) -> bool {
        /// So many measurements are made of one protocol at most.
        const MANY: usize = 16;
        /// So many bytes the name of one has at most.
        const LONG: usize = 64;
        self.by.is_sorted_by(|a, b| a < b)
            && self.by.len() as u64 <= self.measurements.min(MANY as u64)
            && self.by.iter().all(|name| name.len() <= LONG)
            && self.by.is_empty() == self.weakened.is_empty()
    }
}

impl Row {
    /// Counted anew.
    pub fn recounted(&self, entries: &[&Entry]) -> Result<Self, Mismatch> {
        let point = |e: &&Entry| match (&e.unit, e.found.clone()) {
            (Unit::Weakness { weakness }, Found::Examined { weakens, breaks, shipped, weakened, by, measurements }) => {
                Ok(Point { weakness: weakness.clone(), weakens, breaks, shipped, weakened, by, measurements })
            }
            _ => Err(format!("{}: no weakness", self.id)),
        };
        Ok(Self { points: entries.iter().map(point).collect::<Result<_, Mismatch>>()?, ..self.clone() })
    }
    /// Whether none is missing, and weaknesses break something where sound variants do not.
    pub fn check(&self) -> Result<(), Mismatch> {
        let names: std::collections::BTreeSet<_> = self.points.iter().map(|p| &p.weakness).collect();
        if names.len() as u64 != self.planned || self.points.len() as u64 != self.planned {
            return Err(format!("{} of {} that were planned", names.len(), self.planned));
        }
        if let Some(p) = self.points.iter().find(|p| p.breaks.is_empty() != self.sound) {
            return Err(format!("{} is not of this kind", p.weakness));
        }
        match self.points.iter().find(|p| !p.named()) {
            Some(p) => Err(format!("{}: what found it is not named as it should be", p.weakness)),
            None => Ok(()),
        }
    }
    /// How many are as they should be, of how many.
    #[must_use]
    pub fn right(&self) -> (u64, u64) {
        (self.points.iter().filter(|p| p.right()).count() as u64, self.points.len() as u64)
    }
    /// The interval of the share that is as it should be, were these drawn from all weaknesses there could be.
    #[must_use]
    pub fn interval(&self) -> (f64, f64) {
        let (right, all) = self.right();
        interval(right, all, ALPHA)
    }
    /// The verdict: an instrument that is wrong anywhere shows nothing anywhere.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.right() {
            (_, 0) => Verdict::Vacuous,
            (right, all) if right == all => Verdict::Pass,
            _ => Verdict::Vacuous,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_found_a_weakness_is_named_once_in_order_and_only_where_something_was_found() {
        let of = |measurements: u64, weakened: &[&str], by: &[&str]| {
            let strings = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
            let point = Point {
                weakness: "mac.off".into(),
                weakens: "the MAC check".into(),
                breaks: strings(&["A3 correctness"]),
                shipped: Vec::new(),
                weakened: strings(weakened),
                by: strings(by),
                measurements,
            };
            Row { planned: 1, points: vec![point], ..Row::default() }.check()
        };
        let checked = |weakened: &[&str], by: &[&str]| of(2, weakened, by);
        let found: &[&str] = &["A3 correctness"];
        for by in [&["a"][..], &["a", "b"]] {
            assert_eq!(checked(found, by), Ok(()));
        }
        assert_eq!(checked(&[], &[]), Ok(()));
        for by in [&[][..], &["b", "a"], &["a", "a"], &["a", "b", "c"]] {
            assert!(checked(found, by).unwrap_err().contains("mac.off: what found it"), "{by:?}");
        }
        assert!(checked(&[], &["a"]).is_err());
        // Whoever verifies shows all of them: there are few, and their names are short.
        let many: Vec<String> = (10..27).map(|k| k.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let long = |length: usize| "a".repeat(length);
        assert!(of(u64::MAX, found, &many[1..]).is_ok() && of(u64::MAX, found, &many).is_err());
        assert!(of(1, found, &[&long(64)]).is_ok() && of(1, found, &[&long(65)]).is_err());
    }
}

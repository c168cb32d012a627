//! The certifier's own controls: which seeded weaknesses and sound variants a certification examines.

use std::collections::BTreeSet;

use adversary::weakness::{Examined, Loss, SOUND, WEAKNESSES, Weakness, losses};
use protocols::{Error, Result};

use crate::arguments::Tier;
use crate::log::Found;

/// Sound variants that take longer than all others together: two products, and coins of coins.
const LONG: [&str; 2] = ["challenge.other", "check.lazy"];

/// All of one kind.
#[must_use]
pub fn all(sound: bool) -> &'static [Weakness] {
    if sound { SOUND } else { WEAKNESSES }
}

/// Those of one kind that a tier examines.
pub fn examined(sound: bool, tier: Tier) -> impl Iterator<Item = &'static Weakness> {
    all(sound).iter().filter(move |w| tier > Tier::Quick || !LONG.contains(&w.id))
}

/// Examines the one of this name.
pub fn examine(sound: bool, name: &str) -> Result<Found> {
    let weakness = all(sound).iter().find(|w| w.id == name);
    let weakness = weakness.ok_or_else(|| Error::Local(format!("there is no weakness `{name}`")))?;
    let examined = weakness.examine()?;
    Ok(found(weakness, &examined))
}

fn found(weakness: &Weakness, examined: &Examined) -> Found {
    let names = |losses: &BTreeSet<Loss>| losses.iter().map(ToString::to_string).collect::<Vec<_>>();
    Found::Examined {
        weakens: weakness.weakens.into(),
        breaks: names(&weakness.breaks.iter().copied().collect()),
        shipped: names(&losses(&examined.shipped)),
        weakened: names(&examined.lost()),
        measurements: examined.weakened.len() as u64,
    }
}

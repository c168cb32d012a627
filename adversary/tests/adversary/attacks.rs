//! Every named attack is stopped by the check that must stop it, and succeeds when only that check is off.

use std::collections::BTreeSet;

use quorate_adversary::{Verdict, attacks};

#[test]
fn every_attack_is_stopped_by_its_check_and_succeeds_without_it() {
    for attack in attacks::all() {
        let trial = attack.trial(0..3);
        let say = |o: &[quorate_adversary::Outcome]| {
            o.iter().map(|o| format!("{} (effective: {})", o.judgement, o.effective)).collect::<Vec<_>>()
        };
        let text = format!("{}: {:?}; {}: {:?}", attack.id, say(&trial.shipped), attack.control, say(&trial.control));
        assert_eq!(attack.verdict(&trial), Verdict::Pass, "{text}");
    }
}

#[test]
fn ids_are_unique_and_every_check_is_the_only_defence_in_some_attack() {
    let ids: BTreeSet<_> = attacks::all().map(|a| a.id).collect();
    assert_eq!(ids.len(), attacks::all().count());
    let covered: BTreeSet<_> = attacks::all().map(|a| a.stopped_by.id).collect();
    // A malformed frame has no content that could be accepted, so there is nothing to switch off: the sweep covers it.
    let missing: Vec<_> =
        protocols::CHECKS.iter().filter(|c| c.id != "frame.shape" && !covered.contains(c.id)).collect();
    assert!(missing.is_empty(), "no attack shows what these checks are for: {missing:?}");
}

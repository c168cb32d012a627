//! Every named attack is stopped by the check that must stop it, and succeeds when only that check is off.

use std::collections::BTreeSet;

use quorate_adversary::weakness::WEAKNESSES;
use quorate_adversary::{Control, Verdict, attacks, exact, subjects};

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
    // Where a control changes something else, the check is still on: that does not show what it is for.
    let alone = attacks::all().filter(|a| a.control == Control::CheckOff);
    let covered: BTreeSet<_> = alone.filter_map(|a| a.expected.check()).map(|c| c.id).collect();
    let missing: Vec<_> = protocols::CHECKS.iter().filter(|c| !covered.contains(c.id)).collect();
    assert!(missing.is_empty(), "no attack shows what these checks are for: {missing:?}");
}

/// `spec/pitfalls.md` promises that a test catches each mistake: what it names exists, and every attack is there.
#[test]
fn pitfalls_name_what_there_is() {
    let attacks: BTreeSet<_> = attacks::all().map(|a| a.id).collect();
    let figures = exact::all().map(|figure| figure.id);
    let counted = subjects::ALL.iter().map(|s| s.name()).chain(WEAKNESSES.iter().map(|w| w.id));
    let known: BTreeSet<_> =
        figures.chain(counted).chain(protocols::CHECKS.iter().map(|c| c.id)).chain(attacks.iter().copied()).collect();
    let rows = spec::PITFALLS.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let caught_by = rows.filter_map(|row| row.rsplit(" | ").next());
    // Every second piece stands between backticks.
    let named = caught_by.flat_map(|cell| cell.split('`').skip(1).step_by(2)).filter(|name| name.contains('.'));
    let named: BTreeSet<_> = named.filter(|name| !name.contains('/')).collect();
    assert!(named.is_subset(&known), "there is no {:?}", named.difference(&known).collect::<Vec<_>>());
    assert!(attacks.is_subset(&named), "no pitfall names {:?}", attacks.difference(&named).collect::<Vec<_>>());
}

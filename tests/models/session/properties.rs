//! What every life of a session keeps to, and what at least one of them must show.

use std::collections::BTreeSet;

use protocols::Blame;
use protocols::ledger::Status;
use stateright::{Checker, Expectation, Model, Property};
use transport::NetErrorKind;

use super::{Action, End, Flaw, Life, Party, Round, State};

const AFTER_FAILURE: &str = "nobody has an output after a check of its own failed";
const CHECKED: &str = "what is given out was checked";
const RIGHT: &str = "outputs that passed their checks are of this session, and the same";
const DEAD: &str = "a dead session does nothing";
const HEARD: &str = "nobody has an output after it heard of an abort";
const BLAME: &str = "no honest party accuses an honest one";
const ENDS: &str = "everyone ends";
const TOLD: &str = "a failed check ends the session at every honest party before anyone runs out of time";
const BURIED: &str = "who hears of an abort hears it of a dead segment";
const ALONE: &str = "a key serves one session at a time";
const BURNT: &str = "a key whose session ended at work, in any way but success, serves no other";

fn any(s: &State, of: impl Fn(&Party) -> bool) -> bool {
    s.honest().any(|(_, p)| of(p))
}
fn every(s: &State, of: impl Fn(&Party) -> bool) -> bool {
    s.honest().all(|(_, p)| of(p))
}
fn output(p: &Party) -> bool {
    matches!(p.end, Some(End::Output { .. }))
}
/// Whether the session's death is the segment's.
fn worked(m: &Life, p: &Party) -> bool {
    m.rounds[p.at] == Round::Work
}
/// Whether everyone honest has ended who will, unless by the clock.
fn quiet(m: &Life, s: &State) -> bool {
    m.honest_moves(s).is_empty()
}

/// All of them.
pub fn all() -> Vec<Property<Life>> {
    vec![
        Property::always(AFTER_FAILURE, |_, s| every(s, |p| !(output(p) && p.failed))),
        Property::always(CHECKED, |_, s| every(s, |p| !matches!(p.end, Some(End::Output { checked: false, .. })))),
        Property::always(RIGHT, |_, s| {
            let wrong = Some(End::Output { checked: true, right: false });
            every(s, |p| p.failed || p.end != wrong)
        }),
        Property::always(DEAD, |_, s| every(s, |p| !p.answered)),
        Property::always(HEARD, |_, s| every(s, |p| !(output(p) && p.told))),
        Property::always(BLAME, |_, s: &State| {
            every(s, |p| !matches!(p.end, Some(End::Failed(Blame::Accused(q))) if !s.corrupt.contains(q)))
        }),
        Property::always(ENDS, |m: &Life, s| {
            let mut actions = Vec::new();
            m.actions(s, &mut actions);
            let clock = |a: &Action| matches!(a, Action::GiveUp(_));
            let over = quiet(m, s) && !actions.iter().any(clock) && s.again.is_none();
            !over || every(s, Party::is_gone)
        }),
        Property::always(TOLD, |m, s: &State| {
            let failed = any(s, |p| matches!(p.end, Some(End::Failed(_))));
            s.faults > 0 || !failed || !quiet(m, s) || every(s, Party::is_gone)
        }),
        Property::always(BURIED, |m, s| every(s, |p| !(p.warned && worked(m, p)) || p.segment.0 == Status::Failed)),
        Property::always(ALONE, |_, s: &State| s.again.is_none_or(|found| found.0 != Status::Open)),
        Property::always(BURNT, |m, s: &State| {
            let burnt = |(_, p): (_, &Party)| p.is_gone() && worked(m, p) && !output(p);
            s.again.is_none() || !s.honest().next().is_some_and(burnt)
        }),
        Property::sometimes("everyone has the output", |_, s: &State| s.corrupt.is_empty() && every(s, output)),
        Property::sometimes("a session stops at a check, and a peer of the coalition is named", |_, s| {
            any(s, |p| matches!(p.end, Some(End::Failed(Blame::Accused(_)))))
        }),
        Property::sometimes("a session stops at a check that names nobody", |_, s| {
            any(s, |p| p.end == Some(End::Failed(Blame::Unknown)))
        }),
        Property::sometimes("other parties are a matter of their operators", |_, s| {
            every(s, |p| p.end == Some(End::Config))
        }),
        Property::sometimes("an abort overtakes a frame that had arrived", |m, s| {
            any(s, |p| p.told && p.end.is_none() && p.unread.iter().any(|u| !u.is_empty()) && worked(m, p))
        }),
        Property::sometimes("a connection ends behind a frame that is still read", |_, s| {
            any(s, |p| p.end.is_none() && p.lost.iter().any(|from| !p.unread[from.index()].is_empty()))
        }),
        Property::sometimes("somebody runs out of time", |_, s| {
            any(s, |p| p.end == Some(End::Lost(NetErrorKind::Stalled)))
        }),
        Property::sometimes("a party stops between its tombstone and the notice", |m, s| {
            any(s, |p| p.end == Some(End::Stopped) && worked(m, p) && p.segment.0 == Status::Failed)
        }),
        Property::sometimes("a segment goes back as it was", |m, s| {
            any(s, |p| p.is_gone() && matches!(p.end, Some(End::Failed(_))) && m.rounds[p.at] == Round::Compare)
        }),
        Property::sometimes("another session uses what the first one left", |_, s: &State| {
            s.again.is_some() && s.honest().next().is_some_and(|(_, p)| output(p))
        }),
        Property::sometimes("another session is refused a key in use", |m: &Life, s: &State| {
            s.honest().next().is_some_and(|(p, _)| m.standing(s, p) == Status::Open && !m.admits(s, p))
        }),
    ]
}

/// The shortest session that has everything.
const ROUNDS: &[Round] = &[Round::Ids, Round::Compare, Round::Work];
const TWO: Life = Life { n: 2, rounds: ROUNDS, lies: 2, faults: 2, flaw: None };
const THREE: Life = Life { n: 3, lies: 1, faults: 1, ..TWO };

#[test]
fn every_life_of_a_session_keeps_its_promises() {
    for (life, least) in [(TWO, 2_000), (THREE, 200_000)] {
        let checker = life.checker().spawn_bfs().join();
        println!("{} parties: {} states", life.n, checker.unique_state_count());
        checker.assert_properties();
        assert!(checker.unique_state_count() > least);
    }
}

/// A property that no flaw breaks would show nothing, and one that another's flaw breaks would say too much.
#[test]
fn every_flaw_is_found_by_the_property_that_names_it() {
    // Of two parties only one is honest beside a liar, so nobody is there to be told.
    let found = [
        (Flaw::ComparesNoIds, TWO, BLAME),
        (Flaw::ReadsNoTags, TWO, RIGHT),
        (Flaw::AccusesLosses, TWO, BLAME),
        (Flaw::ChecksNothing, TWO, CHECKED),
        (Flaw::LivesOn, TWO, AFTER_FAILURE),
        (Flaw::Answers, TWO, DEAD),
        (Flaw::HearsLate, TWO, HEARD),
        (Flaw::KeepsQuiet, THREE, TOLD),
        (Flaw::HasNoClock, TWO, ENDS),
        (Flaw::BuriesLast, TWO, BURIED),
        (Flaw::SharesKeys, TWO, ALONE),
        (Flaw::Exhumes, TWO, BURNT),
    ];
    for (flaw, life, property) in found {
        let checker = Life { flaw: Some(flaw), ..life }.checker().spawn_bfs().join();
        let broken = all().into_iter().filter(|p| matches!(p.expectation, Expectation::Always));
        let broken: Vec<_> = broken.map(|p| p.name).filter(|name| checker.discovery(name).is_some()).collect();
        assert_eq!(broken, [property], "{flaw:?}");
    }
    let named: BTreeSet<_> = found.iter().map(|(.., property)| property).collect();
    let promises = all().into_iter().filter(|p| matches!(p.expectation, Expectation::Always)).count();
    assert_eq!(named.len(), promises);
}

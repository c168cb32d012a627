//! Every seeded weakness is flagged at exactly what it breaks, no sound variant is flagged.

use std::collections::BTreeSet;
use std::time::Instant;

use quorate_adversary::attack::tape;
use quorate_adversary::fields::FieldId;
use quorate_adversary::ideal::supply::CorruptShares;
use quorate_adversary::scratch::Flaw;
use quorate_adversary::subjects::Multiply;
use quorate_adversary::weakness::toy::{Toy, Twin};
use quorate_adversary::weakness::way::Way;
use quorate_adversary::weakness::{
    Battery, Change, Finding, NOT_APPLICABLE, SOUND, Specimen, WEAKNESSES, Weakness, examine, losses,
};
use quorate_adversary::{DynSubject, Instance, World};
use transport::PartySet;
use transport::sim::Passive;

/// Everything must be as it should be.
fn all_right(rows: &[Weakness]) {
    let (mut wrong, mut start) = (Vec::new(), Instant::now());
    let (right, all) = examine(rows, |weakness, found, right| {
        let say = |f: &Finding| format!("    {} {:?}: {}", f.by, f.loss, f.evidence);
        let both = found.shipped.iter().map(say).chain(["    weakened:".into()]).chain(found.weakened.iter().map(say));
        let text = both.collect::<Vec<_>>().join("\n");
        println!("{} {} right: {right} ({:?})\n{text}", weakness.row, weakness.id, start.elapsed());
        start = Instant::now();
        if !right {
            wrong.push((weakness.id, losses(&found.shipped), losses(&found.weakened)));
        }
    })
    .unwrap();
    assert!(wrong.is_empty() && right == all && all == rows.len() as u64, "{wrong:?}");
}

#[test]
fn weaknesses_are_flagged_at_exactly_what_they_break() {
    all_right(WEAKNESSES);
}

#[test]
fn sound_variants_are_not_flagged() {
    all_right(SOUND);
}

/// A variant that changed nothing would not be flagged either. With the same coins each sends something else than its
/// twin, and the same whenever it is run.
#[test]
fn sound_variants_are_other_programs() {
    let sent = |subject: &dyn DynSubject, flaw: Option<Flaw>| {
        let world = World::new(2, PartySet::EMPTY).flawed(flaw).traced();
        let at = Instance { field: FieldId::F31, world, shares: CorruptShares::Uniform };
        let played = subject.run(&at, &subject.shape(2).map(|()| 1), &tape(0), &mut Passive).unwrap();
        let frames = played.trace.into_iter().map(|e| (e.from, e.to, e.frame.tag, e.frame.body));
        frames.collect::<Vec<_>>()
    };
    for variant in SOUND {
        let (twin, other, flaw): (&dyn DynSubject, &dyn DynSubject, _) = match variant.specimen {
            Specimen::Battery(Battery { subject, change: Change::Program(other), .. }) => (subject, other, None),
            Specimen::Battery(Battery { subject, change: Change::Flaw(flaw), .. }) => (subject, subject, Some(flaw)),
            // An experiment of its own, on these two.
            _ if variant.id == "commit.other_hash" => (&Twin(Way::OtherHash), &Toy(Way::OtherHash), None),
            _ => panic!("how is {} another program?", variant.id),
        };
        let plain = sent(twin, None);
        assert!(!plain.is_empty() && plain == sent(twin, None), "{}", variant.id);
        assert!(plain != sent(other, flaw), "{} changes nothing", variant.id);
    }
}

/// The scratch online phase done as shipped has the figures of what ships.
#[test]
fn the_scratch_program_is_the_shipped_one() {
    let figures = |subject: &'static dyn DynSubject| {
        let findings = Battery::of(subject, Change::Off(&protocols::MAC_CHECK)).findings(false).unwrap();
        let counted = findings
            .into_iter()
            .filter(|f| ["wrong outputs", "best guess of inputs", "best simulator"].contains(&f.by));
        counted.map(|f| f.evidence).collect::<Vec<_>>()
    };
    let (scratch, shipped) = (figures(&Toy(Way::Shipped)), figures(&Multiply));
    assert_eq!(scratch.len(), 3);
    assert_eq!(scratch, shipped);
}

#[test]
fn every_row_of_the_design_is_there() {
    let named = WEAKNESSES.iter().map(|w| w.row).chain(NOT_APPLICABLE.iter().map(|(row, _)| *row));
    assert_eq!(named.collect::<BTreeSet<_>>(), (1..=36).collect());
    // Of what is seeded by halves the other half is.
    assert!(NOT_APPLICABLE.iter().all(|(row, _)| WEAKNESSES.iter().all(|w| w.row != *row)));
    assert_eq!(SOUND.iter().map(|w| w.row).collect::<BTreeSet<_>>(), (1..=8).collect());
    let ids = WEAKNESSES.iter().chain(SOUND).map(|w| w.id).collect::<BTreeSet<_>>();
    assert_eq!(ids.len(), WEAKNESSES.len() + SOUND.len());
}

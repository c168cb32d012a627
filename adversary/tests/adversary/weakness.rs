//! Every seeded weakness is flagged at exactly what it breaks, no sound variant is flagged.

use std::collections::BTreeSet;
use std::time::Instant;

use quorate_adversary::subjects::Multiply;
use quorate_adversary::weakness::toy::Toy;
use quorate_adversary::weakness::way::Way;
use quorate_adversary::weakness::{
    Battery, Change, Finding, NOT_APPLICABLE, NOT_SEEDED, SOUND, WEAKNESSES, Weakness, examine, losses,
};

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

/// The scratch online phase done as shipped has the figures of what ships.
#[test]
fn the_scratch_program_is_the_shipped_one() {
    let figures = |subject: &'static dyn quorate_adversary::DynSubject| {
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
    assert!(NOT_SEEDED.iter().all(|(row, _)| WEAKNESSES.iter().any(|w| w.row == *row)));
    assert!(NOT_APPLICABLE.iter().all(|(row, _)| WEAKNESSES.iter().all(|w| w.row != *row)));
    assert_eq!(SOUND.iter().map(|w| w.row).collect::<BTreeSet<_>>(), (1..=8).collect());
    let ids = WEAKNESSES.iter().chain(SOUND).map(|w| w.id).collect::<BTreeSet<_>>();
    assert_eq!(ids.len(), WEAKNESSES.len() + SOUND.len());
}

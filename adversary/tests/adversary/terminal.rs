//! After any failed check nothing works any more.

use protocols::FRAME_SHAPE;
use quorate_adversary::Verdict;
use quorate_adversary::properties::terminal::{after, times};
use tempfile::TempDir;

#[test]
fn every_failed_check_ends_everything() {
    let made = times(0, TempDir::new().unwrap().path()).unwrap();
    for check in protocols::CHECKS {
        let made = made.get(check.id).copied().unwrap_or(0);
        assert!(made > 0, "{check} is never made");
        // The last time; the check that is made of every frame also at the beginning and on the way.
        let mut moments = vec![made - 1];
        if **check == FRAME_SHAPE {
            moments.extend([0, made / 2, made - 10]);
        }
        for nth in moments {
            let row = after(check, nth, 0, TempDir::new().unwrap().path()).unwrap();
            println!("{row}");
            assert_eq!(row.verdict(), Verdict::Pass, "{row}");
            assert!(row.cases > 18);
        }
    }
}

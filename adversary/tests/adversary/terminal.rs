//! After any failed check nothing works any more.

use protocols::{AUTH_CONSISTENCY, FRAME_SHAPE, INIT_ALPHA, MAC_CHECK, MAC_OUTPUT, OT_CONSISTENCY, TRIPLE_SACRIFICE};
use quorate_adversary::Verdict;
use quorate_adversary::properties::Value;
use quorate_adversary::properties::terminal::{KEYS, after, times};
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
            // Once after it was used in the dead session, once left alone.
            let keys = row.figures == [(KEYS, Value::Count(2))];
            let with_key = [OT_CONSISTENCY, AUTH_CONSISTENCY, TRIPLE_SACRIFICE, MAC_CHECK, MAC_OUTPUT];
            assert!(keys || !with_key.contains(check), "{row}");
            assert!(!keys || **check != INIT_ALPHA, "{row}");
        }
    }
}

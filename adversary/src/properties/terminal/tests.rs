//! What has not died after a failed check is found.

use super::*;

fn of() -> RefCell<Row> {
    RefCell::new(Row::new("terminality", "a session"))
}

/// A key that outlives the failed check is wiped by its first use in the dead session: whoever asks only then whether
/// it is dead finds nothing.
#[test]
fn a_key_that_outlives_a_failed_check_is_found_only_if_it_is_left_alone() {
    for insists in [true, false] {
        let (kept, dead) = (RefCell::<Option<Held>>::default(), of());
        let (kept_, dead_) = (&kept, &dead);
        run(SessionId([0x75; 32]), 0, None, |mut s| async move {
            if s.me() == VICTIM {
                s.die();
                let mut held = Held { key: Some(MacKey::from_share(F::ZERO)), ..Held::default() };
                if insists {
                    insist(&mut s, &mut held, dead_).await;
                }
                kept_.replace(Some(held));
            }
            Ok(())
        });
        assert_eq!(dead.borrow().violations, Vec::<String>::new());
        let row = of();
        assert!(elsewhere(&mut kept.take().unwrap(), 1, &row));
        let row = row.into_inner();
        assert_eq!((row.cases, row.violations.is_empty()), (1, insists), "{row}");
    }
}

/// A session that goes on, a key that was not wiped and a segment that can be used again are each found.
#[test]
fn what_has_not_died_is_found() {
    let found = |row: RefCell<Row>, what: &str| {
        let row = row.into_inner();
        assert!(row.violations.iter().any(|v| v.contains(what)), "{what}: {row}");
    };
    let place = tempfile::tempdir().unwrap();
    let (kept, live) = (RefCell::<Option<Held>>::default(), of());
    let (place_, kept_, live_) = (place.path(), &kept, &live);
    let (endings, _) = run(SessionId([0x74; 32]), 0, None, |mut s| async move {
        let mut held = Held::default();
        compute(&mut s, place_, &mut held).await?;
        if s.me() == VICTIM {
            drop((held.dir.take(), held.key.take()));
            kept_.replace(Some(held));
            insist(&mut s, &mut Held::default(), live_).await;
        }
        Ok(())
    });
    // Nobody answers what a session that is alive asks for.
    assert_eq!(endings[VICTIM.index()], Ending::Stuck);
    found(live, "send works after the abort");
    let (mut held, key, segment) = (kept.take().unwrap(), of(), of());
    held.key = Some(MacKey::from_share(F::ZERO));
    assert!(elsewhere(&mut held, 1, &key));
    found(key, "the key checks again: Output");
    restarted(&held, place.path(), &segment);
    // It is put to use, and waits for peers that are gone.
    found(segment, "after a restart the segment is Stuck");
}

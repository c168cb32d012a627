//! Power cuts at every change of the disk, and backups of the directory from every moment: no item is ever handed out
//! twice.

use std::collections::BTreeSet;

use super::*;

/// A life with everything in it: two segments, a clean end, a reopening, an end without closing. Every item handed out
/// is noted at once.
fn life(place: &Place, seen: &mut Vec<u64>) -> Result<()> {
    let dir = place.open()?;
    let b = generate(&dir, 0, 1)?;
    let mut ledger = take(&dir, &b)?;
    for _ in 0..5 {
        seen.push(integer(ledger.parts().1.triples(1)?.a.value[0]));
    }
    seen.push(checked(&ledger.parts().1.randoms(1)?));
    ledger.close()?;
    drop(dir);
    let dir = place.open()?;
    let mut ledger = take(&dir, &b)?;
    for _ in 0..4 {
        seen.push(integer(ledger.parts().1.triples(1)?.a.value[0]));
    }
    seen.push(checked(&ledger.parts().1.masks(PartyId::new(1), 1)?.shared));
    ledger.close()?;
    let mut ledger = take(&dir, &b)?;
    seen.push(integer(ledger.parts().1.triples(1)?.a.value[0]));
    Ok(())
}
/// A later start that takes all it can get.
fn rest(place: &Place, seen: &mut Vec<u64>) -> Result<()> {
    let dir = place.open()?;
    let b = Binding { session: SessionId([1; 32]), parameters: [9; 32], n: 2, me: PartyId::new(0) };
    let mut ledger = take(&dir, &b)?;
    seen.append(&mut drain(&mut ledger, 0)?);
    ledger.close()
}
fn distinct(seen: &[u64]) -> bool {
    seen.iter().collect::<BTreeSet<_>>().len() == seen.len()
}
/// The number of changes that a whole life makes.
fn moments() -> u64 {
    let before = power::changes();
    life(&Place::new(), &mut Vec::new()).unwrap();
    power::changes() - before
}
/// A life that ends with the power at this change.
fn cut(place: &Place, k: u64, seen: &mut Vec<u64>, what: fn(&Place, &mut Vec<u64>) -> Result<()>) -> bool {
    power::cut_after(Some(k));
    let end = what(place, seen);
    power::cut_after(None);
    end.is_err()
}

#[test]
fn power_cuts_never_repeat_an_item() {
    let (mut resumed, mut burnt) = (0, 0);
    for k in 0..moments() {
        let place = Place::new();
        let mut seen = Vec::new();
        assert!(cut(&place, k, &mut seen, life), "moment {k} is none");
        // The next start loses power as well; neighbouring k take turns at its first changes.
        for j in (k % 4..12).step_by(4) {
            let twin = place.twin();
            let mut seen = seen.clone();
            cut(&twin, j, &mut seen, rest);
            let before = seen.len();
            match rest(&twin, &mut seen) {
                Ok(()) if seen.len() > before => resumed += 1,
                Ok(()) => {}
                Err(Error::Local(why)) if why.contains("burnt") => burnt += 1,
                Err(Error::Local(why)) if why.contains("used up") => {}
                // The power went before there was a segment.
                Err(Error::Local(why)) => assert!(why.contains("there is no preprocessing"), "{k} {j}: {why}"),
                Err(e) => panic!("{k} {j}: {e:?}"),
            }
            assert!(distinct(&seen), "power cut at change {k}, then {j}: an item came twice");
        }
    }
    assert!(resumed > 20 && burnt > 20, "the cuts reach both outcomes: {resumed} resumed, {burnt} burnt");
}

#[test]
fn backups_of_the_directory_never_repeat_an_item() {
    let (mut refused, mut burnt) = (0, 0);
    let place = Place::new();
    let mut lived = Vec::new();
    life(&place, &mut lived).unwrap();
    for k in 0..moments() {
        // The directory as it was at moment k of the same life (same tape, hence the same ledger) ...
        let old = Place::new();
        cut(&old, k, &mut Vec::new(), life);
        // ... comes back after that life, with the fence as it is now.
        let now = place.twin();
        now.restore(&old.ledger());
        let mut seen = lived.clone();
        match rest(&now, &mut seen) {
            Err(Error::Local(why)) if why.contains("restored from a backup") => refused += 1,
            Err(Error::Local(why)) if why.contains("burnt") => burnt += 1,
            Err(Error::Local(why)) => {
                assert!(why.contains("is missing") || why.contains("another ledger"), "{k}: {why}")
            }
            other => panic!("{k}: {other:?}"),
        }
        assert!(distinct(&seen), "backup of moment {k}: an item came twice");
    }
    assert!(refused > 20 && burnt > 0, "{refused} refused, {burnt} burnt");
}

/// The id of a session is used for one generation, whatever happened to the first.
#[test]
fn a_session_generates_again_only_if_nothing_was_handed_out() {
    let (mut again, mut refused) = (0, 0);
    for k in 0..moments() {
        let place = Place::new();
        let mut seen = Vec::new();
        cut(&place, k, &mut seen, life);
        match generate(&place.open().unwrap(), 0, 1) {
            Ok(_) => {
                assert!(
                    seen.is_empty(),
                    "power cut at change {k}: {seen:?} came out of a session that generates again"
                );
                again += 1;
            }
            Err(Error::Local(why)) => {
                assert!(why.contains("already"), "{k}: {why}");
                refused += 1;
            }
            Err(e) => panic!("{k}: {e:?}"),
        }
    }
    assert!(again > 5 && refused > 20, "{again} again, {refused} refused");
}

#[test]
fn single_files_of_a_backup_never_repeat_an_item() {
    let place = Place::new();
    let mut lived = Vec::new();
    life(&place, &mut lived).unwrap();
    for k in (0..moments()).step_by(3) {
        let old = Place::new();
        cut(&old, k, &mut Vec::new(), life);
        for file in old.files() {
            let now = place.twin();
            let target = now.root.path().join(file.strip_prefix(old.root.path()).unwrap());
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(&file, target).unwrap();
            let mut seen = lived.clone();
            let _ = rest(&now, &mut seen);
            assert!(distinct(&seen), "{} of moment {k}: an item came twice", file.display());
        }
    }
}

#[test]
fn a_copy_without_its_fence_is_refused_in_its_first_epoch_as_well() {
    let place = Place::new();
    generate(&place.open().unwrap(), 0, 1).unwrap();
    // The same unused segment on two machines: one of them has no fence.
    let copied = place.twin();
    fs::remove_dir_all(copied.fences()).unwrap();
    assert!(refusal(copied.open()).contains("fence") && refusal(copied.open()).contains("missing"));
    drop(place.open().unwrap());
}

#[test]
fn a_lost_or_old_fence_is_an_error() {
    let place = Place::new();
    let dir = place.open().unwrap();
    // In its first epoch an empty ledger may be one ahead of no fence at all: the power went between the two files.
    drop(dir);
    fs::remove_dir_all(place.fences()).unwrap();
    let dir = place.open().unwrap();
    let b = generate(&dir, 0, 1).unwrap();
    drop(dir);
    let old = place.twin();
    take(&place.open().unwrap(), &b).unwrap().close().unwrap();
    let lost = place.twin();
    fs::remove_dir_all(lost.fences()).unwrap();
    assert!(refusal(lost.open()).contains("fence") && refusal(lost.open()).contains("missing"));
    let behind = place.twin();
    fs::remove_dir_all(behind.fences()).unwrap();
    copy(&old.fences(), &behind.fences());
    assert!(refusal(behind.open()).contains("behind the ledger's epoch"));
    let restored = place.twin();
    restored.restore(&old.ledger());
    assert!(refusal(restored.open()).contains("the ledger was restored from a backup"));
    // Without its state file a ledger does not start afresh.
    fs::remove_file(place.ledger().join("state")).unwrap();
    assert!(refusal(place.open()).contains("state: it is missing"));
}

#[test]
fn the_tombstone_survives_power_cuts() {
    for k in 0.. {
        let place = Place::new();
        let dir = place.open().unwrap();
        let b = generate(&dir, 0, 1).unwrap();
        let s = session(0, 1);
        let mut ledger = take(&dir, &b).unwrap();
        ledger.dies_with(dir.bury_with(&s, b.id::<F128>()));
        drop(ledger.parts().1.triples(1).unwrap());
        power::cut_after(Some(k));
        let before = power::changes();
        s.die();
        let whole = power::changes() - before < k;
        drop((ledger, dir, s));
        power::cut_after(None);
        let why = refusal(take(&place.open().unwrap(), &b));
        assert!(why.contains("wiped") || why.contains("burnt"), "{why}");
        assert!(!place.files().iter().any(|p| p.ends_with("alpha")), "the key is still there after a cut at {k}");
        if whole {
            assert!(k > 5 && why.contains("wiped"));
            break;
        }
    }
}

//! What goes wrong half-way, and what no caller should ask: torn blocks, two copies at once, tombstones that cannot be
//! written, segments that are not there.

use field::Fr;

use super::*;
use crate::ledger::Status;
use crate::ledger::record::Kind;
use crate::ledger::segment::Head;
use crate::ledger::state::{Entry, State};

/// Whether key share or items of any segment are on disk.
fn holds_shares(place: &Place) -> bool {
    place.files().iter().any(|p| p.ends_with("alpha") || p.ends_with("blocks"))
}

#[test]
fn a_torn_block_is_not_built_upon() {
    // Cut within the first column, and within a later one.
    for k in [0, 3] {
        let place = Place::new();
        let dir = place.open().unwrap();
        let s = session(0, 1);
        let key = MacKey::from_share(F128::ONE);
        let mut w = dir.writer(&s, [9; 32], &key).unwrap().with_block(4);
        w.triples(triples(0, 4)).unwrap();
        power::cut_after(Some(k));
        assert!(w.triples(triples(4, 4)).is_err());
        // There is room again, but half a block lies in the file.
        power::cut_after(None);
        assert!(refusal(w.triples(triples(4, 4))).contains("in part"));
        assert!(refusal(w.randoms(shares(0, 1))).contains("in part"));
        assert!(refusal(w.finish(key)).contains("in part"));
        assert_eq!(place.files().len(), 3, "nothing is left of it");
    }
}

#[test]
fn two_copies_of_a_ledger_are_not_open_at_once() {
    let place = Place::new();
    generate(&place.open().unwrap(), 0, 1).unwrap();
    let first = place.open().unwrap();
    // The copy has a lock file of its own and, until either puts something to use, the epoch of the fence.
    let copied = place.root.path().join("copy");
    copy(&place.ledger(), &copied);
    let open = || Directory::open(&copied, &place.fences(), &Tape::seeded([7; 32]));
    assert!(refusal(open()).contains("another process"));
    drop(first);
    drop(open().unwrap());
    assert!(refusal(place.open()).contains("was restored from a backup"));
}

#[test]
fn a_tombstone_that_cannot_be_written_costs_the_files_all_the_same() {
    for later in [false, true] {
        let place = Place::new();
        let dir = place.open().unwrap();
        let b = generate(&dir, 0, 1).unwrap();
        let s = session(0, 1);
        dir.bury_with(&s, b.id::<F128>());
        // The state file cannot be replaced, as on a full disk; files can be overwritten and removed.
        let full = place.ledger().join("state.new");
        fs::create_dir(&full).unwrap();
        s.die();
        assert!(!holds_shares(&place), "{:?}", place.files());
        assert!(refusal(take(&dir, &b)).contains("wiped"));
        // The next write of the state makes good for it, if there is one.
        fs::remove_dir(&full).unwrap();
        if later {
            generate(&dir, 0, 2).unwrap();
        }
        drop((dir, s));
        let dir = place.open().unwrap();
        assert_eq!(dir.stock()[0].status, if later { Status::Failed } else { Status::Sealed });
        let why = refusal(take(&dir, &b));
        assert!(why.contains(if later { "wiped" } else { "its files are gone" }), "{why}");
        // What is gone does not serve to say what differs either.
        assert!(refusal(dir.take::<Fr>(&b)).contains("there is no preprocessing"));
    }
}

/// Uses five triples of a sealed segment.
fn five(dir: &Directory, b: &Binding) {
    let mut ledger = take(dir, b).unwrap();
    assert!(same(&ledger.parts().1.triples(5).unwrap().a, 0, 5));
    ledger.close().unwrap();
}

#[test]
fn a_fence_put_back_alone_by_one_epoch_is_repaired_and_nothing_repeats() {
    let place = Place::new();
    let dir = place.open().unwrap();
    let b = generate(&dir, 0, 1).unwrap();
    let old = place.twin();
    five(&dir, &b);
    drop(dir);
    fs::remove_dir_all(place.fences()).unwrap();
    copy(&old.fences(), &place.fences());
    let dir = place.open().unwrap();
    assert_eq!(drain(&mut take(&dir, &b).unwrap(), 0).unwrap()[0], 5);
}

#[test]
fn a_copy_from_before_a_death_in_its_epoch_has_the_exact_cursors() {
    let place = Place::new();
    let dir = place.open().unwrap();
    let b = generate(&dir, 0, 1).unwrap();
    five(&dir, &b);
    let old = place.twin();
    let s = session(0, 1);
    dir.bury_with(&s, b.id::<F128>());
    s.die();
    assert!(refusal(take(&dir, &b)).contains("wiped"));
    drop((dir, s));
    // No epoch began since the copy, so the fence admits it: nothing left since either.
    place.restore(&old.ledger());
    let dir = place.open().unwrap();
    assert_eq!(drain(&mut take(&dir, &b).unwrap(), 0).unwrap()[0], 5);
}

#[test]
fn a_key_share_is_overwritten_under_its_first_name_as_well() {
    let mut left = 0;
    for k in 0.. {
        let place = Place::new();
        let dir = place.open().unwrap();
        power::cut_after(Some(k));
        let made = generate(&dir, 0, 1);
        drop(dir);
        power::cut_after(None);
        if made.is_ok() {
            break;
        }
        let Some(aside) = place.files().into_iter().find(|p| p.ends_with("alpha.new")) else { continue };
        left += usize::from(!fs::read(&aside).unwrap().is_empty());
        // A second name shows what becomes of the content.
        let kept = place.root.path().join("kept");
        fs::hard_link(&aside, &kept).unwrap();
        drop(place.open().unwrap());
        assert!(!aside.exists() && fs::read(&kept).unwrap().iter().all(|b| *b == 0), "cut at {k}");
    }
    assert_eq!(left, 3, "a cut within the write, before the flush, before the renaming");
}

#[test]
fn a_kind_that_the_segment_lacks_is_refused() {
    let place = Place::new();
    let dir = place.open().unwrap();
    let b = generate(&dir, 0, 1).unwrap();
    let mut ledger = take(&dir, &b).unwrap();
    for n in [0, 1] {
        assert!(refusal(ledger.parts().1.masks(PartyId::new(9), n)).contains("no input masks of P9"));
    }
    assert_eq!(ledger.parts().1.masks(PartyId::new(1), 0).unwrap().shared.value.len(), 0);
    assert_eq!(drain(&mut ledger, 0).unwrap().len(), 40);
}

#[test]
fn items_leave_only_while_their_segment_is_open() {
    let place = Place::new();
    let ends: [fn(&mut State); 3] = [
        |state| state.entries[0].status = Status::Failed,
        |state| state.entries[0].status = Status::Sealed,
        |state| state.entries.clear(),
    ];
    let dir = place.open().unwrap();
    for (k, end) in ends.into_iter().enumerate() {
        let b = generate(&dir, 0, k as u8 + 1).unwrap();
        let mut ledger = dir.take::<F128>(&b).unwrap();
        let items = ledger.parts().1;
        items.triples(1).unwrap();
        let inner = items.dir.clone();
        // The lines of earlier segments go, so that this one's is the first.
        inner.borrow_mut().update(|state| state.entries.retain(|e| e.id == b.id::<F128>())).unwrap();
        inner.borrow_mut().update(end).unwrap();
        // Within what is reserved already, and beyond.
        assert!(refusal(items.triples(1)).contains("is not open"));
        items.shorten_strides(3);
        assert!(refusal(items.triples(4)).contains("is not open"));
    }
}

#[test]
fn only_a_sealed_segment_is_opened() {
    let place = Place::new();
    let dir = place.open().unwrap();
    let b = generate(&dir, 0, 1).unwrap();
    let id = b.id::<F128>();
    let mut ledger = take(&dir, &b).unwrap();
    ledger.parts().1.triples(1).unwrap();
    let shared = ledger.parts().1.dir.clone();
    let mut inner = shared.borrow_mut();
    let path = inner.segment(&id).join("head");
    let head = Head::decode(inner.key.open(Kind::Head, &fs::read(&path).unwrap(), &path).unwrap(), &path).unwrap();
    let under = MacKey::from_share(F128::ONE).under();
    let changes: [fn(&mut State); 3] =
        [|_| {}, |state| state.entries[0].status = Status::Failed, |state| state.entries.clear()];
    for change in changes {
        inner.update(change).unwrap();
        let again = super::super::Items::<F128>::open(shared.clone(), &mut inner, id, &head, under);
        assert!(refusal(again).contains("is not sealed"));
    }
}

#[test]
fn a_cursor_beyond_the_items_is_an_error() {
    let read = |used| {
        let (id, session) = ([1; 32], SessionId([1; 32]));
        let entry = Entry { id, session, status: Status::Sealed, used, total: vec![2, 5] };
        let state = State { epoch: 1, entries: vec![entry] };
        State::decode(&state.encode(), Path::new("state")).map(drop)
    };
    assert_eq!(read(vec![2, 5]), Ok(()));
    assert!(refusal(read(vec![3, 0])).contains("wrong form"));
    assert!(refusal(read(vec![0, 6])).contains("wrong form"));
}

//! The ordinary life of a segment, and its death.

use std::cell::Cell;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::task::{Context, Poll};

use field::{F31, Fr};
use transport::{Frame, Incoming, Net, NetError, Stream};

use super::*;
use crate::ledger::Status;

#[test]
fn items_come_out_once_in_order_across_runs() {
    let place = Place::new();
    let dir = place.open().unwrap();
    let b = generate(&dir, 0, 1).unwrap();
    let mut ledger = take(&dir, &b).unwrap();
    let t = ledger.parts().1.triples(9).unwrap();
    assert!(same(&t.a, 0, 9) && same(&t.b, 10_000, 9) && same(&t.c, 20_000, 9));
    assert!(same(&ledger.parts().1.randoms(1).unwrap(), RANDOMS, 1));
    ledger.close().unwrap();
    drop(dir);
    let dir = place.open().unwrap();
    assert_eq!(dir.stock()[0].triples, TRIPLES - 9);
    let mut ledger = dir.take::<F128>(&b).unwrap();
    assert!(ledger.parts().0.share() == F128::from_u64(77));
    assert!(same(&ledger.parts().1.triples(3).unwrap().c, 20_009, 3));
    assert!(same(&ledger.parts().1.randoms(6).unwrap(), RANDOMS + 1, 6));
    let m = ledger.parts().1.masks(PartyId::new(0), 5).unwrap();
    assert!(same(&m.shared, MASKS, 5) && m.clear.is_some_and(|c| c.0[4] == F128::from_u64(MASKS + 5004)));
    assert!(ledger.parts().1.masks(PartyId::new(1), 2).unwrap().clear.is_none());
    assert!(refusal(ledger.parts().1.randoms(1)).contains("generate more"));
    assert!(refusal(ledger.parts().1.triples(12)).contains("11 triples left"));
    assert_eq!(drain(&mut ledger, 0).unwrap(), (12..23).chain(MASKS * 2 + 2..MASKS * 2 + 5).collect::<Vec<_>>());
}

#[test]
fn tiny_fields_and_whole_blocks() {
    let place = Place::new();
    let dir = place.open().unwrap();
    let s = session(1, 1);
    let key = MacKey::from_share(F31::from_u64(30));
    let mut w = dir.writer(&s, [0; 32], &key).unwrap();
    w.randoms(shares(0, 3 * 4096 + 1)).unwrap();
    let b = w.finish(key).unwrap();
    let mut ledger = dir.take::<F31>(&b).unwrap();
    assert!(same(&ledger.parts().1.randoms(10_000).unwrap(), 0, 10_000));
    assert!(same(&ledger.parts().1.randoms(2_289).unwrap(), 10_000, 2_289));
}

#[test]
fn a_segment_left_open_is_burnt() {
    let place = Place::new();
    let dir = place.open().unwrap();
    let b = generate(&dir, 0, 1).unwrap();
    let mut ledger = take(&dir, &b).unwrap();
    assert!(refusal(dir.take::<F128>(&b)).contains("in use"));
    drop(ledger.parts().1.triples(1).unwrap());
    drop((ledger, dir));
    let dir = place.open().unwrap();
    assert_eq!(dir.stock()[0].status, Status::Interrupted);
    assert!(refusal(take(&dir, &b)).contains("burnt"));
    assert_eq!(place.files().len(), 3, "key, state and fence are left: {:?}", place.files());
}

#[test]
fn the_cursor_on_disk_is_never_behind() {
    let place = Place::new();
    let dir = place.open().unwrap();
    let b = generate(&dir, 0, 1).unwrap();
    let (mut ledger, mut strides) = (take(&dir, &b).unwrap(), std::collections::BTreeSet::new());
    for handed in 1..=TRIPLES {
        drop(ledger.parts().1.triples(1).unwrap());
        // What the disk says at this moment.
        let left = place.twin().open().unwrap().stock()[0].triples;
        assert!(left <= TRIPLES - handed, "{handed} triples are out, {left} are left on disk");
        strides.insert(left);
    }
    assert_eq!(strides.len(), 8, "strides of three");
}

#[test]
fn a_segment_opened_for_nothing_is_not() {
    let place = Place::new();
    let dir = place.open().unwrap();
    let b = generate(&dir, 0, 1).unwrap();
    drop(take(&dir, &b).unwrap());
    assert_eq!(drain(&mut take(&dir, &b).unwrap(), 0).unwrap().len(), 40);
}

#[test]
fn used_up_segments_leave_nothing() {
    let place = Place::new();
    let dir = place.open().unwrap();
    let b = generate(&dir, 0, 1).unwrap();
    let mut ledger = take(&dir, &b).unwrap();
    drain(&mut ledger, 0).unwrap();
    ledger.close().unwrap();
    assert_eq!(place.files().len(), 3, "key, state and fence are left: {:?}", place.files());
    assert!(refusal(dir.take::<F128>(&b)).contains("used up"));
    assert_eq!((dir.stock()[0].status, dir.stock()[0].triples), (Status::Sealed, 0));
    drop(dir);
    assert!(refusal(place.open().unwrap().take::<F128>(&b)).contains("used up"));
}

#[test]
fn unfinished_segments_leave_nothing() {
    let place = Place::new();
    let dir = place.open().unwrap();
    let s = session(0, 1);
    let key = MacKey::from_share(F128::ONE);
    let mut w = dir.writer(&s, [9; 32], &key).unwrap();
    w.triples(triples(0, 3)).unwrap();
    drop(w);
    assert_eq!(place.files().len(), 3);
    // The session dies during generation: nothing can be finished.
    let key = MacKey::from_share(F128::ONE);
    let mut w = dir.writer(&s, [9; 32], &key).unwrap();
    s.die();
    assert_eq!(w.triples(triples(0, 3)), Err(Error::Dead));
    assert_eq!(w.finish(key), Err(Error::Dead));
    assert_eq!(place.files().len(), 3);
    assert!(dir.writer(&s, [9; 32], &MacKey::from_share(F128::ONE)).is_err_and(|e| e == Error::Dead));
    // A session generates once.
    generate(&dir, 0, 2).unwrap();
    assert!(refusal(generate(&dir, 0, 2)).contains("already"));
    // Masks of the wrong shape for this party.
    let s = session(0, 3);
    let key = MacKey::from_share(F128::ONE);
    let mut w = dir.writer(&s, [9; 32], &key).unwrap();
    assert!(refusal(w.masks(PartyId::new(1), masks(0, 0, 0, 3))).contains("wrong shape"));
    assert!(refusal(w.masks(PartyId::new(9), masks(0, 0, 0, 3))).contains("wrong shape"));
}

#[test]
fn a_key_enters_the_ledger_with_its_own_items_only() {
    let place = Place::new();
    let dir = place.open().unwrap();
    let s = session(0, 1);
    let key = || MacKey::from_share(F128::ONE);
    let mine = key();
    let mut w = dir.writer(&s, [9; 32], &mine).unwrap();
    let of = |k: &MacKey<F128>| Shared::of(vec![F128::ONE], vec![F128::ONE], k.under());
    w.randoms(of(&mine)).unwrap();
    assert!(refusal(w.randoms(of(&key()))).contains("another MAC key"));
    assert!(refusal(w.finish(key())).contains("not the one that it was started with"));
    // With openings that nobody checked it does not go to disk.
    let mut mine = key();
    let w = dir.writer(&s, [9; 32], &mine).unwrap();
    mine.opened.record(&[F128::ONE], &[F128::ONE]);
    assert!(refusal(w.finish(mine)).contains("not checked"));
    assert_eq!(place.files().len(), 3, "nothing is left of it");
}

#[test]
fn a_segment_goes_back_only_with_its_key_and_nothing_unchecked() {
    for (used, why) in [(true, "not checked"), (false, "not checked"), (true, "taken away"), (false, "taken away")] {
        let place = Place::new();
        let dir = place.open().unwrap();
        let b = generate(&dir, 0, 1).unwrap();
        let mut ledger = take(&dir, &b).unwrap();
        let (key, items) = ledger.parts();
        if used {
            drop(items.triples(1).unwrap());
        }
        let mut taken = None;
        if why == "taken away" {
            taken = Some(std::mem::replace(key, MacKey::from_share(F128::ONE)));
        } else {
            key.opened.record(&[F128::ONE], &[F128::ONE]);
        }
        assert!(refusal(ledger.close()).contains(why));
        // While the key may be alive somewhere, and after the next start, there is no second one.
        assert!(refusal(take(&dir, &b)).contains("in use"));
        drop((dir, taken));
        assert!(refusal(take(&place.open().unwrap(), &b)).contains("burnt"));
    }
}

/// A network that looks at the ledger when the abort leaves.
struct Witness {
    net: transport::threads::ThreadNet,
    place: Rc<Place>,
    seen: Rc<Cell<Option<bool>>>,
}
impl Net for Witness {
    fn me(&self) -> PartyId {
        self.net.me()
    }
    fn parties(&self) -> &Parties {
        self.net.parties()
    }
    fn send(&self, to: PartyId, stream: Stream, frame: Frame) -> Result<(), NetError> {
        self.net.send(to, stream, frame)
    }
    fn poll_recv(&self, cx: &mut Context<'_>, from: PartyId, stream: Stream) -> Poll<Result<Incoming, NetError>> {
        self.net.poll_recv(cx, from, stream)
    }
    fn abort(&self) {
        // A copy, because the ledger itself is locked.
        let dead = self.place.twin().open().unwrap().stock()[0].status == Status::Failed;
        let wiped = !self.place.files().iter().any(|p| p.ends_with("alpha") || p.ends_with("blocks"));
        self.seen.set(Some(dead && wiped));
    }
    fn park(&self) {
        self.net.park();
    }
}

#[test]
fn the_tombstone_is_on_disk_before_the_abort_leaves() {
    let place = Rc::new(Place::new());
    let dir = place.open().unwrap();
    let seen = Rc::new(Cell::new(None));
    let net = mesh(&Parties::anonymous(2)).swap_remove(0);
    let net = Rc::new(Witness { net, place: place.clone(), seen: seen.clone() });
    let s = Session::new(net, SessionId([1; 32]), Rc::new(Real::bootstrap()), Tape::seeded([0; 32]));
    let key = MacKey::from_share(F128::ONE);
    let mut w = dir.writer(&s, [9; 32], &key).unwrap();
    w.triples(triples(0, 10)).unwrap();
    let b = w.finish(key).unwrap();
    let mut ledger = dir.take::<F128>(&b).unwrap();
    ledger.dies_with(dir.bury_with(&s, b.id::<F128>()));
    drop(ledger.parts().1.triples(2).unwrap());
    s.die();
    assert_eq!(seen.get(), Some(true));
    assert!(ledger.parts().1.triples(1).is_err_and(|e| e == Error::Dead));
    assert_eq!(ledger.close(), Err(Error::Dead));
    assert!(refusal(take(&dir, &b)).contains("wiped"));
    drop((dir, s));
    assert!(refusal(take(&place.open().unwrap(), &b)).contains("wiped"));
}

#[test]
fn what_does_not_fit_is_named() {
    let place = Place::new();
    let dir = place.open().unwrap();
    let b = generate(&dir, 0, 1).unwrap();
    assert!(refusal(dir.take::<Fr>(&b)).contains("over the field f128, this computation over fr"));
    let wrong = |change: &dyn Fn(&mut Binding)| {
        let mut b = b.clone();
        change(&mut b);
        refusal(take(&dir, &b))
    };
    assert!(wrong(&|b| b.me = PartyId::new(1)).contains("shares of P0, this is P1"));
    assert!(wrong(&|b| b.n = 3).contains("made by 2 parties"));
    assert!(wrong(&|b| b.parameters[0] = 0).contains("parameters 0909"));
    assert!(wrong(&|b| b.session.0[0] = 0).contains("there is no preprocessing of session 0001"));
    take(&dir, &b).unwrap();
}

#[test]
fn one_process_at_a_time_and_nobody_else_may_look() {
    let place = Place::new();
    let dir = place.open().unwrap();
    assert!(refusal(place.open()).contains("another process"));
    drop(dir);
    let inside = Directory::open(&place.ledger(), &place.ledger().join("fence"), &Tape::seeded([7; 32]));
    assert!(refusal(inside).contains("outside the ledger"));
    let (fence, tape) = (place.ledger().join("lock"), Tape::seeded([7; 32]));
    let file = refusal(Directory::open(&fence, &place.fences(), &tape));
    assert!(file.contains("a file is there") && !file.contains("chmod"), "{file}");
    fs::set_permissions(place.ledger(), fs::Permissions::from_mode(0o750)).unwrap();
    assert!(refusal(place.open()).contains("chmod 700"));
    fs::set_permissions(place.ledger(), fs::Permissions::from_mode(0o700)).unwrap();
    generate(&place.open().unwrap(), 0, 1).unwrap();
    for file in place.files() {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0, "{}", file.display());
    }
}

/// Runs in a process of its own whose files may not exceed 64 KiB.
#[test]
#[ignore = "started by a_full_disk_is_said"]
fn writes_more_than_fits() {
    let place = Place::new();
    let dir = place.open().unwrap();
    let s = session(0, 1);
    let key = MacKey::from_share(F128::ONE);
    let mut w = dir.writer(&s, [9; 32], &key).unwrap();
    let full = refusal(w.triples(triples(0, 4096)));
    assert!(full.contains("make room"), "{full}");
    // A block that was written in part must not be built upon.
    assert!(w.triples(triples(0, 4096)).is_err() && w.finish(key).is_err());
    assert_eq!(place.files().len(), 3, "nothing is left of it");
    generate(&dir, 0, 1).unwrap();
    println!("ran to its end");
}

#[test]
fn a_full_disk_is_said() {
    // SIGXFSZ is ignored, so that the write fails as on a full disk.
    let script = "trap '' XFSZ; ulimit -f 128; exec \"$0\" --ignored --nocapture writes_more_than_fits";
    let out = Command::new("sh").arg("-c").arg(script).arg(std::env::current_exe().unwrap()).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success() && text.contains("ran to its end"), "{text}");
}

//! Files that are not what was written: every one is an error, none a wrong value.

use std::collections::BTreeSet;
use std::io;

use super::*;
use crate::ledger::disk;
use crate::ledger::record::{Kind, LedgerKey};
use crate::ledger::segment::block_key;

/// A place with two finished segments.
fn two() -> (Place, Binding, Binding) {
    let place = Place::new();
    let dir = place.open().unwrap();
    let (a, b) = (generate(&dir, 0, 1).unwrap(), generate(&dir, 0, 2).unwrap());
    drop(dir);
    (place, a, b)
}
/// Everything that can be read of a segment.
fn read(place: &Place, b: &Binding) -> Result<Vec<u64>> {
    drain(&mut take(&place.open()?, b)?, 0)
}
/// The path of the same file in a twin.
fn at(twin: &Place, place: &Place, file: &Path) -> PathBuf {
    twin.root.path().join(file.strip_prefix(place.root.path()).unwrap())
}

#[test]
fn every_damaged_file_is_an_error() {
    let (place, b, other) = two();
    let random = Tape::seeded([3; 32]);
    let files = place.files();
    assert_eq!(files.len(), 9, "{files:?}");
    let unused = super::super::hex(&other.id::<F128>());
    for file in files.iter().filter(|f| !f.starts_with(place.ledger().join(&unused))) {
        let whole = fs::read(file).unwrap();
        let mut bad: Vec<Option<Vec<u8>>> = vec![None, Some(vec![]), Some(whole[..whole.len() - 1].to_vec())];
        bad.push(Some([&whole[..], &[0]].concat()));
        for _ in 0..40 {
            let mut flipped = whole.clone();
            flipped[random.uniform(whole.len() as u64) as usize] ^= 1 << random.uniform(8);
            bad.push(Some(flipped));
        }
        for (k, bytes) in bad.into_iter().enumerate() {
            let twin = place.twin();
            let path = at(&twin, &place, file);
            match bytes {
                Some(bytes) => fs::write(&path, bytes).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            // `drain` itself asserts that no item is torn.
            let message = refusal(read(&twin, &b));
            assert!(message.contains("generate") || message.contains("version"), "{} {k}: {message}", file.display());
        }
    }
    assert_eq!(read(&place, &b).unwrap().len(), 40);
    assert_eq!(read(&place.twin(), &other).unwrap().len(), 40);
}

#[test]
fn swapped_files_and_segments_are_errors() {
    let (place, b, other) = two();
    let [one, two] = [&b, &other].map(|b| super::super::hex(&b.id::<F128>()));
    for name in ["head", "alpha", "blocks"] {
        let twin = place.twin();
        fs::copy(twin.ledger().join(&two).join(name), twin.ledger().join(&one).join(name)).unwrap();
        assert!(refusal(read(&twin, &b)).contains("generate"), "{name}");
    }
    let twin = place.twin();
    let (p, q) = (twin.ledger().join(&one), twin.ledger().join(&two));
    fs::rename(&p, twin.root.path().join("x")).unwrap();
    fs::rename(&q, &p).unwrap();
    fs::rename(twin.root.path().join("x"), &q).unwrap();
    assert!(refusal(read(&twin, &b)).contains("another segment"));
    // Two blocks of one kind change places: 4 triples of 6 elements of 16 bytes each.
    let twin = place.twin();
    let path = twin.ledger().join(&one).join("blocks");
    let mut bytes = fs::read(&path).unwrap();
    let (first, second) = bytes.split_at_mut(384);
    first.swap_with_slice(&mut second[..384]);
    fs::write(&path, bytes).unwrap();
    assert!(refusal(read(&twin, &b)).contains("not what was written"));
    // A segment of another ledger, with a state line of its own there.
    let foreign = Place::new();
    let dir = Directory::open(&foreign.ledger(), &foreign.fences(), &Tape::seeded([8; 32])).unwrap();
    generate(&dir, 0, 1).unwrap();
    drop(dir);
    let twin = place.twin();
    for name in ["head", "alpha", "blocks"] {
        fs::copy(foreign.ledger().join(&one).join(name), twin.ledger().join(&one).join(name)).unwrap();
    }
    assert!(refusal(read(&twin, &b)).contains("tag is wrong"));
}

#[test]
fn after_a_damaged_block_nothing_follows() {
    let (place, b, _) = two();
    let path = place.ledger().join(super::super::hex(&b.id::<F128>())).join("blocks");
    let mut bytes = fs::read(&path).unwrap();
    bytes[400] ^= 1;
    fs::write(&path, bytes).unwrap();
    let dir = place.open().unwrap();
    let mut ledger = take(&dir, &b).unwrap();
    assert!(same(&ledger.parts().1.triples(4).unwrap().a, 0, 4));
    assert!(refusal(ledger.parts().1.triples(1)).contains("not what was written"));
    assert!(refusal(ledger.parts().1.triples(1)).contains("could not be read"));
    assert!(refusal(ledger.parts().1.randoms(1)).contains("could not be read"));
}

#[test]
fn future_versions_are_named() {
    let (place, b, _) = two();
    for file in place.files().iter().filter(|f| !f.ends_with("blocks")) {
        let twin = place.twin();
        let path = at(&twin, &place, file);
        let mut bytes = fs::read(&path).unwrap();
        bytes[9] = 2;
        fs::write(&path, bytes).unwrap();
        let other = file.starts_with(place.ledger()) && !file.to_string_lossy().contains(&hex_of(&b));
        let in_segment = file.parent() != Some(&place.ledger()) && file.starts_with(place.ledger());
        if !(other && in_segment) {
            let message = refusal(read(&twin, &b));
            assert!(message.contains("format 2, this program reads format 1"), "{message}");
        }
    }
}
fn hex_of(b: &Binding) -> String {
    super::super::hex(&b.id::<F128>())
}

#[test]
fn an_opening_reserves_a_stride_of_every_kind() {
    let place = Place::new();
    let dir = place.open().unwrap();
    let b = generate(&dir, 0, 1).unwrap();
    let mut ledger = dir.take::<F128>(&b).unwrap();
    // The whole segment is less than a stride, so nothing has to be written while it is used.
    assert_eq!((dir.stock()[0].triples, dir.stock()[0].randoms), (0, 0));
    let before = power::changes();
    assert_eq!(drain(&mut ledger, 0).unwrap().len(), 40);
    assert_eq!(power::changes(), before);
}

#[test]
fn what_is_not_a_segment_stays_where_it_is() {
    let place = Place::new();
    drop(place.open().unwrap());
    // Another name, one too short for an id, one as long as an id that is none; and a file that is called like one.
    let dirs = ["notes", "cafe", "z".repeat(64).as_str()].map(|name| place.ledger().join(name));
    dirs.iter().for_each(|d| fs::create_dir(d).unwrap());
    let file = place.ledger().join("a".repeat(64));
    fs::write(&file, "").unwrap();
    drop(place.open().unwrap());
    assert!(dirs.iter().all(|d| d.is_dir()) && file.is_file());
}

#[test]
fn a_ledger_that_cannot_be_written_says_for_whom_it_must_be() {
    for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem] {
        // Made here: whoever runs the tests as root is denied nothing.
        let told = disk::failed("writing", Path::new("state"), &io::Error::from(kind)).to_string();
        assert!(told.contains("must be writable for the user"), "{told}");
    }
}

#[test]
fn what_cannot_be_read_is_not_taken_for_missing() {
    let (place, b, _) = two();
    // A file where the segment's directory was: whether there is a head cannot be seen.
    let segment = place.ledger().join(hex_of(&b));
    fs::remove_dir_all(&segment).unwrap();
    fs::write(&segment, "").unwrap();
    let message = refusal(read(&place, &b));
    assert!(message.starts_with("reading") && !message.contains("it is missing"), "{message}");
}

#[test]
fn a_file_far_too_large_is_not_read() {
    let place = Place::new();
    drop(place.open().unwrap());
    // A hole: it takes no room on disk.
    let state = fs::File::options().write(true).open(place.ledger().join("state")).unwrap();
    state.set_len((1 << 30) + 1).unwrap();
    assert!(refusal(place.open()).contains("far too large"));
}

#[test]
fn a_key_share_is_overwritten_before_it_is_removed() {
    for end in ["used up", "dead", "found open"] {
        let place = Place::new();
        let dir = place.open().unwrap();
        let b = generate(&dir, 0, 1).unwrap();
        // A second name of the same file shows what is left of its content when the first is gone.
        let (alpha, kept) = (place.ledger().join(hex_of(&b)).join("alpha"), place.root.path().join("kept"));
        fs::hard_link(&alpha, &kept).unwrap();
        let mut ledger = take(&dir, &b).unwrap();
        let s = session(0, 1);
        match end {
            "used up" => {
                drain(&mut ledger, 0).unwrap();
                ledger.close().unwrap();
            }
            "dead" => {
                ledger.dies_with(dir.bury_with(&s, b.id::<F128>()));
                s.die();
            }
            _ => {
                drop(ledger.parts().1.triples(1).unwrap());
                drop((ledger, dir));
                drop(place.open().unwrap());
            }
        }
        let left = fs::read(&kept).unwrap();
        assert!(!alpha.exists() && left.len() > 32 && left.iter().all(|byte| *byte == 0), "{end}");
    }
}

#[test]
fn a_key_share_that_cannot_be_overwritten_is_said() {
    let place = Place::new();
    let dir = place.open().unwrap();
    let b = generate(&dir, 0, 1).unwrap();
    let mut ledger = take(&dir, &b).unwrap();
    drop(ledger.parts().1.triples(1).unwrap());
    drop((ledger, dir));
    // A directory cannot be written to, whoever runs this.
    let alpha = place.ledger().join(hex_of(&b)).join("alpha");
    fs::remove_file(&alpha).unwrap();
    fs::create_dir(&alpha).unwrap();
    assert!(refusal(place.open()).contains("wiping"));
    fs::remove_dir(&alpha).unwrap();
    assert!(refusal(take(&place.open().unwrap(), &b)).contains("burnt"));
}

#[test]
fn a_removal_that_fails_is_said_and_one_of_nothing_does_not_fail() {
    let place = Place::new();
    let segment = place.root.path().join("segment");
    assert_eq!(disk::remove_segment(&segment), Ok(()));
    fs::create_dir(&segment).unwrap();
    power::cut_after(Some(0));
    let cut = disk::remove_segment(&segment);
    power::cut_after(None);
    assert!(refusal(cut).contains("removing") && segment.is_dir());
    assert_eq!(disk::remove_segment(&segment), Ok(()));
    assert!(!segment.exists());
}

/// Changes the body of a sealed file and gives it the tag that this ledger would give it.
fn reseal(place: &Place, file: &Path, kind: Kind, change: impl FnOnce(&mut Vec<u8>)) {
    let path = place.ledger().join("ledger.key");
    let key = LedgerKey::from_file(&fs::read(&path).unwrap(), &path).unwrap();
    let mut body = key.open(kind, &fs::read(file).unwrap(), file).unwrap().to_vec();
    change(&mut body);
    fs::write(file, &*key.seal(kind, &body)).unwrap();
}

#[test]
fn sealed_content_of_the_wrong_form_is_an_error() {
    let (place, b, _) = two();
    let fence = place.files().into_iter().find(|f| f.starts_with(place.fences()) && f.extension().is_none()).unwrap();
    let (state, head) = (place.ledger().join("state"), place.ledger().join(hex_of(&b)).join("head"));
    // Where in the body and what to flip there: the id of another ledger; a status and a number of kinds that do not
    // exist; one party, seventeen, an own index beyond two and one beyond all; a block of a kind two parties do not have.
    let cases: [(&Path, Kind, usize, u8); 8] = [
        (&fence, Kind::Fence, 0, 1),
        (&state, Kind::State, 76, 4),
        (&state, Kind::State, 77, 5),
        (&head, Kind::Head, 64, 3),
        (&head, Kind::Head, 64, 19),
        (&head, Kind::Head, 65, 2),
        (&head, Kind::Head, 65, 200),
        (&head, Kind::Head, 107, 4),
    ];
    for (file, kind, byte, flip) in cases {
        let twin = place.twin();
        reseal(&twin, &at(&twin, &place, file), kind, |body| body[byte] ^= flip);
        let message = refusal(read(&twin, &b));
        assert!(message.contains("wrong form"), "{} {byte}: {message}", file.display());
    }
}

#[test]
fn a_block_that_is_used_up_is_not_read_again() {
    let (place, b, _) = two();
    let dir = place.open().unwrap();
    let mut ledger = take(&dir, &b).unwrap();
    drop(ledger.parts().1.triples(4).unwrap());
    ledger.close().unwrap();
    drop(dir);
    // Damage where nothing is taken from any more costs nothing.
    let path = place.ledger().join(hex_of(&b)).join("blocks");
    let mut bytes = fs::read(&path).unwrap();
    bytes[0] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(read(&place, &b).unwrap().len(), 36);
}

#[test]
fn every_ledger_segment_and_purpose_has_a_key_of_its_own() {
    let mut keys = BTreeSet::new();
    for secret in [1, 2] {
        let key = LedgerKey::new([0; 16], &[secret; 32]);
        for id in [[3; 32], [4; 32]] {
            keys.extend([*block_key(&key, &id), *key.derive("alpha", &id)]);
        }
    }
    assert_eq!(keys.len(), 8);
}

#[test]
fn a_sealed_body_comes_back_whatever_its_length() {
    let key = LedgerKey::new([0; 16], &[1; 32]);
    for len in [0, 1, 31, 32, 33, 1000] {
        let body = vec![7u8; len];
        let sealed = key.seal(Kind::Alpha, &body);
        assert_eq!(key.open(Kind::Alpha, &sealed, Path::new("alpha")), Ok(&body[..]));
    }
}

#[test]
fn a_key_share_of_another_generation_is_an_error() {
    let place = Place::new();
    drop(place.open().unwrap());
    // The same session generates twice in the same ledger, as after a lost first attempt: same segment, another key.
    let first = place.twin();
    let b = generate(&place.open().unwrap(), 0, 1).unwrap();
    let dir = first.open().unwrap();
    let key = MacKey::from_share(F128::from_u64(78));
    let lost = dir.writer(&session(0, 1), [9; 32], &key).unwrap().finish(key).unwrap();
    assert_eq!(lost, b);
    let alpha = Path::new(&hex_of(&b)).join("alpha");
    fs::copy(first.ledger().join(&alpha), place.ledger().join(&alpha)).unwrap();
    assert!(refusal(read(&place, &b)).contains("the MAC key of another segment"));
}

#[test]
fn a_segment_has_no_empty_blocks() {
    let place = Place::new();
    let dir = place.open().unwrap();
    let key = MacKey::from_share(F128::ONE);
    let mut w = dir.writer(&session(0, 1), [9; 32], &key).unwrap().with_block(4);
    // Two full blocks of one kind, nothing of the others.
    w.triples(triples(0, 8)).unwrap();
    let b = w.finish(key).unwrap();
    // Front, session, parameters, three bytes, `f128`, commitment, number of blocks; 37 bytes a block; tag.
    let head = place.ledger().join(hex_of(&b)).join("head");
    assert_eq!(fs::metadata(head).unwrap().len(), 11 + 32 + 32 + 3 + 4 + 32 + 4 + 2 * 37 + 32);
}

//! Files that are not what was written: every one is an error, none a wrong value.

use super::*;

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

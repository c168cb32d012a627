use super::*;

const DAY: Duration = Duration::from_secs(86_400);

fn now() -> Duration {
    Duration::from_secs(UnixTime::now().as_secs())
}
fn message(base: &Path) -> String {
    Identity::load(base).unwrap_err().to_string()
}

#[test]
fn a_generated_identity_loads_and_is_private() {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path().join("bank.v1");
    let fingerprint = keygen(&base, 30).unwrap();
    let identity = Identity::load(&base).unwrap();
    assert_eq!(identity.fingerprint(), fingerprint);
    assert_eq!(Fingerprint::of(identity.certificate()), Ok(fingerprint));
    assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
    let mode = fs::metadata(dir.path().join("bank.v1.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(format!("{identity:?}"), format!("Identity({fingerprint})"));
    assert!(matches!(keygen(&base, 30), Err(IdentityError::File { .. })), "a key was overwritten");
    assert_eq!(Identity::load(&base).unwrap().fingerprint(), fingerprint);
}

#[test]
fn a_certificate_outside_its_time_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (dir.path().join("old"), dir.path().join("new"));
    expired(&old);
    assert!(
        message(&old).ends_with("old.crt: the certificate expired on 2025-11-23 23:59:59 UTC"),
        "{}",
        message(&old)
    );
    write_identity(&new, now() + DAY, now() + DAY * 9).unwrap();
    assert!(message(&new).contains("is valid from"), "{}", message(&new));
}

#[test]
fn unusable_files_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (dir.path().join("a"), dir.path().join("b"));
    assert!(message(&a).contains("a.crt: No such file"), "{}", message(&a));
    keygen(&a, 30).unwrap();
    keygen(&b, 30).unwrap();
    fs::set_permissions(dir.path().join("a.key"), fs::Permissions::from_mode(0o640)).unwrap();
    assert!(message(&a).contains("a.key: other users may read this private key (mode 640)"), "{}", message(&a));
    fs::set_permissions(dir.path().join("a.key"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::copy(dir.path().join("b.crt"), dir.path().join("a.crt")).unwrap();
    assert!(matches!(Identity::load(&a), Err(IdentityError::WrongKey { .. })));
    fs::write(dir.path().join("a.crt"), "hello").unwrap();
    assert!(message(&a).contains("no certificate in PEM"), "{}", message(&a));
    fs::copy(dir.path().join("b.crt"), dir.path().join("a.crt")).unwrap();
    fs::write(dir.path().join("a.key"), "hello").unwrap();
    assert!(message(&a).contains("no private key in PEM"), "{}", message(&a));
}

#[test]
fn fingerprints_are_read_strictly() {
    let text = "0123456789abcdef".repeat(4);
    assert_eq!(text.parse::<Fingerprint>().unwrap().to_string(), text);
    for bad in ["", "0123", &text[1..], &format!("{text}0"), &text.replace('a', "g"), &format!("+{}", &text[1..])] {
        assert_eq!(bad.parse::<Fingerprint>(), Err(NotAFingerprint), "{bad}");
    }
    assert_eq!("é".repeat(32).parse::<Fingerprint>(), Err(NotAFingerprint));
}

#[test]
fn dates_are_right() {
    assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
    assert_eq!(utc(951_782_400), "2000-02-29 00:00:00 UTC");
    assert_eq!(utc(4_107_542_399), "2100-02-28 23:59:59 UTC");
    assert_eq!(utc(4_107_542_400), "2100-03-01 00:00:00 UTC");
}

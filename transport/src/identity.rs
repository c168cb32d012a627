//! Who a party is on the network: a self-signed certificate, known to the others by the hash of its public key.
//!
//! `NAME.key` holds the private key (PKCS #8 in PEM, mode 0600), `NAME.crt` the certificate. The others pin the
//! [`Fingerprint`], so a certificate may be made anew for the same key. Certificates expire, and an expired one is
//! refused at load and at every handshake.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use rcgen::PublicKeyData;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{self, cipher_suite, kx_group};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, RootCertStore};
use zeroize::Zeroizing;

/// SHA-256 of a certificate's SubjectPublicKeyInfo, written as 64 hexadecimal digits. The same figure as
/// `openssl x509 -pubkey -noout -in NAME.crt | openssl pkey -pubin -outform DER | sha256sum`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

/// A party's own certificate and private key.
#[derive(Clone)]
pub struct Identity {
    key: Arc<CertifiedKey>,
    fingerprint: Fingerprint,
}

/// Why an identity is of no use.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Other users may read the private key.
    #[error("{path}: other users may read this private key (mode {mode:03o}); run chmod 600 on it")]
    Permissions {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A file does not hold what its name says.
    #[error("{path}: {what}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Key and certificate do not belong together.
    #[error("{path}: the private key is not the one of the certificate beside it")]
    WrongKey {
        /// The key file.
        path: PathBuf,
    },
    /// The certificate cannot be used now.
    #[error("{path}: {validity}")]
    Validity {
        /// The certificate file.
        path: PathBuf,
        /// Why.
        validity: InvalidCertificate,
    },
    /// A new key could not be made.
    #[error("cannot make a key: {0}")]
    Generate(#[from] rcgen::Error),
}

/// Why a certificate is refused whoever shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidCertificate {
    /// Its time is over.
    #[error("the certificate expired on {}", utc(*.not_after))]
    Expired {
        /// Last second of its validity, in seconds since 1970.
        not_after: u64,
    },
    /// Its time has not come.
    #[error("the certificate is valid from {} only (is the clock right?)", utc(*.not_before))]
    NotYetValid {
        /// First second of its validity, in seconds since 1970.
        not_before: u64,
    },
    /// It is no well-formed self-signed certificate.
    #[error("the certificate is not a well-formed self-signed certificate")]
    Malformed,
}

/// The one TLS provider: aws-lc-rs, TLS 1.3 suites, key exchange safe against recording now and quantum computers later.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        cipher_suites: vec![cipher_suite::TLS13_AES_128_GCM_SHA256, cipher_suite::TLS13_AES_256_GCM_SHA384],
        kx_groups: vec![kx_group::X25519MLKEM768],
        ..aws_lc_rs::default_provider()
    })
}

fn sha256(data: &[u8]) -> [u8; 32] {
    let suite = cipher_suite::TLS13_AES_128_GCM_SHA256.tls13().expect("a TLS 1.3 suite");
    let mut out = [0; 32];
    out.copy_from_slice(suite.common.hash_provider.hash(data).as_ref());
    out
}

impl Fingerprint {
    /// The fingerprint of the key in a certificate.
    pub fn of(certificate: &CertificateDer<'_>) -> Result<Self, InvalidCertificate> {
        let parsed = ParsedCertificate::try_from(certificate).map_err(|_| InvalidCertificate::Malformed)?;
        Ok(Self(sha256(&parsed.subject_public_key_info())))
    }
    /// A fingerprint as its 32 bytes, from a task file.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}
impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
/// A text that is no fingerprint.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a fingerprint is 64 hexadecimal digits, as `quorate keygen` prints it")]
pub struct NotAFingerprint;

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;
    fn from_str(text: &str) -> Result<Self, NotAFingerprint> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(NotAFingerprint);
        }
        let mut out = [0; 32];
        for (byte, at) in out.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| NotAFingerprint)?;
        }
        Ok(Self(out))
    }
}

/// Checks that a certificate is self-signed, well-formed and valid now. Says nothing about whose it is.
pub fn check_validity(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), InvalidCertificate> {
    let malformed = |_| InvalidCertificate::Malformed;
    let parsed = ParsedCertificate::try_from(certificate).map_err(malformed)?;
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone().into_owned()).map_err(malformed)?;
    let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
    verify_server_cert_signed_by_trust_anchor(&parsed, &roots, &[], now, algorithms.all).map_err(|e| match e {
        rustls::Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. }) => {
            InvalidCertificate::Expired { not_after: not_after.as_secs() }
        }
        rustls::Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. }) => {
            InvalidCertificate::NotYetValid { not_before: not_before.as_secs() }
        }
        _ => InvalidCertificate::Malformed,
    })
}

impl Identity {
    /// Reads `NAME.key` and `NAME.crt`, where `base` is the path without ending.
    pub fn load(base: &Path) -> Result<Self, IdentityError> {
        let identity = Self::read(base)?;
        check_validity(identity.certificate(), UnixTime::now())
            .map_err(|validity| IdentityError::Validity { path: paths(base).1, validity })?;
        Ok(identity)
    }

    /// [`Self::load`] without a look at the clock.
    fn read(base: &Path) -> Result<Self, IdentityError> {
        let (key_path, crt_path) = paths(base);
        let crt = fs::read(&crt_path).map_err(|source| IdentityError::File { path: crt_path.clone(), source })?;
        let file = |source| IdentityError::File { path: key_path.clone(), source };
        let mode = fs::metadata(&key_path).map_err(file)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(IdentityError::Permissions { path: key_path, mode });
        }
        let key = Zeroizing::new(fs::read(&key_path).map_err(file)?);
        let content = |path: &Path, what| IdentityError::Content { path: path.to_owned(), what };
        let crt = CertificateDer::from_pem_slice(&crt)
            .map_err(|_| content(&crt_path, "there is no certificate in PEM in this file"))?;
        let key = PrivateKeyDer::from_pem_slice(&key)
            .map_err(|_| content(&key_path, "there is no private key in PEM in this file"))?;
        let fingerprint =
            Fingerprint::of(&crt).map_err(|validity| IdentityError::Validity { path: crt_path, validity })?;
        let signer = provider()
            .key_provider
            .load_private_key(key)
            .map_err(|_| content(&key_path, "the private key is of a kind that TLS 1.3 does not use"))?;
        let key = CertifiedKey::new(vec![crt], signer);
        key.keys_match().map_err(|_| IdentityError::WrongKey { path: key_path })?;
        Ok(Self { key: Arc::new(key), fingerprint })
    }

    /// What the others pin.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
    pub(crate) fn certified_key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.key)
    }
    /// The certificate, as the others see it.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.key.cert[0]
    }
}
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.fingerprint)
    }
}

fn paths(base: &Path) -> (PathBuf, PathBuf) {
    let with = |ending: &str| {
        let mut path = base.as_os_str().to_owned();
        path.push(ending);
        PathBuf::from(path)
    };
    (with(".key"), with(".crt"))
}

/// Makes a new Ed25519 key and a certificate for it that is valid from yesterday for `days` days, writes `NAME.key` and
/// `NAME.crt`, and returns what the others have to pin. An existing key is never overwritten.
pub fn keygen(base: &Path, days: u32) -> Result<Fingerprint, IdentityError> {
    let day = Duration::from_secs(86_400);
    let today = Duration::from_secs(UnixTime::now().as_secs());
    write_identity(base, today.saturating_sub(day), today + day * days)
}

/// [`keygen`] with the bounds of the validity, as times since 1970.
fn write_identity(base: &Path, from: Duration, until: Duration) -> Result<Fingerprint, IdentityError> {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519)?;
    let mut params = rcgen::CertificateParams::new(vec!["quorate.invalid".to_owned()])?;
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    (params.not_before, params.not_after) = (epoch + from, epoch + until);
    params.distinguished_name.push(rcgen::DnType::CommonName, "quorate party");
    let certificate = params.self_signed(&key)?;
    let (key_path, crt_path) = paths(base);
    let write = |path: &Path, mode: u32, text: &str| {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    let secret = Zeroizing::new(key.serialize_pem());
    write(&key_path, 0o600, &secret).map_err(|source| IdentityError::File { path: key_path, source })?;
    write(&crt_path, 0o644, &certificate.pem()).map_err(|source| IdentityError::File { path: crt_path, source })?;
    Ok(Fingerprint(sha256(&key.subject_public_key_info())))
}

/// Seconds since 1970 as a date and time of day in UTC, for messages.
fn utc(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days are counted from 1 March of year 0, so that a leap day ends its year (Hinnant, "chrono-compatible
    // low-level date algorithms").
    let z = days + 719_468;
    let (era, of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", rest / 3600, rest % 3600 / 60, rest % 60)
}

/// An identity whose time was over on 2025-11-23.
#[cfg(test)]
pub(crate) fn expired(base: &Path) -> (Identity, Fingerprint) {
    dated(base, 1_735_689_600, 1_763_942_399)
}

/// An identity that a clock many years ahead has made: its time begins on 2099-01-01.
#[cfg(test)]
pub(crate) fn from_the_future(base: &Path) -> (Identity, Fingerprint) {
    dated(base, 4_070_908_800, 4_102_444_799)
}

#[cfg(test)]
fn dated(base: &Path, from: u64, until: u64) -> (Identity, Fingerprint) {
    let fingerprint = write_identity(base, Duration::from_secs(from), Duration::from_secs(until));
    (Identity::read(base).unwrap(), fingerprint.unwrap())
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;

//! Keys and signatures (Ed25519). A private key is a file that only its owner can read; a signature is a file beside
//! the certificate.

use std::io::Write;
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use protocols::Tape;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::certificate::store::content;
use crate::certificate::strict;
use crate::seeds::{hex, unhex};

/// The name of the shape of [`Signed`].
const FORMAT: &str = "quorate-signature/1";
/// So many bytes a key's file may have: many times what there are.
const MOST_KEY: u64 = 1 << 12;
/// First line of a private key's file.
const PRIVATE: &str = "quorate private key, Ed25519: keep it to yourself";
/// What is signed, before the hash of the certificate.
const CONTEXT: &[u8] = b"quorate 2026 certificate signature v1";

/// A detached signature.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// `quorate-signature/1`.
    pub format: String,
    /// `Ed25519`.
    pub algorithm: String,
    /// Hash of the certificate (BLAKE3).
    pub certificate: String,
    /// Who signed.
    pub key: String,
    /// The signature of context and hash.
    pub signature: String,
}

fn message(certificate: &[u8]) -> Vec<u8> {
    [CONTEXT, blake3::hash(certificate).as_bytes()].concat()
}

/// Signs the canonical bytes of a certificate.
#[must_use]
pub fn sign(certificate: &[u8], key: &SigningKey) -> Signed {
    Signed {
        format: FORMAT.into(),
        algorithm: "Ed25519".into(),
        certificate: blake3::hash(certificate).to_hex().to_string(),
        key: hex(key.verifying_key().as_bytes()),
        signature: hex(&key.sign(&message(certificate)).to_bytes()),
    }
}

impl Signed {
    /// Reads the file of a signature.
    pub fn read(text: &[u8]) -> Result<Self, String> {
        strict::read(text).map_err(|e| format!("the signature: {e}"))
    }
    /// Whether it is a signature of this certificate, by this key if one is expected.
    pub fn verify(&self, certificate: &[u8], expected: Option<&[u8; 32]>) -> Result<(), String> {
        if (self.format.as_str(), self.algorithm.as_str()) != (FORMAT, "Ed25519") {
            return Err(format!("the signature has an unknown form: {} {}", self.format, self.algorithm));
        }
        let key: [u8; 32] = unhex(&self.key).ok_or("the signature names no key")?;
        if expected.is_some_and(|e| !bool::from(e.ct_eq(&key))) {
            return Err(format!("it is signed by {}, not by the expected key", self.key));
        }
        if self.certificate != blake3::hash(certificate).to_hex().as_str() {
            return Err("the signature is of another certificate, or the certificate was changed".into());
        }
        let signature: [u8; 64] = unhex(&self.signature).ok_or("the signature is no signature")?;
        let key = VerifyingKey::from_bytes(&key).map_err(|e| format!("the signature's key: {e}"))?;
        key.verify_strict(&message(certificate), &Signature::from_bytes(&signature))
            .map_err(|_| "the signature does not fit the certificate and the key".to_owned())
    }
}

/// Makes a key: the private one in `file`, readable by its owner only, the public one beside it. Neither must exist,
/// and neither is left where the other cannot be written.
pub fn make(file: &Path) -> Result<PathBuf, String> {
    let mut secret = Zeroizing::new([0u8; 32]);
    Tape::from_os().and_then(|tape| tape.bytes(&mut *secret)).map_err(|e| e.to_string())?;
    let key = SigningKey::from_bytes(&secret);
    let text = Zeroizing::new(format!("{PRIVATE}\n{}\n", &*Zeroizing::new(hex(&*secret))));
    let mut beside = file.as_os_str().to_owned();
    beside.push(".pub");
    let public = PathBuf::from(beside);
    // The secret goes to disk last: nothing of it has to be taken back.
    create(&public, 0o666, &format!("{}\n", hex(key.verifying_key().as_bytes())))?;
    if let Err(e) = create(file, 0o600, &text) {
        let _ = std::fs::remove_file(&public);
        return Err(e);
    }
    Ok(public)
}

/// Writes a file that is not there yet, whole or not at all. A link is there, wherever it leads.
fn create(file: &Path, mode: u32, text: &str) -> Result<(), String> {
    let at = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::AlreadyExists => {
            format!("{} is there already, and no key is ever written over: choose another name", file.display())
        }
        _ => format!("{}: {e}", file.display()),
    };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let mut out = options.open(file).map_err(at)?;
    out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(|e| {
        let _ = std::fs::remove_file(file);
        at(e)
    })
}

/// Reads a private key. Refused if others can read it.
pub fn private(file: &Path) -> Result<SigningKey, String> {
    let at = |e: String| format!("{}: {e}", file.display());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(file).map_err(|e| at(e.to_string()))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(at("others can read this private key: chmod 600 it, or make another".into()));
        }
    }
    let bytes = Zeroizing::new(content(file, MOST_KEY).map_err(|e| at(e.to_string()))?);
    let text = str::from_utf8(&bytes).unwrap_or_default();
    let secret = text.strip_prefix(PRIVATE).and_then(|t| t.strip_prefix('\n')?.strip_suffix('\n')).and_then(unhex);
    let secret =
        Zeroizing::new(secret.ok_or_else(|| at("this is no private key made by `quorate-certify key`".into()))?);
    Ok(SigningKey::from_bytes(&secret))
}

/// Reads a public key: a file, or its digits.
pub fn public(text: &str) -> Result<[u8; 32], String> {
    if let Some(key) = unhex(text) {
        return Ok(key);
    }
    let read = content(Path::new(text), MOST_KEY)
        .map_err(|e| format!("{text}: neither a public key nor a file with one: {e}"))?;
    let read = str::from_utf8(&read).unwrap_or_default();
    unhex(read.trim()).ok_or_else(|| format!("{text}: this is no public key made by `quorate-certify key`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_fit_one_certificate_and_one_key() {
        let dir = tempfile::tempdir().unwrap();
        let [mine, other] = ["mine", "other"].map(|name| {
            let file = dir.path().join(name);
            let shown = make(&file).unwrap();
            (private(&file).unwrap(), public(shown.to_str().unwrap()).unwrap())
        });
        let signed = sign(b"text", &mine.0);
        assert_eq!(signed.verify(b"text", None), Ok(()));
        assert_eq!(signed.verify(b"text", Some(&mine.1)), Ok(()));
        assert!(signed.verify(b"text", Some(&other.1)).unwrap_err().contains("not by the expected key"));
        assert!(signed.verify(b"next", None).unwrap_err().contains("changed"));
        let forged = Signed { certificate: blake3::hash(b"next").to_hex().to_string(), ..signed.clone() };
        assert!(forged.verify(b"next", None).unwrap_err().contains("does not fit"));
        let swapped = Signed { key: hex(&other.1), ..signed };
        assert!(swapped.verify(b"text", None).is_err());
        assert!(make(&dir.path().join("mine")).is_err(), "a key is never overwritten");
    }

    #[cfg(unix)]
    #[test]
    fn a_private_key_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        let shown = make(&file).unwrap();
        let mode = |f: &Path| std::fs::metadata(f).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        assert!(private(&shown).unwrap_err().contains("others can read") || private(&shown).is_err());
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(private(&file).unwrap_err().contains("chmod 600"));
    }
}

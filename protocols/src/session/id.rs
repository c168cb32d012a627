//! The name of one computation.

/// The 32-byte name of one computation: everything that must be the same at all parties goes into it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionId(pub [u8; 32]);

impl SessionId {
    /// The id under which parties compare their session ids, and nothing else.
    pub(crate) const NONE: Self = Self([0; 32]);

    /// Step 1.1: the digest of suite version, parameters and claims, sorted party identities, task and one fresh nonce
    /// of every party. Its context changes with the way the suite hashes, so that parties who hash differently find out
    /// by their ids and do not call each other cheats.
    #[must_use]
    pub fn derive(parameters: &[u8; 32], identities: &[&[u8]], task: &[u8], nonces: &[[u8; 32]]) -> Self {
        let mut h = blake3::Hasher::new_derive_key("quorate 2026 session id v2");
        let mut item = |bytes: &[u8]| {
            h.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        };
        item(env!("CARGO_PKG_VERSION").as_bytes());
        item(parameters);
        item(&(identities.len() as u64).to_le_bytes());
        identities.iter().for_each(|i| item(i));
        item(task);
        nonces.iter().for_each(|n| item(n));
        Self(h.finalize().into())
    }
    /// Lower-case hexadecimal.
    #[must_use]
    pub fn hex(&self) -> String {
        self.0.iter().map(|b| format!("{b:02x}")).collect()
    }
}

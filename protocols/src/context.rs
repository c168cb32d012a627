//! Domain separation: hashes of different contexts have nothing to do with each other. The key of a context is a hash
//! of its name; it is computed once per thread and remembered, which spares every hash one compression.

use std::cell::RefCell;

use blake3::Hasher;
use blake3::hazmat::{ContextKey, HasherExt, hash_derive_key_context};

thread_local! {
    static KEYS: RefCell<Vec<(&'static str, ContextKey)>> = const { RefCell::new(Vec::new()) };
}

/// BLAKE3 in the key derivation mode of this context, the same as [`Hasher::new_derive_key`].
pub(crate) fn hasher(context: &'static str) -> Hasher {
    KEYS.with_borrow_mut(|keys| {
        let known = keys.iter().find(|(name, _)| *name == context);
        let key = known.map(|(_, key)| *key).unwrap_or_else(|| {
            let key = hash_derive_key_context(context);
            keys.push((context, key));
            key
        });
        Hasher::new_from_context_key(&key)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remembered_context_is_the_context() {
        for context in ["one", "another", "one"] {
            let hash = hasher(context).update(b"text").finalize();
            assert_eq!(*hash.as_bytes(), blake3::derive_key(context, b"text"));
        }
    }
}

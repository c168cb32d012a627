//! Domain separation: hashes of different contexts, or of different sessions, have nothing to do with each other. Each
//! context has a key that is a hash of its name, and in a session a key that is a hash of both; a thread remembers those
//! of contexts and of its last session, which spares every hash a compression or two.

use std::cell::RefCell;

use blake3::Hasher;
use blake3::hazmat::{ContextKey, HasherExt, hash_derive_key_context};

use crate::SessionId;

thread_local! {
    static CONTEXTS: RefCell<Vec<(&'static str, Use, ContextKey)>> = const { RefCell::new(Vec::new()) };
    static KEYS: RefCell<Keys> = const { RefCell::new(Keys { id: SessionId::NONE, of: Vec::new() }) };
}

/// What a context stands before. One that stood before both would hash what is no id as if it were one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Use {
    Text,
    Id,
}

/// The keys of one session.
struct Keys {
    id: SessionId,
    of: Vec<(&'static str, [u8; 32])>,
}

/// BLAKE3 in the key derivation mode of this context, the same as [`Hasher::new_derive_key`].
pub(crate) fn hasher(context: &'static str) -> Hasher {
    hasher_for(context, Use::Text)
}

fn hasher_for(context: &'static str, wanted: Use) -> Hasher {
    CONTEXTS.with_borrow_mut(|keys| {
        let known = keys.iter().find(|(name, ..)| *name == context);
        let (_, used, key) = known.copied().unwrap_or_else(|| {
            let new = (context, wanted, hash_derive_key_context(context));
            keys.push(new);
            new
        });
        debug_assert_eq!(used, wanted, "`{context}` is a context of texts or of sessions, never of both");
        Hasher::new_from_context_key(&key)
    })
}

/// The key of this context in this session: `BLAKE3 derive_key(context, id)`. No context of [`hasher`].
pub(crate) fn key(context: &'static str, id: SessionId) -> [u8; 32] {
    KEYS.with_borrow_mut(|keys| {
        if keys.id != id {
            // A thread that turns from one session to another begins anew: what it remembers stays small.
            (keys.id, keys.of) = (id, Vec::new());
        }
        let known = keys.of.iter().find(|(name, _)| *name == context);
        known.map(|(_, key)| *key).unwrap_or_else(|| {
            let key = *hasher_for(context, Use::Id).update(&id.0).finalize().as_bytes();
            keys.of.push((context, key));
            key
        })
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
    #[test]
    fn a_remembered_key_is_the_key_of_its_session() {
        for (context, id) in [("one", [1; 32]), ("another", [1; 32]), ("one", [2; 32]), ("one", [1; 32])] {
            assert_eq!(key(context, SessionId(id)), blake3::derive_key(context, &id));
        }
    }
    #[cfg(debug_assertions)]
    #[test]
    #[should_panic(expected = "never of both")]
    fn a_context_has_one_use() {
        let _ = (hasher("mixed"), key("mixed", SessionId([1; 32])));
    }
}

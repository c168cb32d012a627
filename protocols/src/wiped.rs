//! Vectors of secrets that grow. A vector that needs more room moves and leaves its old memory as it was; here the old
//! memory is wiped.

use zeroize::Zeroize;

/// Appends to a vector of secrets.
pub(crate) fn append<T: Copy + Zeroize>(to: &mut Vec<T>, more: &[T]) {
    reserve(to, more.len());
    to.extend_from_slice(more);
}

/// Makes room for `more` secrets.
pub(crate) fn reserve<T: Copy + Zeroize>(to: &mut Vec<T>, more: usize) {
    if to.capacity() - to.len() < more {
        let mut roomier = Vec::with_capacity((to.len() + more).max(2 * to.len()));
        roomier.extend_from_slice(to);
        std::mem::replace(to, roomier).zeroize();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        static WIPED: Cell<u32> = const { Cell::new(0) };
    }

    #[derive(Clone, Copy, PartialEq, Debug)]
    struct Secret(u8);
    impl Zeroize for Secret {
        fn zeroize(&mut self) {
            self.0 = 0;
            WIPED.with(|w| w.set(w.get() + 1));
        }
    }

    #[test]
    fn what_a_growing_vector_leaves_behind_is_wiped() {
        let mut v = Vec::with_capacity(2);
        append(&mut v, &[Secret(1), Secret(2)]);
        assert_eq!(WIPED.get(), 0, "there was room");
        append(&mut v, &[Secret(3)]);
        assert_eq!(v, [1, 2, 3].map(Secret));
        assert_eq!(WIPED.get(), 2, "the old place of both");
        append(&mut v, &[Secret(4)]);
        assert_eq!(WIPED.get(), 2, "it has grown by more than was asked for");
    }
}

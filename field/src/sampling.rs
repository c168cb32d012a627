//! Uniform elements by rejection, one loop for every fixed-width field.

use zeroize::Zeroize;

use crate::Fill;

/// Attempts read from the source at a time. The map does not depend on it: never more attempts are read than elements
/// are missing, so the last byte read belongs to the last element.
const ATTEMPTS: usize = 128;

/// Fills `out` with the first accepted attempts of `N` bytes each. `decode` gives an attempt's element and whether it
/// is accepted; it must not branch on the value.
#[inline]
pub(crate) fn fill_accepted<T: Copy, const N: usize>(
    out: &mut [T],
    fill: Fill<'_>,
    decode: impl Fn(&[u8; N]) -> (T, bool),
) {
    let mut attempts = [[0u8; N]; ATTEMPTS];
    let mut done = 0;
    while done < out.len() {
        let now = ATTEMPTS.min(out.len() - done);
        fill(attempts[..now].as_flattened_mut());
        for attempt in &attempts[..now] {
            let (element, accepted) = decode(attempt);
            // Written either way and kept by advancing: the acceptance is no branch.
            out[done] = element;
            done += usize::from(accepted);
        }
    }
    attempts.as_flattened_mut().zeroize();
}

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

/// The most elements of one steady sampling.
pub(crate) const STEADY: usize = 256;
/// Room for them and for the attempts read ahead.
const ROOM: usize = STEADY + STEADY / 4 + 32;

/// [`fill_accepted`] of at most [`STEADY`] elements whose time and whose use of the source do not tell how many attempts
/// were rejected: a quarter more attempts than elements, and 32, are always read. Only if that is not enough (below 2^-40
/// where one attempt in ten is rejected) are more read, one batch of the same size after another.
pub(crate) fn fill_steadily<T: Copy + Default, const N: usize>(
    out: &mut [T],
    fill: Fill<'_>,
    decode: impl Fn(&[u8; N]) -> (T, bool),
) {
    assert!(out.len() <= STEADY, "at most {STEADY} elements at a time");
    let now = out.len() + out.len() / 4 + 32;
    let (mut attempts, mut kept) = ([[0u8; N]; ROOM], [T::default(); STEADY + ROOM]);
    let mut done = 0;
    while done < out.len() {
        fill(attempts[..now].as_flattened_mut());
        for attempt in &attempts[..now] {
            let (element, accepted) = decode(attempt);
            kept[done] = element;
            done += usize::from(accepted);
        }
    }
    out.copy_from_slice(&kept[..out.len()]);
    attempts.as_flattened_mut().zeroize();
    // The elements are as secret as the caller's copy of them.
    std::hint::black_box(&mut kept).fill(T::default());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts what is read; accepts odd bytes.
    fn steadily(n: usize, mut byte: impl FnMut() -> u8) -> (Vec<u8>, Vec<usize>) {
        let (mut out, mut reads) = (vec![0u8; n], Vec::new());
        let mut fill = |bytes: &mut [u8]| {
            reads.push(bytes.len());
            bytes.iter_mut().for_each(|b| *b = byte());
        };
        fill_steadily(&mut out, &mut fill, |attempt: &[u8; 1]| (attempt[0], attempt[0] % 2 == 1));
        (out, reads)
    }

    #[test]
    fn reads_the_same_whatever_is_rejected() {
        let mut k = 0;
        // Every tenth attempt is rejected, or none: the same bytes are read.
        let (some, reads) = steadily(200, || {
            k += 1;
            if k % 10 == 0 { 2 } else { (2 * (k % 100) + 1) as u8 }
        });
        assert!(some.iter().all(|b| b % 2 == 1));
        assert_eq!((reads, steadily(200, || 7).1), (vec![282], vec![282]));
    }

    #[test]
    fn keeps_the_first_accepted_and_reads_on_when_that_is_not_enough() {
        let mut k = 0u32;
        let mut next = || {
            k += 1;
            k.wrapping_mul(37) as u8
        };
        let (out, reads) = steadily(100, &mut next);
        let mut again = 0u32;
        let expected: Vec<u8> = std::iter::repeat_with(|| {
            again += 1;
            again.wrapping_mul(37) as u8
        })
        .filter(|b| b % 2 == 1)
        .take(100)
        .collect();
        assert_eq!(out, expected);
        assert_eq!(reads, [157, 157]);
    }
}

//! The only source of randomness. A protocol's coins are an input like any other, so a run can be replayed from a seed
//! and, over tiny fields, repeated for every possible value of every coin.

use std::cell::RefCell;
use std::rc::Rc;

use chacha20::ChaCha20Rng;
use field::Field;
use rand_core::{Rng, SeedableRng};
use zeroize::Zeroizing;

use crate::{Error, Result, context};

/// Where a tape's coins come from.
pub trait Source {
    /// A uniform integer in `[0, bound)`.
    fn uniform(&mut self, bound: u64) -> u64;
    /// Uniform bytes, or `false` if this source can only count (an enumerator).
    fn fill(&mut self, out: &mut [u8]) -> bool;
    /// An independent tape for a branch that runs concurrently, labelled by its path; `None`: share this one.
    fn fork(&mut self, label: u64) -> Option<Tape>;
}

/// A session's randomness.
#[derive(Clone)]
pub struct Tape(Rc<RefCell<dyn Source>>);

impl Tape {
    /// A tape over any source.
    #[must_use]
    pub fn new(source: impl Source + 'static) -> Self {
        Self(Rc::new(RefCell::new(source)))
    }
    /// ChaCha20 from a seed.
    #[must_use]
    pub fn seeded(seed: [u8; 32]) -> Self {
        Self::new(Seeded(ChaCha20Rng::from_seed(*Zeroizing::new(seed))))
    }
    /// ChaCha20 seeded by the operating system.
    pub fn from_os() -> Result<Self> {
        let mut seed = Zeroizing::new([0; 32]);
        #[expect(clippy::disallowed_methods, reason = "the one place where a tape begins")]
        getrandom::fill(seed.as_mut())
            .map_err(|e| Error::Local(format!("the operating system gave no randomness: {e}")))?;
        Ok(Self::seeded(*seed))
    }
    /// A uniform integer in `[0, bound)`.
    #[must_use]
    pub fn uniform(&self, bound: u64) -> u64 {
        self.0.borrow_mut().uniform(bound)
    }
    /// One uniform element.
    pub fn element<F: Field>(&self) -> Result<F> {
        match F::SMALL_ORDER {
            Some(order) => Ok(F::from_u64(self.uniform(order))),
            None => Ok(self.elements(1)?[0]),
        }
    }
    /// `n` uniform elements.
    pub fn elements<F: Field>(&self, n: usize) -> Result<Vec<F>> {
        let mut source = self.0.borrow_mut();
        if let Some(order) = F::SMALL_ORDER {
            return Ok((0..n).map(|_| F::from_u64(source.uniform(order))).collect());
        }
        let mut out = vec![F::ZERO; n];
        let mut counting = false;
        F::sample_slice(&mut out, &mut |bytes| counting |= !source.fill(bytes));
        if counting { Err(no_bytes()) } else { Ok(out) }
    }
    /// Fills `out` with uniform bytes. An error on an enumerating source.
    pub fn bytes(&self, out: &mut [u8]) -> Result<()> {
        if self.0.borrow_mut().fill(out) { Ok(()) } else { Err(no_bytes()) }
    }
    /// 32 uniform bytes.
    pub fn nonce(&self) -> Result<[u8; 32]> {
        let mut out = [0; 32];
        self.bytes(&mut out)?;
        Ok(out)
    }
    /// The tape of a concurrent branch.
    #[must_use]
    pub fn fork(&self, label: u64) -> Self {
        let forked = self.0.borrow_mut().fork(label);
        forked.unwrap_or_else(|| self.clone())
    }
}

fn no_bytes() -> Error {
    Error::Local("this layer draws raw bytes, which cannot be enumerated: run it in its hybrid model".into())
}

struct Seeded(ChaCha20Rng);

impl Source for Seeded {
    fn uniform(&mut self, bound: u64) -> u64 {
        // Rejection on the smallest power of two: exactly uniform.
        let mask = bound.next_power_of_two().wrapping_sub(1);
        loop {
            let v = self.0.next_u64() & mask;
            if v < bound {
                return v;
            }
        }
    }
    fn fill(&mut self, out: &mut [u8]) -> bool {
        self.0.fill_bytes(out);
        true
    }
    fn fork(&mut self, label: u64) -> Option<Tape> {
        let mut own = Zeroizing::new([0u8; 32]);
        self.0.fill_bytes(own.as_mut());
        let key =
            context::hasher("quorate 2026 tape fork v1").update(own.as_ref()).update(&label.to_le_bytes()).finalize();
        Some(Tape::new(Self(ChaCha20Rng::from_seed(key.into()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a tape was is not left in memory: fails to compile if the generator does not wipe itself.
    const _: fn() = || {
        fn wipes_itself<T: zeroize::ZeroizeOnDrop>() {}
        wipes_itself::<ChaCha20Rng>();
    };

    #[test]
    fn a_seed_gives_the_same_tape_for_ever() {
        let tape = Tape::seeded([7; 32]);
        let mut start = [0; 3];
        assert_eq!(tape.bytes(&mut start), Ok(()));
        assert_eq!((start, tape.uniform(1000)), ([244, 0, 146], 599));
        let mut later = [0; 340];
        assert_eq!(tape.bytes(&mut later), Ok(()));
        assert_eq!(later[..5], [172, 179, 121, 112, 140]);
        assert_eq!(later[330..], [205, 155, 222, 227, 56, 21, 53, 92, 33, 184]);
    }
}

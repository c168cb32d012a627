//! Randomness of sampled experiments: one tape per run, named by a seed and the run's number, so that any single run can
//! be replayed. Cheaper than a production tape, and all parties of a run draw from the same one.

use chacha20::ChaCha8Rng;
use protocols::{Source, Tape};
use rand_core::{Rng, SeedableRng};

/// The tapes of one experiment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sampler([u8; 32]);

impl Sampler {
    /// All tapes of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        Self(key)
    }
    /// The tapes of the experiment of this name under the same seed: other coins than those of any other name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        // A key is 24 bytes beside the seed; longer names are folded.
        for (i, byte) in name.bytes().enumerate() {
            let at = &mut self.0[8 + i % 24];
            *at = at.rotate_left(3) ^ byte;
        }
        self
    }
    /// The tape of one run.
    #[must_use]
    pub fn tape(&self, run: u64) -> Tape {
        let mut rng = ChaCha8Rng::from_seed(self.0);
        rng.set_stream(run);
        Tape::new(Shared(rng))
    }
}

struct Shared(ChaCha8Rng);

impl Source for Shared {
    fn uniform(&mut self, bound: u64) -> u64 {
        // Lemire, "Fast Random Integer Generation in an Interval" (2019), on 32 bits: exactly uniform, and divides in one
        // draw of 2^32/bound only.
        let bound32 = u32::try_from(bound).unwrap_or(u32::MAX);
        assert!(bound > 0 && u64::from(bound32) == bound, "only enumerable sets are drawn from, not {bound} values");
        let mut product = u64::from(self.0.next_u32()) * bound;
        if (product as u32) < bound32 {
            let uneven = bound32.wrapping_neg() % bound32;
            while (product as u32) < uneven {
                product = u64::from(self.0.next_u32()) * bound;
            }
        }
        product >> 32
    }
    fn fill(&mut self, out: &mut [u8]) -> bool {
        self.0.fill_bytes(out);
        true
    }
    fn fork(&mut self, _: u64) -> Option<Tape> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a bound that rejects almost half of all draws, and of small ones: every value equally often.
    #[test]
    fn draws_are_uniform() {
        let tape = Sampler::new(3).tape(0);
        let third = 1 << 30;
        let low = (0..3000).filter(|_| tape.uniform(3 * third) < third).count();
        assert!((850..1150).contains(&low), "{low} of 3000 in the lowest third");
        for bound in [1, 2, 3, 31, 251] {
            let mut seen = vec![0u32; bound as usize];
            (0..100 * bound).for_each(|_| seen[tape.uniform(bound) as usize] += 1);
            assert!(seen.iter().all(|n| (40..180).contains(n)), "{bound}: {seen:?}");
        }
    }
    #[test]
    fn a_run_is_replayed_from_its_number() {
        let draw = |seed, run| {
            let tape = Sampler::new(seed).tape(run);
            (0..20).map(|_| tape.uniform(31)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, 7), draw(1, 7));
        assert_ne!(draw(1, 7), draw(1, 8));
        assert_ne!(draw(1, 7), draw(2, 7));
    }
}

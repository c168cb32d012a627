//! Numbers: finite fields, prime-order groups, packed bits and the bulk kernels over them.
//!
//! No I/O, no randomness of its own (samplers read bytes they are given) and no protocol words.
//!
//! | type | field | used for |
//! |---|---|---|
//! | [`Fr`] | BLS12-381 scalars, 255 bit | everything, by default |
//! | [`F128`] | 2^128 − 9·2^32 + 1 | tasks whose numbers fit, faster |
//! | [`Gf128`] | GF(2^128) | checks of oblivious transfer |
//! | [`F2`] [`F3`] [`F5`] [`F7`] [`F31`] [`F251`] | tiny prime fields | the same protocols, exactly countable |

use core::fmt::Debug;
use core::ops::{Neg, Sub};

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

mod bits;
#[cfg(target_arch = "x86_64")]
mod bits_x86;
mod f128;
mod f128_vec;
#[cfg(target_arch = "x86_64")]
mod f128_x86;
mod fr;
mod fr_vec;
#[cfg(target_arch = "x86_64")]
mod fr_x86;
mod gf128;
#[cfg(target_arch = "x86_64")]
mod gf128_x86;
mod group;
#[cfg(target_arch = "x86_64")]
mod ifma_x86;
#[cfg(test)]
mod kernel_tests;
#[cfg(any(test, feature = "laws"))]
pub mod laws;
mod limbs;
mod montgomery;
#[cfg(target_arch = "x86_64")]
mod montgomery_x86;
mod ops;
mod sampling;
mod tiny;
mod vec;
#[cfg(test)]
mod vectors;
mod wide;

pub use bits::{BitVec, transpose_columns};
pub use f128::{F128, F128Residue};
pub use fr::{Fr, FrResidue};
pub use gf128::Gf128;
pub use group::{G1, Group, Ristretto};
pub use tiny::{F2, F3, F5, F7, F31, F251, Tiny};
pub use vec::Kernels;

/// A source of bytes for the samplers: fills the whole slice with fresh pseudo-random bytes.
pub type Fill<'a> = &'a mut dyn FnMut(&mut [u8]);

/// A finite field whose elements have exactly one encoding of [`BYTES`](Field::BYTES) bytes.
///
/// `Debug` prints the type's name, never the value: elements are shares, keys and masks. `==` is for public values;
/// secrets compare by [`ConstantTimeEq`].
pub trait Field:
    Kernels + Eq + Debug + Send + Sync + 'static + Sub<Output = Self> + Neg<Output = Self> + ConstantTimeEq + Zeroize
{
    /// Name on the command line, in frames' metadata and in parameter digests, such as `fr` or `F31`.
    const NAME: &'static str;
    /// Bits of the canonical encoding: the smallest `b` with `2^b ≥` the number of elements.
    const BITS: usize;
    /// Bytes of the canonical encoding.
    const BYTES: usize;
    /// The number of elements where it is small enough to enumerate (below 2^16).
    const SMALL_ORDER: Option<u64>;
    /// The additive identity.
    const ZERO: Self;
    /// The multiplicative identity.
    const ONE: Self;

    /// The image of an integer: `v mod p` in a prime field, the polynomial with these bits in a binary one.
    fn from_u64(v: u64) -> Self;
    /// The multiplicative inverse, `None` for zero. Variable time: only for public or masked values.
    fn invert(self) -> Option<Self>;
    /// Writes the canonical little-endian encoding into exactly [`BYTES`](Field::BYTES) bytes.
    fn write(self, out: &mut [u8]);
    /// Reads a canonical encoding; `None` if the length is wrong or the integer is not below the order.
    fn read(bytes: &[u8]) -> Option<Self>;

    /// Fills `out` with uniform elements by rejection. The map from bytes to elements is part of the protocols (both
    /// ends expand the same seed): the bytes are cut into attempts of [`BYTES`](Field::BYTES) bytes, little-endian,
    /// surplus high bits cleared; the first `out.len()` attempts below the order are the elements, and nothing is read
    /// beyond the last of them.
    ///
    /// An attempt is the element's *internal* residue ([`Fr`] and [`F128`]: Montgomery form), which is as uniform as
    /// the canonical integer and free. [`Residue::sample_slice`] reads the same attempts as *canonical* integers. So
    /// the two give different elements from the same bytes: one seed is always expanded by one of them, at both ends.
    fn sample_slice(out: &mut [Self], fill: Fill<'_>);

    /// One uniform element, see [`sample_slice`](Field::sample_slice).
    fn sample(fill: Fill<'_>) -> Self {
        let mut one = [Self::ZERO];
        Self::sample_slice(&mut one, fill);
        one[0]
    }
    /// Appends the encodings of `items`.
    fn write_slice(items: &[Self], out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + items.len() * Self::BYTES, 0);
        for (item, chunk) in items.iter().zip(out[start..].chunks_exact_mut(Self::BYTES)) {
            item.write(chunk);
        }
    }
    /// Reads as many elements as `bytes` holds; `None` if the length is no multiple of `BYTES` or any is not canonical.
    fn read_slice(bytes: &[u8]) -> Option<Vec<Self>> {
        if !bytes.len().is_multiple_of(Self::BYTES) {
            return None;
        }
        // Collecting into an `Option` would not know how many there are.
        let mut items = Vec::with_capacity(bytes.len() / Self::BYTES);
        for chunk in bytes.chunks_exact(Self::BYTES) {
            items.push(Self::read(chunk)?);
        }
        Some(items)
    }
}

/// A prime field, with its canonical integers as a type of their own.
pub trait PrimeField: Field {
    /// The modulus `p`, little-endian limbs.
    const MODULUS: [u64; 4];
    /// The canonical integer of an element, with addition mod `p`: OT-based protocols multiply by single bits and
    /// powers of two only, so they work on residues and never pay for Montgomery form.
    type Residue: Residue;
    /// The canonical integer.
    fn to_residue(self) -> Self::Residue;
    /// The element of a canonical integer.
    fn from_residue(r: Self::Residue) -> Self;
    /// The canonical integer as limbs.
    fn to_limbs(self) -> [u64; 4];
    /// The element of an integer below `p`, else `None`.
    fn from_limbs(limbs: [u64; 4]) -> Option<Self>;
}

/// An integer in `[0, p)`: addition mod `p`, bits and the wire encoding (the same bytes as the field's).
pub trait Residue: Copy + Default + Send + Sync + Zeroize + 'static {
    /// Zero.
    const ZERO: Self;
    /// `Σ 2^i · terms_i` in the making, top term first and not reduced: [`Residue::double_add`] takes the next term.
    type Sum: Copy + Default + Zeroize;
    /// How many terms a sum takes before it has to be reduced.
    const SUM_TERMS: usize = 60;
    /// Sum mod p.
    fn add(self, other: Self) -> Self;
    /// Difference mod p.
    fn sub(self, other: Self) -> Self;
    /// `other` added if `bit`, in constant time.
    fn add_if(self, bit: bool, other: Self) -> Self;
    /// Bit `i` of the integer, counted from the least significant; `i` below [`Field::BITS`].
    fn bit(self, i: usize) -> bool;
    /// `Σ 2^i · terms_i mod p` (Horner from the top with lazy reduction).
    fn horner(terms: &[Self]) -> Self;
    /// `sum ← 2·sum + term`, at most [`SUM_TERMS`](Residue::SUM_TERMS) times after [`begin`](Residue::begin).
    fn double_add(sum: &mut Self::Sum, term: Self);
    /// `sum ← sum + term` if `bit`, in constant time; at most once after every [`double_add`](Residue::double_add).
    fn add_to(sum: &mut Self::Sum, bit: bool, term: Self);
    /// The sum mod p.
    fn total(sum: Self::Sum) -> Self;
    /// A sum that starts with this residue.
    fn begin(self) -> Self::Sum;
    /// Fills `out` with uniform integers: the first attempts below `p`, cut from the bytes as in
    /// [`Field::sample_slice`], read as canonical integers (there they are the field's internal residues).
    fn sample_slice(out: &mut [Self], fill: Fill<'_>);
    /// Fills `out`, of at most 256, with uniform integers in a time that does not tell how many attempts were rejected:
    /// for streams of which the *choice* is secret. Reads more than it uses, so the map is another one than
    /// [`sample_slice`](Residue::sample_slice)'s; both ends of a stream use the same. The default is for fields that
    /// reject so rarely, or are so small, that there is nothing to hide.
    fn sample_steadily(out: &mut [Self], fill: Fill<'_>) {
        Self::sample_slice(out, fill);
    }
    /// One attempt of [`sample_slice`](Residue::sample_slice), its bytes as little-endian limbs (those beyond the width
    /// of the encoding are ignored), and whether it is below p. If it is not, the first value means nothing.
    fn attempt(limbs: [u64; 4]) -> (Self, bool);
    /// Appends the canonical encodings.
    fn write_slice(items: &[Self], out: &mut Vec<u8>);
    /// Reads into `out`; `false` if the length is not `out.len()` encodings or one is not canonical.
    #[must_use]
    fn read_slice(bytes: &[u8], out: &mut [Self]) -> bool;
}

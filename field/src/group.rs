//! Groups of prime order: Ristretto255 for base oblivious transfer and commitments, BLS12-381 G1 where scalars must be
//! the elements of [`Fr`].

use core::fmt::{self, Debug};
use core::ops::{Add, Mul, Neg, Sub};

use ark_bls12_381::{Fq, G1Affine, G1Projective, g1};
use ark_ec::hashing::curve_maps::wb::WBMap;
use ark_ec::hashing::map_to_curve_hasher::MapToCurve;
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::{PrimeField as _, Zero};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::traits::{Identity, IsIdentity};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

use crate::Fr;

/// A group of prime order in which discrete logarithms are hard; written additively.
///
/// `Debug` prints the type's name: points may be keys. Secrets compare by [`ConstantTimeEq`].
pub trait Group:
    Copy
    + Eq
    + Debug
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Neg<Output = Self>
    + Mul<Self::Scalar, Output = Self>
    + ConstantTimeEq
    + Zeroize
{
    /// Name on the command line and in parameter digests.
    const NAME: &'static str;
    /// Bytes of the canonical encoding.
    const BYTES: usize;
    /// Integers mod the group's order.
    type Scalar: Copy
        + Eq
        + Send
        + Sync
        + 'static
        + Add<Output = Self::Scalar>
        + Sub<Output = Self::Scalar>
        + Mul<Output = Self::Scalar>
        + Neg<Output = Self::Scalar>
        + Zeroize;

    /// The standard generator.
    fn generator() -> Self;
    /// The neutral element.
    fn identity() -> Self;
    /// Whether this is the neutral element. A point of a peer often must not be.
    fn is_identity(&self) -> bool;
    /// `scalar` times the generator, with tables where the group has them.
    fn mul_generator(scalar: Self::Scalar) -> Self;
    /// A scalar from 64 uniform bytes, reduced: within 2^−250 of uniform.
    fn scalar_from_uniform(bytes: &[u8; 64]) -> Self::Scalar;
    /// A point from 64 uniform bytes (a hash): nobody knows its discrete logarithm, and a hash that is a random oracle
    /// gives one into the group.
    fn from_uniform(bytes: &[u8; 64]) -> Self;
    /// Writes the canonical encoding into exactly [`BYTES`](Group::BYTES) bytes.
    fn write(&self, out: &mut [u8]);
    /// Reads an encoding; `None` unless it is the canonical one of a member of the group. The identity is a member.
    fn read(bytes: &[u8]) -> Option<Self>;
}

/// Ristretto255 (RFC 9496). All operations on scalars and points take constant time.
#[derive(Clone, Copy, PartialEq, Eq, Zeroize)]
pub struct Ristretto(RistrettoPoint);

/// The first group of BLS12-381, encoded as in the Zcash specification (48 bytes, compressed).
///
/// Multiplication is ark-ec's and takes time that depends on the scalar: for public or masked scalars, or where a party
/// measures nobody's time.
#[derive(Clone, Copy, PartialEq, Eq, Zeroize)]
pub struct G1(G1Projective);

macro_rules! point_ops {
    ($t:ident, $scalar:ty, |$s:ident| $inner:expr) => {
        impl Add for $t {
            type Output = Self;
            fn add(self, o: Self) -> Self {
                Self(self.0 + o.0)
            }
        }
        impl Sub for $t {
            type Output = Self;
            fn sub(self, o: Self) -> Self {
                Self(self.0 - o.0)
            }
        }
        impl Neg for $t {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }
        impl Mul<$scalar> for $t {
            type Output = Self;
            fn mul(self, $s: $scalar) -> Self {
                Self(self.0 * $inner)
            }
        }
        impl Debug for $t {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(Self::NAME)
            }
        }
    };
}
point_ops!(Ristretto, curve25519_dalek::Scalar, |s| s);
point_ops!(G1, Fr, |s| s.0);

impl ConstantTimeEq for Ristretto {
    fn ct_eq(&self, o: &Self) -> Choice {
        self.0.ct_eq(&o.0)
    }
}

impl ConstantTimeEq for G1 {
    /// Compares the encodings: making them takes time that depends on the points, the comparison does not.
    fn ct_eq(&self, o: &Self) -> Choice {
        let (mut a, mut b) = ([0; Self::BYTES], [0; Self::BYTES]);
        self.write(&mut a);
        o.write(&mut b);
        a.ct_eq(&b)
    }
}

impl Group for Ristretto {
    const NAME: &'static str = "ristretto255";
    const BYTES: usize = 32;
    type Scalar = curve25519_dalek::Scalar;

    fn generator() -> Self {
        Self(RISTRETTO_BASEPOINT_POINT)
    }
    fn identity() -> Self {
        Self(RistrettoPoint::identity())
    }
    fn is_identity(&self) -> bool {
        IsIdentity::is_identity(&self.0)
    }
    fn mul_generator(scalar: Self::Scalar) -> Self {
        Self(RistrettoPoint::mul_base(&scalar))
    }
    fn scalar_from_uniform(bytes: &[u8; 64]) -> Self::Scalar {
        Self::Scalar::from_bytes_mod_order_wide(bytes)
    }
    fn from_uniform(bytes: &[u8; 64]) -> Self {
        Self(RistrettoPoint::from_uniform_bytes(bytes))
    }
    fn write(&self, out: &mut [u8]) {
        out.copy_from_slice(self.0.compress().as_bytes());
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        CompressedRistretto(bytes.try_into().ok()?).decompress().map(Self)
    }
}

impl Group for G1 {
    const NAME: &'static str = "bls12-381-g1";
    const BYTES: usize = 48;
    type Scalar = Fr;

    fn generator() -> Self {
        Self(G1Projective::generator())
    }
    fn identity() -> Self {
        Self(G1Projective::zero())
    }
    fn is_identity(&self) -> bool {
        self.0.is_zero()
    }
    fn mul_generator(scalar: Fr) -> Self {
        Self::generator() * scalar
    }
    fn scalar_from_uniform(bytes: &[u8; 64]) -> Fr {
        Fr(ark_bls12_381::Fr::from_le_bytes_mod_order(bytes))
    }
    /// Expands the bytes to two base field elements (512 bits each) and adds their images under the simplified SWU map
    /// with the 11-isogeny, cofactor cleared: the construction of RFC 9380 with BLAKE3 in the place of its expansion.
    fn from_uniform(bytes: &[u8; 64]) -> Self {
        let mut expanded = [0; 128];
        blake3::Hasher::new_derive_key("quorate hash to bls12-381 g1").update(bytes).finalize_xof().fill(&mut expanded);
        let mut sum = G1Projective::zero();
        for half in expanded.chunks_exact(64) {
            let u = Fq::from_le_bytes_mod_order(half);
            let image: G1Affine = WBMap::<g1::Config>::map_to_curve(u).expect("the map is defined on the whole field");
            sum += image;
        }
        Self(sum.into_affine().clear_cofactor().into())
    }
    fn write(&self, out: &mut [u8]) {
        assert_eq!(out.len(), Self::BYTES, "bytes of a point");
        self.0.into_affine().serialize_compressed(out).expect("the buffer has the size of a point");
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != Self::BYTES {
            return None;
        }
        // Checks flags, the range of x, the curve and the subgroup; the comparison leaves no second encoding.
        let point = Self(G1Affine::deserialize_compressed(bytes).ok()?.into());
        let mut canonical = [0; Self::BYTES];
        point.write(&mut canonical);
        (canonical == bytes).then_some(point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laws::bytes;

    fn check_group<G: Group>(generator: &str) {
        let mut stream = bytes(1);
        let mut uniform = || {
            let mut out = [0; 64];
            stream(&mut out);
            out
        };
        let encoded = |point: G| {
            let mut out = vec![0; G::BYTES];
            point.write(&mut out);
            out
        };
        let hex: String = encoded(G::generator()).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, generator);
        assert!(G::identity().is_identity() && !G::generator().is_identity());
        assert_eq!(format!("{:?}", G::generator()), G::NAME);
        for _ in 0..4 {
            let (s, t) = (G::scalar_from_uniform(&uniform()), G::scalar_from_uniform(&uniform()));
            let (p, q) = (G::from_uniform(&uniform()), G::from_uniform(&uniform()));
            assert!(p != q && !bool::from(p.ct_eq(&q)) && bool::from(p.ct_eq(&(p + q - q))));
            assert!(p * s + p * t == p * (s + t) && (p * s) * t == p * (s * t));
            assert!((p + q) * s == p * s + q * s);
            assert!(G::mul_generator(s) == G::generator() * s);
            assert!((p + -p).is_identity() && (p * (s + -s)).is_identity());
            for point in [p, q, p + q, G::identity(), p * s] {
                assert!(G::read(&encoded(point)) == Some(point));
            }
            let mut long = encoded(p);
            long.push(0);
            assert!(G::read(&long).is_none() && G::read(&long[..G::BYTES - 1]).is_none());
            // Whatever is accepted is canonical.
            for bit in 0..8 * G::BYTES {
                let mut changed = encoded(p);
                changed[bit / 8] ^= 1 << (bit % 8);
                assert!(G::read(&changed).is_none_or(|other| encoded(other) == changed && other != p));
            }
        }
    }

    #[test]
    fn ristretto() {
        check_group::<Ristretto>("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76");
        // 2^255 − 19 is a second name of zero; RFC 9496 refuses it, and negative integers.
        let mut zero = [0xff; 32];
        (zero[0], zero[31]) = (0xed, 0x7f);
        assert!(Ristretto::read(&zero).is_none());
        let mut one = [0; 32];
        one[0] = 1;
        assert!(Ristretto::read(&one).is_none());
    }

    #[test]
    fn g1() {
        check_group::<G1>(concat!(
            "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905",
            "a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
        ));
    }

    #[test]
    fn points_outside_the_subgroup_and_second_encodings_are_refused() {
        let outside = (1u64..).find_map(|x| G1Affine::get_point_from_x_unchecked(Fq::from(x), true)).expect("a point");
        assert!(outside.is_on_curve() && !outside.is_in_correct_subgroup_assuming_on_curve());
        let mut encoded = [0; 48];
        outside.serialize_compressed(&mut encoded[..]).expect("48 bytes");
        assert!(G1::read(&encoded).is_none());

        let mut infinity = [0; 48];
        infinity[0] = 0xc0;
        assert!(G1::read(&infinity).is_some_and(|p| p.is_identity()));
        infinity[0] = 0xe0;
        assert!(G1::read(&infinity).is_none(), "identity with a sign");
        infinity[0] = 0x40;
        assert!(G1::read(&infinity).is_none(), "not marked as compressed");
        infinity[0] = 0xc0;
        infinity[47] = 1;
        assert!(G1::read(&infinity).is_none(), "identity with a coordinate");
    }
}

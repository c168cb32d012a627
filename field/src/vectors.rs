//! `spec/vectors/fields.txt` and `groups.txt`: encodings that are accepted and encodings that are refused.

use ark_bls12_381::{Fq, G1Affine};
use ark_serialize::CanonicalSerialize;
use num_bigint::BigUint;
use spec::vectors::{Vectors, hex};

use crate::{F2, F3, F5, F7, F31, F128, F251, Field, Fr, G1, Gf128, Group, PrimeField, Residue, Ristretto};

fn encoded<F: Field>(x: F) -> Vec<u8> {
    let mut out = vec![0; F::BYTES];
    x.write(&mut out);
    assert!(F::read(&out) == Some(x), "what is written is read");
    out
}

/// Encodings of some elements, and of what arithmetic makes of them.
fn elements<F: Field>(v: &mut Vectors) {
    v.section(F::NAME).line("bits", F::BITS).line("bytes", F::BYTES);
    let (x, y) = (F::from_u64(0x0123_4567_89ab_cdef), F::from_u64(0xfedc_ba98_7654_3211));
    for (name, element) in [("0", F::ZERO), ("1", F::ONE), ("2", F::from_u64(2)), ("-1", -F::ONE)] {
        v.bytes(name, encoded(element));
    }
    v.bytes("x = 0x0123456789abcdef", encoded(x)).bytes("y = 0xfedcba9876543211", encoded(y));
    v.bytes("x + y", encoded(x + y)).bytes("x - y", encoded(x - y)).bytes("x * y", encoded(x * y));
    v.line("1 / x", x.invert().map_or("none".to_owned(), |i| hex(&encoded(i))));
}

/// What must be refused: `name = bytes`, each read as an element and as a residue.
fn refused<F: PrimeField>(v: &mut Vectors) {
    let order =
        BigUint::from_slice(&F::MODULUS.iter().flat_map(|l| [*l as u32, (*l >> 32) as u32]).collect::<Vec<_>>());
    v.line("order", &order);
    let fixed = |n: &BigUint| {
        let mut bytes = n.to_bytes_le();
        bytes.resize(F::BYTES, 0);
        bytes
    };
    let last = encoded(-F::ONE);
    assert_eq!(fixed(&(&order - 1u32)), last);
    let bad = [
        ("p", fixed(&order)),
        ("p + 1", fixed(&(&order + 1u32))),
        ("all ones", vec![0xff; F::BYTES]),
        ("a byte short", last[1..].to_vec()),
        ("a byte long", [&last[..], &[0]].concat()),
    ];
    for (name, bytes) in bad {
        assert!(F::read(&bytes).is_none(), "{name} over {}", F::NAME);
        assert!(!F::Residue::read_slice(&bytes, &mut [F::Residue::default()]), "{name} over {}", F::NAME);
        v.bytes(&format!("rejected: {name}"), bytes);
    }
}

#[test]
fn vectors_of_fields() {
    let about = "Field elements: fixed width, canonical little-endian integers below the order, nothing else accepted.
        Integers are taken mod p. gf128: polynomials over GF(2), bit i the coefficient of x^i, mod x^128+x^7+x^2+x+1.";
    let v = &mut Vectors::new("fields.txt", about);
    fn prime<F: PrimeField>(v: &mut Vectors) {
        elements::<F>(v);
        refused::<F>(v);
    }
    prime::<Fr>(v);
    prime::<F128>(v);
    prime::<F2>(v);
    prime::<F3>(v);
    prime::<F5>(v);
    prime::<F7>(v);
    prime::<F31>(v);
    prime::<F251>(v);
    elements::<Gf128>(v);
    v.check();
}

fn points<G: Group>(v: &mut Vectors, rejected: &[(&str, &[u8])]) {
    let encoded = |point: G| {
        let mut out = vec![0; G::BYTES];
        point.write(&mut out);
        assert!(G::read(&out) == Some(point));
        out
    };
    let scalar = G::scalar_from_uniform(&[7; 64]);
    v.section(G::NAME).line("bytes", G::BYTES);
    v.bytes("identity", encoded(G::identity())).bytes("generator G", encoded(G::generator()));
    v.bytes("G + G", encoded(G::generator() + G::generator())).bytes("-G", encoded(-G::generator()));
    v.bytes("s * G, s = 64 bytes 07 mod the order", encoded(G::mul_generator(scalar)));
    v.bytes("point of 64 bytes 2a", encoded(G::from_uniform(&[0x2a; 64])));
    for (name, bytes) in rejected {
        assert!(G::read(bytes).is_none(), "{name} in {}", G::NAME);
        v.bytes(&format!("rejected: {name}"), bytes);
    }
}

#[test]
fn vectors_of_groups() {
    let about = "Group points: ristretto255 as in RFC 9496, bls12-381-g1 compressed as in the Zcash specification.
        A point of 64 uniform bytes: RFC 9496 section 4.3.4; for G1 the map of RFC 9380 (simplified SWU, 11-isogeny) on
        both halves of 128 bytes of BLAKE3 (derive-key context: quorate hash to bls12-381 g1), added, cofactor cleared.
        The identity is a member; where a protocol refuses it (base OT), its page says so.";
    let v = &mut Vectors::new("groups.txt", about);
    let (mut zero, mut above, mut one) = ([0xff; 32], [0xff; 32], [0; 32]);
    (zero[0], zero[31], above[31], one[0]) = (0xed, 0x7f, 0x7f, 1);
    let rejected: [(&str, &[u8]); 4] = [
        ("a second zero, 2^255-19", &zero),
        ("above the field", &above),
        ("a negative integer", &one),
        ("a byte short", &zero[1..]),
    ];
    points::<Ristretto>(v, &rejected);

    let outside = (1u64..).find_map(|x| G1Affine::get_point_from_x_unchecked(Fq::from(x), true)).expect("a point");
    let (mut curve, mut sign, mut plain, mut coordinate) = ([0; 48], [0; 48], [0; 48], [0; 48]);
    outside.serialize_compressed(&mut curve[..]).expect("48 bytes");
    (sign[0], plain[0], coordinate[0], coordinate[47]) = (0xe0, 0x40, 0xc0, 1);
    let rejected: [(&str, &[u8]); 5] = [
        ("on the curve, not in the group", &curve),
        ("identity with a sign", &sign),
        ("not marked as compressed", &plain),
        ("identity with a coordinate", &coordinate),
        ("a byte short", &curve[1..]),
    ];
    points::<G1>(v, &rejected);
    v.check();
}

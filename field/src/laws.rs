//! What every field here must satisfy, as one check that the tests of any crate may run.
//!
//! Deterministic: elements come from a fixed pseudo-random byte stream beside the extreme ones. Failures panic with the
//! law's name; elements are test data, so the messages may show encodings.

use crate::{Field, Fill, PrimeField, Residue};

/// A fixed stream of bytes (SplitMix64), different for every seed.
pub fn bytes(mut seed: u64) -> impl FnMut(&mut [u8]) {
    move |out| {
        for byte in out {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (seed ^ seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (z ^ z >> 31) as u8;
        }
    }
}

/// `n` elements, the extreme ones first: 0, −1, 1, 2, −2 and the one whose internal residue is the largest, then uniform.
pub fn elements<F: Field>(n: usize, seed: u64) -> Vec<F> {
    let two = F::from_u64(2);
    let mut elements = vec![F::ZERO; n];
    F::sample_slice(&mut elements, &mut bytes(seed));
    // The sampler takes the bytes of p − 1 for an internal residue.
    let largest = F::sample(&mut |out| (-F::ONE).write(out));
    for (element, extreme) in elements.iter_mut().zip([F::ZERO, -F::ONE, F::ONE, two, -two, largest]) {
        *element = extreme;
    }
    elements
}

/// Ring and field axioms, codec, sampler and bulk kernels of any field.
pub fn check_field_laws<F: Field>() {
    check_axioms::<F>();
    check_codec::<F>();
    check_sampler::<F>();
    check_kernels::<F>();
}

/// [`check_field_laws`], and the canonical integers of a prime field.
pub fn check_prime_field_laws<F: PrimeField>() {
    check_field_laws::<F>();
    check_residues::<F>();
    check_residue_codec::<F>();
}

fn check_axioms<F: Field>() {
    let all: Vec<F> = match F::SMALL_ORDER {
        Some(order) => (0..order.min(40)).map(F::from_u64).collect(),
        None => elements(40, 1),
    };
    assert!(F::ZERO != F::ONE, "zero is not one");
    assert!(F::default() == F::ZERO, "the default is zero");
    for &a in &all {
        assert!(a + F::ZERO == a && a * F::ONE == a && a * F::ZERO == F::ZERO, "neutral elements");
        assert!(a + -a == F::ZERO && -(-a) == a, "negatives");
        match a.invert() {
            Some(inverse) => assert!(a * inverse == F::ONE, "inverse"),
            None => assert!(a == F::ZERO, "only zero has no inverse"),
        }
        for &b in &all {
            assert!(a + b == b + a && a * b == b * a, "commutativity");
            assert!(a - b == a + -b && a - b == -(b - a), "difference");
            assert!((a == b) == bool::from(a.ct_eq(&b)), "constant-time equality");
            let (mut sum, mut difference, mut product) = (a, a, a);
            sum += b;
            difference -= b;
            product *= b;
            assert!(sum == a + b && difference == a - b && product == a * b, "assigning operators");
            for &c in &all {
                assert!((a + b) + c == a + (b + c) && (a * b) * c == a * (b * c), "associativity");
                assert!(a * (b + c) == a * b + a * c, "distributivity");
            }
        }
        let mut wiped = a;
        wiped.zeroize();
        assert!(wiped == F::ZERO, "wiping");
        assert_eq!(format!("{a:?}"), F::NAME, "Debug prints the name only");
    }
}

/// An encoding is accepted exactly if it is what its element is written as.
fn check_codec<F: Field>() {
    assert_eq!(F::BYTES, F::BITS.div_ceil(8), "bytes of an encoding");
    let written = |x: F| {
        let mut out = vec![0xa5; F::BYTES];
        x.write(&mut out);
        out
    };
    let mut encodings: Vec<Vec<u8>> = elements::<F>(100, 2).into_iter().map(written).collect();
    if F::BYTES == 1 {
        encodings.extend((0..=u8::MAX).map(|b| vec![b]));
    }
    // Around the order, carried across bytes, and every single bit.
    let minus_one = written(-F::ONE);
    for step in 0..4u8 {
        let mut beyond = minus_one.clone();
        let mut carry = step;
        for byte in &mut beyond {
            let (sum, over) = byte.overflowing_add(carry);
            (*byte, carry) = (sum, u8::from(over));
        }
        encodings.push(beyond);
    }
    encodings.push(vec![0xff; F::BYTES]);
    for bit in 0..8 * F::BYTES {
        let mut one = vec![0; F::BYTES];
        one[bit / 8] |= 1 << (bit % 8);
        encodings.push(one);
    }
    let mut accepted = 0;
    for encoding in &encodings {
        if let Some(x) = F::read(encoding) {
            assert_eq!(&written(x), encoding, "accepted encodings are canonical");
            accepted += 1;
        }
        let mut among = written(F::ONE).repeat(19);
        among[9 * F::BYTES..10 * F::BYTES].copy_from_slice(encoding);
        let expected = F::read(encoding).map(|x| {
            let mut ones = vec![F::ONE; 19];
            ones[9] = x;
            ones
        });
        assert!(F::read_slice(&among) == expected, "bulk and single reading agree");
    }
    if let Some(order) = F::SMALL_ORDER {
        let canonical: Vec<_> = (0..=u8::MAX).filter_map(|b| F::read(&[b])).collect();
        assert_eq!(canonical.len() as u64, order, "as many encodings as elements");
    } else {
        assert!(accepted >= 100, "written elements are read");
    }
    for x in elements::<F>(100, 3) {
        assert!(F::read(&written(x)) == Some(x), "reading undoes writing");
    }
    let long = vec![0; F::BYTES + 1];
    assert!(F::read(&long).is_none() && F::read(&long[..F::BYTES - 1]).is_none(), "exact length");
    assert_eq!(F::read_slice(&long[1..]).map(|v| v.len()), Some(1), "one element");
    if F::BYTES > 1 {
        assert!(F::read_slice(&long).is_none(), "whole elements");
    }
    for n in [0, 1, 7, 8, 9, 31] {
        let items = elements::<F>(n, 4);
        let mut out = vec![7];
        F::write_slice(&items, &mut out);
        assert_eq!(out[0], 7, "bulk writing appends");
        assert_eq!(out[1..], items.iter().copied().flat_map(written).collect::<Vec<_>>(), "bulk writing");
        assert!(F::read_slice(&out[1..]) == Some(items), "bulk reading");
    }
}

fn check_sampler<F: Field>() {
    let sampled = |n: usize, fill: Fill<'_>| {
        let mut out = vec![F::ZERO; n];
        F::sample_slice(&mut out, fill);
        out
    };
    // However the elements are asked for, the same bytes give the same elements, and no byte is read for nothing.
    let (mut whole, mut single, mut split) = (bytes(5), bytes(5), bytes(5));
    let expected = sampled(200, &mut whole);
    let one_by_one: Vec<F> = (0..200).map(|_| F::sample(&mut single)).collect();
    let mut in_two = sampled(133, &mut split);
    in_two.extend(sampled(67, &mut split));
    assert!(expected == one_by_one && expected == in_two, "sampling is a map of the byte stream");
    let mut next = [[0; 8]; 3];
    whole(&mut next[0]);
    single(&mut next[1]);
    split(&mut next[2]);
    assert!(next[0] == next[1] && next[1] == next[2], "nothing is read beyond the last element");

    if let Some(order) = F::SMALL_ORDER {
        // Every value of a byte once: each element comes from equally many, and only the excess is refused.
        let mut values = (0..=u8::MAX).chain(0..=u8::MAX);
        let mask = (1u64 << F::BITS) - 1;
        let accepted = (0..256u64).filter(|b| b & mask < order).count();
        let drawn = sampled(accepted, &mut |out| out.fill_with(|| values.next().expect("two rounds of bytes")));
        for v in 0..order {
            let hits = drawn.iter().filter(|x| **x == F::from_u64(v)).count();
            assert_eq!(hits, accepted / order as usize, "exactly uniform");
        }
    }
}

fn check_kernels<F: Field>() {
    for n in [0, 1, 2, 7, 8, 9, 16, 23, 64, 100] {
        let [a, b, c, d, e] = [10, 11, 12, 13, 14].map(|seed| elements::<F>(n, seed));
        let k = F::sample(&mut bytes(15));
        let map = |f: &dyn Fn(usize) -> F| (0..n).map(f).collect::<Vec<_>>();
        let apply = |f: &dyn Fn(&mut [F])| {
            let mut y = c.clone();
            f(&mut y);
            y
        };
        assert!(apply(&|y| F::add_slices(y, &a)) == map(&|i| c[i] + a[i]), "add_slices, {n}");
        assert!(apply(&|y| F::sub_slices(y, &a)) == map(&|i| c[i] - a[i]), "sub_slices, {n}");
        assert!(apply(&|y| F::mul_slices(y, &a)) == map(&|i| c[i] * a[i]), "mul_slices, {n}");
        let minus_one = -F::ONE;
        for k in [F::ZERO, F::ONE, minus_one, k] {
            assert!(apply(&|y| F::scale(y, k)) == map(&|i| k * c[i]), "scale, {n}");
            assert!(apply(&|y| F::axpy(y, k, &a)) == map(&|i| c[i] + k * a[i]), "axpy, {n}");
            let combined = apply(&|y| F::beaver_combine(y, &a, &b, &d, &e, k));
            assert!(combined == map(&|i| c[i] + d[i] * (b[i] + k * e[i]) + e[i] * a[i]), "beaver_combine, {n}");
            let lin_comb = apply(&|y| F::lin_comb(y, &[k, F::ONE], &[&a, &b]));
            assert!(lin_comb == map(&|i| k * a[i] + b[i]), "lin_comb, {n}");
        }
        let sum = |x: &[F], y: &[F]| x.iter().zip(y).fold(F::ZERO, |s, (x, y)| s + *x * *y);
        assert!(F::dot(&a, &b) == sum(&a, &b), "dot, {n}");
        assert!(F::dot2(&a, &b, &c) == (sum(&a, &b), sum(&a, &c)), "dot2, {n}");
    }
    // The largest residues everywhere, and enough of them to overflow any sum that is reduced too late.
    let n = 5003;
    let largest = elements::<F>(6, 0)[5];
    for (x, k) in [(largest, largest), (-F::ONE, largest), (largest, -F::ONE), (largest, F::ONE), (F::ONE, F::ZERO)] {
        let (xs, ks) = (vec![x; n], vec![k; n]);
        let slow = (0..n).fold(F::ZERO, |s, _| s + x * k);
        assert!(F::dot(&xs, &ks) == slow, "dot of large elements");
        assert!(F::dot2(&ks, &xs, &xs) == (slow, slow), "dot2 of large elements");
        let mut y = xs[..16].to_vec();
        F::beaver_combine(&mut y, &xs[..16], &xs[..16], &xs[..16], &xs[..16], k);
        assert!(y.iter().all(|y| *y == x + x * (x + k * x) + x * x), "beaver_combine of large elements");
        y.copy_from_slice(&xs[..16]);
        F::axpy(&mut y, k, &xs[..16]);
        assert!(y.iter().all(|y| *y == x + k * x), "axpy of large elements");
    }
}

fn check_residues<F: PrimeField>() {
    let integers: Vec<F> = match F::SMALL_ORDER {
        Some(order) => (0..order).map(F::from_u64).collect(),
        None => elements(200, 20),
    };
    for pair in integers.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let (ra, rb) = (a.to_residue(), b.to_residue());
        assert!(F::from_residue(ra) == a && F::from_limbs(a.to_limbs()) == Some(a), "canonical integers");
        assert!(F::from_residue(ra.add(rb)) == a + b && F::from_residue(ra.sub(rb)) == a - b, "residue sums");
        assert!(F::from_residue(ra.add_if(true, rb)) == a + b, "add_if true");
        assert!(F::from_residue(ra.add_if(false, rb)) == a, "add_if false");
        let mut powers = Vec::new();
        let mut bits = F::ZERO;
        let mut power = b;
        let mut two_to_i = F::ONE;
        for i in 0..F::BITS {
            assert_eq!(ra.bit(i), a.to_limbs()[i / 64] >> (i % 64) & 1 == 1, "bit {i}");
            bits += if ra.bit(i) { two_to_i } else { F::ZERO };
            powers.push(F::Residue::ZERO.add_if(ra.bit(i), power.to_residue()));
            two_to_i += two_to_i;
            power += a;
        }
        assert!(bits == a, "an integer is the sum of its bits");
        let slow = powers.iter().rev().fold(F::ZERO, |acc, t| acc + acc + F::from_residue(*t));
        assert!(F::from_residue(F::Residue::horner(&powers)) == slow, "horner");
    }
    // p itself is refused, p − 1 is the largest.
    assert!(F::from_limbs(F::MODULUS).is_none(), "the modulus is no canonical integer");
    let mut largest = F::MODULUS;
    largest[0] -= 1;
    assert!(F::from_limbs(largest) == Some(-F::ONE), "p − 1 is minus one");
    assert!(F::from_limbs([F::MODULUS[0], F::MODULUS[1], F::MODULUS[2], u64::MAX]).is_none(), "high limb");
    let (a, b) = (0xffff_fff1, 0xffff_ff2f_u64);
    assert!(F::from_u64(a) * F::from_u64(b) == F::from_u64(a * b), "products of integers");
    assert!(F::from_u64(a) + F::from_u64(b) == F::from_u64(a + b), "sums of integers");
}

fn check_residue_codec<F: PrimeField>() {
    let items = elements::<F>(37, 21);
    let residues: Vec<_> = items.iter().map(|x| x.to_residue()).collect();
    let (mut out, mut expected) = (vec![7], vec![7]);
    F::Residue::write_slice(&residues, &mut out);
    F::write_slice(&items, &mut expected);
    assert_eq!(out, expected, "residues and elements are written alike");
    let mut read = vec![F::Residue::ZERO; 37];
    assert!(F::Residue::read_slice(&out[1..], &mut read), "residues are read");
    assert!(read.iter().zip(&items).all(|(r, x)| F::from_residue(*r) == *x), "reading undoes writing");
    assert!(!F::Residue::read_slice(&out[1..], &mut read[1..]), "fewer residues than bytes");
    assert!(!F::Residue::read_slice(&out[2..], &mut read), "too few bytes");
    let end = out.len();
    let modulus: Vec<u8> = F::MODULUS.iter().flat_map(|limb| limb.to_le_bytes()).collect();
    out[end - F::BYTES..].copy_from_slice(&modulus[..F::BYTES]);
    assert!(!F::Residue::read_slice(&out[1..], &mut read), "the modulus is refused");
    assert!(F::read_slice(&out[1..]).is_none(), "the modulus is refused");

    // Residues: the first accepted attempts of the stream, as canonical integers.
    let mut sampled = vec![F::Residue::ZERO; 150];
    F::Residue::sample_slice(&mut sampled, &mut bytes(22));
    let mut stream = bytes(22);
    for r in sampled {
        let expected = loop {
            let mut attempt = vec![0; F::BYTES];
            stream(&mut attempt);
            let mut wide = [0xff; 32];
            wide[..F::BYTES].copy_from_slice(&attempt);
            let limbs = std::array::from_fn(|i| u64::from_le_bytes(std::array::from_fn(|b| wide[8 * i + b])));
            let (single, accepted) = F::Residue::attempt(limbs);
            attempt[F::BYTES - 1] &= 0xff >> (8 * F::BYTES - F::BITS);
            let read = F::read(&attempt);
            assert_eq!(accepted, read.is_some(), "a single attempt is accepted alike");
            if let Some(x) = read {
                assert!(F::from_residue(single) == x, "a single attempt");
                break x;
            }
        };
        assert!(F::from_residue(r) == expected, "the sampling map of residues");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{F2, F3, F5, F7, F31, F128, F251, Fr, Gf128};

    #[test]
    fn tiny_fields() {
        check_prime_field_laws::<F2>();
        check_prime_field_laws::<F3>();
        check_prime_field_laws::<F5>();
        check_prime_field_laws::<F7>();
        check_prime_field_laws::<F31>();
        check_prime_field_laws::<F251>();
    }

    #[test]
    fn fr() {
        check_prime_field_laws::<Fr>();
    }

    #[test]
    fn f128() {
        check_prime_field_laws::<F128>();
    }

    #[test]
    fn gf128() {
        check_field_laws::<Gf128>();
    }
}

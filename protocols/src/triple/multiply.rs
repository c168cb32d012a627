//! Steps 1 and 2 of `spec/protocols/10-mascot-triple.md`: raw products by oblivious transfer, and their combination.

use std::ops::Range;

use field::{PrimeField, Residue};
use transport::{PartyId, PerParty};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::ot::{ForMeasurement, RandomOt};
use crate::{Result, Session};

/// τ: raw factors per triple. A sender that lies about bits of the raw factors learns some of them by surviving; two
/// random combinations of three elements of 128 bits or more hide what they are to 2^-64.
pub(super) const RAW: usize = 3;

/// This party's shares of raw products `c[t][e] = a[t][e]·b[t]`, index `t·τ + e`.
#[derive(ZeroizeOnDrop, Default)]
pub(super) struct Raw<F: PrimeField> {
    pub(super) a: Vec<F>,
    pub(super) b: Vec<F>,
    pub(super) c: Vec<F>,
}

/// Step 1 with one raw factor: this party's shares of `a`, `b` and `a·b`, for counting what the transfers of one product
/// tell. Not for use: nothing is checked and nothing combined. Only the transfers of a simulator fit.
pub async fn product_for_measurement<F: PrimeField, O: ForMeasurement>(s: &mut Session) -> Result<[F; 3]> {
    let mut ot = O::setup(s).await?;
    let raw = multiply::<F, O, 1>(s, &mut ot, 1).await?;
    Ok([raw.a[0], raw.b[0], raw.c[0]])
}

/// Step 1: `n` times `TAU` raw products, unchecked.
pub(super) async fn multiply<F: PrimeField, O: RandomOt, const TAU: usize>(
    s: &mut Session,
    ot: &mut O,
    n: usize,
) -> Result<Raw<F>> {
    let mut s = s.step("multiply");
    let (me, parties, groups) = (s.me(), s.n(), n * TAU);
    // Step 1.1: uniform factors. The choice bits are those of their canonical integers.
    let a = s.tape().elements::<F>(groups)?;
    let b = s.tape().elements::<F>(n)?;
    let integers = |x: &[F]| Zeroizing::new(x.iter().map(|x| x.to_residue()).collect::<Vec<_>>());
    let (a_bits, b_integers) = (integers(&a), integers(&b));
    let choices = choices(&a);
    // Step 1.2: one transfer per bit, with everyone in both roles.
    let ots = ot.extend::<F>(&mut s, &choices, groups * F::BITS).await?;
    // Steps 1.3 and 1.4: as sender, the difference that turns random strings into products; as receiver, the products.
    let per_frame = (s.per_frame::<F>() / F::BITS).max(1);
    let frames: Vec<Range<usize>> = (0..groups).step_by(per_frame).map(|at| at..(at + per_frame).min(groups)).collect();
    let counts: Vec<usize> = frames.iter().map(|g| g.len() * F::BITS).collect();
    let counts = PerParty::from_fn(parties, |p| if p == me { Vec::new() } else { counts.clone() });
    let mut sent = Zeroizing::new(vec![F::Residue::ZERO; groups]);
    let mut received = Zeroizing::new(vec![F::Residue::ZERO; groups]);
    let bits = |g: usize| g * F::BITS..(g + 1) * F::BITS;
    let mut difference = Zeroizing::new(vec![F::Residue::ZERO; F::BITS]);
    let mut differences = Zeroizing::new(vec![F::Residue::ZERO; F::BITS]);
    let offer = |p: PartyId, k: usize, body: &mut Vec<u8>| {
        for g in frames[k].clone() {
            let (zero, one) = (&ots[p].zero[bits(g)], &ots[p].one[bits(g)]);
            for ((d, zero), one) in difference.iter_mut().zip(zero).zip(one) {
                *d = zero.sub(*one).add(b_integers[g / TAU]);
            }
            Residue::write_slice(&difference, body);
            sent[g] = sent[g].add(Residue::horner(zero));
        }
    };
    let choose = |p: PartyId, k: usize, body: &[u8]| {
        let mut canonical = true;
        for (g, bytes) in frames[k].clone().zip(body.chunks_exact(F::BITS * F::BYTES)) {
            canonical &= Residue::read_slice(bytes, &mut differences);
            let products = sum_chosen(&a_bits[g], &ots[p].chosen[bits(g)], &differences);
            received[g] = received[g].add(products);
        }
        canonical
    };
    s.pump::<F>("d", &counts, &counts, offer, choose).await?;
    let shares = received.iter().zip(&*sent).enumerate();
    let c = shares.map(|(g, (received, sent))| a[g] * b[g / TAU] + F::from_residue(received.sub(*sent))).collect();
    Ok(Raw { a, b, c })
}

/// `Σ 2^l·(chosen_l + bit_l·difference_l)`, the bits being those of `x`.
fn sum_chosen<R: Residue>(x: &R, chosen: &[R], differences: &[R]) -> R {
    let mut sum = R::ZERO.begin();
    for (i, (l, (chosen, difference))) in chosen.iter().zip(differences).enumerate().rev().enumerate() {
        if i > 0 && i.is_multiple_of(R::SUM_TERMS) {
            sum = R::total(sum).begin();
        }
        R::double_add(&mut sum, *chosen);
        R::add_to(&mut sum, x.bit(l), *difference);
    }
    R::total(sum)
}

/// The bits of the canonical integers of all elements, one after the other, least significant first.
fn choices<F: PrimeField>(elements: &[F]) -> Zeroizing<Vec<u128>> {
    let mut words = Zeroizing::new(vec![0u128; (elements.len() * F::BITS).div_ceil(128) + 1]);
    let mut at = 0;
    for x in elements {
        let limbs = Zeroizing::new(x.to_limbs());
        for (i, limb) in limbs.iter().take(F::BITS.div_ceil(64)).enumerate() {
            // A word takes what fits of the limb, the next one the rest, if any.
            words[at / 128] |= u128::from(*limb) << (at % 128);
            words[at / 128 + 1] |= u128::from(*limb).checked_shr(128 - (at % 128) as u32).unwrap_or(0);
            at += (F::BITS - 64 * i).min(64);
        }
    }
    words
}

/// Step 2: this party's shares of `a`, `b`, `c`, `â`, `ĉ`, one block after the other, from raw products that are final
/// at all parties.
pub(super) async fn combine<F: PrimeField>(s: &mut Session, raw: Raw<F>) -> Result<Zeroizing<Vec<F>>> {
    let mut s = s.step("combine");
    let n = raw.b.len();
    // Step 2.1: coefficients of both combinations of every triple.
    let r = s.challenge::<F>(2 * RAW * n).await?;
    // Step 2.2: combine.
    let combined = |x: &[F], which: usize, out: &mut Vec<F>| {
        out.extend((0..n).map(|t| {
            let at = (2 * t + which) * RAW;
            F::dot(&r[at..at + RAW], &x[t * RAW..(t + 1) * RAW])
        }));
    };
    let mut out = Zeroizing::new(Vec::with_capacity(5 * n));
    combined(&raw.a, 0, &mut out);
    out.extend_from_slice(&raw.b);
    combined(&raw.c, 0, &mut out);
    combined(&raw.a, 1, &mut out);
    combined(&raw.c, 1, &mut out);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use field::{F31, F128, Fr};

    use super::*;
    use crate::Tape;

    #[test]
    fn sums_of_the_largest_integers_do_not_overflow() {
        fn over<F: PrimeField>() {
            let largest = (-F::ONE).to_residue();
            let (chosen, differences) = (vec![largest; F::BITS], vec![largest; F::BITS]);
            let products: Vec<_> = (0..F::BITS).map(|l| largest.add_if(largest.bit(l), largest)).collect();
            let (fast, slow) = (sum_chosen(&largest, &chosen, &differences), Residue::horner(&products));
            assert!(F::from_residue(fast) == F::from_residue(slow), "{}", F::NAME);
        }
        over::<Fr>();
        over::<F128>();
        over::<F31>();
    }

    #[test]
    fn choices_are_the_bits_of_the_integers() {
        fn over<F: PrimeField>() {
            let mut x = Tape::seeded([F::BITS as u8; 32]).elements::<F>(40).unwrap_or_default();
            x.push(-F::ONE);
            let words = choices(&x);
            for (k, x) in x.iter().enumerate() {
                for l in 0..F::BITS {
                    let at = k * F::BITS + l;
                    assert_eq!(words[at / 128] >> (at % 128) & 1 == 1, x.to_residue().bit(l), "{} {k} {l}", F::NAME);
                }
            }
        }
        over::<Fr>();
        over::<F128>();
        over::<F31>();
    }
}

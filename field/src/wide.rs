//! Sums of products that are reduced once: portable arithmetic on `N` 64-bit limbs with accumulators of `W = 2N + 1`.

/// `−1/p mod 2^64` of an odd `p`.
pub(crate) const fn negative_inverse(p: u64) -> u64 {
    // Newton: each step doubles the correct bits, beginning with the three of p itself.
    let mut inverse = p;
    let mut correct = 3;
    while correct < 64 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(p.wrapping_mul(inverse)));
        correct *= 2;
    }
    inverse.wrapping_neg()
}

/// `sum += a · b`. The top limb counts overflows of 2N limbs, so 2^64 products fit.
#[inline(always)]
pub(crate) fn add_product<const N: usize, const W: usize>(sum: &mut [u64; W], a: &[u64; N], b: &[u64; N]) {
    let mut product = [0u64; W];
    for i in 0..N {
        let mut carry = 0;
        for j in 0..N {
            (product[i + j], carry) = a[i].carrying_mul_add(b[j], product[i + j], carry);
        }
        product[i + N] = carry;
    }
    let mut carry = false;
    for (s, p) in sum.iter_mut().zip(product) {
        (*s, carry) = s.carrying_add(p, carry);
    }
}

/// Montgomery reduction of a sum: the upper `N + 1` limbs (`result[..=N]`) hold `sum · 2^(−64N) mod p` up to a multiple
/// of `p`, at most `p` above `sum / 2^(64N)`.
#[inline(always)]
pub(crate) fn divide<const N: usize, const W: usize>(mut sum: [u64; W], p: &[u64; N], inverse: u64) -> [u64; W] {
    for i in 0..N {
        let q = sum[i].wrapping_mul(inverse);
        let mut carry = 0;
        for j in 0..N {
            (sum[i + j], carry) = q.carrying_mul_add(p[j], sum[i + j], carry);
        }
        let mut rest = carry;
        for limb in &mut sum[i + N..] {
            let (s, over) = limb.carrying_add(rest, false);
            (*limb, rest) = (s, u64::from(over));
        }
    }
    sum.rotate_left(N);
    sum
}

/// The 64-bit limbs of `Σ 2^(52·i) · columns_i`, which fits.
#[cfg(target_arch = "x86_64")]
pub(crate) fn from_columns<const W: usize>(columns: &[u128]) -> [u64; W] {
    let mut sum = [0u64; W];
    for (i, column) in columns.iter().enumerate() {
        let (limb, shift) = (52 * i / 64, 52 * i % 64);
        let low = column << shift;
        let high = if shift == 0 { 0 } else { (column >> (128 - shift)) as u64 };
        let mut carry = false;
        let parts = [low as u64, (low >> 64) as u64, high];
        for (s, part) in sum[limb..].iter_mut().zip(parts.into_iter().chain(core::iter::repeat(0))) {
            (*s, carry) = s.carrying_add(part, carry);
        }
    }
    sum
}

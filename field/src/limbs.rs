//! Four-limb integers mod the BLS12-381 group order, without branches on their values.
//!
//! The same additions serve canonical integers and Montgomery residues: both are integers in `[0, r)`.

/// The order `r` of the BLS12-381 groups, little-endian limbs.
pub(crate) const R: [u64; 4] =
    [0xffff_ffff_0000_0001, 0x53bd_a402_fffe_5bfe, 0x3339_d808_09a1_d805, 0x73ed_a753_299d_7d48];
/// `⌊2^318 / r⌋`, for quotients of five-limb sums.
const BARRETT: u64 = 0x8d54_253b_7fb7_8ddf;

/// A 256-bit integer, little-endian limbs.
pub(crate) type Limbs = [u64; 4];

/// `a + b + carry`.
#[inline(always)]
fn adc(a: u64, b: u64, carry: bool) -> (u64, bool) {
    #[cfg(target_arch = "x86_64")]
    {
        // The intrinsic keeps the carry in the flag where the plain operation is compiled to a comparison.
        let mut sum = 0;
        let carry = core::arch::x86_64::_addcarry_u64(u8::from(carry), a, b, &mut sum);
        (sum, carry != 0)
    }
    #[cfg(not(target_arch = "x86_64"))]
    a.carrying_add(b, carry)
}

/// `a − b − borrow`.
#[inline(always)]
fn sbb(a: u64, b: u64, borrow: bool) -> (u64, bool) {
    #[cfg(target_arch = "x86_64")]
    {
        let mut difference = 0;
        let borrow = core::arch::x86_64::_subborrow_u64(u8::from(borrow), a, b, &mut difference);
        (difference, borrow != 0)
    }
    #[cfg(not(target_arch = "x86_64"))]
    a.borrowing_sub(b, borrow)
}

#[inline(always)]
fn raw_add(a: Limbs, b: Limbs) -> (Limbs, bool) {
    let (r0, c) = adc(a[0], b[0], false);
    let (r1, c) = adc(a[1], b[1], c);
    let (r2, c) = adc(a[2], b[2], c);
    let (r3, c) = adc(a[3], b[3], c);
    ([r0, r1, r2, r3], c)
}

#[inline(always)]
fn raw_sub(a: Limbs, b: Limbs) -> (Limbs, bool) {
    let (r0, c) = sbb(a[0], b[0], false);
    let (r1, c) = sbb(a[1], b[1], c);
    let (r2, c) = sbb(a[2], b[2], c);
    let (r3, c) = sbb(a[3], b[3], c);
    ([r0, r1, r2, r3], c)
}

/// All ones if `bit`, else zero, by a way the compiler cannot see through: a mask made of a plain negation (and equally
/// `select_unpredictable`) is compiled to a jump on the bit.
#[inline(always)]
pub(crate) fn ones_if(bit: bool) -> u64 {
    #[cfg(target_arch = "x86_64")]
    {
        sbb(0, 0, bit).0
    }
    #[cfg(not(target_arch = "x86_64"))]
    core::hint::black_box(0u64.wrapping_sub(u64::from(bit)))
}

/// `a` if `bit`, else zero.
#[inline(always)]
pub(crate) fn mask(a: Limbs, bit: bool) -> Limbs {
    let m = ones_if(bit);
    a.map(|limb| limb & m)
}

/// Whether `a < r`.
#[inline]
pub(crate) fn is_reduced(a: Limbs) -> bool {
    raw_sub(a, R).1
}

/// [`is_reduced`] of public integers and of attempts at sampling: the highest limb decides all but one in 2^63 of them.
#[inline]
pub(crate) fn is_canonical(a: Limbs) -> bool {
    #[cold]
    fn close(a: Limbs) -> bool {
        is_reduced(a)
    }
    if a[3] == R[3] { close(a) } else { a[3] < R[3] }
}

/// `a mod r` for `a < 2r`.
#[inline]
pub(crate) fn reduce_once(a: Limbs) -> Limbs {
    let (d, borrow) = raw_sub(a, R);
    raw_add(d, mask(R, borrow)).0
}

/// `a + b mod r` for reduced operands; `2r < 2^256`, so the sum itself does not overflow.
#[inline]
pub(crate) fn add(a: Limbs, b: Limbs) -> Limbs {
    reduce_once(raw_add(a, b).0)
}

/// `a − b mod r` for reduced operands.
#[inline]
pub(crate) fn sub(a: Limbs, b: Limbs) -> Limbs {
    let (d, borrow) = raw_sub(a, b);
    raw_add(d, mask(R, borrow)).0
}

/// `a · b / 2^256 mod r` for a reduced `a` and any `b`: multiplication and division by words interleaved. `r < 2^255`, so the two
/// carries of a step fit one word. Unlike ark's, the last subtraction is no jump; otherwise they take the same time.
#[inline]
pub(crate) fn montgomery_mul(a: Limbs, b: Limbs) -> Limbs {
    const INVERSE: u64 = crate::wide::negative_inverse(R[0]);
    let mut product = [0u64; 4];
    for word in b {
        let (low, mut carry) = a[0].carrying_mul_add(word, product[0], 0);
        let q = low.wrapping_mul(INVERSE);
        let (_, mut carry_q) = q.carrying_mul_add(R[0], low, 0);
        for j in 1..4 {
            let sum;
            (sum, carry) = a[j].carrying_mul_add(word, product[j], carry);
            (product[j - 1], carry_q) = q.carrying_mul_add(R[j], sum, carry_q);
        }
        product[3] = carry + carry_q;
    }
    reduce_once(product)
}

/// `Σ 2^i · terms_i mod r`, Horner from the top.
///
/// The running sum is five limbs wide and reduced once every 60 doublings: below `r`
/// before the first of them, it stays below `2·2^60·r < 2^317` (with a second term each, [`add_to`], below `3·2^60·r`).
pub(crate) fn horner(terms: impl DoubleEndedIterator<Item = Limbs>) -> Limbs {
    let mut sum: Wide = ([0; 4], 0);
    for (i, t) in terms.rev().enumerate() {
        if i % 60 == 0 {
            sum = (reduce_wide(sum.0, sum.1), 0);
        }
        double_add(&mut sum, t);
    }
    reduce_wide(sum.0, sum.1)
}

/// A sum of five limbs.
pub(crate) type Wide = (Limbs, u64);

/// `sum ← sum + t`.
#[inline]
pub(crate) fn add_to((low, high): &mut Wide, t: Limbs) {
    let (sum, carry) = raw_add(*low, t);
    *low = sum;
    *high += u64::from(carry);
}

/// `sum ← 2·sum + t`.
#[inline]
pub(crate) fn double_add((low, high): &mut Wide, t: Limbs) {
    let (doubled, carry) = raw_add(*low, *low);
    let (sum, more) = raw_add(doubled, t);
    *low = sum;
    *high = (*high << 1 | u64::from(carry)) + u64::from(more);
}

/// `low + 2^256·high mod r`, for a sum below `2^318`.
#[inline]
pub(crate) fn reduce_wide(low: Limbs, high: u64) -> Limbs {
    // Barrett: q = ⌊⌊x/2^254⌋·⌊2^318/r⌋ / 2^64⌋ lies in (x/r − 3, x/r].
    let top = high << 2 | low[3] >> 62;
    let q = ((u128::from(top) * u128::from(BARRETT)) >> 64) as u64;
    let (p0, carry) = q.carrying_mul(R[0], 0);
    let (p1, carry) = q.carrying_mul(R[1], carry);
    let (p2, carry) = q.carrying_mul(R[2], carry);
    let (p3, p4) = q.carrying_mul(R[3], carry);
    // The rest is below 3r < 2^257: at most one bit is left of the fifth limb.
    let (rest, borrow) = raw_sub(low, [p0, p1, p2, p3]);
    let top = high.wrapping_sub(p4).wrapping_sub(u64::from(borrow));
    // One subtraction where a fifth limb is left over or the four limbs are not below r, then the usual one.
    let (d, borrow) = raw_sub(rest, R);
    let keep = borrow & (top == 0);
    reduce_once(raw_add(d, mask(R, keep)).0)
}

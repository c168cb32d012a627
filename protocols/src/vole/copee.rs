//! # COPEe: products with a key, up to errors that the authentication catches
//! Functionality: F_COPEe · Protocol: MASCOT (ePrint 2016/505) Π_COPEe · Spec: `spec/protocols/08-copee.md`
//! Level: A3C2 under the check of `share/authenticate.rs`, nothing on its own · Rounds: 1 message
//! Bytes: `⌈log₂ p⌉` elements per product and direction (8,160 for Fr, 2,048 for F128)
//!
//! A vector `x` of the owner A times the key `Δ` of the holder B: A gets `t`, B gets `q`, with `t + q = Δ·x`. Everything
//! works on canonical integers: the bits of Δ choose, and products are sums of doublings.

use std::ops::Range;

use field::{PrimeField, Residue};
use transport::{PartyId, PerParty};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::ot::{ForMeasurement, RandomOt, SeedOts, SeedStream};
use crate::{Error, Result, Session};

/// Columns processed together: rows of this many elements stay in the first-level cache.
const COLUMNS: usize = 256;

/// COPEe with every other party, in both roles at once; the key is the same towards all of them. The streams of every
/// pair, one per key bit and known seed, are read on from call to call. Worth nothing without the check of
/// authentication, so one on its own is for counting only.
pub struct Copee<F: PrimeField, S> {
    /// As owner: both streams of every bit of the peer's key.
    owner: PerParty<Vec<[S; 2]>>,
    /// As key holder: the stream that its own key bit chose.
    holder: PerParty<Vec<S>>,
    delta: Zeroizing<F::Residue>,
}

/// The two halves of the products, as this party sees them.
#[derive(ZeroizeOnDrop)]
pub struct Products<F: PrimeField> {
    /// As owner: the sum over all key holders of this party's halves of `x·Δ_holder`.
    pub t: Vec<F>,
    /// As key holder: the halves of `x_owner·Δ`, by owner; empty for this party.
    #[zeroize(skip)]
    pub q: PerParty<Zeroizing<Vec<F>>>,
}

/// One frame: some rows (from the top bit down) of a block of columns.
#[derive(Clone)]
struct Part {
    columns: Range<usize>,
    rows: Range<usize>,
}

/// The frames for `len` columns of `bits` rows: blocks in order, in each the rows of the top bits first.
fn parts(len: usize, bits: usize, per_frame: usize) -> Vec<Part> {
    let blocks = (0..len).step_by(COLUMNS).map(|at| at..(at + COLUMNS).min(len));
    blocks
        .flat_map(|columns| {
            let rows = (per_frame / columns.len()).clamp(1, bits);
            (0..bits).step_by(rows).map(move |at| Part { columns: columns.clone(), rows: at..(at + rows).min(bits) })
        })
        .collect()
}

/// A product in the making: one unreduced sum per column of the current block, and the finished columns.
struct Lane<R: Residue> {
    sums: Vec<R::Sum>,
    done: Vec<R>,
}

impl<R: Residue> Lane<R> {
    fn new(len: usize) -> Self {
        Self { sums: vec![R::Sum::default(); COLUMNS], done: Vec::with_capacity(len) }
    }
    /// Before row `row` is added: a fresh start at the first, a reduction where the sums would overflow.
    fn before(&mut self, row: usize, columns: usize) {
        if row == 0 {
            self.sums.fill(R::Sum::default());
        } else if row.is_multiple_of(R::SUM_TERMS) {
            self.sums[..columns].iter_mut().for_each(|s| *s = R::total(*s).begin());
        }
    }
    /// After the last row: the block's columns are finished.
    fn finish(&mut self, columns: usize) {
        self.done.extend(self.sums[..columns].iter().map(|s| R::total(*s)));
    }
}

impl<R: Residue> Drop for Lane<R> {
    fn drop(&mut self) {
        self.sums.zeroize();
        self.done.zeroize();
    }
}

/// Rows in use.
struct Scratch<R: Residue>([Zeroizing<Vec<R>>; 3]);

impl<R: Residue> Scratch<R> {
    fn new() -> Self {
        Self([(); 3].map(|()| Zeroizing::new(vec![R::ZERO; COLUMNS])))
    }
}

impl<F: PrimeField, S> std::fmt::Debug for Copee<F, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Copee<{}>", F::NAME)
    }
}
impl<F: PrimeField> std::fmt::Debug for Products<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Products<{}>", F::NAME)
    }
}

impl<F: PrimeField, S: SeedStream> Copee<F, S> {
    /// Step 1 for a text other than the shipped one. Not for use: nothing binds a party to one key. Only the transfers of a
    /// simulator fit.
    pub async fn setup_for_measurement<O>(s: &mut Session, delta: F) -> Result<Self>
    where
        O: RandomOt<Stream = S> + ForMeasurement,
    {
        Self::setup::<O>(s, delta).await
    }
    /// Step 1: the bits of the key's canonical integer choose one seed of every pair.
    pub(crate) async fn setup<O: RandomOt<Stream = S>>(s: &mut Session, delta: F) -> Result<Self> {
        let delta = Zeroizing::new(delta.to_residue());
        let bits = Zeroizing::new((0..F::BITS).map(|i| delta.bit(i)).collect::<Vec<_>>());
        let seeds = O::seeds(&mut s.step("copee_setup"), &bits).await?;
        let both = |s: &SeedOts| s.sent.iter().map(|[zero, one]| [S::of(zero), S::of(one)]).collect();
        let chosen = |s: &SeedOts| s.received.iter().map(S::of).collect();
        let owner = PerParty::from_vec(seeds.values().map(both).collect());
        let holder = PerParty::from_vec(seeds.values().map(chosen).collect());
        Ok(Self { owner, holder, delta })
    }

    /// Step 2: multiplies this party's `x` by the key of every other party, and the `lens[p]` elements of every other
    /// party `p` by this party's key.
    pub async fn multiply(&mut self, s: &mut Session, x: &[F::Residue], lens: &PerParty<usize>) -> Result<Products<F>> {
        let mut s = s.step("copee");
        let (me, n) = (s.me(), s.n());
        if x.len() != lens[me] {
            return Err(Error::Local(format!("{} values to multiply, where {} were said", x.len(), lens[me])));
        }
        let per_frame = s.per_frame::<F>();
        let split = |p: PartyId| parts(lens[p], F::BITS, per_frame);
        let (mine, theirs) = (split(me), PerParty::from_fn(n, |p| if p == me { Vec::new() } else { split(p) }));
        let count = |parts: &[Part]| parts.iter().map(|p| p.rows.len() * p.columns.len()).collect::<Vec<_>>();
        let outgoing = PerParty::from_fn(n, |_| count(&mine));
        let incoming = PerParty::from_fn(n, |p| count(&theirs[p]));

        let mut t = PerParty::from_fn(n, |_| Lane::<F::Residue>::new(x.len()));
        let mut q = PerParty::from_fn(n, |p| Lane::<F::Residue>::new(lens[p]));
        let (mut out_rows, mut in_rows) = (Scratch::new(), Scratch::new());
        let Self { owner, holder, delta } = self;
        s.pump::<F>(
            "u",
            &outgoing,
            &incoming,
            |p, k, body| offer(&mut owner[p], &mut t[p], &mut out_rows, x, &mine[k], body),
            |p, k, body| choose(&mut holder[p], **delta, &mut q[p], &mut in_rows, &theirs[p][k], body),
        )
        .await?;

        // Step 2.3: t = −Σ 2^i·t_{i,0}, here summed over the key holders as the owner's MAC share needs it.
        let mut sums = Zeroizing::new(vec![F::Residue::ZERO; x.len()]);
        for p in s.others() {
            sums.iter_mut().zip(&t[p].done).for_each(|(sum, t)| *sum = sum.sub(*t));
        }
        let elements = |r: &[F::Residue]| r.iter().map(|r| F::from_residue(*r)).collect::<Vec<F>>();
        Ok(Products { t: elements(&sums), q: PerParty::from_fn(n, |p| Zeroizing::new(elements(&q[p].done))) })
    }
}

/// Step 2.1, the owner's rows of one frame: `u_i = t_{i,0} − t_{i,1} + x`, and `Σ 2^i·t_{i,0}` on the way.
fn offer<R: Residue, S: SeedStream>(
    streams: &mut [[S; 2]],
    lane: &mut Lane<R>,
    scratch: &mut Scratch<R>,
    x: &[R],
    part: &Part,
    body: &mut Vec<u8>,
) {
    let (columns, bits) = (part.columns.len(), streams.len());
    let x = &x[part.columns.clone()];
    let [t0, t1, u] = scratch.0.each_mut().map(|row| &mut row[..columns]);
    for row in part.rows.clone() {
        let [s0, s1] = &mut streams[bits - 1 - row];
        s0.read(t0);
        s1.read(t1);
        lane.before(row, columns);
        for ((((u, t0), t1), x), sum) in u.iter_mut().zip(&*t0).zip(&*t1).zip(x).zip(&mut lane.sums) {
            *u = t0.sub(*t1).add(*x);
            R::double_add(sum, *t0);
        }
        R::write_slice(u, body);
    }
    if part.rows.end == bits {
        lane.finish(columns);
    }
}

/// Steps 2.2 and 2.3, the key holder's rows of one frame: `q_i = t_{i,Δ_i} + Δ_i·u_i`, and `Σ 2^i·q_i` on the way.
/// `false` if an element is not canonical.
fn choose<R: Residue, S: SeedStream>(
    streams: &mut [S],
    delta: R,
    lane: &mut Lane<R>,
    scratch: &mut Scratch<R>,
    part: &Part,
    body: &[u8],
) -> bool {
    let (columns, bits) = (part.columns.len(), streams.len());
    let [chosen, u, _] = scratch.0.each_mut().map(|row| &mut row[..columns]);
    let mut canonical = true;
    let rows = body.chunks_exact(body.len() / part.rows.len());
    for (row, bytes) in part.rows.clone().zip(rows) {
        let bit = bits - 1 - row;
        canonical &= R::read_slice(bytes, u);
        streams[bit].read(chosen);
        lane.before(row, columns);
        let chooses = delta.bit(bit);
        for ((chosen, u), sum) in chosen.iter().zip(&*u).zip(&mut lane.sums) {
            R::double_add(sum, *chosen);
            R::add_to(sum, chooses, *u);
        }
    }
    if part.rows.end == bits {
        lane.finish(columns);
    }
    canonical
}

#[cfg(test)]
mod tests {
    use field::{F128, Field};

    use super::*;
    use crate::ot::SoftSpoken;
    use crate::testing::{Ears, run};

    /// A caller's mistake, found before anything is said.
    #[test]
    fn more_or_fewer_values_than_were_said_are_refused() {
        for lens in [[2, 1], [0, 1]] {
            let mut ears = Ears::of("u", false);
            let ends = run(2, 1, &mut ears, move |mut s: Session| async move {
                let x = F128::from_u64(5);
                let mut copee = Copee::<F128, _>::setup::<SoftSpoken>(&mut s, x).await?;
                let honest = s.me().index() == 0;
                let lens = PerParty::from_vec(if honest { lens.to_vec() } else { vec![1, 1] });
                copee.multiply(&mut s, &[x.to_residue()], &lens).await
            });
            let said = format!("1 values to multiply, where {} were said", lens[0]);
            assert!(matches!(&ends[0], Err(Error::Local(text)) if *text == said), "{:?}", ends[0]);
            assert_eq!(ears.heard, 0);
        }
    }
}

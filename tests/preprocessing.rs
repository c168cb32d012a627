//! Preprocessing in the clear: all parties' shares of what the shipped protocols made are put together and every
//! equation is checked, on real oblivious transfer (base OT, SoftSpoken, COPEe) and in the hybrid model of ideal transfers.

use adversary::ideal::ot::IdealOt;
use adversary::{Ending, World, classify};
use field::{F31, F128, Field, Fr, PrimeField};
use protocols::ot::{Active, OtBatch, RandomOt, SeedOts, SoftSpoken};
use protocols::{Mascot, Online, Result, Session, Shared, Tape};
use transport::sim::Passive;
use transport::{PartyId, PartySet, PerParty};

/// How many items of each kind are made.
#[derive(Clone, Copy)]
struct Amounts {
    triples: usize,
    randoms: usize,
    transfers: usize,
}

const FEW: Amounts = Amounts { triples: 3, randoms: 3, transfers: 130 };
const MANY: Amounts = Amounts { triples: 150, randoms: 600, transfers: 5000 };

/// Everything a party got: `a`, `b`, `c`, random values and every party's masks as (value, MAC) shares, and its own
/// masks in the clear.
struct Got<F> {
    shared: Vec<(Vec<F>, Vec<F>)>,
    clear: Vec<F>,
}

async fn generate<F: PrimeField, O: RandomOt<Security = Active>>(
    s: &mut Session,
    mut mascot: Mascot<F, O>,
    amounts: Amounts,
) -> Result<Got<F>> {
    let t = mascot.triples(s, amounts.triples).await?;
    let randoms = mascot.randoms(s, amounts.randoms).await?;
    let counts = PerParty::from_fn(s.n(), |p| 2 * p.index());
    let masks = mascot.masks(s, &counts).await?.into_vec();
    let mut got = Got { shared: [t.a, t.b, t.c, randoms].map(Shared::into_parts).into(), clear: Vec::new() };
    for m in masks {
        got.shared.push(m.shared.into_parts());
        if let Some(clear) = &m.clear {
            got.clear.extend_from_slice(&clear.0);
        }
    }
    Ok(got)
}

/// Every party's output of an honest run.
fn outputs<T: 'static, P>(world: &World, program: impl Fn(Session) -> P) -> Vec<T>
where
    P: Future<Output = Result<T>> + 'static,
{
    let run = world.run(&Tape::seeded([world.parties.n() as u8; 32]), &mut Passive, &program);
    let outputs: Vec<T> =
        classify(run.ends).into_iter().filter_map(|e| if let Ending::Output(v) = e { Some(v) } else { None }).collect();
    assert_eq!(outputs.len(), world.parties.n(), "not every party finished");
    outputs
}

fn add_up<F: Field>(parts: impl Iterator<Item = Vec<F>>) -> Vec<F> {
    parts
        .reduce(|mut sum, part| {
            F::add_slices(&mut sum, &part);
            sum
        })
        .unwrap_or_default()
}

fn everything_is_right<F: PrimeField>(got: &[Got<F>], amounts: Amounts) {
    let items = got[0].shared.len();
    let value = |k: usize| add_up(got.iter().map(|g| g.shared[k].0.clone()));
    let mac = |k: usize| add_up(got.iter().map(|g| g.shared[k].1.clone()));
    let opened: Vec<_> = (0..items).map(|k| (value(k), mac(k))).collect();
    let [a, b, c] = [0, 1, 2].map(|k| &opened[k].0);
    assert_eq!((a.len(), opened[3].0.len()), (amounts.triples, amounts.randoms));
    for t in 0..amounts.triples {
        assert_eq!(a[t] * b[t], c[t], "triple {t} over {}", F::NAME);
    }
    // One key for everything.
    let (x, m) = opened.iter().flat_map(|(x, m)| x.iter().zip(m)).find(|(x, _)| **x != F::ZERO).unwrap();
    let alpha = *m * x.invert().unwrap();
    for (values, macs) in &opened {
        assert_eq!(values.len(), macs.len());
        assert!(values.iter().zip(macs).all(|(x, m)| alpha * *x == *m), "a MAC over {}", F::NAME);
    }
    for (p, g) in got.iter().enumerate() {
        assert_eq!(g.clear, opened[4 + p].0, "masks of party {p}");
        assert_eq!(g.clear.len(), 2 * p);
    }
    if F::SMALL_ORDER.is_none() {
        // Nothing is made twice.
        assert_ne!(alpha, F::ZERO);
        let all: Vec<_> = opened.iter().flat_map(|(x, _)| x).map(|x| x.to_limbs()).collect();
        let mut different = all.clone();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), all.len(), "a value twice over {}", F::NAME);
    }
}

/// Preprocessing as shipped.
fn shipped<F: PrimeField>(n: usize, amounts: Amounts) {
    let world = World::new(n, PartySet::EMPTY).real();
    let got = outputs(&world, move |mut s| async move {
        let mascot = Mascot::<F, SoftSpoken>::setup(&mut s).await?;
        generate(&mut s, mascot, amounts).await
    });
    everything_is_right::<F>(&got, amounts);
}

/// Preprocessing on ideal transfers.
fn hybrid<F: PrimeField>(world: &World) {
    let got = outputs(world, |mut s| async move {
        let mascot = Mascot::<F, IdealOt>::setup_for_measurement(&mut s).await?;
        generate(&mut s, mascot, FEW).await
    });
    everything_is_right::<F>(&got, FEW);
}

#[test]
fn preprocessing_on_real_transfers_is_right() {
    shipped::<F128>(2, FEW);
    shipped::<Fr>(2, FEW);
    shipped::<F128>(3, FEW);
    shipped::<Fr>(3, FEW);
}

#[test]
#[ignore = "deep: minutes without optimisation"]
fn preprocessing_of_five_parties_and_of_many_items_is_right() {
    shipped::<F128>(5, FEW);
    shipped::<Fr>(5, FEW);
    for n in [2, 3] {
        shipped::<F128>(n, MANY);
        shipped::<Fr>(n, MANY);
    }
}

#[test]
fn preprocessing_on_ideal_transfers_is_right() {
    for n in [2, 3] {
        for world in [World::new(n, PartySet::EMPTY), World::new(n, PartySet::EMPTY).real()] {
            hybrid::<F128>(&world);
            hybrid::<Fr>(&world);
            hybrid::<F31>(&world);
        }
    }
}

/// What a party has of base transfers and of two extensions, with its choices.
struct Transfers<F: PrimeField> {
    choices: Vec<u128>,
    seeds: PerParty<SeedOts>,
    batches: [PerParty<OtBatch<F>>; 2],
}

/// Base transfers of seeds, then two extensions by the same choices.
async fn transfer<F: PrimeField, O: RandomOt>(mut s: Session, n: usize) -> Result<Transfers<F>> {
    let mut choices = vec![0; n.div_ceil(128)];
    for c in &mut choices {
        let mut bytes = [0; 16];
        s.tape().bytes(&mut bytes)?;
        *c = u128::from_le_bytes(bytes);
    }
    let bits: Vec<bool> = (0..32).map(|i| choices[0] >> i & 1 == 1).collect();
    let seeds = O::seeds(&mut s, &bits).await?;
    let mut ot = O::setup(&mut s).await?;
    let batches = [ot.extend(&mut s, &choices, n).await?, ot.extend(&mut s, &choices, n).await?];
    Ok(Transfers { choices, seeds, batches })
}

/// What `check` says of all strings of one ordered pair: the receiver has the chosen one of every two, and all differ
/// where a field has room.
fn correlated<T: PartialEq + Ord + Copy + std::fmt::Debug>(
    sent: &[[T; 2]],
    got: &[T],
    choices: &[u128],
    seen: &mut Vec<T>,
) {
    assert_eq!(sent.len(), got.len());
    for (i, (both, got)) in sent.iter().zip(got).enumerate() {
        let bit = choices[i / 128] >> (i % 128) & 1;
        assert_eq!(both[bit as usize], *got, "transfer {i}");
        seen.extend(both);
    }
}

fn no_two_are_equal<T: Ord>(mut all: Vec<T>) {
    let len = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), len, "a string twice");
}

fn transfers_are_right<F: PrimeField, O: RandomOt + 'static>(world: &World, n: usize) {
    let got = outputs(world, |s| transfer::<F, O>(s, n));
    let limbs = |r: &F::Residue| F::from_residue(*r).to_limbs();
    let (mut keys, mut strings) = (Vec::new(), Vec::new());
    for (sender, receiver) in pairs(world.parties.n()) {
        let (by, to) = (&got[sender.index()], &got[receiver.index()]);
        assert_eq!(by.seeds[receiver].sent.len(), 32);
        correlated(&by.seeds[receiver].sent, &to.seeds[sender].received, &to.choices, &mut keys);
        for (sent, got) in by.batches.iter().zip(&to.batches) {
            let (sent, got) = (&sent[receiver], &got[sender]);
            let both: Vec<_> = sent.zero.iter().zip(&sent.one).map(|(zero, one)| [limbs(zero), limbs(one)]).collect();
            assert_eq!((both.len(), sent.one.len()), (n, n));
            correlated(&both, &got.chosen.iter().map(limbs).collect::<Vec<_>>(), &to.choices, &mut strings);
        }
    }
    no_two_are_equal(keys);
    if F::SMALL_ORDER.is_none() {
        no_two_are_equal(strings);
    }
}

/// All ordered pairs of parties.
fn pairs(n: usize) -> impl Iterator<Item = (PartyId, PartyId)> {
    (0..n).flat_map(move |a| (0..n).map(move |b| (PartyId::new(a), PartyId::new(b)))).filter(|(a, b)| a != b)
}

#[test]
fn transfers_real_and_ideal_are_right() {
    for n in [2, 3] {
        let world = World::new(n, PartySet::EMPTY).real();
        transfers_are_right::<Fr, SoftSpoken>(&world, FEW.transfers);
        transfers_are_right::<F128, SoftSpoken>(&world, FEW.transfers);
        transfers_are_right::<Fr, IdealOt>(&world, FEW.transfers);
        transfers_are_right::<F31, IdealOt>(&world, FEW.transfers);
    }
}

#[test]
#[ignore = "deep: minutes without optimisation"]
fn transfers_of_five_parties_and_every_tree_depth_are_right() {
    let world = |n| World::new(n, PartySet::EMPTY).real();
    transfers_are_right::<Fr, SoftSpoken>(&world(5), MANY.transfers);
    transfers_are_right::<F128, SoftSpoken<1>>(&world(3), MANY.transfers);
    transfers_are_right::<F128, SoftSpoken<4>>(&world(3), MANY.transfers);
    transfers_are_right::<F31, SoftSpoken<8>>(&world(2), MANY.transfers);
}

/// The product of the first two parties' inputs.
async fn compute<F: PrimeField, O: RandomOt<Security = Active>>(
    mut s: Session,
    setup: impl AsyncFnOnce(&mut Session) -> Result<Mascot<F, O>>,
) -> Result<Vec<F>> {
    let mut mascot = setup(&mut s).await?;
    let n = s.n();
    let mut supply = mascot.supply(&mut s, 1, &PerParty::from_fn(n, |_| 1)).await?;
    let mut online = Online::new(&mut s, mascot.key(), &mut supply);
    let mut inputs = Vec::new();
    let parties: Vec<_> = s.parties().iter().collect();
    for p in parties {
        let mine = [F::from_u64(10 + p.index() as u64)];
        inputs.push(online.input(p, (p == online.me()).then_some(&mine[..]), 1).await?);
    }
    let z = online.mul(&inputs[0], &inputs[1]).await?;
    online.output(&z).await
}

#[test]
fn a_product_of_inputs_on_real_preprocessing() {
    for n in [2, 3] {
        let world = World::new(n, PartySet::EMPTY).real();
        let hybrid = outputs(&world, |s| compute::<F128, IdealOt>(s, Mascot::setup));
        let real = outputs(&world, |s| compute::<F128, SoftSpoken>(s, Mascot::setup));
        assert!(hybrid.iter().chain(&real).all(|y| y[0] == F128::from_u64(110)));
    }
}

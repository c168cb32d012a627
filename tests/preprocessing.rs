//! Preprocessing from oblivious transfer, in the hybrid model of the transfers.

use adversary::ideal::ot::IdealOt;
use adversary::{Ending, World, classify};
use field::{F31, F128, Field, Fr, PrimeField};
use protocols::{Mascot, Memory, Online, Result, Session, Shared, Tape};
use transport::sim::Passive;
use transport::{PartySet, PerParty};

const TRIPLES: usize = 5;

/// Everything a party got: `a`, `b`, `c`, random values and every party's masks as (value, MAC) shares, and its own
/// masks in the clear.
struct Got<F> {
    shared: Vec<(Vec<F>, Vec<F>)>,
    clear: Vec<F>,
}

async fn generate<F: PrimeField>(mut s: Session) -> Result<Got<F>> {
    let mut mascot = Mascot::<F, IdealOt>::setup_for_measurement(&mut s).await?;
    let t = mascot.triples(&mut s, TRIPLES).await?;
    let randoms = mascot.randoms(&mut s, 3).await?;
    let counts = PerParty::from_fn(s.n(), |p| 2 * p.index());
    let masks = mascot.masks(&mut s, &counts).await?.into_vec();
    let mut got = Got { shared: [t.a, t.b, t.c, randoms].map(Shared::into_parts).into(), clear: Vec::new() };
    for m in masks {
        got.shared.push(m.shared.into_parts());
        if let Some(clear) = &m.clear {
            got.clear.extend_from_slice(&clear.0);
        }
    }
    Ok(got)
}

fn outputs<T, P>(world: &World, program: impl Fn(Session) -> P) -> Vec<T>
where
    P: Future<Output = Result<T>> + 'static,
    T: std::fmt::Debug + 'static,
{
    let run = world.run(&Tape::seeded([world.parties.n() as u8; 32]), &mut Passive, &program);
    let ends = classify(run.ends).into_iter();
    ends.map(|e| if let Ending::Output(v) = e { v } else { panic!("{e:?}") }).collect()
}

impl<F> std::fmt::Debug for Got<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Got")
    }
}

fn add_up<F: Field>(parts: impl Iterator<Item = Vec<F>>) -> Vec<F> {
    parts
        .reduce(|mut sum, part| {
            F::add_slices(&mut sum, &part);
            sum
        })
        .unwrap_or_default()
}

fn everything_is_right<F: PrimeField>(world: &World) {
    let got = outputs(world, generate::<F>);
    let items = got[0].shared.len();
    let value = |k: usize| add_up(got.iter().map(|g| g.shared[k].0.clone()));
    let mac = |k: usize| add_up(got.iter().map(|g| g.shared[k].1.clone()));
    let opened: Vec<_> = (0..items).map(|k| (value(k), mac(k))).collect();
    let [a, b, c] = [0, 1, 2].map(|k| &opened[k].0);
    assert_eq!(a.len(), TRIPLES);
    for t in 0..TRIPLES {
        assert_eq!(a[t] * b[t], c[t], "triple {t} over {}", F::NAME);
    }
    // One key for everything.
    let (x, m) = opened.iter().flat_map(|(x, m)| x.iter().zip(m)).find(|(x, _)| **x != F::ZERO).unwrap();
    let alpha = *m * x.invert().unwrap();
    for (values, macs) in &opened {
        assert!(values.iter().zip(macs).all(|(x, m)| alpha * *x == *m), "a MAC over {}", F::NAME);
    }
    for (p, g) in got.iter().enumerate() {
        assert_eq!(g.clear, opened[4 + p].0, "masks of party {p}");
        assert_eq!(g.clear.len(), 2 * p);
    }
    if F::SMALL_ORDER.is_none() {
        assert_ne!(a[0], a[1]);
        assert_ne!(opened[3].0[0], opened[3].0[1]);
    }
}

#[test]
fn preprocessing_is_right_for_two_and_three_parties() {
    for n in [2, 3] {
        for world in [World::new(n, PartySet::EMPTY), World::new(n, PartySet::EMPTY).real()] {
            everything_is_right::<F128>(&world);
            everything_is_right::<Fr>(&world);
            everything_is_right::<F31>(&world);
        }
    }
}

async fn compute<F: PrimeField>(mut s: Session) -> Result<Vec<F>> {
    let mut mascot = Mascot::<F, IdealOt>::setup_for_measurement(&mut s).await?;
    let n = s.n();
    let mut supply = Memory::new(n);
    supply.add_triples(mascot.triples(&mut s, 1).await?);
    let masks = mascot.masks(&mut s, &PerParty::from_fn(n, |_| 1)).await?.into_vec();
    for (p, m) in s.parties().iter().zip(masks) {
        supply.add_masks(p, m);
    }
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
        assert!(outputs(&world, compute::<F128>).iter().all(|y| y[0] == F128::from_u64(110)));
    }
}

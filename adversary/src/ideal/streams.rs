//! Ideal transfer of streams, what COPEe stands on if its generator is perfect, and of strings for products. Over tiny
//! fields the trusted program draws the elements of every stream itself: they are coins of the run like all others, so what is made of them can be counted.
//! Over large fields it draws seeds.
//!
//! A corrupt party may choose the streams that it knows, both of every pair that it sends and the one of every pair that it
//! takes from (endemic transfer); it learns nothing else. Everyone chooses the same towards all peers: that it does is what
//! `init.alpha` checks, which is counted by itself.

use std::marker::PhantomData;

use bytes::Bytes;
use field::{Field, PrimeField, Residue};
use protocols::ot::{Active, OtBatch, RandomOt, SeedOts, SeedStream};
use protocols::prg::Prg;
use protocols::{ForMeasurement, Result, Session, Tape};
use transport::{Meta, PartyId, PartySet, PerParty};
use zeroize::ZeroizeOnDrop;

use super::{hub, request};
use crate::fields::FieldId;

/// The bytes of a seed. Over a tiny field they are the elements themselves.
const SEED: usize = 16;

type Seed = [u8; SEED];

/// The trusted program's answers to the requests of all parties, one byte for every choice: to every party, for every other
/// one, the pairs that it sends and what it takes. The type of the request says over which field,
/// and how many of the first parties have a value.
pub(super) fn transfers(tape: &Tape, meta: Meta, requests: &[Bytes], choosers: PartySet) -> Option<Vec<Vec<u8>>> {
    let parties = requests.len();
    let bits = requests[0].len();
    if requests.iter().any(|r| r.len() != bits) {
        return None;
    }
    let order = FieldId::of_name(meta.field)?.small_order();
    let draw = |sender: PartyId| {
        let mut seed = Seed::default();
        let elements = 1 + usize::from(sender.index() < meta.len);
        match order {
            Some(order) => seed[..elements].iter_mut().for_each(|x| *x = tape.uniform(order) as u8),
            None => tape.bytes(&mut seed).ok()?,
        }
        Some(seed)
    };
    let (mut sent, mut taken) = (vec![Vec::new(); parties], vec![Vec::new(); parties]);
    let all = || (0..parties).map(PartyId::new);
    for (sender, receiver) in all().flat_map(|s| all().filter(move |r| *r != s).map(move |r| (s, r))) {
        for choice in requests[receiver.index()].iter() {
            let chosen = usize::from(choice & 1);
            let mut pair = [Seed::default(); 2];
            for (b, seed) in pair.iter_mut().enumerate() {
                let known = choosers.contains(sender) || (b == chosen && choosers.contains(receiver));
                if !known || order.is_none() {
                    *seed = draw(sender)?;
                }
            }
            sent[sender.index()].extend_from_slice(pair.as_flattened());
            taken[receiver.index()].extend_from_slice(&pair[chosen]);
        }
    }
    Some(sent.into_iter().zip(taken).map(|(sent, taken)| [sent, taken].concat()).collect())
}

/// A party's side of the ideal transfer of streams for masks, and for one value of each of the first `OWNERS` parties:
/// no element is drawn that nobody reads.
pub struct IdealStreams<F, const OWNERS: usize>(PhantomData<F>);

/// A stream as the trusted program drew it.
#[derive(ZeroizeOnDrop)]
pub struct Drawn<F> {
    elements: Seed,
    read: usize,
    #[zeroize(skip)] // wipes itself
    expanded: Option<Prg>,
    #[zeroize(skip)]
    field: PhantomData<F>,
}

impl<F: Field> SeedStream for Drawn<F> {
    fn of(seed: &Seed) -> Self {
        let expanded = F::SMALL_ORDER.is_none().then(|| Prg::new(seed));
        Self { elements: *seed, read: 0, expanded, field: PhantomData }
    }
    /// # Panics
    /// If the program reads more than it said.
    fn read<R: Residue>(&mut self, out: &mut [R]) {
        if let Some(prg) = &mut self.expanded {
            return prg.read(out);
        }
        let next = &self.elements[self.read..][..out.len()];
        if !R::read_slice(next, out) {
            out.fill(R::ZERO); // only a puppet is sent what is no element
        }
        self.read += out.len();
    }
}

/// Transferred strings: each is the first element of a stream that nobody reads further.
#[must_use]
pub fn strings<F: PrimeField>(seeds: &PerParty<SeedOts>) -> PerParty<OtBatch<F>> {
    let string = |seed: &Seed| {
        let mut first = [F::Residue::ZERO];
        Drawn::<F>::of(seed).read(&mut first);
        first[0]
    };
    let batch = |s: &SeedOts| OtBatch {
        zero: s.sent.iter().map(|[zero, _]| string(zero)).collect(),
        one: s.sent.iter().map(|[_, one]| string(one)).collect(),
        chosen: s.received.iter().map(string).collect(),
    };
    PerParty::from_vec(seeds.values().map(batch).collect())
}

impl<F: PrimeField, const OWNERS: usize> ForMeasurement for IdealStreams<F, OWNERS> {}

impl<F: PrimeField, const OWNERS: usize> RandomOt for IdealStreams<F, OWNERS> {
    type Security = Active;
    type Stream = Drawn<F>;

    async fn seeds(s: &mut Session, choices: &[bool]) -> Result<PerParty<SeedOts>> {
        let (me, n, bits) = (s.me(), s.n(), choices.len());
        let mut s = s.step("streams");
        let meta = Meta { field: F::NAME, ..request("streams", OWNERS) };
        let asked = choices.iter().map(|c| u8::from(*c));
        let body = std::iter::once(hub::Op::Streams as u8).chain(asked).collect();
        s.send_encoded(PartyId::IDEAL, meta, 0, body)?;
        let (all_sent, all_taken) = ((n - 1) * bits * 2 * SEED, (n - 1) * bits * SEED);
        let answer = s.recv_encoded(PartyId::IDEAL, meta, 0, all_sent + all_taken).await?;
        // A puppet carries on whatever it is sent.
        let answer = answer.unwrap_or_else(|| vec![0; all_sent + all_taken].into());
        let (sent, taken) = answer.split_at(all_sent);
        let seeds = |bytes: &[u8]| bytes.as_chunks().0.to_vec();
        let (mut sent, mut taken) = (sent.chunks(bits * 2 * SEED), taken.chunks(bits * SEED));
        Ok(PerParty::from_fn(n, |p| {
            if p == me {
                return SeedOts::default();
            }
            let pairs = seeds(sent.next().unwrap_or_default());
            SeedOts { sent: pairs.as_chunks().0.to_vec(), received: seeds(taken.next().unwrap_or_default()) }
        }))
    }

    async fn setup(_: &mut Session) -> Result<Self> {
        Ok(Self(PhantomData))
    }

    async fn extend<G: PrimeField>(
        &mut self,
        s: &mut Session,
        choices: &[u128],
        n: usize,
    ) -> Result<PerParty<OtBatch<G>>> {
        let choices: Vec<bool> = (0..n).map(|i| choices[i / 128] >> (i % 128) & 1 == 1).collect();
        Ok(strings(&IdealStreams::<G, 0>::seeds(s, &choices).await?))
    }
}

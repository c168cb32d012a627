//! Ideal random oblivious transfer. The trusted program hands every sender the seeds of its strings and every receiver
//! the strings it chose; a corrupt party may choose differently towards different peers and learns nothing else.

use field::{PrimeField, Residue};
use protocols::ot::{Active, OtBatch, RandomOt, SeedOts};
use protocols::prg::Prg;
use protocols::{ForMeasurement, Result, Session, Tape};
use transport::{PartyId, PerParty};

use super::{answer, ask, hub};

/// Both strings of every transfer of one pair, from the sender's seed.
fn strings(seed: &[u8; 32], n: usize) -> Vec<[[u8; 16]; 2]> {
    let mut prg = Prg::wide(seed);
    let mut all = vec![[[0; 16]; 2]; n];
    prg.fill(all.as_flattened_mut().as_flattened_mut());
    all
}

/// The bits of a request: for every party in order, one choice per transfer, eight to a byte.
fn choice(request: &[u8], n: usize, peer: usize, i: usize) -> bool {
    request[4 + peer * n.div_ceil(8) + i / 8] >> (i % 8) & 1 == 1
}

/// The trusted program's answers to the requests of all parties: to every party, for every other one, the seed of what
/// it sends and the strings that it chose.
pub(super) fn transfers(tape: &Tape, requests: &[impl AsRef<[u8]>]) -> Option<Vec<Vec<u8>>> {
    let parties = requests.len();
    let n = u32::from_le_bytes(requests[0].as_ref().get(..4)?.try_into().ok()?) as usize;
    let length = 4 + parties * n.div_ceil(8);
    if requests.iter().any(|r| r.as_ref().len() != length || r.as_ref()[..4] != requests[0].as_ref()[..4]) {
        return None;
    }
    let mut answers = vec![Vec::new(); parties];
    let seeds: Vec<Vec<[u8; 32]>> =
        (0..parties).map(|_| (0..parties).map(|_| tape.nonce().ok()).collect()).collect::<Option<_>>()?;
    for (me, answer) in answers.iter_mut().enumerate() {
        for peer in (0..parties).filter(|p| *p != me) {
            answer.extend(seeds[me][peer]);
            let offered = strings(&seeds[peer][me], n);
            let chosen =
                offered.iter().enumerate().map(|(i, s)| s[usize::from(choice(requests[me].as_ref(), n, peer, i))]);
            answer.extend(chosen.flatten());
        }
    }
    Some(answers)
}

/// A party's side of the ideal transfer.
pub struct IdealOt;

impl ForMeasurement for IdealOt {}

impl RandomOt for IdealOt {
    type Security = Active;
    type Stream = Prg;

    async fn seeds(s: &mut Session, choices: &[bool]) -> Result<PerParty<SeedOts>> {
        let (me, n) = (s.me(), choices.len());
        let mut request = (n as u32).to_le_bytes().to_vec();
        for _ in s.parties().iter() {
            let bytes = choices.chunks(8).map(|c| c.iter().rev().fold(0u8, |b, bit| b << 1 | u8::from(*bit)));
            request.extend(bytes);
        }
        let mut s = s.step("ot");
        ask(&mut s, "ot", hub::Op::Transfer, &[&request])?;
        let bytes = (s.n() - 1) * (32 + 16 * n);
        let body = answer(&mut s, PartyId::IDEAL, "ot", bytes).await?;
        let mut parts = body.chunks_exact(32 + 16 * n);
        Ok(PerParty::from_fn(s.n(), |p| {
            let part = if p == me { None } else { parts.next() };
            let Some((seed, chosen)) = part.and_then(<[u8]>::split_first_chunk) else {
                return SeedOts { sent: Vec::new(), received: Vec::new() };
            };
            SeedOts { sent: strings(seed, n), received: chosen.as_chunks().0.to_vec() }
        }))
    }

    async fn setup(_: &mut Session) -> Result<Self> {
        Ok(Self)
    }

    async fn extend<F: PrimeField>(
        &mut self,
        s: &mut Session,
        choices: &[u128],
        n: usize,
    ) -> Result<PerParty<OtBatch<F>>> {
        let bits: Vec<bool> = (0..n).map(|i| choices[i / 128] >> (i % 128) & 1 == 1).collect();
        let seeds = Self::seeds(s, &bits).await?;
        let residue = |seed: &[u8; 16]| {
            let (mut one, mut prg) = ([F::Residue::ZERO], Prg::new(seed));
            Residue::sample_slice(&mut one, &mut |out| prg.fill(out));
            one[0]
        };
        let batch = |s: &SeedOts| OtBatch {
            zero: s.sent.iter().map(|pair| residue(&pair[0])).collect(),
            one: s.sent.iter().map(|pair| residue(&pair[1])).collect(),
            chosen: s.received.iter().map(residue).collect(),
        };
        Ok(PerParty::from_vec(seeds.values().map(batch).collect()))
    }
}

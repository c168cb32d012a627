//! # Oblivious transfer extension: random transfers of field elements with chosen bits
//! Functionality: F_OT with a guess of the sender's secret by a corrupt receiver · Protocol: SoftSpokenOT, Roy, ePrint
//! 2022/192 · Spec: `spec/protocols/07-ot-extension.md`
//! Level: A3C2, selective abort · Rounds: 3 a call, setup 5 · Bytes: 16/K per transfer and direction
//! Soundness: wrong corrections in one block pass with 2^-K and then tell K bits of that pair's secret
//!
//! The sender of a pair holds Δ, the receiver chooses; every party is both towards every other at once. With `t` and `q`
//! the rows that the two hold, `q = t ⊕ choice·Δ`; the hash of a row breaks this relation.
//!
//! The challenge of the consistency check is the sender's alone. It protects nobody but the sender: what the receiver
//! answers is masked by a block of fresh choices that serves one peer and one call, whatever the challenge is.

use field::{Field, Gf128, Kernels, PrimeField, Residue};
use spec::{Bound, Check};
use transport::PerParty;
use zeroize::Zeroizing;

use super::columns::{self, Columns};
use super::setup::{Peer, choices, setup, trees};
use super::{Active, OtBatch, RandomOt, SeedOts, base};
use crate::message::{Block, Nonce};
use crate::prg::Prg;
use crate::{Blame, Error, Result, Session};

/// One vector of choices. The bound is for one wrong block at the default `K = 2`.
pub const OT_CONSISTENCY: Check = Check {
    id: "ot.consistency",
    tests: "the receiver corrected all blocks to one and the same vector of choices",
    bound: Bound::OtConsistency { k: 2, blocks: 1 },
    dies: "the session and its base transfers",
};

/// Actively secure extension with trees of depth `K` (1, 2, 4 or 8): K times less traffic for 2^K/K times the work.
///
/// One object serves one session until it is dropped; a failed or abandoned call leaves it empty and wiped.
pub struct SoftSpoken<const K: usize = 2> {
    peers: Vec<Peer>,
}

impl<const K: usize> SoftSpoken<K> {
    pub(super) fn with(peers: Vec<Peer>) -> Self {
        Self { peers }
    }
}

impl<const K: usize> RandomOt for SoftSpoken<K> {
    type Security = Active;
    type Stream = Prg;

    async fn seeds(s: &mut Session, choices: &[bool]) -> Result<PerParty<SeedOts>> {
        let choices = PerParty::from_fn(s.n(), |_| Zeroizing::new(choices.to_vec()));
        let base = base::transfer(s, &choices).await?;
        Ok(PerParty::from_vec(base.into_vec().into_iter().map(|base| base.seeds).collect()))
    }

    async fn setup(s: &mut Session) -> Result<Self> {
        // Step 1.1: a secret of its own for every peer, and base transfers chosen by it.
        let mut secrets = Vec::with_capacity(s.n());
        for _ in 0..s.n() {
            secrets.push(Zeroizing::new(block(s)?));
        }
        let chosen = PerParty::from_vec(secrets.iter().map(|delta| choices::<K>(**delta)).collect());
        let base = base::transfer(s, &chosen).await?;
        Ok(Self::with(setup::<K>(s, &PerParty::from_vec(secrets), &base).await?))
    }

    async fn extend<F: PrimeField>(
        &mut self,
        s: &mut Session,
        choices: &[u128],
        n: usize,
    ) -> Result<PerParty<OtBatch<F>>> {
        s.alive()?;
        if choices.len() < n.div_ceil(128) {
            return Err(Error::Local(format!("{} choice bits for {n} transfers", 128 * choices.len())));
        }
        if n == 0 {
            return Ok(PerParty::from_fn(s.n(), |_| OtBatch::default()));
        }
        // Taken out for the call: if it fails or is abandoned half way, streams and secrets are gone.
        let mut peers = std::mem::take(&mut self.peers);
        if peers.is_empty() {
            return Err(Error::Dead);
        }
        let mut s = s.step("ot_extend");
        let columns = correlate::<K>(&mut s, &mut peers, choices, n).await?;
        let mut batches = PerParty::from_fn(s.n(), |_| OtBatch::default());
        for (peer, (t, q)) in peers.iter_mut().zip(columns) {
            batches[peer.id] = peer.hash(&t, &q, n);
        }
        self.peers = peers;
        Ok(batches)
    }
}

/// Steps 2.1 to 2.7: for every peer the columns `t` as receiver and `q` as sender, checked.
async fn correlate<const K: usize>(
    s: &mut Session,
    peers: &mut [Peer],
    choices: &[u128],
    n: usize,
) -> Result<Vec<(Columns, Columns)>> {
    let (me, count) = (s.me(), s.n());
    let blocks = n.div_ceil(128) + 1;
    let length = |len| PerParty::from_fn(count, |p| if p == me { 0 } else { len });

    // Steps 2.1 to 2.3 as receiver.
    let mut chosen = Vec::with_capacity(peers.len());
    let mut t = Vec::with_capacity(peers.len());
    let mut corrections = PerParty::from_fn(count, |_| Vec::new());
    for peer in &mut *peers {
        let u = pad(s, choices, n)?;
        let (columns, message) = columns::receive::<K>(&mut peer.receiver.streams, &u);
        corrections[peer.id] = message;
        t.push(columns);
        chosen.push(u);
    }
    let theirs = s.scatter("corrections", &corrections, &length(trees::<K>() * blocks)).await?;
    drop(corrections);

    // Step 2.4 as sender.
    let correct = |peer: &mut Peer| columns::send::<K>(&mut peer.sender.streams, peer.sender.delta, &theirs[peer.id]);
    let q: Vec<Columns> = peers.iter_mut().map(correct).collect();
    drop(theirs);

    // Step 2.5: each sender's challenge, drawn when all corrections are there.
    let mut seeds = PerParty::from_fn(count, |_| Vec::new());
    for peer in &*peers {
        seeds[peer.id].push(Nonce(s.tape().nonce()?));
    }
    let challenges = s.scatter("chi_seed", &seeds, &length(1)).await?;

    // Step 2.6 as receiver.
    let mut responses = PerParty::from_fn(count, |_| Vec::new());
    for ((peer, t), u) in peers.iter().zip(&t).zip(&chosen) {
        let chi = coefficients(&challenges[peer.id][0], blocks);
        let u: Zeroizing<Vec<Gf128>> = Zeroizing::new(u.iter().map(|u| Gf128::from(*u)).collect());
        let sums = std::iter::once(Gf128::dot(&chi, &u)).chain(t.combine(&chi));
        responses[peer.id] = sums.map(|e| Block(u128::from(e).to_le_bytes())).collect();
    }
    let answers = s.scatter("response", &responses, &length(1 + 128)).await?;

    // Step 2.7 as sender.
    for (peer, q) in peers.iter().zip(&q) {
        let answer: Vec<Gf128> = answers[peer.id].iter().map(|b| Gf128::from(u128::from_le_bytes(b.0))).collect();
        let mine = q.combine(&coefficients(&seeds[peer.id][0], blocks));
        let ok = columns::consistent(&mine, &answer[1..], answer[0], peer.sender.delta);
        s.verdict(&OT_CONSISTENCY, ok, Blame::Accused(peer.id))?;
    }
    Ok(t.into_iter().zip(q).collect())
}

/// Step 2.1: the first `n` choices, uniform bits to the end of their last block, and a uniform block: the mask of the
/// response. Drawn anew for every peer: two senders who compare responses under one mask see a combination of choices.
fn pad(s: &Session, choices: &[u128], n: usize) -> Result<Zeroizing<Vec<u128>>> {
    let mut u = Zeroizing::new(Vec::with_capacity(n.div_ceil(128) + 1));
    u.extend_from_slice(&choices[..n / 128]);
    if !n.is_multiple_of(128) {
        let used = (1 << (n % 128)) - 1;
        u.push((choices[n / 128] & used) | (block(s)? & !used));
    }
    u.push(block(s)?);
    Ok(u)
}

/// 128 uniform bits.
fn block(s: &Session) -> Result<u128> {
    let mut bytes = Zeroizing::new([0; 16]);
    s.tape().bytes(bytes.as_mut())?;
    Ok(u128::from_le_bytes(*bytes))
}

/// Step 2.5: the coefficients of the blocks; that of the mask is one.
fn coefficients(seed: &Nonce, blocks: usize) -> Vec<Gf128> {
    let mut chi = Prg::wide(&seed.0).elements(blocks - 1);
    chi.push(Gf128::ONE);
    chi
}

impl Peer {
    /// Steps 2.8 and 2.9: both roles' outputs of the first `n` rows.
    fn hash<F: PrimeField>(&mut self, t: &Columns, q: &Columns, n: usize) -> OtBatch<F> {
        let mut batch = OtBatch { zero: zeros::<F>(n), one: zeros::<F>(n), chosen: zeros::<F>(n) };
        let (sender, receiver) = (&mut self.sender, &mut self.receiver);
        t.for_rows(n, |first, rows| {
            let (index, tile) = (receiver.index + first as u64, first..first + rows.len());
            receiver.hash.at(index).residues::<F>(index, rows, 0, &mut batch.chosen[tile]);
        });
        q.for_rows(n, |first, rows| {
            let (index, tile) = (sender.index + first as u64, first..first + rows.len());
            let hash = sender.hash.at(index);
            hash.residues::<F>(index, rows, 0, &mut batch.zero[tile.clone()]);
            hash.residues::<F>(index, rows, sender.delta, &mut batch.one[tile]);
        });
        sender.index += n as u64;
        receiver.index += n as u64;
        batch
    }
}

fn zeros<F: PrimeField>(n: usize) -> Vec<F::Residue> {
    vec![F::Residue::ZERO; n]
}

#[cfg(test)]
mod tests {
    use field::{F31, F128, Fr};
    use transport::PartyId;

    use super::*;
    use crate::testing::{Passing, run};

    type Ended<F> = (Vec<u128>, Vec<PerParty<OtBatch<F>>>);

    /// Several calls with choices from the tape.
    async fn several<F: PrimeField, const K: usize>(mut s: Session) -> Result<Ended<F>> {
        let choices: Vec<u128> = (0..70).map(|_| block(&s)).collect::<Result<_>>()?;
        let mut ot = SoftSpoken::<K>::setup(&mut s).await?;
        let mut batches = Vec::new();
        for n in [1, 128, 0, 200, 64 * 128 + 5] {
            batches.push(ot.extend::<F>(&mut s, &choices, n).await?);
        }
        Ok((choices, batches))
    }

    fn honest<F: PrimeField, const K: usize>(n: usize) {
        let ends: Vec<Ended<F>> =
            run(n, 7, &mut Passing, several::<F, K>).into_iter().map(|e| e.expect("an honest run")).collect();
        let element = F::from_residue;
        for (sender, receiver) in (0..n).flat_map(|a| (0..n).map(move |b| (a, b))).filter(|(a, b)| a != b) {
            let mut seen = Vec::new();
            for call in 0..5 {
                let sent = &ends[sender].1[call][PartyId::new(receiver)];
                let got = &ends[receiver].1[call][PartyId::new(sender)];
                assert_eq!(sent.zero.len(), [1, 128, 0, 200, 64 * 128 + 5][call]);
                assert_eq!((sent.one.len(), got.chosen.len()), (sent.zero.len(), sent.zero.len()));
                for (r, chosen) in got.chosen.iter().enumerate() {
                    let choice = ends[receiver].0[r / 128] >> (r % 128) & 1;
                    let both = [sent.zero[r], sent.one[r]].map(element);
                    assert_eq!(element(*chosen), both[choice as usize], "call {call}, transfer {r}");
                    seen.extend(both.map(F::to_limbs));
                }
            }
            if F::SMALL_ORDER.is_none() {
                let all = seen.len();
                seen.sort_unstable();
                seen.dedup();
                assert_eq!(seen.len(), all, "all strings of all calls differ");
            }
        }
    }

    #[test]
    fn the_receiver_gets_what_it_chose() {
        honest::<Fr, 2>(2);
        honest::<F128, 2>(3);
        honest::<F31, 1>(2);
        honest::<F128, 4>(2);
        honest::<Fr, 8>(2);
    }

    #[test]
    fn every_peer_and_call_has_a_mask_of_its_own() {
        let ends = run(2, 1, &mut Passing, async |s: Session| {
            let choices = [7, u128::MAX];
            Ok([pad(&s, &choices, 130)?.to_vec(), pad(&s, &choices, 130)?.to_vec()])
        });
        for [a, b] in ends.into_iter().flatten() {
            assert_eq!((a.len(), a[0], a[1] & 3), (3, 7, 3));
            assert_eq!((b.len(), b[0], b[1] & 3), (3, 7, 3));
            assert!(a[1] != b[1] && a[2] != b[2], "nothing beyond the choices is used twice");
        }
    }

    #[test]
    fn too_few_choices_are_a_local_error() {
        let ends = run(2, 1, &mut Passing, async |mut s: Session| {
            let mut ot = SoftSpoken::<2>::setup(&mut s).await?;
            ot.extend::<F128>(&mut s, &[5; 2], 257).await
        });
        assert!(ends.iter().all(|e| matches!(e, Err(Error::Local(_)))));
    }
    #[test]
    fn as_many_choices_as_transfers_are_enough() {
        let ends = run(2, 1, &mut Passing, async |mut s: Session| {
            let mut ot = SoftSpoken::<2>::setup(&mut s).await?;
            ot.extend::<F128>(&mut s, &[5; 2], 256).await
        });
        assert!(ends.iter().all(Result::is_ok));
    }
}

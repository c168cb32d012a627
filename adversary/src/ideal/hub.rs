//! The trusted program behind the ideal coin, commitment, broadcast, zero sharing and oblivious transfer.

use std::rc::Rc;

use bytes::{Buf, Bytes};
use protocols::Tape;
use smallvec::{SmallVec, smallvec};
use transport::sim::{Answer, Envelope, Trusted};
use transport::{Frame, Parties, PartyId, PartySet, Stream};

/// What a party asks for: the first byte of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Op {
    Coin = 1,
    Commit,
    /// [`Op::Commit`], and [`Op::Open`] as soon as everyone is committed: the tag of the opening, then the message.
    CommitAndOpen,
    Open,
    Broadcast,
    Zero,
    Transfer,
    Streams,
}

impl Op {
    fn read(byte: u8) -> Option<Self> {
        let joint = [Self::Coin, Self::Zero, Self::Transfer, Self::Streams];
        let told = [Self::Commit, Self::CommitAndOpen, Self::Open, Self::Broadcast];
        joint.into_iter().chain(told).find(|op| *op as u8 == byte)
    }
}

/// Requests of one step: what each of these parties said.
struct Pending {
    key: (u64, u64),
    from: PartySet,
    /// Who opens as soon as everyone is committed.
    opens: PartySet,
    bodies: SmallVec<[Bytes; 4]>,
}

/// Ideal coin, commitment, broadcast, zero sharing and transfer. Coins come from its own tape; a corrupt party can withhold
/// its requests but learns and chooses nothing else, beside its choices and streams.
pub struct Hub {
    parties: Rc<Parties>,
    tape: Tape,
    /// Who chooses the streams that it knows.
    choosers: PartySet,
    pending: Vec<Pending>,
    committed: Vec<Pending>,
}

impl Hub {
    /// A functionality for these parties that tosses its coins on `tape`. Streams that one of the `choosers` knows are
    /// zero: they choose them, and to a text that does nothing but add them to what it sends zero is as good as any (tests
    /// compare views with drawn ones).
    #[must_use]
    pub fn new(parties: Rc<Parties>, tape: Tape, choosers: PartySet) -> Self {
        Self { parties, tape, choosers, pending: Vec::new(), committed: Vec::new() }
    }

    /// Remembers a request; the bodies of all parties once everyone has asked.
    fn gather(&mut self, e: &Envelope, body: Bytes) -> Option<SmallVec<[Bytes; 4]>> {
        self.gather_all(e, body, false).map(|all| all.bodies)
    }
    fn gather_all(&mut self, e: &Envelope, body: Bytes, opens: bool) -> Option<Pending> {
        let key = (e.stream.0, e.frame.tag);
        let n = self.parties.n();
        let at = self.pending.iter().position(|p| p.key == key).unwrap_or_else(|| {
            let (from, opens) = (PartySet::EMPTY, PartySet::EMPTY);
            self.pending.push(Pending { key, from, opens, bodies: smallvec![Bytes::new(); n] });
            self.pending.len() - 1
        });
        let pending = &mut self.pending[at];
        // Only the first word of a party counts.
        if !pending.from.contains(e.from) {
            pending.from.insert(e.from);
            pending.bodies[e.from.index()] = body;
            if opens {
                pending.opens.insert(e.from);
            }
        }
        (pending.from == PartySet::all(n)).then(|| self.pending.swap_remove(at))
    }

    fn values(&self, order: u64, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.tape.uniform(order) as u8).collect()
    }

    fn everyone(&self, e: &Envelope, answers: &mut Vec<Answer>, mut body: impl FnMut(PartyId) -> Bytes) {
        for to in self.parties.iter() {
            let frame = Frame { body: body(to), ..e.frame.clone() };
            answers.push(Answer { from: PartyId::IDEAL, to, stream: e.stream, frame });
        }
    }
    fn to_others(&self, from: PartyId, stream: Stream, frame: Frame, answers: &mut Vec<Answer>) {
        let mut others = self.parties.iter().filter(|p| *p != from);
        let Some(last) = others.next_back() else { return };
        for to in others {
            answers.push(Answer { from, to, stream, frame: frame.clone() });
        }
        answers.push(Answer { from, to: last, stream, frame });
    }
}

fn parameters(body: &[u8]) -> Option<(u64, usize)> {
    let order = u64::from_le_bytes(body.get(..8)?.try_into().ok()?);
    let len = u32::from_le_bytes(body.get(8..12)?.try_into().ok()?);
    (order <= 256 && len <= 1 << 24).then_some((order, len as usize))
}

impl Trusted for Hub {
    fn receive(&mut self, mut e: Envelope, answers: &mut Vec<Answer>) {
        let mut body = std::mem::take(&mut e.frame.body);
        if body.is_empty() {
            return;
        }
        let op = body.get_u8();
        let e = &e;
        match Op::read(op) {
            Some(Op::Coin) => {
                let Some(all) = self.gather(e, body) else { return };
                // Honest parties agree on what they ask for; if the requests differ there is no coin.
                let Some((order, len)) = parameters(&all[0]).filter(|_| all.iter().all(|b| *b == all[0])) else {
                    return;
                };
                let coin = if order > 0 {
                    self.values(order, len)
                } else {
                    self.tape.nonce().map(|n| n.to_vec()).unwrap_or_default()
                };
                // A copy for each is cheaper than a share in one.
                self.everyone(e, answers, |_| Bytes::copy_from_slice(&coin));
            }
            Some(op @ (Op::Commit | Op::CommitAndOpen)) => {
                let Some(mut all) = self.gather_all(e, body, op == Op::CommitAndOpen) else { return };
                let waiting = all.from.without(all.opens);
                for to in waiting.iter() {
                    answers.push(Answer { from: PartyId::IDEAL, to, stream: e.stream, frame: e.frame.clone() });
                }
                for from in all.opens.iter() {
                    let mut body = std::mem::take(&mut all.bodies[from.index()]);
                    let Some(tag) = body.try_get_u64_le().ok() else { continue };
                    let frame = Frame { meta: super::request("open", 0), tag, body, ..e.frame.clone() };
                    self.to_others(from, e.stream, frame, answers);
                }
                // The others' openings come on another tag of the same step: found by stream and path.
                if !waiting.is_empty() {
                    let key = (e.stream.0, e.frame.step.hash());
                    self.committed.push(Pending { key, from: waiting, ..all });
                }
            }
            Some(Op::Open) => {
                let key = (e.stream.0, e.frame.step.hash());
                let Some(c) = self.committed.iter_mut().find(|c| c.key == key) else { return };
                if !c.from.contains(e.from) {
                    return;
                }
                c.from.remove(e.from);
                let body = std::mem::take(&mut c.bodies[e.from.index()]);
                self.to_others(e.from, e.stream, Frame { body, ..e.frame.clone() }, answers);
            }
            Some(Op::Broadcast) => self.to_others(e.from, e.stream, Frame { body, ..e.frame.clone() }, answers),
            Some(Op::Zero) => {
                let n = self.parties.n();
                let Some(all) = self.gather(e, body) else { return };
                let Some((order, len)) = parameters(&all[0]).filter(|_| all.iter().all(|b| *b == all[0])) else {
                    return;
                };
                let shares: Vec<Vec<u8>> = if order > 0 { self.zero_values(n, order, len) } else { self.zero_seeds(n) };
                self.everyone(e, answers, |to| shares[to.index()].clone().into());
            }
            Some(Op::Transfer) => {
                let Some(all) = self.gather(e, body) else { return };
                let Some(shares) = super::ot::transfers(&self.tape, &all) else { return };
                self.everyone(e, answers, |to| shares[to.index()].clone().into());
            }
            Some(Op::Streams) => {
                let Some(all) = self.gather(e, body) else { return };
                let Some(streams) = super::streams::transfers(&self.tape, e.frame.meta, &all, self.choosers) else {
                    return;
                };
                self.everyone(e, answers, |to| streams[to.index()].clone().into());
            }
            None => {}
        }
    }
}

impl Hub {
    /// Shares of zero in a small field: all but the last are uniform.
    fn zero_values(&self, n: usize, order: u64, len: usize) -> Vec<Vec<u8>> {
        let mut shares: Vec<Vec<u8>> = (1..n).map(|_| self.values(order, len)).collect();
        let last = (0..len).map(|k| {
            let sum: u64 = shares.iter().map(|s| u64::from(s[k])).sum();
            ((order - sum % order) % order) as u8
        });
        let last = last.collect();
        shares.push(last);
        shares
    }
    /// One seed per pair of parties; party i gets the seeds of its pairs in party order.
    fn zero_seeds(&self, n: usize) -> Vec<Vec<u8>> {
        let mut seeds = vec![vec![[0u8; 32]; n]; n];
        for (i, j) in (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j))) {
            let seed = self.tape.nonce().unwrap_or_default();
            seeds[i][j] = seed;
            seeds[j][i] = seed;
        }
        seeds.into_iter().map(|row| row.concat()).collect()
    }
}

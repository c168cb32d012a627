//! The session: what a protocol text talks through. Spec: `spec/protocols/01-session.md`.
//!
//! A [`Session`] is a place in one computation: network, identity, path of the current step, stream and tape. It is
//! concrete and cheap to narrow ([`Session::step`]); a closure on a thread pool cannot hold one, so local work cannot
//! talk by accident. After any failed check the whole session is dead: hooks registered with [`Session::on_death`] run
//! first (the ledger's tombstone), then the abort frame leaves, then every call refuses.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::ops::Range;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use bytes::Bytes;
use field::Field;
use spec::Check;
use transport::net::mix;
use transport::{Frame, Meta, Net, Parties, PartyId, PerParty, StepPath, Stream};

use crate::foundations::{Domain, Foundations};
use crate::message::{Digest, Item};
use crate::{Abort, Blame, Error, FRAME_SHAPE, Result, Tape};

/// The 32-byte name of one computation: everything that must be the same at all parties goes into it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionId(pub [u8; 32]);

impl SessionId {
    /// The id under which parties compare their session ids, and nothing else.
    pub(crate) const NONE: Self = Self([0; 32]);

    /// Step 1.1: the digest of suite version, parameters and claims, sorted party identities, task and one fresh nonce
    /// of every party.
    #[must_use]
    pub fn derive(parameters: &[u8; 32], identities: &[&[u8]], task: &[u8], nonces: &[[u8; 32]]) -> Self {
        let mut h = blake3::Hasher::new_derive_key("quorate 2026 session id v1");
        let mut item = |bytes: &[u8]| {
            h.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        };
        item(env!("CARGO_PKG_VERSION").as_bytes());
        item(parameters);
        item(&(identities.len() as u64).to_le_bytes());
        identities.iter().for_each(|i| item(i));
        item(task);
        nonces.iter().for_each(|n| item(n));
        Self(h.finalize().into())
    }
    /// Lower-case hexadecimal.
    #[must_use]
    pub fn hex(&self) -> String {
        self.0.iter().map(|b| format!("{b:02x}")).collect()
    }
}

/// Chunking of bulk exchanges.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Payload bytes of one chunk.
    pub chunk: usize,
    /// Chunks sent ahead of what was received.
    pub ahead: usize,
}

impl Default for Window {
    fn default() -> Self {
        Self { chunk: 1 << 20, ahead: 4 }
    }
}

struct Core {
    net: Rc<dyn Net>,
    id: SessionId,
    epoch: u64,
    foundations: Rc<dyn Foundations>,
    window: Window,
    dead: Cell<bool>,
    last_words: RefCell<Vec<Box<dyn FnOnce()>>>,
}

/// A place in one computation, see the module's text.
pub struct Session {
    core: Rc<Core>,
    path: StepPath,
    stream: Stream,
    tape: Tape,
    children: Vec<(&'static str, u32)>,
}

impl Session {
    /// The root of a computation over `net`.
    #[must_use]
    pub fn new(net: Rc<dyn Net>, id: SessionId, foundations: Rc<dyn Foundations>, tape: Tape) -> Self {
        Self::with_window(net, id, foundations, tape, Window::default())
    }
    /// The same with other chunk sizes. All parties must use the same.
    #[must_use]
    pub fn with_window(
        net: Rc<dyn Net>,
        id: SessionId,
        foundations: Rc<dyn Foundations>,
        tape: Tape,
        window: Window,
    ) -> Self {
        let epoch = u64::from_le_bytes(id.0[..8].try_into().unwrap_or_default());
        let core =
            Core { net, id, epoch, foundations, window, dead: Cell::new(false), last_words: RefCell::new(Vec::new()) };
        Self { core: Rc::new(core), path: StepPath::ROOT, stream: Stream::MAIN, tape, children: Vec::new() }
    }

    // ---------------------------------------------------------------- who and where

    /// This party.
    #[must_use]
    pub fn me(&self) -> PartyId {
        self.core.net.me()
    }
    /// The number of parties.
    #[must_use]
    pub fn n(&self) -> usize {
        self.core.net.parties().n()
    }
    /// All parties.
    #[must_use]
    pub fn parties(&self) -> &Parties {
        self.core.net.parties()
    }
    /// Everyone else, in order.
    pub fn others(&self) -> impl Iterator<Item = PartyId> + use<> {
        let me = self.me();
        self.parties().iter().filter(move |p| *p != me)
    }
    /// The session id.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.core.id
    }
    /// The current step.
    #[must_use]
    pub fn path(&self) -> &StepPath {
        &self.path
    }
    /// The randomness of this session.
    #[must_use]
    pub fn tape(&self) -> &Tape {
        &self.tape
    }
    /// A hash that nothing else in any session produces: context, session id, path, then length-prefixed items.
    #[must_use]
    pub fn bind(&self, context: &'static str, items: &[&[u8]]) -> blake3::Hasher {
        let mut h = blake3::Hasher::new_derive_key(context);
        h.update(&self.core.id.0);
        for (name, index) in self.path.elements() {
            h.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes()).update(&index.to_le_bytes());
        }
        h.update(&u64::MAX.to_le_bytes());
        for item in items {
            h.update(&(item.len() as u64).to_le_bytes()).update(item);
        }
        h
    }

    /// A child step: same stream and tape, a path of its own. The k-th step of one name gets the index k.
    pub fn step(&mut self, name: &'static str) -> Self {
        let index = self.count(name);
        self.at(self.path.child(name, index), self.stream, self.tape.clone())
    }
    fn count(&mut self, name: &'static str) -> u32 {
        match self.children.iter_mut().find(|(n, _)| *n == name) {
            Some((_, k)) => {
                *k += 1;
                *k
            }
            None => {
                self.children.push((name, 0));
                0
            }
        }
    }
    fn at(&self, path: StepPath, stream: Stream, tape: Tape) -> Self {
        Self { core: self.core.clone(), path, stream, tape, children: Vec::new() }
    }
    /// The only concurrency: two branches, each with its own stream, path and tape.
    pub async fn fork<A, B>(
        &mut self,
        names: [&'static str; 2],
        a: impl AsyncFnOnce(Self) -> Result<A>,
        b: impl AsyncFnOnce(Self) -> Result<B>,
    ) -> Result<(A, B)> {
        let [sa, sb] = names.map(|name| {
            let index = self.count(name);
            let path = self.path.child(name, index);
            let tape = self.tape.fork(path.hash());
            self.at(path.clone(), Stream(path.hash()), tape)
        });
        let (mut fa, mut fb) = (pin!(a(sa)), pin!(b(sb)));
        let (mut ra, mut rb) = (None, None);
        poll_fn(|cx| {
            if ra.is_none()
                && let Poll::Ready(r) = fa.as_mut().poll(cx)
            {
                ra = Some(r);
            }
            if rb.is_none()
                && let Poll::Ready(r) = fb.as_mut().poll(cx)
            {
                rb = Some(r);
            }
            if matches!(ra, Some(Err(_))) || matches!(rb, Some(Err(_))) || (ra.is_some() && rb.is_some()) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        match (ra, rb) {
            (Some(Err(e)), _) | (_, Some(Err(e))) => Err(e),
            (Some(Ok(a)), Some(Ok(b))) => Ok((a, b)),
            _ => Err(Error::Local("a fork ended before its branches".into())),
        }
    }

    // ---------------------------------------------------------------- one frame

    /// Refuses if the session has aborted.
    pub fn alive(&self) -> Result<()> {
        if self.core.dead.get() { Err(Error::Dead) } else { Ok(()) }
    }
    fn tag(&self, meta: &Meta, index: u32) -> u64 {
        let h = mix(self.core.epoch ^ self.path.hash(), meta.name.as_bytes());
        mix(mix(h, meta.field.as_bytes()), &[meta.kind as u8, index as u8, (index >> 8) as u8, (index >> 16) as u8])
    }
    /// Sends one frame that is already encoded; `index` tells frames of the same name apart.
    pub fn send_encoded(&mut self, to: PartyId, meta: Meta, index: u32, body: Bytes) -> Result<()> {
        self.alive()?;
        let frame = Frame { step: self.path.clone(), meta, tag: self.tag(&meta, index), body };
        self.core.net.send(to, self.stream, frame).map_err(|e| self.lost(e))
    }
    /// Receives one frame of exactly `bytes` bytes.
    ///
    /// Check `frame.shape`: another tag or length is the sender's deviation, `None` only for a puppet that carries on.
    pub async fn recv_encoded(&mut self, from: PartyId, meta: Meta, index: u32, bytes: usize) -> Result<Option<Bytes>> {
        self.alive()?;
        let got = poll_fn(|cx| self.core.net.poll_recv(cx, from, self.stream)).await.map_err(|e| self.lost(e))?;
        self.alive()?;
        let fits = got.tag == self.tag(&meta, index) && got.body.len() == bytes;
        self.verdict(&FRAME_SHAPE, fits, Blame::Accused(from))?;
        Ok(fits.then_some(got.body))
    }
    fn lost(&self, e: transport::NetError) -> Error {
        self.die();
        Error::Net { peer: e.peer, kind: e.kind, at: self.path.clone() }
    }

    // ---------------------------------------------------------------- typed payloads

    /// Sends items to one party, in chunks. Local flow control is the caller's: large two-way traffic goes through
    /// [`Session::exchange`] or [`Session::scatter`].
    pub fn send<T: Item>(&mut self, to: PartyId, name: &'static str, items: &[T]) -> Result<()> {
        let per = self.per_chunk::<T>();
        for k in 0..chunks(items.len(), per) {
            self.send_chunk(to, name, items, per, k)?;
        }
        Ok(())
    }
    /// Receives exactly `len` items from one party.
    pub async fn recv<T: Item>(&mut self, from: PartyId, name: &'static str, len: usize) -> Result<Vec<T>> {
        let per = self.per_chunk::<T>();
        let mut out = Vec::new();
        for k in 0..chunks(len, per) {
            self.recv_chunk(from, name, len, per, k, &mut out).await?;
        }
        Ok(out)
    }
    /// Everyone sends the same number of items to everyone; not checked for consistency. Own items included.
    pub async fn exchange<T: Item>(&mut self, name: &'static str, mine: &[T]) -> Result<PerParty<Vec<T>>> {
        let mut got: PerParty<Vec<T>> = PerParty::from_fn(self.n(), |_| Vec::new());
        let make = |units: Range<usize>| mine[units].to_vec();
        self.stream(name, mine.len(), 1, make, |_, _, theirs| {
            for (p, items) in theirs {
                got[p].extend(items);
            }
        })
        .await?;
        got[self.me()] = mine.to_vec();
        Ok(got)
    }
    /// [`Session::exchange`] of `units` times `per_unit` items, chunk by chunk: `make` computes this party's items of
    /// a range of units when they are about to leave, `take` gets them back with everyone else's. Memory stays at a few
    /// chunks, and computing overlaps with the network.
    pub async fn stream<T: Item>(
        &mut self,
        name: &'static str,
        units: usize,
        per_unit: usize,
        mut make: impl FnMut(Range<usize>) -> Vec<T>,
        mut take: impl FnMut(Range<usize>, Vec<T>, Vec<(PartyId, Vec<T>)>),
    ) -> Result<()> {
        let per = (self.core.window.chunk / (T::WIDTH * per_unit)).max(1);
        let total = chunks(units, per);
        let ahead = self.core.window.ahead.min(total);
        let range = |k: usize| (k * per).min(units)..((k + 1) * per).min(units);
        let mut waiting = VecDeque::with_capacity(ahead);
        for k in 0..total + ahead {
            if k < total {
                let mine = make(range(k));
                debug_assert_eq!(mine.len(), range(k).len() * per_unit);
                let (meta, body) = (meta::<T>(name, mine.len()), encode(&mine));
                for p in self.others() {
                    self.send_encoded(p, meta, k as u32, body.clone())?;
                }
                waiting.push_back(mine);
            }
            if let Some(j) = k.checked_sub(ahead) {
                let count = range(j).len() * per_unit;
                let mut theirs = Vec::with_capacity(self.n() - 1);
                for p in self.others() {
                    theirs.push((p, self.recv_items(p, name, count, j).await?));
                }
                take(range(j), waiting.pop_front().unwrap_or_default(), theirs);
            }
        }
        Ok(())
    }
    /// Everyone sends something of its own to each party and knows how much to expect from each.
    pub async fn scatter<T: Item>(
        &mut self,
        name: &'static str,
        mine: &PerParty<Vec<T>>,
        lens: &PerParty<usize>,
    ) -> Result<PerParty<Vec<T>>> {
        let per = self.per_chunk::<T>();
        let ahead = self.core.window.ahead;
        let most = self.others().map(|p| chunks(mine[p].len(), per).max(chunks(lens[p], per))).max().unwrap_or(0);
        let ahead = ahead.min(most);
        let mut got: PerParty<Vec<T>> = PerParty::from_fn(self.n(), |_| Vec::new());
        for k in 0..most + ahead {
            for p in self.others() {
                if k < chunks(mine[p].len(), per) {
                    self.send_chunk(p, name, &mine[p], per, k)?;
                }
            }
            for p in self.others() {
                if k >= ahead && k - ahead < chunks(lens[p], per) {
                    self.recv_chunk(p, name, lens[p], per, k - ahead, &mut got[p]).await?;
                }
            }
        }
        Ok(got)
    }

    /// Bulk traffic with every other party in both directions at once, made and consumed chunk by chunk so that memory
    /// stays flat: the k-th frame to `p` carries `outgoing[p][k]` items, which `fill(p, k, body)` encodes; the k-th frame
    /// from `p` carries `incoming[p][k]` items, which `take(p, k, body)` decodes, `false` if one is not canonical.
    pub async fn pump<T: Item>(
        &mut self,
        name: &'static str,
        outgoing: &PerParty<Vec<usize>>,
        incoming: &PerParty<Vec<usize>>,
        mut fill: impl FnMut(PartyId, usize, &mut Vec<u8>),
        mut take: impl FnMut(PartyId, usize, &[u8]) -> bool,
    ) -> Result<()> {
        let most = self.others().map(|p| outgoing[p].len().max(incoming[p].len())).max().unwrap_or(0);
        let ahead = (2 * self.core.window.ahead).min(most);
        for k in 0..most + ahead {
            for p in self.others() {
                if let Some(len) = outgoing[p].get(k) {
                    let mut body = Vec::with_capacity(len * T::WIDTH);
                    fill(p, k, &mut body);
                    self.send_encoded(p, meta::<T>(name, *len), k as u32, body.into())?;
                }
            }
            let Some(k) = k.checked_sub(ahead) else { continue };
            for p in self.others() {
                if let Some(len) = incoming[p].get(k) {
                    let bytes = len * T::WIDTH;
                    let body = self.recv_encoded(p, meta::<T>(name, *len), k as u32, bytes).await?;
                    let canonical = take(p, k, &body.unwrap_or_else(|| vec![0; bytes].into()));
                    self.verdict(&FRAME_SHAPE, canonical, Blame::Accused(p))?;
                }
            }
        }
        Ok(())
    }
    /// How many items make a good frame of [`Session::pump`]: an eighth of a chunk, still in the cache when it leaves.
    pub(crate) fn per_frame<T: Item>(&self) -> usize {
        (self.per_chunk::<T>() / 8).max(1)
    }
    fn per_chunk<T: Item>(&self) -> usize {
        (self.core.window.chunk / T::WIDTH).max(1)
    }
    fn send_chunk<T: Item>(
        &mut self,
        to: PartyId,
        name: &'static str,
        items: &[T],
        per: usize,
        k: usize,
    ) -> Result<()> {
        let part = &items[(k * per).min(items.len())..((k + 1) * per).min(items.len())];
        let mut body = Vec::with_capacity(part.len() * T::WIDTH);
        T::write_all(part, &mut body);
        self.send_encoded(to, meta::<T>(name, part.len()), k as u32, body.into())
    }
    async fn recv_chunk<T: Item>(
        &mut self,
        from: PartyId,
        name: &'static str,
        len: usize,
        per: usize,
        k: usize,
        out: &mut Vec<T>,
    ) -> Result<()> {
        let count = ((k + 1) * per).min(len) - (k * per).min(len);
        out.append(&mut self.recv_items(from, name, count, k).await?);
        Ok(())
    }
    async fn recv_items<T: Item>(
        &mut self,
        from: PartyId,
        name: &'static str,
        count: usize,
        k: usize,
    ) -> Result<Vec<T>> {
        let body = self.recv_encoded(from, meta::<T>(name, count), k as u32, count * T::WIDTH).await?;
        let items = body.and_then(|b| T::read_all(&b));
        self.verdict(&FRAME_SHAPE, items.is_some(), Blame::Accused(from))?;
        Ok(items.unwrap_or_else(|| vec![T::neutral(); count]))
    }

    // ---------------------------------------------------------------- foundations

    /// Everyone sends the same items to everyone, and all honest parties agree on what everyone sent or abort
    /// (`spec/protocols/04-broadcast.md`). Own items included.
    pub async fn broadcast<T: Item>(&mut self, name: &'static str, mine: &[T]) -> Result<PerParty<Vec<T>>> {
        let lens = PerParty::from_fn(self.n(), |_| mine.len());
        self.broadcast_each(name, mine, &lens).await
    }
    /// [`Session::broadcast`] where every party sends a number of items of its own, known to all.
    pub async fn broadcast_each<T: Item>(
        &mut self,
        name: &'static str,
        mine: &[T],
        lens: &PerParty<usize>,
    ) -> Result<PerParty<Vec<T>>> {
        let mut s = self.step(name);
        let meta = PerParty::from_fn(s.n(), |p| meta::<T>(name, lens[p]));
        let f = s.core.foundations.clone();
        let bodies = f.broadcast(&mut s, &meta, encode(mine)).await?;
        s.decode_all(bodies, lens)
    }
    /// Everyone commits to its items, and only when all commitments are there opens them
    /// (`spec/protocols/02-commitment.md`). Own items included.
    pub async fn commit_open<T: Item>(&mut self, name: &'static str, mine: &[T]) -> Result<PerParty<Vec<T>>> {
        let mut s = self.step(name);
        let lens = PerParty::from_fn(s.n(), |_| mine.len());
        let f = s.core.foundations.clone();
        let bodies = f.commit_open(&mut s, meta::<T>(name, mine.len()), encode(mine)).await?;
        s.decode_all(bodies, &lens)
    }
    /// `len` uniform public elements that nobody knew or could influence before every party arrived here: call it only
    /// when the data it challenges is final at all parties (`spec/protocols/03-coin.md`).
    pub async fn challenge<F: Field>(&mut self, len: usize) -> Result<Vec<F>> {
        let mut s = self.step("coin");
        let f = s.core.foundations.clone();
        Ok(f.coin(&mut s, Domain::of::<F>(), len).await?.elements(len))
    }
    /// A fresh sharing of `len` zeros (`spec/protocols/05-zero-sharing.md`).
    pub async fn zero_shares<F: Field>(&mut self, len: usize) -> Result<Vec<F>> {
        let mut s = self.step("zero");
        let f = s.core.foundations.clone();
        Ok(f.zero(&mut s, Domain::of::<F>(), len).await?.elements(len))
    }
    fn decode_all<T: Item>(&mut self, bodies: PerParty<Bytes>, lens: &PerParty<usize>) -> Result<PerParty<Vec<T>>> {
        let mut out = Vec::with_capacity(self.n());
        for (p, body) in bodies.iter() {
            let items = T::read_all(body).filter(|v| v.len() == lens[p]);
            self.verdict(&FRAME_SHAPE, items.is_some(), Blame::Accused(p))?;
            out.push(items.unwrap_or_else(|| vec![T::neutral(); lens[p]]));
        }
        Ok(PerParty::from_vec(out))
    }

    // ---------------------------------------------------------------- checks and death

    /// Reports the outcome of a check. On failure the session dies and the abort is returned.
    pub fn verdict(&self, check: &'static Check, ok: bool, blame: Blame) -> Result<()> {
        if self.core.foundations.verdict(check, ok) {
            return Ok(());
        }
        self.die();
        Err(Error::Abort(Abort { at: self.path.clone(), check, blame }))
    }
    /// Runs `last_word` when the session dies, before any other party is told. A no-op on success.
    pub fn on_death(&self, last_word: impl FnOnce() + 'static) {
        self.core.last_words.borrow_mut().push(Box::new(last_word));
    }
    /// Ends the session for everybody.
    pub fn die(&self) {
        if !self.core.dead.replace(true) {
            for word in self.core.last_words.take() {
                word();
            }
            self.core.net.abort();
        }
    }
    /// The digest of several byte strings under this session and step.
    #[must_use]
    pub fn digest(&self, context: &'static str, items: &[&[u8]]) -> Digest {
        Digest(self.bind(context, items).finalize().into())
    }
}

/// How many chunks carry `len` items; an empty message is one empty chunk.
fn chunks(len: usize, per: usize) -> usize {
    len.div_ceil(per).max(1)
}

fn meta<T: Item>(name: &'static str, len: usize) -> Meta {
    Meta { name, kind: T::KIND, field: T::FIELD, len, width: T::WIDTH }
}

fn encode<T: Item>(items: &[T]) -> Bytes {
    let mut body = Vec::with_capacity(items.len() * T::WIDTH);
    T::write_all(items, &mut body);
    body.into()
}

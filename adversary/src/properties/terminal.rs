//! Terminality: whatever check fails, afterwards nothing of the session works: not the session, not the MAC key in this
//! or another session, not the transfers, not the preprocessing on disk, also not after a restart.
//!
//! Each check of `protocols::CHECKS` is made to fail at one honest party in a complete computation, from base transfers
//! to the output, and then everything that a program could still try is tried; the key is also tried elsewhere without
//! having been used in the dead session.

#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::Rc;

use bytes::Bytes;
use field::{F128, Field};
use protocols::foundations::{Coins, Domain, Local, Zeros};
use protocols::ledger::{Binding, Directory, Status};
use protocols::ot::SoftSpoken;
use protocols::{
    Clear, Error, Foundations, MAC_CHECK, MacKey, Mascot, Masks, Memory, Online, Real, Result, Session, SessionId,
    Shared, Triples,
};
use spec::Check;
use transport::sim::{self, Clock, NoTrusted, Passive, Setup};
use transport::{Meta, Net, Parties, PartyId, PartySet, PerParty};

use super::{Row, Value};
use crate::attack::tape;
use crate::pulse;
use crate::run::{Ending, LIMITS, classify};

type F = F128;

/// The party at which the check fails.
const VICTIM: PartyId = PartyId::new(0);
/// The parties of the computation.
pub const N: usize = 3;

/// A check that fails when it is made for the `nth` time, counted from 0, and ever after.
#[derive(Clone, Copy)]
struct Fails {
    check: &'static Check,
    nth: u64,
}

/// How often the victim made each check.
type Made = Rc<RefCell<BTreeMap<&'static str, u64>>>;

/// Real foundations under which one check fails, at one party.
struct Failing {
    real: Real,
    fails: Option<Fails>,
    made: Option<Made>,
}

impl Foundations for Failing {
    fn coin<'a>(&'a self, s: &'a mut Session, domain: Domain, len: usize) -> Local<'a, Coins> {
        self.real.coin(s, domain, len)
    }
    fn commit_open<'a>(&'a self, s: &'a mut Session, meta: Meta, mine: Bytes) -> Local<'a, PerParty<Bytes>> {
        self.real.commit_open(s, meta, mine)
    }
    fn broadcast<'a>(
        &'a self,
        s: &'a mut Session,
        meta: &'a PerParty<Meta>,
        mine: Bytes,
    ) -> Local<'a, PerParty<Bytes>> {
        self.real.broadcast(s, meta, mine)
    }
    fn zero<'a>(&'a self, s: &'a mut Session, domain: Domain, len: usize) -> Local<'a, Zeros> {
        self.real.zero(s, domain, len)
    }
    fn verdict(&self, check: &'static Check, ok: bool) -> bool {
        let Some(made) = &self.made else { return ok };
        let mut made = made.borrow_mut();
        let times = made.entry(check.id).or_default();
        *times += 1;
        ok && self.fails.is_none_or(|f| f.check != check || *times <= f.nth)
    }
}

/// Runs a program at three parties on real foundations, with this check failing at the victim: how everyone ended, and
/// how often the victim made each check.
fn run<'a, T: 'a, P>(
    id: SessionId,
    seed: u64,
    fails: Option<Fails>,
    program: impl Fn(Session) -> P + 'a,
) -> (Vec<Ending<T>>, BTreeMap<&'static str, u64>)
where
    P: Future<Output = Result<T>> + 'a,
{
    let (everyone, program, made) = (tape(seed), Rc::new(program), Made::default());
    let setup = Setup {
        parties: Rc::new(Parties::anonymous(N)),
        corrupt: PartySet::EMPTY,
        adversary: &mut Passive,
        trusted: &mut NoTrusted,
        clock: Clock::NONE,
        trace: false,
        limits: LIMITS,
    };
    let start = |net: Rc<dyn Net>| -> Pin<Box<dyn Future<Output = Result<T>> + 'a>> {
        let (tape, program) = (everyone.fork(net.me().index() as u64), program.clone());
        let made = (net.me() == VICTIM).then(|| made.clone());
        Box::pin(async move {
            let boot = Rc::new(Real::bootstrap());
            let real = Real::setup(&mut Session::new(net.clone(), id, boot, tape.clone())).await?;
            let foundations = Rc::new(Failing { real, fails, made });
            program(Session::on_untrusted_foundations(net, id, foundations, tape)).await
        })
    };
    let run = pulse::during(|| sim::run(setup, start));
    (classify(run.ends), made.take())
}

/// What a party holds during the computation, still in hand when it fails.
#[derive(Default)]
struct Held {
    dir: Option<Directory>,
    binding: Option<Binding>,
    mascot: Option<Mascot<F, SoftSpoken>>,
    /// The MAC key, when the preprocessing is made.
    key: Option<MacKey<F>>,
    supply: Option<Memory<F>>,
}

/// Shares of nothing, for calls that must be refused before they look at them.
fn nothing() -> Shared<F> {
    Shared::from_parts(vec![F::ZERO], vec![F::ZERO])
}

/// Items that are dealt, not made: enough for every call.
fn spare() -> Memory<F> {
    let mut spare = Memory::default();
    spare.add_triples(Triples { a: nothing(), b: nothing(), c: nothing() });
    for p in (0..N).map(PartyId::new) {
        for _ in 0..2 {
            spare.add_masks(p, Masks { shared: nothing(), clear: (p == VICTIM).then(|| Clear(vec![F::ZERO])) });
        }
    }
    spare.add_randoms(nothing());
    spare
}

/// The complete computation: a ledger put to use, preprocessing, inputs, a product, an output.
async fn compute(s: &mut Session, place: &Path, held: &mut Held) -> Result<F> {
    let me = s.me();
    let dir = Directory::open(&place.join(format!("ledger-{me}")), &place.join(format!("fences-{me}")), s.tape())?;
    let key = MacKey::from_share(F::ONE);
    let mut writer = dir.writer(s, [3; 32], &key)?;
    writer.randoms(nothing())?;
    held.binding = Some(writer.finish(key)?);
    let dir = held.dir.insert(dir);
    if let Some(binding) = &held.binding {
        let _open = dir.resume::<F>(s, binding).await?;
        // Dropped without a use: it goes back as it was, and dies with the session all the same.
    }
    let mascot = held.mascot.insert(Mascot::setup(s).await?);
    let mut supply = Memory::default();
    supply.add_triples(mascot.triples(s, 1).await?);
    let counts = PerParty::from_fn(N, |p| usize::from(p.index() < 2));
    for (p, masks) in s.parties().clone().iter().zip(mascot.masks(s, &counts).await?.into_vec()) {
        supply.add_masks(p, masks);
    }
    let supply = held.supply.insert(supply);
    let Some(mascot) = held.mascot.take() else { return Err(Error::Dead) };
    let key = held.key.insert(mascot.into_key());
    let mut online = Online::new(s, key, supply);
    let mut inputs = Vec::new();
    for owner in (0..2).map(PartyId::new) {
        let mine = [F::from_u64(6 + owner.index() as u64)];
        inputs.push(online.input(owner, (owner == me).then_some(&mine[..]), 1).await?);
    }
    let z = online.mul(&inputs[0], &inputs[1]).await?;
    Ok(online.output(&z).await?[0])
}

/// Everything that a program could try in a session that has failed; what is not refused as dead is noted.
async fn insist(s: &mut Session, held: &mut Held, row: &RefCell<Row>) {
    let other = PartyId::new(1);
    let dead = |what: &str, r: Result<()>| {
        row.borrow_mut().case((r != Err(Error::Dead)).then(|| format!("{what} works after the abort: {r:?}")));
    };
    dead("the session", s.alive());
    dead("send", s.send(other, "again", &[F::ONE]));
    dead("recv", s.recv::<F>(other, "again", 1).await.map(drop));
    dead("exchange", s.exchange("again", &[F::ONE]).await.map(drop));
    let (one, items) = (PerParty::from_fn(N, |_| 1), PerParty::from_fn(N, |_| vec![F::ONE]));
    let frames = PerParty::from_fn(N, |_| vec![1]);
    dead("stream", s.stream("again", 1, 1, |_| vec![F::ONE], |_, _, _| ()).await);
    dead("scatter", s.scatter("again", &items, &one).await.map(drop));
    dead(
        "pump",
        s.pump::<F>("again", &frames, &frames, |_, _, out| F::write_slice(&[F::ONE], out), |_, _, _| true).await,
    );
    dead("broadcast", s.broadcast("again", &[F::ONE]).await.map(drop));
    dead("broadcast_each", s.broadcast_each("again", &[F::ONE], &one).await.map(drop));
    dead("commit_open", s.commit_open("again", &[F::ONE]).await.map(drop));
    dead("challenge", s.challenge::<F>(1).await.map(drop));
    dead("zero_shares", s.zero_shares::<F>(1).await.map(drop));
    dead("a step", s.step("again").send(other, "again", &[F::ONE]));
    let branch = async |mut s: Session| s.send(other, "again", &[F::ONE]);
    dead("a fork", s.fork(["a", "b"], branch, branch).await.map(drop));
    dead("new transfers", Mascot::<F, SoftSpoken>::setup(s).await.map(drop));
    if let Some(mascot) = &mut held.mascot {
        dead("triples", mascot.triples(s, 1).await.map(drop));
        dead("masks", mascot.masks(s, &one).await.map(drop));
        dead("random values", mascot.randoms(s, 1).await.map(drop));
        dead("preprocessing", mascot.supply(s, 1, &one).await.map(drop));
    }
    // If it failed before there was a key, any will do.
    let (mut any, mut spare) = (MacKey::from_share(F::ONE), spare());
    let key = held.key.as_mut().or(held.mascot.as_mut().map(Mascot::key)).unwrap_or(&mut any);
    let mut online = Online::new(s, key, &mut spare);
    dead("random", online.random(1).map(drop));
    dead("mul", online.mul(&nothing(), &nothing()).await.map(drop));
    dead("square", online.square(&nothing()).await.map(drop));
    dead("inner_product", online.inner_product(&nothing(), &nothing()).await.map(drop));
    dead("inner_products", online.inner_products(&[(&nothing(), &nothing())]).await.map(drop));
    dead("input", online.input(other, None, 1).await.map(drop));
    dead("output", online.output(&nothing()).await.map(drop));
    dead("output_to", online.output_to(other, &nothing()).await.map(drop));
    if let (Some(dir), Some(binding)) = (&held.dir, &held.binding) {
        let failed = dir.stock().iter().all(|stock| stock.status == Status::Failed);
        row.borrow_mut().case((!failed).then(|| format!("the ledger holds {:?}", dir.stock())));
        dead("a new segment", dir.writer(s, [4; 32], &MacKey::from_share(F::ONE)).map(drop));
        let again = dir.resume::<F>(s, binding).await.map(drop);
        row.borrow_mut().case(again.is_ok().then(|| "the segment is used again".into()));
    }
}

/// How often the victim makes each check in a computation that goes well. `place` is an empty directory for ledgers.
pub fn times(seed: u64, place: &Path) -> Result<BTreeMap<&'static str, u64>> {
    let (endings, made) =
        run(
            SessionId([0x70; 32]),
            seed,
            None,
            |mut s| async move { compute(&mut s, place, &mut Held::default()).await },
        );
    match &endings[VICTIM.index()] {
        Ending::Output(z) if *z == F::from_u64(42) => Ok(made),
        other => Err(Error::Local(format!("a computation in which nobody deviates ended with {other:?}"))),
    }
}

/// A new directory of this name.
fn inside(place: &Path, name: &str) -> Result<PathBuf> {
    let dir = place.join(name);
    std::fs::create_dir(&dir).map_err(|e| Error::Local(format!("{}: {e}", dir.display())))?;
    Ok(dir)
}

/// Makes one check fail the last time it is made and, if it is made of `many` things, also the first time and on the
/// way, as [`after`] does it. `place` is an empty directory.
pub fn at_its_moments(check: &'static Check, many: bool, seed: u64, place: &Path) -> Result<Row> {
    let made = times(seed, &inside(place, "honest")?)?.get(check.id).copied().unwrap_or(0);
    let Some(last) = made.checked_sub(1) else {
        return Err(Error::Local(format!("{check} is never made")));
    };
    let moments = if many { vec![0, made / 2, made.saturating_sub(10), last] } else { vec![last] };
    let mut whole = Row::new("terminality", format!("check {}, made {made} times", check.id));
    for (k, nth) in moments.into_iter().enumerate() {
        let mut row = after(check, nth, seed, &inside(place, &k.to_string())?)?;
        row.violations.iter_mut().for_each(|v| *v = format!("made for the {nth}th time: {v}"));
        whole.absorb(row);
    }
    Ok(whole)
}

/// Makes one check fail when it is made for the `nth` time and tries everything afterwards: in the session, in another
/// session with the same MAC key, in the ledger, and in the ledger after a restart. In a second run nothing is tried in
/// the session: whatever uses a key there wipes it, so only a key that was left alone tells what the failed check made of
/// it. `place` is an empty directory for ledgers.
pub fn after(check: &'static Check, nth: u64, seed: u64, place: &Path) -> Result<Row> {
    let mut whole = Row::new("terminality", format!("check {}, made for the {nth}th time", check.id));
    let mut keys = 0;
    for (name, insists) in [("used", true), ("unused", false)] {
        let (mut row, key) = once(check, nth, seed, &inside(place, name)?, insists)?;
        row.violations.iter_mut().for_each(|v| *v = format!("key {name}: {v}"));
        whole.absorb(row);
        keys += u64::from(key);
    }
    Ok(whole.with(KEYS, Value::Count(keys)))
}

/// The figure of keys that were tried in another session: none where the check failed before there was one.
pub const KEYS: &str = "keys tried in another session";

/// One run of [`after`], and whether the victim had a key when the check failed.
fn once(check: &'static Check, nth: u64, seed: u64, place: &Path, insists: bool) -> Result<(Row, bool)> {
    let row = RefCell::new(Row::new("terminality", check.id));
    let kept: RefCell<Option<Held>> = RefCell::default();
    let (failed, row_, kept_) = (Cell::new(false), &row, &kept);
    let failed_ = &failed;
    let (endings, _) = run(SessionId([0x71; 32]), seed, Some(Fails { check, nth }), |mut s| async move {
        let mut held = Held::default();
        let end = compute(&mut s, place, &mut held).await;
        if s.me() == VICTIM {
            failed_.set(matches!(&end, Err(Error::Abort(a)) if a.check == check));
            if insists {
                insist(&mut s, &mut held, row_).await;
            }
            kept_.replace(Some(held));
        }
        end
    });
    if !failed.get() {
        return Err(Error::Local(format!("{} never failed: {:?}", check.id, endings[VICTIM.index()])));
    }
    // Others may have an output all the same: the abort is selective. The victim has none.
    let given = matches!(endings[VICTIM.index()], Ending::Output(_));
    row.borrow_mut().case(given.then(|| "the victim has an output all the same".into()));

    let mut key = false;
    if let Some(mut held) = kept.take() {
        drop(held.dir.take());
        key = elsewhere(&mut held, seed, &row);
        restarted(&held, place, &row);
    }
    Ok((row.into_inner(), key))
}

/// The MAC key of the failed session in a new one, where everyone else has a good key; `false` if there is none.
fn elsewhere(held: &mut Held, seed: u64, row: &RefCell<Row>) -> bool {
    let key = held.key.take().or(held.mascot.take().map(Mascot::into_key));
    let Some(key) = key else { return false };
    let key = RefCell::new(Some(key));
    let key_ = &key;
    let (endings, _) = run(SessionId([0x72; 32]), seed + 1, None, |mut s| async move {
        let mine = if s.me() == VICTIM { key_.take() } else { None };
        let mut key = mine.unwrap_or_else(|| MacKey::from_share(F::ZERO));
        let mut supply = spare();
        Online::new(&mut s, &mut key, &mut supply).output(&nothing()).await.map(drop)
    });
    // Any other check fails for another reason than the key, such as openings that it has left and the others have not.
    let refused = match &endings[VICTIM.index()] {
        Ending::Aborted(a) => *a.check == MAC_CHECK,
        Ending::Broken(e) => *e == Error::Dead,
        _ => false,
    };
    row.borrow_mut().case((!refused).then(|| format!("the key checks again: {:?}", endings[VICTIM.index()])));
    true
}

/// The ledger of the failed session after a restart.
fn restarted(held: &Held, place: &Path, row: &RefCell<Row>) {
    let Some(binding) = &held.binding else { return };
    let at = |what: &str| -> PathBuf { place.join(format!("{what}-{VICTIM}")) };
    let (endings, _) = run(SessionId([0x73; 32]), 0, None, |mut s| {
        let (ledger, fences, binding) = (at("ledger"), at("fences"), binding.clone());
        async move {
            if s.me() != VICTIM {
                return Ok("".into());
            }
            let dir = Directory::open(&ledger, &fences, s.tape())?;
            let again = dir.resume::<F>(&mut s, &binding).await;
            Ok(again.err().map_or_else(|| "used again".into(), |e| e.to_string()))
        }
    });
    let refused = matches!(&endings[VICTIM.index()], Ending::Output(why) if why.contains("generate new"));
    let why = format!("after a restart the segment is {:?}", endings[VICTIM.index()]);
    row.borrow_mut().case((!refused).then_some(why));
}

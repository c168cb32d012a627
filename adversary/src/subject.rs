//! What the instrument needs to know of a protocol, built in or from a user's crate: its claim, what goes in, one party's
//! program, and the ideal functionality that it is measured against.
//!
//! A protocol is written once, generic over the field ([`Subject`]); the instrument chooses field, parties, coalition and
//! inputs at run time ([`DynSubject`], which every subject is).

use std::cell::RefCell;
use std::rc::Rc;

use field::{Field, PrimeField};
use protocols::foundations::Local;
use protocols::{Error, Result, Session, Tape};
use spec::Claim;
use transport::sim::{Adversary, Envelope};
use transport::{PartyId, PerParty};

use crate::attack::Attack;
use crate::fields::FieldId;
use crate::ideal::supply::{CorruptShares, Dealer, Dealt, Order};
use crate::programs::Hand;
use crate::run::{Ending, World, classify};
use crate::{with_field, with_prime_field};

/// What goes into a computation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Given<T> {
    /// What every party puts in.
    pub parties: Vec<Vec<T>>,
    /// Values that are shared when the computation starts: no party knows them.
    pub shared: Vec<T>,
}

/// How many values go into a computation.
pub type Shape = Given<()>;

/// A protocol under test, generic over the field.
///
/// Without an ideal functionality there is nothing to measure against: [`Subject::functionality`] is as much part of a
/// protocol as its program.
pub trait Subject: Sync {
    /// What it promises. The name in it is the subject's.
    fn claim(&self) -> &'static Claim;
    /// What it computes, in one sentence.
    fn about(&self) -> &'static str;
    /// How many values each of `n` parties puts in.
    fn inputs(&self, n: usize) -> Vec<usize>;
    /// How many values are shared when it starts.
    fn shared(&self) -> usize {
        0
    }
    /// The preprocessing that a trusted dealer hands out before it starts, the shared values left out; `None`: there is
    /// no dealer, and no MAC key.
    fn preprocessing(&self, n: usize) -> Option<Order> {
        let _ = n;
        None
    }
    /// The ideal functionality: every party's output from everyone's inputs.
    fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>>;
    /// Attacks that were written for it; those on what it stands on are in [`crate::attacks`].
    fn attacks(&self) -> &'static [Attack] {
        &[]
    }
    /// One party's program: its inputs, its part of the preprocessing, its output.
    async fn party<F: PrimeField>(&self, s: Session, mine: Vec<F>, dealt: Option<Dealt<F>>) -> Result<Vec<F>>;
}

/// The circumstances of a run of a subject.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The field.
    pub field: FieldId,
    /// Parties, coalition, foundations, checks.
    pub world: World,
    /// Who chooses the coalition's shares of what is dealt, and its streams of ideal transfers.
    pub shares: CorruptShares,
}

/// What came of a run.
pub struct Played {
    /// How every party ended; outputs in canonical encoding.
    pub endings: Vec<Ending<Vec<u8>>>,
    /// What the coalition knows without receiving a frame: what it was dealt, then every coin it tossed.
    pub own: Vec<u8>,
    /// Every delivered frame, if the world keeps the trace.
    pub trace: Vec<Envelope>,
    /// Rounds: the longest chain of dependent frames.
    pub rounds: u32,
    /// Payload bytes.
    pub bytes: u64,
}

/// A subject whose field is chosen at run time. Values travel as integers on their way in (which `Field::from_u64` maps
/// into the field) and in canonical encoding on their way out.
pub trait DynSubject: Sync {
    /// What it promises.
    fn claim(&self) -> &'static Claim;
    /// What it computes.
    fn about(&self) -> &'static str;
    /// How many values go in.
    fn shape(&self, n: usize) -> Shape;
    /// How many triples a run of two parties takes from the dealer: what makes counting it long.
    fn preprocessed_triples(&self) -> usize;
    /// Attacks that were written for it.
    fn attacks(&self) -> &'static [Attack];
    /// Every party's output from everyone's inputs, in canonical encoding.
    fn ideal(&self, field: FieldId, given: &Given<u64>) -> Result<PerParty<Vec<u8>>>;
    /// One attacked run.
    fn run(&self, at: &Instance, given: &Given<u64>, tape: &Tape, adversary: &mut dyn Adversary) -> Result<Played>;
}

impl dyn DynSubject + '_ {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.claim().protocol
    }
}

impl<S: Subject> DynSubject for S {
    fn claim(&self) -> &'static Claim {
        Subject::claim(self)
    }
    fn about(&self) -> &'static str {
        Subject::about(self)
    }
    fn shape(&self, n: usize) -> Shape {
        let parties = self.inputs(n).into_iter().map(|k| vec![(); k]).collect();
        Given { parties, shared: vec![(); self.shared()] }
    }
    fn preprocessed_triples(&self) -> usize {
        self.preprocessing(2).map_or(0, |order| order.triples)
    }
    fn attacks(&self) -> &'static [Attack] {
        Subject::attacks(self)
    }
    fn ideal(&self, field: FieldId, given: &Given<u64>) -> Result<PerParty<Vec<u8>>> {
        fits(&self.shape(given.parties.len()), given)?;
        with_field!(field, F => {
            let outputs = self.functionality::<F>(&given.map(F::from_u64));
            Ok(PerParty::from_vec(outputs.values().map(|y| encode(y)).collect()))
        })
    }
    fn run(&self, at: &Instance, given: &Given<u64>, tape: &Tape, adversary: &mut dyn Adversary) -> Result<Played> {
        fits(&self.shape(at.world.parties.n()), given)?;
        with_prime_field!(
            at.field,
            F => play::<F, S>(self, at, &given.map(F::from_u64), given, tape, adversary),
            else Err(Error::Local(format!("protocols run over prime fields, which {} is not", at.field)))
        )
    }
}

impl<T> Given<T> {
    /// The same values in another form.
    pub fn map<U>(&self, f: impl Fn(T) -> U) -> Given<U>
    where
        T: Copy,
    {
        let all = |v: &Vec<T>| v.iter().map(|x| f(*x)).collect();
        Given { parties: self.parties.iter().map(&all).collect(), shared: all(&self.shared) }
    }
    fn lengths(&self) -> (Vec<usize>, usize) {
        (self.parties.iter().map(Vec::len).collect(), self.shared.len())
    }
}

fn fits(shape: &Shape, given: &Given<u64>) -> Result<()> {
    if shape.lengths() == given.lengths() {
        return Ok(());
    }
    let (want, have) = (shape.lengths(), given.lengths());
    Err(Error::Local(format!(
        "this protocol takes {:?} values of its parties and {} shared ones, not {:?} and {}",
        want.0, want.1, have.0, have.1
    )))
}

fn encode<F: Field>(values: &[F]) -> Vec<u8> {
    let mut out = Vec::with_capacity(values.len() * F::BYTES);
    F::write_slice(values, &mut out);
    out
}

fn play<F: PrimeField, S: Subject>(
    subject: &S,
    at: &Instance,
    given: &Given<F>,
    numbers: &Given<u64>,
    tape: &Tape,
    adversary: &mut dyn Adversary,
) -> Result<Played> {
    let n = at.world.parties.n();
    let mut own = Vec::new();
    let hand = match subject.preprocessing(n) {
        None => Hand::new((0..n).map(|_| None)),
        Some(order) => {
            let order = Order { given: numbers.shared.clone(), ..order };
            let dealer = Dealer::<F>::new(&at.world.parties, at.world.corrupt, at.shares, tape)?;
            let (supplies, _) = dealer.supplies(&order)?;
            F::write_slice(&dealer.told(), &mut own);
            let dealt =
                dealer.keys().into_iter().zip(supplies).map(|(key, supply)| Some(Dealt { key, supply: *supply }));
            Hand::new(dealt)
        }
    };
    let (hand, mine) = (&hand, &given.parties);
    let party = |s: Session| -> Local<'_, Vec<u8>> {
        Box::pin(async move {
            let (me, dealt) = (s.me(), hand.take(s.me())?);
            Ok(encode(&subject.party::<F>(s, mine[me.index()].clone(), dealt).await?))
        })
    };
    Ok(simulate(at.world.clone().transferring(at.shares), own, tape, adversary, &party))
}

/// The part of a run that does not depend on subject and field, compiled once.
fn simulate<'a>(
    world: World,
    mut own: Vec<u8>,
    tape: &Tape,
    adversary: &mut dyn Adversary,
    party: &dyn Fn(Session) -> Local<'a, Vec<u8>>,
) -> Played {
    let coins = Rc::new(RefCell::new(Vec::new()));
    let run = world.noting(coins.clone()).run(tape, adversary, party);
    own.append(&mut coins.borrow_mut());
    Played { endings: classify(run.ends), own, trace: run.trace, rounds: run.rounds, bytes: run.bytes }
}

/// Every way to choose `k` values below `order`, as counters do.
pub fn every(order: u64, k: usize) -> impl Iterator<Item = Vec<u64>> {
    let count = u32::try_from(k).ok().and_then(|k| order.checked_pow(k)).unwrap_or(u64::MAX);
    (0..count)
        .map(move |code| (0..k).scan(code, |rest, _| Some(std::mem::replace(rest, *rest / order) % order)).collect())
}

/// The values that the coalition puts in, in party order, and those of everyone else, the shared ones last.
#[must_use]
pub fn positions(shape: &Shape, corrupt: transport::PartySet) -> [Vec<Position>; 2] {
    let of_parties = shape.parties.iter().enumerate();
    let all = of_parties.flat_map(|(p, v)| (0..v.len()).map(move |k| Position::Of(PartyId::new(p), k)));
    let (coalition, mut others): (Vec<_>, Vec<_>) = all.partition(|at| at.held_by(corrupt));
    others.extend((0..shape.shared.len()).map(Position::Shared));
    [coalition, others]
}

/// What goes in when the coalition puts in `mine` and everyone else `theirs`, at these [`positions`].
#[must_use]
pub fn filled(shape: &Shape, [coalition, others]: &[Vec<Position>; 2], mine: &[u64], theirs: &[u64]) -> Given<u64> {
    let mut given = shape.map(|()| 0);
    coalition.iter().zip(mine).chain(others.iter().zip(theirs)).for_each(|(at, v)| at.put(&mut given, *v));
    given
}

/// One value that goes into a computation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Position {
    /// The k-th value of a party.
    Of(PartyId, usize),
    /// The k-th shared value.
    Shared(usize),
}

impl Position {
    fn held_by(self, set: transport::PartySet) -> bool {
        matches!(self, Self::Of(p, _) if set.contains(p))
    }
    /// Puts a value there.
    pub fn put(self, given: &mut Given<u64>, value: u64) {
        match self {
            Self::Of(p, k) => given.parties[p.index()][k] = value,
            Self::Shared(k) => given.shared[k] = value,
        }
    }
}

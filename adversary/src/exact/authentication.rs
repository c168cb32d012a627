//! Lies about what is authenticated, against the check that comes with it, on ideal transfers.
//!
//! The streams behind the transfers are those of fixed seeds: whatever they are, they fall out of every sum that is
//! checked. What a holder is told of a vector is hidden by those that it does not know, so no decision may use it. A
//! coalition that deviates chooses its coins, and zero stands for every choice. What is counted is every coin
//! of the honest parties, their key shares above all, and of the check.

use field::{F2, F3, F5, PrimeField};
use protocols::{AUTH_CONSISTENCY, Authenticator, INIT_ALPHA, Mascot, Result, Source, Tape};
use spec::Bound;
use transport::{PartyId, PartySet, PerParty};

use super::decisions::{Views, best_play_beside};
use super::{CORRUPT, Count, HONEST, Measurement, directions, nonzero_vectors, order_of, over};
use crate::authentication::{COMBINATION, Lie, SIGMA};
use crate::ideal::ot::IdealOt;
use crate::run::{Ending, World, classify};
use crate::strategy::{Fate, On, Script, edit, edit_bytes};

/// What the streams are made from.
const STREAMS: u64 = 1;

/// A tape of whose branches some begin with fixed values, and the coalition's go on with zeros.
struct Chosen {
    tape: Tape,
    coalition: PartySet,
    /// By branch: what its first draws give.
    first: fn(u64) -> Option<u64>,
    /// In a branch: what its next draw gives, and whether the rest is zero.
    next: Option<u64>,
    zeros: bool,
}

impl Chosen {
    fn tape(world: &World, tape: &Tape, first: fn(u64) -> Option<u64>) -> Tape {
        Tape::new(Self { tape: tape.clone(), coalition: world.corrupt, first, next: None, zeros: false })
    }
}

impl Source for Chosen {
    fn uniform(&mut self, bound: u64) -> u64 {
        match (self.next.take(), self.zeros) {
            (Some(fixed), _) => fixed % bound,
            (None, true) => 0,
            (None, false) => self.tape.uniform(bound),
        }
    }
    fn fill(&mut self, out: &mut [u8]) -> bool {
        self.tape.bytes(out).is_ok()
    }
    fn fork(&mut self, label: u64) -> Option<Tape> {
        let zeros = self.coalition.iter().any(|p| p.index() as u64 == label);
        let Self { coalition, first, .. } = *self;
        Some(Tape::new(Self { tape: self.tape.fork(label), coalition, first, next: first(label), zeros }))
    }
}

/// A world whose last party is corrupt and authenticates the only value.
fn world(n: usize) -> World {
    World::new(n, PartySet::of(&[n - 1]))
}

/// Whether the first party accepts.
fn accepts<F: PrimeField>(world: &World, tape: &Tape, script: &mut Script<'_>) -> bool {
    let run = world.run(&Chosen::tape(world, tape, |_| None), script, |mut s| async move {
        let mut auth = Authenticator::<F, _>::setup_for_measurement::<IdealOt>(&mut s).await?;
        let owner = s.n() - 1;
        let lens = PerParty::from_fn(s.n(), |p| usize::from(p.index() == owner));
        let values = vec![F::ZERO; lens[s.me()]];
        auth.authenticate(&mut s, &values, &lens).await.map(drop)
    });
    matches!(classify(run.ends)[HONEST.index()], Ending::Output(()))
}

/// Messages of the coalition in which one element is off by a decision, made by what it has seen.
fn decides<'a, F: PrimeField, const D: usize>(
    script: Script<'a>,
    messages: [(On, usize); D],
    decisions: [u64; D],
    views: &Views<D>,
) -> Script<'a> {
    let each = messages.into_iter().zip(decisions.map(F::from_u64)).enumerate();
    each.fold(script, |script, (k, ((on, at), off))| {
        let views = views.clone();
        script.sends(on, move |e, seen| {
            views.note_without(k, seen, "u");
            edit(e, |x: &mut [F]| x[at] += off);
            Fate::Deliver
        })
    })
}

/// The best that two different vectors achieve, towards two key holders, with any combination and any σ.
fn vectors<F: PrimeField>(errors: impl Iterator<Item = Vec<F>>) -> Result<Count> {
    let order = const { order_of::<F>() };
    Count::best(errors, |errors| {
        best_play_beside::<2>(STREAMS, order, |tape, decisions, views| {
            let world = world(3);
            let lie = Lie { errors: errors.clone(), bit: None };
            let script = lie.told(Script::new(world.corrupt), PartyId::new(2), PartyId::new(1));
            let mut script = decides::<F, 2>(script, [(COMBINATION, 0), (SIGMA, 2)], decisions, views);
            Ok(accepts::<F>(&world, tape, &mut script))
        })
    })
}

/// The best that a wrong combination of one vector achieves, with any σ.
fn combination<F: PrimeField>() -> Result<Count> {
    let order = const { order_of::<F>() };
    Count::best(1..order, |error| {
        best_play_beside::<1>(STREAMS, order, |tape, decisions, views| {
            let (world, error) = (world(2), F::from_u64(*error));
            let script = Script::new(world.corrupt).adds(COMBINATION, move |_| error);
            let mut script = decides::<F, 1>(script, [(SIGMA, 1)], decisions, views);
            Ok(accepts::<F>(&world, tape, &mut script))
        })
    })
}

/// The best that another mask towards one bit of a key achieves, with any σ. Of masks nothing vanishes by luck.
fn key_bit<F: PrimeField>() -> Result<Count> {
    let order = const { order_of::<F>() };
    let lies = (0..F::BITS).flat_map(|bit| (1..order).map(move |error| (bit, F::from_u64(error))));
    Count::best(lies, |(bit, error)| {
        best_play_beside::<1>(STREAMS, order, |tape, decisions, views| {
            let world = world(2);
            let script =
                Lie { errors: vec![*error], bit: Some(*bit) }.told(Script::new(world.corrupt), CORRUPT, HONEST);
            let mut script = decides::<F, 1>(script, [(SIGMA, 1)], decisions, views);
            Ok(accepts::<F>(&world, tape, &mut script))
        })
    })
}

/// Two different vectors where nothing compares them.
fn unchecked<F: PrimeField>() -> Result<Count> {
    Count::beside(STREAMS, |tape| {
        let world = world(3).without(Some(&AUTH_CONSISTENCY));
        let lie = Lie { errors: vec![F::ZERO, F::ONE], bit: None };
        let mut script = lie.told(Script::new(world.corrupt), PartyId::new(2), PartyId::new(1));
        Ok(accepts::<F>(&world, tape, &mut script))
    })
}

/// Whether the first party accepts a key towards whose second share-holder the coalition uses zero and towards the first
/// one. Key shares of honest parties and the coefficient of the sum's authentication play no part and are fixed: nobody's
/// values are off, and any coefficient hides them behind the masks.
fn initialised<F: PrimeField>(world: &World, tape: &Tape, script: Script<'_>) -> bool {
    let owner = PartyId::new(1);
    let mut script = script
        .sends(On::message("ot", "ot").within("copee_setup"), move |e, _| {
            // Behind the operation and a length: a byte of choices for every party.
            edit_bytes(e, |asked| asked[5 + owner.index()] = 0);
            Fate::Deliver
        })
        .receives(On::message("copee", "u").with(owner), |e, _| {
            edit(e, |u: &mut [F]| u.fill(F::ZERO));
            Fate::Deliver
        })
        .sends(SIGMA, move |e, seen| {
            // What the puppet's key makes of the owner's combination is known.
            let y = seen.latest(COMBINATION.with(owner)).and_then(|e| F::read(&e.frame.body)).unwrap_or(F::ZERO);
            edit(e, |sigma: &mut [F]| sigma[owner.index()] += y);
            Fate::Deliver
        });
    let fixed = |label| Some(u64::from(label == 2 || label == u64::MAX));
    let run = world.run(&Chosen::tape(world, tape, fixed), &mut script, |mut s| async move {
        Mascot::<F, IdealOt>::setup_for_measurement(&mut s).await.map(drop)
    });
    matches!(classify(run.ends)[HONEST.index()], Ending::Output(()))
}

/// The best that two key shares achieve, with any answer.
fn key_shares<F: PrimeField>() -> Result<Count> {
    best_play_beside::<1>(STREAMS, const { order_of::<F>() }, |tape, decisions, views| {
        let world = world(3);
        let answer = On::message("sigma", "commit").within("mac_check");
        Ok(initialised::<F>(&world, tape, decides::<F, 1>(Script::new(world.corrupt), [(answer, 0)], decisions, views)))
    })
}

/// The same where nothing opens the sum.
fn unbound<F: PrimeField>() -> Result<Count> {
    Count::beside(STREAMS, |tape| {
        let world = world(3).without(Some(&INIT_ALPHA));
        Ok(initialised::<F>(&world, tape, Script::new(world.corrupt)))
    })
}

/// The figures of authentication.
pub const ALL: &[Measurement] = &[
    Measurement {
        id: "auth.vectors",
        claim: "auth",
        what: "vectors that differ towards two key holders, the best of all errors, combinations and answers (F_5: up to a \
               factor)",
        points: over!(Bound::MacCheck;
            F2 => || vectors(nonzero_vectors::<F2>(2)),
            F3 => || vectors(nonzero_vectors::<F3>(2));
            F5 => || vectors(directions::<F5>(2))),
    },
    Measurement {
        id: "auth.combination",
        claim: "auth",
        what: "a combination that is not that of the vector, the best of all errors and answers",
        points: over!(combination, Bound::SingleOpening),
    },
    Measurement {
        id: "auth.key_bit",
        claim: "auth",
        what: "another mask towards one bit of a key, the best of all bits, errors and answers",
        points: over!(key_bit, Bound::KeyBits { bits: 1 }),
    },
    Measurement {
        id: "auth.off",
        claim: "auth",
        what: "control: without the check of authentication vectors that differ are accepted",
        points: over!(unchecked, Bound::One),
    },
    Measurement {
        id: "init.key_shares",
        claim: "auth",
        what: "another key share towards one owner, the best of all answers",
        points: over!(Bound::MacCheck; F2 => key_shares::<F2>, F3 => key_shares::<F3>; F5 => key_shares::<F5>),
    },
    Measurement {
        id: "init.off",
        claim: "auth",
        what: "control: without the check of the key another share towards one owner is accepted",
        points: over!(Bound::One; F2 => unbound::<F2>, F3 => unbound::<F3>; F5 => unbound::<F5>),
    },
];

//! Attacks on oblivious transfer, base and extension.

use std::cell::Cell;

use field::{F128, Field, Gf128, PrimeField};
use protocols::ot::{RandomOt, SoftSpoken};
use protocols::prg::Prg;
use protocols::{BASE_OT_POINT, OT_CONSISTENCY, OT_PPRF, Result, Session, Tape};
use transport::sim::Adversary;
use transport::{PartyId, PartySet, PerParty};

use crate::attack::{Attack, Conditions, Control, Expected, Outcome};
use crate::bystander;
use crate::ideal::ot::IdealOt;
use crate::oracle::{Judgement, Win, judge};
use crate::run::{Ending, World, classify};
use crate::strategy::{Fate, On, Script, edit_bytes};

/// The attacks of this file.
pub const ALL: &[Attack] = &[
    Attack {
        id: "base_ot.identity",
        title: "identity as the sender's key of the base transfers",
        does: "sends the identity, so that every Diffie–Hellman value is the identity and whoever sees the messages knows \
               the receiver's keys",
        reference: "RFC 9496; ePrint 2021/1218",
        layer: "06-base-ot",
        expected: Expected::Stopped(&BASE_OT_POINT),
        control: Control::CheckOff,
        run: identity,
    },
    Attack {
        id: "ot.tree",
        title: "level sums of no tree",
        does: "sends wrong first level sums, so that what the sender takes for the receiver's streams depends on the \
               sender's secret",
        reference: "ePrint 2022/192, section 5",
        layer: "07-ot-extension",
        expected: Expected::Stopped(&OT_PPRF),
        control: Control::CheckOff,
        run: tree,
    },
    Attack {
        id: "ot.rows.inconsistent",
        title: "another vector of choices in every block",
        does: "corrects every block to other choices in one transfer, and sees from what the sender later shows of that \
               transfer whether the block of its secret is zero",
        reference: "ePrint 2015/546; ePrint 2022/192, section 4",
        layer: "07-ot-extension",
        expected: Expected::Stopped(&OT_CONSISTENCY),
        control: Control::CheckOff,
        run: rows,
    },
];

const CORRUPT: PartyId = PartyId::new(1);
const HONEST: PartyId = PartyId::new(0);

fn coalition() -> PartySet {
    PartySet::of(&[CORRUPT.index()])
}

fn other(me: PartyId) -> PartyId {
    if me == HONEST { CORRUPT } else { HONEST }
}

async fn base(mut s: Session) -> Result<Vec<[u8; 16]>> {
    let choices: Vec<bool> = (0..16).map(|_| s.tape().uniform(2) == 1).collect();
    let seeds = SoftSpoken::<2>::seeds(&mut s, &choices).await?;
    Ok(seeds[other(s.me())].received.clone())
}

fn identity(a: &Attack, c: &Conditions) -> Outcome {
    let mut script = Script::new(coalition()).sends(On::message("base_ot", "key"), |e, _| {
        edit_bytes(e, |b| b.fill(0));
        Fate::Deliver
    });
    let run = a.world(c, 2, coalition()).run(&c.tape(), &mut script, base);
    let endings = classify(run.ends);
    // No secret of anyone goes into this.
    let points = script.seen().latest(On::message("base_ot", "points")).map(|e| e.frame.body.to_vec());
    let s = bystander::at(2, &["base_ot"]);
    let known = |i: usize, pair: &[u8]| {
        [0u8, 1].map(|j| {
            let parties = [CORRUPT.index() as u8, HONEST.index() as u8];
            let index = (i as u32).to_le_bytes();
            let items: [&[u8]; 7] = [&parties, &index, &[j], &[0; 32], &pair[..32], &pair[32..], &[0; 32]];
            let mut key = [0; 16];
            s.bind("quorate 2026 base ot key v1", &items).finalize_xof().fill(&mut key);
            key
        })
    };
    let judgement = match (&endings[HONEST.index()], &points) {
        (Ending::Output(keys), Some(points))
            if keys.iter().zip(points.chunks_exact(64)).enumerate().all(|(i, (k, p))| known(i, p).contains(k)) =>
        {
            Judgement::Won(Win::Leak("the receiver's keys, from the messages alone"))
        }
        _ => judge(&endings, coalition(), |_, _| true, false),
    };
    Outcome::of(judgement, &script)
}

/// Setup of the extension over ideal base transfers; `note` sees every party's secret.
async fn setup<const K: usize>(s: &mut Session, note: impl Fn(PartyId, u128)) -> Result<SoftSpoken<K>> {
    let mut bytes = [0; 16];
    s.tape().bytes(&mut bytes)?;
    let delta = u128::from_le_bytes(bytes);
    note(s.me(), delta);
    let base = IdealOt::seeds(s, &SoftSpoken::<K>::base_choices(delta)).await?;
    SoftSpoken::<K>::setup_on(s, PerParty::from_fn(s.n(), |_| delta), base).await
}

fn tree(a: &Attack, c: &Conditions) -> Outcome {
    // The sums of side 0 of the first level: used by the sender where the first bit of its block is set.
    let mut script = Script::new(coalition()).sends(On::message("ot_setup", "sums"), |e, _| {
        edit_bytes(e, |b| b.chunks_mut(2 * 2 * 16).for_each(|tree| tree[0] ^= 1));
        Fate::Deliver
    });
    let run = a.world(c, 2, coalition()).run(&c.tape(), &mut script, |mut s| async move {
        setup::<2>(&mut s, |_, _| {}).await?;
        Ok(())
    });
    // No tree fits these sums, so whoever accepts them has wrong leaves.
    Outcome::of(judge(&classify(run.ends), coalition(), |_, ()| false, false), &script)
}

/// What a party takes from a run of the extension.
#[derive(PartialEq)]
struct Shown {
    delta: u128,
    chosen: Vec<F128>,
    /// The other party's strings of choice 0, as a use of the transfers would show them.
    zero: Vec<F128>,
}

const TRANSFERS: usize = 64;

async fn extended(mut s: Session) -> Result<Shown> {
    let secret = Cell::new(0);
    let me = s.me();
    let note = |p, delta| {
        if p == me {
            secret.set(delta);
        }
    };
    let mut ot = setup::<2>(&mut s, note).await?;
    let batch = ot.extend::<F128>(&mut s, &[0], TRANSFERS).await?;
    let elements = |r: &[_]| r.iter().map(|r| F128::from_residue(*r)).collect::<Vec<_>>();
    let peer = other(me);
    let shown = s.exchange("shown", &elements(&batch[peer].zero)).await?;
    Ok(Shown { delta: secret.get(), chosen: elements(&batch[peer].chosen), zero: shown[peer].clone() })
}

fn rows(a: &Attack, c: &Conditions) -> Outcome {
    // Block i has another choice in transfer i. Two blocks of rows: the transfers and the mask.
    let mut script = Script::new(coalition()).sends(On::message("ot_extend", "corrections"), |e, _| {
        edit_bytes(e, |b| b.chunks_mut(2 * 16).enumerate().for_each(|(i, block)| block[i / 8] ^= 1 << (i % 8)));
        Fate::Deliver
    });
    let run = a.world(c, 2, coalition()).run(&c.tape(), &mut script, extended);
    let endings = classify(run.ends);
    let judgement = match (&endings[HONEST.index()], &endings[CORRUPT.index()]) {
        (Ending::Output(honest), Ending::Output(mine)) => {
            let guessed: Vec<bool> = mine.chosen.iter().zip(&mine.zero).map(|(mine, shown)| mine == shown).collect();
            let truth: Vec<bool> = (0..TRANSFERS).map(|i| honest.delta >> (2 * i) & 3 == 0).collect();
            if guessed == truth {
                Judgement::Won(Win::Leak("which blocks of the sender's secret are zero"))
            } else {
                judge(&endings, coalition(), |_, _| true, false)
            }
        }
        _ => judge(&endings, coalition(), |_, _| true, false),
    };
    Outcome::of(judgement, &script)
}

/// A run of setup and extension against this secret of the sender: how it ends for the sender.
pub(crate) fn against<const K: usize>(tape: &Tape, delta: u128, adversary: &mut dyn Adversary, n: usize) -> Ending<()> {
    let run = World::new(2, coalition()).run(tape, adversary, |mut s| async move {
        let base = IdealOt::seeds(&mut s, &SoftSpoken::<K>::base_choices(delta)).await?;
        let mut ot = SoftSpoken::<K>::setup_on(&mut s, PerParty::from_fn(2, |_| delta), base).await?;
        ot.extend::<F128>(&mut s, &[0], n).await?;
        Ok(())
    });
    classify(run.ends).swap_remove(HONEST.index())
}

/// The strategy of [`wrong_blocks`].
#[must_use]
pub fn guessing<const K: usize>(blocks: usize, guess: u64) -> Script<'static> {
    let challenge = On::message("ot_extend", "chi_seed");
    Script::new(coalition())
        .sends(On::message("ot_extend", "corrections"), move |e, _| {
            // A correction for the rows of the transfer and one for those of the mask, block after block.
            edit_bytes(e, |b| b.chunks_mut(2 * 16).take(blocks).for_each(|block| block[0] ^= 1));
            Fate::Deliver
        })
        .sends(On::message("ot_extend", "response"), move |e, seen| {
            let chi = seen.latest(challenge).and_then(|seed| seed.frame.body[..].try_into().ok());
            let Some(chi) = chi.map(|seed| Prg::wide(&seed).elements::<Gf128>(1)[0]) else { return Fate::Deliver };
            edit_bytes(e, |b| {
                // Entry 0 is the combined choices, entry 1 + j is column j.
                for column in (0..K * blocks).filter(|bit| guess >> bit & 1 == 1) {
                    let sum = &mut b[16 * (1 + column)..][..16];
                    let shifted = Gf128::read(sum).unwrap_or_default() + chi;
                    shifted.write(sum);
                }
            });
            Fate::Deliver
        })
}

/// Wrong corrections of the first blocks in the first transfer, with a response that fits if these blocks of the sender's
/// secret `delta` are `guess`: passes with 2^(−K·blocks).
#[must_use]
pub fn wrong_blocks<const K: usize>(tape: &Tape, delta: u128, blocks: usize, guess: u64) -> Ending<()> {
    against::<K>(tape, delta, &mut guessing::<K>(blocks, guess), 1)
}

/// Wrong level sums of tree 0 on the side that `sides` gives for a level (level 0 is next to the root): passes if the
/// sender needs none of them.
#[must_use]
pub fn wrong_tree<const K: usize>(tape: &Tape, delta: u128, sides: impl Fn(usize) -> Option<usize>) -> Ending<()> {
    let mut script = Script::new(coalition()).sends(On::message("ot_setup", "sums"), move |e, _| {
        edit_bytes(e, |b| {
            for (level, side) in (0..K).filter_map(|level| Some((level, sides(level)?))) {
                b[16 * (2 * level + side)] ^= 1;
            }
        });
        Fate::Deliver
    });
    against::<K>(tape, delta, &mut script, 0)
}

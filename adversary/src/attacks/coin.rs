//! Attacks on the joint coin.

use bytes::Bytes;
use field::{Field, Fr};
use protocols::foundations::{Coins, joint_seed};
use protocols::message::Nonce;
use protocols::{COMMIT_ECHO, COMMIT_OPENING, Session};
use transport::{PartyId, PartySet, PerParty};

use crate::attack::{Attack, Conditions, Control, Expected, Outcome};
use crate::bystander;
use crate::oracle::{Judgement, Win, judge};
use crate::run::{Ending, classify};
use crate::strategy::{Fate, On, Script, Seen, edit_bytes};

/// The attacks of this file.
pub const ALL: &[Attack] = &[
    Attack {
        id: "coin.rush",
        title: "seed chosen after all others are known",
        does: "waits for the honest seed and then shows a seed of its own that makes the coin end in twelve zero bits",
        reference: "Blum, COMPCON 1982",
        layer: "03-coin",
        expected: Expected::Stopped(&COMMIT_OPENING),
        control: Control::CheckOff,
        run: rush,
    },
    Attack {
        id: "coin.equivocate",
        title: "different seeds towards different parties",
        does: "commits and opens to one honest party another seed than to the other, so that their coins differ",
        reference: "Goldwasser and Lindell, Journal of Cryptology 18 (2005)",
        layer: "02-commitment",
        expected: Expected::Stopped(&COMMIT_ECHO),
        control: Control::CheckOff,
        run: equivocate,
    },
];

const STEP: &str = "coin";
const ZEROS: u64 = 0xfff;

async fn toss(mut s: Session) -> protocols::Result<Fr> {
    Ok(s.challenge::<Fr>(1).await?[0])
}

fn low_bits(x: Fr) -> u64 {
    let mut bytes = vec![0; Fr::BYTES];
    x.write(&mut bytes);
    bytes.iter().take(8).rev().fold(0, |v, b| v << 8 | u64::from(*b))
}

fn rush(a: &Attack, c: &Conditions) -> Outcome {
    let corrupt = PartySet::of(&[1]);
    let from_honest = On::message(STEP, "seed");
    let mut script = Script::new(corrupt).sends(from_honest, move |e, seen| {
        let Some(honest) = seen.latest(from_honest).and_then(|h| h.frame.body[..].try_into().ok()) else {
            return Fate::Deliver;
        };
        let s = bystander::at(2, &[STEP]);
        let hits = |mine: &[u8; 32]| {
            let seeds = PerParty::from_vec(vec![vec![Nonce(honest)], vec![Nonce(*mine)]]);
            let coin = Coins::Seed(joint_seed(&s, &seeds).0).elements::<Fr>(1);
            low_bits(coin[0]) & ZEROS == 0
        };
        let tries = (0u64..1 << 20).map(|k| {
            let mut seed = [0xad; 32];
            seed[..8].copy_from_slice(&k.to_le_bytes());
            seed
        });
        if let Some(best) = tries.into_iter().find(hits) {
            e.frame.body = Bytes::copy_from_slice(&best);
        }
        Fate::Deliver
    });
    let run = a.world(c, 2, corrupt).run(&c.tape(), &mut script, toss);
    let endings = classify(run.ends);
    let judgement = match &endings[0] {
        Ending::Output(coin) if low_bits(*coin) & ZEROS == 0 => Judgement::Won(Win::Chosen("the coin")),
        _ => judge(&endings, corrupt, |_, _| true, true),
    };
    Outcome::of(judgement, &script)
}

fn equivocate(a: &Attack, c: &Conditions) -> Outcome {
    let (corrupt, liar, victim) = (PartySet::of(&[2]), PartyId::new(2), PartyId::new(1));
    let (seed, nonce) = (Nonce([0xe0; 32]), Nonce([0xe1; 32]));
    let s = bystander::at(3, &[STEP]);
    let commitment = s.digest("quorate 2026 commitment v1", &[&[liar.index() as u8], &seed.0, &nonce.0]);
    // The puppet's echo towards the victim is the one the victim computes itself: its own view of the commitments.
    let echo = |seen: &Seen| {
        let of = |p| seen.latest(On::message(STEP, "commitment").with(PartyId::new(p))).map(|e| e.frame.body.to_vec());
        let all = [&of(0)?[..], &of(1)?, &commitment.0].concat();
        Some(s.digest("quorate 2026 commitment echo v1", &[&all]).0)
    };
    // One rule: a victim that stops at the echo reads nothing of what is opened.
    let mut script = Script::new(corrupt).sends(On::message(STEP, "").with(victim), |e, seen| {
        let told = match e.frame.meta.name {
            "commitment" => Some(commitment.0),
            "seed" => Some(seed.0),
            "opening" => Some(nonce.0),
            "echo" => echo(seen),
            _ => None,
        };
        if let Some(told) = told {
            edit_bytes(e, |b| b.copy_from_slice(&told));
        }
        Fate::Deliver
    });
    let run = a.world(c, 3, corrupt).run(&c.tape(), &mut script, toss);
    let judgement = judge(&classify(run.ends), corrupt, |_, _| true, true);
    Outcome::of(judgement, &script)
}

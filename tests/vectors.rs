//! `spec/vectors/transcripts/`: every frame and every output of small runs from fixed tapes. A change of a wire byte, of a
//! step's name, of the order of draws or of an equation turns one of these red.

use std::fmt::Write;

use adversary::ideal::supply::{CorruptShares, Order};
use adversary::programs::{self, Hand};
use adversary::{Ending, World, classify};
use field::{F128, Field, Fr, PrimeField};
use protocols::ot::{OtBatch, RandomOt, SoftSpoken};
use protocols::{Mascot, Result, Session, Shared, Tape};
use spec::vectors::{Vectors, hex};
use transport::sim::Passive;
use transport::{PartySet, PerParty, Stream};

const ABOUT: &str = "A run of the simulator on real foundations. Session id: 32 bytes 51. Party i's tape: the fork with \
    label i of a tape of 32 bytes 2a, the forks being taken in order after one with label 2^64-1. Frames by sender and \
    receiver, in their order: step/message, number x width of items, field; tag; payload. Of payloads and outputs above \
    64 bytes, the first 16 bytes of their BLAKE3.";

fn tape() -> Tape {
    Tape::seeded([0x2a; 32])
}

/// The file of one run of `program`, whose outputs are bytes.
fn transcript<P>(name: &str, file: &'static str, what: &str, n: usize, program: impl Fn(Session) -> P)
where
    P: Future<Output = Result<Vec<u8>>>,
{
    let mut v = Vectors::new(file, what);
    v.comment(&wrapped(ABOUT));
    v.section("run").line("protocol", name).line("parties", n);
    let world = World::new(n, PartySet::EMPTY).real().traced();
    let run = world.run(&tape(), &mut Passive, program);
    v.line("payload bytes", run.bytes);
    for (from, to) in world.parties.iter().flat_map(|a| world.parties.iter().map(move |b| (a, b))) {
        let frames: Vec<_> = run.trace.iter().filter(|e| (e.from, e.to) == (from, to)).collect();
        if frames.is_empty() {
            continue;
        }
        v.section(&format!("{from} to {to}"));
        for e in frames {
            assert_eq!(e.stream, Stream::MAIN, "nothing here forks");
            let meta = &e.frame.meta;
            let mut line = format!("{}/{}, {} x {}", e.frame.step, meta.name, meta.len, meta.width);
            if !meta.field.is_empty() {
                let _ = write!(line, ", {}", meta.field);
            }
            assert_eq!(e.frame.body.len(), meta.len * meta.width as usize);
            v.line(&line, format!("{:#018x} {}", e.frame.tag, shown(&e.frame.body)));
        }
    }
    v.section("outputs");
    for (p, end) in world.parties.iter().zip(classify(run.ends)) {
        let Ending::Output(bytes) = end else { panic!("{name}: {p} did not finish") };
        v.line(&format!("{p}, {} bytes", bytes.len()), shown(&bytes));
    }
    v.check();
}

/// Bytes in full or by their hash.
fn shown(bytes: &[u8]) -> String {
    if bytes.len() <= 64 { hex(bytes) } else { format!("blake3 {}", hex(&blake3::hash(bytes).as_bytes()[..16])) }
}

/// Lines of at most 118 characters.
fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut width = 0;
    for word in text.split_whitespace() {
        if width + word.len() > 117 {
            lines.push('\n');
            width = 0;
        } else if width > 0 {
            lines.push(' ');
        }
        lines.push_str(word);
        width += word.len() + 1;
    }
    lines
}

fn elements<F: Field>(out: &mut Vec<u8>, x: &[F]) {
    F::write_slice(x, out);
}

/// Value shares, then MAC shares.
fn shares<F: Field>(out: &mut Vec<u8>, x: Shared<F>) {
    let (value, mac) = x.into_parts();
    elements(out, &value);
    elements(out, &mac);
}

#[test]
fn vectors_of_a_coin_toss() {
    let what = "Coin toss (03) of three parties: two challenges over fr. Output: the challenges.";
    transcript("coin", "transcripts/coin.txt", what, 3, |mut s| async move {
        let mut out = Vec::new();
        elements(&mut out, &s.challenge::<Fr>(2).await?);
        Ok(out)
    });
}

#[test]
fn vectors_of_base_ot() {
    let what =
        "Base OT (06) of two parties, three transfers in each direction, choices 1, 0, 1 at party 0 and 0, 1, 1 at
        party 1. Output: both keys of every transfer sent, then the chosen key of every transfer received.";
    transcript("base_ot", "transcripts/base-ot.txt", what, 2, |mut s| async move {
        let mine = s.me().index() == 0;
        let seeds = SoftSpoken::<2>::seeds(&mut s, &[mine, !mine, true]).await?.into_vec();
        let bytes = |s: &protocols::ot::SeedOts| [s.sent.concat().concat(), s.received.concat()].concat();
        Ok(seeds.iter().flat_map(bytes).collect())
    });
}

#[test]
fn vectors_of_ot_extension() {
    let what =
        "SoftSpoken OT extension (07), k = 2, of two parties: setup on real base transfers, then two calls of 130 and
        3 transfers over f128, choices 5, 5, 5, .. as 128-bit words. Output: of every call the strings of choice 0, of
        choice 1 and the chosen strings.";
    transcript("ot_extension", "transcripts/ot-extension.txt", what, 2, |mut s| async move {
        let mut ot = SoftSpoken::<2>::setup(&mut s).await?;
        let mut out = Vec::new();
        for n in [130, 3] {
            for batch in ot.extend::<F128>(&mut s, &[5; 2], n).await?.into_vec() {
                let OtBatch { zero, one, chosen } = &batch;
                for part in [zero, one, chosen] {
                    elements(&mut out, &part.iter().map(|r| F128::from_residue(*r)).collect::<Vec<_>>());
                }
            }
        }
        Ok(out)
    });
}

/// Setup, an input mask of every party and a random value.
async fn authenticated<F: PrimeField>(mut s: Session) -> Result<Vec<u8>> {
    let mut mascot = Mascot::<F, SoftSpoken>::setup(&mut s).await?;
    let mut out = Vec::new();
    let counts = PerParty::from_fn(s.n(), |_| 1);
    for mask in mascot.masks(&mut s, &counts).await?.into_vec() {
        if let Some(clear) = &mask.clear {
            elements(&mut out, &clear.0);
        }
        shares(&mut out, mask.shared);
    }
    shares(&mut out, mascot.randoms(&mut s, 1).await?);
    Ok(out)
}

#[test]
fn vectors_of_authentication() {
    let what = "COPEe (08) under authentication (09): setup of the preprocessing (MAC key, base transfers, COPEe,
        extension), one input mask of every party, one random value. Output: for every mask its value (owner only), value
        share, MAC share; then the random value's shares.";
    transcript("authentication", "transcripts/authentication-f128.txt", what, 2, authenticated::<F128>);
    transcript("authentication", "transcripts/authentication-fr.txt", what, 2, authenticated::<Fr>);
}

#[test]
fn vectors_of_a_triple() {
    let what = "One MASCOT triple (10) of two parties over f128. Output: shares of a, b and c, each value then MAC.";
    transcript("triple", "transcripts/triple.txt", what, 2, |mut s| async move {
        let mut mascot = Mascot::<F128, SoftSpoken>::setup(&mut s).await?;
        let triple = mascot.triples(&mut s, 1).await?;
        let mut out = Vec::new();
        [triple.a, triple.b, triple.c].into_iter().for_each(|x| shares(&mut out, x));
        Ok(out)
    });
}

#[test]
fn vectors_of_a_multiplication() {
    for (n, file) in [(2, "transcripts/multiplication-2.txt"), (3, "transcripts/multiplication-3.txt")] {
        let what =
            "SPDZ online phase (12) with MAC checks (11) over f128 on dealt preprocessing: everyone inputs a value
            (2, 5, 1 by party), the first two are multiplied, the third is added, all learn the result. Output: it.";
        let world = World::new(n, PartySet::EMPTY).real();
        let order = Order { triples: 1, masks: vec![1; n], ..Order::default() };
        let dealing = programs::deal::<F128>(&world, CorruptShares::Uniform, &Tape::seeded([0x2b; 32]), &order);
        let hand: Hand<_> = dealing.expect("a dealer on a seeded tape").hand;
        let inputs: Vec<F128> = [2, 5, 1][..n].iter().map(|v| F128::from_u64(*v)).collect();
        let (hand, inputs) = (&hand, &inputs);
        transcript("multiplication", file, what, n, |mut s| async move {
            let (mut key, mut supply) = hand.take(s.me())?;
            let mut out = Vec::new();
            let mine = inputs[s.me().index()];
            elements(&mut out, &[programs::product(&mut s, &mut key, &mut supply, mine).await?]);
            Ok(out)
        });
    }
}

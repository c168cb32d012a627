//! `spec/vectors/messages.txt`, `derivations.txt` and `expansions.txt`: what travels, what is hashed, what is expanded.

use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use field::{F2, F3, F5, F7, F31, F128, F251, Field, Fr, Gf128, PrimeField, Residue};
use spec::vectors::{Vectors, hex};
use transport::net::Net;
use transport::{Kind, Meta, Parties, PartyId, PerParty, Stream, threads};

use crate::cipher::{Cipher, Tweaks};
use crate::commit::commitment;
use crate::foundations::{ZeroSeed, Zeros, joint_seed};
use crate::message::{Block, Count, Digest, Item, Nonce, Point};
use crate::ot::{HashKeys, OtHash};
use crate::prg::Prg;
use crate::{Real, Session, SessionId, Tape, zero};

/// Two items of a kind.
fn items<T: Item>(v: &mut Vectors, name: &str, said: &str, two: &[T; 2]) {
    let mut bytes = Vec::new();
    T::write_all(two, &mut bytes);
    assert_eq!(bytes.len(), 2 * T::WIDTH);
    let (kind, field) = (T::KIND as u8, T::FIELD);
    v.section(name).line("kind", format!("{:?} = {kind}", T::KIND)).line("field", format!("\"{field}\""));
    v.line("bytes of an item", T::WIDTH).line("items", said).bytes("encoding", &bytes);
    // Read and written again: the same.
    let mut again = Vec::new();
    T::write_all(&T::read_all(&bytes).unwrap(), &mut again);
    assert_eq!(again, bytes);
    if T::WIDTH > 1 {
        assert!(T::read_all(&bytes[1..]).is_none(), "a byte short");
    }
}

fn counted<const N: usize>(first: u8) -> [u8; N] {
    std::array::from_fn(|i| first + i as u8)
}

#[test]
fn vectors_of_messages() {
    let about =
        "Payloads: items of one kind, one after the other, without separators or counts: both sides know how many
        come. Kind and field are not sent; their number and name go into the frame's tag (derivations.txt). Which
        messages a protocol sends is in the transcripts. Points are checked by the protocol that reads them.";
    let v = &mut Vectors::new("messages.txt", about);
    let two = |a, b| format!("{a}, {b}");
    items(v, "elements of fr", "258, -1", &[Fr::from_u64(258), -Fr::ONE]);
    items(v, "elements of f128", "258, -1", &[F128::from_u64(258), -F128::ONE]);
    items(v, "elements of F31", "7, 30", &[F31::from_u64(7), F31::from_u64(30)]);
    items(v, "elements of gf128", "x^8 + x, x", &[Gf128::from(258), Gf128::from(2)]);
    items(v, "blocks", "bytes 00.., bytes 80..", &[Block(counted(0)), Block(counted(0x80))]);
    items(v, "digests", "bytes 00.., bytes 80..", &[Digest(counted(0)), Digest(counted(0x80))]);
    items(v, "nonces", "bytes 00.., bytes 80..", &[Nonce(counted(0)), Nonce(counted(0x80))]);
    items(v, "points", "bytes 00.., bytes 80.. (not decoded here)", &[Point(counted(0)), Point(counted(0x80))]);
    items(v, "counts", &two(258, u64::MAX), &[Count::from(258), Count::from(u64::MAX)]);
    v.check();
}

const ID: SessionId = SessionId([0x51; 32]);

/// A session of the first of three parties, and the others' ends of the network.
fn session() -> (Session, Vec<threads::ThreadNet>) {
    let mut nets = threads::mesh(&Parties::anonymous(3));
    let mine = Rc::new(nets.remove(0));
    (Session::new(mine, ID, Rc::new(Real::bootstrap()), Tape::seeded([7; 32])), nets)
}

fn session_ids(v: &mut Vectors) {
    v.section("session id");
    v.comment(
        "BLAKE3 with derive-key context `quorate 2026 session id v2` over items, each behind its length as u64: version
        of the suite, digest of the parameters, number of identities as u64, identities (callers sort them), task, nonces in
        party order. All integers are little-endian.",
    );
    v.line("version", env!("CARGO_PKG_VERSION")).line("parameters", "32 bytes 01");
    v.line("identities", "bank, bureau (ASCII)")
        .line("task", "task (ASCII)")
        .line("nonces", "32 bytes 02, 32 bytes 03");
    let id = SessionId::derive(&[1; 32], &[b"bank", b"bureau"], b"task", &[[2; 32], [3; 32]]);
    v.bytes("session id", id.0);
}

fn paths_and_tags(v: &mut Vectors) {
    v.section("step path");
    v.comment(
        "From h = 0xcbf29ce484222325 over, for each element, the words of its name (eight bytes each, little-endian, the
        last one padded with zeros) and then its index as one word. A word w makes h into x = (h XOR w) *
        0x9e3779b97f4a7c15 mod 2^64 and then into x XOR (x >> 32). The stream of a branch of a fork is the hash of its path;
        the main program's is 0.",
    );
    let (mut s, nets) = session();
    let _ = s.step("mul");
    let mut s = s.step("mul").step("open");
    v.line("path", "mul[1]/open[0]").line("hash", format!("{:#018x}", s.path().hash()));
    v.section("frame tag");
    v.comment(
        "The same from h = epoch XOR hash of the path over: name of the message, name of the field, and one word of the
        kind in the highest byte and the index of the frame in the others. Epoch: the first 8 bytes of the session id as
        u64. Index: which chunk of the message.",
    );
    v.line("session id", "32 bytes 51").line("path", "mul[1]/open[0]");
    let cases =
        [("share", Kind::Elements, "fr", 0), ("share", Kind::Elements, "fr", 258), ("echo", Kind::Digests, "", 0)];
    for (name, kind, field, index) in cases {
        let meta = Meta { name, kind, field, len: 1, width: 1 };
        s.send_encoded(PartyId::new(1), meta, index, Bytes::from_static(b"!")).unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(frame)) = nets[0].poll_recv(&mut cx, PartyId::new(0), Stream::MAIN) else { panic!("sent") };
        v.line(&format!("{name}, {kind:?}, \"{field}\", index {index}"), format!("{:#018x}", frame.tag));
    }
}

fn hashes(v: &mut Vectors) {
    v.section("hashes of a session");
    v.comment(
        "Keyed BLAKE3 over: for each element of the path the length of its name as one byte, the name, the index as u32; one
        byte ff; then items, each behind its length as u64. The key is BLAKE3 with the context as derive-key context over
        the session id.",
    );
    let (mut s, _nets) = session();
    let s = s.step("challenge");
    v.line("session id", "32 bytes 51").line("path", "challenge[0]").line("party", "0 of 3");
    v.bytes("context `example`, items `ab` and nothing", s.digest("example", &[b"ab", b""]).0);
    let nonce = Nonce([9; 32]);
    let message = b"message";
    v.comment("Commitment (02): context `quorate 2026 commitment v1`, items: owner as one byte, message, nonce.");
    for owner in [0, 1] {
        let c = commitment(&s, PartyId::new(owner), message, &nonce);
        v.bytes(&format!("commitment of party {owner} to `message`, nonce 32 bytes 09"), c.0);
    }
    v.comment("Coin (03): context `quorate 2026 coin v1`, items: the seeds in party order.");
    let seeds = PerParty::from_fn(3, |p| vec![Nonce([p.index() as u8 + 1; 32])]);
    let coin = joint_seed(&s, &seeds);
    v.bytes("coin of seeds 32 bytes 01, 02, 03", coin.0);
    let challenge: Vec<Fr> = Prg::wide(&coin.0).elements(2);
    v.bytes("two challenges over fr of it", encoded(&challenge));
    v.comment("Zero shares (05): context `quorate 2026 zero shares v1`, item: the seed of the pair.");
    let pairs = PerParty::from_fn(3, |p| ZeroSeed([p.index() as u8 + 4; 32]));
    let seeds = zero::seeds(&s, &pairs);
    assert!(seeds.iter().all(|(add, _)| *add), "the lower party adds");
    for (p, (_, seed)) in (1..).zip(&seeds) {
        v.bytes(&format!("seed with party {p}, pair seed 32 bytes 0{}", p + 4), seed.0);
    }
    v.bytes("two zero shares over f128 of party 0", encoded(&Zeros::Seeds(seeds).elements::<F128>(2)));
}

fn encoded<F: Field>(items: &[F]) -> Vec<u8> {
    let mut out = Vec::new();
    F::write_slice(items, &mut out);
    out
}

#[test]
fn vectors_of_derivations() {
    let about = "Names, tags and hashes: everything that binds a byte to its session, step and owner.";
    let v = &mut Vectors::new("derivations.txt", about);
    session_ids(v);
    paths_and_tags(v);
    hashes(v);
    v.check();
}

/// Elements and residues of one seed.
fn sampled<F: PrimeField>(v: &mut Vectors) {
    let elements = |mut prg: Prg| encoded(&prg.elements::<F>(4));
    v.bytes(&format!("{}: 4 elements", F::NAME), elements(Prg::new(&[7; 16])));
    let mut one = |name: &str, sample: fn(&mut [F::Residue], field::Fill<'_>)| {
        let (mut out, mut prg, mut bytes) = ([F::Residue::ZERO; 4], Prg::new(&[7; 16]), Vec::new());
        sample(&mut out, &mut |b| prg.fill(b));
        F::Residue::write_slice(&out, &mut bytes);
        // How far the stream has been read.
        let mut next = [0; 4];
        prg.fill(&mut next);
        v.line(&format!("{}: 4 {name}", F::NAME), format!("{}, then {}", hex(&bytes), hex(&next)));
    };
    one("residues", Residue::sample_slice);
    one("residues, steadily", Residue::sample_steadily);
    let (mut out, mut bytes) = ([F::Residue::ZERO; 2], Vec::new());
    OtHash::new(&[8; 16]).residues::<F>(5, &[1, 2], 3, &mut out);
    F::Residue::write_slice(&out, &mut bytes);
    v.bytes(&format!("{}: hash of rows 1, 2", F::NAME), &bytes);
    bytes.clear();
    HashKeys::new([8; 32]).at(8704).residues::<F>(8704, &[1, 2], 3, &mut out);
    F::Residue::write_slice(&out, &mut bytes);
    v.bytes(&format!("{}: hash of rows 1, 2 of tile 8704, root 32 bytes 08", F::NAME), &bytes);
}

#[test]
fn vectors_of_expansions() {
    let about = "Pseudo-random streams, elements sampled from them, the hash of OT extension, a party's tape.";
    let v = &mut Vectors::new("expansions.txt", about);
    v.section("stream");
    v.comment("AES-128 of the block counter 0, 1, .. as u128, little-endian, under the seed.");
    let take = |mut prg: Prg| {
        let mut out = [0; 40];
        prg.fill(&mut out);
        out
    };
    v.bytes("seed 16 bytes 07", take(Prg::new(&[7; 16])));
    v.comment(
        "A seed of 32 bytes: the first 16 of its BLAKE3 with derive-key context `quorate 2026 prg v1` are the key.",
    );
    v.bytes("seed 32 bytes 07", take(Prg::wide(&[7; 32])));

    v.section("hash");
    v.comment("pi(pi(x) XOR tweak) XOR pi(x), pi = AES-128 under a key, x = row XOR offset; integers as u128.");
    let mut out = [0; 2];
    Cipher::new(&[8; 16]).hash(&[1, 2], 3, Tweaks::From(5), &mut out);
    v.line("key", "16 bytes 08").line("offset", 3).line("rows", "1, 2").line("tweaks", "5, 6");
    v.bytes("hashes", out.map(u128::to_le_bytes).as_flattened());

    v.section("elements of the stream of seed 16 bytes 07");
    v.comment(
        "Attempts of one element's width, surplus high bits cleared, the first below p are taken. An element is the attempt
        as internal residue: for fr and f128 the attempt times 2^-256 (fr) or 2^-128 (f128) mod p. A residue is the attempt
        itself. Steadily: over fr n + n/4 + 32 attempts are read at a time, and again if too few were below p; other fields
        as before. What follows in the stream shows how far it was read. Hash: key, offset and rows as above, first index 5; tweak = index + 2^64 *
        attempt + 2^96 * word (07, Step 2.9).",
    );
    sampled::<Fr>(v);
    sampled::<F128>(v);
    sampled::<F2>(v);
    sampled::<F3>(v);
    sampled::<F5>(v);
    sampled::<F7>(v);
    sampled::<F31>(v);
    sampled::<F251>(v);
    v.bytes("gf128: 4 elements", encoded(&Prg::new(&[7; 16]).elements::<Gf128>(4)));

    v.section("tape");
    v.comment(
        "ChaCha20 with a zero nonce under the seed. Integers below a bound: u64 words, low bits of the smallest sufficient
        power of two, the first below the bound. A fork takes 32 bytes of its parent; its seed is BLAKE3 with derive-key
        context `quorate 2026 tape fork v1` over them and the label as u64. Every line is a fresh tape of 32 bytes 07.",
    );
    let tape = || Tape::seeded([7; 32]);
    v.bytes("32 bytes", tape().nonce().unwrap());
    let ten = tape();
    v.line("8 integers below 10", format!("{:?}", [(); 8].map(|()| ten.uniform(10))));
    let fork = tape().fork(5);
    v.bytes("32 bytes of the fork with label 5", fork.nonce().unwrap());
    v.bytes("2 elements of fr", encoded(&tape().elements::<Fr>(2).unwrap()));
    v.bytes("4 elements of F31", encoded(&tape().elements::<F31>(4).unwrap()));
    v.check();
}

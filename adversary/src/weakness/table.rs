//! The weaknesses and the sound variants.

use num_rational::BigRational;
use protocols::MAC_CHECK;

use super::authentication::MaskTossed;
use super::coins::{self, AuthenticatedAtOnce};
use super::own::{self, Impatient};
use super::toy::{Toy, Twin};
use super::way::Way;
use super::{Battery, Change, Loss, Specimen, Weakness, extension};
use crate::scratch::Flaw;
use crate::subjects::{Authenticated, Multiply, Show, Store};

/// The scratch online phase done in a way, against the same computation done as shipped.
macro_rules! toy {
    ($way:ident) => {
        Battery::of(&Twin(Way::$way), Change::Program(&Toy(Way::$way)))
    };
}

const fn row(
    row: u32,
    id: &'static str,
    weakens: &'static str,
    breaks: &'static [Loss],
    specimen: Specimen,
) -> Weakness {
    Weakness { row, id, weakens, breaks, specimen }
}

use Loss::{A1Privacy, A3Correctness, A3Privacy, Bound, Defamation, Independence, Malleability, Service, Shape};
use Specimen::{Attack, Battery as Computation, Own};

/// Every weakness of protocols that exist here.
pub const WEAKNESSES: &[Weakness] = &[
    row(
        1,
        "mac.off",
        "the MAC check of what products open is left out",
        &[A3Correctness],
        Computation(Battery::of(&Multiply, Change::Off(&MAC_CHECK))),
    ),
    row(2, "mac.late", "products are checked after the output was opened", &[A3Privacy], Computation(toy!(LateCheck))),
    row(
        3,
        "mac.partial",
        "only one of two openings of a product is checked",
        &[A3Correctness],
        Computation(toy!(FirstOnly)),
    ),
    row(
        4,
        "mac.challenge.constant",
        "the coefficients of every check are one",
        &[A3Correctness],
        Computation(Battery::of(&Multiply, Change::Flaw(Flaw::UnitCoin))),
    ),
    row(
        5,
        "mac.challenge.powers",
        "the coefficients are the powers of one coin",
        &[Bound],
        Computation(Battery::of(&Multiply, Change::Flaw(Flaw::PowersCoin))),
    ),
    row(
        6,
        "mac.sigma.uncommitted",
        "σ is shown without a commitment",
        &[A3Correctness],
        Computation(Battery::of(&Show, Change::Flaw(Flaw::NoCommitments)).and(own::rushing)),
    ),
    row(
        7,
        "commit.ownerless",
        "commitments do not name their owner",
        &[A3Correctness, Independence],
        Own(own::ownerless),
    ),
    row(
        8,
        "commit.nonceless",
        "commitments have no randomness",
        &[A3Correctness],
        Computation(toy!(Nonceless).and(own::opens_by_trying)),
    ),
    row(9, "commit.short", "commitments of 16 bits", &[A3Correctness], Own(own::short_commitments)),
    row(10, "sacrifice.off", "triples are not sacrificed", &[A3Correctness], Attack("triple.bad", A3Correctness, None)),
    row(
        10,
        "sacrifice.known",
        "the challenge of the sacrifice is known before the triples are made",
        &[A3Correctness],
        Attack("sacrifice.challenge.known", A3Correctness, None),
    ),
    row(
        11,
        "sacrifice.partner_twice",
        "one partner is sacrificed for two triples",
        &[A1Privacy],
        Computation(toy!(PartnerTwice)),
    ),
    row(12, "triple.twice", "one triple serves two products", &[A1Privacy], Computation(toy!(TripleTwice))),
    row(14, "input.unmasked", "inputs are told without masks", &[A1Privacy, Independence], Own(own::unmasked)),
    row(
        14,
        "auth.mask_tossed",
        "the coefficient of an authentication's mask is tossed like the others",
        &[A1Privacy],
        Computation(Battery::of(&Authenticated, Change::Program(&MaskTossed))),
    ),
    row(14, "input.mask_twice", "two inputs under one mask", &[A1Privacy], Computation(toy!(SameMask))),
    row(
        16,
        "ot.consistency.off",
        "the consistency check of the extension is left out",
        &[A3Privacy],
        Attack("ot.rows.inconsistent", A3Privacy, None),
    ),
    row(
        16,
        "ot.mask.off",
        "the receiver's answer to the consistency check of the extension has no mask",
        &[A1Privacy],
        Own(extension::unmasked),
    ),
    row(
        16,
        "ot.tree.off",
        "the check of the trees is left out",
        &[A3Correctness],
        Attack("ot.tree", A3Correctness, None),
    ),
    row(17, "ot.kept", "base transfers survive an abort", &[A3Privacy], Own(own::kept_transfers)),
    row(
        20,
        "broadcast.echo.off",
        "what was broadcast is not compared",
        &[A3Correctness],
        Attack("input.equivocate", A3Correctness, None),
    ),
    row(
        20,
        "commit.echo.off",
        "commitments are not compared",
        &[A3Correctness],
        Attack("coin.equivocate", A3Correctness, None),
    ),
    row(
        22,
        "coin.uncommitted",
        "the last to speak chooses the coin",
        &[A3Correctness],
        Attack("coin.rush", A3Correctness, None),
    ),
    row(
        23,
        "codec.lenient",
        "elements that are not canonical are read all the same",
        &[Malleability],
        Own(own::lenient),
    ),
    row(24, "length.told", "the length of a list is what its sender says", &[Service], Own(own::told_length)),
    row(
        25,
        "point.identity",
        "the identity is accepted as a key of base transfers",
        &[A3Privacy],
        Attack("base_ot.identity", A3Privacy, None),
    ),
    row(
        26,
        "mac.key.kept",
        "the MAC key survives a failed check",
        &[A3Correctness],
        Attack("session.use_after_abort", A3Correctness, None),
    ),
    row(
        26,
        "mac.concurrent",
        "two checks under one key at the same time",
        &[A3Correctness],
        Attack("mac.interleave", A3Correctness, None),
    ),
    row(
        27,
        "mac.retried",
        "a failed check is made again under the same key",
        &[A3Correctness],
        Computation(toy!(Retried).and(own::tries_every_key)),
    ),
    row(
        28,
        "mask.restored",
        "a mask is used, and again after a restart from a snapshot",
        &[A1Privacy],
        Computation(toy!(Restored)),
    ),
    row(
        28,
        "tape.copied",
        "two branches draw from copies of one tape",
        &[A1Privacy],
        Computation(Battery::of(&AuthenticatedAtOnce, Change::Coins(coins::copied))),
    ),
    row(
        29,
        "blame.silence",
        "a time-out accuses",
        &[Defamation],
        Computation(Battery::of(&Show, Change::Program(&Impatient))),
    ),
    row(
        31,
        "frames.telling",
        "one frame more if the input is not zero",
        &[A1Privacy, Shape],
        Computation(toy!(Telling)),
    ),
    row(
        33,
        "coins.biased",
        "coins modulo a bound that is no divisor",
        &[A1Privacy],
        Computation(Battery::of(&Store, Change::Coins(coins::biased))),
    ),
    row(34, "mac.key.zero", "the MAC key is zero", &[A3Correctness], Computation(toy!(ZeroKey))),
];

/// Rows of the design's list for which there is nothing to weaken here yet, and why.
pub const NOT_APPLICABLE: &[(u32, &str)] = &[
    (13, "no protocol makes random bits"),
    (15, "no protocol works modulo 2^k"),
    (18, "no garbled circuits"),
    (19, "no garbled circuits"),
    (21, "no Fiat–Shamir proof: every challenge is interactive"),
    (30, "no protocol claims covert security"),
    (32, "time is not measured"),
    (35, "no homomorphic encryption"),
    (36, "no Shamir shares"),
];

/// Two openings under coefficients that are never zero.
fn nonzero_bound(p: u64) -> BigRational {
    spec::Bound::MacCheckNonzero.at(&spec::Instance::field(p).with_batch(2))
}

/// Variants that are as good: nothing may be found.
pub const SOUND: &[Weakness] = &[
    row(
        1,
        "sends.reordered",
        "sends to the last party first, the second opening before the first",
        &[],
        Computation(toy!(Reordered)),
    ),
    row(
        2,
        "challenge.other",
        "coefficients tossed in a step of another name, the first one dropped",
        &[],
        Computation(toy!(OtherChallenge)),
    ),
    row(3, "openings.echoed", "everyone repeats what it has opened", &[], Computation(toy!(Echoed))),
    row(4, "checks.separate", "every opening has a check of its own", &[], Computation(toy!(Separate))),
    row(5, "frames.padded", "every frame of openings is one element longer", &[], Computation(toy!(Padded))),
    row(
        6,
        "coefficients.nonzero",
        "coefficients that are never zero, with their own bound",
        &[],
        Computation(Battery::of(&Multiply, Change::Flaw(Flaw::NonzeroCoin)).within(nonzero_bound)),
    ),
    row(7, "commit.other_hash", "commitments to σ by another hash", &[], Own(own::other_hash)),
    row(8, "check.eager", "two products, each checked as soon as it is made", &[], Computation(toy!(Eager))),
];

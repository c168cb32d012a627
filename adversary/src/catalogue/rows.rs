//! The list of known attacks on protocols of this kind, and for each what here stands against it: entries of the
//! catalogue name their rows themselves, the rest is below. A row that no protocol of this project has to answer to yet
//! says so. The list ships as `adversary/catalogue/rows.json`, which a test holds against it.

use super::entries;

/// A known attack.
pub struct Row {
    /// Its number.
    pub number: u32,
    /// What it is, in a few words.
    pub attack: &'static str,
    /// What stands against it besides entries of the catalogue.
    pub also: &'static [Cover],
}

/// Evidence about a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cover {
    /// A named attack that is a program.
    Attack(&'static str),
    /// An exact figure.
    Figure(&'static str),
    /// A case whose sweep contains it.
    Sweep(&'static str),
    /// A test: its file in this workspace, and its function.
    Test(&'static str, &'static str),
    /// Programs in this file's documentation that do not compile.
    Types(&'static str),
    /// Nothing yet, or not all of it, and why.
    NotYet(&'static str),
}

impl Row {
    /// The entries of the catalogue that name this row.
    pub fn entries(&self) -> impl Iterator<Item = &'static str> {
        entries().iter().filter(|e| e.rows.contains(&self.number)).map(|e| e.strategy.id.as_str())
    }
}

use Cover::{Attack, Figure, NotYet, Sweep, Test, Types};

const fn row(number: u32, attack: &'static str, also: &'static [Cover]) -> Row {
    Row { number, attack, also }
}

const MEETING: &str = "transport/src/tcp/tests/meeting.rs";
const HOSTILE: &str = "transport/src/tcp/tests/hostile.rs";
const ROLLBACK: &str = "protocols/src/ledger/tests/rollback.rs";
const SUBJECTS: &str = "adversary/tests/adversary/subjects.rs";
const TRANSFERS: &str = "adversary/tests/adversary/ot.rs";
const BOUNDS: &str = "spec/src/bound/exhaustive.rs";
const COVERT: Cover = NotYet("no protocol here claims covert security");
const GARBLED: Cover = NotYet("no garbled circuits here");

/// The rows that a protocol of this kind has to answer to.
pub const ROWS: &[Row] = &[
    row(1, "additive error on an opened share", &[Figure("mac.check.shift"), Figure("mac.check.best")]),
    row(2, "additive error on an output share", &[Figure("mac.output.shift")]),
    row(3, "a lie about σ, or a forged one", &[Attack("commit.short"), Figure("mac.check.guess")]),
    row(4, "another party's commitment repeated", &[]),
    row(5, "coefficients of the MAC check known or used again", &[Figure("mac.challenge.known")]),
    row(
        6,
        "powers of one coin as coefficients",
        &[Figure("mac.check.best"), Figure("mac.powers.best"), Test(BOUNDS, "mac_check_with_every_kind_of_challenge")],
    ),
    row(7, "two MAC checks at once", &[Attack("mac.interleave"), Types("adversary/src/attacks/mac.rs")]),
    row(8, "a result shown before what it was computed from is checked", &[]),
    row(
        9,
        "a key used again after a failed check",
        &[
            Attack("session.use_after_abort"),
            Attack("session.use_after_malformed"),
            Test("tests/protocols.rs", "last_words_come_before_the_abort_frame_and_everything_refuses_afterwards"),
        ],
    ),
    row(
        10,
        "an opening that no check covers",
        &[
            Test("protocols/src/online/tests.rs", "a_product_is_checked_even_if_another_online_shows_it"),
            Test(
                "adversary/tests/adversary/attacks.rs",
                "ids_are_unique_and_every_check_is_the_only_defence_in_some_attack",
            ),
        ],
    ),
    row(11, "a masked input told differently to different parties", &[]),
    // Inputs without masks and commitments without owners are among the weaknesses.
    row(
        12,
        "another party's input copied or changed",
        &[Test("adversary/tests/adversary/weakness.rs", "weaknesses_are_flagged_at_exactly_what_they_break")],
    ),
    row(
        13,
        "a result shown to one party with the shares it was computed by",
        &[Test(SUBJECTS, "semi_honest_views_are_equal")],
    ),
    row(
        14,
        "an opened combination of inputs that shows each of them",
        &[Figure("view.zero_shares"), Figure("view.no_zero_shares")],
    ),
    row(15, "Shamir shares of a wrong degree, at zero or twice", &[NotYet("no Shamir sharing here")]),
    row(16, "replicated shares that do not agree", &[NotYet("no replicated sharing here")]),
    row(17, "errors in the high bits of Z_2^k", &[NotYet("no sharing over Z_2^k here")]),
    row(
        18,
        "MACs over a field that is too small",
        &[Test(BOUNDS, "production_fields_reach_the_default_statistical_security"), Figure("mac.check.shift")],
    ),
    row(19, "a key share of zero, or chosen after the others", &[]),
    row(20, "a wrong triple", &[Attack("triple.bad"), Figure("sacrifice.wrong"), Figure("sacrifice.cheat")]),
    row(
        21,
        "a sacrifice that is skipped, predicted or made twice with one partner",
        &[Attack("sacrifice.challenge.known"), Figure("sacrifice.off"), Types("protocols/src/triple/sacrifice.rs")],
    ),
    row(
        22,
        "a triple used twice",
        &[
            Types("protocols/src/supply.rs"),
            Test("protocols/src/ledger/tests/life.rs", "items_come_out_once_in_order_across_runs"),
        ],
    ),
    row(23, "a random bit that is none", &[NotYet("no random bits here")]),
    row(
        24,
        "biased masks",
        &[
            Test("protocols/src/share/authenticate.rs", "the_combination_that_is_told_is_uniform"),
            Test("field/src/sampling.rs", "keeps_the_first_accepted_and_reads_on_when_that_is_not_enough"),
        ],
    ),
    row(26, "inconsistent inputs to transfers, and what an abort tells about a key", &[Attack("copee.key")]),
    row(
        27,
        "several MAC keys under one challenge",
        &[Test(BOUNDS, "several_keys"), NotYet("there is one MAC key here")],
    ),
    row(
        32,
        "bad points in base transfers",
        &[
            Attack("base_ot.identity"),
            Test("protocols/src/ot/base.rs", "the_identity_and_encodings_that_are_not_canonical_are_refused"),
            Sweep("base_ot/3"),
        ],
    ),
    row(33, "inconsistent choices in extended transfers", &[Attack("ot.rows.inconsistent"), Attack("ot.tree")]),
    row(
        34,
        "a consistency check that is weaker than it is said to be",
        &[
            Test(TRANSFERS, "a_wrong_block_passes_if_its_secret_is_guessed"),
            Test(TRANSFERS, "a_wrong_tree_passes_if_the_missing_leaf_was_prepared_for"),
        ],
    ),
    row(
        35,
        "the same base transfers after an abort",
        &[
            Attack("session.use_after_abort"),
            Test("adversary/tests/adversary/terminal.rs", "every_failed_check_ends_everything"),
        ],
    ),
    row(36, "passively secure transfers under a malicious protocol", &[Types("protocols/src/triple/mascot.rs")]),
    row(
        37,
        "a hash of rows without their index",
        &[
            Test("protocols/src/ot/hash.rs", "equal_rows_have_unequal_hashes"),
            Test("protocols/src/ot/hash.rs", "every_tile_has_a_key_of_its_own"),
        ],
    ),
    row(39, "a tweak used twice in garbling", &[GARBLED]),
    row(40, "a wrong label for one bit", &[GARBLED]),
    row(41, "another circuit garbled", &[GARBLED]),
    row(44, "a coin biased by who speaks last, or by giving up", &[Attack("coin.rush"), Attack("coin.equivocate")]),
    row(
        45,
        "commitments that do not say whose, where and how long",
        &[Attack("coin.equivocate"), Test("protocols/src/commit.rs", "a_repeated_message_has_another_commitment")],
    ),
    row(46, "a transcript that leaves something out", &[NotYet("no Fiat-Shamir proofs here")]),
    row(49, "one bit of a secret for every abort", &[Attack("session.use_after_abort"), Attack("copee.key")]),
    row(
        50,
        "a broadcast that is none",
        &[
            Attack("coin.equivocate"),
            Test("protocols/src/ledger/tests/peers.rs", "three_parties_hear_the_same_cursors_or_nobody_starts"),
        ],
    ),
    row(
        51,
        "a message in somebody else's name",
        &[Sweep("product/3"), Test(MEETING, "a_wrong_key_is_refused_on_both_sides")],
    ),
    row(
        52,
        "messages of another session or step",
        &[Sweep("product/3"), Test("tests/protocols.rs", "different_session_ids_are_a_matter_of_configuration")],
    ),
    row(
        53,
        "a channel that others read, or other parameters on one side",
        &[
            Test(MEETING, "tls_and_plain_do_not_meet"),
            Test(MEETING, "other_parameters_are_told_to_both_sides_and_not_called_cheating"),
        ],
    ),
    row(
        54,
        "a coordinator that tells parties different tasks",
        &[
            Test("cli/src/task/tests.rs", "the_digest_covers_meaning_and_nothing_local"),
            NotYet("there is no coordinator here"),
        ],
    ),
    row(55, "lengths that the peer decides", &[Test(HOSTILE, "malformed_frames_end_the_connection")]),
    row(56, "several encodings of one value", &[Test("transport/src/wire.rs", "a_control_message_is_exact")]),
    row(57, "bytes that overflow something", &[Test(HOSTILE, "random_bytes_never_hang_or_panic")]),
    row(58, "time that depends on a secret", &[NotYet("gates for constant time come with a later issue")]),
    row(
        59,
        "randomness that is used twice or is none",
        &[
            Test("transport/src/tcp/tests/life.rs", "everybody_knows_everybodys_nonce"),
            Test("protocols/src/commit.rs", "a_repeated_message_has_another_commitment"),
        ],
    ),
    row(
        60,
        "preprocessing restored from a backup",
        &[
            Test(ROLLBACK, "power_cuts_never_repeat_an_item"),
            Test(ROLLBACK, "backups_of_the_directory_never_repeat_an_item"),
        ],
    ),
    row(61, "an abort instead of showing a bad copy", &[COVERT]),
    row(
        62,
        "an honest party blamed",
        &[
            Test("adversary/src/oracle.rs", "every_way_to_win_and_not_to_win"),
            Test("adversary/tests/adversary/properties.rs", "nobody_honest_is_accused"),
            Test("adversary/tests/adversary/faults.rs", "no_single_fault_makes_shipped_protocols_accuse_anybody"),
            Test(MEETING, "other_parameters_are_told_to_both_sides_and_not_called_cheating"),
            COVERT,
        ],
    ),
    row(63, "blame that is too unlikely to deter", &[COVERT]),
    row(
        64,
        "views pooled by all corrupt parties",
        &[Figure("view.zero_shares"), Test(SUBJECTS, "semi_honest_views_are_equal")],
    ),
    row(
        65,
        "the same input in two sessions",
        &[
            Test(SUBJECTS, "two_sessions_together_tell_no_more_than_their_outputs"),
            Test(SUBJECTS, "a_mask_that_is_kept_for_the_next_session_is_found"),
            Test(SUBJECTS, "computations_that_go_on_with_one_key_and_its_preprocessing_tell_nothing"),
            NotYet("views of later sessions that go on with the MAC key and the preprocessing of a ledger"),
        ],
    ),
];

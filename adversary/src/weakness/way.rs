//! The ways in which the scratch online phase is done, and what it computes in each.

/// How the online phase is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// As shipped.
    Shipped,

    /// The products are checked with the output, after it was opened.
    LateCheck,
    /// Only the first opening of every product is checked.
    FirstOnly,
    /// Commitments to σ have no randomness.
    Nonceless,
    /// A check that fails is made again under the same key.
    Retried,
    /// The MAC key is zero.
    ZeroKey,
    /// One partner is sacrificed for two triples.
    PartnerTwice,
    /// One triple serves two products.
    TripleTwice,
    /// Inputs are told without masks.
    NoMask,
    /// The first factor of every triple is zero.
    ZeroFactor,
    /// The first party tells both factors of a product without masks.
    BareFactors,
    /// Two inputs are told under one mask.
    SameMask,
    /// A mask is used, the party is restored from a snapshot, and the mask is used again.
    Restored,
    /// A party sends one frame more if its input is not zero.
    Telling,

    /// Sends to the last party first, the second opening before the first.
    Reordered,
    /// One coefficient more, tossed in a step of another name; the first is dropped.
    OtherChallenge,
    /// Everyone repeats what it has opened, and all compare.
    Echoed,
    /// Every opening has a check of its own.
    Separate,
    /// Every opening is followed by a value that means nothing.
    Padded,
    /// Commitments to σ by another hash.
    OtherHash,
    /// Two products, each checked as soon as it is made.
    Eager,
}

/// What is computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Task {
    /// The product of two shared values, shown to all.
    Product,
    /// `x·y·y` of two shared values, shown to all.
    TwoProducts,
    /// A shared value, shown to all.
    Show,
    /// Two pairs of shared values, multiplied and kept.
    Kept,
    /// Two inputs of the first party and one of the others, kept.
    Inputs,
    /// The product of two inputs of the first party, shown to all.
    Factors,
}

impl Way {
    pub(super) const fn task(self) -> Task {
        match self {
            Self::Eager => Task::TwoProducts,
            Self::Retried | Self::Nonceless => Task::Show,
            Self::PartnerTwice | Self::TripleTwice => Task::Kept,
            Self::NoMask | Self::SameMask | Self::Restored | Self::Telling => Task::Inputs,
            Self::BareFactors => Task::Factors,
            _ => Task::Product,
        }
    }
}

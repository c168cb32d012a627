//! The strategy language: what a coalition does, as data. A strategy is a list of rules over the frames that its puppets
//! send and receive, written in JSON or built in Rust ([`super::builder`]).
//!
//! Everything a rule can name is something the coalition has: its own frames, what reached it, its own tape and inputs. No
//! syntax names an honest party's secret. Programs that replace a puppet wholly are Rust, not data.
//!
//! ```
//! use quorate_adversary::strategy::Strategy;
//! let strategy = Strategy::from_json(r#"{
//!     "format": 1, "id": "open.add", "title": "wrong share", "does": "adds one to its share of x - a",
//!     "parties": 2, "corrupt": [1],
//!     "rules": [{"on": {"step": "beaver", "message": "share", "items": [0]}, "do": [{"add": "1"}]}],
//!     "expect": {"check": "mac.check", "escape": "MacCheck"}
//! }"#).unwrap();
//! assert_eq!(strategy.rules.len(), 1);
//! ```

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use transport::Kind;

pub use super::chosen::{Items, Range};

/// The version of the language.
pub const FORMAT: u32 = 1;

/// What a coalition does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strategy {
    /// [`FORMAT`].
    pub format: u32,
    /// Dotted name.
    pub id: String,
    /// A few words.
    pub title: String,
    /// What the coalition does and what it would gain.
    pub does: String,
    /// How many parties there are.
    pub parties: usize,
    /// The corrupt ones, by index.
    pub corrupt: Vec<usize>,
    /// Whether the coalition hears what the honest parties say in a round before it speaks in it.
    #[serde(default = "yes")]
    pub rushing: bool,
    /// What names stand for: `"uniform"`, drawn once per run from the adversary's own tape, or an expression.
    #[serde(default, deserialize_with = "no_name_twice", skip_serializing_if = "BTreeMap::is_empty")]
    pub lets: BTreeMap<String, String>,
    /// What happens to frames.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// What puppets draw from their tapes instead of coins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tape: Vec<Draw>,
    /// What puppets put in instead of their inputs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
    /// What must come of it.
    pub expect: Expect,
    /// Where it was described.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// The levels that a protocol loses which it breaks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<String>,
}

/// What happens to some frames.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Which frames.
    pub on: Frames,
    /// What is done, in order: all of it, or nothing where the frame would become too long or come too often
    /// ([`super::validate`]). A delay has come before that.
    #[serde(rename = "do")]
    pub acts: Vec<Act>,
}

/// Which side of a puppet a rule is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub enum Direction {
    /// What it sends.
    #[default]
    #[serde(rename = "sends")]
    Sent,
    /// What it receives.
    #[serde(rename = "receives")]
    Received,
}

/// Which frames a rule is about; what is left out is not asked for.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Frames {
    /// What the puppets send, or what they receive.
    pub direction: Direction,
    /// The step, a [pattern](super::pattern).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub step: String,
    /// Some element of the step's path.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub within: String,
    /// The message.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// What its items are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<KindName>,
    /// The sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<usize>,
    /// The receiver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<usize>,
    /// The honest party among the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<usize>,
    /// Only the n-th of them between these two parties, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// Which of their items.
    #[serde(skip_serializing_if = "Items::is_all")]
    pub items: Items,
}

/// What a payload is made of, as in [`Kind`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // named like the kinds
pub enum KindName {
    Elements,
    Bits,
    Blocks,
    Points,
    Digests,
    Nonces,
    Counts,
    Ideal,
}

/// What is done with a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Adds an expression to every chosen item.
    Add(String),
    /// Multiplies every chosen item by an expression.
    Multiply(String),
    /// Makes every chosen item an expression.
    Set(String),
    /// Negates every chosen item.
    Negate,
    /// Makes every chosen item zero; of a point, the identity.
    Zero,
    /// Draws every chosen item from the adversary's tape.
    Random,
    /// Flips every bit of every chosen item.
    Complement,
    /// Flips one bit of every chosen item.
    Flip(usize),
    /// Makes every chosen item the smallest integer that is no element.
    NotCanonical,
    /// Copies the chosen items from another message that the coalition has seen.
    Copy(Copied),
    /// Makes every chosen point the identity.
    Identity,
    /// Makes every chosen point the curve's point of order two, which is no element of the group.
    SmallOrder,
    /// Makes every chosen point the generator.
    Generator,
    /// Makes every chosen point another one of the group.
    OtherPoint,
    /// Puts so many zero items at the end, or takes so many away.
    Length(i64),
    /// Takes all items away.
    Empty,
    /// Puts the items at these positions first, in this order.
    Permute(Vec<usize>),
    /// Puts this item in twice.
    DuplicateItem(usize),
    /// Exchanges two items.
    Swap([usize; 2]),
    /// The frame disappears.
    Drop,
    /// The frame comes twice.
    Duplicate,
    /// An earlier frame comes in its place.
    Replay(Replay),
    /// Another party gets it.
    Redirect(usize),
    /// It is held back for as long as anything else can move.
    Delay,
    /// So many bytes are missing at its end.
    Truncate(usize),
    /// So many zero bytes come after its end.
    Extend(usize),
    /// It says that it belongs to another step.
    Retag,
    /// From here on its sender says nothing, or what it hears it does not answer.
    Silent,
    /// Its sender tells everyone that it aborts.
    Abort,
    /// Its sender has crashed and says again what it said since the session began: all that it sent to the same receiver
    /// comes once more, the same, then this frame.
    Restart,
}

/// Which message is copied.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Copied {
    /// Its sender, `None` for any honest party.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<usize>,
    /// Its step; empty for the step of the frame that is changed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub step: String,
    /// The message; empty for one of the same name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Whether it is the first such message and not the latest.
    #[serde(skip_serializing_if = "is_false")]
    pub first: bool,
}

/// Which frame is replayed.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Replay {
    /// Of this run or of the one before it, which had another session id.
    pub session: WhichSession,
    /// Whether its own tag comes along, or only its content under the right tag.
    pub part: Part,
    /// The step it was sent in. Empty: in this session the frame before, in the older one the same step.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub step: String,
    /// The message; empty for one of the same name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Who sent it: the same puppet, or this party.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<usize>,
}

/// The run that a frame is taken from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhichSession {
    /// This one.
    #[default]
    This,
    /// The one before it.
    Older,
}

/// How much of a frame is replayed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Tag and content.
    #[default]
    Frame,
    /// The content alone.
    Content,
}

/// A coin of a puppet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    /// The puppet.
    pub party: usize,
    /// Which of its draws, from 0; `None`: all of them, up to a [limit](super::validate::MOST_CONSTANT).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draw: Option<u64>,
    /// What it gives: of bytes the first eight, little-endian, all others being zero.
    pub value: u64,
}

/// Inputs of a puppet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The puppet.
    pub party: usize,
    /// What it puts in.
    pub values: Vec<u64>,
}

/// What must come of a strategy: exactly one of `check`, `harmless` and `no_output`.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// The check that stops it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    /// Why it does no harm: every honest party has the right output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub harmless: Option<String>,
    /// Why no honest party has an output, and nobody is accused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_output: Option<String>,
    /// With which probability it escapes the check, exactly: the name of a bound of `spec`, or an expression of `p` and
    /// `n`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escape: Option<String>,
    /// With which probability it escapes at most, where no more is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escape_at_most: Option<String>,
    /// What it would mean that an honest party accepts what it was sent. If this is said, accepting is losing, whatever
    /// the output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<String>,
    /// A message that the coalition must not get to see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unseen: Option<Unseen>,
}

/// A message that the coalition must not get to see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unseen {
    /// Its step.
    pub step: String,
    /// Its name.
    pub message: String,
    /// What it would tell.
    pub tells: String,
}

impl KindName {
    /// The kind.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Elements => Kind::Elements,
            Self::Bits => Kind::Bits,
            Self::Blocks => Kind::Blocks,
            Self::Points => Kind::Points,
            Self::Digests => Kind::Digests,
            Self::Nonces => Kind::Nonces,
            Self::Counts => Kind::Counts,
            Self::Ideal => Kind::Ideal,
        }
    }
}

fn yes() -> bool {
    true
}
#[allow(clippy::trivially_copy_pass_by_ref)] // serde wants a reference
fn is_false(b: &bool) -> bool {
    !*b
}

/// A map in which no key comes twice: a plain one would keep the last.
fn no_name_twice<'de, D: Deserializer<'de>>(d: D) -> Result<BTreeMap<String, String>, D::Error> {
    struct Once;
    impl<'de> Visitor<'de> for Once {
        type Value = BTreeMap<String, String>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("names and what they stand for")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut all = BTreeMap::new();
            while let Some((name, meaning)) = map.next_entry::<String, String>()? {
                if all.insert(name.clone(), meaning).is_some() {
                    return Err(serde::de::Error::custom(format!("`{name}` is given twice")));
                }
            }
            Ok(all)
        }
    }
    d.deserialize_map(Once)
}

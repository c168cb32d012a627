//! Which items of a message a rule changes.

use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};

/// Which items of a message: a list of positions, or a range `{"from": 1, "to": 100, "step": 2}`.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize)]
#[serde(untagged)]
pub enum Items {
    /// All of them.
    #[default]
    All,
    /// These.
    List(Vec<usize>),
    /// Every `step`-th of a range.
    Range(Range),
}

/// A range of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The first.
    #[serde(default)]
    pub from: usize,
    /// The first that is none any more; `None`: up to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<usize>,
    /// Every how manieth, at least 1.
    #[serde(default = "one")]
    pub step: usize,
}

impl Items {
    pub(super) fn is_all(&self) -> bool {
        *self == Self::All
    }
    /// Whether the item at this position is chosen.
    #[must_use]
    pub fn contains(&self, item: usize) -> bool {
        match self {
            Self::All => true,
            Self::List(list) => list.contains(&item),
            Self::Range(r) => {
                item >= r.from && r.to.is_none_or(|to| item < to) && (item - r.from).is_multiple_of(r.step)
            }
        }
    }
}

fn one() -> usize {
    1
}
impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = Items;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of positions or a range {\"from\", \"to\", \"step\"}")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Items, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = seq.next_element()? {
                    list.push(item);
                }
                Ok(Items::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Items, A::Error> {
                Range::deserialize(MapAccessDeserializer::new(map)).map(Items::Range)
            }
        }
        d.deserialize_any(Shape)
    }
}

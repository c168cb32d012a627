//! JSON that means one thing: canonical (RFC 8785), no key twice, no number but integers that every reader keeps exactly.

use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The largest integer that every JSON reader keeps exactly: 2^53 − 1.
pub const MOST: u64 = (1 << 53) - 1;

/// So many characters of what is wrong with a text are told.
const QUOTED: usize = 400;

/// Why a text is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    /// It is no JSON, has a key twice, a number that is no small integer, or another shape.
    #[error("{0}")]
    Json(String),
    /// It says the right thing in another form.
    #[error("the text is not in canonical form (RFC 8785): byte {0} differs")]
    Form(usize),
}

/// The canonical form.
pub fn canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, Refused> {
    serde_json_canonicalizer::to_vec(value).map_err(|e| Refused::Json(e.to_string()))
}

/// Reads a canonical text: whatever is accepted is, byte for byte, the canonical form of what is returned.
pub fn read<T: DeserializeOwned + Serialize>(text: &[u8]) -> Result<T, Refused> {
    // It may quote all of the text.
    let json = |e: serde_json::Error| Refused::Json(e.to_string().chars().take(QUOTED).collect());
    let Strict(value) = serde_json::from_slice(text).map_err(json)?;
    let typed: T = serde_json::from_value(value).map_err(json)?;
    let again = canonical(&typed)?;
    if again == text {
        return Ok(typed);
    }
    let same = again.iter().zip(text).take_while(|(a, b)| a == b).count();
    Err(Refused::Form(same))
}

/// A value without a key twice and without fractions.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without fractions")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<Value, E> {
        if v <= MOST { Ok(v.into()) } else { Err(E::custom(format!("the number {v} is larger than 2^53 - 1"))) }
    }
    fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<Value, E> {
        Err(E::custom(format!("the number {v} is negative")))
    }
    fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Value, E> {
        Err(E::custom(format!("the number {v} is no integer")))
    }
    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(all.into())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Strict(value))) = entries.next_entry::<String, Strict>()? {
            if map.contains_key(&key) {
                return Err(serde::de::Error::custom(format!("the key {key:?} comes twice")));
            }
            map.insert(key, value);
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    type Numbers = BTreeMap<String, u64>;

    #[test]
    fn one_text_for_one_meaning() {
        let text = br#"{"a":1,"b":9007199254740991}"#;
        let numbers: Numbers = read(text).unwrap();
        assert_eq!(canonical(&numbers).unwrap(), text);
        let refused = |text: &str| read::<Numbers>(text.as_bytes()).unwrap_err().to_string();
        assert!(refused(r#"{"a":1,"a":1}"#).contains("\"a\" comes twice"));
        assert!(refused(r#"{"b":1,"a":1}"#).contains("canonical"));
        assert!(refused(r#"{"a": 1}"#).contains("canonical"));
        assert!(refused(r#"{"\u0061":1}"#).contains("canonical"));
        assert!(refused(r#"{"a":1.0}"#).contains("no integer"));
        assert!(refused(r#"{"a":1e0}"#).contains("no integer"));
        assert!(refused(r#"{"a":-1}"#).contains("negative"));
        assert!(refused(r#"{"a":9007199254740992}"#).contains("2^53"));
        for wrong in [r#"{"a":NaN}"#, r#"{"a":1e999}"#, r#"{"a":Infinity}"#, "{}x", ""] {
            assert!(matches!(read::<Numbers>(wrong.as_bytes()), Err(Refused::Json(_))), "{wrong}");
        }
    }

    #[test]
    fn a_long_text_is_refused_in_few_words() {
        let text = format!(r#"{{"a":"{}"}}"#, "é".repeat(1 << 16));
        let told = read::<Numbers>(text.as_bytes()).unwrap_err().to_string();
        assert!(told.starts_with("invalid type: string \"é") && told.chars().count() == QUOTED, "{told}");
    }
}

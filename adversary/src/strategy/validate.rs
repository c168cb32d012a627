//! Reading a strategy, and what is wrong with it whatever it is run against. What depends on the protocol, such as
//! names of steps and messages, is told by [`super::compile`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;
use spec::Level;
use transport::{Parties, PartySet};

use super::escape::Said;
use super::expression::Expr;
use super::language::{Act, Direction, FORMAT, Frames, Items, Strategy};
use super::near::suggestion;
use super::parse::parse;
use super::pattern::Pattern;
use crate::text::is_shown;

/// The largest file, in bytes.
pub const MOST_BYTES: usize = 1 << 16;
/// The most rules, and the most entries of every other list.
pub const MOST_RULES: usize = 64;
/// The most acts of one rule.
pub const MOST_ACTS: usize = 16;
/// The longest text, in bytes.
pub const LONGEST_TEXT: usize = 2000;
/// The most items or bytes that one act puts in or takes away.
pub const MOST_ITEMS: usize = 1 << 20;
/// The longest frame, in bytes, that rules make of one: what would make it longer is not done.
pub const LONGEST_FRAME: usize = 1 << 22;
/// How often one frame comes at most.
pub const MOST_COPIES: usize = 1 << 10;
/// How many rules about the same items of a frame are told apart: of more, none is counted as having changed anything.
pub const MOST_TOGETHER: u32 = 8;
/// How many draws of a party are answered by a constant, from the first on: more than a run needs. Whoever draws until
/// it gets something else, as the sender of base transfers does until its key is not zero, gets it in the end.
pub const MOST_CONSTANT: u64 = 1 << 18;
/// How deep a name may be nested, with all that it stands for: whatever walks through it does so by recursion.
const DEEPEST: usize = 256;
/// Names of expressions that stand for something already.
const RESERVED: [&str; 6] = ["p", "n", "item", "value", "all", "uniform"];

/// What is wrong with a strategy, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrategyError {
    /// The place, such as `rules[2].do[0]`.
    pub at: String,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl StrategyError {
    pub(super) fn new(at: impl Into<String>, what: impl Into<String>) -> Self {
        Self { at: at.into(), what: what.into() }
    }
}

impl fmt::Display for StrategyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = if self.at.is_empty() { self.what.clone() } else { format!("{}: {}", self.at, self.what) };
        // What is wrong is quoted, and may be anything.
        told.chars().try_for_each(|c| if is_shown(c) { write!(f, "{c}") } else { write!(f, "{}", c.escape_unicode()) })
    }
}
impl std::error::Error for StrategyError {}

type Checked = Result<(), StrategyError>;

fn wrong<T>(at: impl Into<String>, what: impl Into<String>) -> Result<T, StrategyError> {
    Err(StrategyError::new(at, what))
}

impl Strategy {
    /// Reads and validates one.
    pub fn from_json(text: &str) -> Result<Self, StrategyError> {
        if text.len() > MOST_BYTES {
            return wrong("", format!("a strategy has at most {MOST_BYTES} bytes, not {}", text.len()));
        }
        if text.starts_with('\u{feff}') {
            return wrong("", "it begins with a byte order mark: save it as UTF-8 without one");
        }
        let malformed = |e: serde_json::Error| StrategyError::new("", e.to_string());
        let strategy: Self = serde_json::from_str(text).map_err(malformed)?;
        let written: Value = serde_json::from_str(text).map_err(malformed)?;
        objects(&serde_json::to_value(&strategy).map_err(malformed)?, &written, "")?;
        strategy.validate()?;
        Ok(strategy)
    }
    /// As JSON that [`Strategy::from_json`] reads; the same strategy gives the same text.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Keys are strings and nothing else can fail.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
    /// The corrupt parties.
    #[must_use]
    pub fn coalition(&self) -> PartySet {
        let known: Vec<usize> = self.corrupt.iter().copied().filter(|p| *p < Parties::MAX).collect();
        PartySet::of(&known)
    }
    /// Whether it makes sense by itself.
    pub fn validate(&self) -> Checked {
        self.header()?;
        self.parties_and_corrupt()?;
        self.names()?;
        for (i, rule) in self.rules.iter().enumerate() {
            let at = format!("rules[{i}]");
            self.frames(&rule.on, &format!("{at}.on"))?;
            if rule.acts.is_empty() || rule.acts.len() > MOST_ACTS {
                return wrong(format!("{at}.do"), format!("a rule does at least one thing and at most {MOST_ACTS}"));
            }
            for (k, act) in rule.acts.iter().enumerate() {
                self.act(act, rule.on.direction, &format!("{at}.do[{k}]"))?;
            }
        }
        for (i, draw) in self.tape.iter().enumerate() {
            self.corrupt_one(draw.party, &format!("tape[{i}].party"))?;
        }
        for (i, input) in self.inputs.iter().enumerate() {
            self.corrupt_one(input.party, &format!("inputs[{i}].party"))?;
            if self.inputs[..i].iter().any(|other| other.party == input.party) {
                return wrong(format!("inputs[{i}]"), format!("party {} has inputs already", input.party));
            }
        }
        self.expectation()
    }

    fn header(&self) -> Checked {
        if self.format != FORMAT {
            return wrong("format", format!("this is version {FORMAT} of the language, not {}", self.format));
        }
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
        if self.id.is_empty() || self.id.len() > 80 || !self.id.chars().all(letters) {
            return wrong("id", "an id is 1 to 80 lower-case letters, digits, dots and dashes");
        }
        let e = &self.expect;
        let texts =
            [&self.title, &self.does].into_iter().chain(&self.references).chain(&e.harmless).chain(&e.no_output);
        let texts = texts.chain(&e.acceptance).chain(e.unseen.iter().map(|u| &u.tells)).chain(&e.escape);
        let texts = texts.chain(&e.escape_at_most);
        for text in texts {
            if text.len() > LONGEST_TEXT {
                return wrong("", format!("a text has at most {LONGEST_TEXT} bytes"));
            }
            if !text.chars().all(is_shown) {
                return wrong("", format!("a text is one line of visible characters, unlike `{text}`"));
            }
        }
        let lists = [self.rules.len(), self.tape.len(), self.inputs.len(), self.lets.len()];
        let more = [self.references.len(), self.levels.len()];
        if lists.into_iter().chain(more).any(|len| len > MOST_RULES) {
            return wrong("", format!("a list has at most {MOST_RULES} entries"));
        }
        match self.levels.iter().find(|l| l.parse::<Level>().is_err()) {
            Some(level) => {
                let known = Level::ALL.map(|l| l.to_string());
                wrong(
                    "levels",
                    format!("there is no level `{level}`{}", suggestion(level, known.iter().map(String::as_str))),
                )
            }
            None => Ok(()),
        }
    }
    fn parties_and_corrupt(&self) -> Checked {
        let n = self.parties;
        if !(2..=Parties::MAX).contains(&n) {
            return wrong("parties", format!("there are 2 to {} parties, not {n}", Parties::MAX));
        }
        let distinct: BTreeSet<_> = self.corrupt.iter().collect();
        if distinct.len() != self.corrupt.len() {
            return wrong("corrupt", "a party is named twice");
        }
        if let Some(p) = self.corrupt.iter().find(|p| **p >= n) {
            return wrong("corrupt", format!("there is no party {p}: {n} parties are 0 to {}", n - 1));
        }
        match distinct.len() {
            0 => wrong("corrupt", "nobody is corrupt: name at least one party"),
            k if k >= n => wrong("corrupt", format!("everyone is corrupt: of {n} parties at most {} can be", n - 1)),
            _ => Ok(()),
        }
    }
    fn corrupt_one(&self, p: usize, at: &str) -> Checked {
        if self.corrupt.contains(&p) { Ok(()) } else { wrong(at, format!("party {p} is not corrupt")) }
    }
    fn honest_one(&self, p: usize, at: &str) -> Checked {
        if p < self.parties && !self.corrupt.contains(&p) {
            Ok(())
        } else {
            wrong(at, format!("party {p} is not honest"))
        }
    }
    fn names(&self) -> Checked {
        for (name, meaning) in &self.lets {
            let at = format!("lets.{name}");
            let mut letters = name.chars();
            let fine = letters.next().is_some_and(|c| c.is_ascii_lowercase())
                && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            if !fine || name.len() > 40 {
                return wrong(at, "a name is up to 40 lower-case letters, digits and `_`, a letter first");
            }
            if RESERVED.contains(&name.as_str()) {
                return wrong(at, format!("`{name}` stands for something already"));
            }
            if meaning != "uniform" {
                self.formula(meaning, false, &at)?;
            }
        }
        self.nesting()
    }
    /// That no name is defined by itself, and none nested too deep.
    fn nesting(&self) -> Checked {
        let read = |(name, meaning): (&'_ String, &'_ String)| Some((name.clone(), parse(meaning).ok()?));
        let all: BTreeMap<String, Expr> = self.lets.iter().filter_map(read).collect();
        let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
        // Every turn tells some name more, unless those that are left go round in a circle.
        while let Some((name, depth)) = all.iter().find_map(|(name, meaning)| {
            let of = |n: &str| if all.contains_key(n) { depths.get(n).copied() } else { Some(0) };
            if depths.contains_key(name.as_str()) { None } else { Some((name, depth(meaning, &of)?)) }
        }) {
            if depth > DEEPEST {
                return wrong(
                    format!("lets.{name}"),
                    format!("with the names in it, it is nested more than {DEEPEST} deep"),
                );
            }
            depths.insert(name, depth);
        }
        match all.keys().find(|name| !depths.contains_key(name.as_str())) {
            Some(name) => wrong(format!("lets.{name}"), "it is defined by itself"),
            None => Ok(()),
        }
    }
    /// An expression whose names are known; `items` tells whether it is about items.
    fn formula(&self, text: &str, items: bool, at: &str) -> Checked {
        let expr = parse(text).map_err(|e| StrategyError::new(at, format!("`{text}`, {e}")))?;
        let known: Vec<&str> = ["p", "n"].into_iter().chain(self.lets.keys().map(String::as_str)).collect();
        let mut all = vec![&expr];
        while let Some(e) = all.pop() {
            all.extend(e.parts());
            match e {
                Expr::Name(name) if matches!(name.as_str(), "item" | "value") && !items => {
                    return wrong(at, format!("`{name}` has a meaning only where an item is changed"));
                }
                Expr::Name(name) if !matches!(name.as_str(), "item" | "value") && !known.contains(&name.as_str()) => {
                    let known = known.iter().copied().chain(["item", "value"]);
                    return wrong(at, format!("unknown name `{name}`{}", suggestion(name, known)));
                }
                Expr::Look(look) => {
                    Pattern::parse(&look.step).map_err(|e| StrategyError::new(at, e))?;
                    if let Some(party) = look.party {
                        self.honest_one(usize::try_from(party).unwrap_or(usize::MAX), at)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
    fn frames(&self, on: &Frames, at: &str) -> Checked {
        for (pattern, field) in [(&on.step, "step"), (&on.within, "within")] {
            Pattern::parse(pattern).map_err(|e| StrategyError::new(format!("{at}.{field}"), e))?;
        }
        let (puppet, other) = match on.direction {
            Direction::Sent => ((on.from, "from"), (on.to, "to")),
            Direction::Received => ((on.to, "to"), (on.from, "from")),
        };
        if let (Some(p), field) = puppet {
            self.corrupt_one(p, &format!("{at}.{field}"))?;
        }
        for (p, field) in [other, (on.peer, "peer")] {
            p.map_or(Ok(()), |p| self.honest_one(p, &format!("{at}.{field}")))?;
        }
        match &on.items {
            Items::Range(r) if r.step == 0 => wrong(format!("{at}.items.step"), "a range has a step of at least 1"),
            Items::Range(r) if r.to.is_some_and(|to| to <= r.from) => {
                wrong(format!("{at}.items"), "this range is empty")
            }
            Items::List(list) if list.is_empty() => wrong(format!("{at}.items"), "no item is chosen"),
            Items::List(list) if list.len() > MOST_RULES => {
                wrong(format!("{at}.items"), format!("a list has at most {MOST_RULES} items: use a range"))
            }
            _ => Ok(()),
        }
    }
    fn act(&self, act: &Act, direction: Direction, at: &str) -> Checked {
        let limit = |count: usize| {
            if count <= MOST_ITEMS { Ok(()) } else { wrong(at, format!("{MOST_ITEMS} at most, not {count}")) }
        };
        match act {
            Act::Add(e) | Act::Multiply(e) | Act::Set(e) => self.formula(e, true, at),
            Act::Copy(c) => {
                Pattern::parse(&c.step).map_err(|e| StrategyError::new(at, e))?;
                c.from.map_or(Ok(()), |p| self.honest_one(p, at))
            }
            Act::Replay(r) => {
                Pattern::parse(&r.step).map_err(|e| StrategyError::new(at, e))?;
                match r.from {
                    Some(p) if p >= self.parties => wrong(at, format!("there is no party {p}")),
                    _ => Ok(()),
                }
            }
            Act::Length(k) => limit(usize::try_from(k.unsigned_abs()).unwrap_or(usize::MAX)),
            Act::Truncate(k) | Act::Extend(k) => limit(*k),
            Act::Flip(bit) => limit(*bit),
            Act::Permute(order) => {
                let distinct: BTreeSet<_> = order.iter().collect();
                if distinct.len() != order.len() || order.len() > MOST_RULES {
                    return wrong(at, format!("up to {MOST_RULES} different positions"));
                }
                Ok(())
            }
            Act::Redirect(_) | Act::Delay | Act::Abort | Act::Restart if direction == Direction::Received => {
                wrong(at, "this is done to what a puppet sends")
            }
            Act::Redirect(p) if *p >= self.parties => wrong(at, format!("there is no party {p}")),
            _ => Ok(()),
        }
    }
    fn expectation(&self) -> Checked {
        let e = &self.expect;
        let said = [&e.check, &e.harmless, &e.no_output].into_iter().flatten().count();
        if said != 1 {
            return wrong("expect", "exactly one of `check`, `harmless` and `no_output` says what must come of it");
        }
        if let Some(u) = &e.unseen {
            Pattern::parse(&u.step).map_err(|e| StrategyError::new("expect.unseen.step", e))?;
        }
        match Said::of(e)? {
            Some(said) if e.check.is_none() => wrong(said.place(), "what no check stops cannot escape it"),
            _ => Ok(()),
        }
    }
}

/// That what was read as an object was written as one: reading that is derived also takes its values in a list, without
/// their names.
fn objects(read: &Value, written: &Value, at: &str) -> Checked {
    match (read, written) {
        (Value::Object(read), Value::Object(written)) => read.iter().try_for_each(|(name, value)| {
            let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            written.get(name).map_or(Ok(()), |written| objects(value, written, &at))
        }),
        (Value::Array(read), Value::Array(written)) => {
            let mut all = read.iter().zip(written).enumerate();
            all.try_for_each(|(i, (value, written))| objects(value, written, &format!("{at}[{i}]")))
        }
        (Value::Object(_), _) => wrong(at, "an object is needed here, each value with its name, not a list"),
        _ => Ok(()),
    }
}

/// How deep an expression is nested, `of` telling it of names; `None` if it does not know one yet.
fn depth(expr: &Expr, of: &impl Fn(&str) -> Option<usize>) -> Option<usize> {
    if let Expr::Name(name) = expr {
        return Some(1 + of(name)?);
    }
    let mut deepest = 0;
    for part in expr.parts() {
        deepest = deepest.max(depth(part, of)?);
    }
    Some(1 + deepest)
}

//! Type checking: every act must make sense for every message that its rule is about, and every expression must be
//! about messages that the coalition knows, whose items are elements of the field in which it is used.

use std::collections::{BTreeMap, BTreeSet};

use transport::{Kind, PartyId};

use super::compile::{CompiledAct, Looked, describe, unknown};
use super::expression::{Expr, Look, Operation, Source};
use super::formula::{Formula, Index, Values};
use super::language::{Act, Copied, Direction, Frames, Replay, Strategy, WhichSession};
use super::parse::parse;
use super::pattern::Pattern;
use super::surface::{Place, Surface};
use super::validate::StrategyError;
use crate::fields::FieldId;
use crate::items::PointChange;

/// The largest position that an expression may name.
const LARGEST_INDEX: u64 = 1 << 16;

pub(super) struct Types<'a> {
    strategy: &'a Strategy,
    surface: &'a Surface,
    /// What is looked at, in order of appearance.
    pub looks: Vec<Looked>,
    /// The names that are used, in order of appearance, with what they stand for.
    names: Vec<(&'a str, Option<Formula>)>,
    numbers: BTreeMap<&'a str, usize>,
    /// The names that make sense, and in which field.
    sound: BTreeSet<(usize, FieldId)>,
}

type Typed<T> = Result<T, StrategyError>;

fn wrong<T>(at: &str, what: impl Into<String>) -> Typed<T> {
    Err(StrategyError::new(at, what))
}

impl<'a> Types<'a> {
    pub fn new(strategy: &'a Strategy, surface: &'a Surface) -> Self {
        Self {
            strategy,
            surface,
            looks: Vec::new(),
            names: Vec::new(),
            numbers: BTreeMap::new(),
            sound: BTreeSet::new(),
        }
    }
    /// What the names stand for; those that nothing uses are an error, most likely a slip.
    pub fn meanings(&mut self) -> Typed<Vec<Option<Formula>>> {
        if let Some(name) = self.strategy.lets.keys().find(|n| !self.numbers.contains_key(n.as_str())) {
            return wrong(&format!("lets.{name}"), "nothing uses it");
        }
        Ok(self.names.iter().map(|(_, meaning)| meaning.clone()).collect())
    }
    /// The lookup of a message that the coalition must not see.
    pub fn unseen(&mut self, step: &str, message: &str) -> Typed<usize> {
        let at = "expect.unseen";
        let step = Pattern::parse(step).map_err(|e| StrategyError::new(at, e))?;
        if let Some(what) = unknown(&step, message, self.surface) {
            return wrong(at, what);
        }
        Ok(self.intern(Looked { source: Source::Seen, step, message: message.to_owned(), party: None }))
    }
    fn intern(&mut self, looked: Looked) -> usize {
        self.looks.iter().position(|l| *l == looked).unwrap_or_else(|| {
            self.looks.push(looked);
            self.looks.len() - 1
        })
    }

    /// One act on all these places.
    pub fn act(&mut self, act: &Act, on: &Frames, places: &[&Place], at: &str) -> Typed<CompiledAct> {
        let chosen = |p: &Place| (0..p.items).any(|k| on.items.contains(k));
        if is_about_items(act) && !places.iter().any(|p| chosen(p)) {
            let most = places.iter().map(|p| p.items).max().unwrap_or(0);
            return wrong(at, format!("none of the chosen items is there: such a message has at most {most}"));
        }
        match act {
            Act::Add(e) => Ok(CompiledAct::Add(self.expression(e, places, at)?)),
            Act::Multiply(e) => Ok(CompiledAct::Multiply(self.expression(e, places, at)?)),
            Act::Set(e) => Ok(CompiledAct::Set(self.expression(e, places, at)?)),
            Act::Negate => self.field(places, at).map(|_| CompiledAct::Negate),
            Act::NotCanonical => match places.iter().find(|p| p.layout.field == Some(FieldId::Gf128)) {
                Some(p) => wrong(at, format!("every encoding is canonical in {}", describe(p))),
                None => self.kinds(places, &[Kind::Elements, Kind::Ideal, Kind::Points], CompiledAct::NotCanonical, at),
            },
            Act::Identity => self.points(places, PointChange::Identity, at),
            Act::SmallOrder => self.points(places, PointChange::SmallOrder, at),
            Act::Generator => self.points(places, PointChange::Generator, at),
            Act::OtherPoint => self.points(places, PointChange::Other, at),
            Act::Copy(c) => self.copy(c, on, places, at),
            Act::Replay(r) => self.replay(r, on, at),
            Act::Flip(bit) => match places.iter().find(|p| *bit >= 8 * p.layout.width) {
                Some(p) => wrong(at, format!("an item has {} bits in {}", 8 * p.layout.width, describe(p))),
                None => Ok(CompiledAct::Flip(*bit)),
            },
            Act::Redirect(p) => Ok(CompiledAct::Redirect(PartyId::new(*p))),
            Act::Zero => Ok(CompiledAct::Zero),
            Act::Random => Ok(CompiledAct::Random),
            Act::Complement => Ok(CompiledAct::Complement),
            Act::Length(k) => Ok(CompiledAct::Length(*k)),
            Act::Empty => Ok(CompiledAct::Empty),
            Act::Permute(order) => Ok(CompiledAct::Permute(order.clone())),
            Act::DuplicateItem(k) => Ok(CompiledAct::DuplicateItem(*k)),
            Act::Swap(two) => Ok(CompiledAct::Swap(*two)),
            Act::Drop => Ok(CompiledAct::Drop),
            Act::Duplicate => Ok(CompiledAct::Duplicate),
            Act::Delay => Ok(CompiledAct::Delay),
            Act::Truncate(k) => Ok(CompiledAct::Truncate(*k)),
            Act::Extend(k) => Ok(CompiledAct::Extend(*k)),
            Act::Retag => Ok(CompiledAct::Retag),
            Act::Silent => Ok(CompiledAct::Silent),
            Act::Abort => Ok(CompiledAct::Abort),
            Act::Restart => Ok(CompiledAct::Restart),
        }
    }
    fn kinds(&self, places: &[&Place], kinds: &[Kind], act: CompiledAct, at: &str) -> Typed<CompiledAct> {
        match places.iter().find(|p| !kinds.contains(&p.layout.kind)) {
            Some(p) => wrong(at, format!("this cannot be done to {}", describe(p))),
            None => Ok(act),
        }
    }
    fn points(&self, places: &[&Place], change: PointChange, at: &str) -> Typed<CompiledAct> {
        self.kinds(places, &[Kind::Points], CompiledAct::Point(change), at)
    }
    /// The one field that all these places are about.
    fn field(&self, places: &[&Place], at: &str) -> Typed<FieldId> {
        let mut field = None;
        for p in places {
            match (p.layout.field, field) {
                (None, _) => return wrong(at, format!("no elements of a field: {}; name the message", describe(p))),
                (Some(f), Some(g)) if f != g => {
                    return wrong(at, format!("elements of {f} and of {g} at once; name the message"));
                }
                (f, _) => field = f,
            }
        }
        field.ok_or_else(|| StrategyError::new(at, "there is no such message"))
    }
    fn copy(&mut self, c: &Copied, on: &Frames, places: &[&Place], at: &str) -> Typed<CompiledAct> {
        let same = c.step.is_empty();
        let message = if c.message.is_empty() { &on.message } else { &c.message };
        let looked = Looked {
            source: Source::Seen,
            step: pattern(if same { &on.step } else { &c.step }, at)?,
            message: message.clone(),
            party: c.from.map(PartyId::new),
        };
        let sources = self.sources(&looked, at)?;
        let fits = |to: &&Place, from: &&Place| {
            (to.layout.width, to.layout.kind) == (from.layout.width, from.layout.kind)
                && (!message.is_empty() || to.message == from.message)
                && (!same || to.step == from.step)
        };
        match places.iter().find(|to| !sources.iter().any(|from| fits(to, from))) {
            Some(p) => wrong(at, format!("there is nothing of the same type to copy for {}", describe(p))),
            None => Ok(CompiledAct::Copy { look: self.intern(looked), same, first: c.first }),
        }
    }
    fn replay(&mut self, r: &Replay, on: &Frames, at: &str) -> Typed<CompiledAct> {
        let from_honest = r.from.filter(|p| !self.strategy.corrupt.contains(p));
        let older = r.session == WhichSession::Older;
        let mut look = None;
        if !(r.step.is_empty() && r.message.is_empty() && r.from.is_none()) {
            // Of the older session, what comes in place of a frame is by itself of the same sender.
            let heard = older && r.from.is_none() && on.direction == Direction::Received;
            let source = if from_honest.is_some() || heard { Source::Seen } else { Source::Sent };
            let step = pattern(if r.step.is_empty() { &on.step } else { &r.step }, at)?;
            let message = if r.message.is_empty() { on.message.clone() } else { r.message.clone() };
            let looked = Looked { source, step, message, party: from_honest.map(PartyId::new) };
            // What was said in the older session has the names of this one, but is not remembered in it.
            self.sources(&looked, at)?;
            look = (!older).then(|| self.intern(looked));
        }
        CompiledAct::replay(r, look).map_err(|e| StrategyError::new(at, e))
    }
    /// What a lookup finds in an honest run.
    fn sources(&self, looked: &Looked, at: &str) -> Typed<Vec<&'a Place>> {
        let fits = |p: &&Place| looked.fits(p.direction, p.from, p.to, &p.step, p.message);
        let found: Vec<&Place> = self.surface.places.iter().filter(fits).collect();
        if !found.is_empty() {
            return Ok(found);
        }
        if let Some(what) = unknown(&looked.step, &looked.message, self.surface) {
            return wrong(at, what);
        }
        let (verb, what) = match looked.source {
            Source::Made | Source::Sent => ("sends", looked.message.as_str()),
            Source::Coin => ("hears of", "coin"),
            Source::Seen | Source::Total => ("receives", looked.message.as_str()),
        };
        let from = looked.party.map(|p| format!(" between itself and {p}")).unwrap_or_default();
        wrong(
            at,
            format!(
                "the coalition never {verb} `{what}` in `{}`{from}: what it does not see it cannot use",
                looked.step
            ),
        )
    }

    /// An expression about the items of these places.
    fn expression(&mut self, text: &str, places: &[&Place], at: &str) -> Typed<Formula> {
        let field = self.field(places, at)?;
        let expr = parse(text).map_err(|e| StrategyError::new(at, e.to_string()))?;
        self.formula(&expr, field, at)
    }
    fn formula(&mut self, expr: &Expr, field: FieldId, at: &str) -> Typed<Formula> {
        let boxed = |f: Formula| Box::new(f);
        Ok(match expr {
            Expr::Integer(v) => Formula::Integer(*v),
            Expr::Name(name) => match name.as_str() {
                // The order of a prime field is zero in it, and so is 2^128 in GF(2^128).
                "p" => Formula::Integer(0),
                "n" => Formula::Parties,
                "item" => Formula::Item,
                "value" => Formula::Value,
                name => Formula::Name(self.name(name, field, at)?),
            },
            Expr::Negate(x) => Formula::Negate(boxed(self.formula(x, field, at)?)),
            Expr::Binary(operation, x, y) => {
                Formula::Binary(*operation, boxed(self.formula(x, field, at)?), boxed(self.formula(y, field, at)?))
            }
            Expr::Power(x, k) => Formula::Power(boxed(self.formula(x, field, at)?), *k),
            Expr::Dot(x, y) => Formula::Dot(self.values(x, field, at)?, self.values(y, field, at)?),
            Expr::Sum(x) => match self.values(x, field, at)? {
                Values::Look(look) if self.looks[look].source == Source::Coin => {
                    return wrong(at, "a coin has no end: say which element, or use it in `dot`");
                }
                values => Formula::Sum(values),
            },
            Expr::Look(look) => match &look.item {
                None => return wrong(at, format!("`{expr}` is a list: say which item, or use it in `sum` or `dot`")),
                Some(item) => Formula::Element(self.look(look, field, at)?, index(item, at)?),
            },
            Expr::List(_) => return wrong(at, format!("`{expr}` is a list where one value is needed")),
        })
    }
    fn values(&mut self, expr: &Expr, field: FieldId, at: &str) -> Typed<Values> {
        match expr {
            Expr::List(items) => {
                let items = items.iter().map(|e| self.formula(e, field, at)).collect::<Result<_, _>>()?;
                Ok(Values::Literal(items))
            }
            Expr::Look(look) if look.item.is_none() => Ok(Values::Look(self.look(look, field, at)?)),
            other => wrong(at, format!("`{other}` is one value where a list is needed")),
        }
    }
    fn look(&mut self, look: &Look, field: FieldId, at: &str) -> Typed<usize> {
        let looked = Looked {
            source: look.source,
            step: pattern(&look.step, at)?,
            message: look.message.clone(),
            party: look.party.and_then(|p| usize::try_from(p).ok()).map(PartyId::new),
        };
        let sources = self.sources(&looked, at)?;
        if look.source != Source::Coin
            && let Some(p) = sources.iter().find(|p| p.layout.field != Some(field))
        {
            let of = p.layout.field.map_or_else(|| "no elements".to_owned(), |f| format!("elements of {f}"));
            return wrong(at, format!("{of} in {}, but elements of {field} are needed here", describe(p)));
        }
        Ok(self.intern(looked))
    }
    /// The number of a name; what it stands for must make sense in every field it is used in.
    fn name(&mut self, name: &str, field: FieldId, at: &str) -> Typed<usize> {
        let Some((name, text)) = self.strategy.lets.get_key_value(name) else {
            return wrong(at, format!("unknown name `{name}`"));
        };
        let known = self.numbers.get(name.as_str()).copied();
        let k = known.unwrap_or_else(|| {
            self.names.push((name, None));
            self.numbers.insert(name, self.names.len() - 1);
            self.names.len() - 1
        });
        // Once for every field, and not as often as there are ways to it: names that use others twice would have a
        // great many.
        if self.sound.insert((k, field)) && text != "uniform" {
            let at = format!("lets.{name}");
            let expr = parse(text).map_err(|e| StrategyError::new(&at, e.to_string()))?;
            self.names[k].1 = Some(self.formula(&expr, field, &at)?);
        }
        Ok(k)
    }
}

fn pattern(text: &str, at: &str) -> Typed<Pattern> {
    Pattern::parse(text).map_err(|e| StrategyError::new(at, e))
}

fn index(expr: &Expr, at: &str) -> Typed<Index> {
    Ok(match expr {
        Expr::Integer(k) if *k <= LARGEST_INDEX => Index::Integer(*k as usize),
        Expr::Name(name) if name == "item" => Index::Item,
        Expr::Binary(operation, x, y) if *operation != Operation::Divide => {
            Index::Binary(*operation, Box::new(index(x, at)?), Box::new(index(y, at)?))
        }
        other => {
            return wrong(
                at,
                format!("`{other}` is no position: integers up to {LARGEST_INDEX}, `item`, `+`, `-`, `*`"),
            );
        }
    })
}

/// Whether an act changes chosen items one by one.
fn is_about_items(act: &Act) -> bool {
    matches!(
        act,
        Act::Add(_)
            | Act::Multiply(_)
            | Act::Set(_)
            | Act::Negate
            | Act::Zero
            | Act::Random
            | Act::Complement
            | Act::Flip(_)
            | Act::NotCanonical
            | Act::Copy(_)
            | Act::Identity
            | Act::SmallOrder
            | Act::Generator
            | Act::OtherPoint
    )
}

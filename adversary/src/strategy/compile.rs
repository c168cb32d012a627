//! A strategy checked against what there is to attack, and made ready to be run often: names become numbers, patterns a
//! table of the frames that they fit.

use spec::Check;
use transport::path::mix_word;
use transport::sim::Envelope;
use transport::{Kind, PartyId, PartySet, StepLabel};

use super::changes;
use super::expression::Source;
use super::formula::{Formula, Lookup};
use super::language::{Act, Direction, Draw, Frames, Input, Items, Part, Strategy, WhichSession};
use super::near::suggestion;
use super::pattern::Pattern;
use super::surface::{Place, Surface};
use super::types::Types;
use super::validate::StrategyError;
use crate::fields::FieldId;
use crate::items::{Layout, PointChange};

/// A strategy ready to be run against the protocol it was checked against.
#[derive(Clone, Debug)]
pub struct Compiled {
    pub(super) parties: usize,
    pub(super) corrupt: PartySet,
    pub(super) honest: PartySet,
    pub(super) rushing: bool,
    pub(super) field: FieldId,
    pub(super) meanings: Vec<Option<Formula>>,
    pub(super) lookups: Vec<Lookup>,
    pub(super) rules: Vec<CompiledRule>,
    pub(super) draws: Vec<Draw>,
    pub(super) inputs: Vec<Input>,
    pub(super) unseen: Option<u64>,
    tells: Option<String>,
    acceptance: Option<String>,
    /// The rules that hold frames back.
    pub(super) delays: u64,
    /// Whether every frame is kept for being replayed later.
    pub(super) replays: bool,
    /// Whether all frames of puppets are, for a second beginning.
    pub(super) restarts: bool,
    /// Whether frames of an older session are needed.
    pub(super) older: bool,
    criteria: Vec<Criterion>,
    looks: Vec<Looked>,
    table: Vec<Known>,
}

#[derive(Clone, Debug)]
pub(super) struct CompiledRule {
    pub nth: Option<u64>,
    pub items: Items,
    pub acts: Vec<CompiledAct>,
}

/// An act without names.
#[derive(Clone, Debug)]
pub(super) enum CompiledAct {
    Add(Formula),
    Multiply(Formula),
    Set(Formula),
    Negate,
    Zero,
    Random,
    Complement,
    Flip(usize),
    NotCanonical,
    Copy {
        look: usize,
        same: bool,
        first: bool,
    },
    Point(PointChange),
    Length(i64),
    Permute(Vec<usize>),
    DuplicateItem(usize),
    Swap([usize; 2]),
    Empty,
    Drop,
    Duplicate,
    /// The frame that the same puppet sent before this one.
    ReplayLast {
        whole: bool,
    },
    ReplayKnown {
        look: usize,
        whole: bool,
    },
    ReplayOlder {
        step: Option<Pattern>,
        message: String,
        from: Option<PartyId>,
        whole: bool,
    },
    Redirect(PartyId),
    Delay,
    Truncate(usize),
    Extend(usize),
    Retag,
    Silent,
    Abort,
    Restart,
}

/// Which frames a rule is about, but for how often.
#[derive(Clone, Debug)]
pub(super) struct Criterion {
    direction: Direction,
    step: Pattern,
    within: Option<Pattern>,
    message: String,
    kind: Option<Kind>,
    from: Option<PartyId>,
    to: Option<PartyId>,
    peer: Option<PartyId>,
}

/// Which frames a lookup is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Looked {
    pub source: Source,
    pub step: Pattern,
    pub message: String,
    pub party: Option<PartyId>,
}

/// What is to be done with a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Todo {
    /// The rules that are about it.
    pub rules: u64,
    /// The lookups that remember it.
    pub looks: u64,
    pub layout: Layout,
}

#[derive(Clone, Debug)]
struct Known {
    key: u64,
    message: &'static str,
    todo: Todo,
}

/// The key of a frame in the table, `step` being its digest.
fn key(direction: Direction, from: PartyId, to: PartyId, step: u64) -> u64 {
    let ideal = |p: PartyId| if p == PartyId::IDEAL { 0xff } else { p.index() as u64 };
    mix_word(step, (direction as u64) << 16 | ideal(from) << 8 | ideal(to))
}

impl Criterion {
    fn new(on: &Frames) -> Result<Self, String> {
        let within = if on.within.is_empty() { None } else { Some(Pattern::parse(&format!("**/{}/**", on.within))?) };
        Ok(Self {
            direction: on.direction,
            step: Pattern::parse(&on.step)?,
            within,
            message: on.message.clone(),
            kind: on.kind.map(super::language::KindName::kind),
            from: on.from.map(PartyId::new),
            to: on.to.map(PartyId::new),
            peer: on.peer.map(PartyId::new),
        })
    }
    fn fits(
        &self,
        direction: Direction,
        from: PartyId,
        to: PartyId,
        step: &StepLabel,
        message: &str,
        kind: Kind,
    ) -> bool {
        let peer = if direction == Direction::Sent { to } else { from };
        self.direction == direction
            && (self.message.is_empty() || self.message == message)
            && self.kind.is_none_or(|k| k == kind)
            && self.from.is_none_or(|p| p == from)
            && self.to.is_none_or(|p| p == to)
            && self.peer.is_none_or(|p| p == peer)
            && self.within.as_ref().is_none_or(|w| w.fits(step))
            && self.step.fits(step)
    }
    fn fits_place(&self, p: &Place) -> bool {
        self.fits(p.direction, p.from, p.to, &p.step, p.message, p.layout.kind)
    }
}

impl Looked {
    /// The names under which a coin's answers or everyone's seeds travel.
    const COIN: [&'static str; 2] = ["coin", "seed"];

    pub fn fits(&self, direction: Direction, from: PartyId, to: PartyId, step: &StepLabel, message: &str) -> bool {
        let (way, other) = match direction {
            Direction::Sent => (matches!(self.source, Source::Made | Source::Sent | Source::Coin), to),
            Direction::Received => (matches!(self.source, Source::Seen | Source::Total | Source::Coin), from),
        };
        let named = match self.source {
            // What the coalition asks the ideal coin for is no coin.
            Source::Coin => {
                Self::COIN.contains(&message) && (direction == Direction::Received || other != PartyId::IDEAL)
            }
            _ => self.message.is_empty() || self.message == message,
        };
        way && named && self.party.is_none_or(|p| p == other) && self.step.fits(step)
    }
}

impl Compiled {
    /// Checks a strategy against what there is to attack.
    pub fn new(strategy: &Strategy, surface: &Surface) -> Result<Self, StrategyError> {
        strategy.validate()?;
        let corrupt = PartySet::of(&strategy.corrupt);
        if (surface.parties, surface.corrupt) != (strategy.parties, corrupt) {
            return Err(StrategyError::new("corrupt", "it was checked against another coalition"));
        }
        let mut this = Self {
            parties: strategy.parties,
            corrupt,
            honest: PartySet::all(strategy.parties).without(corrupt),
            rushing: strategy.rushing,
            field: surface.field,
            meanings: Vec::new(),
            lookups: Vec::new(),
            rules: Vec::new(),
            draws: strategy.tape.clone(),
            inputs: strategy.inputs.clone(),
            unseen: None,
            tells: strategy.expect.unseen.as_ref().map(|u| u.tells.clone()),
            acceptance: strategy.expect.acceptance.clone(),
            delays: 0,
            replays: false,
            restarts: false,
            older: false,
            criteria: Vec::new(),
            looks: Vec::new(),
            table: Vec::new(),
        };
        let mut types = Types::new(strategy, surface);
        for (i, rule) in strategy.rules.iter().enumerate() {
            let at = format!("rules[{i}].on");
            let criterion = Criterion::new(&rule.on).map_err(|e| StrategyError::new(&at, e))?;
            let places: Vec<&Place> = surface.places.iter().filter(|p| criterion.fits_place(p)).collect();
            if places.is_empty() {
                return Err(StrategyError::new(at, nothing(&criterion, surface)));
            }
            let mut acts = Vec::new();
            for (k, act) in rule.acts.iter().enumerate() {
                let at = format!("rules[{i}].do[{k}]");
                if *act == Act::Delay && rule.on.nth.is_some() {
                    return Err(StrategyError::new(at, "a delay is about all frames that fit, not the n-th"));
                }
                acts.push(types.act(act, &rule.on, &places, &at)?);
            }
            for act in &acts {
                this.delays |= u64::from(matches!(act, CompiledAct::Delay)) << i;
                this.replays |= matches!(act, CompiledAct::ReplayLast { .. });
                this.restarts |= matches!(act, CompiledAct::Restart);
                this.older |= matches!(act, CompiledAct::ReplayOlder { .. });
            }
            this.rules.push(CompiledRule { nth: rule.on.nth, items: rule.on.items.clone(), acts });
            this.criteria.push(criterion);
        }
        if let Some(u) = &strategy.expect.unseen {
            this.unseen = Some(1 << types.unseen(&u.step, &u.message)?);
        }
        this.meanings = types.meanings()?;
        this.looks = types.looks;
        if this.looks.len() > u64::BITS as usize {
            return Err(StrategyError::new("", format!("it looks at more than {} messages", u64::BITS)));
        }
        let lookup = |(bit, l): (usize, &Looked)| Lookup { source: l.source, bit: 1 << bit, party: l.party };
        this.lookups = this.looks.iter().enumerate().map(lookup).collect();
        this.table = surface.places.iter().map(|p| this.known(p)).collect();
        let all = surface.places.iter().zip(&this.table);
        all.into_iter().try_for_each(|(p, known)| changes::bounded(p, known.todo.rules, &this.rules))?;
        this.table.sort_by_key(|k| k.key);
        Ok(this)
    }
    fn known(&self, p: &Place) -> Known {
        let rules = self.rules_for(p.direction, p.from, p.to, &p.step, p.message, p.layout.kind);
        let looks = self.looks_for(p.direction, p.from, p.to, &p.step, p.message);
        Known {
            key: key(p.direction, p.from, p.to, p.step.hash()),
            message: p.message,
            todo: Todo { rules, looks, layout: p.layout },
        }
    }
    fn rules_for(&self, d: Direction, from: PartyId, to: PartyId, step: &StepLabel, message: &str, kind: Kind) -> u64 {
        let fits = |c: &Criterion| c.fits(d, from, to, step, message, kind);
        self.criteria.iter().enumerate().fold(0, |mask, (i, c)| mask | u64::from(fits(c)) << i)
    }
    fn looks_for(&self, d: Direction, from: PartyId, to: PartyId, step: &StepLabel, message: &str) -> u64 {
        let fits = |l: &Looked| l.fits(d, from, to, step, message);
        self.looks.iter().enumerate().fold(0, |mask, (i, l)| mask | u64::from(fits(l)) << i)
    }
    /// What is to be done with a frame: from the table, or worked out if the honest run had none like it.
    pub(super) fn todo(&self, direction: Direction, e: &Envelope) -> Todo {
        let (key, message) = (key(direction, e.from, e.to, e.frame.step.hash()), e.frame.meta.name);
        let start = self.table.partition_point(|k| k.key < key);
        let found = self.table[start..].iter().take_while(|k| k.key == key).find(|k| k.message == message);
        match found {
            Some(known) => known.todo,
            None => {
                let step = e.frame.step.label();
                Todo {
                    rules: self.rules_for(direction, e.from, e.to, &step, message, e.frame.meta.kind),
                    looks: self.looks_for(direction, e.from, e.to, &step, message),
                    layout: Layout::of(e, self.field),
                }
            }
        }
    }
    /// Whether it needs the frames of an older session.
    #[must_use]
    pub fn needs_older(&self) -> bool {
        self.older
    }
    /// What the coalition learns if it sees what it must not.
    #[must_use]
    pub fn tells(&self) -> Option<&str> {
        self.tells.as_deref()
    }
    /// What it means that honest parties accept.
    #[must_use]
    pub fn acceptance(&self) -> Option<&str> {
        self.acceptance.as_deref()
    }
    /// What puppets draw instead of coins.
    #[must_use]
    pub fn draws(&self) -> &[Draw] {
        &self.draws
    }
    /// What puppets put in instead of their inputs.
    #[must_use]
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }
}

/// Why no frame of the coalition fits.
fn nothing(c: &Criterion, surface: &Surface) -> String {
    if let Some(what) = unknown(&c.step, &c.message, surface) {
        return what;
    }
    if let Some(what) = c.within.as_ref().and_then(|w| unknown(w, "", surface)) {
        return what;
    }
    let same = |p: &&Place| (c.message.is_empty() || p.message == c.message) && c.step.fits(&p.step);
    if surface.hidden.iter().any(|p| same(&p)) && !surface.places.iter().any(|p| same(&p)) {
        return "such frames travel between honest parties only: the coalition neither sends nor receives them".into();
    }
    let there: Vec<String> = surface.places.iter().filter(same).map(describe).take(4).collect();
    match there.is_empty() {
        true => "no frame of the coalition fits".into(),
        false => format!("no frame of the coalition fits; there are {}", there.join(", ")),
    }
}

/// A place in words.
pub(super) fn describe(p: &Place) -> String {
    let way = if p.direction == Direction::Sent { "sends" } else { "receives" };
    format!("`{}` in `{}` ({way}, {:?} from {} to {})", p.message, p.step, p.layout.kind, p.from, p.to)
}

/// Names that no frame of the protocol has.
pub(super) fn unknown(step: &Pattern, message: &str, surface: &Surface) -> Option<String> {
    let all = || surface.places.iter().chain(&surface.hidden);
    let steps = || all().flat_map(|p| p.step.elements().iter().map(|(name, _)| *name));
    if let Some(name) = step.names().find(|name| !steps().any(|s| s == *name)) {
        return Some(format!("there is no step `{name}`{}", suggestion(name, steps())));
    }
    if message.is_empty() || all().any(|p| p.message == message) {
        return None;
    }
    let there = all().filter(|p| step.fits(&p.step)).map(|p| p.message);
    Some(format!("there is no message `{message}`{}", suggestion(message, there)))
}

/// The check of this id among those a protocol has.
pub fn check_named(id: &str, checks: &[&'static Check]) -> Result<&'static Check, StrategyError> {
    let missing = || format!("there is no check `{id}`{}", suggestion(id, checks.iter().map(|c| c.id)));
    let found = checks.iter().copied().find(|c| c.id == id);
    found.ok_or_else(|| StrategyError::new("expect.check", missing()))
}

impl CompiledAct {
    pub(super) fn replay(r: &super::language::Replay, look: Option<usize>) -> Result<Self, String> {
        let whole = r.part == Part::Frame;
        Ok(match (r.session, look) {
            (WhichSession::Older, _) => {
                let step = if r.step.is_empty() { None } else { Some(Pattern::parse(&r.step)?) };
                Self::ReplayOlder { step, message: r.message.clone(), from: r.from.map(PartyId::new), whole }
            }
            (WhichSession::This, Some(look)) => Self::ReplayKnown { look, whole },
            (WhichSession::This, None) => Self::ReplayLast { whole },
        })
    }
}

//! Small strategies drawn at random over what there is to attack: a search tries many of them.

use protocols::Tape;
use transport::{Kind, PartyId};

use super::builder::{receives, sends};
use super::language::{Act, Copied, Direction, Items, Part, Replay, Rule, Strategy, WhichSession};
use super::surface::{Place, Surface};

/// The most rules of such a strategy.
pub const MOST: u64 = 3;

/// A strategy of one to three rules, each about messages that the coalition sends or receives. Not every one makes sense
/// there: [`super::Compiled`] tells.
#[must_use]
pub fn random(surface: &Surface, id: &str, tape: &Tape) -> Strategy {
    let corrupt: Vec<usize> = surface.corrupt.iter().map(PartyId::index).collect();
    let strategy = Strategy::new(id, surface.parties, &corrupt)
        .described("found by search", "changes frames of the coalition: found among small strategies drawn at random")
        .harmless("no honest party may accept what it leads to");
    let count = 1 + tape.uniform(MOST);
    (0..count).fold(strategy, |strategy, _| match pick(&surface.places, tape) {
        Some(place) => add(strategy, place, surface, tape),
        None => strategy,
    })
}

fn pick<'a, T>(all: &'a [T], tape: &Tape) -> Option<&'a T> {
    all.get(usize::try_from(tape.uniform(all.len().max(1) as u64)).ok()?)
}

fn one_in(count: u64, tape: &Tape) -> bool {
    tape.uniform(count) == 0
}

/// One rule more about frames like these; or two, by which everyone goes on with the same wrong value.
fn add(strategy: Strategy, place: &Place, surface: &Surface, tape: &Tape) -> Strategy {
    let step = if one_in(2, tape) { place.step.to_string() } else { last(place) };
    let items = items(place, tape);
    let honest = surface.parties - strategy.corrupt.len();
    if place.layout.field.is_some() && place.direction == Direction::Sent && one_in(4, tape) {
        let peers: Vec<usize> = (0..surface.parties).filter(|p| !strategy.corrupt.contains(p)).collect();
        let peer = pick(&peers, tape).copied().unwrap_or(0);
        return strategy.shifts(&step, place.message, items, peer, &constant(tape));
    }
    let rule = match place.direction {
        Direction::Sent => sends(&step, place.message),
        Direction::Received => receives(&step, place.message),
    };
    let (puppet, other) = match place.direction {
        Direction::Sent => (place.from, place.to),
        Direction::Received => (place.to, place.from),
    };
    // Towards one honest party it is a different attack than towards all.
    let mut rule =
        if other != PartyId::IDEAL && honest > 1 && one_in(2, tape) { rule.peer(other.index()) } else { rule };
    if strategy.corrupt.len() > 1 && one_in(2, tape) {
        rule = if place.direction == Direction::Sent { rule.from(puppet.index()) } else { rule.to(puppet.index()) };
    }
    if place.frames > 1 && one_in(3, tape) {
        rule = rule.nth(tape.uniform(place.frames as u64));
    }
    let act = if one_in(4, tape) { of_frame(place, surface, tape) } else { of_items(place, surface, tape) };
    let rule = Rule { on: rule.items(items).on, acts: vec![act] };
    strategy.rule(rule)
}

/// The last element of a step, whichever repetition of it.
fn last(place: &Place) -> String {
    place.step.elements().last().map_or_else(String::new, |(name, _)| (*name).to_owned())
}

fn items(place: &Place, tape: &Tape) -> Items {
    match tape.uniform(3) {
        0 => Items::List(vec![0]),
        1 => Items::List(vec![usize::try_from(tape.uniform(place.items.clamp(1, 64) as u64)).unwrap_or(0)]),
        _ => Items::All,
    }
}

fn constant(tape: &Tape) -> String {
    ["1", "-1", "2", "7"][tape.uniform(4) as usize].to_owned()
}

fn of_items(place: &Place, surface: &Surface, tape: &Tape) -> Act {
    let heard = surface.places.iter().any(|p| p.direction == Direction::Received && p.message == place.message);
    let theirs = format!("'{}', '{}', item", last(place), place.message);
    let plain = |tape: &Tape| match tape.uniform(5) {
        0 => Act::Zero,
        1 => Act::Random,
        2 => Act::Complement,
        3 => Act::Flip(tape.uniform(8) as usize),
        _ => Act::Copy(Copied::default()),
    };
    if place.layout.kind == Kind::Points && one_in(2, tape) {
        return [Act::Identity, Act::SmallOrder, Act::Generator, Act::OtherPoint][tape.uniform(4) as usize].clone();
    }
    if place.layout.field.is_none() {
        return plain(tape);
    }
    match tape.uniform(8) {
        0..=2 => Act::Add(constant(tape)),
        3 => Act::Multiply(constant(tape)),
        4 if heard => Act::Set(format!("{} - total({theirs})", tape.uniform(8))),
        5 if heard => Act::Add(format!("seen({theirs})")),
        6 => Act::Negate,
        _ => plain(tape),
    }
}

fn of_frame(place: &Place, surface: &Surface, tape: &Tape) -> Act {
    let sent = place.direction == Direction::Sent;
    match tape.uniform(15) {
        0 => Act::Drop,
        1 => Act::Duplicate,
        2 => Act::Truncate(1),
        3 => Act::Extend(1),
        4 => Act::Length(1),
        5 => Act::Length(-1),
        6 => Act::Empty,
        7 => Act::Swap([0, 1]),
        8 => Act::Retag,
        9 => Act::Silent,
        10 if sent => Act::Delay,
        11 if sent => Act::Redirect(tape.uniform(surface.parties as u64) as usize),
        12 => Act::Replay(Replay::default()),
        13 if sent => Act::Restart,
        _ => Act::Replay(Replay { session: WhichSession::Older, part: Part::Content, ..Replay::default() }),
    }
}

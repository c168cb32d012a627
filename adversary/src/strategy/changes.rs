//! What an act does to a frame.

use field::Field;
use protocols::Tape;
use transport::PartyId;

use super::compile::{CompiledAct, CompiledRule, describe};
use super::formula::Here;
use super::language::Items;
use super::surface::Place;
use super::validate::{LONGEST_FRAME, MOST_COPIES, StrategyError};
use crate::fields::FieldId;
use crate::items::{self, Layout};
use crate::with_field;

/// A frame while rules work on it.
pub(super) struct Flight {
    pub to: PartyId,
    pub tag: u64,
    pub body: Vec<u8>,
    /// How often it will be delivered.
    pub copies: usize,
    /// Whether something was not done because it would have become too long or come too often.
    pub full: bool,
}

impl Flight {
    /// Whether so many bytes more can be put in.
    fn takes(&mut self, more: usize) -> bool {
        let fits = more <= LONGEST_FRAME.saturating_sub(self.body.len());
        self.full |= !fits;
        fits
    }
    fn extend(&mut self, more: usize) {
        if self.takes(more) {
            self.body.resize(self.body.len() + more, 0);
        }
    }
}

/// That the rules about a place, all together, make no frame there too long: as far as that is known before a run.
/// Those about an n-th frame only need not meet in one. `mask` tells which of all rules they are.
pub(super) fn bounded(place: &Place, mask: u64, rules: &[CompiledRule]) -> Result<(), StrategyError> {
    let (mut always, mut once) = (0usize, 0);
    for (i, rule) in rules.iter().enumerate().filter(|(i, _)| mask >> i & 1 == 1) {
        let more = rule.acts.iter().map(|act| put_in(act, &place.layout)).fold(0, usize::saturating_add);
        match rule.nth {
            None => always = always.saturating_add(more),
            Some(_) => once = more.max(once),
        }
        if always.saturating_add(once) > LONGEST_FRAME {
            let what = format!("more than {LONGEST_FRAME} bytes are put into one frame: {}", describe(place));
            return Err(StrategyError::new(format!("rules[{i}].do"), what));
        }
    }
    Ok(())
}

/// The bytes that an act puts in.
fn put_in(act: &CompiledAct, layout: &Layout) -> usize {
    match act {
        CompiledAct::Length(k) => usize::try_from(*k).unwrap_or(0).saturating_mul(layout.width),
        CompiledAct::Extend(k) => *k,
        _ => 0,
    }
}

/// Calls `f` with every chosen position below `count`.
pub(super) fn each(items: &Items, count: usize, mut f: impl FnMut(usize)) {
    match items {
        Items::All => (0..count).for_each(f),
        Items::List(list) => list.iter().copied().filter(|k| *k < count).for_each(f),
        Items::Range(r) => {
            let end = r.to.map_or(count, |to| to.min(count));
            (r.from..end).step_by(r.step).for_each(&mut f);
        }
    }
}

/// Changes every chosen item for which there is an answer.
pub(super) fn each_item(flight: &mut Flight, layout: &Layout, items: &Items, mut f: impl FnMut(usize, &mut [u8])) {
    let count = layout.count(&flight.body);
    each(items, count, |k| {
        if let Some(item) = layout.item_mut(&mut flight.body, k) {
            f(k, item);
        }
    });
}

/// Acts on items that need no knowledge; `false` if this is none.
pub(super) fn plain(act: &CompiledAct, flight: &mut Flight, layout: &Layout, chosen: &Items) -> bool {
    match act {
        CompiledAct::Negate => each_item(flight, layout, chosen, |_, item| {
            if let Some(field) = layout.field {
                items::negate(field, item);
            }
        }),
        CompiledAct::Zero => each_item(flight, layout, chosen, |_, item| item.fill(0)),
        CompiledAct::Complement => each_item(flight, layout, chosen, |_, item| items::complement(item)),
        CompiledAct::Flip(bit) => each_item(flight, layout, chosen, |_, item| {
            if let Some(byte) = item.get_mut(bit / 8) {
                *byte ^= 1 << (bit % 8);
            }
        }),
        CompiledAct::NotCanonical => each_item(flight, layout, chosen, |_, item| {
            items::not_canonical(layout.field, item);
        }),
        CompiledAct::Point(change) => each_item(flight, layout, chosen, |_, item| {
            items::point(*change, item);
        }),
        CompiledAct::Length(k) if *k >= 0 => flight.extend(put_in(act, layout)),
        CompiledAct::Length(k) => {
            let less = (k.unsigned_abs() as usize).saturating_mul(layout.width);
            let left = flight.body.len().saturating_sub(less);
            flight.body.truncate(left.max(layout.head));
        }
        CompiledAct::Empty => flight.body.truncate(layout.head),
        CompiledAct::Permute(order) => permute(flight, layout, order),
        CompiledAct::DuplicateItem(k) => {
            let item = layout.item(&flight.body, *k).map(<[u8]>::to_vec);
            if let Some(item) = item.filter(|item| flight.takes(item.len())) {
                let at = layout.head + k * layout.width;
                flight.body.splice(at..at, item);
            }
        }
        CompiledAct::Swap([i, j]) => {
            let count = layout.count(&flight.body);
            if *i < count && *j < count {
                let [i, j] = [i, j].map(|k| layout.head + k * layout.width);
                (0..layout.width).for_each(|b| flight.body.swap(i + b, j + b));
            }
        }
        CompiledAct::Drop => flight.copies = 0,
        CompiledAct::Duplicate if 2 * flight.copies > MOST_COPIES => flight.full = true,
        CompiledAct::Duplicate => flight.copies *= 2,
        CompiledAct::Redirect(p) => flight.to = *p,
        CompiledAct::Truncate(k) => {
            let left = flight.body.len().saturating_sub(*k);
            flight.body.truncate(left);
        }
        CompiledAct::Extend(k) => flight.extend(*k),
        CompiledAct::Retag => flight.tag ^= 1 << 17,
        _ => return false,
    }
    true
}

/// Puts these items first; nothing if one of them is missing.
fn permute(flight: &mut Flight, layout: &Layout, order: &[usize]) {
    let count = layout.count(&flight.body);
    if order.iter().any(|k| *k >= count) {
        return;
    }
    let rest = (0..count).filter(|k| !order.contains(k));
    let items = order.iter().copied().chain(rest).filter_map(|k| layout.item(&flight.body, k));
    let body: Vec<u8> = flight.body[..layout.head].iter().chain(items.flatten()).copied().collect();
    flight.body = body;
}

/// Draws every chosen item from the adversary's tape.
pub(super) fn random(tape: &Tape, flight: &mut Flight, layout: &Layout, chosen: &Items) {
    each_item(flight, layout, chosen, |_, item| match layout.field {
        Some(field) => {
            with_field!(field, F => {
                if let Ok(x) = tape.element::<F>() {
                    x.write(item);
                }
            });
        }
        None => {
            let mut bytes = vec![0; item.len()];
            if tape.bytes(&mut bytes).is_ok() {
                item.copy_from_slice(&bytes);
            }
        }
    });
}

/// Adds, multiplies or sets. `here` is what is known about an item of this field, for its position and value.
pub(super) fn arithmetic<'a, F: Field>(
    act: &CompiledAct,
    flight: &mut Flight,
    layout: &Layout,
    chosen: &Items,
    here: impl Fn(FieldId, usize, F) -> Here<'a, F>,
) {
    let Some(field) = layout.field else { return };
    each_item(flight, layout, chosen, |k, item| {
        items::update::<F>(item, |x| {
            let of = |formula| here(field, k, x).eval(formula);
            match act {
                CompiledAct::Add(f) => Some(x + of(f)?),
                CompiledAct::Multiply(f) => Some(x * of(f)?),
                CompiledAct::Set(f) => of(f),
                _ => None,
            }
        });
    });
}

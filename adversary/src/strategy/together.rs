//! What several rules make of one frame.
//!
//! A minimal strategy has no rule that could be left out. So a rule is needless if some of the rules, this one among
//! them, can be left out together and the same is delivered: rules that undo each other, whatever others do to the same
//! items, and rules that repeat each other, of which then none counts. Of more than [`MOST_TOGETHER`] rules about the
//! same items nobody tells all of that, so none of them counts either.

use super::compile::{CompiledAct, CompiledRule};
use super::language::Items;
use super::validate::MOST_TOGETHER;

/// What one rule did to a frame.
pub(super) struct Step {
    pub rule: usize,
    /// The bytes that it changed, a bit each; `None` if there are more or fewer of them now.
    pub bytes: Option<Vec<u64>>,
    /// Whether it changed more than the payload.
    pub more: bool,
}

/// The bytes that differ, a bit each: of long frames many steps would else be more than there is memory for.
pub(super) fn changed(before: &[u8], after: &[u8]) -> Option<Vec<u64>> {
    let word = |(b, a): (&[u8], &[u8])| b.iter().zip(a).rev().fold(0u64, |word, (b, a)| word << 1 | u64::from(b != a));
    (before.len() == after.len()).then(|| before.chunks(64).zip(after.chunks(64)).map(word).collect())
}

/// Whether some byte that this step changed arrived different from how it was made.
pub(super) fn survives(step: &Step, original: &[u8], delivered: &[u8]) -> bool {
    let Some(bytes) = &step.bytes else { return original != delivered };
    let differs = |i: usize| original.get(i) != delivered.get(i);
    let words = bytes.iter().enumerate().filter(|(_, word)| **word != 0);
    words.into_iter().any(|(w, word)| (0..64).any(|b| word >> b & 1 == 1 && differs(64 * w + b)))
}

/// The needless ones of the rules that changed something, a bit each. `met` are the rules that worked on one frame,
/// for every such frame; `same_without` runs the strategy without some rules.
pub(super) fn needless(
    rules: &[CompiledRule],
    met: &[u64],
    changed: u64,
    mut same_without: impl FnMut(u64) -> bool,
) -> u64 {
    let mut needless = 0;
    for group in groups(rules, met) {
        let group = group & changed;
        if group.count_ones() > MOST_TOGETHER {
            needless |= group;
            continue;
        }
        let mut part = group;
        while part != 0 {
            if part & !needless != 0 && same_without(part) {
                needless |= part;
            }
            part = (part - 1) & group;
        }
    }
    needless
}

/// The rules that worked on the same items of a frame, with those that did so with one of them.
fn groups(rules: &[CompiledRule], met: &[u64]) -> Vec<u64> {
    let mut groups: Vec<u64> = Vec::new();
    for mask in met {
        let all: Vec<usize> = (0..rules.len()).filter(|i| mask >> i & 1 == 1).collect();
        for (k, i) in all.iter().enumerate() {
            for j in all[..k].iter().filter(|j| meet(&rules[*i], &rules[**j])) {
                let mut group = 1u64 << i | 1 << j;
                groups.retain(|other| {
                    let apart = other & group == 0;
                    group |= if apart { 0 } else { *other };
                    apart
                });
                groups.push(group);
            }
        }
    }
    groups
}

/// Whether two rules may work on the same item of a frame.
fn meet(a: &CompiledRule, b: &CompiledRule) -> bool {
    let more = |rule: &CompiledRule| !rule.acts.iter().all(on_items);
    more(a) || more(b) || overlap(&a.items, &b.items)
}

/// Whether an act changes the chosen items only, each by itself.
fn on_items(act: &CompiledAct) -> bool {
    use CompiledAct as A;
    matches!(act, A::Add(_) | A::Multiply(_) | A::Set(_) | A::Negate | A::Zero | A::Random | A::Complement | A::Flip(_))
        || matches!(act, A::NotCanonical | A::Point(_) | A::Copy { .. })
}

/// Whether both may choose the same item.
fn overlap(a: &Items, b: &Items) -> bool {
    match (a, b) {
        (Items::All, _) | (_, Items::All) => true,
        (Items::List(list), other) | (other, Items::List(list)) => list.iter().any(|k| other.contains(*k)),
        (Items::Range(a), Items::Range(b)) => {
            let apart = a.to.is_some_and(|to| to <= b.from) || b.to.is_some_and(|to| to <= a.from);
            let alternating = a.step == b.step && a.from % a.step != b.from % b.step;
            !apart && !alternating
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::language::Range;
    use super::*;

    fn rule(items: Items, act: CompiledAct) -> CompiledRule {
        CompiledRule { nth: None, items, acts: vec![act] }
    }

    #[test]
    fn rules_about_other_items_are_apart() {
        let list = |k| Items::List(vec![k]);
        let range = |from, step| Items::Range(Range { from, to: None, step });
        let zero = |items| rule(items, CompiledAct::Zero);
        let rules = [zero(list(0)), zero(list(1)), zero(range(0, 2)), zero(range(1, 2)), zero(list(3))];
        let mut found = groups(&rules, &[0b11111]);
        found.sort_unstable();
        assert_eq!(found, [0b00101, 0b11010]);
        // Only those that met in some frame; and what is done to the whole frame meets everything.
        assert_eq!(groups(&rules, &[0b00110, 0b01001, 0b00101]), [0b00101]);
        let dropped = [zero(list(0)), zero(list(1)), rule(Items::All, CompiledAct::Drop)];
        assert_eq!(groups(&dropped, &[0b111]), [0b111]);
    }

    #[test]
    fn what_can_be_left_out_together_is_needless() {
        let rules: Vec<_> = (0..9).map(|_| rule(Items::All, CompiledAct::Zero)).collect();
        // Rules that add these numbers to one item.
        let adding = |numbers: &[i32]| {
            let all = (1 << numbers.len()) - 1;
            let sum = |mask: u64| (0..numbers.len()).filter(|k| mask >> k & 1 == 1).map(|k| numbers[k]).sum::<i32>();
            needless(&rules, &[all], all, |without| sum(all & !without) == sum(all))
        };
        assert_eq!(adding(&[3, -3, 1]), 0b011);
        assert_eq!(adding(&[1, 1, 5, -2]), 0b1011);
        assert_eq!(adding(&[1, 2]), 0);
        assert_eq!((adding(&[1; 8]), adding(&[1; 9])), (0, 0b1_1111_1111), "so many are not told apart");
        // Of two that repeat each other each can be left out.
        assert_eq!(needless(&rules, &[0b11], 0b11, |without| without != 0b11), 0b11);
    }
}

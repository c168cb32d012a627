//! Makes a strategy as small as it can be while it still does what is interesting about it: fewer rules, fewer acts, fewer
//! conditions, simpler expressions. Delta debugging: halves are left or taken away first, then smaller parts, until no
//! single simplification is left that keeps it interesting, or as many as may be have been tried.

use super::expression::{Expr, Look};
use super::language::{Act, Frames, Items, Rule, Strategy};
use super::parse::parse;

/// Shrinks a strategy for as long as `interesting` says yes, trying at most `tries` candidates. What is returned was
/// interesting, provided that the strategy itself was; the same strategy and the same answers give the same result.
pub fn shrink(strategy: &Strategy, tries: usize, mut interesting: impl FnMut(&Strategy) -> bool) -> Strategy {
    let (mut best, mut left) = (strategy.clone(), tries);
    let mut keeps = |candidate: &Strategy| {
        left = left.saturating_sub(1);
        left > 0 && candidate.validate().is_ok() && interesting(candidate)
    };
    loop {
        let before = best.clone();
        lists(&mut best, &mut keeps);
        pairs(&mut best, &mut keeps);
        let next = |best: &Strategy, keeps: &mut dyn FnMut(&Strategy) -> bool| {
            let candidate = |step: Step| {
                let mut simpler = best.clone();
                step(&mut simpler);
                tidy(simpler)
            };
            simpler(best).into_iter().map(candidate).find(|c| c != best && keeps(c))
        };
        while let Some(simpler) = next(&best, &mut keeps) {
            best = simpler;
        }
        if best == before {
            return best;
        }
    }
}

/// A strategy without the names that nothing uses.
fn tidy(mut s: Strategy) -> Strategy {
    loop {
        let texts =
            s.rules.iter().flat_map(|r| &r.acts).filter_map(expression).chain(s.lets.values().map(String::as_str));
        let used: Vec<String> = texts.filter_map(|t| parse(t).ok()).flat_map(|e| names(&e)).collect();
        let before = s.lets.len();
        s.lets.retain(|name, _| used.contains(name));
        if s.lets.len() == before {
            return s;
        }
    }
}

fn names(expr: &Expr) -> Vec<String> {
    match expr {
        Expr::Name(name) => vec![name.clone()],
        other => other.parts().into_iter().flat_map(names).collect(),
    }
}

fn expression(act: &Act) -> Option<&str> {
    match act {
        Act::Add(e) | Act::Multiply(e) | Act::Set(e) => Some(e),
        _ => None,
    }
}

/// Rules so many that taking away any two of them is tried.
const PAIRED: usize = 16;

/// Takes away two rules at once, which may only make sense together.
fn pairs(best: &mut Strategy, keeps: &mut impl FnMut(&Strategy) -> bool) {
    let smaller = |best: &Strategy, keeps: &mut dyn FnMut(&Strategy) -> bool| {
        let count = best.rules.len();
        let all = (1..count).flat_map(|second| (0..second).map(move |first| (first, second)));
        let without = |(first, second): (usize, usize)| {
            let mut candidate = best.clone();
            candidate.rules.remove(second);
            candidate.rules.remove(first);
            tidy(candidate)
        };
        all.filter(|_| count <= PAIRED).map(without).find(|c| keeps(c))
    };
    while let Some(candidate) = smaller(best, keeps) {
        *best = candidate;
    }
}

/// Leaves one run of rules only, or takes away runs of rules, loaded coins and inputs, from halves down to single ones.
fn lists(best: &mut Strategy, keeps: &mut impl FnMut(&Strategy) -> bool) {
    type Shorten = fn(&mut Strategy, usize, usize) -> usize;
    let all: [Shorten; 3] = [
        |s, at, len| cut(&mut s.rules, at, len),
        |s, at, len| cut(&mut s.tape, at, len),
        |s, at, len| cut(&mut s.inputs, at, len),
    ];
    for shorten in all {
        let length = |s: &Strategy| shorten(&mut s.clone(), usize::MAX, 0);
        let mut part = length(best).div_ceil(2);
        while part > 0 {
            let only = |at: usize| {
                let mut candidate = best.clone();
                shorten(&mut candidate, at + part, usize::MAX);
                shorten(&mut candidate, 0, at);
                tidy(candidate)
            };
            let parts = (0..length(best)).step_by(part).filter(|_| part < length(best));
            if let Some(candidate) = parts.map(only).find(|c| keeps(c)) {
                *best = candidate;
                part = length(best).div_ceil(2);
                continue;
            }
            let mut at = 0;
            while at < length(best) {
                let mut candidate = best.clone();
                shorten(&mut candidate, at, part);
                let candidate = tidy(candidate);
                if keeps(&candidate) {
                    *best = candidate;
                } else {
                    at += part;
                }
            }
            part /= 2;
        }
    }
}

/// Takes `len` items from `at` on away; how many there were.
fn cut<T>(list: &mut Vec<T>, at: usize, len: usize) -> usize {
    let count = list.len();
    let start = at.min(count);
    list.drain(start..start.saturating_add(len).min(count));
    count
}

/// What makes a strategy one step simpler: so little that there is room for all steps of a large one.
type Step = Box<dyn Fn(&mut Strategy)>;

/// Every step to a simpler one, the most promising first.
fn simpler(s: &Strategy) -> Vec<Step> {
    let mut all: Vec<Step> = Vec::new();
    for (i, rule) in s.rules.iter().enumerate() {
        for k in 0..rule.acts.len() {
            if rule.acts.len() > 1 {
                all.push(Box::new(move |c| drop(c.rules[i].acts.remove(k))));
            }
            for act in simpler_acts(&rule.acts[k]) {
                all.push(Box::new(move |c| c.rules[i].acts[k] = act.clone()));
            }
        }
        for on in simpler_frames(rule) {
            all.push(Box::new(move |c| c.rules[i].on = on.clone()));
        }
    }
    for (name, meaning) in &s.lets {
        for simpler in simpler_texts(meaning) {
            let name = name.clone();
            all.push(Box::new(move |c| drop(c.lets.insert(name.clone(), simpler.clone()))));
        }
    }
    for (i, half) in s.tape.iter().enumerate().filter(|(_, d)| d.value != 0).map(|(i, d)| (i, d.value / 2)) {
        all.push(Box::new(move |c| c.tape[i].value = half));
    }
    if !s.rushing {
        all.push(Box::new(|c| c.rushing = true));
    }
    all
}

/// The same rule with one condition less or fewer items.
fn simpler_frames(rule: &Rule) -> Vec<Frames> {
    let on = &rule.on;
    let mut all = Vec::new();
    let mut with = |needed: bool, change: &dyn Fn(&mut Frames)| {
        if needed {
            let mut candidate = on.clone();
            change(&mut candidate);
            all.push(candidate);
        }
    };
    with(!on.within.is_empty(), &|on| on.within.clear());
    with(on.kind.is_some(), &|on| on.kind = None);
    with(on.nth.is_some(), &|on| on.nth = None);
    with(on.peer.is_some(), &|on| on.peer = None);
    with(on.to.is_some(), &|on| on.to = None);
    with(on.from.is_some(), &|on| on.from = None);
    // `a/b` says more than `b`.
    if let Some((_, last)) = on.step.split_once('/') {
        with(!last.is_empty(), &|on| on.step = last.to_owned());
    }
    if let Items::List(list) = &on.items {
        for k in 0..list.len() {
            with(list.len() > 1, &|on| {
                let mut fewer = list.clone();
                fewer.remove(k);
                on.items = Items::List(fewer);
            });
        }
    } else {
        with(true, &|on| on.items = Items::List(vec![0]));
    }
    all
}

fn simpler_acts(act: &Act) -> Vec<Act> {
    match act {
        Act::Add(e) => simpler_texts(e).into_iter().map(Act::Add).collect(),
        Act::Multiply(e) => simpler_texts(e).into_iter().map(Act::Multiply).collect(),
        Act::Set(e) => simpler_texts(e).into_iter().map(Act::Set).collect(),
        Act::Length(k) if k.unsigned_abs() > 1 => vec![Act::Length(k / 2)],
        Act::Truncate(k) if *k > 1 => vec![Act::Truncate(k / 2)],
        Act::Extend(k) if *k > 1 => vec![Act::Extend(k / 2)],
        Act::Flip(k) if *k > 0 => vec![Act::Flip(k / 2)],
        _ => Vec::new(),
    }
}

/// Simpler expressions: a constant, a part of it, one of its parts simpler.
fn simpler_texts(text: &str) -> Vec<String> {
    let Ok(expr) = parse(text) else { return Vec::new() };
    let mut all: Vec<Expr> = Vec::new();
    for constant in [0, 1].map(Expr::Integer) {
        if weight(&constant) < weight(&expr) {
            all.push(constant);
        }
    }
    all.extend(simpler_expressions(&expr));
    all.iter().filter(|e| weight(e) < weight(&expr)).map(ToString::to_string).collect()
}

fn simpler_expressions(expr: &Expr) -> Vec<Expr> {
    let mut all: Vec<Expr> = expr.parts().into_iter().filter(|e| !is_list(e)).cloned().collect();
    let boxed = |e: &Expr| simpler_expressions(e).into_iter().map(Box::new);
    match expr {
        Expr::Integer(v) if *v > 1 => all.push(Expr::Integer(v / 2)),
        Expr::Negate(x) => all.extend(boxed(x).map(Expr::Negate)),
        Expr::Power(x, k) => {
            all.extend((*k > 1).then(|| Expr::Power(x.clone(), k - 1)));
            all.extend(boxed(x).map(|x| Expr::Power(x, *k)));
        }
        Expr::Binary(operation, x, y) => {
            all.extend(boxed(x).map(|x| Expr::Binary(*operation, x, y.clone())));
            all.extend(boxed(y).map(|y| Expr::Binary(*operation, x.clone(), y)));
        }
        Expr::Dot(x, y) => all.extend([x, y].into_iter().flat_map(|list| elements(list))),
        Expr::Sum(x) => all.extend(elements(x)),
        _ => {}
    }
    all
}

fn is_list(expr: &Expr) -> bool {
    matches!(expr, Expr::List(_)) || matches!(expr, Expr::Look(look) if look.item.is_none())
}

/// Single values that may stand for a list.
fn elements(list: &Expr) -> Vec<Expr> {
    match list {
        Expr::List(items) => items.clone(),
        Expr::Look(look) => vec![Expr::Look(Look { item: Some(Box::new(Expr::Integer(0))), ..look.clone() })],
        _ => Vec::new(),
    }
}

/// How much there is in an expression: what shrinks always gets lighter, so shrinking ends.
fn weight(expr: &Expr) -> u64 {
    let own = match expr {
        Expr::Integer(v) => 1 + u64::from(64 - v.leading_zeros()),
        Expr::Name(_) => 70,
        Expr::Power(_, k) => 1 + u64::from(*k),
        Expr::Look(_) => 80,
        _ => 1,
    };
    own + expr.parts().into_iter().map(weight).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::super::builder::sends;
    use super::*;

    #[test]
    fn only_what_matters_is_left() {
        let strategy = (0..10)
            .fold(Strategy::new("s", 3, &[1, 2]), |s, k| s.rule(sends("a", "m").to(0).item(k).adds("2 * item + guess")))
            .rule(
                sends("x/y/open", "share").within("x").nth(3).multiplies("guess").adds("(3 - item) * 4").act(Act::Drop),
            )
            .with("guess", "uniform")
            .harmless("a test");
        // Interesting: something is dropped in `open`.
        let mut tried = 0;
        let shrunk = shrink(&strategy, 1000, |s| {
            tried += 1;
            s.rules.iter().any(|r| r.on.step.ends_with("open") && r.acts.contains(&Act::Drop))
        });
        let smallest =
            Strategy::new("s", 3, &[1, 2]).rule(sends("open", "share").item(0).act(Act::Drop)).harmless("a test");
        assert_eq!(shrunk, smallest, "{}", shrunk.to_json());
        assert!(tried < 100, "{tried}");
    }

    /// Two rules at either end of many, and two that only go together with others between them.
    #[test]
    fn rules_that_are_far_from_each_other_are_left_or_go_together() {
        let of = |rules: &[u64]| {
            let rule = |s: Strategy, k: &u64| s.rule(sends("a", "m").to(0).item(0).adds(&k.to_string()));
            rules.iter().fold(Strategy::new("s", 2, &[1]), rule).harmless("a test")
        };
        let has = |s: &Strategy, k: u64| s.rules.iter().any(|r| r.acts == [Act::Add(k.to_string())]);
        let all: Vec<u64> = (100..164).collect();
        let mut tried = 0;
        let shrunk = shrink(&of(&all), 1000, |s| {
            tried += 1;
            has(s, 100) && has(s, 163)
        });
        assert!(shrunk.rules.len() == 2 && tried < 400, "{tried}: {}", shrunk.to_json());
        let together = shrink(&of(&[1, 2, 1, 2]), 1000, |s| {
            let count = |k: u64| s.rules.iter().filter(|r| r.acts == [Act::Add(k.to_string())]).count();
            count(1) == count(2) && count(1) > 0
        });
        assert_eq!(together.rules.len(), 2);
        let apart = shrink(&of(&[1, 1, 2, 2]), 1000, |s| {
            let count = |k: u64| s.rules.iter().filter(|r| r.acts == [Act::Add(k.to_string())]).count();
            count(1) == count(2) && count(1) > 0
        });
        assert_eq!(apart.rules.len(), 2);
    }

    #[test]
    fn expressions_become_lighter_and_stay_interesting() {
        let with = |e: &str| Strategy::new("s", 2, &[1]).rule(sends("a", "m").item(0).adds(e)).harmless("a test");
        let mentions =
            |s: &Strategy| s.rules.first().is_some_and(|r| matches!(&r.acts[0], Act::Add(e) if e.contains("coin")));
        let shrunk = shrink(&with("7 * dot(coin('c'), [1, 2]) - -(item^3)"), 1000, mentions);
        assert_eq!(shrunk, with("coin('c', 0)"));
    }

    #[test]
    fn a_budget_is_kept() {
        let strategy =
            (0..40).fold(Strategy::new("s", 2, &[1]), |s, _| s.rule(sends("a", "m").adds("99"))).harmless("a test");
        let mut tried = 0;
        let shrunk = shrink(&strategy, 5, |s| {
            tried += 1;
            !s.rules.is_empty()
        });
        assert!(tried <= 5 && !shrunk.rules.is_empty());
    }
}

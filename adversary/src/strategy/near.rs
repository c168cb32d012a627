//! Names that a mistyped one may have meant.

/// How many suggestions a message makes.
const SUGGESTIONS: usize = 3;

/// How many letters have to be put in, left out or replaced to get from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

/// `: did you mean …?` with the known names closest to this one, or all there are if none is close; empty if there are
/// none.
#[must_use]
pub fn suggestion<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let mut known: Vec<&str> = known.into_iter().filter(|k| !k.is_empty()).collect();
    known.sort_unstable();
    known.dedup();
    let mut close: Vec<(usize, &str)> = known.iter().map(|k| (distance(name, k), *k)).collect();
    close.retain(|(d, k)| *d <= 1 + k.chars().count().min(name.chars().count()) / 3);
    close.sort_unstable();
    close.truncate(SUGGESTIONS);
    let quoted = |names: &mut dyn Iterator<Item = &str>| names.map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
    match (close.is_empty(), known.is_empty()) {
        (false, _) => format!(": did you mean {}?", quoted(&mut close.iter().map(|(_, k)| *k))),
        (true, false) => format!(": there are {}", quoted(&mut known.iter().copied())),
        (true, true) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_names_are_suggested_and_otherwise_all() {
        assert_eq!(distance("sigma", "sgima"), 2);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(suggestion("sgima", ["sigma", "coin"]), ": did you mean `sigma`?");
        assert_eq!(suggestion("other", ["sigma", "coin", "coin"]), ": there are `coin`, `sigma`");
        assert_eq!(suggestion("x", []), "");
    }
}

//! Tables of text with aligned columns.

/// How a column is aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers with the same number of digits after the point.
    Right,
}

/// Lines of cells under a heading, every column as wide as its widest cell. Control characters become `�`, so that no
/// cell can steer a terminal.
#[must_use]
pub fn render(heading: &[(&str, Align)], rows: &[Vec<String>]) -> String {
    let clean = |cell: &str| -> String { cell.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect() };
    let head: Vec<String> = heading.iter().map(|(name, _)| clean(name)).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| clean(cell)).collect()).collect();
    let width = |i: usize| rows.iter().chain([&head]).filter_map(|row| row.get(i)).map(|c| c.chars().count()).max();
    let widths: Vec<usize> = (0..heading.len()).map(|i| width(i).unwrap_or(0)).collect();

    let mut text = String::new();
    let rule: Vec<String> = widths.iter().map(|w| "─".repeat(*w)).collect();
    for row in [&head, &rule].into_iter().chain(&rows) {
        let mut line = String::new();
        for ((cell, width), (_, align)) in row.iter().zip(&widths).zip(heading) {
            let blanks = " ".repeat(width - cell.chars().count());
            let (before, after) = if *align == Align::Right { (blanks.as_str(), "") } else { ("", blanks.as_str()) };
            line.extend(["  ", before, cell, after]);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let rows = [vec!["größe".to_owned(), "1.50".to_owned()], vec!["x\u{1b}[2J".to_owned(), "-10.25".to_owned()]];
        let text = render(&[("of", Align::Left), ("value", Align::Right)], &rows);
        let expected = ["  of      value", "  ─────  ──────", "  größe    1.50", "  x\u{fffd}[2J  -10.25", ""];
        assert_eq!(text, expected.join("\n"));
    }
}

//! Tables and marks.

/// Text inside HTML.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            c => out.push(c),
        }
    }
    out
}

/// A verdict as a mark that is also a word. What is no verdict is shown without colour.
pub fn verdict(name: &str) -> String {
    let class = if matches!(name, "pass" | "fail" | "inconclusive" | "vacuous") { name } else { "none" };
    format!("<span class=\"v {class}\">{}</span>", escape(name))
}

/// A cell.
pub enum Cell {
    /// Words.
    Text(String),
    /// A name of the program's.
    Code(String),
    /// A hash or other bytes, broken anywhere.
    Hex(String),
    /// A number or a fraction.
    Number(String),
    /// A verdict.
    Verdict(String),
}

use Cell::{Code, Hex, Number, Text, Verdict};

impl Cell {
    fn html(&self, head: bool) -> String {
        let (open, close) = if head { ("<th scope=\"row\"", "</th>") } else { ("<td", "</td>") };
        match self {
            Text(t) => format!("{open}>{}{close}", escape(t)),
            Code(t) => format!("{open}><code>{}</code>{close}", escape(t)),
            Hex(t) => format!("{open}><code class=\"hex\">{}</code>{close}", escape(t)),
            Number(t) => format!("{open} class=\"n\">{}{close}", escape(t)),
            Verdict(t) => format!("{open}>{}{close}", verdict(t)),
        }
    }
}

/// Words.
pub fn text(t: impl Into<String>) -> Cell {
    Text(t.into())
}
/// A name of the program's.
pub fn code(t: impl Into<String>) -> Cell {
    Code(t.into())
}
/// A hash or other bytes.
pub fn hex(t: impl Into<String>) -> Cell {
    Hex(t.into())
}
/// A number.
pub fn number(n: u64) -> Cell {
    let digits = n.to_string();
    let mut out = String::new();
    for (k, c) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    Number(out)
}
/// A fraction.
pub fn fraction(t: &str) -> Cell {
    Number(t.to_owned())
}
/// A verdict.
pub fn judged(t: &str) -> Cell {
    Verdict(t.to_owned())
}

/// A table whose rows begin with what they are about; nothing if there is no row.
pub fn table(caption: &str, head: &[&str], rows: &[Vec<Cell>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let numeric = |k: usize| rows.iter().all(|row| matches!(row.get(k), Some(Number(_))));
    let heads: String = head
        .iter()
        .enumerate()
        .map(|(k, h)| format!("<th scope=\"col\"{}>{}</th>", if numeric(k) { " class=\"n\"" } else { "" }, escape(h)))
        .collect();
    let lines: String = rows
        .iter()
        .map(|row| {
            let cells: String = row.iter().enumerate().map(|(k, cell)| cell.html(k == 0)).collect();
            format!("<tr>{cells}</tr>\n")
        })
        .collect();
    format!(
        "<div class=\"scroll\"><table>\n<caption>{}</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{lines}</tbody>\n</table></div>\n",
        escape(caption)
    )
}

/// A list.
pub fn list(class: &str, items: &[String]) -> String {
    let items: String = items.iter().map(|i| format!("<li>{}</li>\n", escape(i))).collect();
    format!("<ul class=\"{class}\">\n{items}</ul>\n")
}

/// A part of the page; nothing if it is empty.
pub fn section(title: &str, content: &str) -> String {
    if content.is_empty() {
        return String::new();
    }
    format!("<section>\n<h2>{}</h2>\n{content}</section>\n", escape(title))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_certificate_becomes_markup() {
        let shown = table("<b>", &["\""], &[vec![text("<script>"), code("&amp;"), judged("<i>")]]);
        assert!(!shown.contains("<script") && !shown.contains("<b>") && !shown.contains("<i>"));
        assert!(shown.contains("&amp;amp;") && shown.contains("&quot;"));
        assert!(matches!(number(1_234_567), Number(n) if n == "1\u{202f}234\u{202f}567"));
    }
}

//! For people: a certificate as one page, and a run as a sequence diagram. Both are single files that fetch nothing, are
//! readable without colours, in the dark and on paper.
//!
//! | file | what it does |
//! |---|---|
//! | `html` | tables and marks |
//! | `plot` | probabilities over the order of the field |
//! | `figures` | probabilities |
//! | `beyond` | best simulators, other properties, coverage, the certifier itself |
//! | `summary` | levels and key figures |
//! | `sections` | the parts of the page |
//! | [`trace`] | one run |

mod beyond;
mod figures;
mod html;
mod plot;
mod sections;
mod summary;
pub mod trace;

use html::{escape, verdict};

use crate::certificate::Certificate;
use crate::certificate::provenance::date;

const STYLE: &str = include_str!("style.css");

/// A whole page around its content.
fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
        escape(title)
    )
}

/// The page of a certificate.
#[must_use]
pub fn render(c: &Certificate) -> String {
    let (m, d) = (&c.measured, &c.derived);
    let parties: Vec<_> = m.asked.parties.iter().map(ToString::to_string).collect();
    let levels: Vec<_> = m.asked.levels.iter().map(String::as_str).collect();
    let name = &m.protocol.name;
    let mut body = format!(
        "<header>\n<h1>{} {}</h1>\n<p>{}. Asked: {} with {} parties, tier {}. Finished {}.</p>\n</header>\n<main>\n",
        escape(name),
        verdict(&d.verdict),
        escape(&m.protocol.about),
        escape(&levels.join(" and ")),
        escape(&parties.join(" and ")),
        escape(&m.asked.tier),
        date(m.environment.finished),
    );
    for section in sections::ALL {
        body += &section(c);
    }
    body += "</main>\n";
    page(&format!("{name}: {}", d.verdict), &body)
}

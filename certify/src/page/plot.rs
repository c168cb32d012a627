//! Probabilities over the order of the field, both on logarithmic scales: the formula as a curve, what was counted as
//! marks.

use adversary::exact::At;
use num_traits::ToPrimitive;

use super::html::escape;
use crate::evidence::formula;

/// One formula and what was counted for it.
pub struct Series {
    /// The formula.
    pub formula: String,
    /// What was measured for it.
    pub marks: Vec<Mark>,
}

/// One measured value.
pub struct Mark {
    /// The order of the field.
    pub p: u64,
    /// A counted fraction, or hits of runs.
    pub value: String,
    /// Of a sample: where the probability is.
    pub interval: Option<(f64, f64)>,
    /// The figure.
    pub what: String,
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 48.0;
/// Orders of fields that the curve runs over, and that are named on the axis.
const ORDERS: [u64; 8] = [2, 3, 5, 7, 11, 31, 101, 251];
/// The smallest probability shown.
const LEAST: f64 = 0.003;
/// Kinds of lines, so that curves are told apart without colours.
const DASHES: [&str; 4] = ["", "7 4", "2 3", "10 3 2 3"];

fn x(p: f64) -> f64 {
    let (low, high) = (2f64.ln(), 251f64.ln());
    LEFT + (p.ln() - low) / (high - low) * (WIDTH - LEFT - RIGHT)
}

fn y(value: f64) -> f64 {
    let share = value.max(LEAST).ln() / LEAST.ln();
    TOP + share * (HEIGHT - TOP - BOTTOM)
}

/// The plot; nothing without a series.
pub fn plot(series: &[Series]) -> String {
    if series.is_empty() {
        return String::new();
    }
    let mut out = format!(
        "<figure>\n<svg viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" role=\"img\" aria-label=\"Counted probabilities lie on the curves of their formulas\">\n",
        height = HEIGHT + 22.0 * series.len() as f64
    );
    for value in [1.0, 0.3, 0.1, 0.03, 0.01, 0.003] {
        let at = y(value);
        out += &format!(
            "<line class=\"rule\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>\n",
            WIDTH - RIGHT,
            LEFT - 8.0,
            at + 4.0
        );
    }
    for p in ORDERS {
        let (at, foot) = (x(p as f64), HEIGHT - BOTTOM);
        out += &format!(
            "<line class=\"axis\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{foot}\" y2=\"{}\"/><text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{p}</text>\n",
            foot + 5.0,
            foot + 20.0
        );
    }
    out += &format!(
        "<text class=\"soft\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">order p of the field</text>\n",
        (LEFT + WIDTH - RIGHT) / 2.0,
        HEIGHT - 6.0
    );
    for (k, s) in series.iter().enumerate() {
        out += &curve(s, k);
    }
    out += "</svg>\n<figcaption class=\"soft\">Probability that a cheat passes. Lines: the formulas. Marks: counted over every coin of the shipped code, exact fractions; with bars: sampled, and where the probability is. Both scales are logarithmic.</figcaption>\n</figure>\n";
    out
}

fn curve(s: &Series, k: usize) -> String {
    let value = |p: u64| formula::value(&s.formula, At::Field(p)).ok().and_then(|v| v.to_f64());
    let points: Vec<String> =
        (2..=251).filter_map(|p| value(p).map(|v| format!("{:.1},{:.1}", x(p as f64), y(v)))).collect();
    let dash = DASHES[k % DASHES.len()];
    let line = |d: &str| format!("fill=\"none\" stroke=\"var(--mark)\" stroke-width=\"2\" stroke-dasharray=\"{d}\"");
    let mut out = format!("<polyline points=\"{}\" {}/>\n", points.join(" "), line(dash));
    let mut names: Vec<&str> = Vec::new();
    for m in &s.marks {
        let (above, below) = m.value.split_once('/').unwrap_or((&m.value, "1"));
        let Some(v) = above.parse::<f64>().ok().zip(below.parse::<f64>().ok()).map(|(a, b)| a / b) else { continue };
        // Counted and sampled figures of one name are one in the legend.
        let name = m.what.split(' ').next().unwrap_or_default();
        if !names.contains(&name) {
            names.push(name);
        }
        let at = x(m.p as f64);
        if let Some((low, high)) = m.interval {
            let style = "stroke=\"var(--ink)\" stroke-width=\"2\"";
            out += &format!(
                "<path d=\"M{at:.1} {:.1} V{:.1} M{:.1} {:.1} h10 M{:.1} {:.1} h10\" {style}/>\n",
                y(low),
                y(high),
                at - 5.0,
                y(low),
                at - 5.0,
                y(high)
            );
        }
        let told = format!("{}: {} at p = {}", m.what, m.value, m.p);
        out += &format!("{}<title>{}</title></g>\n", mark(k, at, y(v)), escape(&told));
    }
    let (at, shown) = (HEIGHT + 14.0 + 22.0 * k as f64, shortened(&names));
    out += &format!(
        "<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{}\" y2=\"{}\" {}/>{}</g><text x=\"{}\" y=\"{at}\">{} <tspan class=\"soft\">{}</tspan></text>\n",
        LEFT + 34.0,
        at - 4.0,
        at - 4.0,
        line(dash),
        mark(k, LEFT + 17.0, at - 4.0),
        LEFT + 44.0,
        escape(&s.formula),
        escape(&shown)
    );
    out
}

/// The first few names.
fn shortened(names: &[&str]) -> String {
    const MOST: usize = 4;
    let more = names.len().saturating_sub(MOST);
    let shown = names.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// A mark of its own for every series.
fn mark(k: usize, x: f64, y: f64) -> String {
    let style = "fill=\"var(--paper)\" stroke=\"var(--ink)\" stroke-width=\"2\"";
    match k % 3 {
        0 => format!("<g><circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\" {style}/>"),
        1 => format!("<g><rect x=\"{:.1}\" y=\"{:.1}\" width=\"9\" height=\"9\" {style}/>", x - 4.5, y - 4.5),
        _ => format!("<g><path d=\"M{x:.1} {:.1} l5.5 9.5 h-11 z\" {style}/>", y - 6.0),
    }
}

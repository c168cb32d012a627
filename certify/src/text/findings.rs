//! What should not be, in words, and how to see it again.

use adversary::Verdict;

use super::shown;
use crate::certificate::{Asked, Certificate, Measured};
use crate::evidence::Evidence;
use crate::log::Unit;

/// So much of what a row found is told.
const TOLD: usize = 10;

/// What should not be, each with a way to see it again.
#[must_use]
pub fn findings(c: &Certificate) -> String {
    let m = &c.measured;
    let of_row = |(row, verdict): (&Evidence, &str)| {
        let mut told = found_by(row, &m.protocol.name, &m.seed.root);
        let fails = verdict == Verdict::Fail.to_string();
        if fails && told.is_empty() {
            told = format!("{}: {verdict}\n", row.id());
        }
        // Runs that an attack won have commands of their own.
        let won = matches!(row, Evidence::Attack(a) if !a.won.is_empty());
        if won || told.is_empty() {
            return told;
        }
        let command = again(m, Asked { only: Some(row.key()), ..m.asked.clone() });
        let trace = if is_drawn(row) { " --trace run.html" } else { "" };
        format!("{told}  see it: {command}{trace}\n")
    };
    m.rows.iter().zip(c.derived.rows.iter().map(|r| r.verdict.as_str())).map(of_row).collect()
}

/// Whether its lines are runs that can be drawn.
fn is_drawn(row: &Evidence) -> bool {
    matches!(row, Evidence::Sweep(_) | Evidence::Honest(_))
}

/// What a line is about, if it is one run that can be drawn.
#[must_use]
pub fn one_run(row: &str, unit: &Unit) -> Option<String> {
    match unit {
        Unit::Tamper { run, at } => Some(format!("Run {run}: one frame of the coalition is changed, {at}.")),
        Unit::Honest { field, run } => Some(format!("Run {run} over {field}: everyone follows the protocol.")),
        // Rows of other kinds plan what counts many.
        Unit::Plan { run } if row.starts_with("sweep ") => Some(format!("Run {run}: everyone follows the protocol.")),
        _ => None,
    }
}

/// The command that measures the same again, or a part of it.
#[must_use]
pub fn again(m: &Measured, asked: Asked) -> String {
    format!("quorate-certify {} {} --seed {}", m.protocol.name, asked.options(), m.seed.root)
}

/// What a row found.
fn found_by(row: &Evidence, protocol: &str, seed: &str) -> String {
    let told = |all: &[String]| {
        let mut lines: String = all.iter().take(TOLD).map(|what| format!("{}: {}\n", row.id(), shown(what))).collect();
        if all.len() > TOLD {
            lines += &format!("{}: and {} more in the certificate\n", row.id(), all.len() - TOLD);
        }
        lines
    };
    let mut out = String::new();
    match row {
        Evidence::Attack(a) => {
            for run in a.won.iter().take(3) {
                out += &format!("{} won: {}\n  see it: {}\n", a.id, a.does, replay(protocol, &a.id, *run, seed));
            }
        }
        Evidence::Sweep(s) => out += &told(&s.unexplained),
        Evidence::Honest(r) => out += &told(&r.otherwise),
        Evidence::Outputs(r) => out += &told(&r.broken),
        Evidence::Best(r) => out += &told(&r.broken),
        Evidence::Views(r) => {
            out += &told(&r.broken);
            for p in r.points.iter().filter(|p| p.between.is_some()) {
                let inputs = p.between.as_deref().unwrap_or_default();
                out += &format!(
                    "{}: the views of {:?} over {} differ by {} for {inputs}\n",
                    r.id, p.corrupt, p.field, p.distance
                );
            }
        }
        Evidence::Property(r) => out += &told(&r.violations),
        Evidence::Coverage(r) => out += &told(&r.broken),
        Evidence::Weakness(r) => {
            for p in r.points.iter().filter(|p| !p.right()) {
                out += &format!(
                    "{}: {} breaks {:?}; found {:?}, and {:?} where it is absent\n",
                    r.id, p.weakness, p.breaks, p.weakened, p.shipped
                );
            }
        }
        Evidence::Simulator(r) => {
            out += &told(&r.broken);
            for p in r.points.iter().filter(|p| r.exceeds(p)) {
                out += &format!(
                    "{}: {} over p = {} with own inputs {:?}: no simulator leaves less than {}, the bound is {}\n",
                    r.id,
                    p.strategy,
                    p.p,
                    p.puts_in,
                    p.distance.as_deref().unwrap_or("?"),
                    p.bound
                );
            }
        }
        Evidence::Counted(_) | Evidence::Sampled(_) => {}
    }
    out
}

/// The command that shows a run of an attack again.
#[must_use]
pub fn replay(protocol: &str, attack: &str, run: u64, seed: &str) -> String {
    format!("quorate-certify attack {protocol} --attack {attack} --run {run} --seed {seed} --trace run.html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_told_by_a_few_and_steers_no_terminal() {
        let found = |many: usize| {
            let otherwise = vec!["\u{1b}[2J\nx/pass".to_owned(); many];
            let row = crate::evidence::honest::Row { id: "p/2/honest".into(), otherwise, ..Default::default() };
            found_by(&Evidence::Honest(row), "p", "")
        };
        let line = "p/2/honest: \\u{1b}[2J\\nx/pass\n";
        assert_eq!(found(TOLD), line.repeat(TOLD));
        let more = format!("{}p/2/honest: and 3 more in the certificate\n", line.repeat(TOLD));
        assert_eq!(found(TOLD + 3), more);
    }
}

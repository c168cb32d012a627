//! What a certificate does not show.

use std::collections::{BTreeMap, BTreeSet};

use adversary::Verdict;
use adversary::catalogue::rows::{self, Cover};
use adversary::exact::claims;
use adversary::verdict::SIZES;
use adversary::weakness::NOT_APPLICABLE;
use protocols::AUTH_CONSISTENCY;
use spec::Check;

use super::Measured;
use super::derive::OfLevel;
use super::strict::MOST;
use crate::evidence::Evidence;
use crate::properties::TOO_MANY;

/// What no attack and no counting shows.
const NEVER: &[&str] = &[
    "that hash commitments, the pseudo-random generator and the group behind base transfers are hard to break: assumed",
    "anything by counting over large fields: the same generic code is counted over tiny ones",
    "that nothing leaks through time or power",
    "what a coalition achieves while the network fails as well: its faults are tried with nobody corrupt",
    "that strategies which were not run are explained: a best simulator is one for its strategy, at its size",
];

/// Everything that a certificate does not cover: what never can be, what is promised or listed and was not measured,
/// and rows without a verdict.
pub(super) fn not_covered(m: &Measured, levels: &[OfLevel], verdicts: &[Verdict]) -> Vec<String> {
    let mut out: Vec<String> = m.protocol.not_claimed.iter().map(|x| format!("not claimed: {x}")).collect();
    out.extend(NEVER.iter().map(ToString::to_string));
    if m.protocol.foreign {
        out.push(
            "the sources of this protocol and the versions it was built with are not hashed, the list of dependencies is that of \
             the instrument: the hash of the running program covers them"
                .into(),
        );
        out.push("what happens to keys and preprocessing on disk after a failed check: looked at in `spdz`".into());
    }
    out.extend(beyond(m));
    out.extend(passive(m));
    out.extend(few_fields(m));
    if !m.rows.iter().any(|row| matches!(row, Evidence::Weakness(_))) {
        out.push("that the certifier finds seeded weaknesses: shown by the certificate of all of `spdz`".into());
    }
    if m.asked.tier != "deep" {
        out.push(format!("what only a deeper tier than `{}` does", m.asked.tier));
    }
    let many = |runs: u64| if runs == MOST { "more than 10^15".into() } else { runs.to_string() };
    for row in &m.rows {
        match row {
            Evidence::Sweep(r) if r.sample => out.push(format!("{}: a sample of mutations only", r.id)),
            Evidence::Views(r) => {
                out.extend(
                    r.skipped.iter().map(|(f, runs)| format!("{} over {f}: would take {} runs", r.id, many(*runs))),
                );
            }
            Evidence::Property(r) => out.extend(r.points.iter().filter_map(|p| {
                let runs = p.figures.get(TOO_MANY)?;
                Some(format!("{} of {}: would take {runs} runs", r.property, p.of))
            })),
            Evidence::Weakness(r) if r.planned < r.all => {
                out.push(format!("{}: {} of {} were examined", r.id, r.planned, r.all));
            }
            Evidence::Simulator(r) => {
                let each: Vec<_> = r.skipped.iter().map(|(f, runs)| format!("{f} ({} runs)", many(*runs))).collect();
                out.extend((!each.is_empty()).then(|| format!("{}: not over {}", r.id, each.join(", "))));
            }
            _ => {}
        }
    }
    // What was said above, field by field, is not said again.
    let told = |row: &Evidence| matches!(row, Evidence::Simulator(r) if r.supports_only() && !r.skipped.is_empty());
    let open = |v: &Verdict| matches!(v, Verdict::Inconclusive | Verdict::Vacuous);
    for (row, v) in m.rows.iter().zip(verdicts).filter(|(row, v)| open(v) && !told(row)) {
        out.push(format!("{}: {v}", row.key()));
    }
    for l in levels {
        out.extend(l.missing.iter().map(|what| format!("{}: {what}", l.level)));
    }
    out
}

/// Parts of a protocol that promise less than it does: their rows end with parties that follow them.
fn passive(m: &Measured) -> Vec<String> {
    let is_asked = |l: &String| !l.starts_with("A1");
    let subject = |row: &Evidence| row.id().split('/').next().unwrap_or_default().to_owned();
    let of =
        |pick: fn(&Evidence) -> bool| m.rows.iter().filter(move |row| pick(row)).map(subject).collect::<BTreeSet<_>>();
    let attacked = of(|row| matches!(row, Evidence::Simulator(_)));
    let looked_at = of(|row| matches!(row, Evidence::Views(_)));
    if !m.asked.levels.iter().any(is_asked) || attacked.is_empty() {
        return Vec::new();
    }
    looked_at.difference(&attacked).map(|s| format!("{s} where somebody deviates: it promises A1 only")).collect()
}

/// Parts of a protocol that are counted over fewer fields than a formula is compared at: a level asks that of one part.
fn few_fields(m: &Measured) -> Vec<String> {
    let mut most: BTreeMap<(&str, u64, &str), usize> = BTreeMap::new();
    for row in &m.rows {
        let (parties, what, sizes, skipped) = match row {
            Evidence::Views(r) => {
                let fields: BTreeSet<_> = r.points.iter().map(|p| &p.field).collect();
                (r.parties, "views of parties that follow it", fields.len(), &r.skipped)
            }
            Evidence::Simulator(r) if r.deviates() => {
                (r.parties, "best simulators of parties that say something else", r.sizes(), &r.skipped)
            }
            _ => continue,
        };
        // Where nothing was left out there was nothing else to count.
        if sizes > 0 || !skipped.is_empty() {
            let part = row.id().split('/').next().unwrap_or_default();
            let here = most.entry((part, parties, what)).or_default();
            *here = sizes.max(*here);
        }
    }
    let few = most.into_iter().filter(|(_, sizes)| *sizes < SIZES);
    few.map(|((part, n, what), sizes)| format!("{part} among {n}, {what}: over {sizes} of {SIZES} fields at most"))
        .collect()
}

/// What is promised or listed and cannot be seen from the rows that are there.
fn beyond(m: &Measured) -> Vec<String> {
    let mut out = Vec::new();
    let [least, most] = m.protocol.parties;
    // The numbers are whoever's who made the certificate.
    let claimed = (least..=most).take(transport::Parties::MAX);
    let unmeasured: Vec<_> = claimed.filter(|n| !m.asked.parties.contains(n)).map(|n| n.to_string()).collect();
    if !unmeasured.is_empty() {
        out.push(format!("runs with {} parties: claimed, and not measured here", unmeasured.join(", ")));
    }
    let makes = |check: &Check| m.protocol.checks.iter().any(|c| c.id == check.id);
    if makes(&AUTH_CONSISTENCY) {
        out.push(
            "privacy of whole triples, base transfers and their extension by counting: views are those of raw products and of \
             authentication on ideal transfers, and of computations on what a dealer deals"
                .into(),
        );
    }
    if !m.protocol.foreign && makes(&AUTH_CONSISTENCY) {
        out.push(
            "AC1 and AC2 of base transfers, their extension and the steps `multiply` and `combine`, which make triples: \
             no figure of coverage counts them"
                .into(),
        );
    }
    if !m.protocol.foreign {
        let absent = claims::ALL.iter().filter_map(|c| Some(format!("bound {} ({}): {}", c.id, c.says, c.absent?)));
        out.extend(absent);
        out.extend(NOT_APPLICABLE.iter().map(|(row, why)| format!("weakness {row} of the design's list: {why}")));
        for row in rows::ROWS {
            let open = row.also.iter().filter_map(|c| if let Cover::NotYet(why) = c { Some(why) } else { None });
            out.extend(open.map(|why| format!("known attack {} ({}): {why}", row.number, row.attack)));
        }
    }
    out
}

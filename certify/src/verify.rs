//! Recomputes everything in a certificate that can be recomputed: form, hashes, signature, counts from the log, and every
//! verdict from the counts.

use std::collections::BTreeSet;
use std::path::Path;

use adversary::Verdict;

use crate::certificate::provenance::Program;
use crate::certificate::store::{self, Stored};
use crate::certificate::{Asked, FORMAT, Promise, derive::Derived, strict, tree};
use crate::evidence::Evidence;
use crate::job::Job;
use crate::log::{self, Entry, Unit};
use crate::measure;
use crate::page;
use crate::plan::{self, Question};
use crate::registry::Registry;
use crate::seeds::{Root, unhex};
use crate::watchdog::{Patience, Watchdog};
use crate::weaknesses;

/// What verification found, in words, and the verdict that the certificate is entitled to.
pub struct Verified {
    /// What was recomputed.
    pub notes: Vec<String>,
    /// What could not be, and what to do about it: a certificate of which anything is taken on trust does not pass.
    pub open: Vec<String>,
    /// What follows from its counts, whoever made them.
    pub derived: Verdict,
    /// Whether this program knows which runs there have to be.
    pub planned: bool,
}

impl Verified {
    /// The verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let trusted = if self.open.is_empty() { Verdict::Pass } else { Verdict::Inconclusive };
        self.derived.max(trusted)
    }
}

/// Verifies a report. `key`: who must have signed it. `sources`: a checkout that must be what was measured. `patience`: for
/// honest runs that tell what there was to run.
pub fn verify(
    stored: &Stored,
    registry: &Registry<'_>,
    key: Option<&[u8; 32]>,
    sources: Option<&Path>,
    patience: Patience,
) -> Result<Verified, String> {
    let m = &stored.certificate.measured;
    // Nothing is shown until something is.
    let mut found = Verified { notes: Vec::new(), open: Vec::new(), derived: Verdict::Vacuous, planned: false };
    if stored.certificate.format != FORMAT {
        return Err(format!("its format is `{}`: this program knows `{FORMAT}`", stored.certificate.format));
    }
    let hashes = [&m.program.sources, &m.program.lock, &m.program.spec, &m.log.root, &m.program.binary];
    if hashes.iter().any(|h| unhex::<32>(h).is_none()) {
        return Err("a hash in it is no hash".into());
    }
    let root: Root = m.seed.root.parse()?;
    let question = m.asked.question()?;
    if Asked::of(&question) != m.asked {
        return Err("what was asked is not written as it should be".into());
    }
    let this = Program::this();
    let same_program = m.program.sources == this.sources;
    let planned = expected_rows(stored, registry, &question, (same_program, &root, patience), &mut found)?;
    for row in &m.rows {
        row.check()?;
    }
    let derived = Derived::from(m)?;
    if derived != stored.certificate.derived {
        return Err(format!(
            "its conclusions do not follow from its counts: {}",
            first_difference(&derived, &stored.certificate.derived)
        ));
    }
    found.derived = derived.verdict();
    found.notes.push(format!("{} rows: every verdict follows from the counts", m.rows.len()));
    counted_from_log(stored, planned.as_deref(), &mut found)?;
    found.planned = planned.is_some();
    match (&stored.signature, key) {
        (None, Some(_)) => return Err("it is not signed, and a signature was asked for".into()),
        // It could be anybody's: it demonstrates nothing to a third party.
        (None, None) => found.open.push("it is NOT SIGNED, nothing says who made it: ask for a signed one".into()),
        (Some(signed), Some(key)) => {
            signed.verify(&stored.text, Some(key))?;
            found.notes.push(format!("signed by {} (the expected key)", signed.key));
        }
        (Some(signed), None) => {
            signed.verify(&stored.text, None)?;
            found
                .open
                .push(format!("it is signed by {}, which is anybody's: say with --key whose it must be", signed.key));
        }
    }
    match sources {
        Some(dir) => {
            let hash = tree::hash(dir, tree::MEASURED).map_err(|e| format!("{}: {e}", dir.display()))?;
            if hash != m.program.sources {
                return Err(format!("it was measured on other sources than {}: {hash}", dir.display()));
            }
            found.notes.push(format!("measured on the sources in {}", dir.display()));
        }
        None if same_program => found.notes.push("measured on the sources that this program was built from".into()),
        None => found.notes.push(format!("measured on other sources than this program's: {}", m.program.sources)),
    }
    if same_program {
        let beside = [
            ("version", &m.program.version, &this.version),
            ("list of dependencies", &m.program.lock, &this.lock),
            ("specification", &m.program.spec, &this.spec),
        ];
        for (what, its, ours) in beside.into_iter().filter(|(_, its, ours)| its != ours) {
            found.open.push(format!("its {what} is {its}, that of this program with the same sources {ours}"));
        }
        page_shows_it(stored, &mut found)?;
    } else if stored.page.is_some() {
        found
            .open
            .push("the page was written by another version and was not compared: verify with that version".into());
    }
    Ok(found)
}

/// The page, where it is there, is what this program makes of the certificate.
fn page_shows_it(stored: &Stored, found: &mut Verified) -> Result<(), String> {
    let Some(page) = &stored.page else { return Ok(()) };
    if *page != page::render(&stored.certificate).into_bytes() {
        return Err(format!("{} beside it shows something else: it was changed", store::PAGE));
    }
    found.notes.push("the page shows this certificate".into());
    Ok(())
}

/// A program built from the same sources knows which rows there must be and what they say they are.
/// Where it does, it also knows what was run for each. That takes an honest run for every field that is counted and for
/// every seed of what is swept, and one run of every strategy whose best simulator was sought.
fn expected_rows<'a>(
    stored: &Stored,
    registry: &Registry<'a>,
    question: &Question,
    (same_program, root, patience): (bool, &Root, Patience),
    found: &mut Verified,
) -> Result<Option<Vec<Expected<'a>>>, String> {
    let m = &stored.certificate.measured;
    let Ok(protocol) = registry.find(&m.protocol.name) else {
        found.open.push(format!(
            "this program does not know `{}`, so what it promises is taken on trust: verify with the program that has it",
            m.protocol.name
        ));
        return Ok(None);
    };
    if !same_program {
        found.open.push(
            "another version measured it, so that no row is missing is taken on trust: verify with that version".into(),
        );
        return Ok(None);
    }
    let promise = Promise::of(protocol.claim, protocol.about, protocol.foreign);
    if promise != m.protocol {
        return Err(format!("`{}` does not promise what the certificate says", m.protocol.name));
    }
    let mut jobs = plan::jobs(&protocol, question)?;
    if jobs.len() != m.rows.len() {
        return Err(format!("it has {} rows where the question has {}", m.rows.len(), jobs.len()));
    }
    let plans = measure::plan(&mut jobs, root, &Watchdog::start(patience))?;
    let mut planned = Vec::with_capacity(jobs.len());
    for ((job, units), row) in jobs.into_iter().zip(plans).zip(&m.rows) {
        if row.recounted(&[])? != job.row {
            return Err(format!("the row `{}` is not what this program calls `{}`", row.id(), job.id()));
        }
        if let Evidence::Weakness(row) = row {
            weaknesses::same(row, question.tier)?;
        }
        planned.push(Expected { job, units });
    }
    found.notes.push("no row is missing, and each says what it is".into());
    Ok(Some(planned))
}

/// What this program runs for one row.
struct Expected<'a> {
    job: Job<'a>,
    units: Vec<Unit>,
}

impl Expected<'_> {
    /// Whether these lines are of the planned runs, one by one and in order, and their proofs of this functionality.
    fn check(&self, lines: &[&Entry]) -> Result<(), String> {
        if !self.units.iter().eq(lines.iter().map(|e| &e.unit)) {
            return Err(format!("the lines of `{}` are not of the runs that were planned, in order", self.job.id()));
        }
        self.job.proofs(lines)
    }
}

fn counted_from_log(stored: &Stored, planned: Option<&[Expected<'_>]>, found: &mut Verified) -> Result<(), String> {
    let m = &stored.certificate.measured;
    let Some(entries) = &stored.log else {
        found.open.push(format!("the log of all runs ({}) is not there: every count is taken on trust", store::LOG));
        return Ok(());
    };
    let lines = log::lines(entries).map_err(|e| e.to_string())?;
    if (lines.len() as u64, log::root(&lines)) != (m.log.lines, m.log.root.clone()) {
        return Err("the log is not the one that the certificate was made from".into());
    }
    for (counted, row) in plan::recount(&m.rows, entries)?.iter().zip(&m.rows) {
        if counted != row {
            return Err(format!("the row `{}` does not have the counts of the log", row.id()));
        }
    }
    found.notes.push(format!("{} lines of the log: every count follows from them", lines.len()));
    let of = plan::by_row(entries);
    for (key, lines) in &of {
        once_each(key, lines)?;
    }
    if let Some(planned) = planned {
        for p in planned {
            p.check(of.get(p.job.row.key().as_str()).map_or(&[], |lines| &lines[..]))?;
        }
        found.notes.push("every line is of a run that was planned, and none is missing".into());
    }
    Ok(())
}

/// No run counts twice.
fn once_each(key: &str, lines: &[&Entry]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for e in lines {
        if !seen.insert(strict::canonical(&e.unit).map_err(|e| e.to_string())?) {
            return Err(format!("{key}: {:?} is there twice", e.unit));
        }
    }
    Ok(())
}

fn first_difference(want: &Derived, have: &Derived) -> String {
    let row = want
        .rows
        .iter()
        .zip(&have.rows)
        .find(|(a, b)| a != b)
        .map(|(a, b)| format!("{} is {}, not {}", a.id, a.verdict, b.verdict));
    let level = || {
        let pair = want.levels.iter().zip(&have.levels).find(|(a, b)| a != b);
        pair.map(|(a, b)| format!("{} is {}, not {}", a.level, a.verdict, b.verdict))
    };
    let verdict =
        || (want.verdict != have.verdict).then(|| format!("the verdict is {}, not {}", want.verdict, have.verdict));
    let clause = || {
        let pair = want.standards.iter().zip(&have.standards).find(|(a, b)| a != b);
        pair.map(|(a, _)| format!("{}: {}; it rests on {}", a.id, a.answer, a.rests_on.join(", ")))
    };
    let alone = || {
        let [a, b] = [&want.sole_causes, &have.sole_causes];
        (a != b).then(|| format!("of {} checks {} are the only cause of a rejection, not {}", a.all, a.hit, b.hit))
    };
    row.or_else(level)
        .or_else(verdict)
        .or_else(clause)
        .or_else(alone)
        .unwrap_or_else(|| "what it does not cover, or its notes".into())
}

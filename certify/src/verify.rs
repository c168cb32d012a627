//! Recomputes everything in a certificate that can be recomputed: form, hashes, signature, counts from the log, and
//! every verdict from the counts.

mod follows;
pub(crate) mod replay;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use adversary::Verdict;

use crate::certificate::provenance::{Environment, Program, date};
use crate::certificate::store::{self, Stored};
use crate::certificate::{Asked, Promise, known, strict, tree};
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

pub(crate) use follows::follows;

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

/// Verifies a report. `key`: who must have signed it. `sources`: a checkout that must be what was measured. `patience`:
/// for honest runs that tell what there was to run, and for what is run again.
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
    known(&stored.certificate.format)?;
    // First: what somebody else sends costs nothing.
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
    let hashes = [&m.program.sources, &m.program.lock, &m.program.spec, &m.log.root, &m.program.binary];
    if hashes.iter().any(|h| unhex::<32>(h).is_none()) {
        return Err("a hash in it is no hash".into());
    }
    let root = m.seed.read()?;
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
    found.derived = follows(&stored.certificate)?.verdict();
    found.notes.push(format!("{} rows: every verdict follows from the counts", m.rows.len()));
    m.environment.check(m.rows.iter().fold(0u64, |sum, row| sum.saturating_add(row.runs())))?;
    finished(&m.environment, &mut found);
    let doubtful = counted_from_log(stored, planned.as_ref(), (&root, patience), &mut found)?;
    found.planned = planned.is_some();
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
        built(&m.program, &this, &mut found);
        page_shows_it(stored, &mut found)?;
    } else if stored.page.is_some() {
        found
            .open
            .push("the page was written by another version and was not compared: verify with that version".into());
    }
    if let Some(planned) = &planned {
        planned.again(doubtful, (&root, patience), &mut found)?;
    }
    Ok(found)
}

/// By this machine's clock it is not from the future.
fn finished(e: &Environment, found: &mut Verified) {
    /// Clocks may differ by as much.
    const A_DAY: u64 = 24 * 3600;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    if e.finished > now.saturating_add(A_DAY) {
        let [then, now] = [e.finished, now].map(date);
        found.open.push(format!("it says that it was finished on {then}, and here it is {now}"));
    }
}

/// What a program of the same sources was built with. Other versions beside them, other flags or another profile may
/// make another program of them; another machine or compiler is no reason to doubt it.
fn built(its: &Program, this: &Program, found: &mut Verified) {
    let beside = [
        ("version", &its.version, &this.version),
        ("list of dependencies", &its.lock, &this.lock),
        ("specification", &its.spec, &this.spec),
        ("list of compiler flags", &its.flags, &this.flags),
        ("profile", &its.profile, &this.profile),
    ];
    for (what, its, ours) in beside.into_iter().filter(|(_, its, ours)| its != ours) {
        found.open.push(format!("its {what} is `{its}`, that of this program with the same sources `{ours}`"));
    }
    let elsewhere = [
        ("compiler", &its.rustc, &this.rustc),
        ("target", &its.target, &this.target),
        ("hash of the program", &its.binary, &this.binary),
    ];
    for (what, its, ours) in elsewhere.into_iter().filter(|(_, its, ours)| its != ours) {
        found.notes.push(format!("another build of these sources: its {what} is `{its}`, here it is `{ours}`"));
    }
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
) -> Result<Option<Planned<'a>>, String> {
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
    // Names are compared before the honest runs that tell what there was to run, the rest after them.
    let other = |(job, row): (&Job<'_>, &Evidence)| {
        let [mine, theirs] = [job.row.key(), row.key()];
        (mine != theirs).then(|| format!("the row `{theirs}` is not what this program calls `{mine}`"))
    };
    if let Some(other) = jobs.iter().zip(&m.rows).find_map(other) {
        return Err(other);
    }
    let units = measure::plan(&mut jobs, root, &Watchdog::start(patience, root))?;
    for (job, row) in jobs.iter().zip(&m.rows) {
        if row.recounted(&[])? != job.row {
            return Err(format!("the row `{}` does not say of itself what this program does", row.id()));
        }
        if let Evidence::Weakness(row) = row {
            weaknesses::same(row, question.tier)?;
        }
    }
    found.notes.push("no row is missing, and each says what it is".into());
    Ok(Some(Planned { jobs, units }))
}

/// What this program runs for every row.
struct Planned<'a> {
    jobs: Vec<Job<'a>>,
    units: Vec<Vec<Unit>>,
}

impl Planned<'_> {
    /// Whether the lines of every row are of the planned runs, one by one and in order, their proofs about this
    /// functionality, and their numbers those of such runs. It tells which of them have to be run again.
    fn check<'s>(
        &self,
        of: &BTreeMap<&'s str, Vec<&'s Entry>>,
        (root, patience): (&Root, Patience),
    ) -> Result<Vec<&'s Entry>, String> {
        let keys: Vec<String> = self.jobs.iter().map(|job| job.row.key()).collect();
        let lines: Vec<&[&Entry]> = keys.iter().map(|key| of.get(key.as_str()).map_or(&[][..], |l| &l[..])).collect();
        for ((key, units), lines) in keys.iter().zip(&self.units).zip(&lines) {
            if !units.iter().eq(lines.iter().map(|e| &e.unit)) {
                once_each(key, lines)?;
                return Err(format!("the lines of `{key}` are not of the runs that were planned, in order"));
            }
        }
        let watchdog = Watchdog::start(patience, root);
        let checked = measure::on_all_processors(self.jobs.len(), &mut |_| (), |k| {
            let check = || self.jobs[k].proofs(lines[k]).and_then(|()| self.jobs[k].doubtful(root, lines[k]));
            watchdog.watching(&format!("{}, what can be said of it", keys[k]), check)
        });
        let drawn = replay::drawn(&self.jobs, &lines)?;
        let mut all = Vec::new();
        for (doubtful, lines) in checked.into_iter().zip(&lines) {
            all.extend(doubtful?.into_iter().map(|k| lines[k]));
        }
        let new = |line: &&Entry| !all.iter().any(|known| std::ptr::eq(*known, *line));
        let drawn: Vec<_> = drawn.into_iter().filter(new).collect();
        all.extend(drawn);
        Ok(all)
    }
    /// Runs these lines again: what came of them must come of them again.
    fn again(
        &self,
        lines: Vec<&Entry>,
        (root, patience): (&Root, Patience),
        found: &mut Verified,
    ) -> Result<(), String> {
        let count = lines.len();
        if count == 0 {
            return Ok(());
        }
        let watchdog = Watchdog::start(patience, root);
        // What is run again here needs no files. What cannot be run was run by nobody who had this program.
        let played = replay::again(&self.jobs, lines, root, &watchdog, true);
        for (line, now) in played.map_err(|e| format!("a run of its log cannot be made again: {e}"))? {
            if !replay::same(&line.found, &now) {
                return Err(format!("something else comes of a run again: {}", replay::differs(line, &now)));
            }
        }
        found.notes.push(format!("the same came of {count} lines that were run again, some of them drawn at random"));
        Ok(())
    }
}

/// Whether every count follows from the log, and the log is one of what was planned. It tells which lines have to be
/// run again.
fn counted_from_log<'s>(
    stored: &'s Stored,
    planned: Option<&Planned<'_>>,
    limits: (&Root, Patience),
    found: &mut Verified,
) -> Result<Vec<&'s Entry>, String> {
    let m = &stored.certificate.measured;
    let Some(entries) = &stored.log else {
        found.open.push(format!("the log of all runs ({}) is not there: every count is taken on trust", store::LOG));
        return Ok(Vec::new());
    };
    // As large as the log itself: gone before anything is run.
    let lines = log::lines(entries).map_err(|e| e.to_string())?;
    if (lines.len() as u64, log::root(&lines)) != (m.log.lines, m.log.root.clone()) {
        return Err("the log is not the one that the certificate was made from".into());
    }
    drop(lines);
    let of = plan::by_row(entries);
    // Before their proofs are gone through: whose functionality is another one can make that take for ever.
    let again = match planned {
        Some(planned) => planned.check(&of, limits)?,
        None => of.iter().try_for_each(|(key, lines)| once_each(key, lines)).map(|()| Vec::new())?,
    };
    let watchdog = Watchdog::start(limits.1, limits.0);
    let counted = watchdog.watching("the counts of the log", || plan::recount(&m.rows, entries))?;
    if let Some((_, row)) = counted.iter().zip(&m.rows).find(|(counted, row)| counted != row) {
        return Err(format!("the row `{}` does not have the counts of the log", row.id()));
    }
    found.notes.push(format!("{} lines of the log: every count follows from them", entries.len()));
    if planned.is_some() {
        found.notes.push("every line is of a run that was planned, and none is missing".into());
    }
    Ok(again)
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

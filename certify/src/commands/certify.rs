//! Makes a certificate.

use std::path::Path;

use adversary::Verdict;
use ed25519_dalek::SigningKey;
use spec::ExitCode;

use super::{Done, Failure, beside, failed, print};
use crate::arguments::Certify;
use crate::certificate::provenance::{Environment, Program, Seed};
use crate::certificate::{Asked, Certificate, Log, Measured, Promise, sign, store, strict};
use crate::job::Job;
use crate::log::{Entry, Found};
use crate::page::trace;
use crate::progress::say;
use crate::registry::Registry;
use crate::seeds::Root;
use crate::text::{self, shown};
use crate::unfinished::{Begun, FILE, Unfinished};
use crate::{log, measure, page, plan};

/// Certifies.
pub fn run(args: &Certify, registry: &Registry<'_>) -> Done {
    let (usage, storage, internal) = (failed(ExitCode::Usage), failed(ExitCode::Storage), failed(ExitCode::Internal));
    let protocol = registry.find(&args.protocol).map_err(&usage)?;
    let question = args.question(&protocol);
    let mut jobs = plan::jobs(&protocol, &question).map_err(&usage)?;
    if args.plan {
        return planned(&mut jobs, args);
    }
    let key = args.sign.as_deref().map(sign::private).transpose().map_err(&storage)?;
    let place = args.out.as_deref().map(store::Place::take).transpose().map_err(&storage)?;
    if let Some(file) = &args.trace {
        let names = [store::CERTIFICATE, store::PAGE, store::LOG, store::SIGNATURE, FILE];
        let report = args.out.iter().flat_map(|dir| names.map(|name| dir.join(name)));
        beside::apart(file, report.chain(args.sign.clone()))?;
        beside::check(file)?;
    }
    // What the program is built from is read now: another may be in its place when this one ends.
    let (program, here) = (Program::this(), Environment::ready().map_err(&internal)?);
    let asked = Asked::of(&question);
    let begun = |seed| {
        let (asked, program, here) = (asked.clone(), program.clone(), here.clone());
        Begun::here(protocol.claim.protocol, asked, program, here, seed, key.as_ref())
    };
    let (root, seed, kept) = begin(args, key.as_ref(), begun)?;
    let found = measure::measure(&mut jobs, &root, args.patience(), &kept, args.silent);
    let found = found.map_err(|e| internal(kept.blamed(e)))?;
    let lines = log::lines(&found.log).map_err(|e| internal(e.to_string()))?;
    let certificate = Certificate::of(Measured {
        protocol: Promise::of(protocol.claim, protocol.about, protocol.foreign),
        asked,
        program,
        seed,
        environment: Environment::here(kept.elapsed()),
        rows: found.rows,
        log: Log { lines: lines.len() as u64, root: log::root(&lines) },
    })
    .map_err(&internal)?;
    let bytes = strict::canonical(&certificate).map_err(|e| internal(e.to_string()))?;
    let with_end = |bytes: &[u8]| [bytes, b"\n"].concat();
    let written = place.map_or(Ok(()), |place| {
        let all: Vec<u8> = lines.iter().flat_map(|l| with_end(l)).collect();
        let mut files = vec![(store::LOG, all), (store::PAGE, page::render(&certificate).into_bytes())];
        if let Some(key) = &key {
            let signature = strict::canonical(&sign::sign(&bytes, key)).map_err(|e| internal(e.to_string()))?;
            files.push((store::SIGNATURE, with_end(&signature)));
        }
        files.push((store::CERTIFICATE, with_end(&bytes)));
        crate::uninterrupted(|| place.write(&files).inspect(|()| kept.ended())).map_err(|e| {
            let what = "the certificate was only shown, not written; make room there and give the same command again";
            storage(format!("{e}: {what}"))
        })
    });
    // What took hours is shown, even where it could not be written.
    let shown = match args.json {
        true => print(&String::from_utf8_lossy(&with_end(&bytes))),
        false => print(&text::render(&certificate)),
    };
    let drawn = args.trace.as_deref().map_or(Ok(()), |file| draw(file, &jobs, &found.log, &root, &certificate));
    written.and(shown).and(drawn)?;
    Ok(certificate.derived.verdict().exit_code())
}

/// Draws the first run that nothing explains, or else the first with a wrong output of a row with too many of them.
fn draw(file: &Path, jobs: &[Job<'_>], log: &[Entry], root: &Root, c: &Certificate) -> Result<(), Failure> {
    let fails = |row: &str| {
        let mut all = c.measured.rows.iter().zip(&c.derived.rows);
        all.any(|(r, derived)| r.key() == row && derived.verdict == Verdict::Fail.to_string())
    };
    let of = |is: &dyn Fn(&Entry) -> bool| {
        let mut lines = log.iter().filter(|e| is(e));
        lines.find_map(|e| Some((e, jobs.iter().find(|job| job.row.key() == e.row)?, text::one_run(&e.row, &e.unit)?)))
    };
    let wrong = || of(&|e| matches!(e.found, Found::Wrong(_)) && fails(&e.row));
    let found = of(&|e| matches!(e.found, Found::Unexplained(_))).or_else(wrong);
    let Some((e, job, does)) = found else {
        say(format_args!("no run is drawn: none that can be is otherwise than it should be"));
        return Ok(());
    };
    let (Found::Unexplained(came) | Found::Wrong(came)) = &e.found else { return Ok(()) };
    let asked = Asked { only: Some(e.row.clone()), ..c.measured.asked.clone() };
    let command = format!("{} --trace run.html", text::again(&c.measured, asked));
    beside::write(file, &trace::line(&e.row, &does, came, &job.recorded(root, &e.unit), &command))?;
    say(format_args!("a run of {} is drawn in {}", shown(&e.row), shown(&file.display().to_string())));
    Ok(())
}

/// Begins, or goes on with what was begun in the same place.
fn begin(
    args: &Certify,
    key: Option<&SigningKey>,
    begun: impl Fn(Seed) -> Begun,
) -> Result<(Root, Seed, Unfinished), Failure> {
    let left = args.out.as_deref().map(|dir| Unfinished::left(dir, args.seed, key, &begun));
    // Some of what is told are the words of whoever wrote it.
    let left = left.transpose().map_err(|e| failed(ExitCode::Storage)(shown(&e)))?.flatten();
    let is_left = left.is_some();
    let (root, seed, kept) = match left {
        Some(left) => left,
        None => {
            let (root, seed) = Seed::choose(args.seed).map_err(failed(ExitCode::Internal))?;
            let begin = |dir: &Path| Unfinished::begin(dir, key, begun(seed.clone()));
            let kept = args.out.as_deref().map_or_else(Unfinished::nowhere, begin);
            (root, seed, kept)
        }
    };
    if kept.is_kept() {
        crate::ends(crate::End::Kept);
    }
    if !args.silent {
        if let Some(dir) = &args.out {
            let end = if kept.is_kept() { "; if it is interrupted, the same command goes on from there" } else { "" };
            say(format_args!("the certificate is written to {} at the end{end}", dir.display()));
        }
        say(format_args!("seed {root}"));
        if is_left {
            kept.tell();
        }
    }
    Ok((root, seed, kept))
}

/// Shows every row with what is run for it.
fn planned(jobs: &mut [Job<'_>], args: &Certify) -> Done {
    let internal = failed(ExitCode::Internal);
    let (root, _) = Seed::choose(args.seed).map_err(&internal)?;
    if !args.silent {
        say(format_args!("seed {root}"));
    }
    let rows = measure::planned(jobs, &root, args.patience()).map_err(&internal)?;
    print(&text::planned(&rows))?;
    Ok(ExitCode::Pass)
}

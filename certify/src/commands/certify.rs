//! Makes a certificate.

use std::path::Path;

use ed25519_dalek::SigningKey;
use spec::ExitCode;

use super::{Done, Failure, failed, print};
use crate::arguments::Certify;
use crate::certificate::provenance::{Environment, Program, Seed};
use crate::certificate::{Asked, Certificate, Log, Measured, Promise, sign, store, strict};
use crate::job::Job;
use crate::progress::say;
use crate::registry::Registry;
use crate::seeds::Root;
use crate::unfinished::{Begun, Unfinished};
use crate::{log, measure, page, plan, text};

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
    if let (Some(dir), false) = (&args.out, args.silent) {
        let end = "at the end; if it is interrupted, the same command goes on from there";
        say(format_args!("the certificate is written to {} {end}", dir.display()));
    }
    // What the program is built from is read now: another may be in its place when this one ends.
    let (program, here) = (Program::this(), Environment::ready().map_err(&internal)?);
    let asked = Asked::of(&question);
    let begun = |seed| Begun::here(protocol.claim.protocol, asked.clone(), program.clone(), here.clone(), seed);
    let (root, seed, kept) = begin(args, key.as_ref(), begun)?;
    let found = measure::measure(&mut jobs, &root, args.patience(), &kept, args.silent).map_err(&internal)?;
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
            let again = "make room there and give the same command again, or name another in --out";
            let what = format!("the certificate was only shown, not written; {again}");
            storage(format!("{e}: {what}"))
        })
    });
    // What took hours is shown, even where it could not be written.
    let shown = match args.json {
        true => print(&String::from_utf8_lossy(&with_end(&bytes))),
        false => print(&text::render(&certificate)),
    };
    written.and(shown)?;
    Ok(certificate.derived.verdict().exit_code())
}

/// Begins, or goes on with what was begun in the same place.
fn begin(
    args: &Certify,
    key: Option<&SigningKey>,
    begun: impl Fn(Seed) -> Begun,
) -> Result<(Root, Seed, Unfinished), Failure> {
    let left = args.out.as_deref().map(|dir| Unfinished::left(dir, args.seed, key, &begun));
    let left = left.transpose().map_err(failed(ExitCode::Storage))?.flatten();
    let is_left = left.is_some();
    let (root, seed, kept) = match left {
        Some(left) => left,
        None => {
            let (root, seed) = Seed::choose(args.seed).map_err(failed(ExitCode::Internal))?;
            let begin = |dir: &Path| Unfinished::begin(dir, key, &begun(seed.clone()));
            let kept = args.out.as_deref().map_or_else(Unfinished::nowhere, begin);
            (root, seed, kept)
        }
    };
    if kept.is_kept() {
        crate::ends(crate::KEPT);
    }
    if !args.silent {
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

//! Makes a certificate.

use std::time::Instant;

use spec::ExitCode;

use super::{Done, failed, print};
use crate::arguments::Certify;
use crate::certificate::provenance::{Environment, Program, Seed};
use crate::certificate::{Asked, Certificate, Log, Measured, Promise, sign, store, strict};
use crate::job::Job;
use crate::registry::Registry;
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
    if let Some(dir) = &args.out {
        std::fs::create_dir_all(dir).map_err(|e| storage(format!("{}: {e}", dir.display())))?;
        if !args.silent {
            eprintln!("the certificate is written to {} at the end; an interrupted run leaves none", dir.display());
        }
    }
    let (root, seed) = Seed::choose(args.seed).map_err(&internal)?;
    if !args.silent {
        eprintln!("seed {root}");
    }
    let began = Instant::now();
    let found = measure::measure(&mut jobs, &root, args.patience(), args.silent).map_err(&internal)?;
    let lines = log::lines(&found.log).map_err(|e| internal(e.to_string()))?;
    let certificate = Certificate::of(Measured {
        protocol: Promise::of(protocol.claim, protocol.about, protocol.foreign),
        asked: Asked::of(&question),
        program: Program::this(),
        seed,
        environment: Environment::here(began),
        rows: found.rows,
        log: Log { lines: lines.len() as u64, root: log::root(&lines) },
    })
    .map_err(&internal)?;
    let bytes = strict::canonical(&certificate).map_err(|e| internal(e.to_string()))?;
    let with_end = |bytes: &[u8]| [bytes, b"\n"].concat();
    if let Some(dir) = &args.out {
        // A signature or a certificate that was there belongs to another run.
        for old in [store::SIGNATURE, store::CERTIFICATE] {
            match std::fs::remove_file(dir.join(old)) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(storage(format!("{old}: {e}"))),
                _ => {}
            }
        }
        let all: Vec<u8> = lines.iter().flat_map(|l| with_end(l)).collect();
        store::write(dir, store::LOG, &all).map_err(&storage)?;
        store::write(dir, store::PAGE, page::render(&certificate).as_bytes()).map_err(&storage)?;
        store::write(dir, store::CERTIFICATE, &with_end(&bytes)).map_err(&storage)?;
        if let Some(key) = &key {
            let signature = strict::canonical(&sign::sign(&bytes, key)).map_err(|e| internal(e.to_string()))?;
            store::write(dir, store::SIGNATURE, &with_end(&signature)).map_err(&storage)?;
        }
    }
    match args.json {
        true => print(&String::from_utf8_lossy(&with_end(&bytes)))?,
        false => print(&text::render(&certificate))?,
    }
    Ok(certificate.derived.verdict().exit_code())
}

/// Shows every row with what is run for it.
fn planned(jobs: &mut [Job<'_>], args: &Certify) -> Done {
    let internal = failed(ExitCode::Internal);
    let (root, _) = Seed::choose(args.seed).map_err(&internal)?;
    if !args.silent {
        eprintln!("seed {root}");
    }
    let rows = measure::planned(jobs, &root, args.patience()).map_err(&internal)?;
    print(&text::planned(&rows))?;
    Ok(ExitCode::Pass)
}

//! What is done with a report: verify it, run a part of it again; and keys.

use spec::ExitCode;

use super::{Done, Failure, failed, print};
use crate::arguments::{Key, Rerun, Verify};
use crate::certificate::store::{self, Unread};
use crate::certificate::{sign, tree};
use crate::registry::Registry;
use crate::seeds::typed;
use crate::text::shown;
use crate::verify::replay;
use crate::watchdog::Watchdog;
use crate::{plan, verify as verifier};

/// Makes a key.
pub fn key(args: &Key) -> Done {
    let public = sign::make(&args.file).map_err(failed(ExitCode::Storage))?;
    print(&format!("private key in {}, public key in {}\n", args.file.display(), public.display()))?;
    Ok(ExitCode::Pass)
}

/// What is wrong with a report: some of it are its own words.
fn malformed(text: String) -> Failure {
    failed(ExitCode::Data)(shown(&text))
}

/// Why a report is not read: that a file cannot be read says nothing about it.
pub(super) fn unread(why: Unread) -> Failure {
    match why {
        Unread::File(text) => failed(ExitCode::Storage)(shown(&text)),
        Unread::Report(text) => malformed(text),
    }
}

/// A public key: its digits, in either case, or a file.
fn public(text: &str) -> Result<[u8; 32], String> {
    typed(text).map_or_else(|| sign::public(text), Ok)
}

/// Verifies a report.
pub fn verify(args: &Verify, registry: &Registry<'_>) -> Done {
    let key = args.key.as_deref().map(public).transpose().map_err(failed(ExitCode::Usage))?;
    if let Some(dir) = &args.sources {
        // That it cannot be read says nothing about the report.
        let told = |e| format!("the sources in {} cannot be read: {e}; name a checkout in --sources", dir.display());
        tree::hash(dir, tree::MEASURED).map_err(|e| failed(ExitCode::Storage)(told(e)))?;
    }
    let patience = args.limits.patience();
    let stored = store::read(&args.report, patience).map_err(unread)?;
    let verified = verifier::verify(&stored, registry, key.as_ref(), args.sources.as_deref(), patience)
        .map_err(|e| malformed(format!("{} is not to be believed: {e}", args.report.display())))?;
    let mut out = String::new();
    verified.notes.iter().for_each(|n| out += &format!("  {}\n", shown(n)));
    verified.open.iter().for_each(|n| out += &format!("  NOT SHOWN: {}\n", shown(n)));
    let m = &stored.certificate.measured;
    let levels: Vec<_> =
        stored.certificate.derived.levels.iter().map(|l| format!("{} {}", l.level, l.verdict)).collect();
    out += &format!("{}: {} ({})\n", verified.verdict(), shown(&m.protocol.name), shown(&levels.join(", ")));
    print(&out)?;
    Ok(verified.verdict().exit_code())
}

/// Runs a part of a report again.
pub fn rerun(args: &Rerun, registry: &Registry<'_>) -> Done {
    let patience = args.limits.patience();
    let stored = store::read(&args.report, patience).map_err(unread)?;
    let verified = verifier::verify(&stored, registry, None, None, patience)
        .map_err(|e| malformed(format!("{} is not to be believed: {e}", args.report.display())))?;
    let m = &stored.certificate.measured;
    let log = stored.log.as_ref().ok_or_else(|| malformed(format!("the log ({}) is not there", store::LOG)))?;
    let protocol = registry.find(&m.protocol.name).map_err(malformed)?;
    let root = m.seed.read().map_err(malformed)?;
    let jobs = plan::jobs(&protocol, &m.asked.question().map_err(malformed)?).map_err(malformed)?;
    let wanted = (log.len() as f64 * args.sample / 100.0).ceil() as usize;
    let mut places = replay::draw((0..log.len()).collect(), wanted).map_err(failed(ExitCode::Internal))?;
    places.sort_unstable();
    let watchdog = Watchdog::start(patience, &root);
    let played = replay::again(&jobs, places.into_iter().map(|k| &log[k]), &root, &watchdog, args.silent);
    let played = played.map_err(|e| match verified.planned {
        // What was planned can be played.
        true => failed(ExitCode::Internal)(shown(&e)),
        false => malformed(format!("its log is not of runs that this program knows: {e}")),
    })?;
    let (mut same, mut differ) = (0, Vec::new());
    for (line, found) in played {
        if replay::same(&line.found, &found) {
            same += 1;
        } else {
            differ.push(shown(&replay::differs(line, &found)));
        }
    }
    let known = same + differ.len();
    let mut out: String = differ.iter().take(20).map(|d| format!("  {d}\n")).collect();
    out += &format!("{same} of {known} units ran again as the log says; the log has {}\n", log.len());
    if !verified.planned {
        out += "which runs there had to be is not known here: run them again with the program that made it\n";
    }
    print(&out)?;
    Ok(match () {
        () if !differ.is_empty() => ExitCode::Fail,
        () if same == 0 => ExitCode::Vacuous,
        // What was left out of it cannot run again.
        () if !verified.planned => ExitCode::Inconclusive,
        // What ran again as it did then is no better than what its counts say; who made it does not matter.
        () => verified.derived.exit_code(),
    })
}

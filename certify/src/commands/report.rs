//! What is done with a report: verify it, run a part of it again; and keys.

use protocols::Tape;
use spec::ExitCode;

use super::{Done, failed, print};
use crate::arguments::{Key, Rerun, Verify};
use crate::certificate::{sign, store};
use crate::log::{Entry, Unit};
use crate::plan::by_row;
use crate::registry::Registry;
use crate::seeds::Root;
use crate::watchdog::Watchdog;
use crate::{measure, plan, verify as verifier};

/// Makes a key.
pub fn key(args: &Key) -> Done {
    let public = sign::make(&args.file).map_err(failed(ExitCode::Storage))?;
    print(&format!("private key in {}, public key in {}\n", args.file.display(), public.display()))?;
    Ok(ExitCode::Pass)
}

/// Verifies a report.
pub fn verify(args: &Verify, registry: &Registry<'_>) -> Done {
    let data = failed(ExitCode::Data);
    let key = args.key.as_deref().map(sign::public).transpose().map_err(failed(ExitCode::Usage))?;
    let stored = store::read(&args.report).map_err(&data)?;
    let patience = args.limits.patience();
    let verified = verifier::verify(&stored, registry, key.as_ref(), args.sources.as_deref(), patience)
        .map_err(|e| data(format!("{} is not to be believed: {e}", args.report.display())))?;
    let mut out = String::new();
    verified.notes.iter().for_each(|n| out += &format!("  {n}\n"));
    verified.open.iter().for_each(|n| out += &format!("  NOT SHOWN: {n}\n"));
    let m = &stored.certificate.measured;
    let levels: Vec<_> =
        stored.certificate.derived.levels.iter().map(|l| format!("{} {}", l.level, l.verdict)).collect();
    out += &format!("{}: {} ({})\n", verified.verdict(), m.protocol.name, levels.join(", "));
    print(&out)?;
    Ok(verified.verdict().exit_code())
}

/// Runs a part of a report again.
pub fn rerun(args: &Rerun, registry: &Registry<'_>) -> Done {
    let (data, internal) = (failed(ExitCode::Data), failed(ExitCode::Internal));
    let stored = store::read(&args.report).map_err(&data)?;
    let patience = args.limits.patience();
    let verified = verifier::verify(&stored, registry, None, None, patience)
        .map_err(|e| data(format!("it is not to be believed: {e}")))?;
    let m = &stored.certificate.measured;
    let log = stored.log.as_ref().ok_or_else(|| data(format!("the log ({}) is not there", store::LOG)))?;
    let protocol = registry.find(&m.protocol.name).map_err(&data)?;
    let root: Root = m.seed.root.parse().map_err(&data)?;
    let jobs = plan::jobs(&protocol, &m.asked.question().map_err(&data)?).map_err(&data)?;
    let picked = pick(log, args.sample).map_err(&internal)?;
    measure::quiet_panics();
    let mut of = by_row(picked);
    let picked: Vec<Vec<&Entry>> =
        jobs.iter().map(|job| of.remove(job.row.key().as_str()).unwrap_or_default()).collect();
    let plans: Vec<Vec<Unit>> = picked.iter().map(|mine| mine.iter().map(|e| e.unit.clone()).collect()).collect();
    let found = measure::play(&jobs, &plans, &root, &Watchdog::start(patience), args.silent).map_err(&internal)?;
    let (mut same, mut differ) = (0, Vec::new());
    for (entry, found) in picked.into_iter().flatten().zip(found) {
        if entry.found == found {
            same += 1;
        } else {
            differ.push(format!("{}, {:?}: {:?} in the log, {found:?} now", entry.row, entry.unit, entry.found));
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

/// A random part of the log: at least one unit.
fn pick(log: &[Entry], percent: f64) -> Result<Vec<&Entry>, String> {
    let wanted = ((log.len() as f64 * percent / 100.0).ceil() as usize).min(log.len());
    let tape = Tape::from_os().map_err(|e| e.to_string())?;
    let mut places: Vec<usize> = (0..log.len()).collect();
    for k in 0..wanted {
        let other = k as u64 + tape.uniform((log.len() - k) as u64);
        places.swap(k, usize::try_from(other).unwrap_or(k));
    }
    places.truncate(wanted);
    places.sort_unstable();
    Ok(places.into_iter().map(|k| &log[k]).collect())
}

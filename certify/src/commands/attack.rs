//! Runs one attack, by name or as a strategy, and shows a run.

use std::ops::Range;

use adversary::record::recording;
use adversary::{Conditions, Control, Verdict};
use spec::ExitCode;

use super::{Done, Failure, beside, failed, print, strategy};
use crate::arguments::Attack as Arguments;
use crate::certificate::provenance::Seed;
use crate::evidence::{Evidence, attack};
use crate::measure::quiet_panics;
use crate::page::trace::{self, Shown};
use crate::registry::{Protocol, Registry};
use crate::text;
use crate::watchdog::Watchdog;

/// Attacks.
pub fn run(args: &Arguments, registry: &Registry<'_>) -> Done {
    match (&args.attack, &args.strategy) {
        (Some(name), _) => named(name, args, registry),
        (None, Some(file)) => strategy::run(file, args, registry),
        (None, None) => Err(failed(ExitCode::Usage)("name an attack, or give a strategy".into())),
    }
}

/// An attack of this project or of the protocol's crate.
fn named(name: &str, args: &Arguments, registry: &Registry<'_>) -> Done {
    let usage = failed(ExitCode::Usage);
    let protocol = registry.find(&args.protocol).map_err(&usage)?;
    let Some(a) = protocol.attacks.iter().copied().find(|a| a.id == name) else {
        return Err(usage(unlisted(name, &protocol, registry)));
    };
    if let (true, Control::None(why)) = (args.control, a.control) {
        return Err(usage(format!("`{name}` has no control: {why}")));
    }
    let runs = args.runs.unwrap_or(1);
    let numbers = numbers(args, runs)?;
    args.trace.as_deref().map_or(Ok(()), beside::check)?;
    let (root, _) = Seed::choose(args.seed).map_err(failed(ExitCode::Internal))?;
    let mut command = text::replay(&args.protocol, a.id, args.run, &root.to_string());
    if args.control {
        command += " --control";
    }
    quiet_panics();
    let watchdog = Watchdog::start(args.limits.patience(), &root);
    let mut row = attack::Row::of(a);
    let key = Evidence::Attack(row.clone()).key();
    let mut ends = std::collections::BTreeMap::<String, u64>::new();
    let mut drawn = None;
    for run in numbers {
        let conditions = Conditions { control: args.control, seed: root.seed(&key, run) };
        let (outcome, recorded) = watchdog.watching(&key, || recording(|| a.once(&conditions)));
        if let (true, Some(file)) = (run == args.run, &args.trace) {
            let page = trace::render(&Shown {
                id: a.id,
                title: a.title,
                does: a.does,
                expected: a.expected,
                run,
                control: args.control.then(|| a.control.to_string()),
                judgement: &outcome.judgement,
                runs: &recorded,
                command: &command,
            });
            // What came of all runs is told even if this fails.
            drawn = Some(beside::write(file, &page));
        }
        row.count(run, args.control, &attack::found(&outcome, args.control)).map_err(failed(ExitCode::Internal))?;
        let idle = if outcome.effective { "" } else { " (some rule never fired)" };
        *ends.entry(format!("{}{idle}", outcome.judgement)).or_default() += 1;
    }
    let mode = if args.control { format!("in its control ({})", a.control) } else { "against the shipped code".into() };
    let mut out = format!("{} {mode}: {}\n", a.id, a.does);
    ends.iter().for_each(|(end, k)| out += &format!("  {k} of {runs} runs: {end}\n"));
    let (verdict, because) = shown(&row, args.control);
    if let Some(because) = because {
        out += &format!("{verdict}: {because}\n");
    }
    out += &format!("seed {root}\n");
    if let (Some(Ok(())), Some(file)) = (&drawn, &args.trace) {
        out += &format!("run {} is drawn in {}\n", args.run, text::shown(&file.display().to_string()));
    } else {
        out += &format!("see one: {command}\n");
    }
    print(&out)?;
    drawn.unwrap_or(Ok(()))?;
    Ok(verdict.exit_code())
}

/// What the runs of an attack come to, as in the row of a certificate, and why where how they ended does not tell.
fn shown(row: &attack::Row, control: bool) -> (Verdict, Option<String>) {
    if control {
        // In its control an attack is expected to win.
        let lame = || (Verdict::Vacuous, Some("not every run wins where what stops it is missing".into()));
        return if row.control_won == row.control_runs { (Verdict::Pass, None) } else { lame() };
    }
    let verdict = row.verdict_on_shipped();
    let because = match verdict {
        Verdict::Fail if row.won.is_empty() => "some run was stopped by another check",
        Verdict::Vacuous => "some run had no effect",
        _ => return (verdict, None),
    };
    (verdict, Some(format!("{because}; expected is {}", text::expected(row))))
}

/// The numbers of so many runs.
pub(super) fn numbers(args: &Arguments, runs: u64) -> Result<Range<u64>, Failure> {
    let most = u64::MAX - runs;
    let text = || format!("{runs} runs from number {} on are too many: the last --run is {most}", args.run);
    let end = args.run.checked_add(runs).ok_or_else(|| failed(ExitCode::Usage)(text()))?;
    Ok(args.run..end)
}

/// Why an attack of this name is none on a protocol.
fn unlisted(name: &str, protocol: &Protocol<'_>, registry: &Registry<'_>) -> String {
    let here = protocol.claim.protocol;
    let of = |p: &Protocol<'_>| p.attacks.iter().any(|a| a.id == name);
    let others: Vec<_> = registry.all().filter(of).map(|p| p.claim.protocol).collect();
    let known: Vec<_> = protocol.attacks.iter().map(|a| a.id).collect();
    match (others.is_empty(), known.is_empty()) {
        (false, _) => format!("`{name}` is no attack on `{here}`, but on {}", others.join(", ")),
        (true, false) => format!("there is no attack `{name}`: choose one of {}", known.join(", ")),
        (true, true) => format!("there is no attack `{name}`, and none is listed for `{here}`"),
    }
}

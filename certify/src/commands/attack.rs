//! Runs one attack, by name or as a strategy, and shows a run.

use adversary::record::recording;
use adversary::{Attack, Conditions, attacks};
use spec::ExitCode;

use super::{Done, failed, print, strategy};
use crate::arguments::Attack as Arguments;
use crate::certificate::provenance::Seed;
use crate::evidence::{Evidence, attack};
use crate::measure::quiet_panics;
use crate::page::trace::{self, Shown};
use crate::registry::Registry;
use crate::watchdog::Watchdog;
use crate::{log::Found, text};

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
    let mut all = protocol.attacks.iter().copied().chain(attacks::all());
    let Some(a): Option<&Attack> = all.find(|a| a.id == name) else {
        let known: Vec<_> = protocol.attacks.iter().map(|a| a.id).collect();
        return Err(usage(format!("there is no attack `{name}`: choose one of {}", known.join(", "))));
    };
    let (root, _) = Seed::choose(args.seed).map_err(failed(ExitCode::Internal))?;
    quiet_panics();
    let watchdog = Watchdog::start(args.limits.patience());
    let key = Evidence::Attack(attack::Row::of(a)).key();
    let mut ends = std::collections::BTreeMap::<String, u64>::new();
    let (mut won, runs) = (false, args.runs.unwrap_or(1));
    for run in args.run..args.run.saturating_add(runs) {
        let conditions = Conditions { control: args.control, seed: root.seed(&key, run) };
        let (outcome, recorded) = watchdog.watching(&key, || recording(|| a.once(&conditions)));
        if let (true, Some(file)) = (run == args.run, &args.trace) {
            let mut command = text::replay(&args.protocol, a.id, run, &root.to_string());
            if args.control {
                command += " --control";
            }
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
            std::fs::write(file, page).map_err(|e| failed(ExitCode::Storage)(format!("{}: {e}", file.display())))?;
        }
        won |= matches!(attack::found(&outcome, args.control), Found::Wrong(_));
        let idle = if outcome.effective { "" } else { " (some rule never fired)" };
        *ends.entry(format!("{}{idle}", outcome.judgement)).or_default() += 1;
    }
    let mode = if args.control { format!("in its control ({})", a.control) } else { "against the shipped code".into() };
    let mut out = format!("{} {mode}: {}\n", a.id, a.does);
    ends.iter().for_each(|(end, k)| out += &format!("  {k} of {runs} runs: {end}\n"));
    out += &format!("seed {root}\n");
    if let Some(file) = &args.trace {
        out += &format!("run {} is drawn in {}\n", args.run, file.display());
    } else {
        out += &format!("see one: {}\n", text::replay(&args.protocol, a.id, args.run, &root.to_string()));
    }
    print(&out)?;
    // In its control an attack is expected to win.
    Ok(if won && !args.control { ExitCode::Fail } else { ExitCode::Pass })
}

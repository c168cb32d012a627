//! Runs one attack, and shows a run.

use adversary::record::recording;
use adversary::{Attack, Conditions, attacks};
use spec::ExitCode;

use super::{Done, failed, print};
use crate::arguments::Attack as Arguments;
use crate::certificate::provenance::Seed;
use crate::evidence::{Evidence, attack};
use crate::measure::quiet_panics;
use crate::page::trace::{self, Shown};
use crate::registry::Registry;
use crate::{log::Found, text};

/// Attacks.
pub fn run(args: &Arguments, registry: &Registry<'_>) -> Done {
    let usage = failed(ExitCode::Usage);
    let protocol = registry.find(&args.protocol).map_err(&usage)?;
    let mut all = protocol.attacks.iter().copied().chain(attacks::all());
    let Some(a): Option<&Attack> = all.find(|a| a.id == args.attack) else {
        let known: Vec<_> = protocol.attacks.iter().map(|a| a.id).collect();
        return Err(usage(format!("there is no attack `{}`: choose one of {}", args.attack, known.join(", "))));
    };
    let (root, _) = Seed::choose(args.seed).map_err(failed(ExitCode::Internal))?;
    quiet_panics();
    let key = Evidence::Attack(attack::Row::of(a)).key();
    let mut ends = std::collections::BTreeMap::<String, u64>::new();
    let mut won = false;
    for run in args.run..args.run.saturating_add(args.runs) {
        let conditions = Conditions { control: args.control, seed: root.seed(&key, run) };
        let (outcome, recorded) = recording(|| a.once(&conditions));
        if let (true, Some(file)) = (run == args.run, &args.trace) {
            let (protocol, control) = (args.protocol.as_str(), args.control);
            let shown = Shown { attack: a, protocol, root: &root, run, control, outcome: &outcome, runs: &recorded };
            std::fs::write(file, trace::render(&shown))
                .map_err(|e| failed(ExitCode::Storage)(format!("{}: {e}", file.display())))?;
        }
        won |= matches!(attack::found(&outcome, args.control), Found::Wrong(_));
        let idle = if outcome.effective { "" } else { " (some rule never fired)" };
        *ends.entry(format!("{}{idle}", outcome.judgement)).or_default() += 1;
    }
    let mode = if args.control { format!("in its control ({})", a.control) } else { "against the shipped code".into() };
    let mut out = format!("{} {mode}: {}\n", a.id, a.does);
    ends.iter().for_each(|(end, k)| out += &format!("  {k} of {} runs: {end}\n", args.runs));
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

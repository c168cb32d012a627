//! Seeded weaknesses: every attack where exactly what stops it is missing. The instrument has to see each of them.

use adversary::Conditions;
use adversary::attack::Control;
use spec::ExitCode;

use super::{Done, failed, print};
use crate::arguments::Controls;
use crate::certificate::provenance::Seed;
use crate::evidence::{Evidence, attack};
use crate::log::Found;
use crate::measure::quiet_panics;
use crate::progress::Progress;
use crate::registry::Registry;
use crate::text::table;
use crate::watchdog::Watchdog;

/// Runs every control, and every attack without it.
pub fn run(args: &Controls, registry: &Registry<'_>) -> Done {
    let protocol = registry.find(&args.protocol).map_err(failed(ExitCode::Usage))?;
    let (root, _) = Seed::choose(args.seed).map_err(failed(ExitCode::Internal))?;
    quiet_panics();
    let watchdog = Watchdog::start(args.limits.patience());
    let mut progress = Progress::new(args.silent, protocol.attacks.len(), protocol.attacks.len() as u64);
    let (mut rows, mut seen, mut sound) = (Vec::new(), 0, 0);
    for a in protocol.attacks.iter().filter(|a| !matches!(a.control, Control::None(_))) {
        progress.begins(a.id);
        let seed = root.seed(&Evidence::Attack(attack::Row::of(a)).key(), 0);
        let once = |control| watchdog.watching(a.id, || a.once(&Conditions { control, seed }));
        let [shipped, weak] = [false, true].map(|control| attack::found(&once(control), control));
        let flagged = matches!(weak, Found::Wrong(_));
        let quiet = !matches!(shipped, Found::Wrong(_));
        seen += usize::from(flagged);
        sound += usize::from(quiet);
        let yes = |b: bool, yes: &str, no: &str| if b { yes.to_owned() } else { no.to_owned() };
        rows.push(vec![
            a.expected.to_string(),
            a.control.to_string(),
            a.id.to_owned(),
            yes(flagged, "flagged", "MISSED"),
            yes(quiet, "not flagged", "FLAGGED"),
        ]);
        progress.ends(1, 2);
    }
    drop(progress);
    let all = rows.len();
    let head = ["check", "weakness", "attack", "weak", "as shipped"];
    let line =
        format!("{seen} of {all} weaknesses flagged, {} of {all} sound variants flagged, seed {root}\n", all - sound);
    print(&format!("{}\n{line}", table(&head, &rows)))?;
    Ok(match () {
        () if all == 0 => ExitCode::Vacuous,
        () if seen < all || sound < all => ExitCode::Fail,
        () => ExitCode::Pass,
    })
}

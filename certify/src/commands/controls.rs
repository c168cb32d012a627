//! The instrument on code that is wrong on purpose: every attack where exactly what stops it is missing, and, of all of
//! a protocol, the seeded weaknesses and the sound variants. It has to see what is wrong, and nothing where nothing is.

use adversary::Conditions;
use adversary::attack::Control;
use spec::ExitCode;

use super::{Done, failed, print};
use crate::arguments::{Controls, Tier};
use crate::certificate::provenance::Seed;
use crate::evidence::weakness::{self, Point};
use crate::evidence::{Evidence, attack};
use crate::log::{Entry, Found, Unit};
use crate::measure::quiet_panics;
use crate::progress::Progress;
use crate::registry::{Protocol, Registry};
use crate::seeds::Root;
use crate::text::table;
use crate::watchdog::Watchdog;
use crate::weaknesses;

/// How many were as they should be, of all.
type Score = (usize, usize);

/// Runs every control, and every attack without it.
pub fn run(args: &Controls, registry: &Registry<'_>) -> Done {
    let protocol = registry.find(&args.protocol).map_err(failed(ExitCode::Usage))?;
    let (root, _) = Seed::choose(args.seed).map_err(failed(ExitCode::Internal))?;
    quiet_panics();
    let watchdog = Watchdog::start(args.limits.patience(), &root);
    let (attacks, weak, quiet) = attacked(&protocol, &root, &watchdog, args.silent);
    let mut out = format!(
        "{attacks}\n{} of {} attacks win where what stops them is missing; shipped code holds in {} of {}\n",
        weak.0, weak.1, quiet.0, quiet.1
    );
    let mut scores = vec![weak, quiet];
    // A part of a protocol rests on the whole for the instrument itself.
    if !protocol.samples.is_empty() {
        for (sound, what) in [(false, "seeded weaknesses found as exactly what they break"), (true, "sound variants")] {
            let (rows, score) = examined(sound, &watchdog, args.silent).map_err(failed(ExitCode::Internal))?;
            let left = if sound { " on which nothing was found" } else { "" };
            out += &format!("\n{rows}\n{} of {} {what}{left}\n", score.0, score.1);
            scores.push(score);
        }
    }
    print(&format!("{out}seed {root}\n"))?;
    Ok(match () {
        () if weak.1 == 0 => ExitCode::Vacuous,
        () if scores.iter().any(|(right, all)| right < all) => ExitCode::Fail,
        () => ExitCode::Pass,
    })
}

/// Every attack that has a control, in it and as shipped.
fn attacked(protocol: &Protocol<'_>, root: &Root, watchdog: &Watchdog, silent: bool) -> (String, Score, Score) {
    let all: Vec<_> = protocol.attacks.iter().filter(|a| !matches!(a.control, Control::None(_))).collect();
    let mut progress = Progress::new(silent, all.len(), all.len() as u64);
    let (mut rows, mut seen, mut quiet) = (Vec::new(), 0, 0);
    for a in &all {
        progress.begins(a.id);
        let seed = root.seed(&Evidence::Attack(attack::Row::of(a)).key(), 0);
        let once = |control| watchdog.watching(a.id, || a.once(&Conditions { control, seed }));
        let [shipped, weak] = [false, true].map(|control| attack::found(&once(control), control));
        let [wins, wins_shipped] = [&weak, &shipped].map(|found| matches!(found, Found::Wrong(_)));
        seen += usize::from(wins);
        quiet += usize::from(!wins_shipped);
        rows.push(vec![
            a.expected.to_string(),
            a.control.to_string(),
            a.id.to_owned(),
            if wins { "wins" } else { "DOES NOT WIN" }.to_owned(),
            if wins_shipped { "WINS" } else { "does not win" }.to_owned(),
        ]);
        progress.ends(1, 2);
    }
    let head = ["check", "control", "attack", "in the control", "as shipped"];
    (table(&head, &rows), (seen, all.len()), (quiet, all.len()))
}

/// Every seeded weakness, or every sound variant.
fn examined(sound: bool, watchdog: &Watchdog, silent: bool) -> Result<(String, Score), String> {
    let all: Vec<_> = weaknesses::examined(sound, Tier::Deep).collect();
    let mut progress = Progress::new(silent, all.len(), all.len() as u64);
    let mut lines = Vec::new();
    for w in &all {
        progress.begins(w.id);
        let found = watchdog.watching(&format!("weakness {}", w.id), || weaknesses::examine(sound, w.id));
        let (unit, found) = (Unit::Weakness { weakness: w.id.into() }, found.map_err(|e| format!("{}: {e}", w.id))?);
        lines.push(Entry { row: String::new(), unit, found });
        progress.ends(1, 1);
    }
    let row = weakness::Row::default().recounted(&lines.iter().collect::<Vec<_>>())?;
    let losses = |all: &[String]| if all.is_empty() { "nothing".to_owned() } else { all.join(", ") };
    let line = |p: &Point| {
        let verdict = if p.right() { "as it should be" } else { "WRONG" };
        let [breaks, weakened, shipped] = [&p.breaks, &p.weakened, &p.shipped].map(|all| losses(all));
        vec![p.weakness.clone(), p.weakens.clone(), breaks, weakened, p.by.join(", "), shipped, verdict.into()]
    };
    let kind = if sound { "sound variant" } else { "weakness" };
    let head = [kind, "what is changed", "breaks", "found", "by", "as shipped", ""];
    let rows: Vec<_> = row.points.iter().map(line).collect();
    Ok((table(&head, &rows), (row.points.iter().filter(|p| p.right()).count(), all.len())))
}

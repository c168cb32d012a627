//! Looks for strategies that win: the best of all on tiny fields, whatever a coalition may say, each time knowing all
//! it has seen; and small ones drawn at random everywhere else.

use std::path::Path;
use std::time::{Duration, Instant};

use adversary::exact::At;
use adversary::fields::FieldId;
use spec::ExitCode;

use super::{Done, Failure, beside, failed, print};
use crate::arguments::{Search, Tier};
use crate::certificate::provenance::Seed;
use crate::evidence::formula;
use crate::measure::quiet_panics;
use crate::progress::{Progress, say};
use crate::registry::{Protocol, Registry};
use crate::search::hunt::{Hunt, Prey};
use crate::search::{best, playable};
use crate::seeds::Root;
use crate::text::{quoted, shown, table};
use crate::trial::aim::passive;
use crate::watchdog::Watchdog;

/// The best attacks that were counted.
struct Counted {
    rows: Vec<Vec<String>>,
    exceeded: bool,
    /// Why some could not be.
    refused: Vec<String>,
}

/// What came of strategies.
struct Hunted {
    /// One that won, and on which computation.
    prey: Option<(&'static str, Prey)>,
    /// Computations on which none was tried.
    untried: Vec<&'static str>,
    /// Why no computation can be judged, if that is so.
    refused: Option<String>,
}

/// Searches.
pub fn run(args: &Search, registry: &Registry<'_>) -> Done {
    let usage = failed(ExitCode::Usage);
    let protocol = registry.find(&args.protocol).map_err(&usage)?;
    let range = protocol.claim.parties;
    let n = args.n.unwrap_or_else(|| protocol.usual_parties(Tier::Standard).into_iter().max().unwrap_or(range.min));
    if !range.contains(n) {
        let name = protocol.claim.protocol;
        return Err(usage(format!("`{name}` is not run by {n} parties, but by {} to {}", range.min, range.max)));
    }
    if protocol.parts.iter().all(|s| passive(s.claim())) {
        let name = protocol.claim.protocol;
        let text = format!("`{name}` promises nothing where somebody deviates, so there is nothing to search for");
        return Err(failed(ExitCode::Inconclusive)(text));
    }
    args.out.as_deref().map_or(Ok(()), beside::check)?;
    let (root, _) = Seed::choose(args.seed).map_err(failed(ExitCode::Internal))?;
    quiet_panics();
    let watchdog = Watchdog::start(args.limits.patience(), &root);
    let counted = count(args, &protocol)?;
    if counted.rows.is_empty() && !counted.refused.is_empty() {
        return Err(usage(counted.refused.join("; ")));
    }
    counted.refused.iter().for_each(|why| say(format_args!("not counted: {}", shown(why))));
    if !counted.rows.is_empty() {
        let head = ["protocol", "field", "best", "bound", "is", "decisions", "views", "runs"];
        print(&(table(&head, &counted.rows) + "\n"))?;
    }
    let hunted = hunt(args, &protocol, n, (&root, &watchdog))?;
    if let Some((name, prey)) = &hunted.prey {
        return tell(args, name, prey, &root);
    }
    Ok(match () {
        () if counted.exceeded => ExitCode::Fail,
        () if hunted.refused.is_some() => return Err(usage(hunted.refused.unwrap_or_default())),
        () if !hunted.untried.is_empty() => {
            let text = format!("no strategy was tried on {}: more time may help", hunted.untried.join(", "));
            return Err(failed(ExitCode::Inconclusive)(text));
        }
        () if counted.rows.is_empty() => {
            let why = match args.field {
                Some(field) if !FieldId::COUNTED.contains(&field) => "that takes a tiny field",
                _ => "it needs two parties of which the corrupt one has no input, and an output for the honest one",
            };
            let little = if args.runs > 0 { "; that no strategy won shows little" } else { "" };
            let text = format!("the best attack on `{}` cannot be counted here: {why}{little}", args.protocol);
            return Err(failed(ExitCode::Inconclusive)(text));
        }
        () => ExitCode::Pass,
    })
}

/// Counts the best attack on everything that can be played through and promises something where somebody deviates.
fn count(args: &Search, protocol: &Protocol<'_>) -> Result<Counted, Failure> {
    let mut counted = Counted { rows: Vec::new(), exceeded: false, refused: Vec::new() };
    // Large fields are for strategies only.
    if args.field.is_some_and(|f| !FieldId::COUNTED.contains(&f)) {
        return Ok(counted);
    }
    let two = protocol.claim.parties.contains(2);
    let parts = protocol.parts.iter().filter(|s| two && !passive(s.claim()));
    let parts: Vec<_> = parts.filter_map(|s| playable(*s, Tier::Standard).map(|(f, fields)| (*s, f, fields))).collect();
    let mut progress = Progress::new(args.silent, parts.len(), parts.len() as u64);
    for (subject, formula, fields) in parts {
        progress.begins(subject.name());
        let wanted: Vec<FieldId> = args.field.map_or_else(|| fields.to_vec(), |f| vec![f]);
        for field in wanted {
            let found = match best(subject, field) {
                Ok(found) => found,
                // One that cannot be counted hides nothing of the others.
                Err(e) => {
                    counted.refused.push(e.to_string());
                    continue;
                }
            };
            let bound = formula::value(&formula, At::Field(field.small_order().unwrap_or(0)));
            let bound = bound.map_err(failed(ExitCode::Internal))?;
            counted.exceeded |= found.probability > bound;
            let cells = [subject.name().to_owned(), field.to_string(), found.probability.to_string(), formula.clone()];
            let counts = [
                bound.to_string(),
                found.decisions.to_string(),
                found.strategy.len().to_string(),
                found.runs.to_string(),
            ];
            counted.rows.push(cells.into_iter().chain(counts).collect());
        }
        progress.ends(1, 1);
    }
    Ok(counted)
}

/// Tries strategies on every computation in turn, until one wins. One that cannot be judged hides nothing of the
/// others; on one that promises nothing where somebody deviates, what wins would show nothing.
fn hunt(
    args: &Search,
    protocol: &Protocol<'_>,
    n: usize,
    (root, watchdog): (&Root, &Watchdog),
) -> Result<Hunted, Failure> {
    let mut hunted = Hunted { prey: None, untried: Vec::new(), refused: None };
    if args.runs == 0 {
        return Ok(hunted);
    }
    let parts = protocol.parts.iter().filter(|s| !passive(s.claim())).count();
    let mut progress = Progress::new(args.silent, parts, parts as u64);
    let share = Duration::from_secs(args.seconds) / u32::try_from(parts.max(1)).unwrap_or(u32::MAX);
    let (mut rows, mut refused) = (Vec::new(), Vec::new());
    for subject in &protocol.parts {
        let none = |why: &str| [subject.name(), &n.to_string(), "0", "0", why].map(str::to_owned).to_vec();
        if passive(subject.claim()) {
            rows.push(none("promises A1 only"));
            continue;
        }
        progress.begins(&format!("{}, strategies", subject.name()));
        let hunt = match Hunt::new(*subject, n, args.field, *root) {
            Ok(hunt) => hunt,
            Err(why) => {
                refused.push(why);
                progress.ends(1, 0);
                rows.push(none("cannot be judged"));
                continue;
            }
        };
        let count = usize::try_from(args.runs).unwrap_or(usize::MAX);
        let deadline = Instant::now() + share;
        let bag = hunt.go(args.runs, deadline, watchdog, |tried| {
            progress.runs(1, usize::try_from(tried).unwrap_or(count), count);
        });
        progress.ends(1, usize::try_from(bag.tried).unwrap_or(count));
        let won = bag.prey.as_ref().map_or("none won", |_| "one won");
        let [tried, acted] = [bag.tried, bag.acted].map(|k| k.to_string());
        rows.push(vec![subject.name().to_owned(), n.to_string(), tried, acted, won.to_owned()]);
        if let Some(prey) = bag.prey {
            hunted.prey = Some((subject.name(), prey));
            break;
        }
        hunted.untried.extend((bag.tried == 0).then(|| subject.name()));
    }
    drop(progress);
    if refused.len() == parts {
        hunted.refused = Some(refused.join("; "));
    }
    print(&(table(&["protocol", "parties", "strategies", "of effect", ""], &rows) + &format!("seed {root}\n")))?;
    Ok(hunted)
}

/// Tells of a strategy that won, and how to play it. One that cannot be written is told all the same.
fn tell(args: &Search, name: &str, prey: &Prey, root: &Root) -> Done {
    let json = prey.strategy.to_json() + "\n";
    let written = args.out.as_deref().map(|file| beside::write(file, &json));
    let file = args.out.as_deref().filter(|_| matches!(written, Some(Ok(()))));
    print(&told(name, prey, root, file))?;
    written.unwrap_or(Ok(()))?;
    Ok(ExitCode::Fail)
}

/// The same as a text, with the strategy if it is in no file.
fn told(name: &str, prey: &Prey, root: &Root, file: Option<&Path>) -> String {
    let (field, (won, of), what) = (prey.field, prey.won, &prey.what);
    let (found, file) = match file {
        Some(file) => (String::from("play it"), file),
        None => (prey.strategy.to_json() + "\nsave it as found.json and play it", Path::new("found.json")),
    };
    let file = quoted(&file.display().to_string());
    format!(
        "it won {won} of {of} runs over {field}: {what}\n{found}: quorate-certify attack {name} --strategy {file} \
         --field {field} --runs {of} --seed {root}\n"
    )
}

#[cfg(test)]
mod tests {
    use adversary::strategy::Strategy;

    use super::*;

    #[test]
    fn the_command_that_is_told_can_be_typed() {
        let text = r#"{"format": 1, "id": "mine", "title": "mine", "does": "something", "parties": 2, "corrupt": [1],
            "rules": [], "expect": {"harmless": "no"}}"#;
        let strategy = Strategy::from_json(text).unwrap();
        let prey = Prey { strategy, field: FieldId::F31, won: (3, 4), what: "x".into() };
        let root: Root = "5e".repeat(32).parse().unwrap();
        let said = |file: Option<&str>| told("a.b", &prey, &root, file.map(Path::new));
        let end = format!("--field F31 --runs 4 --seed {root}\n");
        let command = |file: &str| format!("play it: quorate-certify attack a.b --strategy {file} {end}");
        let head = "it won 3 of 4 runs over F31: x\n";
        assert_eq!(said(Some("my found.json")), format!("{head}{}", command("'my found.json'")));
        let all = said(None);
        assert!(all.ends_with(&format!("\nsave it as found.json and {}", command("found.json"))), "{all}");
        assert!(all.starts_with(head) && all.contains("\"corrupt\""), "{all}");
    }
}

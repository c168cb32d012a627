//! Plays a strategy that somebody wrote against one protocol or computation.

use std::io::Read;
use std::mem::discriminant;
use std::path::Path;

use adversary::fields::FieldId;
use adversary::record::recording;
use adversary::strategy::Strategy;
use adversary::strategy::validate::MOST_BYTES;
use adversary::{Control, Given, computation};
use serde::Serialize;
use spec::ExitCode;

use super::attack::numbers;
use super::{Done, Failure, beside, failed, print};
use crate::arguments::Attack as Arguments;
use crate::certificate::provenance::Seed;
use crate::measure::{on_all_processors, quiet_panics};
use crate::page::trace::{self, Shown};
use crate::progress::Progress;
use crate::registry::Registry;
use crate::search::smallest::smallest;
use crate::seeds::Root;
use crate::text::quoted;
use crate::trial::report::Report;
use crate::trial::{Aim, Refused, Run, Trial, seed};
use crate::watchdog::Watchdog;

/// How many runs there are unless told otherwise.
const RUNS: u64 = 100;
/// So few runs are over before anybody wonders.
const FEW: usize = 200;

/// What `--json` prints.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    report: &'a Report,
    seed: String,
    /// The command that replays the first finding, or else the first run.
    replay: &'a str,
    /// The command that replays that run of the shrunk strategy, if one was written.
    shrunk: Option<&'a str>,
}

/// What was written of a strategy that won.
struct Shrunk {
    /// How many rules it has.
    rules: usize,
    /// The command that replays the run which it wins.
    replay: String,
}

/// Plays.
pub fn run(file: &Path, args: &Arguments, registry: &Registry<'_>) -> Done {
    let usage = failed(ExitCode::Usage);
    let aim = aim(&args.protocol, registry).map_err(&usage)?;
    numbers(args, args.runs.unwrap_or(RUNS))?;
    let (root, _) = Seed::choose(args.seed).map_err(failed(ExitCode::Internal))?;
    // It looks on from here: what a file says may be too much before the first run.
    let watchdog = Watchdog::start(args.limits.patience(), &root);
    let mut strategy = read(file)?;
    if let Some(n) = args.n {
        strategy.parties = n;
    }
    fits(args, aim, strategy.parties)?;
    let inputs = inputs(args, aim, strategy.parties).map_err(&usage)?;
    let prepared = || Trial::new(aim, args.field, &strategy, inputs, args.control);
    let trial = watchdog.watching(&format!("what {} says", file.display()), prepared);
    let trial = trial.map_err(|refused| match refused {
        Refused::Strategy(e) => failed(ExitCode::Data)(format!("{}: {e}", file.display())),
        Refused::Circumstances(e) => usage(e),
    })?;
    for (written, other) in [(&args.trace, None), (&args.shrink, args.trace.clone())] {
        let Some(place) = written else { continue };
        beside::apart(place, other.into_iter().chain([file.to_owned()]))?;
        beside::check(place)?;
    }
    let runs = play(args, &trial, (&root, &watchdog), &strategy);
    let report = Report::new(&trial, args.run, &runs);
    let shown = report.findings.first().map_or(args.run, |f| f.run);
    let command = replay(file, args, &root, shown);
    let drawn = args.trace.as_deref().map(|page| {
        let drawn = || draw(page, &trial, &strategy, &root, shown, &command, args.control);
        watchdog.watching(&format!("strategy {} run {shown}", strategy.id), drawn)
    });
    let shrunk = args.shrink.as_deref().map(|place| {
        let won = report.findings.first().and_then(|f| shrunk(&trial, &strategy, (&root, &watchdog), f.run));
        won.map(|smaller| kept(place, args, &smaller, &root, shown)).transpose()
    });
    // What came of the runs is told even if none could be drawn, and nothing be written.
    let page = args.trace.as_deref().filter(|_| matches!(drawn, Some(Ok(()))));
    if args.json {
        let smaller = shrunk.as_ref().and_then(|s| s.as_ref().ok()?.as_ref()).map(|s| s.replay.as_str());
        let told = Told { report: &report, seed: root.to_string(), replay: &command, shrunk: smaller };
        let text = serde_json::to_string_pretty(&told).map_err(|e| failed(ExitCode::Internal)(e.to_string()))?;
        print(&(text + "\n"))?;
    } else {
        let smaller = match &shrunk {
            Some(Ok(Some(s))) => {
                let (rules, all) = (s.rules, strategy.rules.len());
                format!("shrunk from {all} rules to {rules}, which win run {shown} in the same way: {}\n", s.replay)
            }
            Some(Ok(None)) => "no run was won: there is nothing to shrink, and nothing was written\n".into(),
            Some(Err(_)) | None => String::new(),
        };
        print(&(told(&report, &root, &command, page, shown) + &smaller))?;
    }
    drawn.unwrap_or(Ok(()))?;
    shrunk.transpose()?;
    Ok(report.verdict.exit_code())
}

/// What is called so: a protocol, or else a computation.
fn aim<'a>(name: &str, registry: &Registry<'a>) -> Result<Aim<'a>, String> {
    let unknown = match registry.find(name) {
        Ok(protocol) => return protocol.only().map(Aim::Subject),
        Err(unknown) => unknown,
    };
    computation::find(name).map(Aim::Computation).ok_or_else(|| {
        let known: Vec<_> = computation::ALL.iter().map(|c| c.name).collect();
        format!("{unknown}, or of the computations {}", known.join(", "))
    })
}

/// Whether so many parties run it over this field.
fn fits(args: &Arguments, aim: Aim<'_>, n: usize) -> Result<(), Failure> {
    let (name, range) = (aim.name(), aim.parties());
    aim.runs_over(args.field).map_err(failed(ExitCode::Usage))?;
    if !range.contains(n) {
        let code = if args.n.is_some() { ExitCode::Usage } else { ExitCode::Data };
        let text = format!("`{name}` is not run by {n} parties, but by {} to {}: see --n", range.min, range.max);
        return Err(failed(code)(text));
    }
    Ok(())
}

/// Reads a strategy; no more of the file than a strategy can have.
fn read(file: &Path) -> Result<Strategy, Failure> {
    let at = |e: &dyn std::fmt::Display| format!("{}: {e}", file.display());
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file);
    let read = opened.and_then(|f| f.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|e| failed(ExitCode::Storage)(at(&e)))?;
    let data = failed(ExitCode::Data);
    let text = String::from_utf8(bytes).map_err(|_| data(at(&"a strategy is text in UTF-8")))?;
    Strategy::from_json(&text).map_err(|e| data(at(&e)))
}

/// What goes in, if it is given.
fn inputs(args: &Arguments, aim: Aim<'_>, n: usize) -> Result<Option<Given<u64>>, String> {
    if args.inputs.is_empty() {
        return Ok(None);
    }
    let Aim::Subject(subject) = aim else {
        return Err(format!("`{}` has inputs of its own and takes no --inputs", aim.name()));
    };
    let shape = subject.shape(n);
    let counts: Vec<usize> = shape.parties.iter().map(Vec::len).collect();
    let (all, shared) = (counts.iter().sum::<usize>() + shape.shared.len(), shape.shared.len());
    if args.inputs.len() != all {
        let each: Vec<_> = counts.iter().map(ToString::to_string).collect();
        let name = subject.name();
        return Err(format!(
            "`{name}` takes {all} values: {} of its parties and {shared} shared ones, not {}",
            each.join("+"),
            args.inputs.len()
        ));
    }
    if let Some(v) = args.inputs.iter().find(|v| args.field.small_order().is_some_and(|p| **v >= p)) {
        return Err(format!("{v} is no element of {}", args.field));
    }
    let mut left = args.inputs.iter().copied();
    let mut take = |k: usize| left.by_ref().take(k).collect::<Vec<u64>>();
    let parties = counts.into_iter().map(&mut take).collect();
    Ok(Some(Given { parties, shared: take(shared) }))
}

fn play(args: &Arguments, trial: &Trial<'_>, (root, watchdog): (&Root, &Watchdog), strategy: &Strategy) -> Vec<Run> {
    quiet_panics();
    let count = usize::try_from(args.runs.unwrap_or(RUNS)).unwrap_or(usize::MAX);
    let mut progress = Progress::new(args.silent || count <= FEW, 1, 1);
    progress.begins(&strategy.id);
    let one = |k: usize| {
        let run = args.run + k as u64;
        watchdog.watching(&format!("strategy {} run {run}", strategy.id), || trial.play(seed(root, &strategy.id, run)))
    };
    on_all_processors(count, &mut |k| progress.played(1, k, count), one)
}

/// The smallest strategy found that wins this run in the same way; none if the run was not won.
fn shrunk(trial: &Trial<'_>, strategy: &Strategy, (root, watchdog): (&Root, &Watchdog), run: u64) -> Option<Strategy> {
    let (name, seed) = (format!("strategy {} run {run}, shrunk", strategy.id), seed(root, &strategy.id, run));
    let win = watchdog.watching(&name, || trial.win(seed))?;
    let way = discriminant(&win);
    let wins = |smaller: &Strategy| {
        let again = || trial.instead(smaller).ok()?.win(seed);
        watchdog.watching(&name, again).filter(|win| discriminant(win) == way)
    };
    Some(smallest(strategy, win, wins).0)
}

/// Writes a shrunk strategy.
fn kept(place: &Path, args: &Arguments, smaller: &Strategy, root: &Root, run: u64) -> Result<Shrunk, Failure> {
    let mut json = smaller.to_json() + "\n";
    if json.len() > MOST_BYTES {
        // As it is written for people, it would be too long to be read.
        json = serde_json::to_string(smaller).map_err(|e| failed(ExitCode::Internal)(e.to_string()))?;
    }
    beside::write(place, &json)?;
    Ok(Shrunk { rules: smaller.rules.len(), replay: replay(place, args, root, run) })
}

/// The command that plays one run again and draws it.
fn replay(file: &Path, args: &Arguments, root: &Root, run: u64) -> String {
    let file = quoted(&file.display().to_string());
    let mut words = format!("quorate-certify attack {} --strategy {file}", args.protocol);
    if args.field != FieldId::F31 {
        words += &format!(" --field {}", args.field);
    }
    if let Some(n) = args.n {
        words += &format!(" --n {n}");
    }
    if !args.inputs.is_empty() {
        let values: Vec<_> = args.inputs.iter().map(ToString::to_string).collect();
        words += &format!(" --inputs {}", values.join(","));
    }
    if args.control {
        words += " --control";
    }
    words + &format!(" --run {run} --runs 1 --seed {root} --trace run.html")
}

/// Plays a run once more and draws it.
fn draw(
    page: &Path,
    trial: &Trial<'_>,
    strategy: &Strategy,
    root: &Root,
    run: u64,
    command: &str,
    control: bool,
) -> Result<(), Failure> {
    let (judgement, runs) = recording(|| trial.replay(seed(root, &strategy.id, run)));
    let judgement = judgement.map_err(failed(ExitCode::Internal))?;
    let text = trace::render(&Shown {
        id: &strategy.id,
        title: &strategy.title,
        does: &strategy.does,
        expected: trial.expected(),
        run,
        control: control.then(|| Control::CheckOff.to_string()),
        judgement: &judgement,
        runs: &runs,
        command,
    });
    beside::write(page, &text)
}

/// The report for people.
fn told(r: &Report, root: &Root, command: &str, trace: Option<&Path>, shown: u64) -> String {
    let corrupt: Vec<_> = r.corrupt.iter().map(|p| format!("P{p}")).collect();
    let floor = if r.ideal { " on ideal foundations" } else { "" };
    let mode = if r.control { " without the check that must stop it" } else { "" };
    let mut out = format!(
        "{} against {} over {}{floor}{mode}, {} parties, {} corrupt: {}\n",
        r.strategy,
        r.protocol,
        r.field,
        r.parties,
        corrupt.join(" and "),
        r.does
    );
    let mut line = |count: u64, what: &str| {
        if count > 0 {
            out += &format!("  {count:>6} of {} runs: {what}\n", r.runs);
        }
    };
    line(r.wrong, "a WRONG output was accepted");
    line(r.shown, "the coalition SAW what it must not see");
    line(r.unexplained, "UNEXPLAINED by the ideal functionality");
    line(r.not_made, "could not be made, which shows nothing");
    r.stopped.iter().for_each(|(check, count)| line(*count, &format!("stopped by {check}")));
    line(r.right, "the right output");
    line(r.gave_up, "honest parties wait: the adversary gave up");
    line(r.idle, "idle: some part of the strategy changed nothing that was delivered");
    let e = &r.escape;
    let claimed = match &e.bound {
        Some(bound) => format!("at most {bound}, here {:.3e}", e.about),
        None => "never".into(),
    };
    let said = match (&e.said, &e.said_at_most) {
        (Some(said), _) => format!(", and the strategy says {said}"),
        (None, Some(most)) => format!(", and the strategy says at most {most}"),
        (None, None) => String::new(),
    };
    out += &format!(
        "escape rate {} of {}, 95% interval {:.5} to {:.5}; claimed: {claimed}{said}\n",
        e.hits, e.of, e.interval[0], e.interval[1]
    );
    for (name, counts) in [("rule", &r.rules), ("tape", &r.tape), ("input", &r.inputs)] {
        for (k, _) in counts.iter().enumerate().filter(|(_, c)| **c == 0) {
            out += &format!("{name} {k} never changed anything that was delivered\n");
        }
    }
    out += &format!("what must come of it: {}; so ended {} of {} runs\n", r.expected, r.as_expected, r.runs);
    for f in r.findings.iter().take(3) {
        out += &format!("run {}: {}\n", f.run, f.what);
    }
    let because = match &r.because {
        Some(why) => format!(": {why}"),
        None if r.control => ": it wins where what stops it is missing".into(),
        None => format!(": nothing beyond the claim in {} runs", e.of),
    };
    out += &format!("{}{because}\nseed {root}\n", r.verdict);
    match trace {
        Some(file) => out += &format!("run {shown} is drawn in {}\n", file.display()),
        None => out += &format!("see run {shown}: {command}\n"),
    }
    out
}

//! The command line.

mod help;

use std::path::PathBuf;

use adversary::fields::FieldId;
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use spec::{Level, Levels};

use crate::plan::Question;
use crate::registry::Protocol;
use crate::seeds::Root;
use crate::watchdog::{LONGEST_RUN, Patience, most_memory};

/// Attacks protocols and checks the security level they claim.
#[derive(Parser)]
#[command(name = "quorate-certify", version, after_help = help::PROGRAM, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// What to do; without a command, certify.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to certify.
    #[command(flatten)]
    pub certify: Option<Certify>,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Protocols with their levels, and all attacks.
    #[command(after_help = help::LOOKUPS)]
    List(List),
    /// One attack, figure, property or weakness: what it does or must hold, what must stop it, where it was described.
    #[command(after_help = help::LOOKUPS)]
    Explain(Explain),
    /// Run one attack, by name or of your own, and show a run as a sequence diagram.
    #[command(after_help = help::ATTACKS)]
    Attack(Attack),
    /// Look for strategies that win: the best of all on tiny fields, counted exactly, and small ones drawn at random.
    #[command(after_help = help::SEARCHES)]
    Search(Search),
    /// Code that is wrong on purpose: every attack where what stops it is missing, and of `spdz` the seeded weaknesses
    /// and the sound variants.
    #[command(after_help = help::CONTROLS)]
    Controls(Controls),
    /// Make a key to sign certificates with.
    #[command(after_help = help::KEYS)]
    Key(Key),
    /// Recompute everything in a certificate that can be recomputed.
    #[command(after_help = help::VERIFYING)]
    Verify(Verify),
    /// Run a part of a certification again and compare.
    #[command(after_help = help::RUNNING_AGAIN)]
    Rerun(Rerun),
    /// What changed between two certificates.
    #[command(after_help = help::COMPARING)]
    Diff(Diff),
}

/// How a certificate is made and shown.
#[derive(Args)]
pub struct Certify {
    /// Which protocol: `quorate-certify list` names them.
    pub protocol: String,
    /// The levels to show, such as A1C2,A3C2 [default: all it claims].
    #[arg(long, value_name = "LEVELS")]
    pub claim: Option<Levels>,
    /// Numbers of parties, such as 2,3 [default: those it has up to three, in the deep tier
    /// up to four].
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    pub n: Vec<usize>,
    /// How much is done.
    #[arg(long, value_enum, default_value_t = Tier::Standard)]
    pub tier: Tier,
    /// Where all coins come from: 64 hexadecimal digits [default: the operating system, and printed].
    #[arg(long, value_name = "HEX")]
    pub seed: Option<Root>,
    /// Write certificate.json, certificate.html and the log of all runs here. What is interrupted leaves
    /// unfinished.jsonl, and the same command goes on from there.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Sign the certificate with this key, made by `quorate-certify key`.
    #[arg(long, value_name = "FILE", requires = "out")]
    pub sign: Option<PathBuf>,
    /// Print the certificate itself, in canonical JSON, instead of tables.
    #[arg(long)]
    pub json: bool,
    /// Show every row with the runs that it takes, and make none. Finding them out takes a few honest runs.
    #[arg(long, conflicts_with_all = ["out", "json", "sign"])]
    pub plan: bool,
    /// Only rows whose names start so. Never a pass: the rest is missing.
    #[arg(long, value_name = "PREFIX")]
    pub only: Option<String>,
    /// Write the first run that should not be as a sequence diagram: one with a changed frame, or in which everyone
    /// follows the protocol.
    #[arg(long, value_name = "HTML", conflicts_with = "plan")]
    pub trace: Option<PathBuf>,
    /// How long a single run may take before the protocol counts as hanging.
    #[arg(long, value_name = "SECONDS", default_value_t = LONGEST_RUN)]
    pub run_limit: u64,
    /// How much memory the program may use before the protocol counts as eating it.
    #[arg(long, value_name = "MIB", default_value_t = most_memory())]
    pub memory_limit: u64,
    /// No progress on standard error.
    #[arg(long)]
    pub silent: bool,
}

/// When a protocol is stopped, also of commands: what may be absent as a whole, as [`Certify`] may, cannot contain it.
#[derive(Args)]
pub struct Limits {
    /// How long a single run may take before the protocol counts as hanging.
    #[arg(long, value_name = "SECONDS", default_value_t = LONGEST_RUN)]
    pub run_limit: u64,
    /// How much memory the program may use before the protocol counts as eating it.
    #[arg(long, value_name = "MIB", default_value_t = most_memory())]
    pub memory_limit: u64,
}

/// How much is done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub enum Tier {
    /// One seed, small fields only: a minute or two.
    Quick,
    /// Eight seeds, and a sample of what takes longest: up to half an hour.
    Standard,
    /// Thirty-two seeds, nothing only sampled, four parties too: hours.
    Deep,
}

impl Tier {
    /// The name on the command line and in certificates.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Standard => "standard",
            Self::Deep => "deep",
        }
    }
    /// The tier of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Quick, Self::Standard, Self::Deep].into_iter().find(|t| t.name() == name)
    }
}

/// What to list.
#[derive(Args)]
pub struct List {
    /// Only attacks that are of use against this protocol.
    pub protocol: Option<String>,
}

/// What to explain.
#[derive(Args)]
pub struct Explain {
    /// The name of an attack, a figure, a property, a seeded weakness or a sound variant.
    pub name: String,
}

/// An attack to be run.
#[derive(Args)]
#[command(group = ArgGroup::new("what").required(true).args(["attack", "strategy"]))]
pub struct Attack {
    /// Which protocol; for a strategy a computation, such as online.multiply: `quorate-certify list` names them.
    pub protocol: String,
    /// The name of an attack.
    #[arg(long, value_name = "NAME")]
    pub attack: Option<String>,
    /// A strategy of your own.
    #[arg(long, value_name = "FILE")]
    pub strategy: Option<PathBuf>,
    /// The field that a strategy is played over.
    #[arg(long, default_value_t = FieldId::F31, conflicts_with = "attack")]
    pub field: FieldId,
    /// The number of parties [default: as the strategy says].
    #[arg(long, conflicts_with = "attack")]
    pub n: Option<usize>,
    /// What goes in, party by party, then the shared values, such as 3,4,5 [default: drawn for every run].
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', conflicts_with = "attack")]
    pub inputs: Vec<u64>,
    /// How many runs [default: 1 of a named attack, 100 of a strategy].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=MOST_RUNS))]
    pub runs: Option<u64>,
    /// Number of the first run: certificates and reports name runs by number.
    #[arg(long, default_value_t = 0)]
    pub run: u64,
    /// Where all coins come from [default: the operating system, and printed].
    #[arg(long, value_name = "HEX")]
    pub seed: Option<Root>,
    /// In its control, where what stops it is missing.
    #[arg(long)]
    pub control: bool,
    /// Write a run as a sequence diagram: of a strategy the first that is won, or else the first.
    #[arg(long, value_name = "HTML")]
    pub trace: Option<PathBuf>,
    /// Write what is left of a strategy that won a run here, so little that it just wins the first such run in the same
    /// way.
    #[arg(long, value_name = "FILE", conflicts_with = "attack")]
    pub shrink: Option<PathBuf>,
    /// Print what came of a strategy as JSON.
    #[arg(long, conflicts_with = "attack")]
    pub json: bool,
    /// When a protocol is stopped.
    #[command(flatten)]
    pub limits: Limits,
    /// No progress on standard error.
    #[arg(long)]
    pub silent: bool,
}

/// The most runs of an attack, and the most strategies of a search.
const MOST_RUNS: u64 = 10_000_000;
/// The longest search, in seconds.
const A_WEEK: u64 = 7 * 24 * 3600;

/// What to search.
#[derive(Args)]
pub struct Search {
    /// Which protocol.
    pub protocol: String,
    /// Only this field [default: the best attack on tiny ones, strategies on the largest that can be judged].
    #[arg(long)]
    pub field: Option<FieldId>,
    /// The number of parties of strategies [default: up to three].
    #[arg(long)]
    pub n: Option<usize>,
    /// How many strategies are tried at most on each computation; 0: none.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(..=MOST_RUNS))]
    pub runs: u64,
    /// How long strategies are tried at most, on all computations together.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(..=A_WEEK))]
    pub seconds: u64,
    /// Where all coins come from [default: the operating system, and printed].
    #[arg(long, value_name = "HEX")]
    pub seed: Option<Root>,
    /// Write the strategy that wins here instead of printing it.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// When a protocol is stopped.
    #[command(flatten)]
    pub limits: Limits,
    /// No progress on standard error.
    #[arg(long)]
    pub silent: bool,
}

/// Which controls to run.
#[derive(Args)]
pub struct Controls {
    /// Which protocol.
    pub protocol: String,
    /// Where all coins come from [default: the operating system, and printed].
    #[arg(long, value_name = "HEX")]
    pub seed: Option<Root>,
    /// When a protocol is stopped.
    #[command(flatten)]
    pub limits: Limits,
    /// No progress on standard error.
    #[arg(long)]
    pub silent: bool,
}

/// Where to put a key.
#[derive(Args)]
pub struct Key {
    /// The private key; the public one goes beside it with `.pub`.
    pub file: PathBuf,
}

/// What to verify.
#[derive(Args)]
pub struct Verify {
    /// The directory of a certificate, or the certificate itself.
    pub report: PathBuf,
    /// The public key of whoever must have signed it: a file made by `key`, or its 64 hexadecimal digits.
    #[arg(long, value_name = "PUB")]
    pub key: Option<String>,
    /// A checkout that must be what was measured.
    #[arg(long, value_name = "DIR")]
    pub sources: Option<PathBuf>,
    /// When a protocol is stopped in the runs that tell what there was to run: as when it was made.
    #[command(flatten)]
    pub limits: Limits,
}

/// What to run again.
#[derive(Args)]
pub struct Rerun {
    /// The directory of a certificate.
    pub report: PathBuf,
    /// How much of its log, such as 1% or 100%.
    #[arg(long, value_name = "PERCENT", default_value = "1%", value_parser = percent)]
    pub sample: f64,
    /// When a protocol is stopped: as when it was made.
    #[command(flatten)]
    pub limits: Limits,
    /// No progress on standard error.
    #[arg(long)]
    pub silent: bool,
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).parse().ok();
    number
        .filter(|p| *p > 0.0 && *p <= 100.0)
        .ok_or_else(|| "write a percentage above 0 and up to 100, such as 1%".into())
}

/// What to compare.
#[derive(Args)]
pub struct Diff {
    /// The older certificate, or its directory.
    pub a: PathBuf,
    /// The newer one.
    pub b: PathBuf,
}

impl Limits {
    /// What is not tolerated.
    #[must_use]
    pub fn patience(&self) -> Patience {
        Patience { seconds: self.run_limit, memory: self.memory_limit }
    }
}

impl Certify {
    /// What is not tolerated.
    #[must_use]
    pub fn patience(&self) -> Patience {
        Patience { seconds: self.run_limit, memory: self.memory_limit }
    }
    /// What is asked, with what the protocol says where the command line says nothing.
    #[must_use]
    pub fn question(&self, protocol: &Protocol<'_>) -> Question {
        let mut parties = if self.n.is_empty() { protocol.usual_parties(self.tier) } else { self.n.clone() };
        parties.sort_unstable();
        parties.dedup();
        let levels: Vec<Level> = self.claim.unwrap_or(protocol.claim.levels).iter().collect();
        Question { levels, parties, tier: self.tier, only: self.only.clone() }
    }
}

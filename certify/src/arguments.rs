//! The command line.

use std::path::PathBuf;

use adversary::fields::FieldId;
use clap::{Args, Parser, Subcommand, ValueEnum};
use spec::{Level, Levels};

use crate::plan::Question;
use crate::registry::Protocol;
use crate::seeds::Root;
use crate::watchdog::{LONGEST_RUN, MOST_MEMORY};

const EXAMPLES: &str = "\
Examples:
  quorate-certify spdz                              every level it claims, two and three parties, as tables
  quorate-certify spdz --tier quick                 one seed, small fields only: what runs on every change
  quorate-certify spdz --claim A3C2 --n 2,3 --out report --sign me.key
  quorate-certify verify report                     recompute everything in it that can be recomputed
  quorate-certify rerun report --sample 1%          run a part of it again
  quorate-certify attack spdz --attack mac.sigma.lie --trace run.html
  quorate-certify list                              protocols, levels, attacks

Exit codes: 0 pass, 1 fail, 2 inconclusive, 3 vacuous (a test did not test), 64 wrong command line, 65 malformed input.";

/// Attacks protocols and checks the security level they claim.
#[derive(Parser)]
#[command(name = "quorate-certify", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
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
    List(List),
    /// One attack or figure: what it does, what must stop it, where it was described.
    Explain(Explain),
    /// Run one attack, and show a run as a sequence diagram.
    Attack(Attack),
    /// The best attack on tiny fields, counted exactly.
    Search(Search),
    /// Seeded weaknesses: every attack where what stops it is missing.
    Controls(Controls),
    /// Make a key to sign certificates with.
    Key(Key),
    /// Recompute everything in a certificate that can be recomputed.
    Verify(Verify),
    /// Run a part of a certification again and compare.
    Rerun(Rerun),
    /// What changed between two certificates.
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
    /// Numbers of parties, such as 2,3 [default: those it has up to three].
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    pub n: Vec<usize>,
    /// How much is done.
    #[arg(long, value_enum, default_value_t = Tier::Standard)]
    pub tier: Tier,
    /// Where all coins come from: 64 hexadecimal digits [default: the operating system, and printed].
    #[arg(long, value_name = "HEX")]
    pub seed: Option<Root>,
    /// Write certificate.json, certificate.html and the log of all runs here.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Sign the certificate with this key, made by `quorate-certify key`.
    #[arg(long, value_name = "FILE", requires = "out")]
    pub sign: Option<PathBuf>,
    /// Print the certificate itself, in canonical JSON, instead of tables.
    #[arg(long)]
    pub json: bool,
    /// Only rows whose names start so. Never a pass: the rest is missing.
    #[arg(long, value_name = "PREFIX")]
    pub only: Option<String>,
    /// How long a single run may take before the protocol counts as hanging.
    #[arg(long, value_name = "SECONDS", default_value_t = LONGEST_RUN)]
    pub run_limit: u64,
    /// How much memory the program may use before the protocol counts as eating it.
    #[arg(long, value_name = "MIB", default_value_t = MOST_MEMORY)]
    pub memory_limit: u64,
    /// No progress on standard error.
    #[arg(long)]
    pub silent: bool,
}

/// How much is done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub enum Tier {
    /// One seed, small fields only: three minutes.
    Quick,
    /// Eight seeds, and a sample of what takes longest: half an hour.
    Standard,
    /// Thirty-two seeds, nothing only sampled: a night.
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
    /// The name of an attack or of a figure.
    pub name: String,
}

/// An attack to be run.
#[derive(Args)]
pub struct Attack {
    /// Which protocol.
    pub protocol: String,
    /// The name of an attack.
    #[arg(long, value_name = "NAME")]
    pub attack: String,
    /// How many runs.
    #[arg(long, default_value_t = 1)]
    pub runs: u64,
    /// Number of the first run: a certificate names runs by number.
    #[arg(long, default_value_t = 0)]
    pub run: u64,
    /// Where all coins come from [default: the operating system, and printed].
    #[arg(long, value_name = "HEX")]
    pub seed: Option<Root>,
    /// In its control, where what stops it is missing.
    #[arg(long)]
    pub control: bool,
    /// Write the first run as a sequence diagram.
    #[arg(long, value_name = "HTML")]
    pub trace: Option<PathBuf>,
}

/// What to search.
#[derive(Args)]
pub struct Search {
    /// Which protocol.
    pub protocol: String,
    /// Only this field.
    #[arg(long)]
    pub field: Option<FieldId>,
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
}

/// What to run again.
#[derive(Args)]
pub struct Rerun {
    /// The directory of a certificate.
    pub report: PathBuf,
    /// How much of its log, such as 1% or 100%.
    #[arg(long, value_name = "PERCENT", default_value = "1%", value_parser = percent)]
    pub sample: f64,
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

impl Certify {
    /// What is asked, with what the protocol says where the command line says nothing.
    #[must_use]
    pub fn question(&self, protocol: &Protocol<'_>) -> Question {
        let mut parties = if self.n.is_empty() { protocol.usual_parties() } else { self.n.clone() };
        parties.sort_unstable();
        parties.dedup();
        let levels: Vec<Level> = self.claim.unwrap_or(protocol.claim.levels).iter().collect();
        Question { levels, parties, tier: self.tier, only: self.only.clone() }
    }
}

//! The command line.

use adversary::cases::{Case, Cost};
use adversary::sweep::Effort;
use clap::{Args, Parser, Subcommand};

/// Runs of a sweep that is only sampled.
const SAMPLE: usize = 60;

const EXAMPLES: &str = "\
Examples:
  quorate-certify spdz                     all attacks, figures and sweeps, as tables
  quorate-certify spdz --quick             one seed, small fields only: some seconds
  quorate-certify spdz --deep              more seeds, nothing only sampled: many minutes
  quorate-certify spdz --json > spdz.json  for programs; the shape is stable
  quorate-certify spdz --only mac.         attacks and figures whose names start so

Exit codes: 0 pass, 1 fail, 2 inconclusive, 3 vacuous (a test did not test), 64 wrong command line.";

/// Attacks protocols and checks the security level they claim.
#[derive(Parser)]
#[command(name = "quorate-certify", version, after_help = EXAMPLES, arg_required_else_help = false)]
pub struct Arguments {
    /// Which protocol.
    #[command(subcommand)]
    pub command: Command,
}

/// The protocols that can be certified.
#[derive(Subcommand)]
pub enum Command {
    /// SPDZ with MASCOT preprocessing: malicious parties, all but one of them.
    #[command(after_help = EXAMPLES)]
    Spdz(Options),
}

/// How a certificate is made and shown.
#[derive(Args)]
pub struct Options {
    /// Print JSON instead of tables.
    #[arg(long)]
    pub json: bool,
    /// One seed and only what takes little time.
    #[arg(long)]
    pub quick: bool,
    /// More seeds, and wholly what else is only sampled: for nightly runs and releases.
    #[arg(long, conflicts_with = "quick")]
    pub deep: bool,
    /// Only attacks, figures and sweeps whose names start with this.
    #[arg(long, value_name = "PREFIX")]
    pub only: Option<String>,
    /// No progress on standard error.
    #[arg(long)]
    pub silent: bool,
}

impl Options {
    /// Whether something of this name is wanted.
    pub fn wants(&self, name: &str) -> bool {
        self.only.as_deref().is_none_or(|prefix| name.starts_with(prefix))
    }
    /// How many seeds every attack and every sweep that takes seconds is run with.
    pub fn seeds(&self) -> u64 {
        match (self.quick, self.deep) {
            (true, _) => 1,
            (false, false) => 8,
            (false, true) => 32,
        }
    }
    /// How a case is swept: seeds and effort; `None`: not at all.
    pub fn sweep(&self, case: &Case) -> Option<(u64, Effort)> {
        match (case.cost, self.deep) {
            (Cost::Seconds, false) => Some((self.seeds(), Effort::Every)),
            (Cost::Seconds, true) => Some((self.seeds(), Effort::Deep)),
            // The places inside large frames are the same with two parties and with three.
            (Cost::Minutes, true) if case.n > 2 => Some((1, Effort::Every)),
            (Cost::Long | Cost::Minutes, true) => Some((1, Effort::Deep)),
            _ if self.quick => None,
            (Cost::Long, false) => Some((1, Effort::Every)),
            (Cost::Minutes, false) => Some((1, Effort::Sample(SAMPLE))),
        }
    }
}

//! What the help says after the arguments: examples, and how each command can end.

/// The program, and certifying.
pub(super) const PROGRAM: &str = "\
Examples:
  quorate-certify spdz                         every level it claims, 2 and 3 parties, as tables
  quorate-certify spdz --tier quick            one seed, small fields: what runs on every change
  quorate-certify spdz --tier deep --plan      what that would run, and how often
  quorate-certify spdz --claim A3C2 --n 2,3 --out report --sign me.key
  quorate-certify verify report                recompute everything in it that can be recomputed
  quorate-certify rerun report --sample 1%     run a part of it again
  quorate-certify attack spdz --attack mac.sigma.lie --trace run.html
  quorate-certify list                         protocols, levels, attacks

Exit codes: 0 pass, 1 fail, 2 inconclusive or interrupted, 3 vacuous (a test did not test), 64 wrong
command line, 65 malformed input, 70 an error of this program, 74 a file cannot be read or written.
`quorate-certify COMMAND --help` tells what they mean there.";

/// Lists and explanations.
pub(super) const LOOKUPS: &str = "\
Exit codes: 0 told, 2 interrupted, 64 there is nothing of that name, or wrong command line, 70 an
error of this program, 74 standard output cannot be written.";

/// Attacks.
pub(super) const ATTACKS: &str = "\
Examples:
  quorate-certify attack spdz --attack mac.sigma.lie --trace run.html
  quorate-certify attack online.multiply --strategy lie.json --field F31 --n 3 --runs 1000
  quorate-certify attack mine --strategy lie.json --shrink less.json

A strategy is what a coalition does to its frames, in JSON. The language on one page is
adversary/catalogue/README.md:
  {\"format\": 1, \"id\": \"lie\", \"title\": \"wrong share\", \"does\": \"adds one to its share of x - a\",
   \"parties\": 2, \"corrupt\": [1],
   \"rules\": [{\"on\": {\"step\": \"beaver\", \"message\": \"share\", \"items\": [0]}, \"do\": [{\"add\": \"1\"}]}],
   \"expect\": {\"check\": \"mac.check\"}}

--shrink plays the first run that a strategy won again and again, each time with less of it, for up
to a minute, and writes what is left. If no run was won, nothing is written.

Exit codes of a named attack:
  0 every run ends as it must; in its control: every run wins
  1 it wins, or another check stops it than must
  3 some run has no effect: a part of it changes nothing, or nothing has to stop it; in its control:
    not every run wins

Exit codes of a strategy:
  0 nothing is accepted beyond the claim; in its control: it wins
  1 a wrong output is, some run is explained by nothing, or it escapes oftener than it says
  2 the check that it is about never fired, it never ended as it must, it escapes less often than it
    says, or some run could not be made; in its control: more runs would tell
  3 in no run did every part of it change anything; in its control: it does not win
 65 the strategy makes no sense here

Exit codes of both:
  1 a run hangs or eats memory     70 an error of this program
  2 interrupted                    74 a file cannot be read or written
 64 wrong command line";

/// Searches.
pub(super) const SEARCHES: &str = "\
Examples:
  quorate-certify search online.multiply --runs 2000
  quorate-certify search mine --n 3 --field F251 --out found.json

What wins is made as small as it can be and written as JSON: `attack PROTOCOL --strategy found.json`
plays it.

Exit codes:
  0 the best attack of all stays within its bound, and no strategy won
  1 one won, the best attack exceeds its bound, or a run hangs or eats memory
  2 no strategy won, where the best attack cannot be counted: that shows little; none was tried on
    some computation; it promises nothing where somebody deviates; or interrupted
 64 wrong command line, or nothing can be judged there
 70 an error of this program
 74 what won cannot be written";

/// Controls.
pub(super) const CONTROLS: &str = "\
Exit codes:
  0 every attack wins where what stops it is missing, and none against the shipped code; of `spdz`
    also: every seeded weakness is found as exactly what it breaks, and nothing is found on sound
    variants
  1 it is not so, or a run hangs or eats memory
  2 interrupted
  3 no attack on it has a control: nothing was tested
 64 wrong command line
 70 an error of this program
 74 standard output cannot be written";

/// Keys.
pub(super) const KEYS: &str = "\
Exit codes: 0 made, 2 interrupted, 64 wrong command line, 70 an error of this program, 74 a file is
there already or cannot be written.";

/// Verifying.
pub(super) const VERIFYING: &str = "\
Exit codes:
  0 everything was recomputed, and it passes
  1 what follows from its counts is a failure, or a run hangs or eats memory
  2 something in it has to be taken on trust, its counts are too few, or interrupted
  3 something that it rests on tested nothing
 64 wrong command line, or what --key says is no key
 65 it is no report, or not to be believed
 70 an error of this program
 74 the report or the sources cannot be read, or standard output cannot be written";

/// Running again.
pub(super) const RUNNING_AGAIN: &str = "\
Exit codes:
  0 what was run again ended as the log says, and it passes
  1 something else came of a run, what follows from its counts is a failure, or a run hangs or eats memory
  2 which runs there had to be is not known here, its counts are too few, or interrupted
  3 nothing was run again, or something that it rests on tested nothing
 64 wrong command line
 65 it is no report, has no log, or is not to be believed
 70 a run cannot be made again, or another error of this program
 74 the report cannot be read, or standard output cannot be written";

/// Comparing.
pub(super) const COMPARING: &str = "\
Exit codes: 0 no verdict got worse, 1 some verdict did, 2 interrupted, 64 wrong command line, 65 one
of them is no certificate or not to be believed, 70 an error of this program, 74 one of them cannot
be read, or standard output cannot be written.";

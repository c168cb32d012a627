//! What was run, built from what, and where. No name of a machine or a person.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::seeds::Root;

/// The running program and what it was built from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Version of the certifier.
    pub version: String,
    /// Hash of the sources of specification, fields, transport, protocols, adversary and certifier when it was built.
    pub sources: String,
    /// Hash of the list of all dependencies with their checksums.
    pub lock: String,
    /// Hash of the specification's pages.
    pub spec: String,
    /// Hash of the running program's file; empty if it could not be read.
    pub binary: String,
    /// The compiler.
    pub rustc: String,
    /// Flags beside those of the profile.
    pub flags: String,
    /// The profile.
    pub profile: String,
    /// The target.
    pub target: String,
}

/// Where all coins come from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// The root, in hexadecimal.
    pub root: String,
    /// `given` on the command line, or `operating system`.
    pub origin: String,
}

/// The machine, as far as it matters.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Operating system.
    pub system: String,
    /// Processor.
    pub processor: String,
    /// Instruction sets of it that the program may use.
    pub features: Vec<String>,
    /// Processors that were used.
    pub threads: u64,
    /// When it was finished: seconds since the beginning of 1970.
    pub finished: u64,
    /// How long it took, in milliseconds; where it was interrupted, up to what was kept last.
    pub milliseconds: u64,
}

impl Program {
    /// This program.
    #[must_use]
    pub fn this() -> Self {
        let file = std::env::current_exe().and_then(std::fs::read);
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            sources: env!("QUORATE_SOURCES").into(),
            lock: env!("QUORATE_LOCK").into(),
            spec: env!("QUORATE_SPEC").into(),
            binary: file.map(|bytes| blake3::hash(&bytes).to_hex().to_string()).unwrap_or_default(),
            rustc: env!("QUORATE_RUSTC").into(),
            flags: env!("QUORATE_RUSTFLAGS").into(),
            profile: env!("QUORATE_PROFILE").into(),
            target: env!("QUORATE_TARGET").into(),
        }
    }
}

/// Where a root may come from.
const ORIGINS: [&str; 2] = ["given", "operating system"];

impl Seed {
    /// The given root, or one from the operating system.
    pub fn choose(given: Option<Root>) -> Result<(Root, Self), String> {
        let drawn = || Root::from_os().map(|root| (root, Self::of_system(root))).map_err(|e| e.to_string());
        given.map_or_else(drawn, |root| Ok((root, Self::given(root))))
    }
    /// What is given on the command line.
    #[must_use]
    pub fn given(root: Root) -> Self {
        Self { root: root.to_string(), origin: ORIGINS[0].into() }
    }
    /// What came from the operating system.
    #[must_use]
    pub fn of_system(root: Root) -> Self {
        Self { root: root.to_string(), origin: ORIGINS[1].into() }
    }
    /// The root, if these words are those of a seed.
    pub fn read(&self) -> Result<Root, String> {
        let root: Root = self.root.parse()?;
        if root.to_string() != self.root {
            return Err("its seed is not written as it should be".into());
        }
        if !ORIGINS.contains(&self.origin.as_str()) {
            return Err(format!("its seed comes from `{}`, and not from: {}", self.origin, ORIGINS.join(", ")));
        }
        Ok(root)
    }
}

/// When there was no such program yet: the beginning of 2026.
const BEFORE: u64 = 1_767_225_600;
/// More processors than any machine has.
const PROCESSORS: u64 = 1 << 16;
/// No processor makes more runs in a millisecond: the shortest take many times longer.
const RUNS: u64 = 100_000;

impl Environment {
    /// This machine, for work that took so long.
    #[must_use]
    pub fn here(taken: Duration) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpu.lines().find_map(|l| l.strip_prefix("model name")?.split_once(':').map(|(_, m)| m.trim()));
        Self {
            system: system(),
            processor: model.unwrap_or(std::env::consts::ARCH).into(),
            features: features(),
            threads: std::thread::available_parallelism().map_or(1, |n| n.get() as u64),
            finished: now.as_secs(),
            milliseconds: u64::try_from(taken.as_millis()).unwrap_or(u64::MAX).max(1),
        }
    }
    /// This machine, if a certificate that is begun now can be believed in the end.
    pub fn ready() -> Result<Self, String> {
        let here = Self::here(Duration::ZERO);
        here.clock().map(|()| here)
    }
    /// Whether somebody has set its clock.
    fn clock(&self) -> Result<(), String> {
        if self.finished < BEFORE {
            return Err(format!(
                "the clock says that it is {}: set it, nobody would believe a certificate of then",
                date(self.finished)
            ));
        }
        Ok(())
    }
    /// Whether so many runs can have been made there, then and in this time.
    pub fn check(&self, runs: u64) -> Result<(), String> {
        let Self { threads, finished, milliseconds, .. } = *self;
        if finished < BEFORE {
            return Err(format!("it says that it was finished on {}, when there was no such program", date(finished)));
        }
        if milliseconds == 0 || milliseconds / 1000 > finished - BEFORE {
            return Err(format!("it says that it took {milliseconds} ms"));
        }
        if threads == 0 || threads > PROCESSORS {
            return Err(format!("it says that {threads} processors were used"));
        }
        if runs > milliseconds.saturating_mul(threads).saturating_mul(RUNS) {
            let why = "no processor is so fast";
            return Err(format!("it says that {threads} processors made {runs} runs in {milliseconds} ms: {why}"));
        }
        Ok(())
    }
}

fn system() -> String {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|l| l.strip_prefix("PRETTY_NAME="));
    name.map_or_else(|| std::env::consts::OS.into(), |n| n.trim_matches('"').to_owned())
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<String> {
    macro_rules! detected {
        ($($name:tt)*) => {
            [$(($name, std::arch::is_x86_feature_detected!($name))),*]
        };
    }
    let all =
        detected!("sse4.1" "ssse3" "avx2" "bmi2" "adx" "aes" "vaes" "pclmulqdq" "vpclmulqdq" "avx512f" "avx512ifma");
    all.into_iter().filter(|(_, has)| *has).map(|(name, _)| name.to_owned()).collect()
}
#[cfg(not(target_arch = "x86_64"))]
fn features() -> Vec<String> {
    Vec::new()
}

/// A time as a date and an hour, UTC.
#[must_use]
pub fn date(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days since the first of March of year 0, in cycles of 400 years (Richards 2013).
    let z = days + 719_468;
    let (era, day) = (z / 146_097, z % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let (day, month) = (day_of_year - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", second / 3600, second / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(date(0), "1970-01-01 00:00 UTC");
        assert_eq!(date(951_782_400), "2000-02-29 00:00 UTC");
        assert_eq!(date(1_709_251_199), "2024-02-29 23:59 UTC");
        assert_eq!(date(4_107_542_400), "2100-03-01 00:00 UTC");
    }

    #[test]
    fn what_cannot_have_been_so_is_refused() {
        let here = Environment::here(Duration::ZERO);
        let refused = |change: fn(&mut Environment), runs: u64, why: &str| {
            let mut other = Environment { threads: 2, milliseconds: 10, ..here.clone() };
            change(&mut other);
            let found = other.check(runs).unwrap_err();
            assert!(found.contains(why), "{why}: {found}");
        };
        assert_eq!(here.check(0), Ok(()));
        refused(|e| e.finished = 0, 0, "1970");
        refused(|e| e.milliseconds = 0, 0, "took 0 ms");
        refused(|e| e.milliseconds = u64::MAX, 0, "it took");
        refused(|e| e.threads = 0, 0, "0 processors");
        refused(|e| e.threads = 1 << 50, 0, "processors were used");
        refused(|_| (), 2_000_001, "no processor is so fast");
        let (root, seed) = Seed::choose(None).unwrap();
        assert!(seed.read().is_ok_and(|same| same == root));
        let other = |root: String, origin: &str| Seed { root, origin: origin.into() }.read().err().unwrap_or_default();
        assert!(other(seed.root.clone(), "a fair die").contains("`a fair die`"));
        assert!(other("A0".repeat(32), "given").contains("not written as it should be"));
    }

    /// What is begun can be believed in the end, or is not begun.
    #[test]
    fn nothing_is_begun_while_the_clock_is_not_set() {
        assert!(Environment::ready().is_ok());
        let at = |finished: u64| Environment { finished, ..Environment::here(Duration::ZERO) };
        for (finished, date) in [(0, "1970-01-01 00:00 UTC"), (BEFORE - 1, "2025-12-31 23:59 UTC")] {
            let found = at(finished).clock().unwrap_err();
            assert!(found.contains(&format!("it is {date}: set it")) && at(finished).check(0).is_err(), "{found}");
        }
        assert_eq!([at(BEFORE).clock(), at(BEFORE).check(0)], [Ok(()), Ok(())]);
    }

    #[test]
    fn the_program_knows_what_it_was_built_from() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let this = Program::this();
        assert_eq!(crate::certificate::tree::hash(&root, &["Cargo.lock"]).unwrap(), this.lock);
        assert!([&this.sources, &this.spec, &this.binary].iter().all(|h| h.len() == 64));
        assert!(this.rustc.starts_with("rustc 1.") && this.profile.contains("opt-level"));
    }
}

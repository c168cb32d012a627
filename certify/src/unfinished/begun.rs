//! What was begun, and whether something else is the same.

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};

use crate::certificate::provenance::{Environment, Program, Seed};
use crate::certificate::{Asked, Measured};
use crate::seeds::hex;

/// What was begun: only the same is gone on with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begun {
    /// The protocol's name.
    pub protocol: String,
    /// What was asked of it.
    pub asked: Asked,
    /// By which program.
    pub program: Program,
    /// Under which system.
    pub system: String,
    /// On a processor of this name.
    pub processor: String,
    /// With these instruction sets.
    pub features: Vec<String>,
    /// On so many of them.
    pub threads: u64,
    /// Where all coins come from.
    pub seed: Seed,
    /// Whose key is going to sign it; empty where none is.
    pub signer: String,
}

impl Begun {
    /// What is begun here.
    #[must_use]
    pub fn here(
        protocol: &str,
        asked: Asked,
        program: Program,
        at: Environment,
        seed: Seed,
        signer: Option<&SigningKey>,
    ) -> Self {
        let Environment { system, processor, features, threads, .. } = at;
        let signer = signer.map_or_else(String::new, |key| hex(key.verifying_key().as_bytes()));
        Self { protocol: protocol.into(), asked, program, system, processor, features, threads, seed, signer }
    }
    /// The first thing in which it differs from another one.
    pub(super) fn differs(&self, other: &Self) -> Option<String> {
        let machine = |of: &Self| (of.system.clone(), of.processor.clone(), of.features.clone());
        let all = [
            (self.protocol != other.protocol, format!("it is of `{}`", self.protocol)),
            (self.asked != other.asked, format!("it was begun with {}", self.asked.options())),
            (self.program != other.program, "it is of another build".into()),
            (self.threads != other.threads, format!("it is on {} processors", self.threads)),
            (
                machine(self) != machine(other),
                format!("it is on another machine ({}, {})", self.system, self.processor),
            ),
            (
                self.signer != other.signer,
                match self.signer.as_str() {
                    "" => "it is not to be signed".into(),
                    key => format!("it is to be signed by {key}"),
                },
            ),
            (
                self.seed != other.seed,
                match other.seed.root == self.seed.root {
                    true => {
                        format!("its seed {} comes from the {}: leave out --seed", self.seed.root, self.seed.origin)
                    }
                    false => format!("it was begun with --seed {}", self.seed.root),
                },
            ),
        ];
        all.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what)
    }
    /// Whether that came of it.
    pub(super) fn is_of(&self, m: &Measured) -> bool {
        (&self.protocol, &self.asked, &self.program, &self.seed) == (&m.protocol.name, &m.asked, &m.program, &m.seed)
    }
}

//! Which properties beside privacy and correctness are looked at, and on which instances: small ones in the quick tier.

use adversary::DynSubject;
use adversary::fields::FieldId;
use adversary::properties::delivery::Orders;
use adversary::properties::faults::Honest;
use adversary::properties::independence::Masking;
use adversary::properties::{Row, Value, aborts, delivery, fairness, independence, inputs, named, shape, terminal};
use protocols::{Error, Result};
use transport::PartySet;

use crate::arguments::Tier;
use crate::certificate::strict::MOST;
use crate::estimate::estimate;
use crate::job::values;
use crate::simulate::{self, Family};

/// The figure of an instance that would take too long.
pub const TOO_MANY: &str = "runs that it would take";

/// A property.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Property {
    /// The traffic is the same whatever inputs and coins are.
    Shape,
    /// Honest runs end right in any order of delivery.
    Orders,
    /// Parties that stop are not accused, and nobody waits for them for ever.
    FailStop,
    /// Nobody is accused, whichever single fault the network has.
    EveryFault,
    /// Nor under several at random.
    Blame,
    /// Who has an output when a coalition stops.
    Fairness,
    /// Where a run stops tells nothing about inputs.
    Aborts,
    /// The inputs of a coalition do not depend on others'.
    Inputs,
    /// Commitments cannot be copied.
    Commitments,
    /// After a failed check everything refuses.
    Terminal,
}

/// What it is looked at in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The subject or the check; empty for what is neither's.
    pub subject: String,
    /// The field.
    pub field: FieldId,
    /// Who is corrupt.
    pub corrupt: Vec<usize>,
}

impl Property {
    /// Those of any subject with any number of parties.
    pub const ANY: [Self; 7] =
        [Self::Shape, Self::Orders, Self::FailStop, Self::EveryFault, Self::Blame, Self::Fairness, Self::Aborts];
    /// Those of this project's inputs, commitments and sessions, whatever the number of parties is.
    pub const OWN: [Self; 3] = [Self::Inputs, Self::Commitments, Self::Terminal];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ANY.into_iter().chain(Self::OWN)
    }
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Shape => "traffic.shape",
            Self::Orders => "delivery.honest",
            Self::FailStop => "delivery.fail_stop",
            Self::EveryFault => "blame.every_fault",
            Self::Blame => "blame.network",
            Self::Fairness => "fairness.stop",
            Self::Aborts => "abort.privacy",
            Self::Inputs => "independence.inputs",
            Self::Commitments => "independence.commitments",
            Self::Terminal => "terminality",
        }
    }
    /// What must hold.
    #[must_use]
    pub fn holds(self) -> &'static str {
        match self {
            Self::Shape => "which frames travel, when and how long they are does not depend on inputs or coins",
            Self::Orders => "honest runs end with the right output in no more rounds, in any order of delivery",
            Self::FailStop => {
                "when parties stop, the others end, right or with an error of the transport, and accuse nobody"
            }
            Self::EveryFault => {
                "whichever parties stop, whichever link breaks or split cuts them off, after every number of frames and \
                 whatever the others are told: nobody is accused, everyone ends and no output is wrong"
            }
            Self::Blame => {
                "under up to three faults of the network at random moments, in random orders of delivery, nobody is \
                 accused, everyone ends and no output is wrong"
            }
            Self::Fairness => "when a coalition falls silent no honest output is wrong; who has one is counted",
            Self::Aborts => {
                "as far as that could be counted, where and when a run stops does not depend on inputs that the coalition's \
                 output does not tell"
            }
            Self::Inputs => {
                "a coalition that copies or changes an honest masked input gets no input that depends on it"
            }
            Self::Commitments => "a copy of an honest commitment is not accepted as one's own",
            Self::Terminal => {
                "after a failed check the session, its transfers, its MAC key in any session and its ledger refuse \
                 everything, also after a restart"
            }
        }
    }
    /// Among how many parties those that are [`OWN`](Self::OWN) are looked at.
    #[must_use]
    pub fn parties(self) -> usize {
        if self == Self::Terminal { terminal::N } else { 2 }
    }
    /// Where it is looked at among `n` parties of whom one of these coalitions is corrupt.
    #[must_use]
    pub fn places(self, subjects: &[&dyn DynSubject], n: usize, coalitions: &[Vec<usize>], tier: Tier) -> Vec<Place> {
        let quick = tier == Tier::Quick;
        let last = vec![vec![n - 1]];
        let (fields, coalitions): (&[FieldId], &[Vec<usize>]) = match self {
            Self::Shape if quick => (&[FieldId::F3, FieldId::F128], &[vec![]]),
            Self::Shape => (&[FieldId::F2, FieldId::F3, FieldId::F128, FieldId::Fr], &[vec![]]),
            // On ideal coin and commitment there are fewer moments: with more parties they are very many. Of four parties
            // there are some hundred thousand, and with real transfers a run takes a fortieth of a second.
            Self::EveryFault if (quick && n > 2) || n > 3 => (&[FieldId::F3], &[vec![]]),
            Self::Orders | Self::FailStop | Self::EveryFault | Self::Blame if quick => (&[FieldId::F31], &[vec![]]),
            Self::Orders | Self::FailStop | Self::EveryFault | Self::Blame => (&[FieldId::F3, FieldId::Fr], &[vec![]]),
            Self::Fairness => (&[FieldId::F31], if quick { &last } else { coalitions }),
            Self::Aborts if quick => (&[FieldId::F2], &last),
            Self::Aborts => (&[FieldId::F2, FieldId::F3], coalitions),
            Self::Inputs => (&[FieldId::F2, FieldId::F3, FieldId::F5], &last),
            Self::Commitments => (&[FieldId::Fr], &last),
            Self::Terminal => (&[FieldId::F128], &[vec![]]),
        };
        let names: Vec<&str> = match self {
            Self::Inputs | Self::Commitments => vec![""],
            Self::Terminal => protocols::CHECKS.iter().map(|c| c.id).collect(),
            _ => subjects.iter().map(|s| s.name()).collect(),
        };
        let mut all = Vec::new();
        for subject in names {
            for field in fields {
                let place =
                    |corrupt: &Vec<usize>| Place { subject: subject.into(), field: *field, corrupt: corrupt.clone() };
                all.extend(coalitions.iter().map(place));
            }
        }
        all
    }
    /// Looks at it there.
    pub fn look(self, subjects: &[&dyn DynSubject], n: usize, at: &Place, seed: u64, tier: Tier) -> Result<Row> {
        let more = tier.seeds().min(8);
        match self {
            Self::Inputs => return independence::inputs(at.field, Masking::Uniform),
            Self::Commitments => return Ok(independence::commitments(None, 4 * more)),
            Self::Terminal => return ended(at, seed, tier),
            _ => {}
        }
        let subject = subjects.iter().find(|s| s.name() == at.subject);
        let subject = *subject.ok_or_else(|| Error::Local(format!("`{}` is no part of this", at.subject)))?;
        let shape = subject.shape(n);
        let field = at.field;
        let honest = || Honest::new(subject, field, n, seed);
        match self {
            Self::Shape => {
                let values = field.small_order().map_or_else(|| vec![0, 1, u64::MAX], |p| (0..p).collect());
                shape::same(subject, field, n, inputs(&shape, &values), more.min(3))
            }
            Self::Orders => delivery::honest(subject, field, n, &shape.map(|()| 2), seed, Orders::Random(5 * more)),
            Self::FailStop => honest()?.fail_stop(),
            Self::EveryFault => honest()?.every_fault(),
            Self::Blame => honest()?.random_faults(100 * more),
            Self::Fairness => {
                fairness::stops(subject, field, n, PartySet::of(&at.corrupt), &shape.map(|()| 1), more.min(2))
            }
            _ => {
                let here = simulate::instance(Family::Changes, field, n, &at.corrupt);
                let each = estimate(subject, &here, values(subject, n)).map_err(Error::Local)?;
                let mut families = vec![Family::Changes, Family::Withholds, Family::Lies, Family::Vectors];
                families.retain(|f| !tier.is_too_much_to_compare(1, each) && f.concerns(subject, n, &at.corrupt));
                let mut all = Vec::new();
                for family in families {
                    all.extend(family.strategies(subject, &here)?);
                }
                let count = (all.len() as u64).max(1);
                if tier.is_too_much_to_compare(count, each) {
                    let row = Row::new(self.name(), named(subject, &here));
                    return Ok(row.with(TOO_MANY, Value::Count(each.saturating_mul(count).min(MOST))));
                }
                aborts::tell_nothing_under(subject, &here, all.into_iter().map(|s| (s.name, s.script)))
            }
        }
    }
}

/// What is left after the check that is named there has failed; the one that is made of every frame fails also on the way
/// in longer tiers.
fn ended(at: &Place, seed: u64, tier: Tier) -> Result<Row> {
    let check = protocols::CHECKS.iter().find(|c| c.id == at.subject);
    let check = *check.ok_or_else(|| Error::Local(format!("`{}` is no check", at.subject)))?;
    let place = tempfile::tempdir().map_err(|e| Error::Local(format!("no temporary directory: {e}")))?;
    terminal::at_its_moments(check, *check == protocols::FRAME_SHAPE && tier > Tier::Quick, seed, place.path())
}

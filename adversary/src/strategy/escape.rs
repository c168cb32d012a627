//! How likely a strategy is to escape the check that stops it, as its author says: a bound of `spec` by its name, with
//! its parameters in parentheses, or a formula of `p`, the order of the field, and `n`, the number of parties.

use std::fmt;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};
use spec::{Bound, Instance};

use super::expression::{Expr, MOST_BITS, NoFraction};
use super::language::Expect;
use super::near::suggestion;
use super::parse::parse;
use super::validate::StrategyError;

/// A probability as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Escape {
    /// A bound of `spec`.
    Bound(Bound),
    /// A formula.
    Formula(Expr),
}

/// What a strategy says of its escape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// How likely it is.
    pub escape: Escape,
    /// Whether exactly so, and not at most.
    pub exact: bool,
}

/// The bounds without parameters.
const PLAIN: [(&str, Bound); 11] = [
    ("Zero", Bound::Zero),
    ("One", Bound::One),
    ("SingleOpening", Bound::SingleOpening),
    ("MacCheck", Bound::MacCheck),
    ("MacCheckNonzero", Bound::MacCheckNonzero),
    ("MacCheckPowers", Bound::MacCheckPowers),
    ("MacCheckPowersFromOne", Bound::MacCheckPowersFromOne),
    ("SacrificeWrong", Bound::SacrificeWrong),
    ("SacrificeAccepted", Bound::SacrificeAccepted),
    ("SacrificeWrongByMacCheck", Bound::SacrificeWrongByMacCheck),
    ("SacrificeAcceptedByMacCheck", Bound::SacrificeAcceptedByMacCheck),
];
/// A bound from its parameters.
type Make = fn(&[u32]) -> Bound;

/// The bounds with parameters, and how many.
const WITH: [(&str, usize, Make); 7] = [
    ("SharedChallenge", 1, |v| Bound::SharedChallenge { keys: v[0] }),
    ("IndependentChallenges", 1, |v| Bound::IndependentChallenges { keys: v[0] }),
    ("Challenge", 2, |v| Bound::Challenge { bits: v[0], repetitions: v[1] }),
    ("Binding", 1, |v| Bound::Binding { bits: v[0] }),
    ("OtConsistency", 2, |v| Bound::OtConsistency { k: v[0], blocks: v[1] }),
    ("PprfGuess", 2, |v| Bound::PprfGuess { k: v[0], guessed: v[1] }),
    ("Guess", 1, |v| Bound::Guess { guesses: v[0] }),
];

/// The bits of a bound that its parameters make; of powers of what depends on the field, as if that had 64.
fn bits(bound: &Bound) -> u64 {
    match *bound {
        Bound::SharedChallenge { keys } | Bound::IndependentChallenges { keys } => 64 * u64::from(keys),
        Bound::Challenge { bits, repetitions: times } | Bound::OtConsistency { k: bits, blocks: times } => {
            u64::from(bits) * u64::from(times)
        }
        Bound::Binding { bits } | Bound::PprfGuess { k: bits, .. } => u64::from(bits),
        _ => 0,
    }
}

impl Escape {
    /// Reads it. The error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some(bound) = PLAIN.iter().find(|(n, _)| *n == text) {
            return Ok(Self::Bound(bound.1));
        }
        let (name, rest) = text.split_once('(').unwrap_or((text, ""));
        if let Some((_, count, make)) = WITH.iter().find(|(n, ..)| *n == name.trim()) {
            let inner = rest.strip_suffix(')').unwrap_or("");
            let numbers: Vec<u32> = inner.split(',').map_while(|v| v.trim().parse().ok()).collect();
            if numbers.len() != *count || inner.split(',').count() != *count {
                return Err(format!("`{name}` takes {count} integers in parentheses"));
            }
            let bound = make(&numbers);
            return match bits(&bound) > MOST_BITS {
                true => Err(format!("`{text}` {}", NoFraction::Long)),
                false => Ok(Self::Bound(bound)),
            };
        }
        if PLAIN.iter().any(|(n, _)| *n == name.trim()) {
            return Err(format!("`{}` takes no numbers", name.trim()));
        }
        let expr = match parse(text) {
            Ok(expr) => expr,
            // A capital letter is a name of `spec`, not a formula.
            Err(_) if text.starts_with(|c: char| c.is_ascii_uppercase()) => return Err(unknown(name)),
            Err(e) => return Err(e.to_string()),
        };
        if let Expr::Name(name) = &expr
            && name != "p"
            && name != "n"
        {
            return Err(unknown(name));
        }
        let escape = Self::Formula(expr);
        match escape.fraction(&Instance::field(2u32)) {
            // Over other fields it may do better.
            Ok(_) | Err(NoFraction::ByZero) => Ok(escape),
            Err(why) => Err(format!("`{text}` {why}")),
        }
    }
    /// The value at an instance; `None` if the formula has none there.
    #[must_use]
    pub fn at(&self, i: &Instance) -> Option<BigRational> {
        self.fraction(i).ok()
    }
    /// The probability at an instance. The error says why it is none there.
    pub fn probability(&self, i: &Instance) -> Result<BigRational, String> {
        let here = format!("where p is {} and n is {}", i.order, i.parties);
        let value = self.fraction(i).map_err(|why| format!("`{self}` {why} {here}"))?;
        let some = (BigRational::zero()..=BigRational::one()).contains(&value);
        if some { Ok(value) } else { Err(format!("`{self}` is no probability {here}: it has to be from 0 to 1")) }
    }
    fn fraction(&self, i: &Instance) -> Result<BigRational, NoFraction> {
        match self {
            Self::Bound(bound) => Ok(bound.at(i)),
            Self::Formula(expr) => expr.fraction(&|name| {
                let integer = match name {
                    "p" => BigInt::from(i.order.clone()),
                    "n" => BigInt::from(i.parties),
                    _ => return None,
                };
                Some(BigRational::from_integer(integer))
            }),
        }
    }
}

impl Said {
    /// Reads what is said, if anything is.
    pub fn of(expect: &Expect) -> Result<Option<Self>, StrategyError> {
        let (text, exact) = match (&expect.escape, &expect.escape_at_most) {
            (None, None) => return Ok(None),
            (Some(text), None) => (text, true),
            (None, Some(text)) => (text, false),
            (Some(_), Some(_)) => {
                return Err(StrategyError::new(
                    "expect",
                    "`escape` is exact, `escape_at_most` is not: say one of them",
                ));
            }
        };
        let escape = Escape::parse(text).map_err(|e| StrategyError::new(place(exact), e))?;
        Ok(Some(Self { escape, exact }))
    }
    /// Where in a strategy it is said.
    #[must_use]
    pub fn place(&self) -> &'static str {
        place(self.exact)
    }
}

fn place(exact: bool) -> &'static str {
    if exact { "expect.escape" } else { "expect.escape_at_most" }
}

fn unknown(name: &str) -> String {
    let known = PLAIN.iter().map(|(n, _)| *n).chain(WITH.iter().map(|(n, ..)| *n));
    format!("there is no bound `{name}`{}", suggestion(name, known))
}

impl fmt::Display for Escape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bound(bound) => bound.fmt(f),
            Self::Formula(expr) => expr.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parameters_and_formulas() {
        let at = |text: &str| Escape::parse(text).map(|e| e.at(&Instance::field(3u32)).unwrap().to_string());
        assert_eq!(at("MacCheck").as_deref(), Ok("5/9"));
        assert_eq!(at("(2*p-1)/p^2").as_deref(), Ok("5/9"));
        assert_eq!(at("OtConsistency(2, 1)").as_deref(), Ok("1/4"));
        assert_eq!(at("1/n").as_deref(), Ok("1/2"));
        assert_eq!(at("0").as_deref(), Ok("0"));
    }

    #[test]
    fn what_is_no_probability() {
        let error = |text: &str| Escape::parse(text).unwrap_err();
        assert!(error("MacChek").contains("did you mean `MacCheck`"));
        assert!(error("MacCheck(3)").contains("`MacCheck` takes no numbers"));
        assert!(error("OtConsistency(2)").contains("takes 2 integers"));
        assert!(error("OtConsistency").contains("takes 2 integers"));
        assert!(error("Guess(1, 2)").contains("takes 1 integers"));
        assert!(error("value/2").contains("no fraction"));
        assert!(error("1/").contains("column 3"));
        assert!(error("NaN").contains("no bound `NaN`"));
        assert!(error("sent('a','b')").contains("no fraction"));
    }

    #[test]
    fn what_cannot_be_computed_is_refused_before_it_is() {
        for text in [
            "Challenge(4294967295, 4294967295)",
            "OtConsistency(4294967295,4294967295)",
            "IndependentChallenges(4294967295)",
            "SharedChallenge(65)",
            "Binding(4294967295)",
            "PprfGuess(4097, 1)",
            "1/((((((p^64)^64)^64)^64)^64)^64)",
        ] {
            let found = Escape::parse(text).unwrap_err();
            assert!(found.contains("has more than 4096 bits"), "{text}: {found}");
        }
        let large = Instance::field(num_bigint::BigUint::from(1u8) << 255);
        for text in
            ["Challenge(128, 32)", "IndependentChallenges(64)", "PprfGuess(32, 4294967295)", "Guess(4294967295)"]
        {
            assert!(Escape::parse(text).unwrap().probability(&large).is_ok(), "{text}");
        }
        // Over a field of two elements it is small enough.
        let grows = Escape::parse("1/p^64").unwrap().probability(&large).unwrap_err();
        assert!(grows.contains("has more than 4096 bits where p is "), "{grows}");
    }

    #[test]
    fn probabilities_are_from_zero_to_one() {
        let at = |text: &str| Escape::parse(text).unwrap().probability(&Instance::field(31u32));
        for text in ["0", "1", "30/p", "1/(p-2)", "One"] {
            assert!(at(text).is_ok(), "{text}");
        }
        for text in ["-1", "2", "p", "(p+1)/p", "-1/p"] {
            let found = at(text).unwrap_err();
            assert!(found.contains("is no probability where p is 31 and n is 2"), "{found}");
        }
        assert!(at("1/(p-31)").unwrap_err().contains("divides by zero where p is 31"));
    }
}

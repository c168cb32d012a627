//! Formulas of a strategy: what is added to a value, what it becomes, how likely an escape is. [`super::parse`] reads
//! them.
//!
//! Names: `p` the order of the field, `n` the number of parties, `item` the position of the value in its message,
//! `value` what it is, and every name that the strategy lets stand for something. Functions, all over what the
//! coalition knows:
//!
//! | function | is |
//! |---|---|
//! | `seen('step', 'message', item, party)` | what the coalition received last (from this party) |
//! | `made('step', 'message', item, party)` | what one of its puppets made last (towards this party) |
//! | `sent('step', 'message', item, party)` | what it was made into, as it was delivered |
//! | `total('step', 'message', item)` | the sum of what was received last from every honest party |
//! | `coin('step', item)` | what the public coin of that step gave |
//! | `dot(list, list)`, `sum(list)` | Σ xᵢyᵢ, Σ xᵢ |
//!
//! `item` may be left out or be `all`: then the function is a list. `party` may be left out.

use std::fmt;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Zero;

/// A formula as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// An integer.
    Integer(u64),
    /// A name.
    Name(String),
    /// The negative.
    Negate(Box<Self>),
    /// Two terms.
    Binary(Operation, Box<Self>, Box<Self>),
    /// A small power.
    Power(Box<Self>, u32),
    /// Several values.
    List(Vec<Self>),
    /// Values of a message that the coalition knows.
    Look(Look),
    /// Σ xᵢyᵢ.
    Dot(Box<Self>, Box<Self>),
    /// Σ xᵢ.
    Sum(Box<Self>),
}

/// What is done with two terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Their sum.
    Add,
    /// Their difference.
    Subtract,
    /// Their product.
    Multiply,
    /// The first times the inverse of the second.
    Divide,
}

/// Values of a message that the coalition knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Where it looks.
    pub source: Source,
    /// The step, a pattern.
    pub step: String,
    /// The message, empty for a coin.
    pub message: String,
    /// Which value of it; `None`: all of them.
    pub item: Option<Box<Expr>>,
    /// The party at the other end, `None` for any.
    pub party: Option<u64>,
}

/// Where an expression looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// What was received last.
    Seen,
    /// What a puppet made last.
    Made,
    /// What was delivered last of what a puppet made.
    Sent,
    /// The sum of what every honest party sent last.
    Total,
    /// What a public coin gave.
    Coin,
}

impl Source {
    pub(super) const ALL: [(&'static str, Self); 5] = [
        ("seen", Self::Seen),
        ("made", Self::Made),
        ("sent", Self::Sent),
        ("total", Self::Total),
        ("coin", Self::Coin),
    ];
    /// Its function.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, s)| *s == self).map_or("", |(name, _)| name)
    }
}

/// The most bits of a numerator or denominator. A power of a power would else take all memory there is.
pub const MOST_BITS: u64 = 1 << 12;

/// Why an expression is no fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoFraction {
    /// It is about something else than integers, `p` and `n`.
    Strange,
    /// It divides by zero.
    ByZero,
    /// It has more than [`MOST_BITS`] bits.
    Long,
}

impl fmt::Display for NoFraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Strange => f.write_str("is no fraction of integers, `p` and `n`"),
            Self::ByZero => f.write_str("divides by zero"),
            Self::Long => write!(f, "has more than {MOST_BITS} bits"),
        }
    }
}

/// The bits of the longer of numerator and denominator.
fn bits(x: &BigRational) -> u64 {
    x.numer().bits().max(x.denom().bits())
}

impl Expr {
    /// Its value as a fraction of integers, `p` and `n`.
    pub fn fraction(&self, name: &impl Fn(&str) -> Option<BigRational>) -> Result<BigRational, NoFraction> {
        let value = match self {
            Self::Integer(v) => BigRational::from_integer(BigInt::from(*v)),
            Self::Name(n) => name(n).ok_or(NoFraction::Strange)?,
            Self::Negate(x) => -x.fraction(name)?,
            Self::Binary(operation, x, y) => {
                let (x, y) = (x.fraction(name)?, y.fraction(name)?);
                match operation {
                    Operation::Add => x + y,
                    Operation::Subtract => x - y,
                    Operation::Multiply => x * y,
                    Operation::Divide if y.is_zero() => return Err(NoFraction::ByZero),
                    Operation::Divide => x / y,
                }
            }
            Self::Power(x, k) => {
                let x = x.fraction(name)?;
                // Told before it is computed, unlike a product of two that are short.
                if (bits(&x) - 1).saturating_mul(u64::from(*k)) > MOST_BITS {
                    return Err(NoFraction::Long);
                }
                x.pow(i32::try_from(*k).map_err(|_| NoFraction::Long)?)
            }
            Self::List(_) | Self::Look(_) | Self::Dot(..) | Self::Sum(_) => return Err(NoFraction::Strange),
        };
        if bits(&value) > MOST_BITS { Err(NoFraction::Long) } else { Ok(value) }
    }
    /// The expressions inside this one.
    pub fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Integer(_) | Self::Name(_) => Vec::new(),
            Self::Negate(x) | Self::Power(x, _) | Self::Sum(x) => vec![x],
            Self::Binary(_, x, y) | Self::Dot(x, y) => vec![x, y],
            Self::List(items) => items.iter().collect(),
            Self::Look(look) => look.item.iter().map(|i| &**i).collect(),
        }
    }
}

/// Reads as the same expression again.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(v) => write!(f, "{v}"),
            Self::Name(name) => f.write_str(name),
            Self::Negate(x) => write!(f, "-{}", Inner(x)),
            Self::Binary(operation, x, y) => {
                let sign = match operation {
                    Operation::Add => "+",
                    Operation::Subtract => "-",
                    Operation::Multiply => "*",
                    Operation::Divide => "/",
                };
                write!(f, "{} {sign} {}", Inner(x), Inner(y))
            }
            Self::Power(x, k) => write!(f, "{}^{k}", Inner(x)),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
            Self::Dot(x, y) => write!(f, "dot({x}, {y})"),
            Self::Sum(x) => write!(f, "sum({x})"),
            Self::Look(look) => {
                write!(f, "{}('{}'", look.source.name(), look.step)?;
                if look.source != Source::Coin {
                    write!(f, ", '{}'", look.message)?;
                }
                match (&look.item, look.party) {
                    (Some(item), _) => write!(f, ", {item}")?,
                    (None, Some(_)) => f.write_str(", all")?,
                    (None, None) => {}
                }
                look.party.map_or(Ok(()), |party| write!(f, ", {party}"))?;
                f.write_str(")")
            }
        }
    }
}

/// An operand, in parentheses where it needs them.
struct Inner<'a>(&'a Expr);

impl fmt::Display for Inner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Expr::Negate(_) | Expr::Binary(..) | Expr::Power(..) => write!(f, "({})", self.0),
            other => other.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    #[test]
    fn fractions_are_exact() {
        let at = |text: &str| {
            let name = |n: &str| (n == "p").then(|| BigRational::from_integer(3.into()));
            parse(text).unwrap().fraction(&name).map(|f| f.to_string())
        };
        assert_eq!(at("(2*p-1)/p^2").as_deref(), Ok("5/9"));
        assert_eq!(at("-1/2 + 1").as_deref(), Ok("1/2"));
        assert_eq!(at("0^64").as_deref(), Ok("0"));
        assert_eq!(at("1/(p-3)"), Err(NoFraction::ByZero));
        assert_eq!(at("q"), Err(NoFraction::Strange));
    }

    /// However large a number would be, it is told at once.
    #[test]
    fn fractions_are_of_numbers_that_can_be_written_down() {
        let at = |text: &str| parse(text).unwrap().fraction(&|_| Some(BigRational::from_integer(2.into())));
        assert!(at("(p^63)^64").is_ok() && at("1/(p^63)^64").is_ok());
        for text in
            ["(p^64)^64 * p", "1/((((((p^64)^64)^64)^64)^64)^64)", "((1/(p^64))^64)^64", "2^64 + ((p^64)^64)^64"]
        {
            assert_eq!(at(text), Err(NoFraction::Long), "{text}");
        }
    }
}

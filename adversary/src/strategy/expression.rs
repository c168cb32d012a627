//! Formulas of a strategy: what is added to a value, what it becomes, how likely an escape is.
//!
//! ```text
//! sum     = product (('+' | '-') product)*
//! product = sign (('*' | '/') sign)*
//! sign    = '-' sign | power
//! power   = atom ('^' integer)?
//! atom    = integer | name | '(' sum ')' | '[' sum (',' sum)* ']' | function '(' arguments ')'
//! ```
//! Names: `p` the order of the field, `n` the number of parties, `item` the position of the value in its message, `value`
//! what it is, and every name that the strategy lets stand for something. Functions, all over what the coalition knows:
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

use super::near::suggestion;

/// The longest expression, in bytes.
pub const LONGEST: usize = 400;
/// The deepest nesting.
pub const DEEPEST: usize = 24;
/// The largest exponent.
const LARGEST_POWER: u32 = 64;

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
    const ALL: [(&'static str, Self); 5] = [
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

/// What is wrong with an expression, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    /// The column, from 1.
    pub column: usize,
    /// What was expected or is wrong.
    pub what: String,
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.what)
    }
}
impl std::error::Error for ExpressionError {}

/// Reads an expression.
pub fn parse(text: &str) -> Result<Expr, ExpressionError> {
    if text.len() > LONGEST {
        return Err(ExpressionError { column: LONGEST, what: format!("an expression has at most {LONGEST} bytes") });
    }
    let mut parser = Parser { text, at: 0, depth: 0 };
    let expr = parser.sum()?;
    match parser.peek() {
        None => Ok(expr),
        Some(_) => Err(parser.expected("an operator or the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }
    /// The next character that is no space.
    fn peek(&mut self) -> Option<char> {
        self.at += self.rest().len() - self.rest().trim_start().len();
        self.rest().chars().next()
    }
    fn takes(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }
    fn wants(&mut self, c: char) -> Result<(), ExpressionError> {
        if self.takes(c) { Ok(()) } else { Err(self.expected(&format!("`{c}`"))) }
    }
    /// Takes characters of one sort.
    fn word(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let word = &rest[..rest.find(|c| !belongs(c)).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }
    fn error(&self, at: usize, what: impl Into<String>) -> ExpressionError {
        ExpressionError { column: self.text[..at].chars().count() + 1, what: what.into() }
    }
    fn expected(&mut self, what: &str) -> ExpressionError {
        let found = self.peek().map_or_else(|| "the end".to_owned(), |c| format!("`{c}`"));
        self.error(self.at, format!("expected {what}, found {found}"))
    }

    fn sum(&mut self) -> Result<Expr, ExpressionError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error(self.at, format!("nested more than {DEEPEST} deep")));
        }
        let mut left = self.product()?;
        loop {
            let operation = match self.peek() {
                Some('+') => Operation::Add,
                Some('-') => Operation::Subtract,
                _ => break,
            };
            self.at += 1;
            left = Expr::Binary(operation, Box::new(left), Box::new(self.product()?));
        }
        self.depth -= 1;
        Ok(left)
    }
    fn product(&mut self) -> Result<Expr, ExpressionError> {
        let mut left = self.sign()?;
        loop {
            let operation = match self.peek() {
                Some('*') => Operation::Multiply,
                Some('/') => Operation::Divide,
                _ => return Ok(left),
            };
            self.at += 1;
            left = Expr::Binary(operation, Box::new(left), Box::new(self.sign()?));
        }
    }
    fn sign(&mut self) -> Result<Expr, ExpressionError> {
        let mut signs = 0usize;
        while self.takes('-') {
            signs += 1;
        }
        let power = self.power()?;
        Ok(if signs % 2 == 1 { Expr::Negate(Box::new(power)) } else { power })
    }
    fn power(&mut self) -> Result<Expr, ExpressionError> {
        let base = self.atom()?;
        if !self.takes('^') {
            return Ok(base);
        }
        self.peek();
        let at = self.at;
        let power = self.integer()?;
        match u32::try_from(power) {
            Ok(power) if power <= LARGEST_POWER => Ok(Expr::Power(Box::new(base), power)),
            _ => Err(self.error(at, format!("the largest exponent is {LARGEST_POWER}"))),
        }
    }
    fn integer(&mut self) -> Result<u64, ExpressionError> {
        if !self.peek().is_some_and(|c| c.is_ascii_digit()) {
            return Err(self.expected("an integer"));
        }
        let at = self.at;
        let digits = self.word(|c| c.is_ascii_digit());
        digits.parse().map_err(|_| self.error(at, format!("`{digits}` is too large: integers are below 2^64")))
    }
    fn atom(&mut self) -> Result<Expr, ExpressionError> {
        match self.peek() {
            Some('(') => {
                self.at += 1;
                let inner = self.sum()?;
                self.wants(')')?;
                Ok(inner)
            }
            Some('[') => {
                self.at += 1;
                let mut items = vec![self.sum()?];
                while self.takes(',') {
                    items.push(self.sum()?);
                }
                self.wants(']')?;
                Ok(Expr::List(items))
            }
            Some(c) if c.is_ascii_digit() => Ok(Expr::Integer(self.integer()?)),
            Some(c) if c.is_ascii_alphabetic() => {
                let at = self.at;
                let name = self.word(|c| c.is_ascii_alphanumeric() || c == '_');
                if self.takes('(') { self.call(at, name) } else { Ok(Expr::Name(name.to_owned())) }
            }
            _ => Err(self.expected("a number, a name, a function, `(`, `[` or `-`")),
        }
    }
    fn call(&mut self, at: usize, name: &str) -> Result<Expr, ExpressionError> {
        let expr = if let Some((_, source)) = Source::ALL.into_iter().find(|(n, _)| *n == name) {
            self.look(source)?
        } else if name == "dot" {
            let left = self.sum()?;
            self.wants(',')?;
            Expr::Dot(Box::new(left), Box::new(self.sum()?))
        } else if name == "sum" {
            Expr::Sum(Box::new(self.sum()?))
        } else {
            let known = Source::ALL.iter().map(|(n, _)| *n).chain(["dot", "sum"]);
            return Err(self.error(at, format!("there is no function `{name}`{}", suggestion(name, known))));
        };
        self.wants(')')?;
        Ok(expr)
    }
    fn look(&mut self, source: Source) -> Result<Expr, ExpressionError> {
        let step = self.quoted("a step in single quotes")?;
        let mut look = Look { source, step, message: String::new(), item: None, party: None };
        if source != Source::Coin {
            self.wants(',')?;
            look.message = self.quoted("a message in single quotes")?;
        }
        if self.takes(',') {
            look.item = match self.sum()? {
                Expr::Name(all) if all == "all" => None,
                item => Some(Box::new(item)),
            };
        }
        let pairwise = matches!(source, Source::Seen | Source::Made | Source::Sent);
        if pairwise && self.takes(',') {
            look.party = Some(self.integer()?);
        }
        Ok(Expr::Look(look))
    }
    fn quoted(&mut self, what: &str) -> Result<String, ExpressionError> {
        if !self.takes('\'') {
            return Err(self.expected(what));
        }
        let text = self.word(|c| c != '\'').to_owned();
        self.wants('\'')?;
        Ok(text)
    }
}

impl Expr {
    /// Its value as a fraction of integers, `p` and `n`; `None` if it is something else or divides by zero.
    #[must_use]
    pub fn fraction(&self, name: &impl Fn(&str) -> Option<BigRational>) -> Option<BigRational> {
        match self {
            Self::Integer(v) => Some(BigRational::from_integer(BigInt::from(*v))),
            Self::Name(n) => name(n),
            Self::Negate(x) => Some(-x.fraction(name)?),
            Self::Binary(operation, x, y) => {
                let (x, y) = (x.fraction(name)?, y.fraction(name)?);
                match operation {
                    Operation::Add => Some(x + y),
                    Operation::Subtract => Some(x - y),
                    Operation::Multiply => Some(x * y),
                    Operation::Divide => (!y.is_zero()).then(|| x / y),
                }
            }
            Self::Power(x, k) => Some(x.fraction(name)?.pow(i32::try_from(*k).ok()?)),
            Self::List(_) | Self::Look(_) | Self::Dot(..) | Self::Sum(_) => None,
        }
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
    use super::*;

    #[test]
    fn what_is_read_is_what_was_meant() {
        for (text, same) in [
            ("1+2*3", "1 + (2 * 3)"),
            ("1-2-3", "(1 - 2) - 3"),
            ("a/b/c", "(a / b) / c"),
            ("--x", "x"),
            ("-x^2", "-(x^2)"),
            ("2*-3", "2 * (-3)"),
            ("( item )", "item"),
            ("seen('a/b','m', item+1, 2)*3", "seen('a/b', 'm', item + 1, 2) * 3"),
            ("seen('a', 'm', all, 0)", "seen('a', 'm', all, 0)"),
            ("dot(coin('mac_check/coin'), [1, -1])", "dot(coin('mac_check/coin'), [1, -1])"),
            ("sum([value, p, n])", "sum([value, p, n])"),
        ] {
            let expr = parse(text).unwrap();
            assert_eq!(expr.to_string(), same);
            assert_eq!(parse(same), Ok(expr));
        }
    }

    #[test]
    fn mistakes_are_located() {
        for (text, column, what) in [
            ("", 1, "expected a number, a name, a function, `(`, `[` or `-`, found the end"),
            ("1 +", 4, "expected a number"),
            ("(1", 3, "expected `)`, found the end"),
            ("1 2", 3, "expected an operator or the end, found `2`"),
            ("sen('a','b')", 1, "there is no function `sen`: did you mean `seen`"),
            ("seen(a)", 6, "expected a step in single quotes, found `a`"),
            ("seen('a)", 9, "expected `'`"),
            ("x^99", 3, "the largest exponent is 64"),
            ("18446744073709551616", 1, "too large"),
            ("0.5", 2, "expected an operator"),
            ("NaN(1)", 1, "there is no function"),
            ("ä", 1, "found `ä`"),
            ("coin('c', 1, 2)", 12, "expected `)`, found `,`"),
        ] {
            let e = parse(text).unwrap_err();
            assert_eq!(e.column, column, "{text}: {e}");
            assert!(e.what.contains(what), "{text}: {e}");
        }
        assert!(parse(&"(".repeat(100)).unwrap_err().what.contains("nested"));
        assert!(parse(&"-".repeat(399)).is_err());
        assert!(parse(&"1".repeat(401)).unwrap_err().what.contains("400 bytes"));
    }

    #[test]
    fn fractions_are_exact() {
        let at = |text: &str| {
            let name = |n: &str| (n == "p").then(|| BigRational::from_integer(3.into()));
            parse(text).unwrap().fraction(&name).map(|f| f.to_string())
        };
        assert_eq!(at("(2*p-1)/p^2").as_deref(), Some("5/9"));
        assert_eq!(at("-1/2 + 1").as_deref(), Some("1/2"));
        assert_eq!(at("1/(p-3)"), None);
        assert_eq!(at("q"), None);
    }
}

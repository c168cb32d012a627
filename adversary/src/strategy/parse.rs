//! Reads expressions.
//!
//! ```text
//! sum     = product (('+' | '-') product)*
//! product = sign (('*' | '/') sign)*
//! sign    = '-' sign | power
//! power   = atom ('^' integer)?
//! atom    = integer | name | '(' sum ')' | '[' sum (',' sum)* ']' | function '(' arguments ')'
//! ```
//! Mistakes are told with their column and what was expected there.

use std::fmt;

use super::expression::{Expr, Look, Operation, Source};
use super::near::suggestion;

/// The longest expression, in bytes.
pub const LONGEST: usize = 400;
/// The deepest nesting.
pub const DEEPEST: usize = 24;
/// The largest exponent.
const LARGEST_POWER: u32 = 64;

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
}

//! Which steps of a protocol a rule or an expression is about.
//!
//! `mac_check[1]/sigma` is the step `sigma` of the second `mac_check`, wherever that is; an element without a number
//! stands for all repetitions, `*` for any one element, `**` for any number of them, and a leading `/` for the root.

use std::fmt;

use transport::StepLabel;

/// The most elements of a pattern.
const DEEPEST: usize = 16;

/// A pattern of step paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    rooted: bool,
    elements: Vec<Element>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Element {
    /// `**`.
    Any,
    /// A name, `*` for any, and which repetition of it, `None` for any.
    One { name: Option<String>, index: Option<u32> },
}

impl Pattern {
    /// Every step.
    #[must_use]
    pub fn everything() -> Self {
        Self { rooted: false, elements: Vec::new() }
    }
    /// Reads a pattern; the empty one fits every step. The error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::everything());
        }
        let (rooted, rest) = text.strip_prefix('/').map_or((false, text), |rest| (true, rest));
        let elements = rest.split('/').map(element).collect::<Result<Vec<_>, _>>()?;
        if elements.len() > DEEPEST {
            return Err(format!("a step has at most {DEEPEST} elements, not {}", elements.len()));
        }
        Ok(Self { rooted, elements })
    }
    /// Whether it fits this path.
    #[must_use]
    pub fn fits(&self, path: &StepLabel) -> bool {
        if self.elements.is_empty() {
            return true;
        }
        let path = path.elements();
        if self.rooted {
            return ends(&self.elements, path);
        }
        (0..=path.len()).any(|start| ends(&self.elements, &path[start..]))
    }
    /// The names in it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.elements.iter().filter_map(|e| match e {
            Element::One { name, .. } => name.as_deref(),
            Element::Any => None,
        })
    }
}

/// Whether the pattern stands for exactly this path.
fn ends(pattern: &[Element], path: &[(&'static str, u32)]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, rest) => rest.is_none(),
        (Some((Element::Any, later)), _) => (0..=path.len()).any(|skipped| ends(later, &path[skipped..])),
        (Some((Element::One { name, index }, later)), Some(((n, i), rest))) => {
            name.as_ref().is_none_or(|name| name == n) && index.is_none_or(|index| index == *i) && ends(later, rest)
        }
        (Some(_), None) => false,
    }
}

fn element(text: &str) -> Result<Element, String> {
    if text == "**" {
        return Ok(Element::Any);
    }
    let (name, index) = match text.split_once('[') {
        None => (text, None),
        Some((name, rest)) => {
            let number = rest.strip_suffix(']').and_then(|number| number.parse().ok());
            (name, Some(number.ok_or_else(|| format!("`{text}` has to end in a number in brackets, as in `name[2]`"))?))
        }
    };
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    match name {
        "*" => Ok(Element::One { name: None, index }),
        _ if name.is_empty() || !name.chars().all(letters) => {
            Err(format!("`{text}` is no element of a step: a name, `name[2]`, `*` or `**`"))
        }
        _ => Ok(Element::One { name: Some(name.to_owned()), index }),
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, e) in self.elements.iter().enumerate() {
            if i > 0 || self.rooted {
                f.write_str("/")?;
            }
            match e {
                Element::Any => f.write_str("**")?,
                Element::One { name, index } => {
                    f.write_str(name.as_deref().unwrap_or("*"))?;
                    index.map_or(Ok(()), |index| write!(f, "[{index}]"))?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use transport::StepPath;

    use super::*;

    #[test]
    fn names_numbers_and_gaps() {
        let path = StepPath::ROOT.child("online", 0).child("mac_check", 1).child("sigma", 0).label();
        let fits = |text: &str| Pattern::parse(text).unwrap().fits(&path);
        for yes in ["", "sigma", "mac_check/sigma", "mac_check[1]/sigma[0]", "online/*/sigma", "/online/**", "**/sigma"]
        {
            assert!(fits(yes), "{yes}");
        }
        for no in ["mac_check", "mac_check[0]/sigma", "/sigma", "online/sigma", "online/*", "coin", "sigma/**/x"] {
            assert!(!fits(no), "{no}");
        }
        assert!(fits("online/**"));
        assert!(Pattern::parse("").unwrap().fits(&StepPath::ROOT.label()));
    }

    #[test]
    fn what_is_no_pattern() {
        for bad in ["a//b", "a[", "a[x]", "a b", "/", "a[-1]", "a[99999999999]", "*x"] {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
        assert!(Pattern::parse(&"a/".repeat(40)).is_err());
        assert_eq!(Pattern::parse("/a[2]/*/**").unwrap().to_string(), "/a[2]/*/**");
    }
}

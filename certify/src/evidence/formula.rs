//! Fractions and formulas as a certificate writes them, read again without trust.

use adversary::exact::{self, At};
use adversary::sample;
use num_rational::BigRational;
use spec::Bound;

/// The formulas that rows of sweeps, best attacks and best simulators use beside those of figures.
const MORE: &[Bound] =
    &[Bound::Zero, Bound::One, Bound::SingleOpening, Bound::MacCheck, Bound::SacrificeAcceptedByMacCheck];

/// Every formula of a certificate.
fn known() -> impl Iterator<Item = Bound> {
    let counted = exact::all().flat_map(|m| m.points.iter().map(|p| p.bound));
    MORE.iter().copied().chain(counted).chain(sample::ALL.iter().map(|e| e.bound))
}

/// The value of a formula at a place.
pub fn value(formula: &str, at: At) -> Result<BigRational, String> {
    if at.size() < 2 && matches!(at, At::Field(_) | At::Batch(..)) {
        return Err(format!("there is no field of order {}", at.size()));
    }
    let bound = known().find(|b| b.to_string() == formula);
    bound.map(|b| b.at(&at.instance())).ok_or_else(|| format!("the formula `{formula}` is not known to this program"))
}

/// A place as figures write it: `p=3`, `p=3 t=2`, `t=2`, `k=4`, `8 bits`.
pub fn place(text: &str) -> Result<At, String> {
    let wrong = || format!("`{text}` is no place of a figure");
    let read = || {
        let number = |t: &str, name: &str| t.strip_prefix(name)?.parse::<u64>().ok();
        if let Some(bits) = text.strip_suffix(" bits") {
            return bits.parse().ok().map(At::Bits);
        }
        if let Some((p, t)) = text.split_once(' ') {
            return Some(At::Batch(number(p, "p=")?, number(t, "t=")?));
        }
        let field = number(text, "p=").map(At::Field);
        let items = || number(text, "t=").map(At::Items);
        field.or_else(items).or_else(|| text.strip_prefix("k=")?.parse().ok().map(At::Depth))
    };
    let at = read().ok_or_else(wrong)?;
    if at.to_string() == text { Ok(at) } else { Err(wrong()) }
}

/// Reads a fraction in lowest terms.
pub fn fraction(text: &str) -> Result<BigRational, String> {
    let wrong = || format!("`{text}` is no fraction in lowest terms");
    let (above, below) = text.split_once('/').unwrap_or((text, "1"));
    let whole = |t: &str| t.parse::<num_bigint::BigInt>().map_err(|_| wrong());
    let (above, below) = (whole(above)?, whole(below)?);
    if below <= 0.into() {
        return Err(wrong());
    }
    let value = BigRational::new(above, below);
    if value.to_string() == text { Ok(value) } else { Err(wrong()) }
}

/// The same as a probability.
pub fn probability(text: &str) -> Result<BigRational, String> {
    let value = fraction(text)?;
    let one = BigRational::from_integer(1.into());
    let zero = BigRational::from_integer(0.into());
    if (zero..=one).contains(&value) { Ok(value) } else { Err(format!("`{text}` is no probability")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_formula_of_a_figure_is_known_and_means_one_thing() {
        for point in exact::all().flat_map(|m| m.points) {
            assert_eq!(place(&point.at.to_string()), Ok(point.at));
            let expected = point.bound.at(&point.at.instance());
            assert_eq!(value(&point.bound.to_string(), point.at), Ok(expected), "{}", point.bound);
        }
        for e in sample::ALL {
            assert_eq!(place(&e.at.to_string()), Ok(e.at));
            assert_eq!(value(&e.bound.to_string(), e.at), Ok(e.bound.at(&e.at.instance())), "{}", e.bound);
        }
        assert!(value("1/q", At::Field(5)).is_err());
        assert!(value("1/p", At::Field(0)).is_err() && value("1/p", At::Field(1)).is_err());
        for wrong in ["", "p=", "p=03", "p=3 ", "p=3 t=", "q=3", "8bits", "08 bits", "p=-1", "p=3 t=2 "] {
            assert!(place(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn fractions_have_one_form() {
        assert_eq!(fraction("5/9").unwrap(), BigRational::new(5.into(), 9.into()));
        assert_eq!(fraction("0").unwrap(), BigRational::from_integer(0.into()));
        for wrong in ["", "5/", "/9", "10/18", "5/0", "+5/9", "5/9 ", "05/9", "0/1", "5/-9", "1e3", "0.5"] {
            assert!(fraction(wrong).is_err(), "{wrong}");
        }
        assert!(probability("3/2").is_err() && probability("-1/2").is_err() && probability("1").is_ok());
    }
}

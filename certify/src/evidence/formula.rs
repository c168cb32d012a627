//! Fractions and formulas as a certificate writes them, read again without trust.

use adversary::exact::{self, At};
use adversary::sample;
use adversary::simulator::TableError;
use adversary::simulator::fraction::LONGEST;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};
use spec::Bound;

/// The formulas that rows of sweeps, best attacks and best simulators use beside those of figures.
const MORE: &[Bound] =
    &[Bound::Zero, Bound::One, Bound::SingleOpening, Bound::MacCheck, Bound::SacrificeAcceptedByMacCheck];

/// Primes above this are not looked for in denominators: no coin that is counted has so many sides.
const LARGEST: u64 = 1000;

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
    if text.len() > LONGEST {
        return Err(TableError::Long(text.len()).to_string());
    }
    let wrong = || format!("`{text}` is no fraction in lowest terms");
    let (above, below) = text.split_once('/').unwrap_or((text, "1"));
    let whole = |t: &str| t.parse::<BigInt>().map_err(|_| wrong());
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

/// Reads a probability that so many runs were counted for, on every outcome of every coin.
///
/// Coins may be tossed on some branches only, so that runs times probability need not be a whole number. But a run's
/// weight is the product of the sides of its coins, and all sides of a coin are run: where a prime q divides the
/// denominator e times, some run has coins that q divides e times together, and at least e(q − 1) runs are beside it.
pub fn counted(text: &str, runs: u64) -> Result<BigRational, String> {
    let value = probability(text)?;
    let (mut rest, mut fits) = (value.denom().clone(), true);
    for q in 2..=LARGEST.min(runs) {
        if rest.is_one() {
            break;
        }
        let mut beside = 0;
        while (&rest % q).is_zero() {
            rest /= q;
            beside += q - 1;
        }
        fits &= beside < runs;
    }
    // A prime that is left over is larger than all that were tried. What is said of no run at all is vacuous.
    fits &= rest.is_one() || runs == 0 || runs > LARGEST;
    if fits { Ok(value) } else { Err(format!("`{text}` cannot have been counted in {runs} runs")) }
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
        let digits = |k: usize| format!("1/1{}", "0".repeat(k));
        assert!(fraction(&digits(LONGEST - 3)).is_ok());
        assert!(fraction(&digits(LONGEST - 2)).unwrap_err().contains("4097 characters"));
    }

    #[test]
    fn a_fraction_needs_as_many_runs_as_its_coins_have_sides() {
        let fewest =
            [("0", 1), ("1", 1), ("1/2", 2), ("3/4", 3), ("5/9", 5), ("1/7", 7), ("1/1000", 13), ("1/1009", 1001)];
        for (text, runs) in fewest {
            assert!(counted(text, runs).is_ok() && counted(text, 1 << 50).is_ok(), "{text} in {runs}");
            assert!(runs == 1 || counted(text, runs - 1).is_err(), "{text} in {}", runs - 1);
        }
        // Five runs, of which one has a weight of its own: see `enumerate`.
        assert!(counted("4/9", 5).is_ok() && counted("4/9", 4).is_err());
        assert!(counted("1/2", 0).is_ok() && counted("3/2", 9).is_err());
    }
}

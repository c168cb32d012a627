//! Statistics of secret columns.
//!
//! Division by public numbers (how many rows) happens on the opened integers, exactly: a [`Statistic`] is a secret vector
//! and a public divisor, and only the quotient's numerator is ever opened. Nothing is truncated inside the computation,
//! so what is revealed is exactly the stated function of the rounded inputs, with all its digits.

use num_bigint::BigUint;
use num_traits::One;
use transport::PartyId;

use crate::engine::{Engine, Pair, Vector};
use crate::form::Refusal;
use crate::number::Exact;

/// Secret numbers to be divided by a public one when they are shown.
#[derive(Debug)]
pub struct Statistic<V> {
    value: Vector<V>,
    divisor: BigUint,
}

impl<V> Statistic<V> {
    /// `value / divisor`.
    #[must_use]
    pub fn new(value: Vector<V>, divisor: BigUint) -> Self {
        Self { value, divisor }
    }
    /// The secret numerators.
    #[must_use]
    pub fn value(&self) -> &Vector<V> {
        &self.value
    }
    /// The public divisor.
    #[must_use]
    pub fn divisor(&self) -> &BigUint {
        &self.divisor
    }
    /// Shows it to everybody.
    pub async fn output_to_all<E: Engine<V = V>>(&self, e: &mut E) -> Result<Vec<Exact>, E::Error> {
        let shown = e.output_to_all(&[&self.value]).await?;
        Ok(self.divide(shown.into_iter().next().unwrap_or_default()))
    }
    /// Shows it to one party: `Some` there, `None` elsewhere.
    pub async fn output_to<E: Engine<V = V>>(&self, e: &mut E, to: PartyId) -> Result<Option<Vec<Exact>>, E::Error> {
        let shown = e.output_to(to, &[&self.value]).await?;
        Ok(shown.map(|s| self.divide(s.into_iter().next().unwrap_or_default())))
    }
    /// The quotients of opened numerators.
    #[must_use]
    pub fn divide(&self, numerators: Vec<Exact>) -> Vec<Exact> {
        numerators.iter().map(|v| v.divided_by(&self.divisor)).collect()
    }
}

/// `Σ x_i`. Local.
pub fn sum<E: Engine>(e: &mut E, x: &Vector<E::V>) -> Result<Statistic<E::V>, E::Error> {
    Ok(Statistic::new(e.sum(x)?, BigUint::one()))
}

/// `Σ x_i / n`. Local.
pub fn mean<E: Engine>(e: &mut E, x: &Vector<E::V>) -> Result<Statistic<E::V>, E::Error> {
    let n = rows("mean", x)?;
    Ok(Statistic::new(e.sum(x)?, n))
}

/// `Σ x_i · y_i` of every pair; one batch.
pub async fn inner_products<E: Engine>(e: &mut E, pairs: &[Pair<'_, E::V>]) -> Result<Statistic<E::V>, E::Error> {
    Ok(Statistic::new(e.dots(pairs).await?, BigUint::one()))
}

/// `Σ (x_i - x̄)(y_i - ȳ) / n` of every pair, the covariance of a population: `(n·Σxy - Σx·Σy) / n²`, whose numerator is
/// computed under cover, so neither sums nor means are shown. Two batches. All pairs must have one length.
pub async fn covariances<E: Engine>(e: &mut E, pairs: &[Pair<'_, E::V>]) -> Result<Statistic<E::V>, E::Error> {
    let n = common_rows("covariance", pairs)?;
    let factor = i128::try_from(&n).map_err(|_| Refusal::Empty { operation: "covariance" })?;
    let mut sums = Vec::with_capacity(pairs.len());
    for (x, y) in pairs {
        sums.push((e.sum(x)?, e.sum(y)?));
    }
    let products = e.dots(pairs).await?;
    let sums: Vec<_> = sums.iter().map(|(x, y)| (x, y)).collect();
    let (scaled, means) = (e.scale(&products, factor, 0)?, e.dots(&sums).await?);
    Ok(Statistic::new(e.sub(&scaled, &means)?, &n * &n))
}

/// `Σ_c w_c · x_c + intercept` for every row, with public weights on the scale `2^fraction_bits`: one score per row. The
/// intercept is on the same scale. Local.
pub fn weighted_scores<E: Engine>(
    e: &mut E,
    columns: &[(&Vector<E::V>, i128)],
    intercept: i128,
    fraction_bits: u32,
) -> Result<Statistic<E::V>, E::Error> {
    let Some((first, _)) = columns.first() else {
        return Err(Refusal::Empty { operation: "weighted score" }.into());
    };
    let mut score = e.constants("intercept", &vec![intercept; first.len()], fraction_bits)?;
    for (x, weight) in columns {
        let weighed = e.scale(x, *weight, fraction_bits)?;
        score = e.add(&score, &weighed)?;
    }
    Ok(Statistic::new(score.renamed("weighted score"), BigUint::one()))
}

/// `Σ x_i · y_i / n` of every pair of columns that their owners have centred and scaled
/// ([`standardise`](crate::number::standardise)): Pearson's correlation, up to the rounding of the inputs. That a column
/// is standardised is part of its owner's input and not checked under cover. One batch. All pairs must have one length.
pub async fn correlations_of_standardised<E: Engine>(
    e: &mut E,
    pairs: &[Pair<'_, E::V>],
) -> Result<Statistic<E::V>, E::Error> {
    let n = common_rows("correlation", pairs)?;
    Ok(Statistic::new(e.dots(pairs).await?, n))
}

/// The number of rows, refused if none.
fn rows<V>(operation: &'static str, x: &Vector<V>) -> Result<BigUint, Refusal> {
    if x.is_empty() { Err(Refusal::Empty { operation }) } else { Ok(BigUint::from(x.len())) }
}

fn common_rows<V>(operation: &'static str, pairs: &[Pair<'_, V>]) -> Result<BigUint, Refusal> {
    let Some((first, _)) = pairs.first() else { return Err(Refusal::Empty { operation }) };
    for (x, y) in pairs {
        first.form().same_len(x.form(), operation)?;
        first.form().same_len(y.form(), operation)?;
    }
    rows(operation, first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Decimal, standardise};
    use crate::{Form, Plain, immediate};
    use field::{F128, Fr};
    use num_bigint::BigInt;
    use proptest::prelude::*;

    const OWNER: PartyId = PartyId::new(0);

    async fn column<E: Engine>(e: &mut E, name: &str, values: &[i128]) -> Result<Vector<E::V>, E::Error> {
        e.input(OWNER, &Form::integers(name, values.len(), 1 << 40), Some(values)).await
    }

    fn ratio(numerator: i128, denominator: i128) -> Exact {
        Exact::scaled(BigInt::from(numerator), 0).divided_by(&BigUint::from(denominator.unsigned_abs()))
    }

    #[test]
    fn scores_mix_scales() {
        let run = async {
            let e = &mut Plain::<F128>::new();
            let ages = column(e, "age", &[20, 30, -40]).await?;
            let half = e.input(OWNER, &Form::decimals("rate", 3, 2, 8), Some(&[1, 2, -3])).await?;
            // 0.5·age − 1.25·rate + 0.25, on the scale 2^-2.
            let score = weighted_scores(e, &[(&ages, 2), (&half, -5)], 1, 2)?;
            score.output_to_all(e).await
        };
        let scores: Vec<f64> = immediate(run).expect("fits").iter().map(Exact::to_f64).collect();
        assert_eq!(scores, [9.9375, 14.625, -18.8125]);
    }

    #[test]
    fn nothing_of_nothing() {
        let run = async {
            let e = &mut Plain::<F128>::new();
            let none = column(e, "none", &[]).await?;
            assert!(matches!(mean(e, &none), Err(Refusal::Empty { .. })));
            let pairs = [(&none, &none)];
            assert!(matches!(covariances(e, &pairs).await, Err(Refusal::Empty { .. })));
            assert!(matches!(correlations_of_standardised(e, &[]).await, Err(Refusal::Empty { .. })));
            sum(e, &none)?.output_to_all(e).await
        };
        assert_eq!(immediate(run), Ok(vec![ratio(0, 1)]));
    }

    proptest! {
        #[test]
        fn sums_products_and_covariances_are_exact(
            rows in prop::collection::vec((-(1i128 << 40)..=1 << 40, -(1i128 << 40)..=1 << 40), 1..40),
        ) {
            let (xs, ys): (Vec<i128>, Vec<i128>) = rows.iter().copied().unzip();
            let n = rows.len() as i128;
            let (sx, sy): (i128, i128) = (xs.iter().sum(), ys.iter().sum());
            let sxy: i128 = rows.iter().map(|(x, y)| x * y).sum();
            let run = async {
                let e = &mut Plain::<Fr>::new();
                let (x, y) = (column(e, "x", &xs).await?, column(e, "y", &ys).await?);
                let (total, average) = (sum(e, &x)?, mean(e, &y)?);
                let product = inner_products(e, &[(&x, &y)]).await?;
                let covariance = covariances(e, &[(&x, &y), (&x, &x)]).await?;
                let mut all = Vec::new();
                for statistic in [total, average, product, covariance] {
                    all.extend(statistic.output_to_all(e).await?);
                }
                Ok::<_, Refusal>(all)
            };
            let sxx: i128 = xs.iter().map(|x| x * x).sum();
            let expected = vec![
                ratio(sx, 1), ratio(sy, n), ratio(sxy, 1), ratio(n * sxy - sx * sy, n * n), ratio(n * sxx - sx * sx, n * n),
            ];
            prop_assert_eq!(immediate(run), Ok(expected));
        }

        #[test]
        fn correlation_of_standardised_agrees_with_doubles(
            rows in prop::collection::vec((-1000i64..1000, -1000i64..1000), 3..60),
        ) {
            let (xs, ys): (Vec<i64>, Vec<i64>) = rows.iter().copied().unzip();
            let fixed = |v: &[i64]| standardise(&v.iter().map(|x| Decimal::from(*x)).collect::<Vec<_>>(), 20);
            let (Some(zx), Some(zy)) = (fixed(&xs), fixed(&ys)) else { return Ok(()) };
            let n = rows.len();
            let run = async {
                let e = &mut Plain::<F128>::new();
                let x = e.input(OWNER, &Form::standardised("x", n, 20), Some(&zx)).await?;
                let y = e.input(OWNER, &Form::standardised("y", n, 20), Some(&zy)).await?;
                correlations_of_standardised(e, &[(&x, &y)]).await?.output_to(e, OWNER).await
            };
            let correlation = immediate(run).expect("fits").expect("shown to its owner")[0].to_f64();
            let mean = |v: &[i64]| v.iter().sum::<i64>() as f64 / n as f64;
            let (mx, my) = (mean(&xs), mean(&ys));
            let cross = |a: &[i64], ma: f64, b: &[i64], mb: f64| -> f64 {
                a.iter().zip(b).map(|(x, y)| (*x as f64 - ma) * (*y as f64 - mb)).sum()
            };
            let expected = cross(&xs, mx, &ys, my) / (cross(&xs, mx, &xs, mx) * cross(&ys, my, &ys, my)).sqrt();
            // Each input is off by at most 2^-21, and Σ|z| ≤ n.
            prop_assert!((correlation - expected).abs() < 1.1 / f64::from(1 << 20), "{} {}", correlation, expected);
        }
    }
}

//! The seam between what is computed and how: [`Arithmetic`] is implemented once per way of computing, [`Engine`] is what
//! functions call.
//!
//! [`Engine`] is implemented for everything that implements [`Arithmetic`] and cannot be overridden, so no way of
//! computing skips the checks of lengths, scales and bounds.

use num_bigint::{BigInt, BigUint};
use num_traits::One;
use transport::PartyId;
use zeroize::Zeroizing;

use crate::form::{Capacity, Form, Refusal};
use crate::number::Exact;

/// Vectors of integers mod p and what can be done with them, unchecked: [`Engine`] has compared lengths and bounds
/// before it calls. Methods that may talk to other parties are `async`; each call is one batch.
pub trait Arithmetic {
    /// A vector of numbers: field elements, shares of them, or only a length.
    type V;
    /// What can go wrong, refusals included.
    type Error: From<Refusal>;

    /// The integers that fit.
    fn capacity(&self) -> &Capacity;
    /// Whether the values of this owner's inputs must be given to this engine.
    fn needs_values_of(&self, owner: PartyId) -> bool;

    /// Enters `len` integers that `owner` knows; `values` is `Some` of that length where they are needed.
    async fn share(&mut self, owner: PartyId, values: Option<&[i128]>, len: usize) -> Result<Self::V, Self::Error>;
    /// Public integers as a vector.
    fn embed(&mut self, values: &[i128]) -> Self::V;
    /// `x + y`.
    fn plus(&mut self, x: &Self::V, y: &Self::V) -> Self::V;
    /// `x - y`.
    fn minus(&mut self, x: &Self::V, y: &Self::V) -> Self::V;
    /// `x_i · factors_i`, or `x_i · factors_0` if there is one factor only.
    fn times_public(&mut self, x: &Self::V, factors: &[i128]) -> Self::V;
    /// `Σ x_i` as a vector of one.
    fn total(&mut self, x: &Self::V) -> Self::V;
    /// The values at these places, in this order; a place may occur more than once.
    fn pick(&mut self, x: &Self::V, places: &[usize]) -> Self::V;
    /// All values of all vectors, in order.
    fn join(&mut self, xs: &[&Self::V]) -> Self::V;

    /// `x_i · y_i`.
    async fn products(&mut self, x: &Self::V, y: &Self::V) -> Result<Self::V, Self::Error>;
    /// `x_i²`.
    async fn squares(&mut self, x: &Self::V) -> Result<Self::V, Self::Error>;
    /// `Σ x_i · y_i` of every pair, as one vector with one number per pair; the pairs may differ in length.
    async fn inner_products(&mut self, pairs: &[(&Self::V, &Self::V)]) -> Result<Self::V, Self::Error>;

    /// Shows the signed integers to everybody. An engine that computes nothing returns none.
    async fn reveal_to_all(&mut self, x: &Self::V) -> Result<Vec<BigInt>, Self::Error>;
    /// Shows the signed integers to one party: `Some` there (possibly none, as above), `None` elsewhere.
    async fn reveal_to(&mut self, to: PartyId, x: &Self::V) -> Result<Option<Vec<BigInt>>, Self::Error>;
}

/// A secret vector and what is public about it.
pub struct Vector<V> {
    form: Form,
    raw: V,
}

impl<V> Vector<V> {
    /// What is public about it.
    #[must_use]
    pub fn form(&self) -> &Form {
        &self.form
    }
    /// How many numbers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.form.len()
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.form.is_empty()
    }
    /// The same vector under another name.
    #[must_use]
    pub fn renamed(self, name: impl Into<String>) -> Self {
        Self { form: self.form.renamed(name), raw: self.raw }
    }
}

impl<V> std::fmt::Debug for Vector<V> {
    /// The form only: the rest is secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vector({})", self.form)
    }
}

/// Two secret vectors of one length, for inner products.
pub type Pair<'a, V> = (&'a Vector<V>, &'a Vector<V>);

/// Checked operations on secret vectors. Every method refuses, before anything is sent, what might not fit the field.
pub trait Engine: Arithmetic + Sized {
    /// A column that `owner` knows; `values` are the scaled integers, needed at the owner only.
    async fn input(
        &mut self,
        owner: PartyId,
        form: &Form,
        values: Option<&[i128]>,
    ) -> Result<Vector<Self::V>, Self::Error> {
        let mut columns = self.input_columns(owner, &[(form, values)]).await?;
        columns.pop().ok_or_else(|| Refusal::Empty { operation: "input" }.into())
    }

    /// Several columns of one owner in one batch. Every value is checked against its column's bound first.
    async fn input_columns(
        &mut self,
        owner: PartyId,
        columns: &[(&Form, Option<&[i128]>)],
    ) -> Result<Vec<Vector<Self::V>>, Self::Error> {
        let needed = self.needs_values_of(owner);
        let mut all = Zeroizing::new(Vec::new());
        for (form, values) in columns {
            form.check_input(*values)?;
            self.capacity().admit((*form).clone(), "input")?;
            match values {
                Some(values) if needed => all.extend_from_slice(values),
                None if needed => return Err(Refusal::NoValues { name: form.name().into() }.into()),
                _ => {}
            }
        }
        let len = columns.iter().map(|(form, _)| form.len()).sum();
        let raw = self.share(owner, needed.then_some(all.as_slice()), len).await?;
        if let [(form, _)] = columns {
            return Ok(vec![Vector { form: (*form).clone(), raw }]);
        }
        let mut start = 0;
        Ok(columns
            .iter()
            .map(|(form, _)| {
                let places: Vec<usize> = (start..start + form.len()).collect();
                start += form.len();
                Vector { form: (*form).clone(), raw: self.pick(&raw, &places) }
            })
            .collect())
    }

    /// Public numbers `values_i / 2^fraction_bits`.
    fn constants(&mut self, name: &str, values: &[i128], fraction_bits: u32) -> Result<Vector<Self::V>, Self::Error> {
        let form = Form::new(name, values.len(), fraction_bits, largest(values));
        let form = self.capacity().admit(form, "constant")?;
        Ok(Vector { form, raw: self.embed(values) })
    }

    /// `x + y`. The one with fewer fraction bits is scaled up, which is exact.
    fn add(&mut self, x: &Vector<Self::V>, y: &Vector<Self::V>) -> Result<Vector<Self::V>, Self::Error> {
        x.form.same_len(&y.form, "sum")?;
        let (finer_x, finer_y) = aligned(self, x, y)?;
        let (x, y) = (finer_x.as_ref().unwrap_or(x), finer_y.as_ref().unwrap_or(y));
        let form = joined(x, " + ", y, x.form.fraction_bits(), x.form.bound() + y.form.bound());
        let form = self.capacity().admit(form, "sum")?;
        Ok(Vector { form, raw: self.plus(&x.raw, &y.raw) })
    }

    /// `x - y`, scaled like [`add`](Engine::add).
    fn sub(&mut self, x: &Vector<Self::V>, y: &Vector<Self::V>) -> Result<Vector<Self::V>, Self::Error> {
        x.form.same_len(&y.form, "difference")?;
        let (finer_x, finer_y) = aligned(self, x, y)?;
        let (x, y) = (finer_x.as_ref().unwrap_or(x), finer_y.as_ref().unwrap_or(y));
        let form = joined(x, " - ", y, x.form.fraction_bits(), x.form.bound() + y.form.bound());
        let form = self.capacity().admit(form, "difference")?;
        Ok(Vector { form, raw: self.minus(&x.raw, &y.raw) })
    }

    /// `x · factor / 2^fraction_bits` with a public factor; fraction bits add up.
    fn scale(&mut self, x: &Vector<Self::V>, factor: i128, fraction_bits: u32) -> Result<Vector<Self::V>, Self::Error> {
        let bound = x.form.bound() * factor.unsigned_abs();
        let form = Form::new(x.form.name(), x.len(), x.form.fraction_bits() + fraction_bits, bound);
        let form = self.capacity().admit(form, "scaling")?;
        Ok(Vector { form, raw: self.times_public(&x.raw, &[factor]) })
    }

    /// `x_i · weights_i / 2^fraction_bits` with public weights; fraction bits add up.
    fn weigh(
        &mut self,
        x: &Vector<Self::V>,
        weights: &[i128],
        fraction_bits: u32,
    ) -> Result<Vector<Self::V>, Self::Error> {
        let bound = x.form.bound() * largest(weights);
        let weighed = Form::new("its weights", weights.len(), fraction_bits, largest(weights));
        x.form.same_len(&weighed, "weighting")?;
        if weights.is_empty() {
            return Err(Refusal::Empty { operation: "weighting" }.into());
        }
        let form = Form::new(x.form.name(), x.len(), x.form.fraction_bits() + fraction_bits, bound);
        let form = self.capacity().admit(form, "weighting")?;
        Ok(Vector { form, raw: self.times_public(&x.raw, weights) })
    }

    /// `Σ x_i` as a vector of one.
    fn sum(&mut self, x: &Vector<Self::V>) -> Result<Vector<Self::V>, Self::Error> {
        let form = Form::new(format!("Σ {}", x.form.name()), 1, x.form.fraction_bits(), x.form.bound() * x.len());
        let form = self.capacity().admit(form, "sum of all values")?;
        Ok(Vector { form, raw: self.total(&x.raw) })
    }

    /// The values at these places, in this order; a place may occur more than once.
    fn gather(&mut self, x: &Vector<Self::V>, places: &[usize]) -> Result<Vector<Self::V>, Self::Error> {
        if let Some(index) = places.iter().copied().find(|i| *i >= x.len()) {
            return Err(Refusal::Index { name: x.form.name().into(), len: x.len(), index }.into());
        }
        let form = Form::new(x.form.name(), places.len(), x.form.fraction_bits(), x.form.bound().clone());
        Ok(Vector { form, raw: self.pick(&x.raw, places) })
    }

    /// All values of all vectors in order, on the finest scale among them.
    fn concat(&mut self, xs: &[&Vector<Self::V>]) -> Result<Vector<Self::V>, Self::Error> {
        let Some(finest) = xs.iter().max_by_key(|x| x.form.fraction_bits()) else {
            return Err(Refusal::Empty { operation: "concatenation" }.into());
        };
        let finest = finest.form.fraction_bits();
        let finer =
            xs.iter().map(|x| raised(self, x, finest - x.form.fraction_bits())).collect::<Result<Vec<_>, _>>()?;
        let xs: Vec<_> = finer.iter().zip(xs).map(|(finer, x)| finer.as_ref().unwrap_or(x)).collect();
        let bound = xs.iter().map(|x| x.form.bound()).max().cloned().unwrap_or_default();
        let names = xs.iter().map(|x| x.form.name()).collect::<Vec<_>>().join(", ");
        let len = xs.iter().map(|x| x.len()).sum();
        let form = Form::new(names, len, finest, bound);
        let raws: Vec<&Self::V> = xs.iter().map(|x| &x.raw).collect();
        Ok(Vector { form, raw: self.join(&raws) })
    }

    /// `x_i · y_i`; fraction bits add up.
    async fn mul(&mut self, x: &Vector<Self::V>, y: &Vector<Self::V>) -> Result<Vector<Self::V>, Self::Error> {
        x.form.same_len(&y.form, "product")?;
        let form =
            joined(x, " × ", y, x.form.fraction_bits() + y.form.fraction_bits(), x.form.bound() * y.form.bound());
        let form = self.capacity().admit(form, "product")?;
        Ok(Vector { form, raw: self.products(&x.raw, &y.raw).await? })
    }

    /// `x_i²`; fraction bits double.
    async fn square(&mut self, x: &Vector<Self::V>) -> Result<Vector<Self::V>, Self::Error> {
        let bound = x.form.bound() * x.form.bound();
        let form = Form::new(format!("({})²", x.form.name()), x.len(), 2 * x.form.fraction_bits(), bound);
        let form = self.capacity().admit(form, "square")?;
        Ok(Vector { form, raw: self.squares(&x.raw).await? })
    }

    /// `Σ x_i · y_i` as a vector of one.
    async fn dot(&mut self, x: &Vector<Self::V>, y: &Vector<Self::V>) -> Result<Vector<Self::V>, Self::Error> {
        self.dots(&[(x, y)]).await
    }

    /// `Σ x_i · y_i` of every pair in one batch: one number per pair, on the finest scale among them.
    async fn dots(&mut self, pairs: &[Pair<'_, Self::V>]) -> Result<Vector<Self::V>, Self::Error> {
        let operation = "inner product";
        let scale_of = |(x, y): &Pair<'_, Self::V>| x.form.fraction_bits() + y.form.fraction_bits();
        let Some(scale) = pairs.iter().map(scale_of).max() else { return Err(Refusal::Empty { operation }.into()) };
        let mut bound = BigUint::default();
        let mut left = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let (x, y) = pair;
            x.form.same_len(&y.form, operation)?;
            let form =
                joined(x, " × ", y, scale, (x.form.bound() * y.form.bound() * x.len()) << (scale - scale_of(pair)));
            bound = bound.max(self.capacity().admit(form, operation)?.bound().clone());
            left.push(raised(self, x, scale - scale_of(pair))?);
        }
        let names: Vec<String> =
            pairs.iter().map(|(x, y)| format!("Σ {} × {}", x.form.name(), y.form.name())).collect();
        let raws: Vec<_> =
            left.iter().zip(pairs).map(|(finer, (x, y))| (&finer.as_ref().unwrap_or(x).raw, &y.raw)).collect();
        let raw = self.inner_products(&raws).await?;
        Ok(Vector { form: Form::new(names.join(", "), pairs.len(), scale, bound), raw })
    }

    /// Shows vectors to everybody, in one batch. One list per vector; an engine that computes nothing returns none.
    async fn output_to_all(&mut self, xs: &[&Vector<Self::V>]) -> Result<Vec<Vec<Exact>>, Self::Error> {
        let raws: Vec<&Self::V> = xs.iter().map(|x| &x.raw).collect();
        let joined = self.join(&raws);
        Ok(split(self.reveal_to_all(&joined).await?, xs))
    }

    /// Shows vectors to one party, in one batch: `Some` there, `None` elsewhere.
    async fn output_to(
        &mut self,
        to: PartyId,
        xs: &[&Vector<Self::V>],
    ) -> Result<Option<Vec<Vec<Exact>>>, Self::Error> {
        let raws: Vec<&Self::V> = xs.iter().map(|x| &x.raw).collect();
        let joined = self.join(&raws);
        Ok(self.reveal_to(to, &joined).await?.map(|values| split(values, xs)))
    }
}

impl<A: Arithmetic> Engine for A {}

/// `x` with this many more fraction bits: the same numbers on a finer scale. `None` if that is `x` itself.
fn raised<A: Arithmetic>(e: &mut A, x: &Vector<A::V>, bits: u32) -> Result<Option<Vector<A::V>>, A::Error> {
    if bits == 0 {
        return Ok(None);
    }
    let form = Form::new(x.form.name(), x.len(), x.form.fraction_bits() + bits, x.form.bound() << bits);
    let form = e.capacity().admit(form, "change of scale")?;
    let step = |bits: u32| 1i128 << bits.min(126);
    let mut raw = e.times_public(&x.raw, &[step(bits)]);
    for done in (126..bits).step_by(126) {
        raw = e.times_public(&raw, &[step(bits - done)]);
    }
    Ok(Some(Vector { form, raw }))
}

/// Both on the finer scale of the two; `None` for the one that is there already.
type Finer<V> = (Option<Vector<V>>, Option<Vector<V>>);
fn aligned<A: Arithmetic>(e: &mut A, x: &Vector<A::V>, y: &Vector<A::V>) -> Result<Finer<A::V>, A::Error> {
    let (fx, fy) = (x.form.fraction_bits(), y.form.fraction_bits());
    Ok((raised(e, x, fy.saturating_sub(fx))?, raised(e, y, fx.saturating_sub(fy))?))
}

/// The form of an operation on two vectors of one length.
fn joined<V>(x: &Vector<V>, between: &str, y: &Vector<V>, fraction_bits: u32, bound: BigUint) -> Form {
    Form::new([x.form.name(), y.form.name()].join(between), x.len(), fraction_bits, bound)
}

fn largest(values: &[i128]) -> BigUint {
    values.iter().map(|v| v.unsigned_abs()).max().map_or_else(BigUint::one, BigUint::from)
}

/// Revealed integers cut into the vectors they came from; none if the engine revealed none.
fn split<V>(values: Vec<BigInt>, xs: &[&Vector<V>]) -> Vec<Vec<Exact>> {
    let mut values = values.into_iter();
    xs.iter()
        .map(|x| values.by_ref().take(x.len()).map(|v| Exact::scaled(v, x.form.fraction_bits())).collect())
        .collect()
}

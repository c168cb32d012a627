//! [`Plan`]: runs a function on shapes alone, to know its preprocessing, rounds and outputs, and to refuse it early.

use std::fmt;
use std::ops::AddAssign;

use num_bigint::BigInt;
use transport::{PartyId, PerParty};

use crate::engine::Arithmetic;
use crate::form::{Capacity, Refusal};

/// How often something is done and on how many numbers in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Batches, each with its rounds.
    pub calls: u64,
    /// Numbers.
    pub items: u64,
}

impl AddAssign<usize> for Tally {
    /// One more batch of this many numbers.
    fn add_assign(&mut self, items: usize) {
        self.calls += 1;
        self.items += items as u64;
    }
}

/// What a function does, found by running it on lengths and bounds. No values are needed; an output yields no numbers.
#[derive(Clone, Debug)]
pub struct Plan {
    capacity: Capacity,
    inputs: PerParty<Tally>,
    products: Tally,
    squares: Tally,
    to_all: Tally,
    to: PerParty<Tally>,
}

impl Plan {
    /// A plan for this many parties and numbers of this capacity.
    #[must_use]
    pub fn new(parties: usize, capacity: Capacity) -> Self {
        Self {
            capacity,
            inputs: PerParty::from_fn(parties, |_| Tally::default()),
            products: Tally::default(),
            squares: Tally::default(),
            to_all: Tally::default(),
            to: PerParty::from_fn(parties, |_| Tally::default()),
        }
    }
    /// Inputs of each party: input masks to prepare.
    #[must_use]
    pub fn inputs(&self) -> &PerParty<Tally> {
        &self.inputs
    }
    /// Products of two secrets, inner products included: triples to prepare.
    #[must_use]
    pub fn products(&self) -> Tally {
        self.products
    }
    /// Squares: square pairs (or triples) to prepare.
    #[must_use]
    pub fn squares(&self) -> Tally {
        self.squares
    }
    /// Outputs everybody sees.
    #[must_use]
    pub fn outputs_to_all(&self) -> Tally {
        self.to_all
    }
    /// Outputs each party alone sees: output masks to prepare.
    #[must_use]
    pub fn outputs_to(&self) -> &PerParty<Tally> {
        &self.to
    }
    /// Field elements opened: two for a product, one for a square, an input or an output.
    #[must_use]
    pub fn openings(&self) -> u64 {
        let single = self.inputs.values().chain(self.to.values()).chain([&self.squares, &self.to_all]);
        2 * self.products.items + single.map(|t| t.items).sum::<u64>()
    }
    /// Bytes, seconds and rounds of one party, from the cost of one of each.
    #[must_use]
    pub fn estimate(&self, costs: &CostTable) -> Estimate {
        let inputs = self.inputs.values();
        let outputs = || self.to.values().chain([&self.to_all]);
        let preprocessing = costs.triple * self.products.items
            + costs.square * self.squares.items
            + costs.mask * inputs.chain(self.to.values()).map(|t| t.items).sum();
        let rounds = self.inputs.values().map(|t| t.calls).sum::<u64>() * costs.rounds_per_input
            + (self.products.calls + self.squares.calls) * costs.rounds_per_opening
            + outputs().map(|t| t.calls).sum::<u64>() * costs.rounds_per_output;
        let waiting = Load { bytes: 0.0, seconds: costs.seconds_per_round };
        Estimate { preprocessing, online: costs.opening * self.openings() + waiting * rounds, rounds }
    }
}

impl Arithmetic for Plan {
    /// The length.
    type V = usize;
    type Error = Refusal;

    fn capacity(&self) -> &Capacity {
        &self.capacity
    }
    fn needs_values_of(&self, _: PartyId) -> bool {
        false
    }
    async fn share(&mut self, owner: PartyId, _: Option<&[i128]>, len: usize) -> Result<usize, Refusal> {
        self.inputs[owner] += len;
        Ok(len)
    }
    fn embed(&mut self, values: &[i128]) -> usize {
        values.len()
    }
    fn plus(&mut self, x: &usize, _: &usize) -> usize {
        *x
    }
    fn minus(&mut self, x: &usize, _: &usize) -> usize {
        *x
    }
    fn times_public(&mut self, x: &usize, _: &[i128]) -> usize {
        *x
    }
    fn total(&mut self, _: &usize) -> usize {
        1
    }
    fn pick(&mut self, _: &usize, places: &[usize]) -> usize {
        places.len()
    }
    fn join(&mut self, xs: &[&usize]) -> usize {
        xs.iter().copied().sum()
    }
    async fn products(&mut self, x: &usize, _: &usize) -> Result<usize, Refusal> {
        self.products += *x;
        Ok(*x)
    }
    async fn squares(&mut self, x: &usize) -> Result<usize, Refusal> {
        self.squares += *x;
        Ok(*x)
    }
    async fn inner_products(&mut self, pairs: &[(&usize, &usize)]) -> Result<usize, Refusal> {
        self.products += pairs.iter().map(|(x, _)| **x).sum::<usize>();
        Ok(pairs.len())
    }
    async fn reveal_to_all(&mut self, x: &usize) -> Result<Vec<BigInt>, Refusal> {
        self.to_all += *x;
        Ok(Vec::new())
    }
    async fn reveal_to(&mut self, to: PartyId, x: &usize) -> Result<Option<Vec<BigInt>>, Refusal> {
        self.to[to] += *x;
        Ok(Some(Vec::new()))
    }
}

/// Bytes one party sends and seconds it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Bytes sent.
    pub bytes: f64,
    /// Seconds of wall-clock time.
    pub seconds: f64,
}

impl std::ops::Add for Load {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        Self { bytes: self.bytes + o.bytes, seconds: self.seconds + o.seconds }
    }
}
impl std::ops::Mul<u64> for Load {
    type Output = Self;
    fn mul(self, times: u64) -> Self {
        Self { bytes: self.bytes * times as f64, seconds: self.seconds * times as f64 }
    }
}

/// What one of each costs a party; measured, or taken from a specification.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CostTable {
    /// Preparing a multiplication triple.
    pub triple: Load,
    /// Preparing a square pair.
    pub square: Load,
    /// Preparing an input or output mask.
    pub mask: Load,
    /// Opening one field element.
    pub opening: Load,
    /// Waiting for one round.
    pub seconds_per_round: f64,
    /// Rounds of one batch of inputs.
    pub rounds_per_input: u64,
    /// Rounds of one batch of products or squares.
    pub rounds_per_opening: u64,
    /// Rounds of one batch of outputs, its MAC checks included.
    pub rounds_per_output: u64,
}

/// What a function will cost one party.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Before inputs are known.
    pub preprocessing: Load,
    /// From the first input to the last output.
    pub online: Load,
    /// Rounds of the online phase.
    pub rounds: u64,
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p, o) = (self.preprocessing, self.online);
        let mb = |bytes: f64| bytes / 1e6;
        write!(f, "preprocessing {:.1} MB, {:.2} s; ", mb(p.bytes), p.seconds)?;
        write!(f, "online {:.2} MB, {:.2} s, {} rounds", mb(o.bytes), o.seconds, self.rounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{correlations_of_standardised, covariances};
    use crate::{Engine, Form, Plain, Vector, immediate};
    use field::{F31, F128, Field, Fr};
    use num_bigint::BigUint;

    const A: PartyId = PartyId::new(0);
    const B: PartyId = PartyId::new(1);

    async fn pair<E: Engine>(e: &mut E, n: usize) -> Result<[Vector<E::V>; 3], E::Error> {
        let form = |name| Form::standardised(name, n, 20);
        let mut xs = e.input_columns(A, &[(&form("a.x"), None), (&form("a.y"), None)]).await?;
        let z = e.input(B, &form("b.z"), None).await?;
        let y = xs.pop().ok_or(Refusal::Empty { operation: "test" })?;
        let x = xs.pop().ok_or(Refusal::Empty { operation: "test" })?;
        Ok([x, y, z])
    }

    #[test]
    fn counts_what_a_function_does() {
        let mut plan = Plan::new(3, Capacity::of::<F128>());
        let run = async {
            let e = &mut plan;
            let [x, y, z] = pair(e, 100).await?;
            let shown = correlations_of_standardised(e, &[(&x, &z), (&y, &z)]).await?.output_to(e, A).await?;
            assert_eq!(shown, Some(vec![]));
            let square = e.square(&x).await?;
            e.output_to_all(&[&square, &z]).await
        };
        assert_eq!(immediate(run), Ok(vec![vec![], vec![]]));
        let tally = |calls, items| Tally { calls, items };
        assert_eq!(plan.inputs().values().copied().collect::<Vec<_>>(), [tally(1, 200), tally(1, 100), tally(0, 0)]);
        assert_eq!((plan.products(), plan.squares()), (tally(1, 200), tally(1, 100)));
        assert_eq!(
            (plan.outputs_to_all(), plan.outputs_to()[A], plan.outputs_to()[B]),
            (tally(1, 200), tally(1, 2), tally(0, 0))
        );
        assert_eq!(plan.openings(), 2 * 200 + 300 + 2 + 100 + 200);
        let load = |bytes| Load { bytes, seconds: 0.0 };
        let costs = CostTable {
            triple: load(1000.0),
            square: load(100.0),
            mask: load(10.0),
            opening: load(1.0),
            seconds_per_round: 0.5,
            rounds_per_input: 1,
            rounds_per_opening: 1,
            rounds_per_output: 5,
        };
        let estimate = plan.estimate(&costs);
        assert_eq!(estimate.preprocessing.bytes, 200e3 + 10e3 + 3e3 + 20.0);
        assert_eq!((estimate.online, estimate.rounds), (Load { bytes: 1002.0, seconds: 7.0 }, 14));
    }

    #[test]
    fn refuses_overflow_and_names_it() {
        let covariance = |capacity| {
            immediate(async {
                let e = &mut Plan::new(2, capacity);
                let [x, _, z] = pair(e, 1_000_000).await?;
                covariances(e, &[(&x, &z)]).await.map(|_| ())
            })
        };
        assert_eq!(covariance(Capacity::of::<Fr>()), Ok(()));
        assert_eq!(covariance(Capacity::of::<F128>()), Ok(()));
        let error = covariance(Capacity::of::<F128>().with_headroom(40)).expect_err("too large");
        let Refusal::Overflow { operation, ref of, needed, available, field } = error else { panic!("{error}") };
        assert_eq!((operation, of.as_str(), available, field), ("scaling", "Σ a.x × b.z", 87, F128::NAME));
        assert!(needed > 87);
        assert!(error.to_string().contains("scaling of Σ a.x × b.z"));
    }

    /// The bound is exact: 15 fits F31, 16 does not, for every operation.
    #[test]
    fn the_last_number_that_fits() {
        let try_bound = |bound: u128, op: usize| {
            immediate(async {
                let e = &mut Plain::<F31>::new();
                let values = [bound as i128, -(bound as i128), 0];
                let x = e.input(A, &Form::integers("x", 3, bound), Some(&values)).await?;
                let one = e.constants("one", &[1, -1, 1], 0)?;
                let zero = e.constants("zero", &[0; 3], 0)?;
                let half = e.constants("half", &[1], 1)?;
                let result = match op {
                    0 => e.mul(&x, &one).await?,
                    1 => e.add(&x, &zero)?,
                    2 => e.scale(&x, -1, 0)?,
                    3 => e.weigh(&x, &[1, 1, -1], 0)?,
                    4 => e.sum(&x)?,
                    5 => e.square(&x).await?,
                    6 => e.dot(&x, &one).await?,
                    7 => e.sub(&x, &x)?,
                    _ => e.concat(&[&x, &half])?,
                };
                e.output_to_all(&[&result]).await
            })
        };
        // The largest admitted bound of an input for each operation.
        for (op, last) in [(0, 15), (1, 15), (2, 15), (3, 15), (4, 5), (5, 3), (6, 5), (7, 7), (8, 7)] {
            let shown = try_bound(last, op).unwrap_or_else(|e| panic!("{op}: {e}"));
            assert!(!shown[0].is_empty());
            assert!(matches!(try_bound(last + 1, op), Err(Refusal::Overflow { .. })), "operation {op}");
        }
    }

    #[test]
    fn inputs_are_checked_by_their_owner() {
        let input = |form: Form, values: Option<&[i128]>| {
            immediate(async { Plain::<F128>::new().input(A, &form, values).await.map(|_| ()) })
        };
        assert_eq!(input(Form::integers("x", 2, 9), Some(&[9, -9])), Ok(()));
        let range = Refusal::Range { name: "x".into(), row: 2 };
        assert_eq!(input(Form::integers("x", 2, 9), Some(&[9, -10])), Err(range.clone()));
        assert_eq!(input(Form::integers("x", 2, 9), Some(&[0, i128::MIN])), Err(range));
        assert_eq!(input(Form::integers("x", 2, 9), None), Err(Refusal::NoValues { name: "x".into() }));
        assert!(matches!(input(Form::integers("x", 3, 9), Some(&[0])), Err(Refusal::Lengths { right_len: 1, .. })));
        assert!(matches!(input(Form::decimals("x", 1, 65, 1), Some(&[0])), Err(Refusal::Input { .. })));
        let wide = Form::new("x", 1, 0, BigUint::from(1u8) << 120u32);
        assert!(matches!(input(wide, Some(&[0])), Err(Refusal::Input { .. })));
    }
}

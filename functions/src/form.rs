//! What is public about a secret vector, and the rules that refuse an operation before any byte leaves.

use std::fmt;

use field::PrimeField;
use num_bigint::BigUint;
use thiserror::Error;

use crate::number;

/// Names of results longer than this are shortened; they grow with every operation.
const LONGEST_NAME: usize = 80;

/// Why an operation was refused. Nothing has been sent for it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The result might not fit the field.
    #[error(
        "overflow: {operation} of {of} may need {needed} bits and a sign, {field} holds {available} bits and a sign; \
         use fewer fraction bits, narrower ranges or a larger field"
    )]
    Overflow {
        /// The operation, such as `inner product`.
        operation: &'static str,
        /// What it was applied to, such as `bank.amount × bureau.default`.
        of: String,
        /// Bits of the largest magnitude the result may have.
        needed: u64,
        /// Bits of the largest magnitude that fits.
        available: u64,
        /// The field.
        field: &'static str,
    },
    /// Arguments of different lengths.
    #[error("{operation}: {left} has {left_len} values, {right} has {right_len}")]
    Lengths {
        /// The operation.
        operation: &'static str,
        /// Name of the left argument.
        left: String,
        /// Its length.
        left_len: usize,
        /// Name of the right argument.
        right: String,
        /// Its length.
        right_len: usize,
    },
    /// No arguments, or an empty one.
    #[error("{operation}: nothing to compute on")]
    Empty {
        /// The operation.
        operation: &'static str,
    },
    /// An index past the end.
    #[error("{name} has {len} values, number {index} does not exist")]
    Index {
        /// Name of the vector.
        name: String,
        /// Its length.
        len: usize,
        /// The index asked for, from 0.
        index: usize,
    },
    /// An input outside the range its owner stated for it.
    #[error("value {row} of {name} is outside its stated range")]
    Range {
        /// Name of the column.
        name: String,
        /// Which value, from 1.
        row: usize,
    },
    /// This party owns an input but gave no values.
    #[error("no values for {name}")]
    NoValues {
        /// Name of the column.
        name: String,
    },
    /// More fraction bits or a larger range than inputs may have.
    #[error(
        "{name}: inputs have at most {} fraction bits and {} bits in all",
        number::MAX_FRACTION_BITS,
        number::MAX_INPUT_BITS
    )]
    Input {
        /// Name of the column.
        name: String,
    },
}

/// What everybody knows of a secret vector: its name, length, fraction bits, and a bound no value exceeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    name: String,
    len: usize,
    fraction_bits: u32,
    bound: BigUint,
}

impl Form {
    /// A vector of `len` numbers `v / 2^fraction_bits` with integers `|v| ≤ bound`.
    #[must_use]
    pub fn new(name: impl Into<String>, len: usize, fraction_bits: u32, bound: BigUint) -> Self {
        Self { name: shortened(name.into()), len, fraction_bits, bound }
    }
    /// Signed integers of at most this magnitude.
    #[must_use]
    pub fn integers(name: impl Into<String>, len: usize, bound: u128) -> Self {
        Self::new(name, len, 0, BigUint::from(bound))
    }
    /// Decimals of at most this magnitude.
    #[must_use]
    pub fn decimals(name: impl Into<String>, len: usize, fraction_bits: u32, magnitude: u64) -> Self {
        Self::new(name, len, fraction_bits, BigUint::from(magnitude) << fraction_bits)
    }
    /// Values centred and scaled by their owner, see [`number::standardise`].
    #[must_use]
    pub fn standardised(name: impl Into<String>, len: usize, fraction_bits: u32) -> Self {
        Self::new(name, len, fraction_bits, number::standard_bound(len, fraction_bits))
    }
    /// The name, for messages to people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// How many numbers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// A stored integer `v` stands for `v / 2^fraction_bits`.
    #[must_use]
    pub fn fraction_bits(&self) -> u32 {
        self.fraction_bits
    }
    /// The largest magnitude of a stored integer.
    #[must_use]
    pub fn bound(&self) -> &BigUint {
        &self.bound
    }
    /// The same vector under another name.
    #[must_use]
    pub fn renamed(mut self, name: impl Into<String>) -> Self {
        self.name = shortened(name.into());
        self
    }

    pub(crate) fn same_len(&self, other: &Self, operation: &'static str) -> Result<(), Refusal> {
        if self.len == other.len {
            return Ok(());
        }
        Err(Refusal::Lengths {
            operation,
            left: self.name.clone(),
            left_len: self.len,
            right: other.name.clone(),
            right_len: other.len,
        })
    }

    /// The form of an input whose owner may encode it: within [`number::MAX_INPUT_BITS`].
    pub(crate) fn check_input(&self, values: Option<&[i128]>) -> Result<(), Refusal> {
        if self.fraction_bits > number::MAX_FRACTION_BITS || self.bound.bits() > u64::from(number::MAX_INPUT_BITS) {
            return Err(Refusal::Input { name: self.name.clone() });
        }
        let Some(values) = values else { return Ok(()) };
        if values.len() != self.len {
            return Err(Refusal::Lengths {
                operation: "input",
                left: self.name.clone(),
                left_len: self.len,
                right: "its data".into(),
                right_len: values.len(),
            });
        }
        // At most 120 bits, see above.
        let bound = self.bound.iter_u64_digits().rev().fold(0u128, |b, d| b << 64 | u128::from(d));
        match values.iter().position(|v| v.unsigned_abs() > bound) {
            Some(at) => Err(Refusal::Range { name: self.name.clone(), row: at + 1 }),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} values, {} fraction bits, {} bits",
            self.name,
            self.len,
            self.fraction_bits,
            self.bound.bits()
        )
    }
}

fn shortened(name: String) -> String {
    match name.char_indices().nth(LONGEST_NAME) {
        Some((cut, _)) => format!("{}…", &name[..cut]),
        None => name,
    }
}

/// The signed integers a field can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capacity {
    field: &'static str,
    largest: BigUint,
}

impl Capacity {
    /// Magnitudes up to `(p-1)/2`.
    #[must_use]
    pub fn of<F: PrimeField>() -> Self {
        Self { field: F::NAME, largest: number::modulus::<F>() >> 1u32 }
    }
    /// Leaves this many bits of every number unused, for functions that mask values statistically.
    #[must_use]
    pub fn with_headroom(self, bits: u32) -> Self {
        Self { largest: self.largest >> bits, ..self }
    }
    /// The name of the field.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.field
    }
    /// The largest magnitude.
    #[must_use]
    pub fn largest(&self) -> &BigUint {
        &self.largest
    }
    /// Refuses a form that may not fit; `operation` made it.
    pub fn admit(&self, form: Form, operation: &'static str) -> Result<Form, Refusal> {
        if form.bound <= self.largest {
            return Ok(form);
        }
        Err(Refusal::Overflow {
            operation,
            of: form.name,
            needed: form.bound.bits(),
            // The most bits of which every number fits.
            available: (&self.largest + 1u32).bits() - 1,
            field: self.field,
        })
    }
}

//! Scalars, vectors and matrices of secret numbers.

use std::fmt;

use crate::engine::{Engine, Vector};
use crate::form::Refusal;

/// How the numbers of a tensor are arranged; matrices are stored row by row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One number.
    Scalar,
    /// This many numbers.
    Vector(usize),
    /// Rows and columns.
    Matrix(usize, usize),
}

impl Shape {
    /// How many numbers.
    #[must_use]
    pub fn len(self) -> usize {
        let (rows, columns) = self.extents();
        rows * columns
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
    /// Rows and columns; a vector is one column.
    #[must_use]
    pub fn extents(self) -> (usize, usize) {
        match self {
            Self::Scalar => (1, 1),
            Self::Vector(n) => (n, 1),
            Self::Matrix(rows, columns) => (rows, columns),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar => f.write_str("a scalar"),
            Self::Vector(n) => write!(f, "a vector of {n}"),
            Self::Matrix(rows, columns) => write!(f, "a {rows}×{columns} matrix"),
        }
    }
}

/// Secret numbers with a shape.
pub struct Tensor<V> {
    shape: Shape,
    data: Vector<V>,
}

impl<V> Tensor<V> {
    /// The numbers of `data` in this shape, refused if it has another size.
    pub fn new(shape: Shape, data: Vector<V>) -> Result<Self, Refusal> {
        if shape.len() == data.len() {
            return Ok(Self { shape, data });
        }
        Err(Refusal::Lengths {
            operation: "arranging",
            left: data.form().name().into(),
            left_len: data.len(),
            right: shape.to_string(),
            right_len: shape.len(),
        })
    }
    /// The shape.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }
    /// The numbers, row by row.
    #[must_use]
    pub fn data(&self) -> &Vector<V> {
        &self.data
    }
    /// The numbers without the shape.
    #[must_use]
    pub fn into_data(self) -> Vector<V> {
        self.data
    }

    /// Rows as columns; a vector becomes a matrix of one row. Local.
    pub fn transposed<E: Engine<V = V>>(&self, e: &mut E) -> Result<Self, E::Error> {
        let (rows, columns) = self.shape.extents();
        let places: Vec<usize> = (0..columns).flat_map(|c| (0..rows).map(move |r| r * columns + c)).collect();
        Ok(Self { shape: Shape::Matrix(columns, rows), data: e.gather(&self.data, &places)? })
    }

    /// The matrix product, with a vector as one column; one batch of inner products.
    pub async fn matmul<E: Engine<V = V>>(&self, e: &mut E, other: &Self) -> Result<Self, E::Error> {
        let ((rows, inner), (other_inner, columns)) = (self.shape.extents(), other.shape.extents());
        if inner != other_inner {
            return Err(Refusal::Lengths {
                operation: "matrix product",
                left: format!("a row of {}", self.data.form().name()),
                left_len: inner,
                right: format!("a column of {}", other.data.form().name()),
                right_len: other_inner,
            }
            .into());
        }
        let lefts = (0..rows)
            .map(|r| e.gather(&self.data, &(r * inner..(r + 1) * inner).collect::<Vec<_>>()))
            .collect::<Result<Vec<_>, _>>()?;
        let rights = (0..columns)
            .map(|c| e.gather(&other.data, &(0..inner).map(|k| k * columns + c).collect::<Vec<_>>()))
            .collect::<Result<Vec<_>, _>>()?;
        let pairs: Vec<_> = lefts.iter().flat_map(|x| rights.iter().map(move |y| (x, y))).collect();
        let shape = match other.shape {
            Shape::Matrix(..) => Shape::Matrix(rows, columns),
            _ => Shape::Vector(rows),
        };
        let name = format!("{} · {}", self.data.form().name(), other.data.form().name());
        Ok(Self { shape, data: e.dots(&pairs).await?.renamed(name) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Form, Plain, immediate};
    use field::F128;
    use num_traits::ToPrimitive;
    use transport::PartyId;

    async fn matrix<E: Engine>(e: &mut E, shape: Shape, values: &[i128]) -> Result<Tensor<E::V>, E::Error> {
        let form = Form::integers("m", values.len(), 1000);
        Ok(Tensor::new(shape, e.input(PartyId::new(0), &form, Some(values)).await?)?)
    }

    async fn integers<E: Engine>(e: &mut E, t: &Tensor<E::V>) -> Result<Vec<i64>, E::Error> {
        let shown = e.output_to_all(&[t.data()]).await?;
        Ok(shown[0].iter().filter_map(|v| v.as_ratio().to_i64()).collect())
    }

    #[test]
    fn matrix_products() {
        let run = async {
            let e = &mut Plain::<F128>::new();
            let a = matrix(e, Shape::Matrix(2, 3), &[1, -2, 3, 4, 5, -6]).await?;
            let b = matrix(e, Shape::Matrix(3, 2), &[7, 8, -9, 10, 11, 12]).await?;
            let ab = a.matmul(e, &b).await?;
            assert_eq!((ab.shape(), integers(e, &ab).await?), (Shape::Matrix(2, 2), vec![58, 24, -83, 10]));
            let v = matrix(e, Shape::Vector(3), &[1, 0, -1]).await?;
            let av = a.matmul(e, &v).await?;
            assert_eq!((av.shape(), integers(e, &av).await?), (Shape::Vector(2), vec![-2, 10]));
            let at = a.transposed(e)?;
            assert_eq!((at.shape(), integers(e, &at).await?), (Shape::Matrix(3, 2), vec![1, 4, -2, 5, 3, -6]));
            let wrong = a.matmul(e, &a).await.map(|_| ());
            assert!(matches!(wrong, Err(Refusal::Lengths { left_len: 3, right_len: 2, .. })), "{wrong:?}");
            assert!(Tensor::new(Shape::Scalar, v.into_data()).is_err());
            Ok::<(), Refusal>(())
        };
        immediate(run).expect("nothing is refused");
    }
}

//! Bulk kernels: what the protocols do to whole vectors.
//!
//! The defaults are the definitions, element by element. [`Fr`](crate::Fr), [`F128`](crate::F128) and
//! [`Gf128`](crate::Gf128) replace those that gain by it – products summed before they are reduced, eight elements at a
//! time where the processor multiplies 52-bit limbs – and [`laws`](crate::laws) holds every replacement to its default.

use core::ops::{Add, AddAssign, Mul, MulAssign, SubAssign};

/// Shortens the named slices to what is left after their whole blocks of eight (`y.0`) went through the body, where the
/// processor has the wide kernels.
macro_rules! in_blocks {
    (mut($($y:ident),*) ref($($x:ident),*) |$ifma:ident| $body:expr) => {
        #[cfg(target_arch = "x86_64")]
        let ($($y,)* $($x,)*) = match $crate::ifma_x86::Ifma::detect() {
            Some($ifma) => {
                $(let $y = $y.as_chunks_mut::<8>();)*
                $(let $x = $x.as_chunks::<8>();)*
                $body;
                ($($y.1,)* $($x.1,)*)
            }
            None => ($($y,)* $($x,)*),
        };
    };
}
pub(crate) use in_blocks;

/// Vector arithmetic of a field. Every function panics if the lengths of its vectors differ; none branches on a value.
pub trait Kernels:
    Copy + Default + Add<Output = Self> + Mul<Output = Self> + AddAssign + SubAssign + MulAssign + Sized
{
    /// `y += x`.
    fn add_slices(y: &mut [Self], x: &[Self]) {
        assert_eq!(y.len(), x.len(), "sum of different lengths");
        for (y, x) in y.iter_mut().zip(x) {
            *y += *x;
        }
    }
    /// `y −= x`.
    fn sub_slices(y: &mut [Self], x: &[Self]) {
        assert_eq!(y.len(), x.len(), "difference of different lengths");
        for (y, x) in y.iter_mut().zip(x) {
            *y -= *x;
        }
    }
    /// `y_i = y_i · x_i`.
    fn mul_slices(y: &mut [Self], x: &[Self]) {
        assert_eq!(y.len(), x.len(), "products of different lengths");
        for (y, x) in y.iter_mut().zip(x) {
            *y *= *x;
        }
    }
    /// `y = k · y`.
    fn scale(y: &mut [Self], k: Self) {
        for y in y {
            *y *= k;
        }
    }
    /// `y += k · x`.
    fn axpy(y: &mut [Self], k: Self, x: &[Self]) {
        assert_eq!(y.len(), x.len(), "sum of different lengths");
        for (y, x) in y.iter_mut().zip(x) {
            *y += k * *x;
        }
    }
    /// `out = Σ_j k_j · vectors_j`.
    fn lin_comb(out: &mut [Self], k: &[Self], vectors: &[&[Self]]) {
        assert_eq!(k.len(), vectors.len(), "coefficients and vectors");
        out.fill(Self::default());
        for (k, vector) in k.iter().zip(vectors) {
            Self::axpy(out, *k, vector);
        }
    }
    /// `Σ a_i · b_i`.
    fn dot(a: &[Self], b: &[Self]) -> Self {
        assert_eq!(a.len(), b.len(), "dot of different lengths");
        let mut sum = Self::default();
        for (x, y) in a.iter().zip(b) {
            sum += *x * *y;
        }
        sum
    }
    /// `(Σ r_i · x_i, Σ r_i · m_i)` in one pass: the two sums of a MAC check.
    fn dot2(r: &[Self], x: &[Self], m: &[Self]) -> (Self, Self) {
        (Self::dot(r, x), Self::dot(r, m))
    }
    /// The local step of a Beaver multiplication on one sharing (values or MACs) of the triple `(a, b, c)`:
    /// `c += d·(b + k·e) + e·a` for the opened `d = x − a`, `e = y − b`. On values `k` is one for the party that adds the
    /// public `d·e` and zero for the others; on MACs it is the party's share of the MAC key.
    fn beaver_combine(c: &mut [Self], a: &[Self], b: &[Self], d: &[Self], e: &[Self], k: Self) {
        assert!([a.len(), b.len(), d.len(), e.len()] == [c.len(); 4], "triples and openings");
        for (i, c) in c.iter_mut().enumerate() {
            *c += d[i] * (b[i] + k * e[i]) + e[i] * a[i];
        }
    }
}

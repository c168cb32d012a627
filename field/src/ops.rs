//! The impls every element type here repeats.

/// `+=`, `-=`, `*=` from the binary operators, and a `Debug` that prints the type only.
macro_rules! field_ops {
    ($t:ident) => {
        impl core::ops::AddAssign for $t {
            #[inline]
            fn add_assign(&mut self, o: Self) {
                *self = *self + o;
            }
        }
        impl core::ops::SubAssign for $t {
            #[inline]
            fn sub_assign(&mut self, o: Self) {
                *self = *self - o;
            }
        }
        impl core::ops::MulAssign for $t {
            #[inline]
            fn mul_assign(&mut self, o: Self) {
                *self = *self * o;
            }
        }
        impl core::fmt::Debug for $t {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(<$t as $crate::Field>::NAME)
            }
        }
    };
}
pub(crate) use field_ops;

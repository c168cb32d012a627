//! The bit transpose compiled for wide registers.
#![allow(unsafe_code)]

use crate::bits::{Squares, swap_network};

/// Transposes in place; `false`, and nothing done, where the processor has no AVX2.
#[inline]
pub(crate) fn transpose_squares(rows: &mut Squares) -> bool {
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the feature was detected in the line above.
        unsafe { transpose_512(rows) };
        true
    } else if is_x86_feature_detected!("avx2") {
        // SAFETY: the feature was detected in the line above.
        unsafe { transpose_256(rows) };
        true
    } else {
        false
    }
}

#[target_feature(enable = "avx512f")]
fn transpose_512(rows: &mut Squares) {
    swap_network(rows);
}

#[target_feature(enable = "avx2")]
fn transpose_256(rows: &mut Squares) {
    swap_network(rows);
}

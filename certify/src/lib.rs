//! Measures which security level a protocol reaches.

//! The wide kernels of a Montgomery field, written once: [`montgomery_kernels`] makes them for a field's `load`, `store`,
//! `cut`, `cut_shifted`, `limbs`, modulus and widths.
//!
//! `N` limbs of 52 bits hold an element shifted by `S = 52N − 64n` bits, `W = 2N` columns a product; `2^S·p < 2^(52N)`.

/// Functions around bodies that are compiled for the features an [`Ifma`](crate::ifma_x86::Ifma) proves.
macro_rules! enabled {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),*) $(-> $ret:ty)? $body:block)*) => {
        $($(#[$doc])*
        #[inline]
        pub(crate) fn $name(_: $crate::ifma_x86::Ifma, $($arg: $ty),*) $(-> $ret)? {
            #[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
            fn enabled($($arg: $ty),*) $(-> $ret)? $body
            // SAFETY: an `Ifma` exists only where these features were detected.
            unsafe { enabled($($arg),*) }
        })*
    };
}
pub(crate) use enabled;

/// The kernels for one field, in the module that calls this.
macro_rules! montgomery_kernels {
    ($element:ident) => { $crate::montgomery_x86::enabled! {
    /// `y_i = y_i · x_i`.
    fn mul(y: &mut [Block], x: &[Block]) {
        for (y, x) in y.iter_mut().zip(x) {
            let mut sum = ifma::zero::<W>();
            ifma::add_product(&mut sum, &cut_shifted(load(y)), &cut(load(x)));
            // A product is below p·2^S·p, divided below 2p.
            store(y, ifma::reduce::<1, N>(ifma::carry(ifma::divide(sum, &MODULUS)), &MODULUS));
        }
    }
    /// `y = k · y`.
    fn scale(y: &mut [Block], k: $element) {
        let k = ifma::broadcast(ifma::split(&limbs(k), SHIFT));
        for y in y {
            let mut sum = ifma::zero::<W>();
            ifma::add_product(&mut sum, &k, &cut(load(y)));
            store(y, ifma::reduce::<1, N>(ifma::carry(ifma::divide(sum, &MODULUS)), &MODULUS));
        }
    }
    /// `y += k · x`.
    fn axpy(y: &mut [Block], k: $element, x: &[Block]) {
        let k = ifma::broadcast(ifma::split(&limbs(k), SHIFT));
        for (y, x) in y.iter_mut().zip(x) {
            let mut sum = ifma::zero::<W>();
            ifma::add_product(&mut sum, &k, &cut(load(x)));
            // Below 2p as above, and below 3p with y.
            let sum = ifma::add(ifma::divide(sum, &MODULUS), cut(load(y)));
            store(y, ifma::reduce::<2, N>(ifma::carry(sum), &MODULUS));
        }
    }
    /// `c += d·(b + k·e) + e·a`.
    fn beaver_combine(c: &mut [Block], a: &[Block], b: &[Block], d: &[Block], e: &[Block], k: $element) {
        let k = ifma::broadcast(ifma::split(&limbs(k), SHIFT));
        for ((((c, a), b), d), e) in c.iter_mut().zip(a).zip(b).zip(d).zip(e) {
            let e = load(e);
            let mut sum = ifma::zero::<W>();
            ifma::add_product(&mut sum, &k, &cut(e));
            // k·e < 2p, so b + k·e < 3p ...
            let factor = ifma::carry(ifma::add(ifma::divide(sum, &MODULUS), cut(load(b))));
            let mut sum = ifma::zero::<W>();
            ifma::add_product(&mut sum, &cut_shifted(load(d)), &factor);
            ifma::add_product(&mut sum, &cut_shifted(e), &cut(load(a)));
            // ... and the two products give 3p + p + p, with c less than 6p.
            let sum = ifma::add(ifma::divide(sum, &MODULUS), cut(load(c)));
            store(c, ifma::reduce::<3, N>(ifma::carry(sum), &MODULUS));
        }
    }
    /// The columns, 52 bits apart, of `Σ r_i · x_i` over Montgomery residues.
    fn dot(r: &[Block], x: &[Block]) -> [u128; W] {
        let mut total = [0; W];
        for (r, x) in r.chunks(TERMS).zip(x.chunks(TERMS)) {
            let mut sum = ifma::zero::<W>();
            for (r, x) in r.iter().zip(x) {
                ifma::add_product(&mut sum, &cut(load(r)), &cut(load(x)));
            }
            ifma::drain(&sum, &mut total);
        }
        total
    }
    /// The columns of `Σ r_i · x_i` and of `Σ r_i · m_i`.
    fn dot2(r: &[Block], x: &[Block], m: &[Block]) -> [[u128; W]; 2] {
        let mut total = [[0; W]; 2];
        for ((r, x), m) in r.chunks(TERMS).zip(x.chunks(TERMS)).zip(m.chunks(TERMS)) {
            let (mut sum_x, mut sum_m) = (ifma::zero::<W>(), ifma::zero::<W>());
            for ((r, x), m) in r.iter().zip(x).zip(m) {
                let r = cut(load(r));
                ifma::add_product(&mut sum_x, &r, &cut(load(x)));
                ifma::add_product(&mut sum_m, &r, &cut(load(m)));
            }
            ifma::drain(&sum_x, &mut total[0]);
            ifma::drain(&sum_m, &mut total[1]);
        }
        total
    }
    /// Canonical integers out of Montgomery residues, little-endian.
    fn encode(items: &[Block], out: &mut [[u8; BLOCK]]) {
        for (item, out) in items.iter().zip(out) {
            let mut sum = ifma::zero::<W>();
            sum[..N].copy_from_slice(&cut_shifted(load(item)));
            // At most p: the only value that needs the subtraction is p itself.
            store_raw(out.as_mut_ptr().cast(), ifma::reduce::<1, N>(ifma::carry(ifma::divide(sum, &MODULUS)), &MODULUS));
        }
    }
    /// Montgomery residues out of encodings; `false` if one of them is not below the order.
    fn decode(bytes: &[[u8; BLOCK]], out: &mut [Block]) -> bool {
        // 2^S·R²: the product, divided, is x·R.
        let factor = ifma::broadcast(ifma::split(&R2, SHIFT));
        let mut canonical = 0xff;
        for (bytes, out) in bytes.iter().zip(out) {
            let v = cut(load_raw(bytes.as_ptr().cast()));
            canonical &= ifma::below(v, &MODULUS);
            let mut sum = ifma::zero::<W>();
            ifma::add_product(&mut sum, &v, &factor);
            store(out, ifma::reduce::<1, N>(ifma::carry(ifma::divide(sum, &MODULUS)), &MODULUS));
        }
        canonical == 0xff
    }

    } };
}
pub(crate) use montgomery_kernels;

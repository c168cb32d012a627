//! What may travel: the closed set of payload items, each with one fixed-width canonical encoding.

use field::Field;
use transport::Kind;
use zeroize::Zeroize;

/// An item of a payload.
pub trait Item: Clone + 'static {
    /// What it is.
    const KIND: Kind;
    /// The field's name, `""` if it is no field element.
    const FIELD: &'static str;
    /// Bytes of the encoding.
    const WIDTH: usize;
    /// Appends the encodings.
    fn write_all(items: &[Self], out: &mut Vec<u8>);
    /// Decodes as many items as `bytes` holds; `None` if any is not canonical.
    fn read_all(bytes: &[u8]) -> Option<Vec<Self>>;
    /// A well-formed item for a puppet that carries on after a malformed frame.
    fn neutral() -> Self;
}

impl<F: Field> Item for F {
    const KIND: Kind = Kind::Elements;
    const FIELD: &'static str = F::NAME;
    const WIDTH: usize = F::BYTES;
    fn write_all(items: &[Self], out: &mut Vec<u8>) {
        F::write_slice(items, out);
    }
    fn read_all(bytes: &[u8]) -> Option<Vec<Self>> {
        F::read_slice(bytes)
    }
    fn neutral() -> Self {
        F::ZERO
    }
}

macro_rules! byte_item {
    ($(#[$doc:meta])* $name:ident, $kind:ident, $width:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Default, Zeroize)]
        pub struct $name(pub [u8; $width]);

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
        impl Item for $name {
            const KIND: Kind = Kind::$kind;
            const FIELD: &'static str = "";
            const WIDTH: usize = $width;
            fn write_all(items: &[Self], out: &mut Vec<u8>) {
                out.reserve(items.len() * Self::WIDTH);
                items.iter().for_each(|i| out.extend_from_slice(&i.0));
            }
            fn read_all(bytes: &[u8]) -> Option<Vec<Self>> {
                let (items, rest) = bytes.as_chunks();
                rest.is_empty().then(|| items.iter().map(|c| Self(*c)).collect())
            }
            fn neutral() -> Self {
                Self([0; $width])
            }
        }
    };
}

byte_item!(
    /// A 128-bit block: a seed, an OT message, a row of a correlation.
    Block, Blocks, 16
);
byte_item!(
    /// A 32-byte hash or commitment.
    Digest, Digests, 32
);
byte_item!(
    /// 32 random bytes: a seed or the opening of a commitment.
    Nonce, Nonces, 32
);
byte_item!(
    /// A group point in its canonical encoding, not yet decoded: the protocol that receives it checks it.
    Point, Points, 32
);
byte_item!(
    /// A 64-bit counter or length, little-endian. Any value is well-formed.
    Count, Counts, 8
);

impl From<u64> for Count {
    fn from(v: u64) -> Self {
        Self(v.to_le_bytes())
    }
}
impl From<Count> for u64 {
    fn from(c: Count) -> Self {
        Self::from_le_bytes(c.0)
    }
}

//! The items of a frame and what can be done to one of them, by its type: elements of every field of crate `field`, named
//! in the frame's own type, group points, and plain bytes.

use field::{Field, Group, Ristretto};
use transport::sim::Envelope;
use transport::{Kind, PartyId};

use crate::fields::FieldId;
use crate::with_field;

/// How a frame's payload is cut into items.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Bytes in front of the items: a request to an ideal functionality starts with its operation.
    pub head: usize,
    /// Bytes of one item.
    pub width: usize,
    /// What they are.
    pub kind: Kind,
    /// The field they are elements of; 128-bit blocks are elements of GF(2^128).
    pub field: Option<FieldId>,
}

impl Layout {
    /// Of a frame in a run over `field`, which is what messages through ideal functionalities consist of.
    #[must_use]
    pub fn of(e: &Envelope, field: FieldId) -> Self {
        let meta = &e.frame.meta;
        let head = usize::from(e.to == PartyId::IDEAL);
        let field = match meta.kind {
            Kind::Elements => FieldId::of_name(meta.field),
            Kind::Blocks => Some(FieldId::Gf128),
            // What is asked of the other functionalities are parameters, and what they answer are seeds.
            Kind::Ideal if matches!(meta.name, "commit" | "open" | "broadcast") => Some(field),
            _ => None,
        };
        let width = field.map_or_else(|| meta.width.max(1) as usize, FieldId::bytes);
        Self { head, width, kind: meta.kind, field }
    }
    /// How many whole items there are.
    #[must_use]
    pub fn count(&self, body: &[u8]) -> usize {
        body.len().saturating_sub(self.head) / self.width
    }
    /// The bytes of one of them.
    #[must_use]
    pub fn item<'a>(&self, body: &'a [u8], at: usize) -> Option<&'a [u8]> {
        let start = at.checked_mul(self.width)?.checked_add(self.head)?;
        body.get(start..start.checked_add(self.width)?)
    }
    /// The bytes of one of them, to be changed.
    pub fn item_mut<'a>(&self, body: &'a mut [u8], at: usize) -> Option<&'a mut [u8]> {
        let start = at.checked_mul(self.width)?.checked_add(self.head)?;
        body.get_mut(start..start.checked_add(self.width)?)
    }
}

/// Replaces an element by what `f` makes of it; `false` if the bytes are no element or `f` has no answer.
pub fn update<F: Field>(item: &mut [u8], f: impl FnOnce(F) -> Option<F>) -> bool {
    let Some(x) = F::read(item).and_then(f) else { return false };
    x.write(item);
    true
}

/// Flips every bit.
pub fn complement(item: &mut [u8]) {
    item.iter_mut().for_each(|b| *b = !*b);
}

/// Makes an item the smallest integer that is no element of its field, `false` if every encoding is one. Points and
/// everything else become all ones, which no point is encoded by.
pub fn not_canonical(field: Option<FieldId>, item: &mut [u8]) -> bool {
    let Some(field) = field else {
        item.fill(u8::MAX);
        return true;
    };
    let order = field.order().to_bytes_le();
    if order.len() > item.len() {
        return false;
    }
    item.fill(0);
    item[..order.len()].copy_from_slice(&order);
    true
}

/// Adds one to an item; `false` if it is no element of this field.
pub fn add_one(field: FieldId, item: &mut [u8]) -> bool {
    with_field!(field, F => update::<F>(item, |x| Some(x + F::ONE)))
}

/// Negates an item; `false` if it is no element of this field.
pub fn negate(field: FieldId, item: &mut [u8]) -> bool {
    with_field!(field, F => update::<F>(item, |x| Some(-x)))
}

/// Makes an item another one, fixed and random-looking; `false` if it is no element of this field.
pub fn other(field: FieldId, item: &mut [u8]) -> bool {
    with_field!(field, F => update::<F>(item, |x| {
        let mut y = x * F::from_u64(7);
        y += F::from_u64(0x9e37_79b9);
        Some(y)
    }))
}

/// Makes plain bytes other ones.
pub fn scramble(item: &mut [u8]) {
    item.iter_mut().enumerate().for_each(|(i, b)| *b ^= 0x5a ^ i as u8);
}

/// A point that a strategy may put in another one's place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PointChange {
    /// The identity.
    Identity,
    /// The generator.
    Generator,
    /// The sum of the point and the generator, or the generator where it is no point.
    Other,
    /// The encoding of the curve's point of order two: no element of the group has it.
    SmallOrder,
}

/// Changes a point; `false` if the item has another width than a point.
pub fn point(change: PointChange, item: &mut [u8]) -> bool {
    if item.len() != Ristretto::BYTES {
        return false;
    }
    let point = match change {
        PointChange::Identity => Ristretto::identity(),
        PointChange::Generator => Ristretto::generator(),
        PointChange::Other => Ristretto::read(item).map_or_else(Ristretto::generator, |x| x + Ristretto::generator()),
        PointChange::SmallOrder => {
            // y = −1 mod 2^255 − 19.
            item.fill(u8::MAX);
            (item[0], item[Ristretto::BYTES - 1]) = (0xec, 0x7f);
            return true;
        }
    };
    point.write(item);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_by_its_name() {
        for field in FieldId::ALL {
            let mut item = vec![0; field.bytes()];
            assert!(add_one(field, &mut item) && item[0] == 1, "{field}");
            assert!(negate(field, &mut item) && add_one(field, &mut item), "{field}");
            assert!(item.iter().all(|b| *b == 0), "−1 + 1 over {field}");
            // Of F_3 the map is the identity.
            assert!(other(field, &mut item) && item.iter().any(|b| *b != 0) != (field == FieldId::F3), "{field}");
            let refused = not_canonical(Some(field), &mut item);
            assert_eq!(refused, field != FieldId::Gf128, "{field}");
            assert_eq!(with_field!(field, F => F::read(&item).is_none()), refused, "{field}");
        }
    }

    #[test]
    fn points_of_the_group_and_others() {
        let mut item = [0; 32];
        let read = |item: &[u8; 32]| Ristretto::read(item);
        assert!(point(PointChange::Generator, &mut item) && read(&item) == Some(Ristretto::generator()));
        assert!(point(PointChange::Other, &mut item));
        assert!(read(&item) == Some(Ristretto::generator() + Ristretto::generator()));
        assert!(point(PointChange::Identity, &mut item) && read(&item).unwrap().is_identity());
        assert!(point(PointChange::SmallOrder, &mut item) && read(&item).is_none());
        assert!(not_canonical(None, &mut item) && read(&item).is_none());
        assert!(!point(PointChange::Identity, &mut [0; 31]));
    }
}

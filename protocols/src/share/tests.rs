//! Values stay with their key.

use field::{F128, Field};

use super::*;
use crate::testing::{Passing, run};
use crate::{Clear, Error, Masks, Memory, Online, Partners, Result, Session, Triples, sacrifice};

fn zeros(key: &MacKey<F128>, n: usize) -> Shared<F128> {
    Shared::of(vec![F128::ZERO; n], vec![F128::ZERO; n], key.under())
}
fn triples(key: &MacKey<F128>) -> Triples<F128> {
    Triples { a: zeros(key, 1), b: zeros(key, 1), c: zeros(key, 1) }
}
fn refused<T>(r: Result<T>) -> bool {
    matches!(r, Err(Error::Local(why)) if why.contains("another MAC key"))
}

#[test]
fn whatever_is_made_of_values_of_two_keys_belongs_to_none() {
    let [a, b] = [1, 2].map(|alpha| MacKey::from_share(F128::from_u64(alpha)));
    let (x, y) = (zeros(&a, 2), zeros(&b, 2));
    let dealt = || Shared::from_parts(vec![F128::ONE; 2], vec![F128::ONE; 2]);
    let mut appended = zeros(&a, 2);
    appended.extend(zeros(&b, 2));
    let mut late = Shared::default();
    late.extend(zeros(&a, 1));
    assert!(a.owns(&late).is_ok());
    late.extend(zeros(&b, 1));
    let me = transport::PartyId::new(0);
    let mixed =
        [&x + &y, &x - &y, Shared::concat(&[&x, &y]), appended, late, b.add_public(me, zeros(&a, 1), &[F128::ONE])];
    for m in mixed {
        assert!(a.owns(&m).is_err() && b.owns(&m).is_err());
        assert!(a.owns(&m.slice(0..1)).is_err() && a.owns(&(&m.scale(F128::ONE) + &m)).is_err());
    }
    for m in [&x + &x, &x + &dealt(), x.gather(&[1, 0]), x.sum(), -&x, a.add_public(me, dealt(), &[F128::ONE; 2])] {
        assert!(a.owns(&m).is_ok() && b.owns(&m).is_err());
    }
    // The same share, and yet another key: nothing is known of what was opened under the first.
    assert!(MacKey::from_share(F128::from_u64(1)).owns(&x).is_err());
}

#[test]
fn values_of_another_key_are_refused_before_anything_is_sent() {
    let ends = run(2, 1, &mut Passing, async |mut s: Session| {
        let [mut key, other] = [1, 2].map(|alpha| MacKey::from_share(F128::from_u64(alpha)));
        let owner = transport::PartyId::new(0);
        let mut supply = Memory::default();
        supply.add_triples(triples(&other));
        supply.add_triples(triples(&key));
        let clear = || (s.me() == owner).then(|| Clear(vec![F128::ZERO]));
        supply.add_masks(owner, Masks { shared: zeros(&other, 1), clear: clear() });
        let value = [F128::ONE];
        let mine = (s.me() == owner).then_some(&value[..]);
        let (good, bad) = (zeros(&key, 1), zeros(&other, 1));
        let mut online = Online::new(&mut s, &mut key, &mut supply);
        assert!(refused(online.output(&bad).await));
        assert!(refused(online.mul(&good, &bad).await) && refused(online.mul(&bad, &good).await));
        assert!(refused(online.mul(&good, &good).await), "the triple is the other key's");
        assert!(refused(online.input(owner, mine, 1).await), "the mask is the other key's");
        // What was refused has left no trace with the peer or the key.
        let product = online.mul(&good, &good).await?;
        let shown = online.output(&product).await?;
        let partners = Partners { a: zeros(&key, 1), c: zeros(&other, 1) };
        let spoiled = triples(&key);
        assert!(refused(sacrifice(&mut s, &mut key, spoiled, partners).await));
        s.alive()?;
        Ok(shown)
    });
    assert!(ends.iter().all(|end| *end == Ok(vec![F128::ZERO])), "{ends:?}");
}

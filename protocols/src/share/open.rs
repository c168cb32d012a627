//! Opening: the one way in which value shares leave a party. Spec: `spec/protocols/12-online.md`, Step 3.

use field::Field;

use super::Shared;
use crate::{Result, Session};

/// Shows values to everybody, unchecked: the caller records them with their MACs for the next check and lets nothing
/// that depends on them leave before it.
///
/// Step 3.1: with three or more parties a fresh zero share hides how the value is shared.
pub(crate) async fn open<F: Field>(s: &mut Session, name: &'static str, x: &Shared<F>) -> Result<Vec<F>> {
    let mut s = s.step(name);
    let shares = if s.n() > 2 {
        let mut z = s.zero_shares::<F>(x.len()).await?;
        z.iter_mut().zip(&x.value).for_each(|(z, x)| *z += *x);
        s.exchange("share", &z).await?
    } else {
        s.exchange("share", &x.value).await?
    };
    // Step 3.2: add up what everyone sent.
    let mut sum = vec![F::ZERO; x.len()];
    for part in shares.values() {
        sum.iter_mut().zip(part).for_each(|(s, x)| *s += *x);
    }
    Ok(sum)
}
